/* Placement rules: each operator on each kind of field, with the words of its refusal. */
#include "placement.h"

#include <string.h>

/* ---- the cluster ---------------------------------------------------------------------------------------------------- */

static const struct {
  const char *host, *rack, *region, *zone;
} AGENTS[] = {
    {"h1", "r1", "eu", "eu-a"},
    {"h2", "r1", "eu", "eu-b"},
    {"h3", NULL, "us", NULL},
    {"h4", "r2", "us", "us-a"},
};

/* An offer of the agent "a-h1" with the host's name "h1". */
static MuOffer *offer_at(const char *host) {
  for (guint i = 0; i < G_N_ELEMENTS(AGENTS); i++) {
    if (strcmp(AGENTS[i].host, host) != 0)
      continue;
    g_autofree char *agent = g_strconcat("a-", host, NULL);
    MuOffer *offer = mu_offer_new("offer", agent, host);
    offer->region = g_strdup(AGENTS[i].region);
    offer->zone = g_strdup(AGENTS[i].zone);
    if (AGENTS[i].rack != NULL)
      mu_items_add(offer->attributes, mu_env_var_new("rack", AGENTS[i].rack));
    return offer;
  }
  g_assert_not_reached();
}

/* "hello-0@h1 world-0@h2 hello-1@": the instances and where they stand; nothing behind the @: nowhere yet. */
static GPtrArray *pods_from(const char *text) {
  GPtrArray *pods = g_ptr_array_new_with_free_func((GDestroyNotify)mu_pod_record_free);
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  for (guint i = 0; words[i] != NULL && *words[i] != '\0'; i++) {
    char *at = strchr(words[i], '@'), *dash = strchr(words[i], '-');
    g_autofree char *type = g_strndup(words[i], (gsize)(dash - words[i]));
    MuPodRecord *pod = mu_pod_record_new(type, (guint)g_ascii_strtoull(dash + 1, NULL, 10));
    if (at[1] != '\0') {
      g_autoptr(MuOffer) offer = offer_at(at + 1);
      mu_pod_record_set_place(pod, offer);
    }
    g_ptr_array_add(pods, pod);
  }
  return pods;
}

/* Why hello-9 may not stand at the host; NULL: it may. The caller frees. */
static char *refusal(const MuPlacementRule *rule, const char *pods, const char *host) {
  g_autoptr(GPtrArray) records = pods_from(pods);
  g_autoptr(MuOffer) offer = offer_at(host);
  char *detail = NULL;
  gboolean passes = mu_placement_passes(rule, "hello", 9, offer, records, &detail);
  g_assert_true(passes == (detail == NULL));
  g_assert_true(passes == mu_placement_passes(rule, "hello", 9, offer, records, NULL));
  return detail;
}

/* ---- operators on fields ---------------------------------------------------------------------------------------------- */

typedef struct {
  MuRuleKind kind;
  int count;
  const char *field, *value;
  const char *pods, *host;
  const char *refusal; /* NULL: passes */
} Row;

static const Row UNIQUE_ROWS[] = {
    {MU_RULE_UNIQUE, 0, "hostname", NULL, "", "h1", NULL},
    {MU_RULE_UNIQUE, 0, "hostname", NULL, "hello-0@h2 hello-1@", "h1", NULL},
    {MU_RULE_UNIQUE, 0, "hostname", NULL, "hello-0@h1", "h1", "hostname UNIQUE: h1 already has a hello"},
    {MU_RULE_UNIQUE, 0, "hostname", NULL, "world-0@h1", "h1", NULL}, /* another type */
    {MU_RULE_UNIQUE, 0, "hostname", NULL, "hello-9@h1", "h1", NULL}, /* itself */
    {MU_RULE_UNIQUE, 0, "rack", NULL, "hello-0@h1", "h2", "rack UNIQUE: r1 already has a hello"},
    {MU_RULE_UNIQUE, 0, "rack", NULL, "hello-0@h1", "h4", NULL},
    {MU_RULE_UNIQUE, 0, "rack", NULL, "hello-0@h1", "h3", "the agent has no attribute \"rack\""},
    {MU_RULE_UNIQUE, 0, "@region", NULL, "hello-0@h1", "h2", "@region UNIQUE: eu already has a hello"},
    {MU_RULE_UNIQUE, 0, "@region", NULL, "hello-0@h1", "h4", NULL},
    {MU_RULE_UNIQUE, 0, "@zone", NULL, "hello-0@h1", "h2", NULL},
    {MU_RULE_UNIQUE, 0, "@zone", NULL, "hello-0@h1", "h1", "@zone UNIQUE: eu-a already has a hello"},
    {MU_RULE_UNIQUE, 0, "@zone", NULL, "", "h3", "the agent has no attribute \"@zone\""},
};

