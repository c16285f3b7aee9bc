/* A file of JSON objects, one a line, appended to as drivers end; written anew when half of it is too old. */
#include "dispatcher.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct History {
  char *path;
  guint max, lines; /* lines: in the file */
  GQueue order;     /* of HistoryEntry*, the oldest first */
  GHashTable *by_id;
};

static void entry_free(HistoryEntry *entry) {
  g_free(entry->id);
  g_free(entry->state);
  g_free(entry->worker);
  g_free(entry->host);
  g_free(entry);
}

void history_free(History *history) {
  if (history == NULL)
    return;
  g_hash_table_unref(history->by_id);
  g_queue_clear_full(&history->order, (GDestroyNotify)entry_free);
  g_free(history->path);
  g_free(history);
}

/* FALSE: it is known already. */
static gboolean keep(History *history, const char *id, const char *state, const char *worker, const char *host) {
  if (g_hash_table_contains(history->by_id, id))
    return FALSE;
  HistoryEntry *entry = g_new0(HistoryEntry, 1);
  *entry = (HistoryEntry){g_strdup(id), g_strdup(state), g_strdup(worker), g_strdup(host)};
  g_queue_push_tail(&history->order, entry);
  g_hash_table_insert(history->by_id, entry->id, entry);
  if (history->order.length > history->max) {
    HistoryEntry *oldest = g_queue_pop_head(&history->order);
    g_hash_table_remove(history->by_id, oldest->id);
    entry_free(oldest);
  }
  return TRUE;
}

/* A line that cannot be read is one that was half written when the machine went down. */
static void read_line(History *history, const char *line) {
  json_t *json = json_loads(line, 0, NULL);
  const char *id = NULL, *state = NULL, *worker = NULL, *host = NULL;
  if (json != NULL &&
      json_unpack(json, "{s:s, s:s, s?s, s?s}", "id", &id, "state", &state, "worker", &worker, "host", &host) == 0)
    keep(history, id, state, worker, host);
  json_decref(json);
}

static void append_line(GString *text, const HistoryEntry *entry) {
  json_t *json = json_pack("{s:s, s:s, s:s*, s:s*}", "id", entry->id, "state", entry->state, "worker", entry->worker,
                           "host", entry->host);
  char *line = json_dumps(json, JSON_COMPACT);
  g_string_append_printf(text, "%s\n", line);
  free(line);
  json_decref(json);
}

static gboolean write_anew(History *history, GError **error) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (const GList *link = history->order.head; link != NULL; link = link->next)
    append_line(text, link->data);
  history->lines = history->order.length;
  return g_file_set_contents_full(history->path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                  error);
}

History *history_open(const char *path, guint max, GError **error) {
  g_autoptr(History) history = g_new0(History, 1);
  g_autofree char *text = NULL;
  history->path = g_strdup(path);
  history->max = MAX(max, 1);
  history->by_id = g_hash_table_new(g_str_hash, g_str_equal);
  if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_get_contents(path, &text, NULL, error))
    return NULL;
  g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    read_line(history, lines[i]);
  return write_anew(history, error) ? g_steal_pointer(&history) : NULL;
}

static gboolean append(History *history, GError **error) {
  g_autoptr(GString) text = g_string_new(NULL);
  append_line(text, history->order.tail->data);
  FILE *file = fopen(history->path, "ae");
  gboolean good = file != NULL && fputs(text->str, file) != EOF;
  good = file != NULL && fclose(file) == 0 && good;
  if (!good)
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s: %s", history->path, g_strerror(errno));
  return good;
}

void history_add(History *history, const char *id, const char *state, const char *worker, const char *host) {
  g_autoptr(GError) error = NULL;
  if (!keep(history, id, state, worker, host))
    return;
  gboolean good = ++history->lines > 2 * history->max ? write_anew(history, &error) : append(history, &error);
  if (!good)
    fprintf(stderr, "dispatcher: the history cannot be written: %s\n", error->message);
}

const HistoryEntry *history_find(const History *history, const char *id) {
  return g_hash_table_lookup(history->by_id, id);
}
