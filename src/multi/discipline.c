/* The two disciplines that come with muster. */
#include <muster/offer_discipline.h>

void mu_offer_discipline_free(MuOfferDiscipline *discipline) {
  if (discipline != NULL)
    discipline->ops->free(discipline);
}

/* ---- all ----------------------------------------------------------------------------------------------------------- */

static gint64 all_next_ms(MuOfferDiscipline *discipline) {
  (void)discipline;
  return G_MAXINT64;
}

static void all_free(MuOfferDiscipline *discipline) {
  g_free(discipline);
}

MuOfferDiscipline *mu_offer_discipline_all(void) {
  static const MuOfferDisciplineOps OPS = {.next_ms = all_next_ms, .free = all_free};
  MuOfferDiscipline *discipline = g_new0(MuOfferDiscipline, 1);
  discipline->ops = &OPS;
  return discipline;
}

/* ---- at most n growing ---------------------------------------------------------------------------------------------- */

/* Who wants to grow, in the order of their places; the first n have the turn, each since `since_ms`. */
typedef struct {
  char *service;
  MuTurn turn;
} Asking;

typedef struct {
  MuOfferDiscipline base;
  guint n;
  gint64 turn_ms;
  gint64 last_place;
  GSequence *queue;    /* of Asking*, by place */
  GHashTable *links;   /* service to its GSequenceIter in the queue */
  GHashTable *changed; /* names of services, owned: not told to `changes` yet */
  guint begun;         /* so many at the beginning of the queue were seen to have their turn, at most n */
  gint64 due_ms;       /* when the first of these turns is over; DUE_UNKNOWN: it has to be found */
} Parallel;

#define DUE_UNKNOWN G_MININT64

static void asking_free(gpointer data) {
  Asking *asking = data;
  g_free(asking->service);
  g_free(asking);
}

static void note_change(Parallel *parallel, const char *service) {
  g_hash_table_add(parallel->changed, g_strdup(service));
}

static gboolean has_turn(const Parallel *parallel, GSequenceIter *link) {
  return (guint)g_sequence_iter_get_position(link) < parallel->n;
}

/* Somebody waits for a turn. */
static gboolean is_full(const Parallel *parallel) {
  return (guint)g_sequence_get_length(parallel->queue) > parallel->n;
}

/* Those that come into their turn now begin it now. */
static void begin_turns(Parallel *parallel, gint64 now_ms) {
  guint places = MIN(parallel->n, (guint)g_sequence_get_length(parallel->queue));
  for (; parallel->begun < places; parallel->begun++) {
    Asking *asking = g_sequence_get(g_sequence_get_iter_at_pos(parallel->queue, (gint)parallel->begun));
    parallel->due_ms = DUE_UNKNOWN;
    if (asking->turn.since_ms >= 0)
      continue;
    asking->turn.since_ms = now_ms;
    note_change(parallel, asking->service);
  }
}

/* Before it leaves its place. */
static void end_turn(Parallel *parallel, GSequenceIter *link) {
  if ((guint)g_sequence_iter_get_position(link) >= parallel->begun)
    return;
  parallel->begun--;
  parallel->due_ms = DUE_UNKNOWN;
}

static void enqueue(Parallel *parallel, const char *service) {
  Asking *asking = g_new0(Asking, 1);
  asking->service = g_strdup(service);
  asking->turn = (MuTurn){.place = ++parallel->last_place, .since_ms = -1};
  g_hash_table_insert(parallel->links, asking->service, g_sequence_append(parallel->queue, asking));
  note_change(parallel, service);
}

static void dequeue(Parallel *parallel, GSequenceIter *link) {
  Asking *asking = g_sequence_get(link);
  note_change(parallel, asking->service);
  end_turn(parallel, link);
  g_hash_table_remove(parallel->links, asking->service);
  g_sequence_remove(link); /* frees it */
}

static void parallel_update(MuOfferDiscipline *discipline, const char *service, gboolean wants, gint64 now_ms) {
  Parallel *parallel = (Parallel *)discipline;
  GSequenceIter *link = g_hash_table_lookup(parallel->links, service);
  if (wants && link == NULL)
    enqueue(parallel, service);
  else if (!wants && link != NULL)
    dequeue(parallel, link);
  begin_turns(parallel, now_ms);
}

static gint by_place(gconstpointer a, gconstpointer b, gpointer user) {
  const Asking *left = a, *right = b;
  (void)user;
  return (left->turn.place > right->turn.place) - (left->turn.place < right->turn.place);
}

