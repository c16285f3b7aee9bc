/* From the shape of the file to the shape of the spec: resource sets found, steps expanded, defaults that depend on other
 * fields filled in. */
#ifndef MU_SPEC_BUILD_H
#define MU_SPEC_BUILD_H
#include "spec_read.h"
#include <muster/spec.h>

/* Fills `spec`, zeroed, from the draft; references to what does not exist are faults. */
void mu_spec_build(MuSpecReader *reader, const MuServiceDraft *draft, MuServiceSpec *spec);
#endif
