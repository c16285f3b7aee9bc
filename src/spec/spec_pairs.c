#include "spec_pairs.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b) {
  return strcmp(((const MuKeyValue *)a)->key, ((const MuKeyValue *)b)->key);
}

void mu_pairs_sort(MuKeyValue *pairs, guint n) {
  if (n > 1)
    qsort(pairs, n, sizeof *pairs, compare);
}

static const char *find_twice(MuArena *arena, const MuKeyValue *pairs, guint n) {
  MuKeyValue *sorted = mu_arena_new0(arena, MuKeyValue, n);
  memcpy(sorted, pairs, n * sizeof *sorted);
  mu_pairs_sort(sorted, n);
  for (guint i = 1; i < n; i++)
    if (strcmp(sorted[i - 1].key, sorted[i].key) == 0)
      return mu_arena_printf(arena, "the label \"%s\" is given twice", sorted[i].key);
  return NULL;
}

const char *mu_labels_parse(MuArena *arena, const char *text, MuKeyValue **ret_pairs, guint *ret_n) {
  g_auto(GStrv) parts = g_strsplit(text, ",", -1);
  guint n = g_strv_length(parts);
  MuKeyValue *pairs = mu_arena_new0(arena, MuKeyValue, n);
  for (guint i = 0; i < n; i++) {
    char *colon = strchr(parts[i], ':');
    if (colon == NULL)
      return mu_arena_printf(arena, "\"%s\" has no colon", parts[i]);
    *colon = '\0';
    pairs[i].key = mu_arena_strdup(arena, g_strstrip(parts[i]));
    pairs[i].value = mu_arena_strdup(arena, colon + 1);
    if (pairs[i].key[0] == '\0')
      return "a label has no key";
  }
  const char *wrong = find_twice(arena, pairs, n);
  if (wrong == NULL) {
    *ret_pairs = pairs;
    *ret_n = n;
  }
  return wrong;
}

char *mu_labels_to_text(const MuKeyValue *pairs, guint n) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < n; i++)
    g_string_append_printf(text, "%s%s:%s", i == 0 ? "" : ",", pairs[i].key, pairs[i].value);
  return g_string_free(text, FALSE);
}

const char *mu_milli_to_text(MuArena *arena, gint64 milli) {
  gint64 whole = milli / 1000, rest = milli % 1000;
  char *text = mu_arena_printf(arena, "%" G_GINT64_FORMAT ".%03d", whole, (int)rest);
  gsize length = strlen(text);
  while (text[length - 1] == '0')
    text[--length] = '\0';
  if (text[length - 1] == '.')
    text[--length] = '\0';
  return text;
}
