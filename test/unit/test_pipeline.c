/* The pipeline: order, durability before action, nothing lost; by examples and by random runs. */
#include "ids.h"
#include "pipeline.h"
#include <muster/error.h>
#include <string.h>

/* A store and a runner in one, which remember everything that was asked of them. */
typedef struct {
  MuPipeline *pipeline;
  MuBatch *flying;         /* borrowed */
  GPtrArray *durable;      /* of char*: the keys of all records, in the order of their transactions */
  GPtrArray *performed;    /* of char*: the names of the outputs */
  GPtrArray *transactions; /* of char*: the keys of each one that became durable, joined by blanks */
  GString *attempt;        /* the keys of the last batch given to the store */
  guint commits, flushes, unflushed, troubles;
  char *trouble;
  enum { LATER, AT_ONCE, FAIL_AT_ONCE } answer;
  gint64 now_ms;
} World;

static void answer(World *world, gboolean good) {
  MuBatch *batch = world->flying;
  g_assert_nonnull(batch);
  world->flying = NULL;
  g_autoptr(GError) error = NULL;
  if (good) {
    for (guint i = 0; i < batch->ops->len; i++)
      g_ptr_array_add(world->durable, g_strdup(g_array_index(batch->ops, MuRecordOp, i).key));
    g_ptr_array_add(world->transactions, g_strdup(world->attempt->str));
  } else {
    error = g_error_new(MU_ERROR, MU_ERROR_UNAVAILABLE, "disk full");
  }
  mu_pipeline_committed(world->pipeline, error, world->now_ms);
}

static void keys_of(const MuBatch *batch, GString *keys) {
  g_string_truncate(keys, 0);
  for (guint i = 0; i < batch->ops->len; i++)
    g_string_append_printf(keys, "%s%s", i > 0 ? " " : "", g_array_index(batch->ops, MuRecordOp, i).key);
}

static void commit(MuBatch *batch, gpointer user) {
  World *world = user;
  g_assert_null(world->flying); /* one at a time */
  g_assert_false(mu_batch_is_empty(batch));
  if (world->trouble != NULL) { /* a retry brings what was refused, unchanged */
    g_autofree char *before = g_strdup(world->attempt->str);
    keys_of(batch, world->attempt);
    g_assert_cmpstr(world->attempt->str, ==, before);
  }
  keys_of(batch, world->attempt);
  world->flying = batch;
  world->commits++;
  if (world->answer != LATER)
    answer(world, world->answer == AT_ONCE);
}

/* An output's records carry its name and a number: all must be durable by now. */
static void check_durable(const World *world, const MuOutput *output) {
  const char *name = output->callbacks->pdata[0];
  guint wanted = (guint)g_ascii_strtoull(output->callbacks->pdata[1], NULL, 10);
  guint found = 0;
  g_autofree char *prefix = g_strconcat(name, ".", NULL);
  for (guint i = 0; i < world->durable->len; i++)
    found += g_str_has_prefix(world->durable->pdata[i], prefix);
  g_assert_cmpuint(found, ==, wanted);
}

static void perform(MuOutput *take_output, gpointer user) {
  World *world = user;
  check_durable(world, take_output);
  g_ptr_array_add(world->performed, g_strdup(take_output->callbacks->pdata[0]));
  world->unflushed++;
  mu_output_free(take_output);
}

static void flush(gpointer user) {
  World *world = user;
  g_assert_cmpuint(world->unflushed, >, 0);
  world->unflushed = 0;
  world->flushes++;
}

static void trouble(const char *message, gpointer user) {
  World *world = user;
  g_assert_cmpstr(message, !=, world->trouble);
  g_free(world->trouble);
  world->trouble = g_strdup(message);
  world->troubles++;
}

static const MuPipelineOps ops = {commit, perform, flush, trouble};

static void world_init(World *world) {
  memset(world, 0, sizeof *world);
  world->durable = g_ptr_array_new_with_free_func(g_free);
  world->performed = g_ptr_array_new_with_free_func(g_free);
  world->transactions = g_ptr_array_new_with_free_func(g_free);
  world->attempt = g_string_new(NULL);
  world->pipeline = mu_pipeline_new(&ops, world);
}

