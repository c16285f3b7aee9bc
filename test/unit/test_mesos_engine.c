/* The engine against the test master's front: what it does when all goes well, and when nothing does. */
#include "mesos_world.h"
#include <glib/gstdio.h>

/* ---- all goes well ---------------------------------------------------------------------------------------------------------- */

static void test_events(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  g_assert_cmpstr(world->framework_id, ==, mu_mesos_front_framework_id(world->front));
  send_offer(world, "o1");
  send_status(world, "svc__t__u");
  send_word(world, MU_EVENT_RESCIND, "o1", NULL);
  send_word(world, MU_EVENT_FAILURE, "executor", "agent-1");
  WAIT_FOR(has_last(world->events, "FAILURE(agent-1)"));
  g_assert_cmpstr(world->events->str, ==, "SUBSCRIBED OFFERS(o1) UPDATE(svc__t__u) RESCIND(o1) FAILURE(agent-1)");
  g_assert_cmpstr(world->status->uuid, ==, "AAECAwQFBgcICQoLDA0ODw==");
  world_free(world);
}

/* In order, whatever their number. */
static void test_calls_in_order(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  for (guint i = 0; i < 50; i++) {
    perform(world, mu_engine_call_new(MU_CALL_SUPPRESS));
    perform(world, mu_engine_call_new(MU_CALL_RECONCILE));
  }
  perform(world, mu_engine_call_new(MU_CALL_TEARDOWN));
  WAIT_FOR(has_last(world->calls, "TEARDOWN"));
  g_autoptr(GString) expected = g_string_new(NULL);
  for (guint i = 0; i < 50; i++)
    g_string_append(expected, "SUPPRESS RECONCILE ");
  g_string_append(expected, "TEARDOWN");
  g_assert_cmpstr(world->calls->str, ==, expected->str);
  world_free(world);
}

static void test_accept(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  WAIT_FOR(has_last(world->events, "OFFERS(o1)"));
  perform(world, make_launch("o1"));
  WAIT_FOR(has_last(world->calls, "ACCEPT"));
  world_free(world);
}

static void test_acknowledge(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  send_status(world, "svc__t__u");
  WAIT_FOR(world->status != NULL);
  MuEngineCall *call = mu_engine_call_new(MU_CALL_ACKNOWLEDGE);
  call->task_id = g_strdup(world->status->task_id);
  call->agent_id = g_strdup(world->status->agent_id);
  call->uuid = g_strdup(world->status->uuid);
  perform(world, call);
  WAIT_FOR(mu_mesos_front_counters(world->front).acknowledgements == 1);
  world_free(world);
}

static void test_json(void) {
  World *world = world_new();
  add_front(world, 15000);
  MuMesosEngineConfig config = default_config();
  config.json = TRUE;
  open_engine(world, config, NULL);
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  WAIT_FOR(has_last(world->events, "OFFERS(o1)"));
  perform(world, call_for_offer(MU_CALL_DECLINE, "o1"));
  WAIT_FOR(has_last(world->calls, "DECLINE"));
  world_free(world);
}

/* ---- offers that are gone ----------------------------------------------------------------------------------------------------- */

static void test_accept_of_rescinded(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  send_offer(world, "o2");
  send_word(world, MU_EVENT_RESCIND, "o1", NULL);
  WAIT_FOR(has_last(world->events, "RESCIND(o1)"));
  MuEngineCall *call = make_launch("o1");
  mu_items_add(call->offer_ids, g_strdup("o2"));
  perform(world, call);
  WAIT_FOR(world->status != NULL && has_last(world->calls, "DECLINE")); /* of the other one */
  g_assert_cmpint(world->status->state, ==, MU_TASK_DROPPED);
  g_assert_cmpstr(world->status->reason, ==, "REASON_INVALID_OFFERS");
  g_assert_null(world->status->uuid);
  g_assert_null(strstr(world->calls->str, "ACCEPT"));
  world_free(world);
}

