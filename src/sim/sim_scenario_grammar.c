/* Words of a line, and which row of the table they are: every row is tried, and the one that got furthest says what was
 * expected there. */
#include "sim_scenario_private.h"

#include "resource.h"
#include "spec_read.h"
#include "status.h"

#include <string.h>

/* ---- words ----------------------------------------------------------------------------------------------------------- */

static void word_clear(gpointer data) {
  g_free(((MuScenarioWord *)data)->text);
}

/* The part in quotes that begins at `*at`; moves behind it. */
static gboolean take_quoted(const char **at, GString *text) {
  const char *c = *at + 1;
  for (; *c != '\0' && *c != '"'; c++) {
    if (*c == '\\' && (c[1] == '"' || c[1] == '\\'))
      c++;
    g_string_append_c(text, *c);
  }
  *at = *c == '"' ? c + 1 : c;
  return *c == '"';
}

gboolean mu_scenario_split(const char *line, GArray **ret_words) {
  g_autoptr(GArray) words = g_array_new(FALSE, FALSE, sizeof(MuScenarioWord));
  g_array_set_clear_func(words, word_clear);
  for (const char *c = line + strspn(line, " \t"); *c != '\0' && *c != '#'; c += strspn(c, " \t")) {
    g_autoptr(GString) text = g_string_new(NULL);
    MuScenarioWord word = {0};
    while (*c != '\0' && *c != ' ' && *c != '\t') {
      if (*c != '"') {
        g_string_append_c(text, *c++);
        continue;
      }
      word.quoted = TRUE;
      if (!take_quoted(&c, text))
        return FALSE;
    }
    word.text = g_strdup(text->str);
    g_array_append_val(words, word);
  }
  *ret_words = g_steal_pointer(&words);
  return TRUE;
}

/* ---- values ---------------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *suffix;
  gint64 factor; /* of thousandths */
} Unit;

/* A decimal number with a unit, in thousandths of the factor's unit. */
static gboolean read_amount(const char *text, const Unit *units, gint64 *ret_number) {
  gint64 milli = 0;
  gsize length = strspn(text, "0123456789.");
  g_autofree char *digits = g_strndup(text, length);
  if (length == 0 || length > 12 || !mu_spec_parse_decimal(digits, 3, &milli))
    return FALSE;
  for (; units->suffix != NULL; units++)
    if (strcmp(text + length, units->suffix) == 0) {
      *ret_number = milli * units->factor / 1000;
      return TRUE;
    }
  return FALSE;
}

static gboolean read_status(const char *text) {
  for (guint i = 0; i < MU_STATUS_COUNT; i++)
    if (g_ascii_strcasecmp(text, mu_status_to_string((MuStatus)i)) == 0)
      return TRUE;
  return FALSE;
}

static gboolean read_strategy(const char *text, gint64 *ret_number) {
  MuStrategyKind kind = MU_STRATEGY_SERIAL;
  gboolean known = mu_strategy_parse(text, &kind);
  *ret_number = kind;
  return known;
}

static gboolean read_seed(const char *text, gint64 *ret_number) {
  guint64 seed = 0;
  gboolean good = g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &seed, NULL);
  *ret_number = (gint64)seed;
  return good;
}

static gboolean read_value(MuValueKind kind, const char *text, gint64 *ret_number) {
  static const Unit times[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0}};
  static const Unit sizes[] = {{"MB", 1}, {"GB", 1024}, {"TB", 1048576}, {NULL, 0}};
  static const Unit counts[] = {{"", 1}, {NULL, 0}};
  static const Unit cpus[] = {{"", 1000}, {NULL, 0}};
  g_autoptr(GArray) ranges = NULL;
  switch (kind) {
  case MU_VALUE_TIME: return read_amount(text, times, ret_number);
  case MU_VALUE_SIZE: return read_amount(text, sizes, ret_number);
  case MU_VALUE_CPUS: return read_amount(text, cpus, ret_number);
  case MU_VALUE_COUNT: return strchr(text, '.') == NULL && read_amount(text, counts, ret_number);
  case MU_VALUE_CODE: return strchr(text, '.') == NULL && read_amount(text, counts, ret_number) && *ret_number < 256;
  case MU_VALUE_SEED: return read_seed(text, ret_number);
  case MU_VALUE_RANGES: ranges = mu_ranges_parse(text, NULL); return ranges != NULL;
  case MU_VALUE_PAIR: return text[0] != '=' && strchr(text, '=') != NULL;
  case MU_VALUE_PATH: return strchr(text, '/') != NULL && text[strlen(text) - 1] != '/';
  case MU_VALUE_STRATEGY: return read_strategy(text, ret_number);
  case MU_VALUE_STATUS: return read_status(text);
  case MU_VALUE_BLOCK: return g_str_has_prefix(text, "<<") && text[2] != '\0';
  case MU_VALUE_TEXT: return text[0] != '\0';
  }
  return FALSE;
}

