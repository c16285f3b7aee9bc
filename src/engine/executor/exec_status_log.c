#include "exec_status_log.h"
#include "exec_error.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define COMPACT_BYTES (64 * 1024)
#define MAX_LINE (1024 * 1024)
#define FILE_NAME "log"

struct MuExecStatusLog {
  int fd;
  gsize size, size_compacted;
  GHashTable *last, *processes; /* task id to json_t, owned */
  GPtrArray *unacked;           /* of json_t*, owned */
};

static void decref(gpointer json) {
  json_decref(json);
}

static const char *member(const json_t *record, const char *key) {
  const char *text = json_string_value(json_object_get(record, key));
  return text ? text : "";
}

static gboolean forget_unacked(MuExecStatusLog *log, const char *uuid) {
  for (guint i = 0; i < log->unacked->len; i++)
    if (g_str_equal(member(log->unacked->pdata[i], "uuid"), uuid)) {
      g_ptr_array_remove_index(log->unacked, i);
      return TRUE;
    }
  return FALSE;
}

static void remember(MuExecStatusLog *log, json_t *record) {
  const char *is = member(record, "is");
  const char *task_id = member(record, "task_id");
  if (g_str_equal(is, "ack"))
    forget_unacked(log, member(record, "uuid"));
  else if (g_str_equal(is, "process"))
    g_hash_table_replace(log->processes, g_strdup(task_id), json_incref(record));
  else if (g_str_equal(is, "status")) {
    g_hash_table_replace(log->last, g_strdup(task_id), json_incref(record));
    g_ptr_array_add(log->unacked, json_incref(record));
  }
}

static void read_lines(MuExecStatusLog *log, const char *text, gsize length) {
  const char *at = text;
  for (const char *end; (end = memchr(at, '\n', length - (gsize)(at - text))); at = end + 1) {
    g_autoptr(json_t) record = mu_json_parse(at, (gsize)(end - at), MAX_LINE, NULL);
    if (json_is_object(record))
      remember(log, record);
  }
  log->size = (gsize)(at - text);
}

static gboolean write_all(int fd, const char *text, gsize length) {
  while (length > 0) {
    ssize_t n = write(fd, text, length);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    text += n;
    length -= (gsize)n;
  }
  return TRUE;
}

static gsize write_record(int fd, const json_t *record) {
  g_autofree char *text = mu_json_to_string(record);
  g_autofree char *line = g_strconcat(text, "\n", NULL);
  gsize length = strlen(line);
  return write_all(fd, line, length) ? length : 0;
}

/* The last status of a task that is also unacknowledged is written among the unacknowledged ones, in their order. */
static gsize write_state(const MuExecStatusLog *log, int fd) {
  gsize size = 0;
  GHashTableIter iter;
  gpointer record;
  g_hash_table_iter_init(&iter, log->processes);
  while (g_hash_table_iter_next(&iter, NULL, &record))
    size += write_record(fd, record);
  g_hash_table_iter_init(&iter, log->last);
  while (g_hash_table_iter_next(&iter, NULL, &record)) {
    if (g_ptr_array_find(log->unacked, record, NULL))
      continue;
    g_autoptr(json_t) ack = json_pack("{s:s, s:s}", "is", "ack", "uuid", member(record, "uuid"));
    size += write_record(fd, record) + write_record(fd, ack);
  }
  for (guint i = 0; i < log->unacked->len; i++)
    size += write_record(fd, log->unacked->pdata[i]);
  return size;
}

static void compact_if_large(MuExecStatusLog *log) {
  if (log->size < COMPACT_BYTES || log->size < 2 * log->size_compacted)
    return;
  int fd = open(FILE_NAME ".new", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  gsize size = write_state(log, fd);
  if (size == 0 || rename(FILE_NAME ".new", FILE_NAME) < 0) {
    close(fd);
    return;
  }
  close(log->fd);
  log->fd = fd;
  log->size = log->size_compacted = size;
}

MuExecStatusLog *mu_exec_status_log_open(GError **error) {
  int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return mu_exec_error(error, errno, "cannot open the executor's log"), NULL;
  MuExecStatusLog *log = g_new0(MuExecStatusLog, 1);
  log->fd = fd;
  log->last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, decref);
  log->processes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, decref);
  log->unacked = g_ptr_array_new_with_free_func(decref);
  g_autofree char *text = NULL;
  gsize length = 0;
  if (lseek(fd, 0, SEEK_END) > 0 && g_file_get_contents(FILE_NAME, &text, &length, NULL)) {
    read_lines(log, text, length);
    if (log->size < length && ftruncate(fd, (off_t)log->size) < 0)
      g_debug("the torn line stays");
  }
  return log;
}

void mu_exec_status_log_free(MuExecStatusLog *log) {
  if (!log)
    return;
  close(log->fd);
  g_hash_table_unref(log->last);
  g_hash_table_unref(log->processes);
  g_ptr_array_unref(log->unacked);
  g_free(log);
}

void mu_exec_status_log_append(MuExecStatusLog *log, json_t *take_record) {
  log->size += write_record(log->fd, take_record);
  remember(log, take_record);
  json_decref(take_record);
  compact_if_large(log);
}

gboolean mu_exec_status_log_ack(MuExecStatusLog *log, const char *uuid) {
  if (!forget_unacked(log, uuid))
    return FALSE;
  g_autoptr(json_t) ack = json_pack("{s:s, s:s}", "is", "ack", "uuid", uuid);
  log->size += write_record(log->fd, ack);
  compact_if_large(log);
  return TRUE;
}

const GPtrArray *mu_exec_status_log_unacked(const MuExecStatusLog *log) {
  return log->unacked;
}

const json_t *mu_exec_status_log_last(const MuExecStatusLog *log, const char *task_id) {
  return g_hash_table_lookup(log->last, task_id);
}

const json_t *mu_exec_status_log_process(const MuExecStatusLog *log, const char *task_id) {
  return g_hash_table_lookup(log->processes, task_id);
}
