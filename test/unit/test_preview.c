/* What a dry run says is what the update then does: to every task, and in the order of its steps. */
#include "client_private.h"
#include "command.h"
#include "json.h"
#include "sim_expect.h"
#include "sim_workload.h"
#include "view.h"
#include <muster/error.h>
#include <string.h>

#define TASK(cmd) "{goal: RUNNING, cmd: " cmd ", cpus: 0.1, memory: 32}"

static const char base[] =
    "{name: base, pods: {"
    "a: {count: 2, tasks: {server: " TASK("x") ", sidecar: " TASK(
        "y") "}}, "
             "b: {count: 2, allow-decommission: true, resource-sets: {s: {cpus: 0.1, memory: 32}}, tasks: {"
             "init: {goal: ONCE, cmd: i, resource-set: s}, main: {goal: RUNNING, cmd: m, resource-set: s}}}}}";

/* An update of `base`, as replacements in its text, and what becomes of whom: "pod task action fields" lines, then the steps of
 * the plan in their order, then who is decommissioned. */
static const struct {
  const char *from, *to, *told;
} rows[] = {
    {"base", "base", /* nothing */
     "a-0 keep: server keep, sidecar keep\na-1 keep: server keep, sidecar keep\n"
     "b-0 keep: init keep, main keep\nb-1 keep: init keep, main keep\nplan deploy\n"},
    {"cmd: x", "cmd: z",
     "a-0 restart: server restart cmd, sidecar keep\na-1 restart: server restart cmd, sidecar keep\n"
     "b-0 keep: init keep, main keep\nb-1 keep: init keep, main keep\nplan deploy a-0:[server] a-1:[server]\n"},
    {"a: {count: 2", "a: {count: 3",
     "a-0 keep: server keep, sidecar keep\na-1 keep: server keep, sidecar keep\na-2 start: server start, sidecar start\n"
     "b-0 keep: init keep, main keep\nb-1 keep: init keep, main keep\nplan deploy a-2:[server,sidecar]\n"},
    {"b: {count: 2", "b: {count: 1",
     "a-0 keep: server keep, sidecar keep\na-1 keep: server keep, sidecar keep\n"
     "b-0 keep: init keep, main keep\nb-1 remove: main stop\nplan deploy decommission b-1\n"},
    {"{cpus: 0.1, memory: 32}}", "{cpus: 0.1, memory: 64}}", /* the set; init has run once, and does not again */
     "a-0 keep: server keep, sidecar keep\na-1 keep: server keep, sidecar keep\n"
     "b-0 restart: init keep, main restart resource-sets.s.memory\n"
     "b-1 restart: init keep, main restart resource-sets.s.memory\nplan deploy b-0:[main] b-1:[main]\n"},
    {", sidecar: " TASK("y"), "",
     "a-0 stop: server keep, sidecar stop\na-1 stop: server keep, sidecar stop\n"
     "b-0 keep: init keep, main keep\nb-1 keep: init keep, main keep\nplan deploy\n"},
    {"cmd: m, resource-set: s}}}}}", /* the plan has no step for b */
     "cmd: n, resource-set: s}}}}, plans: {update: {phases: {only: {pod: a, strategy: parallel}}}}}",
     "a-0 keep: server keep, sidecar keep\na-1 keep: server keep, sidecar keep\n"
     "b-0 leave: init keep, main leave cmd\nb-1 leave: init keep, main leave cmd\nplan update\n"},
    {"a: {count: 2, tasks: {server: {goal: RUNNING, cmd: x,", /* a field of the pod concerns all its tasks */
     "a: {count: 2, placement: 'hostname:MAX_PER:9', rlimits: {RLIMIT_NOFILE: {soft: 9, hard: 9}}, tasks: {server: {goal: "
     "RUNNING, env: {A: b}, cmd: x,",
     "a-0 restart: server restart rlimits.RLIMIT_NOFILE env.A, sidecar restart rlimits.RLIMIT_NOFILE\n"
     "a-1 restart: server restart rlimits.RLIMIT_NOFILE env.A, sidecar restart rlimits.RLIMIT_NOFILE\n"
     "b-0 keep: init keep, main keep\nb-1 keep: init keep, main keep\n"
     "plan deploy a-0:[server,sidecar] a-1:[server,sidecar]\n"},
};

/* ---- the scheduler --------------------------------------------------------------------------------------------------- */

static json_t *ask_of(MuSim *sim, const char *service, MuCommandKind kind, const char *yaml, gint64 if_version,
                      GError **error) {
  MuCommand *command = mu_command_new(kind, service);
  command->context = g_bytes_new(yaml, strlen(yaml));
  command->if_version = if_version;
  return mu_sim_command(sim, command, error);
}

static json_t *ask(MuSim *sim, MuCommandKind kind, const char *yaml, gint64 if_version, GError **error) {
  return ask_of(sim, "base", kind, yaml, if_version, error);
}

