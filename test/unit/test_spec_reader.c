/* At a start, what this program's reader of specs made of a context is not made again; what another one made is. */
#include "client_private.h"
#include "sim_expect.h"
#include "sim_private.h"
#include "spec_reader.h"

#include <string.h>

#define YAML(count)                                                                                                    \
  "{name: one, pods: {a: {count: " #count ", tasks: {t: {goal: RUNNING, cmd: x, cpus: 1, memory: 32}}}}}"

static MuService *one(MuSim *sim) {
  return mu_manager_find(mu_sim_client(sim)->manager, "one");
}

static gint64 pods_wanted(MuSim *sim) {
  return mu_service_target(one(sim))->pods[0].count;
}

static MuSim *sim_with_one(MuServiceFactory factory) {
  MuSim *sim = mu_sim_new(1, factory, NULL);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  g_free(mu_sim_expect_put(sim, "one", YAML(1)));
  mu_sim_expect_plan(sim, "one", "deploy", "COMPLETE", 10000);
  mu_sim_run(sim, 1000);
  return sim;
}

static void set_value(MuSim *sim, MuRecordKind kind, char *take_value) {
  MuSimRecord *record = mu_sim_store_find(sim, kind, "one", "");
  g_assert_nonnull(record);
  g_free(record->value);
  record->value = take_value;
  record->length = strlen(take_value);
}

/* A context in the store that would give another configuration shows whether it is read. */
static void start_with_other_context(MuSim *sim) {
  set_value(sim, MU_RECORD_CONTEXT, g_strdup(YAML(2)));
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
}

static void set_reader(MuSim *sim, const char *reader) {
  MuServiceRecord *record = one(sim)->record;
  g_free(record->reader);
  record->reader = g_strdup(reader);
  set_value(sim, MU_RECORD_SERVICE, mu_service_record_encode(record));
}

static void test_same_reader(void) {
  g_autoptr(MuSim) sim = sim_with_one(mu_yaml_service_factory);
  g_assert_cmpstr(one(sim)->record->reader, ==, mu_spec_reader);
  start_with_other_context(sim);
  g_assert_cmpint(pods_wanted(sim), ==, 1);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

/* What it is made to then is this reader's. */
static void test_other_reader(void) {
  g_autoptr(MuSim) sim = sim_with_one(mu_yaml_service_factory);
  set_reader(sim, "0123456789abcdef");
  start_with_other_context(sim);
  g_assert_cmpint(pods_wanted(sim), ==, 2);
  g_assert_cmpstr(one(sim)->record->reader, ==, mu_spec_reader);
}

static void test_reader_unknown(void) {
  g_autoptr(MuSim) sim = sim_with_one(mu_yaml_service_factory);
  set_reader(sim, NULL); /* as a store of before has it */
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_assert_cmpint(pods_wanted(sim), ==, 1);
  g_assert_cmpstr(one(sim)->record->reader, ==, mu_spec_reader);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

/* Code of somebody's own may make anything of a context. */
static MuServiceScheduler *own_factory(const char *name, GBytes *context, gpointer user, GError **error) {
  return mu_yaml_service_factory(name, context, user, error);
}

static void test_own_factory(void) {
  g_autoptr(MuSim) sim = sim_with_one(own_factory);
  g_assert_cmpstr(one(sim)->record->reader, ==, NULL);
  start_with_other_context(sim);
  g_assert_cmpint(pods_wanted(sim), ==, 2);
}

/* The name of the spec file is the context's. */
static void test_spec_file(void) {
  g_autoptr(MuSim) sim = sim_with_one(mu_yaml_service_factory);
  set_value(sim, MU_RECORD_CONTEXT, g_strdup("{\"yaml\": \"x\", \"spec-file\": \"svc\"}"));
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_autofree char *file = mu_service_spec_file(one(sim), NULL);
  g_assert_cmpstr(file, ==, "svc");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec_reader/same-reader", test_same_reader);
  g_test_add_func("/spec_reader/other-reader", test_other_reader);
  g_test_add_func("/spec_reader/reader-unknown", test_reader_unknown);
  g_test_add_func("/spec_reader/own-factory", test_own_factory);
  g_test_add_func("/spec_reader/spec-file", test_spec_file);
  return g_test_run();
}
