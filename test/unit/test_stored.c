/* The budget of what a service has in the store: that everything counts, and what is refused, held back or written all the same
 * when it is used up. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "sim_private.h"
#include "stored.h"
#include "view.h"
#include "view_why.h"
#include <muster/error.h>

#include <string.h>

typedef struct {
  MuSim *sim;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  (void)data;
  f->sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  mu_sim_add_agent(f->sim, "agent-0", 100000, 163840, 102400, "1000-32000");
}

static void tear_down(Fixture *f, gconstpointer data) {
  (void)data;
  mu_sim_free(f->sim);
}

static char *yaml_of(guint count, const char *cpus) {
  return g_strdup_printf(
      "name: svc\n"
      "pods: {node: {count: %u, allow-decommission: true, tasks: {main: {goal: RUNNING, cmd: ./main, cpus: %s, memory: 32}}}}\n"
      "plans:\n"
      "  deploy: {strategy: parallel, phases: {nodes: {strategy: parallel, pod: node}}}\n"
      "  spare: {strategy: serial, phases: {nodes: {strategy: serial, pod: node}}}\n",
      count, cpus);
}

static MuCommand *put(guint count, const char *cpus) {
  g_autofree char *yaml = yaml_of(count, cpus);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "svc");
  command->context = g_bytes_new(yaml, strlen(yaml));
  return command;
}

static MuCommand *put_file(gsize bytes) {
  g_autofree char *text = g_strnfill(bytes, 'x');
  MuCommand *command = mu_command_new(MU_COMMAND_FILE_PUT, "svc");
  command->file = g_strdup("notes");
  command->context = g_bytes_new(text, bytes);
  return command;
}

static MuCommand *on_plan(MuCommandKind kind, const char *plan, json_t *take_parameters) {
  MuCommand *command = mu_command_new(kind, "svc");
  command->plan = g_strdup(plan);
  command->parameters = take_parameters;
  return command;
}

static MuCommand *on_pod(MuCommandKind kind, const char *pod) {
  MuCommand *command = mu_command_new(kind, "svc");
  command->pod = g_strdup(pod);
  return command;
}

static void taken(const Fixture *f, MuCommand *take_command) {
  g_autoptr(GError) error = NULL;
  json_decref(mu_sim_command(f->sim, take_command, &error));
  g_assert_no_error(error);
}

static void refused(const Fixture *f, MuCommand *take_command, const char *part) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sim_command(f->sim, take_command, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
  if (strstr(error->message, part) == NULL || strstr(error->message, "--max-stored") == NULL)
    g_error("\"%s\"; \"%s\" was expected in it, and what to do", error->message, part);
}

static MuService *service_of(const Fixture *f) {
  return mu_manager_find(mu_sim_client(f->sim)->manager, "svc");
}

/* Summed up anew; all of the service `svc` in the store, keys included. */
static gsize sum_up(const Fixture *f) {
  GHashTableIter iter;
  gpointer value = NULL;
  gsize sum = 0;
  g_hash_table_iter_init(&iter, f->sim->records);
  while (g_hash_table_iter_next(&iter, &value, NULL)) {
    const MuSimRecord *record = value;
    if (g_strcmp0(record->service, "svc") == 0)
      sum += strlen(record->key) + record->length;
  }
  return sum;
}

static void counts(const Fixture *f, const char *after) {
  mu_sim_run(f->sim, 60000);
  if (service_of(f)->stored_bytes != sum_up(f))
    g_error("after %s: %" G_GSIZE_FORMAT " bytes are counted, the store has %" G_GSIZE_FORMAT, after,
            service_of(f)->stored_bytes, sum_up(f));
}

static gsize counts_more(const Fixture *f, const char *after, gsize before) {
  counts(f, after);
  if (service_of(f)->stored_bytes <= before)
    g_error("after %s there is not more in the store: %" G_GSIZE_FORMAT " bytes", after, service_of(f)->stored_bytes);
  return service_of(f)->stored_bytes;
}

