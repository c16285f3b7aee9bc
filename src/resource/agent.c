#include "agent_private.h"
#include "bug.h"
#include "ids.h"
#include <muster/error.h>

#include <string.h>

/* What an executor uses. It is forgotten with its last task when the pod has nothing of its own. */
typedef struct {
  MuResources *own;  /* of the pod */
  GHashTable *tasks; /* task id to MuResources* */
} Use;

static Use *use_new(void) {
  Use *use = g_new0(Use, 1);
  use->own = mu_resources_new();
  use->tasks = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, (GDestroyNotify)mu_resources_free);
  return use;
}

static void use_free(Use *use) {
  mu_resources_free(use->own);
  g_hash_table_unref(use->tasks);
  g_free(use);
}

/* ---- the agent ----------------------------------------------------------------------------------------------------- */

static void remember_volumes(MuAgent *agent, const MuResources *resources) {
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *resource = g_ptr_array_index(resources->items, i);
    if (resource->persistence_id != NULL)
      g_hash_table_add(agent->volumes, g_strdup(resource->persistence_id));
  }
}

MuAgent *mu_agent_new(const char *id, const char *hostname, MuResources *take_total) {
  MuAgent *agent = g_new0(MuAgent, 1);
  agent->id = g_strdup(id);
  agent->hostname = g_strdup(hostname);
  agent->total = take_total;
  agent->available = mu_resources_copy(take_total);
  agent->offers = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, (GDestroyNotify)mu_resources_free);
  agent->executors = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, (GDestroyNotify)use_free);
  agent->volumes = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, NULL);
  remember_volumes(agent, take_total);
  return agent;
}

void mu_agent_free(MuAgent *agent) {
  if (agent == NULL)
    return;
  g_free(agent->id);
  g_free(agent->hostname);
  g_free(agent->region);
  g_free(agent->zone);
  mu_env_vars_clear(agent->attributes);
  mu_resources_free(agent->total);
  mu_resources_free(agent->available);
  mu_resources_free(agent->free_cache);
  g_hash_table_unref(agent->offers);
  g_hash_table_unref(agent->executors);
  g_hash_table_unref(agent->volumes);
  g_free(agent);
}

const char *mu_agent_id(const MuAgent *agent) {
  return agent->id;
}

const char *mu_agent_hostname(const MuAgent *agent) {
  return agent->hostname;
}

static void set_text(char **text, const char *value) {
  char *copy = g_strdup(value);
  g_free(*text);
  *text = copy;
}

void mu_agent_set_location(MuAgent *agent, const char *region, const char *zone) {
  set_text(&agent->region, region);
  set_text(&agent->zone, zone);
}

void mu_agent_add_attribute(MuAgent *agent, const char *name, const char *value) {
  mu_items_add(agent->attributes, mu_env_var_new(name, value));
}

/* ---- where the resources are --------------------------------------------------------------------------------------- */

static void forget_free(MuAgent *agent) {
  g_clear_pointer(&agent->free_cache, mu_resources_free);
}

void mu_agent_put(MuAgent *agent, const MuResource *resource) {
  mu_resources_add(agent->total, resource);
  mu_resources_add(agent->available, resource);
  if (resource->persistence_id != NULL)
    g_hash_table_add(agent->volumes, g_strdup(resource->persistence_id));
  forget_free(agent);
}

/* FALSE, and nothing changed, when it is not all available. */
static gboolean remove_available(MuAgent *agent, const MuResource *resource) {
  if (!mu_resources_subtract(agent->available, resource))
    return FALSE;
  if (!mu_resources_subtract(agent->total, resource))
    mu_bug("what is available is part of the total");
  if (resource->persistence_id != NULL)
    g_hash_table_remove(agent->volumes, resource->persistence_id);
  forget_free(agent);
  return TRUE;
}

static void give_back(MuAgent *agent, const MuResources *resources) {
  mu_resources_add_all(agent->available, resources);
  forget_free(agent);
}

const MuResources *mu_agent_total(const MuAgent *agent) {
  return agent->total;
}

