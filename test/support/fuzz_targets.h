/* What is fuzzed: each target takes any bytes and must neither crash, nor leak, nor break its promise. `make fuzz` runs them
 * under libFuzzer (fuzz/), test_fuzz_corpus runs them over the corpora in fuzz/corpus. */
#ifndef MU_FUZZ_TARGETS_H
#define MU_FUZZ_TARGETS_H
#include "arena.h"
#include "config_validate.h"
#include "fetch_path.h"
#include "fuzz_mesos.h"
#include "ids.h"
#include "json.h"
#include "mustache.h"
#include "records.h"
#include "resource.h"
#include "spec_changes.h"
#include "spec_diff.h"
#include "spec_engine.h"
#include "spec_placement.h"
#include "spec_uri.h"
#include <muster/spec.h>
#include <string.h>

#define FUZZ_MAX_BYTES (1u << 20) /* of what a template may come to */

/* Values for the templates of the corpora. */
static inline GHashTable *fuzz_variables(void) {
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(table, (char *)"NAME", (char *)"a");
  g_hash_table_insert(table, (char *)"COUNT", (char *)"2");
  g_hash_table_insert(table, (char *)"ON", (char *)"true");
  g_hash_table_insert(table, (char *)"OFF", (char *)"False");
  g_hash_table_insert(table, (char *)"EMPTY", (char *)"");
  g_hash_table_insert(table, (char *)"TEXT", (char *)"<a & \"b\">\n");
  return table;
}

static inline char *fuzz_text(const guint8 *data, gsize size) {
  return size == 0 ? g_strdup("") : g_strndup((const char *)data, size);
}

static inline void fuzz_template_with(const char *text, gsize size, guint flags, GHashTable *variables) {
  MuMustacheInput input = {.file_name = "f",
                           .type = &mu_mustache_strings,
                           .root = {MU_MUSTACHE_MAP, variables},
                           .flags = flags,
                           .max_bytes = FUZZ_MAX_BYTES};
  gsize length = 0;
  g_autoptr(MuMustacheMap) map = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *result = mu_mustache_render(text, size, &input, &length, &map, &error);
  g_assert_true((result == NULL) == (error != NULL));
  if (result == NULL)
    return;
  g_assert_cmpint(result[length], ==, '\0');
  for (gsize i = 0; i < MIN(length, 256); i++)
    g_assert_cmpuint(mu_mustache_map_offset(map, i), <=, size);
}

static inline void fuzz_template(const guint8 *data, gsize size) {
  g_autoptr(GHashTable) variables = fuzz_variables();
  g_autofree char *text = fuzz_text(data, size);
  g_hash_table_insert(variables, (char *)"SELF", text);
  fuzz_template_with((const char *)data, size, 0, variables);
  fuzz_template_with((const char *)data, size, MU_MUSTACHE_STRICT | MU_MUSTACHE_FLAT_NAMES, variables);
}

static inline MuServiceSpec *fuzz_parse(const guint8 *data, gsize size) {
  g_autoptr(GHashTable) variables = fuzz_variables();
  g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
  g_hash_table_insert(files, (char *)"f", g_bytes_new_static("{{TASK_NAME}}\n", 14));
  MuSpecInput input = {.name = "f", .variables = variables, .files = files};
  g_autoptr(GError) error = NULL;
  MuServiceSpec *spec = mu_service_spec_parse((const char *)data, size, &input, &error);
  g_assert_true((spec == NULL) == (error != NULL));
  g_assert_true(error == NULL || error->message[0] != '\0');
  return spec;
}

/* Its canonical JSON reads back and is written the same. */
static inline void fuzz_check_spec(const MuServiceSpec *spec) {
  g_autoptr(GError) error = NULL;
  g_autofree char *json = mu_service_spec_to_json(spec);
  g_autoptr(MuServiceSpec) again = mu_service_spec_from_json(json, strlen(json), &error);
  g_assert_no_error(error);
  g_autofree char *json_again = mu_service_spec_to_json(again);
  g_assert_cmpstr(json, ==, json_again);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  mu_spec_check_engine(spec, "local", warnings, NULL);
}

static inline void fuzz_spec_yaml(const guint8 *data, gsize size) {
  g_autoptr(MuServiceSpec) spec = fuzz_parse(data, size);
  if (spec != NULL)
    fuzz_check_spec(spec);
}

static inline void fuzz_spec_json(const guint8 *data, gsize size) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuServiceSpec) spec = mu_service_spec_from_json((const char *)data, size, &error);
  g_assert_true((spec == NULL) == (error != NULL));
  if (spec != NULL)
    fuzz_check_spec(spec);
}

