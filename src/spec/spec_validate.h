/* What a spec must hold beyond the types of its fields: names, references between its parts, amounts that make sense. */
#ifndef MU_SPEC_VALIDATE_H
#define MU_SPEC_VALIDATE_H
#include "spec_read.h"
#include <muster/spec.h>

/* Adds a fault for each rule that the spec breaks. `service_name_given`: the name did not come from the file. */
void mu_spec_validate(MuSpecReader *reader, const MuServiceSpec *spec, gboolean service_name_given);

/* A path below the sandbox: not empty, relative, without `.` and `..` as a part, without control characters. */
gboolean mu_spec_is_sandbox_path(const char *path);
#endif
