#include "bug.h"

#include <stdlib.h>

void mu_bug_at(const char *file, int line, const char *why) {
  g_printerr("muster: bug at %s:%d: %s\n", file, line, why);
  abort();
}
