/* The end of a run, in the order in which nobody is left waiting and nothing is left behind. */
#include "local_engine.h"
#include "log.h"
#include "runner_internal.h"

static void stop_engine(MuMultiServiceRunner *runner) {
  if (runner->started)
    runner->engine->ops->stop(runner->engine);
  runner->started = FALSE;
}

static gboolean destroy_engine(MuMultiServiceRunner *runner, GError **error) {
  if (!runner->local || runner->engine == NULL)
    return TRUE;
  return mu_local_engine_destroy(runner->engine, MU_RUNNER_DESTROY_MS, error);
}

static void release_engine(MuMultiServiceRunner *runner) {
  if (runner->engine != NULL)
    runner->engine->ops->free(runner->engine);
  runner->engine = NULL;
}

static void release_store(MuMultiServiceRunner *runner) {
  if (runner->store != NULL)
    runner->store->ops->free(runner->store); /* waits for the batch that it works on */
  runner->store = NULL;
}

/* Those who wait for an answer that will never come are told so. */
static void answer_abandoned(MuMultiServiceRunner *runner) {
  g_autoptr(GError) error = g_error_new(MU_ERROR, MU_ERROR_UNAVAILABLE,
                                        "the scheduler ended before the request was known to be stored; ask it again");
  g_autoptr(GPtrArray) left = mu_pipeline_abandon(runner->pipeline);
  for (guint i = 0; i < left->len; i++) {
    const MuOutput *output = left->pdata[i];
    for (guint j = 0; j < output->replies->len; j++) {
      const MuPendingReply *pending = output->replies->pdata[j];
      if (pending->reply != NULL)
        pending->reply(NULL, error, pending->user);
    }
  }
}

/* The server gives the last answers a moment to leave, and lets those who ask in it queue up in vain. */
static void stop_serving(MuMultiServiceRunner *runner) {
  answer_abandoned(runner);
  mu_runner_queue_clear(runner);
  g_clear_pointer(&runner->http, mu_http_server_free);
  mu_runner_queue_clear(runner);
}

static gboolean erase_all(MuMultiServiceRunner *runner, GError **error) {
  if (!destroy_engine(runner, error))
    return FALSE; /* the store stays, so that the next start can finish it */
  if (!runner->store->ops->erase(runner->store, error))
    return FALSE;
  mu_state_dir_set_erase(runner->dir);
  return TRUE;
}

gboolean mu_runner_shut(MuMultiServiceRunner *runner, gboolean erase, GError **error) {
  stop_engine(runner);
  gboolean erased = TRUE;
  if (erase)
    erased = erase_all(runner, error);
  else if (runner->dir != NULL && mu_state_dir_is_throw_away(runner->dir))
    erased = destroy_engine(runner, error);
  release_store(runner);
  stop_serving(runner);
  release_engine(runner);
  g_clear_pointer(&runner->secrets, mu_secret_store_free);
  g_clear_pointer(&runner->dir, mu_state_dir_close);
  return erased;
}
