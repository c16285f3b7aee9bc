/* Shared by the files of this folder only. */
#ifndef MU_SERVICE_PRIVATE_H
#define MU_SERVICE_PRIVATE_H
#include "plan_draft.h"
#include "service.h"

typedef struct {
  MuConfigValidator validate;
  gpointer user;
} MuOwnValidator;

struct MuServiceScheduler {
  MuServiceSpec *spec;
  MuBackoff backoff;
  GArray *validators;          /* of MuOwnValidator: rules that code added */
  MuPlanCustomizer customizer; /* NULL: none */
  gpointer customizer_user;
  MuPlanCustomizer uninstaller; /* of the plan of its uninstall; NULL: none */
  gpointer uninstaller_user;
  MuRecoveryOverrider overrider; /* NULL: none */
  gpointer overrider_user;
  char *config_id; /* a function of the spec's canonical JSON */
  char *json;
  const char *
      reader; /* mu_spec_reader when nothing but that and its context decide what it is; NULL: its factory has code. Static */
  char *spec_file; /* the name of the file that its context says it was read from; NULL: none */
};
/* Of a configuration as it is stored, which the present mu_spec_reader made of the context. */
MuServiceScheduler *mu_service_scheduler_again(const char *config_id, const char *json, MuServiceSpec *spec,
                                               GBytes *context);

/* yaml_factory.c: what the context says of the file that it was read from, or NULL; the caller frees. */
char *mu_yaml_context_spec_file(GBytes *context);

/* ---- records: every change of one is written by these, and marks what depends on it -------------------------------- */

void mu_pod_put(MuPod *pod, MuEffects *effects);
void mu_task_put(MuTask *task, MuEffects *effects);
void mu_pod_mark_dirty(MuPod *pod);

/* The pod instance, made when absent. */
MuPod *mu_service_ensure_pod(MuService *service, const char *type, guint index);
/* After its record has another target, or it has other configurations. */
void mu_service_find_target(MuService *service);
/* By its name, "node-0". MU_ERROR_FAILED: that names no instance. */
MuPod *mu_service_ensure_named_pod(MuService *service, const char *name, GError **error);
/* Forgets the instance and erases its records. */
void mu_service_erase_pod(MuService *service, MuPod *pod, MuEffects *effects);
/* Forgets the task and erases its records. */
void mu_pod_erase_task(MuPod *pod, MuTask *task, MuEffects *effects);
/* Takes the footprint in place of the old one, and keeps the index of reservations. */
void mu_pod_take_record(MuPod *pod, MuPodRecord *take_record);
/* Before the entry goes from the pod's ledger. */
void mu_pod_forget_reservation(MuPod *pod, const MuLedgerEntry *entry);
/* Takes the status (NULL: none came) in place of the task's old one; the caller stores it. */
void mu_task_take_status(MuTask *task, MuTaskStatus *take_status);
/* A task that the instance does not have yet. */
MuTask *mu_pod_add_task(MuPod *pod, MuTaskRecord *take_record);
/* Takes the launch as the task's present one; its old status is forgotten, in the store too. */
MuTask *mu_pod_take_launch(MuPod *pod, MuTaskRecord *take_record, MuEffects *effects);

/* proof.c: notes what the task's new status proves; `asked_to_end`: the run was, when the status came. */
void mu_task_note_proof(MuTask *task, gboolean asked_to_end, MuEffects *effects);
/* Before the task's status goes, with its run: what it proved of the pod's footprint is written. */
void mu_task_keep_proof(MuTask *task, MuEffects *effects);
/* Records and configurations were loaded: the statuses among them prove what they proved. */
void mu_service_prove_loaded(MuService *service);

/* mu_task_spec_fingerprint of a task in one of the service's configurations. Borrowed until these change. */
const char *mu_service_fingerprint(MuService *service, const MuPodSpec *pod, const MuTaskSpec *task);
void mu_service_keep_config(MuService *service, const MuServiceScheduler *scheduler, MuEffects *effects);
/* For an operation on it: MU_ERROR_NOT_FOUND, or MU_ERROR_CONFLICT when the service is being uninstalled. */
MuPod *mu_service_require_pod(MuService *service, const char *name, GError **error);
gboolean mu_history_load(MuService *service, const char *value, gsize length, GError **error);
/* One stored file. */
void mu_service_load_file(MuService *service, const char *name, const char *value, gsize length);
void mu_service_erase_history(MuService *service, MuEffects *effects);
/* In the store: of all its entries; of one with a context of so many bytes, or a little less. */
gsize mu_history_bytes(const MuService *service);
gsize mu_history_entry_bytes(gsize context_bytes);
gboolean mu_service_history_has(const MuService *service, const char *config);
/* Forgets which of the pod's tasks are paused: all, or those that `spec` (NULL: all) does not have. */
void mu_pod_forget_paused(MuPod *pod, const MuPodSpec *spec, MuEffects *effects);
/* The set of the pod's tasks that are paused, by their place in the spec. */
guint64 mu_pod_paused_tasks(const MuPod *pod, const MuPodSpec *spec);

