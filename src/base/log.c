#include "log.h"

static const char *const names[] = {"debug", "info", "warning", "error"};

static void to_stderr(MuLogLevel level, const char *message, gpointer user) {
  (void)user;
  g_printerr("%s: %s\n", names[level], message);
}

static MuLogSink sink = to_stderr;
static gpointer sink_user = NULL;
static MuLogLevel lowest = MU_LOG_INFO;

void mu_log_set_sink(MuLogSink new_sink, gpointer user) {
  sink = new_sink == NULL ? to_stderr : new_sink;
  sink_user = user;
}

void mu_log_set_level(MuLogLevel level) {
  lowest = level;
}

gboolean mu_log_wants(MuLogLevel level) {
  return level >= lowest;
}

void mu_log(MuLogLevel level, const char *format, ...) {
  if (!mu_log_wants(level))
    return;
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  sink(level, message, sink_user);
}

const char *mu_log_level_to_string(MuLogLevel level) {
  return names[level];
}

gboolean mu_log_level_from_string(const char *text, MuLogLevel *ret_level) {
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_strcmp0(text, names[i]) == 0) {
      *ret_level = (MuLogLevel)i;
      return TRUE;
    }
  return FALSE;
}
