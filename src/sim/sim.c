/* Virtual time and the scheduler's life in it. */
#include "sim_check.h"

#include "client_private.h"
#include "step_run.h"

#include <muster/error.h>

#include <string.h>

/* ---- the timetable -------------------------------------------------------------------------------------------------- */

static void item_free(MuSimItem *item) {
  if (item->free != NULL && item->data != NULL)
    item->free(item->data);
  g_free(item);
}

static gboolean comes_before(const MuSimItem *a, const MuSimItem *b) {
  return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->sequence < b->sequence;
}

static void swap(gpointer *a, gpointer *b) {
  gpointer kept = *a;
  *a = *b;
  *b = kept;
}

static void heap_push(GPtrArray *heap, MuSimItem *item) {
  guint i = heap->len;
  g_ptr_array_add(heap, item);
  while (i > 0 && comes_before(heap->pdata[i], heap->pdata[(i - 1) / 2])) {
    swap(&heap->pdata[i], &heap->pdata[(i - 1) / 2]);
    i = (i - 1) / 2;
  }
}

static MuSimItem *heap_pop(GPtrArray *heap) {
  MuSimItem *first = heap->pdata[0];
  guint i = 0, n = heap->len - 1;
  heap->pdata[0] = heap->pdata[n];
  g_ptr_array_set_size(heap, (gint)n);
  for (;;) {
    guint least = 2 * i + 1;
    if (least >= n)
      return first;
    if (least + 1 < n && comes_before(heap->pdata[least + 1], heap->pdata[least]))
      least++;
    if (!comes_before(heap->pdata[least], heap->pdata[i]))
      return first;
    swap(&heap->pdata[least], &heap->pdata[i]);
    i = least;
  }
}

void mu_sim_schedule(MuSim *sim, gint64 delay_ms, gboolean of_scheduler, MuSimAction action, gpointer data,
                     GDestroyNotify free) {
  MuSimItem *item = g_new0(MuSimItem, 1);
  item->at_ms = sim->now_ms + delay_ms;
  item->sequence = sim->sequence++;
  item->life = of_scheduler ? sim->life : 0;
  item->action = action;
  item->data = data;
  item->free = free;
  heap_push(sim->timetable, item);
}

void mu_sim_violate(MuSim *sim, char *take_message) {
  if (sim->violation == NULL)
    sim->violation = take_message;
  else
    g_free(take_message);
}

/* ---- draining ------------------------------------------------------------------------------------------------------- */

static void schedule_drain(MuSim *sim);

static void wake(MuSim *sim, gpointer data) {
  (void)data;
  sim->wake_scheduled = FALSE;
  mu_pipeline_tick(sim->pipeline, sim->now_ms);
  schedule_drain(sim);
}

void mu_sim_rearm(MuSim *sim) {
  gint64 at_ms = MIN(mu_client_next_ms(sim->client), mu_pipeline_next_ms(sim->pipeline));
  if (at_ms == G_MAXINT64 || (sim->wake_scheduled && sim->wake_ms <= at_ms && sim->wake_ms > sim->now_ms))
    return;
  sim->wake_scheduled = TRUE;
  sim->wake_ms = MAX(at_ms, sim->now_ms + 1);
  mu_sim_schedule(sim, sim->wake_ms - sim->now_ms, TRUE, wake, NULL, NULL);
}

static void drain(MuSim *sim, gpointer data) {
  (void)data;
  sim->drain_scheduled = FALSE;
  MuOutput *output = mu_client_drain(sim->client, sim->now_ms);
  mu_sim_plant_in_memory(sim->client, output);
  mu_sim_check_drained(sim, output);
  if (mu_output_is_empty(output))
    mu_output_free(output);
  else
    mu_pipeline_push(sim->pipeline, output);
  mu_sim_rearm(sim);
}

static void schedule_drain(MuSim *sim) {
  if (sim->drain_scheduled)
    return;
  sim->drain_scheduled = TRUE;
  mu_sim_schedule(sim, 0, TRUE, drain, NULL, NULL);
}

/* The data is given over to the client, so the item keeps no free function: an event that the scheduler's end overtakes
 * is freed with the timetable's item. */
typedef struct {
  MuEngineEvent *event;
  guint connection; /* what was on its way when the connection broke is lost */
} Delivery;

static void delivery_free(gpointer data) {
  Delivery *delivery = data;
  mu_engine_event_free(delivery->event);
  g_free(delivery);
}

static void deliver(MuSim *sim, gpointer data) {
  Delivery *delivery = data;
  if (delivery->connection != sim->connection)
    return;
  if (sim->wire != NULL)
    sim->wire->event(g_steal_pointer(&delivery->event), sim->wire_user);
  else
    mu_sim_wire_receive(sim, g_steal_pointer(&delivery->event));
}

