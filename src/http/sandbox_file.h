/* Files of a task's sandbox, as the API shows them. The task may do to its sandbox what it likes at any moment: nothing here
 * trusts a name twice. */
#ifndef MU_SANDBOX_FILE_H
#define MU_SANDBOX_FILE_H
#include <glib.h>
#include <jansson.h>
#include <sys/stat.h>

/* Opens a file or folder that must lie below `root`, whatever became of `path` since it was looked up. MU_ERROR_NOT_FOUND,
 * MU_ERROR_REFUSED for what lies outside, or is neither a regular file nor a folder. The caller closes. */
int mu_sandbox_open(const char *root, const char *path, struct stat *ret_status, GError **error);
/* [{"path","size","mtime","directory"}] of a folder, by name, `prefix` before each name; `ret_cut` when there are more than
 * `max`. Does not close. */
json_t *mu_sandbox_list(int folder, const char *prefix, guint max, gboolean *ret_cut, GError **error);
/* Where the last `lines` lines of the file begin. */
guint64 mu_sandbox_tail(int fd, guint64 size, guint64 lines);
/* Text when the file's beginning is UTF-8. Static. */
const char *mu_sandbox_content_type(int fd);

#endif
