#include "mesos_resource.h"

#include "engine.h"
#include "mesos_wire.h"

#include <string.h>

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static gboolean read_kind(const char *name, MuResourceKind *ret) {
  for (guint kind = MU_RESOURCE_CPUS; kind <= MU_RESOURCE_PORTS; kind++)
    if (strcmp(name, mu_resource_kind_to_string((MuResourceKind)kind)) == 0) {
      *ret = (MuResourceKind)kind;
      return TRUE;
    }
  return FALSE;
}

static gboolean is_in_thousandths(MuResourceKind kind) {
  return kind == MU_RESOURCE_CPUS || kind == MU_RESOURCE_GPUS;
}

/* Mesos computes in thousandths, so the nearest one is meant; of memory and disk whole MB are used. */
static gboolean read_scalar(const Mesos__Resource *message, MuResource *resource) {
  double value = message->scalar == NULL ? -1 : message->scalar->value;
  if (!(value >= 0) || value > (double)MU_RESOURCE_MAX_AMOUNT / 1000)
    return FALSE;
  gint64 thousandths = (gint64)(value * 1000 + 0.5);
  resource->amount = is_in_thousandths(resource->kind) ? thousandths : thousandths / 1000;
  return resource->mount_root == NULL || resource->amount * 1000 == thousandths;
}

static gboolean read_ranges(const Mesos__Resource *message, MuResource *resource) {
  resource->ranges = mu_ranges_new();
  for (gsize i = 0; message->ranges != NULL && i < message->ranges->n_range; i++) {
    const Mesos__Value__Range *range = message->ranges->range[i];
    if (range->begin > range->end || range->end > MU_RESOURCE_MAX_AMOUNT)
      return FALSE;
    mu_ranges_add(resource->ranges, (gint64)range->begin, (gint64)range->end);
  }
  return TRUE;
}

static const char *find_label(const Mesos__Labels *labels, const char *key) {
  for (gsize i = 0; labels != NULL && i < labels->n_labels; i++)
    if (strcmp(labels->labels[i]->key, key) == 0)
      return labels->labels[i]->value;
  return NULL;
}

static gboolean is_static(const Mesos__Resource__ReservationInfo *info) {
  return info->type == MESOS__RESOURCE__RESERVATION_INFO__TYPE__STATIC;
}

static gboolean read_reservations(const Mesos__Resource *message, MuReservation *reservation) {
  gsize n = message->n_reservations;
  if (n > 2 ||
      (n == 2 && !is_static(message->reservations[0]))) /* what is below ours would not be put back as it was */
    return FALSE;
  if (n == 0)
    return TRUE;
  const Mesos__Resource__ReservationInfo *inner = message->reservations[n - 1];
  reservation->is_static = is_static(inner);
  reservation->role = g_strdup(inner->role);
  reservation->principal = g_strdup(inner->principal);
  reservation->resource_id = g_strdup(find_label(inner->labels, MU_MESOS_LABEL_RESOURCE_ID));
  reservation->namespace_ = g_strdup(find_label(inner->labels, MU_MESOS_LABEL_NAMESPACE));
  if (n == 2)
    reservation->pre_reserved_role = g_strdup(message->reservations[0]->role);
  return reservation->role != NULL && (n < 2 || reservation->pre_reserved_role != NULL);
}

static gboolean read_disk(const Mesos__Resource__DiskInfo *disk, MuResource *resource) {
  if (disk == NULL)
    return TRUE;
  const Mesos__Resource__DiskInfo__Source *source = disk->source;
  if (source != NULL) {
    if (source->type != MESOS__RESOURCE__DISK_INFO__SOURCE__TYPE__MOUNT || source->mount == NULL ||
        source->mount->root == NULL || source->id != NULL)
      return FALSE;
    resource->mount_root = g_strdup(source->mount->root);
    resource->profile = g_strdup(source->profile);
  }
  if (disk->persistence != NULL)
    resource->persistence_id = g_strdup(disk->persistence->id);
  if (disk->volume != NULL)
    resource->container_path = g_strdup(disk->volume->container_path);
  return TRUE;
}

MuResource *mu_mesos_resource_read(const Mesos__Resource *message) {
  MuResourceKind kind;
  if (message->revocable != NULL || message->shared != NULL || message->provider_id != NULL ||
      !read_kind(message->name, &kind))
    return NULL;
  g_autoptr(MuResource) resource = g_new0(MuResource, 1);
  resource->kind = kind;
  if (!read_disk(message->disk, resource) || !read_reservations(message, &resource->reservation))
    return NULL;
  if (kind == MU_RESOURCE_PORTS ? !read_ranges(message, resource) : !read_scalar(message, resource))
    return NULL;
  return g_steal_pointer(&resource);
}

