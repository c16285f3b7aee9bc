/* The multi-scheduler: loading, routing of events, draining. */
#include "client_private.h"

#include "bug.h"
#include "dependencies.h"
#include "json.h"
#include "log.h"
#include "marks.h"
#include "roles.h"
#include "step_run.h"
#include "stored.h"
#include <muster/error.h>

#include <string.h>

const MuClientSettings mu_client_settings_default = {
    .refuse_ms = 30000,
    .idle_refuse_ms = 3600000,
    .kill_retry_ms = 10000,
    .reconcile_ms = 3600000,
    .settles_per_drain = 64,
    .asked_per_drain = 1024,
    .waiting_at_once = 1000,
    .max_stored_bytes = 256u * 1024 * 1024,
    .knows_roles = TRUE,
};

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static void effects_begin(MuMultiServiceEventClient *client) {
  client->effects.batch = mu_batch_new();
  client->effects.calls = g_ptr_array_new_with_free_func((GDestroyNotify)mu_engine_call_free);
  client->effects.notices = g_ptr_array_new_with_free_func((GDestroyNotify)mu_notice_free);
  client->effects.steps = g_ptr_array_new_with_free_func((GDestroyNotify)mu_step_call_free);
}

static void pending_reply_free(MuPendingReply *reply) {
  g_clear_pointer(&reply->body, json_decref);
  g_clear_error(&reply->error);
  g_free(reply);
}

static void answers_begin(MuMultiServiceEventClient *client) {
  client->replies = g_ptr_array_new_with_free_func((GDestroyNotify)pending_reply_free);
  client->callbacks = g_ptr_array_new_with_free_func(g_free);
}

MuMultiServiceEventClient *mu_multi_service_event_client_new(const char *framework_name,
                                                             MuMultiServiceManager *take_manager,
                                                             MuServiceStore *take_store,
                                                             MuOfferDiscipline *take_discipline) {
  MuMultiServiceEventClient *client = g_new0(MuMultiServiceEventClient, 1);
  client->framework_name = g_strdup(framework_name);
  client->manager = take_manager;
  client->store = take_store;
  client->discipline = take_discipline != NULL ? take_discipline : mu_offer_discipline_all();
  mu_client_reconcile_init(client);
  mu_client_offers_init(client);
  mu_fair_init(&client->fair);
  mu_depend_init(client);
  mu_roles_init(client);
  client->effects.left_roles = g_ptr_array_new_with_free_func(g_free);
  effects_begin(client);
  answers_begin(client);
  client->step_runs = g_hash_table_new(NULL, NULL);
  mu_client_configure(client, &mu_client_settings_default, 1);
  return client;
}

void mu_multi_service_event_client_free(MuMultiServiceEventClient *client) {
  if (client == NULL)
    return;
  g_queue_clear(&client->dirty);
  g_queue_clear(&client->backlog);
  g_queue_clear(&client->giving_back);
  g_queue_clear(&client->late);
  mu_fair_clear(&client->fair);
  mu_depend_clear(client);
  mu_roles_free(client);
  g_ptr_array_unref(client->effects.left_roles);
  mu_client_offers_free(client);
  mu_client_reconcile_free(client);
  mu_multi_service_manager_free(client->manager);
  mu_service_store_free(client->store);
  mu_offer_discipline_free(client->discipline);
  mu_batch_free(client->effects.batch);
  g_ptr_array_unref(client->effects.calls);
  g_ptr_array_unref(client->effects.notices);
  g_ptr_array_unref(client->effects.steps);
  mu_step_runs_orphan(client->step_runs);
  g_hash_table_unref(client->step_runs);
  g_ptr_array_unref(client->replies);
  g_ptr_array_unref(client->callbacks);
  g_strfreev(client->mode_services);
  g_free(client->framework_name);
  g_free(client->framework_id);
  g_free(client->role);
  g_free(client->principal);
  g_free(client->user);
  g_free(client->api_host);
  g_free(client->engine_error);
  g_free(client->store_error);
  g_free(client);
}

MuMultiServiceManager *mu_multi_service_event_client_manager(MuMultiServiceEventClient *client) {
  return client->manager;
}

void mu_multi_service_event_client_set_uninstall_callback(MuMultiServiceEventClient *client,
                                                          MuUninstallCallback callback, gpointer user) {
  client->uninstall_callback = callback;
  client->uninstall_user = user;
}

