#include "mesos_zk.h"

#include "json.h"
#include "log.h"
#include "mesos.pb-c.h"
#include "mesos_wire.h"
#include <muster/error.h>

#include <errno.h>
#include <string.h>
#include <zookeeper/zookeeper.h>

#define SESSION_TIMEOUT_MS 10000
#define RETRY_MS 1000 /* after an answer that was none, and to a session that has expired */
#define NODE_PREFIX "json.info_"
#define MAX_NODE_BYTES (64 * 1024)

/* What libzookeeper's threads say is put onto the main loop; everything else happens there. */
struct MuMesosZk {
  gint refs; /* atomic: one of ours, one for each word on its way */
  gboolean dead;
  char *hosts, *auth, *path;
  zhandle_t *handle;
  guint session; /* counts them: words of an earlier one are not heard */
  MuMesosZkFunc leader;
  gpointer user;
  GMainContext *context;
  GSource *retry;
  char *trouble;
};

typedef enum { WORD_SESSION, WORD_CHANGED, WORD_CHILDREN, WORD_NODE } WordKind;

typedef struct {
  MuMesosZk *zk;
  guint session;
  WordKind kind;
  int code; /* a state, or the code of an answer */
  GPtrArray *children;
  GBytes *content;
} Word;

static void unref(MuMesosZk *zk) {
  if (!g_atomic_int_dec_and_test(&zk->refs))
    return;
  g_free(zk->hosts);
  g_free(zk->auth);
  g_free(zk->path);
  g_free(zk->trouble);
  g_main_context_unref(zk->context);
  g_free(zk);
}

static void word_free(gpointer data) {
  Word *word = data;
  g_clear_pointer(&word->children, g_ptr_array_unref);
  g_clear_pointer(&word->content, g_bytes_unref);
  unref(word->zk);
  g_free(word);
}

/* ---- what is in the nodes --------------------------------------------------------------------------------------------- */

const char *mu_mesos_zk_lowest(const char *const *children, gsize n) {
  const char *lowest = NULL;
  for (gsize i = 0; i < n; i++)
    if (g_str_has_prefix(children[i], NODE_PREFIX) && (lowest == NULL || strcmp(children[i], lowest) < 0))
      lowest = children[i];
  return lowest;
}

char *mu_mesos_zk_address(const char *text, gsize length, GError **error) {
  g_autoptr(MuArena) arena = mu_arena_new();
  const Mesos__MasterInfo *info =
      mu_wire_decode(arena, &mesos__master_info__descriptor, MU_WIRE_JSON, (const guint8 *)text, length, error);
  if (info == NULL)
    return NULL;
  const Mesos__Address *address = info->address;
  const char *host = address == NULL ? info->hostname : address->ip != NULL ? address->ip : address->hostname;
  gint64 port = address == NULL ? (gint64)info->port : address->port;
  if (host == NULL || *host == '\0' || port <= 0 || port > G_MAXUINT16) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the master's node in ZooKeeper has no address");
    return NULL;
  }
  return g_strdup_printf(strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, (int)port);
}

/* ---- from libzookeeper's threads ---------------------------------------------------------------------------------------- */

static gboolean hear(gpointer data);

static void say(MuMesosZk *zk, guint session, WordKind kind, int code, GPtrArray *take_children, GBytes *take_content) {
  Word *word = g_new(Word, 1);
  g_atomic_int_inc(&zk->refs);
  *word = (Word){zk, session, kind, code, take_children, take_content};
  GSource *source = g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, hear, word, word_free);
  g_source_attach(source, zk->context);
  g_source_unref(source);
}

/* The context of each request: which session it was of. */
typedef struct {
  MuMesosZk *zk;
  guint session;
} Asked;

static void on_session(zhandle_t *handle, int type, int state, const char *path, void *context) {
  (void)handle;
  (void)path;
  const Asked *asked = context;
  if (type == ZOO_SESSION_EVENT)
    say(asked->zk, asked->session, WORD_SESSION, state, NULL, NULL);
}

static void on_changed(zhandle_t *handle, int type, int state, const char *path, void *context) {
  (void)handle;
  (void)state;
  (void)path;
  const Asked *asked = context;
  if (type != ZOO_SESSION_EVENT)
    say(asked->zk, asked->session, WORD_CHANGED, 0, NULL, NULL);
}