static void test_refused_accept(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  WAIT_FOR(has_last(world->events, "OFFERS(o1)"));
  mu_mesos_front_faults(world->front)->answer_status = 400;
  mu_mesos_front_faults(world->front)->answer_n = 1;
  perform(world, make_launch("o1"));
  WAIT_FOR(world->status != NULL);
  g_assert_cmpint(world->status->state, ==, MU_TASK_ERROR);
  g_assert_cmpstr(world->status->message, ==, "the master refused the launch: 400 as the test wants it");
  g_assert_cmpuint(world->disconnected, ==, 0);
  world_free(world);
}

static GBytes *no_value(const char *service, const char *secret, gpointer user, GError **error) {
  (void)user;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s is not for %s", secret, service);
  return NULL;
}

/* A launch whose secrets may not be had is not sent, and its offer is given back. */
static void test_secrets_are_not_to_be_had(void) {
  static const MuMesosSecretFuncs FUNCS = {.value = no_value};
  World *world = world_open();
  mu_mesos_engine_set_secrets(world->engine, &FUNCS, NULL);
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  WAIT_FOR(has_last(world->events, "OFFERS(o1)"));
  MuEngineCall *call = make_launch("o1");
  const MuOperation *operation = call->operations->pdata[0];
  mu_items_add(operation->launch->secrets, mu_launch_secret_new("other/key", "KEY", NULL));
  perform(world, call);
  WAIT_FOR(world->status != NULL && has_last(world->calls, "DECLINE"));
  g_assert_cmpint(world->status->state, ==, MU_TASK_ERROR);
  g_assert_cmpstr(world->status->message, ==, "its secrets cannot be had: other/key is not for svc");
  g_assert_null(strstr(world->calls->str, "ACCEPT"));
  world_free(world);
}

/* ---- connections that break ---------------------------------------------------------------------------------------------------- */

static void send_both(gpointer user) {
  send_offer(user, "o1");
  send_status(user, "svc__t__u");
}

/* At whatever byte the stream is cut: the engine comes back under its id, and hears what is sent then. */
static void test_cut_at_any_byte(void) {
  static const MuMesosFrontFuncs FUNCS = {.subscribed = send_both};
  World *world = world_new();
  world->front = mu_mesos_front_new(0, 15000, &FUNCS, world);
  mu_mesos_front_faults(world->front)->cut_after = 1;
  open_engine(world, default_config(), "framework-1");
  for (gint64 n = 1; n <= 200; n++) {
    mu_mesos_front_faults(world->front)->cut_after = n;
    guint before = world->disconnected;
    WAIT_FOR(world->disconnected > before);
    g_assert_cmpuint(world->errors, ==, 0);
  }
  mu_mesos_front_faults(world->front)->cut_after = 0;
  WAIT_FOR(has_last(world->events, "SUBSCRIBED OFFERS(o1) UPDATE(svc__t__u)"));
  g_assert_cmpstr(world->framework_id, ==, "framework-1");
  world_free(world);
}

static void test_byte_by_byte(void) {
  World *world = world_new();
  add_front(world, 15000);
  mu_mesos_front_faults(world->front)->piece = 1;
  open_engine(world, default_config(), NULL);
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  send_status(world, "svc__t__u");
  WAIT_FOR(has_last(world->events, "UPDATE(svc__t__u)"));
  g_assert_cmpstr(world->events->str, ==, "SUBSCRIBED OFFERS(o1) UPDATE(svc__t__u)");
  world_free(world);
}

static void test_end_in_order(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  mu_mesos_front_cut(world->front, TRUE);
  WAIT_FOR(world->subscribed == 2);
  g_assert_cmpstr(world->events->str, ==, "SUBSCRIBED DISCONNECTED SUBSCRIBED");
  g_assert_nonnull(strstr(world->messages->pdata[0], "ended the event stream"));
  world_free(world);
}

