#include "evaluate.h"

#include "bug.h"
#include "placement.h"
#include "quota.h"

#include <string.h>

/* One evaluation under way: what is still unreserved of the offer, and the match that grows. */
typedef struct {
  const MuRequirement *requirement;
  const MuOffer *offer;
  MuRandom *random;
  MuOutcome *outcome;
  const char *pre_reserved_role;  /* that is taken from; NULL: what is unreserved is */
  char *role;                     /* that reservations are made for */
  gint64 free[MU_RESOURCE_PORTS]; /* unreserved scalars left, by kind */
  GArray *free_ports;             /* made when a port is wanted */
  GHashTable *mounts_taken;       /* roots of MOUNT disks given out by this match */
  MuMatch match;
} Evaluation;

void mu_match_clear(MuMatch *match) {
  g_clear_pointer(&match->record, mu_pod_record_free);
  g_clear_pointer(&match->unreserve, mu_resources_free);
  g_clear_pointer(&match->reserve, mu_resources_free);
  g_clear_pointer(&match->create, mu_resources_free);
  g_clear_pointer(&match->taken, mu_resources_free);
}

/* ---- small questions ----------------------------------------------------------------------------------------------- */

static const char *agent_name(const Evaluation *e) {
  return e->offer->hostname;
}

static gboolean is_on_root_disk(const MuResource *resource) {
  return resource->mount_root == NULL;
}

static MuStage stage_of_kind(MuResourceKind kind) {
  static const MuStage STAGES[] = {[MU_RESOURCE_CPUS] = MU_STAGE_CPUS,
                                   [MU_RESOURCE_MEM] = MU_STAGE_MEMORY,
                                   [MU_RESOURCE_DISK] = MU_STAGE_DISK,
                                   [MU_RESOURCE_GPUS] = MU_STAGE_GPUS,
                                   [MU_RESOURCE_PORTS] = MU_STAGE_PORTS};
  return STAGES[kind];
}

/* The instance owns something that binds it to its agent, or runs there. */
static gboolean is_bound(const MuRequirement *requirement) {
  const MuPodRecord *record = requirement->record;
  if (record == NULL || record->agent_id == NULL)
    return FALSE;
  if (requirement->executor_live)
    return TRUE;
  for (guint i = 0; i < record->entries->len; i++)
    if (((MuLedgerEntry *)record->entries->pdata[i])->state == MU_LEDGER_HELD)
      return TRUE;
  return FALSE;
}

/* What a reservation may be made of: the unreserved resources, or the operator's for the pre-reserved role. */
static gboolean is_reservable(const Evaluation *e, const MuResource *resource) {
  return e->pre_reserved_role == NULL ? !mu_resource_is_reserved(resource)
                                      : mu_resource_is_static_for(resource, e->pre_reserved_role);
}

/* What the service has in the store is bounded. */
static gboolean stage_budget(Evaluation *e) {
  const MuRequirement *r = e->requirement;
  if (r->max_stored_bytes == 0)
    return TRUE;
  g_autofree char *detail =
      g_strdup_printf("the service stores %" G_GSIZE_FORMAT " bytes, and may store %" G_GSIZE_FORMAT, r->stored_bytes,
                      r->max_stored_bytes);
  mu_outcome_refuse(e->outcome, MU_STAGE_BUDGET, NULL, detail);
  return FALSE;
}

/* ---- stages before resources --------------------------------------------------------------------------------------- */

static gboolean stage_agent(Evaluation *e) {
  const MuPodRecord *record = e->requirement->record;
  if (!is_bound(e->requirement) || strcmp(record->agent_id, e->offer->agent_id) == 0)
    return TRUE;
  g_autofree char *detail = g_strdup_printf("its reserved resources are on %s", record->hostname);
  mu_outcome_refuse(e->outcome, MU_STAGE_AGENT, agent_name(e), detail);
  return FALSE;
}

static gboolean stage_role(Evaluation *e) {
  const char *offered = e->offer->role;
  if (offered == NULL || strcmp(offered, e->role) == 0)
    return TRUE;
  g_autofree char *detail = g_strdup_printf("it is offered to role %s, and the pod needs role %s", offered, e->role);
  mu_outcome_refuse(e->outcome, MU_STAGE_ROLE, agent_name(e), detail);
  return FALSE;
}

