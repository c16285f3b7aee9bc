/* Every cause of waiting, in virtual time: what is waited for, since when, what clears it, and the command. */
#include "client_private.h"
#include "json.h"
#include "marks.h"
#include "sim_expect.h"
#include "view_why.h"
#include "why.h"

#include <muster/error.h>
#include <string.h>

#define POD_YAML(task) "name: svc\npods: {node: {count: 2, tasks: {main: {" task "}}}}\n"
#define COUNT_YAML(count)                                                                                              \
  "name: svc\npods: {node: {count: " count ", allow-decommission: true, tasks: {main: {" RUNNING "}}}}\n"
#define RUNNING "goal: RUNNING, cmd: ./main, cpus: 0.5, memory: 256"

/* ---- asking -------------------------------------------------------------------------------------------------------- */

static json_t *ask(MuSim *sim, const char *pod) {
  g_autoptr(GError) error = NULL;
  json_t *why = mu_view_why(mu_sim_client(sim), "svc", pod, &error);
  g_assert_no_error(error);
  return why;
}

/* The waiting of a step; a new reference. */
static json_t *waiting_of(MuSim *sim, const char *plan, const char *step) {
  g_autoptr(json_t) why = ask(sim, NULL);
  size_t i;
  json_t *row;
  json_array_foreach (json_object_get(why, "steps"), i, row)
    if (g_strcmp0(json_string_value(json_object_get(row, "step")), step) == 0 &&
        g_strcmp0(json_string_value(json_object_get(row, "plan")), plan) == 0)
      return json_incref(json_object_get(row, "waiting"));
  g_error("step %s of plan %s does not wait", step, plan);
}

typedef struct {
  const char *plan, *step, *what, *reason, *clears, *command;
  gint64 since_ms; /* -1: none is told */
} Expected;

static void contains(const json_t *waiting, const char *key, const char *expected) {
  const char *text = json_string_value(json_object_get(waiting, key));
  if (expected != NULL && (text == NULL || strstr(text, expected) == NULL))
    g_error("%s: \"%s\"; \"%s\" was expected in it", key, text, expected);
}

static void expect(MuSim *sim, const Expected *expected) {
  g_autoptr(json_t) waiting = waiting_of(sim, expected->plan, expected->step);
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "for")), ==, expected->what);
  contains(waiting, "reason", expected->reason);
  contains(waiting, "clears", expected->clears);
  contains(waiting, "command", expected->command);
  const json_t *since = json_object_get(waiting, "since");
  if (expected->since_ms < 0)
    g_assert_null(since);
  else
    g_assert_cmpint(json_integer_value(since), ==, expected->since_ms);
}

#define EXPECT(sim, ...)                                                                                               \
  do {                                                                                                                 \
    const Expected expected = {__VA_ARGS__};                                                                           \
    expect(sim, &expected);                                                                                            \
  } while (0)

typedef struct {
  const char *plan, *step, *what;
} Awaited;

static gboolean waits_for(MuSim *sim, gpointer user) {
  const Awaited *awaited = user;
  g_autoptr(json_t) why = ask(sim, NULL);
  size_t i;
  json_t *row;
  json_array_foreach (json_object_get(why, "steps"), i, row)
    if (g_strcmp0(json_string_value(json_object_get(row, "step")), awaited->step) == 0 &&
        g_strcmp0(json_string_value(json_object_get(row, "plan")), awaited->plan) == 0)
      return g_strcmp0(json_string_value(json_object_get(json_object_get(row, "waiting"), "for")), awaited->what) == 0;
  return FALSE;
}

static void run_until(MuSim *sim, const char *plan, const char *step, const char *what) {
  Awaited awaited = {plan, step, what};
  if (!mu_sim_run_until(sim, waits_for, &awaited, 600000)) {
    g_autoptr(json_t) why = ask(sim, NULL);
    g_autofree char *text = mu_json_to_pretty(why);
    g_error("step %s never waits for %s: %s", step, what, text);
  }
}

