/* Structs to canonical JSON, by the tables of spec_fields.h: the fields in the tables' order, without those that have their
 * default value, and no blanks. */
#ifndef MU_SPEC_JSON_H
#define MU_SPEC_JSON_H
#include "arena.h"
#include "spec_fields.h"
#include <glib.h>

typedef struct {
  GString *out;
  MuArena *scratch;
  const MuServiceSpec *spec; /* whose plans are written; NULL: no plan is */
  guint skip;                /* flags: fields that have one of them are left out */
  gboolean sorted;           /* maps by name, not in the order of the spec */
} MuSpecWriter;

/* Appends a JSON object. */
void mu_spec_write(MuSpecWriter *writer, const MuObject *type, const void *object);
/* The file's shape of a task and of a pod; strings and arrays are borrowed. */
void mu_task_draft_init(MuTaskDraft *draft, const MuPodSpec *pod, const MuTaskSpec *task);

/* Appends the text as a JSON string. */
void mu_json_append_string(GString *out, const char *text);
#endif
