/* Memory in large pages. */
#ifndef MU_LARGE_PAGES_H
#define MU_LARGE_PAGES_H
#include <glib.h>

/* So many bytes of records are about to be loaded. From some megabytes on, what the program's allocator takes from now on is asked
 * of the kernel in pages of 2 MB: a page of 4 KB is a fault each when it is first touched, and an entry of the TLB. Nothing happens
 * where the allocator is not mimalloc, or where the kernel has no transparent huge pages for who asks for them. */
void mu_large_pages_expect(guint64 bytes);
#endif
