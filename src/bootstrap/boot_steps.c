#include "boot_steps.h"

#include "boot_template.h"
#include <muster/error.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TRY_EVERY_MS 1000
#define LOOPBACK "127.0.0.1"
#define HIDDEN "********"
#define JAVA_PASSWORD "changeit" /* of every JRE's own keystore */

/* ---- the task's address -------------------------------------------------------------------------------------------------- */

static char *address_of_machine(const MuBootNames *names, GError **error) {
  g_autoptr(GPtrArray) found = mu_boot_names_find(names, g_get_host_name());
  for (guint i = 0; i < found->len; i++)
    if (mu_boot_is_ipv4(found->pdata[i]))
      return g_strdup(found->pdata[i]);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "this machine's name, %s, has no IPv4 address", g_get_host_name());
  return NULL;
}

char *mu_boot_task_ip(const MuBootNames *names, GHashTable *environment, GError **error) {
  static const char *const VARIABLES[] = {"MESOS_CONTAINER_IP", "LIBPROCESS_IP"};
  for (gsize i = 0; i < G_N_ELEMENTS(VARIABLES); i++) {
    const char *ip = g_hash_table_lookup(environment, VARIABLES[i]);
    if (ip == NULL || *ip == '\0')
      continue;
    if (strcmp(ip, "0.0.0.0") == 0)
      return address_of_machine(names, error);
    if (mu_boot_is_ipv4(ip))
      return g_strdup(ip);
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s is %s: an IPv4 address was expected", VARIABLES[i], ip);
    return NULL;
  }
  return g_strdup(LOOPBACK);
}

/* ---- the environment ----------------------------------------------------------------------------------------------------- */

static gboolean is_sensitive(const char *name) {
  static const char *const PARTS[] = {"credential", "password", "secret", "token"};
  g_autofree char *lower = g_ascii_strdown(name, -1);
  for (gsize i = 0; i < G_N_ELEMENTS(PARTS); i++)
    if (strstr(lower, PARTS[i]) != NULL)
      return TRUE;
  return FALSE;
}

static gint by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

char *mu_boot_describe_environment(GHashTable *environment, gboolean all) {
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
  GHashTableIter iter;
  gpointer name = NULL, value = NULL;
  g_hash_table_iter_init(&iter, environment);
  while (g_hash_table_iter_next(&iter, &name, &value))
    g_ptr_array_add(lines, g_strdup_printf("%s=%s", (char *)name, all || !is_sensitive(name) ? (char *)value : HIDDEN));
  g_ptr_array_sort(lines, by_text);
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf(text, "%s\n", (char *)lines->pdata[i]);
  return g_string_free(text, FALSE);
}

/* ---- waiting for names ----------------------------------------------------------------------------------------------------- */

typedef struct {
  const MuBootOptions *options;
  const MuBootNames *names;
  gint64 until_us; /* 0: for ever */
} Wait;

static Wait begin_wait(const MuBootOptions *options, const MuBootNames *names) {
  gint64 ms = options->resolve_timeout_ms;
  return (Wait){options, names, ms == 0 ? 0 : g_get_monotonic_time() + ms * 1000};
}

/* FALSE: the time is up. */
static gboolean pause_before_next(const Wait *wait) {
  gint64 left_us = wait->until_us == 0 ? G_MAXINT64 : wait->until_us - g_get_monotonic_time();
  if (left_us <= 0)
    return FALSE;
  gint64 retry_ms = wait->names->retry_ms == 0 ? TRY_EVERY_MS : wait->names->retry_ms;
  poll(NULL, 0, (int)(MIN(left_us, retry_ms * 1000) / 1000 + 1)); /* name servers tell nobody of what is new */
  return TRUE;
}

static char *join(const GPtrArray *addresses) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < addresses->len; i++)
    g_string_append_printf(text, "%s%s", i == 0 ? "" : " ", (char *)addresses->pdata[i]);
  return g_string_free(text, FALSE);
}

/* `only` NULL: any address will do. */
static gboolean wait_for(const Wait *wait, const char *host, const char *only, GError **error) {
  fprintf(stderr, "bootstrap: waiting until %s has %s%s\n", host, only == NULL ? "an address" : "the task's address, ",
          only == NULL ? "" : only);
  g_autofree char *said = NULL;
  do {
    g_autoptr(GPtrArray) found = mu_boot_names_find(wait->names, host);
    g_free(said);
    said = join(found);
    if (only == NULL ? found->len > 0 : found->len == 1 && strcmp(found->pdata[0], only) == 0) {
      fprintf(stderr, "bootstrap: %s is %s\n", host, said);
      return TRUE;
    }
    if (wait->options->verbose)
      fprintf(stderr, "bootstrap: %s has %s%s\n", host, found->len == 0 ? "no address" : "the addresses ", said);
  } while (pause_before_next(wait));
  g_set_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE,
              "%s has %s%s%s%s after the time of -resolve-timeout; with -verbose every try is told", host,
              *said == '\0' ? "no address" : "not the address that was waited for: it has ", said,
              only == NULL ? "" : ", and the task has ", only == NULL ? "" : only);
  return FALSE;
}

/* Whether somebody serves the names of tasks: a cluster's name server does; a machine of its own, where the executor has told the
 * task who it is, has none. */
static gboolean has_task_names(GHashTable *environment) {
  const char *said = g_hash_table_lookup(environment, "BOOTSTRAP_TASK_DNS");
  if (said != NULL && *said != '\0')
    return g_ascii_strcasecmp(said, "false") != 0;
  return g_hash_table_lookup(environment, "MUSTER_TASK_ID") == NULL;
}

