/* Mustache templates (mustache.github.io, the specification without its optional modules): ServiceSpecs before they are
 * read as YAML, and the config files of tasks. `{{x}}` is escaped for HTML, `{{{x}}}` and `{{&x}}` are not.
 *
 * The data comes through a small table of functions, so that the engine knows neither JSON nor the environment. */
#ifndef MU_MUSTACHE_H
#define MU_MUSTACHE_H
#include <glib.h>

#define MU_MUSTACHE_MAX_DEPTH 100      /* of sections and partials within each other */
#define MU_MUSTACHE_MAX_STEPS 4000000u /* tags and texts visited in one rendering */
#define MU_MUSTACHE_MAX_FAULTS 100     /* listed in one error; the rest is counted */

typedef enum {
  MU_MUSTACHE_NOTHING, /* null: closes a section, shows as nothing */
  MU_MUSTACHE_FALSE,   /* closes a section: false, or an empty text */
  MU_MUSTACHE_TRUE,    /* opens a section without becoming its context */
  MU_MUSTACHE_TEXT,    /* a text or a number that is not empty: opens a section and is its `{{.}}` */
  MU_MUSTACHE_LIST,    /* a section is rendered once for each element */
  MU_MUSTACHE_MAP,     /* a section's context */
} MuMustacheKind;

typedef struct {
  MuMustacheKind kind;
  const void *data; /* known to the functions of MuMustacheType alone */
} MuMustacheValue;

typedef struct {
  /* The member of a map; FALSE when there is none. */
  gboolean (*member)(const MuMustacheValue *map, const char *key, MuMustacheValue *ret_value);
  gsize (*length)(const MuMustacheValue *list);
  MuMustacheValue (*element)(const MuMustacheValue *list, gsize index);
  /* Appends the text of a value that is no list, map or nothing. */
  void (*append)(const MuMustacheValue *value, GString *text);
} MuMustacheType;

/* Values are strings in a GHashTable of string to string: the root is { MU_MUSTACHE_MAP, table }, a NULL table is empty.
 * true and false, in any case, are booleans in sections; an empty string closes a section. */
extern const MuMustacheType mu_mustache_strings;

enum {
  /* A variable without a value, or a missing partial, is an error; all are reported at once. Else it shows as nothing. */
  MU_MUSTACHE_STRICT = 1 << 0,
  /* A dotted name is looked up as a key of its own before it is taken apart. */
  MU_MUSTACHE_FLAT_NAMES = 1 << 1,
};

typedef struct {
  const char *file_name; /* in messages */
  const MuMustacheType *type;
  MuMustacheValue root;
  guint flags;
  gsize max_bytes;      /* of the result; 0: MU_SPEC_MAX_BYTES */
  GHashTable *partials; /* name to template text, NUL-terminated; NULL: none */
} MuMustacheInput;

/* Where each part of the result came from. */
typedef struct MuMustacheMap MuMustacheMap;

/* Renders `length` bytes. The caller frees the result, which is NUL-terminated and `ret_length` bytes long. `ret_map` (may
 * be NULL) receives the map, the caller's. MU_ERROR_REFUSED lists the faults, one a line as `file:line:column: what`;
 * MU_ERROR_TOO_LARGE when a limit is reached. */
char *mu_mustache_render(const char *template_text, gsize length, const MuMustacheInput *input, gsize *ret_length,
                         MuMustacheMap **ret_map, GError **error);

/* The offset in the template from which the byte at `offset` of the result came: of the same byte when it was copied, of
 * the tag when it is a value or came from a partial. */
gsize mu_mustache_map_offset(const MuMustacheMap *map, gsize offset);
void mu_mustache_map_free(MuMustacheMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMustacheMap, mu_mustache_map_free)

/* Line and column of a byte offset, both from 1; columns count characters. */
void mu_text_position(const char *text, gsize length, gsize offset, guint *ret_line, guint *ret_column);
#endif
