#include "arena.h"

#include "bug.h"
#include <stddef.h>
#include <string.h>

#define CHUNK_MIN ((gsize)2 * 1024) /* a small spec should cost little: there may be thousands */
#define CHUNK_MAX ((gsize)256 * 1024)

typedef struct Chunk {
  struct Chunk *next;
  gsize size, used; /* of data */
  _Alignas(max_align_t) char data[];
} Chunk;

struct MuArena {
  Chunk *head; /* the one allocated from; the older ones behind it */
  gsize used;  /* handed out, padding not counted */
};

static Chunk *chunk_new(gsize size) {
  Chunk *chunk = g_malloc(sizeof *chunk + size);
  chunk->next = NULL;
  chunk->size = size;
  chunk->used = 0;
  return chunk;
}

static void chunks_free(Chunk *chunk) {
  while (chunk != NULL) {
    Chunk *next = chunk->next;
    g_free(chunk);
    chunk = next;
  }
}

MuArena *mu_arena_new(void) {
  return g_new0(MuArena, 1);
}

void mu_arena_free(MuArena *arena) {
  if (arena == NULL)
    return;
  chunks_free(arena->head);
  g_free(arena);
}

/* The head is the largest ordinary chunk and stays, unless it was made for a single huge allocation. */
void mu_arena_reset(MuArena *arena) {
  arena->used = 0;
  if (arena->head == NULL)
    return;
  if (arena->head->size > CHUNK_MAX) {
    g_clear_pointer(&arena->head, chunks_free);
    return;
  }
  chunks_free(arena->head->next);
  arena->head->next = NULL;
  arena->head->used = 0;
}

static gsize next_chunk_size(const MuArena *arena) {
  if (arena->head == NULL)
    return CHUNK_MIN;
  return CLAMP(arena->head->size * 2, CHUNK_MIN, CHUNK_MAX);
}

/* A chunk with room for `size` bytes. One that is larger than any ordinary chunk is put behind the head, which goes on
 * being filled. */
static Chunk *grow(MuArena *arena, gsize size) {
  mu_assert(size <= G_MAXSSIZE / 2);
  if (size > CHUNK_MAX && arena->head != NULL) {
    Chunk *own = chunk_new(size);
    own->next = arena->head->next;
    arena->head->next = own;
    return own;
  }
  Chunk *chunk = chunk_new(MAX(next_chunk_size(arena), size));
  chunk->next = arena->head;
  arena->head = chunk;
  return chunk;
}

static void *take(MuArena *arena, gsize size, gsize alignment) {
  Chunk *chunk = arena->head;
  gsize at = chunk == NULL ? 0 : (chunk->used + alignment - 1) & ~(alignment - 1);
  if (chunk == NULL || at > chunk->size || size > chunk->size - at) {
    chunk = grow(arena, size);
    at = 0;
  }
  chunk->used = at + size;
  arena->used += size;
  return chunk->data + at;
}

void *mu_arena_alloc(MuArena *arena, gsize size) {
  void *memory = take(arena, MAX(size, 1), _Alignof(max_align_t));
  return memset(memory, 0, MAX(size, 1));
}

char *mu_arena_strdup(MuArena *arena, const char *text) {
  return text == NULL ? NULL : mu_arena_strndup(arena, text, strlen(text));
}

char *mu_arena_strndup(MuArena *arena, const char *text, gsize length) {
  if (text == NULL)
    return NULL;
  gsize n = strnlen(text, length);
  char *copy = take(arena, n + 1, 1);
  memcpy(copy, text, n);
  copy[n] = '\0';
  return copy;
}

char *mu_arena_printf(MuArena *arena, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  return mu_arena_strdup(arena, text);
}

gsize mu_arena_used(const MuArena *arena) {
  return arena->used;
}
