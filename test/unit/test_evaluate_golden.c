/* Evaluations as files: test/golden/evaluate/NAME has a spec and the offers that come, and says in English what becomes of
 * them. UPDATE=1 rewrites expect.txt.
 *
 * offers.json: {"pod": type, "index", "tasks": names (all when absent), "may_reserve", "executor_live", "overhead": {"cpus",
 * "mem", "disk"}, "record": the instance's pod record, "pods": the records of the others, "offers": […]}. */
#include "evaluate.h"
#include "golden_text.h"
#include "json.h"

#include <muster/spec.h>
#include <string.h>

typedef struct {
  MuServiceSpec *spec;
  json_t *input;
  MuPodRecord *record;
  GPtrArray *pods;
  MuRequirement requirement;
  GHashTable *labels; /* resource id to a short name for readers */
  GString *text;
} Case;

static void case_clear(Case *c) {
  mu_service_spec_unref(c->spec);
  json_decref(c->input);
  mu_pod_record_free(c->record);
  g_ptr_array_unref(c->pods);
  g_hash_table_unref(c->labels);
  g_string_free(c->text, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static char *read_part(const char *name, const char *part) {
  g_autofree char *path = g_strdup_printf("test/golden/evaluate/%s/%s", name, part);
  return mu_test_read(path);
}

static MuPodRecord *read_record(const json_t *json) {
  g_autoptr(GError) error = NULL;
  if (json == NULL)
    return NULL;
  g_autofree char *text = mu_json_to_string(json);
  MuPodRecord *record = mu_pod_record_decode(text, strlen(text), &error);
  g_assert_no_error(error);
  return record;
}

static guint64 read_tasks(const json_t *names, const MuPodSpec *pod) {
  guint64 tasks = 0;
  for (guint i = 0; i < pod->n_tasks; i++) {
    gboolean named = names == NULL;
    for (size_t j = 0; j < json_array_size(names); j++)
      named |= strcmp(json_string_value(json_array_get(names, j)), pod->tasks[i].name) == 0;
    if (named)
      tasks |= G_GUINT64_CONSTANT(1) << i;
  }
  return tasks;
}

static gint64 overhead(const Case *c, const char *key) {
  return json_integer_value(json_object_get(json_object_get(c->input, "overhead"), key));
}

static void read_requirement(Case *c) {
  const json_t *may = json_object_get(c->input, "may_reserve");
  const char *type = json_string_value(json_object_get(c->input, "pod"));
  const MuPodSpec *pod = mu_service_spec_pod(c->spec, type);
  g_assert_nonnull(pod);
  c->requirement = (MuRequirement){
      .service = c->spec->name,
      .pod = pod,
      .index = (guint)json_integer_value(json_object_get(c->input, "index")),
      .tasks = read_tasks(json_object_get(c->input, "tasks"), pod),
      .executor_live = json_is_true(json_object_get(c->input, "executor_live")),
      .may_reserve = may == NULL || json_is_true(may),
      .record = c->record,
      .pods = c->pods,
      .role = "muster-role",
      .principal = "muster",
      .overhead = {overhead(c, "cpus"), overhead(c, "mem"), overhead(c, "disk")},
  };
}

static void read_case(Case *c, const char *name) {
  g_autoptr(GError) error = NULL;
  g_autofree char *yaml = read_part(name, "spec.yml"), *offers = read_part(name, "offers.json");
  *c = (Case){.text = g_string_new(NULL)};
  c->spec = mu_service_spec_parse(yaml, strlen(yaml), NULL, &error);
  g_assert_no_error(error);
  c->input = mu_json_parse(offers, strlen(offers), G_MAXSIZE, &error);
  g_assert_no_error(error);
  c->record = read_record(json_object_get(c->input, "record"));
  c->pods = g_ptr_array_new_with_free_func((GDestroyNotify)mu_pod_record_free);
  c->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  const json_t *pods = json_object_get(c->input, "pods");
  for (size_t i = 0; i < json_array_size(pods); i++)
    g_ptr_array_add(c->pods, read_record(json_array_get(pods, i)));
  read_requirement(c);
}

/* ---- saying it in English ----------------------------------------------------------------------------------------------- */

static void say(Case *c, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(Case *c, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_string_append_vprintf(c->text, format, arguments);
  va_end(arguments);
}

/* "#1" for the first id that is seen: uuids are no reading. Ids of the files keep their name. */
static const char *short_id(Case *c, const char *id) {
  char *label = g_hash_table_lookup(c->labels, id);
  if (label != NULL || !mu_uuid_is_valid(id))
    return label != NULL ? label : id;
  label = g_strdup_printf("#%u", g_hash_table_size(c->labels) + 1);
  g_hash_table_insert(c->labels, g_strdup(id), label);
  return label;
}

static void say_resource(Case *c, const MuResource *resource) {
  g_autofree char *amount = mu_resource_to_string(resource);
  say(c, "%s", amount);
  if (resource->mount_root != NULL)
    say(c, " on %s", resource->mount_root);
  if (resource->profile != NULL)
    say(c, " (%s)", resource->profile);
  if (resource->persistence_id != NULL)
    say(c, " as volume %s", resource->container_path);
  if (resource->reservation.resource_id != NULL)
    say(c, " under %s", short_id(c, resource->reservation.resource_id));
}

static void say_resources(Case *c, const char *what, const MuResources *resources) {
  if (resources->items->len == 0)
    return;
  say(c, "  %s ", what);
  for (guint i = 0; i < resources->items->len; i++) {
    say(c, "%s", i == 0 ? "" : ", ");
    say_resource(c, resources->items->pdata[i]);
  }
  say(c, "\n");
}

static void say_entry(Case *c, const MuLedgerEntry *entry) {
  static const char *const STATES[] = {"planned", "held", "on its way out"};
  say(c, "    ");
  say_resource(c, entry->resource);
  if (entry->what != NULL && entry->resource->persistence_id == NULL)
    say(c, " for %s", entry->what);
  say(c, ", of %s: %s\n", *entry->set == '\0' ? "the pod" : entry->set, STATES[entry->state]);
}

static void say_match(Case *c, const MuMatch *match) {
  say(c, "it fits.\n");
  say_resources(c, "It gives back", match->unreserve);
  say_resources(c, "It reserves", match->reserve);
  say_resources(c, "It creates", match->create);
  say_resources(c, "It takes from the offer", match->taken);
  say(c, "  Afterwards it has on %s:\n", match->record->agent_id);
  for (guint i = 0; i < match->record->entries->len; i++)
    say_entry(c, match->record->entries->pdata[i]);
}

static void say_head(Case *c) {
  const MuRequirement *r = &c->requirement;
  say(c, "%s-%u of %s is to launch", r->pod->type, r->index, r->service);
  for (guint i = 0; i < r->pod->n_tasks; i++)
    if ((r->tasks & (G_GUINT64_CONSTANT(1) << i)) != 0)
      say(c, " %s", r->pod->tasks[i].name);
  say(c, "%s%s.\n", r->executor_live ? ", beside others of it that run" : "",
      r->may_reserve ? "" : ", and may not reserve anything now");
}

/* ---- one case ------------------------------------------------------------------------------------------------------------ */

/* TRUE: it fits, and no further offer is looked at. */
static gboolean try_offer(Case *c, const json_t *json, MuRandom *random, MuOutcome *whole) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuOffer) offer = mu_offer_from_json(json, &error);
  g_assert_no_error(error);
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  MuMatch match = {0};
  MuRandom before = *random;
  say(c, "Offer of %s: ", offer->hostname);
  if (mu_evaluate(&c->requirement, offer, random, outcome, &match)) {
    say_match(c, &match);
    mu_match_clear(&match);
    return TRUE;
  }
  g_autofree char *summary = mu_outcome_summary(outcome);
  say(c, "refused, %s.\n", summary);
  *random = before;
  g_assert_false(mu_evaluate(&c->requirement, offer, random, whole, &match));
  return FALSE;
}

static void test_case(gconstpointer data) {
  const char *name = data;
  g_auto(Case) c;
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  g_autofree char *path = g_strdup_printf("test/golden/evaluate/%s/expect.txt", name);
  MuRandom random;
  gboolean fits = FALSE;
  mu_random_seed(&random, 1);
  read_case(&c, name);
  say_head(&c);
  const json_t *offers = json_object_get(c.input, "offers");
  for (size_t i = 0; i < json_array_size(offers) && !fits; i++)
    fits = try_offer(&c, json_array_get(offers, i), &random, outcome);
  if (!fits) {
    g_autofree char *summary = mu_outcome_summary(outcome);
    say(&c, "So it waits; %s.\n", summary);
  }
  mu_test_golden(path, c.text->str);
}

/* Every folder is a case. */
static void add_cases(GPtrArray *names) {
  g_autofree char *folder = mu_test_source("test/golden/evaluate");
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  g_assert_nonnull(dir);
  for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
    g_autofree char *path = g_strdup_printf("/evaluate-golden/%s", name);
    char *kept = g_strdup(name);
    g_ptr_array_add(names, kept);
    g_test_add_data_func(path, kept, test_case);
  }
  g_assert_cmpuint(names->len, >=, 12);
}

int main(int argc, char **argv) {
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  g_test_init(&argc, &argv, NULL);
  add_cases(names);
  return g_test_run();
}
