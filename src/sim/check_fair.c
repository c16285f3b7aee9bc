/* No service starves: one that waits, and that an offer would fit as it came or as the launches before left it, is passed over
 * by no more launches of others than fairness.h promises. What an offer was is known from the cluster, and whether it fits is
 * found anew, so the scheduler's own order is not trusted.
 *
 * Under a limit of the footprint this holds for who has a turn to grow; and nobody else reserves when the turn of one that waits
 * for it should have come, by the bound of <muster/offer_discipline.h>. */
#include "sim_check.h"

#include "client_private.h"

typedef struct {
  guint64 passed;
  guint others, highest; /* the most there were beside it at a time, and their highest priority */
  gboolean may_grow;     /* after the drain before */
  gint64 turn_due_ms;    /* its turn has come by then; 0: it has it, or asks for none */
} Wait;

static const MuServiceSpec *target_of(MuSim *sim, const char *name) {
  const MuService *service = mu_manager_find(sim->client->manager, name);
  return service == NULL ? NULL : mu_service_target(service);
}

static guint priority_of(MuSim *sim, const char *name) {
  const MuServiceSpec *spec = target_of(sim, name);
  return spec == NULL ? 0 : spec->priority;
}

/* ---- turns to grow ---------------------------------------------------------------------------------------------------- */

static gboolean asks_for_turn(const MuService *service) {
  return service->record->turn_place > 0 && service->record->turn_since_ms < 0;
}

static gboolean has_turn(const MuSim *sim, const MuService *service) {
  return sim->footprint_limit == 0 || (service->record->turn_place > 0 && service->record->turn_since_ms >= 0);
}

static guint before_it(MuSim *sim, const MuService *service) {
  GHashTableIter iter;
  gpointer other = NULL;
  guint n = 0;
  g_hash_table_iter_init(&iter, sim->client->manager->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &other)) {
    gint64 place = ((const MuService *)other)->record->turn_place;
    n += place > 0 && place < service->record->turn_place;
  }
  return n;
}

/* From when it asked: the whole turns before its own, and what is left of those under way, which is one at most. */
static void note_turn(MuSim *sim, const MuService *service, Wait *wait) {
  wait->may_grow = has_turn(sim, service);
  if (sim->footprint_limit == 0 || !asks_for_turn(service))
    wait->turn_due_ms = 0;
  else if (wait->turn_due_ms == 0)
    wait->turn_due_ms = sim->now_ms + sim->turn_ms * (1 + before_it(sim, service) / sim->footprint_limit);
}

/* ---- what a drain launched ------------------------------------------------------------------------------------------ */

static gboolean fits(MuSim *sim, MuService *service, const MuOffer *offer) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  MuRandom random;
  mu_random_seed(&random, 1);
  for (guint i = 0; i < service->wanting->len; i++) {
    MuRequirement requirement;
    MuMatch match = {0};
    mu_service_requirement(service, service->wanting->pdata[i], &sim->client->effects, TRUE, &requirement);
    gboolean found = mu_evaluate(&requirement, offer, &random, outcome, &match);
    mu_match_clear(&match);
    if (found)
      return TRUE;
  }
  return FALSE;
}

/* Its turn should have come, and another one reserves. */
static void check_turn(MuSim *sim, const char *name, const Wait *wait) {
  if (wait->turn_due_ms != 0 && sim->now_ms > wait->turn_due_ms)
    mu_sim_check_fail(sim, &mu_sim_check_fair,
                      "%s waits for its turn to grow, which was due %" G_GINT64_FORMAT " ms ago, and another one grows",
                      name, sim->now_ms - wait->turn_due_ms);
}

static void count_passed(MuSim *sim, const char *owner, const MuOffer *offer) {
  GHashTableIter iter;
  gpointer name = NULL, wait = NULL;
  g_hash_table_iter_init(&iter, sim->checks->waits);
  while (g_hash_table_iter_next(&iter, &name, &wait)) {
    MuService *service = mu_manager_find(sim->client->manager, name);
    if (service == NULL || g_strcmp0(name, owner) == 0)
      continue;
    check_turn(sim, name, wait);
    if (((Wait *)wait)->may_grow && has_turn(sim, service) && fits(sim, service, offer))
      ((Wait *)wait)->passed++;
  }
}

/* As they are to be taken out of an offer that has them unreserved. */
static void take_out(MuOffer *offer, const MuResources *reserved) {
  for (guint i = 0; i < reserved->items->len; i++) {
    const MuResource *resource = reserved->items->pdata[i];
    g_autoptr(MuResource) plain = mu_resource_copy(resource);
    mu_resource_set_static(plain, resource->reservation.pre_reserved_role);
    mu_resources_subtract(offer->resources, plain);
  }
}

static const char *owner_of(const MuOperation *reserve) {
  return ((const MuResource *)reserve->resources->items->pdata[0])->reservation.namespace_;
}

