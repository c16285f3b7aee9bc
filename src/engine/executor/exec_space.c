#include "exec_space.h"
#include "exec_error.h"
#include "exec_sandbox.h"
#include "exec_secrets.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHM "/dev/shm"
#define STEP_LENGTH 512
#define REAP_PAUSE_NS 1000000
#define REAP_TRIES 1000

/* Shared with the child, which has no other way to speak. */
typedef struct {
  pid_t holder; /* as a helper, which joined another pid namespace, sees it */
  int errnum;   /* 0: all went well */
  char step[STEP_LENGTH];
} Report;

typedef struct {
  const MuExecSpaceSpec *spec;
  const MuExecSpace *parent; /* NULL: none */
  const GPtrArray *volumes;
  const char *sandbox;
  const char *secrets; /* path of the folder of secrets; NULL: it is not mounted */
  gboolean new_user;
  int ready_fd;
  Report *report;
} Plan;

void mu_exec_space_init(MuExecSpace *space) {
  *space = (MuExecSpace){.user_fd = -1, .mnt_fd = -1, .ipc_fd = -1, .pid_fd = -1};
}

gboolean mu_exec_space_is_open(const MuExecSpace *space) {
  return space && space->holder > 0;
}

gboolean mu_exec_space_join(const MuExecSpace *space) {
  const struct {
    int fd, kind;
  } order[] = {{space->user_fd, CLONE_NEWUSER},
               {space->mnt_fd, CLONE_NEWNS},
               {space->ipc_fd, CLONE_NEWIPC},
               {space->pid_fd, CLONE_NEWPID}};
  for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
    if (order[i].fd >= 0 && setns(order[i].fd, order[i].kind) < 0)
      return FALSE;
  return TRUE;
}

/* ---- in the holder: system calls only ---- */

static void G_GNUC_NORETURN fail(const Plan *plan, const char *what, const char *which) {
  plan->report->errnum = errno;
  g_snprintf(plan->report->step, sizeof plan->report->step, "%s%s%s", what, *which ? " " : "", which);
  _exit(1);
}

static void write_proc(const Plan *plan, const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0)
    fail(plan, "write", path);
  close(fd);
}

/* One user and one group: who we are outside. More needs privilege. */
static void map_ids(const Plan *plan, uid_t uid, gid_t gid) {
  char text[64];
  write_proc(plan, "/proc/self/setgroups", "deny");
  g_snprintf(text, sizeof text, "%u %u 1", uid, uid);
  write_proc(plan, "/proc/self/uid_map", text);
  g_snprintf(text, sizeof text, "%u %u 1", gid, gid);
  write_proc(plan, "/proc/self/gid_map", text);
}

/* A new instance of proc shows the processes of the new pid namespace only. */
static void mount_proc(const Plan *plan) {
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
    fail(plan, "mount", "/proc");
}

