#include "json_form.h"

#include "bug.h"
#include <muster/error.h>

#include <stddef.h>
#include <string.h>

#define MEMBER(type, object, member) G_STRUCT_MEMBER(type, object, (member)->offset)

static const char *name_of(const MuJsonMember *member, gconstpointer object) {
  return member->other != NULL && member->other->name != NULL ? member->other->name(object) : member->key;
}

static gint64 limit_of(const MuJsonMember *member) {
  return member->max != 0 ? member->max : G_MAXINT32;
}

static const char *word_of(const MuJsonMember *member, gconstpointer object) {
  const char *word = member->words->to_string(MEMBER(guint, object, member));
  mu_assert(word != NULL);
  return word;
}

/* Whether there is something to be written. */
static gboolean is_there(const MuJsonMember *member, gconstpointer object) {
  switch (member->kind) {
  case MU_JSON_TEXT: return MEMBER(char *, object, member) != NULL;
  case MU_JSON_INT: return !member->not_zero || MEMBER(gint64, object, member) != 0;
  case MU_JSON_COUNT:
  case MU_JSON_BOOL: return !member->not_zero || MEMBER(guint, object, member) != 0;
  case MU_JSON_RESULT: return MEMBER(gboolean, object, member);
  case MU_JSON_WORD:
  case MU_JSON_OTHER: return TRUE;
  }
  mu_bug("there is no other kind of member");
}

static gboolean *result_of(const MuJsonMember *member, gpointer object) {
  return &MEMBER(gboolean, object, member) + 1;
}

/* ---- text out -------------------------------------------------------------------------------------------------------- */

static void write_member(MuJsonText *out, const MuJsonMember *member, gconstpointer object) {
  if (member->kind == MU_JSON_OTHER) {
    member->other->write(out, name_of(member, object), object);
    return;
  }
  mu_json_text_key_of(out, member->key, member->key_length);
  switch (member->kind) {
  case MU_JSON_TEXT: mu_json_text_string(out, MEMBER(char *, object, member)); break;
  case MU_JSON_INT: mu_json_text_int(out, MEMBER(gint64, object, member)); break;
  case MU_JSON_COUNT: mu_json_text_int(out, MEMBER(guint, object, member)); break;
  case MU_JSON_BOOL: mu_json_text_bool(out, MEMBER(gboolean, object, member)); break;
  case MU_JSON_RESULT: mu_json_text_bool(out, *result_of(member, (gpointer)object)); break;
  case MU_JSON_WORD: mu_json_text_string(out, word_of(member, object)); break;
  case MU_JSON_OTHER: break;
  }
}

void mu_json_form_write(MuJsonText *out, const MuJsonForm *form, gconstpointer object) {
  mu_json_text_raw(out, "{", 1);
  for (guint i = 0; i < form->n; i++)
    if (is_there(&form->members[i], object))
      write_member(out, &form->members[i], object);
  mu_json_text_raw(out, "}", 1);
}

char *mu_json_form_encode(const MuJsonForm *form, gconstpointer object) {
  char most[4096];
  MuJsonText out = {.text = most, .room = sizeof most, .borrowed = TRUE};
  mu_json_form_write(&out, form, object);
  mu_json_text_raw(&out, "", 1);
  return out.borrowed ? g_memdup2(most, out.length) : out.text;
}

/* ---- text in --------------------------------------------------------------------------------------------------------- */

static gboolean scan_bool(MuJsonScan *in, gboolean *ret) {
  gsize left = (gsize)(in->end - in->at);
  gboolean value = left > 4 && memcmp(in->at, "true", 4) == 0;
  if (!value && (left <= 5 || memcmp(in->at, "false", 5) != 0))
    return FALSE;
  in->at += value ? 4 : 5;
  *ret = value;
  return TRUE;
}

static gboolean scan_count(MuJsonScan *in, const MuJsonMember *member, guint *ret) {
  gint64 value = 0;
  if (!mu_json_scan_int(in, &value) || value < 0 || value > limit_of(member))
    return FALSE;
  *ret = (guint)value;
  return TRUE;
}

static gboolean find_word(const MuJsonWords *words, const char *text, gsize length, guint *ret) {
  const char *word = NULL;
  for (guint i = 0; (word = words->to_string(i)) != NULL; i++)
    if (strlen(word) == length && memcmp(word, text, length) == 0) {
      *ret = i;
      return TRUE;
    }
  return FALSE;
}

static gboolean scan_word(MuJsonScan *in, const MuJsonWords *words, guint *ret) {
  const char *end = mu_json_scan_char(in, '"') ? memchr(in->at, '"', (gsize)(in->end - in->at)) : NULL;
  if (end == NULL || !find_word(words, in->at, (gsize)(end - in->at), ret))
    return FALSE;
  in->at = end + 1;
  return TRUE;
}