static MuSim *start(const char *yaml, guint agents) {
  MuSim *sim = mu_sim_new_yaml(7, agents);
  mu_sim_run(sim, 1000);
  g_free(mu_sim_expect_put(sim, "svc", yaml));
  return sim;
}

static void end(MuSim *sim) {
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  mu_sim_free(sim);
}

static void command(MuSim *sim, MuCommandKind kind, const char *pod, const char *plan, const char *phase,
                    const char *step) {
  g_autoptr(GError) error = NULL;
  MuCommand *asked = mu_command_new(kind, "svc");
  asked->pod = g_strdup(pod);
  asked->plan = g_strdup(plan);
  asked->phase = g_strdup(phase);
  asked->step = g_strdup(step);
  g_autoptr(json_t) body = mu_sim_command(sim, asked, &error);
  g_assert_no_error(error);
  g_assert_nonnull(body);
}

static gint64 changed_ms(MuSim *sim) {
  return mu_manager_find(mu_sim_client(sim)->manager, "svc")->record->changed_ms;
}

static const MuTask *task_of(MuSim *sim, const char *name) {
  return g_hash_table_lookup(mu_manager_find(mu_sim_client(sim)->manager, "svc")->tasks, name);
}

/* Since when the deploy plan (0), its first phase (1), or that one's first step (2) is marked. */
static gint64 marked_ms(MuSim *sim, guint depth) {
  const MuService *service = mu_manager_find(mu_sim_client(sim)->manager, "svc");
  const MuPhase *phase = service->deploy->phases->pdata[0];
  gint64 since = depth == 0   ? mu_marks_since_plan(service, service->deploy)
                 : depth == 1 ? mu_marks_since_phase(service, phase)
                              : mu_marks_since_step(service, phase->steps->pdata[0]);
  g_assert_cmpint(since, >, 0);
  return since;
}

/* ---- offers -------------------------------------------------------------------------------------------------------- */

static void test_offer(void) {
  MuSim *sim = start(POD_YAML("goal: RUNNING, cmd: ./main, cpus: 0.5, memory: 99999"), 1);
  mu_sim_run(sim, 1000);
  gint64 since = changed_ms(sim);
  EXPECT(sim, "deploy", "node-0:[main]", "offer", "memory: wanted 99999 MB, best offer had 16384 MB (agent-0)",
         "less `memory` in the spec", "muster service update svc -f FILE", since);
  EXPECT(sim, "deploy", "node-1:[main]", "order", "its turn comes after step node-0:[main]", "is complete",
         "muster plan show svc deploy", since);
  g_autoptr(json_t) why = ask(sim, "node-0");
  const json_t *step = json_array_get(json_object_get(why, "steps"), 0);
  g_assert_cmpuint(json_array_size(json_object_get(why, "steps")), ==, 1);
  g_assert_cmpint(json_integer_value(json_object_get(json_object_get(step, "offers"), "offers")), >, 0);
  end(sim);
}

static void test_dependency(void) {
  MuSim *sim = start("depends-on: [{service: db}]\n" POD_YAML(RUNNING), 1);
  mu_sim_run(sim, 1000);
  EXPECT(sim, "deploy", "node-0:[main]", "dependency", "it depends on service db, which is not there", "depends-on",
         "muster service add db -f FILE", changed_ms(sim));
  end(sim);
}