static const Row MAX_PER_ROWS[] = {
    {MU_RULE_MAX_PER, 2, "hostname", NULL, "hello-0@h1", "h1", NULL},
    {MU_RULE_MAX_PER, 2, "hostname", NULL, "hello-0@h1 hello-1@h1", "h1", "hostname MAX_PER 2: h1 already has 2 hello"},
    {MU_RULE_MAX_PER, 2, "rack", NULL, "hello-0@h1 hello-1@h2", "h2", "rack MAX_PER 2: r1 already has 2 hello"},
    {MU_RULE_MAX_PER, 2, "rack", NULL, "hello-0@h1 hello-1@h2", "h4", NULL},
    {MU_RULE_MAX_PER, 1, "@region", NULL, "hello-0@h3", "h4", "@region MAX_PER 1: us already has 1 hello"},
    {MU_RULE_MAX_PER, 1, "@zone", NULL, "hello-0@h3", "h4", NULL},
    {MU_RULE_MAX_PER, 1, "@zone", NULL, "hello-0@h4", "h4", "@zone MAX_PER 1: us-a already has 1 hello"},
};

static const Row CLUSTER_ROWS[] = {
    {MU_RULE_CLUSTER, 0, "hostname", NULL, "", "h1", NULL}, /* the first one chooses */
    {MU_RULE_CLUSTER, 0, "hostname", NULL, "hello-0@h2", "h1", "hostname CLUSTER: must be h2, is h1"},
    {MU_RULE_CLUSTER, 0, "hostname", NULL, "world-0@h2", "h1", NULL},
    {MU_RULE_CLUSTER, 0, "hostname", "h1", "", "h1", NULL},
    {MU_RULE_CLUSTER, 0, "hostname", "h1", "", "h2", "hostname CLUSTER: must be h1, is h2"},
    {MU_RULE_CLUSTER, 0, "rack", NULL, "hello-0@h1", "h2", NULL},
    {MU_RULE_CLUSTER, 0, "rack", "r2", "", "h2", "rack CLUSTER: must be r2, is r1"},
    {MU_RULE_CLUSTER, 0, "@region", NULL, "hello-0@h3", "h4", NULL},
    {MU_RULE_CLUSTER, 0, "@region", NULL, "hello-0@h3", "h1", "@region CLUSTER: must be us, is eu"},
    {MU_RULE_CLUSTER, 0, "@zone", "eu-a", "", "h2", "@zone CLUSTER: must be eu-a, is eu-b"},
};

static const Row GROUP_BY_ROWS[] = {
    {MU_RULE_GROUP_BY, 0, "hostname", NULL, "", "h1", NULL},
    {MU_RULE_GROUP_BY, 0, "hostname", NULL, "hello-0@h1", "h1", NULL}, /* no other value is known */
    {MU_RULE_GROUP_BY, 0, "hostname", NULL, "hello-0@h1 hello-1@h1 hello-2@h2", "h1",
     "hostname GROUP_BY: h1 has 2 hello, others have 1"},
    {MU_RULE_GROUP_BY, 0, "hostname", NULL, "hello-0@h1 hello-1@h1 hello-2@h2", "h2", NULL},
    {MU_RULE_GROUP_BY, 0, "hostname", NULL, "hello-0@h1 hello-1@h2", "h1", NULL},
    {MU_RULE_GROUP_BY, 2, "rack", NULL, "hello-0@h1", "h2",
     "rack GROUP_BY: r1 has 1 hello, others have 0"}, /* one more rack comes */
    {MU_RULE_GROUP_BY, 2, "rack", NULL, "hello-0@h1", "h4", NULL},
    {MU_RULE_GROUP_BY, 2, "rack", NULL, "hello-0@h1 hello-1@h4", "h2", NULL},
    {MU_RULE_GROUP_BY, 0, "@region", NULL, "hello-0@h1 hello-1@h2 hello-2@h3", "h2",
     "@region GROUP_BY: eu has 2 hello, others have 1"},
    {MU_RULE_GROUP_BY, 3, "@zone", NULL, "hello-0@h1 hello-1@h2", "h1",
     "@zone GROUP_BY: eu-a has 1 hello, others have 0"},
    {MU_RULE_GROUP_BY, 3, "@zone", NULL, "hello-0@h1 hello-1@h2", "h4", NULL},
};

