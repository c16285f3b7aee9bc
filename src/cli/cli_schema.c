/* muster schema: the ServiceSpec's language, for editors and for readers. */
#include "cli_commands.h"
#include "cli_output.h"
#include "spec_reference.h"
#include "spec_schema.h"

gboolean mu_cli_schema(MuCliCall *call, GError **error) {
  (void)error;
  if (mu_cli_has(call, "markdown")) {
    g_autofree char *text = mu_spec_reference_markdown();
    mu_cli_print(text);
    return TRUE;
  }
  g_autoptr(json_t) schema = mu_spec_schema();
  mu_cli_print_json(schema);
  return TRUE;
}
