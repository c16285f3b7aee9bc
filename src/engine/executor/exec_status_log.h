/* The executor's diary, `log` in its folder: what survives the scheduler's death and its own. JSON lines, appended with one
 * write() before anything is sent (that survives crashes of processes; after a crash of the machine no task lives anyway):
 *
 *   {"is":"process","task_id":…,"pid":…,"start":…,"boot":…}   a task's main process; task_id "": the executor itself
 *   {"is":"status","uuid":…,"task_id":…,"state":"TASK_…",…}    a status, as it is sent
 *   {"is":"ack","uuid":…}                                       the scheduler has it
 *
 * Rewritten when large: processes of running tasks, each task's last status, what is not acknowledged. The engine reads it
 * too (src/engine/local/executor_dir.c). */
#ifndef MU_EXEC_STATUS_LOG_H
#define MU_EXEC_STATUS_LOG_H
#include <glib.h>
#include <jansson.h>

typedef struct MuExecStatusLog MuExecStatusLog;

/* Opens `log` in the present folder, reading what an earlier process wrote; a torn last line is dropped. */
MuExecStatusLog *mu_exec_status_log_open(GError **error);
void mu_exec_status_log_free(MuExecStatusLog *log);
/* Takes the record, "is" set to process or status. Kept in memory even when the disk refuses it. */
void mu_exec_status_log_append(MuExecStatusLog *log, json_t *take_record);
/* TRUE when the uuid was waiting for it. */
gboolean mu_exec_status_log_ack(MuExecStatusLog *log, const char *uuid);
/* Statuses not acknowledged, oldest first, of json_t*; borrowed. */
const GPtrArray *mu_exec_status_log_unacked(const MuExecStatusLog *log);
/* The last status, or process record, of a task; NULL when there is none. Borrowed. */
const json_t *mu_exec_status_log_last(const MuExecStatusLog *log, const char *task_id);
const json_t *mu_exec_status_log_process(const MuExecStatusLog *log, const char *task_id);
#endif