static const Row VALUE_ROWS[] = {
    {MU_RULE_IS, 0, "hostname", "h1", "", "h1", NULL},
    {MU_RULE_IS, 0, "hostname", "h1", "", "h2", "hostname IS h1: is h2"},
    {MU_RULE_IS, 0, "rack", "r1", "", "h2", NULL},
    {MU_RULE_IS, 0, "rack", "r1", "", "h3", "the agent has no attribute \"rack\""},
    {MU_RULE_IS, 0, "@region", "us", "", "h1", "@region IS us: is eu"},
    {MU_RULE_IS, 0, "@zone", "us-a", "", "h4", NULL},
    {MU_RULE_LIKE, 0, "hostname", "h[12]", "", "h2", NULL},
    {MU_RULE_LIKE, 0, "hostname", "h", "", "h2", "hostname LIKE h: is h2"}, /* the whole value */
    {MU_RULE_LIKE, 0, "hostname", "h1|h4", "", "h4", NULL},
    {MU_RULE_LIKE, 0, "rack", "r.", "", "h4", NULL},
    {MU_RULE_LIKE, 0, "rack", "r.", "", "h3", "the agent has no attribute \"rack\""},
    {MU_RULE_LIKE, 0, "@region", "e.*", "", "h4", "@region LIKE e.*: is us"},
    {MU_RULE_LIKE, 0, "@zone", "eu-.*", "", "h1", NULL},
    {MU_RULE_UNLIKE, 0, "hostname", "h[12]", "", "h2", "hostname UNLIKE h[12]: is h2"},
    {MU_RULE_UNLIKE, 0, "hostname", "h", "", "h2", NULL},
    {MU_RULE_UNLIKE, 0, "rack", "r1", "", "h3", NULL}, /* without the attribute there is nothing unlike */
    {MU_RULE_UNLIKE, 0, "rack", "r1", "", "h1", "rack UNLIKE r1: is r1"},
    {MU_RULE_UNLIKE, 0, "@region", "us", "", "h1", NULL},
    {MU_RULE_UNLIKE, 0, "@zone", "us-a", "", "h4", "@zone UNLIKE us-a: is us-a"},
    {MU_RULE_UNLIKE, 0, "@zone", "us-a", "", "h3", NULL},
};

static void check_rows(const Row *rows, gsize n) {
  for (gsize i = 0; i < n; i++) {
    const MuPlacementRule rule = {
        .kind = rows[i].kind, .field = rows[i].field, .value = rows[i].value, .count = rows[i].count};
    g_autofree char *found = refusal(&rule, rows[i].pods, rows[i].host);
    if (g_strcmp0(found, rows[i].refusal) != 0)
      g_error("row %zu, %s at %s: \"%s\", not \"%s\"", i, rows[i].field, rows[i].host, found, rows[i].refusal);
  }
}

static void test_unique(void) {
  check_rows(UNIQUE_ROWS, G_N_ELEMENTS(UNIQUE_ROWS));
}

static void test_max_per(void) {
  check_rows(MAX_PER_ROWS, G_N_ELEMENTS(MAX_PER_ROWS));
}

static void test_cluster(void) {
  check_rows(CLUSTER_ROWS, G_N_ELEMENTS(CLUSTER_ROWS));
}

static void test_group_by(void) {
  check_rows(GROUP_BY_ROWS, G_N_ELEMENTS(GROUP_BY_ROWS));
}

static void test_values(void) {
  check_rows(VALUE_ROWS, G_N_ELEMENTS(VALUE_ROWS));
}

/* ---- neighbours ------------------------------------------------------------------------------------------------------- */