static const MuScenarioValue *find_value(const char *name) {
  for (guint i = 0; i < mu_scenario_n_values; i++)
    if (strcmp(mu_scenario_values[i].name, name) == 0)
      return &mu_scenario_values[i];
  g_error("sim_scenario_table.c: %s is not in the table of values", name);
}

/* ---- matching -------------------------------------------------------------------------------------------------------- */

typedef struct {
  const GArray *words;
  guint at;            /* word */
  const char **tokens; /* of the grammar, NULL-terminated; borrowed from the row's split */
  GArray *args;
  guint furthest;      /* word at which the rows tried so far broke off */
  GPtrArray *expected; /* of char*: what could stand there */
} Matcher;

static void expect(Matcher *m, const char *what) {
  if (m->at < m->furthest)
    return;
  if (m->at > m->furthest)
    g_ptr_array_set_size(m->expected, 0);
  m->furthest = m->at;
  if (!g_ptr_array_find_with_equal_func(m->expected, what, g_str_equal, NULL))
    g_ptr_array_add(m->expected, g_strdup(what));
}

void mu_scenario_arg_clear(gpointer data) {
  g_free(((MuScenarioArg *)data)->text);
}

static void keep(Matcher *m, const char *name, const char *text, gint64 number) {
  MuScenarioArg arg = {name, g_strdup(text), number};
  g_array_append_val(m->args, arg);
}

static gboolean match_value(Matcher *m, const char *token) {
  const MuScenarioValue *value = find_value(token);
  const MuScenarioWord *word = m->at < m->words->len ? &g_array_index(m->words, MuScenarioWord, m->at) : NULL;
  gint64 number = 0;
  if (word == NULL || !read_value(value->kind, word->text, &number)) {
    g_autofree char *what = g_strdup_printf("%s (%s)", value->name, value->form);
    expect(m, what);
    return FALSE;
  }
  keep(m, value->name, word->text, number);
  m->at++;
  return TRUE;
}

/* A literal, or one of several; the one that was used is kept under the grammar's word. */
static gboolean match_literal(Matcher *m, const char *token) {
  const MuScenarioWord *word = m->at < m->words->len ? &g_array_index(m->words, MuScenarioWord, m->at) : NULL;
  g_auto(GStrv) choices = g_strsplit(token, "|", -1);
  for (guint i = 0; choices[i] != NULL; i++) {
    if (word != NULL && !word->quoted && strcmp(word->text, choices[i]) == 0) {
      keep(m, g_intern_string(token), word->text, i);
      m->at++;
      return TRUE;
    }
  }
  for (guint i = 0; choices[i] != NULL; i++)
    expect(m, choices[i]);
  return FALSE;
}

/* Index behind the group that begins at token i: "[a", "B]..." */
static guint group_end(Matcher *m, guint i) {
  while (strchr(m->tokens[i], ']') == NULL)
    i++;
  return i + 1;
}

static gboolean match_bare(Matcher *m, const char *token) {
  gsize length = strcspn(token, "]");
  g_autofree char *bare = token[0] == '[' ? g_strndup(token + 1, length - 1) : g_strndup(token, length);
  return g_ascii_isupper(bare[0]) || bare[0] == '<' ? match_value(m, bare) : match_literal(m, bare);
}

static gboolean match_group(Matcher *m, guint from, guint to) {
  guint at = m->at, args = m->args->len;
  for (guint i = from; i < to; i++) {
    if (match_bare(m, m->tokens[i]))
      continue;
    m->at = at;
    g_array_set_size(m->args, args);
    return FALSE;
  }
  return TRUE;
}

/* The options from token `from` on, in any order; returns the token behind them. */
static guint match_options(Matcher *m, guint from) {
  guint64 used = 0;
  gboolean progress = TRUE;
  guint end = from;
  while (progress) {
    guint n = 0;
    progress = FALSE;
    for (end = from; m->tokens[end] != NULL && m->tokens[end][0] == '['; n++) {
      guint begin = end;
      end = group_end(m, begin);
      if (progress || (used & (G_GUINT64_CONSTANT(1) << n)) != 0 || !match_group(m, begin, end))
        continue;
      progress = TRUE;
      if (!g_str_has_suffix(m->tokens[end - 1], "]..."))
        used |= G_GUINT64_CONSTANT(1) << n;
    }
  }
  return end;
}

