#include "spec_engine.h"
#include "spec_text.h"
#include <muster/error.h>
#include <string.h>

/* What a spec with these fields is told: the error's lines, then the warnings, a line each. */
static char *check(const char *engine, const char *pod, const char *task) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec_with(pod, task);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GError) error = NULL;
  gboolean good = mu_spec_check_engine(spec, engine, warnings, &error);
  g_assert_true(good == (error == NULL));
  GString *told = g_string_new(NULL);
  if (error != NULL) {
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_string_append_printf(told, "refused: %s\n", error->message);
  }
  for (guint i = 0; i < warnings->len; i++)
    g_string_append_printf(told, "%s\n", (const char *)warnings->pdata[i]);
  return g_string_free(told, FALSE);
}

static const struct {
  const char *pod, *task; /* more fields of each */
  const char *told;       /* the begin of each line */
} rows[] = {
    {"", "", ""},
    {"image: b, ", "", ""},
    {"uris: [\"http://h/f\"], ", "", ""},
    {"secrets: {s: {secret: x}}, ", "transport-encryption: [{name: n, type: TLS}], ", ""},
    {"host-volumes: {v: {host-path: /a, container-path: b}}, ", "", ""},
    {"external-volumes: {v: {type: DOCKER, driver-name: d, container-path: b}}, ", "",
     "refused: pods.p.external-volumes: the local engine has no volume drivers; remove \"external-volumes\"\n"},
    {"share-pid-namespace: true, seccomp-unconfined: true, allow-decommission: true, ", "labels: \"a:b\", ", ""},
    {"networks: {dcos: {}}, ", "",
     "pods.p.networks: the local engine has no virtual networks: the pod is on the network of the machine, with its "
     "ports\n"},
    {"networks: {mesos-bridge: {host-ports: [1], container-ports: [2]}}, ", "",
     "refused: pods.p.networks.mesos-bridge.host-ports: the local engine maps no ports: nobody would find the pod there; "
     "remove \"host-ports\" and \"container-ports\", and ask for the ports themselves under \"ports\"\n"
     "pods.p.networks: the local engine has no virtual networks: the pod is on the network of the machine, with its "
     "ports\n"},
    {"", "ipc-mode: SHARE_PARENT, ", ""},
    {"ipc-mode: PRIVATE, shm-size: 8, ", "ipc-mode: PRIVATE, shm-size: 3, ", ""},
    {"", "volume: {path: v, type: ROOT, size: 1}, ", ""},
    {"", "volume: {path: v, type: MOUNT, size: 1, profiles: [fast]}, ", ""},
    {"", "gpus: 0, ", ""},
    {"", "gpus: 1, ", ""},
    {"", "ports: {http: {port: 1, vip: {port: 80}}}, ",
     "pods.p.tasks.t.ports.http.vip: the local engine makes no virtual addresses\n"},
    {"external-volumes: [{type: DOCKER, driver-name: d, container-path: c}], networks: {dcos: {}}, ", "",
     "refused: pods.p.external-volumes: the local engine has no volume drivers; remove \"external-volumes\"\n"
     "pods.p.networks: the local engine has no virtual networks: the pod is on the network of the machine, with its "
     "ports\n"},
};

static void test_rows(void) {
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *told = check("local", rows[i].pod, rows[i].task);
    g_assert_cmpstr(told, ==, rows[i].told);
  }
}

static void test_other_engine(void) {
  g_autofree char *mesos = check("mesos", "image: b, shm-size: 3, ", "gpus: 1, ");
  g_assert_cmpstr(mesos, ==, "");
  g_autofree char *unknown = check("a-third", "image: b, shm-size: 3, ", "gpus: 1, ");
  g_assert_cmpstr(unknown, ==, "");
}

