#include "fetch_cache.h"
#include "fetch_file.h"
#include "fetch_get.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKS 64
#define META_MAX_BYTES 65536

typedef struct {
  int dir_fd, lock_fd;
  char *key;
  char *data, *meta, *tmp; /* names of its files */
  /* of the copy at hand; sha256 NULL: there is none */
  char *sha256;
  MuFetchValidators validators;
} Entry;

/* ---- locks ----------------------------------------------------------------------------------------------------------- */

/* The lock of a key is one of a fixed number, which are never removed: a lock file that goes away while somebody waits for
 * it would let two in. */
static int lock_key(int dir_fd, const char *key, int operation) {
  char pair[3] = {key[0], key[1], '\0'};
  g_autofree char *name = g_strdup_printf("lock-%02x", (guint)(g_ascii_strtoull(pair, NULL, 16) % LOCKS));
  int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd >= 0 && flock(fd, operation) == 0)
    return fd;
  int errnum = errno;
  if (fd >= 0)
    close(fd);
  errno = errnum;
  return -1;
}

/* ---- an entry -------------------------------------------------------------------------------------------------------- */

static void entry_close(Entry *entry) {
  g_free(entry->key);
  g_free(entry->data);
  g_free(entry->meta);
  g_free(entry->tmp);
  g_free(entry->sha256);
  mu_fetch_validators_clear(&entry->validators);
  if (entry->lock_fd >= 0)
    close(entry->lock_fd);
  if (entry->dir_fd >= 0)
    close(entry->dir_fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Entry, entry_close)

static char *read_at(int dir_fd, const char *name, gsize *ret_length) {
  char *text = g_malloc(META_MAX_BYTES);
  int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, text, META_MAX_BYTES);
  if (fd >= 0)
    close(fd);
  if (n < 0)
    g_clear_pointer(&text, g_free);
  *ret_length = (gsize)MAX(n, 0);
  return text;
}

static void read_meta(Entry *entry, const char *address) {
  gsize length = 0;
  g_autofree char *text = read_at(entry->dir_fd, entry->meta, &length);
  g_autoptr(json_t) meta = text == NULL ? NULL : mu_json_parse(text, length, META_MAX_BYTES, NULL);
  const char *of = json_string_value(json_object_get(meta, "address"));
  if (of == NULL || strcmp(of, address) != 0)
    return;
  entry->sha256 = g_strdup(json_string_value(json_object_get(meta, "sha256")));
  entry->validators.etag = g_strdup(json_string_value(json_object_get(meta, "etag")));
  entry->validators.last_modified = g_strdup(json_string_value(json_object_get(meta, "last_modified")));
}

static gboolean entry_open(Entry *entry, const char *dir, const char *address, GError **error) {
  entry->lock_fd = -1;
  entry->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (entry->dir_fd < 0)
    return mu_fetch_fail(error, errno, "cannot open the cache");
  entry->key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, address, -1);
  entry->data = g_strconcat(entry->key, ".data", NULL);
  entry->meta = g_strconcat(entry->key, ".meta", NULL);
  entry->tmp = g_strconcat(entry->key, ".tmp", NULL);
  entry->lock_fd = lock_key(entry->dir_fd, entry->key, LOCK_EX);
  if (entry->lock_fd < 0)
    return mu_fetch_fail(error, errno, "cannot lock the cache");
  read_meta(entry, address);
  return TRUE;
}

static void forget_copy(Entry *entry) {
  unlinkat(entry->dir_fd, entry->meta, 0);
  unlinkat(entry->dir_fd, entry->data, 0);
  g_clear_pointer(&entry->sha256, g_free);
  mu_fetch_validators_clear(&entry->validators);
}

