/* Trees: a plan with its phases and steps and a progress bar, a service with its pods and tasks; pure functions of the JSON and the
 * style. */
#ifndef MU_CLI_TREE_H
#define MU_CLI_TREE_H
#include "cli_output.h"

/* `plan` as GET …/plans/{plan} answers. Lines are cut to the style's width; when there are more than its height, steps that
 * are complete are counted instead of shown, and then the rest is cut. The caller frees. */
char *mu_cli_tree_render(const char *title, const json_t *plan, const MuCliStyle *style);
/* A service's pods by type and instance, as GET …/pod/status answers, or one instance, as GET …/pod/{pod}/status does; each task as
 * `name (STATUS)`, and what its checks and its last status say. Lines are cut to the style's width. The caller frees. */
char *mu_cli_pods_render(const json_t *status, const MuCliStyle *style);

/* How many steps the plan has, and how many of them are complete. */
void mu_cli_tree_count(const json_t *plan, guint *ret_complete, guint *ret_steps);
/* A bar such as "####------", `cells` wide, full when there is nothing to do; the caller frees. */
char *mu_cli_bar(const MuCliStyle *style, int cells, guint part, guint whole);

#endif
