/* muster validate, muster render, muster check-compat: what is said of a spec before it runs. */
#include "cli_commands.h"
#include "cli_context.h"
#include "cli_output.h"
#include "cli_preview.h"
#include "config_validate.h"
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

/* What the scheduler has to say: that it would not take the spec is an error. */
static json_t *ask_against(MuCliCall *call, const char *service, const MuCliContext *context, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  return client == NULL ? NULL : mu_cli_preview_ask(client, service, context, error);
}

static void print_against(const char *service, const json_t *answer) {
  gsize n = json_array_size(json_object_get(answer, "changes"));
  mu_cli_printf("service %s can be updated to it: %" G_GSIZE_FORMAT
                " field%s would change; `muster service update --dry-run` "
                "shows them\n",
                service, n, n == 1 ? "" : "s");
}

/* The spec as it would be sent: under the service's name when there is one. */
static MuServiceSpec *parse(const MuCliContext *context, const char *service, GError **error) {
  MuServiceSpec *spec = mu_cli_context_parse(context, service, error);
  if (spec == NULL || service != NULL || mu_spec_validate_first(spec, error))
    return spec;
  mu_service_spec_unref(spec);
  return NULL;
}

gboolean mu_cli_validate(MuCliCall *call, GError **error) {
  const char *service = mu_cli_text(call, "against"), *engine = NULL;
  if (!mu_cli_context_engine(call, &engine, error))
    return FALSE;
  g_autoptr(MuCliContext) context = mu_cli_context_load(call, mu_cli_arg(call, 0), error);
  g_autoptr(MuServiceSpec) spec = context == NULL ? NULL : parse(context, service, error);
  if (spec == NULL)
    return FALSE;
  g_autoptr(json_t) answer = service == NULL ? NULL : ask_against(call, service, context, error);
  if (service != NULL && answer == NULL)
    return FALSE;
  if (service != NULL)
    mu_cli_context_warn_answer(context, answer);
  else
    mu_cli_context_warn(context, spec, engine);
  if (mu_cli_has(call, "json")) {
    g_autofree char *json = mu_service_spec_to_json(spec);
    mu_cli_print(json);
    mu_cli_print("\n");
    return TRUE;
  }
  print_spec(context, spec);
  if (service != NULL)
    print_against(service, answer);
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
