/* What the number of services costs: 10, 100, 1,000 and 10,000 services of five pods, and restarts with 100,000 tasks. Prints a
 * table with the slope from the smallest to the largest, and writes JSON; bench/README.md says what each row is.
 *
 *   bench_scale RESULTS.json [--quick | N: only that many services, for a profiler | restart [TASKS]: only the restarts |
 *       store STORE [SERVICES [TASKS]]: makes one | restart-of STORE: one restart, of such a store, for a profiler]
 */
#include "json.h"
#include "scale_world.h"
#include "view.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_MIMALLOC
#include <mimalloc.h>
#else
#include <malloc.h>
#endif

#define PODS 5
#define SIZES 4

static guint sizes[SIZES] = {10, 100, 1000, 10000};
static guint restart_services[2] = {1000, 10000}, restart_tasks = 100000;

/* ---- rows ------------------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *key, *what, *unit;
  gboolean slope; /* whether it should be flat */
  double values[SIZES];
} Row;

typedef enum {
  DECIDED,
  DURABLE,
  MAIN_US,
  STORE_US,
  COMPLETE_S,
  AGENTS,
  STATUS_US,
  OFFER_US,
  READ_US,
  STATUS_COLD_US,
  OFFER_COLD_US,
  READ_COLD_US,
  LIST_US,
  IDLE_MS,
  SERVICE_KB,
  TASK_KB,
  READ_P99_MS,
  READ_P99_CPU_MS,
  READ_MAX_CPU_MS,
  SPREAD,
  ROWS
} RowIndex;

static Row rows[ROWS] = {
    [DECIDED] = {"decided_per_s", "launches decided a second (core alone)", "/s", TRUE, {0}},
    [DURABLE] = {"durable_per_s", "launches a second, durable (SQLite, FULL)", "/s", TRUE, {0}},
    [MAIN_US] = {"durable_main_us", "  of it the main loop, processor time for each", "us", TRUE, {0}},
    [STORE_US] = {"durable_store_us", "  of it the store, processor time for each", "us", TRUE, {0}},
    [COMPLETE_S] = {"complete_s", "all services complete after", "s", FALSE, {0}},
    [AGENTS] = {"durable_agents_per_s", "launches a second, durable, as many agents as services", "/s", TRUE, {0}},
    [STATUS_US] = {"status_us", "a status, all idle", "us", TRUE, {0}},
    [OFFER_US] = {"offer_us", "an offer, all idle", "us", TRUE, {0}},
    [READ_US] = {"read_us", "a read of one service (status of its pods)", "us", TRUE, {0}},
    [STATUS_COLD_US] = {"status_cold_us", "a status, when other programs had the caches", "us", TRUE, {0}},
    [OFFER_COLD_US] = {"offer_cold_us", "an offer, likewise", "us", TRUE, {0}},
    [READ_COLD_US] = {"read_cold_us", "a read of one service, likewise", "us", TRUE, {0}},
    [LIST_US] = {"list_us", "the list of services, for each in it", "us", TRUE, {0}},
    [IDLE_MS] = {"idle_minute_ms", "processor time of an idle minute", "ms", FALSE, {0}},
    [SERVICE_KB] = {"service_kb", "memory of an idle service (one task, done)", "KB", TRUE, {0}},
    [TASK_KB] = {"task_kb", "memory of a pod of one task", "KB", TRUE, {0}},
    [READ_P99_MS] = {"read_p99_ms", "a read while deploying, 99th percentile", "ms", FALSE, {0}},
    [READ_P99_CPU_MS] =
        {"read_p99_processor_ms", "  of processor time, undisturbed by other programs", "ms", FALSE, {0}},
    [READ_MAX_CPU_MS] = {"read_max_processor_ms", "  the longest", "ms", FALSE, {0}},
    [SPREAD] = {"spread", "last of equal services complete / half of them", "x", FALSE, {0}},
};

