/* An agent's API: files that the test has put there. Answers as src/files/files.cpp of Mesos does. */
#include "agent.pb-c.h"
#include "mesos_front_private.h"
#include "mesos_wire.h"

#include <string.h>
#include <sys/stat.h>

void mu_mesos_front_put_file(MuMesosFront *front, const char *path, const char *text) {
  g_hash_table_replace(front->files, g_strdup(path), g_strdup(text));
}

static gboolean is_folder(MuMesosFront *front, const char *path) {
  g_autofree char *prefix = g_strconcat(path, "/", NULL);
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, front->files);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    if (g_str_has_prefix(key, prefix))
      return TRUE;
  return FALSE;
}

static void answer(MuFrontRequest *request, Mesos__AgentResponse *response) {
  g_autoptr(GBytes) bytes = mu_wire_encode(&response->base, MU_WIRE_PROTOBUF);
  mu_front_answer_bytes(request, 200, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void read_file(MuMesosFront *front, MuFrontRequest *request, const Mesos__AgentCall__ReadFile *call) {
  const char *text = g_hash_table_lookup(front->files, call->path);
  Mesos__AgentResponse response = MESOS__AGENT_RESPONSE__INIT;
  Mesos__AgentResponse__ReadFile file = MESOS__AGENT_RESPONSE__READ_FILE__INIT;
  if (text == NULL && is_folder(front, call->path)) {
    mu_front_answer(request, 400, NULL, NULL, "Cannot read a directory.\n");
    return;
  }
  if (text == NULL) {
    mu_front_answer(request, 404, NULL, NULL, "");
    return;
  }
  file.size = strlen(text);
  gsize offset = MIN((gsize)call->offset, (gsize)file.size);
  file.data.data = (guint8 *)text + offset;
  file.data.len = MIN((gsize)file.size - offset, call->has_length ? (gsize)call->length : G_MAXSIZE);
  response.has_type = TRUE;
  response.type = MESOS__AGENT_RESPONSE__TYPE__READ_FILE;
  response.read_file = &file;
  answer(request, &response);
}

static void add_child(MuArena *arena, Mesos__AgentResponse__ListFiles *list, const char *path, const char *rest,
                      const char *text) {
  const char *slash = strchr(rest, '/');
  gsize length = slash == NULL ? strlen(rest) : (gsize)(slash - rest);
  Mesos__FileInfo *info = mu_wire_new(arena, &mesos__file_info__descriptor);
  info->path = mu_arena_printf(arena, "%s/%.*s", path, (int)length, rest);
  info->has_size = info->has_mode = TRUE;
  info->size = slash == NULL ? strlen(text) : 0;
  info->mode = slash == NULL ? S_IFREG | 0644 : S_IFDIR | 0755;
  list->file_infos[list->n_file_infos++] = info;
}

static void list_files(MuMesosFront *front, MuFrontRequest *request, const Mesos__AgentCall__ListFiles *call) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autofree char *prefix = g_strconcat(call->path, "/", NULL);
  Mesos__AgentResponse response = MESOS__AGENT_RESPONSE__INIT;
  Mesos__AgentResponse__ListFiles list = MESOS__AGENT_RESPONSE__LIST_FILES__INIT;
  GHashTableIter iter;
  gpointer key, text;
  list.file_infos = mu_wire_array(arena, Mesos__FileInfo, g_hash_table_size(front->files));
  g_hash_table_iter_init(&iter, front->files);
  while (g_hash_table_iter_next(&iter, &key, &text))
    if (g_str_has_prefix(key, prefix))
      add_child(arena, &list, call->path, (const char *)key + strlen(prefix), text);
  response.list_files = &list;
  if (list.n_file_infos == 0)
    mu_front_answer(request, 404, NULL, NULL, "");
  else
    answer(request, &response);
}

/* The master's GET_AGENTS: one agent, which is this server too. */
static void answer_agents(MuMesosFront *front, MuFrontRequest *request) {
  g_autofree char *text =
      g_strdup_printf("{\"type\":\"GET_AGENTS\",\"get_agents\":{\"agents\":[{\"agent_info\":{\"hostname\":"
                      "\"h\",\"id\":{\"value\":\"agent-1\"}},\"pid\":\"slave(1)@%s\"}]}}",
                      strstr(front->url, "//") + 2);
  mu_front_answer(request, 200, NULL, NULL, text);
}

void mu_mesos_front_answer_agent(MuMesosFront *front, MuFrontRequest *request) {
  g_autoptr(MuArena) arena = mu_arena_new();
  const GByteArray *body = mu_front_body(request);
  if (g_strcmp0(mu_front_header(request, "Content-Type"), "application/recordio") == 0) {
    mu_front_answer(request, 200, NULL, NULL, ""); /* the input of a command, all of which was taken */
    return;
  }
  if (body->len > 0 && body->data[0] == '{') {
    answer_agents(front, request);
    return;
  }
  const Mesos__AgentCall *call =
      mu_wire_decode(arena, &mesos__agent_call__descriptor, MU_WIRE_PROTOBUF, body->data, body->len, NULL);
  if (call != NULL && mu_mesos_front_take_command(front, request, call))
    return;
  if (call != NULL && call->read_file != NULL)
    read_file(front, request, call->read_file);
  else if (call != NULL && call->list_files != NULL)
    list_files(front, request, call->list_files);
  else
    mu_front_answer(request, 400, NULL, NULL, "Failed to validate agent::Call");
}
