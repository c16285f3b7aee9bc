/* The end of a pod instance's footprint: its tasks are killed, its volumes destroyed and its reservations given back as they
 * are offered; then it is erased (decommission, uninstall), or begins anew somewhere (replace). */
#include "service_private.h"

#include "bug.h"
#include "log.h"
#include "override.h"
#include "stored.h"

#include <string.h>

enum { STEP_KILL, STEP_RELEASE, STEP_ERASE };

gboolean mu_pod_is_leaving(const MuPod *pod) {
  if (pod->service->record->state != MU_SERVICE_RUNNING)
    return TRUE;
  return pod->record != NULL && pod->record->fate != MU_POD_KEEP;
}

static const char *const NAMES[] = {
    [STEP_KILL] = "kill-tasks", [STEP_RELEASE] = "unreserve-resources", [STEP_ERASE] = "erase"};

/* What code does first is done first, in whatever order it does that. */
static void require_all(MuStep *step, const MuPhase *phase, guint n) {
  for (guint i = 0; i < n; i++)
    mu_step_require(step, phase->steps->pdata[i]);
}

void mu_teardown_add_steps(MuService *service, MuPhase *phase, MuPod *pod) {
  guint before = phase->strategy == MU_STRATEGY_SERIAL ? 0 : phase->steps->len;
  for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++)
    require_all(mu_service_add_step(service, phase, pod, NAMES[i], 0), phase, before);
}

/* ---- turns --------------------------------------------------------------------------------------------------------- */

static guint which(const MuStep *step) {
  return step->index + (guint)G_N_ELEMENTS(NAMES) - step->phase->steps->len;
}

static gboolean holds_some(const MuPod *pod) {
  return pod->record != NULL && pod->record->entries->len > 0;
}

/* What is to be done now, found from the records: the steps' statuses are of before. */
static guint next_step(const MuPod *pod) {
  return mu_pod_has_live_task(pod) ? STEP_KILL : holds_some(pod) ? STEP_RELEASE : STEP_ERASE;
}

/* An operator does not hold it by an interrupt; and of instances that are decommissioned, which go one after the other, or as code
 * has it, and of those of an uninstall in which code has a say, it is this one's turn. TRUE for one that is replaced. */
static gboolean has_its_turn(const MuPod *pod) {
  if (pod->service->record->state == MU_SERVICE_RUNNING && !mu_pod_is_leaving_for_good(pod))
    return TRUE;
  guint next = next_step(pod);
  for (guint i = 0; i < pod->steps->len; i++) {
    const MuStep *step = pod->steps->pdata[i];
    if (step->tasks == 0 && step->work == NULL && which(step) == next)
      return mu_step_may_work(step);
  }
  return FALSE;
}

gboolean mu_teardown_has_begun(const MuPod *pod) {
  for (guint i = 0; i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    if (entry->state == MU_LEDGER_RELEASING && entry->agent_id == NULL)
      return TRUE;
  }
  for (guint i = 0; i < pod->tasks->len; i++)
    if (((const MuTask *)pod->tasks->pdata[i])->next_kill_ms != 0)
      return TRUE;
  return FALSE;
}

MuStatus mu_teardown_status(const MuStep *step) {
  const MuPod *pod = step->asset;
  gboolean live = mu_pod_has_live_task(pod), held = !has_its_turn(pod);
  switch (which(step)) {
  case STEP_KILL: return !live ? MU_STATUS_COMPLETE : held ? MU_STATUS_PENDING : MU_STATUS_STARTED;
  case STEP_RELEASE:
    return live               ? MU_STATUS_PENDING
           : !holds_some(pod) ? MU_STATUS_COMPLETE
           : held             ? MU_STATUS_PENDING
                              : MU_STATUS_STARTED;
  default: return pod->record != NULL || pod->tasks->len > 0 ? MU_STATUS_PENDING : MU_STATUS_COMPLETE;
  }
}

