#include "cli_command.h"

static MuCliCall *parse(const char *line, GError **error) {
  g_auto(GStrv) words = *line == '\0' ? g_new0(char *, 1) : g_strsplit(line, " ", -1);
  return mu_cli_parse((const char *const *)words, error);
}

static MuCliCall *must_parse(const char *line) {
  g_autoptr(GError) error = NULL;
  MuCliCall *call = parse(line, &error);
  g_assert_no_error(error);
  return call;
}

/* What was understood, as one text: command; arguments; options with their values. */
static char *describe(const MuCliCall *call) {
  g_autoptr(GString) out = g_string_new(call->command == NULL ? "-" : call->command->name);
  for (guint i = 0; i < call->n_args; i++)
    g_string_append_printf(out, " <%s>", call->args[i]);
  g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(call->options), (GCompareFunc)g_strcmp0);
  for (GList *key = keys; key != NULL; key = key->next) {
    g_autofree const char **values = mu_cli_texts(call, key->data);
    g_autofree char *joined = g_strjoinv(",", (char **)values);
    g_string_append_printf(out, " %s=%s", (const char *)key->data, joined);
  }
  return g_string_free(g_steal_pointer(&out), FALSE);
}

static void test_understood(void) {
  static const struct {
    const char *line, *expected;
  } rows[] = {
      {"", "-"},
      {"--help", "- help="},
      {"service --help", "- help="},
      {"service list", "service list"},
      {"--state d service list", "service list state=d"},
      {"service --state d list", "service list state=d"},
      {"service list --state d", "service list state=d"},
      {"service list --state=d", "service list state=d"},
      {"--json --url http://h:1 service list", "service list json= url=http://h:1"},
      {"--state a service list --state b", "service list state=a,b"},
      {"service add x -f s.yml -p A=1 -pB=2 --param C=3 --wait --timeout 2m",
       "service add <x> file=s.yml param=A=1,B=2,C=3 timeout=2m wait="},
      {"service add -f - x", "service add <x> file=-"},
      {"service add -fs.yml -- -x", "service add <-x> file=s.yml"},
      {"logs s t -f", "logs <s> <t> follow="},
      {"logs s t -fn5", "logs <s> <t> follow= tail=5"},
      {"plan show s", "plan show <s>"},
      {"plan show s deploy -f", "plan show <s> <deploy> follow="},
      {"help", "help"},
      {"help service add", "help <service> <add>"},
      {"serve --agents 2 --mem 4G --cpus 1.5 --attribute a=b --attribute 1:c=d",
       "serve agents=2 attribute=a=b,1:c=d cpus=1.5 mem=4G"},
      {"service add --help", "service add help="}, /* help asks for nothing else */
      {"uninstall -y", "uninstall yes="},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(MuCliCall) call = must_parse(rows[i].line);
    g_autofree char *text = describe(call);
    g_assert_cmpstr(text, ==, rows[i].expected);
  }
}

