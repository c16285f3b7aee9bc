#include "sandbox_file.h"

#include "http_limits.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <muster/error.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES (16 * 1024)
#define SAMPLE_BYTES 1024

/* ---- opening ---- */

/* Where an open file really is. */
static char *path_of(int fd) {
  g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
  return g_file_read_link(link, NULL);
}

static gboolean lies_below(int fd, const char *root) {
  g_autofree char *where = path_of(fd);
  char *real_root = realpath(root, NULL);
  gboolean below = FALSE;
  if (where != NULL && real_root != NULL) {
    gsize length = strlen(real_root);
    below = strncmp(where, real_root, length) == 0 && (where[length] == '/' || where[length] == '\0');
  }
  free(real_root);
  return below;
}

static gboolean check_open(int fd, const char *root, const char *path, struct stat *ret_status, GError **error) {
  struct stat status;
  if (fstat(fd, &status) < 0 || !lies_below(fd, root)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s leads out of the sandbox", path);
    return FALSE;
  }
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s is neither a file nor a folder", path);
    return FALSE;
  }
  *ret_status = status;
  return TRUE;
}

int mu_sandbox_open(const char *root, const char *path, struct stat *ret_status, GError **error) {
  /* Not blocking: the name may be a pipe's by now. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    int code = errno == ENOENT || errno == ENOTDIR ? MU_ERROR_NOT_FOUND : MU_ERROR_REFUSED;
    g_set_error(error, MU_ERROR, code, "%s: %s", path, g_strerror(errno));
    return -1;
  }
  if (check_open(fd, root, path, ret_status, error))
    return fd;
  close(fd);
  return -1;
}

/* ---- folders ---- */

static json_t *entry_new(int folder, const char *prefix, const char *name) {
  struct stat status;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return NULL;
  g_autofree char *path = g_strconcat(prefix, name, NULL);
  g_autofree char *shown = g_utf8_make_valid(path, -1);
  return json_pack("{s:s,s:I,s:I,s:b}", "path", shown, "size", (json_int_t)status.st_size, "mtime",
                   (json_int_t)status.st_mtime, "directory", S_ISDIR(status.st_mode));
}

static int by_name(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a folder, sorted. */
static GPtrArray *read_names(DIR *dir, guint max, gboolean *ret_cut) {
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  *ret_cut = FALSE;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (names->len == max) {
      *ret_cut = TRUE;
      break;
    }
    g_ptr_array_add(names, g_strdup(entry->d_name));
  }
  g_ptr_array_sort(names, by_name);
  return names;
}

json_t *mu_sandbox_list(int folder, const char *prefix, guint max, gboolean *ret_cut, GError **error) {
  int own = fcntl(folder, F_DUPFD_CLOEXEC, 0);
  DIR *dir = own < 0 ? NULL : fdopendir(own);
  if (dir == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "the folder cannot be read: %s", g_strerror(errno));
    if (own >= 0)
      close(own);
    return NULL;
  }
  g_autoptr(GPtrArray) names = read_names(dir, max, ret_cut);
  json_t *list = json_array();
  for (guint i = 0; i < names->len; i++) {
    json_t *entry = entry_new(folder, prefix, g_ptr_array_index(names, i));
    if (entry != NULL)
      json_array_append_new(list, entry);
  }
  closedir(dir);
  return list;
}

/* ---- text ---- */

/* The position after the newline that ends the line before the last `*left` ones of the block; -1 when it has too few. */
static gssize nth_line_from_end(const char *block, gsize n, guint64 *left) {
  for (gsize i = n; i > 0; i--)
    if (block[i - 1] == '\n' && (*left)-- == 0)
      return (gssize)i;
  return -1;
}

guint64 mu_sandbox_tail(int fd, guint64 size, guint64 lines) {
  char block[BLOCK_BYTES];
  if (lines == 0 || size == 0)
    return size;
  guint64 floor = size > MU_HTTP_TAIL_MAX_BYTES ? size - MU_HTTP_TAIL_MAX_BYTES : 0;
  /* The last byte ends the last line or belongs to it; either way it begins no line. */
  guint64 end = size - 1, left = lines - 1;
  while (end > floor) {
    gsize want = (gsize)MIN(end - floor, sizeof block);
    ssize_t n = pread(fd, block, want, (off_t)(end - want));
    if (n != (ssize_t)want)
      break;
    gssize at = nth_line_from_end(block, want, &left);
    if (at >= 0)
      return end - want + (guint64)at;
    end -= want;
  }
  return floor;
}

const char *mu_sandbox_content_type(int fd) {
  char sample[SAMPLE_BYTES];
  const char *bad = sample;
  ssize_t n = pread(fd, sample, sizeof sample, 0);
  if (n <= 0)
    return "text/plain; charset=utf-8";
  /* The sample may end within a character. */
  if (g_utf8_validate_len(sample, (gsize)n, &bad) || (sample + n - bad < 4 && n == sizeof sample))
    return "text/plain; charset=utf-8";
  return "application/octet-stream";
}
