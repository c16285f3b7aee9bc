#include "cli_output.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- style ------------------------------------------------------------------------------------------------------- */

static int size_from_env(const char *name) {
  const char *text = g_getenv(name);
  gint64 value = text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
  return value > 0 && value < 10000 ? (int)value : 0;
}

MuCliStyle mu_cli_style(FILE *stream) {
  const char *term = g_getenv("TERM");
  const char *no_color = g_getenv("NO_COLOR");
  gboolean tty = isatty(fileno(stream)) == 1 && g_strcmp0(term, "dumb") != 0;
  MuCliStyle style = {.live = tty, .width = G_MAXINT, .height = G_MAXINT};
  style.colour = tty && (no_color == NULL || *no_color == '\0');
  style.utf8 = g_get_charset(NULL);
  struct winsize size = {0};
  if (!tty || ioctl(fileno(stream), TIOCGWINSZ, &size) != 0)
    size = (struct winsize){0};
  if (tty) {
    style.width = size.ws_col > 0 ? size.ws_col : 80;
    style.height = size.ws_row > 0 ? size.ws_row : 24;
  }
  if (size_from_env("COLUMNS") > 0)
    style.width = size_from_env("COLUMNS");
  return style;
}

static const struct {
  const char *status;
  MuCliPaint paint;
} status_paints[] = {
    {"COMPLETE", MU_PAINT_GREEN},
    {"RUNNING", MU_PAINT_GREEN},
    {"TASK_RUNNING", MU_PAINT_GREEN},
    {"TASK_FINISHED", MU_PAINT_GREEN},
    {"FINISHED", MU_PAINT_GREEN},
    {"ERROR", MU_PAINT_RED},
    {"FAILED", MU_PAINT_RED},
    {"TASK_FAILED", MU_PAINT_RED},
    {"TASK_ERROR", MU_PAINT_RED},
    {"TASK_LOST", MU_PAINT_RED},
    {"TASK_KILLED", MU_PAINT_RED},
    {"DELAYED", MU_PAINT_YELLOW},
    {"WAITING", MU_PAINT_YELLOW},
    {"UNINSTALLING", MU_PAINT_YELLOW},
    {"STARTING", MU_PAINT_CYAN},
    {"STARTED", MU_PAINT_CYAN},
    {"PREPARED", MU_PAINT_CYAN},
    {"IN_PROGRESS", MU_PAINT_CYAN},
    {"TASK_STAGING", MU_PAINT_CYAN},
    {"TASK_STARTING", MU_PAINT_CYAN},
    {"TASK_KILLING", MU_PAINT_YELLOW},
    {"KILLED", MU_PAINT_RED},
    {"LOST", MU_PAINT_RED},
    {"GONE", MU_PAINT_RED},
    {"DROPPED", MU_PAINT_RED},
    {"UNREACHABLE", MU_PAINT_YELLOW},
    {"STAGING", MU_PAINT_CYAN},
    {"KILLING", MU_PAINT_YELLOW},
    {"PENDING", MU_PAINT_DIM},
    {"TASK_GONE", MU_PAINT_RED},
    {"TASK_DROPPED", MU_PAINT_RED},
};

MuCliPaint mu_cli_status_paint(const char *status) {
  for (gsize i = 0; i < G_N_ELEMENTS(status_paints); i++)
    if (g_strcmp0(status, status_paints[i].status) == 0)
      return status_paints[i].paint;
  return MU_PAINT_NONE;
}

static const char *const paint_codes[] = {
    [MU_PAINT_NONE] = "",   [MU_PAINT_GREEN] = "32", [MU_PAINT_YELLOW] = "33", [MU_PAINT_RED] = "31",
    [MU_PAINT_CYAN] = "36", [MU_PAINT_DIM] = "2",    [MU_PAINT_BOLD] = "1",
};

void mu_cli_append_painted(GString *out, const MuCliStyle *style, MuCliPaint paint, const char *text) {
  if (!style->colour || paint == MU_PAINT_NONE || *text == '\0')
    g_string_append(out, text);
  else
    g_string_append_printf(out, "\033[%sm%s\033[0m", paint_codes[paint], text);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

char *mu_cli_clean(const MuCliStyle *style, const char *text) {
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  g_autoptr(GString) out = g_string_new(NULL);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (c == '\n' || c == '\t')
      g_string_append_c(out, ' ');
    else if (g_unichar_iscntrl(c) || (!style->utf8 && c > 126))
      g_string_append_c(out, '?');
    else
      g_string_append_unichar(out, c);
  }
  return g_string_free(g_steal_pointer(&out), FALSE);
}

static int char_columns(gunichar c) {
  if (g_unichar_iszerowidth(c))
    return 0;
  return g_unichar_iswide(c) ? 2 : 1;
}

/* Behind the escape sequence that begins here, or NULL when none does. */
static const char *skip_escape(const char *p) {
  if (p[0] != '\033' || p[1] != '[')
    return NULL;
  const char *end = p + 2 + strspn(p + 2, "0123456789;?");
  return *end == '\0' ? end : end + 1;
}

int mu_cli_columns(const char *text) {
  int columns = 0;
  for (const char *p = text; *p != '\0';) {
    const char *behind = skip_escape(p);
    if (behind == NULL)
      columns += char_columns(g_utf8_get_char(p));
    p = behind != NULL ? behind : g_utf8_next_char(p);
  }
  return columns;
}