static void world_clear(World *world) {
  mu_pipeline_free(world->pipeline);
  g_ptr_array_unref(world->durable);
  g_ptr_array_unref(world->performed);
  g_ptr_array_unref(world->transactions);
  g_string_free(world->attempt, TRUE);
  g_free(world->trouble);
}

static void free_nothing(gpointer pointer) {
  (void)pointer;
}

/* An output with this name and number of records. */
static MuOutput *output_new(const char *name, guint records) {
  MuOutput *output = g_new0(MuOutput, 1);
  output->batch = mu_batch_new();
  output->calls = g_ptr_array_new_with_free_func(free_nothing);
  output->replies = g_ptr_array_new_with_free_func(free_nothing);
  output->notices = g_ptr_array_new_with_free_func(free_nothing);
  output->steps = g_ptr_array_new_with_free_func(free_nothing);
  output->callbacks = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(output->callbacks, g_strdup(name));
  g_ptr_array_add(output->callbacks, g_strdup_printf("%u", records));
  for (guint i = 0; i < records; i++) {
    g_autofree char *key = g_strdup_printf("%s.%u", name, i);
    mu_batch_put(output->batch, MU_RECORD_TASK, "s", key, "{}", 2);
  }
  return output;
}

static void push(World *world, const char *name, guint records) {
  mu_pipeline_push(world->pipeline, output_new(name, records));
}

static void tick_at(World *world, gint64 now_ms) {
  world->now_ms = now_ms;
  mu_pipeline_tick(world->pipeline, now_ms);
}

static void assert_joined(GPtrArray *strings, const char *separator, const char *expected) {
  g_autoptr(GString) joined = g_string_new(NULL);
  for (guint i = 0; i < strings->len; i++)
    g_string_append_printf(joined, "%s%s", i > 0 ? separator : "", (const char *)strings->pdata[i]);
  g_assert_cmpstr(joined->str, ==, expected);
}

/* ---- examples ------------------------------------------------------------------------------------------------------ */

static void test_performed_when_durable(void) {
  World world;
  world_init(&world);
  push(&world, "a", 2);
  assert_joined(world.performed, " ", "");
  g_assert_true(mu_pipeline_in_flight(world.pipeline));
  g_assert_false(mu_pipeline_is_idle(world.pipeline));
  answer(&world, TRUE);
  assert_joined(world.performed, " ", "a");
  assert_joined(world.transactions, "|", "a.0 a.1");
  g_assert_cmpuint(world.flushes, ==, 1);
  g_assert_true(mu_pipeline_is_idle(world.pipeline));
  world_clear(&world);
}

static void test_group_commit(void) {
  World world;
  world_init(&world);
  push(&world, "a", 1);
  push(&world, "b", 2);
  push(&world, "c", 0);
  push(&world, "d", 1);
  g_assert_cmpuint(world.commits, ==, 1);
  answer(&world, TRUE);
  assert_joined(world.performed, " ", "a");
  answer(&world, TRUE);
  assert_joined(world.performed, " ", "a b c d");
  assert_joined(world.transactions, "|", "a.0|b.0 b.1 d.0");
  g_assert_cmpuint(world.flushes, ==, 2);
  world_clear(&world);
}

static void test_empty_needs_no_commit(void) {
  World world;
  world_init(&world);
  push(&world, "a", 0);
  assert_joined(world.performed, " ", "a");
  push(&world, "b", 1);
  push(&world, "c", 0); /* waits for its predecessor, and for nothing else */
  assert_joined(world.performed, " ", "a");
  push(&world, "d", 1);
  answer(&world, TRUE);
  assert_joined(world.performed, " ", "a b c");
  g_assert_cmpuint(world.commits, ==, 2);
  answer(&world, TRUE);
  assert_joined(world.performed, " ", "a b c d");
  world_clear(&world);
}

