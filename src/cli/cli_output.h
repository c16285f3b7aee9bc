/* What the user sees: plain text, tables, colours, JSON. Nothing here writes an escape sequence or a character beyond
 * ASCII unless the terminal and the locale are known to take it, and nothing that came from elsewhere can bring its own. */
#ifndef MU_CLI_OUTPUT_H
#define MU_CLI_OUTPUT_H
#include "json.h"
#include <stdio.h>

typedef struct {
  gboolean live;   /* a terminal on which lines can be drawn again */
  gboolean colour; /* a terminal, and NO_COLOR is empty */
  gboolean utf8;   /* by the locale */
  int width;       /* of the terminal in columns; G_MAXINT when it is none */
  int height;      /* likewise */
} MuCliStyle;

typedef enum {
  MU_PAINT_NONE,
  MU_PAINT_GREEN,
  MU_PAINT_YELLOW,
  MU_PAINT_RED,
  MU_PAINT_CYAN,
  MU_PAINT_DIM,
  MU_PAINT_BOLD
} MuCliPaint;

/* How to write to this stream. Asked anew each time, for a terminal may change its size. */
MuCliStyle mu_cli_style(FILE *stream);
/* The paint that goes with a status of plans, steps, tasks and services. */
MuCliPaint mu_cli_status_paint(const char *status);
/* Appends the text in the paint, or as it is when the style has no colours. */
void mu_cli_append_painted(GString *out, const MuCliStyle *style, MuCliPaint paint, const char *text);
/* The same text without control characters, valid UTF-8 (ASCII when the style says so); the caller frees. */
char *mu_cli_clean(const MuCliStyle *style, const char *text);
/* Columns that the text takes on a terminal; escape sequences take none. */
int mu_cli_columns(const char *text);
/* Cuts every line of the text to the width, escape sequences kept; the caller frees. */
char *mu_cli_clip(const char *text, int width);

/* Appends the text in lines of at most `width`, each after `indent` spaces but the first, which stands where it stands; and a
 * line end. */
void mu_cli_append_wrapped(GString *out, const char *text, guint indent, guint width);

/* Writes to standard output as it is. */
void mu_cli_print(const char *text);
/* Writes the text, each of its lines cleaned. */
void mu_cli_print_lines(FILE *stream, const char *text);
/* The same to standard output. */
void mu_cli_printf(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The value indented, and a line end. */
void mu_cli_print_json(const json_t *value);
/* The value in one line, written out at once: for streams of values. */
void mu_cli_print_json_line(const json_t *value);
/* Takes the object's member as text: "" when there is none. Borrowed. */
const char *mu_cli_json_text(const json_t *object, const char *key);
gint64 mu_cli_json_number(const json_t *object, const char *key);

/* A table whose columns are as wide as needed. */
typedef struct MuCliTable MuCliTable;
/* `headers`: separated by `|`. A column named STATUS or STATE is painted by what it says. */
MuCliTable *mu_cli_table_new(const char *headers);
/* One row: as many texts as there are columns. */
void mu_cli_table_add(MuCliTable *table, ...);
/* The table as text; the caller frees. */
char *mu_cli_table_render(const MuCliTable *table, const MuCliStyle *style);
/* Prints and frees it. */
void mu_cli_table_print(MuCliTable *take_table);
void mu_cli_table_free(MuCliTable *table);

#endif
