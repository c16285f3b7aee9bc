/* Metrics: one list of samples, written in the forms that monitoring systems read. */
#include "client_private.h"
#include "json.h"
#include "stored.h"
#include "view.h"

typedef struct {
  const char *name, *help;
  gboolean counter;          /* else a gauge */
  const char *label, *value; /* NULL: none */
  guint64 number;
} Sample;

typedef struct {
  guint64 services[MU_SERVICE_GONE + 1];
  guint64 plans[MU_STATUS_COUNT];
  guint64 tasks[MU_TASK_UNKNOWN + 1];
  guint64 failed; /* their factory failed at the start, or a record cannot be read */
  guint64 waiting;
  guint64 stored_bytes, full; /* of all services; how many store all that they may */
} Totals;

/* ---- gathering ----------------------------------------------------------------------------------------------------- */

static void add_service(Totals *totals, const MuMultiServiceEventClient *client, const MuService *service) {
  if (service->unreadable != NULL || (service->failure != NULL && service->record->state == MU_SERVICE_RUNNING))
    totals->failed++;
  else
    totals->services[service->record->state]++;
  if (service->deploy != NULL)
    totals->plans[service->deploy->status]++;
  totals->waiting += service->waiting;
  totals->stored_bytes += service->stored_bytes;
  totals->full += mu_stored_is_full(service, &client->effects);
  for (guint i = 0; i < G_N_ELEMENTS(service->task_states); i++)
    totals->tasks[i] += service->task_states[i];
}

static void add_states(GArray *samples, const Totals *totals) {
  Sample services = {"services", "Services by state.", FALSE, "state", "FAILED", totals->failed};
  Sample plans = {"deploy_plans", "Deploy plans by status.", FALSE, "status", NULL, 0};
  Sample tasks = {"tasks", "Tasks by the state of their last run.", FALSE, "state", NULL, 0};
  Sample failed = services;
  for (guint i = 0; i <= MU_SERVICE_GONE; i++) {
    services.value = mu_service_state_to_string((MuServiceState)i);
    services.number = totals->services[i];
    g_array_append_val(samples, services);
  }
  g_array_append_val(samples, failed);
  for (guint i = 0; i < MU_STATUS_COUNT; i++) {
    plans.value = mu_status_to_string((MuStatus)i);
    plans.number = totals->plans[i];
    g_array_append_val(samples, plans);
  }
  for (guint i = 0; i <= MU_TASK_UNKNOWN; i++) {
    tasks.value = mu_task_state_to_string((MuTaskState)i);
    tasks.number = totals->tasks[i];
    g_array_append_val(samples, tasks);
  }
}

static void add_numbers(GArray *samples, const MuMultiServiceEventClient *client, const Totals *totals) {
  const MuClientCounters *counters = &client->counters;
  const Sample rows[] = {
      {"steps_waiting_for_offers", "Steps that wait for an offer.", FALSE, NULL, NULL, totals->waiting},
      {"stored_bytes", "Bytes that services have in the store.", FALSE, NULL, NULL, totals->stored_bytes},
      {"services_at_stored_limit", "Services that store as much as they may.", FALSE, NULL, NULL, totals->full},
      {"subscribed", "1 while the engine is connected.", FALSE, NULL, NULL, client->subscribed},
      {"store_healthy", "1 while commits succeed.", FALSE, NULL, NULL, client->store_error == NULL},
      {"events_total", "Events that came from the engine.", TRUE, NULL, NULL, counters->events},
      {"commands_total", "Commands that came from the API.", TRUE, NULL, NULL, counters->commands},
      {"drains_total", "Times the queue was drained.", TRUE, NULL, NULL, counters->drains},
      {"launches_total", "Steps that were launched.", TRUE, NULL, NULL, counters->launches},
      {"offers_total", "Offers that came.", TRUE, NULL, NULL, counters->offers},
      {"offers_declined_total", "Offers that were declined.", TRUE, NULL, NULL, counters->declined},
      {"statuses_total", "Task statuses that came.", TRUE, NULL, NULL, counters->statuses},
  };
  g_array_append_vals(samples, rows, G_N_ELEMENTS(rows));
}

static GArray *gather(const MuMultiServiceEventClient *client) {
  Totals totals = {0};
  GArray *samples = g_array_new(FALSE, FALSE, sizeof(Sample));
  GHashTableIter iter;
  gpointer service = NULL;
  g_hash_table_iter_init(&iter, client->manager->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &service))
    add_service(&totals, client, service);
  add_states(samples, &totals);
  add_numbers(samples, client, &totals);
  return samples;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void write_sample(GString *text, const Sample *sample, gboolean first) {
  if (first)
    g_string_append_printf(text, "# HELP muster_%s %s\n# TYPE muster_%s %s\n", sample->name, sample->help, sample->name,
                           sample->counter ? "counter" : "gauge");
  g_string_append_printf(text, "muster_%s", sample->name);
  if (sample->label != NULL)
    g_string_append_printf(text, "{%s=\"%s\"}", sample->label, sample->value);
  g_string_append_printf(text, " %" G_GUINT64_FORMAT "\n", sample->number);
}

char *mu_view_metrics(MuMultiServiceEventClient *client) {
  g_autoptr(GArray) samples = gather(client);
  GString *text = g_string_new(NULL);
  const char *last = NULL;
  for (guint i = 0; i < samples->len; i++) {
    const Sample *sample = &g_array_index(samples, Sample, i);
    write_sample(text, sample, g_strcmp0(sample->name, last) != 0);
    last = sample->name;
  }
  return g_string_free(text, FALSE);
}

/* "services.FAILED" */
static char *dotted_name(const Sample *sample) {
  return sample->label == NULL ? g_strdup(sample->name) : g_strconcat(sample->name, ".", sample->value, NULL);
}

json_t *mu_view_metrics_json(MuMultiServiceEventClient *client) {
  g_autoptr(GArray) samples = gather(client);
  json_t *gauges = json_object(), *counters = json_object();
  for (guint i = 0; i < samples->len; i++) {
    const Sample *sample = &g_array_index(samples, Sample, i);
    g_autofree char *name = dotted_name(sample);
    json_t *entry = json_object();
    mu_json_set_int(entry, sample->counter ? "count" : "value", (gint64)sample->number);
    mu_json_set_new(sample->counter ? counters : gauges, name, entry);
  }
  return json_pack("{s:s, s:o, s:o, s:{}, s:{}, s:{}}", "version", "3.1.3", "gauges", gauges, "counters", counters,
                   "histograms", "meters", "timers");
}
