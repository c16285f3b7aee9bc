/* Every exchange recorded from a real Mesos, replayed against the test master: the same calls in, and the same statuses,
 * headers, and events out, field by field. Ids differ and are mapped; offers come at other moments, so what is offered
 * altogether is compared. Time is virtual: an event that is not there yet is waited for by running the cluster on. */
#include "json.h"
#include "master_session.h"
#include "mesos_events.h"
#include "proto_json.h"
#include "shared_data.h"
#include <string.h>

#define PATIENCE_MS 20000 /* of virtual time, for one event */

typedef struct {
  MasterSession session;
  GHashTable *ids;    /* recorded text to ours: of the framework, streams, updates */
  GHashTable *theirs; /* recorded offers that are out: id to json_t* */
  char *where;
} Replay;

/* ---- the cluster that was recorded -------------------------------------------------------------------------------------- */

static void add_script(MuSim *sim, const char *task, gint64 ready_ms, gint64 end_ms, MuTaskState end) {
  const MuSimScript script = {.start_ms = 60, .ready_ms = ready_ms, .end_ms = end_ms, .end = end, .kill_ms = 50};
  mu_sim_script(sim, task, &script);
}

static MuSim *recorded_cluster(void) {
  MuSim *sim = mu_sim_new(1, NULL, NULL);
  const MuSimAgentOptions agent = {.id = "0ccef170-21cc-4f07-8ef5-92c770938667-S0",
                                   .hostname = "127.0.0.1",
                                   .attributes = "rack:r1;zone:a",
                                   .cpus_milli = 4000,
                                   .mem_mb = 4096,
                                   .disk_mb = 10000,
                                   .ports = "20000-30000"};
  mu_sim_be_like_mesos(sim, 100);
  mu_sim_add_agent_with(sim, &agent);
  add_script(sim, "hello-0-server", 2800, 0, MU_TASK_FINISHED);
  add_script(sim, "fin", 0, 100, MU_TASK_FINISHED);
  add_script(sim, "bad", 0, 100, MU_TASK_FAILED);
  add_script(sim, "a", 0, 1000, MU_TASK_FAILED);
  add_script(sim, "b", 0, 0, MU_TASK_FAILED);
  return sim;
}

static void replay_init(Replay *replay) {
  master_session_init(&replay->session, recorded_cluster());
  replay->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  replay->theirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_decref);
}

static void replay_clear(Replay *replay) {
  master_session_clear(&replay->session);
  g_hash_table_unref(replay->ids);
  g_hash_table_unref(replay->theirs);
  g_free(replay->where);
}

/* ---- calls -------------------------------------------------------------------------------------------------------------- */

static void substitute(GString *text, const char *from, const char *to) {
  g_string_replace(text, from, to, 0);
}

/* All our offers in place of the recorded ones; unknown ids stay. */
static void set_offer_ids(Replay *replay, json_t *body, const char *part) {
  json_t *ids = json_object_get(json_object_get(body, part), "offer_ids");
  gboolean known = FALSE;
  gsize i;
  json_t *id;
  json_array_foreach (ids, i, id)
    known |= g_hash_table_remove(replay->theirs, json_string_value(json_object_get(id, "value")));
  if (!known)
    return;
  json_array_clear(ids);
  GHashTableIter iter;
  gpointer ours = NULL;
  g_hash_table_iter_init(&iter, replay->session.offers);
  while (g_hash_table_iter_next(&iter, &ours, NULL)) {
    json_array_append_new(ids, json_pack("{s:s}", "value", (const char *)ours));
    g_hash_table_iter_remove(&iter);
  }
}

static char *our_text(Replay *replay, const json_t *body) {
  g_autoptr(json_t) copy = json_deep_copy(body);
  set_offer_ids(replay, copy, "accept");
  set_offer_ids(replay, copy, "decline");
  g_autofree char *plain = json_is_string(body) ? g_strdup(json_string_value(body)) : mu_json_to_string(copy);
  GString *text = g_string_new(plain);
  GHashTableIter iter;
  gpointer from = NULL, to = NULL;
  g_hash_table_iter_init(&iter, replay->ids);
  while (g_hash_table_iter_next(&iter, &from, &to))
    substitute(text, from, to);
  return g_string_free(text, FALSE);
}

static json_t *our_headers(Replay *replay, const json_t *headers) {
  json_t *copy = json_deep_copy(headers);
  const char *stream = json_string_value(json_object_get(headers, "Mesos-Stream-Id"));
  const char *ours = stream == NULL ? NULL : g_hash_table_lookup(replay->ids, stream);
  if (ours != NULL)
    json_object_set_new(copy, "Mesos-Stream-Id", json_string(ours));
  return copy;
}

