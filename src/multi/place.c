/* Which of the services that wait is given what of the offers that are held. A drain does a bounded part of it; what is left is
 * done in the next one, which follows at once, while the store commits this one's. */
#include "client_private.h"

/* A step with what it needs, and the reasons why it waits: `before` has the counts of this attempt's begin. */
typedef struct {
  MuService *service;
  MuStep *step;
  MuRequirement requirement;
  MuOutcome *outcome;
  MuOutcome before;
} Attempt;

static void log_attempt(MuMultiServiceEventClient *client, const Attempt *attempt, const char *host) {
  const MuPod *pod = attempt->step->asset;
  mu_offer_log_add(&attempt->service->offer_log, pod->name, &attempt->before, attempt->outcome, host,
                   client->effects.now_ms);
}

typedef enum { FOUND_NO_PLACE, LAUNCHED_ON_ITS_OWN, LAUNCHED_ANEW } Placed;

static Placed try_group(MuMultiServiceEventClient *client, const Attempt *attempt, MuOfferGroup *group) {
  MuMatch match = {0};
  client->counters.evaluations++;
  if (!mu_evaluate(&attempt->requirement, group->offer, &client->effects.random, attempt->outcome, &match))
    return FOUND_NO_PLACE;
  Placed placed = match.reserve->items->len > 0 ? LAUNCHED_ANEW : LAUNCHED_ON_ITS_OWN;
  log_attempt(client, attempt, group->offer->hostname);
  for (guint i = 0; i < match.taken->items->len; i++)
    mu_resources_subtract(group->offer->resources, match.taken->items->pdata[i]);
  mu_service_launch(attempt->service, attempt->step, &attempt->requirement, &match, group->operations,
                    &client->effects);
  client->counters.launches++;
  return placed;
}

static gboolean may_reserve(MuMultiServiceEventClient *client, const MuService *service) {
  const MuOfferDisciplineOps *ops = client->discipline->ops;
  return ops->update == NULL ||
         (service->grows && ops->may_reserve(client->discipline, service->name, client->effects.now_ms));
}

/* What it was thought to own is not there: an accept that found its offer gone has reserved nothing. So it asks for a turn. */
static void note_refused_growth(MuMultiServiceEventClient *client, const Attempt *attempt) {
  const MuStageResult *now = &attempt->outcome->stages[MU_STAGE_DISCIPLINE];
  if (attempt->service->grows || now->refused == attempt->before.stages[MU_STAGE_DISCIPLINE].refused)
    return;
  mu_client_mark_dirty(client, attempt->service);
  client->carry_on = TRUE;
}

static Placed place_step(MuMultiServiceEventClient *client, MuService *service, MuStep *step) {
  Attempt attempt = {.service = service, .step = step, .outcome = mu_service_outcome(service, step)};
  attempt.before = *attempt.outcome;
  mu_service_requirement(service, step, &client->effects, may_reserve(client, service), &attempt.requirement);
  guint n = client->group_order->len;
  for (guint i = 0; i < n; i++) {
    guint at = (client->group_cursor + i) % n;
    MuOfferGroup *group = client->group_order->pdata[at];
    if (group->round <= service->fruitless_round)
      continue; /* it was of no use to the service before, and has not become more */
    Placed placed = try_group(client, &attempt, group);
    if (placed == FOUND_NO_PLACE)
      continue;
    client->group_cursor = at;
    return placed;
  }
  log_attempt(client, &attempt, NULL);
  note_refused_growth(client, &attempt);
  mu_why_keep(step->asset, &client->effects);
  return FOUND_NO_PLACE;
}

/* How far a drain has come. */
typedef struct {
  GHashTable *by_service; /* MuService* to Progress, owned */
  GPtrArray *order;       /* of Progress*, as they were begun */
  guint64 evaluations, launches;
} Drain;

/* … with a service. */
typedef struct {
  MuService *service;
  guint next;     /* index in `wanting` */
  guint tried;    /* steps in this drain */
  guint launched; /* of them */
  gboolean ended;
} Progress;

/* The drain has done enough: who reads or commands has waited for its end long enough, and the store can begin. */
static gboolean is_spent(const MuMultiServiceEventClient *client, const Drain *drain) {
  return client->counters.launches - drain->launches >= MU_LAUNCHES_PER_DRAIN ||
         client->counters.evaluations - drain->evaluations >= MU_EVALUATIONS_PER_DRAIN;
}

