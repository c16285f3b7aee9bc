/* YAML to a tree of nodes, through libfyaml's events. */
#ifndef MU_SPEC_YAML_H
#define MU_SPEC_YAML_H
#include "arena.h"
#include "spec_faults.h"
#include "spec_node.h"

/* The tree of the one document in `text`, which must be NUL-terminated valid UTF-8. Faults: duplicate keys, keys that are
 * no texts and tags, after which reading goes on; syntax, unknown aliases, a second document and the limits of
 * spec_node.h, after which there is no tree and NULL is returned. */
MuNode *mu_yaml_read(MuArena *arena, const char *text, gsize length, MuFaults *faults);
#endif
