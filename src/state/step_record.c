#include "records.h"

#include "json_form.h"

MuStepRecord *mu_step_record_new(void) {
  return g_new0(MuStepRecord, 1);
}

void mu_step_record_free(MuStepRecord *record) {
  if (record == NULL)
    return;
  g_free(record->message);
  g_free(record->done_for);
  g_free(record);
}

#define STEP(member) G_STRUCT_OFFSET(MuStepRecord, member)

static const MuJsonMember MEMBERS[] = {
    {MU_JSON_KEY("attempts"), .kind = MU_JSON_COUNT, .offset = STEP(attempts)},
    {MU_JSON_KEY("failures"), .kind = MU_JSON_COUNT, .offset = STEP(failures)},
    {MU_JSON_KEY("begun_ms"), .kind = MU_JSON_INT, .offset = STEP(begun_ms)},
    {MU_JSON_KEY("ended_ms"), .kind = MU_JSON_INT, .offset = STEP(ended_ms)},
    {MU_JSON_KEY("message"), .kind = MU_JSON_TEXT, .offset = STEP(message)},
    {MU_JSON_KEY("done_for"), .kind = MU_JSON_TEXT, .offset = STEP(done_for)},
};

static gpointer record_new(void) {
  return mu_step_record_new();
}

static void record_free(gpointer record) {
  mu_step_record_free(record);
}

static const MuJsonForm FORM = {NULL, MEMBERS, G_N_ELEMENTS(MEMBERS), record_new, record_free, NULL, NULL};

char *mu_step_record_encode(const MuStepRecord *record) {
  return mu_json_form_encode(&FORM, record);
}

MuStepRecord *mu_step_record_decode(const char *text, gsize length, GError **error) {
  return mu_json_form_decode(&FORM, text, length, error);
}
