/* Short words for expectations on a simulated cluster: each ends the program when it does not hold. */
#ifndef MU_SIM_EXPECT_H
#define MU_SIM_EXPECT_H
#include "sim.h"

/* A simulator whose services are built from YAML contexts, with `agents` agents of 8 cpus, 16 GB, 100 GB, ports 1000-32000. */
MuSim *mu_sim_new_yaml(guint64 seed, guint agents);
/* Status of a plan ("COMPLETE"); NULL: no such service or plan. */
const char *mu_sim_plan_status(MuSim *sim, const char *name, const char *plan);
/* Runs until the plan is in the status, at most `ms`; asserts it. */
void mu_sim_expect_plan(MuSim *sim, const char *service, const char *plan, const char *status, gint64 ms);
/* Runs until the scheduler has no such service, at most `ms`; asserts it. */
void mu_sim_expect_gone(MuSim *sim, const char *service, gint64 ms);
/* PUT that must succeed; the result's word. The caller frees. */
char *mu_sim_expect_put(MuSim *sim, const char *service, const char *yaml);
void mu_sim_expect_remove(MuSim *sim, const char *service);
#endif
