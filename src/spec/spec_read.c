#include "spec_read.h"

#include "bug.h"
#include "spec_pairs.h"
#include <string.h>

#define MAX_WORD 64 /* bytes of a key that is compared with the known ones */

/* One field that is being read. */
typedef struct {
  MuSpecReader *reader;
  const MuField *field;
  const MuNode *node;
  char *object; /* the struct that the field lies in */
} Place;

static void *at(const Place *place) {
  return place->object + place->field->offset;
}

static guint *count_of(const Place *place) {
  return (guint *)(void *)(place->object + place->field->count);
}

/* ---- what is near -------------------------------------------------------------------------------------------------- */

/* Edit distance with neighbours swapped counting as one (optimal string alignment). */
static guint distance(const char *a, const char *b) {
  guint rows[3][MAX_WORD + 1];
  guint n = (guint)strlen(a), m = (guint)strlen(b);
  if (n > MAX_WORD || m > MAX_WORD)
    return G_MAXUINT;
  for (guint j = 0; j <= m; j++)
    rows[0][j] = j;
  for (guint i = 1; i <= n; i++) {
    guint *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
    now[0] = i;
    for (guint j = 1; j <= m; j++) {
      now[j] = MIN(MIN(before[j], now[j - 1]) + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = MIN(now[j], earlier[j - 2] + 1);
    }
  }
  return rows[n % 3][m];
}

const char *mu_spec_nearest(const char *text, const char *const *words) {
  const char *best = NULL;
  guint best_distance = MAX(1, (guint)strlen(text) / 3) + 1;
  for (; *words != NULL; words++) {
    guint d = distance(text, *words);
    if (d < best_distance) {
      best = *words;
      best_distance = d;
    }
  }
  return best;
}

/* ---- where --------------------------------------------------------------------------------------------------------- */

const MuNode *mu_spec_where(const MuSpecReader *reader, const void *object) {
  return g_hash_table_lookup(reader->where, object);
}

const MuNode *mu_spec_where_field(const MuSpecReader *reader, const void *object, const char *key) {
  const MuNode *node = mu_spec_where(reader, object);
  const MuNode *member = mu_node_member(node, key);
  return member != NULL ? member : node;
}

gboolean mu_spec_is_empty(const MuSpecReader *reader, const void *object, const char *key) {
  const MuNode *node = mu_node_member(mu_spec_where(reader, object), key);
  return node != NULL && (node->kind == MU_NODE_MAP || node->kind == MU_NODE_LIST) && node->n == 0;
}

void mu_spec_moved(MuSpecReader *reader, const void *from, const void *to) {
  gpointer node = g_hash_table_lookup(reader->where, from);
  if (node != NULL)
    g_hash_table_insert(reader->where, (gpointer)to, node);
}

/* ---- messages ------------------------------------------------------------------------------------------------------ */

static const char *with_article(const MuObject *type, MuArena *arena) {
  return mu_arena_printf(arena, "%s %s", strchr("aeiou", type->what[0]) != NULL ? "an" : "a", type->what);
}

static void expected(const Place *place, const MuNode *node, const char *what) {
  MuSpecReader *reader = place->reader;
  mu_faults_add(reader->faults, node, "\"%s\": expected %s, found %s", place->field->key, what,
                mu_node_describe(node, reader->scratch));
}

static const char *number_to_text(MuArena *arena, gint64 value, gboolean milli) {
  if (!milli)
    return mu_arena_printf(arena, "%" G_GINT64_FORMAT, value);
  return mu_milli_to_text(arena, value);
}

static const char *number_range(MuArena *arena, const MuField *field, gboolean milli) {
  const char *kind = milli ? "a number with at most three decimals" : "a whole number";
  const char *min = number_to_text(arena, field->min, milli);
  if (field->max == G_MAXINT64)
    return mu_arena_printf(arena, "%s of at least %s", kind, min);
  return mu_arena_printf(arena, "%s from %s to %s", kind, min, number_to_text(arena, field->max, milli));
}

static const char *word_list(MuArena *arena, const MuWord *words) {
  GString *list = g_string_new(words[1].word == NULL ? "" : "one of ");
  for (const MuWord *word = words; word->word != NULL; word++)
    g_string_append_printf(list, "%s%s", word == words ? "" : ", ", word->word);
  const char *result = mu_arena_strdup(arena, list->str);
  g_string_free(list, TRUE);
  return result;
}

/* ---- texts and numbers --------------------------------------------------------------------------------------------- */

static gboolean is_scalar(const Place *place, const MuNode *node, const char *what) {
  if (node->kind == MU_NODE_SCALAR)
    return TRUE;
  expected(place, node, what);
  return FALSE;
}

static void read_string(const Place *place) {
  if (is_scalar(place, place->node, "a text") && place->node->text[0] != '\0')
    *(const char **)at(place) = mu_arena_strdup(place->reader->arena, place->node->text);
}

gboolean mu_spec_parse_decimal(const char *text, guint decimals, gint64 *ret_value) {
  gboolean negative = *text == '-';
  if (*text == '-' || *text == '+')
    text++;
  gint64 value = 0;
  guint digits = 0;
  for (; g_ascii_isdigit(*text) && digits < 16; text++, digits++)
    value = value * 10 + (*text - '0');
  if (digits == 0 || digits > 15)
    return FALSE;
  if (*text == '.')
    text++;
  for (; decimals > 0; decimals--)
    value = value * 10 + (g_ascii_isdigit(*text) ? *text++ - '0' : 0);
  while (*text == '0')
    text++;
  *ret_value = negative ? -value : value;
  return *text == '\0';
}

static void store_int(const Place *place, gint64 value) {
  void *target = at(place);
  switch (place->field->size) {
  case 2: *(guint16 *)target = (guint16)value; return;
  case 4: *(gint32 *)target = (gint32)value; return;
  case 8: *(gint64 *)target = value; return;
  default: mu_bug("an INT field has 2, 4 or 8 bytes");
  }
}

static gboolean read_number(const Place *place, gboolean milli, const char *or_what, gint64 *ret_value) {
  const MuField *field = place->field;
  MuArena *scratch = place->reader->scratch;
  gint64 value;
  gboolean good = place->node->kind == MU_NODE_SCALAR &&
                  mu_spec_parse_decimal(place->node->text, milli ? 3 : 0, &value) && value >= field->min &&
                  value <= field->max;
  if (good)
    *ret_value = value;
  else
    expected(place, place->node, mu_arena_printf(scratch, "%s%s", number_range(scratch, field, milli), or_what));
  return good;
}

static void read_int(const Place *place) {
  gint64 value;
  if (read_number(place, FALSE, "", &value))
    store_int(place, value * MAX(1, place->field->scale));
}

static void read_milli(const Place *place) {
  read_number(place, TRUE, "", at(place));
}

static void read_limit_of(const Place *place, gboolean milli) {
  if (place->node->kind == MU_NODE_SCALAR && strcmp(place->node->text, "unlimited") == 0)
    *(gint64 *)at(place) = -1;
  else
    read_number(place, milli, ", or unlimited", at(place));
}

static void read_limit(const Place *place) {
  read_limit_of(place, FALSE);
}

static void read_limit_milli(const Place *place) {
  read_limit_of(place, TRUE);
}

static void read_bool(const Place *place) {
  const char *text = place->node->text;
  if (place->node->kind == MU_NODE_SCALAR && g_ascii_strcasecmp(text, "true") == 0)
    *(gboolean *)at(place) = TRUE;
  else if (place->node->kind == MU_NODE_SCALAR && g_ascii_strcasecmp(text, "false") == 0)
    *(gboolean *)at(place) = FALSE;
  else
    expected(place, place->node, "true or false");
}

static const MuWord *find_word(const Place *place) {
  const MuField *field = place->field;
  gboolean any_case = (field->flags & MU_FIELD_ANY_CASE) != 0;
  for (const MuWord *word = field->words; place->node->kind == MU_NODE_SCALAR && word->word != NULL; word++)
    if (any_case ? g_ascii_strcasecmp(word->word, place->node->text) == 0 : strcmp(word->word, place->node->text) == 0)
      return word;
  expected(place, place->node, word_list(place->reader->scratch, field->words));
  return NULL;
}

static void read_word(const Place *place) {
  const MuWord *word = find_word(place);
  if (word != NULL)
    *(int *)at(place) = word->value;
}

static void read_word_string(const Place *place) {
  const MuWord *word = find_word(place);
  if (word != NULL)
    *(const char **)at(place) = word->word;
}

/* ---- lists of texts and numbers, maps of texts ---------------------------------------------------------------------- */

static gboolean is_list(const Place *place) {
  if (place->node->kind != MU_NODE_LIST) {
    expected(place, place->node, "a list");
    return FALSE;
  }
  if (place->node->n > place->field->max) {
    mu_faults_add(place->reader->faults, place->node, "\"%s\" has %u elements; the limit is %" G_GINT64_FORMAT,
                  place->field->key, place->node->n, place->field->max);
    return FALSE;
  }
  return TRUE;
}

static void read_strings(const Place *place) {
  if (!is_list(place) || place->node->n == 0)
    return;
  const char **list = mu_arena_new0(place->reader->arena, const char *, place->node->n + 1);
  guint n = 0;
  for (guint i = 0; i < place->node->n; i++) {
    const MuNode *item = place->node->items[i];
    if (item->kind != MU_NODE_SCALAR || item->text[0] == '\0')
      expected(place, item, "a text that is not empty as its element");
    else
      list[n++] = mu_arena_strdup(place->reader->arena, item->text);
  }
  *(const char ***)at(place) = list;
}

static void read_ints(const Place *place) {
  if (!is_list(place) || place->node->n == 0)
    return;
  int *list = mu_arena_new0(place->reader->arena, int, place->node->n);
  for (guint i = 0; i < place->node->n; i++) {
    const MuNode *item = place->node->items[i];
    gint64 value;
    if (item->kind != MU_NODE_SCALAR || !mu_spec_parse_decimal(item->text, 0, &value) || value < 0 || value > 65535)
      expected(place, item, "ports, whole numbers from 0 to 65535, as elements");
    else
      list[i] = (int)value;
  }
  *(const int **)at(place) = list;
  *count_of(place) = place->node->n;
}

static void store_pairs(const Place *place, MuKeyValue *pairs, guint n) {
  mu_pairs_sort(pairs, n);
  *(MuKeyValue **)at(place) = pairs;
  *count_of(place) = n;
}

static void read_pairs(const Place *place) {
  const MuNode *node = place->node;
  if (node->kind != MU_NODE_MAP) {
    expected(place, node, "a map of texts");
    return;
  }
  MuKeyValue *pairs = mu_arena_new0(place->reader->arena, MuKeyValue, node->n);
  for (guint i = 0; i < node->n; i++) {
    if (node->items[i]->kind == MU_NODE_LIST || node->items[i]->kind == MU_NODE_MAP)
      expected(place, node->items[i],
               mu_arena_printf(place->reader->scratch, "a text for \"%s\"", node->keys[i]->text));
    pairs[i].key = mu_arena_strdup(place->reader->arena, node->keys[i]->text);
    pairs[i].value = mu_arena_strdup(place->reader->arena, node->items[i]->text);
  }
  store_pairs(place, pairs, node->n);
}

static void read_labels(const Place *place) {
  if (!is_scalar(place, place->node, "labels as one text, key:value,key:value"))
    return;
  if (place->node->text[0] == '\0')
    return;
  MuKeyValue *pairs;
  guint n;
  const char *wrong = mu_labels_parse(place->reader->arena, place->node->text, &pairs, &n);
  if (wrong == NULL)
    store_pairs(place, pairs, n);
  else
    mu_faults_add(place->reader->faults, place->node, "\"%s\": %s; expected key:value,key:value", place->field->key,
                  wrong);
}

/* ---- structs ------------------------------------------------------------------------------------------------------- */

static void *array_new(const Place *place, guint n) {
  const MuObject *type = place->field->object;
  return mu_arena_alloc(type->draft ? place->reader->scratch : place->reader->arena, type->size * n);
}

static void read_group(const Place *place) {
  if (place->node->kind == MU_NODE_MAP && place->field->count != MU_FIELD_NO_OFFSET)
    *(gboolean *)(void *)(place->object + place->field->count) = TRUE;
  const MuNode *outer = mu_spec_where(place->reader, place->object);
  mu_spec_read(place->reader, place->field->object, place->node, place->object);
  if (outer != NULL) /* the struct is found where it begins, not at its group */
    g_hash_table_insert(place->reader->where, place->object, (gpointer)outer);
}

static void read_object(const Place *place) {
  void *object = array_new(place, 1);
  mu_spec_read(place->reader, place->field->object, place->node, object);
  *(void **)at(place) = object;
}

/* Adds `n` structs to the array of the field, which may have some already, and returns the first new one. */
static char *array_grow(const Place *place, guint n) {
  gsize size = place->field->object->size;
  char **array = at(place);
  guint old_n = *count_of(place);
  char *grown = array_new(place, old_n + n);
  for (guint i = 0; i < old_n; i++) {
    memcpy(grown + size * i, *array + size * i, size);
    mu_spec_moved(place->reader, *array + size * i, grown + size * i);
  }
  *array = grown;
  *count_of(place) = old_n + n;
  return grown + size * old_n;
}

static void read_elements(const Place *place) {
  const MuObject *type = place->field->object;
  const MuNode *node = place->node;
  if (node->n > place->field->max) {
    place->reader->faults->too_large = TRUE;
    mu_faults_add(place->reader->faults, node, "\"%s\" has %u elements; the limit is %" G_GINT64_FORMAT,
                  place->field->key, node->n, place->field->max);
    return;
  }
  if (node->n == 0)
    return;
  char *element = array_grow(place, node->n);
  for (guint i = 0; i < node->n; i++, element += type->size) {
    if (type->name != MU_FIELD_NO_OFFSET)
      *(const char **)(void *)(element + type->name) = mu_arena_strdup(place->reader->arena, node->keys[i]->text);
    mu_spec_read(place->reader, type, node->items[i], element);
  }
}

static void read_map(const Place *place) {
  gboolean named = place->field->object->name != MU_FIELD_NO_OFFSET;
  if (place->node->kind == MU_NODE_MAP || (place->node->kind == MU_NODE_LIST && !named))
    read_elements(place);
  else
    expected(place, place->node,
             mu_arena_printf(place->reader->scratch, "a map of %ss by name", place->field->object->what));
}

static void read_list(const Place *place) {
  if (place->node->kind == MU_NODE_LIST)
    read_elements(place);
  else
    expected(place, place->node, "a list");
}

static void read_single(const Place *place) {
  mu_spec_read(place->reader, place->field->object, place->node, array_grow(place, 1));
}

/* Steps are read when the pods are known (spec_plan.c); the rest has no meaning. */
static void read_nothing(const Place *place) {
  (void)place;
}

/* ---- an object ----------------------------------------------------------------------------------------------------- */

static void (*const read_kind[])(const Place *) = {
    [MU_FIELD_STRING] = read_string,
    [MU_FIELD_INT] = read_int,
    [MU_FIELD_MILLI] = read_milli,
    [MU_FIELD_LIMIT] = read_limit,
    [MU_FIELD_LIMIT_MILLI] = read_limit_milli,
    [MU_FIELD_BOOL] = read_bool,
    [MU_FIELD_WORD] = read_word,
    [MU_FIELD_WORD_STRING] = read_word_string,
    [MU_FIELD_STRINGS] = read_strings,
    [MU_FIELD_INTS] = read_ints,
    [MU_FIELD_PAIRS] = read_pairs,
    [MU_FIELD_LABELS] = read_labels,
    [MU_FIELD_GROUP] = read_group,
    [MU_FIELD_OBJECT] = read_object,
    [MU_FIELD_MAP] = read_map,
    [MU_FIELD_SINGLE] = read_single,
    [MU_FIELD_LIST] = read_list,
    [MU_FIELD_STEPS] = read_nothing,
    [MU_FIELD_IGNORED] = read_nothing,
};

static gboolean is_known(const MuSpecReader *reader, const MuField *field) {
  return reader->stored || (field->flags & MU_FIELD_STORED) == 0;
}

static void add_unknown_fault(MuSpecReader *reader, const MuObject *type, const MuNode *key) {
  const char *keys[MU_SPEC_MAX_FIELDS + 1] = {NULL};
  if (reader->faults->n >= MU_SPEC_MAX_FAULTS) { /* is only counted: not worth a search */
    mu_faults_add(reader->faults, key, "unknown key");
    return;
  }
  for (guint i = 0, n = 0; i < type->n_fields; i++)
    if (is_known(reader, &type->fields[i]))
      keys[n++] = type->fields[i].key;
  const char *nearest = mu_spec_nearest(key->text, keys);
  const char *shown = mu_node_describe(key, reader->scratch);
  const char *owner = with_article(type, reader->scratch);
  if (nearest != NULL) {
    mu_faults_add(reader->faults, key, "unknown key %s in %s; did you mean \"%s\"?", shown, owner, nearest);
    return;
  }
  g_autofree char *all = g_strjoinv(", ", (char **)keys);
  mu_faults_add(reader->faults, key, "unknown key %s in %s; expected one of %s", shown, owner, all);
}

/* The nodes of the fields, in the table's order; NULL for those not given. */
static void find_fields(MuSpecReader *reader, const MuObject *type, const MuNode *node, const MuNode **ret_nodes) {
  for (guint i = 0; i < node->n; i++) {
    if (node->keys[i]->kind != MU_NODE_SCALAR) /* a fault already */
      continue;
    guint field = 0;
    while (field < type->n_fields && strcmp(type->fields[field].key, node->keys[i]->text) != 0)
      field++;
    if (field == type->n_fields || !is_known(reader, &type->fields[field]))
      add_unknown_fault(reader, type, node->keys[i]);
    else
      ret_nodes[field] = node->items[i];
  }
}

static gboolean is_given(const MuField *field, const MuNode *node) {
  if (node == NULL || node->kind == MU_NODE_NULL)
    return FALSE;
  return field->kind == MU_FIELD_PAIRS || node->kind != MU_NODE_SCALAR || node->text[0] != '\0';
}

static void check_given(MuSpecReader *reader, const MuObject *type, const MuNode *owner, const MuField *field,
                        const MuNode *node, gboolean excluded) {
  if (excluded)
    mu_faults_add(reader->faults, node, "\"%s\" and \"%s\" are both given; expected one of them", field->key,
                  field->excludes);
  if ((field->flags & MU_FIELD_REQUIRED) == 0 || is_given(field, node))
    return;
  const char *article = with_article(type, reader->scratch);
  if (node == NULL)
    mu_faults_add(reader->faults, mu_node_name(owner), "%s needs \"%s\"", article, field->key);
  else
    mu_faults_add(reader->faults, node, "\"%s\" is empty, and %s needs it", field->key, article);
}

static gboolean is_excluded(const MuObject *type, const MuField *field, const MuNode *const *nodes) {
  for (guint i = 0; field->excludes != NULL && i < type->n_fields; i++)
    if (strcmp(type->fields[i].key, field->excludes) == 0)
      return is_given(&type->fields[i], nodes[i]);
  return FALSE;
}

static void set_default(const Place *place) {
  switch (place->field->kind) {
  case MU_FIELD_INT: store_int(place, place->field->fallback); return;
  case MU_FIELD_BOOL: *(gboolean *)at(place) = place->field->fallback != 0; return;
  default: /* zero: the struct is zeroed */ return;
  }
}

static void read_fields(MuSpecReader *reader, const MuObject *type, const MuNode *owner, const MuNode *const *nodes,
                        void *object) {
  for (guint i = 0; i < type->n_fields; i++) {
    const MuField *field = &type->fields[i];
    Place place = {reader, field, nodes[i], object};
    gboolean given = is_given(field, nodes[i]);
    check_given(reader, type, owner, field, nodes[i], given && is_excluded(type, field, nodes));
    if ((field->flags & MU_FIELD_ALIAS) == 0)
      set_default(&place);
    if (given)
      read_kind[field->kind](&place);
  }
}

void mu_spec_read(MuSpecReader *reader, const MuObject *type, const MuNode *node, void *object) {
  const MuNode *nodes[MU_SPEC_MAX_FIELDS] = {NULL};
  mu_assert(type->n_fields <= MU_SPEC_MAX_FIELDS);
  g_hash_table_insert(reader->where, object, (gpointer)node);
  if (node->kind == MU_NODE_MAP)
    find_fields(reader, type, node, nodes);
  else if (node->kind != MU_NODE_NULL)
    mu_faults_add(reader->faults, node, "expected %s, which is a map; found %s", with_article(type, reader->scratch),
                  mu_node_describe(node, reader->scratch));
  if (node->kind == MU_NODE_MAP || node->kind == MU_NODE_NULL)
    read_fields(reader, type, node, nodes, object);
}
