#include "mustache.h"

#include "arena.h"
#include "mustache_parse.h"
#include <muster/error.h>
#include <muster/spec.h>
#include <string.h>

typedef struct {
  gsize out, in;  /* offsets in the result and in the template */
  gboolean exact; /* copied byte by byte; else all of it came from the tag at `in` */
} Segment;

struct MuMustacheMap {
  GArray *segments; /* of Segment, `out` rising */
};

/* A template that is being rendered: the main one, or a partial. */
typedef struct {
  const char *name;
  const char *text;
  gsize length;
  GArray *tokens;
} Source;

typedef struct {
  const MuMustacheInput *input;
  MuArena *arena;
  GArray *stack; /* of MuMustacheValue: the contexts, the innermost last */
  GString *out;
  GArray *segments;
  GString *faults; /* a line each */
  guint n_faults;
  gsize max_bytes;
  guint depth;         /* of sections and partials */
  guint steps;         /* done so far */
  guint partial_depth; /* 0: in the main template */
  gsize partial_at;    /* the outermost partial's tag in the main template */
  GError **error;
} Renderer;

static gboolean render(Renderer *renderer, const Source *source, guint begin, guint end);

/* ---- values that are strings in a table ---------------------------------------------------------------------------- */

static gboolean strings_member(const MuMustacheValue *map, const char *key, MuMustacheValue *ret_value) {
  const char *text = map->data == NULL ? NULL : g_hash_table_lookup((GHashTable *)map->data, key);
  if (text == NULL)
    return FALSE;
  MuMustacheKind kind = MU_MUSTACHE_TEXT;
  if (text[0] == '\0' || g_ascii_strcasecmp(text, "false") == 0)
    kind = MU_MUSTACHE_FALSE;
  else if (g_ascii_strcasecmp(text, "true") == 0)
    kind = MU_MUSTACHE_TRUE;
  *ret_value = (MuMustacheValue){kind, text};
  return TRUE;
}

static void strings_append(const MuMustacheValue *value, GString *text) {
  g_string_append(text, value->data);
}

const MuMustacheType mu_mustache_strings = {.member = strings_member, .append = strings_append};

/* ---- lookup -------------------------------------------------------------------------------------------------------- */

static gboolean lookup_key(const Renderer *renderer, const char *key, MuMustacheValue *ret_value) {
  for (guint i = renderer->stack->len; i > 0; i--) {
    const MuMustacheValue *context = &g_array_index(renderer->stack, MuMustacheValue, i - 1);
    if (context->kind == MU_MUSTACHE_MAP && renderer->input->type->member(context, key, ret_value))
      return TRUE;
  }
  return FALSE;
}

/* The first part is searched through all contexts; the others only within what it names (the specification's "Context
 * Precedence"). */
static gboolean lookup_parts(const Renderer *renderer, const char *name, MuMustacheValue *ret_value) {
  g_auto(GStrv) parts = g_strsplit(name, ".", -1);
  MuMustacheValue value;
  if (!lookup_key(renderer, parts[0], &value))
    return FALSE;
  for (guint i = 1; parts[i] != NULL; i++) {
    MuMustacheValue member;
    if (value.kind != MU_MUSTACHE_MAP || !renderer->input->type->member(&value, parts[i], &member))
      return FALSE;
    value = member;
  }
  *ret_value = value;
  return TRUE;
}

static gboolean lookup(const Renderer *renderer, const char *name, MuMustacheValue *ret_value) {
  if (strcmp(name, ".") == 0) {
    *ret_value = g_array_index(renderer->stack, MuMustacheValue, renderer->stack->len - 1);
    return TRUE;
  }
  if (strchr(name, '.') == NULL)
    return lookup_key(renderer, name, ret_value);
  if ((renderer->input->flags & MU_MUSTACHE_FLAT_NAMES) != 0 && lookup_key(renderer, name, ret_value))
    return TRUE;
  return lookup_parts(renderer, name, ret_value);
}

/* ---- output -------------------------------------------------------------------------------------------------------- */

/* Notes where the next bytes of the result come from. */
static void mark(Renderer *renderer, gsize in, gboolean exact) {
  gboolean in_partial = renderer->partial_depth > 0;
  Segment segment = {
      .out = renderer->out->len,
      .in = in_partial ? renderer->partial_at : in,
      .exact = exact && !in_partial,
  };
  g_array_append_val(renderer->segments, segment);
}

/* The entities that mustache.java writes, the newline included: a value cannot break out of its line. */
static const char *entity(char c) {
  switch (c) {
  case '&': return "&amp;";
  case '<': return "&lt;";
  case '>': return "&gt;";
  case '"': return "&quot;";
  case '\'': return "&#39;";
  case '\n': return "&#10;";
  default: return NULL;
  }
}

/* Escapes what was appended to the result at or after `from`. */
static void escape(GString *out, gsize from) {
  gsize i = from;
  while (i < out->len && entity(out->str[i]) == NULL)
    i++;
  if (i == out->len)
    return;
  g_autofree char *value = g_strndup(out->str + from, out->len - from);
  g_string_truncate(out, from);
  for (const char *c = value; *c != '\0'; c++) {
    const char *replacement = entity(*c);
    if (replacement != NULL)
      g_string_append(out, replacement);
    else
      g_string_append_c(out, *c);
  }
}

