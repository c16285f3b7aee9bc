#include "mesos_calls.h"

#include "bug.h"
#include "mesos_events.h"
#include "mesos_resource.h"
#include "mesos_wire.h"
#include <muster/error.h>

#include <string.h>

#define MS_PER_S 1000.0
#define NS_PER_MS 1000000
#define DEFAULT_REFUSE_S 5 /* of Filters in mesos.proto */

/* ---- the framework --------------------------------------------------------------------------------------------------- */

/* What muster can do with offers and statuses (app-framework-development-guide.md, "Framework Capabilities"). GPUs only when
 * asked for: a framework that has the capability is offered the agents with GPUs, which others are not. */
static void write_capabilities(MuArena *arena, const MuMesosFramework *framework, Mesos__FrameworkInfo *info) {
  const struct {
    Mesos__FrameworkInfo__Capability__Type type;
    gboolean wanted;
  } rows[] = {
      {MESOS__FRAMEWORK_INFO__CAPABILITY__TYPE__RESERVATION_REFINEMENT, TRUE},
      {MESOS__FRAMEWORK_INFO__CAPABILITY__TYPE__MULTI_ROLE, TRUE},
      {MESOS__FRAMEWORK_INFO__CAPABILITY__TYPE__PARTITION_AWARE, TRUE},
      {MESOS__FRAMEWORK_INFO__CAPABILITY__TYPE__TASK_KILLING_STATE, TRUE},
      {MESOS__FRAMEWORK_INFO__CAPABILITY__TYPE__REGION_AWARE, framework->region_aware},
      {MESOS__FRAMEWORK_INFO__CAPABILITY__TYPE__GPU_RESOURCES, framework->gpus},
  };
  info->capabilities = mu_wire_array(arena, Mesos__FrameworkInfo__Capability, G_N_ELEMENTS(rows));
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    if (!rows[i].wanted)
      continue;
    Mesos__FrameworkInfo__Capability *capability = mu_wire_new(arena, &mesos__framework_info__capability__descriptor);
    capability->has_type = TRUE;
    capability->type = rows[i].type;
    info->capabilities[info->n_capabilities++] = capability;
  }
}

static Mesos__FrameworkID *write_framework_id(MuArena *arena, const char *id) {
  Mesos__FrameworkID *message = mu_wire_new(arena, &mesos__framework_id__descriptor);
  message->value = (char *)id;
  return message;
}

static Mesos__FrameworkInfo *write_framework(MuArena *arena, const MuMesosFramework *framework) {
  Mesos__FrameworkInfo *info = mu_wire_new(arena, &mesos__framework_info__descriptor);
  info->user = (char *)framework->user;
  info->name = (char *)framework->name;
  if (framework->id != NULL)
    info->id = write_framework_id(arena, framework->id);
  info->has_failover_timeout = TRUE;
  info->failover_timeout = (double)framework->failover_timeout_s;
  info->has_checkpoint = TRUE;
  info->checkpoint = framework->checkpoint;
  info->roles = (char **)framework->roles;
  info->n_roles = g_strv_length((char **)framework->roles);
  info->hostname = (char *)framework->hostname;
  info->principal = (char *)framework->principal;
  info->webui_url = (char *)framework->webui_url;
  write_capabilities(arena, framework, info);
  return info;
}

static Mesos__Call *new_call(MuArena *arena, Mesos__Call__Type type, const char *framework_id) {
  Mesos__Call *call = mu_wire_new(arena, &mesos__call__descriptor);
  call->has_type = TRUE;
  call->type = type;
  if (framework_id != NULL)
    call->framework_id = write_framework_id(arena, framework_id);
  return call;
}

Mesos__Call *mu_mesos_subscribe_write(MuArena *arena, const MuMesosFramework *framework) {
  Mesos__Call *call = new_call(arena, MESOS__CALL__TYPE__SUBSCRIBE, framework->id);
  call->subscribe = mu_wire_new(arena, &mesos__call__subscribe__descriptor);
  call->subscribe->framework_info = write_framework(arena, framework);
  return call;
}

Mesos__Call *mu_mesos_update_framework_write(MuArena *arena, const MuMesosFramework *framework) {
  Mesos__Call *call = new_call(arena, MESOS__CALL__TYPE__UPDATE_FRAMEWORK, framework->id);
  call->update_framework = mu_wire_new(arena, &mesos__call__update_framework__descriptor);
  call->update_framework->framework_info = write_framework(arena, framework);
  return call;
}

