/* The local engine's promise that tasks outlive the scheduler, and that nothing outlives its executor. */
#include "local_fixture.h"
#include "remove_tree.h"
#include <fcntl.h>

static void reopen(Fixture *fixture) {
  fixture_close(fixture);
  fixture_open(fixture);
  fixture_start(fixture);
}

/* The pid of a program's parent: of the executor, for the main process of a task. */
static pid_t parent_of(pid_t pid) {
  g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  const char *at = strrchr(text, ')');
  return (pid_t)strtol(at + 4, NULL, 10);
}

static MuTaskStatus *reconcile(Fixture *fixture, const char *task_id, MuTaskState state) {
  MuEngineCall *ask = mu_engine_call_new(MU_CALL_RECONCILE);
  mu_items_add(ask->tasks, mu_env_var_new(task_id, "local-0"));
  call(fixture, ask);
  MuTaskStatus *status = wait_status(fixture, task_id, state);
  g_assert_cmpstr(status->reason, ==, "REASON_RECONCILIATION");
  g_assert_null(status->uuid);
  return status;
}

#define SLEEPER "echo $$ > main.pid; exec sleep 1000"

static void test_adoption(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, SLEEPER);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t pid = wait_pid(&fixture, id, "main.pid");
  for (int i = 0; i < 3; i++) {
    reopen(&fixture);
    mu_task_status_free(reconcile(&fixture, id, MU_TASK_RUNNING));
    g_assert_cmpint(wait_pid(&fixture, id, "main.pid"), ==, pid);
    g_assert_true(is_alive(pid));
  }
  kill_task(&fixture, id, 0);
  wait_state(&fixture, id, MU_TASK_KILLED);
  g_assert_false(is_alive(pid));
  fixture_free(&fixture);
}

static void test_reconcile(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, SLEEPER);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  call(&fixture, mu_engine_call_new(MU_CALL_RECONCILE)); /* implicit: all */
  wait_state(&fixture, id, MU_TASK_RUNNING);
  mu_task_status_free(reconcile(&fixture, "nobody", MU_TASK_GONE));
  fixture_free(&fixture);
}

/* Each status comes again after every restart, in order, until it is acknowledged; and then no more. */
static void test_replay(void) {
  Fixture fixture;
  fixture_new(&fixture);
  fixture.keep_unacked = TRUE;
  g_autofree char *id = launch_cmd(&fixture, "exit 4");
  g_autoptr(MuTaskStatus) running = wait_status(&fixture, id, MU_TASK_RUNNING);
  g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
  reopen(&fixture);
  g_autoptr(MuTaskStatus) running_again = wait_status(&fixture, id, MU_TASK_RUNNING);
  g_autoptr(MuTaskStatus) failed_again = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_cmpstr(running->uuid, ==, running_again->uuid);
  g_assert_cmpstr(failed->uuid, ==, failed_again->uuid);
  g_assert_cmpstr(failed_again->message, ==, "exited with status 4");
  acknowledge(&fixture, running_again);
  reopen(&fixture);
  MuEngineEvent *event = wait_event(&fixture, MU_EVENT_SUBSCRIBED);
  mu_engine_event_free(event);
  fixture.keep_unacked = FALSE;
  wait_state(&fixture, id, MU_TASK_FAILED);
  for (guint i = 0; i < fixture.events->len; i++)
    g_assert_cmpint(((MuEngineEvent *)fixture.events->pdata[i])->kind, !=, MU_EVENT_UPDATE);
  g_autofree char *executors = g_build_filename(fixture.state_dir, "executors", NULL);
  g_assert_true(poll_for(folder_is_empty, executors));
  mu_task_status_free(reconcile(&fixture, id, MU_TASK_GONE));
  fixture_free(&fixture);
}

static void test_task_ends_while_away(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, SLEEPER);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t pid = wait_pid(&fixture, id, "main.pid");
  fixture_close(&fixture);
  kill(pid, SIGKILL);
  assert_dies(pid);
  fixture_open(&fixture);
  fixture_start(&fixture);
  wait_state(&fixture, id, MU_TASK_FAILED);
  fixture_free(&fixture);
}

/* ---- the executor dies ---- */

#define WITH_DAEMON "setsid sh -c 'echo $$ > daemon.pid; exec sleep 1000' & " SLEEPER

static void assert_failed(Fixture *fixture, const char *id) {
  g_autoptr(MuTaskStatus) failed = wait_status(fixture, id, MU_TASK_FAILED);
  g_assert_cmpstr(failed->reason, ==, "REASON_EXECUTOR_TERMINATED");
  g_assert_nonnull(failed->uuid);
}

