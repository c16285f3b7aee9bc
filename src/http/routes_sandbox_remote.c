/* A task's files that lie on another machine: asked for piece by piece through the engine, and sent on as they come. */
#include "http_limits.h"
#include "http_reply.h"
#include "http_request.h"
#include "routes.h"
#include "view.h"
#include <muster/error.h>
#include <string.h>

#define PIECE_BYTES (256 * 1024)
#define TAIL_BYTES (256 * 1024) /* the last lines are looked for in so much */
#define FOLLOW_MS 1000          /* agents do not tell of what is appended */
#define MAX_TRIES 30
#define ROTATED ".1" /* behind the name of a log that was rotated */

typedef struct {
  guint refs; /* one of the request or its stream, one of a question under way */
  MuHttpServer *server;
  MuHttpResponse *response; /* NULL: nobody reads any more */
  char *agent_id, *task_id, *executor_id, *path;
  gboolean follow, placed, by_tail;
  guint64 lines;
  guint64 position, end; /* of the next byte to ask for; without `follow`: of the last one */
  gboolean rotated;      /* the file at the path is another one: what is left of the one before is being read */
  GBytes *piece;
  gsize sent; /* of the piece */
  gboolean asking, broken, over;
  guint tries; /* to find a log that is not there yet */
  GSource *timer;
} Remote;

static void unref(Remote *remote) {
  if (--remote->refs > 0)
    return;
  g_clear_pointer(&remote->piece, g_bytes_unref);
  g_free(remote->agent_id);
  g_free(remote->task_id);
  g_free(remote->executor_id);
  g_free(remote->path);
  g_free(remote);
}

static gboolean is_log(const Remote *remote) {
  return strcmp(remote->path, "stdout") == 0 || strcmp(remote->path, "stderr") == 0;
}

static void ask(Remote *remote, guint64 offset, guint64 length, MuSandboxFunc done) {
  const MuHttpBackend *backend = &remote->server->backend;
  const MuTaskPlace task = {remote->task_id, remote->agent_id, remote->executor_id};
  g_autofree char *before = remote->rotated ? g_strconcat(remote->path, ROTATED, NULL) : NULL;
  remote->refs++;
  remote->asking = TRUE;
  backend->read_sandbox(&task, before != NULL ? before : remote->path, offset, length, done, remote, backend->user);
}

/* ---- the stream -------------------------------------------------------------------------------------------------------- */

static gboolean on_timer(gpointer user) {
  Remote *remote = user;
  g_clear_pointer(&remote->timer, g_source_unref);
  mu_http_stream_wake(remote->response);
  return G_SOURCE_REMOVE;
}

static void look_later(Remote *remote, GSourceFunc func) {
  remote->timer = g_timeout_source_new(FOLLOW_MS);
  g_source_set_callback(remote->timer, func, remote, NULL);
  g_source_attach(remote->timer, remote->server->context);
}

/* The end of what was left of the file before, if it was there at all. */
static void go_on_with_new(Remote *remote) {
  remote->rotated = FALSE;
  remote->position = 0;
}

/* Nothing new: a file that is shorter than before is another one, and the one before has `.1` behind its name when it was rotated
 * (the agents' container loggers do it as logrotate does). */
static void note_nothing(Remote *remote, guint64 size) {
  if (!remote->follow)
    remote->over = TRUE;
  else if (remote->rotated)
    go_on_with_new(remote);
  else if (size < remote->position)
    remote->rotated = TRUE;
  else
    look_later(remote, on_timer);
}

static void note_trouble(Remote *remote, const GError *error) {
  if (remote->rotated && g_error_matches(error, MU_ERROR, MU_ERROR_NOT_FOUND))
    go_on_with_new(remote);
  else if (remote->follow && g_error_matches(error, MU_ERROR, MU_ERROR_UNAVAILABLE))
    look_later(remote, on_timer);
  else if (remote->follow && g_error_matches(error, MU_ERROR, MU_ERROR_NOT_FOUND))
    remote->over = TRUE; /* the sandbox was removed */
  else
    remote->broken = TRUE;
}

