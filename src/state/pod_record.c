#include "records.h"

#include "bug.h"
#include "engine_json.h"
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
  copy->agent_id = g_strdup(entry->agent_id);
  copy->hostname = g_strdup(entry->hostname);
  return copy;
}

void mu_ledger_entry_free(MuLedgerEntry *entry) {
  if (entry == NULL)
    return;
  if (entry->block == 0)
    mu_resource_free(entry->resource);
  else
    g_clear_pointer(&entry->resource->ranges, g_array_unref);
  mu_json_block_free(entry, entry->block, entry->set);
  mu_json_block_free(entry, entry->block, entry->what);
  mu_json_block_free(entry, entry->block, entry->agent_id);
  mu_json_block_free(entry, entry->block, entry->hostname);
  g_free(entry);
}

static void entry_free(gpointer entry) {
  mu_ledger_entry_free(entry);
}

void mu_ledger_entry_move(MuLedgerEntry *entry, MuLedgerState to) {
  mu_sm_move(&LEDGER, &entry->state, to, entry->resource->reservation.resource_id);
}

void mu_ledger_entry_leave(MuLedgerEntry *entry, const MuPodRecord *record) {
  if (entry->agent_id != NULL)
    return;
  if (entry->state != MU_LEDGER_RELEASING) {
    entry->asked = entry->state == MU_LEDGER_PLANNED;
    mu_ledger_entry_move(entry, MU_LEDGER_RELEASING);
  }
  entry->agent_id = g_strdup(record->agent_id);
  entry->hostname = g_strdup(record->hostname);
}

MuPodRecord *mu_pod_record_new(const char *type, guint index) {
  MuPodRecord *record = g_new0(MuPodRecord, 1);
  record->type = g_strdup(type);
  record->index = index;
  return record;
}

MuPodRecord *mu_pod_record_copy(const MuPodRecord *record) {
  MuPodRecord *copy = mu_pod_record_new(record->type, record->index);
  copy->fate = record->fate;
  copy->agent_id = g_strdup(record->agent_id);
  copy->hostname = g_strdup(record->hostname);
  copy->region = g_strdup(record->region);
  copy->zone = g_strdup(record->zone);
  copy->role = g_strdup(record->role);
  mu_env_vars_add_all(copy->attributes, record->attributes);
  for (guint i = 0; i < record->entries->len; i++)
    mu_items_add(copy->entries, mu_ledger_entry_copy(record->entries->pdata[i]));
  return copy;
}

void mu_pod_record_free(MuPodRecord *record) {
  if (record == NULL)
    return;
  mu_pod_record_clear_place(record);
  mu_json_block_free(record, record->block, record->type);
  mu_json_block_free(record, record->block, record->role);
  mu_items_clear(record->entries, entry_free);
  g_free(record);
}

/* ---- an entry as JSON ------------------------------------------------------------------------------------------------ */

static void write_resource(MuJsonText *out, const char *key, gconstpointer object) {
  mu_json_text_key(out, key);
  mu_json_form_write(out, &mu_resource_form, ((const MuLedgerEntry *)object)->resource);
}

/* An entry that is one block. */
typedef struct {
  MuLedgerEntry entry;
  MuResource resource;
} EntryBlock;

static gboolean scan_resource(MuJsonScan *in, gpointer object) {
  MuLedgerEntry *entry = object;
  if (in->block != NULL)
    return mu_json_form_scan_into(in, &mu_resource_form, &((EntryBlock *)object)->resource);
  entry->resource = mu_json_form_scan(in, &mu_resource_form);
  return entry->resource != NULL;
}

static void resource_to_tree(json_t *tree, const char *key, gconstpointer object) {
  mu_json_set_new(tree, key, mu_resource_to_json(((const MuLedgerEntry *)object)->resource));
}

static gboolean resource_from_tree(const json_t *tree, const char *key, gpointer object, GError **error) {
  MuLedgerEntry *entry = object;
  entry->resource = mu_resource_from_json(json_object_get(tree, key), error);
  return entry->resource != NULL;
}

static const MuJsonOther RESOURCE = {NULL, write_resource, scan_resource, resource_to_tree, resource_from_tree};

#define ENTRY(member) G_STRUCT_OFFSET(MuLedgerEntry, member)

