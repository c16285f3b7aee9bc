/* A `muster serve` of the benchmark's own, on a folder of its own, and what it costs. */
#ifndef BENCH_SCHEDULER_H
#define BENCH_SCHEDULER_H
#include "bench_http.h"
#include <sys/types.h>

typedef struct {
  char *dir;
  pid_t pid;
  BenchHttp requests, events;
} BenchScheduler;

/* Starts it and waits until it answers. */
void bench_scheduler_start(BenchScheduler *scheduler, const char *muster);
/* Uninstalls it: removes all services, and checks that no process and no file is left. */
void bench_scheduler_stop(BenchScheduler *scheduler);

/* Adds the service; ends the program when it is refused. */
void bench_scheduler_put(BenchScheduler *scheduler, const char *service, const char *yaml);
/* Waits until `n` tasks were told to be in the state ("TASK_RUNNING"), of any service. */
void bench_scheduler_wait(BenchScheduler *scheduler, const char *state, guint n);

typedef struct {
  gint64 rss_kb, pss_kb;
} BenchMemory;
BenchMemory bench_scheduler_memory(const BenchScheduler *scheduler);

typedef struct {
  gint64 cpu_ms;   /* user and system, all threads */
  gint64 switches; /* voluntary, all threads: how often one of them went to sleep, so how often one woke up */
} BenchCost;
BenchCost bench_scheduler_cost(const BenchScheduler *scheduler);

gint64 bench_now_us(void);
#endif