static GBytes *our_body(Replay *replay, const json_t *call) {
  const char *base64 = json_string_value(json_object_get(call, "body_base64"));
  gsize length = 0;
  if (base64 != NULL) {
    guint8 *bytes = g_base64_decode(base64, &length);
    return g_bytes_new_take(bytes, length);
  }
  char *text = our_text(replay, json_object_get(call, "body"));
  return g_bytes_new_take(text, strlen(text));
}

static MasterReply *send_call(Replay *replay, const json_t *call) {
  g_autoptr(json_t) headers = our_headers(replay, json_object_get(call, "headers"));
  g_autoptr(GBytes) body = our_body(replay, call);
  return master_session_request(&replay->session, json_string_value(json_object_get(call, "method")),
                                json_string_value(json_object_get(call, "path")), headers, body);
}

/* ---- comparing ---------------------------------------------------------------------------------------------------------- */

/* Of the moment, of the machine, or not modelled: that they are there is compared, what they are is not. */
static gboolean is_volatile(const char *key) {
  static const char *const KEYS[] = {"timestamp", "uuid", "container_id", "offer_id", "Date", "Mesos-Stream-Id", NULL};
  return g_strv_contains(KEYS, key);
}

/* Not sent by the test master: muster's messages do not have them. */
static gboolean is_unknown(const char *key) {
  static const char *const KEYS[] = {"executor_pid", "master_info", "protocol", "status", NULL};
  return g_strv_contains(KEYS, key);
}

static gboolean same_text(Replay *replay, const char *theirs, const char *ours) {
  const char *mapped = g_hash_table_lookup(replay->ids, theirs);
  if (g_str_has_prefix(theirs, "Command exited with status ") && g_str_has_prefix(ours, "Command exited with status "))
    return TRUE; /* a virtual task fails with 1 */
  if (g_str_has_prefix(theirs, "Total resources "))
    return *ours != '\0'; /* in words of our own */
  if (g_str_has_prefix(theirs, "Task launched with invalid offers: "))
    return g_str_has_prefix(ours, "Task launched with invalid offers: ");
  return strcmp(mapped == NULL ? theirs : mapped, ours) == 0;
}

static gboolean same(Replay *replay, const json_t *theirs, const json_t *ours, GString *path);

static gboolean same_objects(Replay *replay, const json_t *theirs, const json_t *ours, GString *path) {
  const char *key;
  json_t *value;
  json_object_foreach ((json_t *)theirs, key, value) {
    gsize length = path->len;
    const json_t *other = json_object_get(ours, key);
    g_string_append_printf(path, ".%s", key);
    if (is_unknown(key) && json_is_object(theirs))
      ;
    else if (other == NULL || (!is_volatile(key) && !same(replay, value, other, path)))
      return FALSE;
    g_string_truncate(path, length);
  }
  json_object_foreach ((json_t *)ours, key, value)
    if (!is_unknown(key) && json_object_get(theirs, key) == NULL) {
      g_string_append_printf(path, ".%s (not recorded)", key);
      return FALSE;
    }
  return TRUE;
}

static gboolean same(Replay *replay, const json_t *theirs, const json_t *ours, GString *path) {
  if (json_is_object(theirs) && json_is_object(ours))
    return same_objects(replay, theirs, ours, path);
  if (json_is_string(theirs) && json_is_string(ours))
    return same_text(replay, json_string_value(theirs), json_string_value(ours));
  if (json_is_number(theirs) && json_is_number(ours))
    return json_number_value(theirs) == json_number_value(ours);
  if (!json_is_array(theirs) || json_array_size(theirs) != json_array_size(ours))
    return json_equal(theirs, ours);
  for (gsize i = 0; i < json_array_size(theirs); i++)
    if (!same(replay, json_array_get(theirs, i), json_array_get(ours, i), path))
      return FALSE;
  return TRUE;
}

static void assert_same(Replay *replay, const json_t *theirs, const json_t *ours) {
  g_autoptr(GString) path = g_string_new(NULL);
  if (same(replay, theirs, ours, path))
    return;
  g_autofree char *recorded = mu_json_to_string(theirs), *sent = mu_json_to_string(ours);
  g_error("%s: not the same at %s\nrecorded %s\nours     %s", replay->where, path->str, recorded, sent);
}

/* ---- replies ------------------------------------------------------------------------------------------------------------ */

