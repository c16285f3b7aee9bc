/* Sandboxes, read through the agents' API (operator-http-api.md: READ_FILE, LIST_FILES). An agent shows the sandbox of a task of
 * the default executor below /frameworks/F/executors/E/runs/latest/tasks/T. Its address is known from its offers; of one that
 * has made none the master is asked. */
#include "agent.pb-c.h"
#include "json.h"
#include "mesos_private.h"
#include "mesos_wire.h"
#include <muster/error.h>

#include <string.h>
#include <sys/stat.h>

#define TIMEOUT_MS 20000
#define AGENT_PATH "/api/v1"
#define GET_AGENTS "{\"type\":\"GET_AGENTS\"}"

typedef struct {
  MuMesos *mesos;
  GSource *beginning;        /* it has not begun */
  MuMesosTransfer *transfer; /* under way */
  char *agent_id, *path;     /* the path as the agent has it */
  guint64 offset, length;
  gboolean is_listing;
  MuSandboxFunc done;
  gpointer user;
} Reading;

static void reading_free(Reading *reading) {
  g_ptr_array_remove_fast(reading->mesos->readings, reading);
  g_free(reading->agent_id);
  g_free(reading->path);
  g_free(reading);
}

static void fail(Reading *reading, MuErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void fail(Reading *reading, MuErrorCode code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autoptr(GError) error = g_error_new_valist(MU_ERROR, (gint)code, format, args);
  va_end(args);
  reading->done(NULL, error, reading->user);
  reading_free(reading);
}

/* ---- what the agent answers ---------------------------------------------------------------------------------------------- */

static void give_bytes(Reading *reading, const Mesos__AgentResponse__ReadFile *file) {
  g_autoptr(GBytes) bytes = g_bytes_new(file->data.data, file->data.len);
  const MuSandboxPart part = {.size = file->size, .bytes = bytes};
  reading->done(&part, NULL, reading->user);
  reading_free(reading);
}

static void entry_free(gpointer data) {
  MuSandboxEntry *entry = data;
  g_free(entry->name);
  g_free(entry);
}

static gint by_name(gconstpointer a, gconstpointer b) {
  return strcmp((*(MuSandboxEntry *const *)a)->name, (*(MuSandboxEntry *const *)b)->name);
}

static void give_entries(Reading *reading, const Mesos__AgentResponse__ListFiles *list) {
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
  for (gsize i = 0; i < list->n_file_infos; i++) {
    const Mesos__FileInfo *info = list->file_infos[i];
    MuSandboxEntry *entry = g_new0(MuSandboxEntry, 1);
    entry->name = g_path_get_basename(info->path);
    entry->size = info->size;
    entry->is_folder = S_ISDIR(info->mode);
    entry->mtime_ms = info->mtime == NULL ? 0 : info->mtime->nanoseconds / 1000000;
    g_ptr_array_add(entries, entry);
  }
  g_ptr_array_sort(entries, by_name);
  const MuSandboxPart part = {.is_folder = TRUE, .entries = entries};
  reading->done(&part, NULL, reading->user);
  reading_free(reading);
}

static void ask_agent(Reading *reading, const char *url);

static void refuse(Reading *reading, const MuMesosReply *reply) {
  g_autofree char *words = g_utf8_make_valid(reply->body, (gssize)MIN(reply->body_length, 300));
  g_strstrip(words);
  const char *url = mu_mesos_places_agent(reading->mesos->places, reading->agent_id);
  if (reply->status == 400 && !reading->is_listing && strstr(words, "directory") != NULL) {
    reading->is_listing = TRUE;
    ask_agent(reading, url);
    return;
  }
  if (reply->status == 404)
    fail(reading, MU_ERROR_NOT_FOUND, "agent %s has no %s", reading->agent_id, reading->path);
  else if (reply->status == 401 || reply->status == 403)
    fail(reading, MU_ERROR_FAILED, "agent %s does not let us read sandboxes (%u)", reading->agent_id, reply->status);
  else
    fail(reading, MU_ERROR_UNAVAILABLE, "agent %s at %s: %s%s", reading->agent_id, url,
         reply->failure != NULL ? reply->failure : "", words);
}

static void on_agent_answer(const MuMesosReply *reply, gpointer user) {
  Reading *reading = user;
  reading->transfer = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  if (reply->failure != NULL || reply->status != 200) {
    refuse(reading, reply);
    return;
  }
  const Mesos__AgentResponse *response = mu_wire_decode(arena, &mesos__agent_response__descriptor, MU_WIRE_PROTOBUF,
                                                        (const guint8 *)reply->body, reply->body_length, &error);
  if (response != NULL && response->read_file != NULL)
    give_bytes(reading, response->read_file);
  else if (response != NULL && response->list_files != NULL)
    give_entries(reading, response->list_files);
  else
    fail(reading, MU_ERROR_FAILED, "agent %s: %s", reading->agent_id,
         error != NULL ? error->message : "the answer is neither a file nor a folder");
}

static const MuMesosHttpFuncs agent_funcs = {.done = on_agent_answer};

static void ask_agent(Reading *reading, const char *url) {
  Mesos__AgentCall call = MESOS__AGENT_CALL__INIT;
  Mesos__AgentCall__ReadFile file = MESOS__AGENT_CALL__READ_FILE__INIT;
  Mesos__AgentCall__ListFiles list = MESOS__AGENT_CALL__LIST_FILES__INIT;
  call.has_type = TRUE;
  call.type = reading->is_listing ? MESOS__AGENT_CALL__TYPE__LIST_FILES : MESOS__AGENT_CALL__TYPE__READ_FILE;
  file.path = list.path = reading->path;
  file.offset = reading->offset;
  file.has_length = TRUE;
  file.length = reading->length;
  if (reading->is_listing)
    call.list_files = &list;
  else
    call.read_file = &file;
  const char *type = mu_wire_media_type(MU_WIRE_PROTOBUF);
  g_autofree char *full = g_strconcat(url, AGENT_PATH, NULL);
  g_autoptr(GBytes) body = mu_wire_encode(&call.base, MU_WIRE_PROTOBUF);
  const MuMesosRequest request = {
      .url = full, .body = body, .content_type = type, .accept = type, .timeout_ms = TIMEOUT_MS};
  reading->transfer = mu_mesos_http_send(mu_mesos_client_http(reading->mesos->client), &request, &agent_funcs, reading);
}

/* ---- where the agent is -------------------------------------------------------------------------------------------------- */

/* "slave(1)@10.0.0.1:5051" */
static void note_agent(MuMesos *mesos, const json_t *agent, gboolean https) {
  const json_t *id = json_object_get(json_object_get(json_object_get(agent, "agent_info"), "id"), "value");
  const char *pid = json_string_value(json_object_get(agent, "pid"));
  const char *at = pid == NULL ? NULL : strrchr(pid, '@');
  if (!json_is_string(id) || at == NULL)
    return;
  g_autofree char *url = g_strconcat(https ? "https://" : "http://", at + 1, NULL);
  mu_mesos_places_note_agent(mesos->places, json_string_value(id), url);
}

static void on_agents(const MuMesosReply *reply, gpointer user) {
  Reading *reading = user;
  reading->transfer = NULL;
  MuMesos *mesos = reading->mesos;
  g_autoptr(json_t) json =
      reply->status == 200 ? mu_json_parse(reply->body, reply->body_length, reply->body_length, NULL) : NULL;
  gsize i;
  json_t *agent;
  gboolean https = mu_mesos_over_tls(mesos);
  json_array_foreach (json_object_get(json_object_get(json, "get_agents"), "agents"), i, agent)
    note_agent(mesos, agent, https);
  const char *url = mu_mesos_places_agent(mesos->places, reading->agent_id);
  if (url != NULL)
    ask_agent(reading, url);
  else
    fail(reading, MU_ERROR_NOT_FOUND, "the master knows no agent %s: it is gone, and the sandbox with it",
         reading->agent_id);
}

static const MuMesosHttpFuncs agents_funcs = {.done = on_agents};

static void ask_master(Reading *reading) {
  const char *master = mu_mesos_client_url(reading->mesos->client);
  const char *type = mu_wire_media_type(MU_WIRE_JSON);
  if (master == NULL) {
    fail(reading, MU_ERROR_UNAVAILABLE, "no master is known that could say where agent %s is", reading->agent_id);
    return;
  }
  g_autofree char *full = g_strconcat(master, AGENT_PATH, NULL);
  g_autoptr(GBytes) body = g_bytes_new_static(GET_AGENTS, strlen(GET_AGENTS));
  const MuMesosRequest request = {
      .url = full, .body = body, .content_type = type, .accept = type, .timeout_ms = TIMEOUT_MS};
  reading->transfer =
      mu_mesos_http_send(mu_mesos_client_http(reading->mesos->client), &request, &agents_funcs, reading);
}

/* ---- the vtable ---------------------------------------------------------------------------------------------------------- */

static gboolean begin(gpointer user) {
  Reading *reading = user;
  g_clear_pointer(&reading->beginning, g_source_unref);
  const char *url = reading->agent_id == NULL ? NULL : mu_mesos_places_agent(reading->mesos->places, reading->agent_id);
  if (reading->path == NULL)
    fail(reading, MU_ERROR_NOT_FOUND, "nothing was heard of where the task was started, so its sandbox is not known");
  else if (url != NULL)
    ask_agent(reading, url);
  else
    ask_master(reading);
  return G_SOURCE_REMOVE;
}

static char *sandbox_path(const MuMesos *mesos, const char *executor_id, const char *task_id, const char *path) {
  return g_strdup_printf("/frameworks/%s/executors/%s/runs/latest/tasks/%s%s%s", mesos->framework_id, executor_id,
                         task_id, *path == '\0' ? "" : "/", path);
}

/* What a status told, else what is in the record of who asks: of a task that ended before the scheduler was started nothing is told
 * any more. */
static const char *first_of(const char *a, const char *b) {
  return a != NULL ? a : b;
}

void mu_mesos_read_sandbox(MuEngine *engine, const MuTaskPlace *task, const char *path, guint64 offset, guint64 length,
                           MuSandboxFunc done, gpointer user) {
  MuMesos *mesos = (MuMesos *)engine;
  MuMesosTaskPlace place = {0};
  mu_mesos_places_task(mesos->places, task->task_id, &place);
  const char *executor_id = first_of(place.executor_id, task->executor_id);
  const char *agent_id = first_of(place.agent_id, task->agent_id);
  gboolean known = executor_id != NULL && agent_id != NULL && mesos->framework_id != NULL;
  Reading *reading = g_new0(Reading, 1);
  reading->mesos = mesos;
  reading->agent_id = g_strdup(agent_id);
  reading->path = known ? sandbox_path(mesos, executor_id, task->task_id, path) : NULL;
  reading->offset = offset;
  reading->length = length;
  reading->is_listing = *path == '\0';
  reading->done = done;
  reading->user = user;
  g_ptr_array_add(mesos->readings, reading);
  reading->beginning = g_idle_source_new(); /* never answered from inside */
  g_source_set_priority(reading->beginning, G_PRIORITY_DEFAULT);
  g_source_set_callback(reading->beginning, begin, reading, NULL);
  g_source_attach(reading->beginning, mesos->context);
}

static void forget(Reading *reading) {
  if (reading->beginning != NULL) {
    g_source_destroy(reading->beginning);
    g_source_unref(reading->beginning);
  }
  if (reading->transfer != NULL)
    mu_mesos_transfer_cancel(reading->transfer);
  fail(reading, MU_ERROR_UNAVAILABLE, "the scheduler ends");
}

void mu_mesos_forget_readings(MuMesos *mesos) {
  while (mesos->readings->len > 0)
    forget(mesos->readings->pdata[0]);
}
