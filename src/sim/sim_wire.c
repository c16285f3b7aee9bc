#include "sim_wire.h"

#include "sim_private.h"

void mu_sim_set_wire(MuSim *sim, const MuSimWire *wire, gpointer user) {
  sim->wire = wire;
  sim->wire_user = user;
}

void mu_sim_wire_out(MuSim *sim, const MuEngineCall *call) {
  if (sim->wire != NULL)
    sim->wire->call(call, sim->wire_user);
  else
    mu_sim_cluster_call(sim, call);
}

void mu_sim_wire_connect(MuSim *sim) {
  const char *framework_id = mu_client_framework_id(sim->client);
  if (sim->wire != NULL)
    sim->wire->subscribe(framework_id, sim->wire_user);
  else
    mu_sim_cluster_subscribe(sim, framework_id);
}

void mu_sim_wire_disconnect(MuSim *sim) {
  if (sim->wire != NULL)
    sim->wire->leave(sim->wire_user);
  mu_sim_cluster_lose_scheduler(sim);
}

gboolean mu_sim_is_connected(const MuSim *sim) {
  return !sim->down;
}

const char *mu_sim_framework_id(const MuSim *sim) {
  return sim->framework_id;
}

void mu_sim_be_like_mesos(MuSim *sim, gint64 linger_ms) {
  sim->detailed = TRUE;
  sim->linger_ms = linger_ms;
}

const char *mu_sim_executor_of(const MuSim *sim, const char *task_id) {
  const MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  return task == NULL ? NULL : task->executor_id;
}
