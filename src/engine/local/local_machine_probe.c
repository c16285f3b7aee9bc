/* What this machine allows: asked of the executor, which tries it as it does it for tasks. */
#include "json.h"
#include "local_private.h"
#include <muster/error.h>
#include <string.h>
#include <unistd.h>

#define MAX_ANSWER 65536

static json_t *ask(const MuLocal *local, GError **error) {
  char *argv[] = {local->executor_path, (char *)"--probe", NULL};
  g_autofree char *out = NULL;
  int status = 0;
  if (!g_spawn_sync("/", argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, &status, error) ||
      !g_spawn_check_wait_status(status, error))
    return NULL;
  return mu_json_parse(out, strlen(out), MAX_ANSWER, error);
}

/* Why the machine does not allow it, or NULL. */
static const char *lacking(const json_t *answer, const char *what) {
  return json_string_value(json_object_get(answer, what));
}

static void add_lack(MuLocal *local, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void add_lack(MuLocal *local, const char *key, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const MuKeyValue lack = {g_strdup(key), g_strdup_vprintf(format, args)};
  va_end(args);
  g_array_append_val(local->lacks, lack);
}

static void take_mounts(MuLocal *local, const json_t *answer) {
  const char *why = lacking(answer, "mounts");
  if (why)
    add_lack(
        local, "host-volumes",
        "this machine allows the scheduler no mount namespace (%s), which they need: run it as root, or allow user "
        "namespaces",
        why);
}

static void take_ipc(MuLocal *local, const json_t *answer) {
  const char *why = lacking(answer, "ipc");
  local->isolates_ipc = !why;
  if (why)
    mu_local_warn(local, "ipc-mode and shm-size are ignored: this machine allows no ipc namespaces (%s)", why);
}

static void take_podman(MuLocal *local) {
  local->podman_path = g_find_program_in_path("podman");
  if (!local->podman_path)
    add_lack(local, "image", "container images are run by podman, which is not here: apt-get install podman");
}

static gboolean take_pids(MuLocal *local, MuLocalSwitch wanted, const json_t *answer, GError **error) {
  const char *why = lacking(answer, "pid");
  if (wanted == MU_LOCAL_AUTO) {
    wanted = geteuid() == 0 && !why ? MU_LOCAL_ON : MU_LOCAL_OFF;
    if (geteuid() == 0 && why)
      mu_local_warn(local, "tasks see all processes: this machine allows no pid namespaces (%s)", why);
  }
  local->isolates_pids = wanted == MU_LOCAL_ON;
  if (!local->isolates_pids || !why)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "pid namespaces were asked for, and this machine allows none: %s",
              why);
  return FALSE;
}

gboolean mu_local_probe_machine(MuLocal *local, MuLocalSwitch pid_namespaces, GError **error) {
  g_autoptr(json_t) answer = ask(local, error);
  if (!answer) {
    g_prefix_error(error, "cannot ask %s what this machine allows: ", local->executor_path);
    return FALSE;
  }
  take_mounts(local, answer);
  take_podman(local);
  take_ipc(local, answer);
  return take_pids(local, pid_namespaces, answer, error);
}

void mu_local_lack_clear(gpointer data) {
  MuKeyValue *lack = data;
  g_free((char *)lack->key);
  g_free((char *)lack->value);
}

const MuKeyValue *mu_local_lacks(MuEngine *engine) {
  return (const MuKeyValue *)(void *)((MuLocal *)engine)->lacks->data;
}