const MuResources *mu_agent_free_resources(const MuAgent *agent) {
  if (g_hash_table_size(agent->offers) == 0)
    return agent->available;
  if (agent->free_cache == NULL) {
    MuResources *all = mu_resources_copy(agent->available);
    GHashTableIter iter;
    gpointer offered;
    g_hash_table_iter_init(&iter, agent->offers);
    while (g_hash_table_iter_next(&iter, NULL, &offered))
      mu_resources_add_all(all, offered);
    ((MuAgent *)agent)->free_cache = all; /* logically const */
  }
  return agent->free_cache;
}

/* ---- operations (Mesos: reservation.md, persistent-volume.md) ------------------------------------------------------ */

MuResource *mu_agent_unreserved_form(const MuResource *resource) {
  MuResource *form = mu_resource_copy(resource);
  mu_resource_set_static(form, resource->reservation.pre_reserved_role);
  return form;
}

static gboolean refuse(const MuOperation *operation, const MuResource *resource, const char *why, GError **error) {
  g_autofree char *text = mu_resource_to_string(resource);
  const char *id = resource->reservation.resource_id;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s of %s%s%s: %s", mu_operation_kind_to_string(operation->kind), text,
              id == NULL ? "" : ", resource ", id == NULL ? "" : id, why);
  return FALSE;
}

/* What is wrong with the resource of the operation by itself, or NULL. */
static const char *fault_in(MuOperationKind kind, const MuResource *resource) {
  gboolean is_volume = resource->persistence_id != NULL;
  if (mu_resource_is_empty(resource))
    return "the amount is nothing";
  if (!mu_resource_is_reserved(resource))
    return kind == MU_OP_RESERVE || kind == MU_OP_UNRESERVE ? "it names no role" : "the disk is not reserved";
  if (resource->reservation.is_static && (kind == MU_OP_RESERVE || kind == MU_OP_UNRESERVE))
    return "it is the operator's, made with the agent's flags";
  if (resource->reservation.pre_reserved_role != NULL &&
      !mu_role_is_below(resource->reservation.role, resource->reservation.pre_reserved_role))
    return "its role does not lie below the one that it refines";
  if (kind == MU_OP_RESERVE && is_volume)
    return "it is a volume; a disk is reserved first and made a volume after";
  if (kind == MU_OP_UNRESERVE && is_volume)
    return "it is a volume; it has to be destroyed first";
  if ((kind == MU_OP_CREATE || kind == MU_OP_DESTROY) && resource->kind != MU_RESOURCE_DISK)
    return "it is not a disk";
  if ((kind == MU_OP_CREATE || kind == MU_OP_DESTROY) && !is_volume)
    return "it has no persistence id";
  if (kind == MU_OP_CREATE && resource->container_path == NULL)
    return "it has no container path";
  return NULL;
}

/* The two states of a resource that the operation leads from and to: one of them is the operation's resource itself. */
static MuResource *other_form(MuOperationKind kind, const MuResource *resource) {
  return kind == MU_OP_RESERVE || kind == MU_OP_UNRESERVE ? mu_agent_unreserved_form(resource)
                                                          : mu_resource_without_volume(resource);
}

static gboolean leads_to_resource(MuOperationKind kind) {
  return kind == MU_OP_RESERVE || kind == MU_OP_CREATE;
}

/* It was not available: is it elsewhere on the agent, or not there in this state? */
static const char *why_unavailable(const MuAgent *agent, const MuOperation *operation, const MuResource *from) {
  if (mu_resources_contains(agent->total, from))
    return operation->kind == MU_OP_DESTROY ? "the volume is in use or offered elsewhere"
                                            : "it is in use or offered elsewhere";
  switch (operation->kind) {
  case MU_OP_RESERVE: return "the agent has not so much that is unreserved";
  case MU_OP_UNRESERVE: return "the agent has no such reservation";
  case MU_OP_CREATE: return "the agent has no such reserved disk";
  default: return "the agent has no such volume";
  }
}

