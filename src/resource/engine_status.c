#include "bug.h"
#include "engine_json.h"

static const struct {
  const char *name;
  gboolean terminal;
} states[] = {
    [MU_TASK_STAGING] = {"TASK_STAGING", FALSE},
    [MU_TASK_STARTING] = {"TASK_STARTING", FALSE},
    [MU_TASK_RUNNING] = {"TASK_RUNNING", FALSE},
    [MU_TASK_KILLING] = {"TASK_KILLING", FALSE},
    [MU_TASK_FINISHED] = {"TASK_FINISHED", TRUE},
    [MU_TASK_FAILED] = {"TASK_FAILED", TRUE},
    [MU_TASK_KILLED] = {"TASK_KILLED", TRUE},
    [MU_TASK_ERROR] = {"TASK_ERROR", TRUE},
    [MU_TASK_LOST] = {"TASK_LOST", TRUE},
    [MU_TASK_DROPPED] = {"TASK_DROPPED", TRUE},
    [MU_TASK_UNREACHABLE] = {"TASK_UNREACHABLE", FALSE},
    [MU_TASK_GONE] = {"TASK_GONE", TRUE},
    [MU_TASK_GONE_BY_OPERATOR] = {"TASK_GONE_BY_OPERATOR", TRUE},
    [MU_TASK_UNKNOWN] = {"TASK_UNKNOWN", TRUE},
};

const char *mu_task_state_to_string(MuTaskState state) {
  mu_assert((guint)state < G_N_ELEMENTS(states));
  return states[state].name;
}

gboolean mu_task_state_from_string(const char *text, MuTaskState *ret_state) {
  for (guint i = 0; i < G_N_ELEMENTS(states); i++)
    if (g_strcmp0(text, states[i].name) == 0) {
      *ret_state = (MuTaskState)i;
      return TRUE;
    }
  return FALSE;
}

gboolean mu_task_state_is_terminal(MuTaskState state) {
  mu_assert((guint)state < G_N_ELEMENTS(states));
  return states[state].terminal;
}

MuTaskStatus *mu_task_status_new(const char *task_id, MuTaskState state) {
  MuTaskStatus *status = g_new0(MuTaskStatus, 1);
  status->task_id = g_strdup(task_id);
  status->state = state;
  return status;
}

MuTaskStatus *mu_task_status_copy(const MuTaskStatus *status) {
  MuTaskStatus *copy = g_memdup2(status, sizeof *status);
  copy->task_id = g_strdup(status->task_id);
  copy->agent_id = g_strdup(status->agent_id);
  copy->uuid = g_strdup(status->uuid);
  copy->reason = g_strdup(status->reason);
  copy->message = g_strdup(status->message);
  copy->container_ip = g_strdup(status->container_ip);
  copy->block = 0;
  return copy;
}

void mu_task_status_free(MuTaskStatus *status) {
  if (status == NULL)
    return;
  mu_json_block_free(status, status->block, status->task_id);
  mu_json_block_free(status, status->block, status->agent_id);
  mu_json_block_free(status, status->block, status->uuid);
  mu_json_block_free(status, status->block, status->reason);
  mu_json_block_free(status, status->block, status->message);
  mu_json_block_free(status, status->block, status->container_ip);
  g_free(status);
}

#define STATUS(member) G_STRUCT_OFFSET(MuTaskStatus, member)

static const char *state_word(guint state) {
  return state < G_N_ELEMENTS(states) ? states[state].name : NULL;
}

static const MuJsonWords STATE_WORDS = {state_word, "TASK_RUNNING or another state of a task"};

static const MuJsonMember MEMBERS[] = {
    {MU_JSON_KEY("task_id"), .kind = MU_JSON_TEXT, .offset = STATUS(task_id), .required = TRUE},
    {MU_JSON_KEY("agent_id"), .kind = MU_JSON_TEXT, .offset = STATUS(agent_id)},
    {MU_JSON_KEY("uuid"), .kind = MU_JSON_TEXT, .offset = STATUS(uuid)},
    {MU_JSON_KEY("state"), .kind = MU_JSON_WORD, .offset = STATUS(state), .required = TRUE, .words = &STATE_WORDS},
    {MU_JSON_KEY("reason"), .kind = MU_JSON_TEXT, .offset = STATUS(reason)},
    {MU_JSON_KEY("message"), .kind = MU_JSON_TEXT, .offset = STATUS(message)},
    {MU_JSON_KEY("timestamp_ms"), .kind = MU_JSON_INT, .offset = STATUS(timestamp_ms), .not_zero = TRUE},
    {MU_JSON_KEY("ready"), .kind = MU_JSON_RESULT, .offset = STATUS(has_ready)},
    {MU_JSON_KEY("healthy"), .kind = MU_JSON_RESULT, .offset = STATUS(has_healthy)},
    {MU_JSON_KEY("container_ip"), .kind = MU_JSON_TEXT, .offset = STATUS(container_ip)},
};

static gpointer status_new(void) {
  return mu_task_status_new(NULL, MU_TASK_UNKNOWN);
}

static void status_free(gpointer status) {
  mu_task_status_free(status);
}

static const MuJsonBlockForm BLOCK = {.size = sizeof(MuTaskStatus), .bytes = STATUS(block)};

const MuJsonForm mu_task_status_form = {"status: ", MEMBERS, G_N_ELEMENTS(MEMBERS), status_new, status_free,
                                        NULL,       &BLOCK};

json_t *mu_task_status_to_json(const MuTaskStatus *status) {
  return mu_json_form_to_tree(&mu_task_status_form, status);
}

MuTaskStatus *mu_task_status_from_json(const json_t *json, GError **error) {
  return mu_json_form_from_tree(&mu_task_status_form, json, error);
}
