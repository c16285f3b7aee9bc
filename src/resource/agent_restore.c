#include "agent_private.h"
#include "json.h"

json_t *mu_agent_to_json(const MuAgent *agent) {
  json_t *reserved = json_array();
  for (guint i = 0; i < agent->total->items->len; i++) {
    const MuResource *resource = g_ptr_array_index(agent->total->items, i);
    if (mu_resource_is_reserved(resource))
      json_array_append_new(reserved, mu_resource_to_json(resource));
  }
  json_t *json = json_object();
  mu_json_set_new(json, "reserved", reserved);
  return json;
}

static void warn(const MuAgent *agent, const MuResource *resource, gint64 missing, GPtrArray *warnings) {
  if (warnings == NULL)
    return;
  g_autofree char *text = mu_resource_to_string(resource);
  const char *id = resource->reservation.resource_id;
  g_ptr_array_add(warnings, g_strdup_printf("agent %s no longer has all of %s that is reserved%s%s: %" G_GINT64_FORMAT
                                            " of %" G_GINT64_FORMAT " missing; the reservation is kept",
                                            agent->id, text, id == NULL ? "" : " as resource ", id == NULL ? "" : id,
                                            missing, mu_resource_amount(resource)));
}

/* An operator's reservation that the machine was told of anew is there already. */
static gboolean is_there(const MuAgent *agent, const MuResource *resource) {
  return resource->reservation.resource_id == NULL && mu_resources_contains(agent->available, resource);
}

static void restore_one(MuAgent *agent, const MuResource *resource, GPtrArray *warnings) {
  if (is_there(agent, resource))
    return;
  g_autoptr(MuResource) disk = mu_resource_without_volume(resource);
  g_autoptr(MuResource) base = mu_agent_unreserved_form(disk);
  gint64 missing = mu_resources_subtract_part(agent->available, base);
  mu_resources_subtract_part(agent->total, base);
  if (missing > 0)
    warn(agent, resource, missing, warnings);
  mu_agent_put(agent, resource);
}

gboolean mu_agent_restore(MuAgent *agent, const json_t *json, GPtrArray *ret_warnings, GError **error) {
  const json_t *array = NULL;
  if (!mu_json_get_array(json, "reserved", TRUE, &array, error))
    return FALSE;
  g_autoptr(MuResources) reserved = mu_resources_from_json(array, error);
  if (reserved == NULL)
    return FALSE;
  for (guint i = 0; i < reserved->items->len; i++)
    restore_one(agent, g_ptr_array_index(reserved->items, i), ret_warnings);
  return TRUE;
}