/* The reasons, and since when, are there after a restart, before any offer came again; one record was written of them. */
static void test_offer_is_kept(void) {
  MuSim *sim = start(POD_YAML("goal: RUNNING, cmd: ./main, cpus: 0.5, memory: 99999"), 1);
  gint64 since = changed_ms(sim);
  guint before = mu_sim_records(sim);
  mu_sim_run(sim, 5000);
  g_assert_cmpuint(mu_sim_records(sim), ==, before); /* it may be placed soon: nothing is written */
  mu_sim_run(sim, 115000);
  g_assert_cmpuint(mu_sim_records(sim), ==, before + 1);
  guint commits = mu_sim_commits(sim);
  mu_sim_run(sim, 600000);
  g_assert_cmpuint(mu_sim_commits(sim), ==, commits); /* the same stage refuses: no further word of it */
  mu_sim_disconnect(sim);
  mu_sim_crash(sim);
  mu_sim_run(sim, 1000);
  const MuPod *pod = mu_service_pod(mu_manager_find(mu_sim_client(sim)->manager, "svc"), "node-0");
  g_assert_cmpint(pod->waiting_since_ms, ==, since);
  g_autofree char *summary = mu_outcome_summary(pod->outcome);
  g_assert_cmpstr(summary, ==, "memory: wanted 99999 MB, best offer had 16384 MB (agent-0)");
  mu_sim_heal(sim);
  mu_sim_expect_remove(sim, "svc");
  mu_sim_expect_gone(sim, "svc", 3600000);
  mu_sim_run(sim, 1000);
  mu_sim_check_nothing_left(sim);
  end(sim);
}

/* It goes when the pod is launched after all. */
static void test_kept_reason_goes(void) {
  MuSim *sim = start("name: svc\npods: {node: {count: 1, tasks: {main: {goal: RUNNING, cmd: ./main, cpus: 0.5, memory: "
                     "20000}}}}\n",
                     1);
  mu_sim_run(sim, 60000);
  guint with = mu_sim_records(sim);
  mu_sim_add_agent(sim, "agent-1", 8000, 32768, 102400, "1000-2000");
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  mu_sim_run(sim, 1000);
  g_assert_cmpuint(mu_sim_records(sim), ==, with - 1 + 3); /* the pod, its task, and its status instead */
  end(sim);
}

static void test_turn(void) {
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_limit_footprint(sim, 1, 600000);
  mu_sim_run(sim, 1000);
  g_free(mu_sim_expect_put(sim, "first",
                           "name: first\npods: {node: {count: 1, tasks: {main: {goal: RUNNING, cmd: ./main, cpus: 0.5, "
                           "memory: 99999}}}}\n"));
  g_free(mu_sim_expect_put(sim, "svc", POD_YAML(RUNNING)));
  mu_sim_run(sim, 10000);
  EXPECT(sim, "deploy", "node-0:[main]", "turn", "other services are growing now", "the services before it are placed",
         "muster service list", changed_ms(sim));
  end(sim);
}

/* New pods wait until the old ones, which take their time to end, have given back what they hold. */
static void test_quota(void) {
#define QUOTA_HEAD "name: svc\nquota: {cpus: 1, pods: 2}\npods:\n"
  static const MuSimScript STUBBORN = {.start_ms = 10, .ready_ms = 20, .kill_ms = 60000};
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_script(sim, "old", &STUBBORN);
  mu_sim_run(sim, 1000);
  g_free(mu_sim_expect_put(sim, "svc",
                           QUOTA_HEAD "  a: {count: 2, allow-decommission: true, tasks: {old: {" RUNNING "}}}\n"));
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  g_free(mu_sim_expect_put(sim, "svc", QUOTA_HEAD "  b: {count: 2, tasks: {new: {" RUNNING "}}}\n"));
  run_until(sim, "deploy", "b-0:[new]", "quota");
  EXPECT(sim, "deploy", "b-0:[new]", "quota", "the service holds 1 cpus and would take 0.5 more; its quota is 1",
         "a larger quota", "muster service update svc -f FILE", changed_ms(sim));
  end(sim);
}

static void test_engine(void) {
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_run(sim, 1000);
  mu_sim_disconnect(sim);
  g_free(mu_sim_expect_put(sim, "svc", POD_YAML(RUNNING)));
  mu_sim_run(sim, 1000);
  EXPECT(sim, "deploy", "node-0:[main]", "engine", "the engine is not connected", "connects by itself", "muster health",
         changed_ms(sim));
  g_autoptr(json_t) why = ask(sim, NULL);
  const json_t *trouble = json_array_get(json_object_get(why, "troubles"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(trouble, "for")), ==, "engine");
  end(sim);
}