static void print_rows(void) {
  g_print("  %-50s", "services");
  for (guint i = 0; i < SIZES; i++)
    g_print("%12u", sizes[i]);
  g_print("%12s\n", "slope");
  for (guint i = 0; i < ROWS; i++) {
    g_print("  %-46s %-3s", rows[i].what, rows[i].unit);
    for (guint j = 0; j < SIZES; j++)
      g_print("%12.*f", rows[i].values[j] < 100 ? 2 : 0, rows[i].values[j]);
    if (rows[i].slope)
      g_print("%11.2fx", rows[i].values[SIZES - 1] / MAX(rows[i].values[0], 1e-9));
    g_print("\n");
  }
}

static json_t *rows_to_json(void) {
  json_t *object = json_object();
  for (guint i = 0; i < ROWS; i++) {
    json_t *values = json_object();
    for (guint j = 0; j < SIZES; j++) {
      g_autofree char *size = g_strdup_printf("%u", sizes[j]);
      json_object_set_new(values, size, json_real(rows[i].values[j]));
    }
    json_object_set_new(object, rows[i].key,
                        json_pack("{s:s, s:s, s:o}", "what", rows[i].what, "unit", rows[i].unit, "values", values));
  }
  return object;
}

/* ---- helpers ---------------------------------------------------------------------------------------------------------- */

static double seconds_since(gint64 begin_us) {
  return (double)(g_get_monotonic_time() - begin_us) / G_USEC_PER_SEC;
}

/* Processor time, since a moment of world_processor_us. */
static double busy_us_since(gint64 begin_us) {
  return (double)(world_processor_us(FALSE) - begin_us);
}

/* What was allocated and not freed, as the program's allocator says. */
#ifdef HAVE_MIMALLOC
static bool add_area(const mi_heap_t *heap, const mi_heap_area_t *area, void *block, size_t size, void *user) {
  (void)heap, (void)block, (void)size;
  *(double *)user += (double)(area->used * area->block_size) / 1024;
  return true;
}

static double heap_kb(void) {
  double kb = 0;
  mi_collect(false); /* what another thread freed is taken back */
  mi_heap_visit_blocks(mi_heap_get_default(), false, add_area, &kb);
  return kb;
}
#else
static double heap_kb(void) {
  const struct mallinfo2 info = mallinfo2();
  return (double)(info.uordblks + info.hblkhd) / 1024;
}
#endif

static char *make_path(const char *folder) {
  g_autofree char *name = g_strdup_printf("scale-%d.db", (int)getpid());
  return g_build_filename(folder, name, NULL);
}

static void remove_store(const char *path) {
  static const char *const ENDS[] = {"", "-wal", "-shm", ".lock"};
  for (guint i = 0; path != NULL && i < G_N_ELEMENTS(ENDS); i++) {
    g_autofree char *file = g_strconcat(path, ENDS[i], NULL);
    g_unlink(file);
  }
}

static void put(World *world, guint n, const char *goal, guint pods) {
  const char *cmd = strcmp(goal, "FINISH") == 0 ? "true" : "sleep 1000";
  g_autofree char *name = g_strdup_printf("svc-%u", n);
  char *yaml =
      g_strdup_printf("name: %s\npods:\n  node:\n    count: %u\n    tasks:\n      server: {goal: %s, cmd: %s, "
                      "cpus: 0.1, memory: 32}\n"
                      "plans:\n  deploy:\n    strategy: parallel\n    phases:\n      node: {strategy: parallel, "
                      "pod: node}\n",
                      name, pods, goal, cmd);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, name);
  command->context = g_bytes_new_take(yaml, strlen(yaml));
  world_command(world, command);
}

static gboolean is_complete(World *world, guint n) {
  g_autofree char *name = g_strdup_printf("svc-%u", n);
  g_autoptr(json_t) plan = mu_view_plan(world_client(world), name, "deploy", NULL);
  return g_strcmp0(json_string_value(json_object_get(plan, "status")), "COMPLETE") == 0;
}

/* ---- deploying -------------------------------------------------------------------------------------------------------- */

/* When each service was found complete: they are looked at in turn, a few after each turn of the loop. */
typedef struct {
  GArray *left;    /* of guint */
  GArray *done_us; /* of gint64 */
  gint64 begin_us;
} Finish;

