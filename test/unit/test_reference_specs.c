/* Every spec of the reference (../shared/specs) is read with the values of its package, deploys on a simulated cluster, and
 * leaves nothing behind. */
#include "command.h"
#include "json.h"
#include "shared_data.h"
#include "sim_expect.h"
#include "spec_engine.h"
#include <muster/error.h>
#include <string.h>

#define LEAST_SPECS 39

/* Values that hello-world.env lacks. WORLD_EXTERNAL_VOLUME_NAME stays unset: with it, external-volumes.yml is no YAML. */
static const struct {
  const char *name, *value;
} more_values[] = {
    {"BOOTSTRAP_URI", "file:///opt/bootstrap"},
    {"DEPLOY_STEPS", "[[first], [second, third]]"},
    {"DEPLOY_STRATEGY", "parallel"},
    {"HELLO_EXTERNAL_VOLUME_NAME", "hello-volume"},
    {"HELLO_SECRET1", "hello/secret1"},
    {"HELLO_SECRET2", "hello/secret2"},
    {"WORLD_SECRET1", "world/secret1"},
    {"WORLD_SECRET2", "world/secret2"},
    {"WORLD_SECRET3", "world/secret3"},
    {"HELLO_VOLUME_PROFILE", "fast"},
    {"TEST_PROFILE_VOLUME_COMMAND", "ls"},
    {"JAVA_URI", "file:///opt/java.tar.gz"},
    {"KEYSTORE_APP_URI", "file:///opt/app.jar"},
    {"PORT_API", "8080"},
};

/* What a spec does that does not just deploy. */
static const struct {
  const char *file;
  MuSimScript task;   /* of its tasks that have the goal RUNNING */
  const char *status; /* of the deploy plan, in the end */
} special[] = {
    {"crash-loop.yml", {.start_ms = 10, .ready_ms = 1000000, .end_ms = 50, .end = MU_TASK_FAILED}, "DELAYED"},
    {"canary.yml", {.start_ms = 10, .kill_ms = 5}, "WAITING"},
};

typedef struct {
  char *file, *yaml;
  GHashTable *values;
} Reference;

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static GHashTable *read_values(const char *folder) {
  GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *path = g_build_filename(folder, "hello-world.env", NULL);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = lines[i][0] == '#' ? NULL : strchr(lines[i], '=');
    if (equals != NULL)
      g_hash_table_insert(values, g_strndup(lines[i], (gsize)(equals - lines[i])), g_strdup(equals + 1));
  }
  for (guint i = 0; i < G_N_ELEMENTS(more_values); i++)
    g_hash_table_insert(values, g_strdup(more_values[i].name), g_strdup(more_values[i].value));
  return values;
}

static MuServiceSpec *parse(const Reference *reference) {
  MuSpecInput input = {.name = reference->file, .variables = reference->values};
  g_autoptr(GError) error = NULL;
  MuServiceSpec *spec = mu_service_spec_parse(reference->yaml, strlen(reference->yaml), &input, &error);
  g_assert_no_error(error);
  return spec;
}

/* What was read is written, and read again, the same. */
static void check_round_trip(const MuServiceSpec *spec) {
  g_autofree char *json = mu_service_spec_to_json(spec);
  g_autoptr(GError) error = NULL;
  g_autoptr(MuServiceSpec) again = mu_service_spec_from_json(json, strlen(json), &error);
  g_assert_no_error(error);
  g_autofree char *json_again = mu_service_spec_to_json(again);
  g_assert_cmpstr(json, ==, json_again);
}

/* A cluster runs all of them but those that ask for what only the reference's own cluster had. */
static void check_engines(const char *file, const MuServiceSpec *spec) {
  static const char *const not_there[] = {"tls.yml", NULL};
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) uses = mu_spec_uses(spec, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(uses->len, >, 5);
  if (!g_strv_contains(not_there, file))
    mu_spec_check_engine(spec, "mesos", NULL, &error);
  g_assert_no_error(error);
}

/* ---- deploying ------------------------------------------------------------------------------------------------------ */

static char *context_of(const Reference *reference) {
  g_autoptr(json_t) parameters = json_object();
  GHashTableIter iter;
  gpointer name = NULL, value = NULL;
  g_hash_table_iter_init(&iter, reference->values);
  while (g_hash_table_iter_next(&iter, &name, &value))
    mu_json_set_string(parameters, name, value);
  g_autoptr(json_t) context = json_object();
  mu_json_set_string(context, "yaml", reference->yaml);
  json_object_set(context, "parameters", parameters);
  return mu_json_to_string(context);
}

