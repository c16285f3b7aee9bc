/* Commands beside tasks: the executor of the task is given the connection, and from then on nobody of us is between. */
#include "json.h"
#include "local_private.h"
#include <muster/error.h>

static json_t *make_message(const char *task_id, const MuExecRequest *request) {
  json_t *words = json_array();
  for (const char *const *word = request->argv; *word != NULL; word++)
    json_array_append_new(words, json_string(*word));
  json_t *message = json_pack("{s:s, s:s, s:o, s:b, s:i, s:i}", "do", "exec", "task_id", task_id, "cmd", words, "tty",
                              request->tty, "rows", (int)request->rows, "columns", (int)request->columns);
  mu_json_set_string(message, "term", request->term);
  return message;
}

static MuLocalTask *find_running(MuLocal *local, const char *task_id, GError **error) {
  MuLocalTask *task = g_hash_table_lookup(local->tasks, task_id);
  if (task == NULL || task->ended)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "%s does not run", task_id);
  else if (!mu_local_executor_answers(task->executor))
    g_set_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE, "the executor of %s is not connected now; try again", task_id);
  else
    return task;
  return NULL;
}

gboolean mu_local_exec(MuEngine *engine, const MuTaskPlace *task, const MuExecRequest *request, int fd,
                       GError **error) {
  MuLocalTask *found = find_running((MuLocal *)engine, task->task_id, error);
  if (found == NULL || fd < 0)
    return found != NULL;
  g_autoptr(json_t) message = make_message(found->id, request);
  if (mu_local_executor_exec(found->executor, message, fd))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE, "the executor of %s does not listen now; try again", found->id);
  return FALSE;
}
