/* Events with all that the real master puts into them and muster has no use for. */
#include "ids.h"
#include "master_private.h"
#include "mesos_events.h"

#include <string.h>

static void write_master_info(MuTestMaster *master, MuArena *arena, Mesos__Event__Subscribed *subscribed) {
  subscribed->has_heartbeat_interval_seconds = TRUE;
  subscribed->heartbeat_interval_seconds = MU_MASTER_HEARTBEAT_S;
  Mesos__MasterInfo *info = mu_wire_new(arena, &mesos__master_info__descriptor);
  info->id = "test-master";
  info->ip = 16777343; /* 127.0.0.1 in network order, as the real one has it (MESOS-1201) */
  info->port = master->port;
  info->hostname = "127.0.0.1";
  info->version = "1.12.0";
  info->address = mu_wire_new(arena, &mesos__address__descriptor);
  info->address->hostname = "127.0.0.1";
  info->address->ip = "127.0.0.1";
  info->address->port = master->port;
  subscribed->master_info = info;
}

static void write_urls(const MuTestMaster *master, MuArena *arena, Mesos__Event__Offers *offers) {
  for (gsize i = 0; i < offers->n_offers; i++) {
    Mesos__URL *url = mu_wire_new(arena, &mesos__url__descriptor);
    url->scheme = "http";
    url->address = mu_wire_new(arena, &mesos__address__descriptor);
    url->address->hostname = url->address->ip = "127.0.0.1";
    url->address->port = master->sandboxes == NULL ? 5051 : master->port;
    url->path = "/slave(1)";
    offers->offers[i]->url = url;
  }
}

/* ---- statuses -------------------------------------------------------------------------------------------------------- */

static Mesos__ContainerID *container_id(MuArena *arena, const char *of) {
  Mesos__ContainerID *id = mu_wire_new(arena, &mesos__container_id__descriptor);
  id->value = mu_arena_strdup(arena, mu_uuid_from_name(of).text);
  return id;
}

static void add_address(MuArena *arena, Mesos__ContainerStatus *container) {
  Mesos__NetworkInfo *network = mu_wire_new(arena, &mesos__network_info__descriptor);
  network->ip_addresses = mu_wire_array(arena, Mesos__NetworkInfo__IPAddress, 1);
  network->ip_addresses[network->n_ip_addresses++] = mu_wire_new(arena, &mesos__network_info__ipaddress__descriptor);
  network->ip_addresses[0]->ip_address = "127.0.0.1";
  container->network_infos = mu_wire_array(arena, Mesos__NetworkInfo, 1);
  container->network_infos[container->n_network_infos++] = network;
}

/* A run's container is nested in that of its executor. An address it has while it runs. */
static void write_container(MuArena *arena, const MuTaskStatus *status, const char *executor_id,
                            Mesos__TaskStatus *message) {
  Mesos__ContainerStatus *container = mu_wire_new(arena, &mesos__container_status__descriptor);
  container->container_id = container_id(arena, status->task_id);
  container->container_id->parent = container_id(arena, executor_id);
  if (status->state == MU_TASK_RUNNING || status->state == MU_TASK_KILLING)
    add_address(arena, container);
  message->container_status = container;
}

static void write_source(MuTestMaster *master, MuArena *arena, const MuTaskStatus *status, Mesos__TaskStatus *message) {
  const char *executor_id = mu_sim_executor_of(master->sim, status->task_id);
  message->has_source = TRUE;
  message->source =
      status->uuid == NULL ? MESOS__TASK_STATUS__SOURCE__SOURCE_MASTER : MESOS__TASK_STATUS__SOURCE__SOURCE_EXECUTOR;
  if (executor_id == NULL)
    return;
  message->executor_id = mu_wire_new(arena, &mesos__executor_id__descriptor);
  message->executor_id->value = (char *)executor_id;
  write_container(arena, status, executor_id, message);
}

Mesos__Event *mu_master_event_write(MuTestMaster *master, MuArena *arena, const MuEngineEvent *event) {
  Mesos__Event *message = mu_mesos_event_write(arena, event, mu_sim_framework_id(master->sim), "*");
  if (message->subscribed != NULL)
    write_master_info(master, arena, message->subscribed);
  if (message->offers != NULL)
    write_urls(master, arena, message->offers);
  if (message->update != NULL)
    write_source(master, arena, event->status, message->update->status);
  return message;
}