static void on_piece(const MuSandboxPart *part, const GError *error, gpointer user) {
  Remote *remote = user;
  remote->asking = FALSE;
  if (remote->response != NULL) {
    if (part == NULL || part->bytes == NULL)
      note_trouble(remote, error);
    else if (g_bytes_get_size(part->bytes) == 0)
      note_nothing(remote, part->size);
    else
      remote->piece = g_bytes_ref(part->bytes);
    if (remote->timer == NULL)
      mu_http_stream_wake(remote->response);
  }
  unref(remote);
}

static gssize send_piece(Remote *remote, char *buffer, gsize max) {
  gsize length;
  const char *bytes = g_bytes_get_data(remote->piece, &length);
  gsize n = MIN(max, length - remote->sent);
  memcpy(buffer, bytes + remote->sent, n);
  remote->sent += n;
  remote->position += n;
  if (remote->sent == length) {
    g_clear_pointer(&remote->piece, g_bytes_unref);
    remote->sent = 0;
  }
  return (gssize)n;
}

static gssize read_stream(gpointer user, char *buffer, gsize max) {
  Remote *remote = user;
  if (remote->piece != NULL)
    return send_piece(remote, buffer, max);
  if (remote->broken)
    return MU_HTTP_STREAM_ABORT;
  if (remote->over || (!remote->follow && remote->position >= remote->end))
    return MU_HTTP_STREAM_END;
  if (!remote->asking && remote->timer == NULL)
    ask(remote, remote->position, remote->follow ? PIECE_BYTES : MIN(PIECE_BYTES, remote->end - remote->position),
        on_piece);
  return 0;
}

static void free_stream(gpointer user) {
  Remote *remote = user;
  remote->response = NULL;
  if (remote->timer != NULL) {
    g_source_destroy(remote->timer);
    g_clear_pointer(&remote->timer, g_source_unref);
  }
  unref(remote);
}

/* Whatever a task wrote is not run by a browser. Of the two files that every task has it is known that they are text. */
static void begin_stream(Remote *remote) {
  static const MuHttpStreamOps ops = {.read = read_stream, .free = free_stream};
  g_autofree char *offset = g_strdup_printf("%" G_GUINT64_FORMAT, remote->position);
  mu_http_add_header(remote->response, "Content-Security-Policy", "sandbox; default-src 'none'");
  if (remote->follow || remote->placed)
    mu_http_add_header(remote->response, "X-Muster-Offset", offset);
  mu_http_respond_stream(remote->response, is_log(remote) ? "text/plain; charset=utf-8" : "application/octet-stream",
                         &ops, remote);
}

/* ---- before the stream ----------------------------------------------------------------------------------------------- */

static void refuse(Remote *remote, const GError *error) {
  mu_http_respond_error(remote->response, error);
  unref(remote);
}

static void answer_folder(Remote *remote, const GPtrArray *entries) {
  json_t *list = json_array();
  const char *path = remote->path;
  gboolean top = path[0] == '\0' || g_str_has_suffix(path, "/");
  for (guint i = 0; i < MIN(entries->len, MU_HTTP_MAX_LISTED_FILES); i++) {
    const MuSandboxEntry *entry = entries->pdata[i];
    g_autofree char *full = g_strconcat(path, top ? "" : "/", entry->name, NULL);
    g_autofree char *shown = g_utf8_make_valid(full, -1);
    json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:b}", "path", shown, "size", (json_int_t)entry->size, "mtime",
                                          (json_int_t)(entry->mtime_ms / 1000), "directory", entry->is_folder));
  }
  if (entries->len > MU_HTTP_MAX_LISTED_FILES)
    mu_http_add_header(remote->response, "X-Muster-Truncated", "true");
  mu_http_respond_view(remote->response, list, NULL);
  unref(remote);
}