static void test_refused(void) {
  static const struct {
    const char *line, *part; /* of the message */
  } rows[] = {
      {"serv", "did you mean `muster serve`?"},
      {"frobnicate", "unknown command `muster frobnicate`; `muster help` lists the commands"},
      {"service", "`muster service` goes on with one of: add, update, list, show"},
      {"service ad", "did you mean `muster service add`?"},
      {"service lsit", "did you mean `muster service list`?"},
      {"service add", "`muster service add` needs more: muster service add NAME -f FILE [options]"},
      {"service add x", "needs --file FILE"},
      {"service add x y -f z", "'y' is one argument too many"},
      {"service list x", "'x' is one argument too many"},
      {"service list --stat d", "did you mean --state?"},
      {"service add x --wiat", "did you mean --wait?"},
      {"service add x -z", "unknown option -z of `muster service add`"},
      {"--wait service add x", "unknown option --wait before a command"},
      {"service add x -f", "--file needs a value"},
      {"service add x -f s -p", "--param needs a value: --param KEY=VALUE"},
      {"service add x --wait=yes", "--wait takes no value"},
      {"service add x --file=", "--file '': expected a text that is not empty"},
      {"service add x -f s --wait --timeout soon",
       "--timeout soon: expected a number of seconds such as 90, 1.5 or 2m"},
      {"service add x -f s --wait --timeout -5", "expected a number of seconds"},
      {"serve --agents 0", "expected a whole number of 1 or more"},
      {"serve --agents 1.5", "expected a whole number"},
      {"serve --agents many", "expected a whole number"},
      {"serve --mem 4Q", "expected a number of megabytes"},
      {"serve --mem 0", "expected a number of megabytes"},
      {"serve --cpus x", "expected a number of processors"},
      {"serve --cpus 1..5", "expected a number of processors"},
      {"logs s", "`muster logs` needs more: muster logs SERVICE TASK [options]"},
      {"logs s t -n 0", "expected a whole number"},
      {"pod restart s", "needs more"},
      {"validate", "needs more"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(MuCliCall) call = parse(rows[i].line, &error);
    g_assert_null(call);
    g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
    g_assert_cmpint(mu_error_info(error)->exit_code, ==, 2);
    if (strstr(error->message, rows[i].part) == NULL)
      g_error("`%s`: \"%s\" lacks \"%s\"", rows[i].line, error->message, rows[i].part);
  }
}

static void test_values(void) {
  static const struct {
    MuCliKind kind;
    const char *text;
    gint64 value; /* -1: refused */
  } rows[] = {
      {MU_CLI_COUNT, "7", 7},       {MU_CLI_COUNT, "0", -1},        {MU_CLI_COUNT, "", -1},
      {MU_CLI_COUNT, "1e3", -1},    {MU_CLI_SECONDS, "2", 2000},    {MU_CLI_SECONDS, "0.25", 250},
      {MU_CLI_SECONDS, "3s", 3000}, {MU_CLI_SECONDS, "2m", 120000}, {MU_CLI_SECONDS, "1h", 3600000},
      {MU_CLI_SECONDS, "15ms", 15}, {MU_CLI_SECONDS, "1d", -1},     {MU_CLI_SIZE, "4096", 4096},
      {MU_CLI_SIZE, "512M", 512},   {MU_CLI_SIZE, "4G", 4096},      {MU_CLI_SIZE, "1.5g", 1536},
      {MU_CLI_SIZE, "1T", 1048576}, {MU_CLI_SIZE, "4GB", 4096},     {MU_CLI_SIZE, "-1", -1},
      {MU_CLI_SIZE, "inf", -1},     {MU_CLI_SIZE, "nan", -1},       {MU_CLI_SIZE, "99999999999999999999", -1},
      {MU_CLI_CPUS, "2", 2000},     {MU_CLI_CPUS, "0.1", 100},      {MU_CLI_CPUS, "0", -1},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    gint64 value = -1;
    gboolean ok = mu_cli_read_value(rows[i].kind, rows[i].text, &value);
    g_assert_cmpint(ok, ==, rows[i].value != -1);
    g_assert_cmpint(value, ==, rows[i].value);
  }
}

static void test_read(void) {
  g_autoptr(MuCliCall) call = must_parse("service remove x --timeout 1 --timeout 1.5s --wait");
  g_assert_cmpint(mu_cli_number(call, "timeout", 0), ==, 1500);
  g_assert_cmpstr(mu_cli_text(call, "timeout"), ==, "1.5s");
  g_assert_true(mu_cli_has(call, "wait"));
  g_assert_false(mu_cli_has(call, "force"));
  g_assert_cmpstr(mu_cli_arg(call, 0), ==, "x");
  g_assert_null(mu_cli_arg(call, 1));
  g_assert_null(mu_cli_text(call, "state"));
}

/* The table itself: no name or letter stands for two things, and what is required has a letter. */
static void test_table(void) {
  gsize n;
  const MuCliCommand *commands = mu_cli_commands(&n);
  for (gsize i = 0; i < n; i++) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint8 letters[256] = {0};
    const MuCliOption *const *lists[] = {commands[i].options, mu_cli_common_options()};
    for (guint j = 0; j < 2; j++)
      for (const MuCliOption *const *option = lists[j]; *option != NULL; option++) {
        g_assert_true(g_hash_table_add(seen, (char *)(*option)->name));
        g_assert_true((*option)->letter == 0 || letters[(guint8)(*option)->letter]++ == 0);
        g_assert_true(((*option)->kind == MU_CLI_FLAG) == ((*option)->value == NULL));
        g_assert_true(((*option)->flags & MU_CLI_REQUIRED) == 0 || (*option)->letter != 0);
      }
    g_assert_nonnull(commands[i].run);
    g_assert_true(mu_cli_command_find(commands[i].name) == &commands[i]);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/command/understood", test_understood);
  g_test_add_func("/cli/command/refused", test_refused);
  g_test_add_func("/cli/command/values", test_values);
  g_test_add_func("/cli/command/read", test_read);
  g_test_add_func("/cli/command/table", test_table);
  return g_test_run();
}