void mu_sim_wire_receive(MuSim *sim, MuEngineEvent *take_event) {
  sim->events++;
  mu_sim_trace_event(sim, take_event);
  mu_client_event(sim->client, take_event, sim->now_ms);
  schedule_drain(sim);
}

void mu_sim_deliver_late(MuSim *sim, MuEngineEvent *take_event, gint64 ms) {
  Delivery *delivery = g_new0(Delivery, 1);
  delivery->event = take_event;
  delivery->connection = sim->connection;
  mu_sim_schedule(sim, 1 + ms, TRUE, deliver, delivery, delivery_free);
}

void mu_sim_deliver(MuSim *sim, MuEngineEvent *take_event) {
  mu_sim_deliver_late(sim, take_event, 0);
}

/* ---- performing ------------------------------------------------------------------------------------------------------ */

static void pipeline_commit(MuBatch *batch, gpointer user) {
  mu_sim_store_commit(user, batch);
}

static void callback_done(MuSim *sim, gpointer data) {
  mu_client_callback_done(sim->client, data, sim->now_ms);
  schedule_drain(sim);
}

static void perform_calls(MuSim *sim, const MuOutput *output) {
  for (guint i = 0; i < output->calls->len; i++) {
    sim->muted |= sim->crash_now && sim->crash_moment == MU_SIM_CRASH_HALFWAY && i >= output->calls->len / 2;
    if (sim->muted)
      return;
    sim->calls++;
    mu_sim_check_call(sim, output->calls->pdata[i]);
    mu_sim_wire_out(sim, output->calls->pdata[i]);
  }
}

/* The item keeps the report: it may be overtaken by the scheduler's end. */
typedef struct {
  MuStepReport *report;
} Reported;

static void reported_free(gpointer data) {
  Reported *reported = data;
  mu_step_report_free(reported->report);
  g_free(reported);
}

static void deliver_report(MuSim *sim, gpointer data) {
  Reported *reported = data;
  mu_sim_trace_report(sim, reported->report);
  mu_client_step_report(sim->client, g_steal_pointer(&reported->report), sim->now_ms);
  schedule_drain(sim);
}

static void queue_report(MuStepReport *take_report, gpointer user) {
  Reported *reported = g_new0(Reported, 1);
  reported->report = take_report;
  mu_sim_schedule(user, 0, TRUE, deliver_report, reported, reported_free);
}

static void call_steps(MuSim *sim, const MuOutput *output) {
  for (guint i = 0; i < output->steps->len; i++) {
    const MuStepCall *call = output->steps->pdata[i];
    mu_sim_trace(sim, "step", "%s %s is called", call->service, call->key);
    mu_client_call_step(sim->client, call, queue_report, sim);
  }
}

static void perform_answers(MuSim *sim, const MuOutput *output) {
  for (guint i = 0; i < output->replies->len; i++) {
    const MuPendingReply *reply = output->replies->pdata[i];
    if (reply->reply != NULL)
      reply->reply(reply->body, reply->error, reply->user);
  }
  for (guint i = 0; i < output->callbacks->len; i++) {
    mu_client_call_uninstall_callback(sim->client, output->callbacks->pdata[i]);
    mu_sim_schedule(sim, 0, TRUE, callback_done, g_strdup(output->callbacks->pdata[i]), g_free);
  }
  call_steps(sim, output);
  if (output->erase)
    g_hash_table_remove_all(sim->records);
}

static void pipeline_perform(MuOutput *output, gpointer user) {
  MuSim *sim = user;
  mu_sim_check_perform(sim, output);
  perform_calls(sim, output);
  if (!sim->muted)
    perform_answers(sim, output);
  mu_output_free(output);
}

static void pipeline_flush(gpointer user) {
  (void)user;
}

static void pipeline_trouble(const char *message, gpointer user) {
  mu_client_set_store_error(((MuSim *)user)->client, message);
}

/* ---- the scheduler's life -------------------------------------------------------------------------------------------- */

