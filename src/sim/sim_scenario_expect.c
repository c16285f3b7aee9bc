/* What the expectations of a scenario look at: each tells whether it holds now, and says what it found. */
#include "sim_scenario_find.h"

#include "client_private.h"
#include "json.h"
#include "view.h"
#include <muster/error.h>

#include <string.h>

static gboolean say(GString *found, gboolean holds, const char *text) {
  if (found != NULL)
    g_string_append(found, text);
  return holds;
}

/* ---- answers --------------------------------------------------------------------------------------------------------- */

gboolean mu_check_refused(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  if (run->refused == NULL)
    return say(found, FALSE, "the line before was not refused");
  return say(found, strstr(run->refused->message, mu_line_text(line, "TEXT")) != NULL, run->refused->message);
}

gboolean mu_check_answer(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const char *answer = run->answer == NULL ? "no answer" : run->answer;
  return say(found, strcmp(answer, mu_line_text(line, "created|changed|unchanged")) == 0, answer);
}

/* ---- plans ----------------------------------------------------------------------------------------------------------- */

/* Why the pods of a service wait, to be read behind a status that is not the expected one. */
static void append_waiting(const MuService *service, GString *found) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuPod *pod = value;
    if (pod->outcome == NULL)
      continue;
    g_autofree char *summary = mu_outcome_summary(pod->outcome);
    g_string_append_printf(found, "; %s waits: %s", pod->name, summary);
  }
}

static void append_steps(const MuPlan *plan, GString *found) {
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; j < phase->steps->len; j++) {
      const MuStep *step = phase->steps->pdata[j];
      if (step->status != MU_STATUS_COMPLETE)
        g_string_append_printf(found, "; %s/%s %s", phase->name, step->name, mu_status_to_string(step->status));
    }
  }
}

/* The plan, phase or step of the path and its status; `ret_service` for more words. FALSE: there is none. */
static gboolean find_status(MuScenarioRun *run, const char *text, MuStatus *ret_status, const MuService **ret_service,
                            const MuPlan **ret_plan) {
  g_auto(MuPath) path = mu_path_split(run, text);
  const MuService *service = mu_find_service(run, path.service);
  const MuPlan *plan = service == NULL ? NULL : mu_service_plan(service, path.parts[0]);
  if (plan == NULL || path.n > 3)
    return FALSE;
  const MuPhase *phase = path.n < 2 ? NULL : mu_plan_find_phase(plan, path.parts[1]);
  const MuStep *step = path.n < 3 || phase == NULL ? NULL : mu_phase_find_step(phase, path.parts[2]);
  if ((path.n == 2 && phase == NULL) || (path.n == 3 && step == NULL))
    return FALSE;
  *ret_status = step != NULL ? step->status : phase != NULL ? phase->status : plan->status;
  *ret_service = service;
  *ret_plan = plan;
  return TRUE;
}

static gboolean check_status(MuScenarioRun *run, const MuScenarioLine *line, const char *value, GString *found) {
  MuStatus status = MU_STATUS_ERROR;
  const MuService *service = NULL;
  const MuPlan *plan = NULL;
  if (!find_status(run, mu_line_text(line, value), &status, &service, &plan))
    return say(found, FALSE, "there is none");
  gboolean holds = g_ascii_strcasecmp(mu_status_to_string(status), mu_line_text(line, "STATUS")) == 0;
  if (found != NULL) {
    g_string_append(found, mu_status_to_string(status));
    append_steps(plan, found);
    append_waiting(service, found);
  }
  return holds;
}

gboolean mu_check_plan(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  return check_status(run, line, "S/PLAN", found);
}

gboolean mu_check_phase(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  return check_status(run, line, "S/PHASE", found);
}

gboolean mu_check_step(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  return check_status(run, line, "S/STEP", found);
}

/* ---- pods ------------------------------------------------------------------------------------------------------------ */

static gboolean pod_runs(const MuPod *pod) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    MuTaskState state = task->status == NULL ? MU_TASK_STAGING : task->status->state;
    if (state != MU_TASK_RUNNING && state != MU_TASK_FINISHED)
      return FALSE;
  }
  return pod->tasks->len > 0;
}

