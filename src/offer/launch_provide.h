/* What a launch is provided with besides resources, and the names under which its tasks are known. */
#ifndef MU_LAUNCH_PROVIDE_H
#define MU_LAUNCH_PROVIDE_H
#include "engine.h"
#include "evaluate.h"

/* The files to fetch, and the secrets. */
void mu_launch_provide(MuPodLaunch *launch, const MuPodSpec *pod);
/* The keys and certificates of one task, with the names that CertificateNamesGenerator of dcos-commons gives them. */
void mu_launch_add_tls(MuTaskLaunch *launch, const MuRequirement *requirement, const MuTaskSpec *task);
#endif
