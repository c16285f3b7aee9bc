#include "agent.h"
#include "ids.h"
#include "json.h"
#include <muster/error.h>
#include <string.h>

/* ---- resources in a line: "kind amount [role:id] [volume@path] [mount=root]", several separated by ';' --------------- */

static MuResource *read_amount(const char *kind, const char *amount) {
  static const char *const kinds[] = {"cpus", "mem", "disk", "gpus"};
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (g_str_equal(kind, kinds[i]))
      return mu_resource_new_scalar((MuResourceKind)i, g_ascii_strtoll(amount, NULL, 10));
  MuResource *ports = mu_resource_new_ports(0, 0);
  g_array_unref(ports->ranges);
  ports->ranges = mu_ranges_parse(amount, NULL);
  return ports;
}

static void read_word(MuResource *resource, const char *word) {
  g_auto(GStrv) colon = g_strsplit(word, ":", 2), at = g_strsplit(word, "@", 2);
  if (g_str_has_prefix(word, "mount=")) {
    resource->mount_root = g_strdup(word + strlen("mount="));
  } else if (colon[1] != NULL) {
    g_auto(GStrv) roles = g_strsplit(colon[0], "<", 2); /* role<pre-reserved role */
    mu_resource_set_reservation(resource, roles[0], *colon[1] == '\0' ? NULL : colon[1], NULL, NULL);
    resource->reservation.pre_reserved_role = g_strdup(roles[1]);
    resource->reservation.is_static = *colon[1] == '\0';
  } else {
    resource->persistence_id = g_strdup(at[0]);
    resource->container_path = g_strdup(at[1]);
  }
}

static MuResources *from_text(const char *text) {
  MuResources *resources = mu_resources_new();
  g_auto(GStrv) lines = g_strsplit(text, ";", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_auto(GStrv) words = g_strsplit(g_strstrip(*line), " ", -1);
    if (words[0] == NULL || words[1] == NULL)
      continue;
    g_autoptr(MuResource) resource = read_amount(words[0], words[1]);
    for (char **word = words + 2; *word != NULL; word++)
      read_word(resource, *word);
    gint64 amount = resource->amount;
    if (mu_resource_is_empty(resource))
      resource->amount = 1;
    mu_resources_add(resources, resource);
    if (amount == 0 && resource->ranges == NULL) /* kept, to see it refused */
      ((MuResource *)resources->items->pdata[resources->items->len - 1])->amount = 0;
  }
  return resources;
}

static int by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same form, sorted. */
static char *to_text(const MuResources *resources) {
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *r = g_ptr_array_index(resources->items, i);
    const MuReservation *held = &r->reservation;
    g_autofree char *ports = r->ranges == NULL ? NULL : mu_ranges_to_string(r->ranges);
    g_autofree char *amount = g_strdup_printf("%" G_GINT64_FORMAT, r->amount);
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%s %s", mu_resource_kind_to_string(r->kind), ports == NULL ? amount : ports);
    if (held->role != NULL)
      g_string_append_printf(line, " %s%s%s:%s", held->role, held->pre_reserved_role == NULL ? "" : "<",
                             held->pre_reserved_role == NULL ? "" : held->pre_reserved_role,
                             held->resource_id == NULL ? "" : held->resource_id);
    if (r->persistence_id != NULL)
      g_string_append_printf(line, " %s@%s", r->persistence_id, r->container_path);
    if (r->mount_root != NULL)
      g_string_append_printf(line, " mount=%s", r->mount_root);
    g_ptr_array_add(lines, g_string_free(line, FALSE));
  }
  g_ptr_array_sort(lines, by_text);
  g_ptr_array_add(lines, NULL);
  return g_strjoinv("; ", (char **)lines->pdata);
}

static void assert_resources(const MuResources *resources, const char *expected) {
  g_autofree char *text = to_text(resources);
  g_assert_cmpstr(text, ==, expected);
}

static gboolean apply(MuAgent *agent, MuOperationKind kind, const char *text, GError **error) {
  g_autoptr(MuOperation) operation = mu_operation_new(kind, from_text(text), NULL);
  return mu_agent_apply(agent, operation, error);
}

static void must_apply(MuAgent *agent, MuOperationKind kind, const char *text) {
  g_autoptr(GError) error = NULL;
  apply(agent, kind, text, &error);
  g_assert_no_error(error);
}

