/* Secrets in launches: what is not of the right shape is refused (validateSecret and validateEnvironment in src/common/validation.cpp
 * of Mesos), and the agents' part is played: values are put where the task would find them. */
#include "master_private.h"

#include <glib/gstdio.h>
#include <string.h>

/* Beside the sandbox's own files: what the task has in its environment, NAME=VALUE with a newline. */
#define ENVIRONMENT ".environment"

/* ---- what is refused ------------------------------------------------------------------------------------------------------- */

static const char *secret_fault(const Mesos__Secret *secret) {
  switch (secret->type) {
  case MESOS__SECRET__TYPE__REFERENCE:
    if (secret->reference == NULL)
      return "Secret of type REFERENCE must have the 'reference' field set";
    return secret->value != NULL ? "Secret of type REFERENCE must not have the 'value' field set" : NULL;
  case MESOS__SECRET__TYPE__VALUE:
    if (secret->value == NULL)
      return "Secret of type VALUE must have the 'value' field set";
    return secret->reference != NULL ? "Secret of type VALUE must not have the 'reference' field set" : NULL;
  default: return "Secret has no type";
  }
}

static const char *variable_fault(const Mesos__Environment__Variable *variable) {
  if (variable->type != MESOS__ENVIRONMENT__VARIABLE__TYPE__SECRET)
    return variable->value == NULL    ? "Environment variable of type 'VALUE' must have a value set"
           : variable->secret != NULL ? "Environment variable of type 'VALUE' must not have a secret set"
                                      : NULL;
  if (variable->secret == NULL)
    return "Environment variable of type 'SECRET' must have a secret set";
  if (variable->value != NULL)
    return "Environment variable of type 'SECRET' must not have a value set";
  const Mesos__Secret__Value *value = variable->secret->value;
  if (value != NULL && value->data.len > 0 && memchr(value->data.data, '\0', value->data.len) != NULL)
    return "Environment variable specifies a secret containing null bytes, which is not allowed in the environment";
  return secret_fault(variable->secret);
}

static const char *volume_fault(const Mesos__Volume *volume) {
  if (volume->source == NULL || volume->source->type != MESOS__VOLUME__SOURCE__TYPE__SECRET)
    return NULL;
  if (volume->source->secret == NULL)
    return "volume.source.secret is not specified";
  if (volume->mode != MESOS__VOLUME__MODE__RO || volume->container_path[0] == '/')
    return "a secret's volume is read, in the sandbox"; /* of ours */
  return secret_fault(volume->source->secret);
}

static const char *task_fault(const Mesos__TaskInfo *task) {
  const Mesos__Environment *environment = task->command == NULL ? NULL : task->command->environment;
  const char *fault = NULL;
  for (gsize i = 0; environment != NULL && fault == NULL && i < environment->n_variables; i++)
    fault = variable_fault(environment->variables[i]);
  for (gsize i = 0; task->container != NULL && fault == NULL && i < task->container->n_volumes; i++)
    fault = volume_fault(task->container->volumes[i]);
  return fault;
}

/* ---- what agents do with them ---------------------------------------------------------------------------------------------- */

/* The agents' resolver knows every secret by its path, and its value is that path. */
static GBytes *resolve(const Mesos__Secret *secret) {
  if (secret->type == MESOS__SECRET__TYPE__VALUE)
    return g_bytes_new(secret->value->data.data, secret->value->data.len);
  return g_bytes_new(secret->reference->name, strlen(secret->reference->name));
}

static void put(const char *folder, const char *name, GBytes *content) {
  g_autofree char *path = g_build_filename(folder, name, NULL), *parent = g_path_get_dirname(path);
  g_mkdir_with_parents(parent, 0700);
  g_file_set_contents(path, g_bytes_get_data(content, NULL), (gssize)g_bytes_get_size(content), NULL);
}

static void put_environment(const char *folder, const Mesos__Environment *environment) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (gsize i = 0; environment != NULL && i < environment->n_variables; i++) {
    const Mesos__Environment__Variable *variable = environment->variables[i];
    g_autoptr(GBytes) value =
        variable->secret != NULL ? resolve(variable->secret) : g_bytes_new(variable->value, strlen(variable->value));
    g_string_append_printf(text, "%s=%.*s\n", variable->name, (int)g_bytes_get_size(value),
                           (const char *)g_bytes_get_data(value, NULL));
  }
  g_autoptr(GBytes) all = g_bytes_new(text->str, text->len);
  put(folder, ENVIRONMENT, all);
}

static void put_files(const char *folder, const Mesos__ContainerInfo *container) {
  for (gsize i = 0; container != NULL && i < container->n_volumes; i++) {
    const Mesos__Volume *volume = container->volumes[i];
    if (volume->source == NULL || volume->source->secret == NULL)
      continue;
    g_autoptr(GBytes) value = resolve(volume->source->secret);
    put(folder, volume->container_path, value);
  }
}

static void bring(const MuTestMaster *master, const Mesos__TaskInfo *task) {
  g_autofree char *folder = g_build_filename(master->sandboxes, task->task_id->value, NULL);
  put_environment(folder, task->command == NULL ? NULL : task->command->environment);
  put_files(folder, task->container);
}

/* ---- both ------------------------------------------------------------------------------------------------------------------ */

const char *mu_master_take_secrets(const MuTestMaster *master, const Mesos__Call *call) {
  const Mesos__Call__Accept *accept = call->accept;
  const char *fault = NULL;
  for (gsize i = 0; accept != NULL && fault == NULL && i < accept->n_operations; i++) {
    const Mesos__Offer__Operation__LaunchGroup *group = accept->operations[i]->launch_group;
    for (gsize j = 0; group != NULL && fault == NULL && j < group->task_group->n_tasks; j++) {
      fault = task_fault(group->task_group->tasks[j]);
      if (fault == NULL && master->sandboxes != NULL)
        bring(master, group->task_group->tasks[j]);
    }
  }
  return fault;
}