/* An offer of an earlier subscription is none any more. */
static void test_offers_end_with_subscription(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  WAIT_FOR(has_last(world->events, "OFFERS(o1)"));
  mu_mesos_front_cut(world->front, FALSE);
  WAIT_FOR(world->subscribed == 2);
  perform(world, make_launch("o1"));
  WAIT_FOR(world->status != NULL);
  g_assert_cmpint(world->status->state, ==, MU_TASK_DROPPED);
  world_free(world);
}

static void test_silence(void) {
  World *world = world_new();
  add_front(world, 20);
  MuMesosEngineConfig config = default_config();
  config.missed_heartbeats = 3;
  mu_mesos_front_faults(world->front)->silent = TRUE;
  open_engine(world, config, NULL);
  WAIT_FOR(world->disconnected >= 1);
  g_assert_nonnull(strstr(world->messages->pdata[0], "has sent nothing for 60 ms, not even a heartbeat"));
  mu_mesos_front_faults(world->front)->silent = FALSE;
  WAIT_FOR(world->subscribed >= 2);
  world_free(world);
}

static gboolean on_tick(gpointer user) {
  (void)user;
  return G_SOURCE_CONTINUE;
}

static void test_heartbeats_keep_it(void) {
  World *world = world_new();
  add_front(world, 20);
  MuMesosEngineConfig config = default_config();
  config.missed_heartbeats = 50; /* a second: a machine under load is late, too */
  open_engine(world, config, NULL);
  WAIT_FOR(world->subscribed == 1);
  gint64 until_us = g_get_monotonic_time() + 1500 * 1000;
  guint tick = g_timeout_add(20, on_tick, NULL);
  while (g_get_monotonic_time() < until_us)
    g_main_context_iteration(NULL, TRUE);
  g_source_remove(tick);
  g_assert_cmpuint(world->disconnected, ==, 0);
  world_free(world);
}

static void test_no_answer(void) {
  World *world = world_new();
  add_front(world, 15000);
  MuMesosEngineConfig config = default_config();
  config.subscribe_timeout_ms = 30;
  mu_mesos_front_faults(world->front)->mute = TRUE;
  open_engine(world, config, NULL);
  WAIT_FOR(world->disconnected >= 2);
  g_assert_nonnull(strstr(world->messages->pdata[0], "has not answered SUBSCRIBE within 30 ms"));
  world_free(world);
}

static void test_unavailable(void) {
  World *world = world_new();
  add_front(world, 15000);
  mu_mesos_front_faults(world->front)->answer_status = 503;
  mu_mesos_front_faults(world->front)->answer_n = 5;
  open_engine(world, default_config(), NULL);
  WAIT_FOR(world->subscribed == 1);
  g_assert_cmpuint(world->disconnected, ==, 5);
  g_assert_nonnull(strstr(world->messages->pdata[0], "503"));
  world_free(world);
}

/* A call that the master does not take ends the subscription, and a new one sets all right. */
static void test_call_unavailable(void) {
  static const guint STATUSES[] = {500, 503, 401, 403};
  for (gsize i = 0; i < G_N_ELEMENTS(STATUSES); i++) {
    World *world = world_open();
    WAIT_FOR(world->subscribed == 1);
    mu_mesos_front_faults(world->front)->answer_status = STATUSES[i];
    mu_mesos_front_faults(world->front)->answer_n = 1;
    perform(world, mu_engine_call_new(MU_CALL_RECONCILE));
    WAIT_FOR(world->subscribed == 2);
    g_assert_cmpstr(world->events->str, ==, "SUBSCRIBED DISCONNECTED SUBSCRIBED");
    world_free(world);
  }
}

static void test_wrong_stream(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  mu_mesos_front_faults(world->front)->forget_stream = TRUE;
  perform(world, mu_engine_call_new(MU_CALL_RECONCILE));
  WAIT_FOR(world->disconnected == 1);
  mu_mesos_front_faults(world->front)->forget_stream = FALSE;
  WAIT_FOR(world->subscribed == 2);
  perform(world, mu_engine_call_new(MU_CALL_RECONCILE));
  WAIT_FOR(has_last(world->calls, "RECONCILE"));
  world_free(world);
}

