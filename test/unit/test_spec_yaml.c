/* Simple YAML gives the same tree, read by us or by libfyaml; what is read as simple is never anything else. */
#include "ids.h"
#include "spec_yaml.h"
#include "spec_yaml_simple.h"

#include <string.h>

static const char SPEC[] =
    "# a service\n"
    "name: hello\n"
    "pods:\n"
    "  hello:\n"
    "    count: 2   # two of them\n"
    "    placement: '[[\"hostname\", \"UNIQUE\"]]'\n"
    "    empty:\n"
    "    uris:\n"
    "    - http://one/a#b\n"
    "    - \"two: # 2\"\n"
    "\n"
    "    tasks:\n"
    "      server: {goal: RUNNING, cmd: sleep 1000, cpus: 0.1, ports: [1, -2, {}], env: {a: [], b: ''}}\n"
    "      # not this\n"
    "      other:\n"
    "        cmd: ./run --all {x} [y], -z\n"
    "        nine: no\n"
    "plans:\n"
    "  deploy:\n"
    "    phases:\n"
    "      - name: first\n"
    "        steps:\n"
    "          - default: [[a, b], [c]]\n"
    "          -   node: ~\n"
    "              more: null\n"
    "      - second\n"
    "last: \"\"\n";

static void assert_same(const MuNode *a, const MuNode *b, const char *text) {
  if (a->kind != b->kind || a->offset != b->offset || strcmp(a->text, b->text) != 0 || a->n != b->n ||
      a->weight != b->weight || (a->key == NULL) != (b->key == NULL))
    g_error("kind %d or %d, offset %zu or %zu, text \"%s\" or \"%s\", n %u or %u, weight %u or %u in\n%s", (int)a->kind,
            (int)b->kind, a->offset, b->offset, a->text, b->text, a->n, b->n, a->weight, b->weight, text);
  for (guint i = 0; i < a->n; i++) {
    if (a->kind == MU_NODE_MAP)
      assert_same(a->keys[i], b->keys[i], text);
    assert_same(a->items[i], b->items[i], text);
  }
}

/* TRUE: it is simple, and the same either way. */
static gboolean compare(const char *text) {
  gsize length = strlen(text);
  g_autoptr(MuArena) arena = mu_arena_new();
  const MuNode *simple = mu_yaml_read_simple(arena, text, length);
  if (simple == NULL)
    return FALSE;
  MuFaults faults;
  mu_faults_init(&faults, "svc.yml", text, length, NULL);
  const MuNode *any = mu_yaml_read_any(arena, text, length, &faults);
  g_autoptr(GError) error = NULL;
  if (!mu_faults_check(&faults, &error))
    g_error("%s, in\n%s", error->message, text);
  g_assert_nonnull(any);
  assert_same(simple, any, text);
  mu_faults_clear(&faults);
  return TRUE;
}

static void test_same(void) {
  g_autofree char *text = g_strdup(SPEC);
  g_assert_true(compare(text));
  memcpy(strstr(text, "nine: no"), "null", 4);
  g_assert_false(compare(text)); /* a key that is no text */
}

