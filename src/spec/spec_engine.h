/* Whether an engine does what a spec asks for: the columns of spec_fields.h. */
#ifndef MU_SPEC_ENGINE_H
#define MU_SPEC_ENGINE_H
#include <glib.h>
#include <muster/spec.h>

/* FALSE with MU_ERROR_REFUSED when the engine ("local", "mesos") would not run the service rightly: it lists every field that stands
 * in the way, a line each, with what to do instead. What the engine leaves out without harm is added to `warnings` (of
 * char *, owned by the array; NULL: not wanted), a line for each field as well: "pods.web.image, pods.db.image: why". An
 * engine of another name is taken to do everything. */
gboolean mu_spec_check_engine(const MuServiceSpec *spec, const char *engine, GPtrArray *warnings, GError **error);
#endif
