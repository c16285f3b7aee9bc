/* Namespaces of tasks on the local engine, with real processes: host volumes, processes, shared memory; and that nothing is left
 * of them, however the task or its executor ended. */
#include "local_fixture.h"

/* ---- what this machine can do ---- */

static gboolean namespaces_work(void) {
  static int answer = -1;
  if (answer >= 0)
    return answer;
  g_autofree char *program = program_path("muster-executor");
  g_autofree char *out = NULL;
  char *argv[] = {program, (char *)"--probe", NULL};
  g_autoptr(GError) error = NULL;
  g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL, &error);
  g_assert_no_error(error);
  answer = strcmp(out, "{}\n") == 0;
  if (!answer)
    g_test_message("%s", out);
  return answer;
}

#define SKIP_WITHOUT_NAMESPACES()                                                                                      \
  if (!namespaces_work()) {                                                                                            \
    g_test_skip("this machine allows no namespaces");                                                                  \
    return;                                                                                                            \
  }

/* ---- looking ---- */

/* The holders of this test's tasks: they have the command line of their executor, which ends with a number of ours. */
static guint count_holders(void) {
  g_autofree char *ours = g_strdup_printf("-%012d", (int)getpid());
  guint n = 0;
  GDir *dir = g_dir_open("/proc", 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_autofree char *comm_path = g_build_filename("/proc", name, "comm", NULL);
    g_autofree char *line_path = g_build_filename("/proc", name, "cmdline", NULL);
    g_autofree char *comm = NULL, *line = NULL;
    gsize length = 0;
    if (g_file_get_contents(comm_path, &comm, NULL, NULL) && strcmp(comm, "muster-holder\n") == 0 &&
        g_file_get_contents(line_path, &line, &length, NULL) && length > strlen(ours))
      n += strcmp(line + length - 1 - strlen(ours), ours) == 0;
  }
  g_dir_close(dir);
  return n;
}

static gboolean no_holders(gpointer user) {
  (void)user;
  return count_holders() == 0;
}

static void assert_no_mounts(const Fixture *fixture) {
  g_autofree char *mounts = NULL;
  g_assert_true(g_file_get_contents("/proc/self/mountinfo", &mounts, NULL, NULL));
  g_assert_null(strstr(mounts, fixture->state_dir));
}

static MuPodLaunch *pod_of(Fixture *fixture, const char *cmd) {
  return pod_new(task_new(fixture, cmd));
}

static MuTaskLaunch *task_of(const MuPodLaunch *pod) {
  return pod->tasks->pdata[0];
}

/* Runs the pod's only task to its end; what it printed. */
static char *run(Fixture *fixture, MuPodLaunch *take_pod) {
  g_autofree char *id = g_strdup(task_of(take_pod)->task_id);
  launch_pod(fixture, take_pod);
  g_autoptr(MuTaskStatus) status = wait_status(fixture, id, MU_TASK_FINISHED);
  g_assert_nonnull(status->message);
  return sandbox_file(fixture, id, "stdout");
}

/* ---- host volumes ---- */

static char *make_host_folder(void) {
  char *folder = g_dir_make_tmp("muster-host-XXXXXX", NULL);
  g_autofree char *file = g_build_filename(folder, "file", NULL);
  g_file_set_contents(file, "host\n", -1, NULL);
  chmod(folder, 0777);
  return folder;
}