static void test_not_simple(void) {
  static const char *const TEXTS[] = {
      "",
      "# nothing\n",
      "- a\n",
      "--- \na: b\n",
      "a: b\n---\n",
      "a: b\n...\n",
      "%YAML 1.2\n",
      "a: b\n  c\n",
      "a: b: c\n",
      "a: b:\n",
      "a: |\n  b\n",
      "a: >\n  b\n",
      "a: &x b\n",
      "a: *x\n",
      "a: !b c\n",
      "? a\n",
      "<<: {a: b}\n",
      "a:\tb\n",
      "a: b\r\n",
      "a: \xc3\xa4\n",
      "a: \"b\\n\"\n",
      "a: 'b''c'\n",
      "a: \"b\n  c\"\n",
      "a: \"b\" c\n",
      "a: \"b\": c\n",
      "a: \"b\"#c\n",
      "a: {b: c\n",
      "a: {b: c,}\n",
      "a: {b}\n",
      "a: {b:}\n",
      "a: {b:c}\n",
      "a: {b: }\n",
      "a: {b: c}: d\n",
      "a: {b: c} d\n",
      "a: {b: c}#d\n",
      "a: {b: c: d}\n",
      "a: {b: c #d}\n",
      "a: [b: c]\n",
      "a: [b,, c]\n",
      "a: [b, c\n",
      "a: [\n  b]\n",
      "a: @b\n",
      "a: `b`\n",
      "a: - b\n",
      "a: , b\n",
      "a:\n  b\n",
      "a:\n- - b\n",
      "a:\n-\n  b\n",
      "a:\n- b\n c\n",
      "a:\n  b: c\n d: e\n",
      "a:\n    b: c\n  d: e\n",
      "a: b\na: c\n",
      "a: b\n c: d\n",
      "a\n",
      "~: a\n",
      "a b: c\n",
      "\"a\": b\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++)
    if (compare(TEXTS[i]))
      g_error("this was read as simple:\n%s", TEXTS[i]);
}

static void test_simple(void) {
  static const char *const TEXTS[] = {
      "a: b",
      "a:",
      "a: # b\n",
      "  a: b\n  c: d\n",
      "\n\n# x\na: b # c\n#d\n",
      "a:\n- b\n- c\nd: e\n",
      "a:\n  - b: c\n    d:\n    - e\n  - f\n",
      "a: b#c\n",
      "a: http://b:80/c?d=e&f\n",
      "a: -1\nb: +1\nc: .5\nd: ~\ne: ~x\nf: <g\nh: $i\nj: (k)\nl: ^m\nn: =o\np: \\q\nr: ;s\n",
      "a: b, c ] } [ {\n",
      "a: b \"c\" 'd'\n",
      "a: b - c ? d ! e & f * g | h > i % j @ k ` l\n",
      "a: [b c, d#e, f:g, -h, \"i, j\", 'k: l', {m: n, o: []}]   \n",
      "a: {b: http://c/d, e: 'f'} # g\n",
      "a: ''\nb: \"\"\n",
      "a:   b   \n",
  };
  for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++)
    if (!compare(TEXTS[i]))
      g_error("this was not read as simple:\n%s", TEXTS[i]);
}

/* Deep, wide, and large. */
static void test_limits(void) {
  g_autoptr(GString) deep = g_string_new("a: "), wide = g_string_new(NULL);
  for (guint i = 0; i < MU_SPEC_MAX_NESTING; i++)
    g_string_append_c(deep, '[');
  for (guint i = 0; i < MU_SPEC_MAX_NESTING; i++)
    g_string_append_c(deep, ']');
  g_assert_false(compare(deep->str)); /* the map is one more */
  g_string_erase(deep, 3, 1);
  g_string_truncate(deep, deep->len - 1);
  g_assert_true(compare(deep->str));
  for (guint i = 0; i < 1000; i++)
    g_string_append_printf(wide, "key-%u: %u\n", i, i);
  g_assert_true(compare(wide->str));
  g_string_append(wide, "key-7: 8\n");
  g_assert_false(compare(wide->str));
}

/* Whatever becomes of a text by small changes. */
static void test_changed(void) {
  static const char BYTES[] = " \n:-#{}[],\"'a|&*!?~.\\<0";
  MuRandom random;
  guint simple = 0;
  mu_random_seed(&random, 7);
  for (guint run = 0; run < 30000; run++) {
    g_autoptr(GString) text = g_string_new(SPEC);
    if (run % 4 == 0)
      g_string_erase(text, 0, (gssize)mu_random_below(&random, text->len / 2));
    for (guint64 n = 1 + mu_random_below(&random, 4); n > 0; n--) {
      gsize at = (gsize)mu_random_below(&random, text->len - 2);
      if (mu_random_below(&random, 2) == 0)
        g_string_erase(text, (gssize)at, (gssize)(1 + mu_random_below(&random, 2)));
      else
        g_string_insert_c(text, (gssize)at, BYTES[mu_random_below(&random, sizeof BYTES - 1)]);
    }
    simple += compare(text->str);
  }
  g_assert_cmpuint(simple, >, 1000);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec_yaml/same", test_same);
  g_test_add_func("/spec_yaml/not-simple", test_not_simple);
  g_test_add_func("/spec_yaml/simple", test_simple);
  g_test_add_func("/spec_yaml/limits", test_limits);
  g_test_add_func("/spec_yaml/changed", test_changed);
  return g_test_run();
}
