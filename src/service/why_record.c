/* Why a pod waits for an offer, kept over restarts. Written sparsely: only of a pod that waits for long, when other stages refuse
 * than those that were written, and at most once a minute; what is launched soon is never written of. */
#include "json.h"
#include "service_private.h"
#include "stored.h"

#include <string.h>

#define PATIENCE_MS 10000 /* a pod that waits less long is not written of */
#define PAUSE_MS 60000    /* between two records of a pod */

/* Which stages refuse, and which most: what a record is written for. */
static guint shape_of(const MuOutcome *outcome) {
  guint shape = (guint)(mu_outcome_busiest(outcome) + 1) << MU_STAGE_COUNT;
  for (guint i = 0; i < MU_STAGE_COUNT; i++)
    if (outcome->stages[i].refused > 0)
      shape |= 1u << i;
  return shape;
}

static char *encode(const MuPod *pod) {
  g_autoptr(json_t) json = json_object();
  mu_json_set_string(json, "pod", pod->type);
  mu_json_set_int(json, "index", pod->index);
  mu_json_set_int(json, "since_ms", pod->waiting_since_ms);
  mu_json_set_new(json, "outcome", mu_outcome_record_to_json(pod->outcome));
  return mu_json_to_string(json);
}

void mu_why_keep(MuPod *pod, MuEffects *effects) {
  if (pod->outcome == NULL || effects->now_ms - pod->waiting_since_ms < PATIENCE_MS ||
      mu_stored_is_full(pod->service, effects))
    return;
  guint shape = shape_of(pod->outcome);
  if (pod->why_kept && (shape == pod->why_shape || effects->now_ms - pod->why_kept_ms < PAUSE_MS))
    return;
  if (!pod->why_kept)
    mu_items_add(pod->service->explained, pod);
  pod->why_kept = TRUE;
  pod->why_shape = shape;
  pod->why_kept_ms = effects->now_ms;
  mu_stored_take(pod->service, MU_RECORD_WHY, pod->name, encode(pod), &pod->why_bytes, effects);
}

void mu_why_forget(MuPod *pod, MuEffects *effects) {
  if (!pod->why_kept)
    return;
  pod->why_kept = FALSE;
  g_clear_pointer(&pod->kept_outcome, mu_outcome_free);
  mu_items_remove_fast(pod->service->explained, pod);
  mu_stored_delete(pod->service, MU_RECORD_WHY, pod->name, &pod->why_bytes, effects);
}

void mu_why_restore(MuPod *pod) {
  if (pod->kept_outcome == NULL)
    return;
  mu_outcome_free(pod->outcome);
  pod->outcome = g_steal_pointer(&pod->kept_outcome);
  pod->waiting_since_ms = pod->kept_since_ms;
}

gboolean mu_why_load(MuService *service, const char *value, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(value, length, G_MAXSIZE, error);
  const char *type = NULL;
  const json_t *outcome_json = NULL;
  gint64 index = 0, since_ms = 0;
  if (json == NULL || !mu_json_get_string(json, "pod", TRUE, &type, error) ||
      !mu_json_get_int_between(json, "index", TRUE, 0, MU_SPEC_MAX_POD_COUNT, &index, error) ||
      !mu_json_get_int(json, "since_ms", TRUE, &since_ms, error) ||
      !mu_json_get_object(json, "outcome", TRUE, &outcome_json, error))
    return FALSE;
  g_autoptr(MuOutcome) outcome = mu_outcome_record_from_json(outcome_json, error);
  if (outcome == NULL)
    return FALSE;
  MuPod *pod = mu_service_ensure_pod(service, type, (guint)index);
  pod->why_kept = TRUE;
  pod->why_shape = shape_of(outcome);
  pod->kept_since_ms = since_ms;
  pod->kept_outcome = g_steal_pointer(&outcome);
  mu_items_add(service->explained, pod);
  mu_stored_note(service, pod->name, length, &pod->why_bytes);
  return TRUE;
}
