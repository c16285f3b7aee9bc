#include "mesos_events.h"

#include "bug.h"
#include "mesos_wire.h"
#include <muster/error.h>

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static MuEngineEvent *lacks(const char *what, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the master sent an event without its \"%s\"", what);
  return NULL;
}

static MuEngineEvent *read_subscribed(const Mesos__Event *message, GError **error) {
  if (message->subscribed == NULL)
    return lacks("subscribed", error);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  event->id = g_strdup(message->subscribed->framework_id->value);
  return event;
}

static MuEngineEvent *read_offers(const Mesos__Event *message, GError **error) {
  if (message->offers == NULL)
    return lacks("offers", error);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  for (gsize i = 0; i < message->offers->n_offers; i++)
    g_ptr_array_add(event->offers, mu_mesos_offer_read(message->offers->offers[i]));
  return event;
}

static MuEngineEvent *read_rescind(const Mesos__Event *message, GError **error) {
  if (message->rescind == NULL)
    return lacks("rescind", error);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_RESCIND);
  event->id = g_strdup(message->rescind->offer_id->value);
  return event;
}

static MuEngineEvent *read_update(const Mesos__Event *message, GError **error) {
  if (message->update == NULL)
    return lacks("update", error);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_mesos_status_read(message->update->status);
  return event;
}

static MuEngineEvent *read_failure(const Mesos__Event *message, GError **error) {
  if (message->failure == NULL)
    return lacks("failure", error);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_FAILURE);
  if (message->failure->agent_id != NULL)
    event->agent_id = g_strdup(message->failure->agent_id->value);
  if (message->failure->executor_id != NULL)
    event->id = g_strdup(message->failure->executor_id->value);
  return event;
}

static MuEngineEvent *read_error(const Mesos__Event *message, GError **error) {
  if (message->error == NULL)
    return lacks("error", error);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_ERROR);
  event->message = g_strdup(message->error->message);
  return event;
}

MuEngineEvent *mu_mesos_event_read(const Mesos__Event *message, GError **error) {
  switch (message->has_type ? message->type : MESOS__EVENT__TYPE__UNKNOWN) {
  case MESOS__EVENT__TYPE__SUBSCRIBED: return read_subscribed(message, error);
  case MESOS__EVENT__TYPE__OFFERS: return read_offers(message, error);
  case MESOS__EVENT__TYPE__RESCIND: return read_rescind(message, error);
  case MESOS__EVENT__TYPE__UPDATE: return read_update(message, error);
  case MESOS__EVENT__TYPE__FAILURE: return read_failure(message, error);
  case MESOS__EVENT__TYPE__ERROR: return read_error(message, error);
  default: return NULL;
  }
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static void write_subscribed(MuArena *arena, const MuEngineEvent *event, Mesos__Event *message) {
  message->type = MESOS__EVENT__TYPE__SUBSCRIBED;
  message->subscribed = mu_wire_new(arena, &mesos__event__subscribed__descriptor);
  message->subscribed->framework_id = mu_wire_new(arena, &mesos__framework_id__descriptor);
  message->subscribed->framework_id->value = event->id;
}

static void write_offers(MuArena *arena, const MuEngineEvent *event, const char *framework_id, const char *role,
                         Mesos__Event *message) {
  message->type = MESOS__EVENT__TYPE__OFFERS;
  message->offers = mu_wire_new(arena, &mesos__event__offers__descriptor);
  message->offers->offers = mu_wire_array(arena, Mesos__Offer, event->offers->len);
  for (guint i = 0; i < event->offers->len; i++)
    message->offers->offers[message->offers->n_offers++] =
        mu_mesos_offer_write(arena, event->offers->pdata[i], framework_id, role);
}

static void write_rescind(MuArena *arena, const MuEngineEvent *event, Mesos__Event *message) {
  message->type = MESOS__EVENT__TYPE__RESCIND;
  message->rescind = mu_wire_new(arena, &mesos__event__rescind__descriptor);
  message->rescind->offer_id = mu_wire_new(arena, &mesos__offer_id__descriptor);
  message->rescind->offer_id->value = event->id;
}

static void write_update(MuArena *arena, const MuEngineEvent *event, Mesos__Event *message) {
  message->type = MESOS__EVENT__TYPE__UPDATE;
  message->update = mu_wire_new(arena, &mesos__event__update__descriptor);
  message->update->status = mu_mesos_status_write(arena, event->status);
}

static void write_failure(MuArena *arena, const MuEngineEvent *event, Mesos__Event *message) {
  message->type = MESOS__EVENT__TYPE__FAILURE;
  message->failure = mu_wire_new(arena, &mesos__event__failure__descriptor);
  if (event->agent_id != NULL) {
    message->failure->agent_id = mu_wire_new(arena, &mesos__agent_id__descriptor);
    message->failure->agent_id->value = event->agent_id;
  }
  if (event->id != NULL) {
    message->failure->executor_id = mu_wire_new(arena, &mesos__executor_id__descriptor);
    message->failure->executor_id->value = event->id;
  }
}

static void write_error(MuArena *arena, const MuEngineEvent *event, Mesos__Event *message) {
  message->type = MESOS__EVENT__TYPE__ERROR;
  message->error = mu_wire_new(arena, &mesos__event__error__descriptor);
  message->error->message = event->message;
}

Mesos__Event *mu_mesos_event_write(MuArena *arena, const MuEngineEvent *event, const char *framework_id,
                                   const char *role) {
  Mesos__Event *message = mu_wire_new(arena, &mesos__event__descriptor);
  message->has_type = TRUE;
  switch (event->kind) {
  case MU_EVENT_SUBSCRIBED: write_subscribed(arena, event, message); break;
  case MU_EVENT_OFFERS: write_offers(arena, event, framework_id, role, message); break;
  case MU_EVENT_RESCIND: write_rescind(arena, event, message); break;
  case MU_EVENT_UPDATE: write_update(arena, event, message); break;
  case MU_EVENT_FAILURE: write_failure(arena, event, message); break;
  case MU_EVENT_ERROR: write_error(arena, event, message); break;
  case MU_EVENT_DISCONNECTED: mu_bug("no master sends that");
  }
  return message;
}
