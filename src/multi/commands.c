/* Commands: what people and programs ask for. Each changes the state in memory and leaves its answer among the replies,
 * which are given once everything of this drain is durable. */
#include "dependencies.h"

#include "json.h"
#include "preview.h"
#include "roles.h"
#include "spec_engine.h"
#include "stored.h"
#include <muster/error.h>

/* What a handler made of the command: `body` (a new reference) or FALSE with an error. */
typedef gboolean (*Handler)(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error);

/* ---- services ------------------------------------------------------------------------------------------------------ */

static gboolean refuse_version(const MuService *service, const char *name, gint64 wanted, GError **error) {
  if (service == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "service %s does not exist, so it is not at version %" G_GINT64_FORMAT, name, wanted);
  else if (wanted == MU_VERSION_ABSENT)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "service %s exists already; change it with: muster service update %s -f FILE", name, name);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "service %s is at version %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT
                ": somebody changed it; look at it again and repeat",
                name, service->record->version, wanted);
  return FALSE;
}

static gboolean version_fits(const MuService *service, gint64 wanted) {
  if (wanted == MU_VERSION_ANY)
    return TRUE;
  return service == NULL ? wanted == MU_VERSION_ABSENT : wanted == service->record->version;
}

static gboolean same_context(MuMultiServiceEventClient *client, const char *name, GBytes *context) {
  GBytes *known = g_hash_table_lookup(client->store->contexts, name);
  return known != NULL && g_bytes_equal(known, context);
}

static json_t *put_reply(const MuService *service, const char *result) {
  json_t *body = json_object();
  mu_json_set_string(body, "service", service->name);
  mu_json_set_int(body, "version", service->record->version);
  mu_json_set_string(body, "target", service->record->target);
  mu_json_set_string(body, "result", result);
  return body;
}

/* A service that cannot be read is left alone. */
static gboolean check_sound(const MuService *service, GError **error) {
  if (service->unreadable == NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "service %s: %s", service->name, service->failure);
  return FALSE;
}

static MuService *require_sound(MuMultiServiceEventClient *client, const char *name, GError **error) {
  MuService *service = mu_manager_require(client->manager, name, error);
  return service != NULL && check_sound(service, error) ? service : NULL;
}

/* The conditions under which a context may be taken for the name at all. */
static gboolean check_put(MuMultiServiceEventClient *client, const MuCommand *command, const MuService *service,
                          GError **error) {
  if (!mu_service_name_check(command->service, error))
    return FALSE;
  if (!mu_modes_check_put(client, command->service, error))
    return FALSE;
  if (client->uninstalling) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "the whole scheduler is being uninstalled; start a new one first");
    return FALSE;
  }
  if (g_bytes_get_size(command->context) > MU_CONTEXT_MAX_BYTES) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
                "the service's definition has %" G_GSIZE_FORMAT " bytes; the limit is %u (MU_CONTEXT_MAX_BYTES)",
                g_bytes_get_size(command->context), MU_CONTEXT_MAX_BYTES);
    return FALSE;
  }
  if (service != NULL && !check_sound(service, error))
    return FALSE;
  if (service != NULL && service->record->state != MU_SERVICE_RUNNING) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "service %s is being uninstalled; add it again when it is gone (muster service remove %s --wait)",
                service->name, service->name);
    return FALSE;
  }
  g_autofree char *sanitized = mu_name_sanitize(command->service);
  const MuService *other = mu_manager_find_sanitized(client->manager, sanitized);
  if (other != NULL && service == NULL) {
    g_set_error(
        error, MU_ERROR, MU_ERROR_CONFLICT,
        "the name \"%s\" collides with service \"%s\": both are %s in task ids; choose another name, or change that "
        "one with: muster service update %s -f FILE",
        command->service, other->name, sanitized, other->name);
    return FALSE;
  }
  return TRUE;
}

/* What the factory built is the service that was asked for, and the engine can run it; `warnings` (of char *) tells what it
 * leaves out. */
