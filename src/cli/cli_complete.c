#include "cli_complete.h"

#include "spec_reference.h"
#include <string.h>

/* ---- splitting --------------------------------------------------------------------------------------------------- */

typedef struct {
  GPtrArray *words;
  GString *word;
  char quote; /* the one that is open, or 0 */
} Splitter;

static void end_word(Splitter *splitter) {
  g_ptr_array_add(splitter->words, g_strdup(splitter->word->str));
  g_string_truncate(splitter->word, 0);
}

/* One character; TRUE: the next one is taken as it is. */
static gboolean take(Splitter *splitter, char c, gboolean in_word) {
  if (c == '\\' && splitter->quote != '\'')
    return TRUE;
  if (splitter->quote != 0 ? c == splitter->quote : (c == '"' || c == '\'')) {
    splitter->quote = splitter->quote != 0 ? 0 : c;
    return FALSE;
  }
  if (splitter->quote != 0 || !g_ascii_isspace(c))
    g_string_append_c(splitter->word, c);
  else if (in_word)
    end_word(splitter);
  return FALSE;
}

char **mu_cli_complete_split(const char *line) {
  g_autoptr(GString) word = g_string_new(NULL);
  Splitter splitter = {g_ptr_array_new(), word, 0};
  gboolean escaped = FALSE;
  for (const char *c = line; *c != '\0'; c++) {
    gboolean in_word = c > line && (!g_ascii_isspace(c[-1]) || splitter.quote != 0);
    if (escaped)
      g_string_append_c(word, *c);
    escaped = !escaped && take(&splitter, *c, in_word);
  }
  end_word(&splitter);
  g_ptr_array_add(splitter.words, NULL);
  return (char **)g_ptr_array_free(splitter.words, FALSE);
}

/* ---- reading what is there --------------------------------------------------------------------------------------- */

typedef struct {
  GPtrArray *words;
  const char *last;
  const MuCliCommand *command; /* NULL: none is named yet */
  char *group;                 /* "service", when only that is */
  GPtrArray *given;            /* arguments before the last word */
  const MuCliOption *waiting;  /* the last word is its value */
  GHashTable *values;          /* option's name to its value, as given so far; borrowed */
  gboolean only_args;          /* `--` was there */
} Line;

static const MuCliOption *find_option(const MuCliOption *const *options, const char *word) {
  gboolean is_long = g_str_has_prefix(word, "--");
  for (; *options != NULL; options++)
    if (is_long ? g_str_equal((*options)->name, word + 2) : (word[1] == (*options)->letter && word[2] == '\0'))
      return *options;
  return NULL;
}

static const MuCliOption *option_of(const Line *line, const char *word) {
  const MuCliOption *option = line->command == NULL ? NULL : find_option(line->command->options, word);
  return option != NULL ? option : find_option(mu_cli_common_options(), word);
}

static gboolean is_group(const char *word) {
  gsize n, length = strlen(word);
  const MuCliCommand *commands = mu_cli_commands(&n);
  for (gsize i = 0; i < n; i++)
    if (strncmp(commands[i].name, word, length) == 0 && commands[i].name[length] == ' ')
      return TRUE;
  return FALSE;
}

static void take_argument(Line *line, const char *word) {
  if (line->command != NULL) {
    g_ptr_array_add(line->given, (gpointer)word);
    return;
  }
  g_autofree char *name = line->group == NULL ? g_strdup(word) : g_strconcat(line->group, " ", word, NULL);
  line->command = mu_cli_command_find(name);
  if (line->command == NULL && line->group == NULL && is_group(word))
    line->group = g_strdup(word);
}

static void take_word(Line *line, const char *word) {
  if (line->waiting != NULL) {
    g_hash_table_insert(line->values, (gpointer)line->waiting->name, (gpointer)word);
    line->waiting = NULL;
    return;
  }
  if (line->only_args || word[0] != '-' || word[1] == '\0') {
    take_argument(line, word);
    return;
  }
  line->only_args = g_str_equal(word, "--");
  const MuCliOption *option = option_of(line, word);
  if (option != NULL && option->value != NULL)
    line->waiting = option;
}

/* ---- proposing --------------------------------------------------------------------------------------------------- */

static void propose(const Line *line, const char *word) {
  if (g_str_has_prefix(word, line->last) && !g_ptr_array_find_with_equal_func(line->words, word, g_str_equal, NULL))
    g_ptr_array_add(line->words, g_strdup(word));
}

static void propose_options(const Line *line) {
  const MuCliOption *const *lists[] = {line->command == NULL ? NULL : line->command->options, mu_cli_common_options()};
  for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
    for (const MuCliOption *const *option = lists[i]; option != NULL && *option != NULL; option++) {
      g_autofree char *word = g_strconcat("--", (*option)->name, NULL);
      propose(line, word);
    }
}