static void note_complete(World *world, Finish *finish) {
  guint looks = MIN(finish->left->len, 64);
  for (guint i = 0; i < looks && finish->left->len > 0; i++) {
    guint n = g_array_index(finish->left, guint, 0);
    g_array_remove_index(finish->left, 0);
    gint64 at_us = g_get_monotonic_time() - finish->begin_us;
    if (is_complete(world, n))
      g_array_append_val(finish->done_us, at_us);
    else
      g_array_append_val(finish->left, n);
  }
}

static int compare_times(gconstpointer a, gconstpointer b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

static double percentile(GArray *times, double part) {
  g_array_sort(times, compare_times);
  guint index = (guint)((double)(times->len - 1) * part);
  return times->len == 0 ? 0 : (double)g_array_index(times, gint64, index);
}

/* A read comes at any moment, and is answered when the turn under way is over. */
static double wait_ms(const GArray *turns_us, double read_us, double part) {
  g_autoptr(GArray) waits = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint i = 0; i < turns_us->len; i++)
    for (gint64 left = g_array_index(turns_us, gint64, i); left > 0; left -= 100) {
      gint64 wait_us = left + (gint64)read_us;
      g_array_append_val(waits, wait_us);
    }
  return percentile(waits, part) / 1000;
}

static void read_service(World *world, guint n) {
  g_autofree char *name = g_strdup_printf("svc-%u", n);
  g_autoptr(json_t) view = mu_view_pod_status(world_client(world), name, NULL, NULL);
  g_assert_nonnull(view);
}

G_NO_INLINE static double read_once_us(World *world, guint services) {
  gint64 begin_us = world_processor_us(FALSE);
  const guint RUNS = 2000;
  for (guint i = 0; i < RUNS; i++)
    read_service(world, (i * 7919) % services);
  return busy_us_since(begin_us) / RUNS;
}

/* All is launched that the services want, whose additions are durable. In seconds. A function of its own for profilers. */
G_NO_INLINE static double launch_all(World *world, guint services) {
  gint64 begin_us = g_get_monotonic_time();
  world_hold_offers(world, FALSE);
  world_settle(world);
  g_assert_cmpuint(world_counts(world)->launches, ==, services * PODS);
  return seconds_since(begin_us);
}

static void deploy_measured(World *world, guint services, const char *path, guint column) {
  const WorldCounts *counts = world_counts(world);
  gint64 commands_us = counts->core_us, engine_us = counts->engine_us;
  gint64 main_us = world_processor_us(FALSE), all_us = world_processor_us(TRUE);
  double seconds = launch_all(world, services);
  main_us = world_processor_us(FALSE) - main_us;
  all_us = world_processor_us(TRUE) - all_us;
  double launches = (double)counts->launches;
  if (path == NULL) {
    rows[DECIDED].values[column] = launches * 1e6 / (double)(counts->core_us - commands_us);
    return;
  }
  rows[DURABLE].values[column] = launches / seconds;
  rows[MAIN_US].values[column] = (double)(main_us - (counts->engine_us - engine_us)) / launches;
  rows[STORE_US].values[column] = (double)(all_us - main_us) / launches;
  rows[COMPLETE_S].values[column] = seconds;
}

/* The services are added, and wait for offers. */
static World *add_all(guint services, guint agents, const char *path) {
  World *world = world_new(agents, services * PODS / agents, path);
  world_settle(world);
  world_forget(world);
  world_hold_offers(world, TRUE);
  for (guint i = 0; i < services; i++)
    put(world, i, "RUNNING", PODS);
  world_settle(world);
  return world;
}

static void measure_agents(guint services, const char *path, guint column) {
  World *world = add_all(services, services, path);
  rows[AGENTS].values[column] = services * PODS / launch_all(world, services);
  world_free(world);
}

