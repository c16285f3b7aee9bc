#include "spec_diff.h"

#include "spec_text.h"

static char *fingerprint(MuServiceSpec *spec, const char *task) {
  const MuPodSpec *pod = &spec->pods[0];
  return mu_task_spec_fingerprint(pod, mu_pod_spec_task(pod, task));
}

/* What changes in the pod "p" with the task "t", and whether that task must be restarted. */
static void test_fields(void) {
  static const struct {
    const char *pod, *task;
    gboolean same;
  } cases[] = {
      {"", "", TRUE},
      {"allow-decommission: true, ", "", TRUE},
      {"placement: '[[\"hostname\",\"UNIQUE\"]]', ", "", TRUE},
      {"pre-reserved-role: r, ", "", TRUE},
      {"user: someone, ", "", TRUE},
      {"", "essential: true, ", TRUE},
      {"", "labels: '', ", TRUE},
      {"image: b, ", "", FALSE},
      {"share-pid-namespace: true, ", "", FALSE},
      {"rlimits: {RLIMIT_AS: }, ", "", FALSE},
      {"uris: [a], ", "", FALSE},
      {"volume: {path: v, type: ROOT, size: 1}, ", "", FALSE},
      {"networks: {dcos: }, ", "", FALSE},
      {"host-volumes: {a: {host-path: /etc, container-path: etc}}, ", "", FALSE},
      {"secrets: {a: {secret: s}}, ", "", FALSE},
      {"seccomp-unconfined: true, ", "", FALSE},
      {"shm-size: 1, ", "", FALSE},
      {"", "essential: false, ", FALSE},
      {"", "env: {A: 1}, ", FALSE},
      {"", "gpus: 1, ", FALSE},
      {"", "kill-grace-period: 1, ", FALSE},
      {"", "labels: 'a:1', ", FALSE},
      {"", "readiness-check: {cmd: r, interval: 1, timeout: 1}, ", FALSE},
      {"", "ports: {a: {port: 1}}, ", FALSE},
  };
  g_autoptr(MuServiceSpec) plain = mu_test_spec_with("", "");
  g_autofree char *before = fingerprint(plain, "t");
  g_assert_cmpuint(strlen(before), ==, 64);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(MuServiceSpec) spec = mu_test_spec_with(cases[i].pod, cases[i].task);
    g_autofree char *after = fingerprint(spec, "t");
    if ((strcmp(before, after) == 0) != cases[i].same)
      g_test_message("%s / %s", cases[i].pod, cases[i].task);
    g_assert_cmpint(strcmp(before, after) == 0, ==, cases[i].same);
    g_assert_cmpint(mu_pod_spec_same_task_config(&plain->pods[0], &plain->pods[0].tasks[0], &spec->pods[0],
                                                 &spec->pods[0].tasks[0]),
                    ==, cases[i].same);
  }
}

static MuServiceSpec *two_tasks(const char *t, const char *u, const char *set) {
  g_autofree char *yaml = g_strdup_printf(
      "{name: a, pods: {p: {count: 1, resource-sets: {s: {memory: 8%s}}, tasks: {t: {goal: ONCE, cmd: x, "
      "resource-set: s%s}, u: {goal: ONCE, cmd: x, cpus: 1%s}}}}}",
      set, t, u);
  return mu_test_spec(yaml);
}

/* Another task's change, or that of its resources, is not mine. */
static void test_other_task(void) {
  static const struct {
    const char *t, *u, *set;
    gboolean t_same, u_same;
  } cases[] = {
      {"", "", "", TRUE, TRUE},
      {", env: {A: 1}", "", "", FALSE, TRUE},
      {"", ", memory: 5", "", TRUE, FALSE},
      {"", "", ", cpus: 2", FALSE, TRUE},
  };
  g_autoptr(MuServiceSpec) plain = two_tasks("", "", "");
  g_autofree char *t = fingerprint(plain, "t");
  g_autofree char *u = fingerprint(plain, "u");
  g_autofree char *pod = mu_pod_spec_fingerprint(&plain->pods[0]);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(MuServiceSpec) spec = two_tasks(cases[i].t, cases[i].u, cases[i].set);
    g_autofree char *new_t = fingerprint(spec, "t");
    g_autofree char *new_u = fingerprint(spec, "u");
    g_autofree char *new_pod = mu_pod_spec_fingerprint(&spec->pods[0]);
    g_assert_cmpint(strcmp(t, new_t) == 0, ==, cases[i].t_same);
    g_assert_cmpint(strcmp(u, new_u) == 0, ==, cases[i].u_same);
    g_assert_cmpint(strcmp(pod, new_pod) == 0, ==, cases[i].t_same && cases[i].u_same);
  }
}

/* The order of keys has no meaning; nor has what was written with its default. */
static void test_order(void) {
  g_autoptr(MuServiceSpec) a = mu_test_spec(
      "{name: a, pods: {p: {count: 1, secrets: {x: {secret: x}, y: {secret: y}}, tasks: {t: {goal: ONCE, cmd: x, cpus: "
      "1, ports: {b: {port: 1}, a: {port: 2}}, env: {B: 1, A: 2}, labels: 'b:1,a:2'}, u: {goal: ONCE, cmd: x, cpus: "
      "1}}}}}");
  g_autoptr(MuServiceSpec) b = mu_test_spec(
      "{name: b, pods: {p: {count: 5, secrets: {y: {secret: y}, x: {secret: x, file: x}}, tasks: {u: {goal: ONCE, cpus: "
      "1.0, cmd: x}, t: {env: {A: 2, B: 1}, labels: 'a:2,b:1', goal: once, cmd: x, essential: true, ports: {a: {port: "
      "2}, b: {port: 1, advertise: false}}, cpus: 1.000}}}}}");
  g_autofree char *a_print = mu_pod_spec_fingerprint(&a->pods[0]);
  g_autofree char *b_print = mu_pod_spec_fingerprint(&b->pods[0]);
  g_assert_cmpstr(a_print, ==, b_print);
}

/* A stored spec has the fingerprints of the one that was stored. */
static void test_stored(void) {
  g_autoptr(MuServiceSpec) spec = two_tasks(", env: {A: 1}", ", labels: 'a:1'", ", gpus: 0.125");
  g_autofree char *json = mu_service_spec_to_json(spec);
  g_autoptr(GError) error = NULL;
  g_autoptr(MuServiceSpec) again = mu_service_spec_from_json(json, strlen(json), &error);
  g_assert_no_error(error);
  g_autofree char *before = mu_pod_spec_fingerprint(&spec->pods[0]);
  g_autofree char *after = mu_pod_spec_fingerprint(&again->pods[0]);
  g_assert_cmpstr(before, ==, after);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec-diff/fields", test_fields);
  g_test_add_func("/spec-diff/other-task", test_other_task);
  g_test_add_func("/spec-diff/order", test_order);
  g_test_add_func("/spec-diff/stored", test_stored);
  return g_test_run();
}
