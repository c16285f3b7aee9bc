#include "cli_tree.h"
#include <string.h>

#define BAR_CELLS 24
#define LEAST_BAR_CELLS 6
#define STATUS_COLUMNS 13

typedef struct {
  const char *branch, *last, *pipe, *gap;
  const char *full, *empty;
  const char *complete, *error, *pending, *waiting, *active;
} Glyphs;

static const Glyphs unicode = {"├─ ", "└─ ", "│  ", "   ", "█", "░", "✔", "✘", "○", "◌", "●"};
static const Glyphs ascii = {"|- ", "`- ", "|  ", "   ", "#", "-", "+", "x", ".", "~", "*"};

typedef struct {
  const MuCliStyle *style;
  const Glyphs *glyphs;
  GString *out;
  int name_columns; /* of the column of names, with what stands before them */
  gboolean fold;    /* count complete steps instead of showing them */
} Tree;

static gboolean is_complete(const json_t *thing) {
  return g_str_equal(mu_cli_json_text(thing, "status"), "COMPLETE");
}

static const char *mark_of(const Glyphs *glyphs, const char *status) {
  if (g_str_equal(status, "COMPLETE"))
    return glyphs->complete;
  if (g_str_equal(status, "ERROR"))
    return glyphs->error;
  if (g_str_equal(status, "PENDING"))
    return glyphs->pending;
  return g_str_equal(status, "WAITING") || g_str_equal(status, "DELAYED") ? glyphs->waiting : glyphs->active;
}

void mu_cli_tree_count(const json_t *plan, guint *ret_complete, guint *ret_steps) {
  *ret_complete = *ret_steps = 0;
  gsize i, j;
  json_t *phase, *step;
  json_array_foreach (json_object_get(plan, "phases"), i, phase) {
    json_array_foreach (json_object_get(phase, "steps"), j, step) {
      (*ret_steps)++;
      *ret_complete += is_complete(step);
    }
  }
}

