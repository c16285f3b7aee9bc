/* The state in memory equals the state that a restart would load. At every commit: the records of the pods that it touched,
 * and what else it touched, are in the store as they are in memory. At every n-th: a second client is built from the store
 * and the canonical dumps of both are compared: services, configurations, footprints, tasks, statuses, plans, marks. How much each service
 * has in the store is summed up anew.
 *
 * Not compared, since they are not kept over a restart on purpose: phases of decommission and uninstall that are complete; of the
 * recovery plan all but which instances it has still to launch (a launch under way is the task's own state, and complete
 * phases are history); messages why a step waits; what was announced. */
#include "sim_check.h"

#include "client_private.h"
#include "custom_work.h"
#include "override.h"
#include "service_private.h"

#include <string.h>

/* ---- the dump --------------------------------------------------------------------------------------------------------- */

static gint by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_record(GPtrArray *lines, const char *what, const char *name, char *take_text) {
  g_ptr_array_add(lines, g_strdup_printf("%s %s %s", what, name, take_text));
  g_free(take_text);
}

static void dump_pod(GPtrArray *lines, const MuPod *pod) {
  if (pod->record != NULL)
    add_record(lines, "pod", pod->name, mu_pod_record_encode(pod->record));
  if (pod->paused != NULL)
    add_record(lines, "paused", pod->name, mu_pause_record_encode(pod->paused));
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    add_record(lines, "task", task->record->name, mu_task_record_encode(task->record));
    if (task->status != NULL)
      add_record(lines, "status", task->record->name, mu_status_record_encode(task->status));
  }
}

/* Due moments pass between the two: what is DELAYED in one may be PENDING in the other. */
static const char *status_word(const MuStep *step) {
  MuStatus status = step->status;
  if (step->work != NULL && status == MU_STATUS_STARTED)                /* its code is called again after a restart */
    status = step->interrupted ? MU_STATUS_WAITING : MU_STATUS_PENDING; /* … when it is let go on */
  return mu_status_to_string(status == MU_STATUS_DELAYED ? MU_STATUS_PENDING : status);
}

static gboolean is_compared(const MuService *service, const MuPhase *phase) {
  const MuPlan *plan = phase->plan;
  gboolean teardown = plan == service->decommission || service->record->state != MU_SERVICE_RUNNING;
  return plan != service->recovery && (phase->status != MU_STATUS_COMPLETE || !teardown);
}

static gboolean is_to_recover(const MuPod *pod) {
  if (mu_service_has_overrider(pod->service) && mu_pod_is_leaving(pod) && mu_pod_has_live_task(pod))
    return FALSE; /* code is asked when all of it is down; until then a phase of before may show it */
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (task->record->reached && !task->record->anew_begun && mu_task_has_failed(task) && !mu_override_covers(task))
      return TRUE;
  }
  return FALSE;
}

static void dump_step(GPtrArray *lines, const MuStep *step) {
  g_ptr_array_add(lines, g_strdup_printf("step %s/%s/%s %s%s%s", step->phase->plan->name, step->phase->name, step->name,
                                         status_word(step), step->interrupted ? " interrupted" : "",
                                         step->forced ? " forced" : ""));
}

/* Of a recovery that code has taken over, how far each step has come. */
static void dump_recovery(GPtrArray *lines, const MuPlan *plan) {
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    const MuStep *step = phase->steps->pdata[0];
    gboolean of_code = step->part != NULL || step->asset == NULL;
    for (guint j = 0; of_code && phase->status != MU_STATUS_COMPLETE && j < phase->steps->len; j++)
      dump_step(lines, phase->steps->pdata[j]);
    if (!of_code && step->status != MU_STATUS_COMPLETE && is_to_recover(step->asset))
      g_ptr_array_add(lines, g_strdup_printf("recovery of %s", ((MuPod *)step->asset)->name));
  }
}

static void dump_plan(GPtrArray *lines, const MuService *service, const MuPlan *plan) {
  if (plan == service->recovery)
    dump_recovery(lines, plan);
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; is_compared(service, phase) && j < phase->steps->len; j++) {
      dump_step(lines, phase->steps->pdata[j]);
    }
    if (is_compared(service, phase) && (phase->interrupted || phase->canary != 0))
      g_ptr_array_add(lines,
                      g_strdup_printf("phase %s/%s %d %d", plan->name, phase->name, phase->interrupted, phase->canary));
  }
  if (plan != service->recovery && plan != service->decommission)
    g_ptr_array_add(lines, g_strdup_printf("plan %s %d %d %s", plan->name, plan->interrupted, plan->canary,
                                           plan->parameters == NULL ? "" : plan->parameters));
}