/* ---- writing: accept ------------------------------------------------------------------------------------------------- */

static Mesos__OfferID **write_offer_ids(MuArena *arena, const MuItems *ids, gsize *ret_n) {
  Mesos__OfferID **messages = mu_wire_array(arena, Mesos__OfferID, ids->len);
  for (guint i = 0; i < ids->len; i++) {
    messages[i] = mu_wire_new(arena, &mesos__offer_id__descriptor);
    messages[i]->value = ids->pdata[i];
  }
  *ret_n = ids->len;
  return messages;
}

static Mesos__Filters *write_filters(MuArena *arena, gint64 refuse_ms) {
  Mesos__Filters *filters = mu_wire_new(arena, &mesos__filters__descriptor);
  filters->has_refuse_seconds = TRUE;
  filters->refuse_seconds = (double)refuse_ms / MS_PER_S;
  return filters;
}

static void write_reserve(MuArena *arena, const MuOperation *operation, Mesos__Offer__Operation *message) {
  message->reserve = mu_wire_new(arena, &mesos__offer__operation__reserve__descriptor);
  message->reserve->resources = mu_mesos_resources_write(arena, operation->resources, &message->reserve->n_resources);
}

static void write_unreserve(MuArena *arena, const MuOperation *operation, Mesos__Offer__Operation *message) {
  message->unreserve = mu_wire_new(arena, &mesos__offer__operation__unreserve__descriptor);
  message->unreserve->resources =
      mu_mesos_resources_write(arena, operation->resources, &message->unreserve->n_resources);
}

static void write_create(MuArena *arena, const MuOperation *operation, Mesos__Offer__Operation *message) {
  message->create = mu_wire_new(arena, &mesos__offer__operation__create__descriptor);
  message->create->volumes = mu_mesos_resources_write(arena, operation->resources, &message->create->n_volumes);
}

static void write_destroy(MuArena *arena, const MuOperation *operation, Mesos__Offer__Operation *message) {
  message->destroy = mu_wire_new(arena, &mesos__offer__operation__destroy__descriptor);
  message->destroy->volumes = mu_mesos_resources_write(arena, operation->resources, &message->destroy->n_volumes);
}

static Mesos__Offer__Operation *new_operation(MuArena *arena, MuOperationKind kind) {
  static const Mesos__Offer__Operation__Type TYPES[] = {
      [MU_OP_RESERVE] = MESOS__OFFER__OPERATION__TYPE__RESERVE,
      [MU_OP_UNRESERVE] = MESOS__OFFER__OPERATION__TYPE__UNRESERVE,
      [MU_OP_CREATE] = MESOS__OFFER__OPERATION__TYPE__CREATE,
      [MU_OP_DESTROY] = MESOS__OFFER__OPERATION__TYPE__DESTROY,
      [MU_OP_LAUNCH_GROUP] = MESOS__OFFER__OPERATION__TYPE__LAUNCH_GROUP,
  };
  Mesos__Offer__Operation *message = mu_wire_new(arena, &mesos__offer__operation__descriptor);
  message->has_type = TRUE;
  message->type = TYPES[kind];
  return message;
}

/* The default executor kills all tasks of a group when one of them fails or is killed ("default restart policy" in
 * src/launcher/default_executor.cpp of Mesos); which tasks go together is for the core to say. So each is a group of its own;
 * they share the executor. */
static void write_launches(MuArena *arena, const MuOperation *operation, const MuMesosLaunchPlace *place,
                           Mesos__Call__Accept *accept) {
  for (guint i = 0; i < operation->launch->tasks->len; i++) {
    Mesos__Offer__Operation *message = new_operation(arena, operation->kind);
    message->launch_group = mu_mesos_launch_write(arena, operation->launch, i, place);
    accept->operations[accept->n_operations++] = message;
  }
}

