/* muster-bootstrap: renders the config templates of a task against its environment, in its sandbox, as its user, before
 * its command starts. A variable without a value is an error: the task fails with the message.
 *
 * Under the name `bootstrap` it takes the options of the reference's program of that name, which commands of specs call, and
 * has nothing left to do. */
#include "mustache.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <stdio.h>
#include <string.h>

extern char **environ;

static GHashTable *environment(void) {
  GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (char **entry = environ; *entry; entry++) {
    const char *equals = strchr(*entry, '=');
    if (equals)
      g_hash_table_insert(table, g_strndup(*entry, (gsize)(equals - *entry)), (gpointer)(equals + 1));
  }
  return table;
}

static gboolean write_file(const char *path, const char *text, gsize length, GError **error) {
  g_autofree char *folder = g_path_get_dirname(path);
  if (g_mkdir_with_parents(folder, 0755) < 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot make the folder '%s': %s", folder, g_strerror(errno));
    return FALSE;
  }
  FILE *file = g_fopen(path, "we"); /* in place: the destination may be a link into a volume */
  gboolean ok = file && fwrite(text, 1, length, file) == length;
  if (file && fclose(file) != 0)
    ok = FALSE;
  if (!ok)
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot write '%s': %s", path, g_strerror(errno));
  return ok;
}

/* A template that came in the environment, in base64: NAME, and when it is long, NAME_1, NAME_2, … after it. */
static char *read_env(const char *name, GHashTable *values, gsize *ret_length, GError **error) {
  g_autoptr(GString) encoded = g_string_new(g_hash_table_lookup(values, name));
  if (encoded->len == 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no template in the variable %s", name);
    return NULL;
  }
  const char *more = NULL;
  for (guint i = 1;; i++) {
    g_autofree char *part = g_strdup_printf("%s_%u", name, i);
    more = g_hash_table_lookup(values, part);
    if (more == NULL)
      return (char *)g_base64_decode(encoded->str, ret_length);
    g_string_append(encoded, more);
  }
}

static char *read_template(const char *option, const char *source, GHashTable *values, gsize *ret_length,
                           GError **error) {
  char *text = NULL;
  if (g_str_equal(option, "--template-env"))
    return read_env(source, values, ret_length, error);
  g_file_get_contents(source, &text, ret_length, error);
  return text;
}

static gboolean render(const char *option, const char *source, const char *dest, GHashTable *values, GError **error) {
  gsize length = 0, result_length = 0;
  g_autofree char *text = read_template(option, source, values, &length, error);
  if (text == NULL)
    return FALSE;
  MuMustacheInput input = {.file_name = dest,
                           .type = &mu_mustache_strings,
                           .root = {MU_MUSTACHE_MAP, values},
                           .flags = MU_MUSTACHE_STRICT | MU_MUSTACHE_FLAT_NAMES};
  g_autofree char *result = mu_mustache_render(text, length, &input, &result_length, NULL, error);
  return result && write_file(dest, result, result_length, error);
}

/* ---- as `bootstrap` of the reference --------------------------------------------------------------------------------- */

/* Its options (sdk/bootstrap of dcos-commons). What they are for is done before a task's command here, or has no meaning on
 * one machine: templates are rendered, nothing resolves the names of tasks, certificates are there. */
static const struct {
  const char *name;
  gboolean takes_value;
} reference_options[] = {
    {"verbose", FALSE},           {"print-env", FALSE},     {"insecure", FALSE},       {"resolve", FALSE},
    {"self-resolve", FALSE},      {"resolve-hosts", TRUE},  {"resolve-timeout", TRUE}, {"template", FALSE},
    {"template-max-bytes", TRUE}, {"install-certs", FALSE}, {"get-task-ip", FALSE},
};

/* The arguments that it takes, 0: it is none of the reference's. */
static int reference_option(char **argv, gboolean has_next, gboolean *get_task_ip) {
  const char *name = argv[0] + 1 + (argv[0][0] == '-' && argv[0][1] == '-');
  gsize length = strcspn(name, "=");
  for (gsize i = 0; argv[0][0] == '-' && i < G_N_ELEMENTS(reference_options); i++) {
    if (strlen(reference_options[i].name) != length || strncmp(name, reference_options[i].name, length) != 0)
      continue;
    if (g_str_equal(reference_options[i].name, "get-task-ip"))
      *get_task_ip = !g_str_has_suffix(name, "=false");
    return name[length] == '=' || !reference_options[i].takes_value ? 1 : has_next ? 2 : 0;
  }
  return 0;
}

static int be_reference(int argc, char **argv) {
  gboolean get_task_ip = FALSE;
  for (int i = 1, taken = 0; i < argc; i += taken) {
    taken = reference_option(argv + i, i + 1 < argc, &get_task_ip);
    if (taken == 0) {
      fprintf(stderr, "bootstrap: %s is not an option of bootstrap\n", argv[i]);
      return 2;
    }
  }
  const char *ip = g_getenv("MESOS_CONTAINER_IP");
  if (get_task_ip)
    printf("%s\n", ip != NULL ? ip : "127.0.0.1");
  else
    fprintf(stderr, "bootstrap: the config templates were rendered before this command; nothing is left to do\n");
  return 0;
}

/* ---- the command line ------------------------------------------------------------------------------------------------- */

static int usage(void) {
  fprintf(stderr, "usage: muster-bootstrap [--template FILE | --template-env VARIABLE] --dest FILE...\n");
  return 2;
}

int main(int argc, char **argv) {
  g_autofree char *name = g_path_get_basename(argv[0]);
  if (g_str_equal(name, "bootstrap"))
    return be_reference(argc, argv);
  if (argc < 5 || argc % 4 != 1)
    return usage();
  g_autoptr(GHashTable) values = environment();
  int status = 0;
  for (int i = 1; i < argc; i += 4) {
    g_autoptr(GError) error = NULL;
    gboolean known = g_str_equal(argv[i], "--template") || g_str_equal(argv[i], "--template-env");
    if (!known || !g_str_equal(argv[i + 2], "--dest"))
      return usage();
    if (render(argv[i], argv[i + 1], argv[i + 3], values, &error))
      continue;
    fprintf(stderr, "muster-bootstrap: %s\n", error->message);
    status = 1;
  }
  return status;
}
