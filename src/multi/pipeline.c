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
 * `group` are the outputs of the batch; in IDLE there are none. */
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
  GQueue waiting;     /* of MuOutput*: pushed, not given to the store */
  GQueue group;       /* of MuOutput*: their operations are all in `batch` */
  GQueue durable;     /* of MuOutput*: to be performed; before those of the group */
  MuBatch *batch;     /* in flight or failed; owned here, but not what its operations point to: that is the outputs' */
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
  g_queue_init(&pipeline->durable);
  return pipeline;
}

static void drop_batch(MuPipeline *pipeline) {
  g_clear_pointer(&pipeline->batch, mu_batch_free);
}

void mu_pipeline_free(MuPipeline *pipeline) {
  if (pipeline == NULL)
    return;
  mu_assert(!pipeline->advancing);
  drop_batch(pipeline);
  g_queue_clear_full(&pipeline->durable, free_output);
  g_queue_clear_full(&pipeline->group, free_output);
  g_queue_clear_full(&pipeline->waiting, free_output);
  g_free(pipeline->trouble);
  g_free(pipeline);
}

/* ---- making a group durable ---------------------------------------------------------------------------------------- */

static void fly(MuPipeline *pipeline) {
  mu_sm_move(&pipeline_sm, &pipeline->state, FLYING, "commit");
  pipeline->ops->commit(pipeline->batch, pipeline->user);
}

/* Nothing is in flight and the head of the queue has records: as much of what waits as one transaction may have. */
static void fly_waiting(MuPipeline *pipeline) {
  mu_assert(g_queue_is_empty(&pipeline->group) && pipeline->batch == NULL);
  pipeline->batch = mu_batch_new_borrowing();
  do {
    MuOutput *output = g_queue_pop_head(&pipeline->waiting);
    mu_batch_borrow(pipeline->batch, output->batch);
    g_queue_push_tail(&pipeline->group, output);
  } while (!g_queue_is_empty(&pipeline->waiting) && pipeline->batch->ops->len < MU_PIPELINE_GROUP_RECORDS);
  fly(pipeline);
}

/* Goes as far as it gets without the store's answer. What has no records is durable when all before it is. */
static void advance(MuPipeline *pipeline) {
  if (pipeline->advancing)
    return;
  pipeline->advancing = TRUE;
  while (pipeline->state == IDLE && !g_queue_is_empty(&pipeline->waiting)) {
    const MuOutput *head = g_queue_peek_head(&pipeline->waiting);
    if (mu_batch_is_empty(head->batch))
      g_queue_push_tail(&pipeline->durable, g_queue_pop_head(&pipeline->waiting));
    else
      fly_waiting(pipeline);
  }
  pipeline->advancing = FALSE;
}

/* ---- performing ---------------------------------------------------------------------------------------------------- */

static guint weight_of(const MuOutput *output) {
  return output->calls->len + output->replies->len + output->notices->len + output->batch->ops->len;
}

static void perform_part(MuPipeline *pipeline) {
  guint weight = 0;
  if (pipeline->advancing || g_queue_is_empty(&pipeline->durable))
    return;
  pipeline->advancing = TRUE;
  for (MuOutput *output; weight < MU_PIPELINE_PART && (output = g_queue_pop_head(&pipeline->durable)) != NULL;) {
    weight += weight_of(output);
    pipeline->ops->perform(output, pipeline->user);
  }
  pipeline->ops->flush(pipeline->user);
  pipeline->advancing = FALSE;
}

/* ---- events -------------------------------------------------------------------------------------------------------- */

void mu_pipeline_push(MuPipeline *pipeline, MuOutput *take_output) {
  mu_assert(!pipeline->advancing);
  g_queue_push_tail(&pipeline->waiting, take_output);
  advance(pipeline);
  perform_part(pipeline);
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
  for (MuOutput *output; (output = g_queue_pop_head(&pipeline->group)) != NULL;)
    g_queue_push_tail(&pipeline->durable, output);
  pipeline->retry_ms = MU_PIPELINE_RETRY_FIRST_MS;
  set_trouble(pipeline, NULL);
  advance(pipeline);
  perform_part(pipeline);
}

gint64 mu_pipeline_next_ms(const MuPipeline *pipeline) {
  if (mu_pipeline_owes(pipeline))
    return 0;
  return pipeline->state == FAILED ? pipeline->retry_at_ms : G_MAXINT64;
}

void mu_pipeline_tick(MuPipeline *pipeline, gint64 now_ms) {
  if (pipeline->state == FAILED && now_ms >= pipeline->retry_at_ms)
    fly(pipeline);
  perform_part(pipeline);
}

gboolean mu_pipeline_owes(const MuPipeline *pipeline) {
  return pipeline->durable.length > 0;
}

gboolean mu_pipeline_is_idle(const MuPipeline *pipeline) {
  return pipeline->durable.length == 0 && pipeline->group.length == 0 && pipeline->waiting.length == 0;
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
  while ((output = g_queue_pop_head(&pipeline->durable)) != NULL)
    g_ptr_array_add(left, output);
  while ((output = g_queue_pop_head(&pipeline->group)) != NULL)
    g_ptr_array_add(left, output);
  while ((output = g_queue_pop_head(&pipeline->waiting)) != NULL)
    g_ptr_array_add(left, output);
  drop_batch(pipeline);
  pipeline->state = IDLE;
  return left;
}
