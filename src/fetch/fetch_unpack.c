#include "fetch_unpack.h"
#include "fetch.h"
#include "fetch_path.h"
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>

#define READ_BYTES (256 * 1024)
#define DISK_FLAGS                                                                                                     \
  (ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |                          \
   ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS)

typedef enum { NO_ARCHIVE, ARCHIVE, ONE_FILE } Kind;

static const struct {
  const char *suffix;
  Kind kind;
} suffixes[] = {
    {".tar", ARCHIVE},    {".tar.gz", ARCHIVE}, {".tgz", ARCHIVE},     {".tar.bz2", ARCHIVE}, {".tbz2", ARCHIVE},
    {".tar.xz", ARCHIVE}, {".txz", ARCHIVE},    {".tar.zst", ARCHIVE}, {".zip", ARCHIVE},     {".gz", ONE_FILE},
};

typedef struct {
  struct archive *from, *disk;
  const char *name;
  guint64 bytes;
  guint entries;
} Unpack;

static Kind kind_of(const char *name) {
  gsize length = strlen(name);
  for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
    gsize own = strlen(suffixes[i].suffix);
    if (length > own && g_ascii_strcasecmp(name + length - own, suffixes[i].suffix) == 0)
      return suffixes[i].kind;
  }
  return NO_ARCHIVE;
}

gboolean mu_fetch_is_archive(const char *name) {
  return kind_of(name) != NO_ARCHIVE;
}

/* ---- what is refused ------------------------------------------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *entry, const char *why) {
  g_autofree char *shown = g_utf8_make_valid(entry == NULL ? "?" : entry, -1);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "its entry \"%.200s\" %s", shown, why);
  return FALSE;
}

static gboolean broken(struct archive *archive, GError **error) {
  const char *why = archive_error_string(archive);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "it cannot be unpacked: %s; extract=false keeps it packed",
              why == NULL ? "it is damaged, or no archive" : why);
  return FALSE;
}

static gboolean check_links(struct archive_entry *entry, const char *path, GError **error) {
  const char *hard = archive_entry_hardlink(entry), *target = archive_entry_symlink(entry);
  if (hard != NULL)
    return mu_fetch_path_is_inside(hard) || refuse(error, path, "is a link to a file outside of the sandbox");
  if (archive_entry_filetype(entry) != AE_IFLNK)
    return TRUE;
  return (target != NULL && mu_fetch_link_is_inside(path, target)) ||
         refuse(error, path, "is a link that leads out of the sandbox");
}

static gboolean check_entry(Unpack *unpack, struct archive_entry *entry, GError **error) {
  const char *path = archive_entry_pathname(entry);
  mode_t type = archive_entry_filetype(entry);
  if (++unpack->entries > MU_FETCH_MAX_ENTRIES)
    return refuse(error, path, "is one more than the limit of 500000 entries");
  if (path == NULL || !mu_fetch_path_is_inside(path))
    return refuse(error, path, "would lie outside of the sandbox, or has no proper name");
  if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK && archive_entry_hardlink(entry) == NULL)
    return refuse(error, path, "is neither a file, a folder nor a link");
  return check_links(entry, path, error);
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static gboolean copy_data(Unpack *unpack, const char *path, GError **error) {
  const void *block = NULL;
  size_t size = 0;
  la_int64_t offset = 0;
  guint64 before = unpack->bytes;
  for (;;) {
    int code = archive_read_data_block(unpack->from, &block, &size, &offset);
    if (code == ARCHIVE_EOF)
      return TRUE;
    if (code < ARCHIVE_WARN)
      return broken(unpack->from, error);
    unpack->bytes = MAX(unpack->bytes, before + (guint64)offset + size);
    if (unpack->bytes > MU_FETCH_MAX_UNPACKED_BYTES)
      return refuse(error, path, "is beyond the limit of bytes that an archive may unpack to");
    if (archive_write_data_block(unpack->disk, block, size, offset) < ARCHIVE_WARN)
      return broken(unpack->disk, error);
  }
}

static gboolean write_entry(Unpack *unpack, struct archive_entry *entry, GError **error) {
  const char *path = archive_entry_pathname(entry);
  if (archive_write_header(unpack->disk, entry) < ARCHIVE_WARN) {
    const char *why = archive_error_string(unpack->disk);
    g_autofree char *text = g_strdup_printf("cannot be written: %s", why == NULL ? "no reason given" : why);
    return refuse(error, path, text);
  }
  if (archive_entry_hardlink(entry) == NULL && !copy_data(unpack, path, error))
    return FALSE;
  return archive_write_finish_entry(unpack->disk) >= ARCHIVE_WARN || broken(unpack->disk, error);
}

/* A .gz alone holds one file without a name of its own. */
static void give_name(const Unpack *unpack, struct archive_entry *entry) {
  g_autofree char *name = g_strndup(unpack->name, strlen(unpack->name) - strlen(".gz"));
  archive_entry_set_pathname(entry, name);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_filetype(entry, AE_IFREG);
}

static gboolean write_all(Unpack *unpack, Kind kind, GError **error) {
  struct archive_entry *entry = NULL;
  for (;;) {
    int code = archive_read_next_header(unpack->from, &entry);
    if (code == ARCHIVE_EOF)
      return TRUE;
    if (code < ARCHIVE_WARN)
      return broken(unpack->from, error);
    if (kind == ONE_FILE)
      give_name(unpack, entry);
    if (!check_entry(unpack, entry, error) || !write_entry(unpack, entry, error))
      return FALSE;
  }
}

static void support(struct archive *from, Kind kind) {
  archive_read_support_filter_all(from);
  if (kind == ONE_FILE) {
    archive_read_support_format_raw(from);
    return;
  }
  archive_read_support_format_tar(from);
  archive_read_support_format_zip(from);
}

gboolean mu_fetch_unpack(const char *name, GError **error) {
  Kind kind = kind_of(name);
  Unpack unpack = {.from = archive_read_new(), .disk = archive_write_disk_new(), .name = name};
  support(unpack.from, kind);
  archive_write_disk_set_options(unpack.disk, DISK_FLAGS);
  gboolean ok = archive_read_open_filename(unpack.from, name, READ_BYTES) == ARCHIVE_OK || broken(unpack.from, error);
  ok = ok && write_all(&unpack, kind, error);
  if (archive_write_close(unpack.disk) < ARCHIVE_WARN && ok)
    ok = broken(unpack.disk, error);
  archive_write_free(unpack.disk);
  archive_read_free(unpack.from);
  return ok;
}
