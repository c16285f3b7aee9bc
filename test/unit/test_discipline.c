/* Offer disciplines: who may grow, whose turn comes next and when. */
#include <muster/offer_discipline.h>

#include <string.h>

#define TURN_MS 100

static void wants(MuOfferDiscipline *discipline, const char *service, gint64 now_ms) {
  discipline->ops->update(discipline, service, TRUE, now_ms);
}

static void has_enough(MuOfferDiscipline *discipline, const char *service, gint64 now_ms) {
  discipline->ops->update(discipline, service, FALSE, now_ms);
}

/* Those of the services a to e that may reserve, asked in this order. */
static void assert_growing(MuOfferDiscipline *discipline, const char *order, gint64 now_ms, const char *expected) {
  g_autoptr(GString) found = g_string_new(NULL);
  for (const char *c = order; *c != '\0'; c++) {
    const char name[] = {*c, '\0'};
    if (discipline->ops->may_reserve(discipline, name, now_ms))
      g_string_append_c(found, *c);
  }
  g_assert_cmpstr(found->str, ==, expected);
}

#define assert_next(discipline, expected) g_assert_cmpint((discipline)->ops->next_ms(discipline), ==, (expected))

static void test_all(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_all();
  g_assert_null(discipline->ops->update); /* nothing to decide */
  assert_next(discipline, G_MAXINT64);
}

/* In the order in which they asked, and asking again does not help. */
static void test_order(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(2, TURN_MS);
  assert_growing(discipline, "a", 0, "");
  wants(discipline, "c", 0);
  wants(discipline, "a", 0);
  wants(discipline, "b", 0);
  wants(discipline, "c", 1);
  assert_growing(discipline, "abc", 1, "ac");
  has_enough(discipline, "c", 2);
  assert_growing(discipline, "abc", 2, "ab");
  wants(discipline, "c", 3); /* again, and last */
  assert_growing(discipline, "abc", 3, "ab");
  has_enough(discipline, "b", 4);
  assert_growing(discipline, "abc", 4, "ac");
  has_enough(discipline, "never-asked", 5);
  assert_growing(discipline, "abc", 5, "ac");
}

/* Nobody gives up a turn that nobody waits for. */
static void test_alone(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(1, TURN_MS);
  wants(discipline, "a", 0);
  assert_next(discipline, G_MAXINT64);
  assert_growing(discipline, "a", 1000000, "a");
}

/* Who could not be placed for a turn goes behind the others, and comes round again. */
static void test_turns_pass(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(1, TURN_MS);
  wants(discipline, "a", 0);
  wants(discipline, "b", 10);
  wants(discipline, "c", 20);
  static const struct {
    gint64 now_ms;
    const char *growing;
    gint64 next_ms;
  } ROWS[] = {
      {20, "a", 100},  {99, "a", 100},  {100, "b", 200}, {199, "b", 200},
      {200, "c", 300}, {310, "a", 410}, {409, "a", 410}, {410, "b", 510},
  };
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    assert_growing(discipline, "abc", ROWS[i].now_ms, ROWS[i].growing);
    assert_next(discipline, ROWS[i].next_ms);
  }
  has_enough(discipline, "b", 420);
  assert_growing(discipline, "abc", 420, "c");
  assert_next(discipline, 520);
  has_enough(discipline, "c", 430);
  assert_growing(discipline, "abc", 1000, "a");
  assert_next(discipline, G_MAXINT64);
}

/* A turn begins when it comes, not when it was asked for. */
static void test_turn_begins_when_it_comes(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(1, TURN_MS);
  wants(discipline, "a", 0);
  wants(discipline, "b", 0);
  wants(discipline, "c", 0);
  has_enough(discipline, "a", 90);
  assert_next(discipline, 190);
  assert_growing(discipline, "abc", 150, "b");
}

/* Two whose turns are over at the same time both give way. */
static void test_several_turns_end_together(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(2, TURN_MS);
  for (const char *c = "abcd"; *c != '\0'; c++) {
    const char name[] = {*c, '\0'};
    wants(discipline, name, 0);
  }
  assert_growing(discipline, "abcd", 99, "ab");
  assert_growing(discipline, "abcd", 100, "cd");
  assert_next(discipline, 200);
  wants(discipline, "e", 150);
  assert_growing(discipline, "abcde", 200, "ab");
}

/* One waits for two: one of them goes on. */
static void test_fewer_wait_than_give_way(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(2, TURN_MS);
  wants(discipline, "a", 0);
  wants(discipline, "b", 0);
  wants(discipline, "c", 0);
  assert_growing(discipline, "abc", 100, "ac");
  assert_next(discipline, 200);
  assert_growing(discipline, "abc", 200, "bc"); /* a and c gave way to b, and c came next */
}

/* After a look, nothing is due in the past: whoever waits for next_ms does not spin. */
static void test_next_is_ahead(void) {
  for (guint n = 1; n <= 4; n++) {
    g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(n, TURN_MS);
    for (gint64 now_ms = 0; now_ms < 5000; now_ms += 37) {
      const char name[] = {(char)('a' + now_ms % 7), '\0'};
      discipline->ops->update(discipline, name, now_ms % 5 != 0, now_ms);
      assert_growing(discipline, "-", now_ms, "");
      g_assert_cmpint(discipline->ops->next_ms(discipline), >, now_ms);
    }
  }
}

