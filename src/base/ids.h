/* Identity (docs/architecture.md, "Identity and routing"): names, task ids, uuids, and the random source they come from. */
#ifndef MU_IDS_H
#define MU_IDS_H
#include <glib.h>

/* A deterministic random source: the core is given one with its events, the simulator seeds it. xoshiro256**. */
typedef struct {
  guint64 s[4];
} MuRandom;

void mu_random_seed(MuRandom *random, guint64 seed);
guint64 mu_random_next(MuRandom *random);
/* Uniform in [0, bound); bound > 0. */
guint64 mu_random_below(MuRandom *random, guint64 bound);
double mu_random_unit(MuRandom *random); /* [0, 1) */

#define MU_UUID_LEN 36
typedef struct {
  char text[MU_UUID_LEN + 1];
} MuUuid;
/* A version-4 uuid from the source. */
MuUuid mu_uuid_new(MuRandom *random);
/* A version-5-like uuid that is a function of the text: stable ids for plan steps. */
MuUuid mu_uuid_from_name(const char *name);
gboolean mu_uuid_is_valid(const char *text);
/* For hash tables of ids (with g_str_equal): ids of all kinds end in what tells them apart, so the end is enough. */
guint mu_id_hash(gconstpointer id);

/* `<service>__<pod>-<index>-<task>__<uuid>` with the service's name sanitized. The caller frees. */
char *mu_task_id_new(const char *service, const char *task_name, const MuUuid *uuid);
/* Splits a task id. FALSE when it is not of the form (outputs untouched). Out strings are the caller's; each may be NULL
 * when not wanted. */
typedef struct {
  gsize service_length;    /* the id begins with the service's name … */
  gsize name, name_length; /* … and the task's begins there */
} MuTaskIdParts;
/* Likewise, where the parts lie in it. */
gboolean mu_task_id_split(const char *task_id, MuTaskIdParts *ret);
gboolean mu_task_id_parse(const char *task_id, char **ret_sanitized_service, char **ret_task_name, char **ret_uuid);
/* `/` to `.`; a leading `/` is dropped. The caller frees. */
char *mu_name_sanitize(const char *service_name);

/* A service's name: 1..MU_SPEC_MAX_SERVICE_NAME bytes of letters, digits, `-`, `_`, `.`, `/`; no `__`, no `//`, begins and
 * ends with a letter or digit (a leading `/` is allowed), no `.` or `..` as a path part. MU_ERROR_REFUSED otherwise. */
gboolean mu_service_name_check(const char *name, GError **error);
/* A pod type, task, port, plan or phase name: 1..63 bytes of letters, digits, `-`, `_`; begins with a letter or digit;
 * no `__`. `what` names it in the message ("pod type"). */
gboolean mu_name_check(const char *what, const char *name, GError **error);
#endif
