/* What tasks of the local engine are provided with before their command starts: files to fetch. */
#include "local_fixture.h"
#include <arpa/inet.h>

/* Accepts connections and never answers: a server that a fetch waits for. */
static int open_mute_server(guint *ret_port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint(listen(fd, 8), ==, 0);
  g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
  *ret_port = ntohs(address.sin_port);
  return fd;
}

static char *launch_with_uri(Fixture *fixture, const char *address, const char *cmd, char **ret_executor) {
  MuTaskLaunch *task = task_new(fixture, cmd);
  MuPodLaunch *pod = pod_new(task);
  char *id = g_strdup(task->task_id);
  if (ret_executor)
    *ret_executor = g_strdup(pod->executor_id);
  mu_items_add(pod->uris, mu_launch_uri_new(address));
  launch_pod(fixture, pod);
  return id;
}

static void test_file_is_there_first(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *source = g_build_filename(fixture.state_dir, "source.txt", NULL);
  g_assert_true(g_file_set_contents(source, "fetched\n", -1, NULL));
  g_autofree char *id = launch_with_uri(&fixture, source, "cat source.txt", NULL);
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  g_assert_cmpstr(out, ==, "fetched\n");
  unlink(source);
  fixture_free(&fixture);
}

static void test_reason(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_with_uri(&fixture, "/no/such/file", "true", NULL);
  g_autoptr(MuTaskStatus) starting = wait_status(&fixture, id, MU_TASK_STARTING);
  g_assert_cmpstr(starting->message, ==, "fetching 1 file");
  g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_cmpstr(failed->reason, ==, "REASON_CONTAINER_LAUNCH_FAILED");
  g_assert_cmpstr(
      failed->message, ==,
      "fetching the files of \"uris\" failed: /no/such/file: it is no file that the task's user can read on this "
      "agent: No such file or directory");
  fixture_free(&fixture);
}

static void test_killed_while_fetching(void) {
  Fixture fixture;
  guint port = 0;
  fixture_new(&fixture);
  int server = open_mute_server(&port);
  g_autofree char *address = g_strdup_printf("http://127.0.0.1:%u/a", port);
  g_autofree char *id = launch_with_uri(&fixture, address, "true", NULL);
  wait_state(&fixture, id, MU_TASK_STARTING);
  kill_task(&fixture, id, -1);
  wait_state(&fixture, id, MU_TASK_KILLED);
  close(server);
  fixture_free(&fixture);
}

/* The process id that the executor noted as its own. */
static pid_t executor_pid(const Fixture *fixture, const char *executor) {
  static const char mark[] = "\"task_id\":\"\",\"pid\":";
  g_autofree char *path = g_build_filename(fixture->state_dir, "executors", executor, "log", NULL);
  g_autofree char *log = NULL;
  g_assert_true(g_file_get_contents(path, &log, NULL, NULL));
  const char *at = strstr(log, mark);
  g_assert_nonnull(at);
  return (pid_t)atoi(at + strlen(mark));
}

/* Its last status is TASK_STARTING: that is no end, and the scheduler must hear of one. */
static void test_executor_dies_while_fetching(void) {
  Fixture fixture;
  guint port = 0;
  fixture_new(&fixture);
  int server = open_mute_server(&port);
  g_autofree char *address = g_strdup_printf("http://127.0.0.1:%u/a", port), *executor = NULL;
  g_autofree char *id = launch_with_uri(&fixture, address, "true", &executor);
  wait_state(&fixture, id, MU_TASK_STARTING);
  kill(executor_pid(&fixture, executor), SIGKILL);
  g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_cmpstr(failed->reason, ==, "REASON_EXECUTOR_TERMINATED");
  close(server);
  fixture_free(&fixture);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/local_provide/file_is_there_first", test_file_is_there_first);
  g_test_add_func("/local_provide/reason", test_reason);
  g_test_add_func("/local_provide/killed_while_fetching", test_killed_while_fetching);
  g_test_add_func("/local_provide/executor_dies_while_fetching", test_executor_dies_while_fetching);
  return run_guarded();
}
