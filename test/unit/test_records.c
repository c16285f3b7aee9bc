/* The typed records: what is written reads back the same, anything else is refused, and the ledger moves along its edges. */
#include "ids.h"
#include "records.h"
#include <muster/error.h>

#include <string.h>

/* ---- there and back -------------------------------------------------------------------------------------------------- */

static void test_service(void) {
  for (guint state = MU_SERVICE_RUNNING; state <= MU_SERVICE_GONE; state++) {
    const MuServiceRecord record = {.state = (MuServiceState)state,
                                    .version = 7,
                                    .target = (char *)"id-1",
                                    .deployed = state != 1,
                                    .updating = state == 1,
                                    .created_ms = G_GINT64_CONSTANT(1700000000123),
                                    .changed_ms = 5,
                                    .replaced_ms = 9,
                                    .restarts = 2,
                                    .restart_strategy = (char *)"parallel"};
    g_autofree char *text = mu_service_record_encode(&record);
    g_autoptr(MuServiceRecord) back = mu_service_record_decode(text, strlen(text), NULL);
    g_assert_nonnull(back);
    g_assert_cmpint(back->state, ==, state);
    g_assert_cmpint(back->version, ==, 7);
    g_assert_cmpstr(back->target, ==, "id-1");
    g_assert_cmpint(back->deployed, ==, state != 1);
    g_assert_cmpint(back->updating, ==, state == 1);
    g_assert_cmpint(back->created_ms, ==, G_GINT64_CONSTANT(1700000000123));
    g_assert_cmpint(back->changed_ms, ==, 5);
    g_assert_cmpint(back->replaced_ms, ==, 9);
    g_assert_cmpint(back->restarts, ==, 2);
    g_assert_cmpstr(back->restart_strategy, ==, "parallel");
  }
}

static void test_service_bytes(void) {
  g_autoptr(MuServiceRecord) record = mu_service_record_new();
  g_autofree char *text = mu_service_record_encode(record);
  g_assert_cmpstr(
      text, ==,
      "{\"state\":\"RUNNING\",\"version\":0,\"deployed\":false,\"updating\":false,\"created_ms\":0,\"changed_ms\":0}");
  g_autoptr(MuServiceRecord) back = mu_service_record_decode(text, strlen(text), NULL);
  g_assert_null(back->target);
}

static MuLedgerEntry *make_entry(MuResource *take_resource, const char *id, const char *set, const char *what) {
  mu_resource_set_reservation(take_resource, "role", id, "svc", "principal");
  return mu_ledger_entry_new(take_resource, set, what);
}

static MuResource *make_volume(void) {
  MuResource *disk = mu_resource_new_scalar(MU_RESOURCE_DISK, 100);
  disk->persistence_id = g_strdup("p-1");
  disk->container_path = g_strdup("data");
  disk->mount_root = g_strdup("/mnt/d1");
  disk->profile = g_strdup("fast");
  return disk;
}

/* Everything set, an entry of each kind and state. */
static MuPodRecord *make_pod(void) {
  MuPodRecord *record = mu_pod_record_new("hello", 3);
  record->fate = MU_POD_REPLACE;
  record->agent_id = g_strdup("agent-1");
  record->hostname = g_strdup("host-1");
  record->region = g_strdup("eu");
  record->zone = g_strdup("eu-a");
  record->role = g_strdup("role");
  mu_items_add(record->attributes, mu_env_var_new("rack", "r1"));
  mu_items_add(record->attributes, mu_env_var_new("rack", "r2"));
  mu_items_add(record->entries, make_entry(mu_resource_new_scalar(MU_RESOURCE_CPUS, 500), "r-1", "set", NULL));
  mu_items_add(record->entries, make_entry(mu_resource_new_scalar(MU_RESOURCE_MEM, 256), "r-2", "executor", NULL));
  mu_items_add(record->entries, make_entry(mu_resource_new_scalar(MU_RESOURCE_GPUS, 1000), "r-3", "set", NULL));
  mu_items_add(record->entries, make_entry(mu_resource_new_ports(8080, 8080), "r-4", "set", "web"));
  mu_items_add(record->entries, make_entry(make_volume(), "r-5", "", "data"));
  mu_ledger_entry_move(record->entries->pdata[1], MU_LEDGER_HELD);
  mu_ledger_entry_move(record->entries->pdata[3], MU_LEDGER_RELEASING);
  ((MuLedgerEntry *)record->entries->pdata[3])->asked = TRUE;
  return record;
}

