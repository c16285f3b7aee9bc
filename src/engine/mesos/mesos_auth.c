#include "mesos_auth.h"

#include "log.h"
#include <muster/error.h>

#include <string.h>
#include <sys/stat.h>

struct MuMesosAuth {
  char *principal, *file;
  gboolean is_token;
  struct timespec changed; /* of the file, when it was read */
  ino_t inode;
  off_t size;
  char *header;
};

MuMesosAuth *mu_mesos_auth_new(const char *principal, const char *secret_file, const char *token_file) {
  MuMesosAuth *auth = g_new0(MuMesosAuth, 1);
  auth->principal = g_strdup(principal);
  auth->file = g_strdup(token_file != NULL ? token_file : secret_file);
  auth->is_token = token_file != NULL;
  return auth;
}

static void wipe(char *text) {
  if (text != NULL)
    explicit_bzero(text, strlen(text));
  g_free(text);
}

void mu_mesos_auth_free(MuMesosAuth *auth) {
  if (auth == NULL)
    return;
  wipe(auth->header);
  g_free(auth->principal);
  g_free(auth->file);
  g_free(auth);
}

static char *read_file(const char *path, GError **error) {
  struct stat status;
  char *text = NULL;
  if (stat(path, &status) == 0 && status.st_size > MU_MESOS_AUTH_MAX_BYTES) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: at most %d bytes were expected", path, MU_MESOS_AUTH_MAX_BYTES);
    return NULL;
  }
  if (!g_file_get_contents(path, &text, NULL, error)) {
    if (error != NULL && *error != NULL) {
      (*error)->domain = MU_ERROR;
      (*error)->code = MU_ERROR_REFUSED;
    }
    return NULL;
  }
  g_strchomp(text);
  if (*text != '\0' && strpbrk(text, "\r\n") == NULL)
    return text;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: one line was expected", path);
  wipe(text);
  return NULL;
}

static char *make_header(const MuMesosAuth *auth, const char *secret) {
  if (auth->is_token)
    return g_strconcat("Bearer ", secret, NULL);
  g_autofree char *pair = g_strconcat(auth->principal, ":", secret, NULL);
  g_autofree char *encoded = g_base64_encode((const guchar *)pair, strlen(pair));
  return g_strconcat("Basic ", encoded, NULL);
}

static gboolean has_changed(MuMesosAuth *auth) {
  struct stat status;
  if (stat(auth->file, &status) < 0)
    return auth->header == NULL;
  /* The size too: a file that is written in place may be seen empty first, and filled within the clock's same tick. */
  gboolean same = status.st_ino == auth->inode && status.st_size == auth->size &&
                  status.st_mtim.tv_sec == auth->changed.tv_sec && status.st_mtim.tv_nsec == auth->changed.tv_nsec;
  auth->inode = status.st_ino;
  auth->size = status.st_size;
  auth->changed = status.st_mtim;
  return !same;
}

gboolean mu_mesos_auth_check(MuMesosAuth *auth, GError **error) {
  if (auth->file == NULL || !has_changed(auth))
    return TRUE;
  char *secret = read_file(auth->file, error);
  if (secret == NULL)
    return FALSE;
  wipe(auth->header);
  auth->header = make_header(auth, secret);
  wipe(secret);
  return TRUE;
}

const char *mu_mesos_auth_header(MuMesosAuth *auth) {
  g_autoptr(GError) error = NULL;
  if (!mu_mesos_auth_check(auth, &error))
    mu_warning("the credentials for Mesos cannot be read: %s; the last ones are used", error->message);
  return auth->header;
}
