#include "exec_spawn.h"
#include "exec_error.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Shared with the child, which has no other way to speak before its program begins. */
typedef struct {
  int errnum; /* 0: all went well */
  const char *step;
  guint32 lowered; /* bit n: the n-th rlimit */
  pid_t pid;       /* not 0: the program is this one, a sibling of the process that was forked */
} Report;

typedef struct {
  int v2, v1[MU_EXEC_CGROUP_V1];
  gboolean join_v2; /* not begun in it */
} CgroupFds;

static Report *shared_report(void) {
  static Report *report;
  if (!report) {
    void *page = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    report = page == MAP_FAILED ? NULL : page;
  }
  return report;
}

/* ---- in the child: system calls only ---- */

static void fail(Report *report, const char *step) {
  report->errnum = errno;
  report->step = step;
  _exit(127);
}

/* Raising a hard limit needs CAP_SYS_RESOURCE. Specs ask for what servers want, and must run on a laptop too: without it
 * the limit becomes what it may, and the task's stderr says so. */
static void set_rlimits(const GPtrArray *rlimits, Report *report) {
  for (guint i = 0; i < rlimits->len; i++) {
    const MuExecRlimit *rlimit = rlimits->pdata[i];
    struct rlimit wanted = {.rlim_cur = rlimit->soft < 0 ? RLIM_INFINITY : (rlim_t)rlimit->soft,
                            .rlim_max = rlimit->hard < 0 ? RLIM_INFINITY : (rlim_t)rlimit->hard};
    struct rlimit now;
    if (setrlimit((__rlimit_resource_t)rlimit->resource, &wanted) == 0)
      continue;
    if (errno != EPERM || getrlimit((__rlimit_resource_t)rlimit->resource, &now) < 0)
      fail(report, rlimit->name);
    wanted.rlim_max = MIN(wanted.rlim_max, now.rlim_max);
    wanted.rlim_cur = MIN(wanted.rlim_cur, wanted.rlim_max);
    if (setrlimit((__rlimit_resource_t)rlimit->resource, &wanted) < 0)
      fail(report, rlimit->name);
    report->lowered |= 1u << MIN(i, 31u);
  }
}

/* Another user may filter without giving up setuid programs, if it still has this capability: exec takes it away. */
static void keep_capability(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{.effective = 1u << CAP_SYS_ADMIN, .permitted = 1u << CAP_SYS_ADMIN}};
  syscall(SYS_capset, &header, data); /* without it the filter is set the other way */
}

static void become_user(const MuExecTaskSpec *task, Report *report) {
  if (!task->switch_user)
    return;
  if (syscall(SYS_setgroups, (gsize)task->groups->len, task->groups->data) < 0)
    fail(report, "setgroups");
  if (syscall(SYS_setresgid, task->gid, task->gid, task->gid) < 0)
    fail(report, "setgid");
  if (syscall(SYS_setresuid, task->uid, task->uid, task->uid) < 0)
    fail(report, "setuid");
}

static void set_filter(const MuExecSpawn *spawn, Report *report) {
  if (spawn->task->switch_user)
    keep_capability();
  if (!mu_exec_filter_apply(spawn->filter))
    fail(report, "filter the system calls");
}

static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  struct sigaction def = {.sa_handler = SIG_DFL};
  for (int i = 1; i < NSIG; i++)
    if (i != SIGKILL && i != SIGSTOP)
      sigaction(i, &def, NULL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void connect_output(const MuExecSpawn *spawn, Report *report) {
  int in_fd = spawn->in_fd > 0 ? spawn->in_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in_fd < 0 || dup2(in_fd, STDIN_FILENO) < 0)
    fail(report, spawn->in_fd > 0 ? "connect the input" : "open /dev/null");
  if (spawn->has_terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
    fail(report, "take the terminal");
  if (dup2(spawn->out_fd, STDOUT_FILENO) < 0 || dup2(spawn->err_fd, STDERR_FILENO) < 0)
    fail(report, "connect the output");
}

static void join_v2(const CgroupFds *cgroup, Report *report) {
  int fd = openat(cgroup->v2, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, "0", 1) < 0)
    fail(report, "join the cgroup");
}

/* A pid namespace is joined by children only: the program is a sibling of this process in it, a child of the executor. */
static void enter_pid_namespace(Report *report) {
  pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)CLONE_PARENT | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);
  if (pid < 0)
    fail(report, "fork into the pid namespace");
  if (pid == 0)
    return;
  report->pid = pid;
  _exit(0);
}

static void enter_space(const MuExecSpawn *spawn, Report *report) {
  if (!mu_exec_space_join(spawn->space))
    fail(report, "join the task's namespaces");
  if (spawn->space->pid_fd >= 0)
    enter_pid_namespace(report);
}

