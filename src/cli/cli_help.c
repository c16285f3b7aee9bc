#include "cli_help.h"
#include "cli_commands.h"
#include "cli_output.h"
#include "mu_config.h"
#include <string.h>

#define HELP_WIDTH 100

/* ---- the nearest name -------------------------------------------------------------------------------------------- */

/* Levenshtein's distance with neighbours swapped counted as one; both texts are short. */
static guint distance(const char *a, const char *b) {
  gsize n = strlen(a), m = strlen(b), width = m + 1;
  g_autofree guint *table = g_new0(guint, (n + 1) * width);
#define AT(i, j) table[(i)*width + (j)]
  for (gsize i = 0; i <= n; i++)
    AT(i, 0) = (guint)i;
  for (gsize j = 0; j <= m; j++)
    AT(0, j) = (guint)j;
  for (gsize i = 1; i <= n; i++)
    for (gsize j = 1; j <= m; j++) {
      guint best = AT(i - 1, j - 1) + (a[i - 1] != b[j - 1]);
      best = MIN(best, MIN(AT(i - 1, j), AT(i, j - 1)) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = MIN(best, AT(i - 2, j - 2) + 1);
      AT(i, j) = best;
    }
  return AT(n, m);
#undef AT
}

const char *mu_cli_nearest(const char *word, const char *const *names) {
  gsize length = strlen(word);
  if (length == 0 || length > 64)
    return NULL;
  const char *nearest = NULL;
  guint least = length < 4 ? 2 : 3; /* a distance of this or more is not near */
  for (; *names != NULL; names++) {
    guint d = length > 2 && g_str_has_prefix(*names, word) ? 1 : distance(word, *names);
    if (d < least && d < length) {
      least = d;
      nearest = *names;
    }
  }
  return nearest;
}

/* ---- usage errors ------------------------------------------------------------------------------------------------ */

static void add_option_names(GPtrArray *names, const MuCliOption *const *options) {
  for (; *options != NULL; options++)
    g_ptr_array_add(names, (char *)(*options)->name);
}

void mu_cli_unknown_option(const MuCliCommand *command, const char *name, GError **error) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  if (command != NULL)
    add_option_names(names, command->options);
  add_option_names(names, mu_cli_common_options());
  g_ptr_array_add(names, NULL);
  const char *dashes = name[0] != '\0' && name[1] == '\0' ? "-" : "--";
  const char *nearest = mu_cli_nearest(name, (const char *const *)names->pdata);
  g_autofree char *hint = nearest == NULL ? NULL : g_strdup_printf("did you mean --%s? ", nearest);
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "unknown option %s%s%s%s%s; %s`muster help%s%s` lists the options",
              dashes, name, command == NULL ? " before a command" : " of `muster ",
              command == NULL ? "" : command->name, command == NULL ? "" : "`", hint == NULL ? "" : hint,
              command == NULL ? "" : " ", command == NULL ? "" : command->name);
}

static char *commands_of_group(const char *group) {
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  g_autoptr(GString) list = g_string_new(NULL);
  gsize length = strlen(group);
  for (gsize i = 0; i < n; i++)
    if (g_str_has_prefix(commands[i].name, group) && commands[i].name[length] == ' ')
      g_string_append_printf(list, "%s%s", list->len == 0 ? "" : ", ", commands[i].name + length + 1);
  return list->len == 0 ? NULL : g_string_free(g_steal_pointer(&list), FALSE);
}

void mu_cli_unknown_command(const char *words, GError **error) {
  g_autofree char *group = commands_of_group(words);
  if (group != NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "`muster %s` goes on with one of: %s", words, group);
    return;
  }
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  for (gsize i = 0; i < n; i++)
    g_ptr_array_add(names, (char *)commands[i].name);
  g_ptr_array_add(names, NULL);
  const char *nearest = mu_cli_nearest(words, (const char *const *)names->pdata);
  g_autofree char *hint = nearest == NULL ? NULL : g_strdup_printf("did you mean `muster %s`? ", nearest);
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "unknown command `muster %s`; %s`muster help` lists the commands", words,
              hint == NULL ? "" : hint);
}

/* ---- help -------------------------------------------------------------------------------------------------------- */

