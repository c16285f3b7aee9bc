/* What the pipeline lets through is done here: calls to the engine, answers, notices, callbacks. */
#include "log.h"
#include "runner_internal.h"
#include "step_run.h"

static void on_committed(MuBatch *batch, const GError *error, gpointer user) {
  (void)batch;
  MuMultiServiceRunner *runner = user;
  mu_pipeline_committed(runner->pipeline, error, mu_runner_now_ms(runner));
  mu_runner_check_end(runner);
  mu_runner_arm(runner);
}

static void commit(MuBatch *batch, gpointer user) {
  MuMultiServiceRunner *runner = user;
  runner->store->ops->commit(runner->store, batch, on_committed, runner);
}

static void trouble(const char *message, gpointer user) {
  MuMultiServiceRunner *runner = user;
  mu_client_set_store_error(runner->client, message);
  if (message != NULL)
    mu_warning("the store cannot be written: %s; nothing new is started or promised until it can, trying again",
               message);
  else
    mu_info("the store can be written again");
}

static void perform_calls(MuMultiServiceRunner *runner, const MuOutput *output) {
  for (guint i = 0; i < output->calls->len; i++) {
    mu_narrate_call(runner, output->calls->pdata[i]);
    runner->engine->ops->perform(runner->engine, output->calls->pdata[i]);
  }
  runner->calls_given |= output->calls->len > 0;
}

static void give_replies(const MuOutput *output) {
  for (guint i = 0; i < output->replies->len; i++) {
    const MuPendingReply *pending = output->replies->pdata[i];
    if (pending->reply != NULL)
      pending->reply(pending->body, pending->error, pending->user);
  }
}

static void publish(MuMultiServiceRunner *runner, const MuOutput *output) {
  for (guint i = 0; i < output->notices->len; i++) {
    const MuNotice *notice = output->notices->pdata[i];
    mu_narrate_notice(notice);
    if (runner->watch != NULL)
      runner->watch(notice->type, notice->service, notice->text, runner->watch_user);
    mu_runner_forget_secrets(runner, notice);
    mu_http_server_publish(runner->http, notice->type, notice->service, notice->text);
  }
}

static void queue_report(MuStepReport *take_report, gpointer user) {
  mu_runner_queue_report(user, take_report);
}

static void call_steps(MuMultiServiceRunner *runner, const MuOutput *output) {
  for (guint i = 0; i < output->steps->len; i++)
    mu_client_call_step(runner->client, output->steps->pdata[i], queue_report, runner);
}

static void call_back(MuMultiServiceRunner *runner, const MuOutput *output) {
  for (guint i = 0; i < output->callbacks->len; i++) {
    const char *service = output->callbacks->pdata[i];
    mu_client_call_uninstall_callback(runner->client, service);
    mu_client_callback_done(runner->client, service, mu_runner_now_ms(runner));
    runner->dirty = TRUE;
  }
}

static void perform(MuOutput *take_output, gpointer user) {
  MuMultiServiceRunner *runner = user;
  g_autoptr(MuOutput) output = take_output;
  perform_calls(runner, output);
  give_replies(output);
  publish(runner, output);
  call_steps(runner, output);
  call_back(runner, output);
  runner->uninstalled |= output->erase;
}

static void flush(gpointer user) {
  MuMultiServiceRunner *runner = user;
  if (runner->calls_given)
    runner->engine->ops->flush(runner->engine);
  runner->calls_given = FALSE;
}

const MuPipelineOps mu_runner_pipeline_ops = {
    .commit = commit,
    .perform = perform,
    .flush = flush,
    .trouble = trouble,
};