static gboolean use(MuAgent *agent, const char *executor, const char *task, const char *text, GError **error) {
  g_autoptr(MuResources) resources = from_text(text);
  return mu_agent_use(agent, executor, task, resources, error);
}

static MuAgent *agent_with(const char *text) {
  return mu_agent_new("agent-1", "host-1", from_text(text));
}

#define MACHINE "cpus 4000; disk 1000; disk 500 mount=/mnt; mem 2048; ports 1000-1999"

/* ---- operations ---------------------------------------------------------------------------------------------------- */

static void test_life_of_a_volume(void) {
  static const struct {
    MuOperationKind kind;
    const char *resources, *after;
  } steps[] = {
      {MU_OP_RESERVE, "cpus 500 r:a; disk 100 r:b; ports 1000,1005 r:p",
       "cpus 3500; cpus 500 r:a; disk 100 r:b; disk 500 mount=/mnt; disk 900; mem 2048; ports 1000,1005 r:p; ports 1001-1004,1006-1999"},
      {MU_OP_CREATE, "disk 60 r:b v1@data",
       "cpus 3500; cpus 500 r:a; disk 40 r:b; disk 500 mount=/mnt; disk 60 r:b v1@data; disk 900; mem 2048; ports 1000,1005 r:p; ports 1001-1004,1006-1999"},
      {MU_OP_DESTROY, "disk 60 r:b v1@data",
       "cpus 3500; cpus 500 r:a; disk 100 r:b; disk 500 mount=/mnt; disk 900; mem 2048; ports 1000,1005 r:p; ports 1001-1004,1006-1999"},
      {MU_OP_CREATE, "disk 100 r:b v1@data",
       "cpus 3500; cpus 500 r:a; disk 100 r:b v1@data; disk 500 mount=/mnt; disk 900; mem 2048; ports 1000,1005 r:p; ports 1001-1004,1006-1999"},
      {MU_OP_DESTROY, "disk 100 r:b v1@data",
       "cpus 3500; cpus 500 r:a; disk 100 r:b; disk 500 mount=/mnt; disk 900; mem 2048; ports 1000,1005 r:p; ports 1001-1004,1006-1999"},
      {MU_OP_UNRESERVE, "cpus 500 r:a; disk 100 r:b; ports 1000,1005 r:p", MACHINE},
      {MU_OP_RESERVE, "disk 500 mount=/mnt r:m",
       "cpus 4000; disk 1000; disk 500 r:m mount=/mnt; mem 2048; ports 1000-1999"},
      {MU_OP_CREATE, "disk 500 mount=/mnt r:m v2@d",
       "cpus 4000; disk 1000; disk 500 r:m v2@d mount=/mnt; mem 2048; ports 1000-1999"},
      {MU_OP_DESTROY, "disk 500 mount=/mnt r:m v2@d",
       "cpus 4000; disk 1000; disk 500 r:m mount=/mnt; mem 2048; ports 1000-1999"},
      {MU_OP_UNRESERVE, "disk 500 mount=/mnt r:m", MACHINE},
  };
  g_autoptr(MuAgent) agent = agent_with(MACHINE);
  for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
    must_apply(agent, steps[i].kind, steps[i].resources);
    assert_resources(mu_agent_total(agent), steps[i].after);
    assert_resources(mu_agent_free_resources(agent), steps[i].after);
  }
}

/* The pod's pre-reserved-role: the reservation is laid over the operator's, and falls back to it. */
static void test_refined(void) {
  g_autoptr(MuAgent) agent = agent_with("cpus 1000; cpus 2000 public:");
  must_apply(agent, MU_OP_RESERVE, "cpus 500 public/r<public:a");
  assert_resources(mu_agent_total(agent), "cpus 1000; cpus 1500 public:; cpus 500 public/r<public:a");
  g_assert_false(apply(agent, MU_OP_RESERVE, "cpus 1600 public/r<public:a", NULL));
  must_apply(agent, MU_OP_UNRESERVE, "cpus 500 public/r<public:a");
  assert_resources(mu_agent_total(agent), "cpus 1000; cpus 2000 public:");
}