static gboolean mark_pod(MuStep *step, gpointer user) {
  (void)user;
  if (step->asset != NULL)
    mu_pod_mark_dirty(step->asset);
  return TRUE;
}

static void mark_phase(const MuPhase *phase) {
  for (guint i = 0; i < phase->steps->len; i++)
    mark_pod(phase->steps->pdata[i], NULL);
}

gboolean mu_teardown_is_idle(const MuStep *step) {
  const MuStep *last = step->phase->steps->pdata[step->phase->steps->len - 1];
  const MuPod *pod = last->asset;
  return pod != NULL && last->tasks == 0 && last->part == NULL && !mu_pod_has_records(pod);
}

void mu_teardown_take_turns(const MuService *service, const MuPhase *after) {
  const MuPlan *plan = after->plan;
  if (plan != service->decommission && service->record->state == MU_SERVICE_RUNNING)
    return;
  if (plan->strategy != MU_STRATEGY_PARALLEL)
    mu_plan_candidates(plan, mark_pod, NULL);
  for (guint i = 0; after->requires.by != NULL && i < after->requires.by->len; i++)
    mark_phase(after->requires.by->pdata[i]);
}

/* ---- releasing ----------------------------------------------------------------------------------------------------- */

/* The engine's operator asserted that the agent is gone: it never comes back, and nothing on it is left (TASK_GONE_BY_OPERATOR
 * in mesos.proto). That is proof enough for the ledger. */
static gboolean agent_is_gone(const MuPod *pod) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (task->status != NULL && task->status->state == MU_TASK_GONE_BY_OPERATOR &&
        g_strcmp0(task->record->agent_id, pod->record->agent_id) == 0)
      return TRUE;
  }
  return FALSE;
}

/* No task lives: what is left may be given back. `changed`: its record has to be stored in any case. An entry whose RESERVE was never proven may not exist at all: then its
 * absence from an offer is proof enough. */
static void begin_release(MuPod *pod, gboolean changed, MuEffects *effects) {
  for (guint i = 0; i < pod->record->entries->len; i++) {
    MuLedgerEntry *entry = pod->record->entries->pdata[i];
    if (entry->state == MU_LEDGER_RELEASING)
      continue;
    entry->asked = entry->state == MU_LEDGER_PLANNED;
    mu_ledger_entry_move(entry, MU_LEDGER_RELEASING);
    changed = TRUE;
  }
  if (changed) {
    pod->service->wants_more = TRUE;
    mu_pod_put(pod, effects);
  }
}

static void forget_tasks(MuPod *pod, MuEffects *effects) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    MuTask *task = pod->tasks->pdata[i];
    if (task->record->failures != 0) {
      task->record->failures = 0; /* what comes is a new beginning: no backoff from the old place */
      mu_task_put(task, effects);
    }
  }
}

/* Nothing is held any more. */
static void end_release(MuPod *pod, MuEffects *effects) {
  MuService *service = pod->service;
  if (service->record->state != MU_SERVICE_RUNNING || pod->record->fate == MU_POD_ERASE) {
    mu_service_erase_pod(service, pod, effects);
    return;
  }
  if (pod->record->entries->len > 0) {
    pod->record->fate = MU_POD_KEEP; /* what it left behind stays in its ledger */
    mu_pod_record_clear_place(pod->record);
    mu_pod_put(pod, effects);
  } else {
    mu_stored_delete(service, MU_RECORD_POD, pod->name, &pod->record_bytes, effects);
    mu_pod_take_record(pod, NULL);
  }
  forget_tasks(pod, effects);
  service->wants_more = TRUE; /* other offers than before will do */
}

static void drop_entry(MuPod *pod, guint i) {
  const MuLedgerEntry *entry = pod->record->entries->pdata[i];
  mu_pod_forget_reservation(pod, entry);
  mu_ledger_entry_free(mu_items_steal_index(pod->record->entries, i));
}