/* A task's fingerprint is another one exactly when a change is listed that reaches it. */
static inline void fuzz_check_changes(const MuServiceSpec *from, const MuServiceSpec *to, const GPtrArray *changes) {
  for (guint i = 0; i < from->n_pods; i++) {
    const MuPodSpec *pod = &from->pods[i], *other_pod = mu_service_spec_pod(to, pod->type);
    for (guint j = 0; other_pod != NULL && j < pod->n_tasks; j++) {
      const MuTaskSpec *task = &pod->tasks[j], *other = mu_pod_spec_task(other_pod, task->name);
      if (other == NULL)
        continue;
      gboolean reached = FALSE;
      const char *set = other_pod->resource_sets[other->resource_set].id;
      for (guint k = 0; k < changes->len; k++)
        reached |= mu_spec_change_reaches(changes->pdata[k], pod->type, task->name, set);
      g_assert_true(mu_pod_spec_same_task_config(pod, task, other_pod, other) == !reached);
    }
  }
}

/* Two specs with a line "---" between them: may one become the other? */
static inline void fuzz_spec_change(const guint8 *data, gsize size) {
  static const char separator[] = "\n---\n";
  const guint8 *cut = memmem(data, size, separator, strlen(separator));
  if (cut == NULL)
    return;
  gsize first = (gsize)(cut - data), skip = first + strlen(separator);
  g_autoptr(MuServiceSpec) from = fuzz_parse(data, first);
  g_autoptr(MuServiceSpec) to = fuzz_parse(data + skip, size - skip);
  if (from == NULL || to == NULL)
    return;
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_spec_validate_change(from, to, &error) == (error == NULL));
  g_assert_true(mu_spec_validate_change(to, to, NULL));
  g_autoptr(GPtrArray) changes = mu_spec_changes(from, to), none = mu_spec_changes(to, to);
  g_assert_cmpuint(none->len, ==, 0);
  fuzz_check_changes(from, to, changes);
  for (guint i = 0; i < from->n_pods; i++) {
    const MuPodSpec *pod = mu_service_spec_pod(to, from->pods[i].type);
    if (pod == NULL)
      continue;
    g_autofree char *a = mu_pod_spec_fingerprint(&from->pods[i]), *b = mu_pod_spec_fingerprint(pod);
    const MuTaskSpec *task = &from->pods[i].tasks[0], *other = mu_pod_spec_task(pod, task->name);
    gboolean same = other != NULL && mu_pod_spec_same_task_config(&from->pods[i], task, pod, other);
    g_assert_true(same || strcmp(a, b) != 0); /* what makes a task differ makes its pod differ */
  }
}

static inline void fuzz_placement(const guint8 *data, gsize size) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autofree char *text = fuzz_text(data, size);
  MuPlacementRule *rule = NULL;
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_placement_parse(arena, text, &rule, &error) == (error == NULL));
  mu_placement_mentions(rule, "@zone");
}

static inline void fuzz_ranges(const guint8 *data, gsize size) {
  g_autofree char *text = fuzz_text(data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) ranges = mu_ranges_parse(text, &error);
  g_assert_true((ranges == NULL) == (error != NULL));
  if (ranges == NULL)
    return;
  g_autofree char *shown = mu_ranges_to_string(ranges);
  g_autoptr(GArray) again = *shown == '\0' ? g_array_ref(ranges) : mu_ranges_parse(shown, NULL);
  g_assert_true(again != NULL && mu_ranges_equal(ranges, again));
}

static inline void fuzz_task_id(const guint8 *data, gsize size) {
  g_autofree char *text = fuzz_text(data, size);
  g_autofree char *service = NULL, *task = NULL, *uuid = NULL;
  mu_service_name_check(text, NULL);
  mu_name_check("task", text, NULL);
  if (!mu_task_id_parse(text, &service, &task, &uuid))
    return;
  g_autofree char *again = g_strdup_printf("%s__%s__%s", service, task, uuid);
  g_assert_cmpstr(again, ==, text);
}

static inline void fuzz_json(const guint8 *data, gsize size) {
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) json = mu_json_parse((const char *)data, size, 1 << 16, &error);
  g_assert_true((json == NULL) == (error != NULL));
  if (json == NULL)
    return;
  g_autofree char *text = mu_json_to_string(json);
  g_autoptr(json_t) again = mu_json_parse(text, strlen(text), strlen(text), NULL);
  g_assert_nonnull(again);
}

