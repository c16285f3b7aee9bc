/* Requests: what is refused, with which status and words, and in which order that is found (Master::Http::scheduler of
 * src/master/http.cpp, validation.cpp). */
#include "ids.h"
#include "json.h"
#include "master_private.h"
#include "mesos_calls.h"

#include <string.h>

void mu_master_reply_clear(MuMasterReply *reply) {
  g_free(reply->text);
  g_clear_pointer(&reply->bytes, g_bytes_unref);
  g_free(reply->value);
  mu_master_stream_unref(reply->stream);
}

static void refuse(MuMasterReply *ret, guint status, char *take_text) {
  ret->status = status;
  ret->text = take_text;
  ret->type = "text/plain; charset=utf-8";
}

static void set_header(MuMasterReply *ret, const char *header, const char *value) {
  ret->header = header;
  ret->value = g_strdup(value);
}

/* ---- before the call is read ------------------------------------------------------------------------------------------ */

static gboolean is_authorized(const MuTestMaster *master, const MuMasterRequest *request, MuMasterReply *ret) {
  if (master->authorization == NULL || g_strcmp0(request->authorization, master->authorization) == 0)
    return TRUE;
  refuse(ret, 401, NULL);
  set_header(ret, "WWW-Authenticate", "Basic realm=\"mesos\"");
  return FALSE;
}

/* Another path below /api/v1 is a call of the operator API, which always lacks its type here. */
static gboolean is_for_scheduler(const MuMasterRequest *request, MuMasterReply *ret) {
  if (strcmp(request->path, "/api/v1/scheduler") == 0)
    return TRUE;
  if (g_str_has_prefix(request->path, "/api/v1"))
    refuse(ret, 400, g_strdup("Failed to validate master::Call: Expecting 'type' to be present"));
  else
    refuse(ret, 404, NULL);
  return FALSE;
}

static gboolean is_leader(const MuTestMaster *master, const MuMasterRequest *request, MuMasterReply *ret) {
  if (master->leads)
    return TRUE;
  if (master->leader == NULL) {
    refuse(ret, 503, g_strdup("No leader elected"));
    return FALSE;
  }
  g_autofree char *location = g_strconcat(master->leader, request->path, NULL);
  ret->status = 307;
  set_header(ret, "Location", location);
  return FALSE;
}

static gboolean takes_method(const MuMasterRequest *request, MuMasterReply *ret) {
  if (strcmp(request->method, "POST") == 0)
    return TRUE;
  refuse(ret, 405,
         g_strdup_printf("405 Method Not Allowed. Expecting one of { 'POST' }, but received '%s'.", request->method));
  set_header(ret, "Allow", "POST");
  return FALSE;
}

static gboolean read_format(const MuMasterRequest *request, MuWireFormat *ret_format, MuMasterReply *ret) {
  *ret_format = MU_WIRE_PROTOBUF;
  if (request->content_type == NULL) {
    refuse(ret, 400, g_strdup("Expecting 'Content-Type' to be present"));
    return FALSE;
  }
  if (strcmp(request->content_type, "application/x-protobuf") == 0)
    return TRUE;
  *ret_format = MU_WIRE_JSON;
  if (strcmp(request->content_type, "application/json") == 0)
    return TRUE;
  refuse(ret, 415, g_strdup("Expecting 'Content-Type' of application/json or application/x-protobuf"));
  return FALSE;
}

static Mesos__Call *read_call(MuArena *arena, const MuMasterRequest *request, MuMasterReply *ret) {
  MuWireFormat format;
  g_autoptr(GError) error = NULL;
  if (!read_format(request, &format, ret))
    return NULL;
  if (format == MU_WIRE_JSON) {
    g_autoptr(json_t) json = mu_json_parse((const char *)request->body, request->length, MU_MASTER_MAX_BODY, NULL);
    if (json == NULL) {
      refuse(ret, 400, g_strdup("Failed to parse body into JSON: syntax error at line 1 near: "));
      return NULL;
    }
  }
  Mesos__Call *call = mu_wire_decode(arena, &mesos__call__descriptor, format, request->body, request->length, &error);
  if (call == NULL)
    refuse(ret, 400,
           format == MU_WIRE_PROTOBUF
               ? g_strdup("Failed to parse body into Call protobuf")
               : g_strdup_printf("Failed to convert JSON into Call protobuf: %s", error->message));
  return call;
}

/* ---- whether it is whole ---------------------------------------------------------------------------------------------- */

