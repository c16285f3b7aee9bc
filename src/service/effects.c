#include "effects.h"

void mu_notice_free(MuNotice *notice) {
  if (notice == NULL)
    return;
  g_free(notice->service);
  g_free(notice->text);
  g_free(notice);
}

void mu_step_call_free(MuStepCall *call) {
  if (call == NULL)
    return;
  g_free(call->service);
  g_free(call->key);
  g_free(call);
}

void mu_step_report_free(MuStepReport *report) {
  if (report == NULL)
    return;
  g_free(report->service);
  g_free(report->key);
  g_free(report->text);
  g_free(report);
}

void mu_effects_call_step(MuEffects *effects, const char *service, const char *key, guint64 run) {
  MuStepCall *call = g_new0(MuStepCall, 1);
  call->service = g_strdup(service);
  call->key = g_strdup(key);
  call->run = run;
  g_ptr_array_add(effects->steps, call);
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

void mu_effects_leave_role(MuEffects *effects, const char *role) {
  for (guint i = 0; i < effects->left_roles->len; i++)
    if (g_strcmp0(effects->left_roles->pdata[i], role) == 0)
      return;
  if (role != NULL)
    g_ptr_array_add(effects->left_roles, g_strdup(role));
}

MuJsonText mu_effects_notice_begin(const char *service) {
  MuJsonText text = {0};
  mu_json_text_raw(&text, "{", 1);
  mu_json_text_member(&text, "service", service);
  return text;
}

void mu_effects_notice(MuEffects *effects, const char *type, const char *service, MuJsonText *take_text) {
  MuNotice *notice = g_new0(MuNotice, 1);
  mu_json_text_raw(take_text, "}", 1);
  notice->type = type;
  notice->service = g_strdup(service);
  notice->text = mu_json_text_take(take_text);
  g_ptr_array_add(effects->notices, notice);
}
