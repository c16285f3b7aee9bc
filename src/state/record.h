/* Records: all that survives a crash. A record has a kind, the service it belongs to ("" for the framework's own), a key
 * within these, and a value (canonical JSON text). A batch is an ordered list of puts and deletes that becomes durable as
 * one transaction, or not at all. */
#ifndef MU_RECORD_H
#define MU_RECORD_H
#include <glib.h>

/* X(name, number in stores: never reused, "word", "what it is, key") */
#define MU_RECORD_TABLE(X)                                                                                             \
  X(FRAMEWORK, 1, "framework", "id and settings of the framework; key \"\"")                                           \
  X(CONTEXT, 2, "context", "what the ServiceFactory builds the service from; key \"\"")                                \
  X(SERVICE, 3, "service", "target configuration, marks (deployed, uninstalling); key \"\"")                           \
  X(CONFIG, 4, "config", "a ServiceSpec as canonical JSON; key: configuration id")                                     \
  X(POD, 5, "pod", "footprint ledger of a pod instance: agent, reservations, volumes; key: pod instance")              \
  X(TASK, 6, "task", "the last launch of a task; key: task name")                                                      \
  X(STATUS, 7, "status", "the last status of a task; key: task name")                                                  \
  X(MARK, 8, "mark", "operators' marks on plan elements (interrupted, forced); key: plan element")                     \
  X(GARBAGE, 9, "garbage", "reserved resources without an owner, on their way out; key: resource id")                  \
  X(PAUSE, 10, "pause", "tasks that an operator paused; key: pod instance")                                            \
  X(HISTORY, 11, "history", "a configuration that was the target, with its context; key: version")                     \
  X(FILE, 20, "file", "a small file that a client keeps with the service; key: its name")                              \
  X(WHY, 21, "why", "why a pod waits for an offer since long; key: pod instance")                                      \
  X(STEP, 22, "step", "how far a custom step has come; key: plan/phase/step")                                          \
  X(RECOVERY, 23, "recovery",                                                                                          \
    "a failure that code was asked about, and how far its recovery has come; key: pod instance")

typedef enum {
#define X(name, number, word, what) MU_RECORD_##name = number,
  MU_RECORD_TABLE(X)
#undef X
} MuRecordKind;

const char *mu_record_kind_to_string(MuRecordKind kind); /* NULL for a number that is not in the table */

typedef struct {
  MuRecordKind kind;
  char *service;
  char *key;
  char *value; /* NULL: delete */
  gsize length;
} MuRecordOp;

typedef struct {
  GArray *ops;      /* of MuRecordOp, in order */
  guint64 sequence; /* number of the batch, from 1 */
} MuBatch;

MuBatch *mu_batch_new(void);
void mu_batch_free(MuBatch *batch);
void mu_batch_put(MuBatch *batch, MuRecordKind kind, const char *service, const char *key, const char *value,
                  gsize length);
void mu_batch_take(MuBatch *batch, MuRecordKind kind, const char *service, const char *key, char *take_value);
void mu_batch_delete(MuBatch *batch, MuRecordKind kind, const char *service, const char *key);
gboolean mu_batch_is_empty(const MuBatch *batch);
/* One whose operations are those of other batches, which outlive it: several that become durable together. */
MuBatch *mu_batch_new_borrowing(void);
/* Appends the operations of `from`; its sequence becomes that of `from`. */
void mu_batch_borrow(MuBatch *batch, const MuBatch *from);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuBatch, mu_batch_free)

/* ---- a store, as the runner sees it ---------------------------------------------------------------------------- */

typedef struct MuStore MuStore;

/* One record read at start. Borrowed for the call, but for `read`. */
typedef struct {
  MuRecordKind kind;
  const char *service, *key;
  const char *value; /* its text, ended by NUL; NULL where it was read */
  gsize length;
  gpointer read; /* what MuStoreReader.read made of it, which is the visitor's now; NULL: the visitor reads the text */
} MuStoredRecord;

/* Who takes the records of a store. */
typedef struct {
  /* What the visitor takes instead of the text; NULL: nothing, and it gets the text. Called by whatever thread has time, by
   * several at once: it touches nothing but its arguments. The member is NULL where no record is read before it is visited. */
  gpointer (*read)(MuRecordKind kind, const char *value, gsize length);
  void (*discard)(MuRecordKind kind, gpointer read); /* the loading has failed, and this will not be visited */
  /* On the thread that loads. FALSE ends the loading (the visitor has set the error). */
  gboolean (*visit)(const MuStoredRecord *record, gpointer user, GError **error);
} MuStoreReader;
/* The end of a commit, on the main loop's thread. `error` NULL: durable. Borrowed. */
typedef void (*MuStoreDone)(MuBatch *batch, const GError *error, gpointer user);

typedef struct {
  const char *name; /* "sqlite", "memory", "zookeeper" */
  /* Visits all records in no particular order; before any commit; when it succeeds, `check` follows. */
  gboolean (*load)(MuStore *store, const MuStoreReader *reader, gpointer user, GError **error);
  /* Whether what was loaded may be believed: until this is known nothing is committed, and nobody acts on it. Waits for what
   * has begun while the records were read. */
  gboolean (*check)(MuStore *store, GError **error);
  /* Begins to make the batch durable; `done` is called once, later, from the main loop. One commit at a time. The batch
   * stays the caller's and must live until done. A failed batch may be given again: it is all or nothing. */
  void (*commit)(MuStore *store, MuBatch *batch, MuStoreDone done, gpointer user);
  /* Erases everything, synchronously; after an uninstall of the framework. */
  gboolean (*erase)(MuStore *store, GError **error);
  void (*free)(MuStore *store); /* waits for a commit under way */
} MuStoreOps;

struct MuStore {
  const MuStoreOps *ops;
};
#endif
