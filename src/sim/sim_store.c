/* The virtual store: a table of records; a commit takes a virtual millisecond, and may fail or be the scheduler's last. */
#include "sim_check.h"

#include <muster/error.h>

#include <string.h>

#define SLOW_MS 5000

static void forget_decoded(MuSimRecord *record) {
  gpointer decoded = g_steal_pointer(&record->decoded);
  if (decoded == NULL)
    return;
  if (record->kind == MU_RECORD_POD)
    mu_pod_record_free(decoded);
  else if (record->kind == MU_RECORD_TASK)
    mu_task_record_free(decoded);
  else
    mu_task_status_free(decoded);
}

static void record_free(MuSimRecord *record) {
  forget_decoded(record);
  g_free(record->service);
  g_free(record->key);
  g_free(record->value);
  g_free(record);
}

static guint hash_text(guint hash, const char *text) {
  for (; text != NULL && *text != '\0'; text++)
    hash = hash * 33 + (guchar)*text;
  return hash;
}

/* As g_str_hash has it of "kind/service/key", which need not be written for it. */
static guint hash_of(MuRecordKind kind, const char *service, const char *key) {
  const char number[] = {(char)('0' + kind / 10), (char)('0' + kind % 10), '/', '\0'};
  guint hash = hash_text(hash_text(5381, kind < 10 ? number + 1 : number), service);
  return hash_text(hash * 33 + '/', key);
}

static guint record_hash(gconstpointer record) {
  return ((const MuSimRecord *)record)->hash;
}

static gboolean record_equal(gconstpointer a, gconstpointer b) {
  const MuSimRecord *left = a, *right = b;
  return left->hash == right->hash && left->kind == right->kind && g_strcmp0(left->key, right->key) == 0 &&
         g_strcmp0(left->service, right->service) == 0;
}

void mu_sim_store_init(MuSim *sim) {
  sim->records = g_hash_table_new_full(record_hash, record_equal, (GDestroyNotify)record_free, NULL);
}

void mu_sim_store_clear(MuSim *sim) {
  g_hash_table_unref(sim->records);
}

guint mu_sim_records(const MuSim *sim) {
  return g_hash_table_size(sim->records);
}

/* ---- looking --------------------------------------------------------------------------------------------------------- */

MuSimRecord *mu_sim_store_find(MuSim *sim, MuRecordKind kind, const char *service, const char *key) {
  const MuSimRecord wanted = {
      .kind = kind, .service = (char *)service, .key = (char *)key, .hash = hash_of(kind, service, key)};
  return g_hash_table_lookup(sim->records, &wanted);
}

const MuPodRecord *mu_sim_record_pod(MuSimRecord *record) {
  if (record != NULL && record->kind == MU_RECORD_POD && record->decoded == NULL)
    record->decoded = mu_pod_record_decode(record->value, record->length, NULL);
  return record != NULL && record->kind == MU_RECORD_POD ? record->decoded : NULL;
}

const MuTaskRecord *mu_sim_record_task(MuSimRecord *record) {
  if (record != NULL && record->kind == MU_RECORD_TASK && record->decoded == NULL)
    record->decoded = mu_task_record_decode(record->value, record->length, NULL);
  return record != NULL && record->kind == MU_RECORD_TASK ? record->decoded : NULL;
}

const MuTaskStatus *mu_sim_record_status(MuSimRecord *record) {
  if (record != NULL && record->kind == MU_RECORD_STATUS && record->decoded == NULL)
    record->decoded = mu_status_record_decode(record->value, record->length, NULL);
  return record != NULL && record->kind == MU_RECORD_STATUS ? record->decoded : NULL;
}

