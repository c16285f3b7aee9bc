#include "exec_error.h"
#include <muster/error.h>

gboolean mu_exec_error(GError **error, int errnum, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s: %s", what, g_strerror(errnum));
  return FALSE;
}