static void write_operation(MuArena *arena, const MuOperation *operation, const MuMesosLaunchPlace *place,
                            Mesos__Call__Accept *accept) {
  if (operation->kind == MU_OP_LAUNCH_GROUP) {
    write_launches(arena, operation, place, accept);
    return;
  }
  Mesos__Offer__Operation *message = new_operation(arena, operation->kind);
  accept->operations[accept->n_operations++] = message;
  switch (operation->kind) {
  case MU_OP_RESERVE: write_reserve(arena, operation, message); break;
  case MU_OP_UNRESERVE: write_unreserve(arena, operation, message); break;
  case MU_OP_CREATE: write_create(arena, operation, message); break;
  case MU_OP_DESTROY: write_destroy(arena, operation, message); break;
  case MU_OP_LAUNCH_GROUP: break;
  }
}

static gsize count_operations(const MuItems *operations) {
  gsize n = 0;
  for (guint i = 0; i < operations->len; i++) {
    const MuOperation *operation = operations->pdata[i];
    n += operation->kind == MU_OP_LAUNCH_GROUP ? operation->launch->tasks->len : 1;
  }
  return n;
}

static void write_accept(MuArena *arena, const MuEngineCall *call, const MuMesosLaunchPlace *place,
                         Mesos__Call *message) {
  Mesos__Call__Accept *accept = mu_wire_new(arena, &mesos__call__accept__descriptor);
  accept->offer_ids = write_offer_ids(arena, call->offer_ids, &accept->n_offer_ids);
  accept->operations = mu_wire_array(arena, Mesos__Offer__Operation, count_operations(call->operations));
  for (guint i = 0; i < call->operations->len; i++)
    write_operation(arena, call->operations->pdata[i], place, accept);
  accept->filters = write_filters(arena, call->refuse_ms);
  message->accept = accept;
}

/* ---- writing: the others --------------------------------------------------------------------------------------------- */

static void write_decline(MuArena *arena, const MuEngineCall *call, Mesos__Call *message) {
  message->decline = mu_wire_new(arena, &mesos__call__decline__descriptor);
  message->decline->offer_ids = write_offer_ids(arena, call->offer_ids, &message->decline->n_offer_ids);
  message->decline->filters = write_filters(arena, call->refuse_ms);
}

static Mesos__TaskID *write_task_id(MuArena *arena, const char *id) {
  Mesos__TaskID *message = mu_wire_new(arena, &mesos__task_id__descriptor);
  message->value = (char *)id;
  return message;
}

static Mesos__AgentID *write_agent_id(MuArena *arena, const char *id) {
  if (id == NULL)
    return NULL;
  Mesos__AgentID *message = mu_wire_new(arena, &mesos__agent_id__descriptor);
  message->value = (char *)id;
  return message;
}

static void write_kill(MuArena *arena, const MuEngineCall *call, Mesos__Call *message) {
  message->kill = mu_wire_new(arena, &mesos__call__kill__descriptor);
  message->kill->task_id = write_task_id(arena, call->task_id);
  message->kill->agent_id = write_agent_id(arena, call->agent_id);
  if (call->grace_ms < 0)
    return;
  message->kill->kill_policy = mu_wire_new(arena, &mesos__kill_policy__descriptor);
  message->kill->kill_policy->grace_period = mu_wire_new(arena, &mesos__duration_info__descriptor);
  message->kill->kill_policy->grace_period->nanoseconds = call->grace_ms * NS_PER_MS;
}

static void write_acknowledge(MuArena *arena, const MuEngineCall *call, Mesos__Call *message) {
  message->acknowledge = mu_wire_new(arena, &mesos__call__acknowledge__descriptor);
  message->acknowledge->task_id = write_task_id(arena, call->task_id);
  message->acknowledge->agent_id = write_agent_id(arena, call->agent_id);
  mu_mesos_uuid_write(arena, call->uuid, &message->acknowledge->uuid);
}

static void write_reconcile(MuArena *arena, const MuEngineCall *call, Mesos__Call *message) {
  Mesos__Call__Reconcile *reconcile = mu_wire_new(arena, &mesos__call__reconcile__descriptor);
  reconcile->tasks = mu_wire_array(arena, Mesos__Call__Reconcile__Task, call->tasks->len);
  for (guint i = 0; i < call->tasks->len; i++) {
    const MuEnvVar *pair = call->tasks->pdata[i];
    Mesos__Call__Reconcile__Task *task = mu_wire_new(arena, &mesos__call__reconcile__task__descriptor);
    task->task_id = write_task_id(arena, pair->name);
    task->agent_id = write_agent_id(arena, pair->value);
    reconcile->tasks[reconcile->n_tasks++] = task;
  }
  message->reconcile = reconcile;
}