static void drop_entries_on(MuPod *pod, const char *agent_id) {
  for (guint i = pod->record->entries->len; i > 0; i--)
    if (g_strcmp0(mu_pod_record_entry_agent(pod->record, pod->record->entries->pdata[i - 1]), agent_id) == 0)
      drop_entry(pod, i - 1);
}

/* Only what an instance has at its own place keeps it from beginning anew elsewhere. */
static gboolean holds(const MuPod *pod) {
  gboolean replaced = pod->service->record->state == MU_SERVICE_RUNNING && pod->record->fate == MU_POD_REPLACE;
  guint n = 0;
  for (guint i = 0; i < pod->record->entries->len; i++)
    n += !replaced || ((MuLedgerEntry *)pod->record->entries->pdata[i])->agent_id == NULL;
  return n > 0;
}

static void kill_all(MuPod *pod, MuEffects *effects) {
  for (guint i = 0; i < pod->tasks->len; i++)
    mu_task_kill(pod->tasks->pdata[i], effects);
}

void mu_teardown_advance(MuPod *pod, MuEffects *effects) {
  if (!mu_pod_is_leaving(pod) || !has_its_turn(pod))
    return;
  if (mu_pod_has_live_task(pod)) {
    kill_all(pod, effects);
    return;
  }
  guint before = pod->record == NULL ? 0 : pod->record->entries->len;
  if (pod->record != NULL && agent_is_gone(pod))
    drop_entries_on(pod, pod->record->agent_id);
  if (pod->record != NULL && holds(pod))
    begin_release(pod, pod->record->entries->len < before, effects);
  else if (pod->record != NULL)
    end_release(pod, effects);
  else if (pod->service->record->state != MU_SERVICE_RUNNING && pod->tasks->len > 0)
    mu_service_erase_pod(pod->service, pod, effects);
}

static gboolean is_unreachable(const MuTask *task) {
  return task->status != NULL && task->status->state == MU_TASK_UNREACHABLE;
}

static gboolean only_unreachable_live(const MuPod *pod) {
  for (guint i = 0; i < pod->tasks->len; i++)
    if (mu_task_is_alive(pod->tasks->pdata[i]) && !is_unreachable(pod->tasks->pdata[i]))
      return FALSE;
  return TRUE;
}

/* A run that is forgotten may use what was never proven: only its release, and no absence from an offer, is proof then. */
static void leave_entries(MuPod *pod, gboolean in_use) {
  for (guint i = 0; i < pod->record->entries->len; i++) {
    MuLedgerEntry *entry = pod->record->entries->pdata[i];
    gboolean planned = entry->agent_id == NULL && entry->state == MU_LEDGER_PLANNED;
    mu_ledger_entry_leave(entry, pod->record);
    if (planned && in_use)
      entry->asked = FALSE;
  }
}

static void forget_unreachable(MuPod *pod, MuEffects *effects) {
  for (guint i = pod->tasks->len; i > 0; i--)
    if (is_unreachable(pod->tasks->pdata[i - 1]))
      mu_pod_erase_task(pod, pod->tasks->pdata[i - 1], effects);
}

gint64 mu_teardown_give_up_ms(const MuPod *pod) {
  gint64 since_ms = pod->lost_ms != 0 && pod->lost_ms < pod->leaving_ms ? pod->lost_ms : pod->leaving_ms;
  return since_ms + MU_GIVE_UP_MS;
}

void mu_teardown_give_up(MuPod *pod, MuEffects *effects) {
  if (pod->service->record->state != MU_SERVICE_RUNNING || pod->record->fate != MU_POD_REPLACE ||
      !only_unreachable_live(pod)) {
    pod->leaving_ms = effects->now_ms; /* it waits on: for as long again */
    pod->lost_ms = pod->lost_ms == 0 ? 0 : effects->now_ms;
    return;
  }
  mu_log(
      MU_LOG_WARNING,
      "%s of %s begins anew elsewhere and leaves behind what it has on %s, which does not give it back; it is ended and "
      "given back when that returns",
      pod->name, pod->service->name, pod->record->hostname == NULL ? "an unknown agent" : pod->record->hostname);
  mu_override_ask_lost(pod, effects);
  leave_entries(pod, mu_pod_has_live_task(pod));
  forget_unreachable(pod, effects);
  mu_pod_put(pod, effects);
}

