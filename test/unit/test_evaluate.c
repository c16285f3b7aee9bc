/* The evaluator on one agent that follows the master's rules (agent.h): every match is applied to it, so what the evaluator
 * asks for is what a master would do. */
#include "agent.h"
#include "evaluate.h"

#include "spec_text.h"

typedef struct {
  MuServiceSpec *spec;
  MuAgent *agent;
  MuRandom random;
  MuOutcome *outcome;
  MuPodRecord *record;
  GPtrArray *pods; /* of MuPodRecord* */
  MuRequirement requirement;
  MuMatch match;
  const char *offer_role; /* NULL: the engine knows none */
} Fixture;

/* ---- agents and specs ------------------------------------------------------------------------------------------------ */

static void add_mount(MuResources *total, const char *text) {
  g_auto(GStrv) words = g_strsplit(text, " ", -1); /* /disk1 500 ssd */
  g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, g_ascii_strtoll(words[1], NULL, 10));
  disk->mount_root = g_strdup(words[0]);
  disk->profile = g_strdup(words[2]);
  mu_resources_add(total, disk);
}

/* 4 cpus, 4096 MB, 1000 MB of disk, 2 gpus, ports 1000-1009, and MOUNT disks as "/disk1 500 ssd, /disk2 300". */
static MuAgent *make_agent(const char *id, const char *mounts) {
  static const struct {
    MuResourceKind kind;
    gint64 amount;
  } SCALARS[] = {{MU_RESOURCE_CPUS, 4000}, {MU_RESOURCE_MEM, 4096}, {MU_RESOURCE_DISK, 1000}, {MU_RESOURCE_GPUS, 2000}};
  MuResources *total = mu_resources_new();
  for (guint i = 0; i < G_N_ELEMENTS(SCALARS); i++) {
    g_autoptr(MuResource) scalar = mu_resource_new_scalar(SCALARS[i].kind, SCALARS[i].amount);
    mu_resources_add(total, scalar);
  }
  g_autoptr(MuResource) ports = mu_resource_new_ports(1000, 1009);
  mu_resources_add(total, ports);
  g_auto(GStrv) disks = g_strsplit(mounts, ", ", -1);
  for (guint i = 0; disks[i] != NULL && *disks[i] != '\0'; i++)
    add_mount(total, disks[i]);
  return mu_agent_new(id, id, total);
}

/* A service "svc" with the pod "node" of one task "main" that has these fields besides goal and cmd. */
static MuServiceSpec *spec_of(const char *pod, const char *task) {
  g_autofree char *yaml = g_strdup_printf(
      "{name: svc, pods: {node: {count: 3, %s tasks: {main: {goal: RUNNING, cmd: x, %s}}}}}", pod, task);
  return mu_test_spec(yaml);
}

static void set_spec(Fixture *f, const char *pod, const char *task) {
  g_clear_pointer(&f->spec, mu_service_spec_unref);
  f->spec = spec_of(pod, task);
  f->requirement.pod = &f->spec->pods[0];
}

static void set_up(Fixture *f, const char *pod, const char *task, const char *mounts) {
  *f = (Fixture){0};
  f->agent = make_agent("h1", mounts);
  f->outcome = mu_outcome_new();
  f->pods = g_ptr_array_new();
  mu_random_seed(&f->random, 1);
  f->requirement = (MuRequirement){
      .service = "svc", .tasks = 1, .may_reserve = TRUE, .pods = f->pods, .role = "role", .principal = "principal"};
  set_spec(f, pod, task);
}

static void tear_down(Fixture *f) {
  mu_match_clear(&f->match);
  mu_service_spec_unref(f->spec);
  mu_agent_free(f->agent);
  mu_outcome_free(f->outcome);
  mu_pod_record_free(f->record);
  g_ptr_array_unref(f->pods);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, tear_down)

/* ---- evaluating ------------------------------------------------------------------------------------------------------ */

static gboolean evaluate(Fixture *f) {
  MuOffer *offer = mu_agent_make_offer_to(f->agent, "offer", f->offer_role);
  mu_match_clear(&f->match);
  f->requirement.record = f->record;
  gboolean fits = mu_evaluate(&f->requirement, offer, &f->random, f->outcome, &f->match);
  mu_agent_offer_end(f->agent, "offer");
  g_assert_true(!fits || mu_resources_subtract_all(offer->resources, f->match.taken)); /* never more than was offered */
  mu_offer_free(offer);
  return fits;
}

static void assert_fits(Fixture *f) {
  if (!evaluate(f)) {
    g_autofree char *summary = mu_outcome_summary(f->outcome);
    g_error("does not fit: %s", summary);
  }
}

