/* The executor's diary: what is unacknowledged, what survives, torn lines, rewriting. */
#include "exec_status_log.h"
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void append(MuExecStatusLog *log, const char *uuid, const char *task_id, const char *state) {
  mu_exec_status_log_append(
      log, json_pack("{s:s, s:s, s:s, s:s}", "is", "status", "uuid", uuid, "task_id", task_id, "state", state));
}

static MuExecStatusLog *open_log(void) {
  g_autoptr(GError) error = NULL;
  MuExecStatusLog *log = mu_exec_status_log_open(&error);
  g_assert_no_error(error);
  return log;
}

static void assert_unacked(const MuExecStatusLog *log, const char *expected) {
  const GPtrArray *unacked = mu_exec_status_log_unacked(log);
  g_autoptr(GString) uuids = g_string_new(NULL);
  for (guint i = 0; i < unacked->len; i++)
    g_string_append_printf(uuids, "%s ", json_string_value(json_object_get(unacked->pdata[i], "uuid")));
  g_assert_cmpstr(uuids->str, ==, expected);
}

static const char *last_state(const MuExecStatusLog *log, const char *task_id) {
  return json_string_value(json_object_get(mu_exec_status_log_last(log, task_id), "state"));
}

static void test_reopened(void) {
  MuExecStatusLog *log = open_log();
  mu_exec_status_log_append(log, json_pack("{s:s, s:s, s:i}", "is", "process", "task_id", "t", "pid", 7));
  append(log, "u1", "t", "TASK_RUNNING");
  append(log, "u2", "t", "TASK_FINISHED");
  append(log, "u3", "other", "TASK_RUNNING");
  g_assert_true(mu_exec_status_log_ack(log, "u1"));
  g_assert_false(mu_exec_status_log_ack(log, "u1"));
  g_assert_false(mu_exec_status_log_ack(log, "never"));
  mu_exec_status_log_free(log);
  log = open_log();
  assert_unacked(log, "u2 u3 ");
  g_assert_cmpstr(last_state(log, "t"), ==, "TASK_FINISHED");
  g_assert_cmpstr(last_state(log, "nobody"), ==, NULL);
  g_assert_cmpint(json_integer_value(json_object_get(mu_exec_status_log_process(log, "t"), "pid")), ==, 7);
  mu_exec_status_log_free(log);
}

/* Cut after every byte: what was written before the last whole line is there, and new lines are readable after it. */
static void test_torn(void) {
  MuExecStatusLog *log = open_log();
  append(log, "u1", "t", "TASK_RUNNING");
  mu_exec_status_log_free(log);
  struct stat first;
  g_assert_cmpint(stat("log", &first), ==, 0);
  log = open_log();
  append(log, "u2", "t", "TASK_FINISHED");
  mu_exec_status_log_free(log);
  g_autofree char *text = NULL;
  gsize length = 0;
  g_assert_true(g_file_get_contents("log", &text, &length, NULL));
  for (gsize cut = (gsize)first.st_size; cut < length; cut++) {
    g_assert_true(g_file_set_contents("log", text, (gssize)cut, NULL));
    log = open_log();
    assert_unacked(log, "u1 ");
    append(log, "u3", "t", "TASK_FAILED");
    mu_exec_status_log_free(log);
    log = open_log();
    assert_unacked(log, "u1 u3 ");
    mu_exec_status_log_free(log);
  }
}

static void test_rewritten(void) {
  MuExecStatusLog *log = open_log();
  append(log, "kept", "quiet", "TASK_RUNNING");
  append(log, "done", "acked", "TASK_RUNNING");
  mu_exec_status_log_ack(log, "done");
  for (int i = 0; i < 5000; i++) {
    g_autofree char *uuid = g_strdup_printf("uuid-%d", i);
    append(log, uuid, "busy", "TASK_RUNNING");
    g_assert_true(mu_exec_status_log_ack(log, uuid));
  }
  struct stat st;
  g_assert_cmpint(stat("log", &st), ==, 0);
  g_assert_cmpint(st.st_size, <, 200 * 1024); /* 5000 statuses are some 700 KB */
  mu_exec_status_log_free(log);
  log = open_log();
  assert_unacked(log, "kept ");
  g_assert_cmpstr(last_state(log, "busy"), ==, "TASK_RUNNING");
  g_assert_cmpstr(last_state(log, "acked"), ==, "TASK_RUNNING");
  mu_exec_status_log_free(log);
}

/* Each case in a folder of its own, as an executor. */
static void in_folder(gconstpointer data) {
  void (*test)(void) = *(void (*const *)(void))data;
  g_autofree char *folder = g_dir_make_tmp("muster-status-XXXXXX", NULL);
  g_assert_cmpint(g_chdir(folder), ==, 0);
  test();
  unlink("log");
  g_assert_cmpint(g_chdir("/"), ==, 0);
  g_assert_cmpint(rmdir(folder), ==, 0);
}

int main(int argc, char **argv) {
  static void (*const cases[])(void) = {test_reopened, test_torn, test_rewritten};
  static const char *const names[] = {"/exec-status-log/reopened", "/exec-status-log/torn",
                                      "/exec-status-log/rewritten"};
  g_test_init(&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_test_add_data_func(names[i], &cases[i], in_folder);
  return g_test_run();
}
