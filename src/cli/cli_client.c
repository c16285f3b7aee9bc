#include "cli_client.h"
#include "mu_config.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000
/* The scheduler answers after its commit; a store that is retried may take a while. */
#define ANSWER_TIMEOUT_MS 60000

/* A request under way, or a stream. */
struct MuCliStream {
  MuCliClient *client;
  CURL *easy;
  struct curl_slist *headers;
  GString *body; /* of an answer, or of a stream's refusal */
  MuCliStreamHandler handler;
  gboolean is_stream, is_open, is_begun;
  guint64 offset; /* of its first byte in the file */
};
typedef struct MuCliStream Transfer;

struct MuCliClient {
  MuCliTarget *target;
  char *base;        /* of every URL */
  char *socket_path; /* NULL: TCP */
  int state_fd;      /* the socket's folder when its own path is too long; else -1 */
  CURLM *multi;
  GPtrArray *streams; /* of Transfer* */
  guint n_waiting;    /* of them, not given to libcurl yet, which takes none from within its callbacks */
  gint stopped;       /* atomic */
  gboolean ends_with_reader;
};

/* ---- making one -------------------------------------------------------------------------------------------------- */

/* A path that fits a sockaddr_un: a long one is reached through the open folder. */
static void set_socket_path(MuCliClient *client) {
  client->socket_path = g_build_filename(client->target->state_dir, "muster.sock", NULL);
  if (strlen(client->socket_path) < sizeof(((struct sockaddr_un *)NULL)->sun_path))
    return;
  client->state_fd = open(client->target->state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (client->state_fd < 0)
    return;
  g_free(client->socket_path);
  client->socket_path = g_strdup_printf("/proc/self/fd/%d/muster.sock", client->state_fd);
}

MuCliClient *mu_cli_client_new(MuCliTarget *take_target) {
  MuCliClient *client = g_new0(MuCliClient, 1);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  client->target = take_target;
  client->state_fd = -1;
  client->base = g_strdup(take_target->url != NULL ? take_target->url : "http://localhost");
  if (take_target->url == NULL)
    set_socket_path(client);
  client->multi = curl_multi_init();
  client->streams = g_ptr_array_new();
  return client;
}

MuCliClient *mu_cli_client_for(const MuCliCall *call, GError **error) {
  MuCliTarget *target = mu_cli_target_new(call, g_getenv, geteuid() == 0, error);
  if (target == NULL)
    return NULL;
  MuCliClient *client = mu_cli_client_new(target);
  client->ends_with_reader = TRUE;
  return client;
}

const MuCliTarget *mu_cli_client_target(const MuCliClient *client) {
  return client->target;
}

char *mu_cli_path(const char *format, ...) {
  GString *out = g_string_new(NULL);
  va_list args;
  va_start(args, format);
  for (const char *p = format; *p != '\0'; p++) {
    if (*p != '%') {
      g_string_append_c(out, *p);
      continue;
    }
    g_assert(p[1] == 's' || p[1] == '%');
    if (*++p == '%')
      g_string_append_c(out, '%');
    else
      g_string_append_uri_escaped(out, va_arg(args, const char *), NULL, FALSE);
  }
  va_end(args);
  return g_string_free(out, FALSE);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void set_no_scheduler(const MuCliClient *client, const char *cause, GError **error) {
  g_autofree char *place = mu_cli_target_describe(client->target);
  if (client->target->url != NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NO_SCHEDULER,
                "no scheduler answers at %s (%s): start one with `muster serve`, or name another with --url", place,
                cause);
  else
    g_set_error(
        error, MU_ERROR, MU_ERROR_NO_SCHEDULER,
        "no scheduler answers at %s (%s): start one with `muster serve --state %s`, or name another with --state",
        place, cause, client->target->state_dir);
}

/* libcurl speaks of hosts and ports where there is only a socket. */
static const char *socket_fault(const MuCliClient *client) {
  if (access(client->socket_path, F_OK) != 0)
    return errno == ENOENT ? "there is no such socket" : g_strerror(errno);
  return access(client->socket_path, R_OK | W_OK) != 0 ? g_strerror(errno) : "nobody listens on it";
}

static void set_curl_error(const Transfer *transfer, CURLcode code, const char *detail, GError **error) {
  const char *cause = detail != NULL && *detail != '\0' ? detail : curl_easy_strerror(code);
  if (code == CURLE_COULDNT_CONNECT && transfer->client->socket_path != NULL)
    cause = socket_fault(transfer->client);
  if (code == CURLE_OPERATION_TIMEDOUT && transfer->is_open)
    g_set_error(error, MU_ERROR, MU_ERROR_TIMED_OUT, "the scheduler did not answer in time (%s)", cause);
  else
    set_no_scheduler(transfer->client, cause, error);
}

/* Of an answer that does not say it itself: it came from something before the scheduler. Several codes may have one HTTP
 * status; the last in the table is the one that a server means. */
static MuErrorCode code_of_http_status(long status) {
  gsize n;
  const MuErrorInfo *infos = mu_error_table(&n);
  for (gsize i = n; status < 500 && i > 0; i--)
    if (infos[i - 1].http_status == status)
      return infos[i - 1].code;
  if (status == 503 || status == 504)
    return MU_ERROR_UNAVAILABLE;
  return status == 403 ? MU_ERROR_DENIED : status < 500 ? MU_ERROR_REFUSED : MU_ERROR_FAILED;
}

/* What to do about it, for errors whose remedy is on this side. */
static const char *hint_for(MuErrorCode code) {
  if (code == MU_ERROR_DENIED)
    return "; give the scheduler's token with --token-file or MUSTER_TOKEN, or its state folder with --state";
  return "";
}

static void set_server_error(long status, const GString *body, GError **error) {
  json_error_t cause;
  g_autoptr(json_t) answer = json_loadb(body->str, body->len, 0, &cause);
  const json_t *fault = json_object_get(answer, "error");
  const char *word = json_string_value(json_object_get(fault, "code"));
  const char *message = json_string_value(json_object_get(fault, "message"));
  const MuErrorInfo *info = word == NULL ? NULL : mu_error_info_by_word(word);
  MuErrorCode code = info != NULL ? info->code : code_of_http_status(status);
  if (message != NULL)
    g_set_error(error, MU_ERROR, code, "%s%s", message, hint_for(code));
  else
    g_set_error(error, MU_ERROR, code, "the server answered with HTTP status %ld and no reason: is it muster's?%s",
                status, hint_for(code));
}

/* ---- one transfer ------------------------------------------------------------------------------------------------ */

static size_t take_body(char *bytes, size_t size, size_t n, void *user) {
  Transfer *transfer = user;
  gsize length = size * n;
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  if (transfer->is_stream && status == 200)
    transfer->handler.data(bytes, length, transfer->handler.user);
  else
    g_string_append_len(transfer->body, bytes, (gssize)length);
  return length;
}

/* Called with each line of the answer's head; the empty one ends it. */
static size_t take_header(char *bytes, size_t size, size_t n, void *user) {
  Transfer *transfer = user;
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  static const char offset_name[] = "X-Muster-Offset:";
  if (size * n > strlen(offset_name) && g_ascii_strncasecmp(bytes, offset_name, strlen(offset_name)) == 0)
    transfer->offset = g_ascii_strtoull(bytes + strlen(offset_name), NULL, 10);
  gboolean is_end = size * n <= 2 && (bytes[0] == '\r' || bytes[0] == '\n');
  if (is_end && status >= 200 && !transfer->is_open) {
    transfer->is_open = TRUE;
    if (transfer->is_stream && status == 200 && transfer->handler.opened != NULL)
      transfer->handler.opened(transfer->handler.user);
  }
  return size * n;
}

static void add_header(Transfer *transfer, const char *header) {
  transfer->headers = curl_slist_append(transfer->headers, header);
}

static void set_access(Transfer *transfer) {
  const MuCliClient *client = transfer->client;
  if (client->socket_path != NULL)
    curl_easy_setopt(transfer->easy, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
  if (client->target->token != NULL) {
    g_autofree char *header = g_strdup_printf("Authorization: Bearer %s", client->target->token);
    add_header(transfer, header);
  }
}

static Transfer *transfer_new(MuCliClient *client, const char *path) {
  Transfer *transfer = g_new0(Transfer, 1);
  transfer->client = client;
  transfer->easy = curl_easy_init();
  transfer->body = g_string_new(NULL);
  g_autofree char *url = g_strconcat(client->base, path, NULL);
  curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
  curl_easy_setopt(transfer->easy, CURLOPT_PATH_AS_IS, 1L); /* a name may be `..`: the scheduler refuses it */
  curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(transfer->easy, CURLOPT_NOPROXY, "*"); /* a scheduler of one's own is not behind a proxy */
  curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
  curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, "muster/" MU_VERSION);
  curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(transfer->easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(transfer->easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
  set_access(transfer);
  return transfer;
}

static void transfer_free(Transfer *transfer) {
  curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->headers);
  g_string_free(transfer->body, TRUE);
  g_free(transfer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_free)

static void set_request(Transfer *transfer, const MuCliRequest *request) {
  if (request->method != NULL)
    curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, request->method);
  if (request->header != NULL)
    add_header(transfer, request->header);
  if (request->body != NULL) {
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body));
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, request->body);
    add_header(transfer, "Content-Type: application/json");
    add_header(transfer, "Expect:");
  }
  if (request->bytes != NULL) {
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)g_bytes_get_size(request->bytes));
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS,
                     g_bytes_get_size(request->bytes) == 0 ? "" : g_bytes_get_data(request->bytes, NULL));
    add_header(transfer, "Content-Type: application/octet-stream");
    add_header(transfer, "Expect:");
  }
  curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)ANSWER_TIMEOUT_MS);
}