/* Where the last `lines` lines of the bytes begin. */
static gsize find_tail(GBytes *bytes, guint64 lines) {
  gsize length;
  const char *text = g_bytes_get_data(bytes, &length);
  if (lines == 0)
    return length;
  for (gsize i = length; i > 1; i--) /* the last byte ends the last line, or belongs to it */
    if (text[i - 2] == '\n' && --lines == 0)
      return i - 1;
  return 0;
}

static void on_tail(const MuSandboxPart *part, const GError *error, gpointer user) {
  Remote *remote = user;
  remote->asking = FALSE;
  if (part == NULL || part->bytes == NULL) {
    refuse(remote, error);
  } else {
    remote->position += find_tail(part->bytes, remote->lines);
    begin_stream(remote);
  }
  unref(remote);
}

static void on_head(const MuSandboxPart *part, const GError *error, gpointer user);

static gboolean on_retry(gpointer user) {
  Remote *remote = user;
  g_autoptr(GError) ended = g_error_new(MU_ERROR, MU_ERROR_UNAVAILABLE, "the scheduler ends");
  g_clear_pointer(&remote->timer, g_source_unref);
  if (remote->response->server == NULL)
    refuse(remote, ended);
  else
    ask(remote, 0, 0, on_head);
  return G_SOURCE_REMOVE;
}

/* A task that is just being started has no sandbox yet; who follows its log waits for it. */
static gboolean waits_for_log(Remote *remote, const GError *error) {
  if (!remote->follow || !is_log(remote) || !g_error_matches(error, MU_ERROR, MU_ERROR_NOT_FOUND) ||
      remote->tries++ >= MAX_TRIES)
    return FALSE;
  look_later(remote, on_retry);
  return TRUE;
}

static void on_head(const MuSandboxPart *part, const GError *error, gpointer user) {
  Remote *remote = user;
  remote->asking = FALSE;
  if (part == NULL) {
    if (!waits_for_log(remote, error))
      refuse(remote, error);
  } else if (part->is_folder)
    answer_folder(remote, part->entries);
  else {
    remote->end = part->size;
    remote->position = MIN(remote->position, part->size);
    if (remote->by_tail) {
      remote->position = part->size > TAIL_BYTES ? part->size - TAIL_BYTES : 0;
      ask(remote, remote->position, TAIL_BYTES, on_tail);
    } else {
      begin_stream(remote);
    }
  }
  unref(remote);
}

static gboolean read_query(const MuHttpRequest *request, Remote *remote, GError **error) {
  gboolean by_offset = mu_http_query(request, "offset") != NULL;
  remote->by_tail = mu_http_query(request, "tail") != NULL;
  remote->placed = by_offset || remote->by_tail;
  if (!mu_http_query_bool(request->query, "follow", &remote->follow, error) ||
      !mu_http_query_uint(request->query, "offset", &remote->position, error) ||
      !mu_http_query_uint(request->query, "tail", &remote->lines, error))
    return FALSE;
  if (!by_offset || !remote->by_tail)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "offset and tail cannot be given together");
  return FALSE;
}

void mu_sandbox_serve_remote(MuHttpServer *server, const MuHttpRequest *request, MuHttpResponse *response,
                             const MuTaskPlace *task, const char *path) {
  GError *error = NULL;
  Remote *remote = g_new0(Remote, 1);
  remote->refs = 1;
  remote->server = server;
  remote->response = response;
  remote->agent_id = g_strdup(task->agent_id);
  remote->task_id = g_strdup(task->task_id);
  remote->executor_id = g_strdup(task->executor_id);
  remote->path = g_strdup(path);
  if (read_query(request, remote, &error)) {
    ask(remote, 0, 0, on_head);
    return;
  }
  mu_route_fail(response, error);
  unref(remote);
}