/* One line for a field, however often it stands there. */
static void test_many(void) {
  g_autoptr(GString) yaml = g_string_new("name: a\npods:\n");
  for (guint i = 0; i < 5; i++)
    g_string_append_printf(
        yaml,
        "  p%u: {count: 1, external-volumes: [{type: DOCKER, driver-name: d, container-path: c}], tasks: {t: {goal: RUNNING, cmd: x, cpus: 1}}}\n",
        i);
  g_autoptr(MuServiceSpec) spec = mu_test_spec(yaml->str);
  g_autoptr(GError) error = NULL;
  g_assert_false(mu_spec_check_engine(spec, "local", NULL, &error));
  g_assert_cmpstr(
      error->message, ==,
      "pods.p0.external-volumes, pods.p1.external-volumes, pods.p2.external-volumes and 2 more: the local engine has no volume drivers; "
      "remove \"external-volumes\"");
}

static const MuFieldUse *use_of(const GPtrArray *uses, const char *field) {
  for (guint i = 0; i < uses->len; i++)
    if (strcmp(((const MuFieldUse *)uses->pdata[i])->field, field) == 0)
      return uses->pdata[i];
  return NULL;
}

/* Every field that is given, with what becomes of it and of what is in it. */
static void test_uses(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec_with(
      "external-volumes: [{type: DOCKER, driver-name: d, container-path: c}], ", "ipc-mode: PRIVATE, ");
  g_autoptr(GPtrArray) uses = mu_spec_uses(spec, NULL);
  const MuFieldUse *driver = use_of(uses, "pods.external-volumes.driver-name"), *cmd = use_of(uses, "pods.tasks.cmd");
  g_assert_null(use_of(uses, "pods.image"));
  g_assert_cmpuint(cmd->n, ==, 1);
  g_assert_cmpstr(cmd->places, ==, "pods.p.tasks.t.cmd");
  g_assert_cmpint(cmd->uses[MU_ENGINE_LOCAL]->use, ==, MU_USE_HONOURED);
  g_assert_cmpstr(driver->places, ==, "pods.p.external-volumes[0].driver-name");
  g_assert_cmpint(driver->uses[MU_ENGINE_LOCAL]->use, ==, MU_USE_REFUSED);
  g_assert_cmpint(driver->uses[MU_ENGINE_MESOS]->use, ==, MU_USE_HONOURED);
  g_assert_nonnull(use_of(uses, "pods.external-volumes")->uses[MU_ENGINE_MESOS]->note); /* on a condition */
}

/* What the engine honours, but not on this machine. */
static void test_lacks(void) {
  static const MuKeyValue lacks[] = {{"host-volumes", "no namespaces"}, {"shm-size", "no memory"}, {NULL, NULL}};
  static const struct {
    const char *pod, *task, *told;
  } cases[] = {
      {"", "", NULL},
      {"ipc-mode: PRIVATE, ", "", NULL},
      {"shm-size: 1, ", "shm-size: 2, ", "pods.p.shm-size: no memory\npods.p.tasks.t.shm-size: no memory"},
      {"shm-size: 1, host-volumes: {v: {host-path: /a, container-path: b}}, ", "",
       "pods.p.host-volumes: no namespaces\npods.p.shm-size: no memory"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(MuServiceSpec) spec = mu_test_spec_with(cases[i].pod, cases[i].task);
    g_autoptr(GError) error = NULL;
    g_assert_true(mu_spec_check_lacks(spec, NULL, &error));
    g_assert_true(mu_spec_check_lacks(spec, &lacks[2], &error));
    g_assert_true(mu_spec_check_lacks(spec, lacks, &error) == (cases[i].told == NULL));
    if (cases[i].told != NULL)
      g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error == NULL ? NULL : error->message, ==, cases[i].told);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec-engine/rows", test_rows);
  g_test_add_func("/spec-engine/other-engine", test_other_engine);
  g_test_add_func("/spec-engine/many", test_many);
  g_test_add_func("/spec-engine/uses", test_uses);
  g_test_add_func("/spec-engine/lacks", test_lacks);
  return g_test_run();
}
