#include "mesos_finder.h"

#include "mesos_zk.h"
#include <muster/error.h>

#include <string.h>

#define DEFAULT_PORT 5050
#define ZK_PREFIX "zk://"

struct MuMesosFinder {
  GPtrArray *list; /* of char*: addresses; empty with ZooKeeper */
  guint at;
  char *trouble; /* that was told of last */
  char *leader;  /* told by a redirect, or by ZooKeeper; NULL: the list's entry */
  MuMesosZk *zk;
  gboolean https;
  MuMesosFinderFunc changed;
  gpointer user;
};

/* ---- addresses -------------------------------------------------------------------------------------------------------- */

static char *refuse(const char *address, GError **error) {
  g_set_error(
      error, MU_ERROR, MU_ERROR_REFUSED,
      "master \"%.200s\": expected zk://host:port[,host:port]/path, http://host:5050, https://host:5050 or a list "
      "of addresses with commas",
      address);
  return NULL;
}

char *mu_mesos_master_url(const char *address, GError **error) {
  g_autofree char *full = strstr(address, "://") == NULL ? g_strconcat("http://", address, NULL) : g_strdup(address);
  g_autoptr(GUri) uri = g_uri_parse(full, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0' || g_uri_get_userinfo(uri) != NULL)
    return refuse(address, error);
  const char *scheme = g_uri_get_scheme(uri), *path = g_uri_get_path(uri), *host = g_uri_get_host(uri);
  if ((strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) || (*path != '\0' && strcmp(path, "/") != 0))
    return refuse(address, error);
  gint port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : DEFAULT_PORT;
  return g_strdup_printf(strchr(host, ':') != NULL ? "%s://[%s]:%d" : "%s://%s:%d", scheme, host, port);
}

static GPtrArray *read_list(const char *master, GError **error) {
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
  g_auto(GStrv) parts = g_strsplit(master, ",", MU_MESOS_MAX_MASTERS + 1);
  for (guint i = 0; parts[i] != NULL; i++) {
    char *url = mu_mesos_master_url(g_strstrip(parts[i]), error);
    if (url == NULL)
      return NULL;
    g_ptr_array_add(list, url);
  }
  if (list->len == 0) {
    refuse(master, error);
    return NULL;
  }
  return g_steal_pointer(&list);
}

/* ---- ZooKeeper -------------------------------------------------------------------------------------------------------- */

static void on_leader(const char *address, gpointer user) {
  MuMesosFinder *finder = user;
  g_autofree char *url = address == NULL ? NULL : g_strconcat(finder->https ? "https://" : "http://", address, NULL);
  const char *trouble = url != NULL ? NULL : mu_mesos_zk_trouble(finder->zk);
  if (g_strcmp0(finder->leader, url) == 0 && g_strcmp0(finder->trouble, trouble) == 0)
    return;
  g_free(finder->trouble);
  finder->trouble = g_strdup(trouble);
  g_free(finder->leader);
  finder->leader = g_steal_pointer(&url);
  finder->changed(finder->user);
}

/* ---- the finder ------------------------------------------------------------------------------------------------------- */

MuMesosFinder *mu_mesos_finder_new(const char *master, gboolean https, MuMesosFinderFunc changed, gpointer user,
                                   GError **error) {
  g_autoptr(MuMesosFinder) finder = g_new0(MuMesosFinder, 1);
  finder->https = https;
  finder->changed = changed;
  finder->user = user;
  if (g_str_has_prefix(master, ZK_PREFIX)) {
    finder->list = g_ptr_array_new_with_free_func(g_free);
    finder->zk = mu_mesos_zk_new(master, on_leader, finder, error);
    return finder->zk == NULL ? NULL : g_steal_pointer(&finder);
  }
  finder->list = read_list(master, error);
  return finder->list == NULL ? NULL : g_steal_pointer(&finder);
}

void mu_mesos_finder_free(MuMesosFinder *finder) {
  if (finder == NULL)
    return;
  mu_mesos_zk_free(finder->zk);
  g_clear_pointer(&finder->list, g_ptr_array_unref);
  g_free(finder->leader);
  g_free(finder->trouble);
  g_free(finder);
}

const char *mu_mesos_finder_url(const MuMesosFinder *finder) {
  if (finder->leader != NULL || finder->list->len == 0)
    return finder->leader;
  return finder->list->pdata[finder->at];
}

void mu_mesos_finder_failed(MuMesosFinder *finder) {
  if (finder->list->len == 0)
    return; /* ZooKeeper will say when there is another one */
  if (finder->leader == NULL)
    finder->at = (finder->at + 1) % finder->list->len;
  g_clear_pointer(&finder->leader, g_free);
}

gboolean mu_mesos_finder_redirect(MuMesosFinder *finder, const char *location) {
  const char *present = mu_mesos_finder_url(finder);
  const char *scheme = present != NULL && g_str_has_prefix(present, "https:") ? "https" : "http";
  if (location == NULL || finder->zk != NULL)
    return FALSE;
  g_autofree char *full =
      g_str_has_prefix(location, "//") ? g_strconcat(scheme, ":", location, NULL) : g_strdup(location);
  g_autoptr(GUri) uri = g_uri_parse(full, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || g_uri_get_host(uri) == NULL || g_uri_get_port(uri) <= 0)
    return FALSE;
  const char *host = g_uri_get_host(uri);
  g_autofree char *address = g_strdup_printf(strchr(host, ':') != NULL ? "%s://[%s]:%d" : "%s://%s:%d",
                                             g_uri_get_scheme(uri), host, g_uri_get_port(uri));
  char *url = mu_mesos_master_url(address, NULL);
  if (url == NULL)
    return FALSE;
  g_free(finder->leader);
  finder->leader = url;
  return TRUE;
}

const char *mu_mesos_finder_trouble(const MuMesosFinder *finder) {
  return finder->zk == NULL ? "the list of masters is empty" : mu_mesos_zk_trouble(finder->zk);
}
