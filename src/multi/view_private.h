/* What the views share. */
#ifndef MU_VIEW_PRIVATE_H
#define MU_VIEW_PRIVATE_H
#include "client_private.h"
#include "why.h"

/* The keys of a table whose keys are strings, sorted, as a JSON list. */
json_t *mu_view_names(GHashTable *table);
json_t *mu_view_config_ids(const MuService *service);
/* The instance's tasks that were launched (of MuTask*, borrowed), in the order of the spec; the caller frees the array. */
GPtrArray *mu_view_pod_tasks(const MuPod *pod);
/* The present moment, for those who ask why. */
MuWhyScene mu_view_scene(const MuMultiServiceEventClient *client);
/* "there is no KIND `name` in WHERE; there are: a, b". `names` (of char*, borrowed) is freed. */
void mu_view_set_unknown(GPtrArray *take_names, const char *kind, const char *name, const char *where, GError **error);

#endif