static void assert_same_entries(const MuPodRecord *a, const MuPodRecord *b) {
  g_assert_cmpuint(a->entries->len, ==, b->entries->len);
  for (guint i = 0; i < a->entries->len; i++) {
    const MuLedgerEntry *left = a->entries->pdata[i], *right = b->entries->pdata[i];
    g_assert_true(mu_resource_equal(left->resource, right->resource));
    g_assert_cmpstr(left->set, ==, right->set);
    g_assert_cmpstr(left->what, ==, right->what);
    g_assert_cmpuint(left->state, ==, right->state);
    g_assert_cmpint(left->asked, ==, right->asked);
  }
}

static void assert_same_pod(const MuPodRecord *a, const MuPodRecord *b) {
  g_assert_cmpstr(a->type, ==, b->type);
  g_assert_cmpuint(a->index, ==, b->index);
  g_assert_cmpint(a->fate, ==, b->fate);
  g_assert_cmpstr(a->agent_id, ==, b->agent_id);
  g_assert_cmpstr(a->hostname, ==, b->hostname);
  g_assert_cmpstr(a->region, ==, b->region);
  g_assert_cmpstr(a->zone, ==, b->zone);
  g_assert_cmpstr(a->role, ==, b->role);
  g_assert_cmpuint(a->attributes->len, ==, b->attributes->len);
  for (guint i = 0; i < a->attributes->len; i++) {
    const MuEnvVar *left = a->attributes->pdata[i], *right = b->attributes->pdata[i];
    g_assert_cmpstr(left->name, ==, right->name);
    g_assert_cmpstr(left->value, ==, right->value);
  }
  assert_same_entries(a, b);
}

static void test_pod(void) {
  g_autoptr(MuPodRecord) record = make_pod();
  g_autofree char *text = mu_pod_record_encode(record);
  g_autoptr(MuPodRecord) back = mu_pod_record_decode(text, strlen(text), NULL);
  g_assert_nonnull(back);
  assert_same_pod(record, back);
  g_autofree char *again = mu_pod_record_encode(back);
  g_assert_cmpstr(text, ==, again);
  g_autoptr(MuPodRecord) copy = mu_pod_record_copy(record);
  assert_same_pod(record, copy);
}

static void test_smallest_pod(void) {
  g_autoptr(MuPodRecord) record = mu_pod_record_new("hello", 0);
  g_autofree char *text = mu_pod_record_encode(record);
  g_assert_cmpstr(text, ==, "{\"type\":\"hello\",\"index\":0,\"fate\":\"KEEP\",\"entries\":[]}");
  g_autoptr(MuPodRecord) back = mu_pod_record_decode(text, strlen(text), NULL);
  assert_same_pod(record, back);
}

static MuTaskRecord *make_task(void) {
  MuTaskRecord *record = mu_task_record_new();
  record->name = g_strdup("hello-0-server");
  record->task_id = g_strdup("svc__hello-0-server__id");
  record->pod_type = g_strdup("hello");
  record->pod_index = 9;
  record->task = g_strdup("server");
  record->agent_id = g_strdup("agent-1");
  record->executor_id = g_strdup("hello-0__e");
  record->config = g_strdup("c-1");
  record->fingerprint = g_strdup("f-1");
  record->launched_ms = 11;
  record->ended_ms = 12;
  record->failures = 3;
  record->reached = TRUE;
  record->kill = MU_KILL_WANTED;
  record->paused = TRUE;
  record->anew = g_strdup("backup");
  record->anew_begun = TRUE;
  record->parameters = g_strdup("{\"A\":\"1\"}");
  record->restarts = 4;
  return record;
}