/* A descriptor from outside would lead to the folder as it is there, without what is mounted in it. */
static void enter_sandbox(const MuExecSpawn *spawn, Report *report) {
  if (mu_exec_space_is_open(spawn->space) ? chdir(spawn->task->sandbox) < 0 : fchdir(spawn->cwd_fd) < 0)
    fail(report, "enter the sandbox");
}

static void G_GNUC_NORETURN child(const MuExecSpawn *spawn, const CgroupFds *cgroup, Report *report) {
  for (int i = 0; i < MU_EXEC_CGROUP_V1; i++)
    if (cgroup->v1[i] >= 0 && write(cgroup->v1[i], "0", 1) < 0)
      fail(report, "join the cgroup");
  if (cgroup->join_v2)
    join_v2(cgroup, report);
  if (mu_exec_space_is_open(spawn->space))
    enter_space(spawn, report);
  reset_signals();
  if (setsid() < 0)
    fail(report, "setsid");
  connect_output(spawn, report);
  enter_sandbox(spawn, report);
  set_rlimits(spawn->rlimits, report);
  if (spawn->filter)
    prctl(PR_SET_KEEPCAPS, 1);
  become_user(spawn->task, report);
  umask(022);
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* after setuid, which clears it: a task does not outlive its executor */
  if (spawn->filter)
    set_filter(spawn, report);
  execve(spawn->argv[0], spawn->argv, spawn->envp);
  fail(report, spawn->argv[0]);
  _exit(127);
}

/* ---- in the parent ---- */

/* As fork, but waits until the child's program has begun, and begins it inside the v2 cgroup. Where clone3 is not allowed
 * (old container runtimes) the child joins the cgroup itself: `ret_join`. */
static pid_t clone_into(int cgroup_fd, gboolean *ret_join) {
  struct clone_args args = {.flags = CLONE_VFORK, .exit_signal = SIGCHLD};
  if (cgroup_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = (guint64)cgroup_fd;
  }
  *ret_join = FALSE;
  pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (pid >= 0 || (errno != ENOSYS && errno != EPERM))
    return pid;
  *ret_join = cgroup_fd >= 0;
  return (pid_t)syscall(SYS_clone, (unsigned long)CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);
}

static void describe_lowered(const GPtrArray *rlimits, guint32 lowered, GString *text) {
  for (guint i = 0; i < rlimits->len; i++) {
    const MuExecRlimit *rlimit = rlimits->pdata[i];
    if (lowered & (1u << MIN(i, 31u)))
      g_string_append_printf(text,
                             "muster: %s: soft %" G_GINT64_FORMAT ", hard %" G_GINT64_FORMAT
                             " is above the hard limit in force and was lowered to it\n",
                             rlimit->name, rlimit->soft, rlimit->hard);
  }
}

static gboolean check_rlimits(const GPtrArray *rlimits, GError **error) {
  for (guint i = 0; i < rlimits->len; i++) {
    const MuExecRlimit *rlimit = rlimits->pdata[i];
    if (rlimit->resource < 0)
      return mu_exec_error(error, EINVAL, "rlimit '%s' is not one of Linux's", rlimit->name);
  }
  return TRUE;
}

static void close_fds(CgroupFds *fds) {
  if (fds->v2 >= 0)
    close(fds->v2);
  for (int i = 0; i < MU_EXEC_CGROUP_V1; i++)
    if (fds->v1[i] >= 0)
      close(fds->v1[i]);
}

pid_t mu_exec_spawn(const MuExecSpawn *spawn, GString *ret_lowered, GError **error) {
  Report *report = shared_report();
  if (!report)
    return mu_exec_error(error, ENOMEM, "cannot start '%s'", spawn->argv[0]), -1;
  if (!check_rlimits(spawn->rlimits, error))
    return -1;
  CgroupFds cgroup = {.v2 = -1, .v1 = {-1, -1, -1}};
  if (spawn->cgroup)
    mu_exec_cgroup_open(spawn->cgroup, &cgroup.v2, cgroup.v1);
  memset(report, 0, sizeof *report);
  pid_t pid = clone_into(cgroup.v2, &cgroup.join_v2);
  if (pid == 0)
    child(spawn, &cgroup, report);
  int errnum = errno;
  close_fds(&cgroup);
  if (pid < 0)
    return mu_exec_error(error, errnum, "cannot fork"), -1;
  if (report->pid > 0) {
    waitpid(pid, NULL, 0); /* the one that forked it */
    pid = report->pid;
  }
  if (report->errnum) {
    waitpid(pid, NULL, 0);
    return mu_exec_error(error, report->errnum, "cannot start the task: %s", report->step), -1;
  }
  if (ret_lowered)
    describe_lowered(spawn->rlimits, report->lowered, ret_lowered);
  return pid;
}