static MuSim *deployed(void) {
  MuSim *sim = mu_sim_new_yaml(1, 3);
  mu_sim_script(sim, "init", &(MuSimScript){.start_ms = 10, .end_ms = 50, .end = MU_TASK_FINISHED, .kill_ms = 5});
  g_free(mu_sim_expect_put(sim, "base", base));
  mu_sim_expect_plan(sim, "base", "deploy", "COMPLETE", 60000);
  mu_sim_run(sim, 60000);
  return sim;
}

static void sim_end(MuSim *sim) {
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  mu_sim_free(sim);
}

static char *updated(const char *from, const char *to) {
  GString *text = g_string_new(base);
  g_assert_cmpuint(g_string_replace(text, from, to, 1), ==, 1);
  return g_string_free(text, FALSE);
}

/* ---- what was told, in short ------------------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static void append_joined(GString *out, const json_t *list, const char *separator) {
  for (gsize i = 0; i < json_array_size(list); i++)
    g_string_append_printf(out, "%s%s", i == 0 ? "" : separator, json_string_value(json_array_get(list, i)));
}

static void append_pod(GString *out, const json_t *pod) {
  json_t *tasks = json_object_get(pod, "tasks"), *task;
  gsize i;
  g_string_append_printf(out, "%s %s:", text_of(pod, "name"), text_of(pod, "action"));
  json_array_foreach (tasks, i, task) {
    g_string_append_printf(out, "%s %s %s", i == 0 ? "" : ",", text_of(task, "name"), text_of(task, "action"));
    const json_t *fields = json_object_get(task, "fields");
    if (json_array_size(fields) > 0)
      g_string_append_c(out, ' ');
    append_joined(out, fields, " ");
  }
  g_string_append_c(out, '\n');
}

static void append_steps(GString *out, const json_t *plan) {
  json_t *phases = json_object_get(plan, "phases"), *phase, *step;
  gsize i, j;
  g_string_append_printf(out, "plan %s", text_of(plan, "name"));
  json_array_foreach (phases, i, phase)
    json_array_foreach (json_object_get(phase, "steps"), j, step) {
      g_string_append_printf(out, " %s:[", text_of(step, "pod"));
      append_joined(out, json_object_get(step, "tasks"), ",");
      g_string_append_c(out, ']');
    }
}

static char *in_short(const json_t *told) {
  GString *out = g_string_new(NULL);
  json_t *pod;
  gsize i;
  json_array_foreach (json_object_get(told, "pods"), i, pod)
    append_pod(out, pod);
  append_steps(out, json_object_get(told, "plan"));
  const json_t *decommission = json_object_get(told, "decommission");
  if (json_array_size(decommission) > 0)
    g_string_append(out, " decommission ");
  append_joined(out, decommission, " ");
  return g_string_free(g_string_append_c(out, '\n'), FALSE);
}

/* ---- what was done ---------------------------------------------------------------------------------------------------- */

/* Task name (a-0-server) to the id of its last run. */
static GHashTable *runs(MuSim *sim, const char *service) {
  GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(json_t) view = mu_view_pod_status(mu_sim_client(sim), service, NULL, NULL);
  json_t *pod, *instance, *task;
  gsize i, j, k;
  json_array_foreach (json_object_get(view, "pods"), i, pod)
    json_array_foreach (json_object_get(pod, "instances"), j, instance)
      json_array_foreach (json_object_get(instance, "tasks"), k, task)
        if (text_of(task, "id") != NULL && *text_of(task, "id") != '\0')
          g_hash_table_insert(ids, g_strdup(text_of(task, "name")), g_strdup(text_of(task, "id")));
  return ids;
}

/* As the action says: the same run goes on, another one came, the first one came, none is left. */
static void assert_done(const char *name, const char *action, const char *was, const char *is) {
  if (g_str_has_suffix(name, "-o0") && g_str_equal(action, "restart"))
    return; /* it has to run once, and may be through with it before its turn comes */
  g_test_message("%s: %s, %s then %s", name, action, was, is);
  if (g_str_equal(action, "keep") || g_str_equal(action, "leave"))
    g_assert_cmpstr(was, ==, is);
  else if (g_str_equal(action, "restart"))
    g_assert_true(was != NULL && is != NULL && !g_str_equal(was, is));
  else if (g_str_equal(action, "start"))
    g_assert_true(is != NULL && g_strcmp0(was, is) != 0);
  else
    g_assert_cmpstr(is, ==, NULL);
}

