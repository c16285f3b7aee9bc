#include "ids.h"

#include <muster/error.h>
#include <string.h>

/* ---- random -------------------------------------------------------------------------------------------------------- */

/* The state {1, 2, 3, 4} and its outputs: the reference implementation of xoshiro256**, as in rand_xoshiro's tests. */
static void test_reference(void) {
  static const guint64 expected[] = {11520u, 0u, 1509978240u, 1215971899390074240u, 1216172134540287360u};
  MuRandom random = {{1, 2, 3, 4}};
  for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpuint(mu_random_next(&random), ==, expected[i]);
}

/* Seeds go through splitmix64, whose first output for 0 is published as 0xe220a8397b1dcdaf. */
static void test_seed(void) {
  MuRandom a, b, c;
  mu_random_seed(&a, 0);
  mu_random_seed(&b, 0);
  mu_random_seed(&c, 1);
  g_assert_cmphex(a.s[0], ==, 0xe220a8397b1dcdaf);
  guint64 first = mu_random_next(&a);
  g_assert_cmpuint(first, ==, mu_random_next(&b));
  g_assert_cmpuint(first, !=, mu_random_next(&c));
}

static void test_below(void) {
  MuRandom random;
  mu_random_seed(&random, 7);
  guint counts[5] = {0};
  for (int i = 0; i < 50000; i++)
    counts[mu_random_below(&random, 5)]++;
  for (guint i = 0; i < 5; i++)
    g_assert_true(counts[i] > 9500 && counts[i] < 10500);
  g_assert_cmpuint(mu_random_below(&random, 1), ==, 0);
  for (int i = 0; i < 1000; i++) {
    double unit = mu_random_unit(&random);
    g_assert_true(unit >= 0 && unit < 1);
  }
}

/* ---- uuids --------------------------------------------------------------------------------------------------------- */

static void test_uuid(void) {
  MuRandom random;
  mu_random_seed(&random, 3);
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (int i = 0; i < 1000; i++) {
    MuUuid uuid = mu_uuid_new(&random);
    g_assert_true(mu_uuid_is_valid(uuid.text));
    g_assert_cmpint(uuid.text[14], ==, '4');
    g_assert_nonnull(strchr("89ab", uuid.text[19]));
    g_assert_true(g_hash_table_add(seen, g_strdup(uuid.text)));
  }
}

/* The SHA-1 of "deploy" is 3d4bf4..., here in the uuid's form; it must never change: it is in stores and clients. */
static void test_uuid_from_name(void) {
  g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA1, "deploy", -1);
  MuUuid uuid = mu_uuid_from_name("deploy");
  g_assert_cmpint(strncmp(uuid.text, sum, 8), ==, 0);
  g_assert_cmpint(uuid.text[14], ==, '5');
  g_assert_true(mu_uuid_is_valid(uuid.text));
  MuUuid other = mu_uuid_from_name("deploy2");
  g_assert_cmpstr(uuid.text, !=, other.text);
}

static void test_uuid_valid(void) {
  static const struct {
    const char *text;
    gboolean valid;
  } cases[] = {
      {"b53f1c4e-7a47-4a87-9d52-94d2c1b5bd2e", TRUE},
      {"B53F1C4E-7A47-4A87-9D52-94D2C1B5BD2E", TRUE},
      {"b53f1c4e-7a47-4a87-9d52-94d2c1b5bd2", FALSE},
      {"b53f1c4e-7a47-4a87-9d52-94d2c1b5bd2ef", FALSE},
      {"b53f1c4e07a47-4a87-9d52-94d2c1b5bd2e", FALSE},
      {"g53f1c4e-7a47-4a87-9d52-94d2c1b5bd2e", FALSE},
      {"", FALSE},
      {NULL, FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpint(mu_uuid_is_valid(cases[i].text), ==, cases[i].valid);
}

/* ---- task ids ------------------------------------------------------------------------------------------------------ */

#define UUID "b53f1c4e-7a47-4a87-9d52-94d2c1b5bd2e"

static void test_task_id(void) {
  static const struct {
    const char *service, *task, *id, *sanitized;
  } cases[] = {
      {"redis", "primary-0-server", "redis__primary-0-server__" UUID, "redis"},
      {"/group/redis", "a-0-b", "group.redis__a-0-b__" UUID, "group.redis"},
      {"a/b/c", "x-10-y_", "a.b.c__x-10-y___" UUID, "a.b.c"},
  };
  MuUuid uuid;
  g_strlcpy(uuid.text, UUID, sizeof uuid.text);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *id = mu_task_id_new(cases[i].service, cases[i].task, &uuid);
    g_assert_cmpstr(id, ==, cases[i].id);
    g_autofree char *service = NULL, *task = NULL, *parsed_uuid = NULL;
    g_assert_true(mu_task_id_parse(id, &service, &task, &parsed_uuid));
    g_assert_cmpstr(service, ==, cases[i].sanitized);
    g_assert_cmpstr(task, ==, cases[i].task);
    g_assert_cmpstr(parsed_uuid, ==, UUID);
    g_assert_true(mu_task_id_parse(id, NULL, NULL, NULL));
    MuTaskIdParts parts;
    g_assert_true(mu_task_id_split(id, &parts));
    g_assert_cmpuint(parts.service_length, ==, strlen(service));
    g_assert_cmpuint(parts.name, ==, strlen(service) + 2);
    g_assert_cmpuint(parts.name_length, ==, strlen(task));
  }
}

static void test_task_id_refused(void) {
  static const char *const bad[] = {
      "",
      "redis",
      "redis__",
      "redis__task",
      "__task__" UUID,
      "redis____" UUID,
      "redis__" UUID,
      "redis__a__b__" UUID,
      "redis__task__" UUID "0",
      "redis__task_" UUID,
      "redis__task___" UUID "__" UUID,
      "redis__task__b53f1c4e-7a47-4a87-9d52-94d2c1b5bd2g",
      NULL,
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    char *untouched = (char *)"untouched";
    g_assert_false(mu_task_id_parse(bad[i], &untouched, NULL, NULL));
    g_assert_cmpstr(untouched, ==, "untouched");
  }
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

static char *repeat(char c, gsize n) {
  char *text = g_malloc(n + 1);
  memset(text, c, n);
  text[n] = '\0';
  return text;
}

static void check(gboolean good, const char *expected, const GError *error) {
  g_assert_cmpint(good, ==, expected == NULL);
  if (expected == NULL)
    return;
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, expected));
}

