#include "exec_task.h"
#include "bug.h"
#include "exec_disk.h"
#include "exec_error.h"
#include "exec_image.h"
#include "exec_sandbox.h"
#include "exec_secrets.h"
#include "exec_session.h"
#include "exec_spawn.h"
#include "exec_tree.h"
#include "sm.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SWEEP_FIRST_MS 2
#define SWEEP_MOST_MS 200
#define SWEEP_GIVE_UP_MS                                                                                               \
  30000 /* a process that SIGKILL does not end (stuck in the kernel) must not hide the task's end */

static const MuSmState STATES[] = {
    [MU_EXEC_TASK_PREPARING] = {"preparing", MU_SM_TO(MU_EXEC_TASK_STEPPING) | MU_SM_TO(MU_EXEC_TASK_RUNNING) |
                                                 MU_SM_TO(MU_EXEC_TASK_ENDED)},
    [MU_EXEC_TASK_STEPPING] = {"stepping", MU_SM_TO(MU_EXEC_TASK_RUNNING) | MU_SM_TO(MU_EXEC_TASK_SWEEPING) |
                                               MU_SM_TO(MU_EXEC_TASK_ENDED)},
    [MU_EXEC_TASK_RUNNING] = {"running", MU_SM_TO(MU_EXEC_TASK_STOPPING) | MU_SM_TO(MU_EXEC_TASK_SWEEPING)},
    [MU_EXEC_TASK_STOPPING] = {"stopping", MU_SM_TO(MU_EXEC_TASK_SWEEPING)},
    [MU_EXEC_TASK_SWEEPING] = {"sweeping", MU_SM_TO(MU_EXEC_TASK_ENDED)},
    [MU_EXEC_TASK_ENDED] = {"ended", 0},
};
static const MuSm MACHINE = {.name = "task", .states = STATES, .n_states = G_N_ELEMENTS(STATES)};

static void move(MuExecTask *task, MuExecTaskState to) {
  mu_sm_move(&MACHINE, &task->state, to, task->spec->task_id);
}

char *mu_exec_describe_exit(int status) {
  if (WIFSIGNALED(status))
    return g_strdup_printf("killed by signal %d (SIG%s)", WTERMSIG(status), sigabbrev_np(WTERMSIG(status)));
  return g_strdup_printf("exited with status %d", WEXITSTATUS(status));
}

/* ---- the end ---- */

static void report(const MuExecTask *task, const char *state, const char *reason, const char *message) {
  task->host->report(task->host->user, (MuExecTask *)task, state, reason, message);
}

static void close_output(MuExecTask *task) {
  mu_exec_stream_close(&task->out);
  mu_exec_stream_close(&task->err);
  mu_exec_log_file_close(&task->out_log);
  mu_exec_log_file_close(&task->err_log);
}

static void report_end(const MuExecTask *task) {
  g_autofree char *how = mu_exec_describe_exit(task->exit_status);
  gboolean good = task->exit_status == 0;
  if (task->unhealthy)
    report(task, "TASK_FAILED", "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED", task->checks[MU_EXEC_HEALTH].message);
  else if (task->over_disk)
    report(task, "TASK_FAILED", "REASON_CONTAINER_LIMITATION_DISK", task->over_disk);
  else if (task->kill_requested)
    report(task, "TASK_KILLED", NULL, how);
  else if (!good && mu_exec_cgroup_was_oom(&task->cgroup)) {
    g_autofree char *message =
        g_strdup_printf("out of memory (limit %" G_GINT64_FORMAT " MB): %s", task->spec->mem_limit_mb, how);
    report(task, "TASK_FAILED", "REASON_CONTAINER_LIMITATION_MEMORY", message);
  } else if (task->step_error)
    report(task, "TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED", task->step_error);
  else
    report(task, good ? "TASK_FINISHED" : "TASK_FAILED", good ? NULL : "REASON_COMMAND_EXECUTOR_FAILED", how);
}

static void end(MuExecTask *task) {
  mu_exec_timer_clear(&task->timer);
  mu_exec_sessions_end(task);
  mu_exec_task_checks_stop(task);
  close_output(task);
  if (!mu_exec_space_is_open(&task->own_space))
    mu_exec_space_close(&task->own_space);
  if (mu_exec_secrets_have_files(task->launch, task->spec))
    mu_exec_secrets_clear(task->spec);
  move(task, MU_EXEC_TASK_ENDED);
  report_end(task);
  mu_exec_cgroup_clear(&task->cgroup);
}

