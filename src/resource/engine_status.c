#include "bug.h"
#include "engine_json.h"
#include <muster/error.h>

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
  return copy;
}

void mu_task_status_free(MuTaskStatus *status) {
  if (status == NULL)
    return;
  g_free(status->task_id);
  g_free(status->agent_id);
  g_free(status->uuid);
  g_free(status->reason);
  g_free(status->message);
  g_free(status->container_ip);
  g_free(status);
}

json_t *mu_task_status_to_json(const MuTaskStatus *status) {
  json_t *json = json_object();
  mu_json_set_string(json, "task_id", status->task_id);
  mu_json_set_string(json, "agent_id", status->agent_id);
  mu_json_set_string(json, "uuid", status->uuid);
  mu_json_set_string(json, "state", mu_task_state_to_string(status->state));
  mu_json_set_string(json, "reason", status->reason);
  mu_json_set_string(json, "message", status->message);
  mu_engine_json_set_nonzero(json, "timestamp_ms", status->timestamp_ms);
  if (status->has_ready)
    mu_json_set_bool(json, "ready", status->ready);
  if (status->has_healthy)
    mu_json_set_bool(json, "healthy", status->healthy);
  mu_json_set_string(json, "container_ip", status->container_ip);
  return json;
}

static gboolean read_state(const json_t *json, MuTaskState *ret_state, GError **error) {
  const char *text = NULL;
  if (!mu_json_get_string(json, "state", TRUE, &text, error))
    return FALSE;
  if (mu_task_state_from_string(text, ret_state))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "\"state\" is \"%.80s\"; expected TASK_RUNNING or another state of a task", text);
  return FALSE;
}

static gboolean read_result(const json_t *json, const char *key, gboolean *ret_has, gboolean *ret, GError **error) {
  if (!mu_json_get_bool(json, key, FALSE, ret, error))
    return FALSE;
  *ret_has = json_is_boolean(json_object_get(json, key));
  return TRUE;
}

static gboolean read_fields(const json_t *json, MuTaskStatus *status, GError **error) {
  return mu_engine_json_take_text(json, "task_id", TRUE, &status->task_id, error) &&
         mu_engine_json_take_text(json, "agent_id", FALSE, &status->agent_id, error) &&
         mu_engine_json_take_text(json, "uuid", FALSE, &status->uuid, error) &&
         read_state(json, &status->state, error) &&
         mu_engine_json_take_text(json, "reason", FALSE, &status->reason, error) &&
         mu_engine_json_take_text(json, "message", FALSE, &status->message, error) &&
         mu_json_get_int(json, "timestamp_ms", FALSE, &status->timestamp_ms, error) &&
         read_result(json, "ready", &status->has_ready, &status->ready, error) &&
         read_result(json, "healthy", &status->has_healthy, &status->healthy, error) &&
         mu_engine_json_take_text(json, "container_ip", FALSE, &status->container_ip, error);
}

MuTaskStatus *mu_task_status_from_json(const json_t *json, GError **error) {
  g_autoptr(MuTaskStatus) status = mu_task_status_new(NULL, MU_TASK_UNKNOWN);
  if (!read_fields(json, status, error)) {
    g_prefix_error(error, "status: ");
    return NULL;
  }
  return g_steal_pointer(&status);
}
