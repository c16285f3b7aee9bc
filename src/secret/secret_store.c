#include "secret_store.h"
#include "secret_box.h"
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <muster/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFT_S 3600
#define FILE_MAX_BYTES (MU_SECRET_MAX_BYTES + 1024)

struct MuSecretStore {
  char *dir, *values;
  guint8 key[MU_SECRET_KEY_BYTES];
};

static gboolean fail(GError **error, const char *what, const char *path) {
  int errnum = errno;
  g_set_error(error, MU_ERROR, errnum == ENOENT ? MU_ERROR_NOT_FOUND : MU_ERROR_FAILED, "%s %s: %s", what, path,
              g_strerror(errnum));
  return FALSE;
}

/* ---- files ----------------------------------------------------------------------------------------------------------- */

static gboolean sync_folder(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0)
    close(fd);
  return ok;
}

/* The name of a file on its way begins with a `,`, which no secret's does. */
static gboolean write_file(const char *folder, const char *name, const void *data, gsize length, GError **error) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_autofree char *temporary = g_strdup_printf("%s/,%d.%s", folder, (int)getpid(), name);
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && write(fd, data, length) == (ssize_t)length && fsync(fd) == 0;
  if (fd >= 0)
    close(fd);
  if (ok && rename(temporary, path) == 0 && sync_folder(folder))
    return TRUE;
  fail(error, "cannot write", path);
  unlink(temporary);
  return FALSE;
}

static GBytes *read_file(const char *path, GError **error) {
  g_autofree char *data = g_malloc(FILE_MAX_BYTES);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  gssize n = fd < 0 ? -1 : read(fd, data, FILE_MAX_BYTES);
  if (n < 0)
    fail(error, "cannot read", path);
  if (fd >= 0)
    close(fd);
  return n < 0 ? NULL : g_bytes_new(data, (gsize)n);
}

static char *file_name(const char *name) {
  return g_strdelimit(g_strdup(name), "/", '%');
}

static char *file_path(const MuSecretStore *store, const char *name) {
  g_autofree char *file = file_name(name);
  return g_build_filename(store->values, file, NULL);
}

/* ---- open ------------------------------------------------------------------------------------------------------------ */

static gboolean make_folder(const char *path, GError **error) {
  struct stat st;
  if (mkdir(path, 0700) < 0 && errno != EEXIST)
    return fail(error, "cannot make the folder", path);
  if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
    return fail(error, "cannot use the folder", path);
  if ((st.st_mode & 077) == 0)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s is open to others (mode %03o), and holds secrets: chmod 700 it",
              path, (guint)st.st_mode & 0777);
  return FALSE;
}

static gboolean make_key(MuSecretStore *store, GError **error) {
  if (gnutls_rnd(GNUTLS_RND_KEY, store->key, sizeof store->key) == 0)
    return write_file(store->dir, "key", store->key, sizeof store->key, error);
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "no random bytes for a key");
  return FALSE;
}

static gboolean read_key(MuSecretStore *store, const char *path, GError **error) {
  struct stat st;
  g_autoptr(GBytes) bytes = read_file(path, error);
  if (bytes == NULL)
    return FALSE;
  if (g_bytes_get_size(bytes) != sizeof store->key || stat(path, &st) < 0 || (st.st_mode & 077) != 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: a file of %d bytes that only its owner can read was expected",
                path, MU_SECRET_KEY_BYTES);
    return FALSE;
  }
  memcpy(store->key, g_bytes_get_data(bytes, NULL), sizeof store->key);
  return TRUE;
}

static gboolean have_key(MuSecretStore *store, GError **error) {
  g_autofree char *path = g_build_filename(store->dir, "key", NULL);
  int lock = mu_secret_store_lock(store, error);
  if (lock < 0)
    return FALSE;
  gboolean ok = g_file_test(path, G_FILE_TEST_EXISTS) ? read_key(store, path, error) : make_key(store, error);
  close(lock);
  return ok;
}

