#include "launch_provide.h"

#include "bug.h"
#include "dns_names.h"
#include "spec_uri.h"
#include <string.h>

#define COMMON_NAME_MAX 64 /* RFC 5280, ub-common-name */

/* ---- of the pod ----------------------------------------------------------------------------------------------------- */

static void add_uri(MuPodLaunch *launch, const char *text) {
  g_auto(MuSpecUri) uri = {0};
  if (!mu_spec_uri_parse(text, &uri, NULL))
    mu_bug("a uri that its validation refuses");
  MuLaunchUri *own = mu_launch_uri_new(uri.value);
  own->output_file = g_steal_pointer(&uri.output_file);
  own->sha256 = g_steal_pointer(&uri.sha256);
  own->executable = uri.executable;
  own->keep_packed = uri.keep_packed;
  mu_items_add(launch->uris, own);
}

void mu_launch_provide(MuPodLaunch *launch, const MuPodSpec *pod) {
  for (guint i = 0; pod->uris != NULL && pod->uris[i] != NULL; i++)
    add_uri(launch, pod->uris[i]);
  for (guint i = 0; i < pod->n_secrets; i++)
    mu_items_add(launch->secrets,
                 mu_launch_secret_new(pod->secrets[i].secret, pod->secrets[i].env_key, pod->secrets[i].file));
}

/* ---- of a task ------------------------------------------------------------------------------------------------------ */

/* hello-0-server.myservice: its last 64 characters when it is longer. */
static char *common_name(const char *task_name, const char *service) {
  g_autofree char *task = mu_dns_label(task_name), *own = mu_dns_label(service);
  g_autofree char *name = g_strconcat(task, ".", own, NULL);
  gsize length = strlen(name);
  return g_strdup(length > COMMON_NAME_MAX ? name + length - COMMON_NAME_MAX : name);
}

/* Where the task is found: under its own name, or under the prefix of its discovery and the pod's index. */
static char *autoip_name(const MuTaskLaunch *launch, const MuRequirement *r, const MuTaskSpec *task) {
  g_autofree char *name = task->discovery_prefix == NULL ? g_strdup(launch->name)
                                                         : g_strdup_printf("%s-%u", task->discovery_prefix, r->index);
  return mu_dns_autoip_host(r->service, name);
}

static void add_names(MuLaunchTls *tls, const MuTaskLaunch *launch, const MuRequirement *r, const MuTaskSpec *task) {
  const MuResourceSet *set = &r->pod->resource_sets[task->resource_set];
  g_ptr_array_add(tls->dns_names, autoip_name(launch, r, task));
  for (guint i = 0; i < set->n_ports; i++)
    if (set->ports[i].has_vip)
      g_ptr_array_add(tls->dns_names, mu_dns_vip_host(r->service, set->ports[i].vip_prefix));
}

void mu_launch_add_tls(MuTaskLaunch *launch, const MuRequirement *requirement, const MuTaskSpec *task) {
  if (task->n_tls == 0)
    return;
  g_autofree char *subject = common_name(launch->name, requirement->service);
  for (guint i = 0; i < task->n_tls; i++) {
    MuLaunchTls *tls = mu_launch_tls_new(task->tls[i].name, task->tls[i].keystore, subject);
    add_names(tls, launch, requirement, task);
    mu_items_add(launch->tls, tls);
  }
}
