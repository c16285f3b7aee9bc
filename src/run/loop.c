/* The queue and the clock of the runner. */
#include "runner_internal.h"
#include "step_run.h"

/* Of events and commands: so many, or for so long, one at least. What is left has its turn after others of the main loop have
 * had theirs: who reads waits for one turn at most. */
#define ITEMS_A_TURN 256
#define FEED_US 500

/* ---- time ---------------------------------------------------------------------------------------------------------- */

/* Wall time that a change of the wall clock does not disturb: it goes with the monotonic clock from the start on. */
gint64 mu_runner_now_ms(const MuMultiServiceRunner *runner) {
  return (g_get_monotonic_time() + runner->clock_offset_us) / 1000;
}

static gint64 monotonic_us(const MuMultiServiceRunner *runner, gint64 at_ms) {
  return MAX(at_ms * 1000 - runner->clock_offset_us, 0);
}

void mu_runner_arm(MuMultiServiceRunner *runner) {
  if (runner->wake == NULL)
    return;
  if (runner->dirty || !g_queue_is_empty(&runner->queue) || mu_pipeline_owes(runner->pipeline)) {
    g_source_set_ready_time(runner->wake, 0);
    return;
  }
  gint64 at_ms = MIN(mu_client_next_ms(runner->client), mu_pipeline_next_ms(runner->pipeline));
  /* What was due has just been done: a moment that has passed is asked for again at the earliest in the next one. */
  gint64 soonest_ms = mu_runner_now_ms(runner) + 1;
  g_source_set_ready_time(runner->wake, at_ms == G_MAXINT64 ? -1 : monotonic_us(runner, MAX(at_ms, soonest_ms)));
}

/* ---- the queue ----------------------------------------------------------------------------------------------------- */

void mu_runner_refuse(MuCommand *take_command, MuErrorCode code, const char *why) {
  if (take_command->reply != NULL) {
    g_autoptr(GError) error = g_error_new(MU_ERROR, (gint)code, "%s", why);
    take_command->reply(NULL, error, take_command->user);
  }
  mu_command_free(take_command);
}

/* The command must not be given to the core now. */
static gboolean refuse_now(MuMultiServiceRunner *runner, MuCommand *command) {
  if (runner->stopping) {
    mu_runner_refuse(command, MU_ERROR_UNAVAILABLE, "the scheduler is stopping; nothing was changed");
    return TRUE;
  }
  const char *trouble = mu_pipeline_trouble(runner->pipeline);
  if (trouble == NULL)
    return FALSE;
  g_autofree char *why = g_strdup_printf("the store cannot be written at present (%s); nothing was changed", trouble);
  mu_runner_refuse(command, MU_ERROR_UNAVAILABLE, why);
  return TRUE;
}

static void feed_command(MuMultiServiceRunner *runner, MuCommand *take_command, gint64 now_ms) {
  if (!refuse_now(runner, take_command))
    mu_client_command(runner->client, take_command, now_ms);
}

static void feed_event(MuMultiServiceRunner *runner, MuEngineEvent *take_event, gint64 now_ms) {
  if (runner->stopping || runner->uninstalled) {
    mu_engine_event_free(take_event); /* the engine tells the next run: it was not acknowledged */
    return;
  }
  mu_narrate_event(runner, take_event);
  if (take_event->kind == MU_EVENT_ERROR && runner->fatal == NULL)
    runner->fatal = g_error_new(MU_ERROR, MU_ERROR_FAILED, "the engine %s has ended: %s", runner->engine->ops->name,
                                take_event->message == NULL ? "no reason given" : take_event->message);
  mu_client_event(runner->client, take_event, now_ms);
}

/* One that comes after that is lost: the step's code is called again in the next run. */
static void feed_report(MuMultiServiceRunner *runner, MuStepReport *take_report, gint64 now_ms) {
  if (runner->stopping || runner->uninstalled)
    mu_step_report_free(take_report);
  else
    mu_client_step_report(runner->client, take_report, now_ms);
}

/* One of the three. */
typedef struct {
  MuCommand *command;
  MuEngineEvent *event;
  MuStepReport *report;
} Item;

static void feed(MuMultiServiceRunner *runner, gint64 now_ms) {
  gint64 until_us = g_get_monotonic_time() + FEED_US;
  for (guint n = 0; n < ITEMS_A_TURN && !g_queue_is_empty(&runner->queue); n++) {
    if (n > 0 && g_get_monotonic_time() >= until_us)
      return;
    Item *item = g_queue_pop_head(&runner->queue);
    if (item->command != NULL)
      feed_command(runner, item->command, now_ms);
    else if (item->report != NULL)
      feed_report(runner, item->report, now_ms);
    else
      feed_event(runner, item->event, now_ms);
    g_free(item);
  }
}

