#include <muster/service_report.h>

#include "client_private.h"
#include "view.h"

#include <string.h>

GBytes *mu_multi_service_event_client_context(MuMultiServiceEventClient *client, const char *service, GError **error) {
  gint64 version = 0;
  return mu_view_context(client, service, &version, error);
}

static void task_clear(MuTaskReport *task) {
  g_free(task->name);
  g_free(task->id);
  g_free(task->state);
  g_free(task->agent_id);
  g_free(task->hostname);
  g_free(task->reason);
  g_free(task->message);
}

void mu_service_report_free(MuServiceReport *report) {
  if (report == NULL)
    return;
  for (guint i = 0; i < report->n_tasks; i++)
    task_clear(&report->tasks[i]);
  g_free(report->tasks);
  g_free(report->service);
  g_free(report->state);
  g_free(report->failure);
  g_free(report->rejected);
  g_free(report->status);
  g_free(report);
}

static MuTaskReport task_report(const MuTask *task) {
  const MuTaskStatus *status = task->status;
  const MuPodRecord *pod = task->pod->record;
  return (MuTaskReport){
      .name = g_strdup(task->record->name),
      .id = g_strdup(task->record->task_id),
      .state = g_strdup(mu_task_state_to_string(status == NULL ? MU_TASK_STAGING : status->state)),
      .agent_id = g_strdup(task->record->agent_id),
      .hostname = g_strdup(pod == NULL ? NULL : pod->hostname),
      .reason = g_strdup(status == NULL ? NULL : status->reason),
      .message = g_strdup(status == NULL ? NULL : status->message),
      .since_ms = status == NULL || status->timestamp_ms == 0 ? task->record->launched_ms : status->timestamp_ms,
      .failures = task->record->failures,
      .never_began = task->record->never_began,
  };
}

static int compare_tasks(const void *a, const void *b) {
  return strcmp(((const MuTaskReport *)a)->name, ((const MuTaskReport *)b)->name);
}

static void report_tasks(const MuService *service, MuServiceReport *report) {
  GHashTableIter iter;
  gpointer task = NULL;
  report->tasks = g_new0(MuTaskReport, g_hash_table_size(service->tasks));
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    report->tasks[report->n_tasks++] = task_report(task);
  if (report->n_tasks > 1)
    qsort(report->tasks, report->n_tasks, sizeof *report->tasks, compare_tasks);
}

MuServiceReport *mu_multi_service_manager_report(const MuMultiServiceManager *manager, const char *name,
                                                 GError **error) {
  const MuService *service = mu_manager_require(manager, name, error);
  if (service == NULL)
    return NULL;
  MuServiceReport *report = g_new0(MuServiceReport, 1);
  report->service = g_strdup(service->name);
  report->state = g_strdup(mu_service_shown_state(service));
  report->failure = g_strdup(service->failure);
  report->rejected = g_strdup(service->record->rejected);
  report->version = service->record->version;
  if (service->deploy != NULL) {
    report->status = g_strdup(mu_status_to_string(service->deploy->status));
    report->steps = service->deploy->n_steps;
    report->complete = service->deploy->n_complete;
  }
  report_tasks(service, report);
  return report;
}
