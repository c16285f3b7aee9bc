#include "programs.h"
#include "mu_config.h"
#include <muster/error.h>

static gboolean is_program(const char *path) {
  return g_file_test(path, G_FILE_TEST_IS_EXECUTABLE) && !g_file_test(path, G_FILE_TEST_IS_DIR);
}

static char *refuse_named(const char *name, const char *path, const char *named_by, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: %s names it, and there is no program %s", path, named_by, name);
  return NULL;
}

/* The folder of the running program, or NULL. */
static char *own_folder(void) {
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  return self == NULL ? NULL : g_path_get_dirname(self);
}

static char *search(const char *name, GError **error) {
  g_autofree char *beside = own_folder();
  const char *places[] = {beside, MU_LIBEXEC_DIR};
  g_autoptr(GString) tried = g_string_new(NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
    if (places[i] == NULL)
      continue;
    g_autofree char *path = g_build_filename(places[i], name, NULL);
    if (is_program(path))
      return g_steal_pointer(&path);
    g_string_append_printf(tried, "%s%s", tried->len > 0 ? ", " : "", path);
  }
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "the local engine needs the program %s: it is not at %s; set MUSTER_LIBEXEC to the folder that has it",
              name, tried->str);
  return NULL;
}

char *mu_program_find(const char *name, const char *given, GError **error) {
  if (given != NULL)
    return is_program(given) ? g_canonicalize_filename(given, NULL) : refuse_named(name, given, "the option", error);
  const char *folder = g_getenv("MUSTER_LIBEXEC");
  if (folder == NULL || folder[0] == '\0')
    return search(name, error);
  g_autofree char *joined = g_build_filename(folder, name, NULL);
  return is_program(joined) ? g_canonicalize_filename(joined, NULL)
                            : refuse_named(name, joined, "MUSTER_LIBEXEC", error);
}