static MuSim *cluster(void) {
  static const gint64 mounts_mb[] = {100, 100, 100, 0};
  MuSim *sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  for (guint i = 0; i < 4; i++) {
    g_autofree char *id = g_strdup_printf("agent-%u", i), *zone = g_strdup_printf("z%u", i);
    mu_sim_add_agent_with(sim, &(MuSimAgentOptions){.id = id,
                                                    .region = "here",
                                                    .zone = zone,
                                                    .cpus_milli = 16000,
                                                    .mem_mb = 32768,
                                                    .disk_mb = 102400,
                                                    .gpus_milli = 4000,
                                                    .ports = "1-32000",
                                                    .mounts_mb = mounts_mb,
                                                    .profile = i < 2 ? "fast" : NULL});
  }
  for (guint i = 0; i < 2; i++) {
    g_autofree char *id = g_strdup_printf("public-%u", i);
    mu_sim_add_agent_with(sim, &(MuSimAgentOptions){.id = id,
                                                    .cpus_milli = 16000,
                                                    .mem_mb = 32768,
                                                    .disk_mb = 102400,
                                                    .ports = "1-32000",
                                                    .role = "slave_public"});
  }
  return sim;
}

static void script_task(MuSim *sim, const char *file, const MuTaskSpec *task) {
  const gboolean fails = g_str_equal(file, "non_recoverable_state.yml");
  if (task->goal != MU_GOAL_RUNNING)
    mu_sim_script(sim, task->name,
                  &(MuSimScript){.start_ms = 10, .end_ms = 50, .end = fails ? MU_TASK_FAILED : MU_TASK_FINISHED});
  for (guint i = 0; task->goal == MU_GOAL_RUNNING && i < G_N_ELEMENTS(special); i++)
    if (g_str_equal(file, special[i].file))
      mu_sim_script(sim, task->name, &special[i].task);
}

static const char *wanted_status(const char *file) {
  if (g_str_equal(file, "non_recoverable_state.yml"))
    return "DELAYED";
  for (guint i = 0; i < G_N_ELEMENTS(special); i++)
    if (g_str_equal(file, special[i].file))
      return special[i].status;
  return "COMPLETE";
}

/* An operator lets a canary go on, until nothing waits for him. */
static void go_on(MuSim *sim, const MuServiceSpec *spec) {
  for (guint i = 0; spec->n_plans > 0 && i < spec->plans[0].n_phases * 2; i++) {
    MuCommand *command = mu_command_new(MU_COMMAND_PLAN_CONTINUE, spec->name);
    command->plan = g_strdup("deploy");
    command->phase = g_strdup(spec->plans[0].phases[i / 2].name);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = mu_sim_command(sim, command, &error);
    g_assert_no_error(error);
    g_assert_nonnull(body);
    mu_sim_run(sim, 60000);
  }
}

static void deploy(const Reference *reference, const MuServiceSpec *spec) {
  MuSim *sim = cluster();
  g_autofree char *context = context_of(reference);
  for (guint i = 0; i < spec->n_pods; i++)
    for (guint j = 0; j < spec->pods[i].n_tasks; j++)
      script_task(sim, reference->file, &spec->pods[i].tasks[j]);
  g_free(mu_sim_expect_put(sim, spec->name, context));
  mu_sim_expect_plan(sim, spec->name, "deploy", wanted_status(reference->file), 600000);
  if (g_str_equal(reference->file, "canary.yml")) {
    go_on(sim, spec);
    mu_sim_expect_plan(sim, spec->name, "deploy", "COMPLETE", 600000);
  }
  mu_sim_expect_remove(sim, spec->name);
  mu_sim_expect_gone(sim, spec->name, 600000);
  g_assert_true(mu_sim_is_clean(sim));
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  mu_sim_free(sim);
}

/* ---- the specs ------------------------------------------------------------------------------------------------------ */

static void test_spec(gconstpointer user) {
  const Reference *reference = user;
  g_autoptr(MuServiceSpec) spec = parse(reference);
  check_round_trip(spec);
  check_engines(reference->file, spec);
  deploy(reference, spec);
}

static void reference_free(gpointer data) {
  Reference *reference = data;
  g_hash_table_unref(reference->values);
  g_free(reference->file);
  g_free(reference->yaml);
  g_free(reference);
}

static void add_spec(const char *folder, const char *file, GHashTable *values) {
  Reference *reference = g_new0(Reference, 1);
  g_autofree char *path = g_build_filename(folder, file, NULL);
  g_autofree char *name = g_strconcat("/reference-specs/", file, NULL);
  reference->file = g_strdup(file);
  reference->values = g_hash_table_ref(values);
  g_assert_true(g_file_get_contents(path, &reference->yaml, NULL, NULL));
  g_test_add_data_func_full(name, reference, test_spec, reference_free);
}

static void test_none(void) {
  g_test_skip("the reference's specs (../shared/specs) are not here");
}

static void add_specs(const char *folder) {
  g_autoptr(GHashTable) values = read_values(folder);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  guint n = 0;
  for (const char *file; (file = g_dir_read_name(dir)) != NULL;)
    if (g_str_has_suffix(file, ".yml")) {
      add_spec(folder, file, values);
      n++;
    }
  g_assert_cmpuint(n, >=, LEAST_SPECS);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_autofree char *folder = mu_test_shared("specs");
  if (folder == NULL)
    g_test_add_func("/reference-specs/none", test_none);
  else
    add_specs(folder);
  return g_test_run();
}
