#include "mesos_secrets.h"

#include "mesos_wire.h"
#include <muster/error.h>
#include <string.h>

static void file_free(gpointer data) {
  MuMesosFile *file = data;
  g_free(file->name);
  g_bytes_unref(file->content);
  g_free(file);
}

void mu_mesos_brought_free(MuMesosBrought *brought) {
  if (brought == NULL)
    return;
  g_hash_table_unref(brought->values);
  g_hash_table_unref(brought->files);
  g_free(brought);
}

/* As validateEnvironment of Mesos has it: a variable cannot hold it. */
static gboolean fits_variable(const MuLaunchSecret *secret, GBytes *value, GError **error) {
  gsize length = 0;
  const void *data = g_bytes_get_data(value, &length);
  if (secret->env_key == NULL || length == 0 || memchr(data, '\0', length) == NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "the secret \"%s\" has a zero byte, which no variable can hold; use \"file\" in place of \"env-key\"",
              secret->secret);
  return FALSE;
}

static gboolean bring_values(const MuMesosSecretFuncs *funcs, gpointer user, const MuPodLaunch *launch,
                             MuMesosBrought *brought, GError **error) {
  for (guint i = 0; i < launch->secrets->len; i++) {
    const MuLaunchSecret *secret = launch->secrets->pdata[i];
    GError *cause = NULL;
    GBytes *value = funcs->value(launch->service, secret->secret, user, &cause);
    if (cause != NULL) {
      g_propagate_error(error, cause);
      return FALSE;
    }
    if (value == NULL)
      continue;
    g_hash_table_replace(brought->values, g_strdup(secret->secret), value);
    if (!fits_variable(secret, value, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean bring_files(const MuMesosSecretFuncs *funcs, gpointer user, const MuPodLaunch *launch,
                            const MuTaskLaunch *task, MuMesosBrought *brought, GError **error) {
  if (task->tls->len == 0)
    return TRUE;
  GPtrArray *files = g_ptr_array_new_with_free_func(file_free);
  g_hash_table_replace(brought->files, g_strdup(task->task_id), files);
  for (guint i = 0; i < task->tls->len; i++)
    if (!funcs->tls(launch->service, task->name, task->tls->pdata[i], files, user, error))
      return FALSE;
  return TRUE;
}

MuMesosBrought *mu_mesos_bring(const MuMesosSecretFuncs *funcs, gpointer user, const MuPodLaunch *launch,
                               GError **error) {
  g_autoptr(MuMesosBrought) brought = g_new0(MuMesosBrought, 1);
  brought->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  brought->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  if (funcs == NULL)
    return g_steal_pointer(&brought);
  if (!bring_values(funcs, user, launch, brought, error))
    return NULL;
  for (guint i = 0; i < launch->tasks->len; i++)
    if (!bring_files(funcs, user, launch, launch->tasks->pdata[i], brought, error))
      return NULL;
  return g_steal_pointer(&brought);
}

MuMesosFile *mu_mesos_file_new(const char *name, const char *suffix, GBytes *content) {
  MuMesosFile *file = g_new0(MuMesosFile, 1);
  file->name = g_strconcat(name, ".", suffix, NULL);
  file->content = g_bytes_ref(content);
  return file;
}

const GPtrArray *mu_mesos_brought_files(const MuMesosBrought *brought, const char *task_id) {
  return brought == NULL ? NULL : g_hash_table_lookup(brought->files, task_id);
}

/* ---- as messages ----------------------------------------------------------------------------------------------------------- */

static Mesos__Secret *new_secret(MuArena *arena, Mesos__Secret__Type type) {
  Mesos__Secret *secret = mu_wire_new(arena, &mesos__secret__descriptor);
  secret->has_type = TRUE;
  secret->type = type;
  return secret;
}

Mesos__Secret *mu_mesos_value_write(MuArena *arena, GBytes *value) {
  Mesos__Secret *secret = new_secret(arena, MESOS__SECRET__TYPE__VALUE);
  secret->value = mu_wire_new(arena, &mesos__secret__value__descriptor);
  secret->value->data.data = (guint8 *)g_bytes_get_data(value, &secret->value->data.len);
  return secret;
}

Mesos__Secret *mu_mesos_secret_write(MuArena *arena, const char *path, const MuMesosBrought *brought) {
  GBytes *value = brought == NULL ? NULL : g_hash_table_lookup(brought->values, path);
  if (value != NULL)
    return mu_mesos_value_write(arena, value);
  Mesos__Secret *secret = new_secret(arena, MESOS__SECRET__TYPE__REFERENCE);
  secret->reference = mu_wire_new(arena, &mesos__secret__reference__descriptor);
  secret->reference->name = (char *)path;
  return secret;
}
