/* Config templates of a task, rendered against its environment. */
#ifndef MU_BOOT_TEMPLATE_H
#define MU_BOOT_TEMPLATE_H
#include <glib.h>

/* The process's environment: string to string. */
GHashTable *mu_boot_environment(void);
/* Renders what `source` names to the file `dest`, whose folders are made: with `from_env` the variable that holds the template in
 * base64 (NAME, and when it is long, NAME_1, NAME_2, … after it), else a file. A variable without a value is an error. */
gboolean mu_boot_render(gboolean from_env, const char *source, const char *dest, GHashTable *values, GError **error);
/* As the reference's bootstrap does it: every variable CONFIG_TEMPLATE_… is `from,to`, `from` relative to $MESOS_SANDBOX; what has no
 * value shows as nothing. `max_bytes` of a template, 0: any. */
gboolean mu_boot_render_listed(GHashTable *values, gint64 max_bytes, GError **error);
#endif