/* The kinds there and here. */
static const Mesos__Call__Type call_types[] = {
    [MU_CALL_ACCEPT] = MESOS__CALL__TYPE__ACCEPT,
    [MU_CALL_DECLINE] = MESOS__CALL__TYPE__DECLINE,
    [MU_CALL_REVIVE] = MESOS__CALL__TYPE__REVIVE,
    [MU_CALL_SUPPRESS] = MESOS__CALL__TYPE__SUPPRESS,
    [MU_CALL_KILL] = MESOS__CALL__TYPE__KILL,
    [MU_CALL_ACKNOWLEDGE] = MESOS__CALL__TYPE__ACKNOWLEDGE,
    [MU_CALL_RECONCILE] = MESOS__CALL__TYPE__RECONCILE,
    [MU_CALL_TEARDOWN] = MESOS__CALL__TYPE__TEARDOWN,
    [MU_CALL_ROLES] = MESOS__CALL__TYPE__UPDATE_FRAMEWORK,
};

Mesos__Call *mu_mesos_call_write(MuArena *arena, const MuEngineCall *call, const MuMesosLaunchPlace *place) {
  Mesos__Call *message = new_call(arena, call_types[call->kind], place->framework_id);
  switch (call->kind) {
  case MU_CALL_ACCEPT: write_accept(arena, call, place, message); break;
  case MU_CALL_DECLINE: write_decline(arena, call, message); break;
  case MU_CALL_KILL: write_kill(arena, call, message); break;
  case MU_CALL_ACKNOWLEDGE: write_acknowledge(arena, call, message); break;
  case MU_CALL_RECONCILE: write_reconcile(arena, call, message); break;
  case MU_CALL_REVIVE:
  case MU_CALL_SUPPRESS:
  case MU_CALL_TEARDOWN: break;
  case MU_CALL_ROLES: mu_bug("who the framework is tells mu_mesos_update_framework_write");
  }
  return message;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static gboolean lacks(const char *what, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "Failed to validate scheduler::Call: Expecting '%s' to be present",
              what);
  return FALSE;
}

static void read_ids(Mesos__OfferID *const *ids, gsize n, MuEngineCall *call) {
  for (gsize i = 0; i < n; i++)
    mu_items_add(call->offer_ids, g_strdup(ids[i]->value));
}

static void read_filters(const Mesos__Filters *filters, MuEngineCall *call) {
  gboolean given = filters != NULL && filters->has_refuse_seconds;
  call->refuse_ms = mu_wire_ms(given ? filters->refuse_seconds : DEFAULT_REFUSE_S);
}

static MuOperation *read_resources(MuOperationKind kind, Mesos__Resource *const *resources, gsize n) {
  return mu_operation_new(kind, mu_mesos_resources_read(resources, n), NULL);
}

static MuOperation *read_launch(const Mesos__Offer__Operation__LaunchGroup *group, GError **error) {
  MuPodLaunch *launch = mu_mesos_launch_read(group, error);
  return launch == NULL ? NULL : mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, launch);
}

static MuOperation *read_operation(const Mesos__Offer__Operation *message, GError **error) {
  if (message->type == MESOS__OFFER__OPERATION__TYPE__RESERVE && message->reserve != NULL)
    return read_resources(MU_OP_RESERVE, message->reserve->resources, message->reserve->n_resources);
  if (message->type == MESOS__OFFER__OPERATION__TYPE__UNRESERVE && message->unreserve != NULL)
    return read_resources(MU_OP_UNRESERVE, message->unreserve->resources, message->unreserve->n_resources);
  if (message->type == MESOS__OFFER__OPERATION__TYPE__CREATE && message->create != NULL)
    return read_resources(MU_OP_CREATE, message->create->volumes, message->create->n_volumes);
  if (message->type == MESOS__OFFER__OPERATION__TYPE__DESTROY && message->destroy != NULL)
    return read_resources(MU_OP_DESTROY, message->destroy->volumes, message->destroy->n_volumes);
  if (message->type == MESOS__OFFER__OPERATION__TYPE__LAUNCH_GROUP && message->launch_group != NULL)
    return read_launch(message->launch_group, error);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "an operation that is none, or lacks its part");
  return NULL;
}