static gint by_name(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *mu_sim_store_keys(MuSim *sim) {
  GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
  GHashTableIter iter;
  gpointer record = NULL;
  g_hash_table_iter_init(&iter, sim->records);
  while (g_hash_table_iter_next(&iter, &record, NULL)) {
    const MuSimRecord *one = record;
    g_ptr_array_add(keys, g_strdup_printf("%d/%s/%s", (int)one->kind, one->service, one->key));
  }
  g_ptr_array_sort(keys, by_name);
  return keys;
}

/* ---- commits --------------------------------------------------------------------------------------------------------- */

/* A planted bug: the scheduler does not store this. */
static gboolean is_forgotten(const MuRecordOp *op, const MuSimRecord *old) {
  return (MU_SIM_PLANTED(recorded) && op->kind == MU_RECORD_TASK) ||
         (MU_SIM_PLANTED(memory) && op->kind == MU_RECORD_SERVICE && old != NULL);
}

static MuSimRecord *record_new(const MuRecordOp *op) {
  MuSimRecord *record = g_new0(MuSimRecord, 1);
  record->kind = op->kind;
  record->service = g_strdup(op->service);
  record->key = g_strdup(op->key);
  record->hash = hash_of(op->kind, op->service, op->key);
  return record;
}

static void apply_op(MuSim *sim, const MuRecordOp *op) {
  MuSimRecord *record = mu_sim_store_find(sim, op->kind, op->service, op->key);
  if (is_forgotten(op, record))
    return;
  if (op->value == NULL) {
    if (record != NULL)
      g_hash_table_remove(sim->records, record);
    return;
  }
  if (record == NULL)
    g_hash_table_add(sim->records, record = record_new(op));
  forget_decoded(record);
  g_free(record->value);
  record->value = g_memdup2(op->value, op->length + 1);
  record->length = op->length;
}

static void apply_batch(MuSim *sim, const MuBatch *batch) {
  mu_sim_check_commit(sim, batch);
  for (guint i = 0; i < batch->ops->len; i++)
    apply_op(sim, &g_array_index(batch->ops, MuRecordOp, i));
  sim->commits++;
}

static gboolean draw_fault(MuSim *sim, MuSimStoreFault fault) {
  if (sim->store_faults[fault] == 0)
    return FALSE;
  sim->store_faults[fault]--;
  return TRUE;
}

static void fail(MuSim *sim, const char *why) {
  g_autoptr(GError) error = g_error_new_literal(MU_ERROR, MU_ERROR_UNAVAILABLE, why);
  mu_pipeline_committed(sim->pipeline, error, sim->now_ms);
  mu_sim_rearm(sim);
}

/* The scheduler's last commit: how far does it get? */
static void crash_in_commit(MuSim *sim, const MuBatch *batch) {
  sim->crash_now = TRUE;
  if (sim->crash_moment == MU_SIM_CRASH_BEFORE)
    return;
  apply_batch(sim, batch);
  if (sim->crash_moment == MU_SIM_CRASH_BETWEEN)
    return;
  mu_pipeline_committed(sim->pipeline, NULL, sim->now_ms);
}

static void finish_commit(MuSim *sim, gpointer data) {
  const MuBatch *batch = data;
  if (sim->crash_in > 0 && --sim->crash_in == 0) {
    crash_in_commit(sim, batch);
  } else if (sim->now_ms < sim->store_lost_until_ms) {
    fail(sim, "the connection to the store is lost");
  } else if (draw_fault(sim, MU_SIM_STORE_ERROR)) {
    fail(sim, "input/output error");
  } else if (draw_fault(sim, MU_SIM_STORE_FULL)) {
    fail(sim, "the disk is full");
  } else if (draw_fault(sim, MU_SIM_STORE_UNCERTAIN)) {
    apply_batch(sim, batch);
    fail(sim, "the connection to the store broke");
  } else {
    apply_batch(sim, batch);
    mu_pipeline_committed(sim->pipeline, NULL, sim->now_ms);
  }
}

/* The batch lives until the pipeline is told, or with the pipeline: an item of a scheduler that is gone does not run. */
void mu_sim_store_commit(MuSim *sim, MuBatch *batch) {
  if (MU_SIM_PLANTED(durable)) {
    mu_pipeline_committed(sim->pipeline, NULL, sim->now_ms);
    return;
  }
  mu_sim_schedule(sim, draw_fault(sim, MU_SIM_STORE_SLOW) ? SLOW_MS : 1, TRUE, finish_commit, batch, NULL);
}

void mu_sim_fault_store(MuSim *sim, MuSimStoreFault fault, guint n) {
  sim->store_faults[fault] = n;
}

void mu_sim_fail_commits(MuSim *sim, guint n) {
  mu_sim_fault_store(sim, MU_SIM_STORE_FULL, n);
}

void mu_sim_lose_store(MuSim *sim, gint64 ms) {
  sim->store_lost_until_ms = sim->now_ms + ms;
}

void mu_sim_crash_at(MuSim *sim, guint n, MuSimCrashMoment moment) {
  sim->crash_in = n;
  sim->crash_moment = moment;
}

void mu_sim_crash_at_commit(MuSim *sim, guint n, gboolean durable) {
  mu_sim_crash_at(sim, n, durable ? MU_SIM_CRASH_BETWEEN : MU_SIM_CRASH_BEFORE);
}

/* ---- loading --------------------------------------------------------------------------------------------------------- */

static void load_kind(MuSim *sim, MuMultiServiceEventClient *client, gboolean statuses) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->records);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuSimRecord *record = value;
    g_autoptr(GError) error = NULL;
    if ((record->kind == MU_RECORD_STATUS) != statuses)
      continue;
    if (!mu_client_load(client, record->kind, record->service, record->key, record->value, record->length, &error))
      mu_sim_violate(
          sim, g_strdup_printf("record %s/%s cannot be loaded: %s", record->service, record->key, error->message));
  }
}

void mu_sim_store_load(MuSim *sim, MuMultiServiceEventClient *client) {
  load_kind(sim, client, FALSE);
  load_kind(sim, client, TRUE);
}
