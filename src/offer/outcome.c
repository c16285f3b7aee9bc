#include "outcome.h"

#include "json.h"

#include <string.h>

static const struct {
  const char *word, *unit, *clears;
} STAGES[] = {
#define X(name, word, unit, clears) {word, unit, clears},
    MU_STAGE_TABLE(X)
#undef X
};

const char *mu_stage_to_string(MuStage stage) {
  return STAGES[stage].word;
}

const char *mu_stage_clears(MuStage stage) {
  return STAGES[stage].clears;
}

MuOutcome *mu_outcome_new(void) {
  return g_new0(MuOutcome, 1);
}

void mu_outcome_clear(MuOutcome *outcome) {
  for (guint i = 0; i < MU_STAGE_COUNT; i++) {
    g_free(outcome->stages[i].agent);
    g_free(outcome->stages[i].detail);
  }
  *outcome = (MuOutcome){0};
}

void mu_outcome_free(MuOutcome *outcome) {
  if (outcome == NULL)
    return;
  mu_outcome_clear(outcome);
  g_free(outcome);
}

static void set_example(MuStageResult *result, const char *agent, const char *detail) {
  if (g_strcmp0(result->agent, agent) != 0) {
    g_free(result->agent);
    result->agent = g_strdup(agent);
  }
  if (g_strcmp0(result->detail, detail) != 0) {
    g_free(result->detail);
    result->detail = g_strdup(detail);
  }
}

void mu_outcome_refuse_amount(MuOutcome *outcome, MuStage stage, const char *agent, gint64 wanted, gint64 had) {
  MuStageResult *result = &outcome->stages[stage];
  if (result->refused++ == 0 || had > result->best || wanted != result->wanted) {
    result->wanted = wanted;
    result->best = had;
    set_example(result, agent, NULL);
  }
}

void mu_outcome_refuse(MuOutcome *outcome, MuStage stage, const char *agent, const char *detail) {
  MuStageResult *result = &outcome->stages[stage];
  result->refused++;
  set_example(result, agent, detail);
}

/* 1500 thousandths as "1.5". */
static char *thousandths_to_string(gint64 amount) {
  char *text = g_strdup_printf("%" G_GINT64_FORMAT ".%03" G_GINT64_FORMAT, amount / 1000, amount % 1000);
  gsize length = strlen(text);
  while (text[length - 1] == '0')
    text[--length] = '\0';
  if (text[length - 1] == '.')
    text[length - 1] = '\0';
  return text;
}

static char *amount_to_string(MuStage stage, gint64 amount) {
  if (stage == MU_STAGE_CPUS || stage == MU_STAGE_GPUS) {
    g_autofree char *number = thousandths_to_string(amount);
    return g_strdup_printf("%s %s", number, STAGES[stage].unit);
  }
  return g_strdup_printf("%" G_GINT64_FORMAT " %s", amount, STAGES[stage].unit);
}

char *mu_stage_result_to_string(MuStage stage, const MuStageResult *result) {
  const char *agent = result->agent == NULL ? "no agent" : result->agent;
  if (result->detail != NULL)
    return result->agent == NULL ? g_strdup(result->detail) : g_strdup_printf("%s (%s)", result->detail, agent);
  g_autofree char *wanted = amount_to_string(stage, result->wanted);
  g_autofree char *best = amount_to_string(stage, result->best);
  return g_strdup_printf("wanted %s, best offer had %s (%s)", wanted, best, agent);
}

/* Offers to another role tell nothing, unless there are no others. */
int mu_outcome_busiest(const MuOutcome *outcome) {
  int busiest = outcome->stages[MU_STAGE_ROLE].refused > 0 ? MU_STAGE_ROLE : -1;
  for (int i = 0; i < MU_STAGE_COUNT; i++)
    if (outcome->stages[i].refused > 0 &&
        (busiest < 0 || busiest == MU_STAGE_ROLE || outcome->stages[i].refused > outcome->stages[busiest].refused))
      busiest = i;
  return busiest;
}

char *mu_outcome_summary(const MuOutcome *outcome) {
  int stage = mu_outcome_busiest(outcome);
  if (stage < 0)
    return g_strdup(outcome->offers == 0 ? "no offer came yet" : "an offer fits; the launch is under way");
  g_autofree char *example = mu_stage_result_to_string((MuStage)stage, &outcome->stages[stage]);
  return g_strdup_printf("%s: %s", STAGES[stage].word, example);
}

json_t *mu_outcome_to_json(const MuOutcome *outcome) {
  json_t *json = json_object();
  g_autofree char *summary = mu_outcome_summary(outcome);
  json_t *stages = json_array();
  mu_json_set_int(json, "offers", (gint64)outcome->offers);
  mu_json_set_string(json, "summary", summary);
  for (guint i = 0; i < MU_STAGE_COUNT; i++) {
    const MuStageResult *result = &outcome->stages[i];
    if (result->refused == 0)
      continue;
    json_t *row = json_object();
    g_autofree char *example = mu_stage_result_to_string((MuStage)i, result);
    mu_json_set_string(row, "stage", STAGES[i].word);
    mu_json_set_int(row, "refused", (gint64)result->refused);
    mu_json_set_string(row, "example", example);
    json_array_append_new(stages, row);
  }
  mu_json_set_new(json, "stages", stages);
  return json;
}

/* ---- stored -------------------------------------------------------------------------------------------------------- */

json_t *mu_outcome_record_to_json(const MuOutcome *outcome) {
  json_t *json = json_object(), *stages = json_object();
  mu_json_set_int(json, "offers", (gint64)outcome->offers);
  for (guint i = 0; i < MU_STAGE_COUNT; i++) {
    const MuStageResult *result = &outcome->stages[i];
    if (result->refused == 0)
      continue;
    json_t *row = json_object();
    mu_json_set_int(row, "refused", (gint64)result->refused);
    mu_json_set_int(row, "wanted", result->wanted);
    mu_json_set_int(row, "best", result->best);
    mu_json_set_string(row, "agent", result->agent);
    mu_json_set_string(row, "detail", result->detail);
    mu_json_set_new(stages, STAGES[i].word, row);
  }
  mu_json_set_new(json, "stages", stages);
  return json;
}

static gboolean read_stage(const json_t *stages, MuStage stage, MuStageResult *result, GError **error) {
  const json_t *row = NULL;
  const char *agent = NULL, *detail = NULL;
  gint64 refused = 0;
  if (!mu_json_get_object(stages, STAGES[stage].word, FALSE, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  if (!mu_json_get_int_between(row, "refused", TRUE, 0, G_MAXINT64, &refused, error) ||
      !mu_json_get_int(row, "wanted", FALSE, &result->wanted, error) ||
      !mu_json_get_int(row, "best", FALSE, &result->best, error) ||
      !mu_json_get_string(row, "agent", FALSE, &agent, error) ||
      !mu_json_get_string(row, "detail", FALSE, &detail, error))
    return FALSE;
  result->refused = (guint64)refused;
  set_example(result, agent, detail);
  return TRUE;
}

MuOutcome *mu_outcome_record_from_json(const json_t *json, GError **error) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  const json_t *stages = NULL;
  gint64 offers = 0;
  if (!mu_json_get_int_between(json, "offers", TRUE, 0, G_MAXINT64, &offers, error) ||
      !mu_json_get_object(json, "stages", TRUE, &stages, error))
    return NULL;
  outcome->offers = (guint64)offers;
  for (guint i = 0; i < MU_STAGE_COUNT; i++)
    if (!read_stage(stages, (MuStage)i, &outcome->stages[i], error))
      return NULL;
  return g_steal_pointer(&outcome);
}
