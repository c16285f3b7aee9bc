/* Earlier configurations, each with the context that it was built from: what a rollback goes back to. */
#include "service_private.h"

#include "json_form.h"
#include "stored.h"
#include <muster/error.h>

#include <string.h>

static void entry_free(gpointer data) {
  MuHistoryEntry *entry = data;
  g_free(entry->config);
  g_clear_pointer(&entry->context, g_bytes_unref);
  g_free(entry);
}

static MuHistoryEntry *entry_new(const char *config, gint64 version, gint64 since_ms, GBytes *take_context) {
  MuHistoryEntry *entry = g_new0(MuHistoryEntry, 1);
  entry->config = g_strdup(config);
  entry->version = version;
  entry->since_ms = since_ms;
  entry->context = take_context;
  return entry;
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static char *key_of(const MuHistoryEntry *entry) {
  return g_strdup_printf("%" G_GINT64_FORMAT, entry->version);
}

/* A context may be any bytes: it is written as base64. */
static char *context_text(const MuHistoryEntry *entry) {
  gsize length = 0;
  const guchar *bytes = g_bytes_get_data(entry->context, &length);
  return g_base64_encode(bytes, length);
}

static GBytes *context_bytes_of(char *take_text) {
  gsize length = 0;
  guchar *bytes = *take_text == '\0' ? (guchar *)take_text : g_base64_decode_inplace(take_text, &length);
  return g_bytes_new_take(bytes, length);
}

static void write_context(MuJsonText *out, const char *key, gconstpointer object) {
  g_autofree char *text = context_text(object);
  mu_json_text_member(out, key, text);
}

static gboolean scan_context(MuJsonScan *in, gpointer object) {
  char *text = NULL;
  if (!mu_json_scan_text(in, &text))
    return FALSE;
  ((MuHistoryEntry *)object)->context = context_bytes_of(text);
  return TRUE;
}

static void context_to_tree(json_t *tree, const char *key, gconstpointer object) {
  g_autofree char *text = context_text(object);
  mu_json_set_string(tree, key, text);
}

static gboolean context_from_tree(const json_t *tree, const char *key, gpointer object, GError **error) {
  const char *text = NULL;
  if (!mu_json_get_string(tree, key, TRUE, &text, error))
    return FALSE;
  ((MuHistoryEntry *)object)->context = context_bytes_of(g_strdup(text));
  return TRUE;
}

static gpointer empty_entry_new(void) {
  return g_new0(MuHistoryEntry, 1);
}

#define ENTRY(member) G_STRUCT_OFFSET(MuHistoryEntry, member)

static const MuJsonOther CONTEXT = {NULL, write_context, scan_context, context_to_tree, context_from_tree};
static const MuJsonMember MEMBERS[] = {
    {MU_JSON_KEY("config"), .kind = MU_JSON_TEXT, .offset = ENTRY(config), .required = TRUE},
    {MU_JSON_KEY("version"), .kind = MU_JSON_INT, .offset = ENTRY(version), .required = TRUE},
    {MU_JSON_KEY("since_ms"), .kind = MU_JSON_INT, .offset = ENTRY(since_ms)},
    {MU_JSON_KEY("context"), .kind = MU_JSON_OTHER, .required = TRUE, .other = &CONTEXT},
};
static const MuJsonForm FORM = {NULL, MEMBERS, G_N_ELEMENTS(MEMBERS), empty_entry_new, entry_free, NULL, NULL};

static void put_entry(MuService *service, MuHistoryEntry *entry, MuEffects *effects) {
  g_autofree char *key = key_of(entry);
  mu_stored_take(service, MU_RECORD_HISTORY, key, mu_json_form_encode(&FORM, entry), &entry->bytes, effects);
}

static void drop_entry(MuService *service, guint i, MuEffects *effects) {
  MuHistoryEntry *entry = service->history->pdata[i];
  g_autofree char *key = key_of(entry);
  mu_stored_delete(service, MU_RECORD_HISTORY, key, &entry->bytes, effects);
  g_ptr_array_remove_index(service->history, i);
}

static gint by_version(gconstpointer a, gconstpointer b) {
  const MuHistoryEntry *left = *(MuHistoryEntry *const *)a, *right = *(MuHistoryEntry *const *)b;
  return (left->version > right->version) - (left->version < right->version);
}

static void insert(MuService *service, MuHistoryEntry *take_entry) {
  if (service->history == NULL)
    service->history = g_ptr_array_new_with_free_func(entry_free);
  g_ptr_array_add(service->history, take_entry);
  g_ptr_array_sort(service->history, by_version);
}

gboolean mu_history_load(MuService *service, const char *value, gsize length, GError **error) {
  MuHistoryEntry *entry = mu_json_form_decode(&FORM, value, length, error);
  if (entry == NULL)
    return FALSE;
  g_autofree char *key = key_of(entry);
  insert(service, entry);
  mu_stored_note(service, key, length, &entry->bytes);
  return TRUE;
}

/* ---- keeping ------------------------------------------------------------------------------------------------------- */

static gsize context_bytes(const MuService *service) {
  gsize bytes = 0;
  for (guint i = 0; i < service->history->len; i++)
    bytes += g_bytes_get_size(((MuHistoryEntry *)service->history->pdata[i])->context);
  return bytes;
}

gsize mu_history_bytes(const MuService *service) {
  gsize bytes = 0;
  for (guint i = 0; service->history != NULL && i < service->history->len; i++)
    bytes += ((const MuHistoryEntry *)service->history->pdata[i])->bytes;
  return bytes;
}

gsize mu_history_entry_bytes(gsize context_bytes) {
  const gsize rest = 160; /* its key, and all else that is in it */
  return (context_bytes + 2) / 3 * 4 + rest;
}

/* The present one is always kept. */
static void drop_oldest(MuService *service, MuEffects *effects) {
  while (service->history->len > 1 &&
         (service->history->len > MU_HISTORY_MAX || context_bytes(service) > MU_HISTORY_MAX_BYTES ||
          service->stored_bytes > effects->max_stored_bytes))
    drop_entry(service, 0, effects);
}

void mu_service_note_history(MuService *service, GBytes *context, MuEffects *effects) {
  const MuServiceRecord *record = service->record;
  if (record->target == NULL || context == NULL)
    return;
  for (guint i = 0; service->history != NULL && i < service->history->len; i++)
    if (((MuHistoryEntry *)service->history->pdata[i])->version == record->version)
      return;
  MuHistoryEntry *entry = entry_new(record->target, record->version, record->changed_ms, g_bytes_ref(context));
  put_entry(service, entry, effects);
  insert(service, entry);
  drop_oldest(service, effects);
  if (service->stored_bytes > effects->max_stored_bytes)
    mu_service_prune_configs(service, effects);
}

gboolean mu_service_history_has(const MuService *service, const char *config) {
  for (guint i = 0; service->history != NULL && i < service->history->len; i++)
    if (strcmp(((MuHistoryEntry *)service->history->pdata[i])->config, config) == 0)
      return TRUE;
  return FALSE;
}

void mu_service_erase_history(MuService *service, MuEffects *effects) {
  while (service->history != NULL && service->history->len > 0)
    drop_entry(service, service->history->len - 1, effects);
}

/* ---- finding ------------------------------------------------------------------------------------------------------- */

static gboolean is_target(const MuService *service, const MuHistoryEntry *entry) {
  return g_strcmp0(entry->config, service->record->target) == 0;
}

/* The newest one that is not the target. */
static const MuHistoryEntry *previous(const MuService *service) {
  for (guint i = service->history == NULL ? 0 : service->history->len; i > 0; i--)
    if (!is_target(service, service->history->pdata[i - 1]))
      return service->history->pdata[i - 1];
  return NULL;
}

static const MuHistoryEntry *by_number(const MuService *service, const char *text) {
  guint64 version = 0;
  if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &version, NULL))
    return NULL;
  for (guint i = 0; i < service->history->len; i++)
    if (((MuHistoryEntry *)service->history->pdata[i])->version == (gint64)version)
      return service->history->pdata[i];
  return NULL;
}

static const MuHistoryEntry *by_id(const MuService *service, const char *text, guint *ret_n) {
  const MuHistoryEntry *found = NULL;
  for (guint i = 0; i < service->history->len; i++) {
    const MuHistoryEntry *entry = service->history->pdata[i];
    if (*text == '\0' || !g_str_has_prefix(entry->config, text))
      continue;
    *ret_n += found == NULL || strcmp(found->config, entry->config) != 0;
    found = entry;
  }
  return found;
}

const MuHistoryEntry *mu_service_find_history(const MuService *service, const char *which, GError **error) {
  const MuHistoryEntry *entry = NULL;
  guint n = 0;
  if (which == NULL)
    entry = previous(service);
  else if (service->history != NULL)
    entry = by_number(service, which);
  if (entry == NULL && which != NULL && service->history != NULL)
    entry = by_id(service, which, &n);
  if (entry != NULL && n <= 1)
    return entry;
  if (which == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no earlier configuration to go back to",
                service->name);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                n > 1
                    ? "\"%s\" is the beginning of several configurations of service %s; see them with: muster service "
                      "history %s"
                    : "no configuration %s is kept of service %s; see those that are with: muster service history %s",
                which, service->name, service->name);
  return NULL;
}