/* Every kind of record that comes and goes by commands and events, and all of them over a restart. */
static void test_counts(Fixture *f, gconstpointer data) {
  (void)data;
  taken(f, put(3, "0.1"));
  gsize deployed = counts_more(f, "a deployment", 0);
  taken(f, put_file(1000));
  gsize with_file = counts_more(f, "a file", deployed + 999);
  taken(f, put_file(10));
  counts(f, "a smaller file");
  g_assert_cmpuint(service_of(f)->stored_bytes, ==, with_file - 990);
  taken(f, on_plan(MU_COMMAND_PLAN_START, "spare", json_pack("{s:s}", "KEY", "value")));
  counts_more(f, "a plan with parameters", with_file - 990);
  taken(f, on_plan(MU_COMMAND_PLAN_RESTART, "deploy", NULL));
  counts(f, "a mark");
  taken(f, on_plan(MU_COMMAND_PLAN_FORCE_COMPLETE, "spare", NULL));
  counts(f, "steps forced");
  gsize before_pause = service_of(f)->stored_bytes;
  taken(f, on_pod(MU_COMMAND_POD_PAUSE, "node-0"));
  gsize paused = counts_more(f, "a pause", before_pause);
  taken(f, on_pod(MU_COMMAND_POD_RESUME, "node-0"));
  counts(f, "a resume");
  g_assert_cmpuint(service_of(f)->stored_bytes, <, paused);
  taken(f, put(3, "0.2"));
  counts_more(f, "an update", paused);
  mu_sim_end_task(f->sim, "node-1-main", MU_TASK_FAILED);
  counts(f, "a failure");
  taken(f, put(4, "1000"));
  counts(f, "an update that cannot be placed");
  gsize before = service_of(f)->stored_bytes;
  mu_sim_crash(f->sim);
  mu_sim_run(f->sim, 1);
  g_assert_cmpuint(service_of(f)->stored_bytes, ==, before);
  counts(f, "a restart");
  taken(f, on_pod(MU_COMMAND_POD_REPLACE, "node-2"));
  counts(f, "a replacement");
  taken(f, put(3, "0.2"));
  counts(f, "a smaller count");
}

/* What clients bring is refused, with what to do; what runs, and what becomes of it, is written all the same. */
static void test_full(Fixture *f, gconstpointer data) {
  (void)data;
  taken(f, put(3, "0.1"));
  counts(f, "a deployment");
  mu_sim_limit_stored(f->sim, service_of(f)->stored_bytes);
  refused(f, put_file(1), "and the file would take ");
  refused(f, on_plan(MU_COMMAND_PLAN_START, "spare", json_pack("{s:s}", "KEY", "value")), "the parameters");
  taken(f, on_plan(MU_COMMAND_PLAN_START, "spare", NULL));
  taken(f, on_plan(MU_COMMAND_PLAN_INTERRUPT, "spare", NULL));
  mu_sim_end_task(f->sim, "node-1-main", MU_TASK_FAILED);
  mu_sim_run(f->sim, 60000);
  MuTask *task = g_hash_table_lookup(service_of(f)->tasks, "node-1-main");
  g_assert_cmpint(task->status->state, ==, MU_TASK_RUNNING); /* again */
  mu_sim_limit_stored(f->sim, 1000);
  refused(f, put(3, "0.2"), "service svc would store ");
  refused(f, put(4, "0.1"), "service svc would store ");
  taken(f, put(2, "0.1")); /* which leads out of it */
  mu_sim_run(f->sim, 60000);
  g_assert_cmpuint(g_hash_table_size(service_of(f)->tasks), ==, 2);
  taken(f, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "svc"));
  mu_sim_run(f->sim, 60000);
  g_assert_null(service_of(f));
  g_assert_cmpuint(sum_up(f), ==, 0);
}