static void test_service_names(void) {
  g_autofree char *longest = repeat('a', 200), *too_long = repeat('a', 201), *huge = repeat('a', 100000);
  const struct {
    const char *name, *expected; /* NULL: good */
  } cases[] = {
      {"redis", NULL},
      {"/redis", NULL},
      {"/a/b-c/d.e_f", NULL},
      {"a", NULL},
      {"0", NULL},
      {longest, NULL},
      {"", "1 to 200 bytes"},
      {too_long, "1 to 200 bytes"},
      {huge, "1 to 200 bytes"},
      {"a__b", "\"__\""},
      {"a//b", "\"//\""},
      {"//a", "begin and end"},
      {"/", "begin and end"},
      {"-a", "begin and end"},
      {"a-", "begin and end"},
      {"a/", "begin and end"},
      {".a", "begin and end"},
      {"a/./b", "'.' or '..'"},
      {"a/../b", "'.' or '..'"},
      {"a b", "only letters"},
      {"a\nb", "only letters"},
      {"\xc3\xa4", "only letters"},
      {"a:b", "only letters"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gboolean good = mu_service_name_check(cases[i].name, &error);
    check(good, cases[i].expected, error);
    g_assert_true(error == NULL ||
                  (g_str_has_prefix(error->message, "service name \"") && strlen(error->message) < 400));
  }
}

static void test_names(void) {
  g_autofree char *longest = repeat('a', 63), *too_long = repeat('a', 64);
  const struct {
    const char *name, *expected;
  } cases[] = {
      {"hello", NULL},
      {"a_b-c", NULL},
      {"0", NULL},
      {"a-", NULL},
      {longest, NULL},
      {"", "1 to 63 bytes"},
      {too_long, "1 to 63 bytes"},
      {"a.b", "only letters"},
      {"a/b", "only letters"},
      {"-a", "begin with"},
      {"_a", "begin with"},
      {"a__b", "\"__\""},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gboolean good = mu_name_check("pod type", cases[i].name, &error);
    check(good, cases[i].expected, error);
    g_assert_true(error == NULL || g_str_has_prefix(error->message, "pod type \""));
  }
}

/* What differs in its end only is spread; the beginning may be the same for all. */
static void test_hash(void) {
  g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *id = g_strdup_printf("svc__pod-0-server__%08x", i * 2654435761u);
    g_hash_table_add(seen, GUINT_TO_POINTER(mu_id_hash(id) % 65536 + 1));
  }
  g_assert_cmpuint(g_hash_table_size(seen), >, 900);
  g_assert_cmpuint(mu_id_hash("agent-1"), !=, mu_id_hash("agent-2"));
  g_assert_cmpuint(mu_id_hash(""), ==, mu_id_hash(""));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ids/random-reference", test_reference);
  g_test_add_func("/ids/random-seed", test_seed);
  g_test_add_func("/ids/random-below", test_below);
  g_test_add_func("/ids/uuid", test_uuid);
  g_test_add_func("/ids/uuid-from-name", test_uuid_from_name);
  g_test_add_func("/ids/uuid-valid", test_uuid_valid);
  g_test_add_func("/ids/task-id", test_task_id);
  g_test_add_func("/ids/task-id-refused", test_task_id_refused);
  g_test_add_func("/ids/service-names", test_service_names);
  g_test_add_func("/ids/names", test_names);
  g_test_add_func("/ids/hash", test_hash);
  return g_test_run();
}
