/* GET /v1/events on real sockets. */
#include "http_fixture.h"
#include "http_limits.h"

/* ---- what a client does ---- */

typedef struct {
  guint64 id;
  char *type, *data;
} Seen;

static void seen_clear(Seen *seen) {
  g_free(seen->type);
  g_free(seen->data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Seen, seen_clear)

typedef struct {
  int fd;
  GString *text; /* received, not yet read */
} Ear;

/* Takes the next block, up to its empty line; FALSE at the end of the stream. */
static gboolean next_block(Ear *ear, char **ret_block) {
  char *end;
  while ((end = strstr(ear->text->str, "\n\n")) == NULL)
    if (!read_chunk(ear->fd, ear->text))
      return FALSE;
  *ret_block = g_strndup(ear->text->str, (gsize)(end - ear->text->str));
  g_string_erase(ear->text, 0, end + 2 - ear->text->str);
  return TRUE;
}

static Seen parse_block(const char *block) {
  Seen seen = {0};
  g_auto(GStrv) lines = g_strsplit(block, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 3);
  g_assert_true(g_str_has_prefix(lines[0], "id: "));
  g_assert_true(g_str_has_prefix(lines[1], "event: "));
  g_assert_true(g_str_has_prefix(lines[2], "data: "));
  seen.id = g_ascii_strtoull(lines[0] + 4, NULL, 10);
  seen.type = g_strdup(lines[1] + 7);
  seen.data = g_strdup(lines[2] + 6);
  return seen;
}

static Seen next_event(Ear *ear) {
  g_autofree char *block = NULL;
  g_assert_true(next_block(ear, &block));
  return parse_block(block);
}

/* Opens the stream and reads its first block, after which it is listening. */
static Ear listen_to(Fixture *fixture, const char *path, const char *headers) {
  Ear ear = {.fd = dial_unix(fixture), .text = g_string_new(NULL)};
  g_autofree char *first = NULL;
  Answer answer;
  send_request(ear.fd, "GET", path, headers, NULL);
  read_head(ear.fd, &answer);
  g_autofree char *type = answer_header(&answer, "Content-Type");
  g_assert_cmpint(answer.status, ==, 200);
  g_assert_cmpstr(type, ==, "text/event-stream");
  answer_clear(&answer);
  g_assert_true(next_block(&ear, &first));
  g_assert_cmpstr(first, ==, "retry: 1000");
  return ear;
}

static void stop_listening_to(Ear *ear) {
  close(ear->fd);
  g_string_free(ear->text, TRUE);
}

static Ear listen_from(Fixture *fixture, guint64 last_id) {
  g_autofree char *header = g_strdup_printf("Last-Event-ID: %" G_GUINT64_FORMAT "\r\n", last_id);
  return listen_to(fixture, "/v1/events", header);
}

/* ---- what the scheduler does ---- */

static guint count; /* to publish */
static const char *service;

static void publish(Fixture *fixture) {
  for (guint i = 0; i < count; i++) {
    g_autoptr(json_t) data = json_object();
    mu_json_set_string(data, "service", service);
    mu_json_set_int(data, "n", i);
    g_autofree char *text = mu_json_to_string(data);
    mu_http_server_publish(fixture->server, "task", service, text);
  }
}

static void publish_from_client(Fixture *fixture, const char *of_service, guint n) {
  service = of_service;
  count = n;
  on_main(fixture, publish);
}

static gboolean no_clients(Fixture *fixture) {
  return mu_event_stream_clients(fixture->server->events) == 0;
}

static gboolean one_client(Fixture *fixture) {
  return mu_event_stream_clients(fixture->server->events) == 1;
}

static void with_server(ClientFunc client) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, client);
  fixture_close(&fixture);
}

/* ---- the tests ---- */

static void hear_in_order(Fixture *fixture) {
  publish_from_client(fixture, "redis", 5); /* before: not heard */
  Ear ear = listen_to(fixture, "/v1/events", "");
  guint64 last = 0;
  for (guint round = 0; round < 3; round++) {
    publish_from_client(fixture, "redis", 1000);
    for (int i = 0; i < 1000; i++) {
      g_auto(Seen) seen = next_event(&ear);
      g_autofree char *data = g_strdup_printf("{\"service\":\"redis\",\"n\":%d}", i);
      g_assert_cmpstr(seen.type, ==, "task");
      g_assert_cmpstr(seen.data, ==, data);
      g_assert_true(last == 0 || seen.id == last + 1);
      last = seen.id;
    }
  }
  stop_listening_to(&ear);
  wait_until(fixture, no_clients); /* noticed although nothing is sent */
}

static void test_order(void) {
  with_server(hear_in_order);
}