/* Lines, sorted. */
static GPtrArray *dump_service(const MuService *service) {
  GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
  GHashTableIter iter;
  gpointer value = NULL;
  add_record(lines, "service", service->name, mu_service_record_encode(service->record));
  for (guint i = 0; i < service->configs->len; i++)
    g_ptr_array_add(lines, g_strconcat("config ", ((const MuConfig *)service->configs->pdata[i])->id, NULL));
  for (guint i = 0; service->history != NULL && i < service->history->len; i++) {
    const MuHistoryEntry *entry = service->history->pdata[i];
    g_ptr_array_add(lines, g_strdup_printf("history %" G_GINT64_FORMAT " %s", entry->version, entry->config));
  }
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    dump_pod(lines, value);
  for (guint i = 0; i < service->plans->len; i++)
    dump_plan(lines, service, service->plans->pdata[i]);
  g_ptr_array_sort(lines, by_text);
  return lines;
}

/* ---- the comparison --------------------------------------------------------------------------------------------------- */

static void compare(MuSim *sim, const MuService *memory, const MuService *stored) {
  g_autoptr(GPtrArray) left = dump_service(memory), right = dump_service(stored);
  for (guint i = 0; i < MAX(left->len, right->len); i++) {
    const char *a = i < left->len ? left->pdata[i] : "(nothing)";
    const char *b = i < right->len ? right->pdata[i] : "(nothing)";
    if (strcmp(a, b) == 0)
      continue;
    mu_sim_check_fail(sim, &mu_sim_check_memory, "service %s: memory has %s; the store leads to %s", memory->name, a,
                      b);
    return;
  }
}

static void compare_all(MuSim *sim, const MuMultiServiceManager *memory, const MuMultiServiceManager *stored) {
  g_auto(GStrv) names = mu_multi_service_manager_names((MuMultiServiceManager *)memory);
  for (guint i = 0; names[i] != NULL; i++) {
    const MuService *other = mu_manager_find(stored, names[i]);
    if (other == NULL)
      mu_sim_check_fail(sim, &mu_sim_check_memory, "service %s is in memory and not in the store", names[i]);
    else
      compare(sim, mu_manager_find(memory, names[i]), other);
  }
  if (g_hash_table_size(stored->by_name) != g_strv_length(names))
    mu_sim_check_fail(sim, &mu_sim_check_memory, "the store has %u services, memory has %u",
                      g_hash_table_size(stored->by_name), g_strv_length(names));
}

/* What each service is thought to have in the store. */
static void compare_bytes(MuSim *sim) {
  g_autoptr(GHashTable) sums = g_hash_table_new(g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer key = NULL, value = NULL;
  g_hash_table_iter_init(&iter, sim->records);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    const MuSimRecord *record = key;
    gsize sum = GPOINTER_TO_SIZE(g_hash_table_lookup(sums, record->service));
    g_hash_table_insert(sums, record->service, GSIZE_TO_POINTER(sum + strlen(record->key) + record->length));
  }
  g_hash_table_iter_init(&iter, sim->client->manager->by_name);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    gsize sum = GPOINTER_TO_SIZE(g_hash_table_lookup(sums, key));
    if (((const MuService *)value)->stored_bytes != sum)
      mu_sim_check_fail(sim, &mu_sim_check_memory,
                        "service %s: %" G_GSIZE_FORMAT " bytes are counted, and the store has %" G_GSIZE_FORMAT,
                        (const char *)key, ((const MuService *)value)->stored_bytes, sum);
  }
}

static void check_whole(MuSim *sim) {
  compare_bytes(sim);
  MuMultiServiceEventClient *client = mu_multi_service_event_client_new(
      "sim", mu_multi_service_manager_new(), mu_service_store_new(sim->factory, sim->factory_user), NULL);
  const MuClientSettings settings = mu_sim_settings(sim);
  mu_client_configure(client, &settings, sim->seed);
  mu_sim_store_load(sim, client);
  if (mu_client_loaded(client, sim->now_ms, NULL))
    compare_all(sim, sim->client->manager, client->manager);
  mu_multi_service_event_client_free(client);
}

/* ---- what was touched ------------------------------------------------------------------------------------------------- */

/* `text`: what memory has, NULL: nothing. */
static void expect_stored(MuSim *sim, MuRecordKind kind, const char *service, const char *key, const char *text) {
  const MuSimRecord *record = mu_sim_store_find(sim, kind, service, key);
  const char *stored = record == NULL ? NULL : record->value;
  if (g_strcmp0(text, stored) != 0)
    mu_sim_check_fail(sim, &mu_sim_check_memory, "%s %s/%s: memory has %s; the store has %s",
                      mu_record_kind_to_string(kind), service, key, text == NULL ? "(nothing)" : text,
                      stored == NULL ? "(nothing)" : stored);
}

/* Of what a status proves the store need not say more than that status (proof.c): it may know less than memory, and no other. The
 * whole, at every n-th commit, sees whether a restart proves the same. */
static char *footprint_as_stored(MuSim *sim, const MuPod *pod) {
  MuSimRecord *stored = mu_sim_store_find(sim, MU_RECORD_POD, pod->service->name, pod->name);
  if (!pod->unwritten || stored == NULL)
    return mu_pod_record_encode(pod->record);
  const MuPodRecord *less = mu_sim_record_pod(stored);
  g_autoptr(MuPodRecord) record = mu_pod_record_copy(pod->record);
  for (guint i = 0; i < MIN(record->entries->len, less->entries->len); i++) {
    MuLedgerEntry *entry = record->entries->pdata[i];
    if (entry->state == MU_LEDGER_HELD)
      entry->state = MIN(entry->state, ((const MuLedgerEntry *)less->entries->pdata[i])->state);
  }
  return mu_pod_record_encode(record);
}

