/* Small files that clients keep with a service: StateQueries of dcos-commons. */
#include "service_private.h"
#include "stored.h"
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

/* That the file has in the store. */
static guint32 file_bytes(const MuService *service, const char *name) {
  GBytes *content = g_hash_table_lookup(service->files, name);
  return content == NULL ? 0 : (guint32)mu_stored_size(name, g_bytes_get_size(content));
}

void mu_service_load_file(MuService *service, const char *name, const char *value, gsize length) {
  guint32 bytes = 0;
  g_hash_table_insert(service->files, g_strdup(name), g_bytes_new(value, length));
  mu_stored_note(service, name, length, &bytes);
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
  guint32 before = file_bytes(service, name);
  gsize now = mu_stored_size(name, length);
  if (now > before && !mu_stored_check(service, now - before, "the file", effects, error))
    return FALSE;
  mu_stored_put(service, MU_RECORD_FILE, name, bytes == NULL ? "" : bytes, length, &before, effects);
  g_hash_table_insert(service->files, g_strdup(name), g_bytes_ref(content));
  return TRUE;
}

void mu_service_erase_files(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer name = NULL;
  g_hash_table_iter_init(&iter, service->files);
  while (g_hash_table_iter_next(&iter, &name, NULL)) {
    guint32 bytes = file_bytes(service, name);
    mu_stored_delete(service, MU_RECORD_FILE, name, &bytes, effects);
    g_hash_table_iter_remove(&iter);
  }
}
