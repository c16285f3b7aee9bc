#include "cli_command.h"
#include "cli_help.h"
#include <string.h>

/* ---- values ------------------------------------------------------------------------------------------------------ */

typedef struct {
  const char *suffix;
  double factor;
} Unit;

static const Unit no_units[] = {{"", 1}, {NULL, 0}};
static const Unit second_units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60e3}, {"h", 3600e3}, {NULL, 0}};
static const Unit size_units[] = {{"", 1}, {"M", 1}, {"MB", 1}, {"G", 1024}, {"GB", 1024}, {"T", 1048576}, {NULL, 0}};
static const Unit cpu_units[] = {{"", 1000}, {NULL, 0}};

static const struct {
  const Unit *units; /* NULL: not a number */
  double least;      /* in the unit the value is read in */
  const char *form;
} kinds[] = {
    [MU_CLI_FLAG] = {NULL, 0, "no value"},
    [MU_CLI_TEXT] = {NULL, 0, "a text that is not empty"},
    [MU_CLI_COUNT] = {no_units, 1, "a whole number of 1 or more"},
    [MU_CLI_SECONDS] = {second_units, 0, "a number of seconds such as 90, 1.5 or 2m"},
    [MU_CLI_SIZE] = {size_units, 1, "a number of megabytes such as 4096, 512M or 4G"},
    [MU_CLI_CPUS] = {cpu_units, 1, "a number of processors such as 2 or 0.5"},
};

const char *mu_cli_kind_form(MuCliKind kind) {
  return kinds[kind].form;
}

static gboolean read_number(const char *text, const Unit *units, double *ret_value) {
  if (!g_ascii_isdigit(text[0]))
    return FALSE;
  gsize length = strspn(text, "0123456789.");
  g_autofree char *digits = g_strndup(text, length);
  char *end = NULL;
  double number = g_ascii_strtod(digits, &end);
  if (*end != '\0')
    return FALSE;
  for (; units->suffix != NULL; units++)
    if (g_ascii_strcasecmp(text + length, units->suffix) == 0) {
      *ret_value = number * units->factor;
      return TRUE;
    }
  return FALSE;
}

gboolean mu_cli_read_value(MuCliKind kind, const char *text, gint64 *ret_value) {
  if (kinds[kind].units == NULL)
    return text[0] != '\0';
  double value;
  if (!read_number(text, kinds[kind].units, &value) || value < kinds[kind].least || value > 1e15)
    return FALSE;
  if (kind == MU_CLI_COUNT && strchr(text, '.') != NULL)
    return FALSE;
  *ret_value = (gint64)value;
  return TRUE;
}

/* ---- finding names ----------------------------------------------------------------------------------------------- */

const MuCliCommand *mu_cli_command_find(const char *name) {
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  for (gsize i = 0; i < n; i++)
    if (g_str_equal(commands[i].name, name))
      return &commands[i];
  return NULL;
}

static const MuCliOption *find_in(const MuCliOption *const *options, const char *name, char letter) {
  for (; *options != NULL; options++)
    if (name != NULL ? g_str_equal((*options)->name, name) : (*options)->letter == letter)
      return *options;
  return NULL;
}

/* By name, or by letter when the name is NULL. */
static const MuCliOption *find_option(const MuCliCommand *command, const char *name, char letter) {
  const MuCliOption *own = command == NULL ? NULL : find_in(command->options, name, letter);
  return own != NULL ? own : find_in(mu_cli_common_options(), name, letter);
}

/* ---- parsing ----------------------------------------------------------------------------------------------------- */

typedef struct {
  MuCliCall *call;
  const char *const *next; /* what is left of argv */
  GString *words;          /* of the command's name so far */
  GPtrArray *args;
  gboolean only_args; /* after a `--` */
} Parser;

