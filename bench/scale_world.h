/* The world of bench_scale: the real core and pipeline, a store (SQLite, or none), and an engine that costs next to nothing:
 * agents that offer what they have, tasks that run at once. Everything is in this process, so what is measured is the
 * scheduler. */
#ifndef SCALE_WORLD_H
#define SCALE_WORLD_H
#include "event_client.h"
#include "pipeline.h"
#include "sqlite_store.h"

typedef struct World World;

/* `agents` of them, each with room for `room` pods; `path` NULL: no store, a batch is durable at once. */
World *world_new(guint agents, guint room, const char *path);
void world_free(World *world);
/* The scheduler's process ends. */
void world_stop(World *world);
/* One whose scheduler is not started yet; the engine knows the tasks whose statuses the store has; then it starts. */
World *world_new_stopped(guint agents, guint room, const char *path);
void world_find_tasks(World *world);
void world_start(World *world);
MuMultiServiceEventClient *world_client(World *world);
gint64 world_now_ms(void);
/* Processor time of this thread, or of the process; other programs on the machine do not disturb it. */
gint64 world_processor_us(gboolean of_all_threads);
gint64 world_processor_ns(void); /* of this thread */

/* Queued: they go to the core before the events that wait. */
void world_command(World *world, MuCommand *take_command);
void world_event(World *world, MuEngineEvent *take_event);
/* One turn of the loop: a part of what is durable is performed, a part of what is queued goes to the core, one drain, the store
 * gets its turn. FALSE: there was nothing to do. */
gboolean world_turn(World *world);
/* While held, the engine offers nothing. */
void world_hold_offers(World *world, gboolean held);
/* Turns until nothing is left to be done. */
void world_settle(World *world);

/* Since the last call of world_forget. */
typedef struct {
  gint64 core_us;   /* processor time in the core: events, commands, drains */
  gint64 engine_us; /* … in the engine of this benchmark */
  guint64 launches; /* tasks that the engine was told to launch */
  GArray *turns_us,
      *turns_processor_us; /* of gint64, with a store: how long a turn of the main loop took, by the clock and of processor */
} WorldCounts;
const WorldCounts *world_counts(const World *world);
void world_forget(World *world);
/* A running task, chosen by `n`; borrowed. */
const MuTaskStatus *world_task(const World *world, guint n);
guint world_tasks(const World *world);
#endif
