/* The page of `muster why`; a pure function of the answer and the style. */
#ifndef MU_CLI_WHY_H
#define MU_CLI_WHY_H
#include "cli_output.h"

/* `why` as GET …/why answers. The caller frees. */
char *mu_cli_why_render(const json_t *why, const MuCliStyle *style);

#endif
