/* Small files that clients keep with a service: StateQueries of dcos-commons. */
#include "service.h"
#include <muster/error.h>
#include <string.h>

static gboolean check_name(const char *name, GError **error) {
  gsize length = strlen(name);
  if (length > 0 && length <= MU_FILE_MAX_NAME && strpbrk(name, "/\n") == NULL && name[0] != '.')
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "\"%.200s\" is no name for a file: 1 to %u bytes, no slash, and no dot at its beginning were expected",
              name, MU_FILE_MAX_NAME);
  return FALSE;
}

static gboolean check_content(const MuService *service, const char *name, GBytes *content, GError **error) {
  gsize length = 0;
  const char *bytes = g_bytes_get_data(content, &length);
  if (length > MU_FILE_MAX_BYTES) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
                "the file has %" G_GSIZE_FORMAT " bytes; at most %u are kept (MU_FILE_MAX_BYTES)", length,
                MU_FILE_MAX_BYTES);
    return FALSE;
  }
  if (length > 0 && !g_utf8_validate_len(bytes, length, NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the file is not UTF-8 text");
    return FALSE;
  }
  if (g_hash_table_size(service->files) >= MU_FILE_MAX_NUMBER && !g_hash_table_contains(service->files, name)) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE, "service %s keeps %u files already (MU_FILE_MAX_NUMBER)",
                service->name, MU_FILE_MAX_NUMBER);
    return FALSE;
  }
  return TRUE;
}

gboolean mu_service_put_file(MuService *service, const char *name, GBytes *content, MuEffects *effects,
                             GError **error) {
  if (!check_name(name, error) || !check_content(service, name, content, error))
    return FALSE;
  if (service->record->state != MU_SERVICE_RUNNING) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "service %s is being uninstalled", service->name);
    return FALSE;
  }
  gsize length = 0;
  const char *bytes = g_bytes_get_data(content, &length);
  g_hash_table_insert(service->files, g_strdup(name), g_bytes_ref(content));
  mu_batch_put(effects->batch, MU_RECORD_FILE, service->name, name, bytes == NULL ? "" : bytes, length);
  return TRUE;
}

void mu_service_erase_files(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer name = NULL;
  g_hash_table_iter_init(&iter, service->files);
  while (g_hash_table_iter_next(&iter, &name, NULL)) {
    mu_batch_delete(effects->batch, MU_RECORD_FILE, service->name, name);
    g_hash_table_iter_remove(&iter);
  }
}