static void test_none_means_one(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(0, TURN_MS);
  wants(discipline, "a", 0);
  wants(discipline, "b", 0);
  assert_growing(discipline, "ab", 0, "a");
}

/* ---- memory --------------------------------------------------------------------------------------------------------- */

static void remember(const char *service, const MuTurn *turn, gpointer user) {
  g_hash_table_insert(user, g_strdup(service), g_memdup2(turn, sizeof *turn));
}

/* The discipline after a restart: another one, told of what was remembered. */
static MuOfferDiscipline *restarted(GHashTable *memory, guint n) {
  MuOfferDiscipline *discipline = mu_offer_discipline_parallel_footprint(n, TURN_MS);
  GHashTableIter iter;
  gpointer service = NULL, turn = NULL;
  g_hash_table_iter_init(&iter, memory);
  while (g_hash_table_iter_next(&iter, &service, &turn))
    if (((MuTurn *)turn)->place > 0)
      discipline->ops->restore(discipline, service, turn);
  return discipline;
}

/* Neither the order nor the time that a turn has left is lost. */
static void test_restart(void) {
  g_autoptr(GHashTable) memory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(MuOfferDiscipline) before = mu_offer_discipline_parallel_footprint(1, TURN_MS);
  for (const char *c = "dbac"; *c != '\0'; c++)
    wants(before, (const char[]){*c, '\0'}, 0);
  assert_growing(before, "abcd", 120, "b");
  has_enough(before, "a", 130);
  before->ops->changes(before, remember, memory);
  g_autoptr(MuOfferDiscipline) after = restarted(memory, 1);
  for (const char *c = "bcd"; *c != '\0'; c++)
    wants(after, (const char[]){*c, '\0'}, 150);
  assert_growing(after, "abcd", 150, "b");
  assert_next(after, 220); /* as before */
  assert_growing(after, "abcd", 220, "c");
  assert_growing(after, "abcd", 320, "d");
}

/* What did not change is not told again. */
static void test_changes(void) {
  g_autoptr(GHashTable) memory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(1, TURN_MS);
  wants(discipline, "a", 0);
  wants(discipline, "b", 0);
  discipline->ops->changes(discipline, remember, memory);
  g_assert_cmpuint(g_hash_table_size(memory), ==, 2);
  g_hash_table_remove_all(memory);
  wants(discipline, "a", 1);
  discipline->ops->changes(discipline, remember, memory);
  g_assert_cmpuint(g_hash_table_size(memory), ==, 0);
  has_enough(discipline, "b", 2);
  discipline->ops->changes(discipline, remember, memory);
  g_assert_cmpuint(g_hash_table_size(memory), ==, 1);
  g_assert_cmpint(((MuTurn *)g_hash_table_lookup(memory, "b"))->place, ==, 0);
}

/* ---- against a plain list ------------------------------------------------------------------------------------------- */

#define ASKERS 40

/* Who asks, in order; and since when each has its turn, or -1. */
typedef struct {
  guint who[ASKERS], n, limit;
  gint64 since[ASKERS];
} Model;

static void model_begin(Model *model, gint64 now_ms) {
  for (guint i = 0; i < MIN(model->n, model->limit); i++)
    if (model->since[i] < 0)
      model->since[i] = now_ms;
}

static void model_take_out(Model *model, guint i) {
  model->n--;
  memmove(&model->who[i], &model->who[i + 1], (model->n - i) * sizeof model->who[0]);
  memmove(&model->since[i], &model->since[i + 1], (model->n - i) * sizeof model->since[0]);
}

static void model_add(Model *model, guint who) {
  model->who[model->n] = who;
  model->since[model->n++] = -1;
}

static void model_update(Model *model, guint who, gboolean wants, gint64 now_ms) {
  guint i = 0;
  while (i < model->n && model->who[i] != who)
    i++;
  if (wants && i == model->n)
    model_add(model, who);
  else if (!wants && i < model->n)
    model_take_out(model, i);
  model_begin(model, now_ms);
}

static void model_pass(Model *model, gint64 now_ms) {
  guint left = model->limit, i = 0;
  if (model->n <= model->limit)
    return;
  for (; left > 0; left--) {
    if (model->since[i] < 0 || now_ms - model->since[i] < TURN_MS) {
      i++;
      continue;
    }
    guint who = model->who[i];
    model_take_out(model, i);
    model_add(model, who);
  }
  model_begin(model, now_ms);
}

static gint64 model_next(const Model *model) {
  gint64 next = G_MAXINT64;
  for (guint i = 0; model->n > model->limit && i < model->limit; i++)
    if (model->since[i] >= 0)
      next = MIN(next, model->since[i] + TURN_MS);
  return next;
}

