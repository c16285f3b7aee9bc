/* muster-bootstrap: renders the config templates of a task against its environment, in its sandbox, as its user, before
 * its command starts. A variable without a value is an error: the task fails with the message. */
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

static gboolean render(const char *template_path, const char *dest, GHashTable *values, GError **error) {
  g_autofree char *text = NULL;
  gsize length = 0, result_length = 0;
  if (!g_file_get_contents(template_path, &text, &length, error))
    return FALSE;
  MuMustacheInput input = {.file_name = dest,
                           .type = &mu_mustache_strings,
                           .root = {MU_MUSTACHE_MAP, values},
                           .flags = MU_MUSTACHE_STRICT | MU_MUSTACHE_FLAT_NAMES};
  g_autofree char *result = mu_mustache_render(text, length, &input, &result_length, NULL, error);
  return result && write_file(dest, result, result_length, error);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc % 4 != 1) {
    fprintf(stderr, "usage: muster-bootstrap --template FILE --dest FILE [--template FILE --dest FILE]...\n");
    return 2;
  }
  g_autoptr(GHashTable) values = environment();
  int status = 0;
  for (int i = 1; i < argc; i += 4) {
    g_autoptr(GError) error = NULL;
    if (!g_str_equal(argv[i], "--template") || !g_str_equal(argv[i + 2], "--dest")) {
      fprintf(stderr, "muster-bootstrap: expected --template FILE --dest FILE\n");
      return 2;
    }
    if (render(argv[i + 1], argv[i + 3], values, &error))
      continue;
    fprintf(stderr, "muster-bootstrap: %s\n", error->message);
    status = 1;
  }
  return status;
}
