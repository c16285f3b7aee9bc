/* Commands that are refused: the code and the words of each, and that every service is left as it was. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "view.h"
#include <muster/error.h>

#include <string.h>

static const char HELLO[] = "name: %s\n"
                            "pods:\n"
                            "  hello:\n"
                            "    count: 2\n"
                            "    tasks:\n"
                            "      server:\n"
                            "        goal: RUNNING\n"
                            "        cmd: sleep 1000\n"
                            "        cpus: %s\n"
                            "        memory: 32\n"
                            "        volume: {path: data, type: ROOT, size: 100}\n"
                            "plans:\n"
                            "  deploy: {strategy: serial, phases: {all: {strategy: parallel, pod: hello}}}\n"
                            "  spare: {strategy: serial, phases: {all: {strategy: parallel, pod: hello}}}\n";

static char *hello(const char *name, const char *cpus) {
  GString *text = g_string_new(HELLO);
  g_string_replace(text, "%s", name, 1);
  g_string_replace(text, "%s", cpus, 1);
  return g_string_free(text, FALSE);
}

/* ---- the factory: YAML, and a few words that make it do something else ----------------------------------------------- */

static MuServiceScheduler *build_text(const char *name, char *take_yaml, GError **error) {
  g_autofree char *yaml = take_yaml;
  g_autoptr(GBytes) bytes = g_bytes_new(yaml, strlen(yaml));
  return mu_yaml_service_factory(name, bytes, NULL, error);
}

static MuServiceScheduler *factory(const char *name, GBytes *context, gpointer user, GError **error) {
  gsize length = 0;
  const char *text = g_bytes_get_data(context, &length);
  (*(guint *)user)++;
  if (length >= 4 && memcmp(text, "FAIL", 4) == 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the factory has no wish to");
    return NULL;
  }
  if (length >= 5 && memcmp(text, "OTHER", 5) == 0)
    return build_text("somebody-else", hello("x", "0.1"), error);
  if (length >= 3 && memcmp(text, "BIG", 3) == 0)
    return build_text(name, hello("x", "0.1"), error);
  return mu_yaml_service_factory(name, context, NULL, error);
}

/* ---- a scheduler with the service "hello", deployed ------------------------------------------------------------------- */

typedef struct {
  MuSim *sim;
  guint built; /* calls of the factory */
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *yaml = hello("hello", "0.1");
  f->sim = mu_sim_new(1, factory, &f->built);
  mu_sim_add_agent(f->sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  g_free(mu_sim_expect_put(f->sim, "hello", yaml));
  mu_sim_expect_plan(f->sim, "hello", "deploy", "COMPLETE", 10000);
  mu_sim_run(f->sim, 60000);
  f->built = 0;
}

static void tear_down(Fixture *f, gconstpointer data) {
  (void)data;
  g_assert_cmpstr(mu_sim_violation(f->sim), ==, NULL);
  mu_sim_free(f->sim);
}

static void append_json(GString *text, json_t *take_json) {
  g_autofree char *json = mu_json_to_pretty(take_json);
  g_string_append_printf(text, "%s\n", json);
  json_decref(take_json);
}

/* Everything that is seen of all services. */
static char *snapshot(Fixture *f) {
  MuMultiServiceEventClient *client = mu_sim_client(f->sim);
  g_auto(GStrv) names = mu_multi_service_manager_names(client->manager);
  GString *text = g_string_new(NULL);
  for (guint i = 0; names[i] != NULL; i++) {
    gint64 version = 0;
    g_autoptr(GBytes) context = mu_view_context(client, names[i], &version, NULL);
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, context);
    json_t *service = mu_view_service(client, names[i], NULL);
    json_object_del(service, "rejected");     /* a refused configuration shows there, and nowhere else */
    json_object_del(service, "stored_bytes"); /* the reason is in it */
    append_json(text, service);
    append_json(text, mu_view_pod_status(client, names[i], NULL, NULL));
    append_json(text, mu_view_plan(client, names[i], "deploy", NULL));
    g_string_append_printf(text, "context %s version %" G_GINT64_FORMAT "\n", sum, version);
  }
  g_string_append_printf(text, "records %u, tasks %u\n", mu_sim_records(f->sim), mu_sim_running(f->sim));
  return g_string_free(text, FALSE);
}

