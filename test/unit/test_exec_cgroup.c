/* The cgroup of a task, on folders of plain files: which limits are written where. Killing and tracking are tested with
 * real ones in test_local_engine.c, where the machine allows it. */
#include "exec_cgroup.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const MuExecTaskSpec SPEC = {
    .task_id = (char *)"task", .cpu_shares_milli = 500, .cpu_limit_milli = 1500, .mem_limit_mb = 64};

static void test_shares(void) {
  static const struct {
    gint64 milli, shares, weight;
  } cases[] = {{0, 2, 1}, {1, 2, 1}, {100, 102, 4}, {1000, 1024, 39}, {2000, 2048, 79}, {10000000, 262144, 10000}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_assert_cmpint(mu_exec_cpu_shares(cases[i].milli), ==, cases[i].shares);
    g_assert_cmpint(mu_exec_cpu_weight(cases[i].milli), ==, cases[i].weight);
  }
}

/* A folder as the kernel would make it: with these control files, empty. */
static char *make_task_folder(const char *root, const char *const *files) {
  g_autofree char *folder = g_build_filename(root, "task", NULL);
  g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
  for (; *files; files++) {
    g_autofree char *path = g_build_filename(folder, *files, NULL);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
  }
  return g_steal_pointer(&folder);
}

static void assert_control(const char *folder, const char *name, const char *expected) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_assert_cmpstr(text, ==, expected);
  g_assert_cmpint(unlink(path), ==, 0);
}

static void test_v2(void) {
  static const char *const files[] = {"cpu.weight", "cpu.max", "memory.max", NULL};
  g_autofree char *root = g_dir_make_tmp("muster-cgroup-XXXXXX", NULL);
  g_autofree char *folder = make_task_folder(root, files);
  MuExecCgroupRoots roots = {.v2 = root, .v2_cpu = TRUE, .v2_memory = TRUE};
  g_autoptr(GString) warnings = g_string_new(NULL);
  MuExecCgroup cgroup;
  mu_exec_cgroup_init(&cgroup, &roots, &SPEC, warnings);
  g_assert_cmpstr(warnings->str, ==, "");
  g_assert_true(mu_exec_cgroup_tracks(&cgroup));
  assert_control(folder, "cpu.weight", "20");
  assert_control(folder, "cpu.max", "150000 100000");
  assert_control(folder, "memory.max", "67108864");
  g_autofree char *events = g_build_filename(folder, "memory.events", NULL);
  g_assert_true(g_file_set_contents(events, "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n", -1, NULL));
  g_assert_true(mu_exec_cgroup_was_oom(&cgroup));
  g_assert_true(g_file_set_contents(events, "low 0\nhigh 0\nmax 3\noom 1\noom_kill 0\n", -1, NULL));
  g_assert_false(mu_exec_cgroup_was_oom(&cgroup));
  unlink(events);
  mu_exec_cgroup_clear(&cgroup);
  g_assert_cmpint(rmdir(root), ==, 0);
}

static void test_v1(void) {
  static const char *const cpu_files[] = {"cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us", NULL};
  static const char *const memory_files[] = {"memory.limit_in_bytes", NULL};
  g_autofree char *root = g_dir_make_tmp("muster-cgroup-XXXXXX", NULL);
  g_autofree char *cpu = g_build_filename(root, "cpu", NULL), *memory = g_build_filename(root, "memory", NULL);
  g_autofree char *cpu_task = make_task_folder(cpu, cpu_files), *memory_task = make_task_folder(memory, memory_files);
  MuExecCgroupRoots roots = {.v1_cpu = cpu, .v1_memory = memory};
  g_autoptr(GString) warnings = g_string_new(NULL);
  MuExecCgroup cgroup;
  mu_exec_cgroup_init(&cgroup, &roots, &SPEC, warnings);
  g_assert_cmpstr(warnings->str, ==, "");
  assert_control(cpu_task, "cpu.shares", "512");
  assert_control(cpu_task, "cpu.cfs_period_us", "100000");
  assert_control(cpu_task, "cpu.cfs_quota_us", "150000");
  assert_control(memory_task, "memory.limit_in_bytes", "67108864");
  g_autofree char *oom = g_build_filename(memory_task, "memory.oom_control", NULL);
  g_assert_true(g_file_set_contents(oom, "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", -1, NULL));
  g_assert_true(mu_exec_cgroup_was_oom(&cgroup));
  unlink(oom);
  mu_exec_cgroup_clear(&cgroup);
  rmdir(cpu);
  rmdir(memory);
  g_assert_cmpint(rmdir(root), ==, 0);
}

/* What cannot be had is said, and left out. */
static void test_refused(void) {
  MuExecCgroupRoots roots = {.v2 = (char *)"/no/such/place", .v2_memory = TRUE};
  g_autoptr(GString) warnings = g_string_new(NULL);
  MuExecCgroup cgroup;
  mu_exec_cgroup_init(&cgroup, &roots, &SPEC, warnings);
  g_assert_nonnull(strstr(warnings->str, "/no/such/place/task"));
  g_assert_false(mu_exec_cgroup_tracks(&cgroup));
  g_assert_false(mu_exec_cgroup_was_oom(&cgroup));
  g_assert_true(mu_exec_cgroup_kill(&cgroup)); /* none left */
  mu_exec_cgroup_clear(&cgroup);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec-cgroup/shares", test_shares);
  g_test_add_func("/exec-cgroup/v2", test_v2);
  g_test_add_func("/exec-cgroup/v1", test_v1);
  g_test_add_func("/exec-cgroup/refused", test_refused);
  return g_test_run();
}
