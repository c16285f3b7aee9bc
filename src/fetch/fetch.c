#include "fetch.h"
#include "fetch_cache.h"
#include "fetch_file.h"
#include "fetch_get.h"
#include "fetch_path.h"
#include "fetch_unpack.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the job --------------------------------------------------------------------------------------------------------- */

static void uri_free(gpointer data) {
  MuFetchUri *uri = data;
  g_free(uri->value);
  g_free(uri->output_file);
  g_free(uri->sha256);
  g_free(uri);
}

void mu_fetch_job_free(MuFetchJob *job) {
  if (job == NULL)
    return;
  g_free(job->cache_dir);
  g_ptr_array_unref(job->uris);
  g_free(job);
}

static gboolean read_uri(const json_t *json, MuFetchUri *uri, GError **error) {
  const char *value = NULL, *output = NULL, *sha256 = NULL;
  if (!mu_json_get_string(json, "value", TRUE, &value, error) ||
      !mu_json_get_string(json, "output_file", FALSE, &output, error) ||
      !mu_json_get_string(json, "sha256", FALSE, &sha256, error) ||
      !mu_json_get_bool(json, "executable", FALSE, &uri->executable, error) ||
      !mu_json_get_bool(json, "keep_packed", FALSE, &uri->keep_packed, error))
    return FALSE;
  uri->value = g_strdup(value);
  uri->output_file = g_strdup(output);
  uri->sha256 = g_strdup(sha256);
  return TRUE;
}

MuFetchJob *mu_fetch_job_parse(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, MU_FETCH_JOB_MAX_BYTES, error);
  g_autoptr(MuFetchJob) job = g_new0(MuFetchJob, 1);
  const json_t *uris = NULL, *item;
  const char *cache = NULL;
  gint64 cache_max = 0;
  gsize i;
  job->uris = g_ptr_array_new_with_free_func(uri_free);
  if (json == NULL || !mu_json_get_string(json, "cache_dir", FALSE, &cache, error) ||
      !mu_json_get_int_between(json, "cache_max", FALSE, 0, G_MAXINT64, &cache_max, error) ||
      !mu_json_get_array(json, "uris", TRUE, &uris, error))
    return NULL;
  job->cache_dir = g_strdup(cache);
  job->cache_max = cache_max > 0 ? (guint64)cache_max : MU_FETCH_CACHE_MAX_BYTES;
  json_array_foreach (uris, i, item) {
    MuFetchUri *uri = g_new0(MuFetchUri, 1);
    g_ptr_array_add(job->uris, uri);
    if (!read_uri(item, uri, error))
      return NULL;
  }
  return g_steal_pointer(&job);
}

/* ---- one file -------------------------------------------------------------------------------------------------------- */

char *mu_fetch_shown(const char *address) {
  const char *scheme = strstr(address, "://");
  const char *host = scheme == NULL ? NULL : scheme + 3;
  const char *at = host == NULL ? NULL : memrchr(host, '@', strcspn(host, "/?#"));
  const char *colon = at == NULL ? NULL : memchr(host, ':', (gsize)(at - host));
  if (colon == NULL)
    return g_strdup(address);
  return g_strdup_printf("%.*s:***%s", (int)(colon - address), address, at);
}

/* Makes the folders above the file; none of them may be a link. */
static gboolean make_parents(const char *name, GError **error) {
  g_auto(GStrv) parts = g_strsplit(name, "/", -1);
  g_autoptr(GString) path = g_string_new(NULL);
  for (guint i = 0; parts[i] != NULL && parts[i + 1] != NULL; i++) {
    struct stat st;
    g_string_append_printf(path, "%s%s", i == 0 ? "" : "/", parts[i]);
    if ((mkdir(path->str, 0755) < 0 && errno != EEXIST) || lstat(path->str, &st) < 0)
      return mu_fetch_fail(error, errno, "cannot make its folder");
    if (!S_ISDIR(st.st_mode))
      return mu_fetch_fail(error, ENOTDIR, "cannot make its folder");
  }
  return TRUE;
}

static char *choose_name(const MuFetchUri *uri, GError **error) {
  g_autofree char *name = uri->output_file != NULL ? g_strdup(uri->output_file) : mu_fetch_file_name(uri->value);
  if (name != NULL && mu_fetch_path_is_inside(name))
    return g_steal_pointer(&name);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "the address does not end with a file name; give one with #output=NAME");
  return NULL;
}

