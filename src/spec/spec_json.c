#include "spec_json.h"

#include "bug.h"
#include "json_form.h"
#include "spec_pairs.h"
#include "spec_plan.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  MuSpecWriter *writer;
  const MuField *field;
  const char *object;
} Place;

static const void *at(const Place *place) {
  return place->object + place->field->offset;
}

static const void *pointer_at(const Place *place) {
  return *(const void *const *)at(place);
}

static guint count_of(const Place *place) {
  return *(const guint *)(const void *)(place->object + place->field->count);
}

static gint64 load_int(const Place *place) {
  switch (place->field->size) {
  case 2: return *(const guint16 *)at(place);
  case 4: return *(const gint32 *)at(place);
  case 8: return *(const gint64 *)at(place);
  default: mu_bug("an INT field has 2, 4 or 8 bytes");
  }
}

/* ---- what has its default value -------------------------------------------------------------------------------------- */

static gboolean is_default(const Place *place);

static gboolean is_group_default(const Place *place) {
  if (place->field->count != MU_FIELD_NO_OFFSET)
    return !*(const gboolean *)(const void *)(place->object + place->field->count);
  const MuObject *type = place->field->object;
  for (guint i = 0; i < type->n_fields; i++) {
    Place inner = {place->writer, &type->fields[i], place->object};
    if (!is_default(&inner))
      return FALSE;
  }
  return TRUE;
}

static gboolean is_default(const Place *place) {
  const MuField *field = place->field;
  switch (field->kind) {
  case MU_FIELD_INT: return load_int(place) == field->fallback;
  case MU_FIELD_MILLI:
  case MU_FIELD_LIMIT:
  case MU_FIELD_LIMIT_MILLI: return *(const gint64 *)at(place) == 0;
  case MU_FIELD_BOOL: return *(const gboolean *)at(place) == (field->fallback != 0);
  case MU_FIELD_WORD: return *(const int *)at(place) == 0;
  case MU_FIELD_STRING:
  case MU_FIELD_WORD_STRING:
  case MU_FIELD_STRINGS:
  case MU_FIELD_OBJECT: return pointer_at(place) == NULL;
  case MU_FIELD_INTS:
  case MU_FIELD_PAIRS:
  case MU_FIELD_LABELS:
  case MU_FIELD_MAP:
  case MU_FIELD_LIST: return count_of(place) == 0;
  case MU_FIELD_GROUP: return is_group_default(place);
  case MU_FIELD_STEPS: return !((const MuPhaseSpec *)(const void *)place->object)->explicit_steps;
  case MU_FIELD_SINGLE: /* is written with the MAP that it belongs to */
  case MU_FIELD_IGNORED: return TRUE;
  }
  return TRUE;
}

/* ---- values -------------------------------------------------------------------------------------------------------- */

void mu_json_append_string(GString *out, const char *text) {
  g_string_append_c(out, '"');
  for (const char *c = text; *c != '\0'; c++) {
    const char *plain = c;
    while ((guchar)*c >= ' ' && *c != '"' && *c != '\\')
      c++;
    g_string_append_len(out, plain, c - plain);
    if (*c == '\0')
      break;
    if (*c == '"' || *c == '\\') {
      g_string_append_c(out, '\\');
      g_string_append_c(out, *c);
    } else if (*c == '\n') {
      g_string_append(out, "\\n");
    } else {
      g_string_append_printf(out, "\\u%04x", (guint)(guchar)*c);
    }
  }
  g_string_append_c(out, '"');
}

static void write_int(GString *out, gint64 value) {
  char digits[MU_JSON_INT_MAX];
  g_string_append_len(out, digits, (gssize)mu_json_int(digits, value));
}

static void write_limit(const Place *place, gint64 value) {
  GString *out = place->writer->out;
  if (value < 0)
    mu_json_append_string(out, "unlimited");
  else if (place->field->kind == MU_FIELD_LIMIT)
    write_int(out, value);
  else
    g_string_append(out, mu_milli_to_text(place->writer->scratch, value));
}