static void parallel_restore(MuOfferDiscipline *discipline, const char *service, const MuTurn *turn) {
  Parallel *parallel = (Parallel *)discipline;
  Asking *asking = g_new0(Asking, 1);
  asking->service = g_strdup(service);
  asking->turn = *turn;
  parallel->last_place = MAX(parallel->last_place, turn->place);
  parallel->begun = 0;
  parallel->due_ms = DUE_UNKNOWN;
  g_hash_table_insert(parallel->links, asking->service,
                      g_sequence_insert_sorted(parallel->queue, asking, by_place, NULL));
}

static void parallel_changes(MuOfferDiscipline *discipline, MuTurnVisitor visit, gpointer user) {
  static const MuTurn NONE = {.place = 0, .since_ms = -1};
  Parallel *parallel = (Parallel *)discipline;
  GHashTableIter iter;
  gpointer service = NULL;
  g_hash_table_iter_init(&iter, parallel->changed);
  while (g_hash_table_iter_next(&iter, &service, NULL)) {
    GSequenceIter *link = g_hash_table_lookup(parallel->links, service);
    visit(service, link == NULL ? &NONE : &((const Asking *)g_sequence_get(link))->turn, user);
    g_hash_table_iter_remove(&iter);
  }
}

/* When the first turn is over. Mostly nothing has changed since it was found, and this is asked for each step that is tried. */
static gint64 find_due(Parallel *parallel) {
  GSequenceIter *at = g_sequence_get_begin_iter(parallel->queue);
  if (parallel->due_ms != DUE_UNKNOWN)
    return parallel->due_ms;
  guint places = MIN(parallel->n, (guint)g_sequence_get_length(parallel->queue));
  parallel->due_ms = G_MAXINT64;
  for (guint i = 0; i < places; i++, at = g_sequence_iter_next(at)) {
    const MuTurn *turn = &((const Asking *)g_sequence_get(at))->turn;
    if (turn->since_ms >= 0)
      parallel->due_ms = MIN(parallel->due_ms, turn->since_ms + parallel->turn_ms);
  }
  return parallel->due_ms;
}

/* A turn whose time is over goes to the next one that waits; what has just begun is not over. */
static void pass_turns(Parallel *parallel, gint64 now_ms) {
  GSequenceIter *link = g_sequence_get_begin_iter(parallel->queue);
  begin_turns(parallel, now_ms);
  if (!is_full(parallel) || now_ms < find_due(parallel))
    return;
  for (guint i = 0; i < parallel->n; i++) {
    GSequenceIter *next = g_sequence_iter_next(link);
    Asking *asking = g_sequence_get(link);
    if (asking->turn.since_ms >= 0 && now_ms - asking->turn.since_ms >= parallel->turn_ms) {
      end_turn(parallel, link);
      asking->turn = (MuTurn){.place = ++parallel->last_place, .since_ms = -1};
      note_change(parallel, asking->service);
      g_sequence_move(link, g_sequence_get_end_iter(parallel->queue));
    }
    link = next;
  }
  begin_turns(parallel, now_ms);
}

static gboolean parallel_may_reserve(MuOfferDiscipline *discipline, const char *service, gint64 now_ms) {
  Parallel *parallel = (Parallel *)discipline;
  pass_turns(parallel, now_ms);
  GSequenceIter *link = g_hash_table_lookup(parallel->links, service);
  return link != NULL && has_turn(parallel, link);
}

static gint64 parallel_next_ms(MuOfferDiscipline *discipline) {
  Parallel *parallel = (Parallel *)discipline;
  return is_full(parallel) ? find_due(parallel) : G_MAXINT64;
}

static void parallel_free(MuOfferDiscipline *discipline) {
  Parallel *parallel = (Parallel *)discipline;
  g_hash_table_unref(parallel->links);
  g_hash_table_unref(parallel->changed);
  g_sequence_free(parallel->queue);
  g_free(parallel);
}

MuOfferDiscipline *mu_offer_discipline_parallel_footprint(guint n, gint64 turn_ms) {
  static const MuOfferDisciplineOps OPS = {.update = parallel_update,
                                           .may_reserve = parallel_may_reserve,
                                           .next_ms = parallel_next_ms,
                                           .free = parallel_free,
                                           .changes = parallel_changes,
                                           .restore = parallel_restore};
  Parallel *parallel = g_new0(Parallel, 1);
  parallel->base.ops = &OPS;
  parallel->n = MAX(n, 1);
  parallel->turn_ms = turn_ms;
  parallel->due_ms = DUE_UNKNOWN;
  parallel->queue = g_sequence_new(asking_free);
  parallel->links = g_hash_table_new(g_str_hash, g_str_equal);
  parallel->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return &parallel->base;
}
