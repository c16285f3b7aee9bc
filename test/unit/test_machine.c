/* Sharing the machine out to agents. */
#include "machine.h"
#include <muster/error.h>

static void test_ports(void) {
  static const struct {
    const char *ranges;
    guint n;
    const char *shares[4];
  } cases[] = {
      {"1-10", 1, {"1-10"}},
      {"1-10", 2, {"1-5", "6-10"}},
      {"1-10", 3, {"1-3", "4-6", "7-10"}},
      {"1-2,10,20-22", 2, {"1-2,10", "20-22"}},
      {"5", 2, {"", "5"}},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GArray) ranges = mu_ranges_parse(cases[i].ranges, NULL);
    g_autoptr(GPtrArray) shares = mu_machine_share_ports(ranges, cases[i].n);
    g_assert_cmpuint(shares->len, ==, cases[i].n);
    for (guint k = 0; k < cases[i].n; k++) {
      g_autofree char *text = mu_ranges_to_string(shares->pdata[k]);
      g_assert_cmpstr(text, ==, cases[i].shares[k]);
    }
  }
}

static void test_amounts(void) {
  MuLocalEngineConfig config = {.state_dir = "/", .agents = 3, .cpus_milli = 1000, .mem_mb = 100, .disk_mb = 2};
  g_autoptr(GPtrArray) shares = mu_machine_share(&config, NULL);
  static const gint64 cpus[] = {334, 333, 333}, mem[] = {34, 33, 33}, disk[] = {1, 1, 0};
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpint(mu_resources_total(shares->pdata[i], MU_RESOURCE_CPUS), ==, cpus[i]);
    g_assert_cmpint(mu_resources_total(shares->pdata[i], MU_RESOURCE_MEM), ==, mem[i]);
    g_assert_cmpint(mu_resources_total(shares->pdata[i], MU_RESOURCE_DISK), ==, disk[i]);
  }
}

static void test_detected(void) {
  MuLocalEngineConfig config = {.state_dir = "/", .agents = 1};
  g_autoptr(GPtrArray) shares = mu_machine_share(&config, NULL);
  g_assert_cmpint(mu_resources_total(shares->pdata[0], MU_RESOURCE_CPUS) % 1000, ==, 0);
  g_assert_cmpint(mu_resources_total(shares->pdata[0], MU_RESOURCE_CPUS), >, 0);
  g_assert_cmpint(mu_resources_total(shares->pdata[0], MU_RESOURCE_MEM), >, 0);
  g_assert_cmpint(mu_resources_total(shares->pdata[0], MU_RESOURCE_PORTS), ==, 32767 - 1025 + 1);
}

static void test_gpus(void) {
  MuLocalEngineConfig config = {.state_dir = "/", .agents = 2, .gpus_milli = 3500};
  g_autoptr(GPtrArray) shares = mu_machine_share(&config, NULL);
  g_assert_cmpint(mu_resources_total(shares->pdata[0], MU_RESOURCE_GPUS), ==, 2500);
  g_assert_cmpint(mu_resources_total(shares->pdata[1], MU_RESOURCE_GPUS), ==, 1000);
}

static const MuResource *disk_at(const MuResources *resources, const char *root) {
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *resource = resources->items->pdata[i];
    if (g_strcmp0(resource->mount_root, root) == 0)
      return resource;
  }
  return NULL;
}

static void test_mounts(void) {
  static const char *const mounts[] = {"/proc=virtual", "1:/dev/..", NULL};
  MuLocalEngineConfig config = {.state_dir = "/", .agents = 2, .mounts = mounts};
  g_autoptr(GPtrArray) shares = mu_machine_share(&config, NULL);
  g_assert_null(disk_at(shares->pdata[0], "/proc")); /* it has no size: there is nothing to give */
  const MuResource *root = disk_at(shares->pdata[1], "/");
  g_assert_cmpint(root->amount, >, 0);
  g_assert_null(root->profile);
  guint agent = 7;
  g_autoptr(MuResource) disk = mu_machine_mount("1:/usr=fast", 2, &agent, NULL);
  g_assert_cmpuint(agent, ==, 1);
  g_assert_cmpstr(disk->mount_root, ==, "/usr");
  g_assert_cmpstr(disk->profile, ==, "fast");
  g_assert_true(mu_machine_is_mount_point("/proc"));
  g_assert_false(mu_machine_is_mount_point("/proc/self"));
}

static void test_mounts_refused(void) {
  static const struct {
    const char *const mounts[3];
    const char *message;
  } cases[] = {
      {{"usr"}, "mount 'usr': the path is not absolute; expected [N:]PATH[=PROFILE]"},
      {{"2:/usr"}, "mount '2:/usr': there is no such agent; expected [N:]PATH[=PROFILE]"},
      {{"/usr="}, "mount '/usr=': the profile is empty; expected [N:]PATH[=PROFILE]"},
      {{"/no/such"}, "mount '/no/such': there is no such folder; expected [N:]PATH[=PROFILE]"},
      {{"/etc/passwd"}, "mount '/etc/passwd': there is no such folder; expected [N:]PATH[=PROFILE]"},
      {{"/usr", "1:/usr/bin/.."}, "mount '1:/usr/bin/..': it is given twice; expected [N:]PATH[=PROFILE]"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    MuLocalEngineConfig config = {.state_dir = "/", .agents = 2, .mounts = cases[i].mounts};
    g_assert_null(mu_machine_share(&config, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
}

static void test_refused(void) {
  static const char *const ports[] = {"0-5", "1-65536", "x", "9-1"};
  for (gsize i = 0; i < G_N_ELEMENTS(ports); i++) {
    g_autoptr(GError) error = NULL;
    MuLocalEngineConfig config = {.state_dir = "/", .agents = 1, .ports = ports[i]};
    g_assert_null(mu_machine_share(&config, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/machine/ports", test_ports);
  g_test_add_func("/machine/amounts", test_amounts);
  g_test_add_func("/machine/detected", test_detected);
  g_test_add_func("/machine/gpus", test_gpus);
  g_test_add_func("/machine/mounts", test_mounts);
  g_test_add_func("/machine/mounts-refused", test_mounts_refused);
  g_test_add_func("/machine/refused", test_refused);
  return g_test_run();
}
