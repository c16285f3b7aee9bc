#include "spec_changes.h"

#include "json.h"
#include "spec_fields.h"
#include <string.h>

/* Where the comparison is: names of what the fields belong to, and how far in they are. */
typedef struct {
  GPtrArray *changes;
  const char *pod, *task, *set;
  const char *prefix; /* "configs.main", "" */
  gboolean reaches;
} Place;

static void compare_fields(const Place *place, const MuObject *type, const json_t *was, const json_t *is);

static void change_free(gpointer data) {
  MuSpecChange *change = data;
  g_free(change->pod);
  g_free(change->task);
  g_free(change->set);
  g_free(change->field);
  json_decref(change->old_value);
  json_decref(change->new_value);
  g_free(change);
}

static void add(const Place *place, const char *field, const json_t *was, const json_t *is) {
  MuSpecChange *change = g_new0(MuSpecChange, 1);
  *change = (MuSpecChange){.pod = g_strdup(place->pod),
                           .task = g_strdup(place->task),
                           .set = g_strdup(place->set),
                           .field = g_strdup(field),
                           .old_value = json_incref((json_t *)was),
                           .new_value = json_incref((json_t *)is),
                           .reaches = place->reaches};
  g_ptr_array_add(place->changes, change);
}

static char *join(const char *outer, const char *key) {
  return *outer == '\0' ? g_strdup(key) : g_strdup_printf("%s.%s", outer, key);
}

/* ---- what has a name ------------------------------------------------------------------------------------------------ */

/* A pod, a task or a resource set: what comes or goes as a whole is one change, which restarts nothing that runs. */
static void compare_part(const Place *outer, const MuObject *type, const char *name, const json_t *was,
                         const json_t *is) {
  Place place = *outer;
  place.prefix = "";
  place.reaches = TRUE;
  if (type == &mu_pod_object)
    place.pod = name;
  else if (type == &mu_task_object)
    place.task = name;
  else
    place.set = name;
  if (was != NULL && is != NULL) {
    compare_fields(&place, type, was, is);
    return;
  }
  place.reaches = FALSE;
  add(&place, NULL, was == NULL ? NULL : json_true(), is == NULL ? NULL : json_true());
}

static gboolean is_part(const MuObject *type) {
  return type == &mu_pod_object || type == &mu_task_object || type == &mu_set_object;
}

/* An element of a map: a struct (`type`), or a plain value (`type` NULL). */
static void compare_element(const Place *outer, const MuObject *type, const char *name, const json_t *was,
                            const json_t *is) {
  if (was != NULL && is != NULL && json_equal(was, is))
    return;
  if (type != NULL && is_part(type)) {
    compare_part(outer, type, name, was, is);
    return;
  }
  g_autofree char *field = join(outer->prefix, name);
  Place place = *outer;
  place.prefix = field;
  if (type != NULL && was != NULL && is != NULL)
    compare_fields(&place, type, was, is);
  else
    add(outer, field, was, is);
}

static void compare_maps(const Place *place, const MuObject *type, const json_t *was, const json_t *is) {
  const char *name;
  json_t *value;
  json_object_foreach ((json_t *)was, name, value)
    compare_element(place, type, name, value, json_object_get(is, name));
  json_object_foreach ((json_t *)is, name, value)
    if (json_object_get(was, name) == NULL)
      compare_element(place, type, name, NULL, value);
}

/* ---- fields --------------------------------------------------------------------------------------------------------- */

static gboolean is_map(const MuField *field, const json_t *was, const json_t *is) {
  gboolean by_name =
      field->kind == MU_FIELD_PAIRS || (field->kind == MU_FIELD_MAP && field->object->name != MU_FIELD_NO_OFFSET);
  return by_name && (was == NULL || json_is_object(was)) && (is == NULL || json_is_object(is));
}

static void compare_field(const Place *outer, const MuField *field, const json_t *was, const json_t *is) {
  g_autofree char *name = join(outer->prefix, field->key);
  Place place = *outer;
  place.prefix = name;
  place.reaches = outer->reaches && (field->flags & MU_FIELD_NOT_RUNNING) == 0;
  if (is_map(field, was, is))
    compare_maps(&place, field->object, was, is);
  else if ((field->kind == MU_FIELD_GROUP || field->kind == MU_FIELD_OBJECT) && was != NULL && is != NULL)
    compare_fields(&place, field->object, was, is);
  else
    add(&place, name, was, is);
}

static void compare_fields(const Place *place, const MuObject *type, const json_t *was, const json_t *is) {
  for (guint i = 0; i < type->n_fields; i++) {
    const json_t *old_value = json_object_get(was, type->fields[i].key);
    const json_t *new_value = json_object_get(is, type->fields[i].key);
    gboolean neither = old_value == NULL && new_value == NULL;
    if (!neither && !(old_value != NULL && new_value != NULL && json_equal(old_value, new_value)))
      compare_field(place, &type->fields[i], old_value, new_value);
  }
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

/* Never NULL: what we write we can read. */
static json_t *to_json(const MuServiceSpec *spec) {
  g_autofree char *text = mu_service_spec_to_json(spec);
  return mu_json_parse(text, strlen(text), strlen(text), NULL);
}

GPtrArray *mu_spec_changes(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec) {
  g_autoptr(json_t) was = to_json(old_spec);
  g_autoptr(json_t) is = to_json(new_spec);
  const Place place = {.changes = g_ptr_array_new_with_free_func(change_free), .prefix = ""};
  compare_fields(&place, &mu_service_object, was, is);
  return place.changes;
}

gboolean mu_spec_change_reaches(const MuSpecChange *change, const char *pod, const char *task, const char *set) {
  return change->reaches && g_strcmp0(change->pod, pod) == 0 &&
         (change->task == NULL || strcmp(change->task, task) == 0) &&
         (change->set == NULL || g_strcmp0(change->set, set) == 0);
}

static void set_value(json_t *json, const char *key, const json_t *value) {
  if (value != NULL)
    json_object_set(json, key, (json_t *)value);
}

json_t *mu_spec_change_to_json(const MuSpecChange *change) {
  json_t *json = json_object();
  const char *word = change->old_value == NULL ? "added" : change->new_value == NULL ? "removed" : "changed";
  if (change->pod != NULL)
    mu_json_set_string(json, "pod", change->pod);
  if (change->task != NULL)
    mu_json_set_string(json, "task", change->task);
  if (change->set != NULL)
    mu_json_set_string(json, "set", change->set);
  if (change->field != NULL)
    mu_json_set_string(json, "field", change->field);
  mu_json_set_string(json, "change", word);
  if (change->field != NULL) {
    set_value(json, "old", change->old_value);
    set_value(json, "new", change->new_value);
  }
  mu_json_set_bool(json, "restarts", change->reaches);
  return json;
}