/* roles.md: what is reserved for a role is offered to it and to those below it, what is unreserved to the first that asks. */
static void test_offers_to_roles(void) {
  g_autoptr(MuAgent) agent =
      agent_with("cpus 1000; cpus 2000 public:; mem 10 public/r:a; mem 20 r:b; mem 30 publicity:c");
  static const struct {
    const char *id, *role, *offered;
  } offers[] = {
      {"o1", "public/r", "cpus 1000; cpus 2000 public:; mem 10 public/r:a"},
      {"o2", "r", "mem 20 r:b"},
      {"o3", "public", NULL},
      {"o4", "publicity/r", "mem 30 publicity:c"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(offers); i++) {
    g_autoptr(MuOffer) offer = mu_agent_make_offer_to(agent, offers[i].id, offers[i].role);
    g_assert_cmpint(offer == NULL, ==, offers[i].offered == NULL);
    if (offer == NULL)
      continue;
    assert_resources(offer->resources, offers[i].offered);
    g_assert_cmpstr(offer->role, ==, offers[i].role);
  }
  mu_agent_offer_end(agent, "o1");
  g_autoptr(MuOffer) again = mu_agent_make_offer_to(agent, "o5", "public");
  assert_resources(again->resources, "cpus 1000; cpus 2000 public:");
}

/* Each case on an agent that has reservation a (free), b (in use), volumes v1 (free) and v2 (in use), and uses 300 MB. */
static void test_refused(void) {
  static const struct {
    MuOperationKind kind;
    const char *resources, *message;
  } cases[] = {
      {MU_OP_RESERVE, "cpus 5000 r:x", "RESERVE of cpus 5, resource x: the agent has not so much that is unreserved"},
      {MU_OP_RESERVE, "cpus 500", "RESERVE of cpus 0.5: it names no role"},
      {MU_OP_RESERVE, "cpus 0 r:x", "the amount is nothing"},
      {MU_OP_RESERVE, "disk 100 r:x v9@d", "it is a volume; a disk is reserved first and made a volume after"},
      {MU_OP_RESERVE, "disk 400 mount=/mnt r:x", "the agent has not so much that is unreserved"},
      {MU_OP_RESERVE, "mem 2048 r:x", "it is in use or offered elsewhere"},
      {MU_OP_RESERVE, "ports 999 r:x", "the agent has not so much that is unreserved"},
      {MU_OP_RESERVE, "gpus 1000 r:x", "the agent has not so much that is unreserved"},
      {MU_OP_RESERVE, "cpus 100 public/r<public:x", "the agent has not so much that is unreserved"},
      {MU_OP_RESERVE, "cpus 100 r:x; cpus 5000 r:y", "RESERVE of cpus 5, resource y:"},
      {MU_OP_RESERVE, "cpus 500 public:", "it is the operator's, made with the agent's flags"},
      {MU_OP_UNRESERVE, "cpus 500 public:", "it is the operator's, made with the agent's flags"},
      {MU_OP_RESERVE, "cpus 500 other/r<public:x", "its role does not lie below the one that it refines"},
      {MU_OP_RESERVE, "cpus 500 public<public:x", "its role does not lie below the one that it refines"},
      {MU_OP_UNRESERVE, "cpus 500", "it names no role"},
      {MU_OP_UNRESERVE, "cpus 501 r:a", "UNRESERVE of cpus 0.501, resource a: the agent has no such reservation"},
      {MU_OP_UNRESERVE, "cpus 500 other:a", "the agent has no such reservation"},
      {MU_OP_UNRESERVE, "cpus 500 r:b", "it is in use or offered elsewhere"},
      {MU_OP_UNRESERVE, "disk 100 r:d", "the agent has no such reservation"},
      {MU_OP_UNRESERVE, "disk 100 r:d v1@data", "it is a volume; it has to be destroyed first"},
      {MU_OP_CREATE, "disk 100 v9@data", "CREATE of disk 100 MB: the disk is not reserved"},
      {MU_OP_CREATE, "disk 100 r:x v9@data", "the agent has no such reserved disk"},
      {MU_OP_CREATE, "disk 51 r:e v9@data", "the agent has no such reserved disk"},
      {MU_OP_CREATE, "disk 50 r:e v1@data", "the agent has a volume with this persistence id"},
      {MU_OP_CREATE, "disk 20 r:e v9@a; disk 20 r:e v9@b", "the agent has a volume with this persistence id"},
      {MU_OP_CREATE, "disk 50 r:e", "it has no persistence id"},
      {MU_OP_CREATE, "disk 50 r:e v9", "it has no container path"},
      {MU_OP_CREATE, "cpus 500 r:a v9@data", "it is not a disk"},
      {MU_OP_DESTROY, "disk 100 r:d v9@data", "the agent has no such volume"},
      {MU_OP_DESTROY, "disk 99 r:d v1@data", "the agent has no such volume"},
      {MU_OP_DESTROY, "disk 100 r:d v1@other", "the agent has no such volume"},
      {MU_OP_DESTROY, "disk 50 r:e", "it has no persistence id"},
      {MU_OP_DESTROY, "cpus 500 r:a", "it is not a disk"},
      {MU_OP_DESTROY, "disk 100 v1@data", "the disk is not reserved"},
      {MU_OP_DESTROY, "disk 70 r:f v2@data",
       "DESTROY of disk 70 MB, resource f: the volume is in use or offered elsewhere"},
      {MU_OP_DESTROY, "disk 100 r:d v1@data; disk 70 r:f v2@data", "the volume is in use"},
  };
  g_autoptr(MuAgent) agent = agent_with(MACHINE);
  must_apply(agent, MU_OP_RESERVE, "cpus 500 r:a; cpus 500 r:b; disk 100 r:d; disk 50 r:e; disk 70 r:f");
  must_apply(agent, MU_OP_CREATE, "disk 100 r:d v1@data; disk 70 r:f v2@data");
  g_assert_true(use(agent, "executor", "task", "cpus 500 r:b; disk 70 r:f v2@data; mem 300", NULL));
  g_autofree char *total = to_text(mu_agent_total(agent)), *free_before = to_text(mu_agent_free_resources(agent));
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(apply(agent, cases[i].kind, cases[i].resources, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    if (strstr(error->message, cases[i].message) == NULL)
      g_error("expected \"%s\" in \"%s\"", cases[i].message, error->message);
    assert_resources(mu_agent_total(agent), total);
    assert_resources(mu_agent_free_resources(agent), free_before);
  }
}

/* A persistence id may be used again once its volume is gone, also after an operation that was undone. */
static void test_volume_id_again(void) {
  g_autoptr(MuAgent) agent = agent_with("disk 1000");
  must_apply(agent, MU_OP_RESERVE, "disk 100 r:d");
  g_assert_false(apply(agent, MU_OP_CREATE, "disk 60 r:d v1@a; disk 60 r:d v2@b", NULL));
  must_apply(agent, MU_OP_CREATE, "disk 60 r:d v1@a");
  must_apply(agent, MU_OP_DESTROY, "disk 60 r:d v1@a");
  must_apply(agent, MU_OP_CREATE, "disk 100 r:d v1@a");
}

/* ---- use ----------------------------------------------------------------------------------------------------------- */

static void test_use(void) {
  g_autoptr(MuAgent) agent = agent_with("cpus 4000; mem 2048");
  g_assert_true(use(agent, "e", NULL, "cpus 100", NULL));
  g_assert_true(use(agent, "e", "t1", "cpus 1000; mem 1000", NULL));
  g_assert_true(use(agent, "e", "t2", "cpus 1000", NULL));
  assert_resources(mu_agent_free_resources(agent), "cpus 1900; mem 1048");
  assert_resources(mu_agent_total(agent), "cpus 4000; mem 2048");
  static const struct {
    const char *executor, *task, *resources, *message;
  } refused[] = {
      {"e", "t3", "cpus 1901", "launch of t3: cpus 1.901 is not free on agent agent-1"},
      {"e", "t3", "cpus 1900; mem 1049", "launch of t3: mem 1049 MB is not free"},
      {"e2", NULL, "cpus 1 r:a", "launch of e2: cpus 0.001, resource a is not free"},
      {"e", "t1", "cpus 1", "launch of t1: executor e has this task already"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(use(agent, refused[i].executor, refused[i].task, refused[i].resources, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, refused[i].message));
    assert_resources(mu_agent_free_resources(agent), "cpus 1900; mem 1048");
  }
  g_assert_false(mu_agent_release(agent, "e", "t9") || mu_agent_release(agent, "e9", NULL) ||
                 mu_agent_release(agent, "e2", NULL));
  g_assert_true(mu_agent_release(agent, "e", "t1"));
  g_assert_false(mu_agent_release(agent, "e", "t1"));
  assert_resources(mu_agent_free_resources(agent), "cpus 2900; mem 2048");
  g_assert_true(mu_agent_release(agent, "e", NULL));
  assert_resources(mu_agent_free_resources(agent), "cpus 4000; mem 2048");
}

static MuOperation *launch_of(const char *pod_resources, const char *const *tasks) {
  MuPodLaunch *launch = mu_pod_launch_new("e", "svc", "pod-0");
  mu_resources_free(launch->resources);
  launch->resources = from_text(pod_resources);
  for (; *tasks != NULL; tasks += 2) {
    MuTaskLaunch *task = mu_task_launch_new(tasks[0], tasks[0]);
    mu_resources_free(task->resources);
    task->resources = from_text(tasks[1]);
    mu_items_add(launch->tasks, task);
  }
  return mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, launch);
}

static void test_launch_group(void) {
  static const char *const good[] = {"t1", "cpus 1000", "t2", "cpus 1000", NULL};
  static const char *const too_much[] = {"t1", "cpus 1000", "t2", "cpus 3500", NULL};
  static const char *const more[] = {"t3", "cpus 1000", NULL};
  static const char *const more_too_much[] = {"t4", "cpus 900", "t5", "cpus 1", NULL};
  g_autoptr(MuAgent) agent = agent_with("cpus 4000; mem 100");
  g_autoptr(MuOperation) refused = launch_of("cpus 100", too_much), first = launch_of("cpus 100", good);
  g_autoptr(MuOperation) second = launch_of("cpus 100", more), third = launch_of("cpus 100", more_too_much);
  g_assert_false(mu_agent_apply(agent, refused, NULL));
  assert_resources(mu_agent_free_resources(agent), "cpus 4000; mem 100");
  g_assert_true(mu_agent_apply(agent, first, NULL));
  assert_resources(mu_agent_free_resources(agent), "cpus 1900; mem 100");
  g_assert_true(mu_agent_apply(agent, second, NULL)); /* the executor's own are there already */
  assert_resources(mu_agent_free_resources(agent), "cpus 900; mem 100");
  g_assert_false(mu_agent_apply(agent, third, NULL));
  assert_resources(mu_agent_free_resources(agent), "cpus 900; mem 100");
  g_assert_true(mu_agent_release(agent, "e", NULL));
  assert_resources(mu_agent_free_resources(agent), "cpus 4000; mem 100");
}

/* ---- offers -------------------------------------------------------------------------------------------------------- */

static void test_offers(void) {
  g_autoptr(MuAgent) agent = agent_with("cpus 4000; mem 100");
  mu_agent_set_location(agent, "eu", "eu-1");
  mu_agent_add_attribute(agent, "rack", "r1");
  g_assert_true(use(agent, "e", "t", "cpus 1000", NULL));
  g_autoptr(MuOffer) first = mu_agent_make_offer(agent, "o1");
  assert_resources(first->resources, "cpus 3000; mem 100");
  g_assert_cmpstr(first->agent_id, ==, "agent-1");
  g_assert_cmpstr(mu_offer_field(first, "hostname"), ==, "host-1");
  g_assert_cmpstr(mu_offer_field(first, "@zone"), ==, "eu-1");
  g_assert_cmpstr(mu_offer_field(first, "rack"), ==, "r1");
  g_assert_null(mu_agent_make_offer(agent, "o2"));
  g_assert_true(mu_agent_has_offer(agent, "o1"));
  g_assert_false(mu_agent_has_offer(agent, "o2"));
  assert_resources(mu_agent_free_resources(agent), "cpus 3000; mem 100");

  g_assert_true(mu_agent_release(agent, "e", "t"));
  g_autoptr(MuOffer) second = mu_agent_make_offer(agent, "o2");
  assert_resources(second->resources, "cpus 1000");
  assert_resources(mu_agent_free_resources(agent), "cpus 4000; mem 100");
  g_assert_false(apply(agent, MU_OP_RESERVE, "cpus 1 r:a", NULL)); /* all is out in offers */
  g_assert_false(use(agent, "e", "t", "cpus 1", NULL));

  mu_agent_offer_end(agent, "o1");
  mu_agent_offer_end(agent, "o1");
  g_assert_false(mu_agent_has_offer(agent, "o1"));
  must_apply(agent, MU_OP_RESERVE, "cpus 3000 r:a");
  assert_resources(mu_agent_free_resources(agent), "cpus 1000; cpus 3000 r:a; mem 100");
  mu_agent_offer_end(agent, "o2");
  g_autoptr(MuOffer) third = mu_agent_make_offer(agent, "o1");
  assert_resources(third->resources, "cpus 1000; cpus 3000 r:a; mem 100");
}

/* ---- restore ------------------------------------------------------------------------------------------------------- */

static void test_restore(void) {
  static const struct {
    const char *machine, *after;
    guint n_warnings;
  } cases[] = {
      {MACHINE,
       "cpus 3500; cpus 500 r:a; disk 100 r:b v1@data; disk 500 r:m v2@d mount=/mnt; disk 900; mem 2048; ports 1000,1005 r:p; ports 1001-1004,1006-1999",
       0},
      {"cpus 400; disk 90; ports 1000-1001",
       "cpus 500 r:a; disk 100 r:b v1@data; disk 500 r:m v2@d mount=/mnt; ports 1000,1005 r:p; ports 1001", 4},
      {"cpus 4000; disk 1000; disk 600 mount=/mnt; ports 1000-1999",
       "cpus 3500; cpus 500 r:a; disk 100 r:b v1@data; disk 500 r:m v2@d mount=/mnt; disk 900; ports 1000,1005 r:p; ports 1001-1004,1006-1999",
       0},
  };
  g_autoptr(MuAgent) before = agent_with(MACHINE);
  must_apply(before, MU_OP_RESERVE, "cpus 500 r:a; disk 100 r:b; ports 1000,1005 r:p; disk 500 mount=/mnt r:m");
  must_apply(before, MU_OP_CREATE, "disk 100 r:b v1@data; disk 500 mount=/mnt r:m v2@d");
  g_assert_true(use(before, "e", "t", "cpus 500 r:a", NULL));
  g_autoptr(json_t) kept = mu_agent_to_json(before);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(MuAgent) agent = agent_with(cases[i].machine);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_assert_true(mu_agent_restore(agent, kept, warnings, &error));
    assert_resources(mu_agent_total(agent), cases[i].after);
    assert_resources(mu_agent_free_resources(agent), cases[i].after);
    g_assert_cmpuint(warnings->len, ==, cases[i].n_warnings);
    g_assert_false(apply(agent, MU_OP_CREATE, "disk 1 r:b v1@data", NULL)); /* the volume is known */
    must_apply(agent, MU_OP_DESTROY, "disk 100 r:b v1@data");
  }
}

static void test_restore_warning(void) {
  g_autoptr(MuAgent) before = agent_with("cpus 1000; mem 10 public:");
  must_apply(before, MU_OP_RESERVE, "cpus 500 r:a");
  g_autoptr(json_t) kept = mu_agent_to_json(before);
  g_autoptr(MuAgent) agent = agent_with("cpus 400; mem 10 public:");
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  g_assert_true(mu_agent_restore(agent, kept, warnings, NULL));
  assert_resources(mu_agent_total(agent), "cpus 500 r:a; mem 10 public:"); /* the operator's is not doubled */
  g_assert_cmpuint(warnings->len, ==, 1);
  g_assert_cmpstr(g_ptr_array_index(warnings, 0), ==,
                  "agent agent-1 no longer has all of cpus 0.5 that is reserved as resource a: 100 of 500 missing; the "
                  "reservation is kept");
  g_assert_true(mu_agent_restore(agent, kept, NULL, NULL)); /* nobody asks for warnings */
  g_autoptr(json_t) bad = json_pack("{s:[{s:s}]}", "reserved", "kind", "x");
  g_autoptr(GError) error = NULL;
  g_assert_false(mu_agent_restore(agent, bad, NULL, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
}

/* ---- property: whatever is done, the sums stay ----------------------------------------------------------------------- */

static void random_step(MuAgent *agent, MuRandom *random) {
  guint n = (guint)mu_random_below(random, 6), task = (guint)mu_random_below(random, 4);
  g_autofree char *cpus = g_strdup_printf("cpus %u r:c%u", 100 + n * 50, n);
  g_autofree char *disk = g_strdup_printf("disk %u r:d%u; ports %u r:p%u", 100 + n * 10, n, 1000 + n, n);
  g_autofree char *volume = g_strdup_printf("disk %u r:d%u v%u@data", 100 + n * 10, n, n);
  g_autofree char *executor = g_strdup_printf("e%u", n), *task_id = g_strdup_printf("t%u", task);
  g_autofree char *offer = g_strdup_printf("o%u", task);
  switch (mu_random_below(random, 12)) {
  case 0: apply(agent, MU_OP_RESERVE, cpus, NULL); break;
  case 1: apply(agent, MU_OP_RESERVE, disk, NULL); break;
  case 2: apply(agent, MU_OP_UNRESERVE, cpus, NULL); break;
  case 3: apply(agent, MU_OP_UNRESERVE, disk, NULL); break;
  case 4: apply(agent, MU_OP_CREATE, volume, NULL); break;
  case 5: apply(agent, MU_OP_DESTROY, volume, NULL); break;
  case 6: use(agent, executor, task_id, cpus, NULL); break;
  case 7: use(agent, executor, task_id, volume, NULL); break;
  case 8: mu_agent_release(agent, executor, task == 0 ? NULL : task_id); break;
  case 9:
  case 10: mu_agent_offer_end(agent, offer); break;
  default:
    if (!mu_agent_has_offer(agent, offer))
      mu_offer_free(mu_agent_make_offer(agent, offer));
  }
}

static void undo_all(MuAgent *agent) {
  for (guint n = 0; n < 6; n++) {
    g_autofree char *executor = g_strdup_printf("e%u", n), *offer = g_strdup_printf("o%u", n);
    mu_agent_release(agent, executor, NULL);
    mu_agent_offer_end(agent, offer);
  }
  for (guint n = 0; n < 6; n++) {
    g_autofree char *volume = g_strdup_printf("disk %u r:d%u v%u@data", 100 + n * 10, n, n);
    apply(agent, MU_OP_DESTROY, volume, NULL);
  }
  g_autofree char *left = to_text(mu_agent_total(agent));
  g_auto(GStrv) lines = g_strsplit(left, "; ", -1);
  for (char **line = lines; *line != NULL; line++)
    if (strstr(*line, " r:") != NULL)
      must_apply(agent, MU_OP_UNRESERVE, *line);
}

static void test_sums(void) {
  MuRandom random;
  for (guint64 seed = 0; seed < 40; seed++) {
    mu_random_seed(&random, seed);
    g_autoptr(MuAgent) agent = agent_with(MACHINE);
    for (guint i = 0; i < 300; i++) {
      random_step(agent, &random);
      g_assert_cmpint(mu_resources_total(mu_agent_total(agent), MU_RESOURCE_CPUS), ==, 4000);
      g_assert_cmpint(mu_resources_total(mu_agent_total(agent), MU_RESOURCE_DISK), ==, 1500);
      g_assert_cmpint(mu_resources_total(mu_agent_total(agent), MU_RESOURCE_PORTS), ==, 1000);
      g_autoptr(MuResources) used = mu_resources_copy(mu_agent_total(agent));
      g_assert_true(mu_resources_subtract_all(used, mu_agent_free_resources(agent)));
    }
    undo_all(agent);
    assert_resources(mu_agent_total(agent), MACHINE);
    assert_resources(mu_agent_free_resources(agent), MACHINE);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/agent/life-of-a-volume", test_life_of_a_volume);
  g_test_add_func("/agent/refined", test_refined);
  g_test_add_func("/agent/offers_to_roles", test_offers_to_roles);
  g_test_add_func("/agent/refused", test_refused);
  g_test_add_func("/agent/volume-id-again", test_volume_id_again);
  g_test_add_func("/agent/use", test_use);
  g_test_add_func("/agent/launch-group", test_launch_group);
  g_test_add_func("/agent/offers", test_offers);
  g_test_add_func("/agent/restore", test_restore);
  g_test_add_func("/agent/restore-warning", test_restore_warning);
  g_test_add_func("/agent/sums", test_sums);
  return g_test_run();
}
