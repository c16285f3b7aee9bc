/* Structs and their JSON: text and tree say the same, text that is written otherwise is read all the same, and what is wrong
 * is named. */
#include "json_form.h"
#include <muster/error.h>

#include <string.h>

typedef struct {
  char *text;
  gint64 number, rare;
  guint count, color;
  gboolean on, has_result, result;
  guint block;
} Thing;

static const char *color_word(guint color) {
  static const char *const WORDS[] = {"RED", "GREEN", "GREENISH"};
  return color < G_N_ELEMENTS(WORDS) ? WORDS[color] : NULL;
}

static gpointer thing_new(void) {
  return g_new0(Thing, 1);
}

static void thing_free(gpointer object) {
  Thing *thing = object;
  mu_json_block_free(thing, thing->block, thing->text);
  g_free(thing);
}

static gboolean thing_check(gconstpointer object, GError **error) {
  if (((const Thing *)object)->number != 13)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "13 is bad luck");
  return FALSE;
}

#define AT(member) G_STRUCT_OFFSET(Thing, member)
static const MuJsonWords COLORS = {color_word, "RED, GREEN or GREENISH"};
static const MuJsonMember MEMBERS[] = {
    {MU_JSON_KEY("text"), .kind = MU_JSON_TEXT, .offset = AT(text)},
    {MU_JSON_KEY("number"), .kind = MU_JSON_INT, .offset = AT(number), .required = TRUE},
    {MU_JSON_KEY("rare"), .kind = MU_JSON_INT, .offset = AT(rare), .not_zero = TRUE},
    {MU_JSON_KEY("count"), .kind = MU_JSON_COUNT, .offset = AT(count), .max = 9},
    {MU_JSON_KEY("color"), .kind = MU_JSON_WORD, .offset = AT(color), .words = &COLORS},
    {MU_JSON_KEY("on"), .kind = MU_JSON_BOOL, .offset = AT(on)},
    {MU_JSON_KEY("result"), .kind = MU_JSON_RESULT, .offset = AT(has_result)},
};
static const MuJsonBlockForm BLOCK = {.size = sizeof(Thing), .bytes = AT(block)};
static const MuJsonForm FORM = {"thing: ", MEMBERS, G_N_ELEMENTS(MEMBERS), thing_new, thing_free, thing_check, &BLOCK};

static const Thing THINGS[] = {
    {.number = 0},
    {.text = (char *)"", .number = -1, .rare = 5, .count = 9, .color = 2, .on = TRUE, .has_result = TRUE},
    {.text = (char *)"quote \" slash \\ / line \n tab \t bell \a del \x7f", .number = G_MAXINT64, .has_result = TRUE},
    {.text = (char *)"\xc3\xa4 is two bytes", .number = G_MININT64, .result = TRUE},
    {.text = (char *)"not UTF-8: \xff.", .number = G_GINT64_CONSTANT(999999999999999999)},
};

static void assert_same(const Thing *a, const Thing *b) {
  g_autofree char *valid = a->text == NULL ? NULL : g_utf8_make_valid(a->text, -1);
  g_assert_cmpstr(valid, ==, b->text);
  g_assert_cmpint(a->number, ==, b->number);
  g_assert_cmpint(a->rare, ==, b->rare);
  g_assert_cmpuint(a->count, ==, b->count);
  g_assert_cmpuint(a->color, ==, b->color);
  g_assert_cmpint(a->on, ==, b->on);
  g_assert_cmpint(a->has_result, ==, b->has_result);
  g_assert_cmpint(a->has_result && a->result, ==, b->has_result && b->result);
}

/* The text written is the one that jansson writes of the tree, and both read back the same. */
static void test_there_and_back(void) {
  for (guint i = 0; i < G_N_ELEMENTS(THINGS); i++) {
    g_autofree char *text = mu_json_form_encode(&FORM, &THINGS[i]);
    g_autoptr(json_t) tree = mu_json_form_to_tree(&FORM, &THINGS[i]);
    g_autofree char *of_tree = mu_json_to_string(tree);
    g_assert_cmpstr(text, ==, of_tree);
    Thing *back = mu_json_form_decode(&FORM, text, strlen(text), NULL);
    assert_same(&THINGS[i], back);
    thing_free(back);
    back = mu_json_form_from_tree(&FORM, tree, NULL);
    assert_same(&THINGS[i], back);
    thing_free(back);
  }
}