static const MuJsonMember ENTRY_MEMBERS[] = {
    {MU_JSON_KEY("set"), .kind = MU_JSON_TEXT, .offset = ENTRY(set), .required = TRUE},
    {MU_JSON_KEY("what"), .kind = MU_JSON_TEXT, .offset = ENTRY(what)},
    {MU_JSON_KEY("state"), .kind = MU_JSON_COUNT, .offset = ENTRY(state), .required = TRUE, .max = MU_LEDGER_RELEASING},
    {MU_JSON_KEY("asked"), .kind = MU_JSON_BOOL, .offset = ENTRY(asked), .not_zero = TRUE},
    {MU_JSON_KEY("agent"), .kind = MU_JSON_TEXT, .offset = ENTRY(agent_id)},
    {MU_JSON_KEY("hostname"), .kind = MU_JSON_TEXT, .offset = ENTRY(hostname)},
    {MU_JSON_KEY("resource"), .kind = MU_JSON_OTHER, .required = TRUE, .other = &RESOURCE},
};

static gpointer entry_new(void) {
  return g_new0(MuLedgerEntry, 1);
}

static gboolean entry_check(gconstpointer object, GError **error) {
  const MuLedgerEntry *entry = object;
  if (entry->resource->reservation.resource_id != NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "a ledger entry of set \"%s\" has no resource id in the store",
              entry->set);
  return FALSE;
}

static void entry_placed(gpointer object) {
  EntryBlock *block = object;
  block->entry.resource = &block->resource;
}

static const MuJsonBlockForm ENTRY_BLOCK = {.size = sizeof(EntryBlock), .bytes = ENTRY(block), .placed = entry_placed};

static const MuJsonForm ENTRY_FORM = {NULL,        ENTRY_MEMBERS, G_N_ELEMENTS(ENTRY_MEMBERS), entry_new, entry_free,
                                      entry_check, &ENTRY_BLOCK};

/* ---- the record as JSON ---------------------------------------------------------------------------------------------- */

static void write_attributes(MuJsonText *out, const char *key, gconstpointer object) {
  mu_engine_json_write_vars(out, key, ((const MuPodRecord *)object)->attributes);
}

static gboolean scan_attributes(MuJsonScan *in, gpointer object) {
  return mu_engine_json_scan_vars(in, ((MuPodRecord *)object)->attributes);
}

static void attributes_to_tree(json_t *tree, const char *key, gconstpointer object) {
  mu_engine_json_set_vars(tree, key, ((const MuPodRecord *)object)->attributes);
}

static gboolean attributes_from_tree(const json_t *tree, const char *key, gpointer object, GError **error) {
  return mu_engine_json_get_vars(tree, key, ((MuPodRecord *)object)->attributes, error);
}

static const MuJsonOther ATTRIBUTES = {NULL, write_attributes, scan_attributes, attributes_to_tree,
                                       attributes_from_tree};

static void write_entries(MuJsonText *out, const char *key, gconstpointer object) {
  const MuItems *entries = ((const MuPodRecord *)object)->entries;
  mu_json_text_key(out, key);
  mu_json_text_raw(out, "[", 1);
  for (guint i = 0; i < entries->len; i++) {
    mu_json_text_next(out);
    mu_json_form_write(out, &ENTRY_FORM, entries->pdata[i]);
  }
  mu_json_text_raw(out, "]", 1);
}

static gboolean scan_entries(MuJsonScan *in, gpointer object) {
  MuPodRecord *record = object;
  if (!mu_json_scan_char(in, '['))
    return FALSE;
  if (mu_json_scan_char(in, ']'))
    return TRUE;
  do {
    gpointer entry = mu_json_form_scan(in, &ENTRY_FORM);
    if (entry == NULL)
      return FALSE;
    mu_items_add(record->entries, entry);
  } while (mu_json_scan_char(in, ','));
  return mu_json_scan_char(in, ']');
}

static void entries_to_tree(json_t *tree, const char *key, gconstpointer object) {
  const MuItems *entries = ((const MuPodRecord *)object)->entries;
  json_t *array = json_array();
  for (guint i = 0; i < entries->len; i++)
    json_array_append_new(array, mu_json_form_to_tree(&ENTRY_FORM, entries->pdata[i]));
  mu_json_set_new(tree, key, array);
}