/* Decoded, encoded, decoded, encoded: the last two texts are the same. */
#define FUZZ_RECORD(Type, name)                                                                                        \
  static inline void fuzz_##name##_record(const char *text, gsize size) {                                              \
    Type *record = mu_##name##_record_decode(text, size, NULL);                                                        \
    if (record == NULL)                                                                                                \
      return;                                                                                                          \
    g_autofree char *first = mu_##name##_record_encode(record);                                                        \
    FUZZ_FREE_##name(record);                                                                                          \
    g_autoptr(GError) error = NULL;                                                                                    \
    record = mu_##name##_record_decode(first, strlen(first), &error);                                                  \
    g_assert_no_error(error);                                                                                          \
    g_autofree char *second = mu_##name##_record_encode(record);                                                       \
    FUZZ_FREE_##name(record);                                                                                          \
    g_assert_cmpstr(first, ==, second);                                                                                \
  }
#define FUZZ_FREE_service mu_service_record_free
#define FUZZ_FREE_pod mu_pod_record_free
#define FUZZ_FREE_task mu_task_record_free
#define FUZZ_FREE_status mu_task_status_free
FUZZ_RECORD(MuServiceRecord, service)
FUZZ_RECORD(MuPodRecord, pod)
FUZZ_RECORD(MuTaskRecord, task)
FUZZ_RECORD(MuTaskStatus, status)

/* The same text as each kind of record. */
static inline void fuzz_record(const guint8 *data, gsize size) {
  const char *text = (const char *)data;
  fuzz_service_record(text, size);
  fuzz_pod_record(text, size);
  fuzz_task_record(text, size);
  fuzz_status_record(text, size);
}

/* What is understood has an address, no fragment, and a sum that is one. */
static inline void fuzz_uri(const guint8 *data, gsize size) {
  g_autofree char *text = fuzz_text(data, size);
  g_auto(MuSpecUri) uri = {0};
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_spec_uri_parse(text, &uri, &error) == (error == NULL));
  if (error != NULL)
    return;
  g_assert_true(uri.value[0] != '\0' && strchr(uri.value, '#') == NULL);
  g_assert_true(uri.sha256 == NULL || strspn(uri.sha256, "0123456789abcdef") == 64);
  g_autofree char *name = mu_fetch_file_name(uri.value);
  g_assert_true(name == NULL || mu_fetch_path_is_inside(name));
}

/* Where a path leads, by walking it: below the folder, or out of it. */
static inline gboolean fuzz_stays_inside(const char *path, int depth) {
  g_auto(GStrv) parts = g_strsplit(path, "/", -1);
  for (char **part = parts; *part != NULL; part++) {
    depth += strcmp(*part, "..") == 0 ? -1 : **part == '\0' || strcmp(*part, ".") == 0 ? 0 : 1;
    if (depth < 0)
      return FALSE;
  }
  return path[0] != '/';
}

/* An entry of an archive: its name, a line feed, what it links to. */
static inline void fuzz_entry(const guint8 *data, gsize size) {
  g_autofree char *text = fuzz_text(data, size);
  g_auto(GStrv) halves = g_strsplit(text, "\n", 2);
  const char *path = halves[0] == NULL ? "" : halves[0], *target = halves[0] == NULL ? NULL : halves[1];
  if (!mu_fetch_path_is_inside(path))
    return;
  g_assert_true(fuzz_stays_inside(path, 0) && strstr(path, "/../") == NULL);
  if (target == NULL || !mu_fetch_link_is_inside(path, target))
    return;
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *joined = g_strjoin("/", folder, target, NULL);
  g_assert_true(target[0] != '/' &&
                (g_str_has_suffix(path, "/") || g_str_has_suffix(path, "/.") || fuzz_stays_inside(joined, 0)));
}

typedef struct {
  const char *name; /* of its corpus: fuzz/corpus/<name> */
  void (*run)(const guint8 *data, gsize size);
} FuzzTarget;

static const FuzzTarget fuzz_targets[] = {
    {"uri", fuzz_uri},
    {"entry", fuzz_entry},
    {"template", fuzz_template},
    {"spec_yaml", fuzz_spec_yaml},
    {"spec_json", fuzz_spec_json},
    {"spec_change", fuzz_spec_change},
    {"placement", fuzz_placement},
    {"ranges", fuzz_ranges},
    {"task_id", fuzz_task_id},
    {"json", fuzz_json},
    {"record", fuzz_record},
    {"record_io", fuzz_record_io},
    {"mesos_event", fuzz_mesos_event},
};
#endif