static gboolean is_passed_over(GHashTable *environment, const char *host) {
  const char *domain = g_hash_table_lookup(environment, "FRAMEWORK_HOST");
  if (domain == NULL || *domain == '\0' || !g_str_has_suffix(host, domain) || has_task_names(environment))
    return FALSE;
  fprintf(stderr, "bootstrap: %s is not waited for: nothing serves the names of tasks here\n", host);
  return TRUE;
}

static char *own_name(GHashTable *environment, GError **error) {
  const char *task = g_hash_table_lookup(environment, "TASK_NAME");
  const char *domain = g_hash_table_lookup(environment, "FRAMEWORK_HOST");
  if (task != NULL && domain != NULL)
    return g_strconcat(task, ".", domain, NULL);
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
              "the variables TASK_NAME and FRAMEWORK_HOST, which make the task's own name, are not there: use "
              "-resolve-hosts and -self-resolve=false, or -resolve=false");
  return NULL;
}

static gboolean wait_for_all(const Wait *wait, GHashTable *environment, const char *list, GError **error) {
  g_auto(GStrv) hosts = g_strsplit(list, ",", -1);
  for (char **host = hosts; *host != NULL; host++)
    if (*g_strstrip(*host) != '\0' && !is_passed_over(environment, *host) && !wait_for(wait, *host, NULL, error))
      return FALSE;
  return TRUE;
}

static gboolean wait_for_self(const MuBootOptions *options, const MuBootNames *names, GHashTable *environment,
                              GError **error) {
  g_autofree char *self = own_name(environment, error);
  if (self == NULL)
    return FALSE;
  if (is_passed_over(environment, self))
    return TRUE;
  Wait wait = begin_wait(options, names);
  g_autofree char *ip = mu_boot_task_ip(names, environment, error);
  return ip != NULL && wait_for(&wait, self, ip, error);
}

gboolean mu_boot_wait(const MuBootOptions *options, const MuBootNames *names, GHashTable *environment, GError **error) {
  if (!options->resolve)
    return TRUE;
  g_autofree char *own = options->resolve_hosts == NULL ? own_name(environment, error) : NULL;
  const char *list = options->resolve_hosts == NULL ? own : options->resolve_hosts;
  Wait wait = begin_wait(options, names);
  return list != NULL && wait_for_all(&wait, environment, list, error) &&
         (!options->self_resolve || wait_for_self(options, names, environment, error));
}

/* ---- certificates for Java ------------------------------------------------------------------------------------------------- */

/* The authority of the cluster, as agents of DC/OS leave it in the sandbox: since 1.10, and before. NULL: there is none. */
static char *find_authority(GHashTable *environment) {
  static const char *const FILES[] = {"ca-bundle.crt", "ca.crt"};
  const char *sandbox = g_hash_table_lookup(environment, "MESOS_SANDBOX");
  for (gsize i = 0; sandbox != NULL && i < G_N_ELEMENTS(FILES); i++) {
    g_autofree char *path = g_build_filename(sandbox, ".ssl", FILES[i], NULL);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer(&path);
  }
  return NULL;
}

/* What fails here is told and no more: the authority is there already when the sandbox's JRE was used before. */
static void install_certs(GHashTable *environment) {
  g_autofree char *authority = find_authority(environment);
  const char *java = g_hash_table_lookup(environment, "JAVA_HOME");
  if (authority == NULL || java == NULL || *java == '\0')
    return;
  g_autofree char *keytool = g_build_filename(java, "bin", "keytool", NULL);
  g_autofree char *store = g_build_filename(java, "lib", "security", "cacerts", NULL);
  char *argv[] = {keytool, "-importcert", "-noprompt", "-alias",     "dcoscert",    "-keystore",
                  store,   "-file",       authority,   "-storepass", JAVA_PASSWORD, NULL};
  g_autoptr(GError) error = NULL;
  g_autofree char *said = NULL;
  int status = 0;
  gboolean ok = g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, NULL, &status, &error) &&
                g_spawn_check_wait_status(status, &error);
  fprintf(stderr, "bootstrap: %s %s into %s%s%s\n", authority, ok ? "was brought" : "could not be brought", store,
          ok ? "" : ": ", ok ? "" : error->message);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------- */

static int fail(const GError *error, int code) {
  fprintf(stderr, "bootstrap: %s\n", error->message);
  return code;
}

int mu_boot_be_reference(int argc, char **argv) {
  g_auto(MuBootOptions) options = {0};
  g_autoptr(GError) error = NULL;
  g_autoptr(GHashTable) environment = mu_boot_environment();
  if (!mu_boot_options_parse(argc, argv, &options, &error))
    return fail(error, 2);
  g_autofree char *help = mu_boot_options_help();
  if (options.help)
    return fputs(help, stdout) < 0;
  if (options.get_task_ip) {
    g_autofree char *ip = mu_boot_task_ip(&mu_boot_names_of_machine, environment, &error);
    return ip == NULL ? fail(error, 1) : printf("%s\n", ip) < 0;
  }
  g_autofree char *shown = mu_boot_describe_environment(environment, options.insecure);
  if (options.print_env)
    fprintf(stderr, "bootstrap: the environment:\n%s", shown);
  if (!mu_boot_wait(&options, &mu_boot_names_of_machine, environment, &error))
    return fail(error, 1);
  if (options.template && !mu_boot_render_listed(environment, options.template_max_bytes, &error))
    return fail(error, 1);
  if (options.install_certs)
    install_certs(environment);
  return 0;
}
