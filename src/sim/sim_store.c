/* The virtual store: a table of records; a commit takes a virtual millisecond, and may fail or be the scheduler's last. */
#include "sim_private.h"

#include <muster/error.h>

typedef struct {
  MuRecordKind kind;
  char *service, *key, *value;
  gsize length;
} Record;

static void record_free(Record *record)
{
  g_free(record->service);
  g_free(record->key);
  g_free(record->value);
  g_free(record);
}

void mu_sim_store_init(MuSim *sim)
{
  sim->records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)record_free);
}

void mu_sim_store_clear(MuSim *sim)
{
  g_hash_table_unref(sim->records);
}

guint mu_sim_records(const MuSim *sim)
{
  return g_hash_table_size(sim->records);
}

static void apply_op(MuSim *sim, const MuRecordOp *op)
{
  char *name = g_strdup_printf("%d/%s/%s", (int)op->kind, op->service, op->key);
  if (op->value == NULL) {
    g_hash_table_remove(sim->records, name);
    g_free(name);
    return;
  }
  Record *record = g_new0(Record, 1);
  record->kind = op->kind;
  record->service = g_strdup(op->service);
  record->key = g_strdup(op->key);
  record->value = g_memdup2(op->value, op->length);
  record->length = op->length;
  g_hash_table_replace(sim->records, name, record);
}

static void apply_batch(MuSim *sim, const MuBatch *batch)
{
  for (guint i = 0; i < batch->ops->len; i++)
    apply_op(sim, &g_array_index(batch->ops, MuRecordOp, i));
}

static void finish_commit(MuSim *sim, gpointer data)
{
  const MuBatch *batch = data;
  gboolean last = sim->crash_in > 0 && --sim->crash_in == 0;
  if (last)
    sim->crash_now = TRUE;
  if (last && !sim->crash_durable)
    return;
  if (sim->fail_commits > 0 && !last) {
    g_autoptr(GError) error = g_error_new(MU_ERROR, MU_ERROR_UNAVAILABLE, "the disk is full");
    sim->fail_commits--;
    mu_pipeline_committed(sim->pipeline, error, sim->now_ms);
    mu_sim_rearm(sim);
    return;
  }
  sim->commits++;
  apply_batch(sim, batch);
  if (!last)
    mu_pipeline_committed(sim->pipeline, NULL, sim->now_ms);
}

/* The batch lives until the pipeline is told, or with the pipeline: an item of a scheduler that is gone does not run. */
void mu_sim_store_commit(MuSim *sim, MuBatch *batch)
{
  mu_sim_schedule(sim, 1, TRUE, finish_commit, batch, NULL);
}

void mu_sim_fail_commits(MuSim *sim, guint n)
{
  sim->fail_commits = n;
}

void mu_sim_crash_at_commit(MuSim *sim, guint n, gboolean durable)
{
  sim->crash_in = n;
  sim->crash_durable = durable;
}

static void load_kind(MuSim *sim, MuMultiServiceEventClient *client, gboolean statuses)
{
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->records);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const Record *record = value;
    g_autoptr(GError) error = NULL;
    if ((record->kind == MU_RECORD_STATUS) != statuses)
      continue;
    if (!mu_client_load(record->kind, record->service, record->key, record->value, record->length, client, &error))
      mu_sim_violate(sim, g_strdup_printf("record %s/%s cannot be loaded: %s", record->service, record->key, error->message));
  }
}

void mu_sim_store_load(MuSim *sim, MuMultiServiceEventClient *client)
{
  load_kind(sim, client, FALSE);
  load_kind(sim, client, TRUE);
}
