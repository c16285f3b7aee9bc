/* What the structs hold after reading: units, defaults, references. */
#include "spec_text.h"
#include <muster/error.h>
#include <muster/spec.h>

static void test_defaults(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec_with("", "");
  g_assert_cmpstr(spec->name, ==, "a");
  g_assert_null(spec->user);
  g_assert_false(spec->remove_when_finished);
  g_assert_cmpuint(spec->n_plans, ==, 0);
  const MuPodSpec *pod = mu_service_spec_pod(spec, "p");
  g_assert_cmpint(pod->count, ==, 2);
  g_assert_false(pod->allow_decommission);
  g_assert_null(pod->image);
  g_assert_null(pod->placement);
  g_assert_null(pod->placement_text);
  g_assert_null(pod->pre_reserved_role);
  g_assert_null(pod->uris);
  g_assert_cmpuint(pod->n_resource_sets, ==, 1);
  const MuTaskSpec *task = mu_pod_spec_task(pod, "t");
  g_assert_cmpint((int)task->goal, ==, (int)MU_GOAL_RUNNING);
  g_assert_true(task->essential);
  g_assert_null(task->health_check);
  g_assert_null(task->readiness_check);
  g_assert_null(task->discovery_prefix);
  g_assert_cmpint(task->kill_grace_ms, ==, 0);
  g_assert_null(mu_service_spec_pod(spec, "q"));
  g_assert_null(mu_pod_spec_task(pod, "u"));
}

static void test_units(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec(
      "{name: a, pods: {p: {count: 1, shm-size: 8, tasks: {t: {goal: finish, cmd: x, cpus: 0.25, gpus: 1.5, memory: '512',"
      "  kill-grace-period: 3, resource-limits: {cpus: unlimited, memory: 600},"
      "  health-check: {cmd: c, interval: 5, timeout: 6, grace-period: 7, delay: 8}, env: {B: 1000, A: 0.10, C: true, D: }}}}}}");
  const MuTaskSpec *task = &spec->pods[0].tasks[0];
  const MuResourceSet *set = &spec->pods[0].resource_sets[task->resource_set];
  g_assert_cmpint((int)task->goal, ==, (int)MU_GOAL_FINISH);
  g_assert_cmpint(set->cpus_milli, ==, 250);
  g_assert_cmpint(set->gpus_milli, ==, 1500);
  g_assert_cmpint(set->mem_mb, ==, 512);
  g_assert_cmpint(set->limit_cpus_milli, ==, -1);
  g_assert_cmpint(set->limit_mem_mb, ==, 600);
  g_assert_cmpstr(set->id, ==, "t-resource-set");
  g_assert_true(set->of_task);
  g_assert_cmpint(task->kill_grace_ms, ==, 3000);
  g_assert_cmpint(task->health_check->interval_s, ==, 5);
  g_assert_cmpint(task->health_check->timeout_s, ==, 6);
  g_assert_cmpint(task->health_check->grace_period_s, ==, 7);
  g_assert_cmpint(task->health_check->delay_s, ==, 8);
  g_assert_cmpint(task->health_check->max_consecutive_failures, ==, 1);
  g_assert_cmpint(spec->pods[0].shm_size_mb, ==, 8);
  static const char *const env[][2] = {{"A", "0.10"}, {"B", "1000"}, {"C", "true"}, {"D", ""}};
  g_assert_cmpuint(task->n_env, ==, G_N_ELEMENTS(env));
  for (guint i = 0; i < task->n_env; i++) {
    g_assert_cmpstr(task->env[i].key, ==, env[i][0]);
    g_assert_cmpstr(task->env[i].value, ==, env[i][1]);
  }
}

