/* Which reader of specs this is. */
#ifndef MU_SPEC_READER_H
#define MU_SPEC_READER_H

/* Sixteen hex digits, other ones whenever the source changed by which a context becomes a spec: what another reader made of a context may not be
 * what this one would. Written by the build. */
extern const char mu_spec_reader[];
#endif