static void assert_refused(Fixture *f, const char *summary) {
  mu_outcome_clear(f->outcome);
  g_assert_false(evaluate(f));
  g_autofree char *found = mu_outcome_summary(f->outcome);
  g_assert_cmpstr(found, ==, summary);
  g_assert_null(f->match.record);
  g_assert_cmpuint(f->outcome->offers, ==, 1);
}

/* "cpus 0.5, mem 64 MB"; MOUNT disks and volumes say so. */
static char *describe(const MuResources *resources) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *resource = resources->items->pdata[i];
    g_autofree char *amount = mu_resource_to_string(resource);
    g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ", amount);
    if (resource->mount_root != NULL)
      g_string_append_printf(text, " on %s", resource->mount_root);
    if (resource->persistence_id != NULL)
      g_string_append_printf(text, " as %s", resource->container_path);
  }
  return g_string_free(text, FALSE);
}

#define assert_resources(resources, expected)                                                                          \
  G_STMT_START {                                                                                                       \
    g_autofree char *described = describe(resources);                                                                  \
    g_assert_cmpstr(described, ==, (expected));                                                                        \
  }                                                                                                                    \
  G_STMT_END

static void apply(Fixture *f, MuOperationKind kind, const MuResources *resources) {
  GError *error = NULL;
  if (resources->items->len == 0)
    return;
  g_autoptr(MuOperation) operation = mu_operation_new(kind, mu_resources_copy(resources), NULL);
  mu_agent_apply(f->agent, operation, &error);
  g_assert_no_error(error);
}

/* The record of the match is kept, as before the call that would bring it about. */
static void keep_record(Fixture *f) {
  mu_pod_record_free(f->record);
  f->record = g_steal_pointer(&f->match.record);
}

static void hold_all(MuPodRecord *record) {
  for (guint i = 0; i < record->entries->len; i++)
    if (((MuLedgerEntry *)record->entries->pdata[i])->state == MU_LEDGER_PLANNED)
      mu_ledger_entry_move(record->entries->pdata[i], MU_LEDGER_HELD);
}

/* The match happens on the agent, and its task ran. */
static void perform(Fixture *f) {
  apply(f, MU_OP_UNRESERVE, f->match.unreserve);
  apply(f, MU_OP_RESERVE, f->match.reserve);
  apply(f, MU_OP_CREATE, f->match.create);
  keep_record(f);
  hold_all(f->record);
}

static void deploy(Fixture *f) {
  assert_fits(f);
  perform(f);
}

static const MuLedgerEntry *entry(const Fixture *f, guint i) {
  return f->record->entries->pdata[i];
}

static gint64 port_of(const MuPodRecord *record, const char *name) {
  const MuLedgerEntry *found = mu_pod_record_find(record, "main-resource-set", MU_RESOURCE_PORTS, name);
  return g_array_index(found->resource->ranges, MuRange, 0).begin;
}

/* ---- a first launch --------------------------------------------------------------------------------------------------- */

static void test_fresh(void) {
  g_auto(Fixture) f;
  set_up(&f, "",
         "cpus: 0.5, memory: 256, gpus: 1, volume: {path: data, type: ROOT, size: 100}, ports: {web: {port: 1003}}",
         "");
  assert_fits(&f);
  assert_resources(f.match.reserve, "cpus 0.5, mem 256 MB, gpus 1, disk 100 MB, ports 1003");
  assert_resources(f.match.create, "disk 100 MB as data");
  assert_resources(f.match.taken, "cpus 0.5, mem 256 MB, gpus 1, disk 100 MB, ports 1003");
  assert_resources(f.match.unreserve, "");
  g_assert_cmpstr(f.match.record->agent_id, ==, "h1");
  g_assert_cmpstr(f.match.record->role, ==, "role");
  g_assert_cmpuint(f.match.record->entries->len, ==, 5);
  perform(&f);
  for (guint i = 0; i < 5; i++) {
    const MuReservation *reservation = &entry(&f, i)->resource->reservation;
    g_assert_cmpstr(reservation->role, ==, "role");
    g_assert_cmpstr(reservation->namespace_, ==, "svc");
    g_assert_cmpstr(reservation->principal, ==, "principal");
    g_assert_true(mu_uuid_is_valid(reservation->resource_id));
    g_assert_true(mu_pod_record_by_id(f.record, reservation->resource_id) == entry(&f, i));
  }
}

/* Before it happened, everything is PLANNED. */
static void test_fresh_is_planned(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  assert_fits(&f);
  for (guint i = 0; i < f.match.record->entries->len; i++)
    g_assert_cmpuint(((MuLedgerEntry *)f.match.record->entries->pdata[i])->state, ==, MU_LEDGER_PLANNED);
}

