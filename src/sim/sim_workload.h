/* A random run: services that are generated, changed, operated and removed, on a cluster that faults strike. A run is a
 * function of its options; its end is a healed cluster on which every service must reach its target, and then be gone. */
#ifndef MU_SIM_WORKLOAD_H
#define MU_SIM_WORKLOAD_H
#include "sim_faults.h"

/* Three instances of a pod may have to be on agents of their own while one agent is gone: with fewer, services may wait for ever. */
#define MU_SIM_MIN_AGENTS 4
#define MU_SIM_CHECK_EVERY 100 /* commits, in random runs: everything is compared then, and at the end */

typedef struct {
  guint64 seed;
  guint steps;
  guint services;    /* at most so many at once, svc-0, svc-1, … */
  guint agents;      /* MU_SIM_MIN_AGENTS at least */
  guint check_every; /* see mu_sim_check_every */
  MuSimFaultRates faults;
  gboolean code;        /* services have code of their own: custom steps, and a say in their recoveries (sim_code.h) */
  gboolean transcribe;  /* the result has a transcript */
  MuSimTraceFunc trace; /* NULL: none */
  gpointer trace_user;
} MuSimRun;

/* The defaults for the seed: 200 steps; agents, services and the discipline's limit are drawn from it. */
void mu_sim_run_init(MuSimRun *ret_run, guint64 seed);

typedef struct {
  char *violation;  /* NULL: all rules held */
  char *transcript; /* what was done, as the lines of a scenario (sim_transcript.h); NULL: none was made */
  guint64 events;   /* mu_sim_happenings */
  guint commits, crashes;
  gint64 virtual_ms;
} MuSimResult;

void mu_sim_result_clear(MuSimResult *result);
void mu_sim_run_all(const MuSimRun *run, MuSimResult *ret_result);
/* Makes a run that fails smaller, as long as it fails with the same checker: fewer steps, services and faults. `tries`
 * bounds the work. */
void mu_sim_run_shrink(MuSimRun *run, MuSimResult *result, guint tries);
/* The shortest scenario found that breaks the same rule as the run does, with its intent as line 1; NULL when the run breaks none.
 * `tries` bounds the work. The caller frees. */
char *mu_sim_run_shrink_scenario(const MuSimRun *run, guint tries);
/* The spec of the service in its n-th version, as YAML; the caller frees. */
char *mu_sim_random_spec(guint64 seed, guint service, guint version);
/* A role that the operator has set agents of the run aside for, and that pods take from; NULL: there is none. */
const char *mu_sim_random_role(guint64 seed);
/* The number of the service that it depends on, in every version: a smaller one; -1: none. */
gint mu_sim_random_need(guint64 seed, guint service);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuSimResult, mu_sim_result_clear)
#endif
