/* The Mesos engine and a test master as the wire between a simulator's scheduler and its cluster: every call of the scheduler
 * goes through libcurl, HTTP and protobuf to the master, and every event comes back that way, while the virtual time stands
 * still. */
#ifndef MU_TEST_MASTER_WIRE_H
#define MU_TEST_MASTER_WIRE_H
#include "mesos_master.h"

typedef struct MasterWire MasterWire;

/* Put before the simulator, which has no scheduler yet; both sides run on the default main context. The simulator may be freed
 * before it. */
MasterWire *master_wire_new(MuSim *sim);
void master_wire_free(MasterWire *wire);
/* Its faults befall the wire: what breaks is whole again before the virtual time goes on. */
MuTestMaster *master_wire_master(MasterWire *wire);
/* Calls that the master took, and events that the engine gave, so far. */
guint64 master_wire_calls(const MasterWire *wire);
guint64 master_wire_events(const MasterWire *wire);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MasterWire, master_wire_free)
#endif