static void test_same_seed_same_ids(void) {
  g_auto(Fixture) a;
  g_auto(Fixture) b;
  set_up(&a, "", "cpus: 0.5, memory: 256, ports: {web: {port: 0}}", "");
  set_up(&b, "", "cpus: 0.5, memory: 256, ports: {web: {port: 0}}", "");
  deploy(&a);
  deploy(&b);
  g_autofree char *left = mu_pod_record_encode(a.record);
  g_autofree char *right = mu_pod_record_encode(b.record);
  g_assert_cmpstr(left, ==, right);
}

/* ---- refusals, each with its numbers ---------------------------------------------------------------------------------- */

static void test_refusals(void) {
  static const struct {
    const char *pod, *task, *mounts, *summary;
  } ROWS[] = {
      {"", "cpus: 4.5, memory: 1", "", "cpus: wanted 4.5 cpus, best offer had 4 cpus (h1)"},
      {"", "cpus: 1, memory: 5000", "", "memory: wanted 5000 MB, best offer had 4096 MB (h1)"},
      {"", "cpus: 1, memory: 1, gpus: 3", "", "gpus: wanted 3 gpus, best offer had 2 gpus (h1)"},
      {"", "cpus: 1, memory: 1, volume: {path: d, type: ROOT, size: 1001}", "",
       "disk: wanted 1001 MB, best offer had 1000 MB (h1)"},
      {"", "cpus: 1, memory: 1, volume: {path: d, type: ROOT, size: 1001}", "/disk1 5000",
       "disk: wanted 1001 MB, best offer had 1000 MB (h1)"}, /* a MOUNT disk is no space of the root disk */
      {"", "cpus: 1, memory: 1, volume: {path: d, type: MOUNT, size: 400}", "/disk1 300, /disk2 200",
       "disk: wanted 400 MB, best offer had 300 MB (h1)"},
      {"", "cpus: 1, memory: 1, volume: {path: d, type: MOUNT, size: 400}", "",
       "disk: wanted 400 MB, best offer had 0 MB (h1)"},
      {"", "cpus: 1, memory: 1, volume: {path: d, type: MOUNT, size: 400, profiles: [ssd]}",
       "/disk1 500 hdd, /disk2 500", "disk: wanted 400 MB, best offer had 0 MB (h1)"},
      {"", "cpus: 1, memory: 1, ports: {web: {port: 80}}", "", "ports: port 80 (web) is not free (h1)"},
      {"", "cpus: 1, memory: 1, ports: {web: {port: 0, ranges: [{begin: 2000, end: 3000}]}}", "",
       "ports: no free port for web (h1)"},
      {"placement: 'hostname:LIKE:x.*',", "cpus: 1, memory: 1", "", "placement: hostname LIKE x.*: is h1 (h1)"},
      {"volume: {path: d, type: ROOT, size: 2000},", "cpus: 9, memory: 9999", "",
       "disk: wanted 2000 MB, best offer had 1000 MB (h1)"}, /* the pod's own comes first */
  };
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_auto(Fixture) f;
    set_up(&f, ROWS[i].pod, ROWS[i].task, ROWS[i].mounts);
    assert_refused(&f, ROWS[i].summary);
  }
}

static void test_discipline(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 1, memory: 1", "");
  f.requirement.may_reserve = FALSE;
  assert_refused(&f, "discipline: other services are growing now; its turn comes");
}

/* Two tasks of one launch do not count the same resources twice. */
static void test_sum_is_counted(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 3, memory: 1", "");
  g_clear_pointer(&f.spec, mu_service_spec_unref);
  f.spec = mu_test_spec("{name: svc, pods: {node: {count: 1, tasks: {a: {goal: RUNNING, cmd: x, cpus: 3, memory: 1}, "
                        "b: {goal: RUNNING, cmd: x, cpus: 2, memory: 1}}}}}");
  f.requirement.pod = &f.spec->pods[0];
  f.requirement.tasks = 3;
  assert_refused(&f, "cpus: wanted 2 cpus, best offer had 1 cpus (h1)");
  f.requirement.tasks = 2;
  assert_fits(&f);
  assert_resources(f.match.reserve, "cpus 2, mem 1 MB");
}

/* ---- its own footprint ------------------------------------------------------------------------------------------------ */

static void test_own_footprint(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, volume: {path: data, type: ROOT, size: 100}, ports: {web: {port: 0}}", "");
  deploy(&f);
  g_autofree char *before = mu_pod_record_encode(f.record);
  f.requirement.may_reserve = FALSE; /* nothing new is needed, so it needs no turn */
  assert_fits(&f);
  assert_resources(f.match.reserve, "");
  assert_resources(f.match.create, "");
  assert_resources(f.match.unreserve, "");
  perform(&f);
  g_autofree char *after = mu_pod_record_encode(f.record);
  g_assert_cmpstr(before, ==, after);
}

