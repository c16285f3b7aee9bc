/* Each reservation is for the role of its pod, made of what the operator set aside for that role where the pod asks for it, and of
 * nothing that is set aside otherwise; and as long as something is reserved for a role, the framework has it: else nobody would offer
 * what is to be given back. */
#include "sim_check.h"

#include "client_private.h"

#include <string.h>

/* Few. */
static gboolean has(const GPtrArray *roles, const char *role) {
  return g_ptr_array_find_with_equal_func((GPtrArray *)roles, role, g_str_equal, NULL);
}

static void check_role(MuSim *sim, const MuPod *pod, const MuResource *resource) {
  if (!has(sim->client->roles, resource->reservation.role))
    mu_sim_check_fail(sim, &mu_sim_check_roles, "%s of %s has something reserved for role %s, which is given up",
                      pod->name, pod->service->name, resource->reservation.role);
}

/* In every configuration of the service it is the same. */
static const MuPodSpec *spec_of(const MuPod *pod) {
  const MuServiceSpec *spec = mu_service_target(pod->service);
  return spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
}

static void check_kind(MuSim *sim, const MuPod *pod, const MuResource *resource) {
  const MuPodSpec *spec = spec_of(pod);
  const MuReservation *reservation = &resource->reservation;
  const char *wanted = spec == NULL ? NULL : spec->pre_reserved_role;
  g_autofree char *above = wanted == NULL ? g_strdup("") : g_strconcat(wanted, "/", NULL);
  gboolean fits = strcmp(reservation->role, pod->record->role) == 0 && g_str_has_prefix(reservation->role, above) &&
                  g_strcmp0(reservation->pre_reserved_role, wanted) == 0;
  if (spec != NULL && !fits)
    mu_sim_check_fail(sim, &mu_sim_check_roles, "%s of %s, with the role %s, holds what is reserved for %s of %s",
                      pod->name, pod->service->name, pod->record->role, reservation->role,
                      reservation->pre_reserved_role == NULL ? "all" : reservation->pre_reserved_role);
}

static void check_pod(MuSim *sim, const MuPod *pod) {
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    check_role(sim, pod, entry->resource);
    if (entry->agent_id == NULL) /* else it is left behind, perhaps of another role */
      check_kind(sim, pod, entry->resource);
  }
}

/* Of no pod. */
static void check_record(MuSim *sim, const MuService *service, const MuSimTouched *record) {
  (void)sim;
  (void)service;
  (void)record;
}

/* The master has them, too. */
static void check_whole(MuSim *sim) {
  const GPtrArray *roles = sim->client->roles;
  for (guint i = 0; sim->client->subscribed && i < roles->len; i++)
    if (!has(sim->roles, roles->pdata[i]))
      mu_sim_check_fail(sim, &mu_sim_check_roles, "role %s is needed, and the engine was not told",
                        (const char *)roles->pdata[i]);
}

const MuSimCheck mu_sim_check_roles = {.name = "roles",
                                       .what = "reservations are for the role of their pod, which the framework has",
                                       .pod = check_pod,
                                       .record = check_record,
                                       .whole = check_whole};
