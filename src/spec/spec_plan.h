/* The steps of a phase: which tasks are launched together, for each instance of the pod, one after the other.
 *
 *     steps:
 *       - 0: [[init], [main]]     instance 0: init, then main
 *       - default: [[main]]       all others
 */
#ifndef MU_SPEC_PLAN_H
#define MU_SPEC_PLAN_H
#include "spec_read.h"
#include <muster/spec.h>

/* Of all phases together, each instance's counted. */
#define MU_SPEC_MAX_STEPS 500000

/* Reads the steps of all phases of the plans, whose pods must be known. Checks that the pods and tasks exist. */
void mu_spec_read_steps(MuSpecReader *reader, MuServiceSpec *spec);
/* The steps of a phase as canonical JSON: an entry for each of the pod's `count` instances whose steps differ from the last
 * one's, which are `default`. */
void mu_spec_write_steps(GString *out, const MuPhaseSpec *phase, guint count);
#endif
