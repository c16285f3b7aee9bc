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
  for (const char *c = "abc"; *c != '\0'; c++)
    wants(discipline, c, 0);
  assert_growing(discipline, "abc", 0, "abc");
  assert_next(discipline, G_MAXINT64);
  has_enough(discipline, "abc", 1);
  assert_growing(discipline, "abc", 1000000, "abc");
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
  return g_test_run();
}