static int open_output(const char *name, GError **error) {
  if (!make_parents(name, error))
    return -1;
  int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0 && errno == EEXIST)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "there is a file \"%s\" in the sandbox already; give this one another name with #output=NAME", name);
  else if (fd < 0)
    mu_fetch_fail(error, errno, "cannot write it into the sandbox");
  return fd;
}

/* A path of the agent: a file URI without a host, or an absolute path. The caller frees. */
static char *local_path(const char *address, GError **error) {
  g_autofree char *path = address[0] == '/' ? g_strdup(address) : NULL;
  if (path == NULL && g_ascii_strncasecmp(address, "file:", 5) == 0)
    path = g_filename_from_uri(address, NULL, NULL);
  if (path != NULL)
    return g_steal_pointer(&path);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "an address with http:, https:, ftp:, ftps: or file:, or an absolute path, was expected");
  return NULL;
}

static gboolean copy_local(const MuFetchUri *uri, int fd, GError **error) {
  g_autofree char *path = local_path(uri->value, error);
  if (path == NULL)
    return FALSE;
  struct stat st;
  int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode)) {
    int errnum = from < 0 ? errno : EINVAL;
    if (from >= 0)
      close(from);
    return mu_fetch_fail(error, errnum, "it is no file that the task's user can read on this agent");
  }
  g_autofree char *sum = mu_fetch_copy(from, fd, error);
  close(from);
  return sum != NULL && mu_fetch_check_sum(uri->sha256, sum, error);
}

static gboolean get_uncached(const MuFetchUri *uri, int fd, MuFetchSay say, GError **error) {
  MuFetchAnswer answer = {0};
  gboolean ok = mu_fetch_get(uri->value, NULL, fd, say, &answer, error);
  mu_fetch_validators_clear(&answer.validators);
  g_autofree char *sum = ok ? mu_fetch_copy(fd, -1, error) : NULL;
  return sum != NULL && mu_fetch_check_sum(uri->sha256, sum, error);
}

static gboolean get(const MuFetchJob *job, const MuFetchUri *uri, int fd, MuFetchSay say, MuFetchFrom *ret_from,
                    GError **error) {
  *ret_from = MU_FETCH_DOWNLOADED;
  if (!mu_fetch_is_remote(uri->value))
    return copy_local(uri, fd, error);
  return job->cache_dir == NULL ? get_uncached(uri, fd, say, error)
                                : mu_fetch_cached(job->cache_dir, uri, fd, say, ret_from, error);
}

static void say_done(const MuFetchUri *uri, int fd, MuFetchFrom from, gint64 began_us, MuFetchSay say) {
  static const char *const how[] = {[MU_FETCH_DOWNLOADED] = "",
                                    [MU_FETCH_UNCHANGED] = ", from the cache: it has not changed",
                                    [MU_FETCH_KNOWN] = ", from the cache by its checksum"};
  struct stat st = {0};
  fstat(fd, &st);
  g_autofree char *size = g_format_size((guint64)st.st_size), *shown = mu_fetch_shown(uri->value);
  g_autofree char *line = g_strdup_printf("%s: %s in %.1f s%s", shown, size,
                                          (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC, how[from]);
  say(line);
}

static gboolean fetch_one(const MuFetchJob *job, const MuFetchUri *uri, MuFetchSay say, GError **error) {
  gint64 began_us = g_get_monotonic_time();
  MuFetchFrom from;
  g_autofree char *name = choose_name(uri, error);
  int fd = name == NULL ? -1 : open_output(name, error);
  if (fd < 0)
    return FALSE;
  gboolean ok = get(job, uri, fd, say, &from, error);
  if (ok && uri->executable && fchmod(fd, 0755) < 0)
    ok = mu_fetch_fail(error, errno, "cannot make it executable");
  if (ok)
    say_done(uri, fd, from, began_us, say);
  close(fd);
  if (!ok)
    unlink(name);
  return ok && (uri->executable || uri->keep_packed || !mu_fetch_is_archive(name) || mu_fetch_unpack(name, error));
}

gboolean mu_fetch_run(const MuFetchJob *job, MuFetchSay say, GError **error) {
  gboolean ok = TRUE;
  for (guint i = 0; ok && i < job->uris->len; i++) {
    const MuFetchUri *uri = job->uris->pdata[i];
    ok = fetch_one(job, uri, say, error);
    if (!ok) {
      g_autofree char *shown = mu_fetch_shown(uri->value);
      g_prefix_error(error, "%s: ", shown);
    }
  }
  if (job->cache_dir != NULL)
    mu_fetch_cache_trim(job->cache_dir, job->cache_max);
  return ok;
}
