#include "resource.h"

#include "bug.h"
#include "json_form.h"

#include <stddef.h>
#include <string.h>

static const struct {
  const char *name, *unit;
  gboolean in_thousandths;
} kinds[] = {
    [MU_RESOURCE_CPUS] = {"cpus", "", TRUE},     [MU_RESOURCE_MEM] = {"mem", " MB", FALSE},
    [MU_RESOURCE_DISK] = {"disk", " MB", FALSE}, [MU_RESOURCE_GPUS] = {"gpus", "", TRUE},
    [MU_RESOURCE_PORTS] = {"ports", "", FALSE},
};

MuResource *mu_resource_new_scalar(MuResourceKind kind, gint64 amount) {
  mu_assert(kind != MU_RESOURCE_PORTS);
  MuResource *resource = g_new0(MuResource, 1);
  resource->kind = kind;
  resource->amount = amount;
  return resource;
}

MuResource *mu_resource_new_ports(gint64 begin, gint64 end) {
  MuResource *resource = g_new0(MuResource, 1);
  resource->kind = MU_RESOURCE_PORTS;
  resource->ranges = mu_ranges_new();
  mu_ranges_add(resource->ranges, begin, end);
  return resource;
}

/* A copy is one block with its texts behind it, and what is reserved has its texts in one block: there are ten copies in a launch. */
#define TEXT(member) offsetof(MuResource, member)
static const gsize TEXTS[] = {
    TEXT(reservation.role),
    TEXT(reservation.resource_id),
    TEXT(reservation.namespace_),
    TEXT(reservation.principal),
    TEXT(reservation.pre_reserved_role),
    TEXT(persistence_id),
    TEXT(container_path),
    TEXT(mount_root),
    TEXT(profile),
};
#define TEXT_OF(resource, i) G_STRUCT_MEMBER(char *, resource, TEXTS[i])

static gsize text_bytes(const char *text) {
  return text == NULL ? 0 : strlen(text) + 1;
}

MuResource *mu_resource_copy(const MuResource *resource) {
  gsize lengths[G_N_ELEMENTS(TEXTS)], bytes = sizeof *resource;
  for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++)
    bytes += lengths[i] = text_bytes(TEXT_OF(resource, i));
  MuResource *copy = g_malloc(bytes);
  *copy = *resource;
  copy->more_owners = copy->reservation.block = 0;
  copy->block = (guint)bytes;
  copy->ranges = resource->ranges == NULL ? NULL : mu_ranges_copy(resource->ranges);
  char *to = (char *)(copy + 1);
  for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++)
    if (lengths[i] > 0) {
      TEXT_OF(copy, i) = memcpy(to, TEXT_OF(resource, i), lengths[i]);
      to += lengths[i];
    }
  return copy;
}

MuResource *mu_resource_without_volume(const MuResource *resource) {
  MuResource plain = *resource;
  plain.persistence_id = plain.container_path = NULL;
  return mu_resource_copy(&plain);
}

/* What belongs to the resource's own block goes with that. */
static void free_text(const MuResource *resource, const MuReservation *reservation, char *text) {
  if (text != reservation->role && reservation->block > 0)
    mu_json_block_free(reservation->role, reservation->block, text);
  else
    mu_json_block_free(resource, resource->block, text);
}

static void reservation_clear(const MuResource *resource, MuReservation *reservation) {
  free_text(resource, reservation, reservation->resource_id);
  free_text(resource, reservation, reservation->namespace_);
  free_text(resource, reservation, reservation->principal);
  free_text(resource, reservation, reservation->pre_reserved_role);
  free_text(resource, reservation, reservation->role);
  *reservation = (MuReservation){0};
}

void mu_resource_free(MuResource *resource) {
  if (resource == NULL)
    return;
  if (resource->more_owners > 0) {
    resource->more_owners--;
    return;
  }
  g_clear_pointer(&resource->ranges, g_array_unref);
  reservation_clear(resource, &resource->reservation);
  mu_json_block_free(resource, resource->block, resource->persistence_id);
  mu_json_block_free(resource, resource->block, resource->container_path);
  mu_json_block_free(resource, resource->block, resource->mount_root);
  mu_json_block_free(resource, resource->block, resource->profile);
  g_free(resource);
}

static char *put_text(char **to, const char *text, gsize bytes) {
  char *put = bytes == 0 ? NULL : memcpy(*to, text, bytes);
  *to += bytes;
  return put;
}

