#include "state_dir.h"
#include "secret_store.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_BYTES 32      /* random bytes of a new token; twice as many hex digits */
#define TOKEN_MIN_LENGTH 16 /* of a token that an operator wrote into the file */
#define TOKEN_MAX_LENGTH 512
#define LOCK_ATTEMPTS 100 /* the file may be removed between open and lock by a scheduler that was just uninstalled */

/* What an erase removes. */
static const char *const own_files[] = {
    "url",          "muster.sock",      "token",         "store.db", "store.db-wal",
    "store.db-shm", "store.db-journal", "store.db.lock", "lock",
};

struct MuStateDir {
  char *path;
  char *socket;
  char *token;
  int lock_fd;
  gboolean throw_away;
  gboolean erase;
};

const char *mu_state_dir_path(const MuStateDir *dir) {
  return dir->path;
}

const char *mu_state_dir_token(const MuStateDir *dir) {
  return dir->token;
}

const char *mu_state_dir_socket(const MuStateDir *dir) {
  return dir->socket;
}

gboolean mu_state_dir_is_throw_away(const MuStateDir *dir) {
  return dir->throw_away;
}

void mu_state_dir_set_erase(MuStateDir *dir) {
  dir->erase = TRUE;
}

char *mu_state_dir_file(const MuStateDir *dir, const char *name) {
  return g_build_filename(dir->path, name, NULL);
}

static gboolean refuse(GError **error, const char *path, const char *what, int code) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "state folder %s: %s: %s; choose another one with --state", path, what,
              g_strerror(code));
  return FALSE;
}

/* ---- the folder ---------------------------------------------------------------------------------------------------- */

/* Whoever can write into the folder can be the scheduler: it must be ours alone. */
static gboolean check_folder(const MuStateDir *dir, GError **error) {
  struct stat st;
  if (stat(dir->path, &st) != 0)
    return refuse(error, dir->path, "cannot be read", errno);
  if (!S_ISDIR(st.st_mode))
    return refuse(error, dir->path, "is not a folder", ENOTDIR);
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return TRUE;
  g_set_error(
      error, MU_ERROR, MU_ERROR_REFUSED,
      "state folder %s: others may write into it (mode %03o); give muster a folder of its own, or chmod go-w it",
      dir->path, (unsigned)st.st_mode & 07777);
  return FALSE;
}

/* A scheduler of root's runs tasks as other users, who must be able to pass through to their sandboxes; what is private in
 * the folder has a mode of its own. */
static int folder_mode(void) {
  return geteuid() == 0 ? 0711 : 0700;
}

static gboolean make_throw_away(MuStateDir *dir, GError **error) {
  dir->throw_away = TRUE;
  dir->erase = TRUE;
  dir->path = g_dir_make_tmp("muster-XXXXXX", error);
  if (dir->path == NULL)
    return FALSE;
  return chmod(dir->path, (mode_t)folder_mode()) == 0 || refuse(error, dir->path, "cannot be given its mode", errno);
}

static gboolean make_folder(MuStateDir *dir, const char *path, GError **error) {
  if (path == NULL)
    return make_throw_away(dir, error);
  dir->path = g_canonicalize_filename(path, NULL);
  if (g_mkdir_with_parents(dir->path, folder_mode()) != 0)
    return refuse(error, dir->path, "cannot be made", errno);
  return check_folder(dir, error);
}

/* ---- the lock ------------------------------------------------------------------------------------------------------ */

static gboolean conflict(const MuStateDir *dir, int fd, GError **error) {
  char pid[32] = {0};
  ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
  g_set_error(
      error, MU_ERROR, MU_ERROR_CONFLICT,
      "state folder %s: another scheduler has it (process %s); stop that one, or choose another folder with --state",
      dir->path, n > 0 ? g_strstrip(pid) : "unknown");
  return FALSE;
}

static gboolean is_still_there(const char *path, int fd) {
  struct stat by_name, by_fd;
  return stat(path, &by_name) == 0 && fstat(fd, &by_fd) == 0 && by_name.st_dev == by_fd.st_dev &&
         by_name.st_ino == by_fd.st_ino;
}

static gboolean write_pid(MuStateDir *dir, GError **error) {
  g_autofree char *pid = g_strdup_printf("%d\n", (int)getpid());
  if (ftruncate(dir->lock_fd, 0) != 0 || pwrite(dir->lock_fd, pid, strlen(pid), 0) < 0)
    return refuse(error, dir->path, "cannot be written", errno);
  return TRUE;
}