static void assert_same_task(const MuTaskRecord *a, const MuTaskRecord *b) {
  g_assert_cmpstr(a->name, ==, b->name);
  g_assert_cmpstr(a->task_id, ==, b->task_id);
  g_assert_cmpstr(a->pod_type, ==, b->pod_type);
  g_assert_cmpuint(a->pod_index, ==, b->pod_index);
  g_assert_cmpstr(a->task, ==, b->task);
  g_assert_cmpstr(a->agent_id, ==, b->agent_id);
  g_assert_cmpstr(a->executor_id, ==, b->executor_id);
  g_assert_cmpstr(a->config, ==, b->config);
  g_assert_cmpstr(a->fingerprint, ==, b->fingerprint);
  g_assert_cmpint(a->launched_ms, ==, b->launched_ms);
  g_assert_cmpint(a->ended_ms, ==, b->ended_ms);
  g_assert_cmpuint(a->failures, ==, b->failures);
  g_assert_cmpint(a->reached, ==, b->reached);
  g_assert_cmpint(a->kill, ==, b->kill);
  g_assert_cmpint(a->paused, ==, b->paused);
  g_assert_cmpstr(a->anew, ==, b->anew);
  g_assert_cmpint(a->anew_begun, ==, b->anew_begun);
  g_assert_cmpstr(a->parameters, ==, b->parameters);
  g_assert_cmpint(a->restarts, ==, b->restarts);
}

static void test_task(void) {
  g_autoptr(MuTaskRecord) record = make_task();
  g_autofree char *text = mu_task_record_encode(record);
  g_autoptr(MuTaskRecord) back = mu_task_record_decode(text, strlen(text), NULL);
  g_assert_nonnull(back);
  assert_same_task(record, back);
  g_autoptr(MuTaskRecord) copy = mu_task_record_copy(record);
  assert_same_task(record, copy);
}

static void test_pause(void) {
  static const char TEXT[] = "{\"tasks\":[\"server\",\"side\"]}";
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) tasks = mu_pause_record_decode(TEXT, strlen(TEXT), NULL);
  g_assert_cmpuint(tasks->len, ==, 2);
  g_assert_cmpstr(tasks->pdata[1], ==, "side");
  g_autofree char *text = mu_pause_record_encode(tasks);
  g_assert_cmpstr(text, ==, TEXT);
  g_assert_null(mu_pause_record_decode("{\"tasks\":[1]}", 13, &error));
  g_assert_cmpstr(error->message, ==, "a paused task without a name in the store");
}

static void test_step(void) {
  static const char TEXT[] = "{\"attempts\":3,\"failures\":2,\"begun_ms\":5,\"ended_ms\":7,\"message\":\"no route\","
                             "\"done_for\":\"\"}";
  g_autoptr(GError) error = NULL;
  g_autoptr(MuStepRecord) record = mu_step_record_decode(TEXT, strlen(TEXT), &error);
  g_assert_no_error(error);
  g_assert_cmpuint(record->attempts, ==, 3);
  g_assert_cmpstr(record->done_for, ==, ""); /* for good, which is not NULL */
  g_autofree char *text = mu_step_record_encode(record);
  g_assert_cmpstr(text, ==, TEXT);
  g_autoptr(MuStepRecord) fresh = mu_step_record_new();
  g_autofree char *least = mu_step_record_encode(fresh);
  g_autoptr(MuStepRecord) back = mu_step_record_decode(least, strlen(least), NULL);
  g_assert_null(back->done_for);
  g_assert_null(mu_step_record_decode("{\"attempts\":-1}", 15, NULL));
}

static void test_recovery(void) {
  static const char TEXT[] =
      "{\"number\":3,\"permanent\":true,\"declined\":false,\"replaced\":false,\"since_ms\":9,\"agent\":\"a-1\","
      "\"address\":\"10.0.0.1\",\"tasks\":[\"server\",\"side\"],\"steps\":[{\"name\":\"node-0:[server]\",\"number\":4,"
      "\"done\":true}]}";
  static const char *const BAD[] = {"{}",
                                    "{\"number\":3,\"permanent\":true,\"declined\":false,\"tasks\":[1],\"steps\":[]}",
                                    "{\"number\":3,\"permanent\":true,\"declined\":false,\"tasks\":[],\"steps\":[{}]}"};
  g_autoptr(GError) error = NULL;
  g_autoptr(MuRecoveryRecord) record = mu_recovery_record_decode(TEXT, strlen(TEXT), &error);
  g_assert_no_error(error);
  g_assert_cmpstr(record->tasks[1], ==, "side");
  g_assert_null(record->hostname);
  g_assert_cmpint(mu_recovery_record_step(record, "node-0:[server]")->number, ==, 4);
  g_autofree char *text = mu_recovery_record_encode(record);
  g_assert_cmpstr(text, ==, TEXT);
  g_assert_false(mu_recovery_record_step(record, "other")->done); /* made when absent */
  for (guint i = 0; i < G_N_ELEMENTS(BAD); i++)
    g_assert_null(mu_recovery_record_decode(BAD[i], strlen(BAD[i]), NULL));
}

