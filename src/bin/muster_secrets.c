/* muster-secrets DIR SERVICE TASK HOSTNAME OWNER WHAT...: brings secrets, keys and certificates from the store in DIR to a
 * task of SERVICE. Started by the executor, as the scheduler's user, in the task's sandbox and its namespaces, before the
 * task's command. OWNER is "uid:gid", or "-" when the task is of the same user. WHAT is any number of
 *
 *   --env SECRET KEY              printed as KEY=value with a NUL after it
 *   --file SECRET NAME            written to .muster/secrets/NAME
 *   --tls NAME CN DNS,DNS         written there as NAME.crt, NAME.key, NAME.ca
 *   --keystore NAME CN DNS,DNS    as NAME.keystore, NAME.truststore
 *
 * No value is ever in an argument or a message. The last line on stderr says what went wrong. */
#include "tls_store.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER ".muster/secrets"
#define VARIABLE_MAX_BYTES (128 * 1024 - 1) /* of "KEY=value": MAX_ARG_STRLEN of the kernel */

typedef struct {
  MuSecretStore *store;
  const char *service, *task, *hostname;
  gboolean give; /* to uid and gid */
  uid_t uid;
  gid_t gid;
} Job;

static gboolean fail(GError **error, const char *what, const char *name) {
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s %s: %s", what, name, g_strerror(errno));
  return FALSE;
}

/* ---- where they go --------------------------------------------------------------------------------------------------- */

static gboolean write_file(const Job *job, const char *name, GBytes *value, GError **error) {
  gsize length = 0;
  const void *data = g_bytes_get_data(value, &length);
  g_autofree char *path = g_build_filename(FOLDER, name, NULL);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean ok =
      fd >= 0 && write(fd, data, length) == (ssize_t)length && (!job->give || fchown(fd, job->uid, job->gid) == 0);
  if (!ok)
    fail(error, "cannot write the file of", name);
  if (fd >= 0)
    close(fd);
  return ok;
}

static gboolean print_variable(const char *secret, const char *key, GBytes *value, GError **error) {
  gsize length = 0;
  const char *data = g_bytes_get_data(value, &length);
  if (length > 0 && memchr(data, '\0', length) != NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "the secret \"%s\" has a zero byte, which no variable can hold; use \"file\" in place of \"env-key\"",
                secret);
    return FALSE;
  }
  if (strlen(key) + 1 + length > VARIABLE_MAX_BYTES) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
                "the secret \"%s\" is larger than a variable may be; use \"file\" in place of \"env-key\"", secret);
    return FALSE;
  }
  if (printf("%s=", key) > 0 && fwrite(length == 0 ? "" : data, 1, length, stdout) == length && putchar('\0') == '\0')
    return TRUE;
  return fail(error, "cannot give the variable", key);
}

/* The folder is a tmpfs that was just mounted, or a link to a folder on one. */
static gboolean give_folder(const Job *job, GError **error) {
  if (!job->give || access(FOLDER, F_OK) < 0 || chown(FOLDER, job->uid, job->gid) == 0)
    return TRUE;
  return fail(error, "cannot give to the task's user the folder", FOLDER);
}

/* ---- what there is --------------------------------------------------------------------------------------------------- */

static gboolean bring_env(const Job *job, char **arguments, GError **error) {
  g_autoptr(GBytes) value = mu_secret_store_get_for(job->store, job->service, arguments[0], error);
  return value != NULL && print_variable(arguments[0], arguments[1], value, error);
}

static gboolean bring_file(const Job *job, char **arguments, GError **error) {
  g_autoptr(GBytes) value = mu_secret_store_get_for(job->store, job->service, arguments[0], error);
  return value != NULL && write_file(job, arguments[1], value, error);
}

static gboolean bring_pair(const Job *job, char **arguments, gboolean keystore, GError **error) {
  g_auto(GStrv) names = g_strsplit(arguments[2], ",", -1);
  const MuTlsRequest request = {.service = job->service,
                                .task = job->task,
                                .name = arguments[0],
                                .common_name = arguments[1],
                                .dns_names = (const char *const *)names,
                                .keystore = keystore,
                                .hostname = job->hostname};
  g_auto(MuTlsFiles) files = {0};
  if (!mu_tls_get(job->store, &request, g_get_real_time() / G_USEC_PER_SEC, &files, error))
    return FALSE;
  const struct {
    const char *suffix;
    GBytes *content;
  } all[] = {{"crt", files.certificate},
             {"key", files.key},
             {"ca", files.ca},
             {"keystore", files.keystore},
             {"truststore", files.truststore}};
  gboolean ok = TRUE;
  for (gsize i = 0; ok && i < G_N_ELEMENTS(all); i++) {
    g_autofree char *name = g_strconcat(arguments[0], ".", all[i].suffix, NULL);
    ok = all[i].content == NULL || write_file(job, name, all[i].content, error);
  }
  return ok;
}

static gboolean bring_tls(const Job *job, char **arguments, GError **error) {
  return bring_pair(job, arguments, FALSE, error);
}

static gboolean bring_keystore(const Job *job, char **arguments, GError **error) {
  return bring_pair(job, arguments, TRUE, error);
}

static const struct {
  const char *name;
  int n_arguments;
  gboolean (*bring)(const Job *job, char **arguments, GError **error);
} kinds[] = {
    {"--env", 2, bring_env}, {"--file", 2, bring_file}, {"--tls", 3, bring_tls}, {"--keystore", 3, bring_keystore}};

/* The arguments that it took; 0 on failure. */
static int bring_one(const Job *job, int argc, char **argv, GError **error) {
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (strcmp(argv[0], kinds[i].name) == 0 && argc > kinds[i].n_arguments)
      return kinds[i].bring(job, argv + 1, error) ? 1 + kinds[i].n_arguments : 0;
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "%s is not understood", argv[0]);
  return 0;
}

static gboolean bring_all(Job *job, const char *dir, int argc, char **argv, GError **error) {
  job->store = mu_secret_store_open(dir, error);
  gboolean ok = job->store != NULL && give_folder(job, error);
  for (int taken = 0; ok && argc > 0; argc -= taken, argv += taken) {
    taken = bring_one(job, argc, argv, error);
    ok = taken > 0;
  }
  mu_secret_store_free(job->store);
  return ok && (fflush(stdout) == 0 || fail(error, "cannot give the variables to", "the executor"));
}

int main(int argc, char **argv) {
  Job job = {0};
  unsigned uid = 0, gid = 0;
  g_autoptr(GError) error = NULL;
  if (argc < 6) {
    fprintf(stderr,
            "usage: muster-secrets DIR SERVICE TASK HOSTNAME OWNER WHAT... (started by the executor, not by hand)\n");
    return 2;
  }
  job.service = argv[2];
  job.task = argv[3];
  job.hostname = *argv[4] == '\0' ? NULL : argv[4];
  job.give = sscanf(argv[5], "%u:%u", &uid, &gid) == 2;
  job.uid = uid;
  job.gid = gid;
  if (bring_all(&job, argv[1], argc - 6, argv + 6, &error))
    return 0;
  fprintf(stderr, "muster-secrets: %s\n", error->message);
  return 1;
}