static void assert_all_done(const json_t *told, GHashTable *before, GHashTable *after) {
  json_t *pod, *task;
  gsize i, j;
  json_array_foreach (json_object_get(told, "pods"), i, pod)
    json_array_foreach (json_object_get(pod, "tasks"), j, task) {
      g_autofree char *name = g_strdup_printf("%s-%s", text_of(pod, "name"), text_of(task, "name"));
      assert_done(name, text_of(task, "action"), g_hash_table_lookup(before, name), g_hash_table_lookup(after, name));
    }
}

static void check_row(guint index) {
  MuSim *sim = deployed();
  g_autofree char *yaml = updated(rows[index].from, rows[index].to);
  g_autoptr(GHashTable) before = runs(sim, "base");
  guint commits = mu_sim_commits(sim);
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) told = ask(sim, MU_COMMAND_SERVICE_PREVIEW, yaml, MU_VERSION_ANY, &error);
  g_assert_no_error(error);
  g_autofree char *brief = in_short(told);
  g_assert_cmpstr(brief, ==, rows[index].told);
  mu_sim_run(sim, 600000);
  g_assert_cmpuint(mu_sim_commits(sim), ==, commits); /* it was only talk */
  g_autoptr(json_t) done = ask(sim, MU_COMMAND_SERVICE_PUT, yaml, MU_VERSION_ANY, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(text_of(done, "target"), ==, text_of(told, "target"));
  mu_sim_run(sim, 600000);
  g_autoptr(GHashTable) after = runs(sim, "base");
  assert_all_done(told, before, after);
  sim_end(sim);
}

static void test_rows(void) {
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    check_row(i);
}

/* ---- results, changes and refusals ------------------------------------------------------------------------------------- */

#define assert_told(sim, yaml, key, expected)                                                                          \
  G_STMT_START {                                                                                                       \
    g_autoptr(GError) fault = NULL;                                                                                    \
    g_autoptr(json_t) told = ask(sim, MU_COMMAND_SERVICE_PREVIEW, yaml, MU_VERSION_ANY, &fault);                       \
    g_assert_no_error(fault);                                                                                          \
    g_autofree char *is = json_dumps(json_object_get(told, key), JSON_COMPACT | JSON_ENCODE_ANY);                      \
    g_assert_cmpstr(is, ==, expected);                                                                                 \
  }                                                                                                                    \
  G_STMT_END

static void test_changes(void) {
  MuSim *sim = deployed();
  g_autofree char *grown = updated("a: {count: 2, tasks: {server: {goal: RUNNING, cmd: x,",
                                   "a: {count: 4, tasks: {server: {goal: RUNNING, cmd: z,");
  assert_told(sim, base, "result", "\"unchanged\"");
  assert_told(sim, base, "changes", "[]");
  assert_told(sim, grown, "result", "\"would-change\"");
  assert_told(sim, grown, "version", "1");
  assert_told(sim, grown, "changes",
              "[{\"pod\":\"a\",\"field\":\"count\",\"change\":\"changed\",\"old\":2,\"new\":4,\"restarts\":false},"
              "{\"pod\":\"a\",\"task\":\"server\",\"field\":\"cmd\",\"change\":\"changed\",\"old\":\"x\",\"new\":\"z\","
              "\"restarts\":true}]");
  sim_end(sim);
}

static void test_new(void) {
  MuSim *sim = mu_sim_new_yaml(1, 1);
  mu_sim_run(sim, 1000);
  guint records = mu_sim_records(sim);
  assert_told(sim, base, "result", "\"would-create\"");
  assert_told(sim, base, "version", "0");
  g_auto(GStrv) names = mu_multi_service_manager_names(mu_sim_client(sim)->manager);
  g_assert_cmpuint(mu_sim_records(sim), ==, records);
  g_assert_cmpuint(g_strv_length(names), ==, 0);
  sim_end(sim);
}

