/* Shared by the files of the front only. */
#ifndef MU_MESOS_FRONT_PRIVATE_H
#define MU_MESOS_FRONT_PRIVATE_H
#include "agent.pb-c.h"
#include "ids.h"
#include "mesos_front.h"
#include "mesos_front_http.h"
#include "mesos_wire.h"
#include "record_io.h"

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
  /* mesos_front_command.c */
  MuFrontCommand command;
  MuFrontStream *output; /* NULL: no command runs */
  MuFrontRequest *wait;  /* of who wants to know how it ends */
  char *command_id;
  gboolean command_ended;
  int wait_status;
  MuRecordIo *input_records;
};

/* mesos_front_command.c: calls about commands in containers; FALSE: it is none. */
gboolean mu_mesos_front_take_command(MuMesosFront *front, MuFrontRequest *request, const Mesos__AgentCall *call);
void mu_mesos_front_command_init(MuMesosFront *front);
void mu_mesos_front_command_clear(MuMesosFront *front);
/* The API of an agent, and of the master as far as it tells of agents. */
void mu_mesos_front_answer_agent(MuMesosFront *front, MuFrontRequest *request);
#endif
