/* A task's files. The engine says where they lie and refuses what leads out of the sandbox; sandbox_file.c looks again at
 * what was really opened. */
#include "http_limits.h"
#include "http_reply.h"
#include "http_request.h"
#include "routes.h"
#include "sandbox_file.h"
#include "view.h"
#include <muster/error.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *root, *path;
  int fd;
  struct stat status;
} SandboxFile;

static gboolean has_parent_part(const char *path) {
  g_auto(GStrv) parts = g_strsplit(path, "/", -1);
  return g_strv_contains((const char *const *)parts, "..");
}

static gboolean find_task(MuHttpServer *server, const MuHttpRequest *request, const char *path, MuTaskPlace *ret_place,
                          GError **error) {
  g_autofree char *service = mu_route_service_name(server, request);
  if (has_parent_part(path)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: a path in a sandbox has no `..`", path);
    return FALSE;
  }
  return mu_view_task(server->backend.client, service, request->captures[1], ret_place, error);
}

static gboolean open_file(MuHttpServer *server, const MuTaskPlace *task, const char *path, SandboxFile *file,
                          GError **error) {
  const MuHttpBackend *backend = &server->backend;
  file->root = backend->sandbox_path(task->agent_id, task->task_id, "", backend->user, error);
  if (file->root == NULL)
    return FALSE;
  file->path = backend->sandbox_path(task->agent_id, task->task_id, path, backend->user, error);
  if (file->path == NULL)
    return FALSE;
  file->fd = mu_sandbox_open(file->root, file->path, &file->status, error);
  return file->fd >= 0;
}

/* ---- folders ---- */

static void answer_folder(MuHttpResponse *response, const SandboxFile *file, const char *path) {
  GError *error = NULL;
  gboolean cut = FALSE, top = path[0] == '\0' || g_str_has_suffix(path, "/");
  g_autofree char *prefix = g_strconcat(path, top ? "" : "/", NULL);
  json_t *list = mu_sandbox_list(file->fd, prefix, MU_HTTP_MAX_LISTED_FILES, &cut, &error);
  if (cut)
    mu_http_add_header(response, "X-Muster-Truncated", "true");
  mu_http_respond_view(response, list, error);
}

/* ---- files ---- */

typedef struct {
  gboolean follow, placed; /* placed: offset or tail was given */
  guint64 offset;
} Wanted;

static gboolean read_wanted(const MuHttpRequest *request, const SandboxFile *file, Wanted *wanted, GError **error) {
  guint64 size = (guint64)file->status.st_size, offset = 0, lines = 0;
  gboolean by_offset = mu_http_query(request, "offset") != NULL, by_tail = mu_http_query(request, "tail") != NULL;
  if (!mu_http_query_bool(request->query, "follow", &wanted->follow, error) ||
      !mu_http_query_uint(request->query, "offset", &offset, error) ||
      !mu_http_query_uint(request->query, "tail", &lines, error))
    return FALSE;
  if (by_offset && by_tail) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "offset and tail cannot be given together");
    return FALSE;
  }
  wanted->placed = by_offset || by_tail;
  wanted->offset = by_tail ? mu_sandbox_tail(file->fd, size, lines) : MIN(offset, size);
  return TRUE;
}

static void answer_unsatisfiable(MuHttpResponse *response, guint64 size) {
  g_autofree char *range = g_strdup_printf("bytes */%" G_GUINT64_FORMAT, size);
  g_autoptr(GError) error =
      g_error_new(MU_ERROR, MU_ERROR_REFUSED, "the file has no such range: it has %" G_GUINT64_FORMAT " bytes", size);
  mu_http_add_header(response, "Content-Range", range);
  mu_http_respond_error_status(response, MHD_HTTP_RANGE_NOT_SATISFIABLE, error);
}

/* Takes the file's descriptor when it answers with the file. */
static void answer_bytes(MuHttpResponse *response, SandboxFile *file, const Wanted *wanted) {
  guint64 size = (guint64)file->status.st_size, first = wanted->offset, last = size == 0 ? 0 : size - 1;
  const char *header = wanted->placed ? NULL : mu_http_request_header(response, "Range");
  MuHttpRange range = mu_http_range(header, size, &first, &last);
  if (range == MU_HTTP_RANGE_UNSATISFIABLE) {
    answer_unsatisfiable(response, size);
    return;
  }
  mu_http_add_header(response, "Accept-Ranges", "bytes");
  if (range == MU_HTTP_RANGE_PART) {
    g_autofree char *part =
        g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, first, last, size);
    mu_http_add_header(response, "Content-Range", part);
  }
  guint64 length = size == 0 || first >= size ? 0 : last - first + 1;
  const char *type = mu_sandbox_content_type(file->fd);
  mu_http_respond_fd(response, range == MU_HTTP_RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, type, file->fd,
                     first, length);
  file->fd = -1;
}

static void answer_file(MuHttpServer *server, const MuHttpRequest *request, MuHttpResponse *response,
                        SandboxFile *file) {
  GError *error = NULL;
  Wanted wanted = {0};
  if (!read_wanted(request, file, &wanted, &error)) {
    mu_route_fail(response, error);
    return;
  }
  /* What a task wrote is shown, never run: by a browser neither. */
  mu_http_add_header(response, "Content-Security-Policy", "sandbox; default-src 'none'");
  g_autofree char *offset = g_strdup_printf("%" G_GUINT64_FORMAT, wanted.offset);
  if (wanted.follow || wanted.placed)
    mu_http_add_header(response, "X-Muster-Offset", offset);
  if (!wanted.follow) {
    answer_bytes(response, file, &wanted);
    return;
  }
  mu_file_follower_serve(server->follower, response, file->root, file->path, file->fd, wanted.offset);
  file->fd = -1;
}

static void serve_local(MuHttpServer *server, const MuHttpRequest *request, MuHttpResponse *response,
                        const MuTaskPlace *task, const char *path) {
  GError *error = NULL;
  SandboxFile file = {.fd = -1};
  if (!open_file(server, task, path, &file, &error))
    mu_route_fail(response, error);
  else if (S_ISDIR(file.status.st_mode))
    answer_folder(response, &file, path);
  else
    answer_file(server, request, response, &file);
  if (file.fd >= 0)
    close(file.fd);
  g_free(file.root);
  g_free(file.path);
}

void mu_route_sandbox(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  MuTaskPlace task = {0};
  const char *path = request->captures[2] == NULL ? "" : request->captures[2];
  if (!find_task(server, request, path, &task, &error))
    mu_route_fail(response, error);
  else if (server->backend.read_sandbox != NULL)
    mu_sandbox_serve_remote(server, request, response, &task, path);
  else
    serve_local(server, request, response, &task, path);
}