/* New instances wait, and say for what. */
static void test_new_pods_wait(Fixture *f, gconstpointer data) {
  (void)data;
  mu_sim_limit_stored(f->sim, 30000);
  taken(f, put(60, "0.1"));
  mu_sim_run(f->sim, 600000);
  guint n = g_hash_table_size(service_of(f)->tasks);
  g_assert_cmpuint(n, >, 0);
  g_assert_cmpuint(n, <, 60);
  g_assert_cmpuint(service_of(f)->stored_bytes, <, 30000); /* what becomes of them had its place */
  g_autoptr(json_t) why = mu_view_why(mu_sim_client(f->sim), "svc", "node-59", NULL);
  const json_t *waiting = json_object_get(json_array_get(json_object_get(why, "steps"), 0), "waiting");
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "for")), ==, "budget");
  g_assert_true(g_str_has_prefix(json_string_value(json_object_get(waiting, "reason")), "budget: the service stores "));
  g_assert_nonnull(strstr(json_string_value(json_object_get(waiting, "clears")), "--max-stored"));
  g_autofree char *metrics = mu_view_metrics(mu_sim_client(f->sim));
  g_assert_nonnull(strstr(metrics, "\nmuster_services_at_stored_limit 1\n"));
  mu_sim_limit_stored(f->sim, 1000000);
  mu_sim_expect_plan(f->sim, "svc", "deploy", "COMPLETE", 120000);
}

/* It takes no turn to grow from the others meanwhile. */
static void test_takes_no_turn(Fixture *f, gconstpointer data) {
  (void)data;
  mu_sim_limit_footprint(f->sim, 1, 3600000);
  mu_sim_limit_stored(f->sim, 30000);
  taken(f, put(60, "0.1"));
  mu_sim_run(f->sim, 600000);
  g_assert_cmpuint(g_hash_table_size(service_of(f)->tasks), <, 60);
  g_autofree char *result = mu_sim_expect_put(
      f->sim, "other", "{name: other, pods: {p: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 1, memory: 1}}}}}");
  g_assert_cmpstr(result, ==, "created");
  mu_sim_expect_plan(f->sim, "other", "deploy", "COMPLETE", 60000);
}

/* A message of a status is kept short then: whatever tasks write, what they leave is bounded. */
static void test_short_messages(Fixture *f, gconstpointer data) {
  (void)data;
  taken(f, put(1, "0.1"));
  mu_sim_run(f->sim, 60000);
  MuTask *task = g_hash_table_lookup(service_of(f)->tasks, "node-0-main");
  g_autofree char *words = g_strnfill(1000, 'x');
  for (guint i = 0; i < 2; i++) {
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
    event->status = mu_task_status_new(task->record->task_id, i == 0 ? MU_TASK_KILLING : MU_TASK_FAILED);
    event->status->message = g_strdup(words);
    mu_client_event(mu_sim_client(f->sim), event, mu_sim_now_ms(f->sim));
    g_assert_cmpuint(strlen(task->status->message), ==, i == 0 ? 1000 : MU_STORED_SHORT_MESSAGE);
    mu_sim_client(f->sim)->effects.max_stored_bytes = 1000;
  }
}

/* Earlier configurations go before anything is refused. */
static void test_history_goes(Fixture *f, gconstpointer data) {
  (void)data;
  taken(f, put(1, "0.1"));
  for (guint i = 2; i < 8; i++) {
    g_autofree char *cpus = g_strdup_printf("0.%u", i);
    taken(f, put(1, cpus));
    mu_sim_run(f->sim, 60000);
  }
  g_assert_cmpuint(service_of(f)->history->len, ==, 7);
  g_assert_cmpuint(service_of(f)->configs->len, ==, 7);
  mu_sim_limit_stored(f->sim, service_of(f)->stored_bytes / 2);
  taken(f, put(1, "0.8"));
  mu_sim_run(f->sim, 60000);
  g_assert_cmpuint(service_of(f)->history->len, <, 7);
  g_assert_cmpuint(service_of(f)->configs->len, <, 7);
  g_assert_cmpuint(service_of(f)->stored_bytes, <=, mu_sim_client(f->sim)->effects.max_stored_bytes);
  counts(f, "an update beyond the budget");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define CASE(name, function) g_test_add("/stored/" name, Fixture, NULL, set_up, function, tear_down)
  CASE("counts", test_counts);
  CASE("full", test_full);
  CASE("new_pods_wait", test_new_pods_wait);
  CASE("takes_no_turn", test_takes_no_turn);
  CASE("short_messages", test_short_messages);
  CASE("history_goes", test_history_goes);
#undef CASE
  return g_test_run();
}
