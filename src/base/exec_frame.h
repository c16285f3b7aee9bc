/* A command beside a task, and what goes over the connection to who asked for it, in both directions: frames of a byte for the kind,
 * four bytes for the length of the content, the highest first, and the content. docs/http-api.md, "A command in a task". */
#ifndef MU_EXEC_FRAME_H
#define MU_EXEC_FRAME_H
#include <glib.h>

#define MU_FRAME_HEAD_BYTES 5
#define MU_FRAME_MAX_BYTES 65536 /* of a content */
#define MU_FRAME_PROTOCOL "muster-exec"

typedef enum {
  MU_FRAME_INPUT,  /* for the command's standard input; empty: it ends */
  MU_FRAME_SIZE,   /* of the terminal: rows and columns, two bytes each */
  MU_FRAME_SIGNAL, /* one byte: a signal for the command's process group */
  MU_FRAME_OUTPUT, /* of its standard output, or of its terminal */
  MU_FRAME_ERROR,  /* of its standard error */
  MU_FRAME_EXIT,   /* two bytes: its exit status; the signal that ended it, or 0. The last one */
  MU_FRAME_FAILED, /* a text: why it could not be run. The last one */
} MuFrameKind;

/* Appends the content, as several frames when it is long. Nothing for an empty content but the one empty frame. */
void mu_frame_append(GByteArray *out, MuFrameKind kind, const void *content, gsize length);

typedef enum { MU_FRAME_WHOLE, MU_FRAME_PARTIAL, MU_FRAME_TOO_LARGE } MuFrameState;
/* Looks at the bytes' beginning. WHOLE: the content is borrowed from the bytes, the frame takes `ret_taken` of them. */
MuFrameState mu_frame_read(const guint8 *bytes, gsize available, MuFrameKind *ret_kind, const guint8 **ret_content,
                           gsize *ret_length, gsize *ret_taken);

/* What is to be run; borrowed. */
typedef struct {
  const char *const *argv; /* NULL-terminated, not empty; found by the task's PATH */
  gboolean tty;            /* with a terminal of its own */
  guint16 rows, columns;   /* of it; 0: unknown */
  const char *term;        /* TERM of it; NULL: the task's own */
} MuExecRequest;
#define MU_EXEC_MAX_WORDS 1000
#define MU_EXEC_MAX_BYTES 32768 /* of all words together */
#endif
