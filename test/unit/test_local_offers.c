/* The local engine's resources: offers, filters, operations, volumes, several agents, what survives a restart. */
#include "local_fixture.h"

#define ROLE "muster-role"

static MuResource *reserved(MuResourceKind kind, gint64 amount, const char *id) {
  MuResource *resource = mu_resource_new_scalar(kind, amount);
  mu_resource_set_reservation(resource, ROLE, id, "svc", "principal");
  return resource;
}

static MuResources *just(MuResource *take) {
  MuResources *resources = mu_resources_new();
  mu_resources_add(resources, take);
  mu_resource_free(take);
  return resources;
}

static MuResource *volume(gint64 disk_mb, const char *id, const char *persistence_id, const char *path) {
  MuResource *resource = reserved(MU_RESOURCE_DISK, disk_mb, id);
  resource->persistence_id = g_strdup(persistence_id);
  resource->container_path = g_strdup(path);
  return resource;
}

static void add_op(MuEngineCall *call_, MuOperationKind kind, MuResource *take) {
  mu_items_add(call_->operations, mu_operation_new(kind, just(take), NULL));
}

static void decline(Fixture *fixture, const MuOffer *offer, gint64 refuse_ms) {
  MuEngineCall *decline_call = mu_engine_call_new(MU_CALL_DECLINE);
  mu_items_add(decline_call->offer_ids, g_strdup(offer->id));
  decline_call->refuse_ms = refuse_ms;
  call(fixture, decline_call);
}

static void test_filters(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autoptr(MuOffer) first = wait_offer(&fixture);
  decline(&fixture, first, 0); /* again on the next turn */
  g_autoptr(MuOffer) second = wait_offer(&fixture);
  g_assert_cmpstr(first->id, !=, second->id);
  gint64 began = g_get_monotonic_time();
  decline(&fixture, second, 100);
  g_autoptr(MuOffer) third = wait_offer(&fixture);
  g_assert_cmpint(g_get_monotonic_time() - began, >=, 90 * 1000);
  decline(&fixture, third, 1000000);
  assert_no_offer(&fixture, 30);
  call(&fixture, mu_engine_call_new(MU_CALL_REVIVE)); /* clears filters */
  g_autoptr(MuOffer) fourth = wait_offer(&fixture);
  call(&fixture, mu_engine_call_new(MU_CALL_SUPPRESS));
  decline(&fixture, fourth, 0);
  assert_no_offer(&fixture, 30);
  call(&fixture, mu_engine_call_new(MU_CALL_REVIVE));
  mu_offer_free(wait_offer(&fixture));
  fixture_free(&fixture);
}

static void test_offered_when_freed(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "exec sleep 1000");
  g_autofree char *id = g_strdup(task->task_id);
  mu_resources_free(task->resources);
  task->resources = just(mu_resource_new_scalar(MU_RESOURCE_CPUS, 1000));
  g_autoptr(MuOffer) offer = wait_offer(&fixture);
  MuEngineCall *accept = accept_new(offer, 1000000);
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, pod_new(task)));
  call(&fixture, accept);
  wait_state(&fixture, id, MU_TASK_RUNNING);
  assert_no_offer(&fixture, 20);
  kill_task(&fixture, id, 0);
  g_autoptr(MuOffer) again = wait_offer(&fixture); /* the filter ended when the agent's resources grew */
  g_assert_cmpint(mu_resources_total(again->resources, MU_RESOURCE_CPUS), ==, 4000);
  fixture_free(&fixture);
}

static void test_invalid_offer(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autoptr(MuOffer) offer = wait_offer(&fixture);
  decline(&fixture, offer, 1000000);
  MuTaskLaunch *task = task_new(&fixture, "true");
  g_autofree char *id = g_strdup(task->task_id);
  MuEngineCall *accept = accept_new(offer, 0);
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, pod_new(task)));
  call(&fixture, accept);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_DROPPED);
  g_assert_cmpstr(status->reason, ==, "REASON_INVALID_OFFERS");
  g_assert_null(status->uuid);
  fixture_free(&fixture);
}

static void test_too_much(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "true"), *second = task_new(&fixture, "true");
  g_autofree char *id = g_strdup(task->task_id), *second_id = g_strdup(second->task_id);
  mu_resources_free(task->resources);
  task->resources = just(mu_resource_new_scalar(MU_RESOURCE_CPUS, 9000));
  launch_pod(&fixture, pod_new(task));
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_ERROR);
  g_assert_nonnull(strstr(status->message, "cpus 9"));
  g_autoptr(MuOffer) offer = wait_offer(&fixture);
  MuEngineCall *accept = accept_new(offer, 0); /* the launch fails because the reservation before it did */
  mu_resources_free(second->resources);
  second->resources = just(reserved(MU_RESOURCE_CPUS, 9000, "id-9"));
  add_op(accept, MU_OP_RESERVE, reserved(MU_RESOURCE_CPUS, 9000, "id-9"));
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, pod_new(second)));
  g_test_expect_message("muster", G_LOG_LEVEL_WARNING, "*refused*");
  call(&fixture, accept);
  g_test_assert_expected_messages();
  mu_task_status_free(wait_status(&fixture, second_id, MU_TASK_DROPPED));
  fixture_free(&fixture);
}

