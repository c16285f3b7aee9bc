/* An executor's folder and process, as executor.h of the executor describes them: made, started, found again, removed. */
#include "json.h"
#include "local_private.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LINK_FD 3
#define LOCK_FD 4
#define FIRST_FREE_FD 5
#define MAX_FILE_BYTES (64 * 1024 * 1024)
#define MAX_RECORD_BYTES (1024 * 1024)

static gboolean fail(GError **error, int errnum, const char *what, const char *path) {
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s %s: %s", what, path, g_strerror(errnum));
  return FALSE;
}

char *mu_local_executor_path(const MuLocalExecutor *executor, const char *name) {
  return g_build_filename(executor->local->executors_dir, executor->id, name, NULL);
}

gboolean mu_local_executor_lock(MuLocalExecutor *executor) {
  if (executor->lock_fd >= 0)
    return TRUE;
  g_autofree char *path = mu_local_executor_path(executor, NULL);
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    close(fd);
    return FALSE;
  }
  executor->lock_fd = fd;
  return TRUE;
}

/* The first one makes the folder. Not synced: a launch that a crash of the machine takes with it never ran. */
gboolean mu_local_executor_write(MuLocalExecutor *executor, const char *launch_file, GError **error) {
  g_autofree char *folder = mu_local_executor_path(executor, NULL);
  g_autofree char *path = g_strdup_printf("%s/launch-%u.json", folder, executor->files);
  if (executor->files == 0 && mkdir(folder, 0700) < 0 && errno != EEXIST)
    return fail(error, errno, "cannot make the folder", folder);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gsize length = strlen(launch_file);
  gboolean ok = fd >= 0 && write(fd, launch_file, length) == (ssize_t)length;
  int errnum = errno;
  if (fd >= 0)
    close(fd);
  executor->files += ok;
  return ok || fail(error, errnum, "cannot write", path);
}

/* ---- starting ---- */

/* Out of the way of the numbers that the program gets. */
static int move_up(int fd) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, 64);
  close(fd);
  return moved;
}

static char **program_environment(void) {
  static const char *const kept[] = {"PATH",
                                     "HOME",
                                     "XDG_RUNTIME_DIR",
                                     "XDG_CONFIG_HOME",
                                     "XDG_DATA_HOME",
                                     "CONTAINERS_CONF",
                                     "CONTAINERS_STORAGE_CONF",
                                     "TMPDIR",
                                     "ASAN_OPTIONS",
                                     "UBSAN_OPTIONS",
                                     "LSAN_OPTIONS",
                                     "LD_LIBRARY_PATH"};
  char **env = g_new0(char *, G_N_ELEMENTS(kept) + 1);
  gsize n = 0;
  for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
    if (g_getenv(kept[i]))
      env[n++] = g_strconcat(kept[i], "=", g_getenv(kept[i]), NULL);
  return env;
}

static int spawn_in(const char *program, char **argv, const char *folder, int link_fd, int lock_fd, pid_t *ret_pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  g_auto(GStrv) env = program_environment();
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, 0, 1);
  posix_spawn_file_actions_addopen(&actions, 2, "../../executor-errors.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, link_fd, LINK_FD);
  posix_spawn_file_actions_adddup2(&actions, lock_fd, LOCK_FD);
  posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_FREE_FD);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  int errnum = posix_spawn(ret_pid, program, &actions, &attributes, argv, env);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return errnum;
}

gboolean mu_local_executor_spawn(MuLocalExecutor *executor, gboolean recover, GError **error) {
  MuLocal *local = executor->local;
  g_autofree char *folder = mu_local_executor_path(executor, NULL);
  int pair[2];
  if (!mu_local_executor_lock(executor))
    return fail(error, errno, "cannot lock", folder);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
    return fail(error, errno, "cannot make a socket for", folder);
  char *argv[4] = {local->executor_path, (char *)"--recover", executor->id, NULL};
  if (!recover)
    argv[1] = executor->id, argv[2] = NULL;
  pid_t pid = 0;
  pair[1] = move_up(pair[1]);
  executor->lock_fd = move_up(executor->lock_fd);
  int errnum = spawn_in(local->executor_path, argv, folder, pair[1], executor->lock_fd, &pid);
  close(pair[1]);
  if (errnum != 0) {
    close(pair[0]);
    return fail(error, errnum, "cannot start", local->executor_path);
  }
  close(executor->lock_fd); /* the program has it now */
  executor->lock_fd = -1;
  executor->child = pid;
  executor->line = mu_local_line_new(local->lines, pair[0], executor);
  return TRUE;
}

/* By /proc, since the path may be longer than the 108 bytes of a socket's address. */
gboolean mu_local_executor_connect(MuLocalExecutor *executor) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_autofree char *folder = mu_local_executor_path(executor, NULL);
  int dir_fd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int fd = dir_fd < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control.sock", dir_fd);
  gboolean ok = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
  if (ok)
    executor->line = mu_local_line_new(executor->local->lines, fd, executor);
  else if (fd >= 0)
    close(fd);
  if (dir_fd >= 0)
    close(dir_fd);
  return ok;
}

/* ---- removing ---- */