static gboolean check_built(MuMultiServiceEventClient *client, const MuServiceSpec *spec, const char *name,
                            GPtrArray *warnings, GError **error) {
  if (g_strcmp0(spec->name, name) != 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the factory built a service named \"%s\", not \"%s\"", spec->name,
                name);
    return FALSE;
  }
  const MuClientSettings *settings = &client->settings;
  return (settings->engine == NULL || mu_spec_check_engine(spec, settings->engine, warnings, error)) &&
         mu_spec_check_lacks(spec, settings->lacks, error) && mu_roles_check_spec(client, spec, error) &&
         mu_depend_check_cycle(client, name, spec, error);
}

static guint64 count_instances(const MuServiceSpec *spec) {
  guint64 n = 0;
  for (guint i = 0; spec != NULL && i < spec->n_pods; i++)
    n += (guint64)spec->pods[i].count;
  return n;
}

/* Updates that come faster than they are rolled out each leave a configuration. */
static gboolean check_bytes(MuMultiServiceEventClient *client, const MuCommand *command,
                            const MuServiceScheduler *scheduler, GError **error) {
  const MuService *service = g_hash_table_lookup(client->manager->by_name, command->service);
  gsize limit = client->effects.max_stored_bytes;
  gsize bytes = mu_service_bytes_with(service, scheduler, g_bytes_get_size(command->context));
  gboolean shrinks = service != NULL && count_instances(mu_service_scheduler_spec(scheduler)) <
                                            count_instances(mu_service_target(service));
  if (bytes <= limit || shrinks)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
              "service %s would store %" G_GSIZE_FORMAT
              " bytes, of its configuration, those that its tasks still run with, and its tasks; "
              "the limit is %" G_GSIZE_FORMAT
              ": let a rollout under way come to its end first (muster plan show %s deploy), ask for "
              "fewer pods, or start the scheduler with a larger --max-stored",
              command->service, bytes, limit, command->service);
  return FALSE;
}

static MuServiceScheduler *build(MuMultiServiceEventClient *client, const MuCommand *command, GPtrArray *warnings,
                                 GError **error) {
  MuServiceScheduler *scheduler = mu_service_store_build(client->store, command->service, command->context, error);
  if (scheduler == NULL ||
      (check_built(client, mu_service_scheduler_spec(scheduler), command->service, warnings, error) &&
       check_bytes(client, command, scheduler, error)))
    return scheduler;
  mu_service_scheduler_free(scheduler);
  return NULL;
}

/* A member only when there are any. */
static void add_warnings(json_t *body, const GPtrArray *warnings) {
  json_t *list = warnings->len == 0 ? NULL : json_array();
  for (guint i = 0; i < warnings->len; i++)
    json_array_append_new(list, mu_json_string(warnings->pdata[i]));
  if (list != NULL)
    mu_json_set_new(body, "warnings", list);
}

static void keep_context(MuMultiServiceEventClient *client, MuService *service, GBytes *context) {
  gsize size = 0;
  const char *data = g_bytes_get_data(context, &size);
  g_hash_table_insert(client->store->contexts, g_strdup(service->name), g_bytes_ref(context));
  mu_stored_put(service, MU_RECORD_CONTEXT, "", data, size, &service->context_bytes, &client->effects);
}

static void note_history(MuMultiServiceEventClient *client, MuService *service) {
  mu_service_note_history(service, g_hash_table_lookup(client->store->contexts, service->name), &client->effects);
}

/* A new service, if the scheduler's configuration may be a first one; consumes the scheduler when not. */
static MuService *add_service(MuMultiServiceEventClient *client, const char *name, MuServiceScheduler *scheduler,
                              GError **error) {
  MuService *service = mu_service_new(name);
  if (mu_service_check_change(service, scheduler, error)) {
    mu_manager_add(client->manager, service);
    return service;
  }
  mu_service_free(service);
  mu_service_scheduler_free(scheduler);
  return NULL;
}

static gboolean is_retry(MuMultiServiceEventClient *client, const MuCommand *command, const MuService *service) {
  return service != NULL && service->failure == NULL && same_context(client, command->service, command->context);
}

