#include "records.h"

#include "json.h"
#include <muster/error.h>

#include <string.h>

static const char *const STATES[] = {
    [MU_SERVICE_RUNNING] = "RUNNING",
    [MU_SERVICE_UNINSTALLING] = "UNINSTALLING",
    [MU_SERVICE_GONE] = "GONE",
};

const char *mu_service_state_to_string(MuServiceState state) {
  return STATES[state];
}

MuServiceRecord *mu_service_record_new(void) {
  return g_new0(MuServiceRecord, 1);
}

void mu_service_record_free(MuServiceRecord *record) {
  if (record == NULL)
    return;
  g_free(record->target);
  g_free(record);
}

char *mu_service_record_encode(const MuServiceRecord *record) {
  g_autoptr(json_t) json = json_object();
  mu_json_set_string(json, "state", STATES[record->state]);
  mu_json_set_int(json, "version", record->version);
  mu_json_set_string(json, "target", record->target);
  mu_json_set_bool(json, "deployed", record->deployed);
  mu_json_set_bool(json, "updating", record->updating);
  mu_json_set_int(json, "created_ms", record->created_ms);
  mu_json_set_int(json, "changed_ms", record->changed_ms);
  return mu_json_to_string(json);
}

static gboolean state_from_string(const char *text, MuServiceState *ret) {
  for (guint i = 0; i < G_N_ELEMENTS(STATES); i++) {
    if (g_strcmp0(text, STATES[i]) == 0) {
      *ret = (MuServiceState)i;
      return TRUE;
    }
  }
  return FALSE;
}

MuServiceRecord *mu_service_record_decode(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, G_MAXSIZE, error);
  if (json == NULL)
    return NULL;
  g_autoptr(MuServiceRecord) record = mu_service_record_new();
  const char *state = NULL, *target = NULL;
  if (!mu_json_get_string(json, "state", TRUE, &state, error) ||
      !mu_json_get_int(json, "version", TRUE, &record->version, error) ||
      !mu_json_get_string(json, "target", FALSE, &target, error) ||
      !mu_json_get_bool(json, "deployed", FALSE, &record->deployed, error) ||
      !mu_json_get_bool(json, "updating", FALSE, &record->updating, error) ||
      !mu_json_get_int(json, "created_ms", FALSE, &record->created_ms, error) ||
      !mu_json_get_int(json, "changed_ms", FALSE, &record->changed_ms, error))
    return NULL;
  if (!state_from_string(state, &record->state)) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "unknown service state \"%s\" in the store", state);
    return NULL;
  }
  record->target = g_strdup(target);
  return g_steal_pointer(&record);
}
