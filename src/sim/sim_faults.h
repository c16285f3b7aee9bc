/* Faults drawn from a seed. Each has a name, a random source of its own (so that switching one off leaves the others where
 * they were) and a rate; at each step of a run each is drawn once. */
#ifndef MU_SIM_FAULTS_H
#define MU_SIM_FAULTS_H
#include "sim.h"

#define MU_SIM_MAX_FAULTS 32

typedef struct {
  guint permille[MU_SIM_MAX_FAULTS]; /* of steps; 0: switched off; in the order of the table */
} MuSimFaultRates;

guint mu_sim_faults_count(void);
const char *mu_sim_fault_name(guint i);
const char *mu_sim_fault_what(guint i);
/* As the table says. */
void mu_sim_fault_rates_default(MuSimFaultRates *ret_rates);
/* "crash,rescind=50,-disk": only those named, with these rates; a list that begins with "-" switches off what it names.
 * MU_ERROR_USAGE with the names there are. */
gboolean mu_sim_fault_rates_parse(const char *text, MuSimFaultRates *rates, GError **error);

typedef struct MuSimFaults MuSimFaults;
MuSimFaults *mu_sim_faults_new(guint64 seed, const MuSimFaultRates *rates);
void mu_sim_faults_free(MuSimFaults *faults);
/* TRUE: a client gives twice what it gives in this step (command-doubled), which is the caller's to do. */
gboolean mu_sim_faults_step(MuSimFaults *faults, MuSim *sim);
#endif