/* In one block where the text is as we write it, else as ever; the same in either case. */
static void test_block(void) {
  for (guint i = 0; i < G_N_ELEMENTS(THINGS); i++) {
    g_autofree char *text = mu_json_form_encode(&FORM, &THINGS[i]);
    Thing *thing = mu_json_form_decode_block(&FORM, text, strlen(text), NULL);
    assert_same(&THINGS[i], thing);
    gsize length = thing->text == NULL ? 0 : strlen(thing->text) + 1;
    g_assert_cmpuint(thing->block, ==, i < 2 ? sizeof *thing + length : 0); /* the others have escapes, or 19 digits */
    thing_free(thing);
  }
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_json_form_decode_block(&FORM, "{\"text\":\"a\",\"number\":13}", 24, &error));
  g_assert_cmpstr(error->message, ==, "thing: 13 is bad luck");
  g_clear_error(&error);
  g_assert_null(mu_json_form_decode_block(&FORM, "{\"text\":\"a\",\"number\":1}x", 24, &error));
  g_assert_nonnull(error);
}

/* A member of a block is replaced as any other. */
static void test_block_changed(void) {
  static const char TEXT[] = "{\"text\":\"before\",\"number\":1}";
  Thing *thing = mu_json_form_decode_block(&FORM, TEXT, strlen(TEXT), NULL);
  g_assert_cmpuint(thing->block, >, 0);
  mu_json_block_free(thing, thing->block, thing->text);
  g_assert_cmpstr(thing->text, ==, "before"); /* it goes with the block */
  thing->text = g_strdup("after");
  g_autofree char *text = mu_json_form_encode(&FORM, thing);
  g_assert_cmpstr(text, ==, "{\"text\":\"after\",\"number\":1,\"count\":0,\"color\":\"RED\",\"on\":false}");
  thing_free(thing);
}

static gboolean scans(const char *text) {
  MuJsonScan in = {text, text + strlen(text), NULL};
  gpointer thing = mu_json_form_scan(&in, &FORM);
  gboolean whole = thing != NULL && in.at == in.end;
  if (thing != NULL)
    thing_free(thing);
  return whole;
}

/* What we write takes the short way; what a person or a newer version wrote is understood, too. */
static void test_two_ways(void) {
  static const char *const OTHERWISE[] = {
      "{ \"number\": 1 }",
      "{\"count\":2,\"number\":1}",
      "{\"number\":1,\"new\":[1,{}]}",
      "{\"number\":1}\n",
      "{\"text\":\"a\\u0041\",\"number\":1}",
      "{\"text\":null,\"number\":1}",
      "{\"text\":\"\xc3\xa4\",\"number\":1}",
  };
  g_assert_true(scans("{\"number\":1,\"count\":0,\"color\":\"RED\",\"on\":false}"));
  g_assert_true(scans("{\"number\":1}"));
  for (guint i = 0; i < G_N_ELEMENTS(OTHERWISE); i++) {
    g_assert_false(scans(OTHERWISE[i]));
    g_autoptr(GError) error = NULL;
    Thing *thing = mu_json_form_decode(&FORM, OTHERWISE[i], strlen(OTHERWISE[i]), &error);
    g_assert_no_error(error);
    g_assert_cmpint(thing->number, ==, 1);
    thing_free(thing);
  }
}

