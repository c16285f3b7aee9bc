/* The operator API, as far as it tells of agents and their sandboxes: a task's is a folder by its id. Answers as src/files/files.cpp
 * and src/slave/http.cpp of Mesos do. */
#include "agent.pb-c.h"
#include "json.h"
#include "master_private.h"

#include <string.h>
#include <sys/stat.h>

static void refuse(MuMasterReply *ret, guint status, const char *text) {
  ret->status = status;
  ret->text = g_strdup(text);
  ret->type = "text/plain; charset=utf-8";
}

static void give(MuMasterReply *ret, const Mesos__AgentResponse *response) {
  ret->status = 200;
  ret->type = mu_wire_media_type(MU_WIRE_PROTOBUF);
  ret->bytes = mu_wire_encode(&response->base, MU_WIRE_PROTOBUF);
}

/* "/frameworks/F/executors/E/runs/latest/tasks/T/…": the file on this machine, or NULL when there is no such task there. */
static char *find_file(const MuTestMaster *master, const char *path) {
  g_auto(GStrv) parts = g_strsplit(path, "/", 10);
  static const char *const FIXED[] = {"", "frameworks", NULL, "executors", NULL, "runs", "latest", "tasks"};
  if (g_strv_length(parts) < 9 || strstr(path, "..") != NULL)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(FIXED); i++)
    if (FIXED[i] != NULL && strcmp(parts[i], FIXED[i]) != 0)
      return NULL;
  const char *executor = mu_sim_executor_of(master->sim, parts[8]);
  if (g_strcmp0(parts[2], mu_sim_framework_id(master->sim)) != 0 ||
      (executor != NULL && strcmp(executor, parts[4]) != 0))
    return NULL;
  return g_build_filename(master->sandboxes, parts[8], parts[9], NULL);
}

static void read_file(const MuTestMaster *master, const Mesos__AgentCall__ReadFile *call, MuMasterReply *ret) {
  Mesos__AgentResponse response = MESOS__AGENT_RESPONSE__INIT;
  Mesos__AgentResponse__ReadFile file = MESOS__AGENT_RESPONSE__READ_FILE__INIT;
  g_autofree char *path = find_file(master, call->path), *text = NULL;
  gsize size = 0;
  if (path != NULL && g_file_test(path, G_FILE_TEST_IS_DIR)) {
    refuse(ret, 400, "Cannot read a directory.\n");
    return;
  }
  if (path == NULL || !g_file_get_contents(path, &text, &size, NULL)) {
    refuse(ret, 404, "");
    return;
  }
  gsize offset = MIN((gsize)call->offset, size);
  file.size = size;
  file.data.data = (guint8 *)text + offset;
  file.data.len = MIN(size - offset, call->has_length ? (gsize)call->length : G_MAXSIZE);
  response.has_type = TRUE;
  response.type = MESOS__AGENT_RESPONSE__TYPE__READ_FILE;
  response.read_file = &file;
  give(ret, &response);
}

static void add_entry(MuArena *arena, Mesos__AgentResponse__ListFiles *list, const char *folder, const char *shown,
                      const char *name) {
  struct stat status;
  g_autofree char *path = g_build_filename(folder, name, NULL);
  if (stat(path, &status) != 0)
    return;
  Mesos__FileInfo *info = mu_wire_new(arena, &mesos__file_info__descriptor);
  info->path = mu_arena_printf(arena, "%s/%s", shown, name);
  info->has_size = info->has_mode = TRUE;
  info->size = (guint64)status.st_size;
  info->mode = status.st_mode;
  list->file_infos[list->n_file_infos++] = info;
}

#define MAX_ENTRIES 1000

static void list_files(const MuTestMaster *master, const Mesos__AgentCall__ListFiles *call, MuMasterReply *ret) {
  g_autoptr(MuArena) arena = mu_arena_new();
  Mesos__AgentResponse response = MESOS__AGENT_RESPONSE__INIT;
  Mesos__AgentResponse__ListFiles list = MESOS__AGENT_RESPONSE__LIST_FILES__INIT;
  g_autofree char *path = find_file(master, call->path);
  g_autoptr(GDir) folder = path == NULL ? NULL : g_dir_open(path, 0, NULL);
  if (folder == NULL) {
    refuse(ret, 404, "");
    return;
  }
  list.file_infos = mu_wire_array(arena, Mesos__FileInfo, MAX_ENTRIES);
  for (const char *name; list.n_file_infos < MAX_ENTRIES && (name = g_dir_read_name(folder)) != NULL;)
    add_entry(arena, &list, path, call->path, name);
  response.has_type = TRUE;
  response.type = MESOS__AGENT_RESPONSE__TYPE__LIST_FILES;
  response.list_files = &list;
  give(ret, &response);
}

/* The master's GET_AGENTS: every agent is to be found where the master is. */
static void tell_agents(const MuTestMaster *master, MuMasterReply *ret) {
  g_autoptr(json_t) agents = json_array();
  g_autofree char *pid = g_strdup_printf("slave(1)@127.0.0.1:%u", master->port);
  for (guint i = 0; i < mu_sim_agents(master->sim); i++)
    json_array_append_new(agents, json_pack("{s:{s:s,s:{s:s}},s:s}", "agent_info", "hostname", "127.0.0.1", "id",
                                            "value", mu_sim_agent_id(master->sim, i), "pid", pid));
  g_autoptr(json_t) answer = json_pack("{s:s,s:{s:O}}", "type", "GET_AGENTS", "get_agents", "agents", agents);
  ret->status = 200;
  ret->type = mu_wire_media_type(MU_WIRE_JSON);
  ret->text = mu_json_to_string(answer);
}

void mu_master_answer_operator(const MuTestMaster *master, const MuMasterRequest *request, MuMasterReply *ret) {
  g_autoptr(MuArena) arena = mu_arena_new();
  if (g_strcmp0(request->content_type, mu_wire_media_type(MU_WIRE_JSON)) == 0) {
    g_autoptr(json_t) json = mu_json_parse((const char *)request->body, request->length, request->length, NULL);
    if (g_strcmp0(json_string_value(json_object_get(json, "type")), "GET_AGENTS") == 0)
      tell_agents(master, ret);
    else
      refuse(ret, 400, "Failed to validate master::Call: Expecting 'type' to be present");
    return;
  }
  const Mesos__AgentCall *call =
      mu_wire_decode(arena, &mesos__agent_call__descriptor, MU_WIRE_PROTOBUF, request->body, request->length, NULL);
  if (call != NULL && call->type == MESOS__AGENT_CALL__TYPE__READ_FILE && call->read_file != NULL)
    read_file(master, call->read_file, ret);
  else if (call != NULL && call->type == MESOS__AGENT_CALL__TYPE__LIST_FILES && call->list_files != NULL)
    list_files(master, call->list_files, ret);
  else
    refuse(ret, 400, "Failed to validate agent::Call");
}
