#include "local_journal.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1
#define MAX_RECORD (256 * 1024 * 1024)
#define REWRITE_BYTES (1024 * 1024)

struct MuLocalJournal {
  char *path;
  int fd;
  gsize size, size_rewritten;
  GString *pending;
};

static gboolean fail(GError **error, const char *what, const char *path) {
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s %s: %s", what, path, g_strerror(errno));
  return FALSE;
}

static void decref(gpointer json) {
  json_decref(json);
}

static gboolean write_all(int fd, const char *text, gsize length) {
  for (gsize done = 0; done < length;) {
    ssize_t n = write(fd, text + done, length - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    done += (gsize)n;
  }
  return TRUE;
}

static void add_line(GString *text, const json_t *record) {
  g_autofree char *line = mu_json_to_string(record);
  g_string_append(text, line);
  g_string_append_c(text, '\n');
}

static gboolean check_header(const json_t *record, const char *path, GError **error) {
  const char *is = json_string_value(json_object_get(record, "is"));
  json_int_t version = json_integer_value(json_object_get(record, "version"));
  if (!is || !g_str_equal(is, "journal")) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s is not a journal of the local engine", path);
    return FALSE;
  }
  if (version <= VERSION)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_NEWER_STATE, "%s was written by a newer version of muster", path);
  return FALSE;
}

/* `journal->size` becomes the length of the good part. */
static gboolean read_records(MuLocalJournal *journal, const char *text, gsize length, GPtrArray *records,
                             GError **error) {
  const char *at = text;
  guint line = 1;
  for (const char *end; (end = memchr(at, '\n', length - (gsize)(at - text))); at = end + 1, line++) {
    g_autoptr(GError) cause = NULL;
    g_autoptr(json_t) record = mu_json_parse(at, (gsize)(end - at), MAX_RECORD, &cause);
    if (!record && end + 1 == text + length)
      break; /* torn: the sectors of one write reach the disk in any order */
    if (!record) {
      g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s, line %u: corrupt: %s", journal->path, line, cause->message);
      return FALSE;
    }
    if (line == 1 && !check_header(record, journal->path, error))
      return FALSE;
    if (line > 1)
      g_ptr_array_add(records, json_incref(record));
  }
  journal->size = (gsize)(at - text);
  return TRUE;
}

static gboolean load(MuLocalJournal *journal, GPtrArray *records, GError **error) {
  g_autofree char *text = NULL;
  gsize length = 0;
  if (!g_file_get_contents(journal->path, &text, &length, error) ||
      !read_records(journal, text, length, records, error))
    return FALSE;
  if (journal->size < length && ftruncate(journal->fd, (off_t)journal->size) < 0)
    return fail(error, "cannot cut the torn end of", journal->path);
  if (journal->size == 0)
    mu_local_journal_add(journal, json_pack("{s:s, s:i}", "is", "journal", "version", VERSION));
  return TRUE;
}

MuLocalJournal *mu_local_journal_open(const char *path, GPtrArray **ret_records, GError **error) {
  int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    fail(error, "cannot open the journal", path);
    return NULL;
  }
  MuLocalJournal *journal = g_new0(MuLocalJournal, 1);
  *journal = (MuLocalJournal){.path = g_strdup(path), .fd = fd, .pending = g_string_new(NULL)};
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(decref);
  if (!load(journal, records, error)) {
    mu_local_journal_free(journal);
    return NULL;
  }
  *ret_records = g_steal_pointer(&records);
  return journal;
}

void mu_local_journal_free(MuLocalJournal *journal) {
  if (!journal)
    return;
  close(journal->fd);
  g_string_free(journal->pending, TRUE);
  g_free(journal->path);
  g_free(journal);
}

void mu_local_journal_add(MuLocalJournal *journal, json_t *take_record) {
  add_line(journal->pending, take_record);
  json_decref(take_record);
}

gboolean mu_local_journal_commit(MuLocalJournal *journal, GError **error) {
  gsize length = journal->pending->len;
  if (length == 0)
    return TRUE;
  if (!write_all(journal->fd, journal->pending->str, length) || fdatasync(journal->fd) < 0) {
    fail(error, "cannot write the journal", journal->path);
    if (ftruncate(journal->fd, (off_t)journal->size) < 0) /* a half-written line must not stand in the middle */
      g_debug("the half-written line stays");
    return FALSE;
  }
  journal->size += length;
  g_string_truncate(journal->pending, 0);
  return TRUE;
}

gboolean mu_local_journal_wants_rewrite(const MuLocalJournal *journal) {
  return journal->size > REWRITE_BYTES && journal->size > 4 * journal->size_rewritten;
}

static gboolean sync_folder(const char *path) {
  g_autofree char *folder = g_path_get_dirname(path);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0)
    close(fd);
  return ok;
}

gboolean mu_local_journal_rewrite(MuLocalJournal *journal, json_t *take_record, GError **error) {
  g_autoptr(json_t) record = take_record;
  g_autoptr(json_t) header = json_pack("{s:s, s:i}", "is", "journal", "version", VERSION);
  g_autoptr(GString) text = g_string_new(NULL);
  add_line(text, header);
  add_line(text, record);
  g_autofree char *path = g_strconcat(journal->path, ".new", NULL);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || !write_all(fd, text->str, text->len) || fdatasync(fd) < 0 || rename(path, journal->path) < 0 ||
      !sync_folder(path)) {
    fail(error, "cannot rewrite the journal", journal->path);
    if (fd >= 0)
      close(fd);
    return FALSE;
  }
  close(journal->fd);
  journal->fd = fd;
  journal->size = journal->size_rewritten = text->len;
  g_string_truncate(journal->pending, 0);
  return TRUE;
}
