#include "local_engine.h"
#include "json.h"
#include "local_private.h"
#include "local_seccomp.h"
#include "machine.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_LENGTH 12 /* of 64 hexadecimal digits */

gboolean mu_local_name_is_safe(const char *name) {
  return name && *name && *name != '.' && strlen(name) <= 255 && !strchr(name, '/');
}

MuLocalAgent *mu_local_agent(const MuLocal *local, const char *agent_id) {
  for (guint i = 0; i < local->agents->len; i++) {
    MuLocalAgent *agent = local->agents->pdata[i];
    if (g_str_equal(mu_agent_id(agent->model), agent_id))
      return agent;
  }
  return NULL;
}

MuLocalAgent *mu_local_agent_add(MuLocal *local, const char *agent_id, MuResources *take_total) {
  MuLocalAgent *agent = g_new0(MuLocalAgent, 1);
  guint n = local->agents->len;
  g_autofree char *hostname =
      local->n_agents == 1 ? g_strdup(local->hostname) : g_strdup_printf("%s-%u", local->hostname, n);
  agent->model = mu_agent_new(agent_id, hostname, take_total);
  agent->has_news = TRUE;
  g_ptr_array_add(local->agents, agent);
  return agent;
}

gboolean mu_local_folder_is_empty(const char *path) {
  GDir *dir = g_dir_open(path, 0, NULL);
  gboolean empty = !dir || g_dir_read_name(dir) == NULL;
  if (dir)
    g_dir_close(dir);
  return empty;
}

/* ---- new: folders ---- */

static gboolean fail(GError **error, const char *what, const char *path) {
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s %s: %s", what, path, g_strerror(errno));
  return FALSE;
}

/* Root's tasks may be other users': they must be able to pass through on the way to their sandbox. */
static mode_t pass_mode(void) {
  return geteuid() == 0 ? 0711 : 0700;
}

static gboolean make_folder(MuLocal *local, const char *name, mode_t mode, char **ret_path, GError **error) {
  g_autofree char *path = g_build_filename(local->state_dir, name, NULL);
  if (mkdir(path, mode) < 0 && errno != EEXIST)
    return fail(error, "cannot make the folder", path);
  if (access(path, R_OK | W_OK | X_OK) < 0)
    return fail(error, "cannot use the folder", path);
  *ret_path = g_steal_pointer(&path);
  return TRUE;
}

static void warn_if_closed(MuLocal *local) {
  if (geteuid() != 0)
    return;
  for (g_autofree char *at = g_strdup(local->state_dir); !g_str_equal(at, "/");) {
    struct stat st;
    if (stat(at, &st) == 0 && !(st.st_mode & S_IXOTH)) {
      mu_local_warn(
          local, "tasks of users other than root cannot reach their sandbox by its path: %s is closed to others", at);
      return;
    }
    char *up = g_path_get_dirname(at);
    g_free(at);
    at = up;
  }
}

static gboolean make_state_dir(MuLocal *local, const char *state_dir, GError **error) {
  if (g_mkdir_with_parents(state_dir, pass_mode()) < 0)
    return fail(error, "cannot make the state folder", state_dir);
  char *real = realpath(state_dir, NULL);
  if (!real)
    return fail(error, "cannot use the state folder", state_dir);
  local->state_dir = g_strdup(real);
  free(real);
  struct stat st;
  if (geteuid() == 0 && stat(local->state_dir, &st) == 0 && st.st_uid == 0)
    chmod(local->state_dir, (st.st_mode & 07777) | 0711);
  return make_folder(local, "executors", 0700, &local->executors_dir, error) &&
         make_folder(local, "runs", pass_mode(), &local->runs_dir, error) &&
         make_folder(local, "run-volumes", 0700, &local->run_volumes_dir, error) &&
         make_folder(local, "volumes", pass_mode(), &local->volumes_dir, error);
}

