/* The executors: started, spoken to, buried.
 *
 *   ABSENT ──launch──▶ LIVE ──all ended and acknowledged──▶ CLOSING
 *     ▲                  │                                     │ its line ends
 *     │                  │ its line ends                       ▼
 *     └── lock taken, nothing left to tell ◀───────────────  DYING
 *                        ▲                                     │
 *   CALLING ──connected──┴───── lock taken: started as --recover
 *
 * Who holds the lock on its folder lives, whatever its pid was. An executor found dead with tasks that had not ended is
 * started again as --recover: it kills what is left and reports; the engine itself never signals a process of a task. */
#include "local_private.h"
#include "sm.h"
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_FIRST_MS 2
#define RETRY_MOST_MS 2000
#define ZOMBIE_MS 20
#define ACKED_KEPT 16

static const MuSmState STATES[] = {
    [MU_LOCAL_EXECUTOR_ABSENT] = {"absent", MU_SM_TO(MU_LOCAL_EXECUTOR_LIVE)},
    [MU_LOCAL_EXECUTOR_CALLING] = {"calling", MU_SM_TO(MU_LOCAL_EXECUTOR_LIVE) | MU_SM_TO(MU_LOCAL_EXECUTOR_DYING)},
    [MU_LOCAL_EXECUTOR_LIVE] = {"live", MU_SM_TO(MU_LOCAL_EXECUTOR_CLOSING) | MU_SM_TO(MU_LOCAL_EXECUTOR_DYING)},
    [MU_LOCAL_EXECUTOR_CLOSING] = {"closing", MU_SM_TO(MU_LOCAL_EXECUTOR_DYING)},
    [MU_LOCAL_EXECUTOR_DYING] = {"dying", MU_SM_TO(MU_LOCAL_EXECUTOR_ABSENT) | MU_SM_TO(MU_LOCAL_EXECUTOR_LIVE)},
};
static const MuSm MACHINE = {.name = "executor", .states = STATES, .n_states = G_N_ELEMENTS(STATES)};

static void schedule_retries(MuLocal *local);
static void pump(MuLocalExecutor *executor);

static gint64 now_ms(void) {
  return g_get_monotonic_time() / 1000;
}

static void move(MuLocalExecutor *executor, MuLocalExecutorState to) {
  mu_sm_move(&MACHINE, &executor->state, to, executor->id);
  executor->attempts = 0;
  executor->retry_ms = 0;
  g_hash_table_remove(executor->local->waiting, executor);
}

static void task_free(MuLocalTask *task) {
  if (g_hash_table_lookup(task->executor->local->tasks, task->id) == task)
    g_hash_table_remove(task->executor->local->tasks, task->id);
  mu_task_status_free(task->last);
  g_ptr_array_unref(task->unacked);
  g_ptr_array_unref(task->acked);
  g_free(task->id);
  g_free(task->name);
  g_free(task);
}

static void launch_free(gpointer data) {
  MuLocalLaunch *launch = data;
  g_ptr_array_unref(launch->tasks);
  g_free(launch->file);
  g_free(launch);
}

void mu_local_executor_free(gpointer data) {
  MuLocalExecutor *executor = data;
  for (guint i = 0; i < executor->tasks->len; i++)
    task_free(executor->tasks->pdata[i]);
  g_ptr_array_unref(executor->tasks);
  for (guint i = 0; i < executor->outbox->len; i++)
    json_decref(executor->outbox->pdata[i]);
  g_ptr_array_unref(executor->outbox);
  g_queue_clear_full(&executor->launches, launch_free);
  g_hash_table_remove(executor->local->waiting, executor);
  mu_local_line_free(executor->line);
  if (executor->lock_fd >= 0)
    close(executor->lock_fd);
  g_free(executor->id);
  g_free(executor->service);
  g_free(executor);
}

/* ---- speaking ---- */