static gboolean scan_result(MuJsonScan *in, const MuJsonMember *member, gpointer object) {
  MEMBER(gboolean, object, member) = TRUE;
  return scan_bool(in, result_of(member, object));
}

static gboolean scan_member(MuJsonScan *in, const MuJsonMember *member, gpointer object) {
  switch (member->kind) {
  case MU_JSON_TEXT: return mu_json_scan_text(in, &MEMBER(char *, object, member));
  case MU_JSON_INT: return mu_json_scan_int(in, &MEMBER(gint64, object, member));
  case MU_JSON_COUNT: return scan_count(in, member, &MEMBER(guint, object, member));
  case MU_JSON_BOOL: return scan_bool(in, &MEMBER(gboolean, object, member));
  case MU_JSON_RESULT: return scan_result(in, member, object);
  case MU_JSON_WORD: return scan_word(in, member->words, &MEMBER(guint, object, member));
  case MU_JSON_OTHER: return member->other->scan(in, object);
  }
  mu_bug("there is no other kind of member");
}

static gsize length_of(const MuJsonMember *member, const char *name) {
  return name == member->key && member->key_length != 0 ? member->key_length : strlen(name);
}

/* Members come in the table's order: the one whose name is next is this row's or a later one's. */
static const MuJsonMember *scan_key(MuJsonScan *in, const MuJsonForm *form, gconstpointer object, guint *row) {
  const char *at = in->at;
  gsize left = (gsize)(in->end - at);
  if (left < 4 || at[0] != '"')
    return NULL;
  while (*row < form->n) {
    const MuJsonMember *member = &form->members[(*row)++];
    const char *name = name_of(member, object);
    if (name[0] == at[1]) {
      gsize length = length_of(member, name);
      if (left > length + 3 && at[length + 1] == '"' && at[length + 2] == ':' && memcmp(at + 1, name, length) == 0) {
        in->at += length + 3;
        return member;
      }
    }
    if (member->required)
      return NULL;
  }
  return NULL;
}

static gboolean scan_members(MuJsonScan *in, const MuJsonForm *form, gpointer object) {
  guint row = 0;
  if (!mu_json_scan_char(in, '{'))
    return FALSE;
  do {
    const MuJsonMember *member = scan_key(in, form, object, &row);
    if (member == NULL || !scan_member(in, member, object))
      return FALSE;
  } while (mu_json_scan_char(in, ','));
  for (; row < form->n; row++)
    if (form->members[row].required)
      return FALSE;
  return mu_json_scan_char(in, '}');
}

/* ---- an object of one block: made in some room on the stack, where its texts are noted, then put where it stays --------- */

static gpointer place_block(const MuJsonBlock *block, const MuJsonBlockForm *form) {
  char *object = g_malloc(block->bytes), *to = object + block->size;
  memcpy(object, block->object, block->size);
  for (guint i = 0; i < block->n; i++) {
    const MuJsonBlockText *text = &block->texts[i];
    G_STRUCT_MEMBER(char *, object, text->offset) = to;
    memcpy(to, text->text, text->length);
    to[text->length] = '\0';
    to += text->length + 1;
  }
  G_STRUCT_MEMBER(guint, object, form->bytes) = (guint)block->bytes;
  if (form->placed != NULL)
    form->placed(object);
  return object;
}

static gpointer scan_block(MuJsonScan *in, const MuJsonForm *form) {
  _Alignas(max_align_t) char room[MU_JSON_BLOCK_MAX];
  MuJsonBlock *outer = in->block, block;
  mu_assert(form->block->size <= sizeof room);
  if (in->end - in->at > G_MAXINT32)
    return NULL;
  memset(room, 0, form->block->size);
  if (form->block->init != NULL)
    form->block->init(room);
  block.object = room;
  block.size = block.bytes = form->block->size;
  block.n = 0;
  in->block = &block;
  gboolean good = scan_members(in, form, room);
  in->block = outer;
  gpointer object = place_block(&block, form->block);
  if (good && (form->check == NULL || form->check(object, NULL)))
    return object;
  form->free(object);
  return NULL;
}

gboolean mu_json_form_scan_into(MuJsonScan *in, const MuJsonForm *form, gpointer object) {
  return scan_members(in, form, object);
}

gpointer mu_json_form_scan(MuJsonScan *in, const MuJsonForm *form) {
  if (in->block != NULL && form->block != NULL)
    return scan_block(in, form);
  gpointer object = form->new ();
  if (scan_members(in, form, object) && (form->check == NULL || form->check(object, NULL)))
    return object;
  form->free(object);
  return NULL;
}

/* The object, when it is all of the text. */
static gpointer whole(const MuJsonForm *form, const MuJsonScan *in, gpointer take_object) {
  if (take_object == NULL || in->at == in->end)
    return take_object;
  form->free(take_object);
  return NULL;
}