static gboolean is_answer(const MuCliRequest *request, glong status, const GString *body) {
  if (status >= 200 && status < 300)
    return TRUE;
  g_autoptr(json_t) answer = json_loadb(body->str, body->len, 0, NULL);
  return request->ret_status != NULL && json_is_object(answer) && !json_is_object(json_object_get(answer, "error"));
}

/* The answer's transfer when its status is one of success; else NULL. */
static Transfer *perform(MuCliClient *client, const MuCliRequest *request, GError **error) {
  g_autoptr(Transfer) transfer = transfer_new(client, request->path);
  set_request(transfer, request);
  curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, detail);
  CURLcode code = curl_easy_perform(transfer->easy);
  curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, NULL);
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) {
    set_curl_error(transfer, code, detail, error);
    return NULL;
  }
  if (request->ret_status != NULL)
    *request->ret_status = status;
  if (is_answer(request, status, transfer->body))
    return g_steal_pointer(&transfer);
  set_server_error(status, transfer->body, error);
  return NULL;
}

json_t *mu_cli_client_ask(MuCliClient *client, const MuCliRequest *request, GError **error) {
  g_autoptr(Transfer) transfer = perform(client, request, error);
  if (transfer == NULL)
    return NULL;
  json_error_t cause;
  json_t *answer = json_loadb(transfer->body->str, transfer->body->len, JSON_DECODE_ANY, &cause);
  if (answer == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "the answer to %s is not JSON (%s): is the server muster's?",
                request->path, cause.text);
  return answer;
}

