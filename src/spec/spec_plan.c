#include "spec_plan.h"

#include "spec_json.h"
#include <string.h>

/* What was written for one instance, or for all others. */
typedef struct {
  gint64 index;        /* -1: default */
  const MuNode *lists; /* a list of lists of task names, checked */
} Entry;

typedef struct {
  MuSpecReader *reader;
  const MuPodSpec *pod;
  GHashTable *tasks; /* the pod's task names */
  Entry *entries;
  guint n_entries;
  guint64 *total; /* steps of all phases so far */
} Steps;

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static gboolean shape_fault(const Steps *steps, const MuNode *node) {
  mu_faults_add(steps->reader->faults, node, "expected a list of lists of task names, as [[a, b], [c]]; found %s",
                mu_node_describe(node, steps->reader->scratch));
  return FALSE;
}

static gboolean check_task(const Steps *steps, const MuNode *list, guint i) {
  const MuNode *name = list->items[i];
  if (name->kind != MU_NODE_SCALAR)
    return shape_fault(steps, name);
  if (!g_hash_table_contains(steps->tasks, name->text)) {
    mu_faults_add(steps->reader->faults, name, "pod \"%s\" has no task %s", steps->pod->type,
                  mu_node_describe(name, steps->reader->scratch));
    return FALSE;
  }
  for (guint j = 0; j < i; j++)
    if (strcmp(list->items[j]->text, name->text) == 0) {
      mu_faults_add(steps->reader->faults, name, "the task \"%s\" is twice in one step", name->text);
      return FALSE;
    }
  return TRUE;
}

static gboolean check_lists(const Steps *steps, const MuNode *lists) {
  if (lists->kind != MU_NODE_LIST)
    return shape_fault(steps, lists);
  gboolean good = TRUE;
  for (guint i = 0; i < lists->n; i++) {
    const MuNode *list = lists->items[i];
    if (list->kind != MU_NODE_LIST || list->n == 0)
      return shape_fault(steps, list);
    for (guint j = 0; j < list->n; j++)
      good &= check_task(steps, list, j);
  }
  return good;
}

static gboolean read_index(const Steps *steps, const MuNode *key, gint64 *ret_index) {
  if (strcmp(key->text, "default") == 0) {
    *ret_index = -1;
  } else if (!mu_spec_parse_decimal(key->text, 0, ret_index) || *ret_index < 0) {
    mu_faults_add(steps->reader->faults, key, "expected default, or the index of an instance; found %s",
                  mu_node_describe(key, steps->reader->scratch));
    return FALSE;
  } else if (*ret_index >= steps->pod->count) {
    mu_faults_add(steps->reader->faults, key,
                  "there is no instance %" G_GINT64_FORMAT " of pod \"%s\"; its count is %" G_GINT64_FORMAT, *ret_index,
                  steps->pod->type, steps->pod->count);
    return FALSE;
  }
  for (guint i = 0; i < steps->n_entries; i++)
    if (steps->entries[i].index == *ret_index) {
      mu_faults_add(steps->reader->faults, key, "the steps of \"%s\" are given twice", key->text);
      return FALSE;
    }
  return TRUE;
}

static gboolean read_entry(Steps *steps, const MuNode *node) {
  if (node->kind != MU_NODE_MAP || node->n != 1) {
    mu_faults_add(steps->reader->faults, node, "expected one entry, as - default: [[a, b], [c]]; found %s",
                  mu_node_describe(node, steps->reader->scratch));
    return FALSE;
  }
  gint64 index;
  gboolean good_index = read_index(steps, node->keys[0], &index);
  if (!check_lists(steps, node->items[0]) || !good_index)
    return FALSE;
  steps->entries[steps->n_entries++] = (Entry){index, node->items[0]};
  return TRUE;
}