/* ---- volumes ---- */

/* Reserves a disk, makes the volume `data-1` on it, and launches a task that uses it; the id of the task. */
static char *launch_with_volume(Fixture *fixture, const char *cmd, gboolean make) {
  MuTaskLaunch *task = task_new(fixture, cmd);
  char *id = g_strdup(task->task_id);
  mu_resources_free(task->resources);
  task->resources = just(volume(100, "id-1", "data-1", "store/data"));
  g_autoptr(MuOffer) offer = wait_offer(fixture);
  MuEngineCall *accept = accept_new(offer, 0);
  if (make) {
    add_op(accept, MU_OP_RESERVE, reserved(MU_RESOURCE_DISK, 100, "id-1"));
    add_op(accept, MU_OP_CREATE, volume(100, "id-1", "data-1", "store/data"));
  }
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, pod_new(task)));
  call(fixture, accept);
  return id;
}

/* An offer in which the volume is free. */
static MuOffer *wait_offer_with(Fixture *fixture, const char *resource_id) {
  for (;;) {
    MuOffer *offer = wait_offer(fixture);
    if (mu_resources_by_id(offer->resources, resource_id))
      return offer;
    decline(fixture, offer, 0);
    mu_offer_free(offer);
  }
}

static void destroy_volume(Fixture *fixture) {
  g_autoptr(MuOffer) offer = wait_offer_with(fixture, "id-1");
  MuEngineCall *accept = accept_new(offer, 0);
  add_op(accept, MU_OP_DESTROY, volume(100, "id-1", "data-1", "store/data"));
  add_op(accept, MU_OP_UNRESERVE, reserved(MU_RESOURCE_DISK, 100, "id-1"));
  call(fixture, accept);
}

static void test_volume(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *path = g_build_filename(fixture.state_dir, "volumes/data-1", NULL);
  g_autofree char *id = launch_with_volume(&fixture, "echo one >> store/data/log", TRUE);
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *by_sandbox = sandbox_file(&fixture, id, "store/data/log");
  g_assert_cmpstr(by_sandbox, ==, "one\n"); /* through the link that the engine made */
  fixture_close(&fixture);                  /* reservation and volume survive */
  fixture_open(&fixture);
  fixture_start(&fixture);
  mu_offer_free(wait_offer_with(&fixture, "id-1"));
  call(&fixture, mu_engine_call_new(MU_CALL_REVIVE));
  fixture_close(&fixture);
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *second =
      launch_with_volume(&fixture, "cat store/data/log; ln -s /etc store/data/etc; chmod 0 store/data/log", FALSE);
  wait_state(&fixture, second, MU_TASK_FINISHED);
  g_autofree char *out = sandbox_file(&fixture, second, "stdout");
  g_assert_cmpstr(out, ==, "one\n");
  g_autoptr(GError) error = NULL;
  g_assert_null(fixture.engine->ops->sandbox_path(fixture.engine, NULL, second, "store/data/etc/passwd", &error));
  destroy_volume(&fixture);
  for (;;) { /* unreserved disk comes back when the folder is gone */
    g_autoptr(MuOffer) offer = wait_offer(&fixture);
    if (mu_resources_unreserved(offer->resources, MU_RESOURCE_DISK) == 10000)
      break;
    decline(&fixture, offer, 0);
  }
  g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
  g_assert_true(g_file_test("/etc/passwd", G_FILE_TEST_EXISTS)); /* the link was not followed */
  fixture_free(&fixture);
}