static void say(MuLocalExecutor *executor, json_t *take_message) {
  if (executor->line && executor->state != MU_LOCAL_EXECUTOR_DYING && !executor->recovers) {
    mu_local_line_send(executor->line, take_message);
    json_decref(take_message);
  } else
    g_ptr_array_add(executor->outbox, take_message);
}

static void empty_outbox(MuLocalExecutor *executor) {
  g_autoptr(GPtrArray) messages = executor->outbox;
  executor->outbox = g_ptr_array_new();
  for (guint i = 0; i < messages->len; i++)
    say(executor, messages->pdata[i]);
}

static gboolean is_finished(const MuLocalExecutor *executor) {
  for (guint i = 0; i < executor->tasks->len; i++) {
    const MuLocalTask *task = executor->tasks->pdata[i];
    if (!task->ended || task->unacked->len > 0)
      return FALSE;
  }
  return g_queue_is_empty((GQueue *)&executor->launches);
}

static void close_if_finished(MuLocalExecutor *executor) {
  if (executor->state != MU_LOCAL_EXECUTOR_LIVE || !executor->greeted || executor->recovers || !is_finished(executor))
    return;
  say(executor, json_pack("{s:s}", "do", "shutdown"));
  move(executor, MU_LOCAL_EXECUTOR_CLOSING);
}

void mu_local_executor_shutdown(MuLocalExecutor *executor) {
  say(executor, json_pack("{s:s}", "do", "shutdown"));
}

void mu_local_executor_kill(MuLocalTask *task, gint64 grace_ms) {
  say(task->executor,
      json_pack("{s:s, s:s, s:I}", "do", "kill", "task_id", task->id, "grace_ms", (json_int_t)grace_ms));
}

gboolean mu_local_executor_answers(const MuLocalExecutor *executor) {
  return executor->line != NULL && executor->state == MU_LOCAL_EXECUTOR_LIVE && !executor->recovers;
}

gboolean mu_local_executor_exec(MuLocalExecutor *executor, const json_t *message, int fd) {
  return mu_local_executor_answers(executor) && mu_local_line_send_fd(executor->line, message, fd);
}

void mu_local_executor_ack_again(MuLocalTask *task, const char *uuid) {
  say(task->executor, json_pack("{s:s, s:s}", "do", "ack", "uuid", uuid));
}

void mu_local_executor_ack(MuLocalTask *task, const char *uuid) {
  guint i;
  if (!g_ptr_array_find_with_equal_func(task->unacked, uuid, g_str_equal, &i))
    return;
  mu_local_executor_ack_again(task, uuid);
  if (task->acked->len == ACKED_KEPT)
    g_ptr_array_remove_index(task->acked, 0);
  g_ptr_array_add(task->acked, g_ptr_array_steal_index(task->unacked, i));
  if (task->ended && task->unacked->len == 0)
    close_if_finished(task->executor);
}

/* ---- starting ---- */

/* Nothing of it ever ran, and nothing in its folder says otherwise: told without a uuid. */
static void fail_task(MuLocalTask *task, const char *message) {
  MuTaskStatus *status = mu_task_status_new(task->id, MU_TASK_FAILED);
  g_free(status->agent_id);
  status->agent_id = g_strdup(mu_agent_id(task->executor->agent->model));
  status->reason = g_strdup("REASON_CONTAINER_LAUNCH_FAILED");
  status->message = g_strdup(message);
  status->timestamp_ms = g_get_real_time() / 1000;
  mu_task_status_free(task->last);
  task->last = mu_task_status_copy(status);
  mu_local_task_ended(task);
  mu_local_emit_status(task->executor->local, status);
}

static void forget(MuLocalExecutor *executor) {
  MuLocal *local = executor->local;
  mu_local_executor_remove_dir(executor);
  for (guint i = 0; i < executor->tasks->len; i++)
    mu_local_runs_ended(local, ((const MuLocalTask *)executor->tasks->pdata[i])->id);
  g_hash_table_remove(local->executors, executor->id);
}

