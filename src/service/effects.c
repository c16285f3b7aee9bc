#include "effects.h"

MuNotice *mu_notice_new(const char *type, json_t *take_data) {
  MuNotice *notice = g_new0(MuNotice, 1);
  notice->type = type;
  notice->data = take_data;
  return notice;
}

void mu_notice_free(MuNotice *notice) {
  if (notice == NULL)
    return;
  json_decref(notice->data);
  g_free(notice);
}

void mu_effects_kill(MuEffects *effects, const char *task_id, const char *agent_id) {
  MuEngineCall *call = mu_engine_call_new(MU_CALL_KILL);
  call->task_id = g_strdup(task_id);
  call->agent_id = g_strdup(agent_id);
  call->grace_ms = -1;
  g_ptr_array_add(effects->calls, call);
}

void mu_effects_acknowledge(MuEffects *effects, const MuTaskStatus *status) {
  if (status->uuid == NULL)
    return;
  MuEngineCall *call = mu_engine_call_new(MU_CALL_ACKNOWLEDGE);
  call->task_id = g_strdup(status->task_id);
  call->agent_id = g_strdup(status->agent_id);
  call->uuid = g_strdup(status->uuid);
  g_ptr_array_add(effects->calls, call);
}

void mu_effects_notice(MuEffects *effects, const char *type, json_t *take_data) {
  g_ptr_array_add(effects->notices, mu_notice_new(type, take_data));
}
