/* Removing a folder with everything below it, by descriptors: no symlink is followed, no other file system entered. */
#ifndef MU_REMOVE_TREE_H
#define MU_REMOVE_TREE_H
#include <glib.h>

/* Removes `name` (file, symlink or folder) in the open folder. `stop` (may be NULL) set to non-zero by another thread ends
 * it early. TRUE when it is gone; errors name the path below. Absent is gone. */
gboolean mu_remove_tree(int dir_fd, const char *name, const gint *stop, GError **error);
#endif