static gboolean add_value(MuCliCall *call, const MuCliOption *option, const char *text, GError **error) {
  gint64 value;
  if (option->kind != MU_CLI_FLAG && !mu_cli_read_value(option->kind, text, &value)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--%s %s: expected %s", option->name, *text == '\0' ? "''" : text,
                mu_cli_kind_form(option->kind));
    return FALSE;
  }
  GPtrArray *values = g_hash_table_lookup(call->options, option->name);
  if (values == NULL) {
    values = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(call->options, (char *)option->name, values);
  }
  g_ptr_array_add(values, g_strdup(text));
  return TRUE;
}

/* The value that stands in the next word. */
static gboolean take_value(Parser *parser, const MuCliOption *option, GError **error) {
  const char *value = *parser->next;
  if (value == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--%s needs a value: --%s %s", option->name, option->name,
                option->value);
    return FALSE;
  }
  parser->next++;
  return add_value(parser->call, option, value, error);
}

static gboolean take_long(Parser *parser, const char *word, GError **error) {
  const char *equals = strchr(word, '=');
  g_autofree char *name = equals == NULL ? g_strdup(word) : g_strndup(word, (gsize)(equals - word));
  const MuCliOption *option = find_option(parser->call->command, name, 0);
  if (option == NULL) {
    mu_cli_unknown_option(parser->call->command, name, error);
    return FALSE;
  }
  if (option->kind == MU_CLI_FLAG && equals != NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--%s takes no value", name);
    return FALSE;
  }
  if (option->kind == MU_CLI_FLAG)
    return add_value(parser->call, option, "", error);
  return equals != NULL ? add_value(parser->call, option, equals + 1, error) : take_value(parser, option, error);
}

/* `-f`, `-fVALUE`, `-f VALUE`, and flags together as in `-fh`. */
static gboolean take_short(Parser *parser, const char *letters, GError **error) {
  for (; *letters != '\0'; letters++) {
    const MuCliOption *option = find_option(parser->call->command, NULL, *letters);
    if (option == NULL) {
      char name[2] = {*letters, '\0'};
      mu_cli_unknown_option(parser->call->command, name, error);
      return FALSE;
    }
    if (option->kind != MU_CLI_FLAG)
      return letters[1] != '\0' ? add_value(parser->call, option, letters + 1, error)
                                : take_value(parser, option, error);
    if (!add_value(parser->call, option, "", error))
      return FALSE;
  }
  return TRUE;
}

/* TRUE when some command's name goes on after these words: "service" does. */
static gboolean is_group(const char *words) {
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  gsize length = strlen(words);
  for (gsize i = 0; i < n; i++)
    if (g_str_has_prefix(commands[i].name, words) && commands[i].name[length] == ' ')
      return TRUE;
  return FALSE;
}

static gboolean take_command_word(Parser *parser, const char *word, GError **error) {
  if (parser->words->len > 0)
    g_string_append_c(parser->words, ' ');
  g_string_append(parser->words, word);
  parser->call->command = mu_cli_command_find(parser->words->str);
  if (parser->call->command != NULL || is_group(parser->words->str))
    return TRUE;
  mu_cli_unknown_command(parser->words->str, error);
  return FALSE;
}

static gboolean take_word(Parser *parser, const char *word, GError **error) {
  if (!parser->only_args && g_str_equal(word, "--")) {
    parser->only_args = TRUE;
    return TRUE;
  }
  if (!parser->only_args && g_str_has_prefix(word, "--"))
    return take_long(parser, word + 2, error);
  if (!parser->only_args && word[0] == '-' && word[1] != '\0')
    return take_short(parser, word + 1, error);
  if (parser->call->command == NULL)
    return take_command_word(parser, word, error);
  g_ptr_array_add(parser->args, g_strdup(word));
  return TRUE;
}

static gboolean wants_help(const MuCliCall *call) {
  return mu_cli_has(call, "help") || mu_cli_has(call, "version");
}