void mu_multi_service_event_client_set_max_stored(MuMultiServiceEventClient *client, gsize bytes) {
  client->max_stored_bytes = bytes;
}

static void replace_string(char **field, char *take_text) {
  g_free(*field);
  *field = take_text;
}

void mu_client_configure(MuMultiServiceEventClient *client, const MuClientSettings *settings, guint64 seed) {
  client->settings = *settings;
  replace_string(&client->role, settings->role != NULL ? g_strdup(settings->role)
                                                       : g_strconcat(client->framework_name, "-role", NULL));
  replace_string(&client->principal, settings->principal != NULL
                                         ? g_strdup(settings->principal)
                                         : g_strconcat(client->framework_name, "-principal", NULL));
  replace_string(&client->user, g_strdup(settings->user));
  replace_string(&client->api_host, g_strdup(settings->api_host));
  MuEffects *effects = &client->effects;
  mu_random_seed(&effects->random, seed);
  effects->framework_name = client->framework_name;
  effects->role = client->role;
  effects->principal = client->principal;
  effects->user = client->user;
  effects->overhead =
      (MuOverhead){settings->executor_cpus_milli, settings->executor_mem_mb, settings->executor_disk_mb};
  effects->kill_retry_ms = settings->kill_retry_ms;
  if (client->max_stored_bytes > 0)
    client->settings.max_stored_bytes = client->max_stored_bytes;
  effects->max_stored_bytes = client->settings.max_stored_bytes;
  effects->waiting_at_once = settings->waiting_at_once;
  effects->api_host = client->api_host;
  effects->api_port = settings->api_port;
  mu_roles_configure(client);
  client->roles_changed = FALSE;
}

void mu_output_free(MuOutput *output) {
  if (output == NULL)
    return;
  mu_batch_free(output->batch);
  g_ptr_array_unref(output->calls);
  g_ptr_array_unref(output->replies);
  g_ptr_array_unref(output->notices);
  g_ptr_array_unref(output->steps);
  g_ptr_array_unref(output->callbacks);
  g_free(output);
}

gboolean mu_output_is_empty(const MuOutput *output) {
  return mu_batch_is_empty(output->batch) && output->calls->len == 0 && output->replies->len == 0 &&
         output->notices->len == 0 && output->steps->len == 0 && output->callbacks->len == 0 && !output->erase;
}

/* ---- the framework's record ---------------------------------------------------------------------------------------- */

void mu_client_put_framework(MuMultiServiceEventClient *client) {
  g_autoptr(json_t) json = json_object();
  mu_json_set_string(json, "name", client->framework_name);
  mu_json_set_string(json, "id", client->framework_id);
  mu_json_set_bool(json, "uninstalling", client->uninstalling);
  mu_roles_write(client, json);
  mu_batch_take(client->effects.batch, MU_RECORD_FRAMEWORK, "", "", mu_json_to_string(json));
}

const char *mu_client_framework_name(const MuMultiServiceEventClient *client) {
  return client->framework_name;
}

const char *mu_client_framework_id(MuMultiServiceEventClient *client) {
  return client->framework_id;
}

/* ---- queues -------------------------------------------------------------------------------------------------------- */

static void take_place(MuMultiServiceEventClient *client, MuService *service) {
  if (service->queued || service->unreadable != NULL)
    return;
  service->queued = TRUE;
  g_queue_push_tail(&client->dirty, service);
}

void mu_client_mark_dirty(MuMultiServiceEventClient *client, MuService *service) {
  take_place(client, service);
  service->stirred = TRUE;
}

static void stop_giving_back(MuMultiServiceEventClient *client, MuService *service) {
  if (service->gives_back != NULL)
    g_queue_delete_link(&client->giving_back, service->gives_back);
  service->gives_back = NULL;
}

void mu_client_forget(MuMultiServiceEventClient *client, MuService *service) {
  if (service->queued)
    g_queue_remove(&client->dirty, service);
  service->queued = FALSE;
  if (service->postponed)
    g_queue_remove(&client->backlog, service);
  service->postponed = FALSE;
  mu_fair_leave(&client->fair, service);
  stop_giving_back(client, service);
  mu_depend_forget(client, service);
  if (!g_queue_is_empty(&service->late))
    g_queue_remove(&client->late, service);
  if (service->timer != NULL)
    g_sequence_remove(service->timer);
  service->timer = NULL;
}