/* Copies what is at hand; FALSE when it is not what its sum says, and then it is forgotten. What was written is undone. */
static gboolean use_copy(Entry *entry, int fd) {
  int from = openat(entry->dir_fd, entry->data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  g_autofree char *sum = from < 0 ? NULL : mu_fetch_copy(from, fd, NULL);
  if (from >= 0)
    close(from);
  if (sum != NULL && g_strcmp0(sum, entry->sha256) == 0) {
    utimensat(entry->dir_fd, entry->meta, NULL, 0); /* used just now: the last to be trimmed */
    return TRUE;
  }
  forget_copy(entry);
  if (ftruncate(fd, 0) == 0)
    lseek(fd, 0, SEEK_SET);
  return FALSE;
}

/* ---- keeping --------------------------------------------------------------------------------------------------------- */

static gboolean write_meta(const Entry *entry, const char *address, const char *sha256, const MuFetchValidators *said) {
  g_autoptr(json_t) meta = json_object();
  mu_json_set_string(meta, "address", address);
  mu_json_set_string(meta, "sha256", sha256);
  mu_json_set_string(meta, "etag", said->etag);
  mu_json_set_string(meta, "last_modified", said->last_modified);
  g_autofree char *text = mu_json_to_string(meta);
  int fd = openat(entry->dir_fd, entry->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  if (fd >= 0)
    close(fd);
  return ok && renameat(entry->dir_fd, entry->tmp, entry->dir_fd, entry->meta) == 0;
}

/* The meta data of the copy before goes first, so that it is never taken for the new content's. */
static void keep(const Entry *entry, const MuFetchUri *uri, const char *sha256, const MuFetchAnswer *answer) {
  gboolean has_validator = answer->validators.etag != NULL || answer->validators.last_modified != NULL;
  unlinkat(entry->dir_fd, entry->meta, 0);
  if (answer->no_store || (!has_validator && uri->sha256 == NULL)) {
    unlinkat(entry->dir_fd, entry->data, 0);
    unlinkat(entry->dir_fd, entry->tmp, 0);
    return;
  }
  if (renameat(entry->dir_fd, entry->tmp, entry->dir_fd, entry->data) < 0 ||
      !write_meta(entry, uri->value, sha256, &answer->validators))
    unlinkat(entry->dir_fd, entry->tmp, 0);
}

/* ---- fetching -------------------------------------------------------------------------------------------------------- */

static gboolean download(const Entry *entry, const MuFetchUri *uri, gboolean anew, int tmp_fd, int fd, MuFetchSay say,
                         gboolean *ret_unchanged, GError **error) {
  MuFetchAnswer answer = {0};
  if (!mu_fetch_get(uri->value, anew ? NULL : &entry->validators, tmp_fd, say, &answer, error))
    return FALSE;
  *ret_unchanged = answer.not_modified;
  g_autofree char *sum = answer.not_modified ? NULL : mu_fetch_copy(tmp_fd, fd, error);
  gboolean ok = answer.not_modified || (sum != NULL && mu_fetch_check_sum(uri->sha256, sum, error));
  if (ok && !answer.not_modified)
    keep(entry, uri, sum, &answer);
  mu_fetch_validators_clear(&answer.validators);
  return ok;
}

/* `anew`: not by the validators of the copy at hand. */
static gboolean ask_server(Entry *entry, const MuFetchUri *uri, gboolean anew, int fd, MuFetchSay say,
                           gboolean *ret_unchanged, GError **error) {
  int tmp_fd = openat(entry->dir_fd, entry->tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (tmp_fd < 0)
    return mu_fetch_fail(error, errno, "cannot write into the cache");
  gboolean ok = download(entry, uri, anew, tmp_fd, fd, say, ret_unchanged, error);
  if (!ok || *ret_unchanged)
    unlinkat(entry->dir_fd, entry->tmp, 0);
  close(tmp_fd);
  return ok;
}

gboolean mu_fetch_cached(const char *dir, const MuFetchUri *uri, int fd, MuFetchSay say, MuFetchFrom *ret_from,
                         GError **error) {
  g_auto(Entry) entry = {.dir_fd = -1, .lock_fd = -1};
  if (!entry_open(&entry, dir, uri->value, error))
    return FALSE;
  *ret_from = MU_FETCH_KNOWN;
  if (uri->sha256 != NULL && g_strcmp0(uri->sha256, entry.sha256) == 0 && use_copy(&entry, fd))
    return TRUE;
  gboolean unchanged = FALSE;
  if (!ask_server(&entry, uri, entry.sha256 == NULL, fd, say, &unchanged, error))
    return FALSE;
  *ret_from = unchanged ? MU_FETCH_UNCHANGED : MU_FETCH_DOWNLOADED;
  if (!unchanged)
    return TRUE;
  if (!mu_fetch_check_sum(uri->sha256, entry.sha256, error))
    return FALSE;
  if (use_copy(&entry, fd))
    return TRUE;
  *ret_from = MU_FETCH_DOWNLOADED;
  return ask_server(&entry, uri, TRUE, fd, say, &unchanged, error);
}

/* ---- trimming -------------------------------------------------------------------------------------------------------- */

typedef struct {
  char *key;
  guint64 bytes;
  gint64 used_s;
} Kept;

static void kept_free(gpointer data) {
  Kept *kept = data;
  g_free(kept->key);
  g_free(kept);
}

static int compare_used(gconstpointer a, gconstpointer b) {
  const Kept *left = *(Kept *const *)a, *right = *(Kept *const *)b;
  return left->used_s < right->used_s ? -1 : left->used_s > right->used_s;
}

static Kept *look_at(int dir_fd, const char *data_name) {
  struct stat data, meta;
  g_autofree char *key = g_strndup(data_name, strlen(data_name) - strlen(".data"));
  g_autofree char *meta_name = g_strconcat(key, ".meta", NULL);
  if (fstatat(dir_fd, data_name, &data, AT_SYMLINK_NOFOLLOW) < 0)
    return NULL;
  gboolean whole = fstatat(dir_fd, meta_name, &meta, AT_SYMLINK_NOFOLLOW) == 0;
  Kept *kept = g_new0(Kept, 1);
  *kept = (Kept){g_steal_pointer(&key), (guint64)data.st_blocks * 512, whole ? meta.st_mtime : 0};
  return kept;
}

/* Also removes what a process that died was fetching. */
static GPtrArray *list_kept(int dir_fd, const char *dir) {
  GPtrArray *all = g_ptr_array_new_with_free_func(kept_free);
  g_autoptr(GDir) names = g_dir_open(dir, 0, NULL);
  for (const char *name; names != NULL && (name = g_dir_read_name(names)) != NULL;) {
    if (g_str_has_suffix(name, ".tmp")) {
      int lock = lock_key(dir_fd, name, LOCK_EX | LOCK_NB);
      if (lock >= 0) {
        unlinkat(dir_fd, name, 0);
        close(lock);
      }
    }
    Kept *kept = g_str_has_suffix(name, ".data") ? look_at(dir_fd, name) : NULL;
    if (kept != NULL)
      g_ptr_array_add(all, kept);
  }
  return all;
}

static gboolean remove_kept(int dir_fd, const char *key) {
  int lock = lock_key(dir_fd, key, LOCK_EX | LOCK_NB);
  if (lock < 0)
    return FALSE;
  g_autofree char *data = g_strconcat(key, ".data", NULL), *meta = g_strconcat(key, ".meta", NULL);
  unlinkat(dir_fd, meta, 0);
  unlinkat(dir_fd, data, 0);
  close(lock);
  return TRUE;
}

void mu_fetch_cache_trim(const char *dir, guint64 max) {
  int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (dir_fd < 0)
    return;
  g_autoptr(GPtrArray) all = list_kept(dir_fd, dir);
  guint64 total = 0;
  for (guint i = 0; i < all->len; i++)
    total += ((const Kept *)all->pdata[i])->bytes;
  g_ptr_array_sort(all, compare_used);
  for (guint i = 0; i < all->len && total > max; i++) {
    const Kept *kept = all->pdata[i];
    if (remove_kept(dir_fd, kept->key))
      total -= kept->bytes;
  }
  close(dir_fd);
}