static World *deploy(guint services, const char *path, guint column) {
  World *world = add_all(services, MAX(services / 10, 1), path);
  deploy_measured(world, services, path, column);
  for (guint i = 0; i < services; i += MAX(services / 100, 1))
    g_assert_true(is_complete(world, i));
  if (path == NULL)
    return world;
  const WorldCounts *counts = world_counts(world);
  double read_us = read_once_us(world, services);
  rows[READ_P99_MS].values[column] = wait_ms(counts->turns_us, read_us, 0.99);
  rows[READ_P99_CPU_MS].values[column] = wait_ms(counts->turns_processor_us, read_us, 0.99);
  rows[READ_MAX_CPU_MS].values[column] = wait_ms(counts->turns_processor_us, read_us, 1.0);
  return world;
}

/* Equal services started together: how long after the half of them is the last complete? */
static void measure_fairness(guint services, guint column) {
  guint agents = MAX(services / 10, 1);
  g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint));
  g_autoptr(GArray) done_us = g_array_new(FALSE, FALSE, sizeof(gint64));
  World *world = world_new(agents, services * PODS / agents, NULL);
  world_settle(world);
  for (guint i = 0; i < services; i++) {
    put(world, i, "RUNNING", PODS);
    g_array_append_val(left, i);
  }
  Finish finish = {left, done_us, g_get_monotonic_time()};
  gboolean work = TRUE;
  while (left->len > 0) {
    work = world_turn(world);
    do
      note_complete(world, &finish);
    while (!work && left->len > 0);
  }
  rows[SPREAD].values[column] = percentile(done_us, 1.0) / MAX(percentile(done_us, 0.5), 1e-9);
  world_free(world);
}

/* ---- idle ------------------------------------------------------------------------------------------------------------- */

#define EVENTS 5000

static MuEngineEvent *make_status(const World *world, guint i) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_copy(world_task(world, i * 7919));
  event->status->has_healthy = TRUE;
  event->status->healthy = i / world_tasks(world) % 2 == 0; /* news each time */
  return event;
}

static MuEngineEvent *make_extra_offer(const World *world, guint i) {
  (void)world;
  (void)i;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  MuOffer *offer = mu_offer_new("extra", "agent-0", "agent-0");
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, 1000);
  mu_resources_add(offer->resources, cpus);
  g_ptr_array_add(event->offers, offer);
  return event;
}

/* From the event to the end of all that follows from it, one after the other. A function of its own for profilers. */
G_NO_INLINE static void hear_all(World *world, MuEngineEvent *const *take_events) {
  for (guint i = 0; i < EVENTS; i++) {
    world_event(world, take_events[i]);
    world_turn(world);
  }
}

static double measure_event_us(World *world, MuEngineEvent *(*make)(const World *world, guint i)) {
  g_autofree MuEngineEvent **events = g_new(MuEngineEvent *, EVENTS);
  for (guint i = 0; i < EVENTS; i++)
    events[i] = make(world, i);
  gint64 begin_us = world_processor_us(FALSE);
  hear_all(world, events);
  return busy_us_since(begin_us) / EVENTS;
}

G_NO_INLINE static double measure_list_us(World *world, guint services) {
  guint runs = MAX(10000 / services, 3);
  gint64 begin_us = world_processor_us(FALSE);
  for (guint i = 0; i < runs; i++) {
    MuServiceListing listing = {0};
    while (!listing.ended) {
      g_autofree char *part = mu_view_services_part(world_client(world), &listing);
      g_assert_cmpuint(part[0], !=, '\0');
    }
    mu_service_listing_clear(&listing);
  }
  return busy_us_since(begin_us) / runs / services;
}

/* Every moment at which the core asks to be woken within the next minute. */
static double measure_idle_ms(World *world) {
  MuMultiServiceEventClient *client = world_client(world);
  gint64 now_ms = world_now_ms(), end_ms = now_ms + 60000, begin_us = world_processor_us(FALSE);
  gint64 at_ms = 0;
  while ((at_ms = mu_client_next_ms(client)) <= end_ms) {
    now_ms = MAX(at_ms, now_ms + 1);
    mu_output_free(mu_client_drain(client, now_ms));
  }
  return busy_us_since(begin_us) / 1e3;
}

/* ---- cold ------------------------------------------------------------------------------------------------------------- */

/* An event comes to a scheduler at rest when other programs had the processor's caches since the one before, however few services
 * there are: this one has them all. */