static void test_refused(void) {
  MuSim *sim = deployed();
  g_autofree char *smaller = updated("a: {count: 2", "a: {count: 1");
  g_autoptr(GError) error = NULL;
  g_assert_null(ask(sim, MU_COMMAND_SERVICE_PREVIEW, smaller, MU_VERSION_ANY, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_true(g_str_has_prefix(error->message, "pod \"a\": the count cannot go down from 2 to 1"));
  g_clear_error(&error);
  g_autoptr(json_t) view = mu_view_service(mu_sim_client(sim), "base", NULL);
  g_assert_null(json_string_value(json_object_get(view, "rejected"))); /* nobody tried */
  g_assert_null(ask(sim, MU_COMMAND_SERVICE_PREVIEW, smaller, 7, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
  sim_end(sim);
}

/* In the middle of a rollout, a task is compared with what it runs with, not with the target. */
static void test_in_between(void) {
  MuSim *sim = deployed();
  g_autofree char *next = updated("cmd: x", "cmd: z");
  mu_sim_script(sim, "server", &(MuSimScript){.start_ms = 3600000, .kill_ms = 5});
  g_free(mu_sim_expect_put(sim, "base", next));
  mu_sim_run(sim, 60000); /* a-0 is on its way, a-1 waits for it */
  static const char rest[] = "b-0 keep: init keep, main keep\nb-1 keep: init keep, main keep\n";
  g_autoptr(json_t) on = ask(sim, MU_COMMAND_SERVICE_PREVIEW, next, MU_VERSION_ANY, NULL);
  g_autoptr(json_t) back = ask(sim, MU_COMMAND_SERVICE_PREVIEW, base, MU_VERSION_ANY, NULL);
  g_autofree char *on_brief = in_short(on), *back_brief = in_short(back);
  g_autofree char *on_expected = g_strdup_printf(
      "a-0 keep: server keep, sidecar keep\na-1 restart: server restart cmd, sidecar keep\n%splan deploy a-0:[] "
      "a-1:[server]\n",
      rest);
  g_autofree char *back_expected = g_strdup_printf(
      "a-0 restart: server restart cmd, sidecar keep\na-1 keep: server keep, sidecar keep\n%splan deploy a-0:[server]\n",
      rest);
  g_assert_cmpstr(on_brief, ==, on_expected);
  g_assert_cmpstr(back_brief, ==, back_expected);
  sim_end(sim);
}

/* ---- any update, at any moment ------------------------------------------------------------------------------------------ */

#define SEEDS 300

static MuSim *wide_cluster(guint64 seed) {
  static const gint64 mounts_mb[] = {200, 200, 0};
  static const MuSimScript ends = {.start_ms = 10, .end_ms = 50, .end = MU_TASK_FINISHED, .kill_ms = 5};
  MuSim *sim = mu_sim_new(seed, mu_yaml_service_factory, NULL);
  const char *role = mu_sim_random_role(seed);
  for (guint i = 0; i < (role == NULL ? 4 : 8); i++) {
    g_autofree char *id = g_strdup_printf("agent-%u", i);
    mu_sim_add_agent_with(sim, &(MuSimAgentOptions){.id = id,
                                                    .role = i < 4 ? NULL : role,
                                                    .cpus_milli = 16000,
                                                    .mem_mb = 32768,
                                                    .disk_mb = 102400,
                                                    .ports = "1000-32000",
                                                    .mounts_mb = mounts_mb});
  }
  mu_sim_script(sim, "o0", &ends);
  mu_sim_script(sim, "f0", &ends);
  return sim;
}

/* Lets every canary of the deploy plan go on, for its first instance and for the others. */
static void let_go_on(MuSim *sim, const char *service) {
  g_autoptr(json_t) view = mu_view_plan(mu_sim_client(sim), service, "deploy", NULL);
  json_t *phase;
  gsize i;
  json_array_foreach (json_object_get(view, "phases"), i, phase)
    for (guint j = 0; j < 2; j++) {
      MuCommand *command = mu_command_new(MU_COMMAND_PLAN_CONTINUE, service);
      command->plan = g_strdup("deploy");
      command->phase = g_strdup(text_of(phase, "name"));
      json_decref(mu_sim_command(sim, command, NULL));
      mu_sim_run(sim, 120000);
    }
}

/* The update comes when the first rollout is over, or in the middle of it. */
static void check_seed(guint64 seed) {
  MuSim *sim = wide_cluster(seed);
  g_autofree char *first = mu_sim_random_spec(seed, 0, 0), *second = mu_sim_random_spec(seed, 0, 1);
  g_free(mu_sim_expect_put(sim, "svc-0", first));
  mu_sim_run(sim, seed % 3 == 0 ? (gint64)(seed * 7) : 600000);
  if (seed % 3 == 1)
    let_go_on(sim, "svc-0");
  g_autoptr(GHashTable) before = runs(sim, "svc-0");
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) told = ask_of(sim, "svc-0", MU_COMMAND_SERVICE_PREVIEW, second, MU_VERSION_ANY, &error);
  g_assert_no_error(error);
  g_free(mu_sim_expect_put(sim, "svc-0", second));
  mu_sim_run(sim, 600000);
  let_go_on(sim, "svc-0");
  mu_sim_expect_plan(sim, "svc-0", "deploy", "COMPLETE", 600000);
  g_autoptr(GHashTable) after = runs(sim, "svc-0");
  g_test_message("seed %" G_GUINT64_FORMAT, seed);
  assert_all_done(told, before, after);
  sim_end(sim);
}

static void test_seeds(void) {
  for (guint64 seed = 1; seed <= SEEDS; seed++)
    check_seed(seed);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/preview/rows", test_rows);
  g_test_add_func("/preview/changes", test_changes);
  g_test_add_func("/preview/new", test_new);
  g_test_add_func("/preview/refused", test_refused);
  g_test_add_func("/preview/in-between", test_in_between);
  g_test_add_func("/preview/seeds", test_seeds);
  return g_test_run();
}