static void test_store(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 0);
  mu_sim_run(sim, 1000);
  mu_sim_lose_store(sim, 3600000);
  MuCommand *interrupt = mu_command_new(MU_COMMAND_PLAN_INTERRUPT, "svc");
  interrupt->plan = g_strdup("recovery"); /* something to be stored */
  mu_sim_post(sim, interrupt);
  mu_sim_run(sim, 10000);
  EXPECT(sim, "deploy", "node-0:[main]", "store", "the store cannot be written", "the store is written again",
         "muster health", changed_ms(sim));
  end(sim);
}

/* ---- operators ----------------------------------------------------------------------------------------------------- */

static void test_operator(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 0);
  mu_sim_run(sim, 5000);
  command(sim, MU_COMMAND_PLAN_INTERRUPT, NULL, "deploy", NULL, NULL);
  gint64 since = marked_ms(sim, 0);
  EXPECT(sim, "deploy", "node-0:[main]", "operator", "let the plan go on", "continue",
         "muster plan continue svc deploy", since);
  mu_sim_run(sim, 5000);
  mu_sim_crash(sim); /* since when is kept */
  mu_sim_run(sim, 1000);
  EXPECT(sim, "deploy", "node-1:[main]", "operator", "let the plan go on", "continue",
         "muster plan continue svc deploy", since);
  command(sim, MU_COMMAND_PLAN_CONTINUE, NULL, "deploy", NULL, NULL);
  command(sim, MU_COMMAND_PLAN_INTERRUPT, NULL, "deploy", "node", NULL);
  EXPECT(sim, "deploy", "node-0:[main]", "operator", "let the phase go on", "continue",
         "muster plan continue svc deploy --phase node", marked_ms(sim, 1));
  command(sim, MU_COMMAND_PLAN_CONTINUE, NULL, "deploy", "node", NULL);
  command(sim, MU_COMMAND_PLAN_INTERRUPT, NULL, "deploy", "node", "node-0:[main]");
  EXPECT(sim, "deploy", "node-0:[main]", "operator", "let the step go on", "continue",
         "muster plan continue svc deploy --phase node --step 'node-0:[main]'", marked_ms(sim, 2));
  end(sim);
}

static void test_canary(void) {
  MuSim *sim =
      start(POD_YAML(RUNNING) "plans: {deploy: {strategy: serial, phases: {all: {strategy: serial-canary, pod: "
                              "node}}}}\n",
            1);
  mu_sim_run(sim, 5000);
  EXPECT(sim, "deploy", "node-0:[main]", "canary", "its phase is a canary: an operator has to let the first step begin",
         "continue", "muster plan continue svc deploy --phase all", changed_ms(sim));
  command(sim, MU_COMMAND_PLAN_CONTINUE, NULL, "deploy", "all", NULL);
  run_until(sim, "deploy", "node-1:[main]", "canary");
  EXPECT(sim, "deploy", "node-1:[main]", "canary", "the canary of its phase is done", "continue",
         "muster plan continue svc deploy --phase all", marked_ms(sim, 1));
  end(sim);
}

static void test_paused(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 1);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  command(sim, MU_COMMAND_POD_PAUSE, "node-0", NULL, NULL, NULL);
  run_until(sim, "recovery", "node-0:[main]", "paused");
  EXPECT(sim, "recovery", "node-0:[main]", "paused", "node-0-main is paused", "resume", "muster pod resume svc node-0",
         task_of(sim, "node-0-main")->status->timestamp_ms);
  end(sim);
}

/* ---- other things first -------------------------------------------------------------------------------------------- */