/* What a put has left that was cut short: old enough that nobody works on it. */
static void sweep(const MuSecretStore *store) {
  g_autoptr(GDir) dir = g_dir_open(store->values, 0, NULL);
  for (const char *file; dir != NULL && (file = g_dir_read_name(dir)) != NULL;) {
    struct stat st;
    g_autofree char *path = g_build_filename(store->values, file, NULL);
    if (*file == ',' && stat(path, &st) == 0 && st.st_mtime + LEFT_S < g_get_real_time() / G_USEC_PER_SEC)
      unlink(path);
  }
}

MuSecretStore *mu_secret_store_open(const char *dir, GError **error) {
  g_autoptr(MuSecretStore) store = g_new0(MuSecretStore, 1);
  store->dir = g_canonicalize_filename(dir, NULL);
  store->values = g_build_filename(store->dir, "values", NULL);
  if (!make_folder(store->dir, error) || !make_folder(store->values, error) || !have_key(store, error))
    return NULL;
  sweep(store);
  return g_steal_pointer(&store);
}

void mu_secret_store_free(MuSecretStore *store) {
  if (store == NULL)
    return;
  gnutls_memset(store->key, 0, sizeof store->key);
  g_free(store->dir);
  g_free(store->values);
  g_free(store);
}

int mu_secret_store_lock(MuSecretStore *store, GError **error) {
  g_autofree char *path = g_build_filename(store->dir, "lock", NULL);
  int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd >= 0 && flock(fd, LOCK_EX) == 0)
    return fd;
  fail(error, "cannot lock", path);
  if (fd >= 0)
    close(fd);
  return -1;
}

/* ---- listing --------------------------------------------------------------------------------------------------------- */

/* The names of all secrets that `own` says, in no order. */
static GPtrArray *list_names(MuSecretStore *store, gboolean own, GError **error) {
  g_autoptr(GDir) dir = g_dir_open(store->values, 0, error);
  if (dir == NULL)
    return NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  for (const char *file; (file = g_dir_read_name(dir)) != NULL;)
    if (*file != ',' && (*file == '.') == own)
      g_ptr_array_add(names, g_strdelimit(g_strdup(file), "%", '/'));
  return names;
}

static void info_free(gpointer data) {
  MuSecretInfo *info = data;
  g_free(info->name);
  g_free(info);
}

static int compare_info(gconstpointer a, gconstpointer b) {
  return strcmp((*(MuSecretInfo *const *)a)->name, (*(MuSecretInfo *const *)b)->name);
}

GPtrArray *mu_secret_store_list(MuSecretStore *store, GError **error) {
  g_autoptr(GPtrArray) names = list_names(store, FALSE, error);
  if (names == NULL)
    return NULL;
  GPtrArray *all = g_ptr_array_new_with_free_func(info_free);
  for (guint i = 0; i < names->len; i++) {
    struct stat st;
    g_autofree char *path = file_path(store, names->pdata[i]);
    if (stat(path, &st) < 0)
      continue;
    MuSecretInfo *info = g_new0(MuSecretInfo, 1);
    *info = (MuSecretInfo){g_strdup(names->pdata[i]), st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000};
    g_ptr_array_add(all, info);
  }
  g_ptr_array_sort(all, compare_info);
  return all;
}

GPtrArray *mu_secret_store_list_own(MuSecretStore *store, const char *prefix, GError **error) {
  GPtrArray *names = list_names(store, TRUE, error);
  for (guint i = names == NULL ? 0 : names->len; i > 0; i--)
    if (!g_str_has_prefix(names->pdata[i - 1], prefix))
      g_ptr_array_remove_index(names, i - 1);
  return names;
}

/* ---- put, get, remove ------------------------------------------------------------------------------------------------ */

gboolean mu_secret_store_put_own(MuSecretStore *store, const char *name, GBytes *value, GError **error) {
  g_autofree char *file = file_name(name);
  g_autoptr(GBytes) box = mu_secret_seal(store->key, name, value, error);
  return box != NULL && write_file(store->values, file, g_bytes_get_data(box, NULL), g_bytes_get_size(box), error);
}