/* One resource of the operation; `forwards` FALSE undoes it. */
static gboolean convert(MuAgent *agent, const MuOperation *operation, const MuResource *resource, gboolean forwards,
                        GError **error) {
  g_autoptr(MuResource) other = other_form(operation->kind, resource);
  gboolean to_resource = leads_to_resource(operation->kind) == forwards;
  const MuResource *from = to_resource ? other : resource;
  const MuResource *to = to_resource ? resource : other;
  if (to->persistence_id != NULL && g_hash_table_contains(agent->volumes, to->persistence_id))
    return refuse(operation, resource, "the agent has a volume with this persistence id", error);
  if (!remove_available(agent, from))
    return refuse(operation, resource, why_unavailable(agent, operation, from), error);
  mu_agent_put(agent, to);
  return TRUE;
}

static void undo(MuAgent *agent, const MuOperation *operation, guint n_done) {
  while (n_done > 0)
    if (!convert(agent, operation, g_ptr_array_index(operation->resources->items, --n_done), FALSE, NULL))
      mu_bug("what was just done can be undone");
}

static gboolean convert_all(MuAgent *agent, const MuOperation *operation, GError **error) {
  const GPtrArray *items = operation->resources->items;
  for (guint i = 0; i < items->len; i++) {
    const MuResource *resource = g_ptr_array_index(items, i);
    const char *fault = fault_in(operation->kind, resource);
    if (fault != NULL)
      return refuse(operation, resource, fault, error);
  }
  for (guint i = 0; i < items->len; i++)
    if (!convert(agent, operation, g_ptr_array_index(items, i), TRUE, error)) {
      undo(agent, operation, i);
      return FALSE;
    }
  return TRUE;
}

/* The pod's own resources are there already when the executor is. */
static gboolean launch(MuAgent *agent, const MuPodLaunch *pod, GError **error) {
  gboolean is_new = !g_hash_table_contains(agent->executors, pod->executor_id);
  if (is_new && !mu_agent_use(agent, pod->executor_id, NULL, pod->resources, error))
    return FALSE;
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTaskLaunch *task = g_ptr_array_index(pod->tasks, i);
    if (mu_agent_use(agent, pod->executor_id, task->task_id, task->resources, error))
      continue;
    while (i > 0) {
      const MuTaskLaunch *done = g_ptr_array_index(pod->tasks, --i);
      mu_agent_release(agent, pod->executor_id, done->task_id);
    }
    if (is_new)
      mu_agent_release(agent, pod->executor_id, NULL);
    return FALSE;
  }
  return TRUE;
}

gboolean mu_agent_apply(MuAgent *agent, const MuOperation *operation, GError **error) {
  if (operation->kind == MU_OP_LAUNCH_GROUP)
    return launch(agent, operation->launch, error);
  return convert_all(agent, operation, error);
}

/* ---- use ----------------------------------------------------------------------------------------------------------- */

static gboolean refuse_use(const MuAgent *agent, const char *executor_id, const char *task_id,
                           const MuResources *resources, GError **error) {
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *resource = g_ptr_array_index(resources->items, i);
    if (mu_resources_contains(agent->available, resource))
      continue;
    g_autofree char *text = mu_resource_to_string(resource);
    const char *id = resource->reservation.resource_id;
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "launch of %s: %s%s%s is not free on agent %s",
                task_id == NULL ? executor_id : task_id, text, id == NULL ? "" : ", resource ", id == NULL ? "" : id,
                agent->id);
    return FALSE;
  }
  mu_bug("one of them was not available");
}

static Use *executor_use(MuAgent *agent, const char *executor_id) {
  Use *use = g_hash_table_lookup(agent->executors, executor_id);
  if (use == NULL) {
    use = use_new();
    g_hash_table_insert(agent->executors, g_strdup(executor_id), use);
  }
  return use;
}

static gboolean has_task(const MuAgent *agent, const char *executor_id, const char *task_id) {
  const Use *use = g_hash_table_lookup(agent->executors, executor_id);
  return use != NULL && task_id != NULL && g_hash_table_contains(use->tasks, task_id);
}

gboolean mu_agent_use(MuAgent *agent, const char *executor_id, const char *task_id, const MuResources *resources,
                      GError **error) {
  if (has_task(agent, executor_id, task_id)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "launch of %s: executor %s has this task already", task_id,
                executor_id);
    return FALSE;
  }
  if (!mu_resources_subtract_all(agent->available, resources))
    return refuse_use(agent, executor_id, task_id, resources, error);
  Use *use = executor_use(agent, executor_id);
  if (task_id == NULL)
    mu_resources_add_all(use->own, resources);
  else
    g_hash_table_insert(use->tasks, g_strdup(task_id), mu_resources_copy(resources));
  forget_free(agent);
  return TRUE;
}