char *mu_cli_bar(const MuCliStyle *style, int cells, guint part, guint whole) {
  const Glyphs *glyphs = style->utf8 ? &unicode : &ascii;
  int full = whole == 0 ? cells : (int)((guint64)cells * part / whole);
  g_autoptr(GString) bar = g_string_new(NULL);
  for (int i = 0; i < cells; i++)
    g_string_append(bar, i < full ? glyphs->full : glyphs->empty);
  return g_string_free(g_steal_pointer(&bar), FALSE);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* `lead name   STATUS  rest`, the statuses one below the other. */
static void append_line(Tree *tree, const char *lead, const char *name, const char *status, const char *rest) {
  g_autofree char *clean = mu_cli_clean(tree->style, name);
  int pad = tree->name_columns - mu_cli_columns(lead) - mu_cli_columns(clean);
  g_string_append_printf(tree->out, "%s%s%*s  ", lead, clean, MAX(pad, 0), "");
  mu_cli_append_painted(tree->out, tree->style, mu_cli_status_paint(status), status);
  if (*rest != '\0') {
    g_autofree char *clean_rest = mu_cli_clean(tree->style, rest);
    g_string_append_printf(tree->out, "%*s", (int)MAX(2, STATUS_COLUMNS - (int)strlen(status)), "");
    mu_cli_append_painted(tree->out, tree->style, MU_PAINT_DIM, clean_rest);
  }
  g_string_append_c(tree->out, '\n');
}

static char *step_lead(const Tree *tree, const json_t *step, gboolean last_phase, gboolean last_step) {
  const Glyphs *glyphs = tree->glyphs;
  return g_strconcat(last_phase ? glyphs->gap : glyphs->pipe, last_step ? glyphs->last : glyphs->branch,
                     mark_of(glyphs, mu_cli_json_text(step, "status")), " ", NULL);
}

static void append_steps(Tree *tree, const json_t *steps, gboolean last_phase) {
  gsize i, n = json_array_size(steps), folded = 0;
  json_t *step;
  json_array_foreach (steps, i, step) {
    if (tree->fold && is_complete(step)) {
      folded++;
      continue;
    }
    g_autofree char *lead = step_lead(tree, step, last_phase, i + 1 == n && folded == 0);
    append_line(tree, lead, mu_cli_json_text(step, "name"), mu_cli_json_text(step, "status"),
                is_complete(step) ? "" : mu_cli_json_text(step, "message"));
  }
  if (folded > 0)
    g_string_append_printf(tree->out, "%s%s%s %" G_GSIZE_FORMAT " complete\n",
                           last_phase ? tree->glyphs->gap : tree->glyphs->pipe, tree->glyphs->last,
                           tree->glyphs->complete, folded);
}

static void append_phases(Tree *tree, const json_t *phases) {
  gsize i, n = json_array_size(phases);
  json_t *phase;
  json_array_foreach (phases, i, phase) {
    gboolean last = i + 1 == n;
    append_line(tree, last ? tree->glyphs->last : tree->glyphs->branch, mu_cli_json_text(phase, "name"),
                mu_cli_json_text(phase, "status"), mu_cli_json_text(phase, "strategy"));
    append_steps(tree, json_object_get(phase, "steps"), last);
  }
}

static void append_plan(Tree *tree, const char *title, const json_t *plan) {
  guint complete, steps;
  mu_cli_tree_count(plan, &complete, &steps);
  g_autofree char *rest = g_strdup_printf("%u/%u  %s", complete, steps, mu_cli_json_text(plan, "strategy"));
  int room = tree->style->width - tree->name_columns - 2 - STATUS_COLUMNS - 1 - (int)strlen(rest);
  g_autofree char *bar = mu_cli_bar(tree->style, CLAMP(room, LEAST_BAR_CELLS, BAR_CELLS), complete, steps);
  g_autofree char *clean = mu_cli_clean(tree->style, title);
  mu_cli_append_painted(tree->out, tree->style, MU_PAINT_BOLD, clean);
  g_string_append_printf(tree->out, "%*s  ", MAX(tree->name_columns - mu_cli_columns(clean), 0), "");
  const char *status = mu_cli_json_text(plan, "status");
  mu_cli_append_painted(tree->out, tree->style, mu_cli_status_paint(status), status);
  g_string_append_printf(tree->out, "%*s%s %s\n", (int)MAX(2, STATUS_COLUMNS - (int)strlen(status)), "", bar, rest);
}

static void append_errors(Tree *tree, const json_t *errors) {
  gsize i;
  json_t *fault;
  json_array_foreach (errors, i, fault) {
    g_autofree char *text =
        json_is_string(fault) ? g_strdup(json_string_value(fault)) : json_dumps(fault, JSON_COMPACT);
    g_autofree char *clean = mu_cli_clean(tree->style, text);
    mu_cli_append_painted(tree->out, tree->style, MU_PAINT_RED, "error: ");
    g_string_append_printf(tree->out, "%s\n", clean);
  }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int name_columns(const Tree *tree, const char *title, const json_t *plan) {
  int columns = mu_cli_columns(title);
  gsize i, j;
  json_t *phase, *step;
  json_array_foreach (json_object_get(plan, "phases"), i, phase) {
    columns = MAX(columns, 3 + mu_cli_columns(mu_cli_json_text(phase, "name")));
    json_array_foreach (json_object_get(phase, "steps"), j, step)
      columns = MAX(columns, 8 + mu_cli_columns(mu_cli_json_text(step, "name")));
  }
  return MIN(columns, MAX(tree->style->width / 2, 16));
}

static int count_lines(const char *text) {
  int lines = 0;
  for (; (text = strchr(text, '\n')) != NULL; text++)
    lines++;
  return lines;
}

static void draw(Tree *tree, const char *title, const json_t *plan) {
  g_string_truncate(tree->out, 0);
  append_plan(tree, title, plan);
  append_phases(tree, json_object_get(plan, "phases"));
  append_errors(tree, json_object_get(plan, "errors"));
}

/* Keeps `height` lines, the last of which says how many are not shown. */
static void cut_lines(GString *out, int height) {
  int lines = count_lines(out->str);
  if (lines <= height)
    return;
  const char *end = out->str;
  for (int i = 0; i < height - 1; i++)
    end = strchr(end, '\n') + 1;
  g_string_truncate(out, (gsize)(end - out->str));
  g_string_append_printf(out, "... and %d more lines\n", lines - height + 1);
}

char *mu_cli_tree_render(const char *title, const json_t *plan, const MuCliStyle *style) {
  g_autoptr(GString) out = g_string_new(NULL);
  Tree tree = {.style = style, .glyphs = style->utf8 ? &unicode : &ascii, .out = out};
  tree.name_columns = name_columns(&tree, title, plan);
  draw(&tree, title, plan);
  if (count_lines(out->str) > style->height) {
    tree.fold = TRUE;
    draw(&tree, title, plan);
  }
  cut_lines(out, MAX(style->height, 2));
  return style->width == G_MAXINT ? g_string_free(g_steal_pointer(&out), FALSE) : mu_cli_clip(out->str, style->width);
}