static const struct {
  Mesos__Call__Type type;
  const char *part;
  gsize offset;
} PARTS[] = {
    {MESOS__CALL__TYPE__SUBSCRIBE, "subscribe", offsetof(Mesos__Call, subscribe)},
    {MESOS__CALL__TYPE__ACCEPT, "accept", offsetof(Mesos__Call, accept)},
    {MESOS__CALL__TYPE__DECLINE, "decline", offsetof(Mesos__Call, decline)},
    {MESOS__CALL__TYPE__KILL, "kill", offsetof(Mesos__Call, kill)},
    {MESOS__CALL__TYPE__ACKNOWLEDGE, "acknowledge", offsetof(Mesos__Call, acknowledge)},
    {MESOS__CALL__TYPE__RECONCILE, "reconcile", offsetof(Mesos__Call, reconcile)},
    {MESOS__CALL__TYPE__UPDATE_FRAMEWORK, "update_framework", offsetof(Mesos__Call, update_framework)},
};

static gboolean lacks(const char *part, MuMasterReply *ret) {
  refuse(ret, 400, g_strdup_printf("Failed to validate scheduler::Call: Expecting '%s' to be present", part));
  return FALSE;
}

static gboolean has_part(const Mesos__Call *call, MuMasterReply *ret) {
  for (gsize i = 0; i < G_N_ELEMENTS(PARTS); i++)
    if (PARTS[i].type == call->type && G_STRUCT_MEMBER(gpointer, call, PARTS[i].offset) == NULL)
      return lacks(PARTS[i].part, ret);
  return TRUE;
}

static gboolean same_ids(const Mesos__Call *call, MuMasterReply *ret) {
  const Mesos__FrameworkID *inner = call->subscribe->framework_info->id;
  const char *id = inner == NULL ? "" : inner->value,
             *outer = call->framework_id == NULL ? "" : call->framework_id->value;
  if (strcmp(id, outer) == 0)
    return TRUE;
  refuse(ret, 400,
         g_strdup("Failed to validate scheduler::Call: 'framework_id' differs from 'subscribe.framework_info.id'"));
  return FALSE;
}

static gboolean is_whole(const Mesos__Call *call, MuMasterReply *ret) {
  if (!call->has_type || call->type == MESOS__CALL__TYPE__UNKNOWN)
    return lacks("type", ret);
  if (call->type == MESOS__CALL__TYPE__SUBSCRIBE)
    return has_part(call, ret) && same_ids(call, ret);
  if (call->framework_id == NULL)
    return lacks("framework_id", ret);
  return has_part(call, ret);
}

/* ---- subscribing ------------------------------------------------------------------------------------------------------ */

/* The type is the whole header, or in a list of it. */
static gboolean accepts(const char *header, const char *type) {
  return header == NULL || strstr(header, type) != NULL || strstr(header, "*/*") != NULL;
}

static gboolean read_accept(const MuMasterRequest *request, MuWireFormat *ret_format, MuMasterReply *ret) {
  *ret_format = MU_WIRE_JSON;
  if (accepts(request->accept, "application/json"))
    return TRUE;
  *ret_format = MU_WIRE_PROTOBUF;
  if (accepts(request->accept, "application/x-protobuf"))
    return TRUE;
  refuse(ret, 406, g_strdup("Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"));
  return FALSE;
}

static void tell_error(MuMasterStream *stream, const char *message) {
  Mesos__Event event = MESOS__EVENT__INIT;
  Mesos__Event__Error error = MESOS__EVENT__ERROR__INIT;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__ERROR;
  event.error = &error;
  error.message = (char *)message;
  mu_master_stream_put(stream, &event);
  mu_master_stream_end(stream, FALSE);
}

/* The one that was subscribed before learns that another took its place. */
static void fail_over(MuTestMaster *master) {
  MuMasterStream *stream = g_steal_pointer(&master->stream);
  if (stream == NULL)
    return;
  tell_error(stream, "Framework failed over");
  stream->master = NULL;
  mu_master_stream_unref(stream);
  mu_sim_cluster_lose_scheduler(master->sim);
}

/* The cluster's allocator is told of the roles. */
static void take_framework(MuTestMaster *master, const Mesos__FrameworkInfo *info) {
  g_autoptr(MuEngineCall) call = mu_engine_call_new(MU_CALL_ROLES);
  for (gsize i = 0; i < info->n_roles; i++)
    mu_items_add(call->roles, g_strdup(info->roles[i]));
  mu_sim_cluster_call(master->sim, call);
}

static void subscribe(MuTestMaster *master, const MuMasterRequest *request, const Mesos__Call *call,
                      MuMasterReply *ret) {
  MuWireFormat format;
  if (!read_accept(request, &format, ret))
    return;
  if (request->stream_id != NULL) {
    refuse(ret, 400, g_strdup("Subscribe calls should not include the 'Mesos-Stream-Id' header"));
    return;
  }
  const char *id = call->framework_id == NULL ? NULL : call->framework_id->value;
  MuMasterStream *stream = mu_master_stream_new(master, format);
  ret->status = 200;
  ret->type = mu_wire_media_type(format);
  ret->stream = mu_master_stream_ref(stream);
  g_free(master->stream_id);
  master->stream_id = g_uuid_string_random();
  set_header(ret, "Mesos-Stream-Id", master->stream_id);
  if (id != NULL && g_hash_table_contains(master->removed, id)) {
    tell_error(stream, "Framework has been removed");
    mu_master_stream_unref(stream);
    return;
  }
  fail_over(master);
  take_framework(master, call->subscribe->framework_info);
  master->stream = stream;
  master->subscriptions++;
  mu_sim_cluster_subscribe(master->sim, id);
}