static void propose_commands(const Line *line) {
  gsize n, skip = line->group == NULL ? 0 : strlen(line->group) + 1;
  const MuCliCommand *commands = mu_cli_commands(&n);
  for (gsize i = 0; i < n; i++) {
    const char *name = commands[i].name;
    if (line->group != NULL && (!g_str_has_prefix(name, line->group) || name[skip - 1] != ' '))
      continue;
    g_autofree char *word = g_strndup(name + skip, strcspn(name + skip, " "));
    propose(line, word);
  }
}

/* The words that a placeholder stands for, when they are always the same. */
static const struct {
  const char *kind;
  const char *words[6];
} FIXED[] = {
    {"FILE", {MU_CLI_FILES}},       {"FILE...", {MU_CLI_FILES}},        {"DIR", {MU_CLI_FOLDERS}},
    {"ENGINE", {"local", "mesos"}}, {"SHELL", {"bash", "zsh", "fish"}}, {"on|off", {"on", "off"}},
};

static gboolean propose_fixed(const Line *line, const char *kind) {
  for (guint i = 0; i < G_N_ELEMENTS(FIXED); i++) {
    if (!g_str_equal(FIXED[i].kind, kind))
      continue;
    for (guint j = 0; FIXED[i].words[j] != NULL; j++)
      if (FIXED[i].words[j][0] == ':')
        g_ptr_array_add(line->words, g_strdup(FIXED[i].words[j]));
      else
        propose(line, FIXED[i].words[j]);
    return TRUE;
  }
  return FALSE;
}

/* Fields of the ServiceSpec, from the table that all else of the language comes from. */
static gboolean propose_fields(const Line *line, const char *kind) {
  if (!g_str_equal(kind, "FIELD"))
    return FALSE;
  g_autoptr(GPtrArray) paths = mu_spec_field_paths();
  for (guint i = 0; i < paths->len; i++)
    propose(line, paths->pdata[i]);
  return TRUE;
}

static void propose_names(const Line *line, const char *kind, MuCliNames names, gpointer user) {
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
  if (propose_fixed(line, kind) || propose_fields(line, kind) || names == NULL)
    return;
  g_autoptr(GPtrArray) given = g_ptr_array_new();
  for (guint i = 0; i < line->given->len; i++)
    g_ptr_array_add(given, line->given->pdata[i]);
  if (g_str_equal(kind, "STEP") && g_hash_table_contains(line->values, "phase"))
    g_ptr_array_add(given, g_hash_table_lookup(line->values, "phase"));
  g_ptr_array_add(given, NULL);
  names(kind, (const char *const *)given->pdata, found, user);
  for (guint i = 0; i < found->len; i++)
    propose(line, found->pdata[i]);
}

/* "SERVICE [PLAN]" gives "PLAN" for 1: without its brackets; a last "X..." takes all further ones. The caller frees. */
static char *placeholder(const MuCliCommand *command, guint n) {
  g_auto(GStrv) tokens = g_strsplit(command->args, " ", -1);
  guint length = g_strv_length(tokens);
  if (length == 0)
    return NULL;
  gboolean more = g_str_has_suffix(tokens[length - 1], "...");
  if (n >= length && !more)
    return NULL;
  const char *token = tokens[MIN(n, length - 1)];
  return token[0] == '[' ? g_strndup(token + 1, strcspn(token + 1, "]")) : g_strdup(token);
}

/* `muster help service a`: the words of the commands that `service` is the group of. */
static void propose_topics(const Line *line) {
  Line topic = *line;
  topic.group = line->given->len == 0 ? NULL : line->given->pdata[0];
  if (line->given->len < 2)
    propose_commands(&topic);
}

static void propose_argument(const Line *line, MuCliNames names, gpointer user) {
  if (g_str_equal(line->command->name, "help")) {
    propose_topics(line);
    return;
  }
  if (g_str_equal(line->command->name, "service add")) /* the name of one that is not there yet */
    return;
  g_autofree char *kind = placeholder(line->command, line->given->len);
  if (kind != NULL)
    propose_names(line, kind, names, user);
}

GPtrArray *mu_cli_complete(const char *const *words, MuCliNames names, gpointer user) {
  g_autoptr(GPtrArray) given = g_ptr_array_new();
  g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
  Line line = {.words = g_ptr_array_new_with_free_func(g_free), .given = given, .values = values, .last = ""};
  guint n = g_strv_length((char **)words);
  for (guint i = 1; i + 1 < n; i++)
    take_word(&line, words[i]);
  if (n > 1)
    line.last = words[n - 1];
  if (line.waiting != NULL)
    propose_names(&line, line.waiting->value, names, user);
  else if (line.last[0] == '-' && !line.only_args)
    propose_options(&line);
  else if (line.command == NULL)
    propose_commands(&line);
  else
    propose_argument(&line, names, user);
  g_free(line.group);
  return line.words;
}
