#include "spec_placement.h"

#include "json.h"
#include "spec_read.h"
#include <muster/error.h>
#include <string.h>

#define MAX_PARTS 3 /* field, operator, parameter */

typedef enum {
  PARAMETER_NONE,
  PARAMETER_TEXT,
  PARAMETER_TEXT_OPTIONAL,
  PARAMETER_REGEX,
  PARAMETER_COUNT,
  PARAMETER_COUNT_OPTIONAL
} Parameter;

/* https://mesosphere.github.io/marathon/docs/constraints.html; IS_NOT is dcos-commons' own. */
static const struct {
  const char *name;
  MuRuleKind kind;
  gboolean negated;
  Parameter parameter;
} operators[] = {
    {"UNIQUE", MU_RULE_UNIQUE, FALSE, PARAMETER_NONE},
    {"CLUSTER", MU_RULE_CLUSTER, FALSE, PARAMETER_TEXT_OPTIONAL},
    {"GROUP_BY", MU_RULE_GROUP_BY, FALSE, PARAMETER_COUNT_OPTIONAL},
    {"LIKE", MU_RULE_LIKE, FALSE, PARAMETER_REGEX},
    {"UNLIKE", MU_RULE_UNLIKE, FALSE, PARAMETER_REGEX},
    {"MAX_PER", MU_RULE_MAX_PER, FALSE, PARAMETER_COUNT},
    {"IS", MU_RULE_IS, FALSE, PARAMETER_TEXT},
    {"IS_NOT", MU_RULE_IS, TRUE, PARAMETER_TEXT},
};

typedef struct {
  const char *parts[MAX_PARTS];
  guint n;
} Row;

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, text);
  return FALSE;
}

static gboolean add_row(GArray *rows, const Row *row, guint n, GError **error) {
  if (n < 2 || n > MAX_PARTS)
    return refuse(error, "a constraint has %u parts; expected field, operator and perhaps a parameter", n);
  if (rows->len >= MU_PLACEMENT_MAX_RULES)
    return refuse(error, "too many constraints; the limit is %d", MU_PLACEMENT_MAX_RULES);
  g_array_append_vals(rows, row, 1);
  return TRUE;
}

/* ---- the JSON form ------------------------------------------------------------------------------------------------- */

static const char *part_text(MuArena *arena, const json_t *value) {
  if (json_is_string(value))
    return mu_arena_strdup(arena, json_string_value(value));
  if (json_is_integer(value))
    return mu_arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  return NULL;
}

static gboolean read_json_row(MuArena *arena, const json_t *array, GArray *rows, GError **error) {
  Row row = {0};
  guint n = (guint)json_array_size(array);
  for (guint i = 0; i < MIN(n, MAX_PARTS); i++) {
    row.parts[i] = part_text(arena, json_array_get(array, i));
    if (row.parts[i] == NULL)
      return refuse(error, "expected a text or a number as part %u of a constraint", i + 1);
  }
  row.n = n;
  return add_row(rows, &row, n, error);
}

