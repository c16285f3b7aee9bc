#include "cli_target.h"
#include <string.h>

static gboolean given(const char *text) {
  return text != NULL && *text != '\0';
}

char *mu_cli_default_state_dir(MuCliGetenv env, gboolean is_root) {
  if (is_root)
    return g_strdup("/var/lib/muster");
  const char *xdg = env("XDG_STATE_HOME");
  if (given(xdg) && g_path_is_absolute(xdg))
    return g_build_filename(xdg, "muster", NULL);
  const char *home = env("HOME");
  return g_build_filename(given(home) ? home : g_get_home_dir(), ".local", "state", "muster", NULL);
}

static gboolean check_url(const char *url, GError **error) {
  g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
  const char *scheme = uri == NULL ? "" : g_uri_get_scheme(uri);
  if (uri != NULL && (g_str_equal(scheme, "http") || g_str_equal(scheme, "https")) && given(g_uri_get_host(uri)))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "'%s' is not the URL of a scheduler: expected http://HOST:PORT", url);
  return FALSE;
}

static char *token_in(const char *path, GError **error) {
  char *text = NULL;
  g_autoptr(GError) cause = NULL;
  if (g_file_get_contents(path, &text, NULL, &cause))
    return g_strstrip(text);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "cannot read the token: %s", cause->message);
  return NULL;
}

/* FALSE only when a file that was named cannot be read. */
static gboolean find_token(MuCliTarget *target, const MuCliCall *call, MuCliGetenv env, GError **error) {
  const char *file = mu_cli_text(call, "token-file");
  if (file != NULL) {
    target->token = token_in(file, error);
    return target->token != NULL;
  }
  if (given(env("MUSTER_TOKEN"))) {
    target->token = g_strdup(env("MUSTER_TOKEN"));
    return TRUE;
  }
  g_autofree char *path = g_build_filename(target->state_dir, "token", NULL);
  target->token = token_in(path, NULL);
  return TRUE;
}

static char *choose_state_dir(const MuCliCall *call, MuCliGetenv env, gboolean is_root) {
  if (mu_cli_has(call, "state"))
    return g_strdup(mu_cli_text(call, "state"));
  return given(env("MUSTER_STATE")) ? g_strdup(env("MUSTER_STATE")) : mu_cli_default_state_dir(env, is_root);
}

/* What is said on the command line comes before what the environment says. */
static const char *choose_url(const MuCliCall *call, MuCliGetenv env) {
  if (mu_cli_has(call, "url"))
    return mu_cli_text(call, "url");
  return !mu_cli_has(call, "state") && given(env("MUSTER_URL")) ? env("MUSTER_URL") : NULL;
}

MuCliTarget *mu_cli_target_new(const MuCliCall *call, MuCliGetenv env, gboolean is_root, GError **error) {
  g_autoptr(MuCliTarget) target = g_new0(MuCliTarget, 1);
  target->state_dir = choose_state_dir(call, env, is_root);
  const char *url = choose_url(call, env);
  if (url == NULL)
    return g_steal_pointer(&target);
  if (!check_url(url, error) || !find_token(target, call, env, error))
    return NULL;
  target->url = g_strdup(url);
  while (g_str_has_suffix(target->url, "/"))
    target->url[strlen(target->url) - 1] = '\0';
  return g_steal_pointer(&target);
}

char *mu_cli_target_describe(const MuCliTarget *target) {
  return target->url != NULL ? g_strdup(target->url) : g_build_filename(target->state_dir, "muster.sock", NULL);
}

void mu_cli_target_free(MuCliTarget *target) {
  if (target == NULL)
    return;
  g_free(target->state_dir);
  g_free(target->url);
  g_free(target->token);
  g_free(target);
}