char *mu_cli_usage(const MuCliCommand *command) {
  GString *out = g_string_new("muster ");
  g_string_append(out, command->name);
  if (*command->args != '\0')
    g_string_append_printf(out, " %s", command->args);
  gboolean others = FALSE;
  for (const MuCliOption *const *option = command->options; *option != NULL; option++) {
    gboolean required = ((*option)->flags & MU_CLI_REQUIRED) != 0;
    others = others || !required;
    if (required)
      g_string_append_printf(out, " -%c %s", (*option)->letter, (*option)->value);
  }
  return g_string_free(g_string_append(out, others ? " [options]" : ""), FALSE);
}

static char *option_form(const MuCliOption *option) {
  g_autofree char *letter = option->letter == 0 ? g_strdup("    ") : g_strdup_printf("-%c, ", option->letter);
  return g_strdup_printf("%s--%s%s%s", letter, option->name, option->value == NULL ? "" : " ",
                         option->value == NULL ? "" : option->value);
}

static void append_options(GString *out, const char *title, const MuCliOption *const *options) {
  if (*options == NULL)
    return;
  g_string_append_printf(out, "\n%s\n", title);
  for (; *options != NULL; options++) {
    g_autofree char *form = option_form(*options);
    g_string_append_printf(out, "  %-27s ", form);
    mu_cli_append_wrapped(out, (*options)->help, 30, HELP_WIDTH);
  }
}

static char *command_help(const MuCliCommand *command) {
  g_autofree char *usage = mu_cli_usage(command);
  GString *out = g_string_new(NULL);
  g_string_append_printf(out, "%s\n\nusage: %s\n", command->summary, usage);
  if (command->details != NULL) {
    g_string_append_c(out, '\n');
    mu_cli_append_wrapped(out, command->details, 0, HELP_WIDTH);
  }
  append_options(out, "Options", command->options);
  append_options(out, "Options of every command, before or after its name", mu_cli_common_options());
  if (command->example != NULL)
    g_string_append_printf(out, "\nExample\n  %s\n", command->example);
  return g_string_free(out, FALSE);
}

static char *program_help(void) {
  GString *out = g_string_new("muster runs many services, described in YAML, from one scheduler.\n\n"
                              "usage: muster COMMAND [arguments] [options]\n\n");
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  for (gsize i = 0; i < n; i++) {
    g_autofree char *form = g_strdup_printf("%s %s", commands[i].name, commands[i].args);
    g_string_append_printf(out, "  %-34s ", form);
    mu_cli_append_wrapped(out, commands[i].summary, 37, HELP_WIDTH);
  }
  append_options(out, "Options of every command, before or after its name", mu_cli_common_options());
  g_string_append(out, "\n`muster help COMMAND` tells more; so do `muster help exit-codes` and `muster help "
                       "environment`.\n");
  return g_string_free(out, FALSE);
}

/* ---- topics ------------------------------------------------------------------------------------------------------ */

static const struct {
  const char *name, *meaning;
} environment[] = {
    {"MUSTER_STATE", "as --state, when that is not given"},
    {"MUSTER_URL", "as --url, when neither --url nor --state is given"},
    {"MUSTER_TOKEN", "the token for a URL, when --token-file is not given"},
    {"NO_COLOR", "when not empty: no colours"},
    {"XDG_STATE_HOME", "where the default state folder of an ordinary user is (default ~/.local/state)"},
};

/* Calls `row` for every exit code in rising order with the words of the errors that have it. */
static void each_exit_code(void (*row)(int code, const char *word, const char *meaning, GString *out), GString *out) {
  gsize n;
  const MuErrorInfo *infos = mu_error_table(&n);
  row(0, "ok", "done", out);
  for (int code = 1; code < 128; code++)
    for (gsize i = 0; i < n; i++)
      if (infos[i].exit_code == code)
        row(code, infos[i].word, infos[i].meaning, out);
  row(130, "forced", "`muster run` was ended by a second Ctrl-C", out);
}

static void text_exit_code(int code, const char *word, const char *meaning, GString *out) {
  g_string_append_printf(out, "  %3d  %-14s ", code, word);
  mu_cli_append_wrapped(out, meaning, 22, HELP_WIDTH);
}

static char *exit_codes_help(void) {
  GString *out = g_string_new("Exit codes, and the words for them in JSON errors\n\n");
  each_exit_code(text_exit_code, out);
  return g_string_free(out, FALSE);
}