/* Before anything ran, or when the program could not be started. */
static void end_unstarted(MuExecTask *task, const char *message) {
  g_autofree char *line = g_strdup_printf("muster: %s\n", message);
  if (task->err_log.name)
    mu_exec_log_file_write(&task->err_log, line, strlen(line));
  close_output(task);
  g_hash_table_remove(task->host->children, GINT_TO_POINTER(task->own_space.holder));
  mu_exec_space_close(&task->own_space);
  if (mu_exec_secrets_have_files(task->launch, task->spec))
    mu_exec_secrets_clear(task->spec);
  mu_exec_cgroup_clear(&task->cgroup);
  move(task, MU_EXEC_TASK_ENDED);
  report(task, "TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED", message);
}

/* ---- sweeping ---- */

/* With its holder a pid namespace of the task's own ends, whatever is in it. */
static gboolean tree_is_empty(MuExecTask *task) {
  mu_exec_space_kill(&task->own_space);
  gboolean ended = !mu_exec_space_is_open(&task->own_space);
  if (mu_exec_cgroup_tracks(&task->cgroup))
    return mu_exec_cgroup_kill(&task->cgroup) && ended;
  gboolean last = task->host->is_last(task->host->user, task);
  pid_t nurse = task->pod_space ? task->pod_space->holder : 0;
  return mu_exec_tree_kill(task->last_pid, task->spec->task_id, task->host->children, nurse, last) == 0 && ended;
}

static int open_null(void) {
  return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/* The container of an image is removed when no process is left in it. TRUE: there is none. */
static gboolean container_is_gone(MuExecTask *task) {
  if (!task->launch->image || !task->was_running || task->removed)
    return TRUE;
  if (task->remover > 0)
    return FALSE;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) argv = mu_exec_image_remove(task->launch, task->spec);
  MuExecSpawn how = mu_exec_task_plan(task, (char *const *)argv->pdata, NULL, TRUE);
  how.out_fd = how.err_fd = open_null();
  pid_t pid = mu_exec_spawn(&how, NULL, &error);
  close(how.out_fd);
  if (pid < 0) {
    task->removed = TRUE; /* podman is gone: nothing can be done about it */
    return TRUE;
  }
  task->remover = pid;
  g_hash_table_insert(task->host->children, GINT_TO_POINTER(pid), task);
  return FALSE;
}

void mu_exec_task_sweep(MuExecTask *task) {
  if (task->state != MU_EXEC_TASK_SWEEPING)
    return;
  gint64 now = mu_exec_now_ms();
  gboolean empty = tree_is_empty(task) && task->pid == 0 && container_is_gone(task);
  if (empty || now - task->sweep_began_ms > SWEEP_GIVE_UP_MS) {
    end(task);
    return;
  }
  task->sweep_wait_ms = CLAMP(task->sweep_wait_ms * 2, SWEEP_FIRST_MS, SWEEP_MOST_MS);
  mu_exec_timer_set(&task->timer, now + task->sweep_wait_ms);
}

static void begin_sweep(MuExecTask *task) {
  mu_exec_task_checks_stop(task);
  mu_exec_disk_stop(task);
  move(task, MU_EXEC_TASK_SWEEPING);
  task->sweep_began_ms = mu_exec_now_ms();
  mu_exec_task_sweep(task);
}

static void on_task_timer(gpointer user) {
  MuExecTask *task = user;
  if (task->state == MU_EXEC_TASK_STOPPING)
    begin_sweep(task);
  else
    mu_exec_task_sweep(task);
}

/* ---- starting ---- */

/* It runs as the executor does, beside the task's own processes; what it says on stdout is for us. */
static MuExecSpawn plan_secrets(const MuExecTask *task, char *const *argv) {
  static const GPtrArray no_rlimits;
  return (MuExecSpawn){.argv = argv,
                       .envp = environ,
                       .cwd_fd = task->sandbox_fd,
                       .task = &task->as_executor,
                       .rlimits = &no_rlimits,
                       .cgroup = &task->cgroup,
                       .space = task->launch->image ? NULL : mu_exec_task_space(task)};
}

