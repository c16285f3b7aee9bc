/* The ServiceFactory of `muster serve`: a context is the ServiceSpec's YAML, alone or in a JSON object with its parameters
 * and template files. */
#include "json.h"
#include "service_private.h"
#include <muster/error.h>
#include <muster/service_factory.h>
#include <string.h>

typedef struct {
  const char *yaml;
  gsize length;
  const char *spec_file;  /* name of the file that it was read from; NULL: not told */
  GHashTable *parameters; /* string to string, borrowed from the object; NULL: none */
  GHashTable *files;      /* string to GBytes; NULL: none */
  char *settings;         /* the object, for those of the spec's keys that it may have too; NULL: none */
} Context;

/* The keys of the object, and which of them alone make it one of ours: a spec may have the others, too. */
static const struct {
  const char *key;
  gboolean ours;
} KEYS[] = {{"yaml", TRUE},      {"parameters", TRUE}, {"files", TRUE},      {"spec-file", TRUE},
            {"priority", FALSE}, {"quota", FALSE},     {"depends-on", FALSE}};

static void context_clear(Context *context) {
  g_clear_pointer(&context->parameters, g_hash_table_unref);
  g_clear_pointer(&context->files, g_hash_table_unref);
  g_clear_pointer(&context->settings, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Context, context_clear)

static gboolean refuse_member(const char *member, const char *key, const json_t *value, GError **error) {
  static const char *const words[] = {"an object", "an array", "a string", "an integer",
                                      "a number",  "true",     "false",    "null"};
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "context: \"%s\".\"%s\" is %s; a string was expected", member, key,
              words[json_typeof(value)]);
  return FALSE;
}

/* The member as an object, or NULL in *ret when it is absent. */
static gboolean get_object(const json_t *root, const char *member, json_t **ret, GError **error) {
  json_t *object = json_object_get(root, member);
  if (object != NULL && !json_is_object(object) && !json_is_null(object)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "context: \"%s\" is not an object", member);
    return FALSE;
  }
  *ret = json_is_object(object) ? object : NULL;
  return TRUE;
}

static gboolean read_parameters(const json_t *root, Context *context, GError **error) {
  json_t *object = NULL;
  if (!get_object(root, "parameters", &object, error))
    return FALSE;
  if (object == NULL)
    return TRUE;
  context->parameters = g_hash_table_new(g_str_hash, g_str_equal);
  const char *key;
  json_t *value;
  json_object_foreach (object, key, value) {
    if (!json_is_string(value))
      return refuse_member("parameters", key, value, error);
    g_hash_table_insert(context->parameters, (gpointer)key, (gpointer)json_string_value(value));
  }
  return TRUE;
}

static void unref_bytes(gpointer bytes) {
  g_bytes_unref(bytes);
}

static gboolean read_files(const json_t *root, Context *context, GError **error) {
  json_t *object = NULL;
  if (!get_object(root, "files", &object, error))
    return FALSE;
  if (object == NULL)
    return TRUE;
  context->files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, unref_bytes);
  const char *key;
  json_t *value;
  json_object_foreach (object, key, value) {
    if (!json_is_string(value))
      return refuse_member("files", key, value, error);
    g_hash_table_insert(context->files, (gpointer)key,
                        g_bytes_new(json_string_value(value), json_string_length(value)));
  }
  return TRUE;
}

static gboolean is_key(const char *key) {
  for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++)
    if (strcmp(key, KEYS[i].key) == 0)
      return TRUE;
  return FALSE;
}

static gboolean check_keys(json_t *root, GError **error) {
  const char *key;
  json_t *value;
  json_object_foreach (root, key, value) {
    if (!is_key(key)) {
      g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                  "context: unknown key \"%s\"; \"yaml\", \"parameters\", \"files\", \"spec-file\", \"priority\", "
                  "\"quota\" and \"depends-on\" were expected",
                  key);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean read_object(json_t *root, Context *context, GError **error) {
  if (!check_keys(root, error) || !mu_json_get_string(root, "yaml", TRUE, &context->yaml, error) ||
      !mu_json_get_string(root, "spec-file", FALSE, &context->spec_file, error))
    return FALSE;
  context->length = json_string_length(json_object_get(root, "yaml"));
  g_autoptr(json_t) settings = json_object();
  for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++)
    if (!KEYS[i].ours && json_object_get(root, KEYS[i].key) != NULL)
      json_object_set(settings, KEYS[i].key, json_object_get(root, KEYS[i].key));
  if (json_object_size(settings) > 0)
    context->settings = mu_json_to_string(settings);
  return read_parameters(root, context, error) && read_files(root, context, error);
}

static gboolean is_context_object(const json_t *root) {
  for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++)
    if (KEYS[i].ours && json_object_get(root, KEYS[i].key) != NULL)
      return TRUE;
  return FALSE;
}

/* Most contexts are YAML, which no JSON parser has to refuse. */
static gboolean begins_object(const Context *context) {
  gsize at = 0;
  while (at < context->length && g_ascii_isspace(context->yaml[at]))
    at++;
  return at < context->length && context->yaml[at] == '{';
}

static MuServiceScheduler *build(const char *name, const Context *context, GError **error) {
  MuSpecInput input = {
      .service_name = name, .variables = context->parameters, .files = context->files, .settings = context->settings};
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(context->yaml, context->length, &input, error);
  if (spec == NULL)
    return NULL;
  MuServiceScheduler *scheduler = mu_scheduler_builder_build(mu_scheduler_builder_new(spec), error);
  if (scheduler != NULL)
    scheduler->spec_file = g_strdup(context->spec_file);
  return scheduler;
}

char *mu_yaml_context_spec_file(GBytes *context) {
  gsize length = 0;
  const char *text = context == NULL ? NULL : g_bytes_get_data(context, &length), *file = NULL;
  g_autoptr(json_t) root = text == NULL ? NULL : mu_json_parse(text, length, length, NULL);
  if (json_is_object(root) && is_context_object(root))
    mu_json_get_string(root, "spec-file", FALSE, &file, NULL);
  return g_strdup(file);
}

MuServiceScheduler *mu_yaml_service_factory(const char *name, GBytes *bytes, gpointer user, GError **error) {
  (void)user;
  g_auto(Context) context = {0};
  context.yaml = g_bytes_get_data(bytes, &context.length);
  if (context.length == 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the context is empty; a ServiceSpec in YAML was expected");
    return NULL;
  }
  g_autoptr(json_t) root =
      begins_object(&context) ? mu_json_parse(context.yaml, context.length, context.length, NULL) : NULL;
  if (json_is_object(root) && is_context_object(root) && !read_object(root, &context, error))
    return NULL;
  return build(name, &context, error);
}
