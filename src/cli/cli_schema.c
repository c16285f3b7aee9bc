/* muster schema: the ServiceSpec's language, for editors and for readers. */
#include "cli_commands.h"
#include "cli_output.h"
#include "spec_reference.h"
#include "spec_schema.h"

static gboolean explain(const MuCliCall *call, const char *field, GError **error) {
  g_autofree char *text = mu_spec_explain(field, error);
  if (text == NULL)
    return FALSE;
  if (mu_cli_has(call, "json")) {
    g_autoptr(json_t) json = json_object();
    mu_json_set_string(json, "field", field);
    mu_json_set_string(json, "text", text);
    mu_cli_print_json(json);
  } else {
    mu_cli_print_lines(stdout, text);
  }
  return TRUE;
}

gboolean mu_cli_schema(MuCliCall *call, GError **error) {
  if (mu_cli_arg(call, 0) != NULL)
    return explain(call, mu_cli_arg(call, 0), error);
  if (mu_cli_has(call, "markdown")) {
    g_autofree char *text = mu_spec_reference_markdown();
    mu_cli_print(text);
    return TRUE;
  }
  g_autoptr(json_t) schema = mu_spec_schema();
  mu_cli_print_json(schema);
  return TRUE;
}
