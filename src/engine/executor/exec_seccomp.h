/* A filter of system calls, made of a profile in the JSON form that Docker, podman and Mesos take: defaultAction, archMap or
 * architectures, and syscalls with names, action, errnoRet, args, includes and excludes. A call that this machine's
 * libseccomp does not know is left out, as they do. */
#ifndef MU_EXEC_SECCOMP_H
#define MU_EXEC_SECCOMP_H
#include <glib.h>
#include <jansson.h>

typedef struct MuExecFilter MuExecFilter;

/* `has_caps`: the task has all capabilities, as root has, else none: for rules that are for those who have, or have not. NULL with
 * MU_ERROR_REFUSED when the profile is not of the form. */
MuExecFilter *mu_exec_filter_new(const json_t *profile, gboolean has_caps, GError **error);
void mu_exec_filter_free(MuExecFilter *filter);
/* Filters this process and its children, for good: in a forked child, with system calls alone. Without the right to do so it
 * gives up the one to gain privileges by exec first. FALSE with errno. */
gboolean mu_exec_filter_apply(const MuExecFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuExecFilter, mu_exec_filter_free)
#endif