/* What a step prints is kept, to say why it failed; what it does is not the task's, and not filtered. Podman is nobody's but
 * the executor's, and has no limits: it sets them. */
MuExecSpawn mu_exec_task_plan(const MuExecTask *task, char *const *argv, const MuExecStep *step, gboolean of_executor) {
  static const GPtrArray no_rlimits;
  if (step && step->secrets)
    return plan_secrets(task, argv);
  if (of_executor)
    return (MuExecSpawn){.argv = argv,
                         .envp = (char *const *)task->image_env->pdata,
                         .cwd_fd = task->sandbox_fd,
                         .task = &task->as_executor,
                         .rlimits = &no_rlimits};
  return (MuExecSpawn){.argv = argv,
                       .envp = (char *const *)task->env->pdata,
                       .cwd_fd = task->sandbox_fd,
                       .task = task->spec,
                       .rlimits = task->launch->rlimits,
                       .cgroup = &task->cgroup,
                       .space = task->launch->image ? NULL : mu_exec_task_space(task),
                       .filter = step ? NULL : task->filter};
}

static gboolean spawn(MuExecTask *task, char *const *argv, const MuExecStep *step, gboolean of_executor,
                      GError **error) {
  MuExecSpawn how = mu_exec_task_plan(task, argv, step, of_executor);
  gboolean secrets = step && step->secrets;
  if (!mu_exec_stream_open(&task->out, task->host->loop, secrets ? NULL : &task->out_log,
                           secrets ? MU_EXEC_SECRETS_MAX : 0, &how.out_fd, error))
    return FALSE;
  g_autoptr(GString) lowered = g_string_new(NULL);
  pid_t pid = -1;
  if (mu_exec_stream_open(&task->err, task->host->loop, &task->err_log, step ? MU_EXEC_TAIL : 0, &how.err_fd, error)) {
    pid = mu_exec_spawn(&how, lowered, error);
    close(how.err_fd);
  }
  close(how.out_fd);
  if (pid < 0)
    return FALSE;
  mu_exec_log_file_write(&task->err_log, lowered->str, step ? 0 : lowered->len);
  task->pid = task->last_pid = pid;
  g_hash_table_insert(task->host->children, GINT_TO_POINTER(pid), task);
  return TRUE;
}

static gboolean spawn_main(MuExecTask *task, GError **error) {
  char *argv[] = {(char *)"/bin/sh", (char *)"-c", task->spec->cmd, NULL};
  if (!task->launch->image)
    return spawn(task, argv, NULL, FALSE, error);
  g_autoptr(GPtrArray) run = mu_exec_image_run(task->launch, task->spec, mu_exec_task_space(task));
  return spawn(task, (char *const *)run->pdata, NULL, TRUE, error);
}

static void start_main(MuExecTask *task) {
  g_autoptr(GError) error = NULL;
  if (!spawn_main(task, &error)) {
    end_unstarted(task, error->message);
    return;
  }
  move(task, MU_EXEC_TASK_RUNNING);
  task->was_running = TRUE;
  task->host->started(task->host->user, task, task->pid);
  report(task, "TASK_RUNNING", NULL, NULL);
  mu_exec_task_checks_start(task);
  mu_exec_disk_start(task);
}

/* The next step, or the command when there is none left. */
static void start_step(MuExecTask *task) {
  g_autoptr(GError) error = NULL;
  if (task->step == task->steps->len) {
    start_main(task);
    return;
  }
  const MuExecStep *step = task->steps->pdata[task->step];
  if (!spawn(task, (char *const *)step->argv->pdata, step, step->of_executor, &error))
    end_unstarted(task, error->message);
  else if (task->state == MU_EXEC_TASK_PREPARING)
    move(task, MU_EXEC_TASK_STEPPING);
}

static void take_secrets(MuExecTask *task) {
  const GString *said = task->out.tail;
  mu_exec_secrets_take_env(task->env, said->str, said->len);
  if (task->image_env)
    mu_exec_secrets_take_env(task->image_env, said->str, said->len);
}