static void test_ports(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec_with(
      "", "ports: {http: {port: 80, vip: {port: 8080}}, any: {port: 0, env-key: ANY, ranges: [{begin: 1024, "
          "end: }, {end: 21}, {begin: 5, end: 0}]}}, ");
  const MuPortSpec *ports = spec->pods[0].resource_sets[0].ports;
  g_assert_cmpuint(spec->pods[0].resource_sets[0].n_ports, ==, 2);
  g_assert_cmpstr(ports[0].name, ==, "http");
  g_assert_null(ports[0].env_key);
  g_assert_true(ports[0].has_vip);
  g_assert_cmpstr(ports[0].vip_prefix, ==, "http");
  g_assert_cmpuint(ports[0].vip_port, ==, 8080);
  g_assert_false(ports[1].has_vip);
  g_assert_cmpstr(ports[1].env_key, ==, "ANY");
  static const guint16 ranges[][2] = {{1024, 65535}, {0, 21}, {5, 65535}};
  g_assert_cmpuint(ports[1].n_ranges, ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpuint(ports[1].ranges[i].begin, ==, ranges[i][0]);
    g_assert_cmpuint(ports[1].ranges[i].end, ==, ranges[i][1]);
  }
}

static void test_volumes(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec_with(
      "volume: {path: one, type: ROOT, size: 1}, volumes: {b: {path: two, type: MOUNT, size: 2, profiles: "
      "[x, y]}, c: {path: three, type: ROOT, size: 3}}, ",
      "volumes: [{path: own, type: ROOT, size: 4}], ");
  const MuPodSpec *pod = &spec->pods[0];
  g_assert_cmpuint(pod->n_volumes, ==, 3);
  g_assert_cmpstr(pod->volumes[0].path, ==, "one");
  g_assert_cmpstr(pod->volumes[1].path, ==, "two");
  g_assert_cmpint((int)pod->volumes[1].type, ==, (int)MU_VOLUME_MOUNT);
  g_assert_cmpstr(pod->volumes[1].profiles[1], ==, "y");
  g_assert_null(pod->volumes[1].profiles[2]);
  g_assert_null(pod->volumes[2].profiles);
  g_assert_cmpint(pod->volumes[2].size_mb, ==, 3);
  g_assert_cmpstr(pod->resource_sets[0].volumes[0].path, ==, "own");
}

static void test_resource_sets(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec(
      "{name: a, pods: {p: {count: 1, resource-sets: {s: {cpus: 1}, r: {cpus: 2}}, tasks: {t: {goal: ONCE, cmd: x, "
      "resource-set: r}, u: {goal: ONCE, cmd: x, cpus: 3}, v: {goal: ONCE, cmd: x, resource-set: r}}}}}");
  const MuPodSpec *pod = &spec->pods[0];
  g_assert_cmpuint(pod->n_resource_sets, ==, 3);
  g_assert_cmpstr(pod->resource_sets[pod->tasks[0].resource_set].id, ==, "r");
  g_assert_cmpstr(pod->resource_sets[pod->tasks[1].resource_set].id, ==, "u-resource-set");
  g_assert_cmpuint(pod->tasks[0].resource_set, ==, pod->tasks[2].resource_set);
  g_assert_false(pod->resource_sets[1].of_task);
}

/* Empty texts and null are as if the field were not there. */
static void test_empty(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec_with(
      "placement: '', image: , pre-reserved-role: '*', uris: , networks: {dcos: }, rlimits: {RLIMIT_AS: }, ",
      "labels: , discovery: {}, configs: , ");
  const MuPodSpec *pod = &spec->pods[0];
  g_assert_null(pod->placement);
  g_assert_null(pod->image);
  g_assert_null(pod->pre_reserved_role);
  g_assert_null(pod->uris);
  g_assert_cmpuint(pod->n_networks, ==, 1);
  g_assert_cmpstr(pod->networks[0].name, ==, "dcos");
  g_assert_cmpint(pod->rlimits[0].soft, ==, -1);
  g_assert_cmpuint(pod->tasks[0].n_labels, ==, 0);
}

static void test_secrets(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec_with("secrets: {a: {secret: x/y}, b: {secret: z, env-key: Z}}, ", "");
  const MuSecretSpec *secrets = spec->pods[0].secrets;
  g_assert_cmpstr(secrets[0].file, ==, "x/y");
  g_assert_null(secrets[0].env_key);
  g_assert_null(secrets[1].file);
  g_assert_cmpstr(secrets[1].env_key, ==, "Z");
}