static void test_status(void) {
  for (guint state = MU_TASK_STAGING; state <= MU_TASK_UNKNOWN; state++) {
    g_autoptr(MuTaskStatus) status = mu_task_status_new("svc__hello-0-server__id", (MuTaskState)state);
    status->uuid = g_strdup("u-1");
    status->message = g_strdup("went \"down\"\n\xc3\xa4");
    status->timestamp_ms = 99;
    status->has_ready = TRUE;
    status->ready = state % 2 == 0;
    g_autofree char *text = mu_status_record_encode(status);
    g_autoptr(MuTaskStatus) back = mu_status_record_decode(text, strlen(text), NULL);
    g_assert_nonnull(back);
    g_assert_cmpint(back->state, ==, state);
    g_assert_cmpstr(back->task_id, ==, status->task_id);
    g_assert_cmpstr(back->uuid, ==, "u-1");
    g_assert_cmpstr(back->message, ==, status->message);
    g_assert_null(back->agent_id);
    g_assert_cmpint(back->timestamp_ms, ==, 99);
    g_assert_true(back->has_ready && !back->has_healthy);
    g_assert_cmpint(back->ready, ==, state % 2 == 0);
  }
}

/* ---- refused --------------------------------------------------------------------------------------------------------- */

typedef gboolean (*Decodes)(const char *text, gsize length, GError **error);

static gboolean decodes_service(const char *text, gsize length, GError **error) {
  g_autoptr(MuServiceRecord) record = mu_service_record_decode(text, length, error);
  return record != NULL;
}

static gboolean decodes_pod(const char *text, gsize length, GError **error) {
  g_autoptr(MuPodRecord) record = mu_pod_record_decode(text, length, error);
  return record != NULL;
}

static gboolean decodes_task(const char *text, gsize length, GError **error) {
  g_autoptr(MuTaskRecord) record = mu_task_record_decode(text, length, error);
  return record != NULL;
}

static gboolean decodes_status(const char *text, gsize length, GError **error) {
  g_autoptr(MuTaskStatus) status = mu_status_record_decode(text, length, error);
  return status != NULL;
}

#define POD_HEAD "{\"type\":\"hello\",\"index\":0,"
#define TASK_HEAD "{\"name\":\"n\",\"id\":\"i\",\"pod\":\"p\",\"task\":\"t\","