/* A pod that stays where it is keeps its place even when the rule would now refuse it. */
static gboolean stage_placement(Evaluation *e) {
  const MuRequirement *r = e->requirement;
  if (r->pod->placement == NULL || is_bound(r))
    return TRUE;
  char *detail = NULL;
  if (mu_placement_passes(r->pod->placement, r->pod->type, r->index, e->offer, r->pods, &detail))
    return TRUE;
  mu_outcome_refuse(e->outcome, MU_STAGE_PLACEMENT, agent_name(e), detail);
  g_free(detail);
  return FALSE;
}

/* ---- reserving anew ------------------------------------------------------------------------------------------------ */

static gboolean refuse_discipline(Evaluation *e) {
  mu_outcome_refuse(e->outcome, MU_STAGE_DISCIPLINE, NULL, "other services are growing now; its turn comes");
  return FALSE;
}

static void label(Evaluation *e, MuResource *resource, const char *resource_id) {
  const MuRequirement *r = e->requirement;
  MuUuid id;
  if (resource_id == NULL) {
    id = mu_uuid_new(e->random);
    resource_id = id.text;
  }
  mu_resource_set_reservation(resource, e->role, resource_id, r->service, r->principal);
  mu_resource_refine(resource, e->pre_reserved_role);
}

static void take_unreserved(Evaluation *e, MuResourceKind kind, gint64 amount) {
  g_autoptr(MuResource) plain = mu_resource_new_scalar(kind, amount);
  mu_resource_set_static(plain, e->pre_reserved_role);
  mu_resources_add(e->match.taken, plain);
  e->free[kind] -= amount;
}

static gboolean has_unreserved(Evaluation *e, MuResourceKind kind, gint64 amount) {
  if (e->free[kind] >= amount)
    return TRUE;
  mu_outcome_refuse_amount(e->outcome, stage_of_kind(kind), agent_name(e), amount, e->free[kind]);
  return FALSE;
}

/* A volume on an entry: the disk is reserved first, then made into a volume. */
static void make_volume(Evaluation *e, MuResource *disk, const char *path) {
  mu_resources_add(e->match.reserve, disk);
  disk->persistence_id = g_strdup(mu_uuid_new(e->random).text);
  disk->container_path = g_strdup(path);
  mu_resources_add(e->match.create, disk);
}

static void keep_entry(Evaluation *e, MuResource *take_resource, const MuWant *want) {
  mu_items_add(e->match.record->entries, mu_ledger_entry_new(take_resource, want->set, want->what));
}

static gboolean reserve_scalar(Evaluation *e, const MuWant *want) {
  if (!has_unreserved(e, want->kind, want->amount))
    return FALSE;
  take_unreserved(e, want->kind, want->amount);
  MuResource *resource = mu_resource_new_scalar(want->kind, want->amount);
  label(e, resource, NULL);
  if (want->volume != NULL)
    make_volume(e, resource, want->volume->path);
  else
    mu_resources_add(e->match.reserve, resource);
  keep_entry(e, resource, want);
  return TRUE;
}

static gboolean profile_fits(const MuVolumeSpec *volume, const MuResource *disk) {
  if (volume->profiles == NULL || volume->profiles[0] == NULL)
    return TRUE;
  return disk->profile != NULL && g_strv_contains((const char *const *)volume->profiles, disk->profile);
}

/* A MOUNT volume takes a whole disk. */
static gboolean reserve_mount(Evaluation *e, const MuWant *want) {
  gint64 largest = 0;
  const GPtrArray *items = e->offer->resources->items;
  for (guint i = 0; i < items->len; i++) {
    const MuResource *disk = items->pdata[i];
    if (disk->kind != MU_RESOURCE_DISK || disk->mount_root == NULL || !is_reservable(e, disk) ||
        g_hash_table_contains(e->mounts_taken, disk->mount_root) || !profile_fits(want->volume, disk))
      continue;
    largest = MAX(largest, disk->amount);
    if (disk->amount < want->amount)
      continue;
    g_hash_table_add(e->mounts_taken, disk->mount_root);
    mu_resources_add(e->match.taken, disk);
    MuResource *resource = mu_resource_copy(disk);
    label(e, resource, NULL);
    make_volume(e, resource, want->volume->path);
    keep_entry(e, resource, want);
    return TRUE;
  }
  mu_outcome_refuse_amount(e->outcome, MU_STAGE_DISK, agent_name(e), want->amount, largest);
  return FALSE;
}

