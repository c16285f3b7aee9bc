#include "exec_probe.h"
#include "exec_space.h"
#include "json.h"

static const struct {
  const char *name;
  MuExecSpaceSpec spec;
} TRIALS[] = {{"mounts", {0}}, {"ipc", {.ipc = TRUE, .shm_size_mb = 1}}, {"pid", {.pid = TRUE}}};

json_t *mu_exec_probe(void) {
  json_t *lacking = json_object();
  for (gsize i = 0; i < G_N_ELEMENTS(TRIALS); i++) {
    MuExecSpace space;
    g_autoptr(GError) error = NULL;
    if (!mu_exec_space_open(&space, &TRIALS[i].spec, NULL, NULL, NULL, &error))
      mu_json_set_string(lacking, TRIALS[i].name, error->message);
    mu_exec_space_close(&space);
  }
  return lacking;
}
