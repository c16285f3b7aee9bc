#include "mesos_http.h"

#include "bug.h"
#include "mesos_auth.h"
#include <curl/curl.h>
#include <glib-unix.h>
#include <string.h>

/* A master that went away without a word is found out. */
#define KEEPALIVE_S 30
#define READ_BYTES (256 * 1024)
#define MAX_STEP_MS 50
/* A head is small: what comes before it is over is bounded by libcurl itself (100 KB a line, 300 KB in all). */

struct MuMesosTransfer {
  MuMesosHttp *http;
  CURL *easy;
  struct curl_slist *headers;
  GBytes *body;
  const MuMesosHttpFuncs *funcs;
  gpointer user;
  gboolean begun, cancelled, held;
  char *location, *stream_id;
  GByteArray *answer;
  char failure[CURL_ERROR_SIZE];
};

struct MuMesosHttp {
  CURLM *multi;
  MuMesosAuth *auth;
  char *ca_file, *cert_file, *key_file;
  gint64 connect_timeout_ms;
  GHashTable *transfers; /* set of MuMesosTransfer* */
  GSource *timer;
  GMainContext *context;
  guint depth; /* inside libcurl: no transfer may be taken away */
};

/* ---- transfers -------------------------------------------------------------------------------------------------------- */

static void transfer_free(MuMesosTransfer *transfer) {
  curl_multi_remove_handle(transfer->http->multi, transfer->easy);
  curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->headers);
  g_clear_pointer(&transfer->body, g_bytes_unref);
  g_byte_array_unref(transfer->answer);
  g_free(transfer->location);
  g_free(transfer->stream_id);
  g_free(transfer);
}

static MuMesosReply reply_of(const MuMesosTransfer *transfer) {
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return (MuMesosReply){.status = (guint)status,
                        .location = transfer->location,
                        .stream_id = transfer->stream_id,
                        .body = (const char *)transfer->answer->data,
                        .body_length = transfer->answer->len};
}

static gboolean is_good(const MuMesosReply *reply) {
  return reply->status >= 200 && reply->status < 300;
}

static void note_begun(MuMesosTransfer *transfer, const MuMesosReply *reply) {
  if (transfer->begun || !is_good(reply))
    return;
  transfer->begun = TRUE;
  if (transfer->funcs->begun != NULL)
    transfer->funcs->begun(reply, transfer->user);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user) {
  MuMesosTransfer *transfer = user;
  gsize length = size * n;
  MuMesosReply reply = reply_of(transfer);
  if (!transfer->cancelled)
    note_begun(transfer, &reply);
  if (transfer->cancelled)
    return 0;
  if (transfer->funcs->take != NULL && is_good(&reply))
    return transfer->funcs->take((const guint8 *)bytes, length, transfer->user) && !transfer->cancelled ? length : 0;
  gsize room = MU_MESOS_HTTP_MAX_BODY - transfer->answer->len;
  g_byte_array_append(transfer->answer, (const guint8 *)bytes, (guint)MIN(room, length));
  return length;
}

static void keep_header(const char *line, gsize length, const char *name, char **ret) {
  gsize n = strlen(name);
  if (length <= n || g_ascii_strncasecmp(line, name, n) != 0)
    return;
  g_free(*ret);
  *ret = g_strstrip(g_strndup(line + n, length - n));
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user) {
  MuMesosTransfer *transfer = user;
  gsize length = size * n;
  keep_header(bytes, length, "Location:", &transfer->location);
  keep_header(bytes, length, "Mesos-Stream-Id:", &transfer->stream_id);
  if (length == 2 && bytes[0] == '\r' && !transfer->cancelled) { /* the head is over */
    MuMesosReply reply = reply_of(transfer);
    note_begun(transfer, &reply);
  }
  return length;
}

static gboolean is_https(const MuMesosTransfer *transfer) {
  const char *url = NULL;
  curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
  return url != NULL && g_ascii_strncasecmp(url, "https:", strlen("https:")) == 0;
}

