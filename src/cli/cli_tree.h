/* A plan as a tree of phases and steps with a progress bar; a pure function of the plan's JSON and the style. */
#ifndef MU_CLI_TREE_H
#define MU_CLI_TREE_H
#include "cli_output.h"

/* `plan` as GET …/plans/{plan} answers. Lines are cut to the style's width; when there are more than its height, steps that
 * are complete are counted instead of shown, and then the rest is cut. The caller frees. */
char *mu_cli_tree_render(const char *title, const json_t *plan, const MuCliStyle *style);

/* How many steps the plan has, and how many of them are complete. */
void mu_cli_tree_count(const json_t *plan, guint *ret_complete, guint *ret_steps);
/* A bar such as "####------", `cells` wide, full when there is nothing to do; the caller frees. */
char *mu_cli_bar(const MuCliStyle *style, int cells, guint part, guint whole);

#endif
