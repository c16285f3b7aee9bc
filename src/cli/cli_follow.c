#include "cli_follow.h"
#include "cli_sse.h"
#include "cli_tree.h"
#include <stdio.h>
#include <string.h>

/* A plan that stands still for so long is asked why. */
#define STILL_US (G_USEC_PER_SEC * 3 / 2)
#define WHY_LINES 5

typedef struct {
  const MuCliFollow *follow;
  MuCliStyle style;
  MuCliLive live;
  MuCliSse *sse;
  gboolean still;         /* it has stood still since it was last shown */
  gboolean dirty;         /* something happened since the plan was read */
  gboolean stream_broken; /* the event stream ended */
  gboolean leaving;       /* the service is on its way out: what plans do from now on is its removal */
  gboolean was_complete;  /* before that, the plan was */
  gboolean done;
  json_t *plan; /* as last read; NULL: not yet */
  char *plan_name;
  GHashTable *shown; /* line's key to the status that was printed for it */
  GError *error;
} Watch;

/* ---- why it waits ------------------------------------------------------------------------------------------------ */

/* Calls `take` for every step that is not complete and says something. */
static void each_reason(const json_t *plan, void (*take)(const json_t *phase, const json_t *step, gpointer user),
                        gpointer user) {
  gsize i, j;
  json_t *phase, *step;
  json_array_foreach (json_object_get(plan, "phases"), i, phase) {
    json_array_foreach (json_object_get(phase, "steps"), j, step) {
      if (!g_str_equal(mu_cli_json_text(step, "status"), "COMPLETE") && *mu_cli_json_text(step, "message") != '\0')
        take(phase, step, user);
    }
  }
}

static void append_reason(const json_t *phase, const json_t *step, gpointer user) {
  (void)phase;
  GPtrArray *lines = user;
  if (lines->len < WHY_LINES)
    g_ptr_array_add(lines,
                    g_strdup_printf("\n%s: %s", mu_cli_json_text(step, "name"), mu_cli_json_text(step, "message")));
}

/* A line for each step that says why it waits, the first few; the caller frees. */
static char *reasons(const json_t *plan) {
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
  each_reason(plan, append_reason, lines);
  g_ptr_array_add(lines, NULL);
  return g_strjoinv("", (char **)lines->pdata);
}

/* ---- showing ----------------------------------------------------------------------------------------------------- */

void mu_cli_live_draw(MuCliLive *live, const char *text) {
  g_autoptr(GString) out = g_string_new(NULL);
  if (live->lines > 0)
    g_string_append_printf(out, "\033[%dA\r", live->lines);
  g_string_append(out, "\033[J");
  g_string_append(out, text);
  live->lines = 0;
  for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
    live->lines++;
  fwrite(out->str, 1, out->len, stdout);
  fflush(stdout);
}

static char *title_of(const Watch *watch) {
  return g_strdup_printf("%s %s", watch->follow->service, watch->plan_name);
}

static void show_tree(Watch *watch) {
  watch->style = mu_cli_style(stdout);
  MuCliStyle style = watch->style;
  style.height = MAX(style.height - 2, 4);
  g_autofree char *title = title_of(watch);
  g_autofree char *tree = mu_cli_tree_render(title, watch->plan, &style);
  mu_cli_live_draw(&watch->live, tree);
}

/* Prints the line when its status is another than the one printed before. */
static void show_change(Watch *watch, const char *key, const char *text, const char *status, gboolean quiet) {
  const char *before = g_hash_table_lookup(watch->shown, key);
  if (g_strcmp0(before, status) == 0)
    return;
  g_hash_table_insert(watch->shown, g_strdup(key), g_strdup(status));
  if (quiet)
    return;
  mu_cli_printf("%s %s\n", text, status);
}

static void show_step_change(Watch *watch, const json_t *phase, const json_t *step) {
  const char *status = mu_cli_json_text(step, "status");
  g_autofree char *text = g_strdup_printf("%s %s/%s/%s", watch->follow->service, watch->plan_name,
                                          mu_cli_json_text(phase, "name"), mu_cli_json_text(step, "name"));
  gboolean first = !g_hash_table_contains(watch->shown, text);
  show_change(watch, text, text, status, first && g_str_equal(status, "PENDING"));
}

static void show_reason(const json_t *phase, const json_t *step, gpointer user) {
  Watch *watch = user;
  g_autofree char *key = g_strdup_printf("%s/%s", mu_cli_json_text(phase, "name"), mu_cli_json_text(step, "name"));
  g_autofree char *text =
      g_strdup_printf("%s %s/%s %s:", watch->follow->service, watch->plan_name, key, mu_cli_json_text(step, "status"));
  show_change(watch, key, text, mu_cli_json_text(step, "message"), FALSE);
}

static void show_changes(Watch *watch) {
  gsize i, j;
  json_t *phase, *step;
  json_array_foreach (json_object_get(watch->plan, "phases"), i, phase) {
    json_array_foreach (json_object_get(phase, "steps"), j, step)
      show_step_change(watch, phase, step);
  }
  guint complete, steps;
  mu_cli_tree_count(watch->plan, &complete, &steps);
  g_autofree char *title = title_of(watch);
  g_autofree char *status = g_strdup_printf("%s %u/%u", mu_cli_json_text(watch->plan, "status"), complete, steps);
  show_change(watch, title, title, status, FALSE);
  if (watch->still)
    each_reason(watch->plan, show_reason, watch);
  fflush(stdout);
}

