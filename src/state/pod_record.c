#include "records.h"

#include "bug.h"
#include "engine_json.h"
#include "json.h"
#include "sm.h"
#include <muster/error.h>

#include <string.h>

static const MuSmState LEDGER_STATES[] = {
    [MU_LEDGER_PLANNED] = {"PLANNED", MU_SM_TO(MU_LEDGER_HELD) | MU_SM_TO(MU_LEDGER_RELEASING)},
    [MU_LEDGER_HELD] = {"HELD", MU_SM_TO(MU_LEDGER_RELEASING)},
    [MU_LEDGER_RELEASING] = {"RELEASING", 0},
};
static const MuSm LEDGER = {"ledger entry", LEDGER_STATES, G_N_ELEMENTS(LEDGER_STATES)};

static const char *const FATES[] = {[MU_POD_KEEP] = "KEEP", [MU_POD_REPLACE] = "REPLACE", [MU_POD_ERASE] = "ERASE"};

MuLedgerEntry *mu_ledger_entry_new(MuResource *take_resource, const char *set, const char *what) {
  MuLedgerEntry *entry = g_new0(MuLedgerEntry, 1);
  entry->resource = take_resource;
  entry->set = g_strdup(set);
  entry->what = g_strdup(what);
  return entry;
}

MuLedgerEntry *mu_ledger_entry_copy(const MuLedgerEntry *entry) {
  MuLedgerEntry *copy = mu_ledger_entry_new(mu_resource_copy(entry->resource), entry->set, entry->what);
  copy->state = entry->state;
  copy->asked = entry->asked;
  return copy;
}

void mu_ledger_entry_free(MuLedgerEntry *entry) {
  if (entry == NULL)
    return;
  mu_resource_free(entry->resource);
  g_free(entry->set);
  g_free(entry->what);
  g_free(entry);
}

void mu_ledger_entry_move(MuLedgerEntry *entry, MuLedgerState to) {
  mu_sm_move(&LEDGER, &entry->state, to, entry->resource->reservation.resource_id);
}

MuPodRecord *mu_pod_record_new(const char *type, guint index) {
  MuPodRecord *record = g_new0(MuPodRecord, 1);
  record->type = g_strdup(type);
  record->index = index;
  record->attributes = g_ptr_array_new_with_free_func((GDestroyNotify)mu_env_var_free);
  record->entries = g_ptr_array_new_with_free_func((GDestroyNotify)mu_ledger_entry_free);
  return record;
}

static void copy_attributes(GPtrArray *to, const GPtrArray *from) {
  g_ptr_array_set_size(to, 0);
  for (guint i = 0; from != NULL && i < from->len; i++) {
    const MuEnvVar *var = from->pdata[i];
    g_ptr_array_add(to, mu_env_var_new(var->name, var->value));
  }
}

MuPodRecord *mu_pod_record_copy(const MuPodRecord *record) {
  MuPodRecord *copy = mu_pod_record_new(record->type, record->index);
  copy->fate = record->fate;
  copy->agent_id = g_strdup(record->agent_id);
  copy->hostname = g_strdup(record->hostname);
  copy->region = g_strdup(record->region);
  copy->zone = g_strdup(record->zone);
  copy->role = g_strdup(record->role);
  copy_attributes(copy->attributes, record->attributes);
  for (guint i = 0; i < record->entries->len; i++)
    g_ptr_array_add(copy->entries, mu_ledger_entry_copy(record->entries->pdata[i]));
  return copy;
}

void mu_pod_record_free(MuPodRecord *record) {
  if (record == NULL)
    return;
  g_free(record->type);
  g_free(record->agent_id);
  g_free(record->hostname);
  g_free(record->region);
  g_free(record->zone);
  g_free(record->role);
  g_ptr_array_unref(record->attributes);
  g_ptr_array_unref(record->entries);
  g_free(record);
}

static json_t *entry_to_json(const MuLedgerEntry *entry) {
  json_t *json = json_object();
  mu_json_set_string(json, "set", entry->set);
  mu_json_set_string(json, "what", entry->what);
  mu_json_set_int(json, "state", entry->state);
  if (entry->asked)
    mu_json_set_bool(json, "asked", TRUE);
  mu_json_set_new(json, "resource", mu_resource_to_json(entry->resource));
  return json;
}

char *mu_pod_record_encode(const MuPodRecord *record) {
  g_autoptr(json_t) json = json_object();
  mu_json_set_string(json, "type", record->type);
  mu_json_set_int(json, "index", record->index);
  mu_json_set_string(json, "fate", FATES[record->fate]);
  mu_json_set_string(json, "agent", record->agent_id);
  mu_json_set_string(json, "hostname", record->hostname);
  mu_json_set_string(json, "region", record->region);
  mu_json_set_string(json, "zone", record->zone);
  mu_json_set_string(json, "role", record->role);
  mu_engine_json_set_vars(json, "attributes", record->attributes);
  json_t *entries = json_array();
  for (guint i = 0; i < record->entries->len; i++)
    json_array_append_new(entries, entry_to_json(record->entries->pdata[i]));
  mu_json_set_new(json, "entries", entries);
  return mu_json_to_string(json);
}