static void test_bound_to_its_agent(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  deploy(&f);
  mu_agent_free(f.agent);
  f.agent = make_agent("h2", "");
  assert_refused(&f, "agent: its reserved resources are on h1 (h2)");
}

/* What was never proven binds to nothing. */
static void test_planned_does_not_bind(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  assert_fits(&f);
  keep_record(&f);
  mu_agent_free(f.agent);
  f.agent = make_agent("h2", "");
  assert_fits(&f);
  g_assert_cmpstr(f.match.record->agent_id, ==, "h2");
  g_assert_cmpuint(f.match.record->entries->len, ==, 4);
  for (guint i = 0; i < 2; i++) { /* whether it exists on h1 only an offer of h1 tells */
    const MuLedgerEntry *left = f.match.record->entries->pdata[i], *new = f.match.record->entries->pdata[i + 2];
    g_assert_cmpint(left->state, ==, MU_LEDGER_RELEASING);
    g_assert_cmpstr(left->agent_id, ==, "h1");
    g_assert_true(left->asked);
    g_assert_null(new->agent_id);
  }
  assert_resources(f.match.reserve, "cpus 0.5, mem 256 MB");
}

/* What runs binds, proven or not: one pod, one agent. */
static void test_live_binds(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  assert_fits(&f);
  keep_record(&f);
  mu_agent_free(f.agent);
  f.agent = make_agent("h2", "");
  f.requirement.executor_live = TRUE;
  assert_refused(&f, "agent: its reserved resources are on h1 (h2)");
}

/* In use elsewhere, or not given back yet by what ran there. */
static void test_not_offered(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  deploy(&f);
  g_autoptr(MuResources) used = mu_resources_new();
  mu_resources_add(used, entry(&f, 1)->resource);
  g_assert_true(mu_agent_use(f.agent, "executor", "task", used, NULL));
  assert_refused(&f, "reserved: its own mem 256 MB is not offered yet (h1)");
}

/* A pod that stays keeps its place, whatever the rule says now. */
static void test_placement_of_the_placed(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  deploy(&f);
  set_spec(&f, "placement: 'hostname:IS:h7',", "cpus: 0.5, memory: 256");
  assert_fits(&f);
  g_clear_pointer(&f.record, mu_pod_record_free);
  assert_refused(&f, "placement: hostname IS h7: is h1 (h1)");
}

/* ---- resizing ---------------------------------------------------------------------------------------------------------- */

static void test_resize(void) {
  static const struct {
    const char *task, *reserve, *unreserve;
    gint64 cpus, mem;
  } ROWS[] = {
      {"cpus: 0.75, memory: 256", "cpus 0.25", "", 750, 256},
      {"cpus: 0.25, memory: 256", "", "cpus 0.25", 250, 256},
      {"cpus: 1, memory: 100", "cpus 0.5", "mem 156 MB", 1000, 100},
      {"cpus: 0.5, memory: 256", "", "", 500, 256},
  };
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_auto(Fixture) f;
    set_up(&f, "", "cpus: 0.5, memory: 256", "");
    deploy(&f);
    g_autofree char *id = g_strdup(entry(&f, 0)->resource->reservation.resource_id);
    set_spec(&f, "", ROWS[i].task);
    assert_fits(&f);
    assert_resources(f.match.reserve, ROWS[i].reserve);
    assert_resources(f.match.unreserve, ROWS[i].unreserve);
    perform(&f);
    g_assert_cmpint(entry(&f, 0)->resource->amount, ==, ROWS[i].cpus);
    g_assert_cmpint(entry(&f, 1)->resource->amount, ==, ROWS[i].mem);
    g_assert_cmpstr(entry(&f, 0)->resource->reservation.resource_id, ==, id); /* one reservation, not two */
    assert_fits(&f);
    assert_resources(f.match.reserve, "");
  }
}

static void test_resize_refused(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 1, memory: 256", "");
  deploy(&f);
  set_spec(&f, "", "cpus: 4.5, memory: 256");
  assert_refused(&f, "cpus: wanted 3.5 cpus, best offer had 3 cpus (h1)");
  f.requirement.may_reserve = FALSE;
  assert_refused(&f, "discipline: other services are growing now; its turn comes");
  set_spec(&f, "", "cpus: 0.5, memory: 256"); /* to shrink needs no turn */
  assert_fits(&f);
}

static void test_new_resource_in_old_footprint(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  deploy(&f);
  set_spec(&f, "", "cpus: 0.5, memory: 256, gpus: 1, ports: {web: {port: 1001}}");
  assert_fits(&f);
  assert_resources(f.match.reserve, "gpus 1, ports 1001");
  perform(&f);
  g_assert_cmpuint(f.record->entries->len, ==, 4);
}

