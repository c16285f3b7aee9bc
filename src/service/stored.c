#include "stored.h"

#include "bug.h"
#include <muster/error.h>

#include <string.h>

gsize mu_stored_size(const char *key, gsize length) {
  return strlen(key) + length;
}

static void set_bytes(MuService *service, guint32 *bytes, gsize now) {
  mu_assert(service->stored_bytes >= *bytes && now <= G_MAXUINT32);
  service->stored_bytes += now - *bytes;
  *bytes = (guint32)now;
}

void mu_stored_put(MuService *service, MuRecordKind kind, const char *key, const char *value, gsize length,
                   guint32 *bytes, MuEffects *effects) {
  mu_batch_put(effects->batch, kind, service->name, key, value, length);
  set_bytes(service, bytes, mu_stored_size(key, length));
}

void mu_stored_take(MuService *service, MuRecordKind kind, const char *key, char *take_value, guint32 *bytes,
                    MuEffects *effects) {
  set_bytes(service, bytes, mu_stored_size(key, strlen(take_value)));
  mu_batch_take(effects->batch, kind, service->name, key, take_value);
}

void mu_stored_delete(MuService *service, MuRecordKind kind, const char *key, guint32 *bytes, MuEffects *effects) {
  mu_batch_delete(effects->batch, kind, service->name, key);
  set_bytes(service, bytes, 0);
}

void mu_stored_note(MuService *service, const char *key, gsize length, guint32 *bytes) {
  set_bytes(service, bytes, mu_stored_size(key, length));
}

gsize mu_stored_room(const MuEffects *effects) {
  return effects->max_stored_bytes - effects->max_stored_bytes / MU_STORED_PARTS;
}

gsize mu_stored_soon(const MuService *service) {
  return service->stored_bytes + (gsize)service->task_states[MU_TASK_STAGING] * MU_STORED_STATUS;
}

gboolean mu_stored_is_full(const MuService *service, const MuEffects *effects) {
  return mu_stored_soon(service) >= mu_stored_room(effects);
}

gboolean mu_stored_check(const MuService *service, gsize more, const char *what, const MuEffects *effects,
                         GError **error) {
  if (service->stored_bytes + more <= mu_stored_room(effects))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
              "service %s stores %" G_GSIZE_FORMAT " bytes, and %s would take %" G_GSIZE_FORMAT
              " more; the limit is %" G_GSIZE_FORMAT
              " for each service: let it store less (fewer pods, smaller files), or "
              "start the scheduler with a larger --max-stored",
              service->name, service->stored_bytes, what, more, mu_stored_room(effects));
  return FALSE;
}
