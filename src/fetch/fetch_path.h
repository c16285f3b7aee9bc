/* What names from outside may be: of files that are fetched, and of an archive's entries. Pure. */
#ifndef MU_FETCH_PATH_H
#define MU_FETCH_PATH_H
#include <glib.h>

#define MU_FETCH_MAX_PATH 4000
#define MU_FETCH_MAX_DEPTH 100

/* A relative path that stays in its folder: no `..`, not absolute, no control characters, of bounded length and depth. `.`
 * and empty parts are let through, as in ./a//b/. */
gboolean mu_fetch_path_is_inside(const char *path);
/* A symbolic link at `path` (which is inside) that leads to `target` stays in the folder, too. */
gboolean mu_fetch_link_is_inside(const char *path, const char *target);
/* The name of the file that an address gives: the last part of its path, decoded; NULL when that is no file name. The
 * caller frees. */
char *mu_fetch_file_name(const char *address);
#endif
