/* OfferDiscipline: decides which services may grow their footprint (reserve more than they own) at this moment. */
#ifndef MUSTER_OFFER_DISCIPLINE_H
#define MUSTER_OFFER_DISCIPLINE_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct MuOfferDiscipline MuOfferDiscipline;

/* No limit. Never fails; the caller owns the result. */
MuOfferDiscipline *mu_offer_discipline_all(void);
/* At most `n` services at once (0 is taken for 1), in the order in which they asked. A service has its turn until it needs
 * nothing more and its rollout is over, or, while others wait, for `turn_ms` milliseconds (> 0): then it goes behind them. So
 * one that asks while k others are before it has its turn after turn_ms * (k / n) at the latest, rounded down, plus what is
 * left of the turns under way. Turns and their order are kept over restarts. Never fails; the caller owns the result. */
MuOfferDiscipline *mu_offer_discipline_parallel_footprint(guint n, gint64 turn_ms);
/* NULL is let through. */
void mu_offer_discipline_free(MuOfferDiscipline *discipline);

/* ---- the interface, for disciplines of one's own; called by the scheduler, on its thread ---- */

/* What is remembered of a service over restarts. */
typedef struct {
  gint64 place;    /* in the order of turns, the smaller the earlier; > 0. 0: it does not ask to grow */
  gint64 since_ms; /* when its turn began; -1: it waits for it */
} MuTurn;
typedef void (*MuTurnVisitor)(const char *service, const MuTurn *turn, gpointer user);

typedef struct {
  /* The service has steps that need new resources, or its rollout may come to need some (or no longer, wants FALSE). May be
   * told again. NULL: every service may always grow, and the other functions but next_ms and free are not called. */
  void (*update)(MuOfferDiscipline *discipline, const char *service, gboolean wants, gint64 now_ms);
  /* May it reserve now? Asked only of services that want. */
  gboolean (*may_reserve)(MuOfferDiscipline *discipline, const char *service, gint64 now_ms);
  /* The next moment at which an answer may change by itself; G_MAXINT64: never. */
  gint64 (*next_ms)(MuOfferDiscipline *discipline);
  void (*free)(MuOfferDiscipline *discipline);
  /* Calls `visit` for each service whose turn changed since the last call: it is stored with the batch that is gathered.
   * NULL: nothing is remembered. */
  void (*changes)(MuOfferDiscipline *discipline, MuTurnVisitor visit, gpointer user);
  /* What `changes` told of the service before a restart, in no particular order of services; before anything else. The
   * service wants then, until `update` says otherwise. NULL: it is forgotten. */
  void (*restore)(MuOfferDiscipline *discipline, const char *service, const MuTurn *turn);
} MuOfferDisciplineOps;

struct MuOfferDiscipline {
  const MuOfferDisciplineOps *ops;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuOfferDiscipline, mu_offer_discipline_free)

G_END_DECLS
#endif
