/* What handling an event brings about, and what it may draw on: gathered during a drain of the queue, handed to the runner
 * at its end. */
#ifndef MU_EFFECTS_H
#define MU_EFFECTS_H
#include "engine.h"
#include "ids.h"
#include "json_form.h"
#include "record.h"
#include "wants.h"

/* An event for people and programs that watch: type is "service", "plan", "step", "task" or "framework". */
typedef struct {
  const char *type; /* static */
  char *service;    /* that it concerns; NULL: none */
  char *text;       /* a JSON object: there are many of them, and most are only passed on */
} MuNotice;

void mu_notice_free(MuNotice *notice);

/* A custom step's code is to be called. */
typedef struct {
  char *service, *key; /* key: plan/phase/step */
  guint64 run;         /* no other call has this number */
} MuStepCall;

void mu_step_call_free(MuStepCall *call);

typedef enum { MU_STEP_TELLS, MU_STEP_COMPLETE, MU_STEP_AGAIN, MU_STEP_FAILED } MuStepReportKind;

/* What it says to that. */
typedef struct {
  char *service, *key;
  guint64 run;
  MuStepReportKind kind;
  char *text;      /* TELLS, AGAIN, FAILED; may be NULL */
  gint64 after_ms; /* AGAIN */
} MuStepReport;

void mu_step_report_free(MuStepReport *report);

typedef struct {
  /* drawn on */
  gint64 now_ms;
  MuRandom random;
  const char *framework_name, *role, *principal, *user; /* user NULL: the engine's */
  MuOverhead overhead;
  gint64 kill_retry_ms;
  const char *api_host;
  guint16 api_port;
  guint64 last_run;       /* of a custom step */
  guint waiting_at_once;  /* steps of a service that would begin an instance and are tried with offers together */
  gsize max_stored_bytes; /* of each service: see stored.h */
  /* brought about */
  MuBatch *batch;
  GPtrArray *calls;   /* of MuEngineCall*, owned */
  GPtrArray *notices; /* of MuNotice*, owned */
  GPtrArray *steps;   /* of MuStepCall*, owned */
  GPtrArray
      *left_roles; /* of char*, owned: of reservations whose ledger was erased without a proof that they are gone */
} MuEffects;

void mu_effects_leave_role(MuEffects *effects, const char *role);

void mu_effects_kill(MuEffects *effects, const char *task_id, const char *agent_id);
void mu_effects_call_step(MuEffects *effects, const char *service, const char *key, guint64 run);
void mu_effects_acknowledge(MuEffects *effects, const MuTaskStatus *status);
/* Begins a notice about the service; members are written to the result (mu_json_text_member), then mu_effects_notice ends it. */
MuJsonText mu_effects_notice_begin(const char *service);
void mu_effects_notice(MuEffects *effects, const char *type, const char *service, MuJsonText *take_text);
#endif
