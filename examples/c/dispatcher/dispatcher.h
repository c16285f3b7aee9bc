/* A dispatcher: Spark's REST submission protocol, as that of its standalone cluster, in front of muster. Every driver that is
 * submitted is a service of one pod with one task, which removes itself when it has finished. */
#ifndef DISPATCHER_H
#define DISPATCHER_H
#include <jansson.h>
#include <muster/muster.h>

#define SERVER_SPARK_VERSION "3.5.0" /* whose protocol this is: "v1" */

typedef struct {
  const char *spark_submit; /* the program that runs a driver */
  const char *master;       /* its --master */
  guint max_drivers;        /* at once; more are not taken */
} DispatcherConfig;

/* ---- driver.c: what a driver is ---- */

/* The ServiceFactory: the context is the CreateSubmissionRequest as it was sent; `user` is the DispatcherConfig. */
MuServiceScheduler *driver_factory(const char *name, GBytes *context, gpointer user, GError **error);
/* The request, checked as far as the protocol goes; a new reference, or NULL with MU_ERROR_REFUSED. */
json_t *driver_read_request(GBytes *body, GError **error);
/* Whether a driver with this context is started again when it fails. */
gboolean driver_is_supervised(GBytes *context);

/* ---- history.c: what became of the drivers that are gone ---- */

typedef struct History History;
typedef struct {
  char *id, *state, *worker, *host; /* worker and host: NULL when it never ran */
} HistoryEntry;

/* Keeps the last `max` entries, in memory and in the file, which is made when it is absent. */
History *history_open(const char *path, guint max, GError **error);
void history_free(History *history);
/* The first word about a driver counts. What cannot be written is kept in memory, and said on stderr. */
void history_add(History *history, const char *id, const char *state, const char *worker, const char *host);
const HistoryEntry *history_find(const History *history, const char *id); /* NULL: not known (any more) */

/* ---- protocol.c: the routes ---- */

typedef struct Dispatcher Dispatcher;

/* Borrows all three; the runner is given later, since it is made with the routes. */
Dispatcher *dispatcher_new(const DispatcherConfig *config, History *history, MuMultiServiceEventClient *client);
void dispatcher_free(Dispatcher *dispatcher);
/* Notes what ended while nobody looked, and looks from now on. Before the run. */
void dispatcher_start(Dispatcher *dispatcher, MuMultiServiceRunner *runner);
/* Static; `user` of the handlers is the Dispatcher. `open`: without a token, as Spark's clients send none. */
const MuHttpRoute *dispatcher_routes(gboolean open, gsize *ret_n);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dispatcher, dispatcher_free)
#endif
