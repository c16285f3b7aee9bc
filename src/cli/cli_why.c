/* muster why: what a service, or a pod of it, waits for, and what to do about it. */
#include "cli_why.h"
#include "cli_commands.h"
#include "cli_show.h"
#include <string.h>

#define LABEL_COLUMNS 11
#define PLAIN_WIDTH 100 /* where there is no terminal */
#define MAX_TURNS 4     /* names of steps whose turn comes later */

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static json_t *ask(MuCliClient *client, const char *service, const char *pod, GError **error) {
  g_autofree char *path =
      pod == NULL ? mu_cli_path("/v1/service/%s/why", service) : mu_cli_path("/v1/service/%s/why?pod=%s", service, pod);
  return mu_cli_client_get(client, path, error);
}

/* SERVICE, else SERVICE/POD: a service's name may have slashes too. */
static json_t *ask_either(MuCliClient *client, const char *what, GError **error) {
  GError *cause = NULL;
  json_t *why = ask(client, what, NULL, &cause);
  const char *slash = strrchr(what, '/');
  if (why == NULL && slash != NULL && g_error_matches(cause, MU_ERROR, MU_ERROR_NOT_FOUND)) {
    g_autofree char *service = g_strndup(what, (gsize)(slash - what));
    g_clear_error(&cause);
    why = ask(client, service, slash + 1, &cause);
  }
  if (cause != NULL)
    g_propagate_error(error, cause);
  return why;
}

/* ---- printing ---------------------------------------------------------------------------------------------------- */

typedef struct {
  MuCliStyle style;
  GString *out;
  gint64 now_ms;
} Page;

static guint page_width(const Page *page) {
  return page->style.width == G_MAXINT ? PLAIN_WIDTH : (guint)page->style.width;
}

/* `  label     text`, the text in as many lines as it takes. */
static void append_field(const Page *page, const char *label, MuCliPaint paint, const char *text) {
  if (*text == '\0')
    return;
  g_autofree char *clean = mu_cli_clean(&page->style, text);
  g_autofree char *padded = g_strdup_printf("  %-*s", LABEL_COLUMNS, label);
  mu_cli_append_painted(page->out, &page->style, MU_PAINT_DIM, padded);
  g_autoptr(GString) lines = g_string_new(NULL);
  mu_cli_append_wrapped(lines, clean, LABEL_COLUMNS + 2, page_width(page));
  g_string_truncate(lines, lines->len - 1);
  mu_cli_append_painted(page->out, &page->style, paint, lines->str);
  g_string_append_c(page->out, '\n');
}

static void append_time(const Page *page, const json_t *waiting) {
  gint64 since_ms = mu_cli_json_number(waiting, "since"), until_ms = mu_cli_json_number(waiting, "until");
  g_autofree char *past = since_ms > 0 ? mu_cli_duration(page->now_ms - since_ms) : NULL;
  g_autofree char *left = until_ms > page->now_ms ? mu_cli_duration(until_ms - page->now_ms) : NULL;
  g_autofree char *text = g_strdup_printf("%s%s%s%s", past == NULL ? "" : "for ", past == NULL ? "" : past,
                                          left == NULL   ? ""
                                          : past == NULL ? "for at most "
                                                         : "; at most ",
                                          left == NULL ? "" : left);
  g_autofree char *whole = left == NULL ? g_strdup(text) : g_strconcat(text, past == NULL ? "" : " more", NULL);
  append_field(page, "waits", MU_PAINT_NONE, whole);
}

static void append_waiting(const Page *page, const json_t *waiting) {
  append_field(page, mu_cli_json_text(waiting, "for"), MU_PAINT_YELLOW, mu_cli_json_text(waiting, "reason"));
  append_time(page, waiting);
  append_field(page, "clears", MU_PAINT_NONE, mu_cli_json_text(waiting, "clears"));
  append_field(page, "try", MU_PAINT_CYAN, mu_cli_json_text(waiting, "command"));
}

static void append_stages(const Page *page, const json_t *offers) {
  gsize i;
  json_t *stage;
  json_array_foreach (json_object_get(offers, "stages"), i, stage) {
    g_autofree char *text = g_strdup_printf("%s refused %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT ": %s",
                                            mu_cli_json_text(stage, "stage"), mu_cli_json_number(stage, "refused"),
                                            mu_cli_json_number(offers, "offers"), mu_cli_json_text(stage, "example"));
    append_field(page, i == 0 ? "offers" : "", MU_PAINT_DIM, text);
  }
}