static gboolean put_service(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  MuService *service = g_hash_table_lookup(client->manager->by_name, command->service);
  if (!check_put(client, command, service, error))
    return FALSE;
  if (is_retry(client, command, service)) {
    *ret_body = put_reply(service, "unchanged"); /* a retry of one that was taken */
    return TRUE;
  }
  if (!version_fits(service, command->if_version))
    return refuse_version(service, command->service, command->if_version, error);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  MuServiceScheduler *scheduler = build(client, command, warnings, error);
  if (scheduler == NULL)
    return FALSE;
  gboolean created = service == NULL;
  if (!created)
    note_history(client, service); /* of before, when it is not there yet */
  if (created && (service = add_service(client, command->service, scheduler, error)) == NULL)
    return FALSE;
  if (!mu_service_configure(service, scheduler, service->record->version + 1, &client->effects, error))
    return FALSE;
  keep_context(client, service, command->context);
  mu_depend_note(client, service);
  mu_roles_note_spec(client, mu_service_target(service));
  note_history(client, service);
  mu_client_mark_dirty(client, service);
  mu_client_announce_service(client, service, created ? "ADDED" : "CHANGED");
  *ret_body = put_reply(service, created ? "created" : "changed");
  add_warnings(*ret_body, warnings);
  return TRUE;
}

static gboolean rollback(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  MuService *service = require_sound(client, command->service, error);
  const MuHistoryEntry *entry = service == NULL ? NULL : mu_service_find_history(service, command->config, error);
  if (entry == NULL)
    return FALSE;
  command->context = g_bytes_ref(entry->context);
  return put_service(client, command, ret_body, error);
}

/* Goes the way of put_service, with a copy of the service. */
static gboolean preview_service(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body,
                                GError **error) {
  const MuService *service = g_hash_table_lookup(client->manager->by_name, command->service);
  if (!check_put(client, command, service, error))
    return FALSE;
  gboolean retry = is_retry(client, command, service);
  if (!retry && !version_fits(service, command->if_version))
    return refuse_version(service, command->service, command->if_version, error);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  MuServiceScheduler *scheduler = build(client, command, warnings, error);
  if (scheduler == NULL)
    return FALSE;
  MuService *fresh = service == NULL ? mu_service_new(command->service) : NULL;
  json_t *body = mu_service_preview(service == NULL ? fresh : service, scheduler, &client->effects, error);
  mu_service_free(fresh);
  if (body == NULL)
    return FALSE;
  mu_json_set_string(body, "service", command->service);
  mu_json_set_int(body, "version", service == NULL ? 0 : service->record->version);
  mu_json_set_string(body, "result", retry ? "unchanged" : service == NULL ? "would-create" : "would-change");
  add_warnings(body, warnings);
  *ret_body = body;
  return TRUE;
}

static json_t *state_reply(const MuService *service) {
  json_t *body = json_object();
  mu_json_set_string(body, "service", service->name);
  mu_json_set_string(body, "state", mu_service_state_to_string(service->record->state));
  return body;
}

static gboolean check_version(const MuService *service, gint64 wanted, GError **error) {
  return version_fits(service, wanted) || refuse_version(service, service->name, wanted, error);
}

static gboolean remove_service(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body,
                               GError **error) {
  MuService *service = require_sound(client, command->service, error);
  if (service == NULL || !check_version(service, command->if_version, error) ||
      !mu_modes_check_remove(client, service, error) || !mu_depend_check_remove(client, service, error))
    return FALSE;
  mu_modes_end_service(client, service);
  *ret_body = state_reply(service);
  return TRUE;
}

/* Force first overcomes what others need, and what code has to do; only then, asked again, what the uninstall waits for. */
static gboolean force_remove(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  MuService *service = mu_manager_require(client->manager, command->service, error);
  if (service == NULL || !check_version(service, command->if_version, error) ||
      !mu_modes_check_remove(client, service, error))
    return FALSE;
  if (service->unreadable != NULL) {
    mu_service_give_up(service, &client->effects);
    mu_client_announce_service(client, service, "UNINSTALLING");
    client->next_reconcile_ms = client->effects.now_ms; /* what it leaves is nobody's: it is found, and ended */
  } else {
    gboolean needed = !mu_depend_check_remove(client, service, NULL);
    mu_modes_end_service(client, service);
    if (!needed && mu_service_code_holds(service))
      mu_service_pass_code(service, &client->effects);
    else if (!needed)
      mu_service_force_gone(service, &client->effects);
  }
  mu_client_mark_dirty(client, service);
  *ret_body = state_reply(service);
  return TRUE;
}

