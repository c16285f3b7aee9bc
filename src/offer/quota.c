#include "quota.h"

static void add_resource(MuQuota *sum, const MuResource *resource) {
  switch (resource->kind) {
  case MU_RESOURCE_CPUS: sum->cpus_milli += resource->amount; break;
  case MU_RESOURCE_MEM: sum->mem_mb += resource->amount; break;
  case MU_RESOURCE_DISK: sum->disk_mb += resource->amount; break;
  default: break;
  }
}

MuQuota mu_quota_of_record(const MuPodRecord *record) {
  MuQuota sum = {.pods = record != NULL};
  for (guint i = 0; record != NULL && i < record->entries->len; i++)
    add_resource(&sum, ((const MuLedgerEntry *)record->entries->pdata[i])->resource);
  return sum;
}

void mu_quota_add(MuQuota *sum, const MuQuota *more) {
  sum->cpus_milli += more->cpus_milli;
  sum->mem_mb += more->mem_mb;
  sum->disk_mb += more->disk_mb;
  sum->pods += more->pods;
}

void mu_quota_subtract(MuQuota *sum, const MuQuota *less) {
  sum->cpus_milli -= less->cpus_milli;
  sum->mem_mb -= less->mem_mb;
  sum->disk_mb -= less->disk_mb;
  sum->pods -= less->pods;
}

/* Thousandths as "0.5", anything else as a whole number. */
static char *amount(gint64 value, gboolean milli) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  if (!milli)
    return g_strdup_printf("%" G_GINT64_FORMAT, value);
  return g_strdup(g_ascii_formatd(text, sizeof text, "%g", (double)value / 1000));
}

char *mu_quota_exceeded(const MuQuota *quota, const MuQuota *held, const MuQuota *more) {
  const struct {
    gint64 limit, held, more;
    const char *unit;
    gboolean milli;
  } ROWS[] = {{quota->cpus_milli, held->cpus_milli, more->cpus_milli, "cpus", TRUE},
              {quota->mem_mb, held->mem_mb, more->mem_mb, "MB of memory", FALSE},
              {quota->disk_mb, held->disk_mb, more->disk_mb, "MB of disk", FALSE},
              {quota->pods, held->pods, more->pods, "pods", FALSE}};
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    if (ROWS[i].limit == 0 || ROWS[i].more <= 0 || ROWS[i].held + ROWS[i].more <= ROWS[i].limit)
      continue;
    g_autofree char *limit = amount(ROWS[i].limit, ROWS[i].milli);
    g_autofree char *now = amount(ROWS[i].held, ROWS[i].milli);
    g_autofree char *wanted = amount(ROWS[i].more, ROWS[i].milli);
    return g_strdup_printf("the service holds %s %s and would take %s more; its quota is %s", now, ROWS[i].unit, wanted,
                           limit);
  }
  return NULL;
}
