/* The engine's journal: JSON lines, appended, made durable with one fdatasync per commit however many there are. Begins with
 * a line {"is":"journal","version":1}. A torn last line (the machine died while it was written) was never promised to
 * anybody and is dropped; any other bad line is an error, since going on would lose reservations. */
#ifndef MU_LOCAL_JOURNAL_H
#define MU_LOCAL_JOURNAL_H
#include <glib.h>
#include <jansson.h>

typedef struct MuLocalJournal MuLocalJournal;

/* Opens or makes it; `ret_records` receives what it holds (of json_t*, owned by the array). MU_ERROR_NEWER_STATE,
 * MU_ERROR_REFUSED (corrupt: names the line), MU_ERROR_FAILED. */
MuLocalJournal *mu_local_journal_open(const char *path, GPtrArray **ret_records, GError **error);
void mu_local_journal_free(MuLocalJournal *journal);
/* Takes the record; nothing is written before commit. */
void mu_local_journal_add(MuLocalJournal *journal, json_t *take_record);
/* Writes and syncs what was added. On failure it is kept for the next commit. Nothing added: does nothing. */
gboolean mu_local_journal_commit(MuLocalJournal *journal, GError **error);
/* The file has grown so much since it was rewritten that rewriting pays. */
gboolean mu_local_journal_wants_rewrite(const MuLocalJournal *journal);
/* Replaces all records by this one, atomically and durably; takes it. */
gboolean mu_local_journal_rewrite(MuLocalJournal *journal, json_t *take_record, GError **error);
#endif