/* All offers of the accept, which are of one agent, as one; NULL: it names none that is out. The caller frees. */
static MuOffer *whole_offer(MuSim *sim, const MuEngineCall *call) {
  MuOffer *whole = NULL;
  for (guint i = 0; i < call->offer_ids->len; i++) {
    const MuOffer *offer = g_hash_table_lookup(sim->checks->offered, call->offer_ids->pdata[i]);
    if (offer != NULL && whole != NULL)
      mu_resources_add_all(whole->resources, offer->resources);
    else if (offer != NULL)
      whole = mu_offer_copy(offer);
  }
  return whole;
}

static void look_at_accept(MuSim *sim, const MuEngineCall *call, GHashTable *launched) {
  g_autoptr(MuOffer) left = whole_offer(sim, call);
  const MuOperation *reserve = NULL;
  for (guint i = 0; left != NULL && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_RESERVE)
      reserve = operation;
    if (operation->kind != MU_OP_LAUNCH_GROUP || reserve == NULL)
      continue;
    count_passed(sim, owner_of(reserve), left);
    take_out(left, reserve->resources);
    g_hash_table_add(launched, (gpointer)owner_of(reserve));
    reserve = NULL;
  }
}

/* ---- who waits ------------------------------------------------------------------------------------------------------ */

static void note_beside(MuSim *sim, Wait *wait, const char *name, GHashTable *present) {
  GHashTableIter iter;
  gpointer other = NULL;
  guint others = 0;
  g_hash_table_iter_init(&iter, present);
  while (g_hash_table_iter_next(&iter, &other, NULL)) {
    if (g_strcmp0(other, name) == 0)
      continue;
    others++;
    wait->highest = MAX(wait->highest, priority_of(sim, other));
  }
  wait->others = MAX(wait->others, others);
}

static void update(MuSim *sim, const MuService *service, GHashTable *launched, GHashTable *present) {
  GHashTable *waits = sim->checks->waits;
  if (service->wanting->len == 0 || g_hash_table_contains(launched, service->name)) {
    g_hash_table_remove(waits, service->name);
    return;
  }
  Wait *wait = g_hash_table_lookup(waits, service->name);
  if (wait == NULL)
    g_hash_table_insert(waits, g_strdup(service->name), wait = g_new0(Wait, 1));
  note_beside(sim, wait, service->name, present);
  note_turn(sim, service, wait);
  guint64 bound = mu_fair_bound(priority_of(sim, service->name), wait->others, wait->highest);
  if (wait->passed > bound)
    mu_sim_check_fail(sim, &mu_sim_check_fair,
                      "%s was passed over by %" G_GUINT64_FORMAT " launches, more than the %" G_GUINT64_FORMAT
                      " allowed",
                      service->name, wait->passed, bound);
}

static void forget_gone(MuSim *sim) {
  GHashTableIter iter;
  gpointer name = NULL;
  g_hash_table_iter_init(&iter, sim->checks->waits);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    if (mu_manager_find(sim->client->manager, name) == NULL)
      g_hash_table_iter_remove(&iter);
}

static gboolean is_on(const MuSim *sim) {
  return sim->checks->every > 0;
}

static void on_drained(MuSim *sim, const MuOutput *output) {
  g_autoptr(GHashTable) launched = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) present = g_hash_table_new(g_str_hash, g_str_equal);
  g_auto(GStrv) names = is_on(sim) ? mu_multi_service_manager_names(sim->client->manager) : g_new0(char *, 1);
  for (guint i = 0; is_on(sim) && i < output->calls->len; i++)
    if (((MuEngineCall *)output->calls->pdata[i])->kind == MU_CALL_ACCEPT)
      look_at_accept(sim, output->calls->pdata[i], launched);
  for (guint i = 0; names[i] != NULL; i++)
    if (mu_manager_find(sim->client->manager, names[i])->wanting->len > 0 || g_hash_table_contains(launched, names[i]))
      g_hash_table_add(present, names[i]);
  for (guint i = 0; names[i] != NULL; i++)
    update(sim, mu_manager_find(sim->client->manager, names[i]), launched, present);
  forget_gone(sim);
}

static void on_offer(MuSim *sim, const MuOffer *offer) {
  if (is_on(sim))
    g_hash_table_insert(sim->checks->offered, g_strdup(offer->id), mu_offer_copy(offer));
}

/* A scheduler that starts knows nothing of who was passed over before. */
static void on_start(MuSim *sim) {
  g_hash_table_remove_all(sim->checks->waits);
  g_hash_table_remove_all(sim->checks->offered);
}

const MuSimCheck mu_sim_check_fair = {.name = "fair",
                                      .what = "a service that an offer fits is passed over only so many times",
                                      .start = on_start,
                                      .offer = on_offer,
                                      .drained = on_drained};
