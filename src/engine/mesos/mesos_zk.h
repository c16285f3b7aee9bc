/* The leading master as ZooKeeper knows it (high-availability.md of the Mesos documents): every master that would lead keeps an
 * ephemeral sequential node json.info_<number> below the path, and the lowest one leads. */
#ifndef MU_MESOS_ZK_H
#define MU_MESOS_ZK_H
#include <glib.h>

typedef struct MuMesosZk MuMesosZk;

/* From the main loop: the leader's address, "host:port"; NULL when there is none now. Told when it may have changed. */
typedef void (*MuMesosZkFunc)(const char *address, gpointer user);

/* `url`: zk://[user:password@]host:port[,host:port…]/path. MU_ERROR_REFUSED. Connects, and connects again, by itself. */
MuMesosZk *mu_mesos_zk_new(const char *url, MuMesosZkFunc leader, gpointer user, GError **error);
void mu_mesos_zk_free(MuMesosZk *zk);
/* Why no leader is known. Borrowed until the next call of the main loop. */
const char *mu_mesos_zk_trouble(const MuMesosZk *zk);

/* The node of the leader among the children of the path, or NULL. Borrowed from them. */
const char *mu_mesos_zk_lowest(const char *const *children, gsize n);
/* "host:port" of the node's content, a MasterInfo in JSON; NULL with MU_ERROR_REFUSED. The caller frees. */
char *mu_mesos_zk_address(const char *text, gsize length, GError **error);
#endif
