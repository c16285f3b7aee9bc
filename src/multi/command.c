#include "command.h"

MuCommand *mu_command_new(MuCommandKind kind, const char *service) {
  MuCommand *command = g_new0(MuCommand, 1);
  command->kind = kind;
  command->service = g_strdup(service);
  command->if_version = MU_VERSION_ANY;
  return command;
}

void mu_command_free(MuCommand *command) {
  if (command == NULL)
    return;
  g_free(command->service);
  g_clear_pointer(&command->context, g_bytes_unref);
  g_free(command->pod);
  g_free(command->config);
  g_strfreev(command->tasks);
  json_decref(command->parameters);
  g_free(command->plan);
  g_free(command->phase);
  g_free(command->step);
  g_free(command->file);
  g_free(command);
}