json_t *mu_cli_client_get(MuCliClient *client, const char *path, GError **error) {
  MuCliRequest request = {.path = path};
  return mu_cli_client_ask(client, &request, error);
}

GBytes *mu_cli_client_get_bytes(MuCliClient *client, const char *path, GError **error) {
  MuCliRequest request = {.path = path};
  g_autoptr(Transfer) transfer = perform(client, &request, error);
  return transfer == NULL ? NULL : g_bytes_new(transfer->body->str, transfer->body->len);
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

MuCliStream *mu_cli_client_stream(MuCliClient *client, const char *path, const MuCliStreamHandler *handler) {
  Transfer *transfer = transfer_new(client, path);
  transfer->is_stream = TRUE;
  transfer->handler = *handler;
  curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
  g_ptr_array_add(client->streams, transfer);
  client->n_waiting++;
  return transfer;
}

static void begin_streams(MuCliClient *client) {
  for (guint i = 0; client->n_waiting > 0 && i < client->streams->len; i++) {
    Transfer *transfer = g_ptr_array_index(client->streams, i);
    if (transfer->is_begun)
      continue;
    transfer->is_begun = TRUE;
    client->n_waiting--;
    curl_multi_add_handle(client->multi, transfer->easy);
  }
}

static void end_stream(MuCliClient *client, CURL *easy, CURLcode code) {
  Transfer *transfer = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_multi_remove_handle(client->multi, easy);
  g_ptr_array_remove_fast(client->streams, transfer);
  g_autoptr(GError) error = NULL;
  if (status != 0 && status != 200)
    set_server_error(status, transfer->body, &error);
  else if (code != CURLE_OK && !(transfer->is_open && code == CURLE_PARTIAL_FILE))
    set_curl_error(transfer, code, NULL, &error);
  if (transfer->handler.ended != NULL)
    transfer->handler.ended(error, transfer->handler.user);
  transfer_free(transfer);
}

static void end_finished_streams(MuCliClient *client) {
  int left;
  CURLMsg *message;
  while ((message = curl_multi_info_read(client->multi, &left)) != NULL)
    if (message->msg == CURLMSG_DONE)
      end_stream(client, message->easy_handle, message->data.result);
}

static int poll_timeout_ms(gint64 deadline_us) {
  if (deadline_us == G_MAXINT64)
    return G_MAXINT;
  gint64 left_ms = (deadline_us - g_get_monotonic_time() + 999) / 1000;
  return (int)CLAMP(left_ms, 0, G_MAXINT);
}

/* Sleeps until there is something to read. Also wakes when who reads our output has gone, which else would be seen at the
 * next line only: nobody waits for what comes then. */
static void wait_for_more(MuCliClient *client, gint64 deadline_us) {
  struct curl_waitfd output = {.fd = STDOUT_FILENO};
  curl_multi_poll(client->multi, &output, client->ends_with_reader ? 1 : 0, poll_timeout_ms(deadline_us), NULL);
  struct pollfd reader = {.fd = STDOUT_FILENO};
  if (client->ends_with_reader && poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0)
    raise(SIGPIPE);
}

void mu_cli_client_run(MuCliClient *client, gint64 deadline_us, void (*settle)(gpointer user), gpointer user) {
  for (;;) {
    int running;
    begin_streams(client);
    curl_multi_perform(client->multi, &running);
    end_finished_streams(client);
    if (settle != NULL)
      settle(user);
    gboolean stop = g_atomic_int_compare_and_exchange(&client->stopped, 1, 0) || client->streams->len == 0;
    if (stop || (deadline_us != G_MAXINT64 && g_get_monotonic_time() >= deadline_us))
      return;
    if (client->n_waiting == 0)
      wait_for_more(client, deadline_us);
  }
}

void mu_cli_client_stop(MuCliClient *client) {
  g_atomic_int_set(&client->stopped, 1);
  curl_multi_wakeup(client->multi);
}

guint64 mu_cli_client_stream_offset(const MuCliStream *stream) {
  return stream->offset;
}

void mu_cli_client_drop_stream(MuCliClient *client, MuCliStream *stream) {
  g_ptr_array_remove_fast(client->streams, stream);
  if (stream->is_begun)
    curl_multi_remove_handle(client->multi, stream->easy);
  else
    client->n_waiting--;
  transfer_free(stream);
}

void mu_cli_client_drop_streams(MuCliClient *client) {
  while (client->streams->len > 0)
    mu_cli_client_drop_stream(client, g_ptr_array_index(client->streams, 0));
  g_atomic_int_set(&client->stopped, 0);
}

void mu_cli_client_free(MuCliClient *client) {
  if (client == NULL)
    return;
  mu_cli_client_drop_streams(client);
  g_ptr_array_unref(client->streams);
  curl_multi_cleanup(client->multi);
  mu_cli_target_free(client->target);
  g_free(client->base);
  g_free(client->socket_path);
  if (client->state_fd >= 0)
    close(client->state_fd);
  g_free(client);
}

/* ---- connections that go on otherwise ----------------------------------------------------------------------------- */

#define HEAD_MAX_BYTES (256 * 1024) /* of the answer before the connection is ours; an error's body included */

/* libcurl finds the scheduler and connects; the rest is ours. */
static int connect_raw(MuCliClient *client, GError **error) {
  g_autoptr(Transfer) transfer = transfer_new(client, "/");
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (g_str_has_prefix(client->base, "https:")) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
                "a command cannot be run through https://…: it needs the scheduler's own address, or its socket");
    return -1;
  }
  curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_ONLY, 1L);
  CURLcode code = curl_easy_perform(transfer->easy);
  if (code == CURLE_OK)
    code = curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &socket);
  int fd = code == CURLE_OK ? fcntl(socket, F_DUPFD_CLOEXEC, 0) : -1;
  if (fd < 0)
    set_curl_error(transfer, code, NULL, error);
  return fd;
}