static void test_steps(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec(
      "{name: a, pods: {p: {count: 3, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}, u: {goal: ONCE, cmd: x, cpus: 1}}}},"
      " plans: {deploy: {phases: {f: {pod: p, steps: [{1: [[t, u]]}, {default: [[u], [t]]}]}, g: {pod: p}}}}}");
  static const struct {
    guint index;
    const char *first, *second;
  } steps[] = {{0, "u", NULL}, {0, "t", NULL}, {1, "t", "u"}, {2, "u", NULL}, {2, "t", NULL}};
  const MuPhaseSpec *phase = &spec->plans[0].phases[0];
  g_assert_true(phase->explicit_steps);
  g_assert_cmpuint(phase->n_steps, ==, G_N_ELEMENTS(steps));
  for (guint i = 0; i < phase->n_steps; i++) {
    g_assert_cmpuint(phase->steps[i].index, ==, steps[i].index);
    g_assert_cmpstr(phase->steps[i].tasks[0], ==, steps[i].first);
    g_assert_cmpstr(phase->steps[i].tasks[1], ==, steps[i].second);
  }
  g_assert_false(spec->plans[0].phases[1].explicit_steps);
  g_assert_cmpuint(spec->plans[0].phases[1].n_steps, ==, 0);
}

static void test_service_name(void) {
  static const char *const texts[] = {"{name: b, pods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}}}",
                                      "{pods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}}}"};
  MuSpecInput input = {.service_name = "team/given"};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(texts[i], strlen(texts[i]), &input, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(spec->name, ==, "team/given");
  }
  g_autoptr(GError) error = NULL;
  input.service_name = "no name";
  g_assert_null(mu_service_spec_parse(texts[0], strlen(texts[0]), &input, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_cmpstr(error->message, ==,
                  "svc.yml: service name \"no name\": expected only letters, digits, '-', '_', '.' and '/'");
}

static void test_configs(void) {
  static const char yaml[] =
      "{name: a, pods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1, configs: {c: {template: "
      "f.mustache, dest: f}, e: {template: empty, dest: e}}}}}}}";
  g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
  g_hash_table_insert(files, (char *)"f.mustache", g_bytes_new_static("{{NOT_RENDERED}} here", 21));
  g_hash_table_insert(files, (char *)"empty", g_bytes_new_static(NULL, 0));
  MuSpecInput input = {.files = files};
  g_autoptr(GError) error = NULL;
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(yaml, strlen(yaml), &input, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(spec->pods[0].tasks[0].configs[0].template_text, ==, "{{NOT_RENDERED}} here");
  g_assert_cmpstr(spec->pods[0].tasks[0].configs[1].template_text, ==, "");
}

static void test_render(void) {
  g_autoptr(GHashTable) variables = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(variables, (char *)"X", (char *)"<1>");
  MuSpecInput input = {.variables = variables};
  g_autoptr(GError) error = NULL;
  g_autofree char *text = mu_service_spec_render("a: {{X}} {{{X}}}", 16, &input, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(text, ==, "a: &lt;1&gt; <1>");
  g_autofree char *empty = mu_service_spec_render("", 0, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(empty, ==, "");
}

/* Line endings of another system, and a byte order mark. */
static void test_text_forms(void) {
  static const char crlf[] =
      "name: a\r\npods:\r\n  p:\r\n    count: 1\r\n    tasks:\r\n      t: {goal: ONCE, cmd: \"x\", cpus: 1}\r\n";
  static const char bom[] = "\xef\xbb\xbfname: a\npods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}}\n";
  g_autoptr(MuServiceSpec) a = mu_test_spec(crlf);
  g_autoptr(MuServiceSpec) b = mu_test_spec(bom);
  g_autofree char *a_json = mu_service_spec_to_json(a);
  g_autofree char *b_json = mu_service_spec_to_json(b);
  g_assert_cmpstr(a_json, ==, b_json);
}

static void test_many_pods(void) {
  g_autoptr(GString) text = g_string_new("name: a\npods:\n");
  for (guint i = 0; i < 100; i++)
    g_string_append_printf(text, "  p%u: {count: %u, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}\n", i, i);
  g_autoptr(MuServiceSpec) spec = mu_test_spec(text->str);
  for (guint i = 0; i < 100; i++) {
    g_autofree char *type = g_strdup_printf("p%u", i);
    g_assert_cmpint(mu_service_spec_pod(spec, type)->count, ==, i);
  }
  g_assert_null(mu_service_spec_pod(spec, "p100"));
}

static void test_words(void) {
  g_assert_cmpstr(mu_goal_to_string(MU_GOAL_RUNNING), ==, "RUNNING");
  g_assert_cmpstr(mu_goal_to_string(MU_GOAL_FINISH), ==, "FINISH");
  g_assert_cmpstr(mu_goal_to_string(MU_GOAL_ONCE), ==, "ONCE");
  g_assert_cmpstr(mu_strategy_to_string(MU_STRATEGY_SERIAL), ==, "serial");
  g_assert_cmpstr(mu_strategy_to_string(MU_STRATEGY_PARALLEL), ==, "parallel");
  g_assert_cmpstr(mu_strategy_to_string(MU_STRATEGY_SERIAL_CANARY), ==, "serial-canary");
  g_assert_cmpstr(mu_strategy_to_string(MU_STRATEGY_PARALLEL_CANARY), ==, "parallel-canary");
  g_assert_cmpstr(mu_strategy_to_string(MU_STRATEGY_RANDOM), ==, "random");
}

/* What of the task's environment the variables bring: "KEY=value " for each, or the error. */
static char *env_with(const char *const *pairs) {
  static const char yaml[] =
      "{name: a, pods: {my-pod: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1, env: {A: own, B: "
      "own}}}}, other: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}}}";
  g_autoptr(GHashTable) variables = g_hash_table_new(g_str_hash, g_str_equal);
  for (; *pairs != NULL; pairs += 2)
    g_hash_table_insert(variables, (char *)pairs[0], (char *)pairs[1]);
  MuSpecInput input = {.variables = variables};
  g_autoptr(GError) error = NULL;
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(yaml, sizeof yaml - 1, &input, &error);
  if (spec == NULL)
    return g_strdup(error->message);
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < 2; i++) {
    const MuTaskSpec *task = &spec->pods[i].tasks[0];
    for (guint j = 0; j < task->n_env; j++)
      g_string_append_printf(text, "%s=%s ", task->env[j].key, task->env[j].value);
    g_string_append(text, i == 0 ? "| " : "");
  }
  return g_string_free(text, FALSE);
}

static void test_task_env(void) {
  static const struct {
    const char *const pairs[7];
    const char *told;
  } rows[] = {
      {{NULL}, "A=own B=own | "},
      {{"A", "template", NULL}, "A=own B=own | "},
      {{"TASKCFG_ALL_A", "all", NULL}, "A=all B=own | A=all "},
      {{"TASKCFG_MY_POD_A", "pod", "TASKCFG_ALL_A", "all", "TASKCFG_OTHER_Z", "z", NULL}, "A=pod B=own | A=all Z=z "},
      {{"TASKCFG_MY-POD_A", "no", "TASKCFG_my_pod_A", "no", NULL}, "A=own B=own | "},
      {{"TASKCFG_OTHER_9", "x", NULL},
       "svc.yml:1:133: \"9\" is no name of an environment variable; expected no blank, no '=' and no digit at its begin"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *told = env_with(rows[i].pairs);
    g_assert_cmpstr(told, ==, rows[i].told);
  }
}

static void test_refs(void) {
  MuServiceSpec *spec = mu_test_spec_with("", "");
  g_assert_true(mu_service_spec_ref(spec) == spec);
  mu_service_spec_unref(spec);
  g_assert_cmpstr(spec->name, ==, "a");
  mu_service_spec_unref(spec);
  mu_service_spec_unref(NULL);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec/defaults", test_defaults);
  g_test_add_func("/spec/units", test_units);
  g_test_add_func("/spec/ports", test_ports);
  g_test_add_func("/spec/volumes", test_volumes);
  g_test_add_func("/spec/resource-sets", test_resource_sets);
  g_test_add_func("/spec/empty", test_empty);
  g_test_add_func("/spec/secrets", test_secrets);
  g_test_add_func("/spec/steps", test_steps);
  g_test_add_func("/spec/service-name", test_service_name);
  g_test_add_func("/spec/configs", test_configs);
  g_test_add_func("/spec/render", test_render);
  g_test_add_func("/spec/text-forms", test_text_forms);
  g_test_add_func("/spec/many-pods", test_many_pods);
  g_test_add_func("/spec/words", test_words);
  g_test_add_func("/spec/task-env", test_task_env);
  g_test_add_func("/spec/refs", test_refs);
  return g_test_run();
}
