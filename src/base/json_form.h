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

typedef struct {
  const char *at, *end;
} MuJsonScan;

gboolean mu_json_scan_char(MuJsonScan *in, char c);     /* moves on when it is the next one */
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

typedef struct {
  const char *prefix; /* of errors: "status: ", or NULL */
  const MuJsonMember *members;
  guint n;
  gpointer (*new)(void);
  void (*free)(gpointer object);
  gboolean (*check)(gconstpointer object, GError **error); /* of the members together; NULL: nothing to be said */
} MuJsonForm;

/* The object as compact text; the caller frees. */
char *mu_json_form_encode(const MuJsonForm *form, gconstpointer object);
/* A new object; NULL with MU_ERROR_REFUSED, MU_ERROR_TOO_LARGE or what an `other` says. */
gpointer mu_json_form_decode(const MuJsonForm *form, const char *text, gsize length, GError **error);
json_t *mu_json_form_to_tree(const MuJsonForm *form, gconstpointer object);
gpointer mu_json_form_from_tree(const MuJsonForm *form, const json_t *tree, GError **error);
/* As a part of other text. */
void mu_json_form_write(MuJsonText *out, const MuJsonForm *form, gconstpointer object);
/* A new object, NULL when it is not as we write it. */
gpointer mu_json_form_scan(MuJsonScan *in, const MuJsonForm *form);
#endif