/* A volume keeps its size: to change it is refused long before (config_validate). */
static void test_volume_keeps_its_size(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, volume: {path: data, type: ROOT, size: 100}", "");
  deploy(&f);
  set_spec(&f, "", "cpus: 0.5, memory: 256, volume: {path: data, type: ROOT, size: 200}");
  assert_fits(&f);
  assert_resources(f.match.reserve, "");
  g_assert_cmpint(mu_pod_record_find(f.match.record, "main-resource-set", MU_RESOURCE_DISK, "data")->resource->amount,
                  ==, 100);
}

/* ---- ports ------------------------------------------------------------------------------------------------------------- */

static void test_static_port_moves(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, ports: {web: {port: 1001}}", "");
  deploy(&f);
  set_spec(&f, "", "cpus: 0.5, memory: 256, ports: {web: {port: 1002}}");
  assert_fits(&f);
  assert_resources(f.match.unreserve, "ports 1001");
  assert_resources(f.match.reserve, "ports 1002");
  perform(&f);
  g_assert_cmpint(port_of(f.record, "web"), ==, 1002);
  g_assert_cmpuint(f.record->entries->len, ==, 3);
}

static void test_dynamic_port_stays(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, ports: {web: {port: 1007}}", "");
  deploy(&f);
  set_spec(&f, "", "cpus: 0.5, memory: 256, ports: {web: {port: 0}}");
  assert_fits(&f);
  g_assert_cmpint(port_of(f.match.record, "web"), ==, 1007);
  assert_resources(f.match.reserve, "");
}

static void test_dynamic_ports_differ(void) {
  for (guint64 seed = 1; seed <= 50; seed++) {
    g_auto(Fixture) f;
    set_up(&f, "", "cpus: 0.1, memory: 1, ports: {a: {port: 0}, b: {port: 1004}, c: {port: 0}}", "");
    mu_random_seed(&f.random, seed);
    deploy(&f);
    gint64 a = port_of(f.record, "a"), c = port_of(f.record, "c");
    g_assert_true(a >= 1000 && a <= 1009 && c >= 1000 && c <= 1009);
    g_assert_true(a != c && a != 1004 && c != 1004);
  }
}

/* Each port that the ranges allow is drawn now and then, and no other. */
static void test_ranges(void) {
  gboolean seen[10] = {FALSE};
  for (guint64 seed = 1; seed <= 100; seed++) {
    g_auto(Fixture) f;
    set_up(&f, "",
           "cpus: 0.1, memory: 1, ports: {a: {port: 0, ranges: [{begin: 990, end: 1001}, {begin: 1008, end: 1100}]}}",
           "");
    mu_random_seed(&f.random, seed);
    deploy(&f);
    seen[port_of(f.record, "a") - 1000] = TRUE;
  }
  for (guint i = 0; i < 10; i++)
    g_assert_cmpint(seen[i], ==, i <= 1 || i >= 8);
}

static void test_range_excludes_the_old_port(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, ports: {web: {port: 1007}}", "");
  deploy(&f);
  set_spec(&f, "", "cpus: 0.5, memory: 256, ports: {web: {port: 0, ranges: [{begin: 1002, end: 1002}]}}");
  assert_fits(&f);
  assert_resources(f.match.unreserve, "ports 1007");
  assert_resources(f.match.reserve, "ports 1002");
}

/* ---- MOUNT disks -------------------------------------------------------------------------------------------------------- */

static void test_mount_takes_the_whole(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, volume: {path: data, type: MOUNT, size: 200}", "/disk1 100, /disk2 300");
  assert_fits(&f);
  assert_resources(f.match.taken, "cpus 0.5, mem 256 MB, disk 300 MB on /disk2");
  assert_resources(f.match.create, "disk 300 MB on /disk2 as data");
  perform(&f);
  assert_fits(&f);
  assert_resources(f.match.reserve, "");
}

static void test_two_mounts(void) {
  g_auto(Fixture) f;
  static const char TASK[] = "cpus: 0.5, memory: 256, volumes: {a: {path: a, type: MOUNT, size: 200}, "
                             "b: {path: b, type: MOUNT, size: 200}}";
  set_up(&f, "", TASK, "/disk1 300");
  assert_refused(&f, "disk: wanted 200 MB, best offer had 0 MB (h1)");
  mu_agent_free(f.agent);
  f.agent = make_agent("h1", "/disk1 300, /disk2 200");
  assert_fits(&f);
  assert_resources(f.match.create, "disk 300 MB on /disk1 as a, disk 200 MB on /disk2 as b");
  perform(&f);
}

static void test_profiles(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, volume: {path: data, type: MOUNT, size: 200, profiles: [ssd, nvme]}",
         "/disk1 300, /disk2 300 hdd, /disk3 300 nvme");
  assert_fits(&f);
  assert_resources(f.match.create, "disk 300 MB on /disk3 as data");
}

