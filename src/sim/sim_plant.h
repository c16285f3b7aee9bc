/* Bugs to be planted: each checker is proven able to fail by a scheduler that misbehaves in just its way. In normal builds
 * MU_SIM_PLANTED is 0 and nothing of this is left; a build with -Dsim_selftest=true plants the one that mu_sim_plant names. */
#ifndef MU_SIM_PLANT_H
#define MU_SIM_PLANT_H
#include "event_client.h"

/* X(checker that must catch it, "what the scheduler does wrong"); behind two underscores, what tells two plants of one apart */
#define MU_SIM_PLANT_TABLE(X)                                                                                          \
  X(single, "launches a task whose earlier run still lives")                                                           \
  X(single__order, "kills a task before it launches it")                                                               \
  X(shared, "launches two tasks on one reservation")                                                                   \
  X(known, "never kills a task that its store has forgotten")                                                          \
  X(durable, "performs before the commit is durable")                                                                  \
  X(recorded, "reserves what its store does not know")                                                                 \
  X(ledger, "forgets a reservation that it holds")                                                                     \
  X(liveness, "does not hear of the end of a task")                                                                    \
  X(rollup, "counts a phase as complete that is not")                                                                  \
  X(rollup__untouched, "shows another status of a service of which nothing is stored")                                 \
  X(memory, "keeps in memory what it did not store")                                                                   \
  X(memory__stored, "forgets how much a service has in the store")                                                     \
  X(memory__untouched, "changes a service of which nothing is stored")                                                 \
  X(discipline, "lets one service more grow than allowed")                                                             \
  X(fair, "serves everybody but one")                                                                                  \
  X(fair__turns, "lets who has the turn to grow keep it, whoever waits")                                               \
  X(quota, "forgets what a service holds")                                                                             \
  X(depends, "takes the rollout that others wait for as complete")                                                     \
  X(depends__removal, "forgets who needs a service")                                                                   \
  X(roles, "gives up a role that something is reserved for")                                                           \
  X(roles__untold, "does not tell the engine of a role")

typedef enum {
  MU_SIM_PLANT_none,
#define X(checker, what) MU_SIM_PLANT_##checker,
  MU_SIM_PLANT_TABLE(X)
#undef X
} MuSimPlant;

/* The plant that the checker of this name must catch; NULL: none. FALSE: there is no such plant in this build. */
gboolean mu_sim_plant(const char *checker);
const char *mu_sim_plant_checker(guint i); /* the i-th name of the table; NULL: no more */
/* The violation is of the checker that must catch the plant. */
gboolean mu_sim_plant_is_caught(const char *plant, const char *violation);

/* Spoils the scheduler's memory after a drain, for those plants that are there. */
void mu_sim_plant_in_memory(MuMultiServiceEventClient *client, MuOutput *output);

#ifdef MU_SIM_SELFTEST
extern MuSimPlant mu_sim_planted;
#define MU_SIM_PLANTED(checker) (mu_sim_planted == MU_SIM_PLANT_##checker)
#else
#define MU_SIM_PLANTED(checker) 0
#endif
#endif
