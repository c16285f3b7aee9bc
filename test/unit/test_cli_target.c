#include "cli_target.h"
#include <glib/gstdio.h>

static const char *const *variables; /* name, value, …, NULL */

static const char *env(const char *name) {
  for (const char *const *p = variables; *p != NULL; p += 2)
    if (g_str_equal(p[0], name))
      return p[1];
  return NULL;
}

static MuCliTarget *target_of(const char *line, const char *const *environment, gboolean is_root, GError **error) {
  variables = environment;
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  g_autoptr(MuCliCall) call = mu_cli_parse((const char *const *)words, error);
  g_assert_nonnull(call);
  return mu_cli_target_new(call, env, is_root, error);
}

#define ENV(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void test_places(void) {
  static const struct {
    const char *line;
    const char *environment[9];
    gboolean is_root;
    const char *state_dir, *url;
  } rows[] = {
      {"service list", {NULL}, TRUE, "/var/lib/muster", NULL},
      {"service list", {"HOME", "/home/u"}, FALSE, "/home/u/.local/state/muster", NULL},
      {"service list", {"HOME", "/home/u", "XDG_STATE_HOME", "/x"}, FALSE, "/x/muster", NULL},
      {"service list", {"HOME", "/home/u", "XDG_STATE_HOME", "relative"}, FALSE, "/home/u/.local/state/muster", NULL},
      {"service list", {"MUSTER_STATE", "/s"}, TRUE, "/s", NULL},
      {"service list", {"MUSTER_STATE", ""}, TRUE, "/var/lib/muster", NULL},
      {"--state /o service list", {"MUSTER_STATE", "/s"}, TRUE, "/o", NULL},
      {"service list --state /o", {"MUSTER_URL", "http://h:1"}, TRUE, "/o", NULL},
      {"service list", {"MUSTER_URL", "http://h:1/"}, TRUE, "/var/lib/muster", "http://h:1"},
      {"service list", {"MUSTER_URL", "http://h:1", "MUSTER_STATE", "/s"}, TRUE, "/s", "http://h:1"},
      {"service list --url https://h/base/", {"MUSTER_URL", "http://h:1"}, TRUE, "/var/lib/muster", "https://h/base"},
      {"service list --url http://h:2 --state /o", {NULL}, TRUE, "/o", "http://h:2"},
      {"service list --url http://[::1]:2", {NULL}, TRUE, "/var/lib/muster", "http://[::1]:2"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(MuCliTarget) target = target_of(rows[i].line, rows[i].environment, rows[i].is_root, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(target->state_dir, ==, rows[i].state_dir);
    g_assert_cmpstr(target->url, ==, rows[i].url);
  }
}

static void test_bad_urls(void) {
  static const char *const urls[] = {"h:1", "ftp://h", "http://", "http:///x", "nonsense", "http://h:99999"};
  for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *line = g_strdup_printf("service list --url %s", urls[i]);
    g_assert_null(target_of(line, ENV(), TRUE, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
  }
}

/* --token-file, then MUSTER_TOKEN, then the state folder's; none is needed for the unix socket. */
static void test_tokens(void) {
  g_autofree char *dir = g_dir_make_tmp("muster-XXXXXX", NULL);
  g_autofree char *in_state = g_build_filename(dir, "token", NULL), *other = g_build_filename(dir, "other", NULL);
  g_assert_true(g_file_set_contents(in_state, "state-token\n", -1, NULL));
  g_assert_true(g_file_set_contents(other, " other-token\n", -1, NULL));
  g_autofree char *socket = g_strdup_printf("service list --state %s", dir);
  g_autofree char *by_state = g_strdup_printf("service list --url http://h --state %s", dir);
  g_autofree char *by_file = g_strdup_printf("%s --token-file %s", by_state, other);
  const struct {
    const char *line, *env_token, *token;
  } rows[] = {
      {socket, NULL, NULL},
      {by_state, NULL, "state-token"},
      {by_state, "env-token", "env-token"},
      {by_file, "env-token", "other-token"},
      {"service list --url http://h --state /nowhere", NULL, NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    const char *environment[] = {"MUSTER_TOKEN", rows[i].env_token, NULL};
    g_autoptr(MuCliTarget) target = target_of(rows[i].line, environment, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(target->token, ==, rows[i].token);
  }
  g_autoptr(GError) error = NULL;
  g_assert_null(target_of("service list --url http://h --token-file /nowhere/t", ENV(), TRUE, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_unlink(in_state);
  g_unlink(other);
  g_rmdir(dir);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/target/places", test_places);
  g_test_add_func("/cli/target/bad-urls", test_bad_urls);
  g_test_add_func("/cli/target/tokens", test_tokens);
  return g_test_run();
}
