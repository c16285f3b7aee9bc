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

/* ---- pods ---------------------------------------------------------------------------------------------------------- */

/* `lead name`, and for people what is beside it. */
static void append_node(Tree *tree, const char *lead, const char *name, MuCliPaint paint) {
  g_autofree char *clean = mu_cli_clean(tree->style, name);
  g_string_append(tree->out, lead);
  mu_cli_append_painted(tree->out, tree->style, paint, clean);
}

static void append_note(Tree *tree, const char *note) {
  if (*note == '\0')
    return;
  g_autofree char *clean = mu_cli_clean(tree->style, note);
  g_string_append(tree->out, "  ");
  mu_cli_append_painted(tree->out, tree->style, MU_PAINT_DIM, clean);
}

static void append_finding(Tree *tree, const json_t *task, const char *key, const char *otherwise) {
  const json_t *value = json_object_get(task, key);
  if (json_is_boolean(value))
    append_note(tree, json_is_true(value) ? key : otherwise);
}

/* Then its last status has nothing to say that is not shown already. */
static gboolean is_well(const json_t *task) {
  return g_str_equal(mu_cli_json_text(task, "status"), "RUNNING") && !json_is_false(json_object_get(task, "ready")) &&
         !json_is_false(json_object_get(task, "healthy"));
}

/* `name (STATUS)` as in the reference; then what its checks and its last status said. */
static void append_pod_task(Tree *tree, const char *prefix, const json_t *task, gboolean last) {
  const char *status = mu_cli_json_text(task, "status"), *message = mu_cli_json_text(task, "message");
  g_autofree char *lead = g_strconcat(prefix, last ? tree->glyphs->last : tree->glyphs->branch, NULL);
  append_node(tree, lead, mu_cli_json_text(task, "name"), MU_PAINT_NONE);
  g_string_append(tree->out, " (");
  mu_cli_append_painted(tree->out, tree->style, mu_cli_status_paint(status), *status == '\0' ? "UNKNOWN" : status);
  g_string_append_c(tree->out, ')');
  append_finding(tree, task, "ready", "not ready");
  append_finding(tree, task, "healthy", "not healthy");
  gboolean runs = strcmp(status, "RUNNING") == 0; /* then the reason is that its status was told again */
  if (!is_well(task))
    append_note(tree, *message != '\0' || runs ? message : mu_cli_json_text(task, "reason"));
  g_string_append_c(tree->out, '\n');
}

static void append_tasks(Tree *tree, const char *prefix, const json_t *instance) {
  const json_t *tasks = json_object_get(instance, "tasks");
  gsize i, n = json_array_size(tasks);
  json_t *task;
  json_array_foreach (tasks, i, task)
    append_pod_task(tree, prefix, task, i + 1 == n);
}

/* Where it is, and why it waits. */
static void append_instance(Tree *tree, const char *lead, const json_t *instance, MuCliPaint paint) {
  const char *hostname = mu_cli_json_text(instance, "hostname");
  g_autofree char *where = *hostname == '\0' ? g_strdup("") : g_strconcat("on ", hostname, NULL);
  const char *summary = mu_cli_json_text(json_object_get(instance, "waiting"), "summary");
  g_autofree char *waits = *summary == '\0' ? g_strdup("") : g_strconcat("waits: ", summary, NULL);
  append_node(tree, lead, mu_cli_json_text(instance, "name"), paint);
  append_note(tree, where);
  append_note(tree, waits);
  g_string_append_c(tree->out, '\n');
}

static void append_instances(Tree *tree, const json_t *type, gboolean last_type) {
  const char *pipe = last_type ? tree->glyphs->gap : tree->glyphs->pipe;
  const json_t *instances = json_object_get(type, "instances");
  gsize i, n = json_array_size(instances);
  json_t *instance;
  json_array_foreach (instances, i, instance) {
    gboolean last = i + 1 == n;
    g_autofree char *lead = g_strconcat(pipe, last ? tree->glyphs->last : tree->glyphs->branch, NULL);
    g_autofree char *below = g_strconcat(pipe, last ? tree->glyphs->gap : tree->glyphs->pipe, NULL);
    append_instance(tree, lead, instance, MU_PAINT_NONE);
    append_tasks(tree, below, instance);
  }
}

static void append_types(Tree *tree, const json_t *types) {
  gsize i, n = json_array_size(types);
  json_t *type;
  json_array_foreach (types, i, type) {
    gboolean last = i + 1 == n;
    append_node(tree, last ? tree->glyphs->last : tree->glyphs->branch, mu_cli_json_text(type, "name"), MU_PAINT_NONE);
    g_string_append_c(tree->out, '\n');
    append_instances(tree, type, last);
  }
}

char *mu_cli_pods_render(const json_t *status, const MuCliStyle *style) {
  g_autoptr(GString) out = g_string_new(NULL);
  Tree tree = {.style = style, .glyphs = style->utf8 ? &unicode : &ascii, .out = out};
  if (json_object_get(status, "pods") == NULL) {
    append_instance(&tree, "", status, MU_PAINT_BOLD);
    append_tasks(&tree, "", status);
  } else {
    append_node(&tree, "", mu_cli_json_text(status, "service"), MU_PAINT_BOLD);
    g_string_append_c(out, '\n');
    append_types(&tree, json_object_get(status, "pods"));
  }
  return style->width == G_MAXINT ? g_string_free(g_steal_pointer(&out), FALSE) : mu_cli_clip(out->str, style->width);
}