/* What an operator can do about a connection that TLS does not allow; "" when it is not about TLS. The caller frees. */
static char *tls_hint(const MuMesosTransfer *transfer, CURLcode code) {
  const char *ca = transfer->http->ca_file, *cert = transfer->http->cert_file;
  if (!is_https(transfer))
    return g_strdup(code == CURLE_GOT_NOTHING ? "; does it speak TLS alone? Then its address is https://…" : "");
  switch ((int)code) {
  case CURLE_PEER_FAILED_VERIFICATION:
    return ca == NULL ? g_strdup("; --ca-file FILE names the authority that signed its certificate")
                      : g_strdup_printf("; %s (--ca-file) has to hold the authority that signed its certificate, and "
                                        "the certificate has to be for the name in the address",
                                        ca);
  case CURLE_SSL_CACERT_BADFILE:
    return g_strdup_printf("; %s (--ca-file) has to hold certificates as PEM", ca == NULL ? "the system's file" : ca);
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR: /* TLS 1.3 tells of a refused certificate after the handshake */
    return cert == NULL
               ? g_strdup("; does it want a client certificate? --cert-file and --key-file name one")
               : g_strdup_printf("; %s (--cert-file) and %s (--key-file) have to be a certificate and its key, "
                                 "as PEM, and it has to know the authority that signed the certificate",
                                 cert, transfer->http->key_file);
  default: return g_strdup("");
  }
}

static void end_transfer(MuMesosTransfer *transfer, CURLcode code) {
  MuMesosReply reply = reply_of(transfer);
  g_autofree char *failure = NULL;
  if (code != CURLE_OK) {
    g_autofree char *hint = tls_hint(transfer, code);
    failure = g_strconcat(transfer->failure[0] != '\0' ? transfer->failure : curl_easy_strerror(code), hint, NULL);
    reply.failure = failure;
  }
  g_byte_array_append(transfer->answer, (const guint8 *)"", 1); /* so that the body ends like a text */
  reply.body = (const char *)transfer->answer->data;
  g_hash_table_remove(transfer->http->transfers, transfer);
  if (!transfer->cancelled) {
    note_begun(transfer, &reply);
    transfer->funcs->done(&reply, transfer->user);
  }
  transfer_free(transfer);
}

static void check_done(MuMesosHttp *http) {
  CURLMsg *message;
  int left = 0;
  while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE)
      continue;
    char *transfer = NULL;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    end_transfer((MuMesosTransfer *)(gpointer)transfer, code);
  }
}

void mu_mesos_transfer_cancel(MuMesosTransfer *transfer) {
  transfer->cancelled = TRUE;
  if (transfer->http->depth > 0)
    return; /* its callback breaks it off, or its end is reported and goes unheard */
  g_hash_table_remove(transfer->http->transfers, transfer);
  transfer_free(transfer);
}

/* libcurl asks again for what is not held back any more. */
static void set_pause(MuMesosTransfer *transfer) {
  MuMesosHttp *http = transfer->http;
  http->depth++;
  curl_easy_pause(transfer->easy, transfer->held ? CURLPAUSE_RECV : CURLPAUSE_CONT);
  http->depth--;
}

void mu_mesos_transfer_resume(MuMesosTransfer *transfer) {
  set_pause(transfer);
}

void mu_mesos_transfer_hold(MuMesosTransfer *transfer, gboolean hold) {
  if (transfer->held == hold)
    return;
  transfer->held = hold;
  set_pause(transfer);
}

static size_t on_give(char *bytes, size_t size, size_t n, void *user) {
  MuMesosTransfer *transfer = user;
  if (transfer->cancelled)
    return CURL_READFUNC_ABORT;
  gssize given = transfer->funcs->give((guint8 *)bytes, size * n, transfer->user);
  return given == 0 ? CURL_READFUNC_PAUSE : given < 0 ? 0 : (size_t)given;
}

/* ---- the main loop ---------------------------------------------------------------------------------------------------- */

static void drop_cancelled(MuMesosHttp *http) {
  GHashTableIter iter;
  gpointer transfer;
  g_hash_table_iter_init(&iter, http->transfers);
  while (g_hash_table_iter_next(&iter, &transfer, NULL)) {
    if (!((MuMesosTransfer *)transfer)->cancelled)
      continue;
    g_hash_table_iter_remove(&iter);
    transfer_free(transfer);
  }
}