static void hear_one_service(Fixture *fixture) {
  Ear redis = listen_to(fixture, "/v1/events?service=redis", ""),
      web = listen_to(fixture, "/v1/events?service=team/web", ""),
      same_web = listen_to(fixture, "/v1/events?service=team.web", "");
  publish_from_client(fixture, "other", 1);
  publish_from_client(fixture, "redis", 1);
  publish_from_client(fixture, "team/web", 1);
  publish_from_client(fixture, NULL, 1);
  static const char *const of_redis[] = {"{\"service\":\"redis\",\"n\":0}", "{\"n\":0}"};
  static const char *const of_web[] = {"{\"service\":\"team/web\",\"n\":0}", "{\"n\":0}"};
  for (gsize i = 0; i < 2; i++) {
    g_auto(Seen) a = next_event(&redis);
    g_auto(Seen) b = next_event(&web);
    g_auto(Seen) c = next_event(&same_web);
    g_assert_cmpstr(a.data, ==, of_redis[i]);
    g_assert_cmpstr(b.data, ==, of_web[i]);
    g_assert_cmpstr(c.data, ==, of_web[i]);
  }
  stop_listening_to(&redis);
  stop_listening_to(&web);
  stop_listening_to(&same_web);
}

static void test_filter(void) {
  with_server(hear_one_service);
}

/* A client of a silent service is not thought slow, whatever passes it by. */
static void hear_nothing(Fixture *fixture) {
  Ear ear = listen_to(fixture, "/v1/events?service=redis", "");
  publish_from_client(fixture, "other", 5 * MU_HTTP_EVENT_RING);
  publish_from_client(fixture, "redis", 1);
  g_auto(Seen) seen = next_event(&ear);
  g_assert_cmpstr(seen.type, ==, "task");
  stop_listening_to(&ear);
}

static void test_silent_service(void) {
  with_server(hear_nothing);
}

static void come_back(Fixture *fixture) {
  Ear ear = listen_to(fixture, "/v1/events", "");
  publish_from_client(fixture, "redis", 3);
  g_auto(Seen) first = next_event(&ear);
  stop_listening_to(&ear);
  Ear again = listen_from(fixture, first.id);
  g_auto(Seen) second = next_event(&again);
  g_auto(Seen) third = next_event(&again);
  g_assert_cmpuint(second.id, ==, first.id + 1);
  g_assert_cmpuint(third.id, ==, first.id + 2);
  stop_listening_to(&again);
  /* With the newest number nothing was missed: no reset. */
  Ear newest = listen_from(fixture, third.id);
  publish_from_client(fixture, "redis", 1);
  g_auto(Seen) fourth = next_event(&newest);
  g_assert_cmpstr(fourth.type, ==, "task");
  g_assert_cmpuint(fourth.id, ==, third.id + 1);
  stop_listening_to(&newest);
}

static void test_last_event_id(void) {
  with_server(come_back);
}

static void assert_reset(Fixture *fixture, guint64 last_id) {
  Ear ear = listen_from(fixture, last_id);
  g_auto(Seen) reset = next_event(&ear);
  g_assert_cmpstr(reset.type, ==, "reset");
  publish_from_client(fixture, "redis", 1);
  g_auto(Seen) seen = next_event(&ear); /* then it goes on from now */
  g_assert_cmpstr(seen.type, ==, "task");
  g_assert_cmpuint(seen.id, ==, reset.id + 1);
  stop_listening_to(&ear);
}

static void come_back_too_late(Fixture *fixture) {
  assert_reset(fixture, 1); /* of an earlier run */
  Ear ear = listen_to(fixture, "/v1/events", "");
  publish_from_client(fixture, "redis", 1);
  g_auto(Seen) first = next_event(&ear);
  stop_listening_to(&ear);
  publish_from_client(fixture, "redis", MU_HTTP_EVENT_RING + 1);
  assert_reset(fixture, first.id);
  assert_reset(fixture, first.id + 10 * MU_HTTP_EVENT_RING); /* of the future */
  assert_reset(fixture, G_MAXINT64);
}

static void test_reset(void) {
  with_server(come_back_too_late);
}

/* A number of an earlier run is not taken for one of this run, though this run has had more events. */
static guint64 earlier_id;
static void hear_one(Fixture *fixture) {
  Ear ear = listen_to(fixture, "/v1/events", "");
  publish_from_client(fixture, "redis", 1);
  g_auto(Seen) seen = next_event(&ear);
  earlier_id = seen.id;
  stop_listening_to(&ear);
}

static void come_back_to_another(Fixture *fixture) {
  publish_from_client(fixture, "redis", 100);
  assert_reset(fixture, earlier_id);
}

static void test_restart(void) {
  with_server(hear_one);
  with_server(come_back_to_another);
}

/* Few large events fill the ring as many small ones do. */
static void publish_large(Fixture *fixture) {
  g_autofree char *large = g_strnfill(MU_HTTP_EVENT_RING_BYTES / 4, 'x');
  g_autofree char *text = g_strdup_printf("{\"x\":\"%s\"}", large);
  for (int i = 0; i < 8; i++)
    mu_http_server_publish(fixture->server, "task", NULL, text);
}

