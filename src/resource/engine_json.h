/* What the JSON forms of the engine's values have in common. */
#ifndef MU_ENGINE_JSON_H
#define MU_ENGINE_JSON_H
#include "engine.h"
#include "json_form.h"

/* Of an array of a launch or an offer. */
#define MU_ENGINE_JSON_MAX_ITEMS 100000

extern const MuJsonForm mu_task_status_form; /* of MuTaskStatus */
extern const MuJsonForm mu_resource_form;    /* of MuResource */

/* Pairs of texts, in order and with repetitions: [["name","value"],…]; left out when there is none. */
void mu_engine_json_set_vars(json_t *object, const char *key, const MuItems *vars);
/* Appends MuEnvVar* to `vars`. */
gboolean mu_engine_json_get_vars(const json_t *object, const char *key, MuItems *vars, GError **error);

/* The same as text. */
void mu_engine_json_write_vars(MuJsonText *out, const char *key, const MuItems *vars);
gboolean mu_engine_json_scan_vars(MuJsonScan *in, MuItems *vars);

void mu_engine_json_set_resources(json_t *object, const char *key, const MuResources *resources);
/* Takes the place of *resources, which stays when the member is missing. */
gboolean mu_engine_json_get_resources(const json_t *object, const char *key, MuResources **resources, GError **error);

/* Members that are left out when 0 or FALSE. */
void mu_engine_json_set_nonzero(json_t *object, const char *key, gint64 value);
void mu_engine_json_set_true(json_t *object, const char *key, gboolean value);

/* A text member into *text, which is freed first; NULL when it is missing. */
gboolean mu_engine_json_take_text(const json_t *object, const char *key, gboolean required, char **text,
                                  GError **error);

/* Calls `read` with every item of an optional array; the error names the item. */
typedef gboolean (*MuEngineJsonReader)(const json_t *item, gpointer target, GError **error);
gboolean mu_engine_json_each(const json_t *object, const char *key, MuEngineJsonReader read, gpointer target,
                             GError **error);

/* What a launch is provided with (engine_provision.c): members "uris", "secrets" and "tls", left out when empty. The getters
 * append to the array. */
void mu_engine_json_set_uris(json_t *object, const MuItems *uris);
void mu_engine_json_set_secrets(json_t *object, const MuItems *secrets);
void mu_engine_json_set_tls(json_t *object, const MuItems *tls);
gboolean mu_engine_json_get_uris(const json_t *object, MuItems *uris, GError **error);
gboolean mu_engine_json_get_secrets(const json_t *object, MuItems *secrets, GError **error);
gboolean mu_engine_json_get_tls(const json_t *object, MuItems *tls, GError **error);
#endif
