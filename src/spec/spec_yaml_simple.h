/* The YAML that most specs are written in, read without libfyaml. A scheduler that starts reads the specs of all its services,
 * and libfyaml takes ten times as long for them.
 *
 * Read are, all in printable ASCII: block maps and lists; maps and lists in brackets that end on their line; keys of letters,
 * digits and "_./-"; values on one line, plain or in quotes without escapes; comments. Whatever else stands in a text, or is
 * wrong with it, is for libfyaml, which says what it is (spec_yaml.h): the two give the same tree. */
#ifndef MU_SPEC_YAML_SIMPLE_H
#define MU_SPEC_YAML_SIMPLE_H
#include "spec_node.h"

/* NULL: it is not simple. The text ends with NUL. */
MuNode *mu_yaml_read_simple(MuArena *arena, const char *text, gsize length);
#endif