static gboolean lock_state_dir(MuLocal *local, GError **error) {
  g_autofree char *path = g_build_filename(local->state_dir, "lock", NULL);
  local->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (local->lock_fd < 0)
    return fail(error, "cannot open", path);
  if (flock(local->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "another scheduler uses the engine's folder %s", local->state_dir);
  return FALSE;
}

/* ---- new: agents ---- */

/* `N:k=v` for agent N, `k=v` for all. */
static gboolean add_attribute(MuLocal *local, const MuEnvVar *given, GError **error) {
  const char *colon = strchr(given->name, ':');
  char *end = NULL;
  guint64 n = colon ? g_ascii_strtoull(given->name, &end, 10) : 0;
  if (colon && (end != colon || n >= local->agents->len)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "attribute '%s=%s': there is no such agent (0 to %u)", given->name,
                given->value, local->agents->len - 1);
    return FALSE;
  }
  for (guint i = 0; i < local->agents->len; i++)
    if (!colon || i == n)
      mu_agent_add_attribute(((MuLocalAgent *)local->agents->pdata[i])->model, colon ? colon + 1 : given->name,
                             given->value);
  return TRUE;
}

static void note_mounts(MuLocal *local, const MuResources *resources) {
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *disk = resources->items->pdata[i];
    if (!disk->mount_root)
      continue;
    g_ptr_array_add(local->mounts, g_strdup(disk->mount_root));
    if (!mu_machine_is_mount_point(disk->mount_root))
      mu_local_warn(local, "mount %s: no file system of its own lies there; its space is shared with others",
                    disk->mount_root);
  }
}

static gboolean make_agents(MuLocal *local, const MuLocalEngineConfig *config, GError **error) {
  MuLocalEngineConfig here = *config;
  here.state_dir = local->state_dir;
  here.agents = local->n_agents;
  g_autoptr(GPtrArray) shares = mu_machine_share(&here, error);
  if (!shares)
    return FALSE;
  for (guint i = 0; i < shares->len; i++) {
    g_autofree char *id = g_strdup_printf("local-%u", i);
    note_mounts(local, shares->pdata[i]);
    mu_local_agent_add(local, id, mu_resources_copy(shares->pdata[i]));
  }
  for (guint i = 0; config->attributes && i < config->attributes->len; i++)
    if (!add_attribute(local, config->attributes->pdata[i], error))
      return FALSE;
  return TRUE;
}

static void agent_free(gpointer data) {
  MuLocalAgent *agent = data;
  mu_agent_free(agent->model);
  g_free(agent);
}

/* ---- new: the rest ---- */

static gint64 raise_nofile(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return 0;
  gint64 before = (gint64)MIN(limit.rlim_cur, (rlim_t)G_MAXINT32);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return before;
}

static gboolean check_program(const char *path, GError **error) {
  return access(path, X_OK) == 0 || fail(error, "cannot execute", path);
}

static void on_trash_emptied(gpointer user) {
  MuLocal *local = user;
  for (guint i = 0; i < local->agents->len; i++) {
    MuLocalAgent *agent = local->agents->pdata[i];
    if (agent->has_news && agent->filtered_until_ms == 0)
      mu_local_offers_grew(local, agent);
  }
}

static void make_key(MuLocal *local) {
  local->key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, local->state_dir, -1);
  local->key[KEY_LENGTH] = '\0';
}

static gboolean check_seccomp(const MuLocal *local, GError **error) {
  if (local->seccomp_dir && !g_file_test(local->seccomp_dir, G_FILE_TEST_IS_DIR)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "there is no folder %s of seccomp profiles", local->seccomp_dir);
    return FALSE;
  }
  json_t *profile =
      local->seccomp_default ? mu_local_seccomp_load(local->seccomp_dir, local->seccomp_default, error) : NULL;
  gboolean ok = profile || !local->seccomp_default;
  json_decref(profile);
  return ok;
}

