#include "bug.h"
#include "json_form.h"
#include "resource.h"
#include <muster/error.h>
#include <string.h>

static MuRange *range_at(const GArray *ranges, guint i) {
  return &g_array_index(ranges, MuRange, i);
}

GArray *mu_ranges_new(void) {
  return g_array_new(FALSE, FALSE, sizeof(MuRange));
}

GArray *mu_ranges_copy(const GArray *ranges) {
  GArray *copy = g_array_sized_new(FALSE, FALSE, sizeof(MuRange), ranges->len);
  return ranges->len == 0 ? copy : g_array_append_vals(copy, ranges->data, ranges->len);
}

/* The index of the first range that ends at `value` or later; the length when there is none. */
static guint first_ending_at(const GArray *ranges, gint64 value) {
  guint low = 0, high = ranges->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (range_at(ranges, middle)->end < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Puts the `n` ranges of `with` in the place of those from `first` up to, not including, `last`. */
static void replace(GArray *ranges, guint first, guint last, const MuRange *with, guint n) {
  if (last > first)
    g_array_remove_range(ranges, first, last - first);
  if (n > 0)
    g_array_insert_vals(ranges, first, with, n);
}

static void assert_range(gint64 begin, gint64 end) {
  mu_assert(begin >= 0 && begin <= end && end <= MU_RESOURCE_MAX_AMOUNT);
}

void mu_ranges_add(GArray *ranges, gint64 begin, gint64 end) {
  assert_range(begin, end);
  guint first = first_ending_at(ranges, begin - 1); /* one that ends just before is joined */
  guint last = first;
  MuRange joined = {begin, end};
  for (; last < ranges->len && range_at(ranges, last)->begin <= end + 1; last++) {
    joined.begin = MIN(joined.begin, range_at(ranges, last)->begin);
    joined.end = MAX(joined.end, range_at(ranges, last)->end);
  }
  replace(ranges, first, last, &joined, 1);
}

void mu_ranges_cut(GArray *ranges, gint64 begin, gint64 end) {
  assert_range(begin, end);
  guint first = first_ending_at(ranges, begin);
  guint last = first;
  MuRange left[2];
  guint n_left = 0;
  for (; last < ranges->len && range_at(ranges, last)->begin <= end; last++) {
    MuRange old = *range_at(ranges, last);
    if (old.begin < begin)
      left[n_left++] = (MuRange){old.begin, begin - 1};
    if (old.end > end)
      left[n_left++] = (MuRange){end + 1, old.end};
  }
  replace(ranges, first, last, left, n_left);
}

gboolean mu_ranges_subtract(GArray *ranges, gint64 begin, gint64 end) {
  if (!mu_ranges_contain(ranges, begin, end))
    return FALSE;
  mu_ranges_cut(ranges, begin, end);
  return TRUE;
}

gboolean mu_ranges_contain(const GArray *ranges, gint64 begin, gint64 end) {
  guint i = first_ending_at(ranges, begin);
  return i < ranges->len && range_at(ranges, i)->begin <= begin && range_at(ranges, i)->end >= end;
}

gint64 mu_ranges_count(const GArray *ranges) {
  gint64 count = 0;
  for (guint i = 0; i < ranges->len; i++)
    count += range_at(ranges, i)->end - range_at(ranges, i)->begin + 1;
  return count;
}

gboolean mu_ranges_equal(const GArray *a, const GArray *b) {
  if (a->len != b->len)
    return FALSE;
  return a->len == 0 || memcmp(a->data, b->data, a->len * sizeof(MuRange)) == 0;
}

static void append_number(GString *text, gint64 number) {
  char digits[MU_JSON_INT_MAX];
  g_string_append_len(text, digits, (gssize)mu_json_int(digits, number));
}

char *mu_ranges_to_string(const GArray *ranges) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < ranges->len; i++) {
    MuRange range = *range_at(ranges, i);
    if (i > 0)
      g_string_append_c(text, ',');
    append_number(text, range.begin);
    if (range.end > range.begin) {
      g_string_append_c(text, '-');
      append_number(text, range.end);
    }
  }
  return g_string_free(text, FALSE);
}

/* Digits only, no sign and no space; moves *text behind them. */
static gboolean parse_number(const char **text, gint64 *ret_value) {
  if (!g_ascii_isdigit(**text))
    return FALSE;
  char *end;
  guint64 value = g_ascii_strtoull(*text, &end, 10);
  if (value > (guint64)MU_RESOURCE_MAX_AMOUNT)
    return FALSE;
  *text = end;
  *ret_value = (gint64)value;
  return TRUE;
}

static gboolean parse_range(const char **text, MuRange *ret_range) {
  if (!parse_number(text, &ret_range->begin))
    return FALSE;
  ret_range->end = ret_range->begin;
  if (**text != '-')
    return TRUE;
  (*text)++;
  return parse_number(text, &ret_range->end) && ret_range->begin <= ret_range->end;
}

static gboolean parse_all(const char *text, GArray *ranges) {
  while (*text != '\0') {
    MuRange range;
    if (!parse_range(&text, &range))
      return FALSE;
    mu_ranges_add(ranges, range.begin, range.end);
    if (*text == '\0')
      return TRUE;
    if (*text++ != ',' || *text == '\0')
      return FALSE;
  }
  return TRUE;
}

GArray *mu_ranges_parse(const char *text, GError **error) {
  g_autoptr(GArray) ranges = mu_ranges_new();
  if (parse_all(text, ranges))
    return g_steal_pointer(&ranges);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%.80s\" is not a set of ranges; expected the form 8080,9000-9010",
              text);
  return NULL;
}
