/* Variables for the tasks' environment that whoever adds the service gives beside those of the template. */
#ifndef MU_SPEC_TASK_ENV_H
#define MU_SPEC_TASK_ENV_H
#include "spec_read.h"
#include <muster/spec.h>

/* TASKCFG_ALL_<KEY> is the variable <KEY> of every task; TASKCFG_<POD>_<KEY> of the tasks of one pod type, whose name stands there
 * in upper case with `_` for whatever is no letter or digit (dcos-commons, docs/pages/developer-guide.md, "Task
 * Environment"). Both hide what the task's own `env` has under that key, and the pod's hides that of all. `variables`: string
 * to string; NULL: none. A <KEY> that can be no variable is a fault. */
void mu_spec_add_task_env(MuSpecReader *reader, GHashTable *variables, const MuServiceSpec *spec);
#endif