static void start_scheduler(MuSim *sim) {
  static const MuPipelineOps OPS = {pipeline_commit, pipeline_perform, pipeline_flush, pipeline_trouble};
  g_autoptr(GError) error = NULL;
  MuOfferDiscipline *discipline =
      sim->footprint_limit == 0 || MU_SIM_PLANTED(discipline)
          ? NULL
          : mu_offer_discipline_parallel_footprint(sim->footprint_limit,
                                                   sim->turn_ms * (MU_SIM_PLANTED(fair__turns) ? 100 : 1));
  sim->life++;
  mu_sim_check_start(sim);
  sim->client = mu_multi_service_event_client_new("sim", mu_multi_service_manager_new(),
                                                  mu_service_store_new(sim->factory, sim->factory_user), discipline);
  if (sim->callback != NULL)
    mu_multi_service_event_client_set_uninstall_callback(sim->client, sim->callback, sim->callback_user);
  mu_multi_service_event_client_set_services(sim->client, sim->mode, (const char *const *)sim->mode_services);
  MuClientSettings settings = mu_sim_settings(sim);
  if (sim->seed % 4 == 0) { /* what is done in parts is done in small ones */
    settings.settles_per_drain = 1 + (guint)(sim->seed / 4 % 3);
    settings.asked_per_drain = 1 + (guint)(sim->seed / 12 % 5);
    settings.waiting_at_once = 1 + (guint)(sim->seed / 60 % 3);
  }
  mu_client_configure(sim->client, &settings, sim->seed + sim->life);
  sim->pipeline = mu_pipeline_new(&OPS, sim);
  mu_sim_store_load(sim, sim->client);
  if (!mu_client_loaded(sim->client, sim->now_ms, &error))
    mu_sim_violate(sim, g_strdup_printf("restart refused: %s", error->message));
  g_autoptr(MuEngineCall) roles = mu_client_roles_call(sim->client);
  mu_sim_wire_out(sim, roles);
  mu_sim_wire_connect(sim);
  schedule_drain(sim);
}

static void stop_scheduler(MuSim *sim) {
  if (sim->client == NULL)
    return;
  mu_sim_wire_disconnect(sim);
  mu_pipeline_free(sim->pipeline);
  mu_multi_service_event_client_free(sim->client);
  sim->pipeline = NULL;
  sim->client = NULL;
  sim->drain_scheduled = sim->wake_scheduled = FALSE;
}

void mu_sim_crash(MuSim *sim) {
  sim->crashes++;
  sim->muted = FALSE;
  mu_sim_trace(sim, "crash", "%u", sim->crashes);
  stop_scheduler(sim);
  start_scheduler(sim);
}

/* It lives as long as the simulator: an answer may come after nobody waits for it any more. */
typedef struct {
  json_t *body;
  GError *error;
  gboolean done;
} Answer;

static void answer_free(Answer *answer) {
  json_decref(answer->body);
  g_clear_error(&answer->error);
  g_free(answer);
}

MuSim *mu_sim_new(guint64 seed, MuServiceFactory factory, gpointer factory_user) {
  MuSim *sim = g_new0(MuSim, 1);
  sim->timetable = g_ptr_array_new();
  sim->answers = g_ptr_array_new_with_free_func((GDestroyNotify)answer_free);
  sim->seed = seed;
  mu_random_seed(&sim->random, seed);
  sim->factory = factory;
  sim->factory_user = factory_user;
  sim->now_ms = MU_SIM_START_MS;
  mu_sim_store_init(sim);
  mu_sim_cluster_init(sim);
  mu_sim_checks_init(sim);
  return sim;
}

void mu_sim_free(MuSim *sim) {
  if (sim == NULL)
    return;
  stop_scheduler(sim);
  for (guint i = 0; i < sim->timetable->len; i++)
    item_free(sim->timetable->pdata[i]);
  g_ptr_array_unref(sim->timetable);
  g_ptr_array_unref(sim->answers);
  mu_sim_checks_clear(sim);
  mu_sim_cluster_clear(sim);
  mu_sim_store_clear(sim);
  g_free(sim->violation);
  if (sim->transcript != NULL)
    g_string_free(sim->transcript, TRUE);
  g_strfreev(sim->mode_services);
  g_free(sim->scheduler_role);
  g_free(sim);
}

void mu_sim_limit_stored(MuSim *sim, gsize bytes) {
  sim->stored_limit = bytes;
  if (sim->client != NULL)
    sim->client->effects.max_stored_bytes = bytes;
}

void mu_sim_limit_footprint(MuSim *sim, guint n, gint64 turn_ms) {
  sim->footprint_limit = n;
  sim->turn_ms = turn_ms;
}

void mu_sim_set_services(MuSim *sim, MuServicesMode mode, const char *const *names) {
  g_strfreev(sim->mode_services);
  sim->mode = mode;
  sim->mode_services = g_strdupv((char **)names);
}

void mu_sim_set_role(MuSim *sim, const char *role) {
  g_free(sim->scheduler_role);
  sim->scheduler_role = g_strdup(role);
}

MuClientSettings mu_sim_settings(const MuSim *sim) {
  MuClientSettings settings = mu_client_settings_default;
  settings.role = sim->scheduler_role;
  if (sim->stored_limit > 0)
    settings.max_stored_bytes = sim->stored_limit;
  return settings;
}

void mu_sim_set_uninstall_callback(MuSim *sim, MuUninstallCallback callback, gpointer user) {
  sim->callback = callback;
  sim->callback_user = user;
}

/* ---- running --------------------------------------------------------------------------------------------------------- */

