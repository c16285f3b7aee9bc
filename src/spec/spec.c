#include "arena.h"
#include "bug.h"
#include "json.h"
#include "mustache.h"
#include "spec_build.h"
#include "spec_fields.h"
#include "spec_read.h"
#include "spec_task_env.h"
#include "spec_validate.h"
#include "spec_yaml.h"
#include <muster/error.h>
#include <muster/spec.h>
#include <string.h>

#define INDEXED_PODS 16 /* with more, pods are found by hashing */
#define DEFAULT_FILE_NAME "svc.yml"
#define MAX_JSON_BYTES (64u * MU_SPEC_MAX_BYTES) /* what the largest spec may come to, with aliases and escapes */

typedef struct {
  MuServiceSpec spec; /* first: the public pointer is the handle */
  gint refs;
  MuArena *arena;
  GHashTable *pods; /* type to MuPodSpec; NULL when there are few */
} Handle;

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static Handle *handle_new(void) {
  Handle *handle = g_new0(Handle, 1);
  handle->refs = 1;
  handle->arena = mu_arena_new();
  return handle;
}

MuServiceSpec *mu_service_spec_ref(MuServiceSpec *spec) {
  g_atomic_int_inc(&((Handle *)spec)->refs);
  return spec;
}

void mu_service_spec_unref(MuServiceSpec *spec) {
  Handle *handle = (Handle *)spec;
  if (handle == NULL || !g_atomic_int_dec_and_test(&handle->refs))
    return;
  g_clear_pointer(&handle->pods, g_hash_table_unref);
  mu_arena_free(handle->arena);
  g_free(handle);
}

static void index_pods(Handle *handle) {
  if (handle->spec.n_pods <= INDEXED_PODS)
    return;
  handle->pods = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < handle->spec.n_pods; i++)
    g_hash_table_insert(handle->pods, (char *)handle->spec.pods[i].type, &handle->spec.pods[i]);
}

/* ---- lookup -------------------------------------------------------------------------------------------------------- */

const MuPodSpec *mu_service_spec_pod(const MuServiceSpec *spec, const char *type) {
  const Handle *handle = (const Handle *)spec;
  if (handle->pods != NULL)
    return g_hash_table_lookup(handle->pods, type);
  for (guint i = 0; i < spec->n_pods; i++)
    if (strcmp(spec->pods[i].type, type) == 0)
      return &spec->pods[i];
  return NULL;
}

const MuTaskSpec *mu_pod_spec_task(const MuPodSpec *pod, const char *name) {
  for (guint i = 0; i < pod->n_tasks; i++)
    if (strcmp(pod->tasks[i].name, name) == 0)
      return &pod->tasks[i];
  return NULL;
}

const char *mu_goal_to_string(MuGoal goal) {
  switch (goal) {
  case MU_GOAL_RUNNING: return "RUNNING";
  case MU_GOAL_FINISH: return "FINISH";
  case MU_GOAL_ONCE: return "ONCE";
  }
  mu_bug("a goal has a name");
}

const char *mu_strategy_to_string(MuStrategyKind kind) {
  switch (kind) {
  case MU_STRATEGY_SERIAL: return "serial";
  case MU_STRATEGY_PARALLEL: return "parallel";
  case MU_STRATEGY_SERIAL_CANARY: return "serial-canary";
  case MU_STRATEGY_PARALLEL_CANARY: return "parallel-canary";
  case MU_STRATEGY_RANDOM: return "random";
  }
  mu_bug("a strategy has a name");
}

gboolean mu_strategy_parse(const char *name, MuStrategyKind *ret) {
  for (MuStrategyKind kind = MU_STRATEGY_SERIAL; kind <= MU_STRATEGY_RANDOM; kind++) {
    if (strcmp(name, mu_strategy_to_string(kind)) != 0)
      continue;
    *ret = kind;
    return TRUE;
  }
  return FALSE;
}

/* ---- the template -------------------------------------------------------------------------------------------------- */

static const char *file_name(const MuSpecInput *input) {
  return input != NULL && input->name != NULL ? input->name : DEFAULT_FILE_NAME;
}

