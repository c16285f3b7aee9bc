/* Shared by the files of this folder only. */
#ifndef MU_CLIENT_PRIVATE_H
#define MU_CLIENT_PRIVATE_H
#include "event_client.h"
#include "service.h"

struct MuMultiServiceManager {
  GHashTable *by_name;      /* name to MuService, owned */
  GHashTable *by_sanitized; /* sanitized name to MuService */
};

void mu_manager_add(MuMultiServiceManager *manager, MuService *service);
void mu_manager_remove(MuMultiServiceManager *manager, MuService *service);
/* By name, or by its sanitized form; NULL when there is none. */
MuService *mu_manager_find(const MuMultiServiceManager *manager, const char *name);
MuService *mu_manager_find_sanitized(const MuMultiServiceManager *manager, const char *sanitized);
/* MU_ERROR_NOT_FOUND naming the services there are. */
MuService *mu_manager_require(const MuMultiServiceManager *manager, const char *name, GError **error);

struct MuServiceStore {
  MuServiceFactory factory;
  gpointer user;
  GHashTable *contexts; /* name to GBytes */
};

/* All offers of one agent in this drain, seen as one. */
typedef struct {
  MuOffer *offer;        /* id is of no meaning; resources of all */
  GPtrArray *ids;        /* of char*, owned */
  GPtrArray *operations; /* of MuOperation*, owned until the accept takes them */
} MuOfferGroup;

typedef struct {
  guint64 events, commands, drains, launches, kills, offers, declined, statuses;
} MuClientCounters;

struct MuMultiServiceEventClient {
  char *framework_name, *role, *principal, *user, *api_host;
  MuClientSettings settings;
  MuMultiServiceManager *manager;
  MuServiceStore *store;
  MuOfferDiscipline *discipline;
  MuUninstallCallback uninstall_callback;
  gpointer uninstall_user;
  MuEffects effects; /* of the drain under way */
  GPtrArray *replies, *callbacks;
  char *framework_id;
  gboolean subscribed, suppressed, uninstalling, torn_down;
  char *engine_error, *store_error;
  gint64 subscribed_ms, next_reconcile_ms;
  GQueue dirty;           /* of MuService*: to be settled */
  GQueue hungry;          /* of MuService*: they want offers; in the order of their turns */
  GHashTable *groups;     /* agent id to MuOfferGroup, owned: the offers held in this drain */
  GPtrArray *group_order; /* of MuOfferGroup*: as they came */
  GSequence *timers;      /* of MuService*, by next_ms */
  gboolean revive_wanted;
  MuClientCounters counters;
};

/* The service has to be settled in this drain. */
void mu_client_mark_dirty(MuMultiServiceEventClient *client, MuService *service);
void mu_client_settle_dirty(MuMultiServiceEventClient *client);
/* It stops being in any queue; before it is freed. */
void mu_client_forget(MuMultiServiceEventClient *client, MuService *service);
/* Writes the framework's record. */
void mu_client_put_framework(MuMultiServiceEventClient *client);
void mu_client_announce_service(MuMultiServiceEventClient *client, const MuService *service, const char *state);
void mu_client_begin_uninstall(MuMultiServiceEventClient *client, MuService *service);
/* The service, when its uninstall is over, comes to its end: callback first, then it is removed. */
void mu_client_check_end(MuMultiServiceEventClient *client, MuService *service);
void mu_client_drop_service(MuMultiServiceEventClient *client, MuService *service);

/* offers.c */
void mu_client_take_offers(MuMultiServiceEventClient *client, GPtrArray *offers);
void mu_client_rescind(MuMultiServiceEventClient *client, const char *offer_id);
void mu_client_drop_offers(MuMultiServiceEventClient *client);
/* Gives waiting steps what the held offers have; accepts or declines every offer; suppresses or revives. */
void mu_client_match(MuMultiServiceEventClient *client);
void mu_client_offers_free(MuMultiServiceEventClient *client);
void mu_client_offers_init(MuMultiServiceEventClient *client);
#endif