static char *write_upgrade(const MuCliClient *client, const char *path, const char *protocol, const char *body) {
  g_autoptr(GUri) uri = g_uri_parse(client->base, G_URI_FLAGS_NONE, NULL);
  const char *host = uri == NULL ? NULL : g_uri_get_host(uri);
  int port = uri == NULL ? -1 : g_uri_get_port(uri);
  GString *text = g_string_new(NULL);
  g_string_printf(text, strchr(host, ':') != NULL ? "POST %s HTTP/1.1\r\nHost: [%s]" : "POST %s HTTP/1.1\r\nHost: %s",
                  path, host);
  if (port > 0)
    g_string_append_printf(text, ":%d", port);
  g_string_append_printf(text,
                         "\r\nConnection: Upgrade\r\nUpgrade: %s\r\nUser-Agent: muster/" MU_VERSION
                         "\r\nContent-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
                         protocol, strlen(body));
  if (client->target->token != NULL)
    g_string_append_printf(text, "Authorization: Bearer %s\r\n", client->target->token);
  g_string_append_printf(text, "\r\n%s", body);
  return g_string_free(text, FALSE);
}

static gboolean wait_for(int fd, short events) {
  struct pollfd one = {.fd = fd, .events = events};
  int n;
  do
    n = poll(&one, 1, ANSWER_TIMEOUT_MS);
  while (n < 0 && errno == EINTR);
  return n > 0;
}