/* ---- crashes in between --------------------------------------------------------------------------------------------------- */

/* The record was kept, the call never came: everything is asked for again, under new ids. */
static void test_never_happened(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256, volume: {path: data, type: ROOT, size: 100}, ports: {web: {port: 1003}}", "");
  assert_fits(&f);
  keep_record(&f);
  g_autofree char *old_id = g_strdup(entry(&f, 0)->resource->reservation.resource_id);
  assert_fits(&f);
  assert_resources(f.match.reserve, "cpus 0.5, mem 256 MB, disk 100 MB, ports 1003");
  g_assert_cmpuint(f.match.record->entries->len, ==, 4);
  g_assert_null(mu_pod_record_by_id(f.match.record, old_id));
  perform(&f);
}

/* The call came, and no task ran: what the offer shows is used and is HELD from now on. */
static void test_happened_unproven(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  assert_fits(&f);
  apply(&f, MU_OP_RESERVE, f.match.reserve);
  keep_record(&f);
  f.requirement.may_reserve = FALSE;
  assert_fits(&f);
  assert_resources(f.match.reserve, "");
  g_assert_cmpuint(((MuLedgerEntry *)f.match.record->entries->pdata[0])->state, ==, MU_LEDGER_HELD);
}

static void test_volume_without_create(void) {
  static const char *const TASKS[] = {"volume: {path: data, type: ROOT, size: 100}",
                                      "volume: {path: data, type: MOUNT, size: 100}"};
  static const char *const CREATED[] = {"disk 100 MB as data", "disk 300 MB on /disk1 as data"};
  for (guint i = 0; i < G_N_ELEMENTS(TASKS); i++) {
    g_auto(Fixture) f;
    g_autofree char *task = g_strdup_printf("cpus: 0.5, memory: 256, %s", TASKS[i]);
    set_up(&f, "", task, "/disk1 300");
    assert_fits(&f);
    apply(&f, MU_OP_RESERVE, f.match.reserve);
    keep_record(&f);
    hold_all(f.record);
    assert_fits(&f);
    assert_resources(f.match.reserve, "");
    assert_resources(f.match.create, CREATED[i]);
    perform(&f);
    assert_fits(&f);
    assert_resources(f.match.create, "");
  }
}

/* The ledger has the new amount, the agent still the old one. */
static void test_resize_never_happened(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  deploy(&f);
  set_spec(&f, "", "cpus: 0.75, memory: 128");
  assert_fits(&f);
  keep_record(&f);
  assert_fits(&f);
  assert_resources(f.match.reserve, "cpus 0.25");
  assert_resources(f.match.unreserve, "mem 128 MB");
  perform(&f);
  g_assert_cmpint(entry(&f, 0)->resource->amount, ==, 750);
}

/* ---- the executor --------------------------------------------------------------------------------------------------------- */

static void test_executor(void) {
  g_auto(Fixture) f;
  set_up(&f, "volume: {path: shared, type: ROOT, size: 50},", "cpus: 0.5, memory: 256", "");
  f.requirement.overhead = (MuOverhead){100, 32, 256};
  assert_fits(&f);
  g_assert_cmpuint(f.match.record->entries->len, ==, 6);
  assert_resources(f.match.create, "disk 50 MB as shared");
  perform(&f);
  g_assert_cmpint(mu_pod_record_find(f.record, MU_SET_EXECUTOR, MU_RESOURCE_CPUS, NULL)->resource->amount, ==, 100);
}

/* While the pod's executor lives, its own resources are in use and are not asked for. */
static void test_executor_live(void) {
  g_auto(Fixture) f;
  set_up(&f, "volume: {path: shared, type: ROOT, size: 50},", "cpus: 0.5, memory: 256", "");
  f.requirement.overhead = (MuOverhead){100, 32, 256};
  deploy(&f);
  g_autoptr(MuResources) used = mu_resources_new();
  for (guint i = 0; i < 4; i++)
    mu_resources_add(used, entry(&f, i)->resource);
  g_assert_true(mu_agent_use(f.agent, "executor", NULL, used, NULL));
  f.requirement.executor_live = TRUE;
  assert_fits(&f);
  assert_resources(f.match.taken, "cpus 0.5, mem 256 MB");
  g_assert_cmpuint(f.match.record->entries->len, ==, 6);
  f.requirement.executor_live = FALSE;
  assert_refused(&f, "reserved: its own cpus 0.1 is not offered yet (h1)");
}