static void test_neighbours(void) {
  static const Row ROWS[] = {
      {MU_RULE_COLOCATE, 0, NULL, "world", "world-0@h1", "h1", NULL},
      {MU_RULE_COLOCATE, 0, NULL, "world", "world-0@h1", "h2", "must stand next to world"},
      {MU_RULE_COLOCATE, 0, NULL, "world", "world-0@", "h2", "must stand next to world"},
      {MU_RULE_COLOCATE, 0, NULL, "hello", "hello-9@h1", "h1", "must stand next to hello"}, /* itself is no neighbour */
      {MU_RULE_COLOCATE, 0, NULL, "hello", "hello-9@h1 hello-0@h1", "h1", NULL},
      {MU_RULE_AVOID, 0, NULL, "world", "world-0@h1", "h1", "must not stand next to world"},
      {MU_RULE_AVOID, 0, NULL, "world", "world-0@h1 hello-1@h2", "h2", NULL},
      {MU_RULE_AVOID, 0, NULL, "hello", "hello-9@h1", "h1", NULL},
      {MU_RULE_AVOID, 0, NULL, "hello", "hello-0@h1", "h1", "must not stand next to hello"},
      {MU_RULE_AVOID, 0, NULL, "world", "world-9@h1", "h1",
       "must not stand next to world"}, /* the index alone is not itself */
  };
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    const MuPlacementRule rule = {.kind = ROWS[i].kind, .value = ROWS[i].value};
    g_autofree char *found = refusal(&rule, ROWS[i].pods, ROWS[i].host);
    g_assert_cmpstr(found, ==, ROWS[i].refusal);
  }
}

/* ---- trees ------------------------------------------------------------------------------------------------------------ */

static MuPlacementRule PASSES = {.kind = MU_RULE_IS, .field = "hostname", .value = "h1"};
static MuPlacementRule REFUSES = {.kind = MU_RULE_IS, .field = "@region", .value = "us"};
static MuPlacementRule REFUSES_TOO = {.kind = MU_RULE_IS, .field = "rack", .value = "r2"};

static void test_trees(void) {
  static const struct {
    MuRuleKind kind;
    guint n;
    MuPlacementRule *children[3];
    const char *refusal;
  } ROWS[] = {
      {MU_RULE_ANY, 0, {NULL}, NULL},
      {MU_RULE_AND, 0, {NULL}, NULL},
      {MU_RULE_AND, 2, {&PASSES, &PASSES}, NULL},
      {MU_RULE_AND, 3, {&PASSES, &REFUSES, &REFUSES_TOO}, "@region IS us: is eu"}, /* the first that refuses */
      {MU_RULE_AND, 3, {&PASSES, &REFUSES_TOO, &REFUSES}, "rack IS r2: is r1"},
      {MU_RULE_OR, 2, {&REFUSES, &PASSES}, NULL},
      {MU_RULE_OR, 2, {&REFUSES, &REFUSES_TOO}, "none of 2 alternatives passes"},
      {MU_RULE_OR, 0, {NULL}, "none of 0 alternatives passes"},
      {MU_RULE_NOT, 1, {&REFUSES}, NULL},
      {MU_RULE_NOT, 1, {&PASSES}, "a rule that must not pass does"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    const MuPlacementRule rule = {
        .kind = ROWS[i].kind, .children = (MuPlacementRule **)ROWS[i].children, .n_children = ROWS[i].n};
    g_autofree char *found = refusal(&rule, "", "h1");
    g_assert_cmpstr(found, ==, ROWS[i].refusal);
  }
}

static void test_nested(void) {
  MuPlacementRule *either[] = {&REFUSES, &PASSES};
  MuPlacementRule one_of = {.kind = MU_RULE_OR, .children = either, .n_children = 2};
  MuPlacementRule *inner[] = {&one_of};
  MuPlacementRule none_of = {.kind = MU_RULE_NOT, .children = inner, .n_children = 1};
  MuPlacementRule *both[] = {&PASSES, &none_of};
  MuPlacementRule whole = {.kind = MU_RULE_AND, .children = both, .n_children = 2};
  g_autofree char *found = refusal(&whole, "", "h1");
  g_assert_cmpstr(found, ==, "a rule that must not pass does");
}

static void test_no_rule(void) {
  g_autofree char *found = refusal(NULL, "hello-0@h1", "h1");
  g_assert_null(found);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/placement/unique", test_unique);
  g_test_add_func("/placement/max_per", test_max_per);
  g_test_add_func("/placement/cluster", test_cluster);
  g_test_add_func("/placement/group_by", test_group_by);
  g_test_add_func("/placement/values", test_values);
  g_test_add_func("/placement/neighbours", test_neighbours);
  g_test_add_func("/placement/trees", test_trees);
  g_test_add_func("/placement/nested", test_nested);
  g_test_add_func("/placement/no_rule", test_no_rule);
  return g_test_run();
}