/* Takes the launch, writes its file, and has it begun by `begin`. */
static gboolean give(MuLocalExecutor *executor, gboolean (*begin)(MuLocalExecutor *executor, GError **error)) {
  g_autoptr(GError) error = NULL;
  MuLocalLaunch *launch = g_queue_pop_head(&executor->launches);
  gboolean ok = mu_local_executor_write(executor, launch->file, &error) && begin(executor, &error);
  for (guint i = 0; i < launch->tasks->len; i++) {
    MuLocalTask *task = launch->tasks->pdata[i];
    task->given = ok;
    if (!ok)
      fail_task(task, error->message);
  }
  launch_free(launch);
  return ok;
}

static gboolean begin_process(MuLocalExecutor *executor, GError **error) {
  if (!mu_local_executor_spawn(executor, FALSE, error))
    return FALSE;
  move(executor, MU_LOCAL_EXECUTOR_LIVE);
  executor->recovers = FALSE;
  executor->greeted = TRUE;
  return TRUE;
}

static gboolean begin_in_process(MuLocalExecutor *executor, GError **error) {
  (void)error;
  g_autofree char *file = g_strdup_printf("launch-%u.json", executor->files - 1);
  say(executor, json_pack("{s:s, s:s}", "do", "launch", "file", file));
  return TRUE;
}

static gboolean has_ready_launch(MuLocalExecutor *executor) {
  const MuLocalLaunch *launch = g_queue_peek_head(&executor->launches);
  return launch && launch->ready;
}

/* Gives what is ready to a process that can take it; without a process it begins one. May free the executor. */
static void pump(MuLocalExecutor *executor) {
  while (executor->state == MU_LOCAL_EXECUTOR_ABSENT && has_ready_launch(executor))
    if (!give(executor, begin_process))
      mu_local_executor_remove_dir(executor);
  gboolean takes = executor->state == MU_LOCAL_EXECUTOR_LIVE && !executor->recovers;
  while (takes && has_ready_launch(executor))
    give(executor, begin_in_process);
  if (takes)
    empty_outbox(executor);
  else if (executor->state == MU_LOCAL_EXECUTOR_ABSENT && g_queue_is_empty(&executor->launches))
    forget(executor);
}

MuLocalTask *mu_local_task_new(MuLocalExecutor *executor, const char *task_id, const char *name) {
  MuLocalTask *task = g_new0(MuLocalTask, 1);
  *task = (MuLocalTask){.executor = executor, .id = g_strdup(task_id), .name = g_strdup(name)};
  task->last = mu_task_status_new(task_id, MU_TASK_STAGING);
  task->last->agent_id = g_strdup(mu_agent_id(executor->agent->model));
  task->unacked = g_ptr_array_new_with_free_func(g_free);
  task->acked = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(executor->tasks, task);
  g_hash_table_insert(executor->local->tasks, task->id, task);
  return task;
}

MuLocalLaunch *mu_local_executor_add(MuLocal *local, MuLocalAgent *agent, const MuPodLaunch *launch,
                                     char *take_launch_file) {
  MuLocalExecutor *executor = g_hash_table_lookup(local->executors, launch->executor_id);
  if (!executor) {
    executor = g_new0(MuLocalExecutor, 1);
    *executor = (MuLocalExecutor){.local = local,
                                  .agent = agent,
                                  .lock_fd = -1,
                                  .id = g_strdup(launch->executor_id),
                                  .service = g_strdup(launch->service),
                                  .tasks = g_ptr_array_new(),
                                  .outbox = g_ptr_array_new()};
    g_hash_table_insert(local->executors, executor->id, executor);
  }
  MuLocalLaunch *own = g_new0(MuLocalLaunch, 1);
  *own = (MuLocalLaunch){.executor = executor, .file = take_launch_file, .tasks = g_ptr_array_new()};
  for (guint i = 0; i < launch->tasks->len; i++) {
    const MuTaskLaunch *task = launch->tasks->pdata[i];
    g_ptr_array_add(own->tasks, mu_local_task_new(executor, task->task_id, task->name));
  }
  g_queue_push_tail(&executor->launches, own);
  return own;
}

