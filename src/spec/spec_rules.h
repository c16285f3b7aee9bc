/* The rules of a spec, one group a file; spec_validate.c calls them all. A required text may be NULL here: that it is missing
 * has been said already. */
#ifndef MU_SPEC_RULES_H
#define MU_SPEC_RULES_H
#include "spec_read.h"
#include <muster/spec.h>

/* Resource sets with their ports and volumes, and the pod's volumes. */
void mu_spec_check_resources(MuSpecReader *reader, const MuPodSpec *pod);
/* What surrounds the tasks: networks, host and external volumes, secrets, rlimits, uris, shared memory, seccomp. */
void mu_spec_check_surroundings(MuSpecReader *reader, const MuPodSpec *pod);

/* The service among others: quota, dependencies. */
void mu_spec_check_service(MuSpecReader *reader, const MuServiceSpec *spec);

/* A fault at a field of a struct. */
#define mu_spec_fault(reader, object, key, ...)                                                                        \
  mu_faults_add((reader)->faults, mu_spec_where_field((reader), (object), (key)), __VA_ARGS__)

/* A fault when the name is not one (mu_name_check); NULL is let through. */
void mu_spec_check_name(MuSpecReader *reader, const void *object, const char *what, const char *name);
/* The name of an environment variable; NULL is let through. */
void mu_spec_check_env_key(MuSpecReader *reader, const void *object, const char *key, const char *name);
/* A path below the sandbox (mu_spec_is_sandbox_path); NULL is let through. */
void mu_spec_check_path(MuSpecReader *reader, const void *object, const char *key, const char *path);
/* A fault when `text` is in the set already; adds it. NULL is let through. */
void mu_spec_check_unique(MuSpecReader *reader, const void *object, const char *key, GHashTable *seen, const char *what,
                          const char *text);
#endif
