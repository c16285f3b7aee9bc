/* What cannot happen. Assertions stay on in release builds; mu_bug() says why the place cannot be reached. */
#ifndef MU_BUG_H
#define MU_BUG_H
#include <glib.h>

/* Prints file, line and the reason, and aborts: the process is restarted from its store, which is always consistent. */
#define mu_bug(why) mu_bug_at(__FILE__, __LINE__, (why))
#define mu_assert(condition)                                                                                           \
  do {                                                                                                                 \
    if (G_UNLIKELY(!(condition)))                                                                                      \
      mu_bug("must hold: " #condition);                                                                                \
  } while (0)

void mu_bug_at(const char *file, int line, const char *why) G_GNUC_NORETURN;
#endif
