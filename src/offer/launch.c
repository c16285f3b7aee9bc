#include "launch.h"

#include "bug.h"
#include "dns_names.h"
#include "launch_container.h"
#include "launch_provide.h"
#include "spec_placement.h"

#include <string.h>

#define DIGITS 12

/* Made for every launch and every record that is loaded: printf would be most of the work. */
static const char *index_text(char digits[DIGITS], guint index) {
  guint at = DIGITS - 1;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + index % 10);
    index /= 10;
  } while (index > 0);
  return digits + at;
}

char *mu_task_name(const char *pod_type, guint index, const char *task) {
  char digits[DIGITS];
  return g_strconcat(pod_type, "-", index_text(digits, index), "-", task, NULL);
}

char *mu_pod_name(const char *pod_type, guint index) {
  char digits[DIGITS];
  return g_strconcat(pod_type, "-", index_text(digits, index), NULL);
}

char *mu_port_env_name(const MuPortSpec *port) {
  if (port->env_key != NULL)
    return g_strdup(port->env_key);
  g_autofree char *upper = g_ascii_strup(port->name, -1);
  for (char *c = upper; *c != '\0'; c++)
    if (!g_ascii_isalnum(*c))
      *c = '_';
  return g_strconcat("PORT_", upper, NULL);
}

/* ---- environment --------------------------------------------------------------------------------------------------- */

static void set_number(MuTaskLaunch *launch, const char *name, gint64 value) {
  char text[24];
  g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, value);
  mu_task_launch_set_env(launch, name, text);
}

static void set_word(MuTaskLaunch *launch, const char *name, gboolean value) {
  mu_task_launch_set_env(launch, name, value ? "true" : "false");
}

static void add_place_env(MuTaskLaunch *launch, const MuLaunchInput *input) {
  const MuPlacementRule *rule = input->requirement->pod->placement;
  if (input->record->zone != NULL)
    mu_task_launch_set_env(launch, "ZONE", input->record->zone);
  if (input->record->region != NULL)
    mu_task_launch_set_env(launch, "REGION", input->record->region);
  set_word(launch, "PLACEMENT_REFERENCED_REGION", mu_placement_mentions(rule, "@region"));
  set_word(launch, "PLACEMENT_REFERENCED_ZONE", mu_placement_mentions(rule, "@zone"));
}

#define STANDARD_ENV 12 /* that many are added at most */

/* developer-guide.md of dcos-commons, "Task environment"; PodInfoBuilder.getTaskEnvironment. */
static void add_standard_env(MuTaskLaunch *launch, const MuLaunchInput *input) {
  const MuRequirement *r = input->requirement;
  g_autofree char *host = mu_dns_autoip_domain(r->service), *vip_host = mu_dns_vip_domain(r->service);
  mu_task_launch_set_env(launch, "TASK_NAME", launch->name);
  mu_task_launch_set_env(launch, "FRAMEWORK_NAME", r->service);
  mu_task_launch_set_env(launch, "FRAMEWORK_HOST", host);
  mu_task_launch_set_env(launch, "FRAMEWORK_VIP_HOST", vip_host);
  set_number(launch, "POD_INSTANCE_INDEX", r->index);
  set_word(launch, launch->name, TRUE); /* for conditions in templates: {{#hello-0-server}} */
  if (input->api_host != NULL) {
    mu_task_launch_set_env(launch, "SCHEDULER_API_HOSTNAME", input->api_host);
    set_number(launch, "SCHEDULER_API_PORT", input->api_port);
  }
  add_place_env(launch, input);
}

static void add_port_env(MuTaskLaunch *launch, const MuPodRecord *record, const MuResourceSet *set) {
  for (guint i = 0; i < set->n_ports; i++) {
    const MuLedgerEntry *entry = mu_pod_record_find(record, set->id, MU_RESOURCE_PORTS, set->ports[i].name);
    mu_assert(entry != NULL);
    g_autofree char *name = mu_port_env_name(&set->ports[i]);
    set_number(launch, name, g_array_index(entry->resource->ranges, MuRange, 0).begin);
  }
}

static void add_extra_env(MuTaskLaunch *launch, GHashTable *extra) {
  GHashTableIter iter;
  gpointer name = NULL, value = NULL;
  if (extra == NULL)
    return;
  g_hash_table_iter_init(&iter, extra);
  while (g_hash_table_iter_next(&iter, &name, &value))
    mu_task_launch_set_env(launch, name, value);
}

/* The later wins: what the author set does not hide what the task may rely on. */
static void add_env(MuTaskLaunch *launch, const MuLaunchInput *input, const MuTaskSpec *task,
                    const MuResourceSet *set) {
  mu_items_expect(launch->env, task->n_env + STANDARD_ENV + set->n_ports);
  for (guint i = 0; i < task->n_env; i++)
    mu_task_launch_set_env(launch, task->env[i].key, task->env[i].value);
  add_standard_env(launch, input);
  add_port_env(launch, input->record, set);
}

/* ---- tasks --------------------------------------------------------------------------------------------------------- */

static MuLaunchCheck *make_check(const MuCheckSpec *spec) {
  if (spec == NULL)
    return NULL;
  MuLaunchCheck *check = g_new0(MuLaunchCheck, 1);
  check->cmd = g_strdup(spec->cmd);
  check->interval_ms = spec->interval_s * 1000;
  check->delay_ms = spec->delay_s * 1000;
  check->timeout_ms = spec->timeout_s * 1000;
  check->grace_ms = spec->grace_period_s * 1000;
  check->max_consecutive_failures = spec->max_consecutive_failures;
  return check;
}

