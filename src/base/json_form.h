/* A struct and its JSON object, from one table of its members: written as text, read from text, and both over jansson.
 *
 * Records are written and read by the ten thousand a second, and jansson's trees cost ten times what the text itself does:
 * so text is written straight from the struct, and read straight into it as long as it looks as we write it (members in the
 * table's order, no blanks). Whatever looks different is given to jansson, which accepts any JSON and says what is wrong. */
#ifndef MU_JSON_FORM_H
#define MU_JSON_FORM_H
#include "json.h"

/* ---- text under way ------------------------------------------------------------------------------------------------- */

typedef struct {
  char *text; /* not ended by NUL */
  gsize length, room;
  gboolean borrowed; /* `text` is somebody's room for a beginning: what does not fit goes elsewhere */
} MuJsonText;

/* A name in an object, with the comma before it where one is needed. */
void mu_json_text_key(MuJsonText *out, const char *key);
void mu_json_text_key_of(MuJsonText *out, const char *key, gsize length);
/* Text that is JSON already, or a part of it. */
void mu_json_text_raw(MuJsonText *out, const char *text, gsize length);
/* A string; what is not UTF-8 is replaced by U+FFFD. NULL: null. */
void mu_json_text_string(MuJsonText *out, const char *text);
void mu_json_text_int(MuJsonText *out, gint64 value);
#define MU_JSON_INT_MAX 20 /* bytes of a number */
/* The number's digits, with its sign and without NUL, and how many bytes that is: at most MU_JSON_INT_MAX. */
gsize mu_json_int(char *to, gint64 value);
void mu_json_text_bool(MuJsonText *out, gboolean value);
/* The comma before a further item of an array. */
void mu_json_text_next(MuJsonText *out);
/* A member of an object that has been begun with "{"; a text that is NULL is left out. */
void mu_json_text_member(MuJsonText *out, const char *key, const char *text);
/* Ends it with NUL and hands it out; the caller frees. `out` must not be borrowed room. */
char *mu_json_text_take(MuJsonText *out);

/* ---- text being read: FALSE means "not as we write it", and says nothing more ----------------------------------------- */

#define MU_JSON_BLOCK_TEXTS 24

typedef struct {
  guint offset, length; /* of the member that points to it; its own */
  const char *text;
} MuJsonBlockText;

/* An object under way that will be one block. */
typedef struct {
  char *object;
  gsize size, bytes; /* of the struct and what comes with it; of these and the texts so far */
  guint n;
  MuJsonBlockText texts[MU_JSON_BLOCK_TEXTS];
} MuJsonBlock;

typedef struct {
  const char *at, *end;
  MuJsonBlock *block; /* the object being read is made of one block; NULL: it is not */
} MuJsonScan;

/* Moves on when it is the next one. */
static inline gboolean mu_json_scan_char(MuJsonScan *in, char c) {
  if (in->at >= in->end || *in->at != c)
    return FALSE;
  in->at++;
  return TRUE;
}
gboolean mu_json_scan_text(MuJsonScan *in, char **ret); /* a string without escapes; the caller frees */
gboolean mu_json_scan_int(MuJsonScan *in, gint64 *ret);

/* ---- the table ------------------------------------------------------------------------------------------------------- */

typedef enum {
  MU_JSON_TEXT,   /* char*; left out when NULL */
  MU_JSON_INT,    /* gint64 */
  MU_JSON_COUNT,  /* guint, from 0 to `max` (0: G_MAXINT32) */
  MU_JSON_BOOL,   /* gboolean, or an enum of FALSE and TRUE */
  MU_JSON_RESULT, /* gboolean that is there, gboolean, one after the other; left out when not there */
  MU_JSON_WORD,   /* an enum, as one of `words` */
  MU_JSON_OTHER,  /* by `other` */
} MuJsonKind;

typedef struct {
  const char *(*to_string)(guint value); /* NULL: there is no such value */
  const char *expected;                  /* for the error: "RUNNING or …" */
} MuJsonWords;

/* A member that no other kind fits. */
typedef struct {
  const char *(*name)(gconstpointer object); /* what the member is called in such an object; NULL: as its row says */
  void (*write)(MuJsonText *out, const char *key, gconstpointer object); /* may leave it out */
  gboolean (*scan)(MuJsonScan *in, gpointer object);
  void (*to_tree)(json_t *tree, const char *key, gconstpointer object); /* may leave it out */
  /* Looks for the key itself: absent may be an error. */
  gboolean (*from_tree)(const json_t *tree, const char *key, gpointer object, GError **error);
} MuJsonOther;

/* The member's name: `{MU_JSON_KEY("name"), .kind = …}`. */
#define MU_JSON_KEY(text) .key = (text), .key_length = sizeof(text) - 1

typedef struct {
  const char *key;
  guint key_length;
  MuJsonKind kind;
  gsize offset;
  gboolean required;
  gboolean not_zero; /* left out when 0 or FALSE */
  guint max;
  const MuJsonWords *words;
  const MuJsonOther *other;
} MuJsonMember;

/* How an object may be one block of memory: its struct, what comes with it, and then its texts. What is loaded by the hundred
 * thousand is made so: one allocation instead of ten. */
typedef struct {
  gsize size;                    /* of the struct, and of what comes with it: at most MU_JSON_BLOCK_MAX */
  gsize bytes;                   /* offset of the guint that has the bytes of its block, 0 when it is not made of one */
  void (*init)(gpointer object); /* after it was filled with zeros; NULL: nothing to be done */
  void (*placed)(gpointer object); /* it is where it stays: pointers into itself are set; NULL: it has none */
} MuJsonBlockForm;

#define MU_JSON_BLOCK_MAX 512

typedef struct {
  const char *prefix; /* of errors: "status: ", or NULL */
  const MuJsonMember *members;
  guint n;
  gpointer (*new)(void);
  void (*free)(gpointer object);
  gboolean (*check)(gconstpointer object, GError **error); /* of the members together; NULL: nothing to be said */
  const MuJsonBlockForm *block;                            /* NULL: it is never made of one block */
} MuJsonForm;

/* The object as compact text; the caller frees. */
char *mu_json_form_encode(const MuJsonForm *form, gconstpointer object);
/* A new object; NULL with MU_ERROR_REFUSED, MU_ERROR_TOO_LARGE or what an `other` says. */
gpointer mu_json_form_decode(const MuJsonForm *form, const char *text, gsize length, GError **error);
/* Likewise; where the text is as we write it, the object is one block. */
gpointer mu_json_form_decode_block(const MuJsonForm *form, const char *text, gsize length, GError **error);
/* Frees what an object points to, unless it is a part of the object's block, which has so many bytes (0: there is none). */
static inline void mu_json_block_free(gconstpointer block, guint bytes, gpointer memory) {
  if ((gsize)memory - (gsize)block >= bytes)
    g_free(memory);
}
json_t *mu_json_form_to_tree(const MuJsonForm *form, gconstpointer object);
gpointer mu_json_form_from_tree(const MuJsonForm *form, const json_t *tree, GError **error);
/* As a part of other text. */
void mu_json_form_write(MuJsonText *out, const MuJsonForm *form, gconstpointer object);
/* A new object, NULL when it is not as we write it. A block of its own where the one it belongs to is one and its form allows. */
gpointer mu_json_form_scan(MuJsonScan *in, const MuJsonForm *form);
/* An object that is there already, of zeros: what comes with another one. FALSE: not as we write it. */
gboolean mu_json_form_scan_into(MuJsonScan *in, const MuJsonForm *form, gpointer object);
#endif