/* A user's link in the sandbox to another's volume is not a way into it. */
static void test_volume_of_another(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_with_volume(&fixture, "echo secret > store/data/log", TRUE);
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *cmd = g_strdup_printf("ln -s %s/volumes/data-1 mine", fixture.state_dir);
  g_autofree char *thief = launch_cmd(&fixture, cmd);
  wait_state(&fixture, thief, MU_TASK_FINISHED);
  g_autoptr(GError) error = NULL;
  g_assert_null(fixture.engine->ops->sandbox_path(fixture.engine, NULL, thief, "mine/log", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  fixture_free(&fixture);
}

static void test_leftover_volume(void) {
  Fixture fixture;
  fixture_new(&fixture);
  fixture_close(&fixture);
  g_autofree char *leftover = g_build_filename(fixture.state_dir, "volumes/left-over", NULL);
  g_autofree char *foreign = g_build_filename(fixture.state_dir, "volumes/notes.txt", NULL);
  g_assert_cmpint(mkdir(leftover, 0700), ==, 0);
  g_assert_true(g_file_set_contents(foreign, "mine", -1, NULL));
  fixture_open(&fixture);
  g_assert_false(g_file_test(leftover, G_FILE_TEST_EXISTS));
  g_assert_true(g_file_test(foreign, G_FILE_TEST_EXISTS));
  fixture_start(&fixture);
  fixture_free(&fixture);
}

/* ---- agents ---- */

static const MuOffer *offer_of(const MuEngineEvent *event, const char *agent_id) {
  for (guint i = 0; i < event->offers->len; i++) {
    const MuOffer *offer = event->offers->pdata[i];
    if (g_str_equal(offer->agent_id, agent_id))
      return offer;
  }
  g_error("no offer of %s", agent_id);
}

static void test_agents(void) {
  Fixture fixture;
  fixture_init(&fixture);
  g_autoptr(GPtrArray) attributes = g_ptr_array_new();
  MuEnvVar *all = mu_env_var_new("rack", "r1"), *one = mu_env_var_new("1:disk", "ssd");
  g_ptr_array_add(attributes, all);
  g_ptr_array_add(attributes, one);
  fixture.config.agents = 3;
  fixture.config.attributes = attributes;
  fixture_open(&fixture);
  mu_env_var_free(all);
  mu_env_var_free(one);
  fixture_start(&fixture);
  MuEngineEvent *event = wait_event(&fixture, MU_EVENT_OFFERS);
  g_assert_cmpuint(event->offers->len, ==, 3); /* one event a turn */
  gint64 cpus = 0, ports = 0;
  for (guint i = 0; i < 3; i++) {
    g_autofree char *id = g_strdup_printf("local-%u", i), *hostname = g_strdup_printf("host-%u", i);
    const MuOffer *offer = offer_of(event, id);
    g_assert_cmpstr(offer->hostname, ==, hostname);
    g_assert_cmpstr(mu_offer_field(offer, "rack"), ==, "r1");
    g_assert_cmpstr(mu_offer_field(offer, "disk"), ==, i == 1 ? "ssd" : NULL);
    cpus += mu_resources_total(offer->resources, MU_RESOURCE_CPUS);
    ports += mu_resources_total(offer->resources, MU_RESOURCE_PORTS);
  }
  g_assert_cmpint(cpus, ==, 4000);
  g_assert_cmpint(ports, ==, 1000);
  MuTaskLaunch *task = task_new(&fixture, "true");
  g_autofree char *id = g_strdup(task->task_id);
  MuEngineCall *accept = accept_new(offer_of(event, "local-0"), 0); /* offers of two agents: not one accept */
  mu_items_add(accept->offer_ids, g_strdup(offer_of(event, "local-1")->id));
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, pod_new(task)));
  call(&fixture, accept);
  mu_task_status_free(wait_status(&fixture, id, MU_TASK_DROPPED));
  mu_engine_event_free(event);
  fixture_free(&fixture);
}

/* Reservations on an agent that is no longer there are still offered, so that they can be given back. */
static void test_fewer_agents(void) {
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.agents = 2;
  fixture_open(&fixture);
  fixture_start(&fixture);
  MuEngineEvent *event = wait_event(&fixture, MU_EVENT_OFFERS);
  MuEngineCall *accept = accept_new(offer_of(event, "local-1"), 0);
  add_op(accept, MU_OP_RESERVE, reserved(MU_RESOURCE_CPUS, 1000, "id-1"));
  call(&fixture, accept);
  mu_engine_event_free(event);
  fixture_close(&fixture);
  fixture.config.agents = 1;
  fixture_open(&fixture);
  fixture_start(&fixture);
  event = wait_event(&fixture, MU_EVENT_OFFERS);
  const MuOffer *ghost = offer_of(event, "local-1");
  g_assert_nonnull(mu_resources_by_id(ghost->resources, "id-1"));
  g_assert_cmpint(mu_resources_unreserved(ghost->resources, MU_RESOURCE_CPUS), ==, 0);
  g_assert_cmpint(mu_resources_total(offer_of(event, "local-0")->resources, MU_RESOURCE_CPUS), ==, 4000);
  mu_engine_event_free(event);
  fixture_free(&fixture);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/local-offers/filters", test_filters);
  g_test_add_func("/local-offers/offered-when-freed", test_offered_when_freed);
  g_test_add_func("/local-offers/invalid-offer", test_invalid_offer);
  g_test_add_func("/local-offers/too-much", test_too_much);
  g_test_add_func("/local-offers/volume", test_volume);
  g_test_add_func("/local-offers/volume-of-another", test_volume_of_another);
  g_test_add_func("/local-offers/leftover-volume", test_leftover_volume);
  g_test_add_func("/local-offers/agents", test_agents);
  g_test_add_func("/local-offers/fewer-agents", test_fewer_agents);
  return run_guarded();
}