/* The command is refused so; nothing was written, and nothing has changed a minute later. */
static void assert_refused(Fixture *f, MuCommand *take_command, MuErrorCode code, const char *message) {
  g_autoptr(GError) error = NULL;
  mu_sim_run(f->sim, 60000);
  g_autofree char *before = snapshot(f);
  guint commits = mu_sim_commits(f->sim);
  g_assert_null(mu_sim_command(f->sim, take_command, &error));
  g_assert_error(error, MU_ERROR, (gint)code);
  g_assert_cmpstr(error->message, ==, message);
  g_assert_cmpuint(mu_sim_commits(f->sim), ==, commits);
  mu_sim_run(f->sim, 60000);
  g_autofree char *after = snapshot(f);
  g_assert_cmpstr(before, ==, after);
}

static MuCommand *put_bytes(const char *service, GBytes *take_context) {
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, service);
  command->context = take_context;
  return command;
}

static MuCommand *put(const char *service, const char *context) {
  return put_bytes(service, g_bytes_new(context, strlen(context)));
}

static MuCommand *put_hello(const char *service, const char *cpus, gint64 if_version) {
  g_autofree char *yaml = hello(service, cpus);
  MuCommand *command = put(service, yaml);
  command->if_version = if_version;
  return command;
}

/* The command succeeds; the member of its answer. The caller frees. */
static char *answer(Fixture *f, MuCommand *take_command, const char *member) {
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) body = mu_sim_command(f->sim, take_command, &error);
  g_assert_no_error(error);
  const json_t *value = json_object_get(body, member);
  return json_is_string(value) ? g_strdup(json_string_value(value))
                               : g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

#define assert_answer(f, command, member, expected)                                                                    \
  G_STMT_START {                                                                                                       \
    g_autofree char *word = answer((f), (command), (member));                                                          \
    g_assert_cmpstr(word, ==, (expected));                                                                             \
  }                                                                                                                    \
  G_STMT_END

/* ---- adding ------------------------------------------------------------------------------------------------------------ */

static void test_names(Fixture *f, gconstpointer data) {
  static const struct {
    const char *name, *message;
  } ROWS[] = {
      {"", "service name \"\": expected 1 to 200 bytes"},
      {"a b", "service name \"a b\": expected only letters, digits, '-', '_', '.' and '/'"},
      {"a\n", "service name \"a\\n\": expected only letters, digits, '-', '_', '.' and '/'"},
      {"-a", "service name \"-a\": expected to begin and end with a letter or a digit (one leading '/' is allowed)"},
      {"a/", "service name \"a/\": expected to begin and end with a letter or a digit (one leading '/' is allowed)"},
      {"a__b", "service name \"a__b\": must not contain \"__\", which separates the parts of task ids"},
      {"a//b", "service name \"a//b\": must not contain \"//\""},
      {"a/../b", "service name \"a/../b\": must not have '.' or '..' as a part"},
  };
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
    assert_refused(f, put(ROWS[i].name, "name: x"), MU_ERROR_REFUSED, ROWS[i].message);
  g_autofree char *longest =
      g_strdup_printf("a/%.61s/b", "a2345678901234567890123456789012345678901234567890123456789012");
  g_autofree char *no_dns = g_strdup_printf("a/%sb", longest), *too_long = g_strnfill(201, 'a');
  MuCommand *command = put(too_long, "name: x");
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sim_command(f->sim, command, &error));
  g_assert_true(g_str_has_suffix(error->message, "\": expected 1 to 200 bytes"));
  g_assert_cmpuint(f->built, ==, 0); /* none came as far as the factory */
  assert_refused(f, put_hello(no_dns, "0.1", MU_VERSION_ANY), MU_ERROR_REFUSED,
                 "the service's name has 65 characters without slashes, more than the 63 that a part of a DNS name may "
                 "have: choose a shorter name, for it cannot change later");
  assert_answer(f, put_hello(longest, "0.1", MU_VERSION_ANY), "result", "created");
}