/* ---- who leads ------------------------------------------------------------------------------------------------------------------ */

static void test_redirect(void) {
  World *world = world_new(), *other = world_new();
  add_front(world, 15000);
  add_front(other, 15000);
  mu_mesos_front_faults(world->front)->redirect_to = mu_mesos_front_url(other->front);
  open_engine(world, default_config(), NULL);
  WAIT_FOR(world->subscribed == 1);
  g_assert_true(mu_mesos_front_is_subscribed(other->front));
  g_assert_cmpuint(world->disconnected, ==, 0);
  /* A change of the leader in the middle: the former one answers a call with a redirect. */
  mu_mesos_front_faults(world->front)->redirect_to = NULL;
  mu_mesos_front_faults(other->front)->redirect_to = mu_mesos_front_url(world->front);
  perform(world, mu_engine_call_new(MU_CALL_RECONCILE));
  WAIT_FOR(world->subscribed == 2);
  g_assert_true(mu_mesos_front_is_subscribed(world->front));
  g_assert_cmpstr(world->events->str, ==, "SUBSCRIBED DISCONNECTED SUBSCRIBED");
  world_free(world);
  world_free(other);
}

static void test_redirects_in_a_circle(void) {
  World *world = world_new(), *other = world_new();
  add_front(world, 15000);
  add_front(other, 15000);
  mu_mesos_front_faults(world->front)->redirect_to = mu_mesos_front_url(other->front);
  mu_mesos_front_faults(other->front)->redirect_to = mu_mesos_front_url(world->front);
  open_engine(world, default_config(), NULL);
  WAIT_FOR(world->disconnected >= 1);
  g_assert_nonnull(strstr(world->messages->pdata[0], "307"));
  mu_mesos_front_faults(world->front)->redirect_to = NULL;
  WAIT_FOR(world->subscribed == 1);
  world_free(world);
  world_free(other);
}

/* The first of the list does not answer. */
static void test_list(void) {
  World *world = world_new();
  add_front(world, 15000);
  MuMesosEngineConfig config = default_config();
  g_autofree char *masters = g_strdup_printf("127.0.0.1:1,%s", mu_mesos_front_url(world->front));
  config.master = masters;
  open_engine(world, config, NULL);
  WAIT_FOR(world->subscribed == 1);
  g_assert_cmpstr(world->events->str, ==, "DISCONNECTED SUBSCRIBED");
  world_free(world);
}

/* ---- the framework's id ----------------------------------------------------------------------------------------------------------- */

static void test_removed_framework(void) {
  World *world = world_new();
  add_front(world, 15000);
  mu_mesos_front_remove_framework(world->front, "gone");
  open_engine(world, default_config(), "gone");
  WAIT_FOR(world->errors == 1);
  g_assert_nonnull(strstr(world->messages->pdata[0], "has removed framework gone"));
  g_assert_nonnull(strstr(world->messages->pdata[0], "--new-framework"));
  guint requests = mu_mesos_front_counters(world->front).requests;
  WAIT_FOR(strcmp(mu_mesos_client_state(((MuMesos *)world->engine)->client), "STOPPED") == 0);
  while (g_main_context_iteration(NULL, FALSE))
    ;
  g_assert_cmpuint(mu_mesos_front_counters(world->front).requests, ==, requests); /* not tried for ever */
  world_free(world);
}

static void test_new_framework(void) {
  World *world = world_new();
  add_front(world, 15000);
  mu_mesos_front_remove_framework(world->front, "gone");
  MuMesosEngineConfig config = default_config();
  config.new_framework = TRUE;
  open_engine(world, config, "gone");
  WAIT_FOR(world->subscribed == 1);
  g_assert_cmpstr(world->framework_id, !=, "gone");
  /* … which is kept from then on. */
  g_autofree char *id = g_strdup(world->framework_id);
  mu_mesos_front_cut(world->front, TRUE);
  WAIT_FOR(world->subscribed == 2);
  g_assert_cmpstr(world->framework_id, ==, id);
  world_free(world);
}