static gboolean set_up(MuLocal *local, const MuLocalEngineConfig *config, GError **error) {
  if (!check_program(config->executor_path, error) || !make_state_dir(local, config->state_dir, error) ||
      !lock_state_dir(local, error) || !make_agents(local, config, error))
    return FALSE;
  g_autofree char *trash = g_build_filename(local->state_dir, "trash", NULL);
  local->trash = mu_local_trash_new(trash, local->context, on_trash_emptied, local, error);
  local->lines = local->trash ? mu_local_lines_new(local->context, &mu_local_executor_line_funcs, error) : NULL;
  if (!local->lines)
    return FALSE;
  if (!check_seccomp(local, error) || !mu_local_probe_machine(local, config->pid_namespaces, error))
    return FALSE;
  warn_if_closed(local);
  make_key(local);
  mu_cgroup_probe(&local->cgroups, local->key, NULL, local->warnings);
  if (!mu_local_state_restore(local, error) || !mu_local_executors_scan(local, error) ||
      !mu_local_runs_scan(local, error))
    return FALSE;
  mu_cgroup_probe_sweep(&local->cgroups, local->tasks);
  return TRUE;
}

static void init(MuLocal *local, const MuLocalEngineConfig *config) {
  guint64 seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
    seed = (guint64)g_get_real_time();
  mu_random_seed(&local->random, seed);
  local->lock_fd = -1;
  local->n_agents = MAX(config->agents, 1);
  local->executor_path = g_canonicalize_filename(config->executor_path, NULL);
  local->fetch_path = config->fetch_path ? g_canonicalize_filename(config->fetch_path, NULL) : NULL;
  local->secrets_path = config->secrets_path ? g_canonicalize_filename(config->secrets_path, NULL) : NULL;
  local->secrets_dir = config->secrets_dir ? g_canonicalize_filename(config->secrets_dir, NULL) : NULL;
  local->bootstrap_path = config->bootstrap_path ? g_canonicalize_filename(config->bootstrap_path, NULL) : NULL;
  local->seccomp_dir = config->seccomp_dir ? g_canonicalize_filename(config->seccomp_dir, NULL) : NULL;
  local->seccomp_default = g_strdup(config->seccomp_default);
  local->hostname = config->hostname ? g_strdup(config->hostname) : mu_machine_hostname();
  local->keep_sandboxes = config->keep_sandboxes ? config->keep_sandboxes : MU_LOCAL_KEEP_SANDBOXES;
  local->log_max_bytes = config->log_max_bytes > 0 ? config->log_max_bytes : MU_LOCAL_LOG_MAX_BYTES;
  local->disk_watch_ms = config->disk_watch_ms;
  local->nofile_soft = raise_nofile();
  local->context = g_main_context_ref_thread_default();
  local->mounts = g_ptr_array_new_with_free_func(g_free);
  local->lacks = g_array_new(TRUE, TRUE, sizeof(MuKeyValue));
  g_array_set_clear_func(local->lacks, mu_local_lack_clear);
  local->warnings = g_ptr_array_new_with_free_func(g_free);
  local->users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, mu_local_user_free);
  local->agents = g_ptr_array_new_with_free_func(agent_free);
  local->offers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  local->executors = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, mu_local_executor_free);
  local->waiting = g_hash_table_new(NULL, NULL);
  local->tasks = g_hash_table_new(g_str_hash, g_str_equal);
  local->zombies = g_array_new(FALSE, FALSE, sizeof(pid_t));
  g_queue_init(&local->events);
  mu_local_actions_init(local);
}

/* ---- the vtable ---- */

static gboolean local_start(MuEngine *engine, const char *framework_id, MuEngineSink sink, gpointer user,
                            GError **error) {
  MuLocal *local = (MuLocal *)engine;
  if (local->started) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "the engine was started already");
    return FALSE;
  }
  local->sink = sink;
  local->sink_user = user;
  local->started = TRUE;
  MuUuid uuid = mu_uuid_new(&local->random);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  event->id = g_strdup(framework_id ? framework_id : uuid.text);
  mu_local_emit(local, event);
  mu_local_executors_adopt(local);
  mu_local_offers_revive(local);
  return TRUE;
}

