/* What podman is told of a task: its command lines and its environment. */
#include "exec_image.h"
#include "json.h"
#include <string.h>
#include <unistd.h>

#define LAUNCH                                                                                                               \
  "{\"service\":\"s\",\"pod\":\"p\",\"agent_id\":\"a\",\"log_max_bytes\":10,\"image\":\"img:1\",\"podman\":\"/bin/podman\"," \
  "\"rlimits\":[{\"name\":\"RLIMIT_NOFILE\",\"soft\":10,\"hard\":-1},{\"name\":\"RLIMIT_NPROC\",\"soft\":7,\"hard\":-1}],"   \
  "\"host_volumes\":[{\"host_path\":\"/h\",\"container_path\":\"in\",\"read_only\":true}],"                                  \
  "\"cgroups\":{\"v1_cpu\":\"/c\",\"v2\":\"/m\",\"v2_memory\":true},\"seccomp_unconfined\":true,"                            \
  "\"tasks\":[{\"task_id\":\"s__p-0-t__u\",\"name\":\"n\",\"cmd\":\"run it\",\"sandbox\":\"/box\",\"volumes_file\":\"/f\","  \
  "\"uid\":1000,\"gid\":100,\"switch_user\":true,\"groups\":[7],\"env\":{\"SECRET\":\"hidden\",\"PATH\":\"/opt\"},"          \
  "\"volumes\":[{\"path\":\"v\",\"source\":\"/vol\"}],\"space\":{\"shm_size_mb\":9},"                                        \
  "\"cpu_shares_milli\":500,\"cpu_limit_milli\":1500,\"mem_limit_mb\":64}]}"

static MuExecLaunch *launch_new(void) {
  g_autoptr(GError) error = NULL;
  MuExecLaunch *launch = mu_exec_launch_parse(LAUNCH, strlen(LAUNCH), &error);
  g_assert_no_error(error);
  return launch;
}

static char *words(GPtrArray *take_argv) {
  g_assert_null(take_argv->pdata[take_argv->len - 1]);
  char *text = g_strjoinv("\n", (char **)take_argv->pdata);
  g_ptr_array_unref(take_argv);
  return text;
}

static void test_run(void) {
  g_autoptr(MuExecLaunch) launch = launch_new();
  g_autofree char *text = words(mu_exec_image_run(launch, launch->tasks->pdata[0], NULL));
  static const char *const expected[] = {
      "/bin/podman\nrun\n",
      "\n--name=muster-s__p-0-t__u\n",
      "\n--workdir=/box\n",
      "\n--network=host\n",
      "\n--shm-size=9m\n",
      "\n--security-opt=seccomp=unconfined\n",
      "\n--ulimit=nofile=10:-1\n",
      "\n--ulimit=nproc=7:",
      "\n--memory=64m\n",
      "\n--cpu-shares=512\n",
      "\n--cpus=1.500\n",
      "\n--volume=/box:/box\n",
      "\n--volume=/vol:/vol\n",
      "\n--volume=/h:/box/in:ro\n",
      "\n--env\nSECRET\n",
      "\n--env\nPATH=/opt\n",
      "\n--env=HOME=/box\n",
      "\n--env=MUSTER_TASK_ID=s__p-0-t__u\n",
      "\n--entrypoint=/bin/sh\nimg:1\n-c\nrun it",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
    if (!strstr(text, expected[i]))
      g_error("expected \"%s\" in \"%s\"", expected[i], text);
  g_assert_nonnull(strstr(text, geteuid() == 0 ? "\n--user=1000:100\n--group-add=7\n" : "\n--user=0:0\n"));
  g_assert_null(strstr(text, "hidden")); /* a value of the environment in a list of processes */
  g_assert_null(strstr(text, "--pid"));
}

/* The container's first process is the holder of its space. */
static void test_space(void) {
  g_autoptr(MuExecLaunch) launch = launch_new();
  MuExecSpace space;
  mu_exec_space_init(&space);
  space.holder = 17;
  space.pid_fd = 5;
  g_autofree char *text = words(mu_exec_image_run(launch, launch->tasks->pdata[0], &space));
  g_assert_nonnull(strstr(text, "\n--pid=ns:/proc/17/ns/pid\n"));
}

static void test_environment(void) {
  g_autoptr(MuExecLaunch) launch = launch_new();
  g_setenv("PATH", "/podmans/own", TRUE);
  g_autofree char *text = words(mu_exec_image_environment(launch->tasks->pdata[0]));
  g_assert_nonnull(strstr(text, "SECRET=hidden"));
  g_assert_nonnull(strstr(text, "PATH=/podmans/own"));
  g_assert_null(strstr(text, "/opt"));
}

static void test_others(void) {
  g_autoptr(MuExecLaunch) launch = launch_new();
  const MuExecTaskSpec *task = launch->tasks->pdata[0];
  g_autofree char *check = words(mu_exec_image_check(launch, task, "test x"));
  g_assert_cmpstr(check, ==, "/bin/podman\nexec\n--workdir=/box\nmuster-s__p-0-t__u\n/bin/sh\n-c\ntest x");
  g_autofree char *removal = words(mu_exec_image_remove(launch, task));
  g_assert_cmpstr(removal, ==, "/bin/podman\nrm\n--force\n--ignore\n--time=0\nmuster-s__p-0-t__u");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec-image/run", test_run);
  g_test_add_func("/exec-image/space", test_space);
  g_test_add_func("/exec-image/environment", test_environment);
  g_test_add_func("/exec-image/others", test_others);
  return g_test_run();
}