/* Checks that the text is not too large and valid UTF-8 without NUL. `map` as for mu_faults_init. */
static gboolean check_text(const char *name, const char *author, gsize author_length, const MuMustacheMap *map,
                           const char *text, gsize length, GError **error) {
  MuFaults faults;
  const char *end;
  mu_faults_init(&faults, name, author, author_length, map);
  if (length > MU_SPEC_MAX_BYTES) {
    faults.too_large = TRUE;
    mu_faults_add(&faults, NULL, "the file has %" G_GSIZE_FORMAT " bytes; the limit is %u", length, MU_SPEC_MAX_BYTES);
  } else if (!g_utf8_validate_len(text, length, &end)) {
    gsize offset = (gsize)(end - text);
    mu_faults_add_at(&faults, offset,
                     offset < length && *end == '\0' ? "a NUL byte; expected text in UTF-8"
                                                     : "a byte that is not UTF-8; expected text in UTF-8");
  }
  gboolean good = mu_faults_check(&faults, error);
  mu_faults_clear(&faults);
  return good;
}

static char *render(const char *yaml, gsize length, const MuSpecInput *input, gsize *ret_length,
                    MuMustacheMap **ret_map, GError **error) {
  MuMustacheInput mustache = {
      .file_name = file_name(input),
      .type = &mu_mustache_strings,
      .root = {MU_MUSTACHE_MAP, input == NULL ? NULL : input->variables},
      .flags = MU_MUSTACHE_STRICT | MU_MUSTACHE_FLAT_NAMES,
      .max_bytes = MU_SPEC_MAX_BYTES,
  };
  if (!check_text(mustache.file_name, yaml, length, NULL, yaml, length, error))
    return NULL;
  if (g_strstr_len(yaml, (gssize)length, "{{") == NULL) { /* no tag: it is as it will be */
    if (ret_length != NULL)
      *ret_length = length;
    return g_strndup(yaml, length);
  }
  return mu_mustache_render(yaml, length, &mustache, ret_length, ret_map, error);
}

char *mu_service_spec_render(const char *yaml, gsize length, const MuSpecInput *input, GError **error) {
  return render(yaml, length, input, NULL, NULL, error);
}

/* ---- YAML ---------------------------------------------------------------------------------------------------------- */

/* The text of a config's template; the spec keeps a copy. */
static void read_template(MuSpecReader *reader, const MuSpecInput *input, MuConfigFile *config) {
  if (config->template_path == NULL)
    return;
  GBytes *bytes =
      input == NULL || input->files == NULL ? NULL : g_hash_table_lookup(input->files, config->template_path);
  const MuNode *node = mu_spec_where_field(reader, config, "template");
  if (bytes == NULL) {
    mu_faults_add(reader->faults, node, "there is no file \"%s\" for the config \"%s\"", config->template_path,
                  config->name);
    return;
  }
  gsize length;
  const char *text = g_bytes_get_data(bytes, &length);
  if (length > MU_SPEC_MAX_BYTES)
    mu_faults_add(reader->faults, node, "the file \"%s\" has %" G_GSIZE_FORMAT " bytes; the limit is %u",
                  config->template_path, length, MU_SPEC_MAX_BYTES);
  else if (length > 0 && !g_utf8_validate_len(text, length, NULL))
    mu_faults_add(reader->faults, node, "the file \"%s\" is not text in UTF-8", config->template_path);
  else
    config->template_text = mu_arena_strndup(reader->arena, length == 0 ? "" : text, length);
}

static void read_templates(MuSpecReader *reader, const MuSpecInput *input, const MuServiceSpec *spec) {
  for (guint i = 0; i < spec->n_pods; i++)
    for (guint j = 0; j < spec->pods[i].n_tasks; j++)
      for (guint k = 0; k < spec->pods[i].tasks[j].n_configs; k++)
        read_template(reader, input, &spec->pods[i].tasks[j].configs[k]);
}

static MuNode *scalar_new(MuSpecReader *reader, const MuNode *root, const char *text) {
  MuNode *node = mu_arena_new0(reader->scratch, MuNode, 1);
  *node = (MuNode){.kind = MU_NODE_SCALAR, .text = text, .offset = root->offset, .weight = 1};
  return node;
}

/* What is given from outside takes the place of what is in the file, which need not be there then. */
static void set_member(MuSpecReader *reader, MuNode *root, const char *key, MuNode *value) {
  for (guint i = 0; i < root->n; i++)
    if (strcmp(root->keys[i]->text, key) == 0) {
      root->items[i] = value;
      return;
    }
  MuNode **keys = mu_arena_new0(reader->scratch, MuNode *, root->n + 1);
  MuNode **items = mu_arena_new0(reader->scratch, MuNode *, root->n + 1);
  for (guint i = 0; i < root->n; i++) {
    keys[i] = root->keys[i];
    items[i] = root->items[i];
  }
  keys[root->n] = scalar_new(reader, root, key);
  items[root->n] = value;
  root->keys = keys;
  root->items = items;
  root->n++;
}

