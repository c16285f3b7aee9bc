#include "exec_secrets.h"
#include "exec_error.h"
#include "exec_sandbox.h"
#include "json.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *text_of(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

/* ---- what there is --------------------------------------------------------------------------------------------------- */

gboolean mu_exec_secrets_wanted(const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  return json_array_size(launch->secrets) > 0 || json_array_size(task->tls) > 0;
}

typedef gboolean (*FileFunc)(const char *path, gpointer user);

static gboolean each_tls_file(const json_t *tls, FileFunc func, gpointer user) {
  static const char *const pem[] = {"crt", "key", "ca", NULL}, *const java[] = {"keystore", "truststore", NULL};
  for (const char *const *suffix = json_is_true(json_object_get(tls, "keystore")) ? java : pem; *suffix; suffix++) {
    g_autofree char *path = g_strconcat(text_of(tls, "name"), ".", *suffix, NULL);
    if (!func(path, user))
      return FALSE;
  }
  return TRUE;
}

/* Calls with each path in the sandbox, until FALSE. */
static gboolean each_file(const MuExecLaunch *launch, const MuExecTaskSpec *task, FileFunc func, gpointer user) {
  gsize i;
  const json_t *item;
  json_array_foreach (launch->secrets, i, item)
    if (text_of(item, "file") && !func(text_of(item, "file"), user))
      return FALSE;
  json_array_foreach (task->tls, i, item)
    if (!each_tls_file(item, func, user))
      return FALSE;
  return TRUE;
}

static gboolean stop(const char *path, gpointer user) {
  (void)path, (void)user;
  return FALSE;
}

gboolean mu_exec_secrets_have_files(const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  return !each_file(launch, task, stop, NULL);
}

/* ---- folder and links ------------------------------------------------------------------------------------------------ */

typedef struct {
  const MuExecTaskSpec *task;
  int sandbox_fd;
  GError **error;
} Place;

/* The file's name in the folder of secrets: its path, with a `%` for each `/`. */
static char *file_name(const char *path) {
  return g_strdelimit(g_strdup(path), "/", '%');
}

/* By a relative path, for the sandbox may lie elsewhere for the task. */
static gboolean link_file(const char *path, gpointer user) {
  const Place *place = user;
  g_autoptr(GString) target = g_string_new(NULL);
  g_autofree char *name = file_name(path);
  for (const char *slash = path; (slash = strchr(slash, '/')); slash++)
    g_string_append(target, "../");
  g_string_append_printf(target, MU_EXEC_SECRETS_DIR "/%s", name);
  return mu_exec_sandbox_link(place->sandbox_fd, place->task, path, target->str, place->error);
}

gboolean mu_exec_secrets_make(const MuExecLaunch *launch, const MuExecTaskSpec *task, int sandbox_fd, GError **error) {
  Place place = {task, sandbox_fd, error};
  if (mu_exec_secrets_wanted(launch, task) && !launch->secrets_program) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "the task has secrets or keys, and the scheduler keeps none, or found no program muster-secrets");
    return FALSE;
  }
  return !mu_exec_secrets_have_files(launch, task) ||
         (mu_exec_sandbox_make_folder(sandbox_fd, task, MU_EXEC_SECRETS_DIR, 0700, error) &&
          each_file(launch, task, link_file, &place));
}

/* ---- without a space ------------------------------------------------------------------------------------------------- */

static char *shm_folder(const MuExecTaskSpec *task, guint n) {
  g_autofree char *own = g_strdup_printf("/run/user/%u", (guint)task->uid);
  const char *tops[] = {own, "/dev/shm", "/run"};
  return n < G_N_ELEMENTS(tops) ? g_strdup_printf("%s/muster-%s", tops[n], task->task_id) : NULL;
}

