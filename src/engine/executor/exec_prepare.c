#include "exec_prepare.h"
#include "exec_error.h"
#include "exec_image.h"
#include "exec_sandbox.h"
#include "exec_secrets.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FETCH_JOB "fetch.json"
#define BOOTSTRAP "bootstrap"

/* ---- the steps ------------------------------------------------------------------------------------------------------- */

static void step_free(gpointer data) {
  MuExecStep *step = data;
  g_ptr_array_unref(step->argv);
  g_free(step);
}

static MuExecStep *add_step(GPtrArray *steps, const char *program, const char *failed) {
  MuExecStep *step = g_new0(MuExecStep, 1);
  step->argv = g_ptr_array_new_with_free_func(g_free);
  step->failed = failed;
  g_ptr_array_add(step->argv, g_strdup(program == NULL ? "" : program));
  g_ptr_array_add(steps, step);
  return step;
}

static void add_argument(MuExecStep *step, const char *text) {
  g_ptr_array_add(step->argv, g_strdup(text));
}

static void add_secrets(GPtrArray *steps, const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  if (!mu_exec_secrets_wanted(launch, task))
    return;
  MuExecStep *step = add_step(steps, launch->secrets_program, "its secrets cannot be had");
  mu_exec_secrets_arguments(launch, task, step->argv);
  step->last_line = step->secrets = TRUE;
}

static void add_fetch(GPtrArray *steps, const MuExecLaunch *launch) {
  if (json_array_size(launch->uris) == 0)
    return;
  MuExecStep *step = add_step(steps, launch->fetch, "fetching the files of \"uris\" failed");
  add_argument(step, MU_EXEC_OWN_DIR "/" FETCH_JOB);
  step->last_line = TRUE;
}

static void add_pull(GPtrArray *steps, const MuExecLaunch *launch) {
  if (launch->image == NULL)
    return;
  MuExecStep *step = g_new0(MuExecStep, 1);
  step->argv = mu_exec_image_pull(launch);
  step->failed = "getting the container image failed";
  step->of_executor = TRUE;
  g_ptr_array_add(steps, step);
}

static void add_render(GPtrArray *steps, const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  if (task->configs->len == 0)
    return;
  MuExecStep *step = add_step(steps, launch->bootstrap, "rendering the config templates failed");
  for (guint i = 0; i < task->configs->len; i++) {
    const MuExecConfig *config = task->configs->pdata[i];
    g_autofree char *template = mu_exec_sandbox_template_path(task, i);
    add_argument(step, "--template");
    add_argument(step, template);
    add_argument(step, "--dest");
    add_argument(step, config->dest);
  }
}

GPtrArray *mu_exec_steps_new(const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  GPtrArray *steps = g_ptr_array_new_with_free_func(step_free);
  add_pull(steps, launch);
  add_secrets(steps, launch, task);
  add_fetch(steps, launch);
  add_render(steps, launch, task);
  for (guint i = 0; i < steps->len; i++)
    g_ptr_array_add(((MuExecStep *)steps->pdata[i])->argv, NULL);
  return steps;
}

/* ---- what they need -------------------------------------------------------------------------------------------------- */

/* The cache of the task's user: what one user put there, another does not get to run. NULL with a word on the executor's
 * stderr: then there is none. */
static char *make_cache(const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  if (launch->fetch_cache == NULL)
    return NULL;
  g_autofree char *path = g_strdup_printf("%s/%u", launch->fetch_cache, (guint)task->uid);
  struct stat st;
  gboolean ok = (mkdir(launch->fetch_cache, 0711) == 0 || errno == EEXIST) &&
                (mkdir(path, 0700) == 0 || errno == EEXIST) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
                (st.st_uid == task->uid || lchown(path, task->uid, task->gid) == 0);
  return ok ? g_steal_pointer(&path) : NULL;
}

/* Commands of the reference's specs call its `./bootstrap`, which an agent of Mesos fetches. */
static gboolean put_bootstrap(const MuExecLaunch *launch, const MuExecTaskSpec *task, int sandbox_fd, GError **error) {
  return launch->bootstrap == NULL || launch->image != NULL || strstr(task->cmd, "./" BOOTSTRAP) == NULL ||
         mu_exec_sandbox_link(sandbox_fd, task, BOOTSTRAP, launch->bootstrap, error);
}

gboolean mu_exec_steps_set_up(const MuExecLaunch *launch, const MuExecTaskSpec *task, int sandbox_fd, GError **error) {
  if (!put_bootstrap(launch, task, sandbox_fd, error))
    return FALSE;
  if (json_array_size(launch->uris) == 0)
    return TRUE;
  if (launch->fetch == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the pod has uris, and the scheduler found no program muster-fetch");
    return FALSE;
  }
  g_autoptr(json_t) job = json_object();
  g_autofree char *cache = make_cache(launch, task);
  mu_json_set_string(job, "cache_dir", cache);
  mu_json_set_new(job, "uris", json_incref(launch->uris));
  g_autofree char *text = mu_json_to_string(job);
  return mu_exec_sandbox_write(sandbox_fd, task, FETCH_JOB, text, error);
}

/* ---- words ----------------------------------------------------------------------------------------------------------- */

char *mu_exec_steps_describe(const MuExecLaunch *launch) {
  gsize n = json_array_size(launch->uris);
  if (launch->image != NULL)
    return g_strdup_printf("getting the image %s%s", launch->image, n == 0 ? "" : ", and files");
  return n == 0 ? NULL : g_strdup_printf("fetching %" G_GSIZE_FORMAT " file%s", n, n == 1 ? "" : "s");
}

char *mu_exec_step_message(const MuExecStep *step, const char *tail, const char *how) {
  g_autofree char *text = g_utf8_make_valid(tail, -1);
  const char *said = g_strstrip(text);
  const char *line = step->last_line ? strrchr(said, '\n') : NULL;
  if (line != NULL)
    said = line + 1;
  const char *colon = step->last_line && g_str_has_prefix(said, "muster-") ? strstr(said, ": ") : NULL;
  return g_strdup_printf("%s: %s", step->failed, *said == '\0' ? how : colon != NULL ? colon + 2 : said);
}