static void test_order_of_phases(void) {
  MuSim *sim = start("name: svc\npods:\n  a: {count: 1, tasks: {main: {" RUNNING
                     "}}}\n  b: {count: 1, tasks: {main: {" RUNNING "}}}\n",
                     0);
  mu_sim_run(sim, 1000);
  EXPECT(sim, "deploy", "a-0:[main]", "offer", "no offer came yet", "an offer of an agent", "muster state engine",
         changed_ms(sim));
  EXPECT(sim, "deploy", "b-0:[main]", "order", "its turn comes after phase a", "phase a is complete",
         "muster plan show svc deploy", changed_ms(sim));
  end(sim);
}

/* An instance whose turn to go has not come. */
static void test_order_of_decommission(void) {
  static const MuSimScript STUBBORN = {.start_ms = 10, .ready_ms = 20, .kill_ms = 60000};
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_script(sim, "main", &STUBBORN);
  g_free(mu_sim_expect_put(sim, "svc", COUNT_YAML("3")));
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  g_free(mu_sim_expect_put(sim, "svc", COUNT_YAML("1")));
  mu_sim_run(sim, 1000);
  EXPECT(sim, "decommission", "kill-tasks", "old-task", "node-2-main has to end first", "the task ends",
         "muster logs svc node-2-main", changed_ms(sim));
  g_autoptr(json_t) why = ask(sim, "node-1");
  const json_t *waiting = json_object_get(json_array_get(json_object_get(why, "steps"), 0), "waiting");
  contains(waiting, "reason", "its turn comes after phase node-2");
  contains(waiting, "command", "muster plan show svc decommission");
  g_assert_cmpint(json_integer_value(json_object_get(waiting, "since")), ==, changed_ms(sim));
  end(sim);
}

static void test_pod(void) {
  MuSim *sim = start(POD_YAML(RUNNING) "plans:\n  deploy: {strategy: serial, phases: {all: {strategy: parallel, pod: "
                                       "node}}}\n  other: {strategy: serial, phases: {all: {strategy: serial, pod: "
                                       "node}}}\n",
                     0);
  mu_sim_run(sim, 1000);
  command(sim, MU_COMMAND_PLAN_CONTINUE, NULL, "other", NULL, NULL);
  EXPECT(sim, "other", "node-0:[main]", "pod", "plan deploy works on node-0 now, in step node-0:[main]",
         "that step is complete", "muster plan show svc deploy", -1);
  end(sim);
}

static void test_old_task(void) {
  static const MuSimScript STUBBORN = {.start_ms = 10, .ready_ms = 20, .kill_ms = 30000};
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_script(sim, "main", &STUBBORN);
  mu_sim_run(sim, 1000);
  g_free(mu_sim_expect_put(sim, "svc", POD_YAML(RUNNING ", kill-grace-period: 40")));
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  g_free(mu_sim_expect_put(sim, "svc",
                           POD_YAML("goal: RUNNING, cmd: ./new, cpus: 0.5, memory: 256, kill-grace-period: 40")));
  gint64 since = changed_ms(sim);
  mu_sim_run(sim, 5000);
  EXPECT(sim, "deploy", "node-0:[main]", "old-task",
         "node-0-main has to end first: it was asked to, and is killed after a grace of 40 s", "the task ends",
         "muster logs svc node-0-main", since);
  mu_sim_crash(sim); /* since when is kept */
  mu_sim_run(sim, 1000);
  g_autoptr(json_t) waiting = waiting_of(sim, "deploy", "node-0:[main]");
  g_assert_cmpint(json_integer_value(json_object_get(waiting, "since")), ==, since);
  g_assert_cmpint(json_integer_value(json_object_get(waiting, "until")), ==, since + 40000);
  end(sim);
}

static void test_release(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 1);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  command(sim, MU_COMMAND_POD_REPLACE, "node-0", NULL, NULL, NULL);
  run_until(sim, "recovery", "node-0:[main]", "release");
  const MuPod *pod = mu_service_pod(mu_manager_find(mu_sim_client(sim)->manager, "svc"), "node-0");
  EXPECT(sim, "recovery", "node-0:[main]", "release",
         "node-0 gives back what it has on agent-0: 2 reservations are left", "the agent offers them",
         "muster state engine", pod->leaving_ms);
  end(sim);
}

