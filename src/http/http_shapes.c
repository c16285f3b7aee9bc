/* The notation is JSON with ' for ": a text names a type (string, integer, boolean, any, object; `string?` may be null;
 * `#Plan` is one of NAMED), a list has the shape of its elements, an object its members; a member `x?` may be missing, and
 * the member `*` stands for members of any name. */
#include "http_shapes.h"

#include "bug.h"
#include "json.h"
#include "routes.h"
#include <string.h>

static const struct {
  const char *name, *shape;
} NAMED[] = {
    {"Error", "{'error': {'code': 'string', 'message': 'string'}}"},
    {"Names", "['string']"},
    {"Message", "{'message': 'string'}"},
    {"Waiting", "{'for': 'string', 'reason?': 'string', 'since?': 'integer', 'until?': 'integer', 'clears?': 'string', "
                "'command?': 'string'}"},
    {"Offers", "{'offers': 'integer', 'summary': 'string', 'stages': [{'stage': 'string', 'refused': 'integer', "
               "'example': 'string'}]}"},
    {"Step", "{'id': 'string', 'status': 'string', 'name': 'string', 'message': 'string', 'waiting?': '#Waiting'}"},
    {"Phase", "{'id': 'string', 'name': 'string', 'steps': ['#Step'], 'strategy': 'string', 'status': 'string'}"},
    {"Plan", "{'phases': ['#Phase'], 'errors': ['string'], 'strategy': 'string', 'status': 'string'}"},
    {"Task", "{'name': 'string', 'status': 'string', 'id?': 'string', 'since?': 'integer', 'failures?': 'integer', "
             "'reason?': 'string', 'message?': 'string', 'ready?': 'boolean', 'healthy?': 'boolean'}"},
    {"Pod",
     "{'name': 'string', 'decommissioned?': 'boolean', 'tasks': ['#Task'], 'agent?': 'string', 'hostname?': 'string', 'waiting?': 'object'}"},
    {"Service",
     "{'service': 'string', 'yaml?': 'string', 'state': 'string', 'version': 'integer', 'plan?': 'string', 'status?': 'string', "
     "'steps?': 'integer', 'complete?': 'integer', 'recovery?': 'string', 'pods': 'integer', 'uninstall': "
     "'boolean', 'error': 'string?'}"},
    {"ServiceSpec", "{'name': 'string', 'pods': 'any'}"},
    {"Context", "{'yaml': 'string', 'parameters?': {'*': 'string'}, 'files?': {'*': 'string'}}"},
    {"Removal", "{'service': 'string', 'state': 'string'}"},
    {"Tasks", "{'pod': 'string', 'tasks': ['string']}"},
    {"SandboxEntry", "{'path': 'string', 'size': 'integer', 'mtime': 'integer', 'directory': 'boolean'}"},
    {"Element", "{'name': 'string', 'type': 'string', 'children': 'any'}"},
};

#define TASK_STATUS "{'name': 'string', 'taskStatus': 'string', 'taskId': 'string'}"