static char *task_as_stored(const MuTask *task) {
  if (!task->unwritten)
    return mu_task_record_encode(task->record);
  g_autoptr(MuTaskRecord) record = mu_task_record_copy(task->record);
  record->reached = FALSE;
  return mu_task_record_encode(record);
}

static void check_pod(MuSim *sim, const MuPod *pod) {
  const char *service = pod->service->name;
  g_autofree char *footprint = pod->record == NULL ? NULL : footprint_as_stored(sim, pod);
  g_autofree char *paused = pod->paused == NULL ? NULL : mu_pause_record_encode(pod->paused);
  expect_stored(sim, MU_RECORD_POD, service, pod->name, footprint);
  expect_stored(sim, MU_RECORD_PAUSE, service, pod->name, paused);
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    g_autofree char *record = task_as_stored(task);
    g_autofree char *status = task->status == NULL ? NULL : mu_status_record_encode(task->status);
    expect_stored(sim, MU_RECORD_TASK, service, task->record->name, record);
    expect_stored(sim, MU_RECORD_STATUS, service, task->record->name, status);
  }
}

static void expect_there(MuSim *sim, const MuSimTouched *record, gboolean there) {
  if (there != (mu_sim_store_find(sim, record->kind, record->service, record->key) != NULL))
    mu_sim_check_fail(sim, &mu_sim_check_memory, "%s %s/%s is in %s", mu_record_kind_to_string(record->kind),
                      record->service, record->key,
                      there ? "memory and not in the store" : "the store and not in memory");
}

static gboolean is_explained(const MuService *service, const char *pod_name) {
  const MuPod *pod = service == NULL ? NULL : g_hash_table_lookup(service->pods, pod_name);
  return pod != NULL && pod->why_kept;
}

static gboolean remembers(const MuService *service, const char *version) {
  for (guint i = 0; service != NULL && service->history != NULL && i < service->history->len; i++)
    if (((MuHistoryEntry *)service->history->pdata[i])->version == g_ascii_strtoll(version, NULL, 10))
      return TRUE;
  return FALSE;
}

static char *recovery_record(const MuService *service, const char *key) {
  const MuPod *pod = service == NULL ? NULL : g_hash_table_lookup(service->pods, key);
  const MuOverride *override = pod == NULL ? NULL : pod->override;
  return override == NULL || override->over ? NULL : mu_recovery_record_encode(override->record);
}

/* NULL: it is as if nothing had been tried. */
static const MuStepRecord *step_record(const MuService *service, const char *key) {
  const MuCustomWork *work = service == NULL ? NULL : g_hash_table_lookup(service->custom, key);
  return work == NULL || (work->record->attempts == 0 && work->record->done_for == NULL) ? NULL : work->record;
}

/* Of no pod: the service's own, or gone from memory. */
static void check_record(MuSim *sim, const MuService *service, const MuSimTouched *record) {
  g_autofree char *text = NULL;
  switch (record->kind) {
  case MU_RECORD_SERVICE:
    text = service == NULL ? NULL : mu_service_record_encode(service->record);
    expect_stored(sim, record->kind, record->service, record->key, text);
    break;
  case MU_RECORD_RECOVERY:
    text = recovery_record(service, record->key);
    expect_stored(sim, record->kind, record->service, record->key, text);
    break;
  case MU_RECORD_STEP:
    if (step_record(service, record->key) != NULL)
      text = mu_step_record_encode(step_record(service, record->key));
    expect_stored(sim, record->kind, record->service, record->key, text);
    break;
  case MU_RECORD_CONTEXT:
    expect_there(sim, record, g_hash_table_contains(sim->client->store->contexts, record->service));
    break;
  case MU_RECORD_CONFIG:
    expect_there(sim, record, service != NULL && mu_service_config(service, record->key) != NULL);
    break;
  case MU_RECORD_MARK:
    expect_there(sim, record, service != NULL && g_hash_table_contains(service->marks, record->key));
    break;
  case MU_RECORD_FILE:
    expect_there(sim, record, service != NULL && g_hash_table_contains(service->files, record->key));
    break;
  case MU_RECORD_HISTORY: expect_there(sim, record, remembers(service, record->key)); break;
  case MU_RECORD_WHY: expect_there(sim, record, is_explained(service, record->key)); break;
  case MU_RECORD_POD:
  case MU_RECORD_TASK:
  case MU_RECORD_STATUS:
  case MU_RECORD_PAUSE: expect_there(sim, record, FALSE); break;
  case MU_RECORD_FRAMEWORK:
  case MU_RECORD_GARBAGE: break; /* of no service */
  }
}

const MuSimCheck mu_sim_check_memory = {.name = "memory",
                                        .what = "the state in memory is the one that a restart would load",
                                        .pod = check_pod,
                                        .record = check_record,
                                        .whole = check_whole};