static gint compare_due(gconstpointer a, gconstpointer b, gpointer user) {
  const MuService *left = a, *right = b;
  (void)user;
  return (left->next_ms > right->next_ms) - (left->next_ms < right->next_ms);
}

/* Keeps the service's place among those with something due. */
static void note_due(MuMultiServiceEventClient *client, MuService *service) {
  if (service->timer != NULL)
    g_sequence_remove(service->timer);
  service->timer = NULL;
  if (service->next_ms != G_MAXINT64)
    service->timer = g_sequence_insert_sorted(client->timers, service, compare_due, NULL);
}

/* Its rollout is under way: the turn that it has is its own until that is over, or the turn is. */
static gboolean is_rolling_out(const MuService *service) {
  if (service->record->state != MU_SERVICE_RUNNING || service->deploy == NULL || service->unmet != NULL)
    return FALSE;
  MuStatus status = service->deploy->status;
  return status != MU_STATUS_COMPLETE && status != MU_STATUS_WAITING && status != MU_STATUS_ERROR;
}

static void note_growth(MuMultiServiceEventClient *client, MuService *service) {
  const MuOfferDisciplineOps *ops = client->discipline->ops;
  if (ops->update == NULL)
    return;
  gboolean keeps = service->grows && is_rolling_out(service) && !mu_stored_is_full(service, &client->effects);
  gboolean grows = mu_service_needs_more(service, &client->effects) || keeps;
  if (grows || service->grows)
    ops->update(client->discipline, service->name, grows, client->effects.now_ms);
  service->grows = grows;
}

static void note_giving_back(MuMultiServiceEventClient *client, MuService *service) {
  if (service->releasing->len == 0) {
    stop_giving_back(client, service);
  } else if (service->gives_back == NULL) {
    g_queue_push_tail(&client->giving_back, service);
    service->gives_back = client->giving_back.tail;
  }
}

static void note_hunger(MuMultiServiceEventClient *client, MuService *service) {
  note_giving_back(client, service);
  if (mu_service_wants_offers(service))
    mu_fair_join(&client->fair, service);
  else
    mu_fair_leave(&client->fair, service);
  note_growth(client, service);
  client->revive_wanted |= service->wants_more;
  if (service->wants_more)
    service->fruitless_round = 0; /* another step waits */
  service->wants_more = FALSE;
}

static void settle_service(MuMultiServiceEventClient *client, MuService *service) {
  mu_depend_note(client, service);
  mu_depend_find_unmet(client, service);
  mu_service_settle(service, &client->effects);
  note_hunger(client, service);
  note_due(client, service);
  mu_depend_notify(client, service);
  if (service->finished && !mu_depend_is_needed(client, service))
    mu_modes_end_service(client, service);
  mu_client_check_end(client, service);
}

void mu_client_settle_dirty(MuMultiServiceEventClient *client) {
  MuService *service = NULL;
  while ((service = g_queue_pop_head(&client->dirty)) != NULL) {
    gboolean stirred = service->stirred;
    service->queued = service->stirred = FALSE;
    if (stirred)
      settle_service(client, service);
  }
}

/* A turn to grow passes by itself: who has it now has to be offered something. */
static void pass_turns(MuMultiServiceEventClient *client) {
  const MuOfferDisciplineOps *ops = client->discipline->ops;
  if (mu_fair_length(&client->fair) == 0 || ops->next_ms(client->discipline) > client->effects.now_ms)
    return;
  MuService *first = g_sequence_get(g_sequence_get_begin_iter(client->fair.queue));
  ops->may_reserve(client->discipline, first->name, client->effects.now_ms); /* the look passes them */
  client->revive_wanted = TRUE;
}

static void keep_turn(const char *name, const MuTurn *turn, gpointer user) {
  MuMultiServiceEventClient *client = user;
  MuService *service = g_hash_table_lookup(client->manager->by_name, name);
  if (service == NULL || service->record->state == MU_SERVICE_GONE)
    return;
  service->record->turn_place = turn->place;
  service->record->turn_since_ms = turn->place == 0 ? 0 : turn->since_ms;
  mu_service_put(service, &client->effects);
}

/* What changed in the order of turns becomes durable with what it was due to. */
static void keep_turns(MuMultiServiceEventClient *client) {
  const MuOfferDisciplineOps *ops = client->discipline->ops;
  if (ops->changes != NULL)
    ops->changes(client->discipline, keep_turn, client);
}

