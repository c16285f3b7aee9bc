/* Services that are to be settled although nothing came for them: all at a start, all that are uninstalled with the framework,
 * those that wait for one that many depend on. A drain takes some of them; while any are left, offers are held and nobody is
 * told that no more are wanted: what the others need is not known yet. */
#include "client_private.h"

void mu_client_postpone(MuMultiServiceEventClient *client, MuService *service) {
  if (service->postponed || service->unreadable != NULL)
    return;
  service->postponed = TRUE;
  g_queue_push_tail(&client->backlog, service);
}

/* With the framework goes what is still there of it. */
static void take_one(MuMultiServiceEventClient *client, MuService *service) {
  service->postponed = FALSE;
  if (client->uninstalling)
    mu_client_begin_uninstall(client, service);
  mu_client_mark_dirty(client, service);
}

void mu_client_take_backlog(MuMultiServiceEventClient *client) {
  for (guint n = 0; n < client->settings.settles_per_drain && !g_queue_is_empty(&client->backlog); n++)
    take_one(client, g_queue_pop_head(&client->backlog));
}