static GBytes *big_context(gsize size) {
  char *text = g_malloc(size);
  memset(text, ' ', size);
  for (gsize i = 0; i < 3; i++)
    text[i] = "BIG"[i];
  return g_bytes_new_take(text, size);
}

static void test_size(Fixture *f, gconstpointer data) {
  (void)data;
  assert_refused(f, put_bytes("big", big_context(MU_CONTEXT_MAX_BYTES + 1)), MU_ERROR_TOO_LARGE,
                 "the service's definition has 8388609 bytes; the limit is 8388608 (MU_CONTEXT_MAX_BYTES)");
  g_assert_cmpuint(f->built, ==, 0);
  assert_answer(f, put_bytes("big", big_context(MU_CONTEXT_MAX_BYTES)), "result", "created");
}

static void test_factory(Fixture *f, gconstpointer data) {
  static const struct {
    const char *service, *context, *message;
  } ROWS[] = {
      {"new", "FAIL", "the factory has no wish to"},
      {"hello", "FAIL", "the factory has no wish to"},
      {"new", "OTHER", "the factory built a service named \"somebody-else\", not \"new\""},
      {"hello", "OTHER", "the factory built a service named \"somebody-else\", not \"hello\""},
      {"new", "", "the context is empty; a ServiceSpec in YAML was expected"},
      {"new", "{\"yaml\": 1}", "\"yaml\" is an integer; expected a string"},
  };
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
    assert_refused(f, put(ROWS[i].service, ROWS[i].context), MU_ERROR_REFUSED, ROWS[i].message);
}