static gboolean read_accept(const Mesos__Call *message, MuEngineCall *call, GError **error) {
  if (message->accept == NULL)
    return lacks("accept", error);
  read_ids(message->accept->offer_ids, message->accept->n_offer_ids, call);
  read_filters(message->accept->filters, call);
  for (gsize i = 0; i < message->accept->n_operations; i++) {
    MuOperation *operation = read_operation(message->accept->operations[i], error);
    if (operation == NULL)
      return FALSE;
    mu_items_add(call->operations, operation);
  }
  return TRUE;
}

static gboolean read_decline(const Mesos__Call *message, MuEngineCall *call, GError **error) {
  if (message->decline == NULL)
    return lacks("decline", error);
  read_ids(message->decline->offer_ids, message->decline->n_offer_ids, call);
  read_filters(message->decline->filters, call);
  return TRUE;
}

static char *agent_of(const Mesos__AgentID *id) {
  return id == NULL ? NULL : g_strdup(id->value);
}

static gboolean read_kill(const Mesos__Call *message, MuEngineCall *call, GError **error) {
  if (message->kill == NULL)
    return lacks("kill", error);
  const Mesos__KillPolicy *policy = message->kill->kill_policy;
  call->task_id = g_strdup(message->kill->task_id->value);
  call->agent_id = agent_of(message->kill->agent_id);
  call->grace_ms = policy == NULL || policy->grace_period == NULL ? -1 : policy->grace_period->nanoseconds / NS_PER_MS;
  return TRUE;
}

static gboolean read_acknowledge(const Mesos__Call *message, MuEngineCall *call, GError **error) {
  const Mesos__Call__Acknowledge *acknowledge = message->acknowledge;
  if (acknowledge == NULL)
    return lacks("acknowledge", error);
  call->task_id = g_strdup(acknowledge->task_id->value);
  call->agent_id = agent_of(acknowledge->agent_id);
  call->uuid = g_base64_encode(acknowledge->uuid.data, acknowledge->uuid.len);
  return TRUE;
}

static gboolean read_reconcile(const Mesos__Call *message, MuEngineCall *call, GError **error) {
  if (message->reconcile == NULL)
    return lacks("reconcile", error);
  for (gsize i = 0; i < message->reconcile->n_tasks; i++) {
    const Mesos__Call__Reconcile__Task *task = message->reconcile->tasks[i];
    mu_items_add(call->tasks,
                 mu_env_var_new(task->task_id->value, task->agent_id == NULL ? NULL : task->agent_id->value));
  }
  return TRUE;
}

static gboolean read_roles(const Mesos__Call *message, MuEngineCall *call, GError **error) {
  if (message->update_framework == NULL)
    return lacks("update_framework", error);
  const Mesos__FrameworkInfo *info = message->update_framework->framework_info;
  for (gsize i = 0; i < info->n_roles; i++)
    mu_items_add(call->roles, g_strdup(info->roles[i]));
  return TRUE;
}

static gboolean read_parts(const Mesos__Call *message, MuEngineCall *call, GError **error) {
  switch (call->kind) {
  case MU_CALL_ACCEPT: return read_accept(message, call, error);
  case MU_CALL_DECLINE: return read_decline(message, call, error);
  case MU_CALL_KILL: return read_kill(message, call, error);
  case MU_CALL_ACKNOWLEDGE: return read_acknowledge(message, call, error);
  case MU_CALL_RECONCILE: return read_reconcile(message, call, error);
  case MU_CALL_ROLES: return read_roles(message, call, error);
  default: return TRUE;
  }
}

MuEngineCall *mu_mesos_call_read(const Mesos__Call *message, GError **error) {
  for (guint kind = 0; message->has_type && kind < G_N_ELEMENTS(call_types); kind++) {
    if (call_types[kind] != message->type)
      continue;
    g_autoptr(MuEngineCall) call = mu_engine_call_new((MuEngineCallKind)kind);
    return read_parts(message, call, error) ? g_steal_pointer(&call) : NULL;
  }
  if (!message->has_type || message->type != MESOS__CALL__TYPE__SUBSCRIBE)
    lacks("type", error);
  return NULL;
}