/* Those beyond what a drain settles stay due, for the next one. */
static void wake_due(MuMultiServiceEventClient *client) {
  GSequenceIter *first = g_sequence_get_begin_iter(client->timers);
  for (guint n = 0; n < client->settings.settles_per_drain && !g_sequence_iter_is_end(first); n++) {
    MuService *service = g_sequence_get(first);
    if (service->next_ms > client->effects.now_ms)
      return;
    first = g_sequence_iter_next(first);
    mu_client_mark_dirty(client, service);
  }
}

/* ---- events -------------------------------------------------------------------------------------------------------- */

static void announce_framework(MuMultiServiceEventClient *client, const char *state) {
  MuJsonText text = mu_effects_notice_begin(NULL);
  mu_json_text_member(&text, "framework", client->framework_name);
  mu_json_text_member(&text, "state", state);
  mu_effects_notice(&client->effects, "framework", NULL, &text);
}

static void on_subscribed(MuMultiServiceEventClient *client, const char *framework_id) {
  client->subscribed = TRUE;
  client->suppressed = FALSE;
  client->subscribed_ms = client->effects.now_ms;
  g_clear_pointer(&client->engine_error, g_free);
  mu_client_drop_offers(client);
  if (g_strcmp0(client->framework_id, framework_id) != 0) {
    replace_string(&client->framework_id, g_strdup(framework_id));
    mu_client_put_framework(client);
  }
  mu_client_reconcile(client);
  announce_framework(client, "SUBSCRIBED");
}

/* Too many of one service's statuses came for this drain: the rest waits for the next one, in its order, so that what others
 * have to say is not kept from the store by it. FALSE: there is room for this one. */
static gboolean put_off(MuMultiServiceEventClient *client, MuService *service, MuTaskStatus **take_status) {
  if (service->heard_drain != client->counters.drains) {
    service->heard_drain = client->counters.drains;
    service->heard = 0;
  }
  if (g_queue_is_empty(&service->late) && ++service->heard <= MU_STATUSES_PER_DRAIN)
    return FALSE;
  if (g_queue_is_empty(&service->late))
    g_queue_push_tail(&client->late, service);
  g_queue_push_tail(&service->late, g_steal_pointer(take_status));
  return TRUE;
}

/* Nothing waits for anything, and nobody is told of what it finds. */
static gboolean is_at_rest(const MuMultiServiceEventClient *client, const MuService *service) {
  return !service->postponed && service->next_ms == G_MAXINT64 && !service->grows && !service->wants_more &&
         service->dirty_pods->len == 0 && service->unmet == NULL && service->wanting->len == 0 &&
         service->releasing->len == 0 && !mu_depend_is_needed(client, service);
}

/* The answer to a reconciliation tells nothing new, as a rule. Then there is nothing to be settled in a service at rest, which has
 * no more than its place, in case that something else comes for it in this drain. */
static void hear(MuMultiServiceEventClient *client, MuService *service, const char *task_name,
                 MuTaskStatus *take_status) {
  if (mu_service_on_status(service, task_name, take_status, &client->effects) || !is_at_rest(client, service))
    mu_client_mark_dirty(client, service);
  else
    take_place(client, service);
}

/* The names in a task's id, on the stack: every status is routed by them. */
typedef struct {
  char room[512];
  char *longer; /* what has no room there; NULL: it has */
  const char *service, *task;
} RoutedId;

static gboolean routed_id_init(RoutedId *id, const char *task_id) {
  MuTaskIdParts parts;
  id->longer = NULL;
  if (!mu_task_id_split(task_id, &parts))
    return FALSE;
  gsize length = parts.name + parts.name_length;
  char *copy = length < sizeof id->room ? id->room : (id->longer = g_malloc(length + 1));
  memcpy(copy, task_id, length);
  copy[parts.service_length] = copy[length] = '\0';
  id->service = copy;
  id->task = copy + parts.name;
  return TRUE;
}

