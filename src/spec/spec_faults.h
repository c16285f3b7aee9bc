/* The faults found in a spec, gathered so that the author sees all of them at once, each at its place in the author's own
 * file: offsets in the rendered text are led back through the template's map. */
#ifndef MU_SPEC_FAULTS_H
#define MU_SPEC_FAULTS_H
#include "mustache.h"
#include "spec_node.h"
#include <glib.h>

#define MU_SPEC_MAX_FAULTS 100 /* listed in one error; the rest is counted */

typedef struct {
  const char *file;         /* in messages */
  const char *text;         /* the author's; NULL: faults have no place */
  gsize length;             /* of text */
  const MuMustacheMap *map; /* NULL: the text was not rendered */
  GArray *list;             /* of Fault */
  guint n;                  /* added */
  gboolean too_large;       /* a limit was reached: the error is MU_ERROR_TOO_LARGE */
} MuFaults;

void mu_faults_init(MuFaults *faults, const char *file, const char *text, gsize length, const MuMustacheMap *map);
void mu_faults_clear(MuFaults *faults);
/* Adds a fault at the node, or without a place when it is NULL. */
void mu_faults_add(MuFaults *faults, const MuNode *node, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Adds a fault at a byte offset of the text that was read. */
void mu_faults_add_at(MuFaults *faults, gsize offset, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* "12:5", the place in the author's file of an offset. The caller frees. */
char *mu_faults_place(const MuFaults *faults, gsize offset);
/* FALSE and the error, a line for each fault in the order of the file, when there are faults. */
gboolean mu_faults_check(MuFaults *faults, GError **error);
#endif
