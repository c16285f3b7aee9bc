/* A Mustache template taken apart: a flat list of tokens in which a section knows where it ends. */
#ifndef MU_MUSTACHE_PARSE_H
#define MU_MUSTACHE_PARSE_H
#include "arena.h"
#include <glib.h>

typedef enum {
  MU_TOKEN_TEXT,
  MU_TOKEN_VALUE,     /* {{x}} */
  MU_TOKEN_RAW_VALUE, /* {{{x}}}, {{&x}} */
  MU_TOKEN_SECTION,   /* {{#x}} */
  MU_TOKEN_INVERTED,  /* {{^x}} */
  MU_TOKEN_CLOSE,     /* {{/x}} */
  MU_TOKEN_PARTIAL,   /* {{>x}} */
} MuTokenKind;

typedef struct {
  MuTokenKind kind;
  gsize at;           /* offset in the template: of the text, or of the tag */
  gsize length;       /* of a text, bytes */
  const char *name;   /* of a tag */
  const char *indent; /* of a partial that stands alone on its line; else "" */
  guint close;        /* of a section: index of its CLOSE token */
} MuToken;

/* The tokens (of MuToken); names live in the arena. NULL with MU_ERROR_REFUSED and `file:line:column` when a tag is not
 * closed, is empty, or does not match its section. */
GArray *mu_mustache_parse(const char *text, gsize length, const char *file_name, MuArena *arena, GError **error);
#endif
