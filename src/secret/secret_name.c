#include "secret_name.h"
#include <muster/error.h>
#include <string.h>

#define ALLOWED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"

static gboolean refuse(const char *name, const char *why, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%.200s\" is no name of a secret: %s", name, why);
  return FALSE;
}

gboolean mu_secret_name_check(const char *name, GError **error) {
  gsize length = strlen(name);
  if (length == 0 || length > MU_SECRET_MAX_NAME)
    return refuse(name, "1 to 200 characters were expected", error);
  g_auto(GStrv) parts = g_strsplit(name, "/", -1);
  for (char **part = parts; *part != NULL; part++) {
    if (**part == '\0' || strspn(*part, ALLOWED) != strlen(*part))
      return refuse(name,
                    "letters, digits, \".\", \"-\", \"_\", and \"/\" between parts were expected, as in team/password",
                    error);
    if (**part == '.')
      return refuse(name, "no part may begin with \".\"", error);
  }
  return TRUE;
}

gboolean mu_secret_may_use(const char *service, const char *secret) {
  service += *service == '/';
  secret += *secret == '/';
  const char *slash = strrchr(secret, '/');
  gsize length = slash == NULL ? 0 : (gsize)(slash - secret);
  return length == 0 || (strncmp(service, secret, length) == 0 && (service[length] == '\0' || service[length] == '/'));
}
