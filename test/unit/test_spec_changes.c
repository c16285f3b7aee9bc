#include "spec_changes.h"

#include "json.h"
#include "spec_text.h"

/* A line of JSON for each change. */
static char *told(const MuServiceSpec *was, const MuServiceSpec *is) {
  g_autoptr(GPtrArray) changes = mu_spec_changes(was, is);
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < changes->len; i++) {
    g_autoptr(json_t) json = mu_spec_change_to_json(changes->pdata[i]);
    g_autofree char *line = json_dumps(json, JSON_COMPACT);
    g_string_append_printf(text, "%s\n", line);
  }
  return g_string_free(text, FALSE);
}

static const struct {
  const char *pod, *task; /* more fields of each, in the new spec */
  const char *told;
} fields[] = {
    {"", "", ""},
    {"placement: 'hostname:UNIQUE', ", "",
     "{\"pod\":\"p\",\"field\":\"placement\",\"change\":\"added\",\"new\":\"hostname:UNIQUE\",\"restarts\":false}\n"},
    {"image: i, ", "", "{\"pod\":\"p\",\"field\":\"image\",\"change\":\"added\",\"new\":\"i\",\"restarts\":true}\n"},
    {"", "essential: true, ", ""}, /* as it is by default */
    {"", "env: {A: b}, ",
     "{\"pod\":\"p\",\"task\":\"t\",\"field\":\"env.A\",\"change\":\"added\",\"new\":\"b\",\"restarts\":true}\n"},
    {"", "kill-grace-period: 3, ",
     "{\"pod\":\"p\",\"task\":\"t\",\"field\":\"kill-grace-period\",\"change\":\"added\",\"new\":3,\"restarts\":true}\n"},
    {"volume: {path: v, type: ROOT, size: 1}, ", "",
     "{\"pod\":\"p\",\"field\":\"volumes\",\"change\":\"added\",\"new\":[{\"path\":\"v\",\"type\":\"ROOT\",\"size\":1}],"
     "\"restarts\":true}\n"},
};

static void test_fields(void) {
  g_autoptr(MuServiceSpec) plain = mu_test_spec_with("", "");
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
    g_autoptr(MuServiceSpec) other = mu_test_spec_with(fields[i].pod, fields[i].task);
    g_autofree char *is = told(plain, other);
    g_assert_cmpstr(is, ==, fields[i].told);
    g_autofree char *back = told(other, plain);
    g_assert_true((*back == '\0') == (*is == '\0'));
    g_assert_null(strstr(back, "\"change\":\"added\""));
  }
}

/* What has a name comes, goes and changes by it. */
static void test_names(void) {
  g_autoptr(MuServiceSpec) was = mu_test_spec(
      "{name: a, pods: {gone: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}, p: {count: 1, resource-sets: {s: "
      "{memory: 8}}, tasks: {t: {goal: ONCE, cmd: x, resource-set: s, ports: }, u: {goal: ONCE, cmd: x, cpus: 1, ports: {a: "
      "{port: 1}, b: {port: 2}}}, old: {goal: ONCE, cmd: x, cpus: 1}}}}, plans: {deploy: {phases: {f: {pod: p}}}}}");
  g_autoptr(MuServiceSpec) is = mu_test_spec(
      "{name: a, pods: {p: {count: 2, resource-sets: {s: {memory: 9}}, tasks: {t: {goal: ONCE, cmd: x, resource-set: s}, u: "
      "{goal: ONCE, cmd: y, cpus: 1, ports: {a: {port: 3}, c: {port: 2}}}, new: {goal: ONCE, cmd: x, cpus: 1}}}, come: "
      "{count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}}, plans: {deploy: {phases: {f: {pod: p, strategy: parallel}}}}}");
  g_autofree char *list = told(was, is);
  g_assert_cmpstr(
      list, ==,
      "{\"pod\":\"gone\",\"change\":\"removed\",\"restarts\":false}\n"
      "{\"pod\":\"p\",\"field\":\"count\",\"change\":\"changed\",\"old\":1,\"new\":2,\"restarts\":false}\n"
      "{\"pod\":\"p\",\"set\":\"s\",\"field\":\"memory\",\"change\":\"changed\",\"old\":8,\"new\":9,\"restarts\":true}\n"
      "{\"pod\":\"p\",\"task\":\"u\",\"field\":\"cmd\",\"change\":\"changed\",\"old\":\"x\",\"new\":\"y\",\"restarts\":true}\n"
      "{\"pod\":\"p\",\"task\":\"u\",\"field\":\"ports.a.port\",\"change\":\"changed\",\"old\":1,\"new\":3,\"restarts\":true}\n"
      "{\"pod\":\"p\",\"task\":\"u\",\"field\":\"ports.b\",\"change\":\"removed\",\"old\":{\"port\":2},\"restarts\":true}\n"
      "{\"pod\":\"p\",\"task\":\"u\",\"field\":\"ports.c\",\"change\":\"added\",\"new\":{\"port\":2},\"restarts\":true}\n"
      "{\"pod\":\"p\",\"task\":\"old\",\"change\":\"removed\",\"restarts\":false}\n"
      "{\"pod\":\"p\",\"task\":\"new\",\"change\":\"added\",\"restarts\":false}\n"
      "{\"pod\":\"come\",\"change\":\"added\",\"restarts\":false}\n"
      "{\"field\":\"plans.deploy.phases.f.strategy\",\"change\":\"added\",\"new\":\"parallel\",\"restarts\":false}\n");
}

/* Whom a change reaches: all tasks of the pod, the task itself, or those that use the set. */
static void test_reaches(void) {
  MuSpecChange of_pod = {.pod = (char *)"p", .reaches = TRUE};
  MuSpecChange of_task = {.pod = (char *)"p", .task = (char *)"t", .reaches = TRUE};
  MuSpecChange of_set = {.pod = (char *)"p", .set = (char *)"s", .reaches = TRUE};
  MuSpecChange of_count = {.pod = (char *)"p", .reaches = FALSE};
  g_assert_true(mu_spec_change_reaches(&of_pod, "p", "t", "x"));
  g_assert_false(mu_spec_change_reaches(&of_pod, "q", "t", "x"));
  g_assert_true(mu_spec_change_reaches(&of_task, "p", "t", "x"));
  g_assert_false(mu_spec_change_reaches(&of_task, "p", "u", "x"));
  g_assert_true(mu_spec_change_reaches(&of_set, "p", "t", "s"));
  g_assert_false(mu_spec_change_reaches(&of_set, "p", "t", "x"));
  g_assert_false(mu_spec_change_reaches(&of_count, "p", "t", "s"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec-changes/fields", test_fields);
  g_test_add_func("/spec-changes/names", test_names);
  g_test_add_func("/spec-changes/reaches", test_reaches);
  return g_test_run();
}