static char *environment_help(void) {
  GString *out = g_string_new("Environment\n\n");
  for (gsize i = 0; i < G_N_ELEMENTS(environment); i++) {
    g_string_append_printf(out, "  %-16s ", environment[i].name);
    mu_cli_append_wrapped(out, environment[i].meaning, 19, HELP_WIDTH);
  }
  return g_string_free(out, FALSE);
}

/* ---- docs/cli.md ------------------------------------------------------------------------------------------------- */

static void markdown_exit_code(int code, const char *word, const char *meaning, GString *out) {
  g_string_append_printf(out, "| %d | %s | %s |\n", code, word, meaning);
}

static void markdown_options(GString *out, const MuCliOption *const *options) {
  if (*options == NULL)
    return;
  g_string_append(out, "\n| option | meaning |\n|---|---|\n");
  for (; *options != NULL; options++) {
    g_autofree char *form = option_form(*options);
    g_string_append_printf(out, "| `%s` | %s%s |\n", g_strstrip(form), (*options)->help,
                           ((*options)->flags & MU_CLI_MANY) != 0 ? "; may be given several times" : "");
  }
}

static void markdown_command(GString *out, const MuCliCommand *command) {
  g_autofree char *usage = mu_cli_usage(command);
  g_string_append_printf(out, "\n### muster %s\n\n%s\n\n    %s\n", command->name, command->summary, usage);
  if (command->details != NULL) {
    g_string_append_c(out, '\n');
    mu_cli_append_wrapped(out, command->details, 0, 120);
  }
  markdown_options(out, command->options);
  if (command->example != NULL)
    g_string_append_printf(out, "\nExample: `%s`\n", command->example);
}

char *mu_cli_help_markdown(void) {
  GString *out = g_string_new("## Options of every command\n\nThey may stand before or after the command's name.\n");
  markdown_options(out, mu_cli_common_options());
  g_string_append(out, "\n## Environment\n\n| variable | meaning |\n|---|---|\n");
  for (gsize i = 0; i < G_N_ELEMENTS(environment); i++)
    g_string_append_printf(out, "| `%s` | %s |\n", environment[i].name, environment[i].meaning);
  g_string_append(out, "\n## Exit codes\n\n| code | word in JSON | meaning |\n|---|---|---|\n");
  each_exit_code(markdown_exit_code, out);
  g_string_append(out, "\n## Commands\n");
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  for (gsize i = 0; i < n; i++)
    markdown_command(out, &commands[i]);
  return g_string_free(out, FALSE);
}

/* ---- the commands ------------------------------------------------------------------------------------------------ */

/* The help of a group: that of its commands in short. */
static char *group_help(const char *group) {
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  g_autofree char *prefix = g_strconcat(group, " ", NULL);
  g_autoptr(GString) out = g_string_new(NULL);
  for (gsize i = 0; i < n; i++) {
    if (!g_str_has_prefix(commands[i].name, prefix))
      continue;
    g_autofree char *usage = mu_cli_usage(&commands[i]);
    g_string_append_printf(out, "  %-50s ", usage);
    mu_cli_append_wrapped(out, commands[i].summary, 53, HELP_WIDTH);
  }
  return out->len == 0 ? NULL : g_string_free(g_steal_pointer(&out), FALSE);
}

char *mu_cli_help_text(const char *topic, GError **error) {
  if (*topic == '\0')
    return program_help();
  if (g_str_equal(topic, "exit-codes"))
    return exit_codes_help();
  if (g_str_equal(topic, "environment"))
    return environment_help();
  const MuCliCommand *command = mu_cli_command_find(topic);
  if (command != NULL)
    return command_help(command);
  char *group = group_help(topic);
  if (group == NULL)
    mu_cli_unknown_command(topic, error);
  return group;
}

gboolean mu_cli_help(MuCliCall *call, GError **error) {
  g_autofree char *topic = g_strjoinv(" ", call->args);
  g_autofree char *text = mu_cli_has(call, "markdown") ? mu_cli_help_markdown() : mu_cli_help_text(topic, error);
  if (text == NULL)
    return FALSE;
  mu_cli_print(text);
  return TRUE;
}

gboolean mu_cli_version(MuCliCall *call, GError **error) {
  (void)error;
  if (mu_cli_has(call, "json"))
    mu_cli_print("{\"version\":\"" MU_VERSION "\"}\n");
  else
    mu_cli_print("muster " MU_VERSION "\n");
  return TRUE;
}