void mu_local_executor_launch(MuLocalLaunch *launch) {
  launch->ready = TRUE;
  pump(launch->executor);
}

/* ---- dying ---- */

static void tell_failure(MuLocalExecutor *executor) {
  if (executor->told_failure)
    return;
  executor->told_failure = TRUE;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_FAILURE);
  event->id = g_strdup(executor->id);
  event->agent_id = g_strdup(mu_agent_id(executor->agent->model));
  mu_local_emit(executor->local, event);
}

static void retry_later(MuLocalExecutor *executor) {
  gint64 wait = MIN((gint64)RETRY_FIRST_MS << MIN(executor->attempts, 16u), RETRY_MOST_MS);
  executor->attempts++;
  executor->retry_ms = now_ms() + wait;
  g_hash_table_add(executor->local->waiting, executor);
  schedule_retries(executor->local);
}

/* A task may have been added while it was going: then it is started anew, in a new folder. */
static void bury(MuLocalExecutor *executor) {
  if (g_queue_is_empty(&executor->launches) || executor->local->torn_down) {
    forget(executor);
    return;
  }
  mu_local_executor_remove_dir(executor);
  for (guint i = executor->tasks->len; i > 0; i--) {
    MuLocalTask *task = executor->tasks->pdata[i - 1];
    if (!task->ended)
      continue;
    mu_local_runs_ended(executor->local, task->id);
    task_free(task);
    g_ptr_array_remove_index(executor->tasks, i - 1);
  }
  executor->told_failure = FALSE;
  move(executor, MU_LOCAL_EXECUTOR_ABSENT);
  pump(executor);
}

static gboolean has_unfinished_business(const MuLocalExecutor *executor) {
  if (executor->local->torn_down)
    return FALSE;
  if (!executor->greeted)
    return TRUE;
  for (guint i = 0; i < executor->tasks->len; i++) {
    const MuLocalTask *task = executor->tasks->pdata[i];
    if ((task->given && !task->ended) || task->unacked->len > 0)
      return TRUE;
  }
  return FALSE;
}

static void try_to_bury(MuLocalExecutor *executor) {
  g_autoptr(GError) error = NULL;
  if (!mu_local_executor_lock(executor)) {
    retry_later(executor);
    return;
  }
  if (!has_unfinished_business(executor)) {
    bury(executor);
    return;
  }
  tell_failure(executor);
  guint attempts = executor->attempts;
  if (!mu_local_executor_spawn(executor, TRUE, &error)) {
    g_warning("local engine: %s", error->message);
    retry_later(executor);
    return;
  }
  move(executor, MU_LOCAL_EXECUTOR_LIVE);
  executor->recovers = TRUE;         /* what it is given waits for its hello */
  executor->attempts = attempts + 1; /* one that dies at once is not started in a tight loop */
}

static void on_closed(gpointer user) {
  MuLocalExecutor *executor = user;
  guint attempts = executor->state == MU_LOCAL_EXECUTOR_LIVE ? executor->attempts : 0;
  executor->line = NULL;
  if (executor->child > 0)
    g_array_append_val(executor->local->zombies, executor->child);
  executor->child = 0;
  move(executor, MU_LOCAL_EXECUTOR_DYING);
  executor->attempts = attempts;
  retry_later(executor); /* it ends a moment after its descriptors are closed */
}

/* A --recover that has said its all did not know of them: a launch file that cannot be read. */
static void fail_untold(MuLocalExecutor *executor) {
  for (guint i = 0; executor->recovers && i < executor->tasks->len; i++) {
    MuLocalTask *task = executor->tasks->pdata[i];
    if (task->given && !task->ended)
      fail_task(task, "the executor ended before it knew of the task");
  }
  executor->recovers = FALSE;
}