static void act(MuMesosHttp *http, curl_socket_t socket, int what) {
  int running = 0;
  http->depth++;
  curl_multi_socket_action(http->multi, socket, what, &running);
  http->depth--;
  check_done(http);
  drop_cancelled(http);
}

/* One for each socket. */
typedef struct {
  MuMesosHttp *http;
  GSource *source;
} Watch;

static gboolean on_socket(gint fd, GIOCondition condition, gpointer user) {
  MuMesosHttp *http = ((Watch *)user)->http;
  int what = 0;
  if (condition & (G_IO_IN | G_IO_HUP))
    what |= CURL_CSELECT_IN;
  if (condition & G_IO_OUT)
    what |= CURL_CSELECT_OUT;
  if (condition & (G_IO_ERR | G_IO_NVAL))
    what |= CURL_CSELECT_ERR;
  act(http, fd, what);
  return G_SOURCE_CONTINUE;
}

static void unwatch(Watch *watch) {
  if (watch == NULL)
    return;
  GSource *source = watch->source;
  g_source_destroy(source); /* frees the watch, which is the data of its callback */
  g_source_unref(source);
}

static Watch *watch_socket(MuMesosHttp *http, curl_socket_t fd, int what) {
  GIOCondition condition = G_IO_ERR | G_IO_HUP;
  if (what & CURL_POLL_IN)
    condition |= G_IO_IN;
  if (what & CURL_POLL_OUT)
    condition |= G_IO_OUT;
  Watch *watch = g_new0(Watch, 1);
  watch->http = http;
  watch->source = g_unix_fd_source_new(fd, condition);
  g_source_set_callback(watch->source, G_SOURCE_FUNC(on_socket), watch, g_free);
  g_source_attach(watch->source, http->context);
  return watch;
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *user, void *watch) {
  (void)easy;
  MuMesosHttp *http = user;
  unwatch(watch);
  curl_multi_assign(http->multi, fd, what == CURL_POLL_REMOVE ? NULL : watch_socket(http, fd, what));
  return 0;
}

static gboolean on_timer(gpointer user) {
  MuMesosHttp *http = user;
  g_clear_pointer(&http->timer, g_source_unref);
  act(http, CURL_SOCKET_TIMEOUT, 0);
  return G_SOURCE_REMOVE;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *user) {
  (void)multi;
  MuMesosHttp *http = user;
  if (http->timer != NULL) {
    g_source_destroy(http->timer);
    g_clear_pointer(&http->timer, g_source_unref);
  }
  if (timeout_ms < 0)
    return 0;
  http->timer = g_timeout_source_new((guint)MIN(timeout_ms, G_MAXINT));
  g_source_set_priority(http->timer, G_PRIORITY_DEFAULT);
  g_source_set_callback(http->timer, on_timer, http, NULL);
  g_source_attach(http->timer, http->context);
  return 0;
}

/* ---- new, free, finish ------------------------------------------------------------------------------------------------- */

MuMesosHttp *mu_mesos_http_new(const MuMesosHttpConfig *config) {
  MuMesosHttp *http = g_new0(MuMesosHttp, 1);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  http->multi = curl_multi_init();
  http->auth = mu_mesos_auth_new(config->principal, config->secret_file, config->token_file);
  http->ca_file = g_strdup(config->ca_file);
  http->cert_file = g_strdup(config->cert_file);
  http->key_file = g_strdup(config->key_file);
  http->connect_timeout_ms = config->connect_timeout_ms;
  http->transfers = g_hash_table_new(NULL, NULL);
  http->context = g_main_context_ref_thread_default();
  curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
  curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
  curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
  curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
  return http;
}