static void show(Watch *watch) {
  if (watch->follow->silent)
    return;
  if (watch->follow->json)
    mu_cli_print_json_line(watch->plan);
  else if (watch->style.live)
    show_tree(watch);
  else
    show_changes(watch);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* The plan's name may change under us: an update may go by another plan than the deployment. */
static gboolean read_plan_name(Watch *watch, GError **error) {
  if (watch->follow->plan != NULL) {
    if (watch->plan_name == NULL)
      watch->plan_name = g_strdup(watch->follow->plan);
    return TRUE;
  }
  g_autofree char *path = mu_cli_path("/v1/service/%s", watch->follow->service);
  g_autoptr(json_t) row = mu_cli_client_get(watch->follow->client, path, error);
  if (row == NULL)
    return FALSE;
  const char *plan = mu_cli_json_text(row, "plan");
  g_free(watch->plan_name);
  watch->plan_name = g_strdup(*plan == '\0' ? "deploy" : plan);
  watch->leaving |= g_str_equal(mu_cli_json_text(row, "state"), "UNINSTALLING");
  if (!g_str_equal(mu_cli_json_text(row, "state"), "FAILED"))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "the service %s cannot run: %s", watch->follow->service,
              mu_cli_json_text(row, "error"));
  return FALSE;
}

static json_t *read_plan(Watch *watch, GError **error) {
  if (!read_plan_name(watch, error))
    return NULL;
  g_autofree char *path = mu_cli_path("/v1/service/%s/plans/%s", watch->follow->service, watch->plan_name);
  return mu_cli_client_get(watch->follow->client, path, error);
}

static void finish(Watch *watch, GError *take_error) {
  watch->done = TRUE;
  g_clear_error(&watch->error);
  watch->error = take_error;
  mu_cli_client_stop(watch->follow->client);
}

static gboolean is_wanted_gone(const Watch *watch) {
  switch (watch->follow->until) {
  case MU_FOLLOW_GONE: return TRUE;
  case MU_FOLLOW_FOREVER: return watch->plan != NULL;
  case MU_FOLLOW_COMPLETE: break;
  }
  return watch->was_complete; /* it has removed itself, having finished */
}

static void on_unreadable(Watch *watch, GError *take_error) {
  if (g_error_matches(take_error, MU_ERROR, MU_ERROR_NOT_FOUND) && is_wanted_gone(watch))
    g_clear_error(&take_error);
  finish(watch, take_error);
}

/* Nothing but its removal comes to an end any more. TRUE: that was not what is waited for. */
static gboolean ends_unfinished(Watch *watch) {
  if (watch->follow->until != MU_FOLLOW_COMPLETE || !watch->leaving)
    return FALSE;
  finish(watch, watch->was_complete
                    ? NULL
                    : g_error_new(MU_ERROR, MU_ERROR_CONFLICT,
                                  "the service %s is being removed, and its plan was not complete before",
                                  watch->follow->service));
  return TRUE;
}

static char *first_error(const json_t *plan) {
  const json_t *fault = json_array_get(json_object_get(plan, "errors"), 0);
  return json_is_string(fault) ? g_strdup(json_string_value(fault))
         : fault == NULL       ? NULL
                               : json_dumps(fault, JSON_COMPACT);
}

static void check_end(Watch *watch) {
  const char *status = mu_cli_json_text(watch->plan, "status");
  if (watch->follow->until != MU_FOLLOW_COMPLETE)
    return;
  if (g_str_equal(status, "COMPLETE")) {
    finish(watch, NULL);
  } else if (g_str_equal(status, "ERROR")) {
    g_autofree char *fault = first_error(watch->plan);
    finish(watch, g_error_new(MU_ERROR, MU_ERROR_FAILED, "the plan %s of %s is in error: %s", watch->plan_name,
                              watch->follow->service, fault == NULL ? "`muster plan show` tells more" : fault));
  }
}

