#include "spec_placement.h"

#include <muster/error.h>

static const char *const kinds[] = {"any",  "and",    "or",      "not", "unique",   "cluster", "group-by",
                                    "like", "unlike", "max-per", "is",  "colocate", "avoid"};

/* A rule in one line: "and(unique hostname; is rack r1)", "max-per rack #2". */
static void append(GString *text, const MuPlacementRule *rule) {
  g_string_append(text, kinds[rule->kind]);
  if (rule->n_children > 0) {
    for (guint i = 0; i < rule->n_children; i++) {
      g_string_append(text, i == 0 ? "(" : "; ");
      append(text, rule->children[i]);
    }
    g_string_append_c(text, ')');
    return;
  }
  g_string_append_printf(text, " %s", rule->field);
  if (rule->value != NULL)
    g_string_append_printf(text, " %s", rule->value);
  if (rule->count != 0)
    g_string_append_printf(text, " #%d", rule->count);
}

static char *describe(const char *text, GError **error) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuPlacementRule *rule = NULL;
  if (!mu_placement_parse(arena, text, &rule, error))
    return NULL;
  if (rule == NULL)
    return g_strdup("none");
  GString *result = g_string_new(NULL);
  append(result, rule);
  return g_string_free(result, FALSE);
}

static void test_rules(void) {
  static const struct {
    const char *text, *rule;
  } cases[] = {
      {"[]", "none"},
      {"[[\"hostname\", \"UNIQUE\"]]", "unique hostname"},
      {" [[\"@hostname\", \"unique\"]] ", "unique hostname"},
      {"[\"rack\", \"CLUSTER\", \"r1\"]", "cluster rack r1"},
      {"[[\"rack\", \"CLUSTER\"]]", "cluster rack"},
      {"[[\"@zone\", \"GROUP_BY\", \"3\"], [\"rack\", \"MAX_PER\", 2]]", "and(group-by @zone #3; max-per rack #2)"},
      {"[[\"@zone\", \"GROUP_BY\"]]", "group-by @zone"},
      {"[[\"hostname\", \"UNIQUE\", \"ignored\"]]", "unique hostname"},
      {"[[\"a\", \"IS_NOT\", \"b\"]]", "not(is a b)"},
      {"hostname:UNIQUE", "unique hostname"},
      {"hostname:UNIQUE,rack:CLUSTER:r1", "and(unique hostname; cluster rack r1)"},
      {" rack : LIKE : rack-[1-3] , os:UNLIKE:win.* ", "and(like rack rack-[1-3]; unlike os win.*)"},
      {"rack:LIKE:a{1\\,2}\\:b\\d", "like rack a{1,2}:b\\d"},
      {"rack:IS:a\\", "is rack a\\"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *rule = describe(cases[i].text, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(rule, ==, cases[i].rule);
  }
}

static void test_errors(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"hostname", "a constraint has 1 parts; expected field, operator and perhaps a parameter"},
      {"a:IS:b:c", "a constraint has 4 parts; expected field, operator and perhaps a parameter"},
      {"a:IS:b,", "a constraint has 1 parts; expected field, operator and perhaps a parameter"},
      {":UNIQUE", "a constraint has no field; expected hostname, @region, @zone or an attribute's name"},
      {"a:NEAR:b",
       "unknown operator \"NEAR\"; expected one of UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, MAX_PER, IS, IS_NOT"},
      {"a:IS", "IS needs a parameter, as [\"a\", \"IS\", \"…\"]"},
      {"a:MAX_PER:two", "MAX_PER: expected a whole number of at least 1 as its parameter, found \"two\""},
      {"a:GROUP_BY:0", "GROUP_BY: expected a whole number of at least 1 as its parameter, found \"0\""},
      {"a:LIKE:(", "LIKE: \"(\" is not a regular expression: missing terminating )"},
      {"[[\"a\", \"IS\", null]]", "expected a text or a number as part 3 of a constraint"},
      {"[[\"a\", \"UNIQUE\"], \"b\"]", "expected a list of lists, as [[\"hostname\", \"UNIQUE\"]]"},
      {"[[]]", "a constraint has 0 parts; expected field, operator and perhaps a parameter"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(describe(cases[i].text, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
}

static void test_limit(void) {
  g_autoptr(GString) text = g_string_new("a:UNIQUE");
  for (guint i = 0; i < MU_PLACEMENT_MAX_RULES; i++)
    g_string_append(text, ",a:UNIQUE");
  g_autoptr(GError) error = NULL;
  g_assert_null(describe(text->str, &error));
  g_assert_cmpstr(error->message, ==, "too many constraints; the limit is 256");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec-placement/rules", test_rules);
  g_test_add_func("/spec-placement/errors", test_errors);
  g_test_add_func("/spec-placement/limit", test_limit);
  return g_test_run();
}