static gboolean is_on_tmpfs(const char *path) {
  struct statfs fs;
  g_autofree char *top = g_path_get_dirname(path);
  return statfs(top, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

static gboolean make_shm(const MuExecTaskSpec *task, const char *path) {
  return is_on_tmpfs(path) && mkdir(path, 0700) == 0 && (!task->switch_user || lchown(path, task->uid, task->gid) == 0);
}

gboolean mu_exec_secrets_use_shm(const MuExecTaskSpec *task, int sandbox_fd, GError **error) {
  char *path = NULL;
  for (guint n = 0; (path = shm_folder(task, n)) && !make_shm(task, path); n++)
    g_free(path);
  if (!path) {
    g_set_error(
        error, MU_ERROR, MU_ERROR_FAILED,
        "there is no tmpfs for the files of secrets: neither may muster mount one, nor is there one at /run/user/%u, "
        "/dev/shm or /run; use env-key in place of file, or give the scheduler a tmpfs",
        (guint)task->uid);
    return FALSE;
  }
  gboolean ok = unlinkat(sandbox_fd, MU_EXEC_SECRETS_DIR, AT_REMOVEDIR) == 0 &&
                symlinkat(path, sandbox_fd, MU_EXEC_SECRETS_DIR) == 0;
  g_free(path);
  return ok || mu_exec_error(error, errno, "cannot put the files of secrets into the sandbox");
}

char *mu_exec_secrets_shm(const MuExecTaskSpec *task) {
  char *path;
  for (guint n = 0; (path = shm_folder(task, n)) && access(path, F_OK) < 0; n++)
    g_free(path);
  return path;
}

static void remove_folder(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir(fd);
  for (const struct dirent *entry; dir && (entry = readdir(dir));)
    unlinkat(fd, entry->d_name, 0);
  if (dir)
    closedir(dir);
  if (dir)
    rmdir(path);
}

void mu_exec_secrets_clear(const MuExecTaskSpec *task) {
  char *path;
  for (guint n = 0; (path = shm_folder(task, n)); n++) {
    remove_folder(path);
    g_free(path);
  }
}

/* ---- the program ----------------------------------------------------------------------------------------------------- */

static void add(GPtrArray *argv, const char *text) {
  g_ptr_array_add(argv, g_strdup(text ? text : ""));
}

static void add_file(GPtrArray *argv, const char *path) {
  g_ptr_array_add(argv, file_name(path));
}

static void add_secret(GPtrArray *argv, const json_t *secret) {
  const char *path = text_of(secret, "secret"), *env_key = text_of(secret, "env_key"), *file = text_of(secret, "file");
  if (env_key) {
    add(argv, "--env");
    add(argv, path);
    add(argv, env_key);
  }
  if (file) {
    add(argv, "--file");
    add(argv, path);
    add_file(argv, file);
  }
}

static void add_tls(GPtrArray *argv, const json_t *tls) {
  g_autoptr(GString) names = g_string_new(NULL);
  gsize i;
  const json_t *name;
  json_array_foreach (json_object_get(tls, "dns_names"), i, name)
    g_string_append_printf(names, "%s%s", i == 0 ? "" : ",", json_string_value(name));
  add(argv, json_is_true(json_object_get(tls, "keystore")) ? "--keystore" : "--tls");
  add(argv, text_of(tls, "name"));
  add(argv, text_of(tls, "common_name"));
  add(argv, names->str);
}

void mu_exec_secrets_arguments(const MuExecLaunch *launch, const MuExecTaskSpec *task, GPtrArray *argv) {
  gsize i;
  const json_t *item;
  g_autofree char *owner =
      task->switch_user ? g_strdup_printf("%u:%u", (guint)task->uid, (guint)task->gid) : g_strdup("-");
  add(argv, launch->secrets_dir);
  add(argv, launch->service);
  add(argv, task->name);
  add(argv, launch->hostname);
  add(argv, owner);
  json_array_foreach (launch->secrets, i, item)
    add_secret(argv, item);
  json_array_foreach (task->tls, i, item)
    add_tls(argv, item);
}

static void set_env(GPtrArray *env, const char *entry) {
  gsize length = strcspn(entry, "=") + 1;
  for (guint i = 0; i < env->len; i++)
    if (env->pdata[i] && strncmp(env->pdata[i], entry, length) == 0) {
      g_free(env->pdata[i]);
      env->pdata[i] = g_strdup(entry);
      return;
    }
  g_ptr_array_insert(env, (gint)env->len - 1, g_strdup(entry)); /* before the NULL at its end */
}

void mu_exec_secrets_take_env(GPtrArray *env, const char *text, gsize length) {
  for (const char *at = text, *end; (end = memchr(at, '\0', length - (gsize)(at - text))); at = end + 1)
    if (strchr(at, '='))
      set_env(env, at);
}
