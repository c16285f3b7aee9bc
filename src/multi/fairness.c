#include "fairness.h"

#include "bug.h"

void mu_fair_init(MuFairness *fair) {
  fair->queue = g_sequence_new(NULL);
  fair->clock = 0;
  fair->arrivals = 0;
}

void mu_fair_clear(MuFairness *fair) {
  g_sequence_free(fair->queue);
}

guint mu_fair_length(const MuFairness *fair) {
  return (guint)g_sequence_get_length(fair->queue);
}

static guint priority_of(const MuService *service) {
  const MuServiceSpec *spec = mu_service_target(service);
  return spec == NULL ? 0 : spec->priority;
}

static gint64 stride_of(const MuService *service) {
  return MU_FAIR_STRIDE >> service->priority;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user) {
  const MuService *left = a, *right = b;
  (void)user;
  if (left->tag != right->tag)
    return left->tag < right->tag ? -1 : 1;
  if (left->priority != right->priority)
    return left->priority > right->priority ? -1 : 1;
  return (left->arrival > right->arrival) - (left->arrival < right->arrival);
}

gboolean mu_fair_precedes(const MuService *a, const MuService *b) {
  return compare(a, b, NULL) < 0;
}

void mu_fair_join(MuFairness *fair, MuService *service) {
  guint priority = priority_of(service);
  if (service->waits != NULL && priority == service->priority)
    return;
  service->priority = priority;
  if (service->waits != NULL) {
    g_sequence_sort_changed(service->waits, compare, NULL);
    return;
  }
  service->tag = MAX(service->tag, fair->clock + stride_of(service));
  service->arrival = ++fair->arrivals;
  service->waits = g_sequence_insert_sorted(fair->queue, service, compare, NULL);
}

void mu_fair_leave(MuFairness *fair, MuService *service) {
  (void)fair;
  if (service->waits != NULL)
    g_sequence_remove(service->waits);
  service->waits = NULL;
}

void mu_fair_served(MuFairness *fair, MuService *service) {
  gint64 stride = stride_of(service);
  mu_assert(service->waits != NULL);
  service->tag = MAX(service->tag, fair->clock - stride);
  fair->clock = MAX(fair->clock, service->tag);
  service->tag += stride;
  g_sequence_sort_changed(service->waits, compare, NULL);
}

guint64 mu_fair_bound(guint priority, guint others, guint highest) {
  guint64 share = highest > priority ? G_GUINT64_CONSTANT(1) << (highest - priority) : 1;
  return others * (share + 3);
}
