#include "step_run.h"

#include "client_private.h"
#include "custom_work.h"
#include "json.h"
#include "plan_draft.h"

#include <string.h>

/* A run that wants to be called again later than this is called then. */
#define MAX_PAUSE_MS (G_GINT64_CONSTANT(24) * 3600 * 1000)

struct MuStepRun {
  MuMultiServiceEventClient *client; /* NULL: it is no more */
  MuStepSink sink;
  gpointer sink_user;
  char *service, *plan, *phase, *step, *key;
  guint64 run;
  guint attempt;
  json_t *parameters; /* NULL: none */
};

static void run_free(MuStepRun *run) {
  g_free(run->service);
  g_free(run->plan);
  g_free(run->phase);
  g_free(run->step);
  g_free(run->key);
  json_decref(run->parameters);
  g_free(run);
}

static const MuCustomWork *find_work(MuMultiServiceEventClient *client, const char *name, const char *key,
                                     guint64 run) {
  const MuService *service = g_hash_table_lookup(client->manager->by_name, name);
  return service == NULL ? NULL : mu_service_custom_run(service, key, run);
}

/* ---- calling ------------------------------------------------------------------------------------------------------- */

static MuStepRun *run_new(const MuStepCall *call, const MuCustomWork *work) {
  const MuPhase *phase = work->step->phase;
  const char *parameters = phase->plan->parameters;
  MuStepRun *run = g_new0(MuStepRun, 1);
  run->service = g_strdup(call->service);
  run->plan = g_strdup(work->service->record->state == MU_SERVICE_RUNNING ? phase->plan->name : MU_UNINSTALL);
  run->phase = g_strdup(phase->name);
  run->step = g_strdup(work->step->name);
  run->key = g_strdup(call->key);
  run->run = call->run;
  run->attempt = work->record->attempts;
  run->parameters = parameters == NULL ? NULL : mu_json_parse(parameters, strlen(parameters), G_MAXSIZE, NULL);
  return run;
}

void mu_client_call_step(MuMultiServiceEventClient *client, const MuStepCall *call, MuStepSink sink, gpointer user) {
  const MuCustomWork *work = find_work(client, call->service, call->key, call->run);
  if (work == NULL)
    return;
  MuStepRun *run = run_new(call, work);
  run->client = client;
  run->sink = sink;
  run->sink_user = user;
  g_hash_table_add(client->step_runs, run);
  work->func(run, work->user);
}

void mu_client_step_report(MuMultiServiceEventClient *client, MuStepReport *take_report, gint64 now_ms) {
  MuService *service = g_hash_table_lookup(client->manager->by_name, take_report->service);
  client->effects.now_ms = now_ms;
  if (service != NULL) {
    mu_service_on_step(service, take_report, &client->effects);
    mu_client_mark_dirty(client, service);
  }
  mu_step_report_free(take_report);
}

void mu_step_runs_orphan(GHashTable *runs) {
  GHashTableIter iter;
  gpointer run = NULL;
  g_hash_table_iter_init(&iter, runs);
  while (g_hash_table_iter_next(&iter, &run, NULL))
    ((MuStepRun *)run)->client = NULL;
}

/* ---- for the code -------------------------------------------------------------------------------------------------- */

const char *mu_step_run_service(const MuStepRun *run) {
  return run->service;
}

const char *mu_step_run_plan(const MuStepRun *run) {
  return run->plan;
}

const char *mu_step_run_phase(const MuStepRun *run) {
  return run->phase;
}

const char *mu_step_run_step(const MuStepRun *run) {
  return run->step;
}

guint mu_step_run_attempt(const MuStepRun *run) {
  return run->attempt;
}

const char *mu_step_run_parameter(const MuStepRun *run, const char *name) {
  return json_string_value(json_object_get(run->parameters, name));
}

gboolean mu_step_run_is_wanted(const MuStepRun *run) {
  return run->client != NULL && find_work(run->client, run->service, run->key, run->run) != NULL;
}

static void report(MuStepRun *run, MuStepReportKind kind, const char *text, gint64 after_ms) {
  if (run->client == NULL)
    return;
  MuStepReport *made = g_new0(MuStepReport, 1);
  made->service = g_strdup(run->service);
  made->key = g_strdup(run->key);
  made->run = run->run;
  made->kind = kind;
  made->text = mu_status_message_shortened(text);
  made->after_ms = CLAMP(after_ms, 1, MAX_PAUSE_MS);
  run->sink(made, run->sink_user);
}

static void end(MuStepRun *run, MuStepReportKind kind, const char *text, gint64 after_ms) {
  report(run, kind, text, after_ms);
  if (run->client != NULL)
    g_hash_table_remove(run->client->step_runs, run);
  run_free(run);
}

void mu_step_run_tell(MuStepRun *run, const char *text) {
  report(run, MU_STEP_TELLS, text, 0);
}

void mu_step_run_complete(MuStepRun *take_run) {
  end(take_run, MU_STEP_COMPLETE, NULL, 0);
}

void mu_step_run_again(MuStepRun *take_run, const char *reason, gint64 after_ms) {
  end(take_run, MU_STEP_AGAIN, reason, after_ms);
}

void mu_step_run_fail(MuStepRun *take_run, const char *message) {
  end(take_run, MU_STEP_FAILED, message, 0);
}