/* An operator decommissioned the instance of this name. */
gboolean mu_service_has_hole(const MuService *service, const char *pod);
/* Forgets those that the spec does not have; the caller writes the service's record. */
void mu_service_forget_holes(MuService *service, const MuServiceSpec *spec);
/* The instance is wanted no more: it goes with all that it holds. */
void mu_pod_dismiss(MuPod *pod, MuEffects *effects);
/* It is wanted again: what is half gone goes, and comes back anew. */
void mu_pod_take_back(MuPod *pod, MuEffects *effects);

/* Drops configurations that neither the target nor a task needs. */
void mu_service_prune_configs(MuService *service, MuEffects *effects);

/* ---- reasons that are kept (why_record.c; mu_why_keep is in service.h) ---------------------------------------------- */

gboolean mu_why_load(MuService *service, const char *value, gsize length, GError **error);
/* The pod begins to wait again: for the reasons that were kept, and since then. */
void mu_why_restore(MuPod *pod);
/* It waits no more: the record goes, if there is one. */
void mu_why_forget(MuPod *pod, MuEffects *effects);

/* ---- plans ---------------------------------------------------------------------------------------------------------- */

/* Adds an empty plan to the service's. */
MuPlan *mu_service_add_plan(MuService *service, const char *name, MuStrategyKind strategy);
/* A step for these tasks of the instance, named after them. */
MuStep *mu_service_add_pod_step(MuService *service, MuPhase *phase, const MuPodSpec *pod, guint index, guint64 tasks);
/* Builds the plans anew from the target configuration (or the uninstall) and finds every status. */
void mu_service_rebuild_plans(MuService *service, MuEffects *effects);
/* Those who watch are told of the step's status. */
void mu_step_announce(const MuStep *step, MuEffects *effects);
/* Links a step with its pod. */
MuStep *mu_service_add_step(MuService *service, MuPhase *phase, MuPod *pod, const char *name, guint64 tasks);
/* The steps of a draft's phase are added to a plan's. */
void mu_service_add_drafted_steps(MuService *service, MuPhase *phase, const MuPhaseDraft *draft);
/* What the draft's phases and steps wait for; the plan has them in the same order. */
void mu_plan_add_requirements(MuPlan *plan, const MuPlanDraft *draft);
/* Asks the code, which may change the draft. `owed`: code has a say in it, even if there is none now. NULL, or what speaks against the
 * plan; the caller frees. */
char *mu_service_ask_code(const MuService *service, gboolean owed, MuPlanCustomizer code, gpointer user,
                          const MuServiceSpec *spec, MuPlanDraft *draft);
/* uninstall.c: the plan of a service that is on its way out. */
void mu_uninstall_add_plan(MuService *service);
/* Removes the phase and unlinks its steps from their pods. */
void mu_service_remove_phase(MuService *service, MuPhase *phase);
/* Finds the status of each of the pod's steps, and recovery's part in it. */
void mu_pod_refresh(MuPod *pod, MuEffects *effects);
void mu_recovery_refresh(MuPod *pod, MuEffects *effects);
/* The pod's recovery is over, and another task of it has to be recovered. */
gboolean mu_recovery_is_due(const MuPod *pod);
/* Its default recovery is not over, or is due. */
gboolean mu_recovery_is_under_way(const MuPod *pod);
/* rolling.c: the plan of the last rolling restart, when there was one; what its step is found to be; and its work. */
void mu_rolling_add_plan(MuService *service, const MuServiceSpec *spec);
gboolean mu_step_is_rolling(const MuStep *step);
MuStatus mu_rolling_find_status(const MuPod *pod, guint64 tasks, gint64 now_ms, gint64 *ret_delayed_until_ms);
void mu_rolling_end_tasks(MuPod *pod, guint64 tasks, MuEffects *effects);

