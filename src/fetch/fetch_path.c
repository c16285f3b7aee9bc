#include "fetch_path.h"
#include <string.h>

static gboolean is_clean(const char *path) {
  gsize length = strlen(path);
  if (length == 0 || length > MU_FETCH_MAX_PATH)
    return FALSE;
  for (const char *c = path; *c != '\0'; c++)
    if ((guchar)*c < ' ' || *c == 0x7f)
      return FALSE;
  return TRUE;
}

/* How deep below the folder the path ends, starting `depth` deep; -1: it leaves the folder on the way, or is too deep. */
static int walk(const char *path, int depth) {
  while (*path != '\0') {
    gsize length = strcspn(path, "/");
    gboolean up = length == 2 && path[0] == '.' && path[1] == '.';
    gboolean stay = length == 0 || (length == 1 && path[0] == '.');
    depth += up ? -1 : stay ? 0 : 1;
    if (depth < 0 || depth > MU_FETCH_MAX_DEPTH)
      return -1;
    path += length + (path[length] == '/');
  }
  return depth;
}

static gboolean has_up(const char *path) {
  for (; *path != '\0'; path += strspn(path, "/")) {
    gsize length = strcspn(path, "/");
    if (length == 2 && path[0] == '.' && path[1] == '.')
      return TRUE;
    path += length;
  }
  return FALSE;
}

gboolean mu_fetch_path_is_inside(const char *path) {
  return is_clean(path) && path[0] != '/' && !has_up(path) && walk(path, 0) >= 0;
}

/* By the names alone: a link that goes up through another link is not understood here, so what is unpacked never passes
 * through a link (fetch_unpack.c). */
gboolean mu_fetch_link_is_inside(const char *path, const char *target) {
  if (!mu_fetch_path_is_inside(path) || !is_clean(target) || target[0] == '/')
    return FALSE;
  int depth = walk(path, 0);
  return walk(target, MAX(depth - 1, 0)) >= 0;
}

char *mu_fetch_file_name(const char *address) {
  const char *scheme = strstr(address, "://");
  const char *path = scheme == NULL ? address : strchr(scheme + 3, '/');
  if (path == NULL)
    return NULL;
  gsize length = scheme == NULL ? strlen(path) : strcspn(path, "?#");
  g_autofree char *whole = g_strndup(path, length);
  const char *last = strrchr(whole, '/');
  last = last == NULL ? whole : last + 1;
  g_autofree char *name = scheme == NULL ? g_strdup(last) : g_uri_unescape_string(last, "/");
  gboolean good = name != NULL && is_clean(name) && strlen(name) <= 255 && strchr(name, '/') == NULL &&
                  strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
  return good ? g_steal_pointer(&name) : NULL;
}