static void test_failed_over(void) {
  World *world = world_open(), *other = world_new();
  WAIT_FOR(world->subscribed == 1);
  MuMesosEngineConfig config = default_config();
  config.master = mu_mesos_front_url(world->front);
  open_engine(other, config, world->framework_id);
  WAIT_FOR(world->errors == 1 && other->subscribed == 1);
  g_assert_nonnull(strstr(world->messages->pdata[0], "another scheduler has subscribed as framework"));
  other->engine->ops->free(g_steal_pointer(&other->engine));
  world_free(world);
  world_free(other);
}

/* ---- credentials ------------------------------------------------------------------------------------------------------------------ */

static void test_secret_is_read_again(void) {
  g_autofree char *path = NULL;
  gint fd = g_file_open_tmp("muster-secret-XXXXXX", &path, NULL);
  g_close(fd, NULL);
  g_assert_true(g_file_set_contents(path, "wrong\n", -1, NULL));
  World *world = world_new();
  add_front(world, 15000);
  mu_mesos_front_faults(world->front)->token = "Basic bXVzdGVyLXByaW5jaXBhbDpzZWNyZXQ="; /* …:secret */
  MuMesosEngineConfig config = default_config();
  config.secret_file = path;
  open_engine(world, config, NULL);
  WAIT_FOR(world->disconnected >= 1);
  g_assert_nonnull(strstr(world->messages->pdata[0], "401"));
  g_assert_true(g_file_set_contents(path, "secret\n", -1, NULL));
  WAIT_FOR(world->subscribed == 1);
  perform(world, mu_engine_call_new(MU_CALL_RECONCILE));
  WAIT_FOR(has_last(world->calls, "RECONCILE"));
  world_free(world);
  g_unlink(path);
}

static void test_token(void) {
  g_autofree char *path = NULL;
  gint fd = g_file_open_tmp("muster-token-XXXXXX", &path, NULL);
  g_close(fd, NULL);
  g_assert_true(g_file_set_contents(path, "abc.def\n", -1, NULL));
  World *world = world_new();
  add_front(world, 15000);
  mu_mesos_front_faults(world->front)->token = "Bearer abc.def";
  MuMesosEngineConfig config = default_config();
  config.token_file = path;
  open_engine(world, config, NULL);
  WAIT_FOR(world->subscribed == 1);
  world_free(world);
  g_unlink(path);
}

/* ---- revives ---------------------------------------------------------------------------------------------------------------------- */

static void test_revives_are_bounded(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  for (guint i = 0; i < 500; i++)
    perform(world, mu_engine_call_new(MU_CALL_REVIVE));
  perform(world, mu_engine_call_new(MU_CALL_RECONCILE));
  WAIT_FOR(has_last(world->calls, "RECONCILE"));
  g_auto(GStrv) words = g_strsplit(world->calls->str, " ", -1);
  g_assert_cmpuint(g_strv_length(words), <=, MU_MESOS_REVIVES_AT_ONCE + 2);
  WAIT_FOR(has_last(world->calls, "REVIVE")); /* the one that stands for the others */
  world_free(world);
}

/* What is not answered is given back, and the core told; what comes later has its own time. */
static void test_held_offers(void) {
  World *world = world_new();
  MuMesosEngineConfig config = default_config();
  add_front(world, 15000);
  config.hold_ms = 50;
  open_engine(world, config, NULL);
  WAIT_FOR(world->subscribed == 1);
  send_offer(world, "o1");
  WAIT_FOR(has_last(world->events, "RESCIND(o1)"));
  send_offer(world, "o2");
  WAIT_FOR(has_last(world->events, "RESCIND(o2)"));
  WAIT_FOR(has_last(world->calls, "DECLINE DECLINE"));
  g_assert_cmpstr(world->events->str, ==, "SUBSCRIBED OFFERS(o1) RESCIND(o1) OFFERS(o2) RESCIND(o2)");
  perform(world, make_launch("o2")); /* it had been on its way to the store */
  WAIT_FOR(world->status != NULL);
  g_assert_cmpint(world->status->state, ==, MU_TASK_DROPPED);
  g_assert_cmpstr(world->calls->str, ==, "DECLINE DECLINE");
  world_free(world);
}

