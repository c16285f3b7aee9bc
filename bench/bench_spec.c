/* `make bench`: what reading a ServiceSpec costs (bench/README.md).
 *
 *   bench_spec RESULTS.json [--quick]
 */
#include <jansson.h>
#include <muster/spec.h>
#include <string.h>

#define SMALL_LINES 300
#define LARGE_PODS 1000

/* ---- the specs ------------------------------------------------------------------------------------------------------ */

/* 20 lines, with four variables and a section. */
static void add_pod(GString *yaml, guint i) {
  g_string_append_printf(yaml,
                         "  pod-%u:\n"
                         "    count: {{COUNT}}\n"
                         "    {{#PLACEMENT}}\n"
                         "    placement: '{{{PLACEMENT}}}'\n"
                         "    {{/PLACEMENT}}\n"
                         "    tasks:\n"
                         "      server:\n"
                         "        goal: RUNNING\n"
                         "        cmd: echo {{NAME}} >> data/out && exec sleep 1000\n"
                         "        cpus: {{CPUS}}\n"
                         "        memory: 32\n"
                         "        ports:\n"
                         "          http: {port: 0, env-key: PORT_HTTP}\n"
                         "        volume:\n"
                         "          path: data\n"
                         "          type: ROOT\n"
                         "          size: 64\n"
                         "        env:\n"
                         "          NAME: '{{NAME}}'\n"
                         "        health-check: {cmd: test -s data/out, interval: 5, delay: 0, timeout: 10}\n",
                         i);
}

static char *make_spec(guint pods) {
  GString *yaml = g_string_new("name: {{NAME}}\npods:\n");
  for (guint i = 0; i < pods; i++)
    add_pod(yaml, i);
  return g_string_free(yaml, FALSE);
}

static guint count_lines(const char *text) {
  guint n = 0;
  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

/* ---- the measure ---------------------------------------------------------------------------------------------------- */

static GHashTable *variables(void) {
  static const char *const pairs[][2] = {
      {"NAME", "bench"}, {"COUNT", "2"}, {"CPUS", "0.1"}, {"PLACEMENT", "[[\"hostname\", \"UNIQUE\"]]"}};
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
    g_hash_table_insert(table, (char *)pairs[i][0], (char *)pairs[i][1]);
  return table;
}

static int compare_times(const void *a, const void *b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

/* The median of `runs`, in ms. */
static double read_ms(const char *yaml, guint runs) {
  g_autoptr(GHashTable) table = variables();
  g_autofree gint64 *times = g_new(gint64, runs);
  for (guint i = 0; i < runs; i++) {
    MuSpecInput input = {.variables = table};
    g_autoptr(GError) error = NULL;
    gint64 start_us = g_get_monotonic_time();
    MuServiceSpec *spec = mu_service_spec_parse(yaml, strlen(yaml), &input, &error);
    mu_service_spec_unref(spec);
    times[i] = g_get_monotonic_time() - start_us;
    if (error != NULL)
      g_error("%s", error->message);
  }
  qsort(times, runs, sizeof *times, compare_times);
  return (double)times[runs / 2] / 1000.0;
}

/* A row of the table, and a member of the JSON. */
static gboolean report(json_t *results, const char *key, const char *what, double ms, double aim_ms) {
  gboolean met = ms < aim_ms;
  g_print("  %-58s %10.3f %-6s < %g ms\t %s\n", what, ms, "ms", aim_ms, met ? "ok" : "MISSED");
  json_object_set_new(
      results, key,
      json_pack("{s:f, s:s, s:s, s:f, s:b}", "value", ms, "unit", "ms", "what", what, "aim", aim_ms, "met", met));
  return met;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    g_printerr("usage: bench_spec RESULTS.json [--quick]\n");
    return 2;
  }
  guint runs = argc > 2 && strcmp(argv[2], "--quick") == 0 ? 5 : 25;
  g_autofree char *small = make_spec(SMALL_LINES / 20 + 1), *large = make_spec(LARGE_PODS);
  g_autofree char *small_what = g_strdup_printf("a spec of %u lines rendered, read and validated", count_lines(small));
  g_autofree char *large_what = g_strdup_printf("one of %u pod types, %u lines", LARGE_PODS, count_lines(large));
  json_t *root = json_object(), *results = json_object();
  report(results, "spec_small_ms", small_what, read_ms(small, runs * 20), 1);
  report(results, "spec_large_ms", large_what, read_ms(large, runs), 100);
  json_object_set_new(root, "results", results);
  if (json_dump_file(root, argv[1], JSON_INDENT(2)) != 0) {
    g_printerr("bench_spec: %s cannot be written\n", argv[1]);
    return 1;
  }
  json_decref(root);
  return 0;
}
