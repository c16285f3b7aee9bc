/* Fetches the files of a pod's `uris` into the present folder, a task's sandbox, as the task's user: what muster-fetch does
 * (docs/spec.md, "uris"). The behaviour is the one of the Mesos fetcher (fetcher.md of the Mesos documents), but what is
 * unpacked cannot leave the sandbox, and a checksum can be asked for.
 *
 *   http, https, ftp, ftps ──▶ cache, when the server gives a validator or a checksum is given ──▶ sandbox ──▶ unpacked
 *   file, /a/path          ─────────────────────────────────────────────────────────────────────▶ sandbox ──▶ unpacked */
#ifndef MU_FETCH_H
#define MU_FETCH_H
#include <glib.h>
#include <jansson.h>

/* Of one file, as it comes and after it was unpacked. */
#define MU_FETCH_MAX_BYTES (G_GUINT64_CONSTANT(16) << 30)
#define MU_FETCH_MAX_UNPACKED_BYTES (G_GUINT64_CONSTANT(64) << 30)
#define MU_FETCH_MAX_ENTRIES 500000u /* of an archive */
/* What a cache folder may hold; the files used least recently go first. */
#define MU_FETCH_CACHE_MAX_BYTES (G_GUINT64_CONSTANT(4) << 30)
#define MU_FETCH_MAX_REDIRECTS 10L
#define MU_FETCH_CONNECT_S 30L
#define MU_FETCH_STALL_S 60L /* less than a byte a second for so long ends it */
#define MU_FETCH_JOB_MAX_BYTES (16u << 20)

typedef struct {
  char *value;       /* the address */
  char *output_file; /* relative to the sandbox; NULL: the last part of the address's path */
  char *sha256;      /* lower case hex, or NULL */
  gboolean executable, keep_packed;
} MuFetchUri;

typedef struct {
  char *cache_dir;   /* absolute, ours, 0700; NULL: no cache */
  guint64 cache_max; /* bytes; 0: MU_FETCH_CACHE_MAX_BYTES */
  GPtrArray *uris;   /* of MuFetchUri* */
} MuFetchJob;

/* A line for the task's stderr: progress. */
typedef void (*MuFetchSay)(const char *line);

/* Reads a job: {"cache_dir", "cache_max", "uris": [{"value", "output_file", "sha256", "executable", "keep_packed"}]}. */
MuFetchJob *mu_fetch_job_parse(const char *text, gsize length, GError **error);
void mu_fetch_job_free(MuFetchJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuFetchJob, mu_fetch_job_free)

/* Fetches all, in order. The error names the address, why, and what to do. */
gboolean mu_fetch_run(const MuFetchJob *job, MuFetchSay say, GError **error);

/* The address as it may be shown: without a password. The caller frees. */
char *mu_fetch_shown(const char *address);
#endif