/* libmicrohttpd adds headers of its own. */
static void check_headers(Replay *replay, const json_t *theirs, const json_t *ours) {
  const char *key;
  json_t *value;
  json_object_foreach ((json_t *)theirs, key, value) {
    const char *sent = json_string_value(json_object_get(ours, key));
    if (sent == NULL ||
        (!is_volatile(key) && strcmp(key, "Content-Length") != 0 && strcmp(sent, json_string_value(value)) != 0))
      g_error("%s: header %s is %s, recorded was %s", replay->where, key, sent, json_string_value(value));
  }
}

static void check_text(Replay *replay, const json_t *reply, const MasterReply *ours) {
  const char *theirs = json_string_value(json_object_get(reply, "body"));
  g_autofree char *text =
      ours->body->len == 0 ? g_strdup("") : g_strndup((const char *)ours->body->data, ours->body->len);
  g_autoptr(GString) mapped = g_string_new(theirs);
  GHashTableIter iter;
  gpointer from = NULL, to = NULL;
  g_hash_table_iter_init(&iter, replay->ids);
  while (theirs != NULL && g_hash_table_iter_next(&iter, &from, &to))
    substitute(mapped, from, to);
  if (theirs != NULL)
    g_assert_cmpstr(text, ==, mapped->str);
}

static void map_id(Replay *replay, const char *theirs, const char *ours) {
  if (theirs != NULL && ours != NULL && strcmp(theirs, ours) != 0)
    g_hash_table_insert(replay->ids, g_strdup(theirs), g_strdup(ours));
}

static const char *stream_id(const json_t *headers) {
  return json_string_value(json_object_get(headers, "Mesos-Stream-Id"));
}

static void check_reply(Replay *replay, const json_t *reply, MasterReply *take_ours) {
  guint wanted = (guint)json_integer_value(json_object_get(reply, "status"));
  if (take_ours->status != wanted)
    g_error("%s: status %u, recorded was %u: %.*s", replay->where, take_ours->status, wanted, (int)take_ours->body->len,
            (const char *)take_ours->body->data);
  check_headers(replay, json_object_get(reply, "headers"), take_ours->headers);
  check_text(replay, reply, take_ours);
  map_id(replay, stream_id(json_object_get(reply, "headers")), stream_id(take_ours->headers));
  if (take_ours->chunked)
    master_session_take_stream(&replay->session, take_ours);
  else
    master_reply_free(take_ours);
  master_session_take_in(&replay->session);
}

/* ---- events ------------------------------------------------------------------------------------------------------------- */

static const json_t *status_of(const json_t *event) {
  return json_object_get(json_object_get(event, "update"), "status");
}

static gboolean same_word(const json_t *a, const json_t *b, const char *key) {
  return g_strcmp0(json_string_value(json_object_get(a, key)), json_string_value(json_object_get(b, key))) == 0;
}

static gboolean is_same_news(Replay *replay, const json_t *theirs, const json_t *ours) {
  const json_t *a = status_of(theirs), *b = status_of(ours);
  if (!same_word(theirs, ours, "type"))
    return FALSE;
  if (a != NULL)
    return same_word(a, b, "state") && same_word(a, b, "reason") &&
           same_text(replay, master_value_of(a, "task_id"), master_value_of(b, "task_id"));
  const json_t *failure = json_object_get(theirs, "failure"), *other = json_object_get(ours, "failure");
  return failure == NULL ||
         g_strcmp0(master_value_of(failure, "executor_id"), master_value_of(other, "executor_id")) == 0;
}

static json_t *find_event(Replay *replay, const json_t *theirs) {
  for (guint i = 0; i < replay->session.events->len; i++) {
    json_t *ours = replay->session.events->pdata[i];
    if (!is_same_news(replay, theirs, ours))
      continue;
    json_incref(ours);
    g_ptr_array_remove_index(replay->session.events, i);
    return ours;
  }
  return NULL;
}

static void map_event(Replay *replay, const json_t *theirs, const json_t *ours) {
  const json_t *a = json_object_get(theirs, "subscribed"), *b = json_object_get(ours, "subscribed");
  if (a != NULL)
    map_id(replay, master_value_of(a, "framework_id"), master_value_of(b, "framework_id"));
  map_id(replay, json_string_value(json_object_get(status_of(theirs), "uuid")),
         json_string_value(json_object_get(status_of(ours), "uuid")));
}

