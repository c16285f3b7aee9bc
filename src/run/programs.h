/* Where the programs are that the local engine starts. */
#ifndef MU_PROGRAMS_H
#define MU_PROGRAMS_H
#include <glib.h>

/* The path of `name` ("muster-executor"): `given` when not NULL; else the folder MUSTER_LIBEXEC names; else next to the
 * running program; else where muster is installed. MU_ERROR_REFUSED with the places that were tried. The caller frees. */
char *mu_program_find(const char *name, const char *given, GError **error);
#endif