void mu_local_executor_remove_dir(MuLocalExecutor *executor) {
  g_autofree char *folder = mu_local_executor_path(executor, NULL);
  static const char *const files[] = {"log", "log.new", "control.sock"};
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return;
  for (guint n = executor->files; n > 0; n--) { /* launch-0.json last: without it the folder is nobody's */
    char name[64];
    g_snprintf(name, sizeof name, "launch-%u.json", n - 1);
    unlinkat(fd, name, 0);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
    unlinkat(fd, files[i], 0);
  close(fd);
  g_autoptr(GError) error = NULL;
  if (rmdir(folder) < 0 && !mu_local_trash_take(executor->local->trash, folder, FALSE, &error))
    g_debug("%s", error->message);
  executor->files = 0;
  if (executor->lock_fd >= 0)
    close(executor->lock_fd);
  executor->lock_fd = -1;
}

/* ---- found again ---- */

static json_t *load_json(const char *path, GError **error) {
  g_autofree char *text = NULL;
  gsize length = 0;
  return g_file_get_contents(path, &text, &length, error) ? mu_json_parse(text, length, MAX_FILE_BYTES, error) : NULL;
}

static void use_resources(MuLocalExecutor *executor, const char *task_id, const json_t *json) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuResources) resources = mu_resources_from_json(json_object_get(json, "resources"), &error);
  if (resources && mu_agent_use(executor->agent->model, executor->id, task_id, resources, &error))
    return;
  mu_local_warn(executor->local, "executor %s: %s", executor->id, error->message);
}

static void load_task(MuLocalExecutor *executor, const json_t *json) {
  const char *id = json_string_value(json_object_get(json, "task_id"));
  const char *name = json_string_value(json_object_get(json, "name"));
  if (!id || !name || g_hash_table_contains(executor->local->tasks, id))
    return;
  mu_local_task_new(executor, id, name)->given = TRUE;
  use_resources(executor, id, json);
}

static gboolean load_launch(MuLocalExecutor *executor, const char *path, GError **error) {
  g_autoptr(json_t) json = load_json(path, error);
  const char *agent_id = NULL, *service = NULL;
  if (!json || !mu_json_get_string(json, "agent_id", TRUE, &agent_id, error) ||
      !mu_json_get_string(json, "service", TRUE, &service, error))
    return FALSE;
  if (executor->files == 0) {
    executor->service = g_strdup(service);
    executor->agent = mu_local_agent(executor->local, agent_id);
    if (!executor->agent) {
      mu_local_warn(executor->local, "agent %s is not there any more, but runs %s", agent_id, executor->id);
      executor->agent = mu_local_agent_add(executor->local, agent_id, mu_resources_new());
    }
    use_resources(executor, NULL, json);
  }
  gsize i;
  json_t *task;
  json_array_foreach (json_object_get(json, "tasks"), i, task) {
    load_task(executor, task);
  }
  executor->files++;
  return TRUE;
}

static void load_process(MuLocalExecutor *executor, const json_t *record) {
  const char *task_id = json_string_value(json_object_get(record, "task_id"));
  if (!task_id || *task_id != '\0')
    return;
  executor->pid = (pid_t)json_integer_value(json_object_get(record, "pid"));
  executor->start = (guint64)json_integer_value(json_object_get(record, "start"));
}

static void load_record(MuLocalExecutor *executor, const char *text, gsize length) {
  g_autoptr(json_t) record = mu_json_parse(text, length, MAX_RECORD_BYTES, NULL);
  const char *is = json_string_value(json_object_get(record, "is"));
  if (is && g_str_equal(is, "process"))
    load_process(executor, record);
  g_autoptr(MuTaskStatus) status = record ? mu_local_status_from_record(executor, record) : NULL;
  MuLocalTask *task = status ? g_hash_table_lookup(executor->local->tasks, status->task_id) : NULL;
  if (!task || task->executor != executor)
    return;
  mu_task_status_free(task->last);
  task->last = g_steal_pointer(&status);
}

static void load_log(MuLocalExecutor *executor) {
  g_autofree char *path = mu_local_executor_path(executor, "log");
  g_autofree char *text = NULL;
  gsize length = 0;
  if (!g_file_get_contents(path, &text, &length, NULL))
    return;
  const char *at = text;
  for (const char *end; (end = memchr(at, '\n', length - (gsize)(at - text))); at = end + 1)
    load_record(executor, at, (gsize)(end - at));
  for (guint i = 0; i < executor->tasks->len; i++) {
    MuLocalTask *task = executor->tasks->pdata[i];
    if (mu_task_state_is_terminal(task->last->state))
      mu_local_task_ended(task);
  }
}

MuLocalExecutor *mu_local_executor_load(MuLocal *local, const char *id, GError **error) {
  MuLocalExecutor *executor = g_new0(MuLocalExecutor, 1);
  *executor = (MuLocalExecutor){.local = local, .id = g_strdup(id), .lock_fd = -1, .state = MU_LOCAL_EXECUTOR_CALLING};
  executor->tasks = g_ptr_array_new();
  executor->outbox = g_ptr_array_new();
  for (;;) {
    g_autofree char *name = g_strdup_printf("launch-%u.json", executor->files);
    g_autofree char *path = mu_local_executor_path(executor, name);
    if (executor->files > 0 && access(path, F_OK) < 0)
      break;
    if (!load_launch(executor, path, error)) {
      mu_local_executor_free(executor);
      return NULL;
    }
  }
  load_log(executor);
  return executor;
}