static void mount_shm(const Plan *plan) {
  char options[64];
  if (plan->spec->shm_size_mb > 0)
    g_snprintf(options, sizeof options, "mode=1777,size=%" G_GINT64_FORMAT "m", plan->spec->shm_size_mb);
  else
    g_strlcpy(options, "mode=1777", sizeof options);
  if (mount("tmpfs", SHM, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
    fail(plan, "mount", SHM);
}

/* Nothing but the executor has been in the sandbox yet. */
static void mount_secrets(const Plan *plan) {
  if (mount("tmpfs", plan->secrets, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=64m") < 0)
    fail(plan, "mount", plan->secrets);
}

/* By descriptors from end to end, so that no symlink that a task left on the way is followed. */
static void bind_volume(const Plan *plan, int sandbox_fd, const MuExecHostVolume *volume) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  int tree = open_tree(AT_FDCWD, volume->host_path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (tree < 0)
    fail(plan, "use the host path", volume->host_path);
  struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
  if (volume->read_only && mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &read_only, sizeof read_only) < 0)
    fail(plan, "make read-only", volume->host_path);
  int place = (int)syscall(SYS_openat2, sandbox_fd, volume->container_path, &how, sizeof how);
  if (place < 0 || move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
    fail(plan, "put the host's folder at", volume->container_path);
  close(tree);
  close(place);
}

static void bind_volumes(const Plan *plan) {
  if (!plan->volumes || plan->volumes->len == 0)
    return;
  int fd = open(plan->sandbox, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); /* as it is in this namespace */
  if (fd < 0)
    fail(plan, "open the sandbox", plan->sandbox);
  for (guint i = 0; i < plan->volumes->len; i++)
    bind_volume(plan, fd, plan->volumes->pdata[i]);
  close(fd);
}

/* Orphans of the namespace come to its first process: ignored, SIGCHLD has the kernel reap them. */
static void G_GNUC_NORETURN wait_for_ever(const Plan *plan) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  static const int ignored[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
  for (gsize i = 0; i < G_N_ELEMENTS(ignored); i++)
    sigaction(ignored[i], &ignore, NULL);
  prctl(PR_SET_NAME, "muster-holder");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (write(plan->ready_fd, "", 1) != 1) /* the executor has died in between */
    _exit(1);
  munmap(plan->report, sizeof *plan->report);
  syscall(SYS_close_range, 0u, ~0u, 0u);
  for (;;)
    pause();
}

static void G_GNUC_NORETURN hold(const Plan *plan, uid_t uid, gid_t gid) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  if (plan->new_user)
    map_ids(plan, uid, gid);
  if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) /* nothing of it is seen outside */
    fail(plan, "separate the mounts", "");
  if (plan->spec->pid)
    mount_proc(plan);
  if (plan->spec->ipc)
    mount_shm(plan);
  if (plan->secrets)
    mount_secrets(plan);
  bind_volumes(plan);
  wait_for_ever(plan);
}

static unsigned long namespaces(const Plan *plan) {
  return (unsigned long)CLONE_NEWNS | (plan->spec->pid ? (unsigned long)CLONE_NEWPID : 0) |
         (plan->spec->ipc ? (unsigned long)CLONE_NEWIPC : 0) | (plan->new_user ? (unsigned long)CLONE_NEWUSER : 0);
}

static pid_t clone_holder(const Plan *plan, unsigned long flags) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  pid_t pid = (pid_t)syscall(SYS_clone, flags | namespaces(plan) | SIGCHLD, NULL, NULL, NULL, NULL);
  if (pid == 0)
    hold(plan, uid, gid);
  return pid;
}

/* A process that joins the parent's namespaces and has the holder as its sibling, our child. */
static void G_GNUC_NORETURN help(const Plan *plan) {
  if (!mu_exec_space_join(plan->parent))
    fail(plan, "join the namespaces of the pod", "");
  pid_t pid = clone_holder(plan, CLONE_PARENT);
  if (pid < 0)
    fail(plan, "make namespaces", "");
  plan->report->holder = pid;
  _exit(0);
}

/* ---- in the parent ---- */

static pid_t start(const Plan *plan) {
  if (!plan->parent)
    return clone_holder(plan, 0);
  pid_t helper = (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, NULL);
  if (helper == 0)
    help(plan);
  if (helper < 0)
    return -1;
  waitpid(helper, NULL, 0);
  errno = plan->report->errnum;
  return plan->report->holder > 0 ? plan->report->holder : -1;
}

/* The namespace of the holder, when it is not ours. */
static int open_namespace(pid_t holder, const char *name, gboolean wanted, GError **error) {
  if (!wanted)
    return -1;
  g_autofree char *path = g_strdup_printf("/proc/%d/ns/%s", (int)holder, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    mu_exec_error(error, errno, "cannot open the namespace %s", path);
  return fd;
}

static gboolean open_namespaces(MuExecSpace *space, const Plan *plan, GError **error) {
  const MuExecSpace *parent = plan->parent;
  gboolean user = plan->new_user || (parent && parent->user_fd >= 0);
  gboolean ipc = plan->spec->ipc || (parent && parent->ipc_fd >= 0);
  gboolean pid = plan->spec->pid || (parent && parent->pid_fd >= 0);
  space->mnt_fd = open_namespace(space->holder, "mnt", TRUE, error);
  space->user_fd = open_namespace(space->holder, "user", user, error && *error ? NULL : error);
  space->ipc_fd = open_namespace(space->holder, "ipc", ipc, error && *error ? NULL : error);
  space->pid_fd = open_namespace(space->holder, "pid", pid, error && *error ? NULL : error);
  return space->mnt_fd >= 0 && (space->user_fd >= 0) == user && (space->ipc_fd >= 0) == ipc &&
         (space->pid_fd >= 0) == pid;
}

/* Waits until the holder has done its part, or died of it. */
static gboolean wait_until_ready(const Plan *plan, int read_fd, GError **error) {
  char byte;
  ssize_t n;
  do
    n = read(read_fd, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1)
    return TRUE;
  int errnum = plan->report->errnum ? plan->report->errnum : ECHILD;
  return mu_exec_error(error, errnum, "cannot %s", *plan->report->step ? plan->report->step : "hold namespaces");
}

static gboolean make_places(const Plan *plan, GError **error) {
  for (guint i = 0; plan->volumes && i < plan->volumes->len; i++)
    if (!mu_exec_sandbox_make_place(plan->sandbox, plan->volumes->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean open_as_planned(MuExecSpace *space, Plan *plan, GError **error) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) < 0)
    return mu_exec_error(error, errno, "cannot make a pipe");
  plan->ready_fd = ready[1];
  pid_t holder = start(plan);
  int errnum = errno;
  space->holder = MAX(holder, 0);
  close(ready[1]);
  gboolean ok = space->holder > 0 && wait_until_ready(plan, ready[0], error) && open_namespaces(space, plan, error);
  if (space->holder == 0)
    mu_exec_error(error, errnum, "cannot %s", *plan->report->step ? plan->report->step : "make namespaces");
  close(ready[0]);
  return ok;
}

gboolean mu_exec_space_open(MuExecSpace *space, const MuExecSpaceSpec *spec, const MuExecSpace *parent,
                            const GPtrArray *volumes, const char *sandbox, GError **error) {
  gboolean within = mu_exec_space_is_open(parent);
  g_autofree char *secrets = spec->secrets ? g_build_filename(sandbox, MU_EXEC_SECRETS_DIR, NULL) : NULL;
  Plan plan = {.spec = spec,
               .parent = within ? parent : NULL,
               .volumes = volumes,
               .sandbox = sandbox,
               .secrets = secrets,
               .new_user = geteuid() != 0 && !within};
  mu_exec_space_init(space);
  void *page = mmap(NULL, sizeof *plan.report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return mu_exec_error(error, errno, "cannot make namespaces");
  plan.report = page;
  gboolean ok = make_places(&plan, error) && open_as_planned(space, &plan, error);
  munmap(page, sizeof *plan.report);
  if (!ok)
    mu_exec_space_close(space);
  return ok;
}

void mu_exec_space_kill(const MuExecSpace *space) {
  if (space->holder > 0)
    kill(space->holder, SIGKILL);
}

/* It dies at once, but for a process of its namespace that is stuck in the kernel, or that is a zombie of ours. */
static void reap_holder(pid_t holder) {
  const struct timespec pause_time = {.tv_nsec = REAP_PAUSE_NS};
  kill(holder, SIGKILL);
  for (int i = 0; i < REAP_TRIES && waitpid(holder, NULL, WNOHANG) == 0; i++)
    nanosleep(&pause_time, NULL);
}

void mu_exec_space_close(MuExecSpace *space) {
  if (space->holder > 0)
    reap_holder(space->holder);
  int *fds[] = {&space->user_fd, &space->mnt_fd, &space->ipc_fd, &space->pid_fd};
  for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
    if (*fds[i] >= 0)
      close(*fds[i]);
  mu_exec_space_init(space);
}
