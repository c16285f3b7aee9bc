#include "boot_options.h"

#include <muster/error.h>
#include <string.h>

#define DEFAULT_TIMEOUT_MS (5 * 60 * 1000)
#define DEFAULT_MAX_BYTES (1024 * 1024)

typedef enum { BOOL, TEXT, DURATION, BYTES } Kind;

static const struct {
  const char *name;
  Kind kind;
  gsize offset;
  const char *help;
} options[] = {
    {"verbose", BOOL, G_STRUCT_OFFSET(MuBootOptions, verbose), "say more while waiting"},
    {"print-env", BOOL, G_STRUCT_OFFSET(MuBootOptions, print_env),
     "print the environment first (default false: a secret may be in it under any name)"},
    {"insecure", BOOL, G_STRUCT_OFFSET(MuBootOptions, insecure),
     "print the values of credentials, passwords, secrets and tokens, too"},
    {"resolve", BOOL, G_STRUCT_OFFSET(MuBootOptions, resolve), "wait until names have addresses (default true)"},
    {"self-resolve", BOOL, G_STRUCT_OFFSET(MuBootOptions, self_resolve),
     "wait until the task's own name has its address, and no other (default true)"},
    {"resolve-hosts", TEXT, G_STRUCT_OFFSET(MuBootOptions, resolve_hosts),
     "the names, with commas (default <TASK_NAME>.<FRAMEWORK_HOST>)"},
    {"resolve-timeout", DURATION, G_STRUCT_OFFSET(MuBootOptions, resolve_timeout_ms),
     "how long all of them are waited for, 0: for ever (default 5m)"},
    {"template", BOOL, G_STRUCT_OFFSET(MuBootOptions, template),
     "render the files that variables CONFIG_TEMPLATE_… name as `from,to` (default true)"},
    {"template-max-bytes", BYTES, G_STRUCT_OFFSET(MuBootOptions, template_max_bytes),
     "the largest of them, 0: any (default 1048576)"},
    {"install-certs", BOOL, G_STRUCT_OFFSET(MuBootOptions, install_certs),
     "bring .ssl/ca-bundle.crt into the keystore of $JAVA_HOME (default true)"},
    {"get-task-ip", BOOL, G_STRUCT_OFFSET(MuBootOptions, get_task_ip), "print the task's address, and do no more"},
    {"help", BOOL, G_STRUCT_OFFSET(MuBootOptions, help), "this"},
    {"h", BOOL, G_STRUCT_OFFSET(MuBootOptions, help), "this"},
};

/* ---- values ------------------------------------------------------------------------------------------------------------ */

static gboolean parse_bool(const char *text, gboolean *ret) {
  static const char *const WORDS[][2] = {{"false", "true"}, {"False", "True"}, {"FALSE", "TRUE"},
                                         {"f", "t"},        {"F", "T"},        {"0", "1"}};
  for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++)
    for (gsize value = 0; value < 2; value++)
      if (strcmp(text, WORDS[i][value]) == 0) {
        *ret = (gboolean)value;
        return TRUE;
      }
  return FALSE;
}

gboolean mu_boot_parse_duration(const char *text, gint64 *ret_ms) {
  static const struct {
    const char *unit; /* the longer one of two that begin alike first */
    double ms;
  } UNITS[] = {{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"h", 3600e3}, {"m", 60e3}, {"s", 1e3}};
  double sum = 0;
  if (strcmp(text, "0") == 0) {
    *ret_ms = 0;
    return TRUE;
  }
  if (*text == '\0')
    return FALSE;
  while (*text != '\0') {
    char *end = NULL;
    gsize unit = 0;
    double number = g_ascii_isdigit(*text) || *text == '.' ? g_ascii_strtod(text, &end) : 0;
    if (end == NULL || end == text || number > 1e9)
      return FALSE;
    while (unit < G_N_ELEMENTS(UNITS) && !g_str_has_prefix(end, UNITS[unit].unit))
      unit++;
    if (unit == G_N_ELEMENTS(UNITS))
      return FALSE;
    sum += number * UNITS[unit].ms;
    text = end + strlen(UNITS[unit].unit);
  }
  *ret_ms = sum > 0 && sum < 1 ? 1 : (gint64)MIN(sum, 1e15);
  return TRUE;
}

static gboolean set_value(gsize i, const char *value, MuBootOptions *ret) {
  gpointer field = G_STRUCT_MEMBER_P(ret, options[i].offset);
  switch (options[i].kind) {
  case BOOL: return parse_bool(value, field);
  case DURATION: return mu_boot_parse_duration(value, field);
  case BYTES: return g_ascii_string_to_signed(value, 10, 0, G_MAXINT64, field, NULL);
  case TEXT:
    g_free(*(char **)field);
    *(char **)field = g_strdup(value);
    return TRUE;
  }
  return FALSE;
}

/* ---- the command line -------------------------------------------------------------------------------------------------- */

static gboolean find(const char *name, gsize length, gsize *ret) {
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0) {
      *ret = i;
      return TRUE;
    }
  return FALSE;
}

/* The words that were taken; 0 with an error. */
static int take(char **words, MuBootOptions *ret, GError **error) {
  const char *name = words[0] + (words[0][1] == '-' ? 2 : 1), *equals = strchr(name, '=');
  gsize i = 0;
  if (!find(name, equals != NULL ? (gsize)(equals - name) : strlen(name), &i)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "%s is not an option of bootstrap", words[0]);
    return 0;
  }
  const char *value = equals != NULL ? equals + 1 : options[i].kind == BOOL ? "true" : words[1];
  if (value != NULL && set_value(i, value, ret))
    return equals == NULL && options[i].kind != BOOL ? 2 : 1;
  static const char *const WANTED[] = {"true or false", "a text", "a time such as 5m or 90s", "a number of bytes"};
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "-%s: %s was expected", options[i].name, WANTED[options[i].kind]);
  return 0;
}

gboolean mu_boot_options_parse(int argc, char **argv, MuBootOptions *ret_options, GError **error) {
  g_auto(MuBootOptions) parsed = {.resolve = TRUE,
                                  .self_resolve = TRUE,
                                  .resolve_timeout_ms = DEFAULT_TIMEOUT_MS,
                                  .template = TRUE,
                                  .template_max_bytes = DEFAULT_MAX_BYTES,
                                  .install_certs = TRUE};
  for (int i = 1, taken = 0; i < argc; i += taken) {
    if (argv[i][0] != '-' || argv[i][1] == '\0' || strcmp(argv[i], "--") == 0)
      break;
    taken = take(argv + i, &parsed, error);
    if (taken == 0)
      return FALSE;
  }
  *ret_options = parsed;
  parsed = (MuBootOptions){0};
  return TRUE;
}

void mu_boot_options_clear(MuBootOptions *options_to_clear) {
  g_clear_pointer(&options_to_clear->resolve_hosts, g_free);
}

char *mu_boot_options_help(void) {
  GString *text = g_string_new("usage: bootstrap [OPTION]...\n");
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    g_string_append_printf(text, "  -%-20s %s\n", options[i].name, options[i].help);
  return g_string_free(text, FALSE);
}
