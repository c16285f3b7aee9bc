#include "pipeline.h"
#include "bug.h"
#include "sm.h"

/*            push              committed, nothing waits
 *   IDLE ------------> FLYING ------------------------> IDLE
 *                     ^ |    ^ \ committed, more waits
 *         tick: retry | |     \_/
 *                     | v failed
 *                     FAILED
 *
 * `group` are the outputs of the batch: in IDLE they are durable and about to be performed. */
enum { IDLE, FLYING, FAILED };
static const MuSmState pipeline_states[] = {
    [IDLE] = {"idle", MU_SM_TO(FLYING)},
    [FLYING] = {"flying", MU_SM_TO(IDLE) | MU_SM_TO(FAILED)},
    [FAILED] = {"failed", MU_SM_TO(FLYING)},
};
static const MuSm pipeline_sm = {"pipeline", pipeline_states, G_N_ELEMENTS(pipeline_states)};

struct MuPipeline {
  const MuPipelineOps *ops;
  gpointer user;
  guint state;
  GQueue waiting; /* of MuOutput*: pushed, not given to the store */
  GQueue group;   /* of MuOutput*: their operations are all in `batch` */
  MuBatch *batch; /* in flight or failed; owned here or, `shared`, by the only output of the group */
  gboolean shared;
  gboolean advancing; /* a commit may end before it returns, a reply may do anything: no recursion */
  gint64 retry_ms;    /* delay after the next failure */
  gint64 retry_at_ms; /* FAILED only */
  char *trouble;
};

static void free_output(gpointer output) {
  mu_output_free(output);
}

MuPipeline *mu_pipeline_new(const MuPipelineOps *ops, gpointer user) {
  MuPipeline *pipeline = g_new0(MuPipeline, 1);
  pipeline->ops = ops;
  pipeline->user = user;
  pipeline->retry_ms = MU_PIPELINE_RETRY_FIRST_MS;
  g_queue_init(&pipeline->waiting);
  g_queue_init(&pipeline->group);
  return pipeline;
}

static void drop_batch(MuPipeline *pipeline) {
  if (!pipeline->shared && pipeline->batch != NULL)
    mu_batch_free(pipeline->batch);
  pipeline->batch = NULL;
  pipeline->shared = FALSE;
}

void mu_pipeline_free(MuPipeline *pipeline) {
  if (pipeline == NULL)
    return;
  mu_assert(!pipeline->advancing);
  drop_batch(pipeline);
  g_queue_clear_full(&pipeline->group, free_output);
  g_queue_clear_full(&pipeline->waiting, free_output);
  g_free(pipeline->trouble);
  g_free(pipeline);
}

/* ---- making a group durable ---------------------------------------------------------------------------------------- */

/* Moves the operations of `from` behind those of `into`. */
static void batch_join(MuBatch *into, MuBatch *from) {
  g_array_append_vals(into->ops, from->ops->data, from->ops->len);
  g_array_set_clear_func(from->ops, NULL); /* their strings have moved */
  g_array_set_size(from->ops, 0);
  into->sequence = from->sequence;
}

/* The batch of all outputs of the group as one transaction. A lone output lends its own. */
static void gather_batch(MuPipeline *pipeline) {
  MuOutput *first = g_queue_peek_head(&pipeline->group);
  if (pipeline->group.length == 1) {
    pipeline->batch = first->batch;
    pipeline->shared = TRUE;
    return;
  }
  pipeline->batch = mu_batch_new();
  for (GList *link = pipeline->group.head; link != NULL; link = link->next)
    batch_join(pipeline->batch, ((MuOutput *)link->data)->batch);
}

static void fly(MuPipeline *pipeline) {
  mu_sm_move(&pipeline_sm, &pipeline->state, FLYING, "commit");
  pipeline->ops->commit(pipeline->batch, pipeline->user);
}

/* Nothing is in flight and the head of the queue has records: everything that waits becomes one transaction. */
static void fly_waiting(MuPipeline *pipeline) {
  mu_assert(g_queue_is_empty(&pipeline->group));
  pipeline->group = pipeline->waiting;
  g_queue_init(&pipeline->waiting);
  gather_batch(pipeline);
  fly(pipeline);
}

/* ---- performing ---------------------------------------------------------------------------------------------------- */