/* The next of its steps that finds a place, but not more of them than a drain has room for. */
static Placed place_next(MuMultiServiceEventClient *client, const Drain *drain, Progress *progress) {
  MuService *service = progress->service;
  while (progress->next < service->wanting->len && progress->tried < MU_STEPS_PER_DRAIN && !is_spent(client, drain)) {
    Placed placed = place_step(client, service, service->wanting->pdata[progress->next++]);
    progress->tried++;
    if (placed != FOUND_NO_PLACE) {
      progress->launched++;
      return placed;
    }
    service->tried++;
  }
  return FOUND_NO_PLACE;
}

/* Others of its steps are tried with what is held, but not all that there may be: the rest waits for other offers. */
static gboolean try_others(MuMultiServiceEventClient *client, MuService *service) {
  if (service->window_len == service->fresh)
    return FALSE; /* there are none */
  if (service->windows_round != client->offer_round)
    service->windows = 0;
  service->windows_round = client->offer_round;
  gboolean more = mu_service_turn_window(service) && ++service->windows < MU_WINDOWS_PER_ROUND;
  mu_client_mark_dirty(client, service);
  client->carry_on |= more;
  return more;
}

/* All that the drain has to give it while it is first in the order: until another one is, or it has no more use for offers.
 * Of what is offered nothing becomes more until other offers come: one that found no place for any step has no use for it. */
static void end_of_service(MuMultiServiceEventClient *client, Progress *progress) {
  MuService *service = progress->service;
  gboolean all = progress->next == service->wanting->len;
  progress->ended = TRUE;
  client->carry_on |= !all;
  if (all)
    service->tried = 0;
  if (all && progress->launched == 0 && !try_others(client, service))
    service->fruitless_round = client->offer_round;
  mu_service_drop_launched(service);
  if (progress->launched > 0)
    mu_client_mark_dirty(client, service);
}

static Progress *progress_of(Drain *drain, MuService *service) {
  Progress *progress = g_hash_table_lookup(drain->by_service, service);
  if (progress != NULL)
    return progress;
  progress = g_new0(Progress, 1);
  progress->service = service;
  progress->next = MIN(service->tried, service->wanting->len);
  g_hash_table_insert(drain->by_service, service, progress);
  g_ptr_array_add(drain->order, progress);
  return progress;
}

static gboolean has_use(const MuMultiServiceEventClient *client, const MuService *service) {
  return service->wanting->len > 0 && service->fruitless_round != client->offer_round;
}

/* One launch at a time, always of the one that is first; see fairness.h. Who is behind the place where the walk stands has had
 * its try. */
static void walk(MuMultiServiceEventClient *client, Drain *drain) {
  GSequenceIter *iter = g_sequence_get_begin_iter(client->fair.queue);
  while (!g_sequence_iter_is_end(iter) && !is_spent(client, drain)) {
    MuService *service = g_sequence_get(iter);
    GSequenceIter *next = g_sequence_iter_next(iter);
    Progress *progress = has_use(client, service) ? progress_of(drain, service) : NULL;
    Placed placed = progress == NULL ? FOUND_NO_PLACE : place_next(client, drain, progress);
    if (placed == LAUNCHED_ANEW)
      mu_fair_served(&client->fair, service);
    if (placed == FOUND_NO_PLACE && progress != NULL)
      end_of_service(client, progress);
    gboolean goes_on =
        placed != FOUND_NO_PLACE && (g_sequence_iter_is_end(next) || mu_fair_precedes(service, g_sequence_get(next)));
    iter = goes_on ? service->waits : next;
  }
  client->carry_on |= !g_sequence_iter_is_end(iter);
}

void mu_client_place(MuMultiServiceEventClient *client) {
  Drain drain = {.by_service = g_hash_table_new(NULL, NULL),
                 .order = g_ptr_array_new_with_free_func(g_free),
                 .evaluations = client->counters.evaluations,
                 .launches = client->counters.launches};
  client->carry_on = FALSE;
  walk(client, &drain);
  for (guint i = 0; i < drain.order->len; i++) {
    Progress *progress = drain.order->pdata[i];
    if (!progress->ended)
      end_of_service(client, progress);
  }
  g_hash_table_unref(drain.by_service);
  g_ptr_array_unref(drain.order);
}