static const struct {
  MuHttpHandler handler;
  const char *answer, *body; /* NULL: no JSON */
} SHAPES[] = {
    {mu_route_root, "{'name': 'string', 'version': 'string', 'help': 'string', 'links': {'*': 'string'}}", NULL},
    {mu_route_health, "{'status': 'string', 'value?': 'integer'}", NULL},
    {mu_route_framework,
     "{'status': 'string', 'framework': 'string', 'framework_id?': 'string', 'subscribed': 'boolean', 'services': "
     "'integer', 'store_error?': 'string', 'engine_error?': 'string'}",
     NULL},
    {mu_route_metrics_json,
     "{'version': 'string', 'gauges': {'*': {'value': 'integer'}}, 'counters': {'*': {'count': 'integer'}}}", NULL},
    {mu_route_engine, "object", NULL},
    {mu_route_exec, NULL,
     "{'cmd': ['string'], 'tty?': 'boolean', 'rows?': 'integer', 'columns?': 'integer', 'term?': 'string'}"},
    {mu_route_framework_id, "#Names", NULL},
    {mu_route_uninstall, "{'state': 'string', 'services': 'integer'}", NULL},
    {mu_route_openapi, "{'openapi': 'string', 'info': 'object', 'paths': 'object'}", NULL},
    {mu_route_secrets, "{'secrets': [{'name': 'string', 'changed': 'integer'}]}", NULL},
    {mu_route_secret_put, "{'secret': 'string', 'result': 'string'}", NULL},
    {mu_route_secret_remove, "{'secret': 'string', 'result': 'string'}", NULL},
    {mu_route_services, "['#Service']", NULL},
    {mu_route_yaml_list, "#Names", NULL},
    {mu_route_yaml_add, "{'name': 'string', 'yaml': 'string'}", "{'*': 'any'}"},
    {mu_route_service_put, "object", "#Context"},
    {mu_route_service, "#Service", NULL},
    {mu_route_service_remove, "#Removal", NULL},
    {mu_route_service_history, "[{'id': 'string', 'version': 'integer', 'since': 'integer', 'target': 'boolean'}]",
     NULL},
    {mu_route_service_rollback,
     "{'service': 'string', 'version': 'integer', 'target': 'string', 'result': 'string', 'warnings?': ['string']}",
     NULL},
    {mu_route_service_restart, "object", NULL},
    {mu_route_service_spec, "#ServiceSpec", NULL},
    {mu_route_service_health, "{'service': 'string', 'status': 'string', 'value': 'integer'}", NULL},
    {mu_route_why,
     "{'service': 'string', 'pod?': 'string', 'now': 'integer', 'summary?': 'string', 'troubles': ['#Waiting'], 'steps': "
     "[{'plan': 'string', 'phase': 'string', 'step': 'string', 'pod?': 'string', 'status': 'string', 'waiting': "
     "'#Waiting', 'offers?': '#Offers'}], 'left_out?': 'integer'}",
     NULL},
    {mu_route_plans, "#Names", NULL},
    {mu_route_plan, "#Plan", NULL},
    {mu_route_plan_start, "#Message", "{'*': 'any'}"},
    {mu_route_plan_stop, "#Message", NULL},
    {mu_route_plan_interrupt, "#Message", NULL},
    {mu_route_plan_continue, "#Message", NULL},
    {mu_route_plan_force_complete, "#Message", NULL},
    {mu_route_plan_restart, "#Message", NULL},
    {mu_route_pods, "#Names", NULL},
    {mu_route_pods_status, "{'service': 'string', 'pods': [{'name': 'string', 'instances': ['#Pod']}]}", NULL},
    {mu_route_pod_status, "#Pod", NULL},
    {mu_route_pod_info, "[{'info': 'object', 'status': 'object?', 'record': 'object'}]", NULL},
    {mu_route_pod_restart, "#Tasks", NULL},
    {mu_route_pod_replace, "#Tasks", NULL},
    {mu_route_pod_decommission, "#Tasks", NULL},
    {mu_route_pod_recommission, "#Tasks", NULL},
    {mu_route_pod_pause, "#Tasks", "['string']"},
    {mu_route_pod_resume, "#Tasks", "['string']"},
    {mu_route_configurations, "#Names", NULL},
    {mu_route_target_id, "#Names", NULL},
    {mu_route_configuration, "#ServiceSpec", NULL},
    {mu_route_endpoints, "#Names", NULL},
    {mu_route_endpoint, "{'address': ['string'], 'dns': ['string'], 'vip?': 'string'}", NULL},
    {mu_route_properties, "#Names", NULL},
    {mu_route_property, "any", NULL},
    {mu_route_file_put, "{'service': 'string', 'file': 'string', 'size': 'integer'}", NULL},
    {mu_route_zones, "{'*': 'string'}", NULL},
    {mu_route_refresh, "#Message", NULL},
    {mu_route_debug_offers,
     "{'acceptedCount': 'integer', 'rejectedCount': 'integer', 'failureReasons': {'*': 'integer'}, 'rejectedAgents': {'*': "
     "'integer'}, 'offers': [{'timestamp': 'integer', 'pod-instance-name': 'string', 'outcome': 'string', 'explanation': "
     "['string'], 'offer?': 'string'}]}",
     NULL},
    {mu_route_debug_plans,
     "{'schedulerState': 'string', 'activePlans': ['string'], 'plans': [{'name': 'string', 'status': 'string', 'strategy': "
     "'string', 'totalSteps': 'integer', 'completedSteps': 'integer', 'phases': 'any'}], 'serviceTopology': ['#Element']}",
     NULL},
    {mu_route_debug_statuses,
     "[{'name': 'string', 'phases': [{'name': 'string', 'steps': [{'name': 'string', 'taskStatus': [" TASK_STATUS
     "]}]}]}]",
     NULL},
    {mu_route_debug_reservations, "{'*': ['string']}", NULL},
    {mu_route_sandbox, "['#SandboxEntry']", NULL},
};