static void test_uninstall(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 1);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  mu_sim_lose_agent(sim, "agent-0", FALSE);
  mu_sim_run(sim, 1000);
  mu_sim_expect_remove(sim, "svc");
  mu_sim_run(sim, 1000);
  EXPECT(sim, "deploy", "kill-tasks", "agent", "agent-0 is unreachable, and node-0-main with it", "comes back",
         "muster pod replace svc node-0", task_of(sim, "node-0-main")->status->timestamp_ms);
  end(sim);
}

/* ---- tasks --------------------------------------------------------------------------------------------------------- */

static void test_backoff(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 1);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  for (guint i = 0; i < 3; i++) {
    mu_sim_end_task(sim, "node-1-main", MU_TASK_FAILED);
    mu_sim_expect_plan(sim, "svc", "recovery", "DELAYED", 100);
    if (i < 2)
      mu_sim_expect_plan(sim, "svc", "recovery", "COMPLETE", 10000);
  }
  EXPECT(sim, "recovery", "node-1:[main]", "backoff", "node-1-main ended as TASK_FAILED for the 3. time in a row",
         "a restart of the pod ends it at once", "muster pod restart svc node-1",
         task_of(sim, "node-1-main")->record->ended_ms);
  g_autoptr(json_t) waiting = waiting_of(sim, "recovery", "node-1:[main]");
  g_assert_cmpint(json_integer_value(json_object_get(waiting, "until")), ==,
                  mu_sim_now_ms(sim) + 4000 - (mu_sim_now_ms(sim) - task_of(sim, "node-1-main")->record->ended_ms));
  end(sim);
}

/* What could not be had is not the task's fault. */
static void test_provision(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 1);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  mu_sim_end_task(sim, "node-1-main", MU_TASK_FAILED);
  mu_sim_expect_plan(sim, "svc", "recovery", "DELAYED", 100);
  MuTaskStatus *status = task_of(sim, "node-1-main")->status;
  g_free(status->reason);
  status->reason = g_strdup("REASON_CONTAINER_LAUNCH_FAILED");
  status->message = g_strdup("there is no secret `db/password`");
  EXPECT(sim, "recovery", "node-1:[main]", "provision", "there is no secret `db/password`",
         "a restart of the pod ends it at once", "muster pod restart svc node-1",
         task_of(sim, "node-1-main")->record->ended_ms);
  end(sim);
}

static void test_start(void) {
  static const MuSimScript SLOW = {.start_ms = 60000, .ready_ms = 70000, .kill_ms = 5};
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_script(sim, "main", &SLOW);
  g_free(mu_sim_expect_put(sim, "svc", POD_YAML(RUNNING)));
  mu_sim_run(sim, 10000);
  EXPECT(sim, "deploy", "node-0:[main]", "start", "node-0-main was launched on agent-0 and does not run yet",
         "the engine says that it runs", "muster pod status svc node-0",
         task_of(sim, "node-0-main")->record->launched_ms);
  end(sim);
}

/* A status with the check's result, as an engine sends it. */
static void check_says(MuSim *sim, const char *message) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_copy(task_of(sim, "node-0-main")->status);
  g_free(event->status->reason);
  g_free(event->status->message);
  event->status->reason = g_strdup("REASON_TASK_CHECK_STATUS_UPDATED");
  event->status->message = g_strdup(message);
  event->status->has_ready = TRUE;
  event->status->timestamp_ms = mu_sim_now_ms(sim);
  g_clear_pointer(&event->status->uuid, g_free);
  mu_client_event(mu_sim_client(sim), event, mu_sim_now_ms(sim));
}