static const struct {
  Decodes decodes;
  const char *text, *message;
} BAD[] = {
    {decodes_service, "", "JSON, line 1, column 0: unexpected token near end of file"},
    {decodes_service, "{\"state\":\"RUNNING\"", "JSON, line 1, column 18: '}' expected near end of file"},
    {decodes_service, "[]", "\"state\" is looked for in an array; expected an object"},
    {decodes_service, "{\"version\":1}", "\"state\" is missing; expected a string"},
    {decodes_service, "{\"state\":\"RUNNING\",\"version\":\"1\"}", "\"version\" is a string; expected an integer"},
    {decodes_service, "{\"state\":\"ASLEEP\",\"version\":1}",
     "\"state\" is \"ASLEEP\"; expected RUNNING, UNINSTALLING or GONE"},
    {decodes_service, "{\"state\":\"RUNNING\",\"version\":1,\"deployed\":1}",
     "\"deployed\" is an integer; expected a boolean"},
    {decodes_pod, "{\"index\":0,\"entries\":[]}", "\"type\" is missing; expected a string"},
    {decodes_pod, "{\"type\":\"hello\",\"index\":-1,\"entries\":[]}", "\"index\" is -1; expected 0 to 2147483647"},
    {decodes_pod, POD_HEAD "\"fate\":\"LOST\",\"entries\":[]}",
     "\"fate\" is \"LOST\"; expected KEEP, REPLACE or ERASE"},
    {decodes_pod, POD_HEAD "\"fate\":\"KEEP\"}", "\"entries\" is missing; expected an array"},
    {decodes_pod, POD_HEAD "\"entries\":{}}", "\"entries\" is an object; expected an array"},
    {decodes_pod, POD_HEAD "\"attributes\":[[\"rack\"]],\"entries\":[]}",
     "attributes[0]: expected [\"name\", \"value\"]"},
    {decodes_pod, POD_HEAD "\"entries\":[1]}", "\"set\" is looked for in an integer; expected an object"},
    {decodes_pod, POD_HEAD "\"entries\":[{\"set\":\"\",\"state\":3}]}", "\"state\" is 3; expected 0 to 2"},
    {decodes_pod, POD_HEAD "\"entries\":[{\"set\":\"\",\"state\":-1}]}", "\"state\" is -1; expected 0 to 2"},
    {decodes_pod, POD_HEAD "\"entries\":[{\"set\":\"\",\"state\":0}]}",
     "resource: \"kind\" is looked for in nothing; expected an object"},
    {decodes_pod, POD_HEAD "\"entries\":[{\"set\":\"s\",\"state\":0,\"resource\":{\"kind\":\"cpus\",\"amount\":1}}]}",
     "a ledger entry of set \"s\" has no resource id in the store"},
    {decodes_pod, POD_HEAD "\"entries\":[{\"set\":\"s\",\"state\":0,\"resource\":{\"kind\":\"cpus\",\"amount\":-1}}]}",
     "resource: \"amount\" is -1; expected 0 to 1125899906842624"},
    {decodes_task, "{}", "\"name\" is missing; expected a string"},
    {decodes_task, TASK_HEAD "\"index\":0,\"config\":1}", "\"config\" is an integer; expected a string"},
    {decodes_task, TASK_HEAD "\"launched_ms\":1}", "\"index\" is missing; expected an integer"},
    {decodes_task, TASK_HEAD "\"index\":-2}", "\"index\" is -2; expected 0 to 2147483647"},
    {decodes_task, TASK_HEAD "\"index\":0,\"failures\":-1}", "\"failures\" is -1; expected 0 to 2147483647"},
    {decodes_task, TASK_HEAD "\"index\":0,\"kill\":\"yes\"}", "\"kill\" is a string; expected a boolean"},
    {decodes_status, "null", "status: \"task_id\" is looked for in null; expected an object"},
    {decodes_status, "{\"task_id\":\"x\"}", "status: \"state\" is missing; expected a string"},
    {decodes_status, "{\"task_id\":\"x\",\"state\":\"TASK_HAPPY\"}",
     "status: \"state\" is \"TASK_HAPPY\"; expected TASK_RUNNING or another state of a task"},
};

static void test_bad(void) {
  for (guint i = 0; i < G_N_ELEMENTS(BAD); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(BAD[i].decodes(BAD[i].text, strlen(BAD[i].text), &error));
    g_assert_true(error->domain == MU_ERROR);
    g_assert_cmpstr(error->message, ==, BAD[i].message);
  }
}

/* Whatever a damaged store holds: an error or a record, never an end of the process. */
static void test_damaged(void) {
  static const Decodes ALL[] = {decodes_service, decodes_pod, decodes_task, decodes_status};
  g_autoptr(MuPodRecord) pod = make_pod();
  g_autoptr(MuTaskRecord) task = make_task();
  char *texts[] = {mu_pod_record_encode(pod), mu_task_record_encode(task)};
  MuRandom random;
  mu_random_seed(&random, 1);
  for (guint i = 0; i < 20000; i++) {
    g_autofree char *text = g_strdup(texts[i % G_N_ELEMENTS(texts)]);
    gsize length = strlen(text);
    for (guint flips = 1 + (guint)mu_random_below(&random, 3); flips > 0; flips--)
      text[mu_random_below(&random, length)] = (char)mu_random_below(&random, 256);
    length = mu_random_below(&random, 4) == 0 ? (gsize)mu_random_below(&random, length) : length;
    g_autoptr(GError) error = NULL;
    gboolean good = ALL[i % 2 + 1](text, length, &error);
    g_assert_true(good == (error == NULL));
  }
  g_free(texts[0]);
  g_free(texts[1]);
}

/* ---- finding --------------------------------------------------------------------------------------------------------- */

static void test_find(void) {
  g_autoptr(MuPodRecord) record = make_pod();
  g_assert_true(mu_pod_record_find(record, "set", MU_RESOURCE_CPUS, NULL) == record->entries->pdata[0]);
  g_assert_true(mu_pod_record_find(record, "", MU_RESOURCE_DISK, "data") == record->entries->pdata[4]);
  g_assert_null(mu_pod_record_find(record, "", MU_RESOURCE_DISK, NULL));
  g_assert_null(mu_pod_record_find(record, "other", MU_RESOURCE_CPUS, NULL));
  g_assert_true(mu_pod_record_by_id(record, "r-2") == record->entries->pdata[1]);
  g_assert_null(mu_pod_record_by_id(record, "r-9"));
}

