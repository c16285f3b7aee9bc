/* Pipeline: the order between drains, commits and actions (docs/architecture.md, "The durability promise"). Outputs of
 * the core go in; each is performed, in the order of the drains, once its batch and those of all before it are durable.
 *
 *     push -> [ waiting | waiting | waiting ]   gathered while a commit is in flight
 *                 \________ | ________/         one transaction (group commit) of at most MU_PIPELINE_GROUP_RECORDS
 *                           v
 *              commit -> in flight --done--> [ durable | durable ]   performed in order, a part at a time, then a flush
 *                           ^     \
 *                    retry  |      failed: nothing of it is performed, health is told
 *                 (backoff) +------+
 *
 * The store begins with the next group as soon as one is durable; what that lets through is performed beside it. A call of
 * this module performs at most a part of MU_PIPELINE_PART actions, so that whoever reads beside the core waits for no more:
 * the rest follows in the ticks, for which mu_pipeline_next_ms() asks at once.
 *
 * Pure: commits, actions and the timer are callbacks, the time comes in. Shared by the runner and the simulator. */
#ifndef MU_PIPELINE_H
#define MU_PIPELINE_H
#include "event_client.h"

/* A failed commit is tried again after this, doubled each time up to the cap. */
#define MU_PIPELINE_RETRY_FIRST_MS 100
#define MU_PIPELINE_RETRY_MAX_MS 10000
/* A transaction takes outputs until it has this many records, one output at least: some tens of milliseconds of the store. */
#define MU_PIPELINE_GROUP_RECORDS 4096
/* Outputs are performed together until they have this many calls, replies, notices and records; one output at least. */
#define MU_PIPELINE_PART 256

typedef struct MuPipeline MuPipeline;

typedef struct {
  /* Begin to make the batch durable, all or nothing, and answer with mu_pipeline_committed: later, or before returning.
   * The batch stays the pipeline's, unchanged until then. Never empty; never called while one is in flight. */
  void (*commit)(MuBatch *batch, gpointer user);
  /* The output and all before it are durable: do what it says. Takes it. Must not push from inside. */
  void (*perform)(MuOutput *take_output, gpointer user);
  /* A part was performed: an end of what was begun with the engine. */
  void (*flush)(gpointer user);
  /* Commits fail at present, for this reason; NULL: they work again. Called at each change of the message. */
  void (*trouble)(const char *message, gpointer user);
} MuPipelineOps;

/* `ops` must live as long as the pipeline. */
MuPipeline *mu_pipeline_new(const MuPipelineOps *ops, gpointer user);
/* Outputs that were not performed are dropped; the store must have let go of the batch in flight. */
void mu_pipeline_free(MuPipeline *pipeline);
/* Puts an output at the end. It may be committed or performed before this returns. */
void mu_pipeline_push(MuPipeline *pipeline, MuOutput *take_output);
/* The end of the commit in flight; `error` NULL: durable. */
void mu_pipeline_committed(MuPipeline *pipeline, const GError *error, gint64 now_ms);
/* When mu_pipeline_tick is to be called: 0, at once, to perform more; for a retry; G_MAXINT64: never. */
gint64 mu_pipeline_next_ms(const MuPipeline *pipeline);
/* Performs a further part, and tries a failed commit again when it is due. */
void mu_pipeline_tick(MuPipeline *pipeline, gint64 now_ms);
/* Everything pushed was performed. */
gboolean mu_pipeline_is_idle(const MuPipeline *pipeline);
/* The store works on a batch at this moment. */
gboolean mu_pipeline_in_flight(const MuPipeline *pipeline);
/* Something is durable and has yet to be performed. */
gboolean mu_pipeline_owes(const MuPipeline *pipeline);
/* Why commits fail at present, or NULL. Borrowed until the next call. */
const char *mu_pipeline_trouble(const MuPipeline *pipeline);
/* Gives up: hands out what was pushed and not performed, in order (of MuOutput*, with their own free function), for an end
 * of the process in which they never will be. As in mu_pipeline_free, no batch may be in flight in the store any more. */
GPtrArray *mu_pipeline_abandon(MuPipeline *pipeline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuPipeline, mu_pipeline_free)
#endif