static void test_executor_killed(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, WITH_DAEMON);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t main_pid = wait_pid(&fixture, id, "main.pid"), daemon_pid = wait_pid(&fixture, id, "daemon.pid");
  kill(parent_of(main_pid), SIGKILL);
  MuEngineEvent *failure = wait_event(&fixture, MU_EVENT_FAILURE);
  g_assert_cmpstr(failure->agent_id, ==, "local-0");
  g_assert_true(g_str_has_prefix(failure->id, "pod-0__"));
  mu_engine_event_free(failure);
  assert_failed(&fixture, id);
  g_assert_false(is_alive(main_pid) || is_alive(daemon_pid));
  g_autofree char *executors = g_build_filename(fixture.state_dir, "executors", NULL);
  g_assert_true(poll_for(folder_is_empty, executors));
  fixture_free(&fixture);
}

static void test_executor_killed_while_away(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, WITH_DAEMON);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t main_pid = wait_pid(&fixture, id, "main.pid"), daemon_pid = wait_pid(&fixture, id, "daemon.pid");
  pid_t executor = parent_of(main_pid);
  fixture_close(&fixture);
  kill(executor, SIGKILL);
  assert_dies(executor);
  fixture_open(&fixture);
  fixture_start(&fixture);
  assert_failed(&fixture, id);
  g_assert_false(is_alive(main_pid) || is_alive(daemon_pid));
  fixture_free(&fixture);
}

/* Another process with the recorded pid is not the task: its start time differs, and it does not carry the task's id. */
static void test_pid_reused(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, SLEEPER);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t main_pid = wait_pid(&fixture, id, "main.pid"), executor = parent_of(main_pid);
  fixture_close(&fixture);
  kill(executor, SIGKILL);
  assert_dies(main_pid);
  g_autofree char *name = g_strdup_printf("pod-0__%s", id + strlen("svc__pod-0-t__"));
  g_autofree char *log = g_build_filename(fixture.state_dir, "executors", name, "log", NULL);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
  char *argv[] = {(char *)"/usr/bin/setsid", (char *)"sleep", (char *)"1000", NULL};
  GPid bystander = 0;
  g_assert_true(g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &bystander, NULL));
  /* Start times count in hundredths of a second: a process as young as this one might have the same. */
  g_autofree char *was = g_strdup_printf("\"pid\":%d,\"start\":", (int)main_pid);
  g_autofree char *now = g_strdup_printf("\"pid\":%d,\"start\":1", (int)bystander);
  g_auto(GStrv) parts = g_strsplit(text, was, -1);
  g_assert_cmpuint(g_strv_length(parts), ==, 2);
  g_autofree char *forged = g_strjoinv(now, parts);
  g_assert_true(g_file_set_contents(log, forged, -1, NULL));
  fixture_open(&fixture);
  fixture_start(&fixture);
  assert_failed(&fixture, id);
  g_assert_true(is_alive(bystander));
  kill(bystander, SIGKILL);
  g_spawn_close_pid(bystander);
  fixture_free(&fixture);
}

/* Launches into an executor at the moment of its death, each with a kill right behind it, start and end all the same. */
static void test_launch_into_dying(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *first = task_new(&fixture, SLEEPER), *second = task_new(&fixture, SLEEPER);
  g_autofree char *first_id = g_strdup(first->task_id), *second_id = g_strdup(second->task_id);
  MuPodLaunch *pod = pod_new(first), *more = mu_pod_launch_new(pod->executor_id, "svc", "pod-0");
  mu_items_add(more->tasks, second);
  launch_pod(&fixture, pod);
  wait_state(&fixture, first_id, MU_TASK_RUNNING);
  pid_t executor = parent_of(wait_pid(&fixture, first_id, "main.pid"));
  kill(executor, SIGKILL);
  mu_engine_event_free(wait_event(&fixture, MU_EVENT_FAILURE));
  launch_pod(&fixture, more); /* while --recover is at work */
  kill_task(&fixture, second_id, 0);
  assert_failed(&fixture, first_id);
  wait_state(&fixture, second_id, MU_TASK_KILLED);
  fixture_free(&fixture);
}

/* Nothing is left hanging, whatever became of the folder. */
static void test_launch_file_lost(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, SLEEPER);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t main_pid = wait_pid(&fixture, id, "main.pid");
  g_autofree char *name = g_strdup_printf("pod-0__%s", id + strlen("svc__pod-0-t__"));
  g_autofree char *file = g_build_filename(fixture.state_dir, "executors", name, "launch-0.json", NULL);
  g_assert_true(g_file_set_contents(file, "{", -1, NULL));
  kill(parent_of(main_pid), SIGKILL);
  wait_state(&fixture, id, MU_TASK_FAILED);
  assert_dies(main_pid);
  g_autofree char *executors = g_build_filename(fixture.state_dir, "executors", NULL);
  g_assert_true(poll_for(folder_is_empty, executors));
  fixture_free(&fixture);
}

