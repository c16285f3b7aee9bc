/* The command line of `bootstrap`, the program that tasks of dcos-commons start first (sdk/bootstrap/main.go): its options, read as
 * Go's package `flag` reads them. */
#ifndef MU_BOOT_OPTIONS_H
#define MU_BOOT_OPTIONS_H
#include <glib.h>

typedef struct {
  gboolean verbose;
  gboolean print_env, insecure;
  gboolean resolve, self_resolve;
  char *resolve_hosts;       /* NULL: not given, which means the task's own name */
  gint64 resolve_timeout_ms; /* 0: for ever */
  gboolean template;
  gint64 template_max_bytes; /* 0: any size */
  gboolean install_certs, get_task_ip, help;
} MuBootOptions;

/* `-name`, `--name`, `-name=value`; `-name value` for those that take one. What follows the first word that is no option is not
 * looked at, as there: a list with a blank in it is a list of its first name. MU_ERROR_USAGE. */
gboolean mu_boot_options_parse(int argc, char **argv, MuBootOptions *ret_options, GError **error);
void mu_boot_options_clear(MuBootOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuBootOptions, mu_boot_options_clear)
/* "1h2m3.5s", "300ms", "0": as Go writes durations. */
gboolean mu_boot_parse_duration(const char *text, gint64 *ret_ms);
/* What -help prints; the caller frees. */
char *mu_boot_options_help(void);
#endif
