/* Statuses of tasks. */
#include "mesos_events.h"
#include "mesos_wire.h"

#include <string.h>

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* The names of the states are the same there and here. */
static MuTaskState read_state(Mesos__TaskState state) {
  const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(&mesos__task_state__descriptor, (int)state);
  MuTaskState ours = MU_TASK_UNKNOWN;
  if (known != NULL)
    mu_task_state_from_string(known->name, &ours);
  return ours;
}

static char *read_reason(const Mesos__TaskStatus *message) {
  if (!message->has_reason)
    return NULL;
  const ProtobufCEnumValue *known =
      protobuf_c_enum_descriptor_get_value(&mesos__task_status__reason__descriptor, (int)message->reason);
  return known != NULL ? g_strdup(known->name) : g_strdup_printf("REASON_%d", (int)message->reason);
}

/* The first address of the task's container. */
static char *read_ip(const Mesos__ContainerStatus *container) {
  for (gsize i = 0; container != NULL && i < container->n_network_infos; i++) {
    const Mesos__NetworkInfo *network = container->network_infos[i];
    for (gsize j = 0; j < network->n_ip_addresses; j++)
      if (network->ip_addresses[j]->ip_address != NULL)
        return g_strdup(network->ip_addresses[j]->ip_address);
  }
  return NULL;
}

/* Until the check has run there is a check_status without an exit code. */
static void read_check(const Mesos__CheckStatusInfo *check, MuTaskStatus *status) {
  if (check == NULL || check->command == NULL || !check->command->has_exit_code)
    return;
  status->has_ready = TRUE;
  status->ready = check->command->exit_code == 0;
}

MuTaskStatus *mu_mesos_status_read(const Mesos__TaskStatus *message) {
  MuTaskStatus *status = mu_task_status_new(message->task_id->value, read_state(message->state));
  if (message->agent_id != NULL)
    status->agent_id = g_strdup(message->agent_id->value);
  if (message->has_uuid)
    status->uuid = g_base64_encode(message->uuid.data, message->uuid.len);
  status->reason = read_reason(message);
  status->message = g_strdup(message->message);
  status->timestamp_ms = message->has_timestamp ? mu_wire_ms(message->timestamp) : 0;
  status->has_healthy = message->has_healthy;
  status->healthy = message->has_healthy && message->healthy;
  read_check(message->check_status, status);
  status->container_ip = read_ip(message->container_status);
  return status;
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static int value_by_name(const ProtobufCEnumDescriptor *descriptor, const char *name, gboolean *ret_known) {
  const ProtobufCEnumValue *known =
      name == NULL ? NULL : protobuf_c_enum_descriptor_get_value_by_name(descriptor, name);
  *ret_known = known != NULL;
  return known == NULL ? 0 : known->value;
}

gboolean mu_mesos_uuid_write(MuArena *arena, const char *text, ProtobufCBinaryData *ret) {
  gsize length = 0;
  g_autofree guchar *bytes = text == NULL ? NULL : g_base64_decode(text, &length);
  if (length == 0)
    return FALSE;
  ret->len = length;
  ret->data = mu_arena_alloc(arena, length);
  memcpy(ret->data, bytes, length);
  return TRUE;
}

static Mesos__CheckStatusInfo *write_check(MuArena *arena, gboolean ready) {
  Mesos__CheckStatusInfo *check = mu_wire_new(arena, &mesos__check_status_info__descriptor);
  check->has_type = TRUE;
  check->type = MESOS__CHECK_INFO__TYPE__COMMAND;
  check->command = mu_wire_new(arena, &mesos__check_status_info__command__descriptor);
  check->command->has_exit_code = TRUE;
  check->command->exit_code = ready ? 0 : 1;
  return check;
}

static Mesos__ContainerStatus *write_container(MuArena *arena, char *ip) {
  Mesos__ContainerStatus *container = mu_wire_new(arena, &mesos__container_status__descriptor);
  Mesos__NetworkInfo *network = mu_wire_new(arena, &mesos__network_info__descriptor);
  Mesos__NetworkInfo__IPAddress *address = mu_wire_new(arena, &mesos__network_info__ipaddress__descriptor);
  address->ip_address = ip;
  network->ip_addresses = mu_wire_array(arena, Mesos__NetworkInfo__IPAddress, 1);
  network->ip_addresses[network->n_ip_addresses++] = address;
  container->network_infos = mu_wire_array(arena, Mesos__NetworkInfo, 1);
  container->network_infos[container->n_network_infos++] = network;
  return container;
}

/* What an executor says has a uuid, what the master says has none. */
static void write_source(MuArena *arena, const MuTaskStatus *status, Mesos__TaskStatus *message) {
  gboolean known = FALSE;
  message->has_uuid = mu_mesos_uuid_write(arena, status->uuid, &message->uuid);
  message->has_source = TRUE;
  message->source =
      message->has_uuid ? MESOS__TASK_STATUS__SOURCE__SOURCE_EXECUTOR : MESOS__TASK_STATUS__SOURCE__SOURCE_MASTER;
  message->reason =
      (Mesos__TaskStatus__Reason)value_by_name(&mesos__task_status__reason__descriptor, status->reason, &known);
  message->has_reason = known;
}

Mesos__TaskStatus *mu_mesos_status_write(MuArena *arena, const MuTaskStatus *status) {
  gboolean known = FALSE;
  Mesos__TaskStatus *message = mu_wire_new(arena, &mesos__task_status__descriptor);
  message->task_id = mu_wire_new(arena, &mesos__task_id__descriptor);
  message->task_id->value = status->task_id;
  message->state =
      (Mesos__TaskState)value_by_name(&mesos__task_state__descriptor, mu_task_state_to_string(status->state), &known);
  message->message = status->message;
  write_source(arena, status, message);
  if (status->agent_id != NULL) {
    message->agent_id = mu_wire_new(arena, &mesos__agent_id__descriptor);
    message->agent_id->value = status->agent_id;
  }
  message->has_timestamp = TRUE;
  message->timestamp = (double)status->timestamp_ms / 1000;
  message->has_healthy = status->has_healthy;
  message->healthy = status->healthy;
  if (status->has_ready)
    message->check_status = write_check(arena, status->ready);
  if (status->container_ip != NULL)
    message->container_status = write_container(arena, status->container_ip);
  return message;
}