static void test_refused(void) {
  static const struct {
    const char *text, *message;
  } BAD[] = {
      {"{}", "thing: \"number\" is missing; expected an integer"},
      {"{\"number\":\"1\"}", "thing: \"number\" is a string; expected an integer"},
      {"{\"number\":1.5}", "thing: \"number\" is a number with a fraction; expected an integer"},
      {"{\"number\":1,\"count\":10}", "thing: \"count\" is 10; expected 0 to 9"},
      {"{\"number\":1,\"count\":-1}", "thing: \"count\" is -1; expected 0 to 9"},
      {"{\"number\":1,\"color\":\"GREE\"}", "thing: \"color\" is \"GREE\"; expected RED, GREEN or GREENISH"},
      {"{\"number\":1,\"on\":1}", "thing: \"on\" is an integer; expected a boolean"},
      {"{\"number\":1,\"result\":\"x\"}", "thing: \"result\" is a string; expected a boolean"},
      {"{\"number\":13}", "thing: 13 is bad luck"},
      {"{\"number\":1,\"number\":2}", "JSON, line 1, column 20: duplicate object key near '\"number\"'"},
      {"{\"number\":01}", "JSON, line 1, column 11: invalid token near '0'"},
      {"{\"number\":-0}x", "JSON, line 1, column 14: end of file expected near 'x'"},
      {"{\"number\":1", "JSON, line 1, column 11: '}' expected near end of file"},
      {"[]", "thing: \"text\" is looked for in an array; expected an object"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(BAD); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_json_form_decode(&FORM, BAD[i].text, strlen(BAD[i].text), &error));
    g_assert_true(error->domain == MU_ERROR);
    g_assert_cmpstr(error->message, ==, BAD[i].message);
  }
}

/* The end of the text is its end: nothing behind it is looked at. */
static void test_cut(void) {
  g_autofree char *text = mu_json_form_encode(&FORM, &THINGS[1]);
  for (gsize length = 0; length < strlen(text); length++) {
    g_autofree char *part = g_memdup2(text, MAX(length, 1)); /* of exactly that length: the sanitizer watches its end */
    g_assert_null(mu_json_form_decode(&FORM, part, length, NULL));
  }
}

/* Whatever stands where in a text of any length, it is what jansson reads, and the same text when it is read again. */
static void test_odd_anywhere(void) {
  static const char *const ODD[] = {"\"", "\\", "\n", "\x1f", "\x7f", "\xc3\xa4", "!", "~"};
  for (guint length = 1; length <= 50; length++)
    for (guint at = 0; at < length * G_N_ELEMENTS(ODD); at++) {
      g_autofree char *head = g_strnfill(at % length, 'h'), *tail = g_strnfill(length - at % length - 1, 't');
      g_autofree char *text = g_strconcat(head, ODD[at / length], tail, NULL);
      MuJsonText out = {0};
      mu_json_text_raw(&out, "[", 1);
      mu_json_text_string(&out, text);
      mu_json_text_raw(&out, "]", 1);
      g_autofree char *written = mu_json_text_take(&out);
      g_autoptr(json_t) tree = mu_json_parse(written, strlen(written), G_MAXSIZE, NULL);
      g_assert_cmpstr(json_string_value(json_array_get(tree, 0)), ==, text);
      MuJsonScan in = {written + 1, written + strlen(written)};
      g_autofree char *read = NULL;
      gboolean as_it_is = (guchar)*ODD[at / length] < 0x80 && strpbrk(ODD[at / length], "\"\\\n\x1f") == NULL;
      g_assert_true(mu_json_scan_text(&in, &read) == as_it_is);
      g_assert_cmpstr(read, ==, as_it_is ? text : NULL);
    }
}

static void test_int(void) {
  static const gint64 VALUES[] = {0, 7, -7, 10, 99, 100, G_MAXINT64, G_MININT64};
  for (guint i = 0; i < G_N_ELEMENTS(VALUES); i++) {
    char digits[MU_JSON_INT_MAX + 1] = "";
    g_autofree char *expected = g_strdup_printf("%" G_GINT64_FORMAT, VALUES[i]);
    g_assert_cmpuint(mu_json_int(digits, VALUES[i]), ==, strlen(expected));
    g_assert_cmpstr(digits, ==, expected);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/json_form/there-and-back", test_there_and_back);
  g_test_add_func("/json_form/block", test_block);
  g_test_add_func("/json_form/block-changed", test_block_changed);
  g_test_add_func("/json_form/two-ways", test_two_ways);
  g_test_add_func("/json_form/refused", test_refused);
  g_test_add_func("/json_form/cut", test_cut);
  g_test_add_func("/json_form/odd-anywhere", test_odd_anywhere);
  g_test_add_func("/json_form/int", test_int);
  return g_test_run();
}