static void check_event(Replay *replay, const json_t *theirs) {
  gint64 until_ms = replay->session.now_ms + PATIENCE_MS;
  if (master_is_type(theirs, "HEARTBEAT"))
    return; /* of real time, but for the first one: see test_first_records */
  if (master_is_type(theirs, "SUBSCRIBED"))
    g_hash_table_remove_all(replay->theirs);
  if (master_is_type(theirs, "RESCIND"))
    g_hash_table_remove(replay->theirs, master_value_of(json_object_get(theirs, "rescind"), "offer_id"));
  json_t *ours = find_event(replay, theirs);
  while (ours == NULL && master_session_run_on(&replay->session, until_ms))
    ours = find_event(replay, theirs);
  if (ours == NULL) {
    g_autofree char *text = mu_json_to_string(theirs);
    g_error("%s: it never came: %s", replay->where, text);
  }
  map_event(replay, theirs, ours);
  assert_same(replay, theirs, ours);
  json_decref(ours);
}

/* ---- offers ------------------------------------------------------------------------------------------------------------- */

static int compare_lines(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *offered(GHashTable *offers) {
  g_autoptr(MuResources) sum = mu_resources_new();
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
  GHashTableIter iter;
  gpointer offer = NULL;
  g_hash_table_iter_init(&iter, offers);
  while (g_hash_table_iter_next(&iter, NULL, &offer)) {
    g_autoptr(MuArena) arena = mu_arena_new();
    const Mesos__Offer *message = (Mesos__Offer *)mu_proto_from_json(arena, &mesos__offer__descriptor, offer, NULL);
    g_autoptr(MuOffer) read = mu_mesos_offer_read(message);
    mu_resources_add_all(sum, read->resources);
  }
  for (guint i = 0; i < sum->items->len; i++) {
    const MuResource *resource = sum->items->pdata[i];
    g_autofree char *text = mu_resource_to_string(resource);
    g_ptr_array_add(lines, g_strdup_printf("%s %s %s %s", text, resource->reservation.role,
                                           resource->reservation.resource_id, resource->persistence_id));
  }
  g_ptr_array_sort(lines, compare_lines);
  g_ptr_array_add(lines, NULL);
  return g_strjoinv("\n", (char **)lines->pdata);
}

/* What the agent's offers have besides resources. */
static void check_offer_fields(Replay *replay, const json_t *theirs) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, replay->session.offers);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    g_autoptr(json_t) a =
        json_deep_copy(json_array_get(json_object_get(json_object_get(theirs, "offers"), "offers"), 0));
    g_autoptr(json_t) b = json_deep_copy(value);
    json_object_del(a, "resources"), json_object_del(b, "resources");
    json_object_del(a, "id"), json_object_del(b, "id");
    json_object_del(a, "executor_ids"), json_object_del(b, "executor_ids");
    assert_same(replay, a, b);
  }
}

/* In the end the same is offered altogether. */
static void check_offers(Replay *replay, const json_t *theirs) {
  gint64 until_ms = replay->session.now_ms + PATIENCE_MS;
  master_note_offers(replay->theirs, theirs);
  g_autofree char *wanted = offered(replay->theirs);
  for (;;) {
    g_autofree char *have = offered(replay->session.offers);
    if (strcmp(wanted, have) == 0)
      break;
    if (!master_session_run_on(&replay->session, until_ms))
      g_error("%s: offered is\n%s\nrecorded was\n%s", replay->where, have, wanted);
  }
  check_offer_fields(replay, theirs);
}

static json_t *event_body(const json_t *line) {
  gsize length = 0;
  const char *base64 = json_string_value(json_object_get(line, "body_base64"));
  if (base64 == NULL)
    return json_incref(json_object_get(line, "body"));
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autofree guint8 *bytes = g_base64_decode(base64, &length);
  return mu_proto_to_json(mu_wire_decode(arena, &mesos__event__descriptor, MU_WIRE_PROTOBUF, bytes, length, NULL));
}

/* ---- files -------------------------------------------------------------------------------------------------------------- */

/* Tasks were recorded with ids like hello-world__fin-0-once__1; muster's end with a uuid. */
static void map_task_ids(Replay *replay, const char *text) {
  g_autoptr(GRegex) regex = g_regex_new("[a-z-]+__[a-z0-9-]+__([01])(?=\")", 0, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;
  g_regex_match(regex, text, 0, &match);
  for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
    g_autofree char *id = g_match_info_fetch(match, 0);
    g_autofree char *ours = g_strdup_printf("%s1111111-1111-4111-8111-111111111111", id);
    map_id(replay, id, ours);
  }
}