/* The next item up to the moment; FALSE: none is due. */
static gboolean run_one(MuSim *sim, gint64 until_ms) {
  if (sim->timetable->len == 0 || ((MuSimItem *)sim->timetable->pdata[0])->at_ms > until_ms)
    return FALSE;
  MuSimItem *item = heap_pop(sim->timetable);
  sim->now_ms = item->at_ms;
  sim->steps++;
  if (item->life == 0 || item->life == sim->life)
    item->action(sim, item->data);
  item_free(item);
  if (sim->crash_now) {
    sim->crash_now = FALSE;
    mu_sim_crash(sim);
  }
  if (sim->client != NULL && !sim->drain_scheduled && mu_pipeline_is_idle(sim->pipeline))
    mu_sim_check_quiet(sim);
  return TRUE;
}

gboolean mu_sim_run_until(MuSim *sim, MuSimCondition done, gpointer user, gint64 ms) {
  gint64 until_ms = sim->now_ms + ms;
  if (sim->client == NULL)
    start_scheduler(sim);
  while (done == NULL || !done(sim, user)) {
    if (run_one(sim, until_ms))
      continue;
    sim->now_ms = until_ms;
    return done != NULL && done(sim, user);
  }
  return TRUE;
}

void mu_sim_run_cluster(MuSim *sim, gint64 now_ms) {
  while (run_one(sim, now_ms))
    continue;
  sim->now_ms = MAX(sim->now_ms, now_ms);
}

gint64 mu_sim_cluster_next_ms(const MuSim *sim) {
  return sim->timetable->len == 0 ? G_MAXINT64 : ((const MuSimItem *)sim->timetable->pdata[0])->at_ms;
}

void mu_sim_run(MuSim *sim, gint64 ms) {
  mu_sim_run_until(sim, NULL, NULL, ms);
}

/* ---- commands -------------------------------------------------------------------------------------------------------- */

static void on_answer(json_t *body, const GError *error, gpointer user) {
  Answer *answer = user;
  answer->done = TRUE;
  answer->body = body == NULL ? NULL : json_incref(body);
  answer->error = error == NULL ? NULL : g_error_copy(error);
}

static gboolean is_answered(MuSim *sim, gpointer user) {
  (void)sim;
  return ((const Answer *)user)->done;
}

void mu_sim_post(MuSim *sim, MuCommand *take_command) {
  if (sim->client == NULL)
    start_scheduler(sim);
  mu_sim_trace_command(sim, take_command);
  mu_sim_check_command(sim, take_command);
  mu_client_command(sim->client, take_command, sim->now_ms);
  schedule_drain(sim);
}

json_t *mu_sim_command(MuSim *sim, MuCommand *take_command, GError **error) {
  Answer *answer = g_new0(Answer, 1);
  g_ptr_array_add(sim->answers, answer);
  take_command->reply = on_answer;
  take_command->user = answer;
  mu_sim_post(sim, take_command);
  mu_sim_run_until(sim, is_answered, answer, 60000);
  if (!answer->done)
    g_set_error(error, MU_ERROR, MU_ERROR_TIMED_OUT, "no answer within a minute");
  if (answer->error != NULL)
    g_propagate_error(error, g_error_copy(answer->error));
  return answer->body == NULL ? NULL : json_incref(answer->body);
}

json_t *mu_sim_put(MuSim *sim, const char *service, const char *context, GError **error) {
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, service);
  command->context = g_bytes_new(context, strlen(context));
  return mu_sim_command(sim, command, error);
}

/* ---- the code of custom steps ---------------------------------------------------------------------------------------- */

typedef struct {
  MuSimCode code;
  gpointer user;
} Later;

static void do_later(MuSim *sim, gpointer data) {
  const Later *later = data;
  later->code(sim, later->user);
}

void mu_sim_later(MuSim *sim, gint64 ms, MuSimCode code, gpointer user) {
  const Later later = {code, user};
  mu_sim_schedule(sim, ms, FALSE, do_later, g_memdup2(&later, sizeof later), g_free);
}

/* ---- looking --------------------------------------------------------------------------------------------------------- */

gint64 mu_sim_now_ms(const MuSim *sim) {
  return sim->now_ms;
}

MuMultiServiceEventClient *mu_sim_client(MuSim *sim) {
  return sim->client;
}

guint64 mu_sim_happenings(const MuSim *sim) {
  return sim->steps + sim->calls;
}

guint mu_sim_commits(const MuSim *sim) {
  return sim->commits;
}

guint mu_sim_crashes(const MuSim *sim) {
  return sim->crashes;
}

guint mu_sim_events_after_settling(MuSim *sim, gint64 ms) {
  guint64 before = sim->events;
  mu_sim_run(sim, ms);
  return (guint)(sim->events - before);
}

const char *mu_sim_violation(const MuSim *sim) {
  return sim->violation;
}