static void stepped(MuExecTask *task, int status) {
  const MuExecStep *step = task->steps->pdata[task->step];
  mu_exec_stream_drain(&task->err);
  mu_exec_stream_drain(&task->out);
  if (step->secrets && status == 0)
    take_secrets(task);
  g_autofree char *tail = g_strdup(task->err.tail ? task->err.tail->str : "");
  mu_exec_stream_close(&task->out);
  mu_exec_stream_close(&task->err);
  if (status == 0 && !task->kill_requested) {
    task->step++;
    start_step(task);
    return;
  }
  g_autofree char *how = mu_exec_describe_exit(status);
  task->exit_status = status;
  task->step_error = mu_exec_step_message(step, tail, how);
  begin_sweep(task);
}

/* ---- its space ---- */

const MuExecSpace *mu_exec_task_space(const MuExecTask *task) {
  return mu_exec_space_is_open(&task->own_space) ? &task->own_space : task->pod_space;
}

static gboolean set_filter(MuExecTask *task, GError **error) {
  if (task->launch->image)
    return mu_exec_image_set_up(task->launch, error);
  if (!task->launch->seccomp)
    return TRUE;
  task->filter = mu_exec_filter_new(task->launch->seccomp, task->spec->uid == 0, error);
  return task->filter != NULL;
}

static gboolean open_space(MuExecTask *task, GError **error) {
  const MuExecSpaceSpec *own = &task->spec->space, *pod = &task->launch->space;
  if (pod->pid || pod->ipc) {
    task->pod_space = task->host->pod_space(task->host->user, task->launch, error);
    if (!task->pod_space)
      return FALSE;
  }
  gboolean image = task->launch->image != NULL; /* podman mounts what it needs itself */
  gboolean secrets = mu_exec_secrets_have_files(task->launch, task->spec);
  const MuExecSpaceSpec spec = {
      .pid = own->pid, .ipc = own->ipc && !image, .shm_size_mb = own->shm_size_mb, .secrets = secrets && !image};
  const GPtrArray *volumes = image ? NULL : task->launch->host_volumes;
  gboolean needed = spec.pid || spec.ipc || (volumes && volumes->len > 0);
  if (image && secrets && !mu_exec_secrets_use_shm(task->spec, task->sandbox_fd, error))
    return FALSE;
  if (!needed && !spec.secrets)
    return TRUE;
  if (!mu_exec_space_open(&task->own_space, &spec, task->pod_space, volumes, task->spec->sandbox,
                          needed ? error : NULL))
    return !needed && mu_exec_secrets_use_shm(task->spec, task->sandbox_fd, error);
  g_hash_table_insert(task->host->children, GINT_TO_POINTER(task->own_space.holder), task);
  return TRUE;
}

static gboolean prepare(MuExecTask *task, GError **error) {
  const MuExecTaskSpec *spec = task->spec;
  uid_t uid = spec->switch_user ? spec->uid : (uid_t)-1;
  task->sandbox_fd = mu_exec_sandbox_make(spec, error);
  if (task->sandbox_fd < 0)
    return FALSE;
  if (!mu_exec_log_file_open(&task->out_log, task->sandbox_fd, "stdout", task->launch->log_max_bytes, uid, spec->gid,
                             error) ||
      !mu_exec_log_file_open(&task->err_log, task->sandbox_fd, "stderr", task->launch->log_max_bytes, uid, spec->gid,
                             error))
    return FALSE;
  g_autoptr(GString) warnings = g_string_new(NULL);
  static const MuExecCgroupRoots none; /* podman makes cgroups of its own, with the task's limits */
  mu_exec_cgroup_init(&task->cgroup, task->launch->image ? &none : &task->launch->cgroups, spec, warnings);
  mu_exec_log_file_write(&task->err_log, warnings->str, warnings->len);
  return set_filter(task, error) && mu_exec_secrets_make(task->launch, spec, task->sandbox_fd, error) &&
         open_space(task, error) && mu_exec_steps_set_up(task->launch, spec, task->sandbox_fd, error);
}

void mu_exec_task_start(MuExecTask *task) {
  g_autoptr(GError) error = NULL;
  if (!prepare(task, &error)) {
    end_unstarted(task, error->message);
    return;
  }
  g_autofree char *doing = mu_exec_steps_describe(task->launch);
  if (doing)
    report(task, "TASK_STARTING", NULL, doing);
  start_step(task);
}

/* ---- killing ---- */