static gboolean take_lock(MuStateDir *dir, GError **error) {
  g_autofree char *path = mu_state_dir_file(dir, "lock");
  for (int i = 0; i < LOCK_ATTEMPTS; i++) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
      return refuse(error, dir->path, "cannot be written", errno);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      conflict(dir, fd, error);
      close(fd);
      return FALSE;
    }
    if (is_still_there(path, fd)) {
      dir->lock_fd = fd;
      return write_pid(dir, error);
    }
    close(fd);
  }
  return refuse(error, dir->path, "the lock file comes and goes", EBUSY);
}

/* ---- the token ----------------------------------------------------------------------------------------------------- */

static char *random_hex(GError **error) {
  guint8 bytes[TOKEN_BYTES];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "no random bytes for the token: %s", g_strerror(errno));
    return NULL;
  }
  GString *hex = g_string_sized_new(2 * TOKEN_BYTES);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf(hex, "%02x", bytes[i]);
  return g_string_free(hex, FALSE);
}

static gboolean write_private(const char *path, const char *text, GError **error) {
  return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                  error);
}

static gboolean make_token(MuStateDir *dir, const char *path, GError **error) {
  dir->token = random_hex(error);
  if (dir->token == NULL)
    return FALSE;
  g_autofree char *line = g_strconcat(dir->token, "\n", NULL);
  return write_private(path, line, error);
}

/* It goes into an HTTP header as it is. */
static gboolean check_token(const char *path, const char *token, GError **error) {
  gsize length = strlen(token);
  gboolean good = length >= TOKEN_MIN_LENGTH && length <= TOKEN_MAX_LENGTH;
  for (const char *c = token; good && *c != '\0'; c++)
    good = g_ascii_isgraph(*c);
  if (!good)
    g_set_error(
        error, MU_ERROR, MU_ERROR_REFUSED,
        "%s: not a token; %d to %d printable characters without blanks were expected; remove the file to get a new one",
        path, TOKEN_MIN_LENGTH, TOKEN_MAX_LENGTH);
  return good;
}

static gboolean have_token(MuStateDir *dir, GError **error) {
  g_autofree char *path = mu_state_dir_file(dir, "token");
  if (!g_file_test(path, G_FILE_TEST_EXISTS))
    return make_token(dir, path, error);
  if (!g_file_get_contents(path, &dir->token, NULL, error))
    return FALSE;
  if (chmod(path, 0600) != 0)
    return refuse(error, path, "cannot be made private", errno);
  return check_token(path, g_strstrip(dir->token), error);
}

/* ---- open and close ------------------------------------------------------------------------------------------------ */

/* What a scheduler that was killed has left: with the lock in hand, nobody listens there. */
static void remove_address(const MuStateDir *dir) {
  g_autofree char *url = mu_state_dir_file(dir, "url");
  unlink(url);
  unlink(dir->socket);
}

MuStateDir *mu_state_dir_open(const char *path, GError **error) {
  g_autoptr(MuStateDir) dir = g_new0(MuStateDir, 1);
  dir->lock_fd = -1;
  if (!make_folder(dir, path, error))
    return NULL;
  dir->socket = mu_state_dir_file(dir, "muster.sock");
  if (!take_lock(dir, error) || !have_token(dir, error))
    return NULL;
  remove_address(dir);
  return g_steal_pointer(&dir);
}

gboolean mu_state_dir_write_url(MuStateDir *dir, const char *url, GError **error) {
  g_autofree char *path = mu_state_dir_file(dir, "url");
  g_autofree char *line = g_strconcat(url, "\n", NULL);
  return write_private(path, line, error);
}

static void erase(const MuStateDir *dir) {
  g_autofree char *engine = mu_state_dir_file(dir, "engine");
  rmdir(engine); /* the engine has emptied it; what it could not remove stays, and the folder with it */
  g_autofree char *secrets = mu_state_dir_file(dir, MU_STATE_DIR_SECRETS);
  mu_secret_store_erase(secrets);
  for (gsize i = 0; i < G_N_ELEMENTS(own_files); i++) {
    g_autofree char *path = mu_state_dir_file(dir, own_files[i]);
    unlink(path);
  }
  rmdir(dir->path);
}

void mu_state_dir_close(MuStateDir *dir) {
  if (dir == NULL)
    return;
  if (dir->lock_fd >= 0) { /* without the lock nothing in the folder is ours */
    remove_address(dir);
    if (dir->erase)
      erase(dir);
    close(dir->lock_fd);
  }
  g_free(dir->path);
  g_free(dir->socket);
  g_free(dir->token);
  g_free(dir);
}
