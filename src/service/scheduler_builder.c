#include "service_private.h"

#include "spec_reader.h"
#include <muster/error.h>

#include <string.h>

const MuBackoff mu_backoff_default = {
    .enabled = TRUE, .initial_ms = 1000, .factor = 2.0, .max_ms = 300000, .reset_ms = 600000};

struct MuSchedulerBuilder {
  MuServiceSpec *spec;
  MuBackoff backoff;
  GArray *validators; /* of MuOwnValidator */
  MuPlanCustomizer customizer;
  gpointer customizer_user;
  MuPlanCustomizer uninstaller;
  gpointer uninstaller_user;
  MuRecoveryOverrider overrider;
  gpointer overrider_user;
};

MuSchedulerBuilder *mu_scheduler_builder_new(MuServiceSpec *spec) {
  MuSchedulerBuilder *builder = g_new0(MuSchedulerBuilder, 1);
  builder->spec = mu_service_spec_ref(spec);
  builder->backoff = mu_backoff_default;
  builder->validators = g_array_new(FALSE, FALSE, sizeof(MuOwnValidator));
  return builder;
}

void mu_scheduler_builder_set_backoff(MuSchedulerBuilder *builder, const MuBackoff *backoff) {
  builder->backoff = *backoff;
}

void mu_scheduler_builder_add_validator(MuSchedulerBuilder *builder, MuConfigValidator validator, gpointer user) {
  MuOwnValidator own = {validator, user};
  g_array_append_val(builder->validators, own);
}

void mu_scheduler_builder_set_plan_customizer(MuSchedulerBuilder *builder, MuPlanCustomizer customizer, gpointer user) {
  builder->customizer = customizer;
  builder->customizer_user = user;
}

void mu_scheduler_builder_set_uninstall_customizer(MuSchedulerBuilder *builder, MuPlanCustomizer customizer,
                                                   gpointer user) {
  builder->uninstaller = customizer;
  builder->uninstaller_user = user;
}

void mu_scheduler_builder_set_recovery_overrider(MuSchedulerBuilder *builder, MuRecoveryOverrider overrider,
                                                 gpointer user) {
  builder->overrider = overrider;
  builder->overrider_user = user;
}

void mu_scheduler_builder_free(MuSchedulerBuilder *builder) {
  if (builder == NULL)
    return;
  g_clear_pointer(&builder->validators, g_array_unref);
  mu_service_spec_unref(builder->spec);
  g_free(builder);
}

static gboolean check_backoff(const MuBackoff *backoff, GError **error) {
  if (!backoff->enabled ||
      (backoff->initial_ms > 0 && backoff->factor >= 1.0 && backoff->max_ms >= backoff->initial_ms))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "backoff: initial must be above 0 ms, the factor at least 1, the cap at least the initial delay");
  return FALSE;
}

/* Of all that the builder has. */
static MuServiceScheduler *scheduler_new(MuSchedulerBuilder *builder, char *take_json, const char *config_id) {
  MuServiceScheduler *scheduler = g_new0(MuServiceScheduler, 1);
  scheduler->spec = g_steal_pointer(&builder->spec);
  scheduler->backoff = builder->backoff;
  scheduler->validators = g_steal_pointer(&builder->validators);
  scheduler->customizer = builder->customizer;
  scheduler->customizer_user = builder->customizer_user;
  scheduler->uninstaller = builder->uninstaller;
  scheduler->uninstaller_user = builder->uninstaller_user;
  scheduler->overrider_user = builder->overrider_user;
  scheduler->overrider = builder->overrider;
  scheduler->json = take_json;
  scheduler->config_id = g_strdup(config_id);
  return scheduler;
}

MuServiceScheduler *mu_scheduler_builder_build(MuSchedulerBuilder *take_builder, GError **error) {
  g_autoptr(MuSchedulerBuilder) builder = take_builder;
  if (!check_backoff(&builder->backoff, error))
    return NULL;
  char *json = mu_service_spec_to_json(builder->spec);
  return scheduler_new(builder, json, mu_uuid_from_name(json).text);
}

MuServiceScheduler *mu_service_scheduler_again(const char *config_id, const char *json, MuServiceSpec *spec,
                                               GBytes *context) {
  g_autoptr(MuSchedulerBuilder) builder = mu_scheduler_builder_new(spec);
  MuServiceScheduler *scheduler = scheduler_new(builder, g_strdup(json), config_id);
  scheduler->spec_file = mu_yaml_context_spec_file(context);
  scheduler->reader = mu_spec_reader;
  return scheduler;
}

void mu_service_scheduler_note_reader(MuServiceScheduler *scheduler) {
  scheduler->reader = mu_spec_reader;
}

void mu_service_scheduler_free(MuServiceScheduler *scheduler) {
  if (scheduler == NULL)
    return;
  g_clear_pointer(&scheduler->spec, mu_service_spec_unref);
  g_array_unref(scheduler->validators);
  g_free(scheduler->config_id);
  g_free(scheduler->spec_file);
  g_free(scheduler->json);
  g_free(scheduler);
}

const MuServiceSpec *mu_service_scheduler_spec(const MuServiceScheduler *scheduler) {
  return scheduler->spec;
}
