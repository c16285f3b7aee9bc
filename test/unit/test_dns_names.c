/* The names of EndpointUtils, for the names of frameworks and tasks that there may be. */
#include "dns_names.h"

static void check(char *take_got, const char *expected) {
  g_autofree char *got = take_got;
  g_assert_cmpstr(got, ==, expected);
}

static void test_autoip(void) {
  check(mu_dns_autoip_domain("hello"), "hello.autoip.dcos.thisdcos.directory");
  check(mu_dns_autoip_domain("/path/to/my.hello"), "pathtomy-hello.autoip.dcos.thisdcos.directory");
  check(mu_dns_autoip_host("hello", "web-0-server"), "web-0-server.hello.autoip.dcos.thisdcos.directory");
  check(mu_dns_autoip_host("a/b.c", "x.y"), "x-y.ab-c.autoip.dcos.thisdcos.directory");
  check(mu_dns_autoip_host("marathon", "/path/to/task"), "task-to-path.marathon.autoip.dcos.thisdcos.directory");
}

static void test_vip(void) {
  check(mu_dns_vip_domain("/path/to/my.hello"), "pathtomy.hello.l4lb.thisdcos.directory");
  check(mu_dns_vip_host("hello", "web"), "web.hello.l4lb.thisdcos.directory");
  check(mu_dns_vip_host("a/b", "/web/x"), "webx.ab.l4lb.thisdcos.directory");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/dns-names/autoip", test_autoip);
  g_test_add_func("/dns-names/vip", test_vip);
  return g_test_run();
}
