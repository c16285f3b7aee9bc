#include "offer_log.h"

#include "json.h"

static void note_free(MuOfferNote *note) {
  g_free(note->pod);
  g_free(note->result.agent);
  g_free(note->result.detail);
  g_free(note);
}

void mu_offer_log_clear(MuOfferLog *log) {
  g_queue_clear_full(&log->notes, (GDestroyNotify)note_free);
}

static MuOfferNote *add_note(MuOfferLog *log, const char *pod, gint64 now_ms) {
  MuOfferNote *note = g_new0(MuOfferNote, 1);
  note->at_ms = now_ms;
  note->pod = g_strdup(pod);
  if (log->notes.length >= MU_OFFER_LOG_NOTES)
    note_free(g_queue_pop_head(&log->notes));
  g_queue_push_tail(&log->notes, note);
  return note;
}

static void add_refusal(MuOfferLog *log, const char *pod, const MuOutcome *outcome, gint64 now_ms) {
  int stage = mu_outcome_busiest(outcome);
  if (stage < 0)
    return;
  const MuStageResult *result = &outcome->stages[stage];
  MuOfferNote *last = g_queue_peek_tail(&log->notes);
  if (last != NULL && !last->pass && (int)last->stage == stage && g_strcmp0(last->pod, pod) == 0) {
    last->at_ms = now_ms; /* the same again */
    return;
  }
  MuOfferNote *note = add_note(log, pod, now_ms);
  note->stage = (MuStage)stage;
  note->result = *result;
  note->result.agent = g_strdup(result->agent);
  note->result.detail = g_strdup(result->detail);
}

void mu_offer_log_add(MuOfferLog *log, const char *pod, const MuOutcome *before, const MuOutcome *after,
                      const char *host, gint64 now_ms) {
  guint64 tried = after->offers - before->offers;
  for (guint i = 0; i < MU_STAGE_COUNT; i++)
    log->refused[i] += after->stages[i].refused - before->stages[i].refused;
  log->accepted += host != NULL;
  log->rejected += tried - (host != NULL && tried > 0);
  if (host == NULL) {
    add_refusal(log, pod, after, now_ms);
    return;
  }
  MuOfferNote *note = add_note(log, pod, now_ms);
  note->pass = TRUE;
  note->result.agent = g_strdup(host);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

static json_t *note_json(const MuOfferNote *note) {
  json_t *json = json_object(), *explanation = json_array();
  if (!note->pass) {
    g_autofree char *example = mu_stage_result_to_string(note->stage, &note->result);
    g_autofree char *line = g_strdup_printf("%s: %s", mu_stage_to_string(note->stage), example);
    json_array_append_new(explanation, json_string(line));
  }
  mu_json_set_int(json, "timestamp", note->at_ms);
  mu_json_set_string(json, "pod-instance-name", note->pod);
  mu_json_set_string(json, "outcome", note->pass ? "pass" : "fail");
  mu_json_set_new(json, "explanation", explanation);
  mu_json_set_string(json, "offer", note->result.agent);
  return json;
}

static void count_agent(json_t *agents, const MuOfferNote *note) {
  if (note->pass || note->result.agent == NULL)
    return;
  gint64 known = json_integer_value(json_object_get(agents, note->result.agent));
  mu_json_set_int(agents, note->result.agent, known + 1);
}

json_t *mu_offer_log_to_json(const MuOfferLog *log) {
  json_t *json = json_object(), *reasons = json_object(), *agents = json_object(), *offers = json_array();
  for (guint i = 0; i < MU_STAGE_COUNT; i++)
    if (log->refused[i] > 0)
      mu_json_set_int(reasons, mu_stage_to_string((MuStage)i), (gint64)log->refused[i]);
  for (const GList *link = log->notes.head; link != NULL; link = link->next) {
    count_agent(agents, link->data);
    json_array_append_new(offers, note_json(link->data));
  }
  mu_json_set_int(json, "acceptedCount", (gint64)log->accepted);
  mu_json_set_int(json, "rejectedCount", (gint64)log->rejected);
  mu_json_set_new(json, "failureReasons", reasons);
  mu_json_set_new(json, "rejectedAgents", agents);
  mu_json_set_new(json, "offers", offers);
  return json;
}