static gboolean read_json(MuArena *arena, const char *text, GArray *rows, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, strlen(text), MU_PLACEMENT_MAX_BYTES, error);
  if (json == NULL)
    return FALSE;
  if (!json_is_array(json_array_get(json, 0)))
    return json_array_size(json) == 0 || read_json_row(arena, json, rows, error);
  for (gsize i = 0; i < json_array_size(json); i++) {
    const json_t *element = json_array_get(json, i);
    if (!json_is_array(element))
      return refuse(error, "expected a list of lists, as [[\"hostname\", \"UNIQUE\"]]");
    if (!read_json_row(arena, element, rows, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- the comma form ------------------------------------------------------------------------------------------------ */

/* Cuts `*text` at the next `split` that has no backslash before it. Returns the part, trimmed; NULL at the end. */
static char *next_part(const char **text, char split) {
  if (*text == NULL)
    return NULL;
  GString *part = g_string_new(NULL);
  const char *c = *text;
  for (; *c != '\0' && *c != split; c++) {
    if (*c == '\\' && c[1] == split)
      c++;
    else if (*c == '\\' && c[1] != '\0')
      g_string_append_c(part, *c++); /* another escape: both characters stay */
    g_string_append_c(part, *c);
  }
  *text = *c == '\0' ? NULL : c + 1;
  return g_strstrip(g_string_free(part, FALSE));
}

static gboolean read_comma_row(MuArena *arena, const char *text, GArray *rows, GError **error) {
  Row row = {0};
  guint n = 0;
  for (char *part; (part = next_part(&text, ':')) != NULL; n++) {
    if (n < MAX_PARTS)
      row.parts[n] = mu_arena_strdup(arena, part);
    g_free(part);
  }
  row.n = n;
  return add_row(rows, &row, n, error);
}

static gboolean read_commas(MuArena *arena, const char *text, GArray *rows, GError **error) {
  for (char *part; (part = next_part(&text, ',')) != NULL;) {
    gboolean good = read_comma_row(arena, part, rows, error);
    g_free(part);
    if (!good)
      return FALSE;
  }
  return TRUE;
}

/* ---- rules --------------------------------------------------------------------------------------------------------- */

static gboolean read_count(const char *name, const char *text, int *ret_count, GError **error) {
  gint64 value;
  if (!mu_spec_parse_decimal(text, 0, &value) || value < 1 || value > G_MAXINT32)
    return refuse(error, "%s: expected a whole number of at least 1 as its parameter, found \"%s\"", name, text);
  *ret_count = (int)value;
  return TRUE;
}

static gboolean check_regex(const char *name, const char *text, GError **error) {
  g_autoptr(GError) wrong = NULL;
  g_autoptr(GRegex) regex = g_regex_new(text, 0, 0, &wrong);
  if (regex != NULL)
    return TRUE;
  const char *why = g_strrstr(wrong->message, ": "); /* before it, the expression again */
  return refuse(error, "%s: \"%s\" is not a regular expression%s", name, text, why == NULL ? "" : why);
}

static gboolean read_parameter(MuPlacementRule *rule, guint operator, const char * text, GError **error) {
  const char *name = operators[operator].name;
  Parameter parameter = operators[operator].parameter;
  gboolean optional =
      parameter == PARAMETER_NONE || parameter == PARAMETER_TEXT_OPTIONAL || parameter == PARAMETER_COUNT_OPTIONAL;
  if (text == NULL || text[0] == '\0')
    return optional || refuse(error, "%s needs a parameter, as [\"%s\", \"%s\", \"…\"]", name, rule->field, name);
  switch (parameter) {
  case PARAMETER_NONE: return TRUE;
  case PARAMETER_COUNT:
  case PARAMETER_COUNT_OPTIONAL: return read_count(name, text, &rule->count, error);
  case PARAMETER_REGEX: rule->value = text; return check_regex(name, text, error);
  case PARAMETER_TEXT:
  case PARAMETER_TEXT_OPTIONAL: rule->value = text; return TRUE;
  }
  return TRUE;
}

static gboolean find_operator(const char *name, guint *ret_operator, GError **error) {
  const char *names[G_N_ELEMENTS(operators) + 1] = {NULL};
  for (guint i = 0; i < G_N_ELEMENTS(operators); i++) {
    names[i] = operators[i].name;
    if (g_ascii_strcasecmp(name, operators[i].name) == 0) {
      *ret_operator = i;
      return TRUE;
    }
  }
  g_autofree char *all = g_strjoinv(", ", (char **)names);
  return refuse(error, "unknown operator \"%s\"; expected one of %s", name, all);
}

static MuPlacementRule *rule_with_children(MuArena *arena, MuRuleKind kind, guint n) {
  MuPlacementRule *rule = mu_arena_new0(arena, MuPlacementRule, 1);
  rule->kind = kind;
  rule->children = mu_arena_new0(arena, MuPlacementRule *, n);
  rule->n_children = n;
  return rule;
}

static MuPlacementRule *read_row(MuArena *arena, const Row *row, GError **error) {
  guint operator= 0;
  if (!find_operator(row->parts[1], &operator, error))
    return NULL;
  MuPlacementRule *rule = mu_arena_new0(arena, MuPlacementRule, 1);
  rule->kind = operators[operator].kind;
  rule->field = strcmp(row->parts[0], "@hostname") == 0 ? "hostname" : row->parts[0];
  if (rule->field[0] == '\0') {
    refuse(error, "a constraint has no field; expected hostname, @region, @zone or an attribute's name");
    return NULL;
  }
  if (!read_parameter(rule, operator, row->parts[2], error))
    return NULL;
  if (!operators[operator].negated)
    return rule;
  MuPlacementRule *negation = rule_with_children(arena, MU_RULE_NOT, 1);
  negation->children[0] = rule;
  return negation;
}

gboolean mu_placement_parse(MuArena *arena, const char *text, MuPlacementRule **ret_rule, GError **error) {
  if (!g_utf8_validate(text, -1, NULL)) /* what is no UTF-8 breaks the compiler of regular expressions */
    return refuse(error, "the constraints are not UTF-8");
  g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Row));
  while (g_ascii_isspace(*text))
    text++;
  gboolean good = text[0] == '[' ? read_json(arena, text, rows, error) : read_commas(arena, text, rows, error);
  if (!good)
    return FALSE;
  MuPlacementRule *all = rule_with_children(arena, MU_RULE_AND, rows->len);
  for (guint i = 0; i < rows->len; i++) {
    all->children[i] = read_row(arena, &g_array_index(rows, Row, i), error);
    if (all->children[i] == NULL)
      return FALSE;
  }
  *ret_rule = rows->len == 0 ? NULL : rows->len == 1 ? all->children[0] : all;
  return TRUE;
}

gboolean mu_placement_mentions(const MuPlacementRule *rule, const char *field) {
  if (rule == NULL)
    return FALSE;
  if (rule->field != NULL && strcmp(rule->field, field) == 0)
    return TRUE;
  for (guint i = 0; i < rule->n_children; i++)
    if (mu_placement_mentions(rule->children[i], field))
      return TRUE;
  return FALSE;
}
