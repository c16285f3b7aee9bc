/* Errors of system calls as GError. */
#ifndef MU_EXEC_ERROR_H
#define MU_EXEC_ERROR_H
#include <glib.h>

/* Sets MU_ERROR_FAILED with "<what>: <strerror(errnum)>"; returns FALSE for the caller to return. */
gboolean mu_exec_error(GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF(3, 4);
#endif