static void remove_host_folder(const char *folder) {
  static const char *const names[] = {"file", "made", NULL};
  for (guint i = 0; names[i]; i++) {
    g_autofree char *path = g_build_filename(folder, names[i], NULL);
    g_unlink(path);
  }
  g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_host_volume(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *folder = make_host_folder();
  g_autofree char *file = g_build_filename(folder, "file", NULL), *made = g_build_filename(folder, "made", NULL);
  MuPodLaunch *pod = pod_of(&fixture, "cat in/rw/file one; echo x > in/rw/made && echo written; "
                                      "(echo x > in/ro/made) 2>/dev/null || echo refused");
  mu_items_add(pod->host_volumes, mu_launch_host_volume_new(folder, "in/rw/", FALSE));
  mu_items_add(pod->host_volumes, mu_launch_host_volume_new(folder, "in/ro", TRUE));
  mu_items_add(pod->host_volumes, mu_launch_host_volume_new(file, "one", TRUE));
  g_autofree char *out = run(&fixture, pod);
  g_assert_cmpstr(out, ==, "host\nhost\nwritten\nrefused\n");
  g_assert_true(g_file_test(made, G_FILE_TEST_EXISTS));
  assert_no_mounts(&fixture);
  g_assert_true(poll_for(no_holders, NULL));
  fixture_free(&fixture); /* removes the sandboxes, and what is in them */
  g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
  remove_host_folder(folder);
}

static void test_host_volume_refused(void) {
  SKIP_WITHOUT_NAMESPACES();
  static const struct {
    const char *host, *container, *message;
  } cases[] = {
      {"/no/such", "x", "the host volume 'x': cannot use /no/such of this machine: No such file or directory"},
      {"/usr", "../x", "the host volume's container path '../x' is not a relative path inside the sandbox"},
      {"/usr", "/x", "the host volume's container path '/x' is not a relative path inside the sandbox"},
      {"/usr", "stdout/x", "cannot use the folder 'stdout'"},
  };
  Fixture fixture;
  fixture_new(&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    MuPodLaunch *pod = pod_of(&fixture, "true");
    g_autofree char *id = g_strdup(task_of(pod)->task_id);
    mu_items_add(pod->host_volumes, mu_launch_host_volume_new(cases[i].host, cases[i].container, FALSE));
    launch_pod(&fixture, pod);
    g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_FAILED);
    g_assert_cmpstr(status->reason, ==, "REASON_CONTAINER_LAUNCH_FAILED");
    if (!strstr(status->message, cases[i].message))
      g_error("expected \"%s\" in \"%s\"", cases[i].message, status->message);
  }
  g_assert_true(poll_for(no_holders, NULL));
  fixture_free(&fixture);
}

/* A symlink that a task left in its volume does not lead a mount to another place. */
static void test_host_volume_through_symlink(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *volume = g_build_filename(fixture.state_dir, "volumes", "planted", NULL);
  g_autofree char *link = g_build_filename(volume, "sub", NULL);
  g_assert_cmpint(g_mkdir(volume, 0777), ==, 0);
  g_assert_cmpint(symlink("/etc", link), ==, 0);
  MuPodLaunch *pod = pod_of(&fixture, "true");
  g_autofree char *id = g_strdup(task_of(pod)->task_id);
  mu_items_add(pod->host_volumes, mu_launch_host_volume_new("/usr", "data/sub", FALSE));
  g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, 10);
  mu_resource_set_reservation(disk, "role", "r1", "svc", NULL);
  g_autoptr(MuOffer) offer = wait_offer(&fixture);
  MuEngineCall *accept = accept_new(offer, 0);
  MuResources *reserve = mu_resources_new(), *create = mu_resources_new();
  mu_resources_add(reserve, disk);
  disk->persistence_id = g_strdup("planted");
  disk->container_path = g_strdup("data");
  mu_resources_add(create, disk);
  mu_resources_add(pod->resources, disk);
  mu_items_add(accept->operations, mu_operation_new(MU_OP_RESERVE, reserve, NULL));
  mu_items_add(accept->operations, mu_operation_new(MU_OP_CREATE, create, NULL));
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, pod));
  call(&fixture, accept);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_nonnull(strstr(status->message, "cannot use the folder 'data'"));
  fixture_free(&fixture);
}

/* ---- processes ---- */

static gboolean is_ready(const MuTaskStatus *status) {
  return status->has_ready && status->ready;
}

#define COUNT_PROCESSES "set -- /proc/[0-9]*; echo $#; "

static void test_own_processes(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.pid_namespaces = MU_LOCAL_ON;
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *out = run(&fixture, pod_of(&fixture, COUNT_PROCESSES "cat /proc/1/comm"));
  g_assert_cmpstr(out, ==, "2\nmuster-holder\n");
  fixture_free(&fixture);
}

static void test_signals_and_ends(void) {
  SKIP_WITHOUT_NAMESPACES();
  static const struct {
    const char *cmd, *message;
  } cases[] = {{"exit 3", "exited with status 3"}, {"kill -9 $$", "killed by signal 9 (SIGKILL)"}};
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.pid_namespaces = MU_LOCAL_ON;
  fixture_open(&fixture);
  fixture_start(&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *id = launch_cmd(&fixture, cases[i].cmd);
    g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_FAILED);
    g_assert_cmpstr(status->message, ==, cases[i].message);
  }
  MuTaskLaunch *task =
      task_new(&fixture, "trap 'echo cleaned; exit 0' TERM; echo $$ > main.pid; while :; do sleep 0.01; done");
  task->kill_grace_ms = PATIENCE_MS;
  g_autofree char *id = launch(&fixture, task);
  wait_pid(&fixture, id, "main.pid");
  kill_task(&fixture, id, -1);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_KILLED);
  g_assert_cmpstr(status->message, ==, "exited with status 0");
  fixture_free(&fixture);
}