static void on_message(gpointer user, const json_t *message) {
  MuLocalExecutor *executor = user;
  if (!mu_local_executor_said(executor, message))
    return;
  executor->attempts = 0;
  executor->greeted = TRUE;
  fail_untold(executor);
  pump(executor);
  close_if_finished(executor);
}

const MuLocalLineFuncs mu_local_executor_line_funcs = {.message = on_message, .closed = on_closed};

/* ---- calling, and all that is tried again ---- */

static void try_to_call(MuLocalExecutor *executor) {
  if (mu_local_executor_connect(executor)) {
    move(executor, MU_LOCAL_EXECUTOR_LIVE);
    pump(executor);
    return;
  }
  if (mu_local_executor_lock(executor)) {
    move(executor, MU_LOCAL_EXECUTOR_DYING);
    try_to_bury(executor);
    return;
  }
  retry_later(executor);
}

static void reap_zombies(MuLocal *local) {
  for (guint i = local->zombies->len; i > 0; i--)
    if (waitpid(g_array_index(local->zombies, pid_t, i - 1), NULL, WNOHANG) != 0)
      g_array_remove_index_fast(local->zombies, i - 1);
}

static GPtrArray *take_due(MuLocal *local, gint64 now) {
  GPtrArray *due = g_ptr_array_new();
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, local->waiting);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    MuLocalExecutor *executor = key;
    if (executor->retry_ms > now)
      continue;
    executor->retry_ms = 0;
    g_ptr_array_add(due, executor);
    g_hash_table_iter_remove(&iter);
  }
  return due;
}

static gboolean on_retry(gpointer user) {
  MuLocal *local = user;
  mu_local_cancel(&local->retry_source);
  reap_zombies(local);
  g_autoptr(GPtrArray) due = take_due(local, now_ms());
  for (guint i = 0; i < due->len; i++) {
    MuLocalExecutor *executor = due->pdata[i];
    if (executor->state == MU_LOCAL_EXECUTOR_CALLING)
      try_to_call(executor);
    else if (executor->state == MU_LOCAL_EXECUTOR_DYING)
      try_to_bury(executor);
  }
  schedule_retries(local);
  return G_SOURCE_REMOVE;
}

static void schedule_retries(MuLocal *local) {
  gint64 next = local->zombies->len > 0 ? now_ms() + ZOMBIE_MS : G_MAXINT64;
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, local->waiting);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    next = MIN(next, ((const MuLocalExecutor *)key)->retry_ms);
  if (next == G_MAXINT64 || local->stopped || (local->retry_source && local->retry_source_ms <= next))
    return;
  mu_local_cancel(&local->retry_source);
  local->retry_source_ms = next;
  local->retry_source = mu_local_call_later(local, MAX(next - now_ms(), 1), on_retry, local);
}

/* ---- of an earlier run ---- */

gboolean mu_local_executors_scan(MuLocal *local, GError **error) {
  GDir *dir = g_dir_open(local->executors_dir, 0, error);
  if (!dir)
    return FALSE;
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_autoptr(GError) cause = NULL;
    MuLocalExecutor *executor = mu_local_executor_load(local, name, &cause);
    if (executor)
      g_hash_table_insert(local->executors, executor->id, executor);
    else
      mu_local_warn(local, "the executor in %s/%s is left alone: %s", local->executors_dir, name, cause->message);
  }
  g_dir_close(dir);
  return TRUE;
}

void mu_local_executors_adopt(MuLocal *local) {
  g_autoptr(GPtrArray) all = g_ptr_array_new();
  GHashTableIter iter;
  gpointer executor;
  g_hash_table_iter_init(&iter, local->executors);
  while (g_hash_table_iter_next(&iter, NULL, &executor))
    g_ptr_array_add(all, executor);
  for (guint i = 0; i < all->len; i++)
    try_to_call(all->pdata[i]);
}

void mu_local_executors_stop(MuLocal *local) {
  mu_local_cancel(&local->retry_source);
  reap_zombies(local);
}
