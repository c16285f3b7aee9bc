/* The clock as the outer folders are given it; nothing here reads one. The core gets `now_ms` with its events instead. */
#ifndef MU_CLOCK_H
#define MU_CLOCK_H
#include <glib.h>

typedef struct {
  gint64 (*now_ms)(gpointer user); /* since the epoch of the clock: the Unix one, or 0 in virtual time */
  gpointer user;
} MuClock;
#endif
