#include "records.h"

#include "engine_json.h"
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
  copy->anew = g_strdup(record->anew);
  copy->parameters = g_strdup(record->parameters);
  copy->block = 0;
  return copy;
}

void mu_task_record_free(MuTaskRecord *record) {
  if (record == NULL)
    return;
  char **const members[] = {&record->name,     &record->task_id,     &record->pod_type, &record->task,
                            &record->agent_id, &record->executor_id, &record->config,   &record->fingerprint,
                            &record->anew,     &record->parameters};
  for (guint i = 0; i < G_N_ELEMENTS(members); i++)
    mu_json_block_free(record, record->block, *members[i]);
  g_free(record);
}

void mu_task_record_set(MuTaskRecord *record, char **member, char *take_text) {
  mu_json_block_free(record, record->block, *member);
  *member = take_text;
}

#define TASK(member) G_STRUCT_OFFSET(MuTaskRecord, member)

static const MuJsonMember TASK_MEMBERS[] = {
    {MU_JSON_KEY("name"), .kind = MU_JSON_TEXT, .offset = TASK(name), .required = TRUE},
    {MU_JSON_KEY("id"), .kind = MU_JSON_TEXT, .offset = TASK(task_id), .required = TRUE},
    {MU_JSON_KEY("pod"), .kind = MU_JSON_TEXT, .offset = TASK(pod_type), .required = TRUE},
    {MU_JSON_KEY("index"), .kind = MU_JSON_COUNT, .offset = TASK(pod_index), .required = TRUE},
    {MU_JSON_KEY("task"), .kind = MU_JSON_TEXT, .offset = TASK(task), .required = TRUE},
    {MU_JSON_KEY("agent"), .kind = MU_JSON_TEXT, .offset = TASK(agent_id)},
    {MU_JSON_KEY("executor"), .kind = MU_JSON_TEXT, .offset = TASK(executor_id)},
    {MU_JSON_KEY("config"), .kind = MU_JSON_TEXT, .offset = TASK(config)},
    {MU_JSON_KEY("fingerprint"), .kind = MU_JSON_TEXT, .offset = TASK(fingerprint)},
    {MU_JSON_KEY("launched_ms"), .kind = MU_JSON_INT, .offset = TASK(launched_ms)},
    {MU_JSON_KEY("ended_ms"), .kind = MU_JSON_INT, .offset = TASK(ended_ms)},
    {MU_JSON_KEY("failures"), .kind = MU_JSON_COUNT, .offset = TASK(failures)},
    {MU_JSON_KEY("reached"), .kind = MU_JSON_BOOL, .offset = TASK(reached)},
    {MU_JSON_KEY("kill"), .kind = MU_JSON_BOOL, .offset = TASK(kill)},
    {MU_JSON_KEY("anew"), .kind = MU_JSON_TEXT, .offset = TASK(anew)},
    {MU_JSON_KEY("anew_begun"), .kind = MU_JSON_BOOL, .offset = TASK(anew_begun), .not_zero = TRUE},
    {MU_JSON_KEY("parameters"), .kind = MU_JSON_TEXT, .offset = TASK(parameters)},
    {MU_JSON_KEY("restarts"), .kind = MU_JSON_INT, .offset = TASK(restarts), .not_zero = TRUE},
    {MU_JSON_KEY("recovery"), .kind = MU_JSON_INT, .offset = TASK(recovery), .not_zero = TRUE},
    {MU_JSON_KEY("kill_since_ms"), .kind = MU_JSON_INT, .offset = TASK(kill_since_ms), .not_zero = TRUE},
    {MU_JSON_KEY("never_began"), .kind = MU_JSON_BOOL, .offset = TASK(never_began), .not_zero = TRUE},
    {MU_JSON_KEY("paused"), .kind = MU_JSON_BOOL, .offset = TASK(paused), .not_zero = TRUE},
};

static gpointer task_new(void) {
  return mu_task_record_new();
}

static void task_free(gpointer record) {
  mu_task_record_free(record);
}

static const MuJsonBlockForm TASK_BLOCK = {.size = sizeof(MuTaskRecord), .bytes = TASK(block)};

static const MuJsonForm TASK_FORM = {NULL, TASK_MEMBERS, G_N_ELEMENTS(TASK_MEMBERS), task_new, task_free,
                                     NULL, &TASK_BLOCK};

char *mu_task_record_encode(const MuTaskRecord *record) {
  return mu_json_form_encode(&TASK_FORM, record);
}

MuTaskRecord *mu_task_record_decode(const char *text, gsize length, GError **error) {
  return mu_json_form_decode_block(&TASK_FORM, text, length, error);
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
  return mu_json_form_encode(&mu_task_status_form, status);
}

MuTaskStatus *mu_status_record_decode(const char *text, gsize length, GError **error) {
  return mu_json_form_decode_block(&mu_task_status_form, text, length, error);
}