void mu_teardown_agent_gone(MuService *service, const char *agent_id, MuEffects *effects) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuPod *pod = value;
    gboolean elsewhere = pod->record != NULL && g_strcmp0(pod->record->agent_id, agent_id) != 0;
    guint before = elsewhere ? pod->record->entries->len : 0;
    if (elsewhere)
      drop_entries_on(pod, agent_id);
    if (elsewhere && pod->record->entries->len < before)
      mu_pod_put(pod, effects);
  }
}

void mu_teardown_forget(MuPod *pod, MuEffects *effects) {
  if (!only_unreachable_live(pod))
    return;
  mu_service_erase_pod(pod->service, pod, effects);
  pod->service->wants_more = TRUE; /* what is there all the same is nobody's now, and cleaned up when it is offered */
}

/* ---- offers -------------------------------------------------------------------------------------------------------- */

/* What is reserved for a role is offered to no other of ours: an offer to another role says nothing of it (roles.h). */
static gboolean offer_is_for(const MuOffer *offer, const MuLedgerEntry *entry) {
  return offer->role == NULL || strcmp(offer->role, entry->resource->reservation.role) == 0;
}

static gboolean offer_shows(const MuOffer *offer, const MuLedgerEntry *entry) {
  return mu_resources_by_id(offer->resources, entry->resource->reservation.resource_id) != NULL;
}

void mu_service_on_agent_offer(MuService *service, MuPod *pod, const MuOffer *offer, MuEffects *effects) {
  gboolean changed = FALSE;
  mu_assert(pod->service == service);
  for (guint i = pod->record == NULL ? 0 : pod->record->entries->len; i > 0; i--) {
    MuLedgerEntry *entry = pod->record->entries->pdata[i - 1];
    if (g_strcmp0(mu_pod_record_entry_agent(pod->record, entry), offer->agent_id) != 0)
      continue;
    gboolean shown = offer_shows(offer, entry);
    if (shown && entry->state == MU_LEDGER_PLANNED) {
      mu_ledger_entry_move(entry, MU_LEDGER_HELD);
      changed = TRUE;
    } else if (!shown && entry->state == MU_LEDGER_RELEASING && entry->asked && offer_is_for(offer, entry)) {
      drop_entry(pod, i - 1);
      changed = TRUE;
    }
  }
  if (changed)
    mu_pod_put(pod, effects);
}

void mu_service_release(MuService *service, MuPod *pod, const MuOffer *offer, MuItems *operations, MuEffects *effects) {
  g_autoptr(MuResources) destroy = mu_resources_new();
  g_autoptr(MuResources) unreserve = mu_resources_new();
  gboolean changed = FALSE;
  mu_assert(pod->service == service);
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    MuLedgerEntry *entry = pod->record->entries->pdata[i];
    const MuResource *offered = mu_resources_by_id(offer->resources, entry->resource->reservation.resource_id);
    if (entry->state != MU_LEDGER_RELEASING || offered == NULL)
      continue;
    g_autoptr(MuResource) plain = mu_resource_without_volume(offered);
    if (offered->persistence_id != NULL)
      mu_resources_add(destroy, offered);
    mu_resources_add(unreserve, plain);
    changed |= !entry->asked;
    entry->asked = TRUE;
    if (entry->agent_id != NULL)
      pod->left_ms = effects->now_ms; /* it is back: until an offer comes without it */
  }
  if (destroy->items->len > 0)
    mu_items_add(operations, mu_operation_new(MU_OP_DESTROY, g_steal_pointer(&destroy), NULL));
  if (unreserve->items->len > 0)
    mu_items_add(operations, mu_operation_new(MU_OP_UNRESERVE, g_steal_pointer(&unreserve), NULL));
  if (changed)
    mu_pod_put(pod, effects);
}
