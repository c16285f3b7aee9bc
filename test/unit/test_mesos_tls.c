/* TLS to masters and agents: authorities, client certificates and credentials, and their files replaced while the engine runs. */
#include "mesos_engine.h"
#include "mesos_front.h"
#include "tls_certificate.h"
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>

#define WAIT_S 20 /* bounds a wait for what must come */
#define ROOT "/frameworks/fw-1/executors/web-0__u/runs/latest/tasks/svc__web-0-server__u"

typedef struct {
  char *key, *certificate;
} Pem;

typedef struct {
  char *folder, *ca_file, *cert_file, *key_file, *token_file;
  MuTlsPair ca, other_ca; /* of everybody; of nobody */
  Pem server, client;
  char *ca_pem, *other_ca_pem;
  MuTlsServer tls;
  MuMesosFront *front;
  MuEngine *engine;
  GPtrArray *messages; /* of char*: of DISCONNECTED */
  GString *heard;      /* of the sandbox that was read */
  guint subscribed, calls, offers;
} World;

static gboolean on_too_late(gpointer user) {
  const World *world = user;
  g_error("what the test waits for has not come within %d s; last heard: %s", WAIT_S,
          world->messages->len == 0 ? "nothing" : (char *)world->messages->pdata[world->messages->len - 1]);
  return G_SOURCE_REMOVE;
}

#define WAIT_FOR(condition)                                                                                            \
  do {                                                                                                                 \
    guint too_late = g_timeout_add_seconds(WAIT_S, on_too_late, world);                                                \
    while (!(condition))                                                                                               \
      g_main_context_iteration(NULL, TRUE);                                                                            \
    g_source_remove(too_late);                                                                                         \
  } while (0)

/* ---- certificates and files -------------------------------------------------------------------------------------------------- */

static char *take_text(GBytes *take_bytes) {
  g_assert_nonnull(take_bytes);
  char *text = g_strndup(g_bytes_get_data(take_bytes, NULL), g_bytes_get_size(take_bytes));
  g_bytes_unref(take_bytes);
  return text;
}

static gint64 now_s(void) {
  return g_get_real_time() / G_USEC_PER_SEC;
}

static void make_ca(const char *name, MuTlsPair *ret_pair, char **ret_pem) {
  g_assert_true(mu_tls_make_ca(name, now_s(), ret_pair, NULL));
  *ret_pem = take_text(mu_tls_certificate_to_pem(ret_pair->certificate, NULL));
}

/* For localhost, too. */
static Pem make_pair(const MuTlsPair *ca, const char *name) {
  static const char *const NAMES[] = {NULL};
  const MuTlsRequest request = {.common_name = name, .dns_names = NAMES, .hostname = "machine.example"};
  g_auto(MuTlsPair) pair = {0};
  g_assert_true(mu_tls_make_task(ca, &request, now_s(), &pair, NULL));
  return (Pem){take_text(mu_tls_key_to_pem(pair.key, NULL)),
               take_text(mu_tls_certificate_to_pem(pair.certificate, NULL))};
}

static void pem_clear(Pem *pem) {
  g_clear_pointer(&pem->key, g_free);
  g_clear_pointer(&pem->certificate, g_free);
}

