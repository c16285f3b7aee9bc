/* A record of a service cannot be read: the service is left alone, and is the only one that is. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "sim_private.h"
#include "three_services.h"
#include "view.h"
#include <muster/error.h>
#include <string.h>

typedef struct {
  MuRecordKind kind;
  const char *key;
} RecordName;

static const RecordName RECORDS_OF_TWO[] = {
    {MU_RECORD_SERVICE, ""},  {MU_RECORD_TASK, "two-0-server"}, {MU_RECORD_STATUS, "two-0-server"},
    {MU_RECORD_POD, "two-0"}, {MU_RECORD_CONFIG, NULL},         {MU_RECORD_MARK, "deploy"},
};

/* The record's value is exchanged for `value`; what was there. NULL: no such record. */
static char *exchange(MuSim *sim, const RecordName *name, const char *value) {
  const MuService *service = mu_manager_find(mu_sim_client(sim)->manager, "two");
  g_autofree char *target = service == NULL ? NULL : g_strdup(service->record->target);
  MuSimRecord *record = mu_sim_store_find(sim, name->kind, "two", name->key == NULL ? target : name->key);
  if (record == NULL)
    return NULL;
  char *old = g_steal_pointer(&record->value);
  record->value = g_strdup(value);
  record->length = strlen(value);
  return old;
}

/* Service two of three has a record that cannot be read; the scheduler was started again, and went on for an hour. */
static char *spoil(MuSim *sim, const RecordName *name) {
  char *old = exchange(sim, name, "{\"half\":");
  g_assert_nonnull(old);
  mu_sim_crash(sim);
  mu_sim_run(sim, 3600000);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  return old;
}

static MuSim *three_services_with_marks(void) {
  MuSim *sim = three_services(mu_yaml_service_factory, NULL);
  MuCommand *command = mu_command_new(MU_COMMAND_PLAN_RESTART, "two");
  command->plan = g_strdup("deploy");
  g_autoptr(json_t) body = mu_sim_command(sim, command, NULL);
  g_assert_nonnull(body);
  mu_sim_expect_plan(sim, "two", "deploy", "COMPLETE", 60000);
  mu_sim_run(sim, 1000);
  return sim;
}

static void assert_unreadable(MuSim *sim, const RecordName *name) {
  g_autoptr(json_t) view = mu_view_service(mu_sim_client(sim), "two", NULL);
  const char *error = json_string_value(json_object_get(view, "error"));
  g_autofree char *start = g_strdup_printf("record %s/two/", mu_record_kind_to_string(name->kind));
  g_assert_cmpstr(json_string_value(json_object_get(view, "state")), ==, "FAILED");
  g_assert_true(g_str_has_prefix(error, start));
  g_assert_true(g_str_has_suffix(error, "give the service and its data up with: muster service remove two --force"));
}

static void assert_refused(MuSim *sim, MuCommand *take_command, MuErrorCode code, const char *part) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sim_command(sim, take_command, &error));
  g_assert_error(error, MU_ERROR, (gint)code);
  if (strstr(error->message, part) == NULL)
    g_error("no \"%s\" in: %s", part, error->message);
}

static void assert_commands_refused(MuSim *sim) {
  static const MuCommandKind KINDS[] = {MU_COMMAND_SERVICE_PUT, MU_COMMAND_SERVICE_REMOVE, MU_COMMAND_POD_RESTART,
                                        MU_COMMAND_POD_REPLACE, MU_COMMAND_PLAN_CONTINUE};
  for (guint i = 0; i < G_N_ELEMENTS(KINDS); i++) {
    MuCommand *command = mu_command_new(KINDS[i], "two");
    command->context = g_bytes_new_static("x", 1);
    command->pod = g_strdup("two-0");
    command->plan = g_strdup("deploy");
    assert_refused(sim, command, MU_ERROR_CONFLICT, "cannot be read");
  }
}