/* Every stage that refused an offer, with its example. The caller frees. */
static char *reasons(const MuPod *pod) {
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < MU_STAGE_COUNT; i++) {
    const MuStageResult *result = &pod->outcome->stages[i];
    if (result->refused == 0)
      continue;
    g_autofree char *text = mu_stage_result_to_string((MuStage)i, result);
    g_string_append_printf(out, "%s%s: %s", out->len == 0 ? "" : "; ", mu_stage_to_string((MuStage)i), text);
  }
  if (out->len == 0)
    g_string_append(out, "no offer yet");
  return g_string_free(out, FALSE);
}

static gboolean check_waiting(const MuPod *pod, const char *reason, GString *found) {
  if (pod == NULL || pod->outcome == NULL)
    return say(found, FALSE, pod == NULL ? "there is no such pod" : "it waits for no offer");
  g_autofree char *text = reasons(pod);
  return say(found, reason == NULL || strstr(text, reason) != NULL, text);
}

gboolean mu_check_pod(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuPod *pod = mu_find_pod(run, mu_line_text(line, "S/POD"));
  switch (mu_line_number(line, "running|waiting|absent", 0)) {
  case 0:
    return say(found, pod != NULL && pod_runs(pod), pod == NULL ? "there is no such pod" : "not all its tasks run");
  case 1: return check_waiting(pod, mu_line_text(line, "TEXT"), found);
  default:
    pod = pod == NULL || mu_pod_is_hole(pod) ? NULL : pod;
    return say(found, pod == NULL, pod == NULL ? "there is none" : "it is there");
  }
}

gboolean mu_check_pod_on(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuPod *pod = mu_find_pod(run, mu_line_text(line, "S/POD"));
  g_autofree char *id = mu_find_agent_id(mu_line_text(line, "AGENT"));
  const char *agent = pod == NULL || pod->record == NULL ? NULL : pod->record->agent_id;
  return say(found, g_strcmp0(agent, id) == 0, agent == NULL ? "it is on no agent" : agent);
}

gboolean mu_check_pod_role(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuPod *pod = mu_find_pod(run, mu_line_text(line, "S/POD"));
  const char *role = NULL, *wanted = mu_line_text(line, "ROLE");
  for (guint i = 0; pod != NULL && pod->record != NULL && i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    gboolean differs = role != NULL && strcmp(role, wanted) != 0; /* that one is told of */
    if (entry->state != MU_LEDGER_RELEASING && !differs)
      role = entry->resource->reservation.role;
  }
  return say(found, g_strcmp0(role, wanted) == 0, role == NULL ? "nothing is reserved for it" : role);
}

gboolean mu_check_roles(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuMultiServiceEventClient *client = mu_sim_client(run->sim);
  g_autoptr(GString) wanted = g_string_new(NULL), have = g_string_new(NULL);
  for (guint i = 0; i < line->args->len; i++) {
    const MuScenarioArg *arg = &g_array_index(line->args, MuScenarioArg, i);
    if (strcmp(arg->name, "ROLE") == 0)
      g_string_append_printf(wanted, "%s%s", wanted->len == 0 ? "" : " ", arg->text);
  }
  for (guint i = 0; client != NULL && i < client->roles->len; i++)
    g_string_append_printf(have, "%s%s", i == 0 ? "" : " ", (char *)client->roles->pdata[i]);
  return say(found, strcmp(wanted->str, have->str) == 0, have->str);
}

gboolean mu_check_spread(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  g_auto(MuPath) path = mu_path_split(run, mu_line_text(line, "S/TYPE"));
  const MuService *service = mu_find_service(run, path.service);
  g_autoptr(GHashTable) agents = g_hash_table_new(g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer value = NULL;
  if (service == NULL)
    return say(found, FALSE, "there is no such service");
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuPod *pod = value;
    if (strcmp(pod->type, path.parts[0]) == 0 && pod->record != NULL && pod->record->agent_id != NULL)
      g_hash_table_add(agents, pod->record->agent_id);
  }
  if (found != NULL)
    g_string_append_printf(found, "%u", g_hash_table_size(agents));
  return g_hash_table_size(agents) == (guint)mu_line_number(line, "N", 0);
}