/* What became durable together is performed in parts; the store works on the next group meanwhile. */
static void test_performs_in_parts(void) {
  World world;
  world_init(&world);
  push(&world, "a", 1);
  for (guint i = 0; i < 3; i++)
    push(&world, i == 0 ? "b" : i == 1 ? "c" : "d", MU_PIPELINE_PART / 2);
  answer(&world, TRUE);
  push(&world, "e", 1);
  push(&world, "f", 0);
  answer(&world, TRUE);
  assert_joined(world.performed, " ", "a b c");
  g_assert_true(mu_pipeline_in_flight(world.pipeline));
  g_assert_true(mu_pipeline_owes(world.pipeline));
  g_assert_cmpint(mu_pipeline_next_ms(world.pipeline), ==, 0);
  answer(&world, FALSE); /* of the group after them */
  assert_joined(world.performed, " ", "a b c");
  tick_at(&world, 1);
  assert_joined(world.performed, " ", "a b c d");
  g_assert_false(mu_pipeline_owes(world.pipeline));
  g_assert_cmpint(mu_pipeline_next_ms(world.pipeline), ==, MU_PIPELINE_RETRY_FIRST_MS);
  g_assert_cmpuint(world.flushes, ==, 3);
  tick_at(&world, MU_PIPELINE_RETRY_FIRST_MS);
  answer(&world, TRUE);
  assert_joined(world.performed, " ", "a b c d e f");
  world_clear(&world);
}

static void test_groups_are_bounded(void) {
  World world;
  world_init(&world);
  push(&world, "a", 1);
  for (guint i = 0; i < 3; i++)
    push(&world, i == 0 ? "b" : i == 1 ? "c" : "d", MU_PIPELINE_GROUP_RECORDS / 2);
  answer(&world, TRUE);
  guint before = world.durable->len;
  answer(&world, TRUE);
  g_assert_cmpuint(world.durable->len - before, ==, MU_PIPELINE_GROUP_RECORDS);
  answer(&world, TRUE);
  g_assert_false(mu_pipeline_in_flight(world.pipeline));
  while (mu_pipeline_owes(world.pipeline))
    tick_at(&world, 1);
  assert_joined(world.performed, " ", "a b c d");
  world_clear(&world);
}

