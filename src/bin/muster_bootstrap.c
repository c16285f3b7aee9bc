/* muster-bootstrap: renders the config templates of a task against its environment, in its sandbox, as its user, before
 * its command starts. A variable without a value is an error: the task fails with the message.
 *
 * Under the name `bootstrap` it is the reference's program of that name, which commands of specs call: it waits for names, and
 * tells the task's address. */
#include "boot_steps.h"
#include "boot_template.h"
#include <stdio.h>

static int usage(void) {
  fprintf(stderr, "usage: muster-bootstrap [--template FILE | --template-env VARIABLE] --dest FILE...\n");
  return 2;
}

int main(int argc, char **argv) {
  g_autofree char *name = g_path_get_basename(argv[0]);
  if (g_str_equal(name, "bootstrap"))
    return mu_boot_be_reference(argc, argv);
  if (argc < 5 || argc % 4 != 1)
    return usage();
  g_autoptr(GHashTable) values = mu_boot_environment();
  int status = 0;
  for (int i = 1; i < argc; i += 4) {
    g_autoptr(GError) error = NULL;
    gboolean from_env = g_str_equal(argv[i], "--template-env");
    if ((!from_env && !g_str_equal(argv[i], "--template")) || !g_str_equal(argv[i + 2], "--dest"))
      return usage();
    if (mu_boot_render(from_env, argv[i + 1], argv[i + 3], values, &error))
      continue;
    fprintf(stderr, "muster-bootstrap: %s\n", error->message);
    status = 1;
  }
  return status;
}
