/* Which hierarchies are used, by the place that we are in: on folders that stand in for the kernel's. */
#include "cgroup_probe.h"
#include "remove_tree.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *folder, *mountinfo, *self;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture->folder = g_dir_make_tmp("muster-probe-XXXXXX", NULL);
  fixture->mountinfo = g_build_filename(fixture->folder, "mountinfo", NULL);
  fixture->self = g_build_filename(fixture->folder, "self", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_assert_true(mu_remove_tree(AT_FDCWD, fixture->folder, NULL, NULL));
  g_free(fixture->folder);
  g_free(fixture->mountinfo);
  g_free(fixture->self);
}

/* The hierarchies: name of the folder, file system, options. */
static void mount(const Fixture *fixture, GString *mounts, const char *name, const char *type, const char *options) {
  g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
  g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
  g_string_append_printf(mounts, "36 25 0:31 / %s rw,nosuid shared:1 - %s %s rw,%s\n", path, type, type, options);
}

static GPtrArray *probe(const Fixture *fixture, const GString *mounts, const char *self, MuCgroupProbe *ret_probe) {
  GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);
  MuCgroupPlaces places = {.mountinfo = fixture->mountinfo, .self_cgroup = fixture->self};
  g_assert_true(g_file_set_contents(fixture->mountinfo, mounts->str, -1, NULL));
  g_assert_true(g_file_set_contents(fixture->self, self, -1, NULL));
  mu_cgroup_probe(ret_probe, "key", &places, warnings);
  return warnings;
}

static void assert_folder(const Fixture *fixture, const char *found, const char *expected) {
  g_autofree char *path = g_build_filename(fixture->folder, expected, NULL);
  g_assert_cmpstr(found, ==, path);
  g_assert_true(g_file_test(found, G_FILE_TEST_IS_DIR));
}

static void test_nothing(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GString) mounts = g_string_new("1 2 0:1 / / rw - ext4 /dev/root rw\n");
  MuCgroupProbe found;
  g_autoptr(GPtrArray) warnings = probe(fixture, mounts, "", &found);
  g_assert_cmpuint(warnings->len, ==, 1); /* one line, whatever is missing */
  g_assert_nonnull(strstr(warnings->pdata[0], "cpu memory process-tracking"));
  g_assert_true(!found.v2 && !found.v1_cpu && !found.v1_memory && !found.v1_freezer);
  g_autofree char *text = mu_cgroup_probe_describe(&found);
  g_assert_nonnull(strstr(text, "cpu by none"));
  mu_cgroup_probe_clear(&found);
}

static void test_v1_root(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GString) mounts = g_string_new(NULL);
  mount(fixture, mounts, "cpuboth", "cgroup", "cpu,cpuacct");
  mount(fixture, mounts, "memory", "cgroup", "memory");
  mount(fixture, mounts, "freezer", "cgroup", "freezer");
  MuCgroupProbe found;
  g_autoptr(GPtrArray) warnings = probe(fixture, mounts, "3:memory:/\n2:freezer:/\n1:cpu,cpuacct:/\n", &found);
  g_assert_cmpuint(warnings->len, ==, 0);
  assert_folder(fixture, found.v1_cpu, "cpuboth/muster/key");
  assert_folder(fixture, found.v1_memory, "memory/muster/key");
  assert_folder(fixture, found.v1_freezer, "freezer/muster/key");
  g_autofree char *task = g_build_filename(found.v1_cpu, "task", NULL);
  g_assert_cmpint(g_mkdir(task, 0700), ==, 0);
  mu_cgroup_probe_sweep(&found, NULL);
  g_assert_false(g_file_test(task, G_FILE_TEST_EXISTS));
  mu_cgroup_probe_remove(&found);
  g_autofree char *top = g_build_filename(fixture->folder, "cpuboth/muster", NULL);
  g_assert_false(g_file_test(top, G_FILE_TEST_EXISTS));
  mu_cgroup_probe_clear(&found);
}