static gboolean entries_from_tree(const json_t *tree, const char *key, gpointer object, GError **error) {
  MuPodRecord *record = object;
  const json_t *entries = NULL;
  size_t i;
  json_t *value;
  if (!mu_json_get_array(tree, key, TRUE, &entries, error))
    return FALSE;
  json_array_foreach (entries, i, value) {
    gpointer entry = mu_json_form_from_tree(&ENTRY_FORM, value, error);
    if (entry == NULL)
      return FALSE;
    mu_items_add(record->entries, entry);
  }
  return TRUE;
}

static const MuJsonOther ENTRIES = {NULL, write_entries, scan_entries, entries_to_tree, entries_from_tree};

static const char *fate_word(guint fate) {
  return fate < G_N_ELEMENTS(FATES) ? FATES[fate] : NULL;
}

static const MuJsonWords FATE_WORDS = {fate_word, "KEEP, REPLACE or ERASE"};

#define POD(member) G_STRUCT_OFFSET(MuPodRecord, member)

static const MuJsonMember POD_MEMBERS[] = {
    {MU_JSON_KEY("type"), .kind = MU_JSON_TEXT, .offset = POD(type), .required = TRUE},
    {MU_JSON_KEY("index"), .kind = MU_JSON_COUNT, .offset = POD(index), .required = TRUE},
    {MU_JSON_KEY("fate"), .kind = MU_JSON_WORD, .offset = POD(fate), .words = &FATE_WORDS}, /* absent: KEEP */
    {MU_JSON_KEY("agent"), .kind = MU_JSON_TEXT, .offset = POD(agent_id)},
    {MU_JSON_KEY("hostname"), .kind = MU_JSON_TEXT, .offset = POD(hostname)},
    {MU_JSON_KEY("region"), .kind = MU_JSON_TEXT, .offset = POD(region)},
    {MU_JSON_KEY("zone"), .kind = MU_JSON_TEXT, .offset = POD(zone)},
    {MU_JSON_KEY("role"), .kind = MU_JSON_TEXT, .offset = POD(role)},
    {MU_JSON_KEY("attributes"), .kind = MU_JSON_OTHER, .other = &ATTRIBUTES},
    {MU_JSON_KEY("entries"), .kind = MU_JSON_OTHER, .required = TRUE, .other = &ENTRIES},
};

static gpointer pod_new(void) {
  return mu_pod_record_new(NULL, 0);
}

static void pod_free(gpointer record) {
  mu_pod_record_free(record);
}

static const MuJsonBlockForm POD_BLOCK = {.size = sizeof(MuPodRecord), .bytes = POD(block)};

static const MuJsonForm POD_FORM = {NULL, POD_MEMBERS, G_N_ELEMENTS(POD_MEMBERS), pod_new, pod_free, NULL, &POD_BLOCK};

char *mu_pod_record_encode(const MuPodRecord *record) {
  return mu_json_form_encode(&POD_FORM, record);
}

MuPodRecord *mu_pod_record_decode(const char *text, gsize length, GError **error) {
  return mu_json_form_decode_block(&POD_FORM, text, length, error);
}

/* ---- finding --------------------------------------------------------------------------------------------------------- */

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

const char *mu_pod_record_entry_agent(const MuPodRecord *record, const MuLedgerEntry *entry) {
  return entry->agent_id != NULL ? entry->agent_id : record->agent_id;
}

const char *mu_pod_record_held_role(const MuPodRecord *record) {
  for (guint i = 0; i < record->entries->len; i++)
    if (((const MuLedgerEntry *)record->entries->pdata[i])->state != MU_LEDGER_RELEASING)
      return record->role;
  return NULL;
}

void mu_pod_record_clear_place(MuPodRecord *record) {
  char **const members[] = {&record->agent_id, &record->hostname, &record->region, &record->zone};
  for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
    mu_json_block_free(record, record->block, *members[i]);
    *members[i] = NULL;
  }
  mu_env_vars_clear(record->attributes);
}

void mu_pod_record_set_place(MuPodRecord *record, const MuOffer *offer) {
  mu_pod_record_clear_place(record);
  record->agent_id = g_strdup(offer->agent_id);
  record->hostname = g_strdup(offer->hostname);
  record->region = g_strdup(offer->region);
  record->zone = g_strdup(offer->zone);
  mu_env_vars_add_all(record->attributes, offer->attributes);
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