static gboolean uninstall(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  guint n = mu_multi_service_manager_size(client->manager);
  (void)command;
  (void)error;
  mu_client_begin_uninstall_all(client);
  *ret_body = json_pack("{s:s, s:i}", "state", "UNINSTALLING", "services", (int)n);
  return TRUE;
}

/* ---- pods and plans ------------------------------------------------------------------------------------------------ */

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* By name, as those of the reference: in the store they have no order. */
static json_t *pod_reply(const MuCommand *command, GPtrArray *tasks) {
  json_t *body = json_object(), *names = json_array();
  g_ptr_array_sort(tasks, compare_names);
  for (guint i = 0; i < tasks->len; i++)
    json_array_append_new(names, json_string(tasks->pdata[i]));
  mu_json_set_string(body, "pod", command->pod);
  mu_json_set_new(body, "tasks", names);
  return body;
}

static gboolean pod_restart(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  MuService *service = require_sound(client, command->service, error);
  g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
  if (service == NULL || !mu_service_pod_restart(service, command->pod, command->kind == MU_COMMAND_POD_REPLACE, tasks,
                                                 &client->effects, error))
    return FALSE;
  *ret_body = pod_reply(command, tasks);
  mu_client_mark_dirty(client, service);
  return TRUE;
}

static gboolean pod_pause(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  MuService *service = require_sound(client, command->service, error);
  g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
  if (service == NULL || !mu_service_pod_pause(service, command->pod, (const char *const *)command->tasks,
                                               command->kind == MU_COMMAND_POD_PAUSE, tasks, &client->effects, error))
    return FALSE;
  *ret_body = pod_reply(command, tasks);
  mu_client_mark_dirty(client, service);
  return TRUE;
}

static gboolean pod_decommission(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body,
                                 GError **error) {
  MuService *service = require_sound(client, command->service, error);
  g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
  gboolean back = command->kind == MU_COMMAND_POD_RECOMMISSION;
  if (service == NULL || !(back ? mu_service_pod_recommission
                                : mu_service_pod_decommission)(service, command->pod, tasks, &client->effects, error))
    return FALSE;
  *ret_body = pod_reply(command, tasks);
  mu_client_mark_dirty(client, service);
  return TRUE;
}

static gboolean rolling_restart(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body,
                                GError **error) {
  MuService *service = require_sound(client, command->service, error);
  gboolean begun = FALSE;
  if (service == NULL || !mu_service_rolling_restart(service, command->strategy, &begun, &client->effects, error))
    return FALSE;
  mu_client_mark_dirty(client, service);
  *ret_body = json_object();
  mu_json_set_string(*ret_body, "service", service->name);
  mu_json_set_string(*ret_body, "plan", MU_ROLLING_PLAN);
  mu_json_set_string(*ret_body, "strategy", service->record->restart_strategy);
  mu_json_set_string(*ret_body, "result", begun ? "begun" : "already");
  return TRUE;
}

static MuPlanOp plan_op_of(MuCommandKind kind) {
  switch (kind) {
  case MU_COMMAND_PLAN_START: return MU_PLAN_OP_START;
  case MU_COMMAND_PLAN_STOP: return MU_PLAN_OP_STOP;
  case MU_COMMAND_PLAN_INTERRUPT: return MU_PLAN_OP_INTERRUPT;
  case MU_COMMAND_PLAN_CONTINUE: return MU_PLAN_OP_CONTINUE;
  case MU_COMMAND_PLAN_FORCE_COMPLETE: return MU_PLAN_OP_FORCE_COMPLETE;
  default: return MU_PLAN_OP_RESTART;
  }
}