/* Looks at the plan when something happened. */
static void settle(gpointer user) {
  Watch *watch = user;
  if (watch->done)
    return;
  if (!watch->dirty) {
    if (watch->stream_broken)
      finish(watch, g_steal_pointer(&watch->error));
    return;
  }
  watch->dirty = FALSE;
  GError *error = NULL;
  json_t *plan = read_plan(watch, &error);
  if (ends_unfinished(watch)) {
    json_decref(plan);
    g_clear_error(&error);
    return;
  }
  if (plan == NULL) {
    on_unreadable(watch, error);
    return;
  }
  gboolean same = watch->plan != NULL && json_equal(plan, watch->plan);
  json_decref(watch->plan);
  watch->plan = plan;
  if (!same || watch->still)
    show(watch);
  check_end(watch);
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

/* What may be over before it is read: a service that has finished removes itself, perhaps. */
static void note(Watch *watch, const MuCliEvent *event) {
  const char *plan = watch->plan_name != NULL ? watch->plan_name : watch->follow->plan;
  gboolean of_service = g_str_equal(event->type, "service"), of_plan = g_str_equal(event->type, "plan");
  g_autoptr(json_t) data = of_service || of_plan ? json_loads(event->data, 0, NULL) : NULL;
  if (of_service)
    watch->leaving |= g_str_equal(mu_cli_json_text(data, "state"), "UNINSTALLING");
  else if (of_plan && !watch->leaving && g_str_equal(mu_cli_json_text(data, "plan"), plan == NULL ? "deploy" : plan))
    watch->was_complete = g_str_equal(mu_cli_json_text(data, "status"), "COMPLETE");
}

static void on_event(const MuCliEvent *event, gpointer user) {
  Watch *watch = user;
  note(watch, event);
  watch->dirty = TRUE;
  if (watch->still)
    mu_cli_client_stop(watch->follow->client); /* begin to count anew */
  watch->still = FALSE;
}

static void on_opened(gpointer user) {
  ((Watch *)user)->dirty = TRUE;
}

static void on_data(const char *bytes, gsize length, gpointer user) {
  mu_cli_sse_feed(((Watch *)user)->sse, bytes, length);
}

static void on_ended(const GError *error, gpointer user) {
  Watch *watch = user;
  watch->stream_broken = TRUE;
  g_clear_error(&watch->error);
  watch->error = error != NULL ? g_error_copy(error)
                               : g_error_new(MU_ERROR, MU_ERROR_NO_SCHEDULER,
                                             "the scheduler has ended: start it again with `muster serve --state %s`",
                                             mu_cli_client_target(watch->follow->client)->state_dir);
  if (watch->follow->until == MU_FOLLOW_GONE)
    watch->dirty = TRUE; /* it may have gone with the service: look once more */
}

static void begin(Watch *watch) {
  watch->style = mu_cli_style(stdout);
  watch->sse = mu_cli_sse_new(on_event, watch);
  watch->shown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *path = mu_cli_path("/v1/events?service=%s", watch->follow->service);
  MuCliStreamHandler handler = {.opened = on_opened, .data = on_data, .ended = on_ended, .user = watch};
  mu_cli_client_stream(watch->follow->client, path, &handler);
}

static void clear(Watch *watch) {
  mu_cli_client_drop_streams(watch->follow->client);
  mu_cli_sse_free(watch->sse);
  json_decref(watch->plan);
  g_hash_table_unref(watch->shown);
  g_free(watch->plan_name);
  g_clear_error(&watch->error);
}

static void set_timed_out(Watch *watch) {
  const MuCliFollow *follow = watch->follow;
  g_autofree char *why = reasons(watch->plan);
  guint complete, steps;
  mu_cli_tree_count(watch->plan, &complete, &steps);
  finish(watch, g_error_new(MU_ERROR, MU_ERROR_TIMED_OUT,
                            "after %" G_GINT64_FORMAT " s the plan %s of %s is %s with %u of %u steps complete; it "
                            "goes on in the scheduler, and `muster plan show %s --follow` watches it%s",
                            follow->timeout_ms / 1000, watch->plan_name == NULL ? "" : watch->plan_name,
                            follow->service, watch->plan == NULL ? "not read" : mu_cli_json_text(watch->plan, "status"),
                            complete, steps, follow->service, why));
}

gboolean mu_cli_follow(const MuCliFollow *follow, GError **error) {
  Watch watch = {.follow = follow};
  gint64 deadline = follow->timeout_ms == 0 ? G_MAXINT64 : g_get_monotonic_time() + follow->timeout_ms * 1000;
  begin(&watch);
  while (!watch.done) {
    gint64 still = watch.still ? G_MAXINT64 : g_get_monotonic_time() + STILL_US;
    mu_cli_client_run(follow->client, MIN(deadline, still), settle, &watch);
    if (watch.done)
      break;
    gint64 now = g_get_monotonic_time();
    if (now >= deadline)
      set_timed_out(&watch);
    else if (watch.plan != NULL && now >= still)
      watch.still = watch.dirty = TRUE; /* read it again: it says by now why nothing moves */
  }
  gboolean ok = watch.error == NULL;
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&watch.error));
  clear(&watch);
  return ok;
}

/* ---- --wait and --timeout ---------------------------------------------------------------------------------------- */

gboolean mu_cli_check_timeout(const MuCliCall *call, GError **error) {
  if (!mu_cli_has(call, "timeout") || mu_cli_has(call, "wait"))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--timeout goes with --wait");
  return FALSE;
}

gboolean mu_cli_wait_if_asked(const MuCliCall *call, MuCliClient *client, const char *service, const char *plan,
                              GError **error) {
  MuCliFollow follow = {.client = client,
                        .service = service,
                        .plan = plan,
                        .until = MU_FOLLOW_COMPLETE,
                        .timeout_ms = mu_cli_number(call, "timeout", 0),
                        .silent = mu_cli_has(call, "json")};
  return !mu_cli_has(call, "wait") || mu_cli_follow(&follow, error);
}
