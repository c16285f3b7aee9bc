/* Part of the programs that are linked with mimalloc: how it is used. */
#include <glib.h>
#include <mimalloc.h>

/* Memory that a burst of work needed goes back to the system when it was not used for so long. By default that is 25 ms, and a
 * busy scheduler gives back and takes again, with an interrupt for the other processor each time. */
#define DECOMMIT_DELAY_MS 2000

/* GLib before 2.76 has an allocator of its own for small things, between us and the better one. It can be told only before its
 * first use, and that is before main(): GLib begins when it is loaded. */
static void leave_out_slices(void) {
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  g_slice_set_config(G_SLICE_CONFIG_ALWAYS_MALLOC, TRUE);
  G_GNUC_END_IGNORE_DEPRECATIONS
}

__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(void) = leave_out_slices;

__attribute__((constructor)) static void set_up(void) {
  mi_option_set_default(mi_option_decommit_delay,
                        DECOMMIT_DELAY_MS); /* the environment's word counts: MIMALLOC_DECOMMIT_DELAY */
}