static gboolean read_entries(Steps *steps, const MuNode *node) {
  steps->entries = mu_arena_new0(steps->reader->scratch, Entry, node->n);
  gboolean good = TRUE;
  for (guint i = 0; i < node->n; i++)
    good &= read_entry(steps, node->items[i]);
  return good;
}

/* ---- expanding: every instance its own steps ------------------------------------------------------------------------- */

static gboolean assign(const Steps *steps, const MuNode *node, const MuNode **lists_of) {
  const MuNode *others = NULL;
  for (guint i = 0; i < steps->n_entries; i++) {
    if (steps->entries[i].index < 0)
      others = steps->entries[i].lists;
    else
      lists_of[steps->entries[i].index] = steps->entries[i].lists;
  }
  for (gint64 i = 0; i < steps->pod->count; i++) {
    if (lists_of[i] == NULL)
      lists_of[i] = others;
    if (lists_of[i] == NULL) {
      mu_faults_add(steps->reader->faults, node,
                    "no steps for instance %" G_GINT64_FORMAT " of pod \"%s\"; expected an entry for it, or default", i,
                    steps->pod->type);
      return FALSE;
    }
  }
  return TRUE;
}

static const char **task_names(MuArena *arena, const MuNode *list) {
  const char **names = mu_arena_new0(arena, const char *, list->n + 1);
  for (guint i = 0; i < list->n; i++)
    names[i] = mu_arena_strdup(arena, list->items[i]->text);
  return names;
}

/* Instances that share an entry share its names. */
static const char ***names_of(const Steps *steps, const MuNode *lists) {
  const char ***names = mu_arena_new0(steps->reader->scratch, const char **, lists->n);
  for (guint i = 0; i < lists->n; i++)
    names[i] = task_names(steps->reader->arena, lists->items[i]);
  return names;
}

/* FALSE when there are too many of them. */
static gboolean add_steps(MuSpecReader *reader, const MuNode *node, guint64 n, guint64 *total) {
  gboolean fitted = *total <= MU_SPEC_MAX_STEPS;
  *total += n;
  if (*total <= MU_SPEC_MAX_STEPS)
    return TRUE;
  reader->faults->too_large = TRUE;
  if (fitted)
    mu_faults_add(reader->faults, node, "the plans have too many steps; the limit is %d", MU_SPEC_MAX_STEPS);
  return FALSE;
}

static guint64 count_steps(const Steps *steps, const MuNode *const *lists_of) {
  guint64 n = 0;
  for (gint64 i = 0; i < steps->pod->count; i++)
    n += lists_of[i]->n;
  return n;
}

static void expand(const Steps *steps, MuPhaseSpec *phase, const MuNode *const *lists_of, guint64 total) {
  g_autoptr(GHashTable) names = g_hash_table_new(NULL, NULL);
  guint count = (guint)steps->pod->count;
  phase->steps = mu_arena_new0(steps->reader->arena, MuStepSpec, total);
  for (guint i = 0; i < count; i++) {
    const MuNode *lists = lists_of[i];
    const char ***shared = g_hash_table_lookup(names, lists);
    if (shared == NULL) {
      shared = names_of(steps, lists);
      g_hash_table_insert(names, (gpointer)lists, (gpointer)shared);
    }
    for (guint j = 0; j < lists->n; j++)
      phase->steps[phase->n_steps++] = (MuStepSpec){i, shared[j]};
  }
}

static void read_phase(MuSpecReader *reader, const MuPodSpec *pod, const MuNode *node, MuPhaseSpec *phase,
                       guint64 *total) {
  if (node->kind != MU_NODE_LIST) {
    mu_faults_add(reader->faults, node, "\"steps\": expected a list, found %s",
                  mu_node_describe(node, reader->scratch));
    return;
  }
  g_autoptr(GHashTable) tasks = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < pod->n_tasks; i++)
    g_hash_table_add(tasks, (char *)pod->tasks[i].name);
  Steps steps = {.reader = reader, .pod = pod, .tasks = tasks, .total = total};
  g_autofree const MuNode **lists_of = g_new0(const MuNode *, pod->count);
  if (!read_entries(&steps, node) || !assign(&steps, node, lists_of))
    return;
  guint64 n = count_steps(&steps, lists_of);
  if (!add_steps(reader, node, n, total))
    return;
  phase->explicit_steps = TRUE;
  expand(&steps, phase, lists_of, n);
}

