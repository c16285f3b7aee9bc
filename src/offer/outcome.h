/* Why a step waits, as data: for each named stage of the evaluation how many offers it refused, and the offer that came
 * nearest, with the numbers. Bounded: one entry a stage, whatever the number of offers. */
#ifndef MU_OUTCOME_H
#define MU_OUTCOME_H
#include <glib.h>
#include <jansson.h>

/* The stages, in the order in which an offer goes through them. X(name, "word", "unit of the numbers", "what
 * would make offers pass") */
#define MU_STAGE_TABLE(X)                                                                                              \
  X(DEPENDENCY, "dependency", "", "the services that it depends on are complete")                                      \
  X(DISCIPLINE, "discipline", "", "the services before it are placed, or their turn passes")                           \
  X(QUOTA, "quota", "", "the service gives something back, or a larger quota")                                         \
  X(BUDGET, "budget", "", "pods of the service go, or the scheduler has a larger --max-stored")                        \
  X(AGENT, "agent", "", "its agent offers what the pod has there, or the pod is replaced")                             \
  X(ROLE, "role", "", "an agent that has something reserved for that role")                                            \
  X(PLACEMENT, "placement", "", "an agent that the placement rule allows, or another rule")                            \
  X(RESERVED, "reserved", "", "its agent offers what the pod has there, or the pod is replaced")                       \
  X(CPUS, "cpus", "cpus", "an agent with so much free, or fewer `cpus` in the spec")                                   \
  X(MEMORY, "memory", "MB", "an agent with so much free, or less `memory` in the spec")                                \
  X(GPUS, "gpus", "gpus", "an agent with so many free, or fewer `gpus` in the spec")                                   \
  X(DISK, "disk", "MB", "an agent with such a disk, or a smaller volume in the spec")                                  \
  X(PORTS, "ports", "", "an agent with these ports free, or other ports in the spec")

typedef enum {
#define X(name, word, unit, clears) MU_STAGE_##name,
  MU_STAGE_TABLE(X)
#undef X
      MU_STAGE_COUNT
} MuStage;

const char *mu_stage_to_string(MuStage stage);
const char *mu_stage_clears(MuStage stage);

typedef struct {
  guint64 refused;     /* offers */
  gint64 wanted, best; /* thousandths for cpus and gpus, MB for memory and disk; else 0 */
  char *agent;         /* host of the nearest offer */
  char *detail;        /* what was refused, in words; NULL for plain numbers */
} MuStageResult;

typedef struct {
  guint64 offers; /* evaluated */
  MuStageResult stages[MU_STAGE_COUNT];
} MuOutcome;

MuOutcome *mu_outcome_new(void);
void mu_outcome_free(MuOutcome *outcome);
void mu_outcome_clear(MuOutcome *outcome);

/* One refusal with numbers; kept as the stage's example when it came nearer than the last. */
void mu_outcome_refuse_amount(MuOutcome *outcome, MuStage stage, const char *agent, gint64 wanted, gint64 had);
/* One refusal in words; `detail` is copied when it becomes the example. */
void mu_outcome_refuse(MuOutcome *outcome, MuStage stage, const char *agent, const char *detail);

/* "wanted 4096 MB, best offer had 1200 MB (host-1)"; the caller frees. */
char *mu_stage_result_to_string(MuStage stage, const MuStageResult *result);
/* The stage that refused most, or -1 when none did. */
int mu_outcome_busiest(const MuOutcome *outcome);
/* One sentence for people: "no offer yet", or the stage that refused most with its example; the caller frees. */
char *mu_outcome_summary(const MuOutcome *outcome);
/* Everything in it, to be stored; and back: MU_ERROR_REFUSED when it cannot be read. */
json_t *mu_outcome_record_to_json(const MuOutcome *outcome);
MuOutcome *mu_outcome_record_from_json(const json_t *json, GError **error);
/* {"offers","summary","stages":[{"stage","refused","example"}]} */
json_t *mu_outcome_to_json(const MuOutcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuOutcome, mu_outcome_free)
#endif