/* ---- ports --------------------------------------------------------------------------------------------------------- */

static void collect_free_ports(Evaluation *e) {
  if (e->free_ports != NULL)
    return;
  e->free_ports = mu_ranges_new();
  const GPtrArray *items = e->offer->resources->items;
  for (guint i = 0; i < items->len; i++) {
    const MuResource *resource = items->pdata[i];
    if (resource->kind != MU_RESOURCE_PORTS || !is_reservable(e, resource))
      continue;
    for (guint j = 0; j < resource->ranges->len; j++) {
      const MuRange *range = &g_array_index(resource->ranges, MuRange, j);
      mu_ranges_add(e->free_ports, range->begin, range->end);
    }
  }
}

static gint64 in_range(const MuPortSpec *port, guint i, const MuRange *free, gint64 *ret_begin) {
  gint64 begin = free->begin, end = free->end;
  if (port->n_ranges > 0) {
    begin = MAX(begin, port->ranges[i].begin);
    end = MIN(end, port->ranges[i].end);
  }
  *ret_begin = begin;
  return end >= begin ? end - begin + 1 : 0;
}

/* The n-th free port that the spec allows; with n = G_MAXINT64 only counts them in ret_count. */
static gint64 nth_port(const MuPortSpec *port, const GArray *free_ports, gint64 n, gint64 *ret_count) {
  gint64 seen = 0, begin = 0;
  guint n_ranges = MAX(port->n_ranges, 1);
  for (guint i = 0; i < n_ranges; i++) {
    for (guint j = 0; j < free_ports->len; j++) {
      gint64 count = in_range(port, i, &g_array_index(free_ports, MuRange, j), &begin);
      if (n - seen < count)
        return begin + (n - seen);
      seen += count;
    }
  }
  *ret_count = seen;
  return 0;
}

/* 0: none. Spread at random, so that a restarted task's port is not at once another's. */
static gint64 choose_port(Evaluation *e, const MuPortSpec *port) {
  gint64 count = 0;
  if (port->port != 0)
    return mu_ranges_contain(e->free_ports, port->port, port->port) ? port->port : 0;
  nth_port(port, e->free_ports, G_MAXINT64, &count);
  if (count == 0)
    return 0;
  return nth_port(port, e->free_ports, (gint64)mu_random_below(e->random, (guint64)count), &count);
}

static gboolean refuse_port(Evaluation *e, const MuPortSpec *port) {
  g_autofree char *detail = port->port != 0 ? g_strdup_printf("port %u (%s) is not free", port->port, port->name)
                                            : g_strdup_printf("no free port for %s", port->name);
  mu_outcome_refuse(e->outcome, MU_STAGE_PORTS, agent_name(e), detail);
  return FALSE;
}

static gboolean reserve_port(Evaluation *e, const MuWant *want) {
  collect_free_ports(e);
  gint64 number = choose_port(e, want->port);
  if (number == 0)
    return refuse_port(e, want->port);
  mu_ranges_subtract(e->free_ports, number, number);
  MuResource *resource = mu_resource_new_ports(number, number);
  mu_resource_set_static(resource, e->pre_reserved_role);
  mu_resources_add(e->match.taken, resource);
  label(e, resource, NULL);
  mu_resources_add(e->match.reserve, resource);
  keep_entry(e, resource, want);
  return TRUE;
}

static gboolean reserve_new(Evaluation *e, const MuWant *want) {
  if (!e->requirement->may_reserve)
    return refuse_discipline(e);
  if (want->kind == MU_RESOURCE_PORTS)
    return reserve_port(e, want);
  if (want->volume != NULL && want->volume->type == MU_VOLUME_MOUNT)
    return reserve_mount(e, want);
  return reserve_scalar(e, want);
}

/* ---- what it owns already ------------------------------------------------------------------------------------------ */