#define OTHER_BYTES ((gsize)96 * 1024 * 1024)
#define COLD_RUNS 60

static void take_caches(void) {
  static volatile char *other;
  if (other == NULL)
    other = g_malloc(OTHER_BYTES);
  for (gsize at = 0; at < OTHER_BYTES; at += 64)
    other[at]++;
}

static double cold_event_us(World *world, MuEngineEvent *(*make)(const World *world, guint i)) {
  g_autoptr(GArray) took_ns = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint i = 0; i < COLD_RUNS; i++) {
    MuEngineEvent *event = make(world, i);
    take_caches();
    gint64 begin_ns = world_processor_ns();
    world_event(world, event);
    world_turn(world);
    gint64 ns = world_processor_ns() - begin_ns;
    g_array_append_val(took_ns, ns);
  }
  return percentile(took_ns, 0.5) / 1000;
}

static double cold_read_us(World *world, guint services) {
  g_autoptr(GArray) took_ns = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint i = 0; i < COLD_RUNS; i++) {
    take_caches();
    gint64 begin_ns = world_processor_ns();
    read_service(world, (i * 7919) % services);
    gint64 ns = world_processor_ns() - begin_ns;
    g_array_append_val(took_ns, ns);
  }
  return percentile(took_ns, 0.5) / 1000;
}

/* Services that are done and rest. */
static void measure_memory(guint services, guint column) {
  guint agents = MAX(services / 10, 1);
  World *world = world_new(agents, services / agents + 1, NULL);
  world_settle(world);
  double before = heap_kb();
  for (guint i = 0; i < services; i++)
    put(world, i, "FINISH", 1);
  world_settle(world);
  rows[SERVICE_KB].values[column] = (heap_kb() - before) / services;
  world_free(world);
}

static void measure_size(guint column) {
  guint services = sizes[column];
  g_autofree char *path = make_path(g_get_tmp_dir());
  double before = heap_kb();
  World *world = deploy(services, NULL, column);
  double of_pods = heap_kb() - before - rows[SERVICE_KB].values[column] * services;
  rows[TASK_KB].values[column] = of_pods / (services * PODS);
  rows[IDLE_MS].values[column] = measure_idle_ms(world);
  rows[STATUS_US].values[column] = measure_event_us(world, make_status);
  rows[OFFER_US].values[column] = measure_event_us(world, make_extra_offer);
  rows[READ_US].values[column] = read_once_us(world, services);
  rows[STATUS_COLD_US].values[column] = cold_event_us(world, make_status);
  rows[OFFER_COLD_US].values[column] = cold_event_us(world, make_extra_offer);
  rows[READ_COLD_US].values[column] = cold_read_us(world, services);
  rows[LIST_US].values[column] = measure_list_us(world, services);
  world_free(world);
  measure_fairness(services, column);
  remove_store(path);
  world_free(deploy(services, path, column));
  remove_store(path);
  measure_agents(services, path, column);
  remove_store(path);
}

/* ---- restart ---------------------------------------------------------------------------------------------------------- */

/* A function of its own for profilers. */
G_NO_INLINE static void reconcile(World *world) {
  world_settle(world);
}

/* What is told of it is of this process alone, as a restart is: no memory that another scheduler left. */
static json_t *restart(const char *path) {
  World *world = world_new_stopped(100, restart_tasks / 100, path);
  world_find_tasks(world);
  gint64 begin_us = world_processor_us(TRUE), wall_us = g_get_monotonic_time();
  world_start(world);
  double loaded_s = (double)(world_processor_us(TRUE) - begin_us) / G_USEC_PER_SEC;
  reconcile(world);
  double seconds = (double)(world_processor_us(TRUE) - begin_us - world_counts(world)->engine_us) / G_USEC_PER_SEC;
  double wall_s = seconds_since(wall_us);
  int tasks = (int)world_tasks(world);
  char **names = mu_multi_service_manager_names(mu_multi_service_event_client_manager(world_client(world)));
  int services = (int)g_strv_length(names);
  g_strfreev(names);
  return json_pack("{s:i, s:i, s:f, s:f, s:f}", "services", services, "tasks", tasks, "loaded_s", loaded_s,
                   "reconciled_s", seconds, "wall_s", wall_s);
}