void mu_resource_set_reservation(MuResource *resource, const char *role, const char *resource_id,
                                 const char *namespace_, const char *principal) {
  MuReservation old = resource->reservation; /* the arguments may point into it */
  gsize of_role = text_bytes(role), of_id = text_bytes(resource_id), of_namespace = text_bytes(namespace_),
        of_principal = text_bytes(principal), bytes = of_role + of_id + of_namespace + of_principal;
  mu_assert(role != NULL || bytes == 0);
  char *to = g_malloc(bytes);
  resource->reservation = (MuReservation){.block = (guint)bytes};
  resource->reservation.role = put_text(&to, role, of_role);
  resource->reservation.resource_id = put_text(&to, resource_id, of_id);
  resource->reservation.namespace_ = put_text(&to, namespace_, of_namespace);
  resource->reservation.principal = put_text(&to, principal, of_principal);
  reservation_clear(resource, &old);
}

gboolean mu_role_is_below(const char *role, const char *above) {
  gsize length = strlen(above);
  return strncmp(role, above, length) == 0 && role[length] == '/';
}

void mu_resource_set_static(MuResource *resource, const char *role) {
  mu_resource_set_reservation(resource, role, NULL, NULL, NULL);
  resource->reservation.is_static = role != NULL;
}

gboolean mu_resource_is_static_for(const MuResource *resource, const char *role) {
  const MuReservation *reservation = &resource->reservation;
  return reservation->is_static && reservation->pre_reserved_role == NULL && g_strcmp0(reservation->role, role) == 0;
}

void mu_resource_refine(MuResource *resource, const char *pre_reserved_role) {
  mu_assert(resource->reservation.role != NULL && resource->reservation.pre_reserved_role == NULL);
  resource->reservation.pre_reserved_role = g_strdup(pre_reserved_role);
}

gboolean mu_resource_is_reserved(const MuResource *resource) {
  return resource->reservation.role != NULL;
}

gint64 mu_resource_amount(const MuResource *resource) {
  return resource->kind == MU_RESOURCE_PORTS ? mu_ranges_count(resource->ranges) : resource->amount;
}

gboolean mu_resource_is_empty(const MuResource *resource) {
  return resource->kind == MU_RESOURCE_PORTS ? resource->ranges->len == 0 : resource->amount <= 0;
}

static gboolean same_text(const char *a, const char *b) {
  return a == b || g_strcmp0(a, b) == 0;
}

/* The resource_id first: it tells most reservations apart. */
static gboolean same_reservation(const MuReservation *a, const MuReservation *b) {
  return a->is_static == b->is_static && same_text(a->resource_id, b->resource_id) && same_text(a->role, b->role) &&
         same_text(a->namespace_, b->namespace_) && same_text(a->principal, b->principal) &&
         same_text(a->pre_reserved_role, b->pre_reserved_role);
}

static gboolean same_disk(const MuResource *a, const MuResource *b) {
  return same_text(a->persistence_id, b->persistence_id) && same_text(a->container_path, b->container_path) &&
         same_text(a->mount_root, b->mount_root) && same_text(a->profile, b->profile);
}

static gboolean is_whole(const MuResource *resource) {
  return resource->mount_root != NULL || resource->persistence_id != NULL;
}

gboolean mu_resource_same_shape(const MuResource *a, const MuResource *b) {
  return a->kind == b->kind && !is_whole(a) && !is_whole(b) && same_reservation(&a->reservation, &b->reservation) &&
         same_disk(a, b);
}

gboolean mu_resource_equal(const MuResource *a, const MuResource *b) {
  if (a->kind != b->kind || a->amount != b->amount)
    return FALSE;
  if (a->kind == MU_RESOURCE_PORTS && !mu_ranges_equal(a->ranges, b->ranges))
    return FALSE;
  return same_reservation(&a->reservation, &b->reservation) && same_disk(a, b);
}

/* 1500 thousandths as "1.5". */
static char *thousandths_to_string(gint64 amount) {
  GString *text = g_string_new(amount < 0 ? "-" : NULL);
  guint64 size = amount < 0 ? 0 - (guint64)amount : (guint64)amount;
  g_string_append_printf(text, "%" G_GUINT64_FORMAT, size / 1000);
  if (size % 1000 != 0) {
    g_string_append_printf(text, ".%03u", (guint)(size % 1000));
    while (text->str[text->len - 1] == '0')
      g_string_truncate(text, text->len - 1);
  }
  return g_string_free(text, FALSE);
}

static char *amount_to_string(const MuResource *resource) {
  if (resource->kind == MU_RESOURCE_PORTS)
    return mu_ranges_to_string(resource->ranges);
  if (kinds[resource->kind].in_thousandths)
    return thousandths_to_string(resource->amount);
  return g_strdup_printf("%" G_GINT64_FORMAT, resource->amount);
}

char *mu_resource_to_string(const MuResource *resource) {
  g_autofree char *amount = amount_to_string(resource);
  return g_strdup_printf("%s %s%s", kinds[resource->kind].name, amount, kinds[resource->kind].unit);
}

const char *mu_resource_kind_to_string(MuResourceKind kind) {
  mu_assert((guint)kind < G_N_ELEMENTS(kinds));
  return kinds[kind].name;
}