static void put(const char *path, const char *text) {
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What the engine shows from now on. */
static void put_client(World *world, const MuTlsPair *ca, const char *name) {
  Pem pem = make_pair(ca, name);
  put(world->key_file, pem.key);
  put(world->cert_file, pem.certificate);
  pem_clear(&pem);
}

/* ---- a front, an engine, and what they heard ---------------------------------------------------------------------------------- */

static void note_call(const MuEngineCall *call, gpointer user) {
  (void)call;
  ((World *)user)->calls++;
}

static void take_event(MuEngineEvent *event, gpointer user) {
  World *world = user;
  world->subscribed += event->kind == MU_EVENT_SUBSCRIBED;
  world->offers += event->kind == MU_EVENT_OFFERS;
  if (event->kind == MU_EVENT_DISCONNECTED)
    g_ptr_array_add(world->messages, g_strdup(event->message));
  mu_engine_event_free(event);
}

static void open_front(World *world, gboolean wants_client) {
  static const MuMesosFrontFuncs FUNCS = {.call = note_call};
  world->server = make_pair(&world->ca, "master");
  world->tls = (MuTlsServer){world->server.key, world->server.certificate, wants_client ? world->ca_pem : NULL};
  world->front = mu_mesos_front_new_tls(&world->tls, 15000, &FUNCS, world);
}

/* The engine knows the authority; `client` NULL: it has no certificate of its own. */
static World *world_new(const char *client) {
  World *world = g_new0(World, 1);
  world->folder = g_dir_make_tmp("muster-tls-XXXXXX", NULL);
  world->ca_file = g_build_filename(world->folder, "ca.pem", NULL);
  world->cert_file = g_build_filename(world->folder, "cert.pem", NULL);
  world->key_file = g_build_filename(world->folder, "key.pem", NULL);
  world->token_file = g_build_filename(world->folder, "token", NULL);
  world->messages = g_ptr_array_new_with_free_func(g_free);
  world->heard = g_string_new(NULL);
  make_ca("the authority", &world->ca, &world->ca_pem);
  make_ca("another one", &world->other_ca, &world->other_ca_pem);
  put(world->ca_file, world->ca_pem);
  if (client != NULL)
    put_client(world, &world->ca, client);
  return world;
}

static void world_open(World *world, gboolean with_token) {
  static const char *const ROLES[] = {"r", NULL};
  g_autoptr(GError) error = NULL;
  gboolean has_client = g_file_test(world->cert_file, G_FILE_TEST_EXISTS);
  const MuMesosEngineConfig config = {.master = mu_mesos_front_url(world->front),
                                      .framework_name = "muster",
                                      .roles = ROLES,
                                      .principal = "p",
                                      .ca_file = world->ca_file,
                                      .cert_file = has_client ? world->cert_file : NULL,
                                      .key_file = has_client ? world->key_file : NULL,
                                      .token_file = with_token ? world->token_file : NULL,
                                      .backoff_first_ms = 1,
                                      .backoff_max_ms = 5};
  world->engine = mu_mesos_engine_new(&config, &error);
  g_assert_no_error(error);
  g_assert_true(world->engine->ops->start(world->engine, "fw-1", take_event, world, NULL));
}

static void world_free(World *world) {
  const char *const files[] = {world->ca_file, world->cert_file, world->key_file, world->token_file};
  world->engine->ops->free(world->engine);
  mu_mesos_front_free(world->front);
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
    g_unlink(files[i]);
  g_rmdir(world->folder);
  mu_tls_pair_clear(&world->ca);
  mu_tls_pair_clear(&world->other_ca);
  pem_clear(&world->server);
  g_ptr_array_unref(world->messages);
  g_string_free(world->heard, TRUE);
  g_free(world->ca_pem);
  g_free(world->other_ca_pem);
  g_free(world->ca_file);
  g_free(world->cert_file);
  g_free(world->key_file);
  g_free(world->token_file);
  g_free(world->folder);
  g_free(world);
}

static gboolean was_told(const World *world, const char *part) {
  for (guint i = 0; i < world->messages->len; i++)
    if (strstr(world->messages->pdata[i], part) != NULL)
      return TRUE;
  return FALSE;
}

static void reconcile(World *world) {
  guint before = world->calls;
  MuEngineCall *call = mu_engine_call_new(MU_CALL_RECONCILE);
  world->engine->ops->perform(world->engine, call);
  mu_engine_call_free(call);
  WAIT_FOR(world->calls > before);
}

/* ---- the master ------------------------------------------------------------------------------------------------------------------ */

static void test_both_sides_are_known(void) {
  World *world = world_new("scheduler");
  open_front(world, TRUE);
  world_open(world, FALSE);
  WAIT_FOR(world->subscribed == 1);
  reconcile(world);
  g_assert_cmpstr(mu_mesos_front_peer(world->front), ==, "scheduler");
  g_assert_cmpuint(world->messages->len, ==, 0);
  world_free(world);
}

/* It says what to do, and goes on by itself when that was done. */
static void test_wrong_authority(void) {
  World *world = world_new(NULL);
  open_front(world, FALSE);
  put(world->ca_file, world->other_ca_pem);
  world_open(world, FALSE);
  WAIT_FOR(world->messages->len >= 2);
  g_assert_true(was_told(world, "ca.pem (--ca-file) has to hold the authority"));
  g_assert_cmpuint(mu_mesos_front_counters(world->front).requests, ==, 0);
  put(world->ca_file, world->ca_pem);
  WAIT_FOR(world->subscribed == 1);
  world_free(world);
}

static void test_no_authority_at_all(void) {
  World *world = world_new(NULL);
  open_front(world, FALSE);
  put(world->ca_file, "this is no certificate\n");
  world_open(world, FALSE);
  WAIT_FOR(world->messages->len >= 1);
  g_assert_true(was_told(world, "ca.pem (--ca-file) has to hold"));
  world_free(world);
}

/* A server that proves to be another one. */
static void test_other_name(void) {
  World *world = world_new(NULL);
  static const char *const NAMES[] = {"elsewhere.example", NULL};
  const MuTlsRequest request = {.common_name = "elsewhere", .dns_names = NAMES};
  g_auto(MuTlsPair) pair = {0};
  static const MuMesosFrontFuncs FUNCS = {0};
  g_assert_true(mu_tls_make_task(&world->ca, &request, now_s(), &pair, NULL));
  world->server =
      (Pem){take_text(mu_tls_key_to_pem(pair.key, NULL)), take_text(mu_tls_certificate_to_pem(pair.certificate, NULL))};
  world->tls = (MuTlsServer){world->server.key, world->server.certificate, NULL};
  world->front = mu_mesos_front_new_tls(&world->tls, 15000, &FUNCS, world);
  world_open(world, FALSE);
  WAIT_FOR(world->messages->len >= 1);
  g_assert_true(was_told(world, "for the name in the address"));
  g_assert_cmpuint(mu_mesos_front_counters(world->front).requests, ==, 0);
  world_free(world);
}

static void test_client_certificate_is_missing(void) {
  World *world = world_new(NULL);
  open_front(world, TRUE);
  world_open(world, FALSE);
  WAIT_FOR(world->messages->len >= 1);
  g_assert_true(was_told(world, "does it want a client certificate? --cert-file and --key-file"));
  g_assert_cmpuint(mu_mesos_front_counters(world->front).requests, ==, 0);
  world_free(world);
}

static void test_client_certificate_is_refused(void) {
  World *world = world_new(NULL);
  open_front(world, TRUE);
  put_client(world, &world->other_ca, "stranger");
  world_open(world, FALSE);
  WAIT_FOR(world->messages->len >= 1);
  g_assert_true(was_told(world, "it has to know the authority that signed"));
  g_assert_cmpuint(mu_mesos_front_counters(world->front).requests, ==, 0);
  put_client(world, &world->ca, "scheduler");
  WAIT_FOR(world->subscribed == 1);
  g_assert_cmpstr(mu_mesos_front_peer(world->front), ==, "scheduler");
  world_free(world);
}

static void test_key_of_another_certificate(void) {
  World *world = world_new("scheduler");
  Pem other = make_pair(&world->ca, "other");
  open_front(world, TRUE);
  put(world->key_file, other.key);
  pem_clear(&other);
  world_open(world, FALSE);
  WAIT_FOR(world->messages->len >= 1);
  g_assert_true(was_told(world, "have to be a certificate and its key"));
  world_free(world);
}

/* ---- replaced while it runs ------------------------------------------------------------------------------------------------------ */

static void test_client_certificate_changes(void) {
  World *world = world_new("first");
  open_front(world, TRUE);
  world_open(world, FALSE);
  WAIT_FOR(world->subscribed == 1);
  put_client(world, &world->ca, "second");
  mu_mesos_front_cut(world->front, FALSE);
  WAIT_FOR(world->subscribed == 2);
  g_assert_cmpstr(mu_mesos_front_peer(world->front), ==, "second");
  world_free(world);
}

/* An authority that is no longer in the file is not trusted any more, whatever connections there were. */
static void test_authority_changes(void) {
  World *world = world_new(NULL);
  open_front(world, FALSE);
  world_open(world, FALSE);
  WAIT_FOR(world->subscribed == 1);
  put(world->ca_file, world->other_ca_pem);
  guint before = world->messages->len;
  mu_mesos_front_cut(world->front, FALSE);
  WAIT_FOR(world->messages->len >= before + 2);
  g_assert_true(was_told(world, "(--ca-file) has to hold the authority"));
  g_assert_cmpuint(world->subscribed, ==, 1);
  g_autofree char *both = g_strconcat(world->other_ca_pem, world->ca_pem, NULL);
  put(world->ca_file, both);
  WAIT_FOR(world->subscribed == 2);
  world_free(world);
}

/* The master wants another token from now on: the next call is refused, and the subscription made again with what is in the file. */
static void test_token_changes(void) {
  World *world = world_new(NULL);
  open_front(world, FALSE);
  put(world->token_file, "one\n");
  mu_mesos_front_faults(world->front)->token = "Bearer one";
  world_open(world, TRUE);
  WAIT_FOR(world->subscribed == 1);
  mu_mesos_front_faults(world->front)->token = "Bearer two";
  MuEngineCall *call = mu_engine_call_new(MU_CALL_SUPPRESS);
  world->engine->ops->perform(world->engine, call);
  mu_engine_call_free(call);
  WAIT_FOR(world->messages->len >= 1);
  g_assert_true(was_told(world, "401"));
  FILE *file = fopen(world->token_file, "w"); /* in place, as an operator's `>` does */
  g_assert_true(file != NULL && fputs("two\n", file) > 0 && fclose(file) == 0);
  WAIT_FOR(world->subscribed == 2);
  reconcile(world);
  world_free(world);
}

/* ---- agents ---------------------------------------------------------------------------------------------------------------------- */

static void on_part(const MuSandboxPart *part, const GError *error, gpointer user) {
  World *world = user;
  if (part == NULL)
    g_string_append(world->heard, error->message);
  else
    g_string_append_len(world->heard, g_bytes_get_data(part->bytes, NULL), (gssize)g_bytes_get_size(part->bytes));
}

static void send_task(World *world) {
  Mesos__Event event = MESOS__EVENT__INIT;
  Mesos__Event__Update update = MESOS__EVENT__UPDATE__INIT;
  Mesos__TaskStatus status = MESOS__TASK_STATUS__INIT;
  Mesos__TaskID task = MESOS__TASK_ID__INIT;
  Mesos__AgentID agent = MESOS__AGENT_ID__INIT;
  Mesos__ExecutorID executor = MESOS__EXECUTOR_ID__INIT;
  task.value = (char *)"svc__web-0-server__u";
  agent.value = (char *)"agent-1";
  executor.value = (char *)"web-0__u";
  status.task_id = &task;
  status.agent_id = &agent;
  status.executor_id = &executor;
  status.state = MESOS__TASK_STATE__TASK_RUNNING;
  update.status = &status;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__UPDATE;
  event.update = &update;
  g_assert_true(mu_mesos_front_send_message(world->front, &event));
}

/* An offer says http of every agent, as Mesos' do. */
static void send_offer(World *world) {
  Mesos__Event event = MESOS__EVENT__INIT;
  Mesos__Event__Offers offers = MESOS__EVENT__OFFERS__INIT;
  Mesos__Offer offer = MESOS__OFFER__INIT, *list[] = {&offer};
  Mesos__OfferID id = MESOS__OFFER_ID__INIT;
  Mesos__FrameworkID framework = MESOS__FRAMEWORK_ID__INIT;
  Mesos__AgentID agent = MESOS__AGENT_ID__INIT;
  Mesos__URL url = MESOS__URL__INIT;
  Mesos__Address address = MESOS__ADDRESS__INIT;
  id.value = (char *)"o1";
  framework.value = (char *)"fw-1";
  agent.value = (char *)"agent-1";
  address.ip = address.hostname = (char *)"127.0.0.1";
  address.port = (gint32)g_ascii_strtoll(strrchr(mu_mesos_front_url(world->front), ':') + 1, NULL, 10);
  url.scheme = (char *)"http";
  url.address = &address;
  offer.id = &id;
  offer.framework_id = &framework;
  offer.agent_id = &agent;
  offer.hostname = (char *)"127.0.0.1";
  offer.url = &url;
  offers.n_offers = 1;
  offers.offers = list;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__OFFERS;
  event.offers = &offers;
  g_assert_true(mu_mesos_front_send_message(world->front, &event));
}

static void test_agents(gconstpointer with_offer) {
  World *world = world_new("scheduler");
  open_front(world, TRUE);
  put(world->token_file, "one\n");
  mu_mesos_front_faults(world->front)->token = "Bearer one";
  mu_mesos_front_put_file(world->front, ROOT "/stdout", "hello");
  world_open(world, TRUE);
  WAIT_FOR(world->subscribed == 1);
  send_task(world);
  if (with_offer != NULL)
    send_offer(world);
  else
    reconcile(world);
  WAIT_FOR(world->offers == (with_offer != NULL));
  const MuTaskPlace task = {"svc__web-0-server__u", "agent-1", NULL};
  world->engine->ops->read_sandbox(world->engine, &task, "stdout", 0, 100, on_part, world);
  WAIT_FOR(world->heard->len > 0);
  g_assert_cmpstr(world->heard->str, ==, "hello");
  g_assert_cmpstr(mu_mesos_front_peer(world->front), ==, "scheduler");
  world_free(world);
}

/* ---- without TLS ------------------------------------------------------------------------------------------------------------------ */

static void test_address_without_tls(void) {
  World *world = world_new(NULL);
  static const char *const ROLES[] = {"r", NULL};
  open_front(world, FALSE);
  g_autofree char *master = g_strconcat("http", strchr(mu_mesos_front_url(world->front), ':'), NULL);
  const MuMesosEngineConfig config = {.master = master,
                                      .framework_name = "muster",
                                      .roles = ROLES,
                                      .principal = "p",
                                      .backoff_first_ms = 1,
                                      .backoff_max_ms = 5};
  world->engine = mu_mesos_engine_new(&config, NULL);
  g_assert_true(world->engine->ops->start(world->engine, NULL, take_event, world, NULL));
  WAIT_FOR(world->messages->len >= 1);
  g_assert_true(was_told(world, "https://"));
  world_free(world);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_tls/both-sides-are-known", test_both_sides_are_known);
  g_test_add_func("/mesos_tls/wrong-authority", test_wrong_authority);
  g_test_add_func("/mesos_tls/no-authority-at-all", test_no_authority_at_all);
  g_test_add_func("/mesos_tls/other-name", test_other_name);
  g_test_add_func("/mesos_tls/client-certificate-is-missing", test_client_certificate_is_missing);
  g_test_add_func("/mesos_tls/client-certificate-is-refused", test_client_certificate_is_refused);
  g_test_add_func("/mesos_tls/key-of-another-certificate", test_key_of_another_certificate);
  g_test_add_func("/mesos_tls/client-certificate-changes", test_client_certificate_changes);
  g_test_add_func("/mesos_tls/authority-changes", test_authority_changes);
  g_test_add_func("/mesos_tls/token-changes", test_token_changes);
  g_test_add_data_func("/mesos_tls/agents-that-the-master-tells-of", NULL, test_agents);
  g_test_add_data_func("/mesos_tls/agents-that-offers-tell-of", GINT_TO_POINTER(1), test_agents);
  g_test_add_func("/mesos_tls/address-without-tls", test_address_without_tls);
  return g_test_run();
}