/* A text that is no spec is refused with the place. */
static void test_bad_spec(Fixture *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  g_assert_null(mu_sim_command(f->sim, put("new", "name: new\npods: 7\n"), &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_true(g_str_has_prefix(error->message, "svc.yml:2:7: "));
  g_assert_false(mu_multi_service_manager_has(mu_sim_client(f->sim)->manager, "new"));
}

static void test_versions(Fixture *f, gconstpointer data) {
  (void)data;
  assert_refused(f, put_hello("hello", "0.2", 7), MU_ERROR_CONFLICT,
                 "service hello is at version 1, not 7: somebody changed it; look at it again and repeat");
  assert_refused(f, put_hello("hello", "0.2", MU_VERSION_ABSENT), MU_ERROR_CONFLICT,
                 "service hello exists already; change it with: muster service update hello -f FILE");
  assert_refused(f, put_hello("new", "0.2", 3), MU_ERROR_CONFLICT,
                 "service new does not exist, so it is not at version 3");
  g_assert_cmpuint(f->built, ==, 0);
  assert_answer(f, put_hello("new", "0.2", MU_VERSION_ABSENT), "version", "1");
  assert_answer(f, put_hello("hello", "0.2", 1), "version", "2");
  assert_answer(f, put_hello("hello", "0.3", 2), "version", "3");
}

/* The answer to the first one was lost: the same again is no conflict. */
static void test_retry(Fixture *f, gconstpointer data) {
  (void)data;
  assert_answer(f, put_hello("new", "0.2", MU_VERSION_ABSENT), "result", "created");
  assert_answer(f, put_hello("new", "0.2", MU_VERSION_ABSENT), "result", "unchanged");
  assert_answer(f, put_hello("hello", "0.2", 1), "result", "changed");
  assert_answer(f, put_hello("hello", "0.2", 1), "result", "unchanged");
}

static void test_collision(Fixture *f, gconstpointer data) {
  (void)data;
  assert_answer(f, put_hello("team/db", "0.1", MU_VERSION_ANY), "result", "created");
  assert_refused(
      f, put_hello("team.db", "0.1", MU_VERSION_ANY), MU_ERROR_CONFLICT,
      "the name \"team.db\" collides with service \"team/db\": both are team.db in task ids; choose another name, or "
      "change that one with: muster service update team/db -f FILE");
  assert_refused(
      f, put_hello("/team/db", "0.1", MU_VERSION_ANY), MU_ERROR_CONFLICT,
      "the name \"/team/db\" collides with service \"team/db\": both are team.db in task ids; choose another name, or "
      "change that one with: muster service update team/db -f FILE");
}

static void test_rejected_configuration(Fixture *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  g_autofree char *before = snapshot(f);
  g_autofree char *yaml = hello("hello", "0.1");
  g_autoptr(GString) other = g_string_new(yaml);
  (void)data;
  g_assert_cmpuint(g_string_replace(other, "size: 100", "size: 200", 1), ==, 1);
  g_assert_null(mu_sim_command(f->sim, put("hello", other->str), &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  mu_sim_run(f->sim, 60000);
  g_autofree char *after = snapshot(f);
  g_assert_cmpstr(before, ==, after);
  g_autoptr(json_t) view = mu_view_service(mu_sim_client(f->sim), "hello", NULL);
  g_assert_cmpstr(json_string_value(json_object_get(view, "rejected")), ==, error->message);
  assert_answer(f, put_hello("hello", "0.2", MU_VERSION_ANY), "result", "changed"); /* which ends it */
  g_autoptr(json_t) later = mu_view_service(mu_sim_client(f->sim), "hello", NULL);
  g_assert_null(json_object_get(later, "rejected"));
}

/* ---- removing ----------------------------------------------------------------------------------------------------------- */

static MuCommand *on_service(MuCommandKind kind, const char *service) {
  return mu_command_new(kind, service);
}

static void test_remove(Fixture *f, gconstpointer data) {
  const MuSimScript tough = {.start_ms = 10, .kill_ms = 30000};
  (void)data;
  mu_sim_script(f->sim, "tough-0-server", &tough);
  g_autoptr(GString) yaml = g_string_new(
      "name: tough\npods: {tough: {count: 1, tasks: {server: {goal: RUNNING, cmd: x, cpus: 1, memory: 32}}}}");
  assert_answer(f, put("tough", yaml->str), "result", "created");
  mu_sim_expect_plan(f->sim, "tough", "deploy", "COMPLETE", 10000);
  assert_answer(f, on_service(MU_COMMAND_SERVICE_REMOVE, "tough"), "state", "UNINSTALLING");
  assert_answer(f, on_service(MU_COMMAND_SERVICE_REMOVE, "tough"), "state", "UNINSTALLING"); /* twice is once */
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sim_command(f->sim, put("tough", yaml->str), &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
  g_assert_cmpstr(
      error->message, ==,
      "service tough is being uninstalled; add it again when it is gone (muster service remove tough --wait)");
  mu_sim_expect_gone(f->sim, "tough", 60000);
  assert_refused(f, on_service(MU_COMMAND_SERVICE_REMOVE, "tough"), MU_ERROR_NOT_FOUND,
                 "there is no service \"tough\"; list them with: muster service list");
  assert_answer(f, put("tough", yaml->str), "result", "created");
}

static MuCommand *on_pod(MuCommandKind kind, const char *service, const char *pod) {
  MuCommand *command = mu_command_new(kind, service);
  command->pod = g_strdup(pod);
  return command;
}

static MuCommand *on_plan(MuCommandKind kind, const char *service, const char *plan, const char *phase,
                          const char *step) {
  MuCommand *command = mu_command_new(kind, service);
  command->plan = g_strdup(plan);
  command->phase = g_strdup(phase);
  command->step = g_strdup(step);
  return command;
}

static const MuCommandKind OF_PODS[] = {MU_COMMAND_POD_RESTART, MU_COMMAND_POD_REPLACE};
static const MuCommandKind OF_PLANS[] = {MU_COMMAND_PLAN_INTERRUPT, MU_COMMAND_PLAN_CONTINUE,
                                         MU_COMMAND_PLAN_FORCE_COMPLETE, MU_COMMAND_PLAN_RESTART};

static void test_pods_while_removing(Fixture *f, gconstpointer data) {
  const MuSimScript tough = {.start_ms = 10, .kill_ms = 300000};
  (void)data;
  mu_sim_script(f->sim, "server", &tough);
  assert_answer(f, put_hello("tough", "0.1", MU_VERSION_ANY), "result", "created");
  mu_sim_expect_plan(f->sim, "tough", "deploy", "COMPLETE", 10000);
  mu_sim_expect_remove(f->sim, "tough");
  for (guint i = 0; i < G_N_ELEMENTS(OF_PODS); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_sim_command(f->sim, on_pod(OF_PODS[i], "tough", "hello-0"), &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
    g_assert_cmpstr(error->message, ==, "service tough is being uninstalled");
  }
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sim_command(f->sim, on_plan(MU_COMMAND_PLAN_RESTART, "tough", "deploy", NULL, NULL), &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
}

static void test_uninstalling_framework(Fixture *f, gconstpointer data) {
  const MuSimScript tough = {.start_ms = 10, .kill_ms = 30000};
  g_autofree char *yaml = hello("tough", "0.1");
  (void)data;
  mu_sim_script(f->sim, "server", &tough);
  assert_answer(f, put("tough", yaml), "result", "created");
  mu_sim_expect_plan(f->sim, "tough", "deploy", "COMPLETE", 10000);
  assert_answer(f, mu_command_new(MU_COMMAND_UNINSTALL, NULL), "services", "2");
  static const char *const NAMES[] = {"new", "hello", "tough"};
  for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_sim_command(f->sim, put(NAMES[i], yaml), &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
    g_assert_cmpstr(error->message, ==, "the whole scheduler is being uninstalled; start a new one first");
  }
  assert_answer(f, mu_command_new(MU_COMMAND_UNINSTALL, NULL), "state", "UNINSTALLING");
  mu_sim_run(f->sim, 120000);
  g_assert_true(mu_sim_is_torn_down(f->sim));
  g_assert_true(mu_sim_is_clean(f->sim));
}

/* What has a task that does not die, or resources that do not come back, waits; an operator's word ends it. */
static void test_force_remove(Fixture *f, gconstpointer data) {
  const MuSimScript undead = {.start_ms = 10, .kill_ms = 100000000};
  (void)data;
  mu_sim_script(f->sim, "hello-0-server", &undead);
  assert_answer(f, put_hello("undead", "0.1", MU_VERSION_ANY), "result", "created");
  mu_sim_expect_plan(f->sim, "undead", "deploy", "COMPLETE", 10000);
  mu_sim_expect_remove(f->sim, "undead");
  mu_sim_run(f->sim, 3600000);
  g_autoptr(json_t) view = mu_view_service(mu_sim_client(f->sim), "undead", NULL);
  const json_t *holdouts = json_object_get(view, "holdouts");
  g_assert_cmpstr(json_string_value(json_array_get(holdouts, 0)), ==, "task hello-0-server on agent-0 has not ended");
  assert_answer(f, on_service(MU_COMMAND_SERVICE_FORCE_REMOVE, "undead"), "state", "UNINSTALLING");
  mu_sim_expect_gone(f->sim, "undead", 1000);
}

/* ---- naming what there is not --------------------------------------------------------------------------------------------- */

static void test_unknown_service(Fixture *f, gconstpointer data) {
  static const char MESSAGE[] = "there is no service \"nope\"; list them with: muster service list";
  (void)data;
  assert_refused(f, on_service(MU_COMMAND_SERVICE_REMOVE, "nope"), MU_ERROR_NOT_FOUND, MESSAGE);
  assert_refused(f, on_service(MU_COMMAND_SERVICE_FORCE_REMOVE, "nope"), MU_ERROR_NOT_FOUND, MESSAGE);
  for (guint i = 0; i < G_N_ELEMENTS(OF_PODS); i++)
    assert_refused(f, on_pod(OF_PODS[i], "nope", "hello-0"), MU_ERROR_NOT_FOUND, MESSAGE);
  for (guint i = 0; i < G_N_ELEMENTS(OF_PLANS); i++)
    assert_refused(f, on_plan(OF_PLANS[i], "nope", "deploy", NULL, NULL), MU_ERROR_NOT_FOUND, MESSAGE);
}

static void test_unknown_pod(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(OF_PODS); i++)
    assert_refused(f, on_pod(OF_PODS[i], "hello", "hello-2"), MU_ERROR_NOT_FOUND,
                   "service hello has no pod \"hello-2\"; list them with: muster pod list hello");
}

static void test_unknown_element(Fixture *f, gconstpointer data) {
  static const struct {
    const char *plan, *phase, *step;
    MuErrorCode code;
    const char *message;
  } ROWS[] = {
      {"nope", NULL, NULL, MU_ERROR_NOT_FOUND,
       "service hello has no plan \"nope\"; list them with: muster plan list hello"},
      {"deploy", "nope", NULL, MU_ERROR_NOT_FOUND,
       "plan deploy has no phase nope; see it with: muster plan show hello deploy"},
      {"deploy", "nope", "hello-0:[server]", MU_ERROR_NOT_FOUND,
       "plan deploy has no phase nope; see it with: muster plan show hello deploy"},
      {"deploy", "all", "hello-2:[server]", MU_ERROR_NOT_FOUND,
       "plan deploy has no step hello-2:[server]; see it with: muster plan show hello deploy"},
      {"deploy", NULL, "hello-0:[server]", MU_ERROR_USAGE, "a step is named together with its phase"},
  };
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
    for (guint j = 0; j < G_N_ELEMENTS(OF_PLANS); j++)
      assert_refused(f, on_plan(OF_PLANS[j], "hello", ROWS[i].plan, ROWS[i].phase, ROWS[i].step), ROWS[i].code,
                     ROWS[i].message);
}

static void test_plan_of_the_state(Fixture *f, gconstpointer data) {
  static const char MESSAGE[] =
      "plan recovery follows the state of the pods and cannot be started, stopped, restarted or forced; "
      "interrupt and continue work, and so do pod restart and pod replace";
  (void)data;
  assert_refused(f, on_plan(MU_COMMAND_PLAN_RESTART, "hello", "recovery", NULL, NULL), MU_ERROR_CONFLICT, MESSAGE);
  assert_refused(f, on_plan(MU_COMMAND_PLAN_FORCE_COMPLETE, "hello", "recovery", NULL, NULL), MU_ERROR_CONFLICT,
                 MESSAGE);
}

/* ---- what plans' commands do ---------------------------------------------------------------------------------------------- */

static void test_interrupt_and_continue(Fixture *f, gconstpointer data) {
  (void)data;
  mu_sim_expect_plan(f->sim, "hello", "deploy", "COMPLETE", 60000);
  assert_answer(f, on_plan(MU_COMMAND_PLAN_INTERRUPT, "hello", "deploy", NULL, NULL), "result", "already");
  assert_answer(f, put_hello("hello", "0.2", MU_VERSION_ANY), "result", "changed"); /* whose plan is another one */
  assert_answer(f, on_plan(MU_COMMAND_PLAN_INTERRUPT, "hello", "deploy", "all", "hello-1:[server]"), "message",
                "Received cmd: interrupt");
  mu_sim_run(f->sim, 60000);
  g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(f->sim), "hello", "deploy", NULL);
  const json_t *steps = json_object_get(json_array_get(json_object_get(plan, "phases"), 0), "steps");
  g_assert_cmpstr(json_string_value(json_object_get(json_array_get(steps, 0), "status")), ==, "COMPLETE");
  g_assert_cmpstr(mu_sim_plan_status(f->sim, "hello", "deploy"), !=, "COMPLETE");
  mu_sim_crash(f->sim); /* the mark is kept */
  mu_sim_run(f->sim, 60000);
  g_assert_cmpstr(mu_sim_plan_status(f->sim, "hello", "deploy"), !=, "COMPLETE");
  assert_answer(f, on_plan(MU_COMMAND_PLAN_CONTINUE, "hello", "deploy", "all", "hello-1:[server]"), "message",
                "Received cmd: continue");
  mu_sim_expect_plan(f->sim, "hello", "deploy", "COMPLETE", 10000);
}

/* Messages and what is answered with 208, as PlansQueries of dcos-commons has them. */
static void test_plan_answers(Fixture *f, gconstpointer data) {
  static const char ALREADY[] = "Command has already been reported or completed";
  static const struct {
    MuCommandKind kind;
    const char *phase, *step, *message;
  } ROWS[] = {
      {MU_COMMAND_PLAN_CONTINUE, NULL, NULL, ALREADY},
      {MU_COMMAND_PLAN_INTERRUPT, "all", NULL, ALREADY},
      {MU_COMMAND_PLAN_FORCE_COMPLETE, "all", "hello-0:[server]", ALREADY},
      {MU_COMMAND_PLAN_RESTART, "all", "hello-0:[server]",
       "Received cmd: restart for Plan: deploy, Phase: all, Step: hello-0:[server]"},
      {MU_COMMAND_PLAN_INTERRUPT, "all", NULL, "Received cmd: interrupt"},
      {MU_COMMAND_PLAN_INTERRUPT, "all", NULL, ALREADY},
      {MU_COMMAND_PLAN_CONTINUE, "all", NULL, "Received cmd: continue"},
      {MU_COMMAND_PLAN_FORCE_COMPLETE, NULL, NULL,
       "Received cmd: forceComplete for Plan: deploy, Phase: null, Step: null"},
      {MU_COMMAND_PLAN_STOP, NULL, NULL, "Received cmd: stop"},
      {MU_COMMAND_PLAN_START, NULL, NULL, "Received cmd: start deploy with parameters: {}"},
  };
  (void)data;
  mu_sim_expect_plan(f->sim, "hello", "deploy", "COMPLETE", 60000);
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
    assert_answer(f, on_plan(ROWS[i].kind, "hello", "deploy", ROWS[i].phase, ROWS[i].step), "message", ROWS[i].message);
}

static MuCommand *start_with(const char *parameters) {
  MuCommand *command = on_plan(MU_COMMAND_PLAN_START, "hello", "deploy", NULL, NULL);
  command->parameters = json_loads(parameters, JSON_ALLOW_NUL, NULL);
  g_assert_nonnull(command->parameters);
  return command;
}

static MuCommand *start_with_many(guint n, gsize bytes) {
  MuCommand *command = on_plan(MU_COMMAND_PLAN_START, "hello", "deploy", NULL, NULL);
  g_autofree char *value = g_strnfill(bytes, 'x');
  command->parameters = json_object();
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf("P%u", i);
    json_object_set_new(command->parameters, name, json_string(value));
  }
  return command;
}

static void test_plan_parameters(Fixture *f, gconstpointer data) {
  static const char NAME[] = "parameter \"%s\" is no name of an environment variable: letters, digits and _, not "
                             "beginning with a digit, were expected";
  static const char *const BAD[] = {"", "1A", "A-B", "A B", "\xc3\xa4"};
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(BAD); i++) {
    g_autofree char *json = g_strdup_printf("{\"%s\": \"x\"}", BAD[i]), *message = g_strdup_printf(NAME, BAD[i]);
    assert_refused(f, start_with(json), MU_ERROR_REFUSED, message);
  }
  assert_refused(f, start_with("{\"A\": 1}"), MU_ERROR_REFUSED, "parameter A is no string");
  assert_refused(f, start_with("{\"A\": \"a\\u0000b\"}"), MU_ERROR_REFUSED, "parameter A has a NUL in its value");
  assert_refused(f, start_with_many(257, 1), MU_ERROR_TOO_LARGE,
                 "257 parameters with 1175 bytes; at most 256 (MU_PLAN_MAX_PARAMETERS) with 65536 "
                 "(MU_PLAN_MAX_PARAMETER_BYTES) are accepted");
  assert_refused(f, start_with_many(1, 65535), MU_ERROR_TOO_LARGE,
                 "1 parameters with 65537 bytes; at most 256 (MU_PLAN_MAX_PARAMETERS) with 65536 "
                 "(MU_PLAN_MAX_PARAMETER_BYTES) are accepted");
  g_autoptr(json_t) body = mu_sim_command(f->sim, start_with_many(256, 100), NULL);
  g_assert_nonnull(body);
}

/* A step that waits for its backoff is still in it after an interrupt and its end. */
static void test_continue_keeps_backoff(Fixture *f, gconstpointer data) {
  const MuSimScript failing = {.start_ms = 10, .end_ms = 10, .end = MU_TASK_FAILED, .kill_ms = 5};
  (void)data;
  mu_sim_script(f->sim, "bad", &failing);
  assert_answer(
      f, put("bad", "name: bad\npods: {bad: {count: 1, tasks: {bad: {goal: FINISH, cmd: x, cpus: 1, memory: 32}}}}"),
      "result", "created");
  mu_sim_run(f->sim, 60000); /* 1 + 2 + 4 + … seconds: it waits for half a minute now */
  mu_sim_expect_plan(f->sim, "bad", "deploy", "DELAYED", 10000);
  assert_answer(f, on_plan(MU_COMMAND_PLAN_INTERRUPT, "bad", "deploy", "bad", "bad-0:[bad]"), "message",
                "Received cmd: interrupt");
  g_assert_cmpstr(mu_sim_plan_status(f->sim, "bad", "deploy"), ==, "WAITING");
  assert_answer(f, on_plan(MU_COMMAND_PLAN_CONTINUE, "bad", "deploy", "bad", "bad-0:[bad]"), "message",
                "Received cmd: continue");
  g_assert_cmpstr(mu_sim_plan_status(f->sim, "bad", "deploy"), ==, "DELAYED");
}

#define CASE(name, function) g_test_add("/commands/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  CASE("names", test_names);
  CASE("size", test_size);
  CASE("factory", test_factory);
  CASE("bad_spec", test_bad_spec);
  CASE("versions", test_versions);
  CASE("retry", test_retry);
  CASE("collision", test_collision);
  CASE("rejected_configuration", test_rejected_configuration);
  CASE("remove", test_remove);
  CASE("pods_while_removing", test_pods_while_removing);
  CASE("uninstalling_framework", test_uninstalling_framework);
  CASE("force_remove", test_force_remove);
  CASE("unknown_service", test_unknown_service);
  CASE("unknown_pod", test_unknown_pod);
  CASE("unknown_element", test_unknown_element);
  CASE("plan_of_the_state", test_plan_of_the_state);
  CASE("interrupt_and_continue", test_interrupt_and_continue);
  CASE("plan_answers", test_plan_answers);
  CASE("plan_parameters", test_plan_parameters);
  CASE("continue_keeps_backoff", test_continue_keeps_backoff);
  return g_test_run();
}