static void local_stop(MuEngine *engine) {
  MuLocal *local = (MuLocal *)engine;
  if (local->stopped)
    return;
  local->stopped = TRUE;
  mu_local_offers_stop(local);
  mu_local_executors_stop(local);
  mu_local_cancel(&local->flush_retry);
  mu_local_cancel(&local->event_source);
  for (MuEngineEvent *event; (event = g_queue_pop_head(&local->events));)
    mu_engine_event_free(event);
}

static void local_free(MuEngine *engine) {
  MuLocal *local = (MuLocal *)engine;
  local_stop(engine);
  mu_local_actions_clear(local);
  g_hash_table_unref(local->executors);
  g_hash_table_unref(local->tasks);
  g_hash_table_unref(local->waiting);
  mu_local_lines_free(local->lines);
  mu_local_trash_free(local->trash);
  mu_local_journal_free(local->journal);
  mu_cgroup_probe_clear(&local->cgroups);
  g_clear_pointer(&local->runs, g_hash_table_unref);
  g_hash_table_unref(local->offers);
  g_ptr_array_unref(local->agents);
  g_hash_table_unref(local->users);
  g_ptr_array_unref(local->mounts);
  g_array_unref(local->lacks);
  g_ptr_array_unref(local->warnings);
  g_array_unref(local->zombies);
  g_main_context_unref(local->context);
  if (local->lock_fd >= 0)
    close(local->lock_fd);
  char *texts[] = {
      local->state_dir,   local->executor_path,   local->bootstrap_path,  local->hostname,     local->executors_dir,
      local->runs_dir,    local->run_volumes_dir, local->volumes_dir,     local->key,          local->fetch_path,
      local->podman_path, local->seccomp_dir,     local->seccomp_default, local->secrets_path, local->secrets_dir};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    g_free(texts[i]);
  g_free(local);
}

static json_t *describe_agent(const MuLocalAgent *agent) {
  return json_pack("{s:s, s:s, s:o, s:o}", "id", mu_agent_id(agent->model), "hostname", mu_agent_hostname(agent->model),
                   "resources", mu_resources_to_json(mu_agent_total(agent->model)), "free",
                   mu_resources_to_json(mu_agent_free_resources(agent->model)));
}

static json_t *local_describe(MuEngine *engine) {
  const MuLocal *local = (const MuLocal *)engine;
  const char *pids = local->isolates_pids ? "own" : "the machine's";
  g_autofree char *limits = mu_cgroup_probe_describe(&local->cgroups);
  json_t *agents = json_array(), *warnings = json_array();
  for (guint i = 0; i < local->agents->len; i++)
    json_array_append_new(agents, describe_agent(local->agents->pdata[i]));
  for (guint i = 0; i < local->warnings->len; i++)
    json_array_append_new(warnings, json_string(local->warnings->pdata[i]));
  return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:i}", "engine", "local", "state_dir", local->state_dir,
                   "limits", limits, "pid_namespaces", pids, "agents", agents, "warnings", warnings, "executors",
                   (int)g_hash_table_size(local->executors), "tasks", (int)g_hash_table_size(local->tasks));
}

static const MuEngineOps OPS = {.name = "local",
                                .start = local_start,
                                .perform = mu_local_perform,
                                .flush = mu_local_flush,
                                .sandbox_path = mu_local_runs_path,
                                .exec = mu_local_exec,
                                .describe = local_describe,
                                .lacks = mu_local_lacks,
                                .stop = local_stop,
                                .free = local_free};

MuEngine *mu_local_engine_new(const MuLocalEngineConfig *config, GError **error) {
  MuLocal *local = g_new0(MuLocal, 1);
  local->engine.ops = &OPS;
  init(local, config);
  if (set_up(local, config, error))
    return &local->engine;
  local_free(&local->engine);
  return NULL;
}

const GPtrArray *mu_local_engine_warnings(MuEngine *engine) {
  return ((MuLocal *)engine)->warnings;
}
