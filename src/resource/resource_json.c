#include "json.h"
#include "resource.h"
#include <muster/error.h>

#define MAX_ENTRIES 100000 /* of a collection from outside */

/* The text members: written when they are there, read as they come. */
static const struct {
  const char *key;
  gsize offset;
} texts[] = {
    {"role", G_STRUCT_OFFSET(MuResource, reservation.role)},
    {"resource_id", G_STRUCT_OFFSET(MuResource, reservation.resource_id)},
    {"namespace", G_STRUCT_OFFSET(MuResource, reservation.namespace_)},
    {"principal", G_STRUCT_OFFSET(MuResource, reservation.principal)},
    {"pre_reserved_role", G_STRUCT_OFFSET(MuResource, reservation.pre_reserved_role)},
    {"persistence_id", G_STRUCT_OFFSET(MuResource, persistence_id)},
    {"container_path", G_STRUCT_OFFSET(MuResource, container_path)},
    {"mount_root", G_STRUCT_OFFSET(MuResource, mount_root)},
    {"profile", G_STRUCT_OFFSET(MuResource, profile)},
};

json_t *mu_resource_to_json(const MuResource *resource) {
  json_t *json = json_object();
  mu_json_set_string(json, "kind", mu_resource_kind_to_string(resource->kind));
  if (resource->kind == MU_RESOURCE_PORTS) {
    g_autofree char *ranges = mu_ranges_to_string(resource->ranges);
    mu_json_set_string(json, "ranges", ranges);
  } else {
    mu_json_set_int(json, "amount", resource->amount);
  }
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    mu_json_set_string(json, texts[i].key, G_STRUCT_MEMBER(char *, resource, texts[i].offset));
  return json;
}

static gboolean read_kind(const json_t *json, MuResourceKind *ret_kind, GError **error) {
  const char *word = NULL;
  if (!mu_json_get_string(json, "kind", TRUE, &word, error))
    return FALSE;
  for (guint kind = MU_RESOURCE_CPUS; kind <= MU_RESOURCE_PORTS; kind++)
    if (g_str_equal(word, mu_resource_kind_to_string((MuResourceKind)kind))) {
      *ret_kind = (MuResourceKind)kind;
      return TRUE;
    }
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"kind\" is \"%.80s\"; expected cpus, mem, disk, gpus or ports",
              word);
  return FALSE;
}

static gboolean read_amount(const json_t *json, MuResource *resource, GError **error) {
  if (resource->kind != MU_RESOURCE_PORTS)
    return mu_json_get_int_between(json, "amount", TRUE, 0, MU_RESOURCE_MAX_AMOUNT, &resource->amount, error);
  const char *ranges = NULL;
  if (!mu_json_get_string(json, "ranges", TRUE, &ranges, error))
    return FALSE;
  resource->ranges = mu_ranges_parse(ranges, error);
  return resource->ranges != NULL;
}

static gboolean read_texts(const json_t *json, MuResource *resource, GError **error) {
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    const char *text = NULL;
    if (!mu_json_get_string(json, texts[i].key, FALSE, &text, error))
      return FALSE;
    G_STRUCT_MEMBER(char *, resource, texts[i].offset) = g_strdup(text);
  }
  return TRUE;
}

MuResource *mu_resource_from_json(const json_t *json, GError **error) {
  g_autoptr(MuResource) resource = g_new0(MuResource, 1);
  if (!read_kind(json, &resource->kind, error) || !read_amount(json, resource, error) ||
      !read_texts(json, resource, error)) {
    g_prefix_error(error, "resource: ");
    return NULL;
  }
  return g_steal_pointer(&resource);
}

json_t *mu_resources_to_json(const MuResources *resources) {
  json_t *array = json_array();
  for (guint i = 0; i < resources->items->len; i++)
    json_array_append_new(array, mu_resource_to_json(g_ptr_array_index(resources->items, i)));
  return array;
}

MuResources *mu_resources_from_json(const json_t *array, GError **error) {
  if (!json_is_array(array)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "resources: expected an array");
    return NULL;
  }
  if (json_array_size(array) > MAX_ENTRIES) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE, "resources: at most %d entries are accepted", MAX_ENTRIES);
    return NULL;
  }
  g_autoptr(MuResources) resources = mu_resources_new();
  for (gsize i = 0; i < json_array_size(array); i++) {
    g_autoptr(MuResource) resource = mu_resource_from_json(json_array_get(array, i), error);
    if (resource == NULL) {
      g_prefix_error(error, "entry %" G_GSIZE_FORMAT ": ", i);
      return NULL;
    }
    mu_resources_add(resources, resource);
  }
  return g_steal_pointer(&resources);
}
