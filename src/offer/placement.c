#include "placement.h"

#include "bug.h"

#include <string.h>

typedef struct {
  const char *type;
  guint index;
  const MuOffer *offer;
  const GPtrArray *pods;
} Context;

static gboolean passes(const MuPlacementRule *rule, const Context *context, char **ret_detail);

static gboolean refuse(char **ret_detail, char *take_detail) {
  if (ret_detail != NULL)
    *ret_detail = take_detail;
  else
    g_free(take_detail);
  return FALSE;
}

/* The instance counts as a peer: another one of the type, placed somewhere. */
static gboolean is_peer(const MuPodRecord *pod, const Context *context) {
  return pod->agent_id != NULL && pod->index != context->index && strcmp(pod->type, context->type) == 0;
}

static guint count_peers_at(const Context *context, const char *field, const char *value) {
  guint n = 0;
  for (guint i = 0; i < context->pods->len; i++) {
    const MuPodRecord *pod = context->pods->pdata[i];
    if (is_peer(pod, context) && g_strcmp0(mu_pod_record_field(pod, field), value) == 0)
      n++;
  }
  return n;
}

static const char *any_peer_value(const Context *context, const char *field) {
  for (guint i = 0; i < context->pods->len; i++) {
    const MuPodRecord *pod = context->pods->pdata[i];
    if (is_peer(pod, context))
      return mu_pod_record_field(pod, field);
  }
  return NULL;
}

static gboolean max_per(const MuPlacementRule *rule, const Context *context, const char *value, guint most,
                        char **ret_detail) {
  guint there = count_peers_at(context, rule->field, value);
  if (there < most)
    return TRUE;
  if (rule->kind == MU_RULE_UNIQUE)
    return refuse(ret_detail, g_strdup_printf("%s UNIQUE: %s already has a %s", rule->field, value, context->type));
  return refuse(ret_detail,
                g_strdup_printf("%s MAX_PER %u: %s already has %u %s", rule->field, most, value, there, context->type));
}

static gboolean cluster(const MuPlacementRule *rule, const Context *context, const char *value, char **ret_detail) {
  const char *wanted = rule->value != NULL ? rule->value : any_peer_value(context, rule->field);
  if (wanted == NULL || strcmp(wanted, value) == 0)
    return TRUE;
  return refuse(ret_detail, g_strdup_printf("%s CLUSTER: must be %s, is %s", rule->field, wanted, value));
}

/* Even spread: the value may take one more when it has no more than the emptiest known value. */
static gboolean group_by(const MuPlacementRule *rule, const Context *context, const char *value, char **ret_detail) {
  g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < context->pods->len; i++) {
    const MuPodRecord *pod = context->pods->pdata[i];
    const char *at = is_peer(pod, context) ? mu_pod_record_field(pod, rule->field) : NULL;
    if (at != NULL)
      g_hash_table_insert(counts, (gpointer)at,
                          GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(counts, at)) + 1));
  }
  guint here = GPOINTER_TO_UINT(g_hash_table_lookup(counts, value));
  guint least = here;
  if (rule->count > 0 && g_hash_table_size(counts) < (guint)rule->count)
    least = 0;
  GHashTableIter iter;
  gpointer count = NULL;
  g_hash_table_iter_init(&iter, counts);
  while (g_hash_table_iter_next(&iter, NULL, &count))
    least = MIN(least, GPOINTER_TO_UINT(count));
  if (here <= least)
    return TRUE;
  return refuse(ret_detail, g_strdup_printf("%s GROUP_BY: %s has %u %s, others have %u", rule->field, value, here,
                                            context->type, least));
}

static gboolean matches(const MuPlacementRule *rule, const char *value) {
  g_autofree char *whole = g_strdup_printf("^(?:%s)$", rule->value);
  return g_regex_match_simple(whole, value, 0, 0);
}

static gboolean field_rule(const MuPlacementRule *rule, const Context *context, char **ret_detail) {
  const char *value = mu_offer_field(context->offer, rule->field);
  if (value == NULL && rule->kind == MU_RULE_UNLIKE)
    return TRUE;
  if (value == NULL)
    return refuse(ret_detail, g_strdup_printf("the agent has no attribute \"%s\"", rule->field));
  switch (rule->kind) {
  case MU_RULE_UNIQUE: return max_per(rule, context, value, 1, ret_detail);
  case MU_RULE_MAX_PER: return max_per(rule, context, value, (guint)rule->count, ret_detail);
  case MU_RULE_CLUSTER: return cluster(rule, context, value, ret_detail);
  case MU_RULE_GROUP_BY: return group_by(rule, context, value, ret_detail);
  case MU_RULE_IS:
    return strcmp(rule->value, value) == 0 ||
           refuse(ret_detail, g_strdup_printf("%s IS %s: is %s", rule->field, rule->value, value));
  case MU_RULE_LIKE:
    return matches(rule, value) ||
           refuse(ret_detail, g_strdup_printf("%s LIKE %s: is %s", rule->field, rule->value, value));
  case MU_RULE_UNLIKE:
    return !matches(rule, value) ||
           refuse(ret_detail, g_strdup_printf("%s UNLIKE %s: is %s", rule->field, rule->value, value));
  default: mu_bug("not a rule about a field");
  }
}

/* COLOCATE and AVOID: is an instance of the other type (or another one of its own) at this agent? */
static gboolean neighbour_rule(const MuPlacementRule *rule, const Context *context, char **ret_detail) {
  gboolean found = FALSE;
  for (guint i = 0; i < context->pods->len && !found; i++) {
    const MuPodRecord *pod = context->pods->pdata[i];
    gboolean itself = pod->index == context->index && strcmp(pod->type, context->type) == 0;
    found = !itself && strcmp(pod->type, rule->value) == 0 && g_strcmp0(pod->agent_id, context->offer->agent_id) == 0;
  }
  if (found == (rule->kind == MU_RULE_COLOCATE))
    return TRUE;
  return refuse(ret_detail, g_strdup_printf("must %s %s", found ? "not stand next to" : "stand next to", rule->value));
}

static gboolean any_child(const MuPlacementRule *rule, const Context *context, char **ret_detail) {
  for (guint i = 0; i < rule->n_children; i++)
    if (passes(rule->children[i], context, NULL))
      return TRUE;
  return refuse(ret_detail, g_strdup_printf("none of %u alternatives passes", rule->n_children));
}

static gboolean all_children(const MuPlacementRule *rule, const Context *context, char **ret_detail) {
  for (guint i = 0; i < rule->n_children; i++)
    if (!passes(rule->children[i], context, ret_detail))
      return FALSE;
  return TRUE;
}

static gboolean passes(const MuPlacementRule *rule, const Context *context, char **ret_detail) {
  switch (rule->kind) {
  case MU_RULE_ANY: return TRUE;
  case MU_RULE_AND: return all_children(rule, context, ret_detail);
  case MU_RULE_OR: return any_child(rule, context, ret_detail);
  case MU_RULE_NOT:
    return !all_children(rule, context, NULL) || refuse(ret_detail, g_strdup("a rule that must not pass does"));
  case MU_RULE_COLOCATE:
  case MU_RULE_AVOID: return neighbour_rule(rule, context, ret_detail);
  default: return field_rule(rule, context, ret_detail);
  }
}

gboolean mu_placement_passes(const MuPlacementRule *rule, const char *type, guint index, const MuOffer *offer,
                             const GPtrArray *pods, char **ret_detail) {
  const Context context = {type, index, offer, pods};
  return rule == NULL || passes(rule, &context, ret_detail);
}