static void read_steps_of(MuSpecReader *reader, GHashTable *pods, MuPhaseSpec *phase, guint64 *total) {
  if (phase->pod == NULL)
    return;
  const MuPodSpec *pod = g_hash_table_lookup(pods, phase->pod);
  if (pod == NULL) {
    mu_faults_add(reader->faults, mu_spec_where_field(reader, phase, "pod"), "there is no pod \"%s\"", phase->pod);
    return;
  }
  const MuNode *node = mu_node_member(mu_spec_where(reader, phase), "steps");
  if (node != NULL && (node->n > 0 || node->kind == MU_NODE_SCALAR))
    read_phase(reader, pod, node, phase, total);
  else /* each instance has one step */
    add_steps(reader, mu_spec_where(reader, phase), (guint64)MAX(pod->count, 0), total);
}

void mu_spec_read_steps(MuSpecReader *reader, MuServiceSpec *spec) {
  g_autoptr(GHashTable) pods = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < spec->n_pods; i++)
    g_hash_table_insert(pods, (char *)spec->pods[i].type, &spec->pods[i]);
  guint64 total = 0;
  for (guint i = 0; i < spec->n_plans; i++)
    for (guint j = 0; j < spec->plans[i].n_phases; j++)
      read_steps_of(reader, pods, &spec->plans[i].phases[j], &total);
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static gboolean same_names(const char *const *a, const char *const *b) {
  return a == b || g_strv_equal(a, b);
}

static gboolean same_steps(const MuStepSpec *a, guint n_a, const MuStepSpec *b, guint n_b) {
  if (n_a != n_b)
    return FALSE;
  for (guint i = 0; i < n_a; i++)
    if (!same_names(a[i].tasks, b[i].tasks))
      return FALSE;
  return TRUE;
}

static void write_lists(GString *out, const MuStepSpec *steps, guint n) {
  g_string_append_c(out, '[');
  for (guint i = 0; i < n; i++) {
    g_string_append(out, i == 0 ? "[" : ",[");
    for (guint j = 0; steps[i].tasks[j] != NULL; j++) {
      if (j > 0)
        g_string_append_c(out, ',');
      mu_json_append_string(out, steps[i].tasks[j]);
    }
    g_string_append_c(out, ']');
  }
  g_string_append_c(out, ']');
}

/* How many steps, from `first` on, are of the instance `index`. */
static guint run_length(const MuPhaseSpec *phase, guint first, guint index) {
  guint n = 0;
  while (first + n < phase->n_steps && phase->steps[first + n].index == index)
    n++;
  return n;
}

void mu_spec_write_steps(GString *out, const MuPhaseSpec *phase, guint count) {
  guint default_n = 0; /* steps of the last instance; it may have none */
  while (default_n < phase->n_steps && phase->steps[phase->n_steps - 1 - default_n].index + 1 == count)
    default_n++;
  const MuStepSpec *others = phase->steps + (phase->n_steps - default_n);
  g_string_append_c(out, '[');
  for (guint i = 0, at = 0; i < count; i++) {
    guint n = run_length(phase, at, i);
    if (!same_steps(phase->steps + at, n, others, default_n)) {
      g_string_append_printf(out, "{\"%u\":", i);
      write_lists(out, phase->steps + at, n);
      g_string_append(out, "},");
    }
    at += n;
  }
  g_string_append(out, "{\"default\":");
  write_lists(out, others, default_n);
  g_string_append(out, "}]");
}
