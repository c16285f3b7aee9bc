/* Where the leading master is: from a list of addresses, of which any master tells the leader by a redirect; or from ZooKeeper
 * (zk://[user:password@]host:port[,host:port…]/path), where the masters' candidates lie. */
#ifndef MU_MESOS_FINDER_H
#define MU_MESOS_FINDER_H
#include <glib.h>

#define MU_MESOS_MAX_MASTERS 64 /* in a list */

typedef struct MuMesosFinder MuMesosFinder;

/* The leader is another one now, or there is none, or none for another reason. From the main loop; not from inside the functions below. */
typedef void (*MuMesosFinderFunc)(gpointer user);

/* MU_ERROR_REFUSED says what of `master` is not understood. `https`: masters found through ZooKeeper, which does not say so,
 * are spoken to over TLS. */
MuMesosFinder *mu_mesos_finder_new(const char *master, gboolean https, MuMesosFinderFunc changed, gpointer user,
                                   GError **error);
void mu_mesos_finder_free(MuMesosFinder *finder);
/* "http://host:5050", or NULL while it is not known (`changed` tells). Borrowed until the next call. */
const char *mu_mesos_finder_url(const MuMesosFinder *finder);
/* The present one did not answer, or was none: of a list the next one is tried. */
void mu_mesos_finder_failed(MuMesosFinder *finder);
/* The present one says who leads: `location` as in its answer, "//host:port/path" too. FALSE: it is no address. */
gboolean mu_mesos_finder_redirect(MuMesosFinder *finder, const char *location);
/* Why nothing is known: for people. Borrowed. */
const char *mu_mesos_finder_trouble(const MuMesosFinder *finder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMesosFinder, mu_mesos_finder_free)

/* "host", "host:5050", "http://host:5050/" to "http://host:5050"; NULL with MU_ERROR_REFUSED. The caller frees. */
char *mu_mesos_master_url(const char *address, GError **error);
#endif
