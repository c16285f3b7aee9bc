#include "http_auth.h"

#include <muster/error.h>

typedef struct {
  const char *host;
  gboolean ours;
} HostCase;

static void check_hosts(const MuHttpAuth *auth, const HostCase *cases, gsize n) {
  for (gsize i = 0; i < n; i++) {
    g_test_message("%s", cases[i].host);
    g_assert_cmpint(mu_http_auth_host_is_ours(auth, cases[i].host), ==, cases[i].ours);
  }
}

static void test_loopback(void) {
  static const HostCase cases[] = {
      {"127.0.0.1:8640", TRUE},
      {"localhost:8640", TRUE},
      {"LocalHost:8640", TRUE},
      {"[::1]:8640", TRUE},
      {"127.0.0.1:8641", FALSE},
      {"127.0.0.1", FALSE},
      {"localhost", FALSE},
      {"evil.example:8640", FALSE},
      {"localhost.evil.example:8640", FALSE},
      {"127.0.0.1.evil.example:8640", FALSE},
      {"10.0.0.1:8640", FALSE},
      {"", FALSE},
      {":8640", FALSE},
      {"[::1:8640", FALSE},
      {"[::1]8640", FALSE},
      {"localhost:8640x", FALSE},
      {"localhost:08640x", FALSE},
      {"localhost:", FALSE},
      {"u@localhost:8640", FALSE},
      {NULL, FALSE},
  };
  g_autoptr(MuHttpAuth) auth = mu_http_auth_new("t", "127.0.0.1", "127.0.0.1", 8640);
  check_hosts(auth, cases, G_N_ELEMENTS(cases));
}

static void test_named(void) {
  static const HostCase cases[] = {
      {"box.example", TRUE}, {"box.example:80", TRUE}, {"10.1.2.3", TRUE}, {"localhost", FALSE}, {"10.1.2.4", FALSE},
  };
  g_autoptr(MuHttpAuth) auth = mu_http_auth_new("t", "Box.example", "10.1.2.3", 80);
  check_hosts(auth, cases, G_N_ELEMENTS(cases));
}

static void test_everywhere(void) {
  static const HostCase cases[] = {
      {"10.1.2.3:9", TRUE}, {"[fe80::1]:9", TRUE},     {"localhost:9", TRUE},
      {"0.0.0.0:9", TRUE},  {"evil.example:9", FALSE},
  };
  g_autoptr(MuHttpAuth) v4 = mu_http_auth_new("t", "0.0.0.0", "0.0.0.0", 9), v6 = mu_http_auth_new("t", "::", "::", 9);
  check_hosts(v4, cases, G_N_ELEMENTS(cases));
  check_hosts(v6, cases, G_N_ELEMENTS(cases));
  g_autofree char *own = g_strdup_printf("%s:9", g_get_host_name());
  g_assert_true(mu_http_auth_host_is_ours(v4, own));
}

static void test_token(void) {
  static const struct {
    const char *header;
    gboolean right;
  } cases[] = {
      {"Bearer sesame", TRUE},   {"bearer sesame", TRUE},  {"token=sesame", TRUE}, {"Bearer sesam", FALSE},
      {"Bearer sesamee", FALSE}, {"Bearer Sesame", FALSE}, {"Bearer ", FALSE},     {"Bearer sesamesesame", FALSE},
      {"sesame", FALSE},         {"Basic sesame", FALSE},  {"token=", FALSE},      {"", FALSE},
  };
  g_autoptr(MuHttpAuth) auth = mu_http_auth_new("sesame", "127.0.0.1", "127.0.0.1", 1);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpint(mu_http_auth_token_is_right(auth, cases[i].header), ==, cases[i].right);
}

static void test_check(void) {
  static const struct {
    const char *host, *origin, *authorization;
    guint status; /* 0: let in */
  } cases[] = {
      {"localhost:1", NULL, "Bearer t", 0},
      {"localhost:1", "http://localhost:1", "Bearer t", 0},
      {"localhost:1", "http://127.0.0.1:1", "Bearer t", 0},
      {"localhost:1", "https://localhost:1", "Bearer t", 403},
      {"localhost:1", "http://localhost:2", "Bearer t", 403},
      {"localhost:1", "http://evil.example", "Bearer t", 403},
      {"localhost:1", "null", "Bearer t", 403},
      {"evil.example:1", NULL, "Bearer t", 403},
      {NULL, NULL, "Bearer t", 403},
      {"localhost:1", NULL, NULL, 401},
      {"localhost:1", NULL, "Bearer x", 401},
  };
  g_autoptr(MuHttpAuth) auth = mu_http_auth_new("t", "127.0.0.1", "127.0.0.1", 1);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    guint status = 0;
    gboolean in = mu_http_auth_check(auth, cases[i].host, cases[i].origin, cases[i].authorization, &status, &error);
    g_assert_cmpint(in, ==, cases[i].status == 0);
    if (!in) {
      g_assert_error(error, MU_ERROR, MU_ERROR_DENIED);
      g_assert_cmpuint(status, ==, cases[i].status);
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http-auth/loopback", test_loopback);
  g_test_add_func("/http-auth/named", test_named);
  g_test_add_func("/http-auth/everywhere", test_everywhere);
  g_test_add_func("/http-auth/token", test_token);
  g_test_add_func("/http-auth/check", test_check);
  return g_test_run();
}
