#include "records.h"

#include "json_form.h"

#include <string.h>

static const char *const STATES[] = {
    [MU_SERVICE_RUNNING] = "RUNNING",
    [MU_SERVICE_UNINSTALLING] = "UNINSTALLING",
    [MU_SERVICE_GONE] = "GONE",
};

const char *mu_service_state_to_string(MuServiceState state) {
  return STATES[state];
}

MuServiceRecord *mu_service_record_new(void) {
  return g_new0(MuServiceRecord, 1);
}

void mu_service_record_free(MuServiceRecord *record) {
  if (record == NULL)
    return;
  g_free(record->target);
  g_free(record->restart_strategy);
  g_free(record->holes);
  g_free(record->rejected);
  g_free(record->reader);
  g_free(record);
}

#define SERVICE(member) G_STRUCT_OFFSET(MuServiceRecord, member)

static const char *state_word(guint state) {
  return state < G_N_ELEMENTS(STATES) ? STATES[state] : NULL;
}

static const MuJsonWords STATE_WORDS = {state_word, "RUNNING, UNINSTALLING or GONE"};

static const MuJsonMember MEMBERS[] = {
    {MU_JSON_KEY("state"), .kind = MU_JSON_WORD, .offset = SERVICE(state), .required = TRUE, .words = &STATE_WORDS},
    {MU_JSON_KEY("version"), .kind = MU_JSON_INT, .offset = SERVICE(version), .required = TRUE},
    {MU_JSON_KEY("target"), .kind = MU_JSON_TEXT, .offset = SERVICE(target)},
    {MU_JSON_KEY("deployed"), .kind = MU_JSON_BOOL, .offset = SERVICE(deployed)},
    {MU_JSON_KEY("updating"), .kind = MU_JSON_BOOL, .offset = SERVICE(updating)},
    {MU_JSON_KEY("customized"), .kind = MU_JSON_BOOL, .offset = SERVICE(customized), .not_zero = TRUE},
    {MU_JSON_KEY("overrider"), .kind = MU_JSON_BOOL, .offset = SERVICE(overrider), .not_zero = TRUE},
    {MU_JSON_KEY("uninstaller"), .kind = MU_JSON_BOOL, .offset = SERVICE(uninstaller), .not_zero = TRUE},
    {MU_JSON_KEY("recoveries"), .kind = MU_JSON_INT, .offset = SERVICE(recoveries), .not_zero = TRUE},
    {MU_JSON_KEY("created_ms"), .kind = MU_JSON_INT, .offset = SERVICE(created_ms)},
    {MU_JSON_KEY("changed_ms"), .kind = MU_JSON_INT, .offset = SERVICE(changed_ms)},
    {MU_JSON_KEY("replaced_ms"), .kind = MU_JSON_INT, .offset = SERVICE(replaced_ms), .not_zero = TRUE},
    {MU_JSON_KEY("restarts"), .kind = MU_JSON_INT, .offset = SERVICE(restarts), .not_zero = TRUE},
    {MU_JSON_KEY("restart_strategy"), .kind = MU_JSON_TEXT, .offset = SERVICE(restart_strategy)},
    {MU_JSON_KEY("decommissioned"), .kind = MU_JSON_TEXT, .offset = SERVICE(holes)},
    {MU_JSON_KEY("turn_place"), .kind = MU_JSON_INT, .offset = SERVICE(turn_place), .not_zero = TRUE},
    {MU_JSON_KEY("turn_since_ms"), .kind = MU_JSON_INT, .offset = SERVICE(turn_since_ms), .not_zero = TRUE},
    {MU_JSON_KEY("rejected"), .kind = MU_JSON_TEXT, .offset = SERVICE(rejected)},
    {MU_JSON_KEY("rejected_ms"), .kind = MU_JSON_INT, .offset = SERVICE(rejected_ms), .not_zero = TRUE},
    {MU_JSON_KEY("reader"), .kind = MU_JSON_TEXT, .offset = SERVICE(reader)},
    {MU_JSON_KEY("failed_ms"), .kind = MU_JSON_INT, .offset = SERVICE(failed_ms), .not_zero = TRUE},
};

static gpointer record_new(void) {
  return mu_service_record_new();
}

static void record_free(gpointer record) {
  mu_service_record_free(record);
}

static const MuJsonForm FORM = {NULL, MEMBERS, G_N_ELEMENTS(MEMBERS), record_new, record_free, NULL, NULL};

char *mu_service_record_encode(const MuServiceRecord *record) {
  return mu_json_form_encode(&FORM, record);
}

MuServiceRecord *mu_service_record_decode(const char *text, gsize length, GError **error) {
  return mu_json_form_decode(&FORM, text, length, error);
}