static void test_retry_backs_off(void) {
  static const gint64 delays_ms[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
  World world;
  world_init(&world);
  g_assert_cmpint(mu_pipeline_next_ms(world.pipeline), ==, G_MAXINT64);
  push(&world, "a", 1);
  for (gsize i = 0; i < G_N_ELEMENTS(delays_ms); i++) {
    answer(&world, FALSE);
    push(&world, "later", 0);
    gint64 due_ms = world.now_ms + delays_ms[i];
    g_assert_cmpint(mu_pipeline_next_ms(world.pipeline), ==, due_ms);
    tick_at(&world, due_ms - 1);
    g_assert_false(mu_pipeline_in_flight(world.pipeline));
    tick_at(&world, due_ms);
    g_assert_true(mu_pipeline_in_flight(world.pipeline));
  }
  assert_joined(world.performed, " ", "");
  answer(&world, TRUE);
  g_assert_cmpuint(world.performed->len, ==, 1 + G_N_ELEMENTS(delays_ms));
  push(&world, "b", 1); /* good again: the backoff starts over */
  answer(&world, FALSE);
  g_assert_cmpint(mu_pipeline_next_ms(world.pipeline), ==, world.now_ms + MU_PIPELINE_RETRY_FIRST_MS);
  world_clear(&world);
}

static void test_trouble_is_told_once(void) {
  World world;
  world_init(&world);
  push(&world, "a", 1);
  answer(&world, FALSE);
  g_assert_cmpstr(world.trouble, ==, "disk full");
  g_assert_cmpstr(mu_pipeline_trouble(world.pipeline), ==, "disk full");
  tick_at(&world, 100);
  answer(&world, FALSE);
  g_assert_cmpuint(world.troubles, ==, 1);
  tick_at(&world, 300);
  answer(&world, TRUE);
  g_assert_null(world.trouble);
  g_assert_null(mu_pipeline_trouble(world.pipeline));
  g_assert_cmpuint(world.troubles, ==, 2);
  world_clear(&world);
}

static void test_abandon(void) {
  World world;
  world_init(&world);
  push(&world, "a", 1);
  push(&world, "b", 0);
  push(&world, "c", 2);
  answer(&world, FALSE);
  g_autoptr(GPtrArray) left = mu_pipeline_abandon(world.pipeline);
  g_assert_cmpuint(left->len, ==, 3);
  for (guint i = 0; i < left->len; i++)
    g_assert_cmpint(*(char *)((MuOutput *)left->pdata[i])->callbacks->pdata[0], ==, "abc"[i]);
  g_assert_true(mu_pipeline_is_idle(world.pipeline));
  g_assert_cmpint(mu_pipeline_next_ms(world.pipeline), ==, G_MAXINT64);
  assert_joined(world.performed, " ", "");
  world_clear(&world);
}

/* ---- random runs --------------------------------------------------------------------------------------------------- */

#define RUNS 300
#define STEPS 200

/* The outputs were performed from the first on, none left out, none twice. */
static void check_order(const World *world) {
  for (guint i = 0; i < world->performed->len; i++) {
    g_autofree char *expected = g_strdup_printf("o%u", i);
    g_assert_cmpstr(world->performed->pdata[i], ==, expected);
  }
}

static void random_push(World *world, MuRandom *random, guint *n, GPtrArray *all) {
  g_autofree char *name = g_strdup_printf("o%u", (*n)++);
  guint records = mu_random_below(random, 3) == 0 ? 0 : (guint)mu_random_below(random, 4);
  for (guint i = 0; i < records; i++)
    g_ptr_array_add(all, g_strdup_printf("%s.%u", name, i));
  push(world, name, records);
}

static void random_step(World *world, MuRandom *random, guint *n, GPtrArray *all) {
  world->answer = (int)mu_random_below(random, 3);
  switch (mu_random_below(random, 4)) {
  case 0:
  case 1: random_push(world, random, n, all); break;
  case 2:
    if (world->flying != NULL)
      answer(world, mu_random_below(random, 2) == 0);
    break;
  default: tick_at(world, world->now_ms + (gint64)mu_random_below(random, 2000)); break;
  }
}

/* The store recovers: everything must come out. */
static void settle(World *world) {
  world->answer = AT_ONCE;
  if (world->flying != NULL)
    answer(world, TRUE);
  if (mu_pipeline_next_ms(world->pipeline) != G_MAXINT64)
    tick_at(world, mu_pipeline_next_ms(world->pipeline));
  g_assert_true(mu_pipeline_is_idle(world->pipeline));
  g_assert_null(world->trouble);
  g_assert_cmpuint(world->unflushed, ==, 0);
}

static void check_nothing_lost(const World *world, guint n, const GPtrArray *all) {
  g_assert_cmpuint(world->performed->len, ==, n);
  g_assert_cmpuint(world->durable->len, ==, all->len);
  for (guint i = 0; i < all->len; i++)
    g_assert_cmpstr(world->durable->pdata[i], ==, all->pdata[i]);
}

static void random_run(guint64 seed) {
  MuRandom random;
  mu_random_seed(&random, seed);
  World world;
  world_init(&world);
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
  guint n = 0;
  for (guint i = 0; i < STEPS; i++) {
    random_step(&world, &random, &n, all);
    check_order(&world);
  }
  settle(&world);
  check_order(&world);
  check_nothing_lost(&world, n, all);
  world_clear(&world);
}

static void test_random_runs(void) {
  for (guint64 seed = 1; seed <= RUNS; seed++) {
    g_test_message("seed %" G_GUINT64_FORMAT, seed);
    random_run(seed);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/pipeline/performed-when-durable", test_performed_when_durable);
  g_test_add_func("/pipeline/group-commit", test_group_commit);
  g_test_add_func("/pipeline/empty-needs-no-commit", test_empty_needs_no_commit);
  g_test_add_func("/pipeline/performs-in-parts", test_performs_in_parts);
  g_test_add_func("/pipeline/groups-are-bounded", test_groups_are_bounded);
  g_test_add_func("/pipeline/retry-backs-off", test_retry_backs_off);
  g_test_add_func("/pipeline/trouble-is-told-once", test_trouble_is_told_once);
  g_test_add_func("/pipeline/abandon", test_abandon);
  g_test_add_func("/pipeline/random-runs", test_random_runs);
  return g_test_run();
}
