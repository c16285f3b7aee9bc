/* Profiles of system calls: files in the operator's folder, and one that is built in. */
#ifndef MU_LOCAL_SECCOMP_H
#define MU_LOCAL_SECCOMP_H
#include <glib.h>
#include <jansson.h>

#define MU_LOCAL_SECCOMP_BUILT_IN "default"

/* The profile of that name: the file in `folder` (NULL: none), else the built-in one. MU_ERROR_REFUSED when there is none, or it
 * is no JSON. */
json_t *mu_local_seccomp_load(const char *folder, const char *name, GError **error);
#endif
