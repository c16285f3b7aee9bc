/* Views compared with test/golden/views/VIEW.json. Included by one file of a test program. Random uuids are numbered in the
 * order in which they are seen; ids made from names are as they are. Numbers of offers are hidden. */
#ifndef MU_TEST_VIEWS_GOLDEN_H
#define MU_TEST_VIEWS_GOLDEN_H
#include "golden_text.h"
#include "json.h"

static gboolean number_uuid(const GMatchInfo *match, GString *result, gpointer user) {
  GHashTable *seen = user;
  g_autofree char *uuid = g_match_info_fetch(match, 0);
  if (!g_hash_table_contains(seen, uuid))
    g_hash_table_insert(seen, g_strdup(uuid), GUINT_TO_POINTER(g_hash_table_size(seen) + 1));
  g_string_append_printf(result, "<uuid %u>", GPOINTER_TO_UINT(g_hash_table_lookup(seen, uuid)));
  return FALSE;
}

/* Those of version 4 are random. */
static char *number_uuids(const char *text) {
  g_autoptr(GRegex) regex =
      g_regex_new("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", 0, 0, NULL);
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return g_regex_replace_eval(regex, text, -1, 0, 0, number_uuid, seen, NULL);
}

/* How many offers came hangs on the simulated cluster alone. */
static char *hide_counts(const char *text) {
  g_autoptr(GRegex) regex = g_regex_new("(\"offers\": |\"refused\": |_total )[0-9]+", 0, 0, NULL);
  return g_regex_replace(regex, text, -1, 0, "\\1<n>", 0, NULL);
}

static G_GNUC_UNUSED void golden(const char *view, json_t *take_json) {
  g_autoptr(json_t) json = take_json;
  g_autofree char *pretty = mu_json_to_pretty(json);
  g_autofree char *numbered = number_uuids(pretty);
  g_autofree char *hidden = hide_counts(numbered);
  g_autofree char *text = g_strconcat(hidden, "\n", NULL);
  g_autofree char *path = g_strdup_printf("test/golden/views/%s.json", view);
  mu_test_golden(path, text);
}

#endif