/* What others reserved is not free, though it is offered. */
static void test_reserved_is_not_free(void) {
  g_auto(Fixture) f;
  g_autoptr(MuResources) theirs = mu_resources_new();
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, 3800);
  g_autoptr(MuResource) port = mu_resource_new_ports(1001, 1001);
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  mu_resource_set_reservation(cpus, "role", "their-id", "other", "principal");
  mu_resource_set_reservation(port, "role", "their-port", "other", "principal");
  mu_resources_add(theirs, cpus);
  mu_resources_add(theirs, port);
  apply(&f, MU_OP_RESERVE, theirs);
  assert_refused(&f, "cpus: wanted 0.5 cpus, best offer had 0.2 cpus (h1)");
  set_spec(&f, "", "cpus: 0.1, memory: 1, ports: {web: {port: 1001}}");
  assert_refused(&f, "ports: port 1001 (web) is not free (h1)");
}

/* ---- roles ------------------------------------------------------------------------------------------------------------ */

/* An operator's reservation for the role, of what the agent has unreserved. */
static void pre_reserve(Fixture *f, MuResourceKind kind, gint64 amount, const char *role) {
  g_autoptr(MuResource) resource = mu_resource_new_scalar(kind, amount);
  mu_resource_set_static(resource, role);
  mu_agent_put(f->agent, resource);
}

static void test_pre_reserved(void) {
  g_auto(Fixture) f;
  set_up(&f, "pre-reserved-role: public,",
         "cpus: 0.5, memory: 256, volumes: {d: {path: data, type: ROOT, size: 20}}, ports: {web: {port: 0}}", "");
  f.offer_role = "public/role";
  assert_refused(&f, "cpus: wanted 0.5 cpus, best offer had 0 cpus (h1)"); /* what is unreserved is not taken */
  pre_reserve(&f, MU_RESOURCE_CPUS, 1000, "public");
  pre_reserve(&f, MU_RESOURCE_MEM, 300, "public");
  pre_reserve(&f, MU_RESOURCE_DISK, 30, "public");
  assert_refused(&f, "ports: no free port for web (h1)");
  g_autoptr(MuResource) ports = mu_resource_new_ports(80, 80);
  mu_resource_set_static(ports, "public");
  mu_agent_put(f.agent, ports);
  deploy(&f);
  g_assert_cmpstr(f.record->role, ==, "public/role");
  g_assert_cmpint(port_of(f.record, "web"), ==, 80);
  for (guint i = 0; i < f.record->entries->len; i++) {
    g_assert_cmpstr(entry(&f, i)->resource->reservation.role, ==, "public/role");
    g_assert_cmpstr(entry(&f, i)->resource->reservation.pre_reserved_role, ==, "public");
    g_assert_false(entry(&f, i)->resource->reservation.is_static);
  }
  assert_fits(&f); /* on what it owns */
  assert_resources(f.match.reserve, "");
  set_spec(&f, "pre-reserved-role: public,",
           "cpus: 0.7, memory: 200, volumes: {d: {path: data, type: ROOT, size: 20}}, ports: {web: {port: 0}}");
  deploy(&f);
  g_assert_cmpint(mu_resources_total(mu_agent_total(f.agent), MU_RESOURCE_CPUS), ==, 5000);
  set_spec(&f, "pre-reserved-role: public,", "cpus: 1.1, memory: 200");
  assert_refused(&f, "cpus: wanted 0.4 cpus, best offer had 0.3 cpus (h1)");
}

static void test_pre_reserved_mount(void) {
  g_auto(Fixture) f;
  set_up(&f, "pre-reserved-role: public,", "cpus: 0.1, memory: 32, volume: {path: data, type: MOUNT, size: 100}",
         "/disk1 500");
  f.offer_role = "public/role";
  pre_reserve(&f, MU_RESOURCE_CPUS, 1000, "public");
  pre_reserve(&f, MU_RESOURCE_MEM, 300, "public");
  assert_refused(&f, "disk: wanted 100 MB, best offer had 0 MB (h1)");
  g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, 400);
  disk->mount_root = g_strdup("/disk2");
  mu_resource_set_static(disk, "public");
  mu_agent_put(f.agent, disk);
  assert_fits(&f);
  assert_resources(f.match.create, "disk 400 MB on /disk2 as data");
  perform(&f);
}

/* The operator's dynamic reservations are none that agents are made with: what is below ours could not be put back as it was. */
static void test_pre_reserved_dynamically(void) {
  g_auto(Fixture) f;
  set_up(&f, "pre-reserved-role: public,", "cpus: 0.1, memory: 32", "");
  f.offer_role = "public/role";
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, 1000);
  mu_resource_set_reservation(cpus, "public", NULL, NULL, "operator");
  mu_agent_put(f.agent, cpus);
  assert_refused(&f, "cpus: wanted 0.1 cpus, best offer had 0 cpus (h1)");
}

static void test_offers_to_other_roles(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  f.offer_role = "public/role";
  assert_refused(&f, "role: it is offered to role public/role, and the pod needs role role (h1)");
  f.offer_role = "role";
  deploy(&f);
  set_spec(&f, "pre-reserved-role: public,", "cpus: 0.5, memory: 256");
  g_clear_pointer(&f.record, mu_pod_record_free);
  assert_refused(&f, "role: it is offered to role role, and the pod needs role public/role (h1)");
}

