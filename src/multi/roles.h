/* The roles that the framework has: its own; for each pod with a pre-reserved-role the one below that; and every role that
 * something is still reserved for, so that a scheduler which is started with another role goes on with what it has under the old
 * one until the pods are replaced (role migration). A role that nobody needs any more is given up at the next reconciliation.
 *
 * Engines whose offers are not made to roles (MuClientSettings.knows_roles) have the one role. */
#ifndef MU_ROLES_H
#define MU_ROLES_H
#include "client_private.h"

void mu_roles_init(MuMultiServiceEventClient *client);
void mu_roles_free(MuMultiServiceEventClient *client);
/* One of those that the framework has. */
gboolean mu_roles_has(const MuMultiServiceEventClient *client, const char *role);
/* The spec's pods could have their roles. MU_ERROR_REFUSED: a name that is no role's, or a role that lies below another one of ours:
 * Mesos offers what is reserved for a role to those below it as well, so what an offer lacks would prove nothing. */
gboolean mu_roles_check_spec(MuMultiServiceEventClient *client, const MuServiceSpec *spec, GError **error);
/* Adds what the spec's pods need; NULL: nothing. */
void mu_roles_note_spec(MuMultiServiceEventClient *client, const MuServiceSpec *spec);
/* It has its own role, and those of what was given up. Before loading. */
void mu_roles_configure(MuMultiServiceEventClient *client);
/* A ledger was loaded. */
void mu_roles_note_ledger(MuMultiServiceEventClient *client, const MuPodRecord *record);
/* What is needed is found anew: begun, told of each service in turn, over as many drains as that takes, and ended. Begun anew, it
 * forgets what it was told. Nothing is looked at while there is one role. */
void mu_roles_review_begin(MuMultiServiceEventClient *client);
void mu_roles_review_service(MuMultiServiceEventClient *client, const MuService *service);
void mu_roles_review_end(MuMultiServiceEventClient *client);
/* After loading. MU_ERROR_CONFLICT: the own role lies below one that something is reserved for, or above it. */
gboolean mu_roles_loaded(MuMultiServiceEventClient *client, GError **error);
/* In a drain: tells the engine of a change, and keeps the roles of what was given up by force, which may still be reserved. */
void mu_roles_drain(MuMultiServiceEventClient *client);
/* The member "left_roles" of the framework's record. */
void mu_roles_write(const MuMultiServiceEventClient *client, json_t *record);
gboolean mu_roles_read(MuMultiServiceEventClient *client, const json_t *record, GError **error);
#endif
