#include "dispatcher.h"
#include <string.h>

#define AGAIN_MS 20000         /* a launch that never began is tried again after this */
#define DEFAULT_MEMORY_MB 1024 /* as Spark's */

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, message);
  return FALSE;
}

/* ---- the request ---- */

static const char *property(const json_t *request, const char *name) {
  return json_string_value(json_object_get(json_object_get(request, "sparkProperties"), name));
}

static gboolean check_texts(json_t *object, const char *field, GError **error) {
  const char *key;
  json_t *value;
  if (object != NULL && !json_is_object(object))
    return refuse(error, "field \"%s\" is not an object of texts", field);
  json_object_foreach (object, key, value)
    if (!json_is_string(value))
      return refuse(error, "field \"%s\": the value of \"%s\" is not a text", field, key);
  return TRUE;
}

static gboolean check_args(const json_t *args, GError **error) {
  if (args != NULL && !json_is_array(args))
    return refuse(error, "field \"appArgs\" is not a list of texts");
  for (size_t i = 0; i < json_array_size(args); i++)
    if (!json_is_string(json_array_get(args, i)))
      return refuse(error, "field \"appArgs\": number %zu is not a text", i);
  return TRUE;
}

static gboolean check_request(const json_t *request, GError **error) {
  static const char *const NEEDED[] = {"action", "clientSparkVersion", "appResource", "mainClass"};
  for (guint i = 0; i < G_N_ELEMENTS(NEEDED); i++)
    if (!json_is_string(json_object_get(request, NEEDED[i])))
      return refuse(error, "field \"%s\" is missing, or is not a text", NEEDED[i]);
  const char *action = json_string_value(json_object_get(request, "action"));
  if (strcmp(action, "CreateSubmissionRequest") != 0)
    return refuse(error, "expected a CreateSubmissionRequest, found \"%s\"", action);
  if (!check_args(json_object_get(request, "appArgs"), error) ||
      !check_texts(json_object_get(request, "sparkProperties"), "sparkProperties", error) ||
      !check_texts(json_object_get(request, "environmentVariables"), "environmentVariables", error))
    return FALSE;
  return property(request, "spark.app.name") != NULL || refuse(error, "property \"spark.app.name\" is missing");
}

json_t *driver_read_request(GBytes *body, GError **error) {
  json_error_t fault;
  gsize length;
  const char *text = g_bytes_get_data(body, &length);
  json_t *request = json_loadb(length == 0 ? "" : text, length, JSON_REJECT_DUPLICATES, &fault);
  if (request == NULL)
    refuse(error, "the body is not JSON: line %d, column %d: %s", fault.line, fault.column, fault.text);
  else if (!json_is_object(request))
    refuse(error, "the body is not an object");
  else if (check_request(request, error))
    return request;
  json_decref(request);
  return NULL;
}

gboolean driver_is_supervised(GBytes *context) {
  json_t *request = driver_read_request(context, NULL);
  gboolean supervised = g_strcmp0(property(request, "spark.driver.supervise"), "true") == 0;
  json_decref(request);
  return supervised;
}

/* ---- the service ---- */

/* "512m", "2g", "1024" (MB) as Spark writes amounts of memory. */
static gboolean parse_memory(const char *text, gint64 *ret_mb, GError **error) {
  static const struct {
    const char *unit;
    gint64 kb;
  } UNITS[] = {{"k", 1},     {"kb", 1},          {"", 1024},          {"m", 1024},
               {"mb", 1024}, {"g", 1024 * 1024}, {"gb", 1024 * 1024}, {"t", 1024 * 1024 * 1024}};
  char *end = NULL;
  gint64 number = g_ascii_strtoll(text, &end, 10);
  for (guint i = 0; end != text && number > 0 && number < 1000000000 && i < G_N_ELEMENTS(UNITS); i++)
    if (g_ascii_strcasecmp(end, UNITS[i].unit) == 0) {
      *ret_mb = MAX(number * UNITS[i].kb / 1024, 1);
      return TRUE;
    }
  return refuse(error, "property \"spark.driver.memory\": \"%s\" is no amount of memory such as 512m or 2g", text);
}