static gboolean send_raw(int fd, const char *text) {
  for (gsize left = strlen(text); left > 0;) {
    ssize_t n = wait_for(fd, POLLOUT) ? send(fd, text, left, MSG_NOSIGNAL) : -1;
    if (n < 0 && errno == EAGAIN)
      continue;
    if (n <= 0)
      return FALSE;
    text += n;
    left -= (gsize)n;
  }
  return TRUE;
}

/* FALSE: nothing more comes. */
static gboolean receive_raw(int fd, GByteArray *bytes) {
  guint8 buffer[4096];
  ssize_t n = wait_for(fd, POLLIN) ? recv(fd, buffer, sizeof buffer, 0) : -1;
  if (n > 0)
    g_byte_array_append(bytes, buffer, (guint)n);
  return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Where the head ends; 0: it is not all there. */
static gsize head_length(const GByteArray *bytes) {
  const guint8 *end = bytes->len == 0 ? NULL : memmem(bytes->data, bytes->len, "\r\n\r\n", 4);
  return end == NULL ? 0 : (gsize)(end - bytes->data) + 4;
}

/* An answer that is none ends with the connection, which is not kept. */
static void read_refusal(int fd, GByteArray *bytes, gsize head, GError **error) {
  g_autofree char *text = g_strndup((const char *)bytes->data, head);
  const char *field = strcasestr(text, "\r\nContent-Length:"), *space = strchr(text, ' ');
  gsize length = field == NULL ? 0 : (gsize)g_ascii_strtoull(field + strlen("\r\nContent-Length:"), NULL, 10);
  while (bytes->len < head + length && bytes->len < HEAD_MAX_BYTES && receive_raw(fd, bytes))
    continue;
  g_autoptr(GString) body = g_string_new_len((const char *)bytes->data + head, (gssize)(bytes->len - head));
  set_server_error(space == NULL ? 0 : strtol(space, NULL, 10), body, error);
}

static gboolean read_answer(const MuCliClient *client, int fd, GByteArray *ret_more, GError **error) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  gsize head = 0;
  while ((head = head_length(bytes)) == 0 && bytes->len < HEAD_MAX_BYTES)
    if (!receive_raw(fd, bytes)) {
      set_no_scheduler(client, "it closed the connection", error);
      return FALSE;
    }
  static const char good[] = "HTTP/1.1 101 ";
  if (head < strlen(good) || memcmp(bytes->data, good, strlen(good)) != 0) {
    read_refusal(fd, bytes, head, error);
    return FALSE;
  }
  g_byte_array_append(ret_more, bytes->data + head, (guint)(bytes->len - head));
  return TRUE;
}

int mu_cli_client_upgrade(MuCliClient *client, const char *path, const char *protocol, const char *body,
                          GByteArray *ret_more, GError **error) {
  g_autofree char *request = write_upgrade(client, path, protocol, body);
  int fd = connect_raw(client, error);
  if (fd < 0)
    return -1;
  if (!send_raw(fd, request))
    set_no_scheduler(client, g_strerror(errno), error);
  else if (read_answer(client, fd, ret_more, error))
    return fd;
  close(fd);
  return -1;
}