/* How many arguments the command's `args` asks for. */
static void count_args(const char *args, guint *ret_least, guint *ret_most) {
  g_auto(GStrv) words = g_strsplit_set(args, " ", -1);
  *ret_least = *ret_most = 0;
  for (char **word = words; *word != NULL; word++) {
    if (**word == '\0')
      continue;
    if (g_str_has_suffix(*word, "..."))
      *ret_most = G_MAXUINT;
    else if (*ret_most != G_MAXUINT)
      (*ret_most)++;
    if (**word != '[')
      (*ret_least)++;
  }
}

static gboolean check_required(const MuCliCall *call, GError **error) {
  for (const MuCliOption *const *option = call->command->options; *option != NULL; option++)
    if (((*option)->flags & MU_CLI_REQUIRED) != 0 && !mu_cli_has(call, (*option)->name)) {
      g_autofree char *usage = mu_cli_usage(call->command);
      g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "`muster %s` needs --%s %s: %s", call->command->name,
                  (*option)->name, (*option)->value, usage);
      return FALSE;
    }
  return TRUE;
}

static gboolean check_args(const MuCliCall *call, GError **error) {
  guint least, most;
  count_args(call->command->args, &least, &most);
  if (call->n_args >= least && call->n_args <= most)
    return TRUE;
  g_autofree char *usage = mu_cli_usage(call->command);
  if (call->n_args < least)
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "`muster %s` needs more: %s", call->command->name, usage);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "'%s' is one argument too many: %s", call->args[most], usage);
  return FALSE;
}

static gboolean check_call(Parser *parser, GError **error) {
  MuCliCall *call = parser->call;
  call->n_args = parser->args->len;
  g_ptr_array_add(parser->args, NULL);
  call->args = (char **)g_ptr_array_steal(parser->args, NULL);
  call->words = g_strdup(parser->words->str);
  if (wants_help(call) || (call->command == NULL && parser->words->len == 0))
    return TRUE;
  if (call->command == NULL) {
    mu_cli_unknown_command(parser->words->str, error);
    return FALSE;
  }
  return check_args(call, error) && check_required(call, error);
}

MuCliCall *mu_cli_parse(const char *const *argv, GError **error) {
  g_autoptr(MuCliCall) call = g_new0(MuCliCall, 1);
  call->options = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  g_autoptr(GString) words = g_string_new(NULL);
  g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
  Parser parser = {.call = call, .next = argv, .words = words, .args = args};
  while (*parser.next != NULL) {
    const char *word = *parser.next++;
    if (!take_word(&parser, word, error))
      return NULL;
  }
  return check_call(&parser, error) ? g_steal_pointer(&call) : NULL;
}

void mu_cli_call_free(MuCliCall *call) {
  if (call == NULL)
    return;
  g_free(call->words);
  g_strfreev(call->args);
  g_hash_table_unref(call->options);
  g_free(call);
}

/* ---- reading a call ---------------------------------------------------------------------------------------------- */

gboolean mu_cli_has(const MuCliCall *call, const char *option) {
  g_assert(find_option(call->command, option, 0) != NULL);
  return g_hash_table_contains(call->options, option);
}

const char *mu_cli_text(const MuCliCall *call, const char *option) {
  GPtrArray *values = mu_cli_has(call, option) ? g_hash_table_lookup(call->options, option) : NULL;
  return values == NULL ? NULL : g_ptr_array_index(values, values->len - 1);
}

const char **mu_cli_texts(const MuCliCall *call, const char *option) {
  GPtrArray *values = mu_cli_has(call, option) ? g_hash_table_lookup(call->options, option) : NULL;
  guint n = values == NULL ? 0 : values->len;
  const char **texts = g_new0(const char *, n + 1);
  for (guint i = 0; i < n; i++)
    texts[i] = g_ptr_array_index(values, i);
  return texts;
}

gint64 mu_cli_number(const MuCliCall *call, const char *option, gint64 otherwise) {
  const char *text = mu_cli_text(call, option);
  gint64 value = otherwise;
  if (text != NULL)
    mu_cli_read_value(find_option(call->command, option, 0)->kind, text, &value);
  return value;
}

const char *mu_cli_arg(const MuCliCall *call, guint n) {
  return n < call->n_args ? call->args[n] : NULL;
}
