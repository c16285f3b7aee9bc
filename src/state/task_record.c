#include "records.h"

#include "json.h"
#include <muster/error.h>

MuTaskRecord *mu_task_record_new(void) {
  return g_new0(MuTaskRecord, 1);
}

MuTaskRecord *mu_task_record_copy(const MuTaskRecord *record) {
  MuTaskRecord *copy = g_memdup2(record, sizeof *record);
  copy->name = g_strdup(record->name);
  copy->task_id = g_strdup(record->task_id);
  copy->pod_type = g_strdup(record->pod_type);
  copy->task = g_strdup(record->task);
  copy->agent_id = g_strdup(record->agent_id);
  copy->executor_id = g_strdup(record->executor_id);
  copy->config = g_strdup(record->config);
  copy->fingerprint = g_strdup(record->fingerprint);
  return copy;
}

void mu_task_record_free(MuTaskRecord *record) {
  if (record == NULL)
    return;
  g_free(record->name);
  g_free(record->task_id);
  g_free(record->pod_type);
  g_free(record->task);
  g_free(record->agent_id);
  g_free(record->executor_id);
  g_free(record->config);
  g_free(record->fingerprint);
  g_free(record);
}

char *mu_task_record_encode(const MuTaskRecord *record) {
  g_autoptr(json_t) json = json_object();
  mu_json_set_string(json, "name", record->name);
  mu_json_set_string(json, "id", record->task_id);
  mu_json_set_string(json, "pod", record->pod_type);
  mu_json_set_int(json, "index", record->pod_index);
  mu_json_set_string(json, "task", record->task);
  mu_json_set_string(json, "agent", record->agent_id);
  mu_json_set_string(json, "executor", record->executor_id);
  mu_json_set_string(json, "config", record->config);
  mu_json_set_string(json, "fingerprint", record->fingerprint);
  mu_json_set_int(json, "launched_ms", record->launched_ms);
  mu_json_set_int(json, "ended_ms", record->ended_ms);
  mu_json_set_int(json, "failures", record->failures);
  mu_json_set_bool(json, "reached", record->reached);
  mu_json_set_bool(json, "kill", record->kill == MU_KILL_WANTED);
  if (record->paused)
    mu_json_set_bool(json, "paused", TRUE);
  return mu_json_to_string(json);
}

/* The string members of a task record: one list for decoding. */
static gboolean read_strings(const json_t *json, MuTaskRecord *record, GError **error) {
  const struct {
    const char *key;
    gboolean required;
    char **field;
  } members[] = {
      {"name", TRUE, &record->name},       {"id", TRUE, &record->task_id},
      {"pod", TRUE, &record->pod_type},    {"task", TRUE, &record->task},
      {"agent", FALSE, &record->agent_id}, {"executor", FALSE, &record->executor_id},
      {"config", FALSE, &record->config},  {"fingerprint", FALSE, &record->fingerprint},
  };
  for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
    const char *text = NULL;
    if (!mu_json_get_string(json, members[i].key, members[i].required, &text, error))
      return FALSE;
    *members[i].field = g_strdup(text);
  }
  return TRUE;
}

MuTaskRecord *mu_task_record_decode(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, G_MAXSIZE, error);
  if (json == NULL)
    return NULL;
  g_autoptr(MuTaskRecord) record = mu_task_record_new();
  gint64 index = 0, failures = 0;
  gboolean kill = FALSE;
  if (!read_strings(json, record, error) ||
      !mu_json_get_int_between(json, "index", TRUE, 0, G_MAXINT32, &index, error) ||
      !mu_json_get_int(json, "launched_ms", FALSE, &record->launched_ms, error) ||
      !mu_json_get_int(json, "ended_ms", FALSE, &record->ended_ms, error) ||
      !mu_json_get_int_between(json, "failures", FALSE, 0, G_MAXINT32, &failures, error) ||
      !mu_json_get_bool(json, "reached", FALSE, &record->reached, error) ||
      !mu_json_get_bool(json, "paused", FALSE, &record->paused, error) ||
      !mu_json_get_bool(json, "kill", FALSE, &kill, error))
    return NULL;
  record->pod_index = (guint)index;
  record->failures = (guint)failures;
  record->kill = kill ? MU_KILL_WANTED : MU_KILL_NONE;
  return g_steal_pointer(&record);
}

char *mu_pause_record_encode(const GPtrArray *tasks) {
  g_autoptr(json_t) json = json_object();
  json_t *list = json_array();
  for (guint i = 0; i < tasks->len; i++)
    json_array_append_new(list, json_string(tasks->pdata[i]));
  mu_json_set_new(json, "tasks", list);
  return mu_json_to_string(json);
}

GPtrArray *mu_pause_record_decode(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, G_MAXSIZE, error);
  g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
  gsize i;
  json_t *name;
  json_array_foreach (json_object_get(json, "tasks"), i, name) {
    if (!json_is_string(name)) {
      g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "a paused task without a name in the store");
      return NULL;
    }
    g_ptr_array_add(tasks, g_strdup(json_string_value(name)));
  }
  return json == NULL ? NULL : g_steal_pointer(&tasks);
}

char *mu_status_record_encode(const MuTaskStatus *status) {
  g_autoptr(json_t) json = mu_task_status_to_json(status);
  return mu_json_to_string(json);
}

MuTaskStatus *mu_status_record_decode(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, G_MAXSIZE, error);
  return json == NULL ? NULL : mu_task_status_from_json(json, error);
}