static gboolean port_still_fits(const MuLedgerEntry *entry, const MuPortSpec *port) {
  gint64 number = g_array_index(entry->resource->ranges, MuRange, 0).begin;
  if (port->port != 0)
    return port->port == number;
  gboolean fits = port->n_ranges == 0;
  for (guint i = 0; i < port->n_ranges; i++)
    fits |= number >= port->ranges[i].begin && number <= port->ranges[i].end;
  return fits;
}

/* The configuration asks for another amount than the entry holds: the difference is reserved or given back, under the
 * same resource id. Volumes keep their size. */
static gboolean resize(Evaluation *e, MuLedgerEntry *entry, const MuWant *want) {
  gint64 more = want->amount - entry->resource->amount;
  if (want->kind == MU_RESOURCE_PORTS || want->volume != NULL || more == 0)
    return TRUE;
  g_autoptr(MuResource) difference = mu_resource_copy(entry->resource);
  difference->amount = ABS(more);
  if (more > 0) {
    if (!e->requirement->may_reserve)
      return refuse_discipline(e);
    if (!has_unreserved(e, want->kind, more))
      return FALSE;
    take_unreserved(e, want->kind, more);
    mu_resources_add(e->match.reserve, difference);
  } else {
    mu_resources_add(e->match.unreserve, difference);
  }
  entry->resource->amount = want->amount;
  return TRUE;
}

static gboolean refuse_not_offered(Evaluation *e, const MuLedgerEntry *entry) {
  g_autofree char *what = mu_resource_to_string(entry->resource);
  g_autofree char *detail = g_strdup_printf("its own %s is not offered yet", what);
  mu_outcome_refuse(e->outcome, MU_STAGE_RESERVED, agent_name(e), detail);
  return FALSE;
}

static void drop_entry(Evaluation *e, MuLedgerEntry *entry) {
  if (mu_items_remove(e->match.record->entries, entry))
    mu_ledger_entry_free(entry);
}

static gboolean give_back(Evaluation *e, MuLedgerEntry *entry) {
  mu_resources_add(e->match.unreserve, entry->resource);
  drop_entry(e, entry);
  return TRUE;
}

/* The agent's word about the entry counts, not the ledger's: after a crash between the record of a change and the change
 * itself, a scalar may have its old amount, and a volume may lack its CREATE. FALSE: the offer does not have it. */
static gboolean align_entry(Evaluation *e, MuLedgerEntry *entry, const MuWant *want) {
  const MuResource *offered = mu_resources_by_id(e->offer->resources, entry->resource->reservation.resource_id);
  if (offered == NULL)
    return FALSE;
  mu_resources_add(e->match.taken, offered);
  if (want->volume != NULL && offered->persistence_id == NULL)
    mu_resources_add(e->match.create, entry->resource);
  else if (want->kind != MU_RESOURCE_PORTS)
    entry->resource->amount = offered->amount;
  return TRUE;
}

static gboolean use_entry(Evaluation *e, MuLedgerEntry *entry, const MuWant *want) {
  if (!align_entry(e, entry, want)) {
    if (entry->state == MU_LEDGER_HELD)
      return refuse_not_offered(e, entry);
    drop_entry(e, entry); /* it never happened */
    return reserve_new(e, want);
  }
  if (want->kind == MU_RESOURCE_PORTS && !port_still_fits(entry, want->port)) {
    give_back(e, entry);
    return reserve_new(e, want);
  }
  if (entry->state == MU_LEDGER_PLANNED)
    mu_ledger_entry_move(entry, MU_LEDGER_HELD);
  return resize(e, entry, want);
}

static gboolean stage_want(Evaluation *e, const MuWant *want) {
  MuLedgerEntry *entry = mu_pod_record_find(e->match.record, want->set, want->kind, want->what);
  if (entry != NULL)
    return use_entry(e, entry, want);
  return reserve_new(e, want);
}

/* ---- the recipe ---------------------------------------------------------------------------------------------------- */

static gboolean is_dynamic_port(const MuWant *want) {
  return want->port != NULL && want->port->port == 0;
}

