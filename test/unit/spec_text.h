/* Specs in tests, written short. */
#ifndef MU_TEST_SPEC_TEXT_H
#define MU_TEST_SPEC_TEXT_H
#include <glib.h>
#include <muster/spec.h>
#include <string.h>

/* The spec of this YAML, which must be valid; the caller's reference. */
static inline MuServiceSpec *mu_test_spec(const char *yaml) {
  g_autoptr(GError) error = NULL;
  MuServiceSpec *spec = mu_service_spec_parse(yaml, strlen(yaml), NULL, &error);
  g_assert_no_error(error);
  return spec;
}

/* The same of a service "a" with one pod type "p" that has one task "t", `goal: RUNNING`, `cmd: x`, one cpu and 32 MB.
 * `pod` and `task` are more fields in flow style, as "image: b, ". */
static inline MuServiceSpec *mu_test_spec_with(const char *pod, const char *task) {
  g_autofree char *yaml =
      g_strdup_printf("{name: a, pods: {p: {%scount: 2, tasks: {t: {%sgoal: RUNNING, cmd: x, cpus: 1, "
                      "memory: 32}}}}}",
                      pod, task);
  return mu_test_spec(yaml);
}
#endif