/* ---- tasks ----------------------------------------------------------------------------------------------------------- */

static const char *task_word(const MuTask *task) {
  static const char *const WORDS[] = {[MU_TASK_STAGING] = "staging",
                                      [MU_TASK_STARTING] = "staging",
                                      [MU_TASK_RUNNING] = "running",
                                      [MU_TASK_KILLING] = "running",
                                      [MU_TASK_FINISHED] = "finished",
                                      [MU_TASK_FAILED] = "failed",
                                      [MU_TASK_KILLED] = "killed",
                                      [MU_TASK_ERROR] = "failed",
                                      [MU_TASK_LOST] = "lost",
                                      [MU_TASK_DROPPED] = "lost",
                                      [MU_TASK_UNREACHABLE] = "unreachable",
                                      [MU_TASK_GONE] = "gone",
                                      [MU_TASK_GONE_BY_OPERATOR] = "gone",
                                      [MU_TASK_UNKNOWN] = "lost"};
  if (task == NULL)
    return "absent";
  return task->status == NULL ? "staging" : WORDS[task->status->state];
}

gboolean mu_check_task(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuTask *task = mu_find_task(run, mu_line_text(line, "S/TASK"));
  const char *word = task_word(task);
  const char *wanted = mu_line_text(line, "running|ready|staging|finished|failed|killed|lost|gone|unreachable|absent|"
                                          "paused|pausing");
  if (strcmp(wanted, "paused") == 0 || strcmp(wanted, "pausing") == 0) {
    const char *state = task == NULL ? NULL : mu_task_pause_state(task);
    return say(found, state != NULL && g_ascii_strcasecmp(state, wanted) == 0, state == NULL ? word : state);
  }
  if (strcmp(wanted, "ready") == 0)
    return say(found, strcmp(word, "running") == 0 && task->status->has_ready && task->status->ready,
               strcmp(word, "running") == 0 ? "running, not ready" : word);
  return say(found, strcmp(word, wanted) == 0, word);
}

gboolean mu_check_variable(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuTask *task = mu_find_task(run, mu_line_text(line, "S/TASK"));
  const char *text = task == NULL || task->record->parameters == NULL ? "{}" : task->record->parameters;
  g_autoptr(json_t) parameters = json_loads(text, 0, NULL);
  g_auto(GStrv) pair = g_strsplit(mu_line_text(line, "KEY=VALUE"), "=", 2);
  const char *value = json_string_value(json_object_get(parameters, pair[0]));
  return say(found, strcmp(value == NULL ? "" : value, pair[1]) == 0, text);
}

/* No run, or nothing held, is neither the same nor another one. */
gboolean mu_check_same(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  gboolean pod = mu_line_has(line, "S/POD");
  const char *path = mu_line_text(line, pod ? "S/POD" : "S/TASK");
  const char *before = g_hash_table_lookup(run->remembered, path);
  g_autofree char *now = pod ? mu_find_footprint(run, path) : mu_find_run(run, path);
  if (before == NULL || now == NULL)
    return say(found, FALSE, before == NULL ? "nothing was remembered; put a `remember` line before" : "there is none");
  gboolean same = strcmp(before, now) == 0;
  return say(found, same == (mu_line_number(line, "same|other", 0) == 0), now);
}

/* ---- services and the whole ------------------------------------------------------------------------------------------ */

static const char *service_word(const MuService *service) {
  if (service == NULL)
    return "gone";
  if (service->record->state != MU_SERVICE_RUNNING)
    return "uninstalling";
  return service->failure != NULL ? "failed" : "running";
}

static void append_holdouts(const MuService *service, GString *out) {
  g_auto(GStrv) lines = mu_service_holdouts(service);
  g_autofree char *text = g_strjoinv("; ", lines);
  g_string_append(out, text);
}

