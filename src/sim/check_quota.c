/* A service never grows beyond its quota: after a drain that reserved for it, what its ledgers hold is within each limit, or has
 * not become more (a quota may be lowered below what is held). Summed up anew from the ledgers. */
#include "sim_check.h"

#include "client_private.h"

static void add_entry(MuQuota *sum, const MuResource *resource) {
  if (resource->kind == MU_RESOURCE_CPUS)
    sum->cpus_milli += resource->amount;
  if (resource->kind == MU_RESOURCE_MEM)
    sum->mem_mb += resource->amount;
  if (resource->kind == MU_RESOURCE_DISK)
    sum->disk_mb += resource->amount;
}

static MuQuota sum_up(const MuService *service) {
  MuQuota sum = {0};
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuPodRecord *record = ((const MuPod *)value)->record;
    sum.pods += record != NULL;
    for (guint i = 0; record != NULL && i < record->entries->len; i++)
      add_entry(&sum, ((const MuLedgerEntry *)record->entries->pdata[i])->resource);
  }
  return sum;
}

static gboolean reserves_for(const MuEngineCall *call, const char *service) {
  for (guint i = 0; call->kind == MU_CALL_ACCEPT && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_RESERVE &&
        g_strcmp0(((const MuResource *)operation->resources->items->pdata[0])->reservation.namespace_, service) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean has_grown(const MuOutput *output, const char *service) {
  for (guint i = 0; i < output->calls->len; i++)
    if (reserves_for(output->calls->pdata[i], service))
      return TRUE;
  return FALSE;
}

static void compare(MuSim *sim, const MuService *service, const MuQuota *before, const MuQuota *now) {
  const MuQuota *quota = mu_service_target(service)->quota;
  const struct {
    const char *what;
    gint64 limit, before, now;
  } ROWS[] = {{"cpus (thousandths)", quota->cpus_milli, before->cpus_milli, now->cpus_milli},
              {"MB of memory", quota->mem_mb, before->mem_mb, now->mem_mb},
              {"MB of disk", quota->disk_mb, before->disk_mb, now->disk_mb},
              {"pods", quota->pods, before->pods, now->pods}};
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
    if (ROWS[i].limit > 0 && ROWS[i].now > ROWS[i].limit && ROWS[i].now > ROWS[i].before)
      mu_sim_check_fail(sim, &mu_sim_check_quota,
                        "%s holds %" G_GINT64_FORMAT " %s, and held %" G_GINT64_FORMAT
                        " before; its quota is %" G_GINT64_FORMAT,
                        service->name, ROWS[i].now, ROWS[i].what, ROWS[i].before, ROWS[i].limit);
}

static void look_at(MuSim *sim, const MuService *service, const MuOutput *output) {
  const MuServiceSpec *target = mu_service_target(service);
  if (target == NULL || target->quota == NULL) {
    g_hash_table_remove(sim->checks->held, service->name);
    return;
  }
  MuQuota now = sum_up(service);
  const MuQuota *before = g_hash_table_lookup(sim->checks->held, service->name);
  if (before != NULL && has_grown(output, service->name))
    compare(sim, service, before, &now);
  g_hash_table_insert(sim->checks->held, g_strdup(service->name), g_memdup2(&now, sizeof now));
}

static void on_drained(MuSim *sim, const MuOutput *output) {
  GHashTableIter iter;
  gpointer service = NULL;
  if (output->batch->ops->len == 0)
    return; /* no ledger has changed */
  g_hash_table_iter_init(&iter, sim->client->manager->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &service))
    look_at(sim, service, output);
}

static void on_start(MuSim *sim) {
  g_hash_table_remove_all(sim->checks->held);
}

const MuSimCheck mu_sim_check_quota = {
    .name = "quota", .what = "no service grows beyond its quota", .start = on_start, .drained = on_drained};