static gboolean stage_wants(Evaluation *e, const GArray *wants, gboolean dynamic) {
  for (guint i = 0; i < wants->len; i++) {
    const MuWant *want = &g_array_index(wants, MuWant, i);
    if (is_dynamic_port(want) == dynamic && !stage_want(e, want))
      return FALSE;
  }
  return TRUE;
}

/* Dynamic ports last: none may be drawn that a static one needs. */
static gboolean stage_resources(Evaluation *e) {
  const MuRequirement *r = e->requirement;
  g_autoptr(GArray) wants = mu_wants_list(r->pod, r->tasks, !r->executor_live, &r->overhead);
  return stage_wants(e, wants, FALSE) && stage_wants(e, wants, TRUE);
}

/* The difference that the launch makes to what the service holds. */
static gboolean stage_quota(Evaluation *e) {
  const MuRequirement *r = e->requirement;
  if (r->quota == NULL)
    return TRUE;
  MuQuota more = mu_quota_of_record(e->match.record), before = mu_quota_of_record(r->record);
  mu_quota_subtract(&more, &before);
  g_autofree char *detail = mu_quota_exceeded(r->quota, r->held, &more);
  if (detail != NULL)
    mu_outcome_refuse(e->outcome, MU_STAGE_QUOTA, NULL, detail);
  return detail == NULL;
}

/* The instance goes elsewhere with nothing. Whether a RESERVE happened where it was, only that agent's offers tell. */
static void leave_old_place(Evaluation *e) {
  const MuPodRecord *old = e->requirement->record;
  if (old == NULL || old->agent_id == NULL || strcmp(old->agent_id, e->offer->agent_id) == 0)
    return;
  const MuItems *entries = e->match.record->entries;
  for (guint i = 0; i < entries->len; i++)
    mu_ledger_entry_leave(entries->pdata[i], old);
}

static void begin(Evaluation *e) {
  const MuRequirement *r = e->requirement;
  for (guint kind = 0; kind < MU_RESOURCE_PORTS; kind++)
    e->free[kind] = 0;
  const GPtrArray *items = e->offer->resources->items;
  for (guint i = 0; i < items->len; i++) {
    const MuResource *resource = items->pdata[i];
    if (resource->kind != MU_RESOURCE_PORTS && is_reservable(e, resource) && is_on_root_disk(resource))
      e->free[resource->kind] += resource->amount;
  }
  e->mounts_taken = g_hash_table_new(g_str_hash, g_str_equal);
  e->match.record = r->record != NULL ? mu_pod_record_copy(r->record) : mu_pod_record_new(r->pod->type, r->index);
  e->match.unreserve = mu_resources_new();
  e->match.reserve = mu_resources_new();
  e->match.create = mu_resources_new();
  e->match.taken = mu_resources_new();
  g_free(e->match.record->role);
  e->match.record->role = g_strdup(e->role);
  leave_old_place(e);
}

static void find_roles(Evaluation *e) {
  const MuRequirement *r = e->requirement;
  const char *kept = r->record == NULL ? NULL : mu_pod_record_held_role(r->record);
  e->pre_reserved_role = e->offer->role == NULL ? NULL : r->pod->pre_reserved_role;
  if (kept != NULL)
    e->role = g_strdup(kept);
  else
    e->role = mu_role_of_pod(r->role, e->pre_reserved_role);
}

/* The match is filled, or clear when it does not fit. */
static gboolean with_resources(Evaluation *e) {
  begin(e);
  gboolean fits = stage_resources(e) && stage_quota(e);
  g_clear_pointer(&e->free_ports, g_array_unref);
  g_hash_table_unref(e->mounts_taken);
  if (!fits)
    mu_match_clear(&e->match);
  return fits;
}

gboolean mu_evaluate(const MuRequirement *requirement, const MuOffer *offer, MuRandom *random, MuOutcome *outcome,
                     MuMatch *ret_match) {
  Evaluation e = {.requirement = requirement, .offer = offer, .random = random, .outcome = outcome};
  outcome->offers++;
  find_roles(&e);
  gboolean fits = stage_budget(&e) && stage_agent(&e) && stage_role(&e) && stage_placement(&e) && with_resources(&e);
  g_free(e.role);
  if (!fits)
    return FALSE;
  mu_pod_record_set_place(e.match.record, offer);
  *ret_match = e.match;
  return TRUE;
}