/* Nothing of it is touched, and the others are served; put back, it is as it was. */
static void test_unreadable(gconstpointer data) {
  const RecordName *name = data;
  g_autoptr(MuSim) sim = three_services_with_marks();
  g_autofree char *two = mu_sim_task_id(sim, "two-0-server");
  guint records = mu_sim_records(sim);
  g_autofree char *old = spoil(sim, name);
  assert_unreadable(sim, name);
  g_assert_cmpuint(mu_sim_records(sim), ==, records);
  assert_commands_refused(sim);
  mu_sim_end_task(sim, "three-0-server", MU_TASK_FAILED);
  mu_sim_expect_plan(sim, "three", "recovery", "DELAYED", 100);
  mu_sim_expect_plan(sim, "three", "recovery", "COMPLETE", 10000);
  g_free(exchange(sim, name, old));
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  assert_state(sim, "two", "RUNNING", NULL);
  g_autofree char *after = mu_sim_task_id(sim, "two-0-server");
  g_assert_cmpstr(two, ==, after);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

/* Its task ends meanwhile: that is heard of when the record is there again. */
static void test_unreadable_task_ends(void) {
  g_autoptr(MuSim) sim = three_services_with_marks();
  const RecordName name = {MU_RECORD_POD, "two-0"};
  g_autofree char *old = spoil(sim, &name);
  mu_sim_end_task(sim, "two-0-server", MU_TASK_FAILED);
  mu_sim_run(sim, 60000);
  g_free(exchange(sim, &name, old));
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_autofree char *again = mu_sim_task_id(sim, "two-0-server");
  g_assert_nonnull(again);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

static void force_remove(MuSim *sim) {
  g_autoptr(GError) error = NULL;
  json_decref(mu_sim_command(sim, mu_command_new(MU_COMMAND_SERVICE_FORCE_REMOVE, "two"), &error));
  if (!g_error_matches(error, MU_ERROR, MU_ERROR_NOT_FOUND) && !g_error_matches(error, MU_ERROR, MU_ERROR_TIMED_OUT))
    g_assert_no_error(error);
}

/* Given up, with a crash at one of its commits: its records, task and reservations go, and the name is free. */
static void give_up(const RecordName *name, guint crash_at, gboolean durable) {
  g_autoptr(MuSim) sim = three_services_with_marks();
  g_free(spoil(sim, name));
  if (crash_at > 0)
    mu_sim_crash_at_commit(sim, crash_at, durable);
  force_remove(sim);
  mu_sim_run(sim, 1000);
  force_remove(sim);
  mu_sim_expect_gone(sim, "two", 60000);
  mu_sim_heal(sim); /* of a death that did not come */
  mu_sim_run(sim, 120000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
  put(sim, "two", "0.2", "created");
  mu_sim_expect_plan(sim, "two", "deploy", "COMPLETE", 60000);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

static void test_unreadable_is_given_up(gconstpointer data) {
  for (guint crash_at = 0; crash_at <= 2; crash_at++) {
    give_up(data, crash_at, FALSE);
    give_up(data, crash_at, TRUE);
  }
}

static gboolean is_torn_down(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_is_torn_down(sim);
}

/* It holds the end of the framework up until an operator says what becomes of it. */
static void test_unreadable_holds_the_uninstall(void) {
  g_autoptr(MuSim) sim = three_services_with_marks();
  g_free(spoil(sim, &RECORDS_OF_TWO[3]));
  g_autoptr(json_t) body = mu_sim_command(sim, mu_command_new(MU_COMMAND_UNINSTALL, NULL), NULL);
  g_assert_nonnull(body);
  mu_sim_expect_gone(sim, "three", 60000);
  mu_sim_run(sim, 3600000);
  g_assert_false(mu_sim_is_torn_down(sim));
  assert_unreadable(sim, &RECORDS_OF_TWO[3]);
  force_remove(sim);
  g_assert_true(mu_sim_run_until(sim, is_torn_down, NULL, 60000));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(RECORDS_OF_TWO); i++) {
    const char *kind = mu_record_kind_to_string(RECORDS_OF_TWO[i].kind);
    g_autofree char *left = g_strdup_printf("/unreadable/%s", kind);
    g_autofree char *given_up = g_strdup_printf("/unreadable_is_given_up/%s", kind);
    g_test_add_data_func(left, &RECORDS_OF_TWO[i], test_unreadable);
    g_test_add_data_func(given_up, &RECORDS_OF_TWO[i], test_unreadable_is_given_up);
  }
  g_test_add_func("/unreadable_task_ends", test_unreadable_task_ends);
  g_test_add_func("/unreadable_holds_the_uninstall", test_unreadable_holds_the_uninstall);
  return g_test_run();
}
