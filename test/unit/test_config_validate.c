#include "config_validate.h"

#include "spec_text.h"
#include <muster/error.h>

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

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/config-validate/cases", test_cases);
  return g_test_run();
}
