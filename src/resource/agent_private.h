/* The inside of an agent, shared by agent.c and agent_restore.c. */
#ifndef MU_AGENT_PRIVATE_H
#define MU_AGENT_PRIVATE_H
#include "agent.h"

/* Where the resources are: total = available + those in every offer + those every executor uses. Each change moves only
 * what it names, so that its cost does not grow with what the agent has. */
struct MuAgent {
  char *id, *hostname, *region, *zone;
  MuItems attributes[1]; /* of MuEnvVar* */
  MuResources *total;
  MuResources *available;  /* neither used nor offered */
  GHashTable *offers;      /* offer id to MuResources* */
  GHashTable *executors;   /* executor id to its use, see agent.c */
  GHashTable *volumes;     /* set of the persistence ids in total */
  MuResources *free_cache; /* available + offers, made when asked for; NULL: to be made anew */
};

/* What the resource was before its reservation: the operator's reservation that it refines, or unreserved. */
MuResource *mu_agent_unreserved_form(const MuResource *resource);
#endif