/* A check sees what its task sees. */
static void test_check_in_space(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.pid_namespaces = MU_LOCAL_ON;
  fixture_open(&fixture);
  fixture_start(&fixture);
  MuPodLaunch *pod = pod_of(&fixture, "echo $$ > main.pid; exec sleep 1000");
  g_autofree char *id = g_strdup(task_of(pod)->task_id);
  mu_items_add(pod->host_volumes, mu_launch_host_volume_new("/usr", "usr", TRUE));
  task_of(pod)->readiness_check = mu_launch_check_new("test -d usr/bin && grep -q sleep /proc/$(cat main.pid)/comm");
  task_of(pod)->readiness_check->interval_ms = 20;
  task_of(pod)->readiness_check->timeout_ms = PATIENCE_MS;
  launch_pod(&fixture, pod);
  mu_task_status_free(wait_status_also(&fixture, id, MU_TASK_RUNNING, is_ready));
  kill_task(&fixture, id, 0);
  wait_state(&fixture, id, MU_TASK_KILLED);
  g_assert_true(poll_for(no_holders, NULL));
  fixture_free(&fixture);
}

/* Two tasks of a pod see each other, and nobody else; one that ends takes its orphans along and leaves the other alone. */
static void test_shared_processes(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.pid_namespaces = MU_LOCAL_ON;
  fixture_open(&fixture);
  fixture_start(&fixture);
  MuTaskLaunch *other = task_new(&fixture, "exec sleep 1001");
  MuPodLaunch *pod = pod_new(other);
  pod->share_pid_namespace = TRUE;
  MuTaskLaunch *task = task_new(
      &fixture, "setsid sh -c 'echo $$ > daemon.pid; exec sleep 1002' & "
                "while ! cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q 'sleep 1001'; do :; done; "
                "while [ ! -s daemon.pid ]; do :; done; " COUNT_PROCESSES);
  mu_items_add(pod->tasks, task);
  g_autofree char *other_id = g_strdup(other->task_id), *id = g_strdup(task->task_id);
  launch_pod(&fixture, pod);
  wait_state(&fixture, other_id, MU_TASK_RUNNING);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  g_assert_cmpstr(out, ==, "4\n"); /* the holder, sleep 1001, the shell and its daemon */
  g_assert_cmpuint(count_holders(), ==, 1);
  kill_task(&fixture, other_id, 0);
  wait_state(&fixture, other_id, MU_TASK_KILLED);
  g_assert_true(poll_for(no_holders, NULL));
  fixture_free(&fixture);
}

/* ---- shared memory ---- */

static void test_shared_memory(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_new(&fixture);
  MuPodLaunch *pod = pod_of(&fixture, "df -m /dev/shm | awk 'NR == 2 {print $2}'; ls /dev/shm | wc -l; "
                                      "readlink /proc/self/ns/ipc");
  task_of(pod)->ipc_mode = MU_IPC_PRIVATE;
  task_of(pod)->shm_size_mb = 7;
  g_autofree char *out = run(&fixture, pod), *ours = g_file_read_link("/proc/self/ns/ipc", NULL);
  g_assert_true(g_str_has_prefix(out, "7\n0\nipc:"));
  g_assert_null(strstr(out, ours));
  fixture_free(&fixture);
}

/* PRIVATE for the pod: its tasks share one /dev/shm; but one that asks for its own. */
static void test_pod_memory(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *writer = task_new(&fixture, "echo shared > /dev/shm/muster-test-word; exec sleep 1000");
  MuPodLaunch *pod = pod_new(writer);
  pod->ipc_mode = MU_IPC_PRIVATE;
  pod->shm_size_mb = 5;
  MuTaskLaunch *reader = task_new(&fixture, "while [ ! -s /dev/shm/muster-test-word ]; do :; done; cat /dev/shm/*; "
                                            "df -m /dev/shm | awk 'NR == 2 {print $2}'");
  reader->ipc_mode = MU_IPC_SHARE_PARENT;
  MuTaskLaunch *loner = task_new(&fixture, "ls /dev/shm | wc -l");
  loner->ipc_mode = MU_IPC_PRIVATE;
  mu_items_add(pod->tasks, reader);
  mu_items_add(pod->tasks, loner);
  g_autofree char *writer_id = g_strdup(writer->task_id), *reader_id = g_strdup(reader->task_id),
                  *loner_id = g_strdup(loner->task_id);
  launch_pod(&fixture, pod);
  wait_state(&fixture, reader_id, MU_TASK_FINISHED);
  wait_state(&fixture, loner_id, MU_TASK_FINISHED);
  g_autofree char *read = sandbox_file(&fixture, reader_id, "stdout");
  g_autofree char *alone = sandbox_file(&fixture, loner_id, "stdout");
  g_assert_cmpstr(read, ==, "shared\n5\n");
  g_assert_cmpstr(alone, ==, "0\n");
  g_assert_false(g_file_test("/dev/shm/muster-test-word", G_FILE_TEST_EXISTS));
  kill_task(&fixture, writer_id, 0);
  wait_state(&fixture, writer_id, MU_TASK_KILLED);
  fixture_free(&fixture);
}