static void enqueue(MuMultiServiceRunner *runner, Item item) {
  g_queue_push_tail(&runner->queue, g_memdup2(&item, sizeof item));
  mu_runner_arm(runner);
}

void mu_runner_queue_command(MuMultiServiceRunner *runner, MuCommand *take_command) {
  enqueue(runner, (Item){.command = take_command});
}

void mu_runner_queue_event(MuMultiServiceRunner *runner, MuEngineEvent *take_event) {
  enqueue(runner, (Item){.event = take_event});
}

void mu_runner_queue_report(MuMultiServiceRunner *runner, MuStepReport *take_report) {
  enqueue(runner, (Item){.report = take_report});
}

void mu_runner_queue_clear(MuMultiServiceRunner *runner) {
  Item *item;
  while ((item = g_queue_pop_head(&runner->queue)) != NULL) {
    if (item->command != NULL)
      mu_runner_refuse(item->command, MU_ERROR_UNAVAILABLE, "the scheduler has ended; nothing was changed");
    else if (item->report != NULL)
      mu_step_report_free(item->report);
    else
      mu_engine_event_free(item->event);
    g_free(item);
  }
}

/* ---- a turn -------------------------------------------------------------------------------------------------------- */

static void drain(MuMultiServiceRunner *runner, gint64 now_ms) {
  MuOutput *output = mu_client_drain(runner->client, now_ms);
  runner->dirty = mu_client_has_more(runner->client);
  if (mu_output_is_empty(output))
    mu_output_free(output);
  else
    mu_pipeline_push(runner->pipeline, output);
}

/* Everything queued goes to the core, then one drain: what came in together becomes durable together. */
static gboolean on_wake(gpointer user) {
  MuMultiServiceRunner *runner = user;
  gint64 now_ms = mu_runner_now_ms(runner);
  mu_pipeline_tick(runner->pipeline, now_ms);
  feed(runner, now_ms);
  drain(runner, now_ms);
  mu_runner_check_end(runner);
  mu_runner_arm(runner);
  return G_SOURCE_CONTINUE;
}

/* A stop waits for what the store works on, and for what that lets through; it does not wait for a store in trouble. */
static gboolean has_settled(const MuMultiServiceRunner *runner) {
  const MuPipeline *pipeline = runner->pipeline;
  return mu_pipeline_is_idle(pipeline) ||
         (!mu_pipeline_owes(pipeline) && !mu_pipeline_in_flight(pipeline) && mu_pipeline_trouble(pipeline) != NULL);
}

void mu_runner_check_end(MuMultiServiceRunner *runner) {
  gboolean stopped = runner->stopping && !runner->dirty && has_settled(runner);
  if (runner->fatal != NULL || runner->uninstalled || runner->forced || stopped)
    g_main_loop_quit(runner->loop);
}

/* ---- the source ---------------------------------------------------------------------------------------------------- */

/* Only the ready time makes it dispatch. */
static gboolean wake_dispatch(GSource *source, GSourceFunc callback, gpointer user) {
  (void)source;
  return callback(user);
}
static GSourceFuncs wake_funcs = {.dispatch = wake_dispatch};

void mu_runner_loop_init(MuMultiServiceRunner *runner) {
  runner->clock_offset_us = g_get_real_time() - g_get_monotonic_time();
  runner->loop = g_main_loop_new(NULL, FALSE);
  g_queue_init(&runner->queue);
}

/* At the default priority, so that a stream of requests and statuses cannot keep the core from its turn. */
void mu_runner_loop_run(MuMultiServiceRunner *runner) {
  runner->wake = g_source_new(&wake_funcs, sizeof(GSource));
  g_source_set_static_name(runner->wake, "muster core");
  g_source_set_callback(runner->wake, on_wake, runner, NULL);
  g_source_attach(runner->wake, NULL);
  runner->dirty = TRUE;
  mu_runner_arm(runner);
  g_main_loop_run(runner->loop);
  g_source_destroy(runner->wake);
  g_clear_pointer(&runner->wake, g_source_unref);
}

void mu_runner_loop_clear(MuMultiServiceRunner *runner) {
  mu_runner_queue_clear(runner);
  g_clear_pointer(&runner->loop, g_main_loop_unref);
}
