/* The trace: one dense line per event. Columns: virtual time in ms, step, life of the scheduler, what, details. */
#include "sim_check.h"

void mu_sim_set_trace(MuSim *sim, MuSimTraceFunc trace, gpointer user) {
  sim->trace = trace;
  sim->trace_user = user;
}

void mu_sim_trace(MuSim *sim, const char *what, const char *format, ...) {
  if (sim->trace == NULL)
    return;
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_autofree char *line = g_strdup_printf("%9" G_GINT64_FORMAT " %7" G_GUINT64_FORMAT " %2u %-10s %s",
                                          sim->now_ms - MU_SIM_START_MS, sim->steps, sim->life, what, text);
  sim->trace(line, sim->trace_user);
}

static void trace_offers(MuSim *sim, const GPtrArray *offers) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < offers->len; i++)
    g_string_append_printf(text, "%s%s", i == 0 ? "" : " ", ((MuOffer *)offers->pdata[i])->agent_id);
  mu_sim_trace(sim, "offers", "%s", text->str);
}

void mu_sim_trace_event(MuSim *sim, const MuEngineEvent *event) {
  static const char *const WORDS[] = {
      [MU_EVENT_SUBSCRIBED] = "subscribed", [MU_EVENT_OFFERS] = "offers",   [MU_EVENT_RESCIND] = "rescind",
      [MU_EVENT_UPDATE] = "status",         [MU_EVENT_FAILURE] = "failure", [MU_EVENT_ERROR] = "error",
      [MU_EVENT_DISCONNECTED] = "disconn"};
  if (sim->trace == NULL)
    return;
  const MuTaskStatus *status = event->status;
  if (event->kind == MU_EVENT_OFFERS)
    trace_offers(sim, event->offers);
  else if (status != NULL)
    mu_sim_trace(sim, "status", "%s %s%s%s", status->task_id, mu_task_state_to_string(status->state),
                 status->has_ready && status->ready ? " ready" : "", status->uuid == NULL ? " (master)" : "");
  else
    mu_sim_trace(sim, WORDS[event->kind], "%s",
                 event->agent_id != NULL ? event->agent_id
                 : event->id != NULL     ? event->id
                                         : "");
}

static void trace_operation(GString *text, const MuOperation *operation) {
  g_string_append_printf(text, " %s", mu_operation_kind_to_string(operation->kind));
  for (guint i = 0; operation->resources != NULL && i < operation->resources->items->len; i++) {
    const MuResource *resource = operation->resources->items->pdata[i];
    g_autofree char *what = mu_resource_to_string(resource);
    const char *id = resource->reservation.resource_id;
    g_string_append_printf(text, "%s%s#%.8s", i == 0 ? " " : ", ", what, id == NULL ? "" : id);
  }
  for (guint i = 0; operation->launch != NULL && i < operation->launch->tasks->len; i++)
    g_string_append_printf(text, " %s", ((MuTaskLaunch *)operation->launch->tasks->pdata[i])->task_id);
}

void mu_sim_trace_call(MuSim *sim, const MuEngineCall *call) {
  if (sim->trace == NULL)
    return;
  g_autoptr(GString) text = g_string_new(mu_engine_call_kind_to_string(call->kind));
  for (guint i = 0; i < call->operations->len; i++)
    trace_operation(text, call->operations->pdata[i]);
  if (call->task_id != NULL)
    g_string_append_printf(text, " %s", call->task_id);
  if (call->kind == MU_CALL_DECLINE || call->kind == MU_CALL_RECONCILE)
    g_string_append_printf(text, " %u", call->kind == MU_CALL_DECLINE ? call->offer_ids->len : call->tasks->len);
  mu_sim_trace(sim, "call", "%s%s", text->str, sim->subscribed ? "" : " (lost)");
}

void mu_sim_trace_report(MuSim *sim, const MuStepReport *report) {
  static const char *const WORDS[] = {[MU_STEP_TELLS] = "tells",
                                      [MU_STEP_COMPLETE] = "is complete",
                                      [MU_STEP_AGAIN] = "wants to be called again",
                                      [MU_STEP_FAILED] = "failed"};
  mu_sim_trace(sim, "step", "%s %s %s%s%s", report->service, report->key, WORDS[report->kind],
               report->text == NULL ? "" : ": ", report->text == NULL ? "" : report->text);
}

void mu_sim_trace_command(MuSim *sim, const MuCommand *command) {
  static const char *const WORDS[] = {[MU_COMMAND_SERVICE_PUT] = "put",
                                      [MU_COMMAND_SERVICE_REMOVE] = "remove",
                                      [MU_COMMAND_SERVICE_FORCE_REMOVE] = "force-remove",
                                      [MU_COMMAND_UNINSTALL] = "uninstall",
                                      [MU_COMMAND_POD_RESTART] = "pod restart",
                                      [MU_COMMAND_POD_REPLACE] = "pod replace",
                                      [MU_COMMAND_PLAN_INTERRUPT] = "plan interrupt",
                                      [MU_COMMAND_PLAN_CONTINUE] = "plan continue",
                                      [MU_COMMAND_PLAN_FORCE_COMPLETE] = "plan force-complete",
                                      [MU_COMMAND_PLAN_RESTART] = "plan restart",
                                      [MU_COMMAND_POD_DECOMMISSION] = "pod decommission",
                                      [MU_COMMAND_POD_RECOMMISSION] = "pod recommission",
                                      [MU_COMMAND_POD_PAUSE] = "pod pause",
                                      [MU_COMMAND_POD_RESUME] = "pod resume",
                                      [MU_COMMAND_FILE_PUT] = "file put",
                                      [MU_COMMAND_SERVICE_RESTART] = "restart",
                                      [MU_COMMAND_SERVICE_PREVIEW] = "preview",
                                      [MU_COMMAND_PLAN_START] = "plan start",
                                      [MU_COMMAND_PLAN_STOP] = "plan stop",
                                      [MU_COMMAND_SERVICE_ROLLBACK] = "rollback"};
  const char *word = (guint)command->kind < G_N_ELEMENTS(WORDS) ? WORDS[command->kind] : "another";
  mu_sim_trace(sim, "command", "%s %s %s%s%s%s%s%s", word, command->service == NULL ? "" : command->service,
               command->pod == NULL ? "" : command->pod, command->plan == NULL ? "" : command->plan,
               command->phase == NULL ? "" : "/", command->phase == NULL ? "" : command->phase,
               command->step == NULL ? "" : "/", command->step == NULL ? "" : command->step);
}
