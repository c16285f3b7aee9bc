/* One libFuzzer program for each target of fuzz_targets.h: FUZZ_TARGET is its function. */
#include "fuzz_targets.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  FUZZ_TARGET(data, size);
  return 0;
}
