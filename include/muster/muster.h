/* libmuster: build your own multi-service scheduler. docs/sdk.md is the guide. */
#ifndef MUSTER_H
#define MUSTER_H

#include <muster/config_validator.h>
#include <muster/custom_step.h>
#include <muster/error.h>
#include <muster/http_route.h>
#include <muster/multi_service_event_client.h>
#include <muster/multi_service_manager.h>
#include <muster/multi_service_runner.h>
#include <muster/offer_discipline.h>
#include <muster/plan_customizer.h>
#include <muster/recovery_overrider.h>
#include <muster/scheduler_builder.h>
#include <muster/service_factory.h>
#include <muster/service_report.h>
#include <muster/service_store.h>
#include <muster/spec.h>
#include <muster/uninstall_callback.h>

#endif
