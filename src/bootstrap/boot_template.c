#include "boot_template.h"

#include "mustache.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <stdio.h>
#include <string.h>

#define LISTED "CONFIG_TEMPLATE_"

extern char **environ;

GHashTable *mu_boot_environment(void) {
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

static gboolean render_text(const char *text, gsize length, const char *dest, GHashTable *values, guint strictness,
                            GError **error) {
  gsize result_length = 0;
  MuMustacheInput input = {.file_name = dest,
                           .type = &mu_mustache_strings,
                           .root = {MU_MUSTACHE_MAP, values},
                           .flags = strictness | MU_MUSTACHE_FLAT_NAMES};
  g_autofree char *result = mu_mustache_render(text, length, &input, &result_length, NULL, error);
  return result && write_file(dest, result, result_length, error);
}

gboolean mu_boot_render(gboolean from_env, const char *source, const char *dest, GHashTable *values, GError **error) {
  gsize length = 0;
  g_autofree char *text = NULL;
  if (from_env)
    text = read_env(source, values, &length, error);
  else
    g_file_get_contents(source, &text, &length, error);
  return text != NULL && render_text(text, length, dest, values, MU_MUSTACHE_STRICT, error);
}

/* ---- as the reference does it ------------------------------------------------------------------------------------------ */

static gboolean render_listed(const char *name, const char *value, GHashTable *values, gint64 max_bytes,
                              GError **error) {
  const char *sandbox = g_hash_table_lookup(values, "MESOS_SANDBOX"), *comma = strchr(value, ',');
  gsize length = 0;
  g_autofree char *text = NULL;
  if (comma == NULL || sandbox == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "%s=%s: %s", name, value,
                comma == NULL ? "two files with a comma between them were expected" : "there is no MESOS_SANDBOX");
    return FALSE;
  }
  g_autofree char *from = g_strndup(value, (gsize)(comma - value));
  g_autofree char *path = g_build_filename(sandbox, from, NULL);
  if (!g_file_get_contents(path, &text, &length, error))
    return FALSE;
  if (max_bytes > 0 && length > (guint64)max_bytes) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
                "%s: %s has %" G_GSIZE_FORMAT " bytes, more than the %" G_GINT64_FORMAT " of -template-max-bytes", name,
                path, length, max_bytes);
    return FALSE;
  }
  fprintf(stderr, "bootstrap: %s is rendered to %s\n", path, comma + 1);
  return render_text(text, length, comma + 1, values, 0, error);
}

gboolean mu_boot_render_listed(GHashTable *values, gint64 max_bytes, GError **error) {
  GHashTableIter iter;
  gpointer name = NULL, value = NULL;
  g_hash_table_iter_init(&iter, values);
  while (g_hash_table_iter_next(&iter, &name, &value))
    if (g_str_has_prefix(name, LISTED) && !render_listed(name, value, values, max_bytes, error))
      return FALSE;
  return TRUE;
}
