/* A framework's own code in random runs: custom steps in every plan, which do their work at once or later, fail, or want to be
 * called again; and an overrider that takes some recoveries over. What it makes of plans and recoveries is a function of what it is
 * asked, as it has to be; how its steps go is drawn. */
#ifndef MU_SIM_CODE_H
#define MU_SIM_CODE_H
#include "sim.h"

typedef struct MuSimOwnCode MuSimOwnCode;

MuSimOwnCode *mu_sim_own_code_new(MuSim *sim, guint64 seed);
/* Before the simulator. */
void mu_sim_own_code_free(MuSimOwnCode *code);
/* The scheduler's service has this code. */
void mu_sim_own_code_add(MuSimOwnCode *code, MuServiceScheduler *scheduler);
#endif
