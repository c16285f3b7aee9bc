#include "engine_json.h"
#include <muster/error.h>

#define MAX_ENTRIES 100000 /* of a collection from outside */

static const char *kind_word(guint kind) {
  return kind <= MU_RESOURCE_PORTS ? mu_resource_kind_to_string((MuResourceKind)kind) : NULL;
}

static const MuJsonWords KIND_WORDS = {kind_word, "cpus, mem, disk, gpus or ports"};

/* ---- how much -------------------------------------------------------------------------------------------------------- */

static gboolean is_ports(gconstpointer object) {
  return ((const MuResource *)object)->kind == MU_RESOURCE_PORTS;
}

static const char *amount_name(gconstpointer object) {
  return is_ports(object) ? "ranges" : "amount";
}

static void write_amount(MuJsonText *out, const char *key, gconstpointer object) {
  const MuResource *resource = object;
  mu_json_text_key(out, key);
  if (is_ports(object)) {
    g_autofree char *ranges = mu_ranges_to_string(resource->ranges);
    mu_json_text_string(out, ranges);
  } else {
    mu_json_text_int(out, resource->amount);
  }
}

static gboolean scan_amount(MuJsonScan *in, gpointer object) {
  MuResource *resource = object;
  g_autofree char *text = NULL;
  if (!is_ports(object))
    return mu_json_scan_int(in, &resource->amount) && resource->amount >= 0 &&
           resource->amount <= MU_RESOURCE_MAX_AMOUNT;
  resource->ranges = mu_json_scan_text(in, &text) ? mu_ranges_parse(text, NULL) : NULL;
  return resource->ranges != NULL;
}

static void amount_to_tree(json_t *tree, const char *key, gconstpointer object) {
  const MuResource *resource = object;
  g_autofree char *ranges = is_ports(object) ? mu_ranges_to_string(resource->ranges) : NULL;
  if (is_ports(object))
    mu_json_set_string(tree, key, ranges);
  else
    mu_json_set_int(tree, key, resource->amount);
}

static gboolean amount_from_tree(const json_t *tree, const char *key, gpointer object, GError **error) {
  MuResource *resource = object;
  const char *ranges = NULL;
  if (!is_ports(object))
    return mu_json_get_int_between(tree, key, TRUE, 0, MU_RESOURCE_MAX_AMOUNT, &resource->amount, error);
  resource->ranges = mu_json_get_string(tree, key, TRUE, &ranges, error) ? mu_ranges_parse(ranges, error) : NULL;
  return resource->ranges != NULL;
}

static const MuJsonOther AMOUNT = {amount_name, write_amount, scan_amount, amount_to_tree, amount_from_tree};

/* ---- the table ------------------------------------------------------------------------------------------------------- */

#define RESOURCE(member) G_STRUCT_OFFSET(MuResource, member)

static const MuJsonMember MEMBERS[] = {
    {MU_JSON_KEY("kind"), .kind = MU_JSON_WORD, .offset = RESOURCE(kind), .required = TRUE, .words = &KIND_WORDS},
    {.kind = MU_JSON_OTHER, .required = TRUE, .other = &AMOUNT},
    {MU_JSON_KEY("static"), .kind = MU_JSON_BOOL, .offset = RESOURCE(reservation.is_static), .not_zero = TRUE},
    {MU_JSON_KEY("role"), .kind = MU_JSON_TEXT, .offset = RESOURCE(reservation.role)},
    {MU_JSON_KEY("resource_id"), .kind = MU_JSON_TEXT, .offset = RESOURCE(reservation.resource_id)},
    {MU_JSON_KEY("namespace"), .kind = MU_JSON_TEXT, .offset = RESOURCE(reservation.namespace_)},
    {MU_JSON_KEY("principal"), .kind = MU_JSON_TEXT, .offset = RESOURCE(reservation.principal)},
    {MU_JSON_KEY("pre_reserved_role"), .kind = MU_JSON_TEXT, .offset = RESOURCE(reservation.pre_reserved_role)},
    {MU_JSON_KEY("persistence_id"), .kind = MU_JSON_TEXT, .offset = RESOURCE(persistence_id)},
    {MU_JSON_KEY("container_path"), .kind = MU_JSON_TEXT, .offset = RESOURCE(container_path)},
    {MU_JSON_KEY("mount_root"), .kind = MU_JSON_TEXT, .offset = RESOURCE(mount_root)},
    {MU_JSON_KEY("profile"), .kind = MU_JSON_TEXT, .offset = RESOURCE(profile)},
};

static gpointer resource_new(void) {
  return g_new0(MuResource, 1);
}

static void resource_free(gpointer resource) {
  mu_resource_free(resource);
}

const MuJsonForm mu_resource_form = {"resource: ", MEMBERS, G_N_ELEMENTS(MEMBERS), resource_new, resource_free,
                                     NULL,         NULL};

json_t *mu_resource_to_json(const MuResource *resource) {
  return mu_json_form_to_tree(&mu_resource_form, resource);
}

MuResource *mu_resource_from_json(const json_t *json, GError **error) {
  return mu_json_form_from_tree(&mu_resource_form, json, error);
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