/* ---- the state folder ---- */

static void test_long_path(void) {
  Fixture fixture;
  fixture_init(&fixture);
  g_autofree char *long_name = g_strnfill(200, 'x');
  g_autofree char *folder = g_build_filename(fixture.state_dir, long_name, NULL);
  fixture.config.state_dir = folder;
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *id = launch_cmd(&fixture, SLEEPER);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  reopen(&fixture); /* through the socket in the folder */
  kill_task(&fixture, id, 0);
  wait_state(&fixture, id, MU_TASK_KILLED);
  g_assert_cmpint(g_rmdir(fixture.state_dir), !=, 0);
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_local_engine_destroy(fixture.engine, 5000, &error));
  g_assert_cmpint(g_rmdir(fixture.state_dir), ==, 0);
  fixture_free(&fixture);
}

static void must_refuse(const MuLocalEngineConfig *config, gint code, const char *says) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_local_engine_new(config, &error));
  g_assert_error(error, MU_ERROR, code);
  if (!strstr(error->message, says))
    g_error("\"%s\" does not say \"%s\"", error->message, says);
}

static void test_refused(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuLocalEngineConfig config = fixture.config;
  must_refuse(&config, MU_ERROR_CONFLICT, "another scheduler uses");
  config.state_dir = "/proc/no-such-place/muster";
  must_refuse(&config, MU_ERROR_FAILED, "/proc/no-such-place/muster");
  config = fixture.config;
  config.executor_path = "/no/such/program";
  must_refuse(&config, MU_ERROR_FAILED, "/no/such/program");
  g_autofree char *other = g_dir_make_tmp("muster-local-XXXXXX", NULL);
  config = fixture.config;
  config.state_dir = other;
  config.ports = "1-70000";
  must_refuse(&config, MU_ERROR_REFUSED, "65535");
  config.ports = "many";
  must_refuse(&config, MU_ERROR_REFUSED, "many");
  g_assert_true(mu_remove_tree(AT_FDCWD, other, NULL, NULL));
  fixture_free(&fixture);
}

static void test_journal_corrupt(void) {
  Fixture fixture;
  fixture_new(&fixture);
  fixture_close(&fixture);
  g_autofree char *journal = g_build_filename(fixture.state_dir, "journal", NULL);
  g_autofree char *good = NULL;
  g_assert_true(g_file_get_contents(journal, &good, NULL, NULL));
  g_autofree char *bad = g_strconcat(good, "nonsense\n{\"is\":\"operation\"}\n", NULL);
  g_assert_true(g_file_set_contents(journal, bad, -1, NULL));
  must_refuse(&fixture.config, MU_ERROR_REFUSED, "line 3");
  g_assert_true(g_file_set_contents(journal, good, -1, NULL));
  fixture_open(&fixture);
  fixture_start(&fixture);
  fixture_free(&fixture);
}

/* ---- ends ---- */

static void test_destroy_kills(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, "trap '' TERM; " WITH_DAEMON);
  pid_t main_pid = wait_pid(&fixture, id, "main.pid"), daemon_pid = wait_pid(&fixture, id, "daemon.pid");
  fixture_free(&fixture); /* asserts that the folder is gone */
  g_assert_false(is_alive(main_pid) || is_alive(daemon_pid));
}

/* An executor that does not listen: of an earlier run, and our own child. */
static void destroy_stopped_executor(gboolean adopted) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, WITH_DAEMON);
  pid_t main_pid = wait_pid(&fixture, id, "main.pid"), daemon_pid = wait_pid(&fixture, id, "daemon.pid");
  pid_t executor = parent_of(main_pid);
  if (adopted)
    fixture_close(&fixture);
  kill(executor, SIGSTOP);
  if (adopted)
    fixture_open(&fixture); /* not even started */
  g_autoptr(GError) error = NULL;
  mu_local_engine_destroy(fixture.engine, 100, &error);
  g_assert_no_error(error);
  g_assert_false(is_alive(executor) || is_alive(main_pid) || is_alive(daemon_pid));
  fixture_free(&fixture);
}

static void test_destroy_stopped_executor(void) {
  destroy_stopped_executor(FALSE);
  destroy_stopped_executor(TRUE);
}

