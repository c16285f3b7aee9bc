#include "fetch_get.h"
#include "mu_config.h"
#include <curl/curl.h>
#include <errno.h>
#include <muster/error.h>
#include <string.h>
#include <unistd.h>

#define SAY_EVERY_US (10 * G_USEC_PER_SEC)
#define MAX_VALIDATOR 1024

typedef struct {
  const char *shown;
  int fd, write_errno;
  gboolean too_big;
  guint64 bytes;
  MuFetchSay say;
  gint64 said_us;
  MuFetchAnswer answer;
} Transfer;

static const char *const schemes[] = {"http://", "https://", "ftp://", "ftps://"};

gboolean mu_fetch_is_remote(const char *address) {
  for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
    if (g_ascii_strncasecmp(address, schemes[i], strlen(schemes[i])) == 0)
      return TRUE;
  return FALSE;
}

void mu_fetch_validators_clear(MuFetchValidators *validators) {
  g_clear_pointer(&validators->etag, g_free);
  g_clear_pointer(&validators->last_modified, g_free);
}

/* ---- what comes ------------------------------------------------------------------------------------------------------ */

static size_t on_data(char *data, size_t size, size_t count, void *user) {
  Transfer *transfer = user;
  gsize length = size * count;
  transfer->bytes += length;
  transfer->too_big = transfer->bytes > MU_FETCH_MAX_BYTES;
  for (gsize done = 0; done < length && !transfer->too_big;) {
    ssize_t n = write(transfer->fd, data + done, length - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      transfer->write_errno = errno;
      return 0;
    }
    done += (gsize)n;
  }
  return transfer->too_big ? 0 : length;
}

static void take_value(const char *line, gsize length, const char *name, char **ret_value) {
  gsize skip = strlen(name);
  if (length <= skip || g_ascii_strncasecmp(line, name, skip) != 0)
    return;
  g_free(*ret_value);
  *ret_value = g_strstrip(g_strndup(line + skip, MIN(length - skip, MAX_VALIDATOR)));
}

/* The last response counts: those before it were redirects. */
static size_t on_header(char *line, size_t size, size_t count, void *user) {
  Transfer *transfer = user;
  gsize length = size * count;
  g_autofree char *cache_control = NULL;
  if (length > 5 && strncmp(line, "HTTP/", 5) == 0) {
    mu_fetch_validators_clear(&transfer->answer.validators);
    transfer->answer.no_store = FALSE;
  }
  take_value(line, length, "etag:", &transfer->answer.validators.etag);
  take_value(line, length, "last-modified:", &transfer->answer.validators.last_modified);
  take_value(line, length, "cache-control:", &cache_control);
  if (cache_control != NULL && strstr(cache_control, "no-store") != NULL)
    transfer->answer.no_store = TRUE;
  return length;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now) {
  (void)up_total, (void)up_now;
  Transfer *transfer = user;
  gint64 time = g_get_monotonic_time();
  if (time - transfer->said_us < SAY_EVERY_US)
    return 0;
  transfer->said_us = time;
  g_autofree char *so_far = g_format_size((guint64)now), *all = g_format_size((guint64)total);
  g_autofree char *line =
      g_strdup_printf("%s: %s%s%s so far", transfer->shown, so_far, total > 0 ? " of " : "", total > 0 ? all : "");
  transfer->say(line);
  return 0;
}

/* ---- what went wrong ------------------------------------------------------------------------------------------------- */

static const char *advice(long status) {
  if (status == 401 || status == 403)
    return "the server wants a login: put it into the address, or make the file public";
  if (status == 404 || status == 410 || status == 550)
    return "there is no such file: correct the address";
  if (status >= 500 || status == 429)
    return "the server is in trouble; the next try may do better";
  return "correct the address";
}

static void set_error(CURL *curl, CURLcode code, const Transfer *transfer, const char *detail, GError **error) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (transfer->too_big)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "it is larger than the limit of %" G_GUINT64_FORMAT " bytes",
                MU_FETCH_MAX_BYTES);
  else if (transfer->write_errno != 0)
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot write it: %s", g_strerror(transfer->write_errno));
  else if (code == CURLE_HTTP_RETURNED_ERROR)
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "the server answered with status %ld: %s", status, advice(status));
  else if (code == CURLE_OPERATION_TIMEDOUT)
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "it stalled (%s); the next try may do better", detail);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s; is the address right, and the server up?",
                *detail != '\0' ? detail : curl_easy_strerror(code));
}

/* ---- the request ----------------------------------------------------------------------------------------------------- */

static struct curl_slist *conditions(const MuFetchValidators *known) {
  struct curl_slist *headers = NULL;
  if (known != NULL && known->etag != NULL) {
    g_autofree char *line = g_strconcat("If-None-Match: ", known->etag, NULL);
    headers = curl_slist_append(headers, line);
  } else if (known != NULL && known->last_modified != NULL) {
    g_autofree char *line = g_strconcat("If-Modified-Since: ", known->last_modified, NULL);
    headers = curl_slist_append(headers, line);
  }
  return headers;
}

static void set_options(CURL *curl, const char *address, Transfer *transfer, char *detail) {
  curl_easy_setopt(curl, CURLOPT_URL, address);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,ftp,ftps");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https,ftp,ftps");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, MU_FETCH_MAX_REDIRECTS);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, MU_FETCH_CONNECT_S);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, MU_FETCH_STALL_S);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "muster/" MU_VERSION);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
}

gboolean mu_fetch_get(const char *address, const MuFetchValidators *known, int fd, MuFetchSay say,
                      MuFetchAnswer *ret_answer, GError **error) {
  char detail[CURL_ERROR_SIZE] = "";
  long status = 0;
  g_autofree char *shown = mu_fetch_shown(address);
  Transfer transfer = {.shown = shown, .fd = fd, .say = say, .said_us = g_get_monotonic_time()};
  CURL *curl = curl_easy_init();
  struct curl_slist *headers = conditions(known);
  set_options(curl, address, &transfer, detail);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK)
    set_error(curl, code, &transfer, detail, error);
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  if (code != CURLE_OK) {
    mu_fetch_validators_clear(&transfer.answer.validators);
    return FALSE;
  }
  transfer.answer.not_modified = known != NULL && status == 304;
  *ret_answer = transfer.answer;
  return TRUE;
}