static void check_model(MuOfferDiscipline *discipline, Model *model, gint64 now_ms) {
  g_assert_cmpint(discipline->ops->next_ms(discipline), ==, model_next(model));
  model_pass(model, now_ms);
  for (guint i = 0; i < model->n; i++) {
    g_autofree char *name = g_strdup_printf("%u", model->who[i]);
    g_assert_cmpint(discipline->ops->may_reserve(discipline, name, now_ms), ==, i < model->limit);
  }
}

/* Random askers at random moments: what is kept of who has begun is what a look at all of them would find. */
static void test_model(void) {
  for (guint limit = 1; limit <= 16; limit *= 2) {
    g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(limit, TURN_MS);
    Model model = {.limit = limit};
    gint64 now_ms = 0;
    for (guint step = 0; step < 5000; step++) {
      guint who = (guint)g_test_rand_int_range(0, ASKERS);
      gboolean asks = g_test_rand_int_range(0, 3) > 0;
      g_autofree char *name = g_strdup_printf("%u", who);
      now_ms += g_test_rand_int_range(0, 20);
      discipline->ops->update(discipline, name, asks, now_ms);
      model_update(&model, who, asks, now_ms);
      check_model(discipline, &model, now_ms);
    }
  }
}

/* ---- the bound ------------------------------------------------------------------------------------------------------ */

#define SERVICES 12

typedef struct {
  MuOfferDiscipline *discipline;
  guint n;
  gint64 due_ms[SERVICES]; /* 0: it does not wait; else when it has its turn at the latest */
  guint asking;
} Crowd;

/* Those before it, in rounds of n, and the turns under way. */
static gint64 bound_of(const Crowd *crowd, gint64 now_ms) {
  return now_ms + TURN_MS * (gint64)(crowd->asking / crowd->n + 1);
}

static void ask_or_have_enough(Crowd *crowd, guint i, gint64 now_ms) {
  const char name[] = {(char)('a' + i), '\0'};
  gboolean asks = crowd->due_ms[i] == 0;
  crowd->due_ms[i] = asks ? bound_of(crowd, now_ms) : 0;
  crowd->asking += asks ? 1 : (guint)-1;
  crowd->discipline->ops->update(crowd->discipline, name, asks, now_ms);
}

/* A turn was had: the next one is due after all who ask now. */
static void look(Crowd *crowd, gint64 now_ms) {
  for (guint i = 0; i < SERVICES; i++) {
    const char name[] = {(char)('a' + i), '\0'};
    if (crowd->due_ms[i] == 0)
      continue;
    if (crowd->discipline->ops->may_reserve(crowd->discipline, name, now_ms))
      crowd->due_ms[i] = bound_of(crowd, now_ms + TURN_MS);
    g_assert_cmpint(now_ms, <=, crowd->due_ms[i]);
  }
}

/* Records come by name, and places decide; ten thousand of them are no matter. */
static void test_many_are_restored(void) {
  g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(2, TURN_MS);
  const gint64 MANY = 10000;
  for (gint64 i = 0; i < MANY; i++) {
    const MuTurn turn = {.place = 1 + i * 7919 % MANY, .since_ms = -1}; /* each place once */
    g_autofree char *service = g_strdup_printf("s%d", (int)turn.place);
    discipline->ops->restore(discipline, service, &turn);
  }
  wants(discipline, "s1", 0); /* turns begin */
  for (int place = 1; place <= 4; place++) {
    g_autofree char *service = g_strdup_printf("s%d", place);
    g_assert_cmpint(discipline->ops->may_reserve(discipline, service, TURN_MS - 1), ==, place <= 2);
  }
}

/* Whoever comes and goes, nobody waits longer than the header says. */
static void test_bound(void) {
  for (guint n = 1; n <= 5; n++) {
    g_autoptr(MuOfferDiscipline) discipline = mu_offer_discipline_parallel_footprint(n, TURN_MS);
    g_autoptr(GRand) rand = g_rand_new_with_seed(n);
    Crowd crowd = {.discipline = discipline, .n = n};
    for (gint64 now_ms = 1; now_ms < 20000; now_ms++) {
      if (g_rand_int_range(rand, 0, 20) == 0)
        ask_or_have_enough(&crowd, (guint)g_rand_int_range(rand, 0, SERVICES), now_ms);
      look(&crowd, now_ms);
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/discipline/all", test_all);
  g_test_add_func("/discipline/order", test_order);
  g_test_add_func("/discipline/alone", test_alone);
  g_test_add_func("/discipline/turns_pass", test_turns_pass);
  g_test_add_func("/discipline/turn_begins_when_it_comes", test_turn_begins_when_it_comes);
  g_test_add_func("/discipline/several_turns_end_together", test_several_turns_end_together);
  g_test_add_func("/discipline/fewer_wait_than_give_way", test_fewer_wait_than_give_way);
  g_test_add_func("/discipline/next_is_ahead", test_next_is_ahead);
  g_test_add_func("/discipline/none_means_one", test_none_means_one);
  g_test_add_func("/discipline/restart", test_restart);
  g_test_add_func("/discipline/changes", test_changes);
  g_test_add_func("/discipline/many_are_restored", test_many_are_restored);
  g_test_add_func("/discipline/model", test_model);
  g_test_add_func("/discipline/bound", test_bound);
  return g_test_run();
}