/* GoalStateOverride of dcos-commons: a plan must not take a paused task for one that serves. */
static MuLaunchCheck *never_ready_check(void) {
  MuLaunchCheck *check = g_new0(MuLaunchCheck, 1);
  check->cmd = g_strdup("exit 1");
  check->interval_ms = check->timeout_ms = 5000;
  return check;
}

const char mu_paused_command[] =
    "echo 'This task is paused; `muster pod resume` lets it run.'; while true; do sleep 3600; done";

static void set_command(MuTaskLaunch *launch, const MuTaskSpec *task, gboolean paused) {
  launch->cmd = g_strdup(paused ? mu_paused_command : task->cmd);
  launch->health_check = paused ? NULL : make_check(task->health_check);
  launch->readiness_check = paused ? never_ready_check() : make_check(task->readiness_check);
}

static void add_set_resources(MuResources *resources, const MuPodRecord *record, const char *set) {
  for (guint i = 0; i < record->entries->len; i++) {
    const MuLedgerEntry *entry = record->entries->pdata[i];
    if (entry->state != MU_LEDGER_RELEASING && strcmp(entry->set, set) == 0)
      mu_resources_add(resources, entry->resource);
  }
}

static MuTaskLaunch *build_task(const MuLaunchInput *input, const MuTaskSpec *task, const char *task_id,
                                guint64 *sets_used) {
  const MuRequirement *r = input->requirement;
  const MuResourceSet *set = &r->pod->resource_sets[task->resource_set];
  g_autofree char *name = mu_task_name(r->pod->type, r->index, task->name);
  MuTaskLaunch *launch = mu_task_launch_new(task_id, name);
  set_command(launch, task, (input->paused & (G_GUINT64_CONSTANT(1) << (task - r->pod->tasks))) != 0);
  launch->user = g_strdup(input->default_user);
  launch->kill_grace_ms = task->kill_grace_ms;
  launch->limit_cpus_milli = set->limit_cpus_milli;
  launch->limit_mem_mb = set->limit_mem_mb;
  for (guint i = 0; i < task->n_configs; i++)
    mu_items_add(launch->configs,
                 mu_launch_config_new(task->configs[i].name, task->configs[i].template_text, task->configs[i].dest));
  for (guint i = 0; i < task->n_labels; i++)
    mu_items_add(launch->labels, mu_env_var_new(task->labels[i].key, task->labels[i].value));
  mu_launch_fill_discovery(launch, r->pod, task, input->record, set);
  mu_launch_add_tls(launch, r, task);
  add_env(launch, input, task, set);
  guint64 bit = G_GUINT64_CONSTANT(1) << task->resource_set;
  if ((*sets_used & bit) == 0) /* two tasks that share a set and are launched together share its resources */
    add_set_resources(launch->resources, input->record, set->id);
  *sets_used |= bit;
  return launch;
}

MuPodLaunch *mu_launch_build(const MuLaunchInput *input, const GPtrArray *task_ids) {
  const MuRequirement *r = input->requirement;
  g_autofree char *pod = mu_pod_name(r->pod->type, r->index);
  MuPodLaunch *launch = mu_pod_launch_new(input->executor_id, r->service, pod);
  mu_launch_fill_container(launch, r->pod, r->index, r->service);
  guint64 sets_used = 0;
  guint n = 0;
  for (guint i = 0; i < r->pod->n_tasks; i++) {
    if ((r->tasks & (G_GUINT64_CONSTANT(1) << i)) == 0)
      continue;
    MuTaskLaunch *task = build_task(input, &r->pod->tasks[i], task_ids->pdata[n], &sets_used);
    add_extra_env(task, input->extra_env == NULL ? NULL : input->extra_env->pdata[n]);
    mu_items_add(launch->tasks, task);
    n++;
  }
  for (guint i = 0; i < r->pod->n_rlimits; i++) {
    MuLaunchRlimit *limit = g_new0(MuLaunchRlimit, 1);
    limit->name = g_strdup(r->pod->rlimits[i].name);
    limit->soft = r->pod->rlimits[i].soft;
    limit->hard = r->pod->rlimits[i].hard;
    mu_items_add(launch->rlimits, limit);
  }
  mu_launch_provide(launch, r->pod);
  add_set_resources(launch->resources, input->record, MU_SET_POD);
  add_set_resources(launch->resources, input->record, MU_SET_EXECUTOR);
  return launch;
}

/* ---- operations ---------------------------------------------------------------------------------------------------- */

static void add_operation(MuItems *operations, MuOperationKind kind, MuResources **resources) {
  if ((*resources)->items->len > 0)
    mu_items_add(operations, mu_operation_new(kind, g_steal_pointer(resources), NULL));
}

void mu_launch_operations(MuMatch *match, MuPodLaunch *take_launch, MuItems *operations) {
  add_operation(operations, MU_OP_UNRESERVE, &match->unreserve);
  add_operation(operations, MU_OP_RESERVE, &match->reserve);
  add_operation(operations, MU_OP_CREATE, &match->create);
  mu_items_add(operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, take_launch));
}
