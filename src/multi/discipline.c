/* The two disciplines that come with muster. */
#include <muster/offer_discipline.h>

void mu_offer_discipline_free(MuOfferDiscipline *discipline) {
  if (discipline != NULL)
    discipline->ops->free(discipline);
}

/* ---- all ----------------------------------------------------------------------------------------------------------- */

static void all_update(MuOfferDiscipline *discipline, const char *service, gboolean wants, gint64 now_ms) {
  (void)discipline;
  (void)service;
  (void)wants;
  (void)now_ms;
}

static gboolean all_may_reserve(MuOfferDiscipline *discipline, const char *service, gint64 now_ms) {
  (void)discipline;
  (void)service;
  (void)now_ms;
  return TRUE;
}

static gint64 all_next_ms(MuOfferDiscipline *discipline) {
  (void)discipline;
  return G_MAXINT64;
}

static void all_free(MuOfferDiscipline *discipline) {
  g_free(discipline);
}

MuOfferDiscipline *mu_offer_discipline_all(void) {
  static const MuOfferDisciplineOps OPS = {all_update, all_may_reserve, all_next_ms, all_free};
  MuOfferDiscipline *discipline = g_new0(MuOfferDiscipline, 1);
  discipline->ops = &OPS;
  return discipline;
}

/* ---- at most n growing ---------------------------------------------------------------------------------------------- */

/* Who wants to grow, in the order of asking; the first n have the turn, each since `since_ms`. */
typedef struct {
  char *service;
  gint64 since_ms;
} Turn;

typedef struct {
  MuOfferDiscipline base;
  guint n;
  gint64 turn_ms;
  GQueue queue;      /* of Turn* */
  GHashTable *links; /* service to GList* in the queue */
} Parallel;

static void turn_free(Turn *turn) {
  g_free(turn->service);
  g_free(turn);
}

static gboolean has_turn(const Parallel *parallel, const GList *link) {
  const GList *at = parallel->queue.head;
  for (guint i = 0; i < parallel->n && at != NULL; i++, at = at->next)
    if (at == link)
      return TRUE;
  return FALSE;
}

/* Those that come into their turn now begin it now. */
static void begin_turns(Parallel *parallel, gint64 now_ms) {
  GList *at = parallel->queue.head;
  for (guint i = 0; i < parallel->n && at != NULL; i++, at = at->next) {
    Turn *turn = at->data;
    if (turn->since_ms < 0)
      turn->since_ms = now_ms;
  }
}

static void parallel_update(MuOfferDiscipline *discipline, const char *service, gboolean wants, gint64 now_ms) {
  Parallel *parallel = (Parallel *)discipline;
  GList *link = g_hash_table_lookup(parallel->links, service);
  if (wants && link == NULL) {
    Turn *turn = g_new0(Turn, 1);
    turn->service = g_strdup(service);
    turn->since_ms = -1;
    g_queue_push_tail(&parallel->queue, turn);
    g_hash_table_insert(parallel->links, turn->service, parallel->queue.tail);
  } else if (!wants && link != NULL) {
    Turn *turn = link->data;
    g_hash_table_remove(parallel->links, service);
    g_queue_delete_link(&parallel->queue, link);
    turn_free(turn);
  }
  begin_turns(parallel, now_ms);
}

/* Turns that brought nothing for so long go to the next ones that wait; what has just begun is not over. */
static void pass_turns(Parallel *parallel, gint64 now_ms) {
  GList *link = parallel->queue.head;
  if (parallel->queue.length <= parallel->n)
    return;
  for (guint i = 0; i < parallel->n; i++) {
    GList *next = link->next;
    Turn *turn = link->data;
    if (turn->since_ms >= 0 && now_ms - turn->since_ms >= parallel->turn_ms) {
      turn->since_ms = -1;
      g_queue_unlink(&parallel->queue, link);
      g_queue_push_tail_link(&parallel->queue, link);
    }
    link = next;
  }
  begin_turns(parallel, now_ms);
}

static gboolean parallel_may_reserve(MuOfferDiscipline *discipline, const char *service, gint64 now_ms) {
  Parallel *parallel = (Parallel *)discipline;
  pass_turns(parallel, now_ms);
  const GList *link = g_hash_table_lookup(parallel->links, service);
  return link != NULL && has_turn(parallel, link);
}

static gint64 parallel_next_ms(MuOfferDiscipline *discipline) {
  const Parallel *parallel = (const Parallel *)discipline;
  gint64 next = G_MAXINT64;
  const GList *at = parallel->queue.head;
  if (parallel->queue.length <= parallel->n)
    return next;
  for (guint i = 0; i < parallel->n && at != NULL; i++, at = at->next) {
    const Turn *turn = at->data;
    if (turn->since_ms >= 0)
      next = MIN(next, turn->since_ms + parallel->turn_ms);
  }
  return next;
}

static void parallel_free(MuOfferDiscipline *discipline) {
  Parallel *parallel = (Parallel *)discipline;
  g_hash_table_unref(parallel->links);
  g_queue_clear_full(&parallel->queue, (GDestroyNotify)turn_free);
  g_free(parallel);
}

MuOfferDiscipline *mu_offer_discipline_parallel_footprint(guint n, gint64 turn_ms) {
  static const MuOfferDisciplineOps OPS = {parallel_update, parallel_may_reserve, parallel_next_ms, parallel_free};
  Parallel *parallel = g_new0(Parallel, 1);
  parallel->base.ops = &OPS;
  parallel->n = MAX(n, 1);
  parallel->turn_ms = turn_ms;
  g_queue_init(&parallel->queue);
  parallel->links = g_hash_table_new(g_str_hash, g_str_equal);
  return &parallel->base;
}