/* A port on its way out does not stand in the way of the one that replaced it. */
static void test_find_not_releasing(void) {
  g_autoptr(MuPodRecord) record = make_pod();
  g_assert_null(mu_pod_record_find(record, "set", MU_RESOURCE_PORTS, "web"));
  mu_items_add(record->entries, make_entry(mu_resource_new_ports(9090, 9090), "r-6", "set", "web"));
  g_assert_true(mu_pod_record_find(record, "set", MU_RESOURCE_PORTS, "web") == record->entries->pdata[5]);
}

static void test_place(void) {
  g_autoptr(MuPodRecord) record = mu_pod_record_new("hello", 0);
  g_autoptr(MuOffer) offer = mu_offer_new("o-1", "agent-2", "host-2");
  g_assert_null(mu_pod_record_field(record, "hostname"));
  offer->zone = g_strdup("z");
  mu_items_add(offer->attributes, mu_env_var_new("rack", "r7"));
  mu_pod_record_set_place(record, offer);
  g_assert_cmpstr(mu_pod_record_field(record, "hostname"), ==, "host-2");
  g_assert_cmpstr(mu_pod_record_field(record, "@zone"), ==, "z");
  g_assert_null(mu_pod_record_field(record, "@region"));
  g_assert_cmpstr(mu_pod_record_field(record, "rack"), ==, "r7");
  g_assert_null(mu_pod_record_field(record, "row"));
  g_autoptr(MuOffer) other = mu_offer_new("o-2", "agent-3", "host-3");
  mu_pod_record_set_place(record, other);
  g_assert_null(mu_pod_record_field(record, "rack"));
  g_assert_null(mu_pod_record_field(record, "@zone"));
  g_assert_cmpstr(record->agent_id, ==, "agent-3");
}

/* ---- the ledger's edges ----------------------------------------------------------------------------------------------- */

static MuLedgerEntry *entry_in(MuLedgerState state) {
  MuLedgerEntry *entry = make_entry(mu_resource_new_scalar(MU_RESOURCE_CPUS, 1), "r-1", "set", NULL);
  if (state != MU_LEDGER_PLANNED)
    mu_ledger_entry_move(entry, state);
  return entry;
}

static void test_edge(gconstpointer data) {
  guint from = GPOINTER_TO_UINT(data) / 4, to = GPOINTER_TO_UINT(data) % 4;
  static const gboolean LEGAL[3][3] = {{FALSE, TRUE, TRUE}, {FALSE, FALSE, TRUE}, {FALSE, FALSE, FALSE}};
  if (g_test_subprocess() || LEGAL[from][to]) {
    MuLedgerEntry *entry = entry_in((MuLedgerState)from);
    mu_ledger_entry_move(entry, (MuLedgerState)to);
    g_assert_cmpuint(entry->state, ==, to);
    mu_ledger_entry_free(entry);
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_failed();
  g_test_trap_assert_stderr("*bug at *sm.c:*ledger entry r-1: illegal move from *");
}

static void add_edges(void) {
  for (guint from = 0; from < 3; from++) {
    for (guint to = 0; to < 3; to++) {
      g_autofree char *path = g_strdup_printf("/records/edge/%u-%u", from, to);
      g_test_add_data_func(path, GUINT_TO_POINTER(from * 4 + to), test_edge);
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/records/service", test_service);
  g_test_add_func("/records/service_bytes", test_service_bytes);
  g_test_add_func("/records/pod", test_pod);
  g_test_add_func("/records/smallest_pod", test_smallest_pod);
  g_test_add_func("/records/task", test_task);
  g_test_add_func("/records/pause", test_pause);
  g_test_add_func("/records/step", test_step);
  g_test_add_func("/records/recovery", test_recovery);
  g_test_add_func("/records/status", test_status);
  g_test_add_func("/records/bad", test_bad);
  g_test_add_func("/records/damaged", test_damaged);
  g_test_add_func("/records/find", test_find);
  g_test_add_func("/records/find_not_releasing", test_find_not_releasing);
  g_test_add_func("/records/place", test_place);
  add_edges();
  return g_test_run();
}
