#include "spec_faults.h"

#include <muster/error.h>
#include <string.h>

typedef struct {
  gsize offset; /* in the author's text; MU_NODE_NOWHERE: none */
  guint order;  /* of adding: keeps faults at one place in order */
  char *what;
} Fault;

static void fault_clear(gpointer data) {
  g_free(((Fault *)data)->what);
}

void mu_faults_init(MuFaults *faults, const char *file, const char *text, gsize length, const MuMustacheMap *map) {
  *faults = (MuFaults){.file = file, .text = text, .length = length, .map = map};
  faults->list = g_array_new(FALSE, FALSE, sizeof(Fault));
  g_array_set_clear_func(faults->list, fault_clear);
}

void mu_faults_clear(MuFaults *faults) {
  g_clear_pointer(&faults->list, g_array_unref);
}

static gsize author_offset(const MuFaults *faults, gsize offset) {
  if (offset == MU_NODE_NOWHERE || faults->text == NULL)
    return MU_NODE_NOWHERE;
  return faults->map == NULL ? offset : mu_mustache_map_offset(faults->map, offset);
}

static void add(MuFaults *faults, gsize offset, const char *format, va_list args) G_GNUC_PRINTF(3, 0);

static void add(MuFaults *faults, gsize offset, const char *format, va_list args) {
  if (faults->n++ >= MU_SPEC_MAX_FAULTS)
    return;
  Fault fault = {author_offset(faults, offset), faults->n, g_strdup_vprintf(format, args)};
  g_array_append_val(faults->list, fault);
}

void mu_faults_add(MuFaults *faults, const MuNode *node, const char *format, ...) {
  va_list args;
  va_start(args, format);
  add(faults, node == NULL ? MU_NODE_NOWHERE : node->offset, format, args);
  va_end(args);
}

void mu_faults_add_at(MuFaults *faults, gsize offset, const char *format, ...) {
  va_list args;
  va_start(args, format);
  add(faults, offset, format, args);
  va_end(args);
}

char *mu_faults_place(const MuFaults *faults, gsize offset) {
  guint line, column;
  mu_text_position(faults->text, faults->length, author_offset(faults, offset), &line, &column);
  return g_strdup_printf("%u:%u", line, column);
}

static gint compare(gconstpointer a, gconstpointer b) {
  const Fault *x = a, *y = b;
  if (x->offset != y->offset)
    return x->offset < y->offset ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

/* A value behind several aliases is read several times, and wrong each time. */
static gboolean is_repeated(const MuFaults *faults, guint index) {
  const Fault *fault = &g_array_index(faults->list, Fault, index);
  for (guint i = index; i > 0; i--) {
    const Fault *before = &g_array_index(faults->list, Fault, i - 1);
    if (before->offset != fault->offset)
      return FALSE;
    if (strcmp(before->what, fault->what) == 0)
      return TRUE;
  }
  return FALSE;
}

static void append_fault(const MuFaults *faults, const Fault *fault, GString *text) {
  if (text->len > 0)
    g_string_append_c(text, '\n');
  if (fault->offset == MU_NODE_NOWHERE) {
    g_string_append_printf(text, "%s: %s", faults->file, fault->what);
    return;
  }
  guint line, column;
  mu_text_position(faults->text, faults->length, fault->offset, &line, &column);
  g_string_append_printf(text, "%s:%u:%u: %s", faults->file, line, column, fault->what);
}

gboolean mu_faults_check(MuFaults *faults, GError **error) {
  if (faults->n == 0)
    return TRUE;
  g_array_sort(faults->list, compare);
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < faults->list->len; i++)
    if (!is_repeated(faults, i))
      append_fault(faults, &g_array_index(faults->list, Fault, i), text);
  if (faults->n > MU_SPEC_MAX_FAULTS)
    g_string_append_printf(text, "\n%s: and %u more", faults->file, faults->n - MU_SPEC_MAX_FAULTS);
  g_set_error_literal(error, MU_ERROR, faults->too_large ? MU_ERROR_TOO_LARGE : MU_ERROR_REFUSED, text->str);
  return FALSE;
}