MuResources *mu_mesos_resources_read(Mesos__Resource *const *messages, gsize n) {
  MuResources *resources = mu_resources_new();
  for (gsize i = 0; i < n; i++) {
    g_autoptr(MuResource) resource = mu_mesos_resource_read(messages[i]);
    if (resource != NULL)
      mu_resources_add(resources, resource);
  }
  return resources;
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static Mesos__Label *write_label(MuArena *arena, const char *key, const char *value) {
  Mesos__Label *label = mu_wire_new(arena, &mesos__label__descriptor);
  label->key = (char *)key;
  label->value = (char *)value;
  return label;
}

Mesos__Labels *mu_mesos_labels_write(MuArena *arena, const MuItems *pairs) {
  if (pairs->len == 0)
    return NULL;
  Mesos__Labels *labels = mu_wire_new(arena, &mesos__labels__descriptor);
  labels->labels = mu_wire_array(arena, Mesos__Label, pairs->len);
  for (guint i = 0; i < pairs->len; i++) {
    const MuEnvVar *pair = pairs->pdata[i];
    labels->labels[labels->n_labels++] = write_label(arena, pair->name, pair->value);
  }
  return labels;
}

static Mesos__Labels *write_ids(MuArena *arena, const MuReservation *reservation) {
  Mesos__Labels *labels = mu_wire_new(arena, &mesos__labels__descriptor);
  labels->labels = mu_wire_array(arena, Mesos__Label, 2);
  labels->labels[labels->n_labels++] = write_label(arena, MU_MESOS_LABEL_RESOURCE_ID, reservation->resource_id);
  if (reservation->namespace_ != NULL)
    labels->labels[labels->n_labels++] = write_label(arena, MU_MESOS_LABEL_NAMESPACE, reservation->namespace_);
  return labels;
}

static Mesos__Resource__ReservationInfo *write_reservation(MuArena *arena, const char *role) {
  Mesos__Resource__ReservationInfo *info = mu_wire_new(arena, &mesos__resource__reservation_info__descriptor);
  info->has_type = TRUE;
  info->type = MESOS__RESOURCE__RESERVATION_INFO__TYPE__STATIC;
  info->role = (char *)role;
  return info;
}

static void write_reservations(MuArena *arena, const MuReservation *reservation, Mesos__Resource *message) {
  if (reservation->role == NULL)
    return;
  message->reservations = mu_wire_array(arena, Mesos__Resource__ReservationInfo, 2);
  if (reservation->pre_reserved_role != NULL)
    message->reservations[message->n_reservations++] = write_reservation(arena, reservation->pre_reserved_role);
  Mesos__Resource__ReservationInfo *inner = write_reservation(arena, reservation->role);
  inner->principal = reservation->principal;
  if (!reservation->is_static)
    inner->type = MESOS__RESOURCE__RESERVATION_INFO__TYPE__DYNAMIC;
  if (reservation->resource_id != NULL)
    inner->labels = write_ids(arena, reservation);
  message->reservations[message->n_reservations++] = inner;
}

static Mesos__Resource__DiskInfo__Source *write_source(MuArena *arena, const MuResource *resource) {
  Mesos__Resource__DiskInfo__Source *source = mu_wire_new(arena, &mesos__resource__disk_info__source__descriptor);
  source->type = MESOS__RESOURCE__DISK_INFO__SOURCE__TYPE__MOUNT;
  source->mount = mu_wire_new(arena, &mesos__resource__disk_info__source__mount__descriptor);
  source->mount->root = resource->mount_root;
  source->profile = resource->profile;
  return source;
}

static void write_volume(MuArena *arena, const MuResource *resource, Mesos__Resource__DiskInfo *disk) {
  disk->persistence = mu_wire_new(arena, &mesos__resource__disk_info__persistence__descriptor);
  disk->persistence->id = resource->persistence_id;
  disk->persistence->principal = resource->reservation.principal;
  disk->volume = mu_wire_new(arena, &mesos__volume__descriptor);
  disk->volume->mode = MESOS__VOLUME__MODE__RW;
  disk->volume->container_path = resource->container_path != NULL ? resource->container_path : (char *)"";
}

static void write_disk(MuArena *arena, const MuResource *resource, Mesos__Resource *message) {
  if (resource->mount_root == NULL && resource->persistence_id == NULL)
    return;
  message->disk = mu_wire_new(arena, &mesos__resource__disk_info__descriptor);
  if (resource->mount_root != NULL)
    message->disk->source = write_source(arena, resource);
  if (resource->persistence_id != NULL)
    write_volume(arena, resource, message->disk);
}

static void write_ranges(MuArena *arena, const GArray *ranges, Mesos__Resource *message) {
  message->type = MESOS__VALUE__TYPE__RANGES;
  message->ranges = mu_wire_new(arena, &mesos__value__ranges__descriptor);
  message->ranges->range = mu_wire_array(arena, Mesos__Value__Range, ranges->len);
  for (guint i = 0; i < ranges->len; i++) {
    Mesos__Value__Range *range = mu_wire_new(arena, &mesos__value__range__descriptor);
    range->begin = (guint64)g_array_index(ranges, MuRange, i).begin;
    range->end = (guint64)g_array_index(ranges, MuRange, i).end;
    message->ranges->range[message->ranges->n_range++] = range;
  }
}

static void write_scalar(MuArena *arena, const MuResource *resource, Mesos__Resource *message) {
  message->type = MESOS__VALUE__TYPE__SCALAR;
  message->scalar = mu_wire_new(arena, &mesos__value__scalar__descriptor);
  message->scalar->value = (double)resource->amount / (is_in_thousandths(resource->kind) ? 1000 : 1);
}

Mesos__Resource *mu_mesos_resource_write(MuArena *arena, const MuResource *resource) {
  Mesos__Resource *message = mu_wire_new(arena, &mesos__resource__descriptor);
  message->name = (char *)mu_resource_kind_to_string(resource->kind);
  if (resource->kind == MU_RESOURCE_PORTS)
    write_ranges(arena, resource->ranges, message);
  else
    write_scalar(arena, resource, message);
  write_reservations(arena, &resource->reservation, message);
  write_disk(arena, resource, message);
  return message;
}

Mesos__Resource **mu_mesos_resources_write(MuArena *arena, const MuResources *resources, gsize *ret_n) {
  Mesos__Resource **messages = mu_wire_array(arena, Mesos__Resource, resources->items->len);
  for (guint i = 0; i < resources->items->len; i++)
    messages[i] = mu_mesos_resource_write(arena, resources->items->pdata[i]);
  *ret_n = resources->items->len;
  return messages;
}
