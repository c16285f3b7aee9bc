#include "cli_task_log.h"
#include <string.h>

struct MuCliTaskLog {
  MuCliTaskLogOptions options;
  char *service, *task, *file;
  MuCliStream *stream; /* NULL: it ended */
  guint64 read;        /* bytes since the stream began */
  guint64 begin;       /* where it began in the file */
  GString *line;       /* begun, not ended */
  GError *error;
};

static void take_bytes(MuCliTaskLog *log, const char *bytes, gsize length) {
  log->read += length;
  for (const char *end = bytes + length; bytes < end;) {
    const char *newline = memchr(bytes, '\n', (gsize)(end - bytes));
    const char *behind = newline == NULL ? end : newline + 1;
    g_string_append_len(log->line, bytes, behind - bytes);
    bytes = behind;
    if (newline == NULL)
      break;
    log->options.line(log->line->str, log->line->len, log->options.user);
    g_string_truncate(log->line, 0);
  }
}

static void on_opened(gpointer user) {
  MuCliTaskLog *log = user;
  log->begin = mu_cli_client_stream_offset(log->stream);
}

static void on_data(const char *bytes, gsize length, gpointer user) {
  take_bytes(user, bytes, length);
}

static void on_ended(const GError *error, gpointer user) {
  MuCliTaskLog *log = user;
  log->stream = NULL;
  log->error = error == NULL ? NULL : g_error_copy(error);
}

static char *path_of(const MuCliTaskLog *log) {
  return mu_cli_path("/v1/service/%s/sandbox/%s/%s", log->service, log->task, log->file);
}

MuCliTaskLog *mu_cli_task_log_open(const MuCliTaskLogOptions *options) {
  MuCliTaskLog *log = g_new0(MuCliTaskLog, 1);
  log->options = *options;
  log->service = g_strdup(options->service);
  log->task = g_strdup(options->task);
  log->file = g_strdup(options->file);
  log->line = g_string_new(NULL);
  g_autofree char *path = path_of(log);
  g_autofree char *tail = options->tail < 0 ? g_strdup("") : g_strdup_printf("&tail=%" G_GINT64_FORMAT, options->tail);
  g_autofree char *query = g_strdup_printf("%s?follow=true%s", path, tail);
  MuCliStreamHandler handler = {.opened = on_opened, .data = on_data, .ended = on_ended, .user = log};
  log->stream = mu_cli_client_stream(options->client, query, &handler);
  return log;
}

/* What was written since the stream was last read. After a rotation there may be nothing at that offset. */
static void read_rest(MuCliTaskLog *log) {
  g_autofree char *path = path_of(log);
  g_autofree char *query = g_strdup_printf("%s?offset=%" G_GUINT64_FORMAT, path, log->begin + log->read);
  g_autoptr(GBytes) rest = mu_cli_client_get_bytes(log->options.client, query, NULL);
  gsize length = 0;
  const char *bytes = rest == NULL ? NULL : g_bytes_get_data(rest, &length);
  if (length > 0)
    take_bytes(log, bytes, length);
}

void mu_cli_task_log_close(MuCliTaskLog *take_log) {
  MuCliTaskLog *log = take_log;
  if (log->stream != NULL)
    mu_cli_client_drop_stream(log->options.client, log->stream);
  read_rest(log); /* also when the stream failed: a run that is over at once may have no file yet when it is opened */
  if (log->line->len > 0)
    log->options.line(log->line->str, log->line->len, log->options.user);
  g_string_free(log->line, TRUE);
  g_free(log->service);
  g_free(log->task);
  g_free(log->file);
  g_clear_error(&log->error);
  g_free(log);
}

const GError *mu_cli_task_log_error(const MuCliTaskLog *log) {
  return log->error;
}
