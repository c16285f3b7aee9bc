#include "local_seccomp.h"
#include "json.h"
#include <muster/error.h>
#include <string.h>

#define MAX_PROFILE (1024 * 1024)

/* Everything but what reaches beyond the task: the kernel and its modules, mounts and namespaces, the clock, other processes'
 * memory, keys. A task that needs one of them has a profile of its own, or none. clone3 hides its flags in memory, so it is
 * told to be missing, and libraries take clone. */
static const char BUILT_IN[] =
    "{\"defaultAction\":\"SCMP_ACT_ALLOW\","
    "\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]},"
    "{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]}],"
    "\"syscalls\":["
    "{\"names\":[\"kexec_load\",\"kexec_file_load\",\"reboot\",\"init_module\",\"finit_module\",\"delete_module\","
    "\"create_module\",\"query_module\",\"get_kernel_syms\",\"bpf\",\"perf_event_open\",\"lookup_dcookie\",\"nfsservctl\","
    "\"iopl\",\"ioperm\",\"vm86\",\"vm86old\",\"uselib\",\"sysfs\",\"_sysctl\",\"ustat\",\"acct\",\"quotactl\",\"quotactl_fd\","
    "\"swapon\",\"swapoff\",\"mount\",\"umount\",\"umount2\",\"pivot_root\",\"mount_setattr\",\"move_mount\",\"open_tree\","
    "\"fsopen\",\"fsconfig\",\"fsmount\",\"fspick\",\"setns\",\"unshare\",\"sethostname\",\"setdomainname\","
    "\"clock_settime\",\"clock_settime64\",\"clock_adjtime\",\"clock_adjtime64\",\"settimeofday\",\"stime\",\"ptrace\","
    "\"process_vm_readv\",\"process_vm_writev\",\"kcmp\",\"move_pages\",\"userfaultfd\",\"open_by_handle_at\","
    "\"name_to_handle_at\",\"add_key\",\"request_key\",\"keyctl\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1},"
    "{\"names\":[\"clone3\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38},"
#define NO_CLONE(flag)                                                                                                 \
  "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[{\"index\":0,\"value\":" flag         \
  ",\"valueTwo\":" flag ",\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"
    /* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
    NO_CLONE("131072") "," NO_CLONE("33554432") "," NO_CLONE("67108864") "," NO_CLONE("134217728") "," NO_CLONE(
        "268435456") "," NO_CLONE("536870912") "," NO_CLONE("1073741824") "]}";

static json_t *refuse(const char *name, const char *why, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "seccomp profile '%s': %s", name, why);
  return NULL;
}

json_t *mu_local_seccomp_load(const char *folder, const char *name, GError **error) {
  if (*name == '\0' || *name == '.' || strchr(name, '/'))
    return refuse(name, "it is not the name of a file", error);
  g_autofree char *path = folder ? g_build_filename(folder, name, NULL) : NULL;
  g_autofree char *text = NULL;
  gsize length = 0;
  if (path && g_file_test(path, G_FILE_TEST_EXISTS)) {
    if (!g_file_get_contents(path, &text, &length, error))
      return NULL;
  } else if (g_str_equal(name, MU_LOCAL_SECCOMP_BUILT_IN)) {
    text = g_strdup(BUILT_IN);
    length = strlen(text);
  } else
    return refuse(name,
                  folder ? "there is no such file in the folder of --seccomp-profiles"
                         : "profiles other than \"default\" need `muster serve --seccomp-profiles DIR`",
                  error);
  json_t *profile = mu_json_parse(text, length, MAX_PROFILE, error);
  if (!profile)
    g_prefix_error(error, "seccomp profile %s: ", path ? path : name);
  return profile;
}
