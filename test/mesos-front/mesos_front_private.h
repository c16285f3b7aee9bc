/* Shared by the files of the front only. */
#ifndef MU_MESOS_FRONT_PRIVATE_H
#define MU_MESOS_FRONT_PRIVATE_H
#include "ids.h"
#include "mesos_front.h"
#include "mesos_front_http.h"
#include "mesos_wire.h"

struct MuMesosFront {
  MuFrontHttp *http;
  const MuMesosFrontFuncs *funcs;
  gpointer user;
  MuMesosFrontFaults faults;
  MuMesosFrontCounters counters;
  gint64 heartbeat_ms;
  gboolean closing; /* nobody is told any more */
  guint heartbeat;
  char *url, *framework_id, *stream_id, *role;
  MuWireFormat format;   /* of the subscription */
  MuFrontStream *stream; /* NULL: nobody is subscribed */
  GHashTable *removed;   /* set of framework ids */
  GHashTable *files;     /* path to text: of the agent */
  MuRandom random;
};

/* The API of an agent, and of the master as far as it tells of agents. */
void mu_mesos_front_answer_agent(MuMesosFront *front, MuFrontRequest *request);
#endif