static GPtrArray *read_lines(Replay *replay, const char *path) {
  g_autofree char *text = NULL;
  GPtrArray *lines = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  map_task_ids(replay, text);
  g_auto(GStrv) parts = g_strsplit(g_strchomp(text), "\n", -1);
  for (guint i = 0; parts[i] != NULL; i++) {
    json_t *line = mu_json_parse(parts[i], strlen(parts[i]), G_MAXSIZE, NULL);
    g_assert_nonnull(line);
    g_ptr_array_add(lines, line);
  }
  return lines;
}

static gboolean is_dir(const json_t *line, const char *dir) {
  return strcmp(json_string_value(json_object_get(line, "dir")), dir) == 0;
}

/* The call's reply may stand after events that overtook it. */
static json_t *take_reply(GPtrArray *lines, guint from) {
  for (guint i = from; i < lines->len; i++) {
    json_t *line = lines->pdata[i];
    if (!is_dir(line, "reply"))
      continue;
    json_incref(line);
    g_ptr_array_remove_index(lines, i);
    return line;
  }
  return NULL;
}

static guint find_line(const GPtrArray *lines, guint from, const char *dir) {
  while (from < lines->len && !is_dir(lines->pdata[from], dir))
    from++;
  return from;
}

/* Two calls that were on their way together reached the real master in the other order: the kill of a task found it not yet
 * acknowledged. */
static void order_calls(GPtrArray *lines, guint i) {
  guint next = find_line(lines, i + 1, "call");
  if (next >= find_line(lines, i + 1, "reply"))
    return;
  json_t *call = lines->pdata[i];
  lines->pdata[i] = lines->pdata[next];
  lines->pdata[next] = call;
}

static void check_end(Replay *replay) {
  master_session_take_in(&replay->session);
  for (guint i = 0; i < replay->session.events->len; i++) {
    g_autofree char *text = mu_json_to_string(replay->session.events->pdata[i]);
    if (master_is_type(replay->session.events->pdata[i], "UPDATE") ||
        master_is_type(replay->session.events->pdata[i], "FAILURE"))
      g_error("%s: it was not recorded: %s", replay->where, text);
  }
  g_ptr_array_set_size(replay->session.events, 0);
}

static void obey_note(Replay *replay, const char *text) {
  const char *agent = "0ccef170-21cc-4f07-8ef5-92c770938667-S0";
  if (strcmp(text, "the agent process is stopped") == 0) {
    mu_sim_rescind(replay->session.sim, agent);
  } else if (strcmp(text, "no such offer in 3s") == 0) {
    while (master_session_run_on(&replay->session, replay->session.now_ms + 3000))
      continue;
    g_assert_cmpuint(g_hash_table_size(replay->session.offers), ==, 0);
  }
}

static void replay_line(Replay *replay, GPtrArray *lines, guint i) {
  if (is_dir(lines->pdata[i], "call"))
    order_calls(lines, i);
  const json_t *line = lines->pdata[i];
  if (is_dir(line, "call")) {
    g_autoptr(json_t) reply = take_reply(lines, i + 1);
    check_reply(replay, reply, send_call(replay, line));
  } else if (is_dir(line, "event")) {
    g_autoptr(json_t) event = event_body(line);
    if (master_is_type(event, "OFFERS"))
      check_offers(replay, event);
    else
      check_event(replay, event);
  } else if (is_dir(line, "note")) {
    obey_note(replay, json_string_value(json_object_get(line, "text")));
  }
}

static void replay_file(Replay *replay, const char *path) {
  g_autoptr(GPtrArray) lines = read_lines(replay, path);
  for (guint i = 0; i < lines->len; i++) {
    g_free(replay->where);
    replay->where = g_strdup_printf("%s:%u", path, i + 1);
    replay_line(replay, lines, i);
  }
  check_end(replay);
}

static void test_recorded(void) {
  static const char *const FILES[] = {"01-deploy-pod",       "02-reconcile",     "03-kill-and-relaunch",
                                      "04-exit-codes",       "05-refusals",      "06-suppress-revive-failover",
                                      "07-update-framework", "08-agent-restart", "09-uninstall",
                                      "10-protobuf-stream"};
  Replay replay = {0};
  replay_init(&replay);
  for (guint i = 0; i < G_N_ELEMENTS(FILES); i++) {
    g_autofree char *name = g_strdup_printf("mesos/%s.jsonl", FILES[i]);
    g_autofree char *path = mu_test_shared(name);
    if (path == NULL) {
      g_test_skip("the recorded exchanges are not there");
      break;
    }
    replay_file(&replay, path);
  }
  replay_clear(&replay);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_replay/recorded", test_recorded);
  return g_test_run();
}
