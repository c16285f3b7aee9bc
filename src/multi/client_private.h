/* Shared by the files of this folder only. */
#ifndef MU_CLIENT_PRIVATE_H
#define MU_CLIENT_PRIVATE_H
#include "event_client.h"
#include "fairness.h"
#include "service.h"

struct MuMultiServiceManager {
  GHashTable *by_name;      /* name to MuService, owned */
  GHashTable *by_sanitized; /* sanitized name to MuService */
  GTree *in_order;          /* name to MuService */
};

void mu_manager_add(MuMultiServiceManager *manager, MuService *service);
void mu_manager_remove(MuMultiServiceManager *manager, MuService *service);
/* By name, or by its sanitized form; NULL when there is none. */
MuService *mu_manager_find(const MuMultiServiceManager *manager, const char *name);
MuService *mu_manager_find_sanitized(const MuMultiServiceManager *manager, const char *sanitized);
/* "RUNNING", "UNINSTALLING", "GONE", or "FAILED": it could not be built or read. Static. */
const char *mu_service_shown_state(const MuService *service);
/* MU_ERROR_NOT_FOUND naming the services there are. */
MuService *mu_manager_require(const MuMultiServiceManager *manager, const char *name, GError **error);

/* The factory's answer. */
MuServiceScheduler *mu_service_store_build(const MuServiceStore *store, const char *name, GBytes *context,
                                           GError **error);

struct MuServiceStore {
  MuServiceFactory factory;
  gpointer user;
  GHashTable *contexts; /* name to GBytes */
};

/* Steps of one service that are tried in one drain; the others are in the next, which follows at once. */
#define MU_STEPS_PER_DRAIN 1000

/* Windows of steps of one service (MuClientSettings.waiting_at_once) that are tried with the same offers. */
#define MU_WINDOWS_PER_ROUND 16

/* Launches, and looks at an offer for a step, of one drain: about a millisecond of work, for which whoever reads waits. */
#define MU_LAUNCHES_PER_DRAIN 24
#define MU_EVALUATIONS_PER_DRAIN 1024

/* Statuses of one service that are heard in one drain; the others are in the next, which follows at once. */
#define MU_STATUSES_PER_DRAIN 1000

/* All offers of one agent to one role in this drain, seen as one. */
typedef struct {
  MuOffer *offer;        /* id is of no meaning; resources of all */
  char *key;             /* in `groups` */
  GPtrArray *ids;        /* of char*, owned */
  MuItems operations[1]; /* of MuOperation*, owned until the accept takes them */
  gboolean is_routed;    /* what is reserved in it has been seen to */
  guint64 round;         /* client's offer_round when the last of it came */
} MuOfferGroup;

typedef struct {
  guint64 events, commands, drains, launches, kills, offers, declined, statuses, evaluations;
} MuClientCounters;

struct MuMultiServiceEventClient {
  char *framework_name, *role, *principal, *user, *api_host;
  GPtrArray *roles;        /* of char*: all that the framework has, `role` first */
  GPtrArray *left_roles;   /* of char*: something was given up by force that is reserved for them */
  GPtrArray *needed_roles; /* … found so far to be needed, while all is loaded, and by a review; NULL: nobody looks */
  gboolean roles_changed;  /* the engine has not been told */
  MuClientSettings settings;
  gsize max_stored_bytes; /* in place of that of the settings; 0: that */
  MuMultiServiceManager *manager;
  MuServiceStore *store;
  MuOfferDiscipline *discipline;
  MuServicesMode mode;
  char **mode_services; /* STATIC: the list; MONO: the one; else NULL */
  MuUninstallCallback uninstall_callback;
  gpointer uninstall_user;
  MuEffects effects; /* of the drain under way */
  GPtrArray *replies, *callbacks;
  GHashTable *step_runs; /* of MuStepRun*: they are with the code of custom steps */
  char *framework_id;
  MuService *last_loaded; /* while loading: of the last record; NULL: none yet */
  gboolean subscribed, suppressed, uninstalling, torn_down;
  char *engine_error, *store_error;
  gint64 subscribed_ms, next_reconcile_ms;
  GHashTable *unheard; /* id to id and agent's id (MuEnvVar) of tasks that were asked about and not heard of since */
  gint64 ask_again_ms, ask_pause_ms;
  GHashTable *asked_again; /* … of these, which were asked about once more, while `asking_again` */
  guint32 ask_round;       /* how many reconciliations were begun */
  gboolean asking;         /* about all tasks, in parts … */
  gboolean asking_again;   /* likewise about those of `unheard` */
  char *asked_up_to;       /* … and up to those of this service it has come; NULL: not to the first */
  gint64 sweep_until_ms;   /* offers are welcome until then though nobody waits: see mu_client_sweep */
  GQueue dirty;            /* of MuService*: to be settled */
  GQueue backlog;          /* of MuService*: see backlog.c */
  GQueue late;             /* of MuService*: they have statuses that were put off */
  GQueue giving_back;      /* of MuService*: they have pods that are releasing */
  GHashTable *needed_by;   /* name of a service, there or not, to a GPtrArray of MuService* that depend on it */
  MuFairness fair;         /* the services that want offers */
  gboolean carry_on;       /* offers are held for the next drain: not every step that waits was tried in this one */
  GHashTable *groups;      /* agent and role to MuOfferGroup, owned: the offers held in this drain */
  GPtrArray *group_order;  /* of MuOfferGroup*: as they came */
  guint group_cursor;      /* where the last step found its place: those before are full, and are tried last */
  guint64 offer_round, routed_round; /* counts offers; up to which they are routed */
  GSequence *timers;                 /* of MuService*, by next_ms */
  gboolean revive_wanted;
  MuClientCounters counters;
};