/* An engine without roles has nothing reserved beforehand: any resources will do. */
static void test_no_roles(void) {
  g_auto(Fixture) f;
  set_up(&f, "pre-reserved-role: public,", "cpus: 0.5, memory: 256", "");
  deploy(&f);
  g_assert_cmpstr(f.record->role, ==, "role");
}

/* The scheduler was started with another role: what a pod holds binds it to the old one, what it has left does not. */
static void test_role_migration(void) {
  g_auto(Fixture) f;
  set_up(&f, "", "cpus: 0.5, memory: 256", "");
  f.offer_role = "role";
  deploy(&f);
  f.requirement.role = "new";
  assert_fits(&f);
  g_assert_cmpstr(f.match.record->role, ==, "role");
  set_spec(&f, "", "cpus: 0.6, memory: 256, ports: {web: {port: 1003}}");
  deploy(&f); /* it grows under the old one */
  for (guint i = 0; i < f.record->entries->len; i++)
    g_assert_cmpstr(entry(&f, i)->resource->reservation.role, ==, "role");
  f.offer_role = "new";
  assert_refused(&f, "role: it is offered to role new, and the pod needs role role (h1)");
  for (guint i = 0; i < f.record->entries->len; i++)
    mu_ledger_entry_move(f.record->entries->pdata[i], MU_LEDGER_RELEASING);
  set_spec(&f, "", "cpus: 0.6, memory: 256");
  assert_fits(&f);
  g_assert_cmpstr(f.match.record->role, ==, "new");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/evaluate/fresh", test_fresh);
  g_test_add_func("/evaluate/fresh_is_planned", test_fresh_is_planned);
  g_test_add_func("/evaluate/same_seed_same_ids", test_same_seed_same_ids);
  g_test_add_func("/evaluate/refusals", test_refusals);
  g_test_add_func("/evaluate/discipline", test_discipline);
  g_test_add_func("/evaluate/sum_is_counted", test_sum_is_counted);
  g_test_add_func("/evaluate/own_footprint", test_own_footprint);
  g_test_add_func("/evaluate/bound_to_its_agent", test_bound_to_its_agent);
  g_test_add_func("/evaluate/planned_does_not_bind", test_planned_does_not_bind);
  g_test_add_func("/evaluate/live_binds", test_live_binds);
  g_test_add_func("/evaluate/not_offered", test_not_offered);
  g_test_add_func("/evaluate/placement_of_the_placed", test_placement_of_the_placed);
  g_test_add_func("/evaluate/resize", test_resize);
  g_test_add_func("/evaluate/resize_refused", test_resize_refused);
  g_test_add_func("/evaluate/new_resource", test_new_resource_in_old_footprint);
  g_test_add_func("/evaluate/volume_keeps_its_size", test_volume_keeps_its_size);
  g_test_add_func("/evaluate/static_port_moves", test_static_port_moves);
  g_test_add_func("/evaluate/dynamic_port_stays", test_dynamic_port_stays);
  g_test_add_func("/evaluate/dynamic_ports_differ", test_dynamic_ports_differ);
  g_test_add_func("/evaluate/ranges", test_ranges);
  g_test_add_func("/evaluate/range_excludes_the_old_port", test_range_excludes_the_old_port);
  g_test_add_func("/evaluate/mount_takes_the_whole", test_mount_takes_the_whole);
  g_test_add_func("/evaluate/two_mounts", test_two_mounts);
  g_test_add_func("/evaluate/profiles", test_profiles);
  g_test_add_func("/evaluate/never_happened", test_never_happened);
  g_test_add_func("/evaluate/happened_unproven", test_happened_unproven);
  g_test_add_func("/evaluate/volume_without_create", test_volume_without_create);
  g_test_add_func("/evaluate/resize_never_happened", test_resize_never_happened);
  g_test_add_func("/evaluate/executor", test_executor);
  g_test_add_func("/evaluate/executor_live", test_executor_live);
  g_test_add_func("/evaluate/reserved_is_not_free", test_reserved_is_not_free);
  g_test_add_func("/evaluate/pre_reserved", test_pre_reserved);
  g_test_add_func("/evaluate/pre_reserved_mount", test_pre_reserved_mount);
  g_test_add_func("/evaluate/pre_reserved_dynamically", test_pre_reserved_dynamically);
  g_test_add_func("/evaluate/offers_to_other_roles", test_offers_to_other_roles);
  g_test_add_func("/evaluate/no_roles", test_no_roles);
  g_test_add_func("/evaluate/role_migration", test_role_migration);
  return g_test_run();
}