gpointer mu_json_form_decode_block(const MuJsonForm *form, const char *text, gsize length, GError **error) {
  MuJsonScan in = {text, text + length, NULL};
  gpointer object = whole(form, &in, scan_block(&in, form));
  return object != NULL ? object : mu_json_form_decode(form, text, length, error);
}

gpointer mu_json_form_decode(const MuJsonForm *form, const char *text, gsize length, GError **error) {
  MuJsonScan in = {text, text + length, NULL};
  gpointer object = whole(form, &in, mu_json_form_scan(&in, form));
  if (object != NULL)
    return object;
  g_autoptr(json_t) tree = mu_json_parse(text, length, G_MAXSIZE, error);
  return tree == NULL ? NULL : mu_json_form_from_tree(form, tree, error);
}

/* ---- trees ----------------------------------------------------------------------------------------------------------- */

static json_t *member_to_tree(const MuJsonMember *member, gconstpointer object) {
  switch (member->kind) {
  case MU_JSON_TEXT: return mu_json_string(MEMBER(char *, object, member));
  case MU_JSON_INT: return json_integer(MEMBER(gint64, object, member));
  case MU_JSON_COUNT: return json_integer(MEMBER(guint, object, member));
  case MU_JSON_BOOL: return json_boolean(MEMBER(gboolean, object, member));
  case MU_JSON_RESULT: return json_boolean(*result_of(member, (gpointer)object));
  case MU_JSON_WORD: return mu_json_string(word_of(member, object));
  case MU_JSON_OTHER: break;
  }
  mu_bug("there is no other kind of member");
}

json_t *mu_json_form_to_tree(const MuJsonForm *form, gconstpointer object) {
  json_t *tree = json_object();
  for (guint i = 0; i < form->n; i++) {
    const MuJsonMember *member = &form->members[i];
    if (member->kind == MU_JSON_OTHER)
      member->other->to_tree(tree, name_of(member, object), object);
    else if (is_there(member, object))
      mu_json_set_new(tree, member->key, member_to_tree(member, object));
  }
  return tree;
}

static gboolean text_from_tree(const MuJsonMember *member, const json_t *tree, gpointer object, GError **error) {
  const char *text = NULL;
  if (!mu_json_get_string(tree, member->key, member->required, &text, error))
    return FALSE;
  MEMBER(char *, object, member) = g_strdup(text);
  return TRUE;
}

static gboolean count_from_tree(const MuJsonMember *member, const json_t *tree, gpointer object, GError **error) {
  gint64 value = 0;
  if (!mu_json_get_int_between(tree, member->key, member->required, 0, limit_of(member), &value, error))
    return FALSE;
  MEMBER(guint, object, member) = (guint)value;
  return TRUE;
}

static gboolean result_from_tree(const MuJsonMember *member, const json_t *tree, gpointer object, GError **error) {
  MEMBER(gboolean, object, member) = json_is_boolean(json_object_get(tree, member->key));
  return mu_json_get_bool(tree, member->key, FALSE, result_of(member, object), error);
}

static gboolean word_from_tree(const MuJsonMember *member, const json_t *tree, gpointer object, GError **error) {
  const char *text = NULL;
  if (!mu_json_get_string(tree, member->key, member->required, &text, error))
    return FALSE;
  if (text == NULL || find_word(member->words, text, strlen(text), &MEMBER(guint, object, member)))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%s\" is \"%.80s\"; expected %s", member->key, text,
              member->words->expected);
  return FALSE;
}

static gboolean member_from_tree(const MuJsonMember *member, const json_t *tree, gpointer object, GError **error) {
  switch (member->kind) {
  case MU_JSON_TEXT: return text_from_tree(member, tree, object, error);
  case MU_JSON_INT: return mu_json_get_int(tree, member->key, member->required, &MEMBER(gint64, object, member), error);
  case MU_JSON_COUNT: return count_from_tree(member, tree, object, error);
  case MU_JSON_BOOL:
    return mu_json_get_bool(tree, member->key, member->required, &MEMBER(gboolean, object, member), error);
  case MU_JSON_RESULT: return result_from_tree(member, tree, object, error);
  case MU_JSON_WORD: return word_from_tree(member, tree, object, error);
  case MU_JSON_OTHER: return member->other->from_tree(tree, name_of(member, object), object, error);
  }
  mu_bug("there is no other kind of member");
}

static gboolean members_from_tree(const MuJsonForm *form, const json_t *tree, gpointer object, GError **error) {
  for (guint i = 0; i < form->n; i++)
    if (!member_from_tree(&form->members[i], tree, object, error))
      return FALSE;
  return form->check == NULL || form->check(object, error);
}

gpointer mu_json_form_from_tree(const MuJsonForm *form, const json_t *tree, GError **error) {
  gpointer object = form->new ();
  if (members_from_tree(form, tree, object, error))
    return object;
  if (form->prefix != NULL)
    g_prefix_error(error, "%s", form->prefix);
  form->free(object);
  return NULL;
}