static void test_teardown(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, WITH_DAEMON);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t main_pid = wait_pid(&fixture, id, "main.pid"), daemon_pid = wait_pid(&fixture, id, "daemon.pid");
  call(&fixture, mu_engine_call_new(MU_CALL_TEARDOWN));
  g_autofree char *executors = g_build_filename(fixture.state_dir, "executors", NULL);
  g_assert_true(poll_for(folder_is_empty, executors));
  g_assert_false(is_alive(main_pid) || is_alive(daemon_pid));
  fixture_free(&fixture);
}

/* ---- a launch into an executor that runs ---- */

static void test_second_launch(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *first = task_new(&fixture, SLEEPER), *second = task_new(&fixture, SLEEPER),
               *third = task_new(&fixture, "true");
  g_autofree char *first_id = g_strdup(first->task_id), *second_id = g_strdup(second->task_id),
                  *third_id = g_strdup(third->task_id);
  MuPodLaunch *pod = pod_new(first), *more = mu_pod_launch_new(pod->executor_id, "svc", "pod-0"),
              *again = mu_pod_launch_new(pod->executor_id, "svc", "pod-0");
  mu_items_add(more->tasks, second);
  mu_items_add(again->tasks, third);
  launch_pod(&fixture, pod);
  wait_state(&fixture, first_id, MU_TASK_RUNNING);
  launch_pod(&fixture, more);
  wait_state(&fixture, second_id, MU_TASK_RUNNING);
  pid_t first_pid = wait_pid(&fixture, first_id, "main.pid"), second_pid = wait_pid(&fixture, second_id, "main.pid");
  g_assert_cmpint(parent_of(first_pid), ==, parent_of(second_pid));
  reopen(&fixture);
  kill_task(&fixture, first_id, 0);
  wait_state(&fixture, first_id, MU_TASK_KILLED);
  g_assert_true(is_alive(second_pid)); /* one task's end does not touch the other */
  kill_task(&fixture, second_id, 0);
  wait_state(&fixture, second_id, MU_TASK_KILLED);
  launch_pod(&fixture, again); /* while it is closing: into a new process of the same name */
  wait_state(&fixture, third_id, MU_TASK_FINISHED);
  fixture_free(&fixture);
}

/* ---- whole disks ---- */

typedef struct {
  char *folder; /* the disk */
  const char *mounts[2];
} Disk;

static void disk_new(Disk *disk, Fixture *fixture) {
  disk->folder = g_dir_make_tmp("muster-disk-XXXXXX", NULL);
  disk->mounts[0] = disk->folder;
  disk->mounts[1] = NULL;
  fixture_init(fixture);
  fixture->config.mounts = disk->mounts;
  fixture_open(fixture);
  fixture_start(fixture);
}

static void disk_free(Disk *disk) {
  g_assert_cmpint(g_rmdir(disk->folder), ==, 0); /* nothing of ours is left on it */
  g_free(disk->folder);
}

static MuResource *find_disk(const MuOffer *offer) {
  for (guint i = 0; i < offer->resources->items->len; i++) {
    const MuResource *resource = offer->resources->items->pdata[i];
    if (resource->mount_root)
      return mu_resource_copy(resource);
  }
  g_error("no disk was offered");
}

static void apply(Fixture *fixture, const MuOffer *offer, MuOperationKind kind, const MuResource *resource) {
  MuEngineCall *accept = accept_new(offer, 0);
  MuResources *resources = mu_resources_new();
  mu_resources_add(resources, resource);
  mu_items_add(accept->operations, mu_operation_new(kind, resources, NULL));
  call(fixture, accept);
}

/* Reserves the disk and makes it a volume with a file. */
static void make_mount_volume(Fixture *fixture) {
  g_autoptr(MuOffer) first = wait_offer(fixture);
  g_autoptr(MuResource) disk = find_disk(first);
  mu_resource_set_reservation(disk, "role", "r1", "svc", NULL);
  apply(fixture, first, MU_OP_RESERVE, disk);
  g_autoptr(MuOffer) second = wait_offer(fixture);
  disk->persistence_id = g_strdup("whole");
  disk->container_path = g_strdup("data");
  apply(fixture, second, MU_OP_CREATE, disk);
}

static char *our_folder(const Disk *disk) {
  GDir *dir = g_dir_open(disk->folder, 0, NULL);
  char *path = g_build_filename(disk->folder, g_dir_read_name(dir), NULL);
  g_dir_close(dir);
  return path;
}

static gboolean is_warned(const Fixture *fixture, const char *part) {
  const GPtrArray *warnings = mu_local_engine_warnings(fixture->engine);
  for (guint i = 0; i < warnings->len; i++)
    if (strstr(warnings->pdata[i], part))
      return TRUE;
  return FALSE;
}