static void on_children(int code, const struct String_vector *names, const void *context) {
  const Asked *asked = context;
  GPtrArray *children = g_ptr_array_new_with_free_func(g_free);
  for (int i = 0; code == ZOK && names != NULL && i < names->count; i++)
    g_ptr_array_add(children, g_strdup(names->data[i]));
  say(asked->zk, asked->session, WORD_CHILDREN, code, children, NULL);
}

static void on_node(int code, const char *value, int length, const struct Stat *stat, const void *context) {
  (void)stat;
  const Asked *asked = context;
  GBytes *content = code == ZOK && length > 0 ? g_bytes_new(value, (gsize)MIN(length, MAX_NODE_BYTES)) : NULL;
  say(asked->zk, asked->session, WORD_NODE, code, NULL, content);
}

static void on_log(const char *message) {
  mu_debug("zookeeper: %s", message);
}

/* ---- on the main loop -------------------------------------------------------------------------------------------------- */

static void open_session(MuMesosZk *zk);

static void set_trouble(MuMesosZk *zk, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void set_trouble(MuMesosZk *zk, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_free(zk->trouble);
  zk->trouble = g_strdup_vprintf(format, args);
  va_end(args);
}

static void cancel_retry(MuMesosZk *zk) {
  if (zk->retry == NULL)
    return;
  g_source_destroy(zk->retry);
  g_clear_pointer(&zk->retry, g_source_unref);
}

static void close_session(MuMesosZk *zk) {
  cancel_retry(zk);
  if (zk->handle == NULL)
    return;
  gpointer asked = (gpointer)zoo_get_context(zk->handle);
  zookeeper_close(zk->handle); /* its threads have ended when this returns */
  zk->handle = NULL;
  zk->session++;
  g_free(asked);
}

static void ask_children(MuMesosZk *zk) {
  gconstpointer asked = zoo_get_context(zk->handle);
  int code = zoo_awget_children(zk->handle, zk->path, on_changed, (void *)asked, on_children, asked);
  if (code != ZOK)
    say(zk, zk->session, WORD_CHILDREN, code, NULL, NULL);
}

static gboolean on_retry(gpointer user) {
  MuMesosZk *zk = user;
  g_clear_pointer(&zk->retry, g_source_unref);
  if (zk->handle == NULL)
    open_session(zk);
  else
    ask_children(zk);
  return G_SOURCE_REMOVE;
}

static void retry_later(MuMesosZk *zk) {
  cancel_retry(zk);
  zk->retry = g_timeout_source_new(RETRY_MS);
  g_source_set_callback(zk->retry, on_retry, zk, NULL);
  g_source_attach(zk->retry, zk->context);
}

static void open_session(MuMesosZk *zk) {
  Asked *asked = g_new(Asked, 1);
  *asked = (Asked){zk, zk->session};
  zk->handle = zookeeper_init2(zk->hosts, on_session, SESSION_TIMEOUT_MS, NULL, asked, 0, on_log);
  if (zk->handle == NULL) {
    set_trouble(zk, "ZooKeeper at %s: %s", zk->hosts, g_strerror(errno));
    g_free(asked);
    retry_later(zk);
    return;
  }
  if (zk->auth != NULL)
    zoo_add_auth(zk->handle, "digest", zk->auth, (int)strlen(zk->auth), NULL, NULL);
}

static void hear_session(MuMesosZk *zk, int state) {
  if (state == ZOO_CONNECTED_STATE) {
    ask_children(zk);
    return;
  }
  if (state == ZOO_AUTH_FAILED_STATE)
    set_trouble(zk, "ZooKeeper at %s refuses the user and password of the address", zk->hosts);
  if (state != ZOO_EXPIRED_SESSION_STATE && state != ZOO_AUTH_FAILED_STATE)
    return; /* it connects again by itself; the leader that is known is taken to lead on */
  close_session(zk);
  retry_later(zk);
}

static void hear_children(MuMesosZk *zk, int code, const GPtrArray *children) {
  if (code == ZCONNECTIONLOSS || code == ZOPERATIONTIMEOUT || code == ZSESSIONEXPIRED || code == ZCLOSING)
    return; /* the session's own words follow */
  const char *node = code == ZOK ? mu_mesos_zk_lowest((const char *const *)children->pdata, children->len) : NULL;
  if (node == NULL) {
    if (code == ZOK)
      set_trouble(zk, "no master leads: %s in ZooKeeper has no node " NODE_PREFIX "…", zk->path);
    else
      set_trouble(zk, "%s in ZooKeeper at %s: %s", zk->path, zk->hosts, zerror(code));
    if (code != ZOK)
      retry_later(zk); /* the path is not there yet, or closed to us: no watch was set */
    zk->leader(NULL, zk->user);
    return;
  }
  gconstpointer asked = zoo_get_context(zk->handle);
  g_autofree char *path = g_strconcat(strcmp(zk->path, "/") == 0 ? "" : zk->path, "/", node, NULL);
  if (zoo_aget(zk->handle, path, 0, on_node, asked) != ZOK)
    retry_later(zk);
}

static void hear_node(MuMesosZk *zk, int code, GBytes *content) {
  g_autoptr(GError) error = NULL;
  if (code != ZOK || content == NULL) {
    retry_later(zk); /* it went away in between, or will be told by the session */
    return;
  }
  g_autofree char *address = mu_mesos_zk_address(g_bytes_get_data(content, NULL), g_bytes_get_size(content), &error);
  if (address == NULL)
    set_trouble(zk, "%s in ZooKeeper: %s", zk->path, error->message);
  zk->leader(address, zk->user);
}

static gboolean hear(gpointer data) {
  const Word *word = data;
  MuMesosZk *zk = word->zk;
  if (zk->dead || word->session != zk->session || zk->handle == NULL)
    return G_SOURCE_REMOVE;
  switch (word->kind) {
  case WORD_SESSION: hear_session(zk, word->code); break;
  case WORD_CHANGED: ask_children(zk); break;
  case WORD_CHILDREN: hear_children(zk, word->code, word->children); break;
  case WORD_NODE: hear_node(zk, word->code, word->content); break;
  }
  return G_SOURCE_REMOVE;
}

/* ---- new, free --------------------------------------------------------------------------------------------------------- */

/* zk://[user:password@]hosts/path */
static gboolean split_url(MuMesosZk *zk, const char *url, GError **error) {
  const char *rest = url + strlen("zk://"), *slash = strchr(rest, '/');
  g_autofree char *front = slash == NULL ? g_strdup(rest) : g_strndup(rest, (gsize)(slash - rest));
  char *at = strrchr(front, '@');
  zk->hosts = g_strdup(at == NULL ? front : at + 1);
  zk->auth = at == NULL ? NULL : g_strndup(front, (gsize)(at - front));
  zk->path = g_strdup(slash == NULL ? "/" : slash);
  gsize length = strlen(zk->path);
  if (length > 1 && zk->path[length - 1] == '/')
    zk->path[length - 1] = '\0';
  if (*zk->hosts != '\0' && strchr(zk->hosts, ':') != NULL && (zk->auth == NULL || strchr(zk->auth, ':') != NULL))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "master \"%.200s\": expected zk://[user:password@]host:port[,host:port…]/path", url);
  return FALSE;
}

MuMesosZk *mu_mesos_zk_new(const char *url, MuMesosZkFunc leader, gpointer user, GError **error) {
  MuMesosZk *zk = g_new0(MuMesosZk, 1);
  zk->refs = 1;
  zk->context = g_main_context_ref_thread_default();
  zk->leader = leader;
  zk->user = user;
  if (!split_url(zk, url, error)) {
    unref(zk);
    return NULL;
  }
  set_trouble(zk, "ZooKeeper at %s does not answer", zk->hosts);
  open_session(zk);
  return zk;
}

void mu_mesos_zk_free(MuMesosZk *zk) {
  if (zk == NULL)
    return;
  zk->dead = TRUE;
  close_session(zk);
  unref(zk);
}

const char *mu_mesos_zk_trouble(const MuMesosZk *zk) {
  return zk->trouble;
}