static void stop(MuExecTask *task, gint64 grace_ms) {
  gint64 due = mu_exec_now_ms() + grace_ms;
  if (task->state == MU_EXEC_TASK_STOPPING) {
    mu_exec_timer_set(&task->timer, MIN(task->timer.due_ms, due));
    return;
  }
  mu_exec_task_checks_stop(task);
  mu_exec_disk_stop(task);
  kill(-task->pid, SIGTERM);
  move(task, MU_EXEC_TASK_STOPPING);
  mu_exec_timer_set(&task->timer, due);
}

void mu_exec_task_kill(MuExecTask *task, gint64 grace_ms) {
  if (task->state >= MU_EXEC_TASK_SWEEPING)
    return;
  task->kill_requested = TRUE;
  if (task->state == MU_EXEC_TASK_STEPPING)
    begin_sweep(task);
  else if (task->state != MU_EXEC_TASK_PREPARING)
    stop(task, MAX(grace_ms < 0 ? task->spec->kill_grace_ms : grace_ms, 0));
}

void mu_exec_task_end_unhealthy(MuExecTask *task) {
  if (task->state != MU_EXEC_TASK_RUNNING)
    return;
  task->unhealthy = TRUE;
  stop(task, MAX(task->spec->kill_grace_ms, 0));
}

void mu_exec_task_end_over_disk(MuExecTask *task, const char *message) {
  if (task->state != MU_EXEC_TASK_RUNNING)
    return;
  task->over_disk = g_strdup(message);
  stop(task, MAX(task->spec->kill_grace_ms, 0));
}

void mu_exec_task_reaped(MuExecTask *task, pid_t pid, int status) {
  if (pid == task->own_space.holder) {
    task->own_space.holder = 0;
    mu_exec_task_sweep(task);
    return;
  }
  if (pid == task->remover) {
    task->remover = 0;
    task->removed = TRUE;
    mu_exec_task_sweep(task);
    return;
  }
  if (pid != task->pid) {
    if (!mu_exec_disk_reaped(task, pid, status) && !mu_exec_session_reaped(task, pid, status))
      mu_exec_task_checks_reaped(task, pid, status);
    return;
  }
  task->pid = 0;
  if (task->state == MU_EXEC_TASK_STEPPING) {
    stepped(task, status);
    return;
  }
  task->exit_status = status;
  if (task->state == MU_EXEC_TASK_SWEEPING)
    mu_exec_task_sweep(task);
  else
    begin_sweep(task);
}

/* ---- life ---- */

MuExecTask *mu_exec_task_new(const MuExecHost *host, const MuExecLaunch *launch, const MuExecTaskSpec *spec) {
  MuExecTask *task = g_new0(MuExecTask, 1);
  task->host = host;
  task->launch = launch;
  task->spec = spec;
  task->sandbox_fd = task->out.fd = task->err.fd = -1;
  task->out_log.fd = task->err_log.fd = -1;
  task->env = mu_exec_sandbox_environment(spec);
  task->as_executor = *spec;
  task->as_executor.switch_user = FALSE;
  task->image_env = launch->image ? mu_exec_image_environment(spec) : NULL;
  task->steps = mu_exec_steps_new(launch, spec);
  task->sessions = g_ptr_array_new();
  mu_exec_space_init(&task->own_space);
  mu_exec_timer_init(&task->timer, host->loop, on_task_timer, task);
  mu_exec_task_checks_init(task);
  mu_exec_disk_init(task);
  return task;
}

static void free_check(MuExecCheckRun *run) {
  mu_exec_timer_clear(&run->timer);
  mu_exec_stream_close(&run->output);
  g_free(run->message);
}

void mu_exec_task_free(MuExecTask *task) {
  if (!task)
    return;
  mu_exec_timer_clear(&task->timer);
  mu_exec_disk_clear(task);
  mu_exec_sessions_end(task);
  g_ptr_array_unref(task->sessions);
  free_check(&task->checks[MU_EXEC_READINESS]);
  free_check(&task->checks[MU_EXEC_HEALTH]);
  close_output(task);
  if (task->sandbox_fd >= 0)
    close(task->sandbox_fd);
  mu_exec_space_close(&task->own_space);
  mu_exec_filter_free(task->filter);
  g_ptr_array_unref(task->env);
  g_clear_pointer(&task->image_env, g_ptr_array_unref);
  g_ptr_array_unref(task->steps);
  g_free(task->step_error);
  g_free(task->over_disk);
  g_free(task);
}
