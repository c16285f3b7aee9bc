/* Profiles of system calls: read, compiled, and what the kernel then does. */
#include "exec_seccomp.h"
#include "json.h"
#include <errno.h>
#include <muster/error.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static MuExecFilter *compile(const char *text, gboolean has_caps, GError **error) {
  g_autoptr(json_t) profile = mu_json_parse(text, strlen(text), 100000, error);
  return profile ? mu_exec_filter_new(profile, has_caps, error) : NULL;
}

/* What the profile makes of mkdir("/", 0) in a process of its own: its errno (EEXIST where it is allowed), or minus the
 * signal that it died of. */
static int effect(const char *text, gboolean has_caps) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuExecFilter) filter = compile(text, has_caps, &error);
  g_assert_no_error(error);
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) {
    if (!mu_exec_filter_apply(filter))
      _exit(255);
    syscall(SYS_mkdir, "/", 0700);
    syscall(SYS_exit_group, errno); /* by itself: a sanitizer's _exit makes other calls, too */
  }
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#define RULE(more) "{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":99" more "}"
#define PROFILE(rules) "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" rules "]}"
#define ARG(index, value, op) "{\"index\":" #index ",\"value\":" #value ",\"op\":\"SCMP_CMP_" op "\"}"
#define MASK(value, two) "{\"index\":1,\"value\":" #value ",\"valueTwo\":" #two ",\"op\":\"SCMP_CMP_MASKED_EQ\"}"

static void test_effects(void) {
  static const struct {
    const char *profile;
    gboolean has_caps;
    int result;
  } cases[] = {
      {PROFILE(""), FALSE, EEXIST},
      {PROFILE(RULE("")), FALSE, 99},
      {PROFILE("{\"name\":\"mkdir\",\"action\":\"SCMP_ACT_ERRNO\"}"), FALSE, EPERM},
      {PROFILE("{\"names\":[\"no_such_call\",\"mkdir\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"}"), FALSE, -SIGSYS},
      {PROFILE(RULE(",\"args\":[" ARG(1, 448, "EQ") "]")), FALSE, 99}, /* 0700 */
      {PROFILE(RULE(",\"args\":[" ARG(1, 449, "EQ") "]")), FALSE, EEXIST},
      {PROFILE(RULE(",\"args\":[" ARG(1, 449, "EQ") "," ARG(1, 448, "EQ") "]")), FALSE, 99},   /* one of them */
      {PROFILE(RULE(",\"args\":[" ARG(1, 448, "EQ") "," ARG(0, 0, "EQ") "]")), FALSE, EEXIST}, /* both */
      {PROFILE(RULE(",\"args\":[" MASK(64, 64) "]")), FALSE, 99},
      {PROFILE(RULE(",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}")), FALSE, EEXIST},
      {PROFILE(RULE(",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}")), TRUE, 99},
      {PROFILE(RULE(",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}")), TRUE, EEXIST},
      {PROFILE(RULE(",\"includes\":{\"arches\":[\"none\"]}")), FALSE, EEXIST},
      {PROFILE(RULE(",\"includes\":{\"minKernel\":\"3.10\"}")), FALSE, 99},
      {PROFILE(RULE(",\"includes\":{\"minKernel\":\"999.0\"}")), FALSE, EEXIST},
      {"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":98,\"syscalls\":[{\"names\":[\"exit_group\"],"
       "\"action\":\"SCMP_ACT_ALLOW\"}]}",
       FALSE, 98},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    if (effect(cases[i].profile, cases[i].has_caps) != cases[i].result)
      g_error("%s: expected %d", cases[i].profile, cases[i].result);
}

static void test_refused(void) {
  static const struct {
    const char *profile, *message;
  } cases[] = {
      {"[]", "a JSON object was expected"},
      {"{}", "\"defaultAction\" is missing"},
      {"{\"defaultAction\":\"ALLOW\"}", "\"defaultAction\" is \"ALLOW\"; expected SCMP_ACT_ALLOW"},
      {PROFILE("{\"names\":[\"mkdir\"]}"), "syscalls[0]: \"action\" is missing"},
      {PROFILE("{\"names\":[1],\"action\":\"SCMP_ACT_LOG\"}"), "a name of a system call is not a text"},
      {PROFILE(RULE(",\"args\":[" ARG(6, 0, "EQ") "]")), "\"index\" is 6"},
      {PROFILE(RULE(",\"args\":[" ARG(0, 0, "LIKE") "]")), "\"op\" is \"SCMP_CMP_LIKE\""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(compile(cases[i].profile, FALSE, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    if (!strstr(error->message, cases[i].message))
      g_error("expected \"%s\" in \"%s\"", cases[i].message, error->message);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec-seccomp/effects", test_effects);
  g_test_add_func("/exec-seccomp/refused", test_refused);
  return g_test_run();
}