static gboolean refuse_size(Renderer *renderer, const char *what, gsize limit) {
  g_set_error(renderer->error, MU_ERROR, MU_ERROR_TOO_LARGE, "%s: %s; the limit is %" G_GSIZE_FORMAT,
              renderer->input->file_name, what, limit);
  return FALSE;
}

static void add_fault(Renderer *renderer, const Source *source, gsize at, const char *what) {
  if (renderer->n_faults++ >= MU_MUSTACHE_MAX_FAULTS)
    return;
  guint line, column;
  mu_text_position(source->text, source->length, at, &line, &column);
  g_string_append_printf(renderer->faults, "%s%s:%u:%u: %s", renderer->faults->len > 0 ? "\n" : "", source->name, line,
                         column, what);
}

/* ---- one token ----------------------------------------------------------------------------------------------------- */

static void render_text(Renderer *renderer, const Source *source, const MuToken *token) {
  mark(renderer, token->at, TRUE);
  g_string_append_len(renderer->out, source->text + token->at, (gssize)token->length);
}

static void render_value(Renderer *renderer, const Source *source, const MuToken *token) {
  MuMustacheValue value;
  if (!lookup(renderer, token->name, &value)) {
    if ((renderer->input->flags & MU_MUSTACHE_STRICT) == 0)
      return;
    g_autofree char *what =
        g_strdup_printf("variable \"%s\" has no value; set it, or guard the place with {{#%s}}…{{/%s}}", token->name,
                        token->name, token->name);
    add_fault(renderer, source, token->at, what);
    return;
  }
  if (value.kind == MU_MUSTACHE_NOTHING || value.kind == MU_MUSTACHE_LIST || value.kind == MU_MUSTACHE_MAP)
    return;
  mark(renderer, token->at, FALSE);
  gsize from = renderer->out->len;
  renderer->input->type->append(&value, renderer->out);
  if (token->kind == MU_TOKEN_VALUE)
    escape(renderer->out, from);
}

static gboolean render_in_context(Renderer *renderer, const Source *source, guint begin, guint end,
                                  MuMustacheValue context) {
  if (renderer->depth >= MU_MUSTACHE_MAX_DEPTH)
    return refuse_size(renderer, "sections are nested too deep", MU_MUSTACHE_MAX_DEPTH);
  g_array_append_val(renderer->stack, context);
  renderer->depth++;
  gboolean good = render(renderer, source, begin, end);
  renderer->depth--;
  g_array_set_size(renderer->stack, renderer->stack->len - 1);
  return good;
}

static gboolean is_closed(const Renderer *renderer, const MuMustacheValue *value) {
  return value->kind == MU_MUSTACHE_NOTHING || value->kind == MU_MUSTACHE_FALSE ||
         (value->kind == MU_MUSTACHE_LIST && renderer->input->type->length(value) == 0);
}

/* `index` is the section's token, at `token`. */
static gboolean render_section(Renderer *renderer, const Source *source, const MuToken *token, guint index) {
  MuMustacheValue value = {MU_MUSTACHE_NOTHING, NULL};
  lookup(renderer, token->name, &value);
  gboolean closed = is_closed(renderer, &value);
  if (token->kind == MU_TOKEN_INVERTED)
    return !closed || render(renderer, source, index + 1, token->close);
  if (closed)
    return TRUE;
  if (value.kind == MU_MUSTACHE_TRUE)
    return render(renderer, source, index + 1, token->close);
  if (value.kind != MU_MUSTACHE_LIST)
    return render_in_context(renderer, source, index + 1, token->close, value);
  gsize length = renderer->input->type->length(&value);
  for (gsize i = 0; i < length; i++)
    if (!render_in_context(renderer, source, index + 1, token->close, renderer->input->type->element(&value, i)))
      return FALSE;
  return TRUE;
}

/* A partial that stands alone on its line is indented as its tag is: each of its lines, but not the values in them. */
static char *indented(const char *text, const char *indent) {
  GString *result = g_string_new(NULL);
  while (*text != '\0') {
    const char *newline = strchr(text, '\n');
    gsize length = newline != NULL ? (gsize)(newline - text) + 1 : strlen(text);
    g_string_append(result, indent);
    g_string_append_len(result, text, (gssize)length);
    text += length;
  }
  return g_string_free(result, FALSE);
}