gboolean mu_check_service(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuService *service = mu_find_service(run, mu_line_text(line, "NAME"));
  const char *word = service_word(service);
  say(found, FALSE, word);
  if (found != NULL && service != NULL && service->record->state != MU_SERVICE_RUNNING) {
    g_string_append(found, ": ");
    append_holdouts(service, found);
  }
  return strcmp(word, mu_line_text(line, "running|uninstalling|failed|gone")) == 0;
}

gboolean mu_check_rejected(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuService *service = mu_find_service(run, mu_line_text(line, "NAME"));
  const char *errors = service == NULL ? NULL : service->record->rejected;
  const char *rejected = errors == NULL ? "nothing was rejected" : errors;
  return say(found, strstr(rejected, mu_line_text(line, "TEXT")) != NULL, rejected);
}

gboolean mu_check_holdout(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  const MuService *service = mu_find_service(run, mu_line_text(line, "NAME"));
  g_autoptr(GString) text = g_string_new(NULL);
  if (service == NULL)
    return say(found, FALSE, "there is no such service");
  if (service->record->state != MU_SERVICE_RUNNING)
    append_holdouts(service, text);
  return say(found, strstr(text->str, mu_line_text(line, "TEXT")) != NULL, text->len == 0 ? "none" : text->str);
}

static guint count_services(MuScenarioRun *run) {
  MuMultiServiceEventClient *client = mu_sim_client(run->sim);
  return client == NULL ? 0 : mu_multi_service_manager_size(client->manager);
}

static gboolean is_count(guint n, const MuScenarioLine *line, GString *found) {
  if (found != NULL)
    g_string_append_printf(found, "%u", n);
  return n == (guint)mu_line_number(line, "N", 0);
}

gboolean mu_check_services(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  return is_count(count_services(run), line, found);
}

gboolean mu_check_running(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  return is_count(mu_sim_running(run->sim), line, found);
}

gboolean mu_check_nothing_left(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  guint services = count_services(run), records = mu_sim_records(run->sim);
  gboolean clean = mu_sim_is_clean(run->sim);
  (void)line;
  if (found != NULL)
    g_string_append_printf(found, "%u services, %u tasks alive, %u records in the store%s", services,
                           mu_sim_running(run->sim), records, clean ? "" : ", and the agents are not clean");
  return services == 0 && clean && records <= 1;
}

gboolean mu_check_torn_down(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  (void)line;
  if (found != NULL)
    g_string_append_printf(found, "%u services, %u records in the store", count_services(run),
                           mu_sim_records(run->sim));
  return mu_sim_is_torn_down(run->sim);
}

gboolean mu_check_health(MuScenarioRun *run, const MuScenarioLine *line, GString *found) {
  guint code = 0;
  MuMultiServiceEventClient *client = mu_sim_client(run->sim);
  if (client == NULL)
    return say(found, FALSE, "the scheduler does not run yet");
  g_autoptr(json_t) health = mu_view_health(client, NULL, &code, NULL);
  const char *word = json_string_value(json_object_get(health, "status"));
  return say(found, g_ascii_strcasecmp(word, mu_line_text(line, "WORD")) == 0, word);
}

gboolean mu_do_expect_none(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  guint commits = mu_sim_commits(run->sim);
  guint events = mu_sim_events_after_settling(run->sim, mu_line_number(line, "T", 0));
  gboolean of_events = mu_line_number(line, "commits|events", 0) == 1;
  guint n = of_events ? events : mu_sim_commits(run->sim) - commits;
  if (n == 0)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "does not hold; found: %u", n);
  return FALSE;
}

gboolean mu_do_check(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error; /* what is wrong is a rule that is broken */
  gint64 what = mu_line_number(line, "targets|leftovers|everything", 0);
  if (what == 0)
    mu_sim_reach_targets(run->sim, "every service is to reach its target");
  else if (what == 1)
    mu_sim_check_nothing_left(run->sim);
  else
    mu_sim_check_everything(run->sim);
  return TRUE;
}
