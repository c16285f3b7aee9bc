/* The commands themselves, one file per group; each is a row of cli_table.c. They print to standard output and return
 * FALSE with an error whose code gives the exit code. */
#ifndef MU_CLI_COMMANDS_H
#define MU_CLI_COMMANDS_H
#include "cli_command.h"

gboolean mu_cli_serve(MuCliCall *call, GError **error);
gboolean mu_cli_run(MuCliCall *call, GError **error);
gboolean mu_cli_validate(MuCliCall *call, GError **error);
gboolean mu_cli_render(MuCliCall *call, GError **error);
gboolean mu_cli_check_compat(MuCliCall *call, GError **error);
gboolean mu_cli_schema(MuCliCall *call, GError **error);
gboolean mu_cli_simulate(MuCliCall *call, GError **error);
gboolean mu_cli_service_add(MuCliCall *call, GError **error);
gboolean mu_cli_service_update(MuCliCall *call, GError **error);
gboolean mu_cli_service_history(MuCliCall *call, GError **error);
gboolean mu_cli_service_rollback(MuCliCall *call, GError **error);
gboolean mu_cli_service_restart(MuCliCall *call, GError **error);
gboolean mu_cli_service_list(MuCliCall *call, GError **error);
gboolean mu_cli_service_show(MuCliCall *call, GError **error);
gboolean mu_cli_service_remove(MuCliCall *call, GError **error);
gboolean mu_cli_plan_list(MuCliCall *call, GError **error);
gboolean mu_cli_plan_show(MuCliCall *call, GError **error);
gboolean mu_cli_plan_start(MuCliCall *call, GError **error);
gboolean mu_cli_plan_stop(MuCliCall *call, GError **error);
gboolean mu_cli_plan_interrupt(MuCliCall *call, GError **error);
gboolean mu_cli_plan_continue(MuCliCall *call, GError **error);
gboolean mu_cli_plan_force_complete(MuCliCall *call, GError **error);
gboolean mu_cli_plan_restart(MuCliCall *call, GError **error);
gboolean mu_cli_pod_list(MuCliCall *call, GError **error);
gboolean mu_cli_pod_status(MuCliCall *call, GError **error);
gboolean mu_cli_pod_info(MuCliCall *call, GError **error);
gboolean mu_cli_pod_restart(MuCliCall *call, GError **error);
gboolean mu_cli_pod_decommission(MuCliCall *call, GError **error);
gboolean mu_cli_pod_recommission(MuCliCall *call, GError **error);
gboolean mu_cli_pod_pause(MuCliCall *call, GError **error);
gboolean mu_cli_pod_exec(MuCliCall *call, GError **error);
gboolean mu_cli_pod_resume(MuCliCall *call, GError **error);
gboolean mu_cli_pod_replace(MuCliCall *call, GError **error);
gboolean mu_cli_config_list(MuCliCall *call, GError **error);
gboolean mu_cli_config_show(MuCliCall *call, GError **error);
gboolean mu_cli_config_target(MuCliCall *call, GError **error);
gboolean mu_cli_config_template(MuCliCall *call, GError **error);
gboolean mu_cli_endpoints(MuCliCall *call, GError **error);
gboolean mu_cli_state_framework_id(MuCliCall *call, GError **error);
gboolean mu_cli_state_properties(MuCliCall *call, GError **error);
gboolean mu_cli_state_property(MuCliCall *call, GError **error);
gboolean mu_cli_state_files(MuCliCall *call, GError **error);
gboolean mu_cli_state_file(MuCliCall *call, GError **error);
gboolean mu_cli_state_put_file(MuCliCall *call, GError **error);
gboolean mu_cli_state_zones(MuCliCall *call, GError **error);
gboolean mu_cli_state_engine(MuCliCall *call, GError **error);
gboolean mu_cli_debug_offers(MuCliCall *call, GError **error);
gboolean mu_cli_debug_plans(MuCliCall *call, GError **error);
gboolean mu_cli_debug_statuses(MuCliCall *call, GError **error);
gboolean mu_cli_debug_reservations(MuCliCall *call, GError **error);
gboolean mu_cli_why(MuCliCall *call, GError **error);
gboolean mu_cli_secret_put(MuCliCall *call, GError **error);
gboolean mu_cli_secret_list(MuCliCall *call, GError **error);
gboolean mu_cli_secret_remove(MuCliCall *call, GError **error);
gboolean mu_cli_tls_ca(MuCliCall *call, GError **error);
gboolean mu_cli_logs(MuCliCall *call, GError **error);
gboolean mu_cli_events(MuCliCall *call, GError **error);
gboolean mu_cli_health(MuCliCall *call, GError **error);
gboolean mu_cli_uninstall(MuCliCall *call, GError **error);
gboolean mu_cli_completion(MuCliCall *call, GError **error);
gboolean mu_cli_version(MuCliCall *call, GError **error);
gboolean mu_cli_help(MuCliCall *call, GError **error);

#endif