static void test_readiness(void) {
  static const MuSimScript SLOW = {.start_ms = 10, .ready_ms = 60000, .kill_ms = 5};
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_script(sim, "main", &SLOW);
  g_free(mu_sim_expect_put(sim, "svc",
                           POD_YAML(RUNNING ", readiness-check: {cmd: x, interval: 5, delay: 0, timeout: 10}")));
  mu_sim_run(sim, 10000);
  EXPECT(sim, "deploy", "node-0:[main]", "readiness",
         "node-0-main runs and is not ready: its readiness check did not pass", "the readiness check passes",
         "muster logs svc node-0-main", task_of(sim, "node-0-main")->record->launched_ms);
  check_says(sim, "readiness check failed: no route");
  check_says(sim, "readiness check failed: connection refused"); /* the verdict is the same, the words are new */
  EXPECT(sim, "deploy", "node-0:[main]", "readiness", "is not ready: readiness check failed: connection refused", NULL,
         NULL, task_of(sim, "node-0-main")->record->launched_ms);
  end(sim);
}

static void test_finish(void) {
  static const MuSimScript LONG = {.start_ms = 10, .end_ms = 60000, .end = MU_TASK_FINISHED, .kill_ms = 5};
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_script(sim, "main", &LONG);
  g_free(mu_sim_expect_put(sim, "svc", POD_YAML("goal: FINISH, cmd: ./main, cpus: 0.5, memory: 256")));
  mu_sim_run(sim, 10000);
  EXPECT(sim, "deploy", "node-0:[main]", "finish", "node-0-main runs and has to finish", "exit code 0",
         "muster logs svc node-0-main", task_of(sim, "node-0-main")->status->timestamp_ms);
  end(sim);
}

static void test_agent(void) {
  static const MuSimScript SLOW = {.start_ms = 10, .ready_ms = 600000, .kill_ms = 5};
  MuSim *sim = mu_sim_new_yaml(7, 1);
  mu_sim_script(sim, "main", &SLOW);
  g_free(mu_sim_expect_put(sim, "svc",
                           POD_YAML(RUNNING ", readiness-check: {cmd: x, interval: 5, delay: 0, timeout: 10}")));
  mu_sim_run(sim, 10000);
  mu_sim_lose_agent(sim, "agent-0", FALSE);
  mu_sim_run(sim, 1000);
  EXPECT(sim, "deploy", "node-0:[main]", "agent", "agent-0 is unreachable, and node-0-main with it",
         "the agent comes back, or the pod is replaced", "muster pod replace svc node-0",
         task_of(sim, "node-0-main")->status->timestamp_ms);
  end(sim);
}

/* ---- faults of the service as a whole ------------------------------------------------------------------------------- */

static void expect_trouble(MuSim *sim, guint index, const char *reason, gint64 since_ms) {
  g_autoptr(json_t) why = ask(sim, NULL);
  const json_t *trouble = json_array_get(json_object_get(why, "troubles"), index);
  contains(trouble, "reason", reason);
  g_assert_cmpint(json_integer_value(json_object_get(trouble, "since")), ==, since_ms);
}

static void test_errors(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 0);
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sim_put(sim, "svc", "name: svc\npods: {node: {count: 1, tasks: {main: {" RUNNING "}}}}\n", &error));
  g_autoptr(json_t) why = ask(sim, NULL);
  const json_t *trouble = json_array_get(json_object_get(why, "troubles"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(trouble, "for")), ==, "errors");
  contains(trouble, "reason", "the last update was refused");
  expect_trouble(sim, 0, "the last update was refused: ", mu_sim_now_ms(sim) - 1); /* its commit took a millisecond */
  mu_plan_add_error(mu_manager_find(mu_sim_client(sim)->manager, "svc")->deploy, "a customizer failed");
  EXPECT(sim, "deploy", "node-0:[main]", "errors", "the plan cannot go on: a customizer failed", "without that error",
         "muster service update svc -f FILE", changed_ms(sim));
  end(sim);
}

