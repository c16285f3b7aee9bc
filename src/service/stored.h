/* What a service has in the store, counted: each of its records is written and erased by these, and remembers its own size, so that
 * the sum is kept with every write and never has to be found. The budget (MuEffects.max_stored_bytes) is for all of it, and its
 * last part for configurations alone, so that what has grown large can be changed:
 *
 *     context and configurations                   refused, when they would exceed it, unless they are for fewer instances
 *     files, parameters of plans                   refused, when they would exceed it but for the last part
 *     earlier configurations, kept reasons         go, or are not kept
 *     instances that were never launched           wait, at the stage `budget` (evaluate.h), from the last part on
 *     all else: what runs, what becomes of it, operators' marks, the end of the service
 *                                                  is always written; messages of statuses are kept short
 *
 * What is always written is bounded by what was launched and by the plans. */
#ifndef MU_STORED_H
#define MU_STORED_H
#include "service.h"

/* One of so many parts of the budget is the last one. */
#define MU_STORED_PARTS 16u
/* What a status takes, mostly. */
#define MU_STORED_STATUS 400u
/* Of a status's message, while the service has used its budget up. */
#define MU_STORED_SHORT_MESSAGE 128u

/* Writes a record. `bytes` is the record's size, kept beside it: 0 when it is not in the store. */
void mu_stored_put(MuService *service, MuRecordKind kind, const char *key, const char *value, gsize length,
                   guint32 *bytes, MuEffects *effects);
void mu_stored_take(MuService *service, MuRecordKind kind, const char *key, char *take_value, guint32 *bytes,
                    MuEffects *effects);
void mu_stored_delete(MuService *service, MuRecordKind kind, const char *key, guint32 *bytes, MuEffects *effects);
/* A record of so many bytes was loaded. */
void mu_stored_note(MuService *service, const char *key, gsize length, guint32 *bytes);
/* What a record takes of the budget. */
gsize mu_stored_size(const char *key, gsize length);
/* The budget is used up but for the last part, or will be when what was launched has told of itself. */
gboolean mu_stored_is_full(const MuService *service, const MuEffects *effects);
/* What it stores, or will when what was launched has told of itself, and how much of it may be so before it is full. */
gsize mu_stored_soon(const MuService *service);
gsize mu_stored_room(const MuEffects *effects);
/* So many bytes more may be stored for `what` ("the file"). MU_ERROR_TOO_LARGE with what to do about it. */
gboolean mu_stored_check(const MuService *service, gsize more, const char *what, const MuEffects *effects,
                         GError **error);
#endif
