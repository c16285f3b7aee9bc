#include "config_validate.h"

#include "spec_engine.h"
#include "spec_text.h"
#include <muster/config_validator.h>
#include <muster/error.h>
#include <string.h>

#define TASK "{goal: ONCE, cmd: x, cpus: 1}"
#define ADVICE "; put it back, or add a pod type with the new volumes and move the data there"

/* The rest of a service "a"; the change is refused with this message, or allowed when it is NULL. */
static const struct {
  const char *before, *after, *message;
} cases[] = {
    {"pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 3, image: i, tasks: {u: " TASK "}}, q: {count: 1, tasks: {t: " TASK "}}}", NULL},
    {"name: b, pods: {p: {count: 1, tasks: {t: " TASK "}}}", "name: c, pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "the service's name cannot change from \"b\" to \"c\"; add a service of the new name and remove this one"},

    {"scheduler: {user: x}, pods: {p: {count: 1, tasks: {t: " TASK "}}}", "pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "scheduler.user cannot change from x to none; put it back, or add a service with the new user"},
    {"pods: {p: {count: 1, tasks: {t: " TASK "}}}", "scheduler: {user: x}, pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "scheduler.user cannot change from none to x; put it back, or add a service with the new user"},
    {"scheduler: {user: root}, pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, tasks: {t: " TASK "}}}", NULL},
    {"pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "scheduler: {user: root}, pods: {p: {count: 1, tasks: {t: " TASK "}}}", NULL},
    {"scheduler: {principal: x}, pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, tasks: {t: " TASK "}}}", NULL},

    {"pods: {p: {count: 2, tasks: {t: " TASK "}}}", "pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "pod \"p\": the count cannot go down from 2 to 1; set allow-decommission: true for the pod, or keep a count of at least 2"},
    {"pods: {p: {count: 2, allow-decommission: true, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "pod \"p\": the count cannot go down from 2 to 1; set allow-decommission: true for the pod, or keep a count of at least 2"},
    {"pods: {p: {count: 2, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 0, allow-decommission: true, tasks: {t: " TASK "}}}", NULL},
    {"pods: {p: {count: 1, tasks: {t: " TASK "}}, q: {count: 1, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "pod \"q\" cannot be removed; first update the service with allow-decommission: true for it, then remove the pod"},
    {"pods: {p: {count: 1, tasks: {t: " TASK "}}, q: {count: 1, allow-decommission: true, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, tasks: {t: " TASK "}}}", NULL},

    {"pods: {p: {count: 1, pre-reserved-role: r, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, pre-reserved-role: '*', tasks: {t: " TASK "}}}",
     "pod \"p\": pre-reserved-role cannot change from r to none; put it back, or add a pod type with the new role"},

    {"pods: {p: {count: 1, tasks: {t: " TASK "}}}", "pods: {p: {count: 1, networks: {dcos: }, tasks: {t: " TASK "}}}",
     "pod \"p\": cannot change from the agent's network to a virtual one, since its ports are reserved on the agent; add a pod "
     "type with the new networks"},
    {"pods: {p: {count: 1, networks: {dcos: }, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, networks: {mesos-bridge: }, tasks: {t: " TASK "}}}",
     "pod \"p\": cannot change from a virtual network to the agent's, since its ports are not reserved on the agent; add a pod "
     "type with the new networks"},
    {"pods: {p: {count: 1, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, networks: {mesos-bridge: }, tasks: {t: " TASK "}}}", NULL},
    {"pods: {p: {count: 1, networks: {dcos: }, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, networks: {other: }, tasks: {t: " TASK "}}}", NULL},

    {"pods: {p: {count: 1, placement: '@region:IS:eu', tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, placement: '@region:IS:us', tasks: {t: " TASK "}}}",
     "pod \"p\": the constraints on @region cannot change; put them back, or add a pod type for the other region"},
    {"pods: {p: {count: 1, placement: '@region:IS:eu', tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, placement: 'hostname:UNIQUE,@region:IS:eu', tasks: {t: " TASK "}}}", NULL},
    {"pods: {p: {count: 1, placement: '@region:IS:eu', tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, placement: '@region:IS_NOT:eu', tasks: {t: " TASK "}}}",
     "pod \"p\": the constraints on @region cannot change; put them back, or add a pod type for the other region"},

    {"pods: {p: {count: 1, volume: {path: v, type: ROOT, size: 1}, tasks: {t: " TASK "}}}",
     "pods: {p: {count: 1, tasks: {t: " TASK "}}}", "pod \"p\": the volume \"v\" cannot be removed" ADVICE},
    {"pods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1, volumes: [{path: v, type: ROOT, size: 1}, {path: w, type: "
     "MOUNT, size: 1, profiles: [a, b]}, {path: x, type: ROOT, size: 1}]}}}}",
     "pods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1, volumes: [{path: x, type: MOUNT, size: 1}, {path: w, type: "
     "MOUNT, size: 1, profiles: [b, c]}, {path: v, type: ROOT, size: 2}, {path: y, type: ROOT, size: 1}]}}}}",
     "task \"t\" of pod \"p\": the volume \"v\" cannot change from 1 MB to 2 MB" ADVICE "\n"
     "task \"t\" of pod \"p\": the profiles of the volume \"w\" cannot change" ADVICE "\n"
     "task \"t\" of pod \"p\": the volume \"x\" cannot change from ROOT to MOUNT" ADVICE "\n"
     "task \"t\" of pod \"p\": the volume \"y\" cannot be added; leave it out, or add a pod type with it"},
    {"pods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1, volumes: [{path: v, type: ROOT, size: 1}, {path: w, type: "
     "MOUNT, size: 1, profiles: [a, b]}]}}}}",
     "pods: {p: {count: 1, resource-sets: {s: {memory: 1, volumes: [{path: w, type: MOUNT, size: 1, profiles: [b, a]}, {path: v, "
     "type: ROOT, size: 1}]}}, tasks: {t: {goal: ONCE, cmd: x, resource-set: s}}}}",
     NULL},
};

static MuServiceSpec *service(const char *rest) {
  g_autofree char *yaml = g_strdup_printf("{%s%s}", strstr(rest, "name:") == rest ? "" : "name: a, ", rest);
  return mu_test_spec(yaml);
}

static void test_cases(void) {
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(MuServiceSpec) before = service(cases[i].before);
    g_autoptr(MuServiceSpec) after = service(cases[i].after);
    g_autoptr(GError) error = NULL;
    gboolean good = mu_spec_validate_change(before, after, &error);
    g_assert_cmpstr(error == NULL ? NULL : error->message, ==, cases[i].message);
    g_assert_cmpint(good, ==, cases[i].message == NULL);
    if (!good)
      g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_true(mu_spec_validate_change(before, before, NULL));
  }
}

/* Every class of the reference's package that compares two configurations has its rule. */
static void test_reference(void) {
  static const char *const classes[] = {"UserCannotChange",           "PodSpecsCannotShrink",
                                        "PreReservationCannotChange", "RegionCannotChange",
                                        "TaskVolumesCannotChange",    "PodSpecsCannotChangeNetworkRegime"};
  for (guint i = 0; i < G_N_ELEMENTS(classes); i++) {
    gboolean found = FALSE;
    for (guint j = 0; mu_spec_change_rule(j) != NULL; j++)
      found |= strcmp(mu_spec_change_rule(j), classes[i]) == 0;
    g_assert_true(found);
  }
}

/* Those that look at the new one alone are heard at its reading, or when the engine is asked. */
static void test_alone(void) {
  static const struct {
    const char *reference, *spec, *message; /* of the error, or of the first warning of the local engine */
  } rows[] = {
      {"ServiceNameCannotContainDoubleUnderscores", "name: a__b, pods: {p: {count: 1, tasks: {t: " TASK "}}}",
       "svc.yml:1:8: service name \"a__b\": must not contain \"__\", which separates the parts of task ids"},
      {"PlacementRuleIsValid", "name: a, pods: {p: {count: 1, placement: 'x:NEAR:y', tasks: {t: " TASK "}}}",
       "svc.yml:1:43: \"placement\": unknown operator \"NEAR\"; expected one of UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, "
       "MAX_PER, IS, IS_NOT"},
      {"ResourceLimitsMustExceedRequestedResources",
       "name: a, pods: {p: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 2, resource-limits: {cpus: 1}}}}}",
       "svc.yml:1:90: the limit of 1 cpus is below the 2 that are asked for; raise it, or ask for less"},
      {"DomainCapabilityValidator", "name: a, pods: {p: {count: 1, placement: '@zone:GROUP_BY', tasks: {t: " TASK "}}}",
       "pods.p.placement: the agents of the local engine are in no region and no zone, so a pod that is placed by @region "
       "or @zone waits; give agents an attribute (--attribute zone=a) and place by that"},
      {"PodSpecsCannotUseUnsupportedFeatures",
       "name: a, pods: {p: {count: 1, external-volumes: [{type: DOCKER, driver-name: d, container-path: c}], tasks: {t: " TASK
       "}}}",
       "pods.p.external-volumes: the local engine has no volume drivers; remove \"external-volumes\""},
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *yaml = g_strdup_printf("{%s}", rows[i].spec);
    g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(yaml, strlen(yaml), NULL, &error);
    if (spec != NULL)
      mu_spec_check_engine(spec, "local", warnings, &error);
    const char *message = error != NULL ? error->message : warnings->len > 0 ? warnings->pdata[0] : "none";
    g_assert_cmpstr(message, ==, rows[i].message);
  }
}

static void test_first(void) {
  g_autoptr(GError) error = NULL;
  g_autofree char *fits = g_strdup_printf("{name: /a/%s, pods: {p: {count: 1, tasks: {t: " TASK "}}}}",
                                          "b2345678901234567890123456789012345678901234567890123456789012");
  g_autoptr(MuServiceSpec) good = mu_test_spec(fits);
  g_assert_true(mu_spec_validate_first(good, &error));
  g_assert_no_error(error);
  g_autofree char *longer = g_strdup_printf("{name: /ab/%s, pods: {p: {count: 1, tasks: {t: " TASK "}}}}",
                                            "b2345678901234567890123456789012345678901234567890123456789012");
  g_autoptr(MuServiceSpec) bad = mu_test_spec(longer);
  g_assert_false(mu_spec_validate_first(bad, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_true(g_str_has_prefix(error->message, "the service's name has 64 characters without slashes"));
  g_assert_true(mu_spec_validate_change(bad, bad, NULL)); /* a running service keeps it */
}

/* ---- for rules of a framework's own ---------------------------------------------------------------------------------- */

static MuServiceSpec *with_env(const char *env, const char *placement) {
  g_autofree char *yaml =
      g_strdup_printf("{name: a, pods: {p: {count: 1, placement: '%s', tasks: {t: {goal: ONCE, cmd: x, "
                      "cpus: 1, env: {%s}}}}}}",
                      placement, env);
  return mu_test_spec(yaml);
}

static void test_task_env(void) {
  static const struct {
    const char *before, *after;
    guint allowed;
    const char *cannot; /* NULL: may */
  } rows[] = {
      {"", "", 0, NULL},
      {"X: a", "X: a", 0, NULL},
      {"X: a, Y: b", "X: a, Y: c", 0, NULL},
      {"X: a", "X: b", MU_ENV_MAY_BE_SET | MU_ENV_MAY_BE_UNSET, "change"},
      {"", "X: b", 0, "be set later"},
      {"X: ''", "X: b", MU_ENV_MAY_BE_UNSET, "be set later"},
      {"X: ''", "X: b", MU_ENV_MAY_BE_SET, NULL},
      {"X: a", "", 0, "be taken away"},
      {"X: a", "X: ''", MU_ENV_MAY_BE_SET, "be taken away"},
      {"X: a", "", MU_ENV_MAY_BE_UNSET, NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(MuServiceSpec) before = with_env(rows[i].before, "");
    g_autoptr(MuServiceSpec) after = with_env(rows[i].after, "");
    g_autoptr(GError) error = NULL;
    gboolean may = mu_validate_task_env(before, after, "p", "t", "X", rows[i].allowed, &error);
    g_assert_true(may == (rows[i].cannot == NULL));
    g_autofree char *message = g_strdup_printf(
        "task \"t\" of pod \"p\": the variable X cannot %s; put it back, or add a service with the new value",
        rows[i].cannot);
    if (!may)
      g_assert_cmpstr(error->message, ==, message);
    g_assert_true(mu_validate_task_env(before, after, "p", "other", "X", 0, NULL));
    g_assert_true(mu_validate_task_env(NULL, after, "p", "t", "X", 0, NULL));
  }
}

static void test_zones(void) {
  g_autoptr(MuServiceSpec) without = with_env("", "hostname:UNIQUE");
  g_autoptr(MuServiceSpec) with = with_env("", "hostname:UNIQUE,@zone:GROUP_BY:3");
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_validate_zones(NULL, with, "p", NULL));
  g_assert_true(mu_validate_zones(with, with, "p", NULL));
  g_assert_true(mu_validate_zones(without, without, "p", NULL));
  g_assert_true(mu_validate_zones(without, with, "other", NULL));
  g_assert_false(mu_validate_zones(with, without, "p", NULL));
  g_assert_false(mu_validate_zones(without, with, "p", &error));
  g_assert_cmpstr(
      error->message, ==,
      "pod \"p\": its placement cannot begin to name @zone, since its instances would have to move; put the "
      "placement back, or add a pod type with the new one");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/config-validate/cases", test_cases);
  g_test_add_func("/config-validate/reference", test_reference);
  g_test_add_func("/config-validate/alone", test_alone);
  g_test_add_func("/config-validate/first", test_first);
  g_test_add_func("/config-validate/task-env", test_task_env);
  g_test_add_func("/config-validate/zones", test_zones);
  return g_test_run();
}