/* ---- configs ---------------------------------------------------------------------------------------------------------------------- */

static void test_bad_configs(void) {
  static const struct {
    const char *master, *secret_file, *token_file, *cert_file, *message;
  } rows[] = {
      {NULL, NULL, NULL, NULL, "needs --master"},
      {"", NULL, NULL, NULL, "needs --master"},
      {"ftp://host", NULL, NULL, NULL, "master \"ftp://host\""},
      {"http://host/path", NULL, NULL, NULL, "expected zk://"},
      {"zk://host", NULL, NULL, NULL, "zk://[user:password@]host:port"},
      {"http://host", "/dev/null", "/dev/null", NULL, "exclude each other"},
      {"http://host", "/nowhere/secret", NULL, NULL, "/nowhere/secret"},
      {"http://host", "/dev/null", NULL, NULL, "one line was expected"},
      {"http://host", NULL, NULL, "/dev/null", "go together"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    MuMesosEngineConfig config = default_config();
    config.master = rows[i].master;
    config.secret_file = rows[i].secret_file;
    config.token_file = rows[i].token_file;
    config.cert_file = rows[i].cert_file;
    g_assert_null(mu_mesos_engine_new(&config, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    if (strstr(error->message, rows[i].message) == NULL)
      g_error("\"%s\" does not say \"%s\"", error->message, rows[i].message);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_engine/events", test_events);
  g_test_add_func("/mesos_engine/calls-in-order", test_calls_in_order);
  g_test_add_func("/mesos_engine/accept", test_accept);
  g_test_add_func("/mesos_engine/acknowledge", test_acknowledge);
  g_test_add_func("/mesos_engine/json", test_json);
  g_test_add_func("/mesos_engine/accept-of-rescinded", test_accept_of_rescinded);
  g_test_add_func("/mesos_engine/refused-accept", test_refused_accept);
  g_test_add_func("/mesos_engine/secrets-are-not-to-be-had", test_secrets_are_not_to_be_had);
  g_test_add_func("/mesos_engine/cut-at-any-byte", test_cut_at_any_byte);
  g_test_add_func("/mesos_engine/byte-by-byte", test_byte_by_byte);
  g_test_add_func("/mesos_engine/end-in-order", test_end_in_order);
  g_test_add_func("/mesos_engine/offers-end-with-subscription", test_offers_end_with_subscription);
  g_test_add_func("/mesos_engine/silence", test_silence);
  g_test_add_func("/mesos_engine/heartbeats-keep-it", test_heartbeats_keep_it);
  g_test_add_func("/mesos_engine/no-answer", test_no_answer);
  g_test_add_func("/mesos_engine/unavailable", test_unavailable);
  g_test_add_func("/mesos_engine/call-unavailable", test_call_unavailable);
  g_test_add_func("/mesos_engine/wrong-stream", test_wrong_stream);
  g_test_add_func("/mesos_engine/redirect", test_redirect);
  g_test_add_func("/mesos_engine/redirects-in-a-circle", test_redirects_in_a_circle);
  g_test_add_func("/mesos_engine/list", test_list);
  g_test_add_func("/mesos_engine/removed-framework", test_removed_framework);
  g_test_add_func("/mesos_engine/new-framework", test_new_framework);
  g_test_add_func("/mesos_engine/failed-over", test_failed_over);
  g_test_add_func("/mesos_engine/secret-is-read-again", test_secret_is_read_again);
  g_test_add_func("/mesos_engine/token", test_token);
  g_test_add_func("/mesos_engine/revives-are-bounded", test_revives_are_bounded);
  g_test_add_func("/mesos_engine/held-offers", test_held_offers);
  g_test_add_func("/mesos_engine/bad-configs", test_bad_configs);
  return g_test_run();
}