static void append_step(const Page *page, const json_t *step) {
  g_autofree char *title = g_strdup_printf("%s %s %s", mu_cli_json_text(step, "plan"), page->style.utf8 ? "›" : ">",
                                           mu_cli_json_text(step, "step"));
  g_autofree char *clean = mu_cli_clean(&page->style, title);
  const char *status = mu_cli_json_text(step, "status");
  mu_cli_append_painted(page->out, &page->style, MU_PAINT_BOLD, clean);
  g_string_append(page->out, "  ");
  mu_cli_append_painted(page->out, &page->style, mu_cli_status_paint(status), status);
  g_string_append_c(page->out, '\n');
  append_waiting(page, json_object_get(step, "waiting"));
  append_stages(page, json_object_get(step, "offers"));
  g_string_append_c(page->out, '\n');
}

static gboolean waits_for_its_turn(const json_t *step) {
  return g_str_equal(mu_cli_json_text(json_object_get(step, "waiting"), "for"), "order");
}

/* Those whose turn comes later are named together, when there is something before them to look at. */
static void append_turns(const Page *page, const json_t *steps, gint64 left_out) {
  g_autoptr(GString) names = g_string_new(NULL);
  gint64 n = left_out;
  gsize i;
  json_t *step;
  json_array_foreach (steps, i, step) {
    if (!waits_for_its_turn(step))
      continue;
    if (n - left_out < MAX_TURNS)
      g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", mu_cli_json_text(step, "step"));
    n++;
  }
  if (n == 0)
    return;
  g_autofree char *text =
      g_strdup_printf("%" G_GINT64_FORMAT " more step%s for %s%s%s%s", n, n == 1 ? " waits" : "s wait",
                      n == 1 ? "its turn" : "their turn", names->len == 0 ? "" : ": ", names->str,
                      names->len > 0 && n > MAX_TURNS ? ", and so on" : "");
  g_autofree char *clean = mu_cli_clean(&page->style, text);
  mu_cli_append_wrapped(page->out, clean, 0, page_width(page));
}

static void append_troubles(const Page *page, const json_t *troubles) {
  gsize i;
  json_t *trouble;
  json_array_foreach (troubles, i, trouble) {
    mu_cli_append_painted(page->out, &page->style, MU_PAINT_RED, "trouble");
    g_string_append_c(page->out, '\n');
    append_waiting(page, trouble);
    g_string_append_c(page->out, '\n');
  }
}

char *mu_cli_why_render(const json_t *why, const MuCliStyle *style) {
  g_autoptr(GString) out = g_string_new(NULL);
  const Page page = {.style = *style, .out = out, .now_ms = mu_cli_json_number(why, "now")};
  const json_t *steps = json_object_get(why, "steps");
  const char *summary = mu_cli_json_text(why, "summary");
  gboolean whole = *mu_cli_json_text(why, "pod") == '\0';
  gsize i;
  json_t *step;
  append_troubles(&page, json_object_get(why, "troubles"));
  json_array_foreach (steps, i, step)
    if (!whole || !waits_for_its_turn(step))
      append_step(&page, step);
  if (whole)
    append_turns(&page, steps, mu_cli_json_number(why, "left_out"));
  if (*summary != '\0')
    g_string_append_printf(out, "%s\n", summary);
  while (g_str_has_suffix(out->str, "\n\n"))
    g_string_truncate(out, out->len - 1);
  return g_string_free(g_steal_pointer(&out), FALSE);
}

gboolean mu_cli_why(MuCliCall *call, GError **error) {
  const char *what = mu_cli_arg(call, 0), *pod = mu_cli_arg(call, 1);
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  if (client == NULL)
    return FALSE;
  g_autoptr(json_t) why = pod != NULL ? ask(client, what, pod, error) : ask_either(client, what, error);
  if (why == NULL)
    return FALSE;
  if (mu_cli_shown_as_json(call, why))
    return TRUE;
  MuCliStyle style = mu_cli_style(stdout);
  g_autofree char *text = mu_cli_why_render(why, &style);
  mu_cli_print(text);
  return TRUE;
}