static const struct {
  const char *name, *meaning;
} CAPTURES[] = {
    {"name", "a service's name, encoded (team%2Fweb) or sanitized (team.web)"},
    {"secret", "a secret's name, a path"},
    {"plan", "a plan's name"},
    {"pod", "a pod instance, such as node-0"},
    {"pod-type", "a pod's type, such as node"},
    {"task", "a task: its name (node-0-server), its id, or its pod instance's name"},
    {"configuration", "a configuration's id, a uuid"},
    {"config", "the name of a config of the task"},
    {"endpoint", "the name of an advertised port"},
    {"key", "a property's name"},
    {"file", "a file's name"},
    {"address", "the address of a task, or of its agent"},
    {"path", "a path in the sandbox"},
};

/* ---- the notation -------------------------------------------------------------------------------------------------- */

static json_t *schema_of(const json_t *shape);

static json_t *schema_of_word(const char *word) {
  if (word[0] == '#') {
    g_autofree char *reference = g_strconcat("#/components/schemas/", word + 1, NULL);
    return json_pack("{s:s}", "$ref", reference);
  }
  if (strcmp(word, "any") == 0)
    return json_object();
  gboolean nullable = g_str_has_suffix(word, "?");
  json_t *schema = json_pack("{s:s%}", "type", word, strlen(word) - (nullable ? 1 : 0));
  if (nullable)
    mu_json_set_bool(schema, "nullable", TRUE);
  return schema;
}

static json_t *schema_of_object(const json_t *shape) {
  json_t *schema = json_pack("{s:s}", "type", "object"), *properties = json_object(), *required = json_array();
  const char *key;
  json_t *member;
  json_object_foreach ((json_t *)shape, key, member) {
    gboolean optional = g_str_has_suffix(key, "?");
    g_autofree char *name = g_strndup(key, strlen(key) - (optional ? 1 : 0));
    if (strcmp(key, "*") == 0) {
      mu_json_set_new(schema, "additionalProperties", schema_of(member));
      continue;
    }
    mu_json_set_new(properties, name, schema_of(member));
    if (!optional)
      json_array_append_new(required, json_string(name));
  }
  if (json_object_size(properties) > 0)
    json_object_set(schema, "properties", properties);
  if (json_array_size(required) > 0)
    json_object_set(schema, "required", required);
  json_decref(properties);
  json_decref(required);
  return schema;
}

static json_t *schema_of(const json_t *shape) {
  if (json_is_string(shape))
    return schema_of_word(json_string_value(shape));
  if (json_is_array(shape))
    return json_pack("{s:s, s:o}", "type", "array", "items", schema_of(json_array_get(shape, 0)));
  return schema_of_object(shape);
}

static json_t *read_shape(const char *notation) {
  if (notation == NULL)
    return NULL;
  if (strpbrk(notation, "[{") == NULL)
    return schema_of_word(notation);
  g_autofree char *text = g_strdelimit(g_strdup(notation), "'", '"');
  g_autoptr(json_t) shape = json_loads(text, 0, NULL);
  if (shape == NULL)
    mu_bug("a shape that is not in the notation");
  return schema_of(shape);
}

json_t *mu_http_shape_of_answer(MuHttpHandler handler) {
  for (gsize i = 0; i < G_N_ELEMENTS(SHAPES); i++)
    if (SHAPES[i].handler == handler)
      return read_shape(SHAPES[i].answer);
  return NULL;
}

json_t *mu_http_shape_of_body(MuHttpHandler handler) {
  for (gsize i = 0; i < G_N_ELEMENTS(SHAPES); i++)
    if (SHAPES[i].handler == handler)
      return read_shape(SHAPES[i].body);
  return NULL;
}

json_t *mu_http_shapes_named(void) {
  json_t *named = json_object();
  for (gsize i = 0; i < G_N_ELEMENTS(NAMED); i++)
    mu_json_set_new(named, NAMED[i].name, read_shape(NAMED[i].shape));
  return named;
}

const char *mu_http_shape_capture(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(CAPTURES); i++)
    if (strcmp(CAPTURES[i].name, name) == 0)
      return CAPTURES[i].meaning;
  return NULL;
}
