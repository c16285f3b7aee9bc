#include "large_pages.h"

#include "mu_config.h"

#ifdef HAVE_MIMALLOC_H
#include <dlfcn.h>
#include <mimalloc.h>

#define FROM_BYTES ((guint64)16 * 1024 * 1024) /* a scheduler that is smaller keeps what large pages waste */

/* The allocator is the program's, which may have another: so it is looked for. */
void mu_large_pages_expect(guint64 bytes) {
  typedef void (*Enable)(mi_option_t option);
  Enable enable = bytes < FROM_BYTES ? NULL : (Enable)dlsym(RTLD_DEFAULT, "mi_option_enable");
  if (enable != NULL)
    enable(mi_option_large_os_pages);
}
#else
void mu_large_pages_expect(guint64 bytes) {
  (void)bytes;
}
#endif