/* Kept over restarts of the scheduler, and when the same is refused again; it goes with an update that is taken. */
static void test_refused_since(void) {
  static const char GOOD[] = POD_YAML(RUNNING),
                    BAD[] = "name: svc\npods: {node: {count: 1, tasks: {main: {" RUNNING "}}}}\n";
  MuSim *sim = start(GOOD, 1);
  gint64 since_ms = mu_sim_now_ms(sim);
  g_assert_null(mu_sim_put(sim, "svc", BAD, NULL));
  mu_sim_run(sim, 60000);
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_assert_null(mu_sim_put(sim, "svc", BAD, NULL));
  expect_trouble(sim, 0, "the last update was refused: ", since_ms);
  g_free(mu_sim_expect_put(sim, "svc", POD_YAML(RUNNING ", env: {A: b}")));
  g_autoptr(json_t) why = ask(sim, NULL);
  g_assert_cmpuint(json_array_size(json_object_get(why, "troubles")), ==, 0);
  end(sim);
}

static gboolean factory_fails;

static MuServiceScheduler *unsteady_factory(const char *name, GBytes *context, gpointer user, GError **error) {
  if (!factory_fails)
    return mu_yaml_service_factory(name, context, user, error);
  g_set_error_literal(error, MU_ERROR, MU_ERROR_FAILED, "no licence");
  return NULL;
}

/* Since the first start at which it could not be rebuilt. */
static void test_failed_since(void) {
  MuSim *sim = mu_sim_new(1, unsteady_factory, NULL);
  g_free(mu_sim_expect_put(sim, "svc", POD_YAML(RUNNING)));
  factory_fails = TRUE;
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  gint64 since_ms = mu_sim_now_ms(sim) - 60000;
  expect_trouble(sim, 0, "the service could not be rebuilt: no licence", since_ms);
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  expect_trouble(sim, 0, "the service could not be rebuilt: no licence", since_ms);
  factory_fails = FALSE;
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_autoptr(json_t) why = ask(sim, NULL);
  g_assert_cmpuint(json_array_size(json_object_get(why, "troubles")), ==, 0);
  end(sim);
}

static void test_nothing(void) {
  MuSim *sim = start(POD_YAML(RUNNING), 1);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  g_autoptr(json_t) all = ask(sim, NULL), pod = ask(sim, "node-0");
  contains(all, "summary", "the service waits for nothing");
  contains(pod, "summary", "the pod waits for nothing");
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_view_why(mu_sim_client(sim), "svc", "node-7", &error));
  g_assert_nonnull(strstr(error->message, "has no pod \"node-7\""));
  end(sim);
}

static void test_bound(void) {
  MuSim *sim = start("name: svc\npods: {node: {count: 1500, tasks: {main: {" RUNNING "}}}}\n", 0);
  g_autoptr(json_t) why = ask(sim, NULL);
  g_assert_cmpuint(json_array_size(json_object_get(why, "steps")), ==, MU_WHY_MAX_STEPS);
  g_assert_cmpint(json_integer_value(json_object_get(why, "left_out")), ==, 1500 - MU_WHY_MAX_STEPS);
  end(sim);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/why/" #name, test_##name)
  ADD(offer);
  ADD(dependency);
  ADD(offer_is_kept);
  ADD(kept_reason_goes);
  ADD(turn);
  ADD(quota);
  ADD(engine);
  ADD(store);
  ADD(operator);
  ADD(canary);
  ADD(paused);
  ADD(order_of_phases);
  ADD(order_of_decommission);
  ADD(pod);
  ADD(old_task);
  ADD(release);
  ADD(uninstall);
  ADD(backoff);
  ADD(provision);
  ADD(start);
  ADD(readiness);
  ADD(finish);
  ADD(agent);
  ADD(errors);
  ADD(refused_since);
  ADD(failed_since);
  ADD(nothing);
  ADD(bound);
  return g_test_run();
}
