#include "engine_json.h"

MuOffer *mu_offer_new(const char *id, const char *agent_id, const char *hostname) {
  MuOffer *offer = g_new0(MuOffer, 1);
  offer->id = g_strdup(id);
  offer->agent_id = g_strdup(agent_id);
  offer->hostname = g_strdup(hostname);
  offer->resources = mu_resources_new();
  return offer;
}

MuOffer *mu_offer_copy(const MuOffer *offer) {
  MuOffer *copy = mu_offer_new(offer->id, offer->agent_id, offer->hostname);
  copy->role = g_strdup(offer->role);
  copy->region = g_strdup(offer->region);
  copy->zone = g_strdup(offer->zone);
  mu_env_vars_add_all(copy->attributes, offer->attributes);
  mu_resources_free(copy->resources);
  copy->resources = mu_resources_copy(offer->resources);
  return copy;
}

void mu_offer_free(MuOffer *offer) {
  if (offer == NULL)
    return;
  g_free(offer->id);
  g_free(offer->agent_id);
  g_free(offer->hostname);
  g_free(offer->role);
  g_free(offer->region);
  g_free(offer->zone);
  mu_env_vars_clear(offer->attributes);
  mu_resources_free(offer->resources);
  g_free(offer);
}

const char *mu_offer_field(const MuOffer *offer, const char *field) {
  if (g_str_equal(field, "hostname"))
    return offer->hostname;
  if (g_str_equal(field, "@region"))
    return offer->region;
  if (g_str_equal(field, "@zone"))
    return offer->zone;
  for (guint i = 0; i < offer->attributes->len; i++) {
    const MuEnvVar *var = g_ptr_array_index(offer->attributes, i);
    if (g_str_equal(var->name, field))
      return var->value;
  }
  return NULL;
}

json_t *mu_offer_to_json(const MuOffer *offer) {
  json_t *json = json_object();
  mu_json_set_string(json, "id", offer->id);
  mu_json_set_string(json, "agent_id", offer->agent_id);
  mu_json_set_string(json, "hostname", offer->hostname);
  mu_json_set_string(json, "role", offer->role);
  mu_json_set_string(json, "region", offer->region);
  mu_json_set_string(json, "zone", offer->zone);
  mu_engine_json_set_vars(json, "attributes", offer->attributes);
  mu_engine_json_set_resources(json, "resources", offer->resources);
  return json;
}

static gboolean read_fields(const json_t *json, MuOffer *offer, GError **error) {
  return mu_engine_json_take_text(json, "id", TRUE, &offer->id, error) &&
         mu_engine_json_take_text(json, "agent_id", TRUE, &offer->agent_id, error) &&
         mu_engine_json_take_text(json, "hostname", TRUE, &offer->hostname, error) &&
         mu_engine_json_take_text(json, "role", FALSE, &offer->role, error) &&
         mu_engine_json_take_text(json, "region", FALSE, &offer->region, error) &&
         mu_engine_json_take_text(json, "zone", FALSE, &offer->zone, error) &&
         mu_engine_json_get_vars(json, "attributes", offer->attributes, error) &&
         mu_engine_json_get_resources(json, "resources", &offer->resources, error);
}

MuOffer *mu_offer_from_json(const json_t *json, GError **error) {
  g_autoptr(MuOffer) offer = mu_offer_new(NULL, NULL, NULL);
  if (!read_fields(json, offer, error)) {
    g_prefix_error(error, "offer: ");
    return NULL;
  }
  return g_steal_pointer(&offer);
}