static void add_word(GString *command, const char *word) {
  g_autofree char *quoted = g_shell_quote(word);
  g_string_append_printf(command, "%s%s", command->len > 0 ? " " : "exec ", quoted);
}

/* What is the dispatcher's affair, and not that of the driver's program. */
static gboolean is_ours(const char *property) {
  static const char *const OURS[] = {"spark.master", "spark.submit.deployMode", "spark.driver.supervise",
                                     "spark.muster.priority", NULL};
  return g_strv_contains(OURS, property);
}

static char *command_of(json_t *request, const DispatcherConfig *config) {
  GString *command = g_string_new(NULL);
  const char *key;
  json_t *value;
  add_word(command, config->spark_submit);
  add_word(command, "--master");
  add_word(command, config->master);
  add_word(command, "--class");
  add_word(command, json_string_value(json_object_get(request, "mainClass")));
  json_object_foreach (json_object_get(request, "sparkProperties"), key, value) {
    if (is_ours(key))
      continue;
    g_autofree char *pair = g_strdup_printf("%s=%s", key, json_string_value(value));
    add_word(command, "--conf");
    add_word(command, pair);
  }
  add_word(command, json_string_value(json_object_get(request, "appResource")));
  for (size_t i = 0; i < json_array_size(json_object_get(request, "appArgs")); i++)
    add_word(command, json_string_value(json_array_get(json_object_get(request, "appArgs"), i)));
  return g_string_free(command, FALSE);
}

/* A ServiceSpec in JSON, which is YAML too. */
static char *spec_of(const char *name, json_t *request, const DispatcherConfig *config, gint64 memory_mb) {
  const char *cores = property(request, "spark.driver.cores"), *priority = property(request, "spark.muster.priority");
  json_t *env = json_object_get(request, "environmentVariables");
  g_autofree char *command = command_of(request, config);
  json_t *task =
      json_pack("{s:s, s:s, s:s, s:I, s:o}", "goal", "FINISH", "cmd", command, "cpus", cores == NULL ? "1" : cores,
                "memory", (json_int_t)memory_mb, "env", env == NULL ? json_object() : json_incref(env));
  json_t *spec =
      json_pack("{s:s, s:b, s:s, s:{s:{s:i, s:{s:o}}}}", "name", name, "remove-when-finished", TRUE, "priority",
                priority == NULL ? "0" : priority, "pods", "driver", "count", 1, "tasks", "driver", task);
  char *allocated = json_dumps(spec, 0), *text = g_strdup(allocated);
  free(allocated);
  json_decref(spec);
  return text;
}

/* A driver that is not supervised gets no second try: the dispatcher removes it when it has run and failed. */
static MuServiceScheduler *build(MuServiceSpec *spec, gboolean supervised, GError **error) {
  static const MuBackoff ONCE = {
      .enabled = TRUE, .initial_ms = AGAIN_MS, .factor = 1, .max_ms = AGAIN_MS, .reset_ms = AGAIN_MS};
  MuSchedulerBuilder *builder = mu_scheduler_builder_new(spec);
  if (!supervised)
    mu_scheduler_builder_set_backoff(builder, &ONCE);
  return mu_scheduler_builder_build(builder, error);
}

MuServiceScheduler *driver_factory(const char *name, GBytes *context, gpointer user, GError **error) {
  static const char TEMPLATE[] =
      "{{{SPEC}}}"; /* the text comes from outside: what looks like a template in it is none */
  json_t *request = driver_read_request(context, error);
  const char *memory = property(request, "spark.driver.memory");
  gint64 memory_mb = DEFAULT_MEMORY_MB;
  if (request == NULL || (memory != NULL && !parse_memory(memory, &memory_mb, error))) {
    json_decref(request);
    return NULL;
  }
  g_autofree char *text = spec_of(name, request, user, memory_mb);
  json_decref(request);
  g_autoptr(GHashTable) variables = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(variables, (char *)"SPEC", text);
  const MuSpecInput input = {.name = name, .service_name = name, .variables = variables};
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(TEMPLATE, strlen(TEMPLATE), &input, error);
  return spec == NULL ? NULL : build(spec, driver_is_supervised(context), error);
}