static gboolean match_row(Matcher *m, const MuScenarioCommand *command) {
  g_auto(GStrv) tokens = g_strsplit(command->grammar, " ", -1);
  m->tokens = (const char **)tokens;
  m->at = 0;
  g_array_set_size(m->args, 0);
  for (guint i = 0; tokens[i] != NULL;) {
    if (tokens[i][0] == '[')
      i = match_options(m, i);
    else if (match_bare(m, tokens[i]))
      i++;
    else
      return FALSE;
  }
  if (m->at == m->words->len)
    return TRUE;
  expect(m, "the end of the line");
  return FALSE;
}

/* ---- what is wrong --------------------------------------------------------------------------------------------------- */

static void append_expected(const Matcher *m, GString *fault) {
  for (guint i = 0; i < m->expected->len; i++)
    g_string_append_printf(fault, "%s%s",
                           i == 0                      ? ""
                           : i + 1 == m->expected->len ? " or "
                                                       : ", ",
                           (const char *)m->expected->pdata[i]);
}

static void describe(const Matcher *m, GString *fault) {
  const char *word = m->furthest < m->words->len ? g_array_index(m->words, MuScenarioWord, m->furthest).text : NULL;
  g_autoptr(GPtrArray) near = g_ptr_array_new();
  for (guint i = 0; i < m->expected->len; i++)
    if (strchr(m->expected->pdata[i], ' ') == NULL)
      g_ptr_array_add(near, m->expected->pdata[i]);
  g_ptr_array_add(near, NULL);
  const char *nearest = word == NULL ? NULL : mu_spec_nearest(word, (const char *const *)near->pdata);
  if (word == NULL)
    g_string_append(fault, "the line ends too early");
  else if (m->furthest == 0)
    g_string_append_printf(fault, "no command begins with \"%s\"", word);
  else
    g_string_append_printf(fault, "\"%s\" does not fit here", word);
  if (nearest != NULL)
    g_string_append_printf(fault, "; did you mean \"%s\"?", nearest);
  g_string_append(fault, "; expected ");
  append_expected(m, fault);
}

gboolean mu_scenario_match(const GArray *words, MuScenarioLine *line, GString *fault) {
  Matcher m = {.words = words, .expected = g_ptr_array_new_with_free_func(g_free)};
  gboolean found = FALSE;
  m.args = line->args;
  for (guint i = 0; i < mu_scenario_n_commands && !found; i++) {
    found = match_row(&m, &mu_scenario_commands[i]);
    if (found)
      line->command = &mu_scenario_commands[i];
  }
  if (!found)
    describe(&m, fault);
  g_ptr_array_unref(m.expected);
  return found;
}

/* ---- a line's values ------------------------------------------------------------------------------------------------- */

static const MuScenarioArg *find_arg(const MuScenarioLine *line, const char *name) {
  for (guint i = 0; i < line->args->len; i++) {
    const MuScenarioArg *arg = &g_array_index(line->args, MuScenarioArg, i);
    if (strcmp(arg->name, name) == 0)
      return arg;
  }
  return NULL;
}

gboolean mu_line_has(const MuScenarioLine *line, const char *name) {
  return find_arg(line, name) != NULL;
}

const char *mu_line_text(const MuScenarioLine *line, const char *name) {
  const MuScenarioArg *arg = find_arg(line, name);
  return arg == NULL ? NULL : arg->text;
}

gint64 mu_line_number(const MuScenarioLine *line, const char *name, gint64 otherwise) {
  const MuScenarioArg *arg = find_arg(line, name);
  return arg == NULL ? otherwise : arg->number;
}

gint64 mu_line_time_after(const MuScenarioLine *line, const char *word, gint64 otherwise) {
  gboolean behind = FALSE;
  for (guint i = 0; i < line->args->len; i++) {
    const MuScenarioArg *arg = &g_array_index(line->args, MuScenarioArg, i);
    if (behind && strcmp(arg->name, "T") == 0)
      return arg->number;
    behind |= strcmp(arg->name, word) == 0;
  }
  return otherwise;
}

const char **mu_line_texts(const MuScenarioLine *line, const char *name) {
  GPtrArray *texts = g_ptr_array_new();
  for (guint i = 0; i < line->args->len; i++) {
    const MuScenarioArg *arg = &g_array_index(line->args, MuScenarioArg, i);
    if (strcmp(arg->name, name) == 0)
      g_ptr_array_add(texts, arg->text);
  }
  g_ptr_array_add(texts, NULL);
  return (const char **)g_ptr_array_free(texts, FALSE);
}