char *mu_cli_clip(const char *text, int width) {
  g_autoptr(GString) out = g_string_new(NULL);
  int column = 0;
  for (const char *p = text; *p != '\0';) {
    const char *behind = skip_escape(p);
    gboolean escape = behind != NULL;
    behind = escape ? behind : g_utf8_next_char(p);
    gunichar c = g_utf8_get_char(p);
    if (!escape)
      column = c == '\n' ? 0 : column + char_columns(c);
    if (escape || column <= width)
      g_string_append_len(out, p, behind - p);
    p = behind;
  }
  return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void append_paragraph(GString *out, const char *text, guint indent, guint width) {
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  glong column = indent;
  for (char **word = words; *word != NULL; word++) {
    glong length = g_utf8_strlen(*word, -1);
    if (word > words && column + 1 + length > width) {
      g_string_append_printf(out, "\n%*s", (int)indent, "");
      column = indent;
    } else if (word > words) {
      g_string_append_c(out, ' ');
      column++;
    }
    g_string_append(out, *word);
    column += length;
  }
  g_string_append_c(out, '\n');
}

void mu_cli_append_wrapped(GString *out, const char *text, guint indent, guint width) {
  g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", -1);
  for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++) {
    if (paragraph > paragraphs)
      g_string_append_printf(out, "\n%*s", (int)indent, "");
    append_paragraph(out, *paragraph, indent, width);
  }
}

void mu_cli_print(const char *text) {
  fputs(text, stdout);
}

void mu_cli_print_lines(FILE *stream, const char *text) {
  MuCliStyle style = mu_cli_style(stream);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_autofree char *clean = mu_cli_clean(&style, *line);
    fprintf(stream, "%s%s", clean, line[1] == NULL ? "" : "\n");
  }
}

void mu_cli_printf(const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  mu_cli_print_lines(stdout, text);
}

void mu_cli_print_json(const json_t *value) {
  g_autofree char *text = mu_json_to_pretty(value);
  puts(text);
}

void mu_cli_print_json_line(const json_t *value) {
  g_autofree char *text = mu_json_to_string(value);
  puts(text);
  fflush(stdout);
}

const char *mu_cli_json_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text == NULL ? "" : text;
}

gint64 mu_cli_json_number(const json_t *object, const char *key) {
  return json_integer_value(json_object_get(object, key));
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

struct MuCliTable {
  char **headers;
  guint n_columns;
  GPtrArray *cells; /* of char*, row by row */
};

MuCliTable *mu_cli_table_new(const char *headers) {
  MuCliTable *table = g_new0(MuCliTable, 1);
  table->headers = g_strsplit(headers, "|", -1);
  table->n_columns = g_strv_length(table->headers);
  table->cells = g_ptr_array_new_with_free_func(g_free);
  return table;
}

void mu_cli_table_add(MuCliTable *table, ...) {
  va_list args;
  va_start(args, table);
  for (guint i = 0; i < table->n_columns; i++)
    g_ptr_array_add(table->cells, g_strdup(va_arg(args, const char *)));
  va_end(args);
}

static void append_cell(GString *out, const MuCliStyle *style, MuCliPaint paint, const char *text, int pad_to) {
  g_autofree char *clean = mu_cli_clean(style, text);
  mu_cli_append_painted(out, style, paint, clean);
  int pad = pad_to - mu_cli_columns(clean);
  if (pad > 0)
    g_string_append_printf(out, "%*s", pad, "");
}

static gboolean is_status(const char *header) {
  return g_str_equal(header, "STATUS") || g_str_equal(header, "STATE");
}

static int *column_widths(const MuCliTable *table, const MuCliStyle *style) {
  int *widths = g_new0(int, table->n_columns);
  for (guint i = 0; i < table->n_columns; i++)
    widths[i] = (int)strlen(table->headers[i]);
  for (guint i = 0; i < table->cells->len; i++) {
    g_autofree char *clean = mu_cli_clean(style, g_ptr_array_index(table->cells, i));
    widths[i % table->n_columns] = MAX(widths[i % table->n_columns], mu_cli_columns(clean));
  }
  return widths;
}

static void trim_end(GString *out) {
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate(out, out->len - 1);
}

char *mu_cli_table_render(const MuCliTable *table, const MuCliStyle *style) {
  g_autofree int *widths = column_widths(table, style);
  g_autoptr(GString) out = g_string_new(NULL);
  guint n_rows = table->cells->len / table->n_columns;
  for (guint row = 0; row <= n_rows; row++) {
    for (guint i = 0; i < table->n_columns; i++) {
      const char *text =
          row == 0 ? table->headers[i] : g_ptr_array_index(table->cells, (row - 1) * table->n_columns + i);
      MuCliPaint paint = row == 0                       ? MU_PAINT_DIM
                         : is_status(table->headers[i]) ? mu_cli_status_paint(text)
                                                        : MU_PAINT_NONE;
      gboolean last = i + 1 == table->n_columns;
      append_cell(out, style, paint, text, last ? 0 : widths[i] + 2);
    }
    trim_end(out);
    g_string_append_c(out, '\n');
  }
  return style->width == G_MAXINT ? g_string_free(g_steal_pointer(&out), FALSE) : mu_cli_clip(out->str, style->width);
}

void mu_cli_table_print(MuCliTable *take_table) {
  MuCliStyle style = mu_cli_style(stdout);
  g_autofree char *text = mu_cli_table_render(take_table, &style);
  mu_cli_print(text);
  mu_cli_table_free(take_table);
}

void mu_cli_table_free(MuCliTable *table) {
  g_strfreev(table->headers);
  g_ptr_array_unref(table->cells);
  g_free(table);
}