static gboolean render_partial(Renderer *renderer, const Source *source, const MuToken *token) {
  const char *text =
      renderer->input->partials == NULL ? NULL : g_hash_table_lookup(renderer->input->partials, token->name);
  if (text == NULL) {
    if ((renderer->input->flags & MU_MUSTACHE_STRICT) != 0) {
      g_autofree char *what = g_strdup_printf("there is no partial \"%s\"", token->name);
      add_fault(renderer, source, token->at, what);
    }
    return TRUE;
  }
  if (renderer->depth >= MU_MUSTACHE_MAX_DEPTH)
    return refuse_size(renderer, "partials include each other too deep", MU_MUSTACHE_MAX_DEPTH);
  g_autofree char *body = indented(text, token->indent);
  Source partial = {.name = token->name, .text = body, .length = strlen(body)};
  g_autoptr(GArray) tokens =
      mu_mustache_parse(partial.text, partial.length, partial.name, renderer->arena, renderer->error);
  if (tokens == NULL)
    return FALSE;
  partial.tokens = tokens;
  if (renderer->partial_depth++ == 0)
    renderer->partial_at = token->at;
  renderer->depth++;
  gboolean good = render(renderer, &partial, 0, tokens->len);
  renderer->depth--;
  renderer->partial_depth--;
  return good;
}

static gboolean render_token(Renderer *renderer, const Source *source, const MuToken *token, guint index) {
  switch (token->kind) {
  case MU_TOKEN_TEXT: render_text(renderer, source, token); return TRUE;
  case MU_TOKEN_VALUE:
  case MU_TOKEN_RAW_VALUE: render_value(renderer, source, token); return TRUE;
  case MU_TOKEN_SECTION:
  case MU_TOKEN_INVERTED: return render_section(renderer, source, token, index);
  case MU_TOKEN_PARTIAL: return render_partial(renderer, source, token);
  case MU_TOKEN_CLOSE: break;
  }
  return TRUE;
}

/* The tokens from `begin` up to `end`, without it. */
static gboolean render(Renderer *renderer, const Source *source, guint begin, guint end) {
  for (guint i = begin; i < end; i++) {
    const MuToken *token = &g_array_index(source->tokens, MuToken, i);
    if (++renderer->steps > MU_MUSTACHE_MAX_STEPS)
      return refuse_size(renderer, "the template takes too many steps", MU_MUSTACHE_MAX_STEPS);
    if (!render_token(renderer, source, token, i))
      return FALSE;
    if (renderer->out->len > renderer->max_bytes)
      return refuse_size(renderer, "the rendered text has too many bytes", renderer->max_bytes);
    if (token->kind == MU_TOKEN_SECTION || token->kind == MU_TOKEN_INVERTED)
      i = token->close;
  }
  return TRUE;
}

/* ---- the map ------------------------------------------------------------------------------------------------------- */

gsize mu_mustache_map_offset(const MuMustacheMap *map, gsize offset) {
  guint low = 0, high = map->segments->len; /* the last segment that begins at or before the offset */
  while (high - low > 1) {
    guint middle = low + (high - low) / 2;
    if (g_array_index(map->segments, Segment, middle).out <= offset)
      low = middle;
    else
      high = middle;
  }
  if (high == 0)
    return 0;
  const Segment *segment = &g_array_index(map->segments, Segment, low);
  return segment->exact && offset > segment->out ? segment->in + (offset - segment->out) : segment->in;
}

void mu_mustache_map_free(MuMustacheMap *map) {
  if (map == NULL)
    return;
  g_array_unref(map->segments);
  g_free(map);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

static gboolean check_faults(Renderer *renderer) {
  if (renderer->n_faults == 0)
    return TRUE;
  if (renderer->n_faults > MU_MUSTACHE_MAX_FAULTS)
    g_string_append_printf(renderer->faults, "\n%s: and %u more", renderer->input->file_name,
                           renderer->n_faults - MU_MUSTACHE_MAX_FAULTS);
  g_set_error_literal(renderer->error, MU_ERROR, MU_ERROR_REFUSED, renderer->faults->str);
  return FALSE;
}

static gboolean render_source(Renderer *renderer, Source *source) {
  g_autoptr(GArray) tokens =
      mu_mustache_parse(source->text, source->length, source->name, renderer->arena, renderer->error);
  if (tokens == NULL)
    return FALSE;
  source->tokens = tokens;
  g_array_append_val(renderer->stack, renderer->input->root);
  return render(renderer, source, 0, tokens->len) && check_faults(renderer);
}

static MuMustacheMap *map_new(GArray *segments) {
  MuMustacheMap *map = g_new(MuMustacheMap, 1);
  map->segments = g_array_ref(segments);
  return map;
}

char *mu_mustache_render(const char *template_text, gsize length, const MuMustacheInput *input, gsize *ret_length,
                         MuMustacheMap **ret_map, GError **error) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(MuMustacheValue));
  g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(Segment));
  g_autoptr(GString) out = g_string_sized_new(length + 1);
  g_autoptr(GString) faults = g_string_new(NULL);
  Source source = {.name = input->file_name, .text = template_text, .length = length};
  Renderer renderer = {
      .input = input,
      .arena = arena,
      .stack = stack,
      .out = out,
      .segments = segments,
      .faults = faults,
      .max_bytes = input->max_bytes > 0 ? input->max_bytes : MU_SPEC_MAX_BYTES,
      .error = error,
  };
  if (!render_source(&renderer, &source))
    return NULL;
  if (ret_length != NULL)
    *ret_length = out->len;
  if (ret_map != NULL)
    *ret_map = map_new(segments);
  return g_string_free(g_steal_pointer(&out), FALSE);
}