/* ---- the other calls -------------------------------------------------------------------------------------------------- */

static gboolean is_of_stream(MuTestMaster *master, const MuMasterRequest *request, const Mesos__Call *call,
                             MuMasterReply *ret) {
  const char *id = mu_sim_framework_id(master->sim);
  if (g_strcmp0(id, call->framework_id->value) != 0 ||
      g_hash_table_contains(master->removed, call->framework_id->value)) {
    refuse(ret, 400, g_strdup("Framework cannot be found"));
    return FALSE;
  }
  if (master->stream == NULL) {
    refuse(ret, 403, g_strdup("Framework is not subscribed"));
    return FALSE;
  }
  if (request->stream_id == NULL) {
    refuse(ret, 400, g_strdup("All non-subscribe calls should include the 'Mesos-Stream-Id' header"));
    return FALSE;
  }
  if (master->faults[MU_MASTER_WRONG_STREAM] == 0 && strcmp(request->stream_id, master->stream_id) == 0)
    return TRUE;
  master->faults[MU_MASTER_WRONG_STREAM] -= master->faults[MU_MASTER_WRONG_STREAM] > 0;
  refuse(ret, 400,
         g_strdup_printf("The stream ID '%s' included in this request didn't match the stream ID currently associated "
                         "with framework ID %s",
                         request->stream_id, id));
  return FALSE;
}

static void tear_down(MuTestMaster *master) {
  g_hash_table_add(master->removed, g_strdup(mu_sim_framework_id(master->sim)));
  MuMasterStream *stream = g_steal_pointer(&master->stream);
  mu_master_stream_end(stream, FALSE);
  stream->master = NULL;
  mu_master_stream_unref(stream);
  mu_sim_cluster_lose_scheduler(master->sim);
}

static void perform(MuTestMaster *master, const Mesos__Call *call, MuMasterReply *ret) {
  g_autoptr(GError) error = NULL;
  ret->status = 202;
  if (call->type == MESOS__CALL__TYPE__UPDATE_FRAMEWORK) {
    take_framework(master, call->update_framework->framework_info);
    ret->status = 200;
    return;
  }
  g_autoptr(MuEngineCall) engine_call = mu_mesos_call_read(call, &error);
  if (engine_call == NULL) {
    refuse(ret, 400, g_strdup_printf("Failed to validate scheduler::Call: %s", error->message));
    return;
  }
  const char *fault = mu_master_take_secrets(master, call);
  if (fault != NULL) {
    refuse(ret, 400, g_strdup_printf("Failed to validate scheduler::Call: %s", fault));
    return;
  }
  if (engine_call->kind == MU_CALL_DECLINE)
    g_hash_table_add(master->refused, GSIZE_TO_POINTER((gsize)engine_call->refuse_ms));
  mu_sim_cluster_call(master->sim, engine_call);
  if (engine_call->kind == MU_CALL_TEARDOWN)
    tear_down(master);
}

static gboolean is_available(MuTestMaster *master, MuMasterReply *ret) {
  if (master->faults[MU_MASTER_UNAVAILABLE] == 0)
    return TRUE;
  master->faults[MU_MASTER_UNAVAILABLE]--;
  refuse(ret, 503, g_strdup("Master has not finished recovery"));
  return FALSE;
}

void mu_master_answer(MuTestMaster *master, const MuMasterRequest *request, MuMasterReply *ret) {
  g_autoptr(MuArena) arena = mu_arena_new();
  if (!is_authorized(master, request, ret))
    return;
  if (master->sandboxes != NULL && strcmp(request->path, "/api/v1") == 0) {
    mu_master_answer_operator(master, request, ret);
    return;
  }
  if (!is_for_scheduler(request, ret) || !is_leader(master, request, ret) || !is_available(master, ret) ||
      !takes_method(request, ret))
    return;
  const Mesos__Call *call = read_call(arena, request, ret);
  if (call == NULL || !is_whole(call, ret))
    return;
  if (call->type == MESOS__CALL__TYPE__SUBSCRIBE) {
    subscribe(master, request, call, ret);
    return;
  }
  if (!is_of_stream(master, request, call, ret))
    return;
  perform(master, call, ret);
  master->calls++;
  if (master->faults[MU_MASTER_LOSE_CALLS] > 0) {
    master->faults[MU_MASTER_LOSE_CALLS]--;
    ret->lost = TRUE;
  }
}
