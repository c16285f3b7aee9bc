/* muster validate, muster render: what needs no scheduler. */
#include "cli_commands.h"
#include "cli_context.h"
#include "cli_output.h"
#include <string.h>

static void count_spec(const MuServiceSpec *spec, gint64 *ret_instances, guint *ret_tasks) {
  *ret_instances = 0;
  *ret_tasks = 0;
  for (guint i = 0; i < spec->n_pods; i++) {
    *ret_instances += spec->pods[i].count;
    *ret_tasks += spec->pods[i].n_tasks;
  }
}

static void print_spec(const MuCliContext *context, const MuServiceSpec *spec) {
  gint64 instances;
  guint tasks;
  count_spec(spec, &instances, &tasks);
  mu_cli_printf("%s is valid: service %s, %u pod type%s with %" G_GINT64_FORMAT " instance%s, %u task%s, %u plan%s\n",
                context->name, spec->name, spec->n_pods, spec->n_pods == 1 ? "" : "s", instances,
                instances == 1 ? "" : "s", tasks, tasks == 1 ? "" : "s", spec->n_plans, spec->n_plans == 1 ? "" : "s");
}

gboolean mu_cli_validate(MuCliCall *call, GError **error) {
  g_autoptr(MuCliContext) context = mu_cli_context_load(call, mu_cli_arg(call, 0), error);
  g_autoptr(MuServiceSpec) spec = context == NULL ? NULL : mu_cli_context_parse(context, NULL, error);
  if (spec == NULL)
    return FALSE;
  mu_cli_context_warn(context, spec);
  if (mu_cli_has(call, "json")) {
    g_autofree char *json = mu_service_spec_to_json(spec);
    mu_cli_print(json);
    mu_cli_print("\n");
  } else {
    print_spec(context, spec);
  }
  return TRUE;
}

gboolean mu_cli_render(MuCliCall *call, GError **error) {
  g_autoptr(MuCliContext) context = mu_cli_context_load(call, mu_cli_arg(call, 0), error);
  g_autofree char *text = context == NULL ? NULL : mu_cli_context_render(context, error);
  if (text == NULL)
    return FALSE;
  if (mu_cli_has(call, "json")) {
    g_autoptr(json_t) answer = json_object();
    json_object_set_new(answer, "yaml", json_string(text));
    mu_cli_print_json(answer);
  } else {
    mu_cli_print(text);
    mu_cli_print(g_str_has_suffix(text, "\n") ? "" : "\n");
  }
  return TRUE;
}