static void release_executor(MuAgent *agent, const char *executor_id, Use *use) {
  give_back(agent, use->own);
  GHashTableIter iter;
  gpointer resources;
  g_hash_table_iter_init(&iter, use->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &resources))
    give_back(agent, resources);
  g_hash_table_remove(agent->executors, executor_id);
}

gboolean mu_agent_release(MuAgent *agent, const char *executor_id, const char *task_id) {
  Use *use = g_hash_table_lookup(agent->executors, executor_id);
  if (use == NULL)
    return FALSE;
  if (task_id == NULL) {
    release_executor(agent, executor_id, use);
    return TRUE;
  }
  const MuResources *resources = g_hash_table_lookup(use->tasks, task_id);
  if (resources == NULL)
    return FALSE;
  give_back(agent, resources);
  g_hash_table_remove(use->tasks, task_id);
  if (g_hash_table_size(use->tasks) == 0 && use->own->items->len == 0)
    g_hash_table_remove(agent->executors, executor_id);
  return TRUE;
}

/* ---- offers -------------------------------------------------------------------------------------------------------- */

static gboolean is_allocatable(const MuResource *resource, const char *role) {
  const char *reserved = resource->reservation.role;
  return reserved == NULL || role == NULL || strcmp(reserved, role) == 0 || mu_role_is_below(role, reserved);
}

/* What is not, is put into `ret_rest`: mostly there is nothing of the kind, and what is available is the answer as it is. */
static MuResources *take_allocatable(MuAgent *agent, const char *role, MuResources **ret_rest) {
  GPtrArray *items = agent->available->items;
  guint i = 0;
  while (i < items->len && is_allocatable(items->pdata[i], role))
    i++;
  *ret_rest = mu_resources_new();
  if (i == items->len)
    return g_steal_pointer(&agent->available);
  MuResources *mine = mu_resources_new();
  for (i = 0; i < items->len; i++)
    mu_resources_add(is_allocatable(items->pdata[i], role) ? mine : *ret_rest, items->pdata[i]);
  g_clear_pointer(&agent->available, mu_resources_free);
  return mine;
}

MuOffer *mu_agent_make_offer(MuAgent *agent, const char *offer_id) {
  return mu_agent_make_offer_to(agent, offer_id, NULL);
}

MuOffer *mu_agent_make_offer_to(MuAgent *agent, const char *offer_id, const char *role) {
  mu_assert(!mu_agent_has_offer(agent, offer_id));
  MuResources *rest = NULL, *offered = take_allocatable(agent, role, &rest);
  agent->available = rest;
  if (offered->items->len == 0) {
    mu_resources_free(offered);
    return NULL;
  }
  MuOffer *offer = mu_offer_new(offer_id, agent->id, agent->hostname);
  offer->role = g_strdup(role);
  offer->region = g_strdup(agent->region);
  offer->zone = g_strdup(agent->zone);
  mu_env_vars_add_all(offer->attributes, agent->attributes);
  mu_resources_free(offer->resources);
  offer->resources = mu_resources_copy(offered);
  g_hash_table_insert(agent->offers, g_strdup(offer_id), offered);
  return offer;
}

gboolean mu_agent_has_offer(const MuAgent *agent, const char *offer_id) {
  return g_hash_table_contains(agent->offers, offer_id);
}

const MuResources *mu_agent_offered(const MuAgent *agent, const char *offer_id) {
  return g_hash_table_lookup(agent->offers, offer_id);
}

/* What is free stays the same, so free_cache does; the smaller collection is added to the larger one. */
void mu_agent_offer_end(MuAgent *agent, const char *offer_id) {
  gpointer key, value;
  if (!g_hash_table_steal_extended(agent->offers, offer_id, &key, &value))
    return;
  g_free(key);
  MuResources *smaller = value;
  if (smaller->items->len > agent->available->items->len) {
    smaller = agent->available;
    agent->available = value;
  }
  mu_resources_add_all(agent->available, smaller);
  mu_resources_free(smaller);
}