/* Takes and performs the outputs at the head that need no commit: no other output is before them. */
static gboolean perform_empty_heads(MuPipeline *pipeline) {
  gboolean performed = FALSE;
  MuOutput *head;
  while ((head = g_queue_peek_head(&pipeline->waiting)) != NULL && mu_batch_is_empty(head->batch)) {
    pipeline->ops->perform(g_queue_pop_head(&pipeline->waiting), pipeline->user);
    performed = TRUE;
  }
  return performed;
}

static void perform_group(MuPipeline *pipeline) {
  MuOutput *output;
  while ((output = g_queue_pop_head(&pipeline->group)) != NULL)
    pipeline->ops->perform(output, pipeline->user);
  pipeline->ops->flush(pipeline->user);
}

/* Goes as far as it gets without the store's answer. */
static void advance(MuPipeline *pipeline) {
  if (pipeline->advancing)
    return;
  pipeline->advancing = TRUE;
  while (pipeline->state == IDLE && !mu_pipeline_is_idle(pipeline)) {
    if (!g_queue_is_empty(&pipeline->group))
      perform_group(pipeline);
    else if (perform_empty_heads(pipeline))
      pipeline->ops->flush(pipeline->user);
    else
      fly_waiting(pipeline);
  }
  pipeline->advancing = FALSE;
}

/* ---- events -------------------------------------------------------------------------------------------------------- */

void mu_pipeline_push(MuPipeline *pipeline, MuOutput *take_output) {
  mu_assert(!pipeline->advancing);
  g_queue_push_tail(&pipeline->waiting, take_output);
  advance(pipeline);
}

static void set_trouble(MuPipeline *pipeline, const char *message) {
  if (g_strcmp0(pipeline->trouble, message) == 0)
    return;
  g_free(pipeline->trouble);
  pipeline->trouble = g_strdup(message);
  pipeline->ops->trouble(pipeline->trouble, pipeline->user);
}

static void failed(MuPipeline *pipeline, const GError *error, gint64 now_ms) {
  mu_sm_move(&pipeline_sm, &pipeline->state, FAILED, error->message);
  pipeline->retry_at_ms = now_ms + pipeline->retry_ms;
  pipeline->retry_ms = MIN(pipeline->retry_ms * 2, MU_PIPELINE_RETRY_MAX_MS);
  set_trouble(pipeline, error->message);
}

void mu_pipeline_committed(MuPipeline *pipeline, const GError *error, gint64 now_ms) {
  mu_assert(pipeline->state == FLYING);
  if (error != NULL) {
    failed(pipeline, error, now_ms);
    return;
  }
  mu_sm_move(&pipeline_sm, &pipeline->state, IDLE, "durable");
  drop_batch(pipeline);
  pipeline->retry_ms = MU_PIPELINE_RETRY_FIRST_MS;
  set_trouble(pipeline, NULL);
  advance(pipeline);
}

gint64 mu_pipeline_next_ms(const MuPipeline *pipeline) {
  return pipeline->state == FAILED ? pipeline->retry_at_ms : G_MAXINT64;
}

void mu_pipeline_tick(MuPipeline *pipeline, gint64 now_ms) {
  if (pipeline->state != FAILED || now_ms < pipeline->retry_at_ms)
    return;
  fly(pipeline);
}

gboolean mu_pipeline_is_idle(const MuPipeline *pipeline) {
  return pipeline->group.length == 0 && pipeline->waiting.length == 0;
}

gboolean mu_pipeline_in_flight(const MuPipeline *pipeline) {
  return pipeline->state == FLYING;
}

const char *mu_pipeline_trouble(const MuPipeline *pipeline) {
  return pipeline->trouble;
}

GPtrArray *mu_pipeline_abandon(MuPipeline *pipeline) {
  mu_assert(!pipeline->advancing);
  GPtrArray *left = g_ptr_array_new_with_free_func(free_output);
  MuOutput *output;
  while ((output = g_queue_pop_head(&pipeline->group)) != NULL)
    g_ptr_array_add(left, output);
  while ((output = g_queue_pop_head(&pipeline->waiting)) != NULL)
    g_ptr_array_add(left, output);
  drop_batch(pipeline);
  pipeline->state = IDLE;
  return left;
}