/* The reservation of a disk and its volume are there after a restart, whether the journal was rewritten meanwhile or not. */
static void test_mount_volume(void) {
  Fixture fixture;
  Disk disk;
  disk_new(&disk, &fixture);
  make_mount_volume(&fixture);
  for (int i = 0; i < 2; i++) {
    reopen(&fixture);
    g_autoptr(MuOffer) offer = wait_offer(&fixture);
    g_autoptr(MuResource) volume = find_disk(offer);
    g_assert_cmpstr(volume->persistence_id, ==, "whole");
    g_assert_cmpstr(volume->reservation.resource_id, ==, "r1");
  }
  fixture_free(&fixture);
  disk_free(&disk);
}

/* A disk that is not mounted is not mistaken for one that is empty. */
static void test_disk_is_gone(void) {
  Fixture fixture;
  Disk disk;
  disk_new(&disk, &fixture);
  make_mount_volume(&fixture);
  fixture_close(&fixture);
  g_autofree char *ours = our_folder(&disk), *volume = g_build_filename(ours, "whole", NULL);
  g_assert_cmpint(g_rmdir(volume), ==, 0);
  g_assert_cmpint(g_rmdir(ours), ==, 0);
  fixture_open(&fixture);
  g_assert_true(is_warned(&fixture, "whole of svc is not there; is the disk mounted?"));
  g_assert_false(g_file_test(ours, G_FILE_TEST_EXISTS));
  fixture_start(&fixture);
  fixture_free(&fixture);
  disk_free(&disk);
}

/* One that is given no more keeps its volume, which goes with the engine. What no reservation has is removed; the rest of the
 * disk is nobody's business. */
static void test_disk_not_given(void) {
  Fixture fixture;
  Disk disk;
  disk_new(&disk, &fixture);
  make_mount_volume(&fixture);
  g_autofree char *ours = our_folder(&disk), *stray = g_build_filename(ours, "stray", NULL);
  g_autofree char *trash = g_build_filename(ours, "trash-7", NULL),
                  *other = g_build_filename(disk.folder, "other", NULL);
  fixture_close(&fixture);
  g_assert_cmpint(g_mkdir(stray, 0700) | g_mkdir(trash, 0700) | g_mkdir(other, 0700), ==, 0);
  fixture.config.mounts = NULL;
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_assert_true(is_warned(&fixture, "no longer has all of"));
  g_assert_true(is_warned(&fixture, "stray has no reservation any more: removed"));
  g_assert_false(g_file_test(stray, G_FILE_TEST_EXISTS));
  g_autoptr(MuOffer) offer = wait_offer(&fixture);
  g_autoptr(MuResource) volume = find_disk(offer);
  g_assert_cmpstr(volume->persistence_id, ==, "whole");
  fixture_free(&fixture);
  g_assert_false(g_file_test(ours, G_FILE_TEST_EXISTS));
  g_assert_cmpint(g_rmdir(other), ==, 0);
  disk_free(&disk);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/local-recovery/adoption", test_adoption);
  g_test_add_func("/local-recovery/reconcile", test_reconcile);
  g_test_add_func("/local-recovery/replay", test_replay);
  g_test_add_func("/local-recovery/task-ends-while-away", test_task_ends_while_away);
  g_test_add_func("/local-recovery/executor-killed", test_executor_killed);
  g_test_add_func("/local-recovery/executor-killed-while-away", test_executor_killed_while_away);
  g_test_add_func("/local-recovery/pid-reused", test_pid_reused);
  g_test_add_func("/local-recovery/launch-into-dying", test_launch_into_dying);
  g_test_add_func("/local-recovery/launch-file-lost", test_launch_file_lost);
  g_test_add_func("/local-recovery/long-path", test_long_path);
  g_test_add_func("/local-recovery/refused", test_refused);
  g_test_add_func("/local-recovery/journal-corrupt", test_journal_corrupt);
  g_test_add_func("/local-recovery/destroy-kills", test_destroy_kills);
  g_test_add_func("/local-recovery/destroy-stopped-executor", test_destroy_stopped_executor);
  g_test_add_func("/local-recovery/teardown", test_teardown);
  g_test_add_func("/local-recovery/second-launch", test_second_launch);
  g_test_add_func("/local-recovery/mount-volume", test_mount_volume);
  g_test_add_func("/local-recovery/disk-is-gone", test_disk_is_gone);
  g_test_add_func("/local-recovery/disk-not-given", test_disk_not_given);
  return run_guarded();
}
