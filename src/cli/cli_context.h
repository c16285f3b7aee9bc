/* What a service is added with: the spec's text, the values of the variables that its template names, and the config
 * templates that it names. */
#ifndef MU_CLI_CONTEXT_H
#define MU_CLI_CONTEXT_H
#include "cli_command.h"
#include <jansson.h>
#include <muster/spec.h>

typedef struct {
  char *name;            /* of the spec's file, for messages */
  char *yaml;            /* as written, not rendered; UTF-8 */
  GHashTable *variables; /* string to string */
  GHashTable *files;     /* path as in the spec to GBytes */
  char *spec_file;       /* the name under which the scheduler lists the spec; NULL: none */
  char *settings;        /* what the command line says in place of the spec (cli_settings.h), as JSON; NULL: nothing */
} MuCliContext;

/* Reads the spec ("-": standard input) with the call's --param and --env-file. MU_ERROR_NOT_FOUND for a file that cannot be
 * read, MU_ERROR_USAGE for a faulty --param or --env-file, MU_ERROR_REFUSED for a template that cannot be rendered. */
MuCliContext *mu_cli_context_load(const MuCliCall *call, const char *path, GError **error);
/* The same for a spec that another file names: read from `path`, or with `path` NULL the text `yaml`, whose config templates
 * are sought in `folder`. `parameters`, texts KEY=VALUE and NULL-terminated, are stronger than the call's. */
MuCliContext *mu_cli_context_load_for(const MuCliCall *call, const char *path, const char *yaml, const char *folder,
                                      const char *const *parameters, GError **error);
/* Parses and checks the spec as the scheduler will; `service` NULL keeps the name in the YAML. */
MuServiceSpec *mu_cli_context_parse(const MuCliContext *context, const char *service, GError **error);
/* Whether --engine, where given, names an engine of spec_fields.h; *ret_name is it, or "local". MU_ERROR_USAGE. */
gboolean mu_cli_context_engine(const MuCliCall *call, const char **ret_name, GError **error);
/* Warns of every field of the spec that the engine does not act on (spec_engine.h): it is no error here, for what runs the
 * service has the last word. */
void mu_cli_context_warn(const MuCliContext *context, const MuServiceSpec *spec, const char *engine);
/* Warns of what the scheduler's answer to a PUT has among "warnings". */
void mu_cli_context_warn_answer(const MuCliContext *context, const json_t *answer);
/* The scheduler's error about the spec, or, when it refused the spec and the fault is found here too, the error that names the
 * author's file. Takes `take_cause`; the caller owns the result. */
GError *mu_cli_context_own_fault(const MuCliContext *context, const char *service, GError *take_cause);
char *mu_cli_context_render(const MuCliContext *context, GError **error);
/* The context as the factory of `muster serve` reads it. The same input gives the same bytes. The caller frees. */
char *mu_cli_context_to_json(const MuCliContext *context);
void mu_cli_context_free(MuCliContext *context);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuCliContext, mu_cli_context_free)

/* Reads lines KEY=VALUE into the table (string to string, owned): `#` begins a comment line, a leading `export` is
 * dropped, so is a pair of quotes around the whole value. MU_ERROR_USAGE as `name:line: …`. */
gboolean mu_cli_env_file_parse(const char *text, const char *name, GHashTable *variables, GError **error);

#endif