static MuLedgerEntry *entry_from_json(const json_t *json, GError **error) {
  const char *set = NULL, *what = NULL;
  gint64 state = 0;
  gboolean asked = FALSE;
  if (!mu_json_get_string(json, "set", TRUE, &set, error) || !mu_json_get_string(json, "what", FALSE, &what, error) ||
      !mu_json_get_int(json, "state", TRUE, &state, error) || !mu_json_get_bool(json, "asked", FALSE, &asked, error))
    return NULL;
  if (state < MU_LEDGER_PLANNED || state > MU_LEDGER_RELEASING) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "unknown ledger state %" G_GINT64_FORMAT " in the store", state);
    return NULL;
  }
  MuResource *resource = mu_resource_from_json(json_object_get(json, "resource"), error);
  if (resource == NULL)
    return NULL;
  if (resource->reservation.resource_id == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "a ledger entry of set \"%s\" has no resource id in the store", set);
    mu_resource_free(resource);
    return NULL;
  }
  MuLedgerEntry *entry = mu_ledger_entry_new(resource, set, what);
  entry->state = (guint)state;
  entry->asked = asked;
  return entry;
}

static gboolean entries_from_json(MuPodRecord *record, const json_t *json, GError **error) {
  const json_t *entries = NULL;
  size_t i;
  json_t *value;
  if (!mu_json_get_array(json, "entries", TRUE, &entries, error))
    return FALSE;
  json_array_foreach (entries, i, value) {
    MuLedgerEntry *entry = entry_from_json(value, error);
    if (entry == NULL)
      return FALSE;
    g_ptr_array_add(record->entries, entry);
  }
  return TRUE;
}

/* Absent: KEEP. */
static gboolean fate_from_string(const char *text, MuPodFate *ret, GError **error) {
  for (guint i = 0; i < G_N_ELEMENTS(FATES); i++) {
    if (text == NULL || strcmp(text, FATES[i]) == 0) {
      *ret = (MuPodFate)i;
      return TRUE;
    }
  }
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "unknown fate of a pod \"%s\" in the store", text);
  return FALSE;
}

MuPodRecord *mu_pod_record_decode(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, G_MAXSIZE, error);
  if (json == NULL)
    return NULL;
  const char *type = NULL, *fate = NULL, *agent = NULL, *hostname = NULL, *region = NULL, *zone = NULL, *role = NULL;
  gint64 index = 0;
  if (!mu_json_get_string(json, "type", TRUE, &type, error) ||
      !mu_json_get_int_between(json, "index", TRUE, 0, G_MAXINT32, &index, error) ||
      !mu_json_get_string(json, "fate", FALSE, &fate, error) ||
      !mu_json_get_string(json, "agent", FALSE, &agent, error) ||
      !mu_json_get_string(json, "hostname", FALSE, &hostname, error) ||
      !mu_json_get_string(json, "region", FALSE, &region, error) ||
      !mu_json_get_string(json, "zone", FALSE, &zone, error) || !mu_json_get_string(json, "role", FALSE, &role, error))
    return NULL;
  g_autoptr(MuPodRecord) record = mu_pod_record_new(type, (guint)index);
  record->agent_id = g_strdup(agent);
  record->hostname = g_strdup(hostname);
  record->region = g_strdup(region);
  record->zone = g_strdup(zone);
  record->role = g_strdup(role);
  if (!fate_from_string(fate, &record->fate, error) ||
      !mu_engine_json_get_vars(json, "attributes", record->attributes, error) ||
      !entries_from_json(record, json, error))
    return NULL;
  return g_steal_pointer(&record);
}

MuLedgerEntry *mu_pod_record_find(const MuPodRecord *record, const char *set, MuResourceKind kind, const char *what) {
  for (guint i = 0; i < record->entries->len; i++) {
    MuLedgerEntry *entry = record->entries->pdata[i];
    if (entry->state != MU_LEDGER_RELEASING && entry->resource->kind == kind && strcmp(entry->set, set) == 0 &&
        g_strcmp0(entry->what, what) == 0)
      return entry;
  }
  return NULL;
}

MuLedgerEntry *mu_pod_record_by_id(const MuPodRecord *record, const char *resource_id) {
  for (guint i = 0; i < record->entries->len; i++) {
    MuLedgerEntry *entry = record->entries->pdata[i];
    if (g_strcmp0(entry->resource->reservation.resource_id, resource_id) == 0)
      return entry;
  }
  return NULL;
}

void mu_pod_record_set_place(MuPodRecord *record, const MuOffer *offer) {
  g_free(record->agent_id);
  g_free(record->hostname);
  g_free(record->region);
  g_free(record->zone);
  record->agent_id = g_strdup(offer->agent_id);
  record->hostname = g_strdup(offer->hostname);
  record->region = g_strdup(offer->region);
  record->zone = g_strdup(offer->zone);
  copy_attributes(record->attributes, offer->attributes);
}

const char *mu_pod_record_field(const MuPodRecord *record, const char *field) {
  if (record->agent_id == NULL)
    return NULL;
  if (strcmp(field, "hostname") == 0)
    return record->hostname;
  if (strcmp(field, "@region") == 0)
    return record->region;
  if (strcmp(field, "@zone") == 0)
    return record->zone;
  for (guint i = 0; i < record->attributes->len; i++) {
    const MuEnvVar *var = record->attributes->pdata[i];
    if (strcmp(var->name, field) == 0)
      return var->value;
  }
  return NULL;
}
