/* A bump allocator: many small things that die together (a parsed spec, one drain of the queue). */
#ifndef MU_ARENA_H
#define MU_ARENA_H
#include <glib.h>

typedef struct MuArena MuArena;

MuArena *mu_arena_new(void);
void mu_arena_free(MuArena *arena);
/* Forgets everything allocated but keeps one chunk for the next use. */
void mu_arena_reset(MuArena *arena);
/* Zeroed memory, aligned for any type; never NULL (out of memory aborts, as in GLib). */
void *mu_arena_alloc(MuArena *arena, gsize size);
/* A copy of the string; NULL gives NULL. */
char *mu_arena_strdup(MuArena *arena, const char *text);
char *mu_arena_strndup(MuArena *arena, const char *text, gsize length);
char *mu_arena_printf(MuArena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Bytes handed out since new or reset. */
gsize mu_arena_used(const MuArena *arena);

#define mu_arena_new0(arena, type, n) ((type *)mu_arena_alloc((arena), sizeof(type) * (gsize)(n)))
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuArena, mu_arena_free)
#endif