static int run_restart(const char *results, const char *path) {
  g_autoptr(json_t) row = restart(path);
  return json_dump_file(row, results, 0) == 0 ? 0 : 1;
}

static void deploy_for_restart(guint services, const char *path) {
  remove_store(path);
  World *world = world_new(100, restart_tasks / 100, path);
  world_settle(world);
  for (guint i = 0; i < services; i++)
    put(world, i, "RUNNING", restart_tasks / services);
  world_settle(world);
  g_assert_cmpuint(world_tasks(world), ==, restart_tasks);
  world_free(world);
}

/* The two halves of a restart alone. */
static int run_half(int argc, char **argv) {
  if (strcmp(argv[2], "restart-of") == 0)
    return run_restart(argv[1], argv[3]);
  restart_tasks = argc > 5 ? (guint)g_ascii_strtoull(argv[5], NULL, 10) : restart_tasks;
  deploy_for_restart(argc > 4 ? (guint)g_ascii_strtoull(argv[4], NULL, 10) : 1000, argv[3]);
  return 0;
}

static json_t *measure_restart(const char *program, guint services) {
  g_autofree char *path = make_path(g_get_tmp_dir()), *results = g_strconcat(path, ".json", NULL);
  const char *argv[] = {program, results, "restart-of", path, NULL};
  g_autoptr(GError) error = NULL;
  deploy_for_restart(services, path);
  g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  json_t *row = json_load_file(results, 0, NULL);
  g_assert_nonnull(row);
  g_unlink(results);
  remove_store(path);
  g_print(
      "  restart with %u tasks in %u services: loaded after %.2f s of processor time, subscribed and reconciled after "
      "%.2f s (by the clock %.2f s)\n",
      restart_tasks, services, json_real_value(json_object_get(row, "loaded_s")),
      json_real_value(json_object_get(row, "reconciled_s")), json_real_value(json_object_get(row, "wall_s")));
  return row;
}

int main(int argc, char **argv) {
  gboolean quick = argc > 2 && strcmp(argv[2], "--quick") == 0;
  if (argc < 2) {
    g_printerr("usage: bench_scale RESULTS.json [--quick | N | restart [TASKS] | restart-of STORE | "
               "store STORE [SERVICES [TASKS]]]\n");
    return 2;
  }
  if (argc > 3 && (strcmp(argv[2], "restart-of") == 0 || strcmp(argv[2], "store") == 0))
    return run_half(argc, argv);
  if (quick) {
    const guint SMALL[SIZES] = {10, 30, 100, 300};
    memcpy(sizes, SMALL, sizeof sizes);
    restart_services[0] = 10;
    restart_services[1] = 100;
    restart_tasks = 1000;
  }
  gboolean restarts_only = argc > 2 && strcmp(argv[2], "restart") == 0;
  if (argc > 3) {
    restart_tasks = (guint)g_ascii_strtoull(argv[3], NULL, 10) / 100 * 100;
    restart_services[0] = MAX(restart_tasks / 100, 1);
    restart_services[1] = MAX(restart_tasks / 10, 1);
  }
  guint only = argc > 2 && !quick ? (guint)g_ascii_strtoull(argv[2], NULL, 10) : 0;
  for (guint i = 0; i < SIZES; i++) {
    if (restarts_only || (only != 0 && sizes[i] != only))
      continue;
    measure_memory(sizes[i], i);
    measure_size(i);
  }
  if (!restarts_only)
    print_rows();
  g_autoptr(json_t) results = rows_to_json();
  json_t *restarts = json_array();
  for (guint i = 0; i < G_N_ELEMENTS(restart_services) && (restarts_only || only == 0); i++)
    json_array_append_new(restarts, measure_restart(argv[0], restart_services[i]));
  json_object_set_new(results, "restart", restarts);
  return json_dump_file(results, argv[1], JSON_INDENT(2)) == 0 ? 0 : 1;
}
