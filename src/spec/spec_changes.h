/* What differs between two configurations of a service, field by field, by the tables of spec_fields.h. A running task
 * notices a change exactly when its fingerprint (spec_diff.h) changes too; a fuzzer compares the two. */
#ifndef MU_SPEC_CHANGES_H
#define MU_SPEC_CHANGES_H
#include <glib.h>
#include <jansson.h>
#include <muster/spec.h>

/* A field of the service (pod NULL), of a pod type, of one of its tasks, or of a resource set that its tasks share. */
typedef struct {
  char *pod, *task, *set;        /* at most one of task and set */
  char *field;                   /* "cmd", "env.LEVEL", "ports.http.port"; NULL: the pod, task or set itself */
  json_t *old_value, *new_value; /* NULL: not given (or not there); of a pod, task or set that came or went `true` */
  gboolean reaches;              /* a running task notices: one of the pod, the task itself, or one that uses the set */
} MuSpecChange;

/* In the order of the tables, pods in the order of the old spec and then of the new one (of MuSpecChange, owned by the
 * array). Config templates are compared by their text: `configs.NAME.content`. */
GPtrArray *mu_spec_changes(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec);
/* Whether the change is one that the pod's task notices while it runs; `set` is the id of its resource set in the new spec. */
gboolean mu_spec_change_reaches(const MuSpecChange *change, const char *pod, const char *task, const char *set);
/* {"pod", "task", "set", "field", "change": "added"|"removed"|"changed", "old", "new", "restarts": bool}; members that are
 * NULL are left out. A new reference. */
json_t *mu_spec_change_to_json(const MuSpecChange *change);
#endif