/* ---- the executor dies ---- */

static pid_t executor_of(const Fixture *fixture, const char *id) {
  g_autofree char *name = g_strdup_printf("pod-0__%s", id + strlen("svc__pod-0-t__"));
  g_autofree char *path = g_build_filename(fixture->state_dir, "executors", name, "log", NULL);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  const char *at = strstr(text, "\"pid\":");
  g_assert_nonnull(at);
  return (pid_t)atoi(at + strlen("\"pid\":"));
}

static void test_executor_killed(void) {
  SKIP_WITHOUT_NAMESPACES();
  for (int share = 0; share < 2; share++) {
    Fixture fixture;
    fixture_init(&fixture);
    fixture.config.pid_namespaces = MU_LOCAL_ON;
    fixture_open(&fixture);
    fixture_start(&fixture);
    MuPodLaunch *pod =
        pod_of(&fixture, "setsid sh -c 'echo $$ > daemon.pid; exec sleep 1000' & echo $$ > main.pid; exec sleep 1000");
    g_autofree char *id = g_strdup(task_of(pod)->task_id);
    pod->share_pid_namespace = share;
    task_of(pod)->ipc_mode = MU_IPC_PRIVATE;
    mu_items_add(pod->host_volumes, mu_launch_host_volume_new("/usr", "usr", TRUE));
    launch_pod(&fixture, pod);
    wait_state(&fixture, id, MU_TASK_RUNNING);
    wait_pid(&fixture, id, "daemon.pid");
    g_assert_cmpuint(count_holders(), ==, 1 + share);
    kill(executor_of(&fixture, id), SIGKILL);
    g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
    g_assert_cmpstr(failed->reason, ==, "REASON_EXECUTOR_TERMINATED");
    g_assert_true(poll_for(no_holders, NULL));
    assert_no_mounts(&fixture);
    fixture_free(&fixture);
  }
}

/* A scheduler that starts again finds the task, and the task its space. */
static void test_adopted(void) {
  SKIP_WITHOUT_NAMESPACES();
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.pid_namespaces = MU_LOCAL_ON;
  fixture_open(&fixture);
  fixture_start(&fixture);
  MuPodLaunch *pod = pod_of(&fixture, "while [ ! -e stop ]; do sleep 0.01; done; ls usr | grep -x bin");
  g_autofree char *id = g_strdup(task_of(pod)->task_id);
  mu_items_add(pod->host_volumes, mu_launch_host_volume_new("/usr", "usr", TRUE));
  launch_pod(&fixture, pod);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  fixture_close(&fixture);
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *stop = g_build_filename(fixture.state_dir, "runs", id, "stop", NULL);
  g_assert_true(g_file_set_contents(stop, "", 0, NULL));
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  g_assert_cmpstr(out, ==, "bin\n");
  g_assert_true(poll_for(no_holders, NULL));
  fixture_free(&fixture);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/local-spaces/host-volume", test_host_volume);
  g_test_add_func("/local-spaces/host-volume-refused", test_host_volume_refused);
  g_test_add_func("/local-spaces/host-volume-through-symlink", test_host_volume_through_symlink);
  g_test_add_func("/local-spaces/own-processes", test_own_processes);
  g_test_add_func("/local-spaces/signals-and-ends", test_signals_and_ends);
  g_test_add_func("/local-spaces/check-in-space", test_check_in_space);
  g_test_add_func("/local-spaces/shared-processes", test_shared_processes);
  g_test_add_func("/local-spaces/shared-memory", test_shared_memory);
  g_test_add_func("/local-spaces/pod-memory", test_pod_memory);
  g_test_add_func("/local-spaces/executor-killed", test_executor_killed);
  g_test_add_func("/local-spaces/adopted", test_adopted);
  return run_guarded();
}