/* PlansQueries of dcos-commons: which element was meant, for those operations that may mean a step. */
static char *plan_message(const MuPlanRequest *request) {
  const char *word = mu_plan_op_to_string(request->op);
  if (request->op == MU_PLAN_OP_FORCE_COMPLETE || request->op == MU_PLAN_OP_RESTART)
    return g_strdup_printf("Received cmd: %s for Plan: %s, Phase: %s, Step: %s", word, request->plan,
                           request->phase == NULL ? "null" : request->phase,
                           request->step == NULL ? "null" : request->step);
  if (request->op != MU_PLAN_OP_START)
    return g_strdup_printf("Received cmd: %s", word);
  g_autofree char *parameters = request->parameters == NULL ? g_strdup("{}") : mu_json_to_string(request->parameters);
  return g_strdup_printf("Received cmd: start %s with parameters: %s", request->plan, parameters);
}

static gboolean plan_op(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  MuService *service = require_sound(client, command->service, error);
  const MuPlanRequest request = {.op = plan_op_of(command->kind),
                                 .plan = command->plan,
                                 .phase = command->phase,
                                 .step = command->step,
                                 .parameters = command->parameters};
  gboolean already = FALSE;
  if (service == NULL || !mu_service_plan_op(service, &request, &already, &client->effects, error))
    return FALSE;
  mu_client_mark_dirty(client, service);
  g_autofree char *message =
      already ? g_strdup("Command has already been reported or completed") : plan_message(&request);
  *ret_body = json_object();
  mu_json_set_string(*ret_body, "message", message);
  if (already)
    mu_json_set_string(*ret_body, "result", "already");
  return TRUE;
}

static gboolean put_file(MuMultiServiceEventClient *client, MuCommand *command, json_t **ret_body, GError **error) {
  MuService *service = require_sound(client, command->service, error);
  if (service == NULL || !mu_service_put_file(service, command->file, command->context, &client->effects, error))
    return FALSE;
  *ret_body = json_object();
  mu_json_set_string(*ret_body, "service", service->name);
  mu_json_set_string(*ret_body, "file", command->file);
  mu_json_set_int(*ret_body, "size", (gint64)g_bytes_get_size(command->context));
  return TRUE;
}

static const Handler HANDLERS[] = {
    [MU_COMMAND_SERVICE_PUT] = put_service,
    [MU_COMMAND_SERVICE_PREVIEW] = preview_service,
    [MU_COMMAND_SERVICE_ROLLBACK] = rollback,
    [MU_COMMAND_SERVICE_REMOVE] = remove_service,
    [MU_COMMAND_SERVICE_FORCE_REMOVE] = force_remove,
    [MU_COMMAND_UNINSTALL] = uninstall,
    [MU_COMMAND_POD_RESTART] = pod_restart,
    [MU_COMMAND_POD_REPLACE] = pod_restart,
    [MU_COMMAND_POD_PAUSE] = pod_pause,
    [MU_COMMAND_POD_RESUME] = pod_pause,
    [MU_COMMAND_POD_DECOMMISSION] = pod_decommission,
    [MU_COMMAND_POD_RECOMMISSION] = pod_decommission,
    [MU_COMMAND_SERVICE_RESTART] = rolling_restart,
    [MU_COMMAND_PLAN_START] = plan_op,
    [MU_COMMAND_PLAN_STOP] = plan_op,
    [MU_COMMAND_PLAN_INTERRUPT] = plan_op,
    [MU_COMMAND_PLAN_CONTINUE] = plan_op,
    [MU_COMMAND_PLAN_FORCE_COMPLETE] = plan_op,
    [MU_COMMAND_PLAN_RESTART] = plan_op,
    [MU_COMMAND_FILE_PUT] = put_file,
};

void mu_client_command(MuMultiServiceEventClient *client, MuCommand *command, gint64 now_ms) {
  MuPendingReply *reply = g_new0(MuPendingReply, 1);
  client->effects.now_ms = now_ms;
  client->counters.commands++;
  HANDLERS[command->kind](client, command, &reply->body, &reply->error);
  reply->reply = command->reply;
  reply->user = command->user;
  g_ptr_array_add(client->replies, reply);
  mu_command_free(command);
}