void mu_mesos_http_free(MuMesosHttp *http) {
  if (http == NULL)
    return;
  mu_assert(http->depth == 0);
  GHashTableIter iter;
  gpointer transfer;
  g_hash_table_iter_init(&iter, http->transfers);
  while (g_hash_table_iter_next(&iter, &transfer, NULL)) {
    g_hash_table_iter_remove(&iter);
    transfer_free(transfer);
  }
  curl_multi_cleanup(http->multi); /* unwatches what it kept open */
  on_timeout(NULL, -1, http);
  g_hash_table_unref(http->transfers);
  g_main_context_unref(http->context);
  mu_mesos_auth_free(http->auth);
  g_free(http->ca_file);
  g_free(http->cert_file);
  g_free(http->key_file);
  g_free(http);
}

void mu_mesos_http_step(MuMesosHttp *http, gint64 timeout_ms) {
  int running = 0;
  http->depth++;
  curl_multi_perform(http->multi, &running);
  http->depth--;
  check_done(http);
  drop_cancelled(http);
  curl_multi_poll(http->multi, NULL, 0, (int)CLAMP(timeout_ms, 0, MAX_STEP_MS), NULL);
}

/* ---- sending ----------------------------------------------------------------------------------------------------------- */

static void add_header(MuMesosTransfer *transfer, const char *name, const char *value) {
  if (value == NULL)
    return;
  g_autofree char *line = g_strdup_printf("%s: %s", name, value);
  transfer->headers = curl_slist_append(transfer->headers, line);
}

static void set_headers(MuMesosTransfer *transfer, const MuMesosRequest *request) {
  MuMesosHttp *http = transfer->http;
  add_header(transfer, "Accept", request->accept);
  add_header(transfer, "Message-Accept", request->message_accept);
  add_header(transfer, "Mesos-Stream-Id", request->stream_id);
  add_header(transfer, "Authorization", mu_mesos_auth_header(http->auth));
  add_header(transfer, "Message-Content-Type", request->message_content_type);
  if (transfer->funcs->give != NULL)
    add_header(transfer, "Transfer-Encoding", "chunked");
  if (request->body != NULL || transfer->funcs->give != NULL) {
    add_header(transfer, "Content-Type", request->content_type);
    transfer->headers = curl_slist_append(transfer->headers, "Expect:"); /* no 100-continue: a round trip for nothing */
  }
  curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

/* The files may be replaced at any time: a new connection is made with what is in them then, so nothing of an earlier one, neither
 * its authorities nor its session, is gone on with. */
static void set_tls(const MuMesosHttp *http, CURL *easy) {
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
  if (http->ca_file != NULL)
    curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
  if (http->cert_file != NULL)
    curl_easy_setopt(easy, CURLOPT_SSLCERT, http->cert_file);
  if (http->key_file != NULL)
    curl_easy_setopt(easy, CURLOPT_SSLKEY, http->key_file);
}

static void set_body(MuMesosTransfer *transfer) {
  if (transfer->funcs->give != NULL) {
    curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, on_give);
    curl_easy_setopt(transfer->easy, CURLOPT_READDATA, transfer);
    return;
  }
  if (transfer->body == NULL)
    return;
  curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
  curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)g_bytes_get_size(transfer->body));
  curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, (const char *)g_bytes_get_data(transfer->body, NULL));
}

static void set_options(MuMesosTransfer *transfer, const MuMesosRequest *request) {
  CURL *easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_URL, request->url);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)READ_BYTES);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->http->connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->failure);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
}

MuMesosTransfer *mu_mesos_http_send(MuMesosHttp *http, const MuMesosRequest *request, const MuMesosHttpFuncs *funcs,
                                    gpointer user) {
  MuMesosTransfer *transfer = g_new0(MuMesosTransfer, 1);
  transfer->http = http;
  transfer->easy = curl_easy_init();
  transfer->funcs = funcs;
  transfer->user = user;
  transfer->body = request->body == NULL ? NULL : g_bytes_ref(request->body);
  transfer->answer = g_byte_array_new();
  set_options(transfer, request);
  set_headers(transfer, request);
  set_body(transfer);
  set_tls(http, transfer->easy);
  g_hash_table_add(http->transfers, transfer);
  CURLMcode code = curl_multi_add_handle(http->multi, transfer->easy); /* arms the timer, which begins it */
  mu_assert(code == CURLM_OK);
  return transfer;
}