static void write_word(const Place *place, int value) {
  for (const MuWord *word = place->field->words; word->word != NULL; word++)
    if (word->value == value) {
      mu_json_append_string(place->writer->out, word->word);
      return;
    }
  mu_bug("an enum has a word for each of its values");
}

static void write_strings(GString *out, const char *const *texts) {
  g_string_append_c(out, '[');
  for (guint i = 0; texts[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    mu_json_append_string(out, texts[i]);
  }
  g_string_append_c(out, ']');
}

static void write_ints(GString *out, const int *values, guint n) {
  g_string_append_c(out, '[');
  for (guint i = 0; i < n; i++)
    g_string_append_printf(out, "%s%d", i > 0 ? "," : "", values[i]);
  g_string_append_c(out, ']');
}

static void write_pairs(GString *out, const MuKeyValue *pairs, guint n) {
  g_string_append_c(out, '{');
  for (guint i = 0; i < n; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    mu_json_append_string(out, pairs[i].key);
    g_string_append_c(out, ':');
    mu_json_append_string(out, pairs[i].value);
  }
  g_string_append_c(out, '}');
}

static void write_labels(GString *out, const MuKeyValue *pairs, guint n) {
  g_autofree char *text = mu_labels_to_text(pairs, n);
  mu_json_append_string(out, text);
}

/* ---- arrays -------------------------------------------------------------------------------------------------------- */

static const char *name_of(const MuObject *type, const char *element) {
  return *(const char *const *)(const void *)(element + type->name);
}

static int compare_names(const void *a, const void *b, gpointer type) {
  return strcmp(name_of(type, *(const char *const *)a), name_of(type, *(const char *const *)b));
}

static const char **order(const Place *place) {
  const MuObject *type = place->field->object;
  guint n = count_of(place);
  const char **elements = mu_arena_new0(place->writer->scratch, const char *, n);
  for (guint i = 0; i < n; i++)
    elements[i] = (const char *)pointer_at(place) + type->size * i;
  if (place->writer->sorted && type->name != MU_FIELD_NO_OFFSET)
    g_qsort_with_data(elements, (gint)n, sizeof *elements, compare_names, (gpointer)type);
  return elements;
}

/* Sets that belong to one task are written with the task. */
static gboolean is_left_out(const MuObject *type, const char *element) {
  return type == &mu_set_object && ((const MuResourceSet *)(const void *)element)->of_task;
}

static void write_array(const Place *place) {
  const MuObject *type = place->field->object;
  GString *out = place->writer->out;
  gboolean named = place->field->kind == MU_FIELD_MAP && type->name != MU_FIELD_NO_OFFSET;
  const char **elements = order(place);
  const char *separator = "";
  g_string_append_c(out, named ? '{' : '[');
  for (guint i = 0; i < count_of(place); i++) {
    if (named && is_left_out(type, elements[i]))
      continue;
    g_string_append(out, separator);
    separator = ",";
    if (named) {
      mu_json_append_string(out, name_of(type, elements[i]));
      g_string_append_c(out, ':');
    }
    mu_spec_write(place->writer, type, elements[i]);
  }
  g_string_append_c(out, named ? '}' : ']');
}

static void write_steps(const Place *place) {
  const MuPhaseSpec *phase = (const MuPhaseSpec *)(const void *)place->object;
  const MuPodSpec *pod = mu_service_spec_pod(place->writer->spec, phase->pod);
  mu_spec_write_steps(place->writer->out, phase, pod == NULL ? 0 : (guint)pod->count);
}

/* ---- an object ----------------------------------------------------------------------------------------------------- */

static void write_value(const Place *place) {
  const MuField *field = place->field;
  GString *out = place->writer->out;
  switch (field->kind) {
  case MU_FIELD_STRING:
  case MU_FIELD_WORD_STRING: mu_json_append_string(out, pointer_at(place) == NULL ? "" : pointer_at(place)); return;
  case MU_FIELD_INT: write_int(out, load_int(place) / MAX(1, field->scale)); return;
  case MU_FIELD_MILLI:
    g_string_append(out, mu_milli_to_text(place->writer->scratch, *(const gint64 *)at(place)));
    return;
  case MU_FIELD_LIMIT:
  case MU_FIELD_LIMIT_MILLI: write_limit(place, *(const gint64 *)at(place)); return;
  case MU_FIELD_BOOL: g_string_append(out, *(const gboolean *)at(place) ? "true" : "false"); return;
  case MU_FIELD_WORD: write_word(place, *(const int *)at(place)); return;
  case MU_FIELD_STRINGS: write_strings(out, pointer_at(place)); return;
  case MU_FIELD_INTS: write_ints(out, pointer_at(place), count_of(place)); return;
  case MU_FIELD_PAIRS: write_pairs(out, pointer_at(place), count_of(place)); return;
  case MU_FIELD_LABELS: write_labels(out, pointer_at(place), count_of(place)); return;
  case MU_FIELD_GROUP: mu_spec_write(place->writer, field->object, place->object); return;
  case MU_FIELD_OBJECT: mu_spec_write(place->writer, field->object, pointer_at(place)); return;
  case MU_FIELD_MAP:
  case MU_FIELD_LIST: write_array(place); return;
  case MU_FIELD_STEPS: write_steps(place); return;
  case MU_FIELD_SINGLE:
  case MU_FIELD_IGNORED: return;
  }
}

static gboolean is_written(const Place *place) {
  const MuField *field = place->field;
  if ((field->flags & (MU_FIELD_ALIAS | place->writer->skip)) != 0)
    return FALSE;
  return (field->flags & MU_FIELD_REQUIRED) != 0 || !is_default(place);
}

void mu_spec_write(MuSpecWriter *writer, const MuObject *type, const void *object) {
  const char *separator = "\"";
  g_string_append_c(writer->out, '{');
  for (guint i = 0; i < type->n_fields; i++) {
    Place place = {writer, &type->fields[i], object};
    if (!is_written(&place))
      continue;
    g_string_append(writer->out, separator);
    g_string_append(writer->out, type->fields[i].key);
    g_string_append_len(writer->out, "\":", 2);
    separator = ",\"";
    write_value(&place);
  }
  g_string_append_c(writer->out, '}');
}

/* ---- a whole spec -------------------------------------------------------------------------------------------------- */

void mu_task_draft_init(MuTaskDraft *draft, const MuPodSpec *pod, const MuTaskSpec *task) {
  const MuResourceSet *set = &pod->resource_sets[task->resource_set];
  *draft = (MuTaskDraft){.task = *task};
  if (set->of_task)
    draft->own = *set;
  else
    draft->resource_set = set->id;
}

static gboolean has_named_set(const MuPodSpec *pod) {
  for (guint i = 0; i < pod->n_resource_sets; i++)
    if (!pod->resource_sets[i].of_task)
      return TRUE;
  return FALSE;
}

static void pod_draft_init(MuArena *scratch, MuPodDraft *draft, const MuPodSpec *pod) {
  *draft = (MuPodDraft){.pod = *pod, .n_tasks = pod->n_tasks};
  draft->tasks = mu_arena_new0(scratch, MuTaskDraft, pod->n_tasks);
  for (guint i = 0; i < pod->n_tasks; i++)
    mu_task_draft_init(&draft->tasks[i], pod, &pod->tasks[i]);
  if (!has_named_set(pod))
    draft->pod.n_resource_sets = 0;
}

char *mu_service_spec_to_json(const MuServiceSpec *spec) {
  g_autoptr(MuArena) scratch = mu_arena_new();
  MuServiceDraft draft = {.service = *spec, .n_pods = spec->n_pods};
  draft.pods = mu_arena_new0(scratch, MuPodDraft, spec->n_pods);
  for (guint i = 0; i < spec->n_pods; i++)
    pod_draft_init(scratch, &draft.pods[i], &spec->pods[i]);
  MuSpecWriter writer = {.out = g_string_new(NULL), .scratch = scratch, .spec = spec};
  mu_spec_write(&writer, &mu_service_object, &draft);
  return g_string_free(writer.out, FALSE);
}
