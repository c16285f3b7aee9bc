/* Where what happened is told. The library logs at debug level only and returns errors for the rest; the program logs an
 * error once, where it is handled. Set up before the first thread is started; the sink may be called from any thread. */
#ifndef MU_LOG_H
#define MU_LOG_H
#include <glib.h>

typedef enum {
  MU_LOG_DEBUG,   /* for the developers of muster: moves of state machines, decisions */
  MU_LOG_INFO,    /* what an operator wants to read later */
  MU_LOG_WARNING, /* goes on, but somebody should look */
  MU_LOG_ERROR,   /* something was not done */
} MuLogLevel;

/* `message` is one line without its end; borrowed for the call. */
typedef void (*MuLogSink)(MuLogLevel level, const char *message, gpointer user);

/* NULL: the default sink, a line `level: message` on stderr. */
void mu_log_set_sink(MuLogSink sink, gpointer user);
/* Messages below the level are not formatted at all. Default: MU_LOG_INFO. */
void mu_log_set_level(MuLogLevel level);
gboolean mu_log_wants(MuLogLevel level);
void mu_log(MuLogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

const char *mu_log_level_to_string(MuLogLevel level); /* "debug", "info", … */
gboolean mu_log_level_from_string(const char *text, MuLogLevel *ret_level);

#define mu_debug(...)                                                                                                  \
  do {                                                                                                                 \
    if (G_UNLIKELY(mu_log_wants(MU_LOG_DEBUG)))                                                                        \
      mu_log(MU_LOG_DEBUG, __VA_ARGS__);                                                                               \
  } while (0)
#define mu_info(...) mu_log(MU_LOG_INFO, __VA_ARGS__)
#define mu_warning(...) mu_log(MU_LOG_WARNING, __VA_ARGS__)
#define mu_error_log(...) mu_log(MU_LOG_ERROR, __VA_ARGS__)
#endif
