#include "cli_settings.h"

#include "json.h"
#include <muster/spec.h>
#include <string.h>

/* ---- --priority ---------------------------------------------------------------------------------------------------- */

static gboolean add_priority(json_t *settings, const MuCliCall *call, GError **error) {
  const char *text = mu_cli_text(call, "priority");
  guint64 priority = 0;
  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned(text, 10, 0, MU_SPEC_MAX_PRIORITY, &priority, NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--priority %s: expected a whole number from 0 to %d", text,
                MU_SPEC_MAX_PRIORITY);
    return FALSE;
  }
  mu_json_set_int(settings, "priority", (gint64)priority);
  return TRUE;
}

/* ---- --quota ------------------------------------------------------------------------------------------------------- */

static const struct {
  const char *word, *key; /* as typed, as in the spec */
  MuCliKind kind;
} AMOUNTS[] = {{"cpus", "cpus", MU_CLI_CPUS},
               {"mem", "memory", MU_CLI_SIZE},
               {"memory", "memory", MU_CLI_SIZE},
               {"disk", "disk", MU_CLI_SIZE},
               {"pods", "pods", MU_CLI_COUNT}};

static gboolean add_amount(json_t *quota, const char *part, GError **error) {
  const char *equals = strchr(part, '=');
  gsize length = equals == NULL ? 0 : (gsize)(equals - part);
  gint64 value = 0;
  for (guint i = 0; equals != NULL && i < G_N_ELEMENTS(AMOUNTS); i++) {
    if (strlen(AMOUNTS[i].word) != length || strncmp(AMOUNTS[i].word, part, length) != 0)
      continue;
    if (!mu_cli_read_value(AMOUNTS[i].kind, equals + 1, &value)) {
      g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--quota %s: expected %s", part, mu_cli_kind_form(AMOUNTS[i].kind));
      return FALSE;
    }
    if (AMOUNTS[i].kind == MU_CLI_CPUS)
      mu_json_set_new(quota, AMOUNTS[i].key, json_real((double)value / 1000));
    else
      mu_json_set_int(quota, AMOUNTS[i].key, value);
    return TRUE;
  }
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--quota %s: expected cpus=N, mem=SIZE, disk=SIZE or pods=N", part);
  return FALSE;
}

static gboolean add_quota(json_t *settings, const MuCliCall *call, GError **error) {
  const char *text = mu_cli_text(call, "quota");
  if (text == NULL)
    return TRUE;
  g_auto(GStrv) parts = g_strsplit(text, ",", -1);
  json_t *quota = json_object();
  mu_json_set_new(settings, "quota", quota);
  for (guint i = 0; parts[i] != NULL; i++)
    if (!add_amount(quota, parts[i], error))
      return FALSE;
  return TRUE;
}

/* ---- --depends-on -------------------------------------------------------------------------------------------------- */

/* SERVICE, SERVICE,plan=PLAN or SERVICE,pod=POD: no name has a comma. */
static json_t *read_dependency(const char *text, GError **error) {
  g_auto(GStrv) parts = g_strsplit(text, ",", 3);
  const char *kind = parts[0] == NULL ? NULL : parts[1];
  gboolean plan = kind != NULL && g_str_has_prefix(kind, "plan="), pod = kind != NULL && g_str_has_prefix(kind, "pod=");
  const char *value = plan || pod ? strchr(kind, '=') + 1 : NULL;
  if (parts[0] == NULL || *parts[0] == '\0' ||
      (kind != NULL && (value == NULL || *value == '\0' || parts[2] != NULL))) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
                "--depends-on %s: expected SERVICE, SERVICE,plan=PLAN or SERVICE,pod=POD", text);
    return NULL;
  }
  json_t *dependency = json_object();
  mu_json_set_string(dependency, "service", parts[0]);
  mu_json_set_string(dependency, plan ? "plan" : "pod", value);
  return dependency;
}

static gboolean add_dependencies(json_t *settings, const MuCliCall *call, GError **error) {
  g_autofree const char **texts = mu_cli_texts(call, "depends-on");
  json_t *list = texts[0] == NULL ? NULL : json_array();
  if (list != NULL)
    mu_json_set_new(settings, "depends-on", list);
  for (guint i = 0; texts[i] != NULL; i++) {
    json_t *dependency = read_dependency(texts[i], error);
    if (dependency == NULL)
      return FALSE;
    json_array_append_new(list, dependency);
  }
  return TRUE;
}

/* ---- all of them --------------------------------------------------------------------------------------------------- */

gboolean mu_cli_settings_read(const MuCliCall *call, char **ret_json, GError **error) {
  g_autoptr(json_t) settings = json_object();
  if (!add_priority(settings, call, error) || !add_quota(settings, call, error) ||
      !add_dependencies(settings, call, error))
    return FALSE;
  *ret_json = json_object_size(settings) == 0 ? NULL : mu_json_to_string(settings);
  return TRUE;
}
