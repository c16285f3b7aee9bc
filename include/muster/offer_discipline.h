/* OfferDiscipline: decides which services may grow their footprint (reserve more than they own) at this moment. */
#ifndef MUSTER_OFFER_DISCIPLINE_H
#define MUSTER_OFFER_DISCIPLINE_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct MuOfferDiscipline MuOfferDiscipline;

/* No limit. */
MuOfferDiscipline *mu_offer_discipline_all(void);
/* At most `n` services at once, in the order in which they asked; n > 0. A service gives its turn up when it needs nothing
 * more, or when it could not be placed for `turn_ms` while others wait. */
MuOfferDiscipline *mu_offer_discipline_parallel_footprint(guint n, gint64 turn_ms);
void mu_offer_discipline_free(MuOfferDiscipline *discipline);

/* ---- the interface, for disciplines of one's own; called by the scheduler ---- */

typedef struct {
  /* The service has steps that need new resources (or no longer, wants FALSE). */
  void (*update)(MuOfferDiscipline *discipline, const char *service, gboolean wants, gint64 now_ms);
  /* May it reserve now? Asked only of services that want. */
  gboolean (*may_reserve)(MuOfferDiscipline *discipline, const char *service, gint64 now_ms);
  /* The next moment at which an answer may change by itself; G_MAXINT64: never. */
  gint64 (*next_ms)(MuOfferDiscipline *discipline);
  void (*free)(MuOfferDiscipline *discipline);
} MuOfferDisciplineOps;

struct MuOfferDiscipline {
  const MuOfferDisciplineOps *ops;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuOfferDiscipline, mu_offer_discipline_free)

G_END_DECLS
#endif
