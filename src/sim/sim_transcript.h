/* What was done to the simulator from outside, as the lines of a scenario: run again with the same seed, they do the same at
 * the same virtual moments. So whatever a random run finds can be read, cut down line by line, and kept as a test. */
#ifndef MU_SIM_TRANSCRIPT_H
#define MU_SIM_TRANSCRIPT_H
#include "sim.h"

/* Everything from now on; before the first agent. */
void mu_sim_transcribe(MuSim *sim);
/* A line of it, when there is one. */
void mu_sim_note(MuSim *sim, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Virtual time passes; lines of it in a row are one. */
void mu_sim_note_wait(MuSim *sim, gint64 ms);
/* A command, given without waiting for the answer. */
void mu_sim_note_command(MuSim *sim, const MuCommand *command);
void mu_sim_note_agent(MuSim *sim, const MuSimAgentOptions *options);
void mu_sim_note_script(MuSim *sim, const char *task, const MuSimScript *script);
/* The lines so far, each with its newline; the caller frees. */
char *mu_sim_transcript(MuSim *sim);
#endif