/* A footprint, or a task. */
gboolean mu_pod_has_records(const MuPod *pod);
/* Steps kill, release, erase for the instance, at the end of the phase and after all that it has. */
void mu_teardown_add_steps(MuService *service, MuPhase *phase, MuPod *pod);
/* What the step, one of these, is found to be. */
MuStatus mu_teardown_status(const MuStep *step);
/* Moves the pod's teardown on: entries to RELEASING once no task lives; erases or frees the pod when they are gone. */
void mu_teardown_advance(MuPod *pod, MuEffects *effects);
/* A task of it was asked to end, or it gives back something: else it can stay as it is. It has a record. */
gboolean mu_teardown_has_begun(const MuPod *pod);
/* The custom step is one that comes before the end of an instance, of which nothing is left: it is not needed. */
gboolean mu_teardown_is_idle(const MuStep *step);
/* Something in the phase, of whatever plan, went on: where that ends instances, the turn may be another's now, which goes on. */
void mu_teardown_take_turns(const MuService *service, const MuPhase *after);
/* A pod instance that is replaced waits so long for the agent it was on; then it begins anew without what it has there. */
#define MU_GIVE_UP_MS 600000
/* A replaced instance leaves behind what its agent did not give back: runs that are TASK_UNREACHABLE are forgotten, and killed
 * when they return; its entries stay in the ledger, where they are, until they are proven gone. Waits on while a task is known
 * to live, and in a decommission, which has no hurry. */
void mu_teardown_give_up(MuPod *pod, MuEffects *effects);
/* When that is due: a run that was lost before it was replaced was waited for already. */
gint64 mu_teardown_give_up_ms(const MuPod *pod);
/* replace.c: notes whether a task of the pod does not come back; replaces, as the spec's policy has it, what was lost for so
 * long, or notes when that is due. */
void mu_replace_note(MuPod *pod, MuEffects *effects);
void mu_replace_lost(MuService *service, MuEffects *effects);
/* The engine's operator asserted that the agent is gone for good: so is what instances left behind there. */
void mu_teardown_agent_gone(MuService *service, const char *agent_id, MuEffects *effects);
/* An operator declared the rest of an instance on its way out gone. A run that is known to live is not forgotten: it is being
 * ended. */
void mu_teardown_forget(MuPod *pod, MuEffects *effects);
gboolean mu_pod_is_leaving(const MuPod *pod); /* its resources are to be given back */
gboolean mu_pod_has_live_task(const MuPod *pod);
/* Ends the run of the task, and repeats that until it is terminal. */
void mu_task_kill(MuTask *task, MuEffects *effects);
/* Records that the present run shall end, and kills it. */
void mu_task_want_kill(MuTask *task, MuEffects *effects);

/* ---- statuses of steps ---------------------------------------------------------------------------------------------- */

/* What a run under way is found to be; what one is that ended. */
MuStatus mu_task_alive_status(const MuTask *task);
MuStatus mu_task_ended_status(const MuTask *task, gint64 now_ms, gint64 *delayed_until_ms);
/* The less advanced one of two statuses of tasks. */
MuStatus mu_status_least(MuStatus a, MuStatus b);
/* What the step, of whatever kind, is found to be. */
MuStatus mu_step_find(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms);
/* What a step that launches tasks is found to be; recovery sees them its own way (a goal that was reached once does not
 * count). `ret_delayed_until_ms` is set when DELAYED. */
MuStatus mu_step_find_status(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms);
/* The step's plan was begun anew with the task, and has not brought it to its goal since. */
gboolean mu_task_is_anew_for(const MuTask *task, const MuStep *step);
/* It is not begun anew any more: who brings it back is as ever. */
void mu_task_forget_anew(MuTask *task, MuEffects *effects);
/* Of the step's tasks, those that are not where they should be. */
guint64 mu_step_tasks_to_launch(const MuStep *step);
/* The configuration that the step launches: the target; for recovery, the one that the pod's tasks run with. */
const MuPodSpec *mu_step_pod_spec(const MuPod *pod, gboolean recovery);
const char *mu_step_config_id(const MuPod *pod, gboolean recovery);
/* What this step launches, and from which configuration. */
const MuPodSpec *mu_step_spec(const MuStep *step);
const char *mu_step_config(const MuStep *step);
gboolean mu_step_is_recovery(const MuStep *step);
/* The task ended, and its goal is not reached by that. */
gboolean mu_task_has_failed(const MuTask *task);
/* The target configuration still has the task, in a step of some plan. */
gboolean mu_task_is_wanted(const MuTask *task);
gboolean mu_task_goal_met(const MuTask *task, const MuTaskSpec *spec);
/* The spec of the task in the configuration that it was launched with, or NULL. */
const MuTaskSpec *mu_task_launched_spec(const MuTask *task);
/* The id of the resource set that the run uses; NULL: its configuration is not known any more. */
const char *mu_task_set(const MuTask *task);
const MuBackoff *mu_service_backoff(const MuService *service);
/* When what has failed so often in a row, the last time at ended_ms, is tried again. */
gint64 mu_backoff_end_ms(const MuBackoff *backoff, guint failures, gint64 ended_ms);
/* When the task may be relaunched. */
gint64 mu_task_relaunch_ms(const MuTask *task);
#endif
