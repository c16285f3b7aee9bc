/* The view that explains waiting. As those of view.h. */
#ifndef MU_VIEW_WHY_H
#define MU_VIEW_WHY_H
#include <jansson.h>
#include <muster/multi_service_event_client.h>

/* Steps in one answer; more are counted as "left_out". */
#define MU_WHY_MAX_STEPS 1000u

/* {"service","pod","now","summary","troubles":[WAITING],"steps":[{"plan","phase","step","pod","status","waiting":WAITING,
 * "offers":OFFERS}],"left_out"}: every incomplete step of the service, or of its pod `pod` (NULL: all). WAITING is
 * {"for","reason","since","until","clears","command"}, OFFERS {"offers","summary","stages":[{"stage","refused","example"}]}.
 * "summary" only when nothing is waited for; times in ms since 1970. */
json_t *mu_view_why(MuMultiServiceEventClient *client, const char *name, const char *pod, GError **error);
#endif
