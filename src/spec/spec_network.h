/* What a network's name means for ports. */
#ifndef MU_SPEC_NETWORK_H
#define MU_SPEC_NETWORK_H
#include <muster/spec.h>
#include <string.h>

#define MU_NETWORK_BRIDGE "mesos-bridge" /* the one network that maps ports of the agent to the container's */

static inline gboolean mu_network_maps_ports(const MuNetworkSpec *network) {
  return strcmp(network->name, MU_NETWORK_BRIDGE) == 0;
}

/* Whether the pod's ports are ports of the agent: it has no network of its own, or one that maps them. */
static inline gboolean mu_pod_uses_host_ports(const MuPodSpec *pod) {
  for (guint i = 0; i < pod->n_networks; i++)
    if (mu_network_maps_ports(&pod->networks[i]))
      return TRUE;
  return pod->n_networks == 0;
}
#endif
