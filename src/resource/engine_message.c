#include "bug.h"
#include "engine.h"

MuEngineEvent *mu_engine_event_new(MuEngineEventKind kind) {
  MuEngineEvent *event = g_new0(MuEngineEvent, 1);
  event->kind = kind;
  event->offers = g_ptr_array_new_with_free_func((GDestroyNotify)mu_offer_free);
  return event;
}

void mu_engine_event_free(MuEngineEvent *event) {
  if (event == NULL)
    return;
  g_free(event->id);
  g_free(event->agent_id);
  g_free(event->message);
  g_ptr_array_unref(event->offers);
  mu_task_status_free(event->status);
  g_free(event);
}

MuEngineCall *mu_engine_call_new(MuEngineCallKind kind) {
  MuEngineCall *call = g_new0(MuEngineCall, 1);
  call->kind = kind;
  return call;
}

void mu_engine_call_free(MuEngineCall *call) {
  if (call == NULL)
    return;
  mu_items_clear(call->offer_ids, g_free);
  mu_items_clear(call->operations, (GDestroyNotify)mu_operation_free);
  mu_env_vars_clear(call->tasks);
  mu_items_clear(call->roles, g_free);
  g_free(call->task_id);
  g_free(call->agent_id);
  g_free(call->uuid);
  g_free(call);
}

static const char *const call_kinds[] = {
    [MU_CALL_ACCEPT] = "ACCEPT",       [MU_CALL_DECLINE] = "DECLINE",   [MU_CALL_REVIVE] = "REVIVE",
    [MU_CALL_SUPPRESS] = "SUPPRESS",   [MU_CALL_KILL] = "KILL",         [MU_CALL_ACKNOWLEDGE] = "ACKNOWLEDGE",
    [MU_CALL_RECONCILE] = "RECONCILE", [MU_CALL_TEARDOWN] = "TEARDOWN", [MU_CALL_ROLES] = "ROLES",
};

const char *mu_engine_call_kind_to_string(MuEngineCallKind kind) {
  mu_assert((guint)kind < G_N_ELEMENTS(call_kinds));
  return call_kinds[kind];
}