/* The service has to be settled in this drain. */
void mu_client_mark_dirty(MuMultiServiceEventClient *client, MuService *service);
void mu_client_settle_dirty(MuMultiServiceEventClient *client);
/* … in this drain or a later one: many at once are. */
void mu_client_postpone(MuMultiServiceEventClient *client, MuService *service);
/* Marks the next of them dirty. */
void mu_client_take_backlog(MuMultiServiceEventClient *client);
/* It stops being in any queue; before it is freed. */
void mu_client_forget(MuMultiServiceEventClient *client, MuService *service);
/* Writes the framework's record. */
void mu_client_put_framework(MuMultiServiceEventClient *client);
void mu_client_announce_service(MuMultiServiceEventClient *client, const MuService *service, const char *state);
void mu_client_begin_uninstall(MuMultiServiceEventClient *client, MuService *service);
/* The whole framework's; may be asked for again. */
void mu_client_begin_uninstall_all(MuMultiServiceEventClient *client);
/* The service, when its uninstall is over, comes to its end: callback first, then it is removed. */
void mu_client_check_end(MuMultiServiceEventClient *client, MuService *service);
void mu_client_drop_service(MuMultiServiceEventClient *client, MuService *service);

/* modes.c: whether the scheduler's mode lets a service of this name be. */
gboolean mu_modes_allow(const MuMultiServiceEventClient *client, const char *name);
/* MU_ERROR_CONFLICT saying which services there may be. */
gboolean mu_modes_check_put(const MuMultiServiceEventClient *client, const char *name, GError **error);
/* MU_ERROR_CONFLICT: a service of a fixed list goes by leaving the list. */
gboolean mu_modes_check_remove(const MuMultiServiceEventClient *client, const MuService *service, GError **error);
/* `names`: the services in the store. MU_ERROR_CONFLICT: a mono-scheduler cannot be made of the state of several. */
gboolean mu_modes_check_loaded(const MuMultiServiceEventClient *client, const char *const *names, GError **error);
/* The service is to go: alone, or with the framework when it is all of it. */
void mu_modes_end_service(MuMultiServiceEventClient *client, MuService *service);

/* reconcile.c */
void mu_client_reconcile_init(MuMultiServiceEventClient *client);
void mu_client_reconcile_free(MuMultiServiceEventClient *client);
/* Begins to ask about all tasks; at each subscription, and every reconcile_ms. */
void mu_client_reconcile(MuMultiServiceEventClient *client);
/* Asks what is due to be asked. */
void mu_client_reconcile_due(MuMultiServiceEventClient *client);
gint64 mu_client_reconcile_next_ms(const MuMultiServiceEventClient *client);
/* A status of the task came. */
void mu_client_heard_of(MuMultiServiceEventClient *client, const char *task_id);

/* place.c: gives waiting steps what the held offers have, as much as fits in a drain. */
void mu_client_place(MuMultiServiceEventClient *client);

/* offers.c */
/* Takes the offers out of the array. */
void mu_client_take_offers(MuMultiServiceEventClient *client, GPtrArray *take_offers);
void mu_client_rescind(MuMultiServiceEventClient *client, const char *offer_id);
void mu_client_drop_offers(MuMultiServiceEventClient *client);
/* For a while all offers are looked at although nobody waits for one: what belongs to nobody any more is found, and given
 * back. A reservation on an agent that was away is told of by nothing but an offer. */
void mu_client_sweep(MuMultiServiceEventClient *client);
/* Gives waiting steps what the held offers have; accepts or declines every offer; suppresses or revives. */
void mu_client_match(MuMultiServiceEventClient *client);
void mu_client_offers_free(MuMultiServiceEventClient *client);
void mu_client_offers_init(MuMultiServiceEventClient *client);
#endif