static void routed_id_clear(RoutedId *id) {
  g_free(id->longer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RoutedId, routed_id_clear)

/* Of each service that has some, so many as a drain has room for. */
static void hear_late(MuMultiServiceEventClient *client) {
  for (guint i = client->late.length; i > 0; i--) {
    MuService *service = g_queue_pop_head(&client->late);
    for (guint n = 0; n < MU_STATUSES_PER_DRAIN && !g_queue_is_empty(&service->late); n++) {
      MuTaskStatus *status = g_queue_pop_head(&service->late);
      g_auto(RoutedId) id;
      if (!routed_id_init(&id, status->task_id))
        mu_bug("a status is routed by its task's id");
      hear(client, service, id.task, status);
    }
    if (!g_queue_is_empty(&service->late))
      g_queue_push_tail(&client->late, service);
  }
}

static void on_update(MuMultiServiceEventClient *client, MuTaskStatus *take_status) {
  g_autoptr(MuTaskStatus) status = take_status;
  g_auto(RoutedId) id;
  MuService *service = NULL;
  client->counters.statuses++;
  mu_client_heard_of(client, status->task_id);
  if (routed_id_init(&id, status->task_id))
    service = mu_manager_find_sanitized(client->manager, id.service);
  if (service != NULL && service->unreadable != NULL)
    return; /* not acknowledged: it comes again */
  if (service != NULL) {
    if (!put_off(client, service, &status))
      hear(client, service, id.task, g_steal_pointer(&status));
    return;
  }
  if (!mu_task_state_is_terminal(status->state) && status->state != MU_TASK_UNREACHABLE)
    mu_effects_kill(&client->effects, status->task_id, status->agent_id);
  else
    mu_client_sweep(client); /* what it used is nobody's now */
  mu_effects_acknowledge(&client->effects, status);
}

static void on_disconnected(MuMultiServiceEventClient *client, const char *message) {
  client->subscribed = FALSE;
  replace_string(&client->engine_error, g_strdup(message != NULL ? message : "disconnected"));
  mu_client_drop_offers(client);
  announce_framework(client, "DISCONNECTED");
}

void mu_client_event(MuMultiServiceEventClient *client, MuEngineEvent *take_event, gint64 now_ms) {
  g_autoptr(MuEngineEvent) event = take_event;
  client->effects.now_ms = now_ms;
  client->counters.events++;
  switch (event->kind) {
  case MU_EVENT_SUBSCRIBED: on_subscribed(client, event->id); break;
  case MU_EVENT_OFFERS: mu_client_take_offers(client, event->offers); break;
  case MU_EVENT_RESCIND: mu_client_rescind(client, event->id); break;
  case MU_EVENT_UPDATE: on_update(client, g_steal_pointer(&event->status)); break;
  case MU_EVENT_FAILURE: /* the statuses of its tasks come by themselves */ break;
  case MU_EVENT_ERROR:
  case MU_EVENT_DISCONNECTED: on_disconnected(client, event->message); break;
  }
}

void mu_client_note_time(MuMultiServiceEventClient *client, gint64 now_ms) {
  client->effects.now_ms = MAX(client->effects.now_ms, now_ms);
}

void mu_client_set_store_error(MuMultiServiceEventClient *client, const char *message) {
  replace_string(&client->store_error, g_strdup(message));
}

/* ---- the end of services and of the framework ---------------------------------------------------------------------- */

void mu_client_announce_service(MuMultiServiceEventClient *client, const MuService *service, const char *state) {
  MuJsonText text = mu_effects_notice_begin(service->name);
  mu_json_text_member(&text, "state", state);
  mu_json_text_key(&text, "version");
  mu_json_text_int(&text, service->record->version);
  mu_effects_notice(&client->effects, "service", service->name, &text);
}

void mu_client_begin_uninstall(MuMultiServiceEventClient *client, MuService *service) {
  service->finished = FALSE;
  if (service->record->state != MU_SERVICE_RUNNING || service->unreadable != NULL)
    return;
  mu_service_uninstall(service, &client->effects);
  mu_depend_note(client, service);
  mu_client_announce_service(client, service, "UNINSTALLING");
  mu_client_mark_dirty(client, service);
}

/* Its state is erased but for the mark; the callback is due once that is durable. */
static void begin_end(MuMultiServiceEventClient *client, MuService *service) {
  mu_service_erase_configs(service, &client->effects);
  mu_marks_clear(service, NULL, FALSE, &client->effects);
  mu_service_erase_files(service, &client->effects);
  service->record->state = MU_SERVICE_GONE;
  mu_service_put(service, &client->effects);
  mu_service_forget_code(service, &client->effects);
}

void mu_client_check_end(MuMultiServiceEventClient *client, MuService *service) {
  if (service->record->state == MU_SERVICE_UNINSTALLING && mu_service_is_empty(service))
    begin_end(client, service);
  if (service->record->state != MU_SERVICE_GONE)
    return;
  if (client->uninstall_callback == NULL) {
    mu_client_drop_service(client, service); /* frees it */
    return;
  }
  if (!service->callback_due)
    g_ptr_array_add(client->callbacks, g_strdup(service->name));
  service->callback_due = TRUE;
}

void mu_client_drop_service(MuMultiServiceEventClient *client, MuService *service) {
  mu_batch_delete(client->effects.batch, MU_RECORD_CONTEXT, service->name, "");
  mu_batch_delete(client->effects.batch, MU_RECORD_SERVICE, service->name, "");
  mu_client_announce_service(client, service, "GONE");
  mu_client_forget(client, service);
  if (service->grows)
    client->discipline->ops->update(client->discipline, service->name, FALSE, client->effects.now_ms);
  g_hash_table_remove(client->store->contexts, service->name);
  mu_manager_remove(client->manager, service);
}

void mu_client_call_uninstall_callback(MuMultiServiceEventClient *client, const char *service) {
  if (client->uninstall_callback != NULL)
    client->uninstall_callback(service, client->uninstall_user);
}

void mu_client_callback_done(MuMultiServiceEventClient *client, const char *name, gint64 now_ms) {
  client->effects.now_ms = now_ms;
  MuService *service = g_hash_table_lookup(client->manager->by_name, name);
  if (service != NULL && service->record->state == MU_SERVICE_GONE)
    mu_client_drop_service(client, service);
}

void mu_client_begin_uninstall_all(MuMultiServiceEventClient *client) {
  g_auto(GStrv) names = mu_multi_service_manager_names(client->manager);
  client->uninstalling = TRUE;
  if (!client->torn_down) /* else all is erased already */
    mu_client_put_framework(client);
  for (guint i = 0; names[i] != NULL; i++) {
    MuService *service = mu_manager_find(client->manager, names[i]);
    if (i < client->settings.settles_per_drain)
      mu_client_begin_uninstall(client, service);
    else
      mu_client_postpone(client, service);
  }
}

static gboolean check_teardown(MuMultiServiceEventClient *client) {
  if (!client->uninstalling || client->torn_down || !client->subscribed ||
      mu_multi_service_manager_size(client->manager) > 0)
    return FALSE;
  client->torn_down = TRUE; /* its record stays until all is erased: a crash before that tears down again */
  g_ptr_array_add(client->effects.calls, mu_engine_call_new(MU_CALL_TEARDOWN));
  announce_framework(client, "UNINSTALLED");
  return TRUE;
}

/* ---- draining ------------------------------------------------------------------------------------------------------ */

MuOutput *mu_client_drain(MuMultiServiceEventClient *client, gint64 now_ms) {
  client->effects.now_ms = now_ms;
  client->counters.drains++;
  hear_late(client);
  wake_due(client);
  mu_client_take_backlog(client);
  mu_client_settle_dirty(client);
  pass_turns(client);
  mu_client_reconcile_due(client);
  mu_roles_drain(client);
  if (g_queue_is_empty(&client->backlog))
    mu_client_match(client);
  mu_client_settle_dirty(client);
  keep_turns(client);
  MuOutput *output = g_new0(MuOutput, 1);
  output->erase = check_teardown(client);
  output->batch = client->effects.batch;
  output->calls = client->effects.calls;
  output->notices = client->effects.notices;
  output->steps = client->effects.steps;
  output->replies = client->replies;
  output->callbacks = client->callbacks;
  effects_begin(client);
  answers_begin(client);
  return output;
}

gboolean mu_client_has_more(const MuMultiServiceEventClient *client) {
  return client->carry_on || client->late.length > 0 || client->backlog.length > 0 ||
         ((client->asking || client->asking_again) && client->subscribed);
}

gint64 mu_client_next_ms(MuMultiServiceEventClient *client) {
  gint64 next = mu_client_reconcile_next_ms(client);
  GSequenceIter *first = g_sequence_get_begin_iter(client->timers);
  if (!g_sequence_iter_is_end(first))
    next = MIN(next, ((MuService *)g_sequence_get(first))->next_ms);
  if (mu_fair_length(&client->fair) > 0)
    next = MIN(next, client->discipline->ops->next_ms(client->discipline));
  if (mu_client_has_more(client))
    next = MIN(next, client->effects.now_ms);
  if (client->subscribed && !client->suppressed && client->sweep_until_ms > client->effects.now_ms)
    next = MIN(next, client->sweep_until_ms);
  return next;
}
