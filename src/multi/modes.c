/* Which services there may be: any (dynamic), those of a list (static), or one that is the whole framework (mono). The mode is
 * no part of the state, whose records name their service in every mode: a mono-scheduler's state, started as a
 * multi-scheduler of the same framework name, has that service as one of its services. */
#include "client_private.h"

#include "bug.h"
#include <muster/error.h>

void mu_multi_service_event_client_set_services(MuMultiServiceEventClient *client, MuServicesMode mode,
                                                const char *const *names) {
  mu_assert(mode != MU_SERVICES_MONO || (names != NULL && names[0] != NULL && names[1] == NULL));
  client->mode = mode;
  g_strfreev(client->mode_services);
  client->mode_services = mode == MU_SERVICES_DYNAMIC ? NULL : g_strdupv((char **)names);
}

gboolean mu_modes_allow(const MuMultiServiceEventClient *client, const char *name) {
  return client->mode == MU_SERVICES_DYNAMIC ||
         (client->mode_services != NULL && g_strv_contains((const char *const *)client->mode_services, name));
}

gboolean mu_modes_check_put(const MuMultiServiceEventClient *client, const char *name, GError **error) {
  if (mu_modes_allow(client, name))
    return TRUE;
  g_autofree char *list = client->mode_services == NULL ? g_strdup("") : g_strjoinv(", ", client->mode_services);
  if (client->mode == MU_SERVICES_MONO)
    g_set_error(
        error, MU_ERROR, MU_ERROR_CONFLICT,
        "this is the mono-scheduler of service \"%s\"; start it as a multi-scheduler, with the same framework name "
        "and state, to add \"%s\"",
        list, name);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "this scheduler runs a fixed list of services (%s); put \"%s\" into that list and start it again", list,
                name);
  return FALSE;
}

gboolean mu_modes_check_remove(const MuMultiServiceEventClient *client, const MuService *service, GError **error) {
  if (client->mode != MU_SERVICES_STATIC || client->uninstalling || service->record->state != MU_SERVICE_RUNNING ||
      service->unreadable != NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
              "this scheduler runs a fixed list of services; take \"%s\" out of that list and start it again",
              service->name);
  return FALSE;
}

gboolean mu_modes_check_loaded(const MuMultiServiceEventClient *client, const char *const *names, GError **error) {
  for (guint i = 0; client->mode == MU_SERVICES_MONO && names[i] != NULL; i++) {
    if (mu_modes_allow(client, names[i]))
      continue;
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "the state has service \"%s\", so it is not that of a mono-scheduler of \"%s\": start it as a "
                "multi-scheduler, or remove the other services first",
                names[i], client->mode_services[0]);
    return FALSE;
  }
  return TRUE;
}

void mu_modes_end_service(MuMultiServiceEventClient *client, MuService *service) {
  if (client->mode == MU_SERVICES_MONO) {
    service->finished = FALSE;
    mu_client_begin_uninstall_all(client);
  } else {
    mu_client_begin_uninstall(client, service);
  }
}
