/* Every field of a ServiceSpec, listed once: the reader, the canonical JSON, the error messages, the JSON Schema and the
 * reference page all come from these tables. */
#ifndef MU_SPEC_FIELDS_H
#define MU_SPEC_FIELDS_H
#include <glib.h>
#include <muster/spec.h>

typedef enum {
  MU_FIELD_STRING,      /* const char *; an empty text is as none */
  MU_FIELD_INT,         /* a whole number, times `scale`, in `size` bytes */
  MU_FIELD_MILLI,       /* gint64: a number with at most three decimals, in thousandths */
  MU_FIELD_LIMIT,       /* gint64: like INT, or the word unlimited, -1 */
  MU_FIELD_LIMIT_MILLI, /* gint64: like MILLI, or the word unlimited, -1 */
  MU_FIELD_BOOL,        /* gboolean */
  MU_FIELD_WORD,        /* an enum: one of `words` */
  MU_FIELD_WORD_STRING, /* const char *: one of `words` */
  MU_FIELD_STRINGS,     /* const char **, NULL-terminated: a list of texts */
  MU_FIELD_INTS,        /* const int * and a count: a list of whole numbers */
  MU_FIELD_PAIRS,       /* MuKeyValue * and a count, sorted: a map of texts */
  MU_FIELD_LABELS,      /* the same, written as one text: "key:value,key:value" */
  MU_FIELD_GROUP,   /* a map whose fields lie in the same struct; `count` is the offset of a gboolean: it was given */
  MU_FIELD_OBJECT,  /* pointer to a struct, NULL when not given */
  MU_FIELD_MAP,     /* array of structs and a count: a map by name; a list as well when they have no name */
  MU_FIELD_SINGLE,  /* one more struct for the array of the MAP that follows in the table */
  MU_FIELD_LIST,    /* array of structs and a count: a list */
  MU_FIELD_STEPS,   /* steps of a phase, see spec_plan.h */
  MU_FIELD_IGNORED, /* accepted, without a meaning, as in the reference */
} MuFieldKind;

enum {
  MU_FIELD_REQUIRED = 1 << 0,
  MU_FIELD_ALIAS = 1 << 1,       /* another name of the row before it; never written */
  MU_FIELD_ANY_CASE = 1 << 2,    /* words are compared without regard to case */
  MU_FIELD_NOT_RUNNING = 1 << 3, /* of a pod: running tasks do not notice a change of it */
  MU_FIELD_STORED = 1 << 4,      /* in canonical JSON only: an author cannot write it */
};

#define MU_FIELD_NO_OFFSET G_MAXUINT16

/* What an engine does with a field that is given, at present. Holds for all that is in it as well. */
typedef enum {
  MU_USE_HONOURED,
  MU_USE_KEPT,    /* not acted on, and nobody need be told: the service runs as it was meant to */
  MU_USE_IGNORED, /* not acted on: a warning */
  MU_USE_LACKING, /* no agent has what it asks for, so the pod waits: a warning */
  MU_USE_REFUSED, /* without it the service would not run rightly: an error */
} MuUse;

/* The engines that the table has a column for. */
typedef enum { MU_ENGINE_LOCAL, MU_ENGINE_MESOS, MU_ENGINE_COUNT } MuEngineColumn;

typedef struct {
  MuUse use;
  const char *note; /* why, and what to do about it; for the reference page and the messages. NULL only when HONOURED */
  const char *word; /* `use` is of this value of a WORD or WORD_STRING alone; NULL: of any */
  gboolean (*concerns)(const char *text); /* `use` is of those values of a STRING for which it holds; NULL: of any */
} MuEngineUse;

typedef struct {
  const char *word; /* NULL ends a list */
  int value;        /* several words may have one value: the first is written */
} MuWord;

typedef struct MuObject MuObject;

typedef struct {
  const char *key;
  MuFieldKind kind;
  guint flags;
  guint16 offset;         /* in the object's struct */
  guint16 count;          /* offset of the guint that counts an array's elements, or of a GROUP's gboolean */
  guint16 size;           /* of an INT: bytes */
  gint64 min, max;        /* of a number as written; a MILLI's in thousandths; of an array: the most elements */
  gint64 scale;           /* of an INT: what is stored for one as written; 0 stands for 1 */
  gint64 fallback;        /* what is stored when the field is not given: it is not written then */
  const MuWord *words;    /* of a WORD */
  const MuObject *object; /* of its elements */
  const char *excludes;   /* key of a field that must not be given together with this one, or NULL */
  const char *doc;        /* a sentence for the reference page */
  MuEngineUse engines[MU_ENGINE_COUNT];
} MuField;

struct MuObject {
  const char *what; /* "pod"; with an article in messages */
  gsize size;
  guint16 name; /* offset of its name, the key in its parent's map; MU_FIELD_NO_OFFSET: it has none */
  const MuField *fields;
  guint n_fields;
  const char *doc;
  gboolean draft; /* the struct is one of the drafts below, which do not outlive the reading */
};

/* As MuTaskSpec and MuPodSpec, but in the shape of the file: a task with its own resources, or the name of a set. */
typedef struct {
  MuTaskSpec task;
  const char *resource_set; /* NULL: it has resources of its own */
  MuResourceSet own;
} MuTaskDraft;

typedef struct {
  MuPodSpec pod;
  MuTaskDraft *tasks;
  guint n_tasks;
} MuPodDraft;

typedef struct {
  MuServiceSpec service;
  MuPodDraft *pods;
  guint n_pods;
} MuServiceDraft;

extern const MuObject mu_service_object; /* of MuServiceDraft */
extern const MuObject mu_pod_object;     /* of MuPodDraft */
extern const MuObject mu_task_object;    /* of MuTaskDraft */
extern const MuObject mu_set_object;     /* of MuResourceSet */

/* The engine's name: "local". */
const char *mu_engine_column_name(MuEngineColumn column);
/* FALSE when no column is of this name. */
gboolean mu_engine_column_find(const char *name, MuEngineColumn *ret_column);

/* The most fields that one object has. */
#define MU_SPEC_MAX_FIELDS 32
#endif
