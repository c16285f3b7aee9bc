/* Whether an engine does what a spec asks for: the columns of spec_fields.h. */
#ifndef MU_SPEC_ENGINE_H
#define MU_SPEC_ENGINE_H
#include "spec_fields.h"
#include <glib.h>
#include <muster/spec.h>

/* FALSE with MU_ERROR_REFUSED when the engine ("local", "mesos") would not run the service rightly: it lists every field that
 * stands in the way, a line each, with what to do instead. What the engine leaves out without harm is added to `warnings` (of
 * char *, owned by the array; NULL: not wanted), a line for each field as well: "pods.web.image, pods.db.image: why". An
 * engine of another name is taken to do everything. */
gboolean mu_spec_check_engine(const MuServiceSpec *spec, const char *engine, GPtrArray *warnings, GError **error);

/* FALSE with MU_ERROR_REFUSED when the spec uses a key of `lacks`, which an entry without a key ends (NULL: none): keys that
 * the engine honours in general, but not where it runs now, each with the reason. It lists all of them, a line each. */
gboolean mu_spec_check_lacks(const MuServiceSpec *spec, const MuKeyValue *lacks, GError **error);

#define MU_SPEC_USE_PLACES 3 /* named for one field; the rest is counted */

/* One field that a spec uses, and what becomes of it. */
typedef struct {
  char *field;                              /* "pods.tasks.cpus": keys without the names that the author chose */
  char *places;                             /* where it stands, the first ones: "pods.web.image, pods.db.image" */
  guint n;                                  /* how often it stands there */
  const MuEngineUse *uses[MU_ENGINE_COUNT]; /* the worst of all places; of the field itself or of one that it is in */
} MuFieldUse;

/* Every field that the spec gives, in the order of the tables (of MuFieldUse, owned by the array); NULL only when the spec's
 * JSON cannot be read. */
GPtrArray *mu_spec_uses(const MuServiceSpec *spec, GError **error);
#endif