static void hear_large(Fixture *fixture) {
  Ear ear = listen_to(fixture, "/v1/events", "");
  publish_from_client(fixture, "redis", 1);
  g_auto(Seen) first = next_event(&ear);
  on_main(fixture, publish_large);
  g_autofree char *block = NULL;
  g_assert_true(next_block(&ear, &block)); /* whatever it was given, the block is whole */
  stop_listening_to(&ear);
  assert_reset(fixture, first.id);
}

static void test_bytes_are_limited(void) {
  with_server(hear_large);
}

/* A client that does not read is cut off: bounded in memory, and noticed without a timer. */
static void do_not_read(Fixture *fixture) {
  Ear ear = listen_to(fixture, "/v1/events", "");
  for (guint i = 0; i < 40; i++)
    publish_from_client(fixture, "redis", MU_HTTP_EVENT_RING / 2);
  wait_until(fixture, no_clients);
  char *block;
  while (next_block(&ear, &block)) /* what was under way, then the end */
    g_free(block);
  stop_listening_to(&ear);
}

static void test_slow_client(void) {
  with_server(do_not_read);
}

/* One burst larger than the ring, to a client that reads: it is told what it missed, and stays. */
static void hear_burst(Fixture *fixture) {
  Ear ear = listen_to(fixture, "/v1/events", "");
  publish_from_client(fixture, "redis", MU_HTTP_EVENT_RING + 100);
  g_auto(Seen) reset = next_event(&ear);
  g_assert_cmpstr(reset.type, ==, "reset");
  publish_from_client(fixture, "redis", 1);
  g_auto(Seen) seen = next_event(&ear);
  g_assert_cmpuint(seen.id, ==, reset.id + 1);
  stop_listening_to(&ear);
}

static void test_burst(void) {
  with_server(hear_burst);
}

static void hear_many(Fixture *fixture) {
  Ear ears[50];
  for (gsize i = 0; i < G_N_ELEMENTS(ears); i++)
    ears[i] = listen_to(fixture, "/v1/events", "");
  publish_from_client(fixture, "redis", 100);
  for (gsize i = 0; i < G_N_ELEMENTS(ears); i++)
    for (int n = 0; n < 100; n++) {
      g_auto(Seen) seen = next_event(&ears[i]);
      g_assert_cmpstr(seen.type, ==, "task");
    }
  for (gsize i = 0; i < G_N_ELEMENTS(ears); i++)
    stop_listening_to(&ears[i]);
  wait_until(fixture, no_clients);
}

static void test_many_clients(void) {
  with_server(hear_many);
}

static Ear kept;
static void listen_and_keep(Fixture *fixture) {
  kept = listen_to(fixture, "/v1/events", "");
  wait_until(fixture, one_client);
}

static void test_end_with_stream(void) {
  Fixture fixture;
  char *block;
  fixture_open(&fixture);
  fixture_run(&fixture, listen_and_keep);
  fixture_close(&fixture);
  g_assert_false(next_block(&kept, &block));
  stop_listening_to(&kept);
}

/* The keep-alive timer runs only while somebody listens. */
static int loop_timeout(void) {
  GPollFD fds[16];
  int timeout = 0, priority;
  GMainContext *context = g_main_context_default();
  g_assert_true(g_main_context_acquire(context));
  g_main_context_prepare(context, &priority);
  g_main_context_query(context, G_MAXINT, &timeout, fds, G_N_ELEMENTS(fds));
  g_main_context_release(context);
  return timeout;
}

static void leave_kept(Fixture *fixture) {
  stop_listening_to(&kept);
  wait_until(fixture, no_clients);
}

static void test_keep_alive_timer(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, listen_and_keep);
  while (g_main_context_iteration(NULL, FALSE))
    ;
  g_assert_cmpint(loop_timeout(), >, 5000); /* asleep until then: no polling of the stream */
  fixture_run(&fixture, leave_kept);
  while (g_main_context_iteration(NULL, FALSE))
    ;
  g_assert_cmpint(loop_timeout(), ==, -1);
  fixture_close(&fixture);
}

static void ask_head(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "HEAD", "/v1/events", "", NULL);
  g_assert_cmpint(answer.status, ==, 200);
  wait_until(fixture, no_clients);
}

static void test_head(void) {
  with_server(ask_head);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/event-stream/order", test_order);
  g_test_add_func("/event-stream/filter", test_filter);
  g_test_add_func("/event-stream/silent-service", test_silent_service);
  g_test_add_func("/event-stream/last-event-id", test_last_event_id);
  g_test_add_func("/event-stream/reset", test_reset);
  g_test_add_func("/event-stream/restart", test_restart);
  g_test_add_func("/event-stream/bytes-are-limited", test_bytes_are_limited);
  g_test_add_func("/event-stream/slow-client", test_slow_client);
  g_test_add_func("/event-stream/burst", test_burst);
  g_test_add_func("/event-stream/many-clients", test_many_clients);
  g_test_add_func("/event-stream/end-with-stream", test_end_with_stream);
  g_test_add_func("/event-stream/keep-alive-timer", test_keep_alive_timer);
  g_test_add_func("/event-stream/head", test_head);
  return g_test_run();
}
