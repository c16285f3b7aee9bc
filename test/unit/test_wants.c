/* The list of what a launch needs, from the pod's spec. */
#include "wants.h"

#include "spec_text.h"

static const char YAML[] = "name: svc\n"
                           "pods:\n"
                           "  node:\n"
                           "    count: 1\n"
                           "    volume: {path: shared, type: ROOT, size: 50}\n"
                           "    resource-sets:\n"
                           "      both:\n"
                           "        cpus: 0.5\n"
                           "        memory: 64\n"
                           "        ports: {api: {port: 0}, admin: {port: 8080}}\n"
                           "        volumes:\n"
                           "          data: {path: data, type: MOUNT, size: 1000}\n"
                           "          log: {path: log, type: ROOT, size: 10}\n"
                           "    tasks:\n"
                           "      init: {goal: ONCE, cmd: x, resource-set: both}\n"
                           "      main: {goal: RUNNING, cmd: x, resource-set: both}\n"
                           "      side: {goal: RUNNING, cmd: x, cpus: 0.1, gpus: 1, memory: 32}\n";

enum { INIT = 1, MAIN = 2, SIDE = 4 };

static void append_want(GString *text, const MuWant *want) {
  g_string_append_printf(text, "%s/%s", want->set, mu_resource_kind_to_string(want->kind));
  if (want->what != NULL)
    g_string_append_printf(text, ":%s", want->what);
  if (want->port != NULL)
    g_string_append_printf(text, "=%u", want->port->port);
  else
    g_string_append_printf(text, "=%" G_GINT64_FORMAT, want->amount);
  g_string_append(text, want->volume != NULL && want->volume->type == MU_VOLUME_MOUNT ? " MOUNT\n" : "\n");
}

/* One a line: set/kind:what=amount. */
static char *list(const MuPodSpec *pod, guint64 tasks, gboolean with_pod, const MuOverhead *overhead) {
  g_autoptr(GArray) wants = mu_wants_list(pod, tasks, with_pod, overhead);
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < wants->len; i++)
    append_want(text, &g_array_index(wants, MuWant, i));
  return g_string_free(text, FALSE);
}

#define BOTH                                                                                                           \
  "both/cpus=500\nboth/mem=64\nboth/disk:data=1000 MOUNT\nboth/disk:log=10\nboth/ports:api=0\nboth/ports:admin=8080\n"
#define SIDE_SET "side-resource-set/cpus=100\nside-resource-set/mem=32\nside-resource-set/gpus=1000\n"

static void test_lists(void) {
  static const MuOverhead NONE = {0}, SOME = {100, 32, 256};
  static const struct {
    guint64 tasks;
    gboolean with_pod;
    const MuOverhead *overhead;
    const char *expected;
  } ROWS[] = {
      {0, FALSE, &SOME, ""},
      {0, TRUE, &NONE, "/disk:shared=50\n"},
      {0, TRUE, &SOME, "executor/cpus=100\nexecutor/mem=32\nexecutor/disk=256\n/disk:shared=50\n"},
      {MAIN, FALSE, &SOME, BOTH},
      {INIT | MAIN, FALSE, &SOME, BOTH}, /* a set that is shared is wanted once */
      {SIDE, FALSE, &NONE, SIDE_SET},
      {INIT | SIDE, TRUE, &NONE, "/disk:shared=50\n" BOTH SIDE_SET},
      {G_MAXUINT64, FALSE, &NONE, BOTH SIDE_SET},
  };
  g_autoptr(MuServiceSpec) spec = mu_test_spec(YAML);
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autofree char *text = list(&spec->pods[0], ROWS[i].tasks, ROWS[i].with_pod, ROWS[i].overhead);
    g_assert_cmpstr(text, ==, ROWS[i].expected);
  }
}

/* Does the pod's spec have a place for an entry of this set, kind and name? */
static gboolean has(const MuPodSpec *pod, const char *set, MuResourceKind kind, const char *what,
                    const MuOverhead *overhead) {
  MuResource *resource = kind == MU_RESOURCE_PORTS ? mu_resource_new_ports(1, 1) : mu_resource_new_scalar(kind, 1);
  MuLedgerEntry *entry = mu_ledger_entry_new(resource, set, what);
  gboolean found = mu_wants_has(pod, entry, overhead);
  mu_ledger_entry_free(entry);
  return found;
}

static void test_has(void) {
  static const MuOverhead NONE = {0}, SOME = {100, 32, 256};
  static const struct {
    const char *set, *what;
    MuResourceKind kind;
    gboolean expected;
    const MuOverhead *overhead;
  } ROWS[] = {
      {"both", NULL, MU_RESOURCE_CPUS, TRUE, &NONE},
      {"both", NULL, MU_RESOURCE_GPUS, FALSE, &NONE},
      {"both", "api", MU_RESOURCE_PORTS, TRUE, &NONE},
      {"both", "gone", MU_RESOURCE_PORTS, FALSE, &NONE},
      {"both", "data", MU_RESOURCE_DISK, TRUE, &NONE},
      {"both", NULL, MU_RESOURCE_DISK, FALSE, &NONE},
      {"", "shared", MU_RESOURCE_DISK, TRUE, &NONE},
      {"", "data", MU_RESOURCE_DISK, FALSE, &NONE},
      {"executor", NULL, MU_RESOURCE_CPUS, TRUE, &SOME},
      {"executor", NULL, MU_RESOURCE_CPUS, FALSE, &NONE},
      {"side-resource-set", NULL, MU_RESOURCE_GPUS, TRUE, &NONE},
      {"other", NULL, MU_RESOURCE_CPUS, FALSE, &NONE},
  };
  g_autoptr(MuServiceSpec) spec = mu_test_spec(YAML);
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
    g_assert_cmpint(has(&spec->pods[0], ROWS[i].set, ROWS[i].kind, ROWS[i].what, ROWS[i].overhead), ==,
                    ROWS[i].expected);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/wants/lists", test_lists);
  g_test_add_func("/wants/has", test_has);
  return g_test_run();
}