/* A box that somebody put us in is neither left nor touched. */
static void test_box(Fixture *fixture, gconstpointer data) {
  (void)data;
  if (geteuid() != 0) {
    g_test_skip("a user's own folders count as delegated");
    return;
  }
  g_autoptr(GString) mounts = g_string_new(NULL);
  mount(fixture, mounts, "memory", "cgroup", "memory");
  mount(fixture, mounts, "memory/box/7", "nothing", "");
  MuCgroupProbe found;
  g_autoptr(GPtrArray) warnings = probe(fixture, mounts, "3:memory:/box/7\n", &found);
  g_assert_null(found.v1_memory);
  g_assert_nonnull(strstr(warnings->pdata[0], "/box/7"));
  g_autofree char *inside = g_build_filename(fixture->folder, "memory/box/7/muster", NULL);
  g_autofree char *outside = g_build_filename(fixture->folder, "memory/muster", NULL);
  g_assert_false(g_file_test(inside, G_FILE_TEST_EXISTS) || g_file_test(outside, G_FILE_TEST_EXISTS));
  mu_cgroup_probe_clear(&found);
}

static void test_service_manager(Fixture *fixture, gconstpointer data) {
  (void)data;
  if (geteuid() != 0) {
    g_test_skip("needs root");
    return;
  }
  g_autoptr(GString) mounts = g_string_new(NULL);
  mount(fixture, mounts, "memory", "cgroup", "memory");
  MuCgroupProbe found;
  g_autoptr(GPtrArray) warnings = probe(fixture, mounts, "3:memory:/user.slice/user-0.slice\n", &found);
  assert_folder(fixture, found.v1_memory, "memory/muster/key");
  g_assert_cmpuint(warnings->len, ==, 1); /* no cpu here */
  mu_cgroup_probe_clear(&found);
}

static void put(const char *folder, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_v2(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GString) mounts = g_string_new(NULL);
  mount(fixture, mounts, "unified", "cgroup2", "nsdelegate");
  g_autofree char *root = g_build_filename(fixture->folder, "unified", NULL);
  g_autofree char *top = g_build_filename(root, "muster", NULL), *ours = g_build_filename(top, "key", NULL);
  put(root, "cgroup.controllers", "cpuset cpu io memory pids\n");
  put(root, "cgroup.subtree_control", "");
  put(top, "cgroup.subtree_control", "");
  put(ours, "cgroup.subtree_control", "");
  MuCgroupProbe found;
  g_autoptr(GPtrArray) warnings = probe(fixture, mounts, "0::/\n", &found);
  g_assert_cmpuint(warnings->len, ==, 0);
  assert_folder(fixture, found.v2, "unified/muster/key");
  g_assert_true(found.v2_cpu && found.v2_memory && !found.v1_freezer);
  mu_cgroup_probe_clear(&found);
}

/* v2 without controllers tracks processes, v1 limits them. */
static void test_hybrid(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GString) mounts = g_string_new(NULL);
  mount(fixture, mounts, "unified", "cgroup2", "x");
  mount(fixture, mounts, "cpu", "cgroup", "cpu");
  mount(fixture, mounts, "memory", "cgroup", "memory");
  mount(fixture, mounts, "freezer", "cgroup", "freezer");
  g_autofree char *root = g_build_filename(fixture->folder, "unified", NULL);
  put(root, "cgroup.controllers", "hugetlb\n");
  MuCgroupProbe found;
  g_autoptr(GPtrArray) warnings = probe(fixture, mounts, "3:memory:/\n2:freezer:/\n1:cpu:/\n0::/\n", &found);
  g_assert_cmpuint(warnings->len, ==, 0);
  g_assert_true(found.v2 && found.v1_cpu && found.v1_memory && !found.v1_freezer && !found.v2_cpu);
  g_autofree char *text = mu_cgroup_probe_describe(&found);
  g_assert_cmpstr(text, ==, "cpu by v1, memory by v1, processes by v2");
  mu_cgroup_probe_clear(&found);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*test)(Fixture *fixture, gconstpointer data);
  } cases[] = {{"/cgroup-probe/nothing", test_nothing}, {"/cgroup-probe/v1-root", test_v1_root},
               {"/cgroup-probe/box", test_box},         {"/cgroup-probe/service-manager", test_service_manager},
               {"/cgroup-probe/v2", test_v2},           {"/cgroup-probe/hybrid", test_hybrid}};
  g_test_init(&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_test_add(cases[i].name, Fixture, NULL, set_up, cases[i].test, tear_down);
  return g_test_run();
}