static void set_settings(MuSpecReader *reader, MuNode *root, const char *settings) {
  static const char *const KEYS[] = {"priority", "quota", "depends-on"};
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) json = mu_json_parse(settings, strlen(settings), MU_SPEC_MAX_BYTES, &error);
  if (json == NULL) {
    mu_faults_add(reader->faults, NULL, "%s", error->message);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++) {
    const json_t *value = json_object_get(json, KEYS[i]);
    if (value != NULL)
      set_member(reader, root, KEYS[i], mu_node_from_json(reader->scratch, value));
  }
}

static void read_yaml(MuSpecReader *reader, const char *text, gsize length, const MuSpecInput *input,
                      MuServiceSpec *spec) {
  MuNode *root = mu_yaml_read(reader->scratch, text, length, reader->faults);
  if (root == NULL)
    return;
  const char *name = input == NULL ? NULL : input->service_name;
  if (name != NULL && root->kind == MU_NODE_MAP)
    set_member(reader, root, "name", scalar_new(reader, root, name));
  if (input != NULL && input->settings != NULL && root->kind == MU_NODE_MAP)
    set_settings(reader, root, input->settings);
  MuServiceDraft draft = {0};
  mu_spec_read(reader, &mu_service_object, root, &draft);
  mu_spec_build(reader, &draft, spec);
  read_templates(reader, input, spec);
  mu_spec_add_task_env(reader, input == NULL ? NULL : input->variables, spec);
  mu_spec_validate(reader, spec, name != NULL);
}

static void reader_init(MuSpecReader *reader, MuArena *arena, MuArena *scratch, MuFaults *faults) {
  *reader = (MuSpecReader){
      .arena = arena,
      .scratch = scratch,
      .faults = faults,
      .where = g_hash_table_new(NULL, NULL),
  };
}

MuServiceSpec *mu_service_spec_parse(const char *yaml, gsize length, const MuSpecInput *input, GError **error) {
  g_autoptr(MuMustacheMap) map = NULL;
  gsize text_length;
  g_autofree char *text = render(yaml, length, input, &text_length, &map, error);
  if (text == NULL || (map != NULL && !check_text(file_name(input), yaml, length, map, text, text_length, error)))
    return NULL;
  Handle *handle = handle_new();
  g_autoptr(MuServiceSpec) spec = &handle->spec;
  g_autoptr(MuArena) scratch = mu_arena_new();
  MuFaults faults;
  MuSpecReader reader;
  mu_faults_init(&faults, file_name(input), yaml, length, map);
  reader_init(&reader, handle->arena, scratch, &faults);
  read_yaml(&reader, text, text_length, input, spec);
  gboolean good = mu_faults_check(&faults, error);
  g_hash_table_unref(reader.where);
  mu_faults_clear(&faults);
  if (!good)
    return NULL;
  index_pods(handle);
  return g_steal_pointer(&spec);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

static gboolean read_json(Handle *handle, const json_t *json, GError **error) {
  g_autoptr(MuArena) scratch = mu_arena_new();
  MuFaults faults;
  MuSpecReader reader;
  MuServiceDraft draft = {0};
  mu_faults_init(&faults, "the stored spec", NULL, 0, NULL);
  reader_init(&reader, handle->arena, scratch, &faults);
  reader.stored = TRUE;
  mu_spec_read(&reader, &mu_service_object, mu_node_from_json(scratch, json), &draft);
  mu_spec_build(&reader, &draft, &handle->spec);
  gboolean good = mu_faults_check(&faults, error);
  g_hash_table_unref(reader.where);
  mu_faults_clear(&faults);
  return good;
}

MuServiceSpec *mu_service_spec_from_json(const char *json, gsize length, GError **error) {
  g_autoptr(json_t) root = mu_json_parse(json, length, MAX_JSON_BYTES, error);
  if (root == NULL)
    return NULL;
  Handle *handle = handle_new();
  g_autoptr(MuServiceSpec) spec = &handle->spec;
  if (!read_json(handle, root, error))
    return NULL;
  index_pods(handle);
  return g_steal_pointer(&spec);
}
