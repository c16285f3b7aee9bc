/* The state of a service, read from code: a copy of the present moment. */
#ifndef MUSTER_SERVICE_REPORT_H
#define MUSTER_SERVICE_REPORT_H

#include <muster/multi_service_manager.h>

G_BEGIN_DECLS

/* The last run of a task that was launched at least once. Texts are NULL when there is nothing to say. */
typedef struct {
  char *name;  /* "hello-0-server" */
  char *id;    /* of that run */
  char *state; /* "TASK_STAGING" until its first status came, then "TASK_RUNNING", "TASK_FINISHED", "TASK_FAILED", … */
  char *agent_id;         /* where it runs or ran */
  char *hostname;         /* of the agent, while the pod holds resources there */
  char *reason, *message; /* of the last status */
  gint64 since_ms;        /* of the last status, or of the launch; milliseconds since 1970 */
  guint failures;         /* in a row */
  gboolean
      never_began; /* it is over, and was never heard of before: its launch was dropped, or never reached the engine */
} MuTaskReport;

typedef struct {
  char *service;
  char *state; /* "RUNNING", "UNINSTALLING", "GONE" (its UninstallCallback is due), or "FAILED" (`failure` says why) */
  char *failure;         /* why it could not be built or read; else NULL */
  char *rejected;        /* the errors of the last update that was refused; else NULL */
  char *status;          /* of its plan `deploy`: "PENDING", "IN_PROGRESS", "COMPLETE", …; NULL: it has no plan */
  gint64 version;        /* of its context: 1, 2, … */
  guint steps, complete; /* of that plan: all, and those that are done */
  MuTaskReport *tasks;   /* by name */
  guint n_tasks;
} MuServiceReport;

/* What is known of the service now; what is shown may not be durable yet. NULL with MU_ERROR_NOT_FOUND: there is none of that
 * name (any more). On the thread of the main loop. The caller owns the report. */
MuServiceReport *mu_multi_service_manager_report(const MuMultiServiceManager *manager, const char *service,
                                                 GError **error);
/* NULL is let through. */
void mu_service_report_free(MuServiceReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuServiceReport, mu_service_report_free)

G_END_DECLS
#endif
