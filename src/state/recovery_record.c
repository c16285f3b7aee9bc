#include "records.h"

#include "json.h"
#include <muster/error.h>

#include <string.h>

static void step_free(MuRecoveryStep *step) {
  g_free(step->name);
  g_free(step);
}

MuRecoveryRecord *mu_recovery_record_new(void) {
  MuRecoveryRecord *record = g_new0(MuRecoveryRecord, 1);
  record->steps = g_ptr_array_new_with_free_func((GDestroyNotify)step_free);
  return record;
}

void mu_recovery_record_free(MuRecoveryRecord *record) {
  if (record == NULL)
    return;
  g_strfreev(record->tasks);
  g_free(record->agent_id);
  g_free(record->hostname);
  g_free(record->address);
  g_ptr_array_unref(record->steps);
  g_free(record);
}

MuRecoveryStep *mu_recovery_record_step(MuRecoveryRecord *record, const char *name) {
  for (guint i = 0; i < record->steps->len; i++) {
    MuRecoveryStep *step = record->steps->pdata[i];
    if (strcmp(step->name, name) == 0)
      return step;
  }
  MuRecoveryStep *step = g_new0(MuRecoveryStep, 1);
  step->name = g_strdup(name);
  g_ptr_array_add(record->steps, step);
  return step;
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

static json_t *step_to_json(const MuRecoveryStep *step) {
  json_t *json = json_object();
  mu_json_set_string(json, "name", step->name);
  mu_json_set_int(json, "number", step->number);
  mu_json_set_bool(json, "done", step->done);
  return json;
}

char *mu_recovery_record_encode(const MuRecoveryRecord *record) {
  g_autoptr(json_t) json = json_object();
  json_t *tasks = json_array(), *steps = json_array();
  mu_json_set_int(json, "number", record->number);
  mu_json_set_bool(json, "permanent", record->permanent);
  mu_json_set_bool(json, "declined", record->declined);
  mu_json_set_bool(json, "replaced", record->replaced);
  mu_json_set_int(json, "since_ms", record->since_ms);
  mu_json_set_string(json, "agent", record->agent_id);
  mu_json_set_string(json, "hostname", record->hostname);
  mu_json_set_string(json, "address", record->address);
  for (guint i = 0; record->tasks[i] != NULL; i++)
    json_array_append_new(tasks, json_string(record->tasks[i]));
  for (guint i = 0; i < record->steps->len; i++)
    json_array_append_new(steps, step_to_json(record->steps->pdata[i]));
  mu_json_set_new(json, "tasks", tasks);
  mu_json_set_new(json, "steps", steps);
  return mu_json_to_string(json);
}

static gboolean read_step(MuRecoveryRecord *record, const json_t *json, GError **error) {
  const char *name = NULL;
  gint64 number = 0;
  gboolean done = FALSE;
  if (!mu_json_get_string(json, "name", TRUE, &name, error) || !mu_json_get_int(json, "number", TRUE, &number, error) ||
      !mu_json_get_bool(json, "done", TRUE, &done, error))
    return FALSE;
  MuRecoveryStep *step = mu_recovery_record_step(record, name);
  step->number = number;
  step->done = done;
  return TRUE;
}

static gboolean read_lists(MuRecoveryRecord *record, const json_t *json, GError **error) {
  const json_t *tasks = NULL, *steps = NULL;
  if (!mu_json_get_array(json, "tasks", TRUE, &tasks, error) || !mu_json_get_array(json, "steps", TRUE, &steps, error))
    return FALSE;
  record->tasks = g_new0(char *, json_array_size(tasks) + 1);
  for (gsize i = 0; i < json_array_size(tasks); i++) {
    const char *name = json_string_value(json_array_get(tasks, i));
    if (name == NULL) {
      g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "a failed task without a name in the store");
      return FALSE;
    }
    record->tasks[i] = g_strdup(name);
  }
  for (gsize i = 0; i < json_array_size(steps); i++)
    if (!read_step(record, json_array_get(steps, i), error))
      return FALSE;
  return TRUE;
}

static gboolean read_case(MuRecoveryRecord *record, const json_t *json, GError **error) {
  const char *agent = NULL, *hostname = NULL, *address = NULL;
  if (!mu_json_get_int(json, "number", TRUE, &record->number, error) ||
      !mu_json_get_bool(json, "permanent", TRUE, &record->permanent, error) ||
      !mu_json_get_bool(json, "declined", TRUE, &record->declined, error) ||
      !mu_json_get_bool(json, "replaced", FALSE, &record->replaced, error) ||
      !mu_json_get_int(json, "since_ms", FALSE, &record->since_ms, error) ||
      !mu_json_get_string(json, "agent", FALSE, &agent, error) ||
      !mu_json_get_string(json, "hostname", FALSE, &hostname, error) ||
      !mu_json_get_string(json, "address", FALSE, &address, error))
    return FALSE;
  record->agent_id = g_strdup(agent);
  record->hostname = g_strdup(hostname);
  record->address = g_strdup(address);
  return read_lists(record, json, error);
}

MuRecoveryRecord *mu_recovery_record_decode(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, G_MAXSIZE, error);
  g_autoptr(MuRecoveryRecord) record = mu_recovery_record_new();
  return json == NULL || !read_case(record, json, error) ? NULL : g_steal_pointer(&record);
}
