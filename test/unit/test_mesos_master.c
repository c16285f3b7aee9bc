/* The test master beyond what was recorded of a real one (test_mesos_replay.c): its faults do what they say. */
#include "master_session.h"
#include <string.h>

#define JSON_HEADERS "{\"Content-Type\":\"application/json\",\"Accept\":\"application/json\"}"
#define SUBSCRIBE                                                                                                      \
  "{\"type\":\"SUBSCRIBE\",\"subscribe\":{\"framework_info\":{\"user\":\"root\",\"name\":\"x\",\"roles\":[\"r\"]}}}"

static MuSim *small_cluster(void) {
  MuSim *sim = mu_sim_new(1, NULL, NULL);
  mu_sim_be_like_mesos(sim, 100);
  mu_sim_add_agent(sim, "agent-1", 4000, 4096, 10000, "20000-30000");
  return sim;
}

static MasterReply *post_with(MasterSession *session, const char *body, const char *headers_text) {
  g_autoptr(json_t) headers = json_loads(headers_text, 0, NULL);
  g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
  return master_session_request(session, "POST", "/api/v1/scheduler", headers, bytes);
}

static MasterReply *post(MasterSession *session, const char *body) {
  return post_with(session, body, JSON_HEADERS);
}

static void subscribe(MasterSession *session) {
  MasterReply *reply = post(session, SUBSCRIBE);
  g_assert_cmpuint(reply->status, ==, 200);
  master_session_take_stream(session, reply);
  for (guint i = 0; i < 4; i++)
    master_session_run_on(session, session->now_ms + 10);
}

static void test_first_records(void) {
  static const char *const TYPES[] = {"SUBSCRIBED", "HEARTBEAT", "OFFERS"};
  MasterSession session = {0};
  master_session_init(&session, small_cluster());
  subscribe(&session);
  g_assert_cmpuint(session.events->len, ==, G_N_ELEMENTS(TYPES));
  for (guint i = 0; i < G_N_ELEMENTS(TYPES); i++)
    g_assert_true(master_is_type(session.events->pdata[i], TYPES[i]));
  mu_test_master_heartbeat(session.master);
  master_session_take_in(&session);
  g_assert_true(master_is_type(session.events->pdata[session.events->len - 1], "HEARTBEAT"));
  master_session_clear(&session);
}

static void test_cut_after(void) {
  MasterSession session = {0};
  master_session_init(&session, small_cluster());
  subscribe(&session);
  mu_test_master_fault(session.master, MU_MASTER_CUT_AFTER, 5);
  mu_test_master_heartbeat(session.master);
  master_session_take_in(&session);
  g_assert_true(session.stream->broken);
  g_assert_false(mu_record_io_is_between(session.decoder));
  g_assert_false(mu_test_master_is_subscribed(session.master));
  master_session_clear(&session);
}

static void test_end_after(void) {
  MasterSession session = {0};
  master_session_init(&session, small_cluster());
  subscribe(&session);
  mu_test_master_fault(session.master, MU_MASTER_END_AFTER, 5);
  mu_test_master_heartbeat(session.master);
  master_session_take_in(&session);
  g_assert_true(session.stream->ended);
  g_assert_false(mu_record_io_is_between(session.decoder));
  master_session_clear(&session);
}

static void test_slow(void) {
  MasterSession session = {0};
  master_session_init(&session, small_cluster());
  mu_test_master_fault(session.master, MU_MASTER_SLOW, 300);
  subscribe(&session);
  g_assert_cmpuint(session.events->len, ==, 3);
  g_assert_true(mu_test_master_is_flushed(session.master));
  master_session_clear(&session);
}

/* A scheduler that leaves is noticed although nothing is sent to it. */
static void test_leaves(void) {
  MasterSession session = {0};
  master_session_init(&session, small_cluster());
  subscribe(&session);
  g_assert_true(mu_test_master_is_subscribed(session.master));
  g_clear_pointer(&session.stream, master_reply_free);
  while (mu_test_master_is_subscribed(session.master))
    g_main_context_iteration(NULL, TRUE);
  master_session_clear(&session);
}

static void expect_status(MasterSession *session, const char *body, guint status) {
  g_autoptr(MasterReply) reply = post(session, body);
  g_assert_cmpuint(reply->status, ==, status);
}

static void test_unavailable(void) {
  MasterSession session = {0};
  master_session_init(&session, small_cluster());
  mu_test_master_fault(session.master, MU_MASTER_UNAVAILABLE, 2);
  expect_status(&session, SUBSCRIBE, 503);
  expect_status(&session, SUBSCRIBE, 503);
  expect_status(&session, SUBSCRIBE, 200);
  master_session_clear(&session);
}

static void test_other_leader(void) {
  MasterSession session = {0};
  g_autoptr(GError) error = NULL;
  master_session_init(&session, small_cluster());
  g_autoptr(MuTestMaster) second = mu_test_master_new(session.sim, 0, NULL, &error);
  g_assert_no_error(error);
  subscribe(&session);
  mu_test_master_step_down(session.master, second);
  master_session_take_in(&session);
  g_assert_true(session.stream->broken);
  g_autoptr(MasterReply) reply = post(&session, SUBSCRIBE);
  g_autofree char *location = g_strdup_printf("//127.0.0.1:%u/api/v1/scheduler", mu_test_master_port(second));
  g_assert_cmpuint(reply->status, ==, 307);
  g_assert_cmpstr(json_string_value(json_object_get(reply->headers, "Location")), ==, location);
  mu_test_master_step_down(session.master, NULL);
  expect_status(&session, SUBSCRIBE, 503);
  master_session_clear(&session);
}

/* The call is done, and the connection breaks in place of the reply. */
static void test_lost_reply(void) {
  MasterSession session = {0};
  master_session_init(&session, small_cluster());
  subscribe(&session);
  g_autofree char *headers_text =
      g_strdup_printf("{\"Content-Type\":\"application/json\",\"Mesos-Stream-Id\":\"%s\"}",
                      json_string_value(json_object_get(session.stream->headers, "Mesos-Stream-Id")));
  g_autofree char *body =
      g_strdup_printf("{\"type\":\"SUPPRESS\",\"framework_id\":{\"value\":\"%s\"}}", mu_sim_framework_id(session.sim));
  guint64 before = mu_test_master_calls(session.master);
  mu_test_master_fault(session.master, MU_MASTER_LOSE_CALLS, 1);
  g_autoptr(MasterReply) reply = post_with(&session, body, headers_text);
  g_assert_cmpuint(reply->status, ==, 0);
  g_assert_true(reply->broken);
  g_assert_cmpuint(mu_test_master_calls(session.master), ==, before + 1);
  master_session_clear(&session);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_master/first_records", test_first_records);
  g_test_add_func("/mesos_master/cut_after", test_cut_after);
  g_test_add_func("/mesos_master/end_after", test_end_after);
  g_test_add_func("/mesos_master/slow", test_slow);
  g_test_add_func("/mesos_master/leaves", test_leaves);
  g_test_add_func("/mesos_master/unavailable", test_unavailable);
  g_test_add_func("/mesos_master/other_leader", test_other_leader);
  g_test_add_func("/mesos_master/lost_reply", test_lost_reply);
  return g_test_run();
}