static gboolean has_room(MuSecretStore *store, GError **error) {
  g_autoptr(GPtrArray) names = list_names(store, FALSE, error);
  if (names == NULL || names->len < MU_SECRET_MAX_COUNT)
    return names != NULL;
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "there are %u secrets already, the most there may be; remove some",
              MU_SECRET_MAX_COUNT);
  return FALSE;
}

gboolean mu_secret_store_put(MuSecretStore *store, const char *name, GBytes *value, gboolean *ret_created,
                             GError **error) {
  if (!mu_secret_name_check(name, error))
    return FALSE;
  if (g_bytes_get_size(value) > MU_SECRET_MAX_BYTES) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
                "the secret has %" G_GSIZE_FORMAT " bytes; at most %u are accepted", g_bytes_get_size(value),
                MU_SECRET_MAX_BYTES);
    return FALSE;
  }
  g_autofree char *path = file_path(store, name);
  gboolean created = access(path, F_OK) < 0;
  if ((created && !has_room(store, error)) || !mu_secret_store_put_own(store, name, value, error))
    return FALSE;
  if (ret_created != NULL)
    *ret_created = created;
  return TRUE;
}

GBytes *mu_secret_store_get(MuSecretStore *store, const char *name, GError **error) {
  g_autofree char *path = file_path(store, name);
  g_autoptr(GError) cause = NULL;
  g_autoptr(GBytes) box = read_file(path, &cause);
  if (box != NULL)
    return mu_secret_open(store->key, name, box, error);
  if (!g_error_matches(cause, MU_ERROR, MU_ERROR_NOT_FOUND))
    g_propagate_error(error, g_steal_pointer(&cause));
  else
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "there is no secret \"%s\"; put it there with: muster secret put %s FILE", name, name);
  return NULL;
}

GBytes *mu_secret_store_get_for(MuSecretStore *store, const char *service, const char *name, GError **error) {
  name += *name == '/';
  if (!mu_secret_name_check(name, error))
    return NULL;
  if (mu_secret_may_use(service, name))
    return mu_secret_store_get(store, name, error);
  g_autofree char *folder = g_path_get_dirname(name);
  g_set_error(
      error, MU_ERROR, MU_ERROR_REFUSED,
      "the secret \"%s\" is only for services named %s or %s/…, and not for %s; put one where it may use it with: "
      "muster secret put %s/… FILE",
      name, folder, folder, service, service + (*service == '/'));
  return NULL;
}

gboolean mu_secret_store_remove(MuSecretStore *store, const char *name, GError **error) {
  if (!mu_secret_name_check(name, error))
    return FALSE;
  g_autofree char *path = file_path(store, name);
  if (unlink(path) == 0)
    return sync_folder(store->values) || fail(error, "cannot sync", store->values);
  if (errno != ENOENT)
    return fail(error, "cannot remove", path);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
              "there is no secret \"%s\"; `muster secret list` shows those there are", name);
  return FALSE;
}

gboolean mu_secret_store_remove_own(MuSecretStore *store, const char *prefix, GError **error) {
  g_autoptr(GPtrArray) names = mu_secret_store_list_own(store, prefix, error);
  for (guint i = 0; names != NULL && i < names->len; i++) {
    g_autofree char *path = file_path(store, names->pdata[i]);
    if (unlink(path) < 0 && errno != ENOENT)
      return fail(error, "cannot remove", path);
  }
  return names != NULL && (names->len == 0 || sync_folder(store->values));
}

static void empty(const char *folder) {
  g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);
  for (const char *file; names != NULL && (file = g_dir_read_name(names)) != NULL;) {
    g_autofree char *path = g_build_filename(folder, file, NULL);
    unlink(path);
  }
}

void mu_secret_store_erase(const char *dir) {
  g_autofree char *values = g_build_filename(dir, "values", NULL);
  empty(values);
  rmdir(values);
  empty(dir);
  rmdir(dir);
}
