#include "mesos_finder.h"
#include "mesos_zk.h"
#include <muster/error.h>
#include <string.h>

static void on_changed(gpointer user) {
  (void)user;
}

static MuMesosFinder *open_list(const char *master) {
  g_autoptr(GError) error = NULL;
  MuMesosFinder *finder = mu_mesos_finder_new(master, FALSE, on_changed, NULL, &error);
  g_assert_no_error(error);
  return finder;
}

static void test_addresses(void) {
  static const struct {
    const char *given, *url; /* NULL: refused */
  } rows[] = {
      {"host", "http://host:5050"},
      {"host:1", "http://host:1"},
      {"http://host", "http://host:5050"},
      {"https://host/", "https://host:5050"},
      {"[::1]:7", "http://[::1]:7"},
      {"http://[::1]", "http://[::1]:5050"},
      {"", NULL},
      {"http://", NULL},
      {"ftp://host", NULL},
      {"http://host/mesos", NULL},
      {"http://user:secret@host", NULL},
      {"host:port", NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *url = mu_mesos_master_url(rows[i].given, &error);
    g_assert_cmpstr(url, ==, rows[i].url);
    if (rows[i].url == NULL)
      g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  }
}

/* One after the other, until one leads; who leads is told by any. */
static void test_list(void) {
  g_autoptr(MuMesosFinder) finder = open_list("a, b:1,https://c");
  static const char *const URLS[] = {"http://a:5050", "http://b:1", "https://c:5050", "http://a:5050"};
  for (gsize i = 0; i < G_N_ELEMENTS(URLS); i++) {
    g_assert_cmpstr(mu_mesos_finder_url(finder), ==, URLS[i]);
    mu_mesos_finder_failed(finder);
  }
  g_assert_true(mu_mesos_finder_redirect(finder, "//leader:5050/api/v1/scheduler"));
  g_assert_cmpstr(mu_mesos_finder_url(finder), ==, "http://leader:5050");
  mu_mesos_finder_failed(finder); /* back to who told it */
  g_assert_cmpstr(mu_mesos_finder_url(finder), ==, "http://b:1");
}

static void test_redirects(void) {
  static const struct {
    const char *location, *url; /* NULL: none */
  } rows[] = {
      {"//h:1/x", "https://h:1"},
      {"http://h:1/x", "http://h:1"},
      {"//[::1]:1/x", "https://[::1]:1"},
      {"/x", NULL},
      {"//h/x", NULL},
      {"nonsense", NULL},
      {NULL, NULL},
      {"ftp://h:1/", NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(MuMesosFinder) finder = open_list("https://a");
    g_assert_cmpint(mu_mesos_finder_redirect(finder, rows[i].location), ==, rows[i].url != NULL);
    g_assert_cmpstr(mu_mesos_finder_url(finder), ==, rows[i].url != NULL ? rows[i].url : "https://a:5050");
  }
}

static void test_lowest(void) {
  static const char *const CHILDREN[] = {"log_replicas", "json.info_0000000012", "info_0000000001",
                                         "json.info_0000000009", "json.info_0000000010"};
  g_assert_cmpstr(mu_mesos_zk_lowest(CHILDREN, G_N_ELEMENTS(CHILDREN)), ==, "json.info_0000000009");
  g_assert_null(mu_mesos_zk_lowest(CHILDREN, 1));
  g_assert_null(mu_mesos_zk_lowest(NULL, 0));
}

static void test_node(void) {
  static const struct {
    const char *text, *address; /* NULL: refused */
  } rows[] = {
      {"{\"id\":\"m\",\"ip\":1,\"port\":5050,\"hostname\":\"h\",\"address\":{\"hostname\":\"h\",\"ip\":\"10.0.0.1\","
       "\"port\":5051}}",
       "10.0.0.1:5051"},
      {"{\"id\":\"m\",\"ip\":1,\"port\":5050,\"hostname\":\"h\"}", "h:5050"},
      {"{\"id\":\"m\",\"ip\":1,\"port\":5050,\"address\":{\"ip\":\"fd00::1\",\"port\":5050}}", "[fd00::1]:5050"},
      {"{\"id\":\"m\",\"ip\":1,\"port\":5050}", NULL},
      {"{\"id\":\"m\",\"ip\":1,\"port\":70000,\"hostname\":\"h\"}", NULL},
      {"{}", NULL},
      {"", NULL},
      {"not json", NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *address = mu_mesos_zk_address(rows[i].text, strlen(rows[i].text), &error);
    g_assert_cmpstr(address, ==, rows[i].address);
    g_assert_cmpint(error != NULL, ==, rows[i].address == NULL);
  }
}

static void test_zookeeper_urls(void) {
  static const char *const REFUSED[] = {"zk://", "zk:///mesos", "zk://host/mesos", "zk://user@host:1/mesos"};
  for (gsize i = 0; i < G_N_ELEMENTS(REFUSED); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_mesos_finder_new(REFUSED[i], FALSE, on_changed, NULL, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  }
  /* Nobody listens there; it says so, and keeps trying until it is freed. */
  g_autoptr(MuMesosFinder) finder = open_list("zk://user:secret@127.0.0.1:1/mesos/");
  g_assert_null(mu_mesos_finder_url(finder));
  g_assert_cmpstr(mu_mesos_finder_trouble(finder), ==, "ZooKeeper at 127.0.0.1:1 does not answer");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_finder/addresses", test_addresses);
  g_test_add_func("/mesos_finder/list", test_list);
  g_test_add_func("/mesos_finder/redirects", test_redirects);
  g_test_add_func("/mesos_finder/lowest", test_lowest);
  g_test_add_func("/mesos_finder/node", test_node);
  g_test_add_func("/mesos_finder/zookeeper-urls", test_zookeeper_urls);
  return g_test_run();
}
