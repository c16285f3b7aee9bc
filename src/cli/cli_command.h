/* The command line as data: one table of commands (cli_table.c), from which parsing, help, usage errors, nearest names
 * and docs/cli.md all come. */
#ifndef MU_CLI_COMMAND_H
#define MU_CLI_COMMAND_H
#include <muster/error.h>

/* What an option's value may be, and so how it is checked before the command runs. */
typedef enum {
  MU_CLI_FLAG,    /* no value */
  MU_CLI_TEXT,    /* anything but the empty text */
  MU_CLI_COUNT,   /* a whole number, 1 or more */
  MU_CLI_SECONDS, /* 90, 0.5, 90s, 2m, 1h; read as milliseconds */
  MU_CLI_SIZE,    /* 4096, 512M, 4G, 1T; read as megabytes */
  MU_CLI_CPUS,    /* 2, 0.5; read as thousandths */
} MuCliKind;

enum {
  MU_CLI_MANY = 1 << 0,     /* may be given several times; otherwise the last one counts */
  MU_CLI_REQUIRED = 1 << 1, /* must be given; has a letter */
};

typedef struct {
  const char *name; /* without the dashes */
  char letter;      /* 0: none */
  MuCliKind kind;
  guint flags;       /* MU_CLI_MANY, MU_CLI_REQUIRED */
  const char *value; /* the value's name in the usage; NULL for a flag */
  const char *help;
} MuCliOption;

/* One run of one command. */
typedef struct MuCliCall MuCliCall;

typedef struct {
  const char *name;                  /* one word or two: "logs", "service add" */
  const char *args;                  /* "SERVICE [PLAN]"; "" when there are none; a last "..." takes any number more */
  const char *summary;               /* one line */
  const char *details;               /* further paragraphs, or NULL */
  const MuCliOption *const *options; /* its own, NULL-terminated */
  gboolean (*run)(MuCliCall *call, GError **error);
  const char *example; /* one command line, or NULL */
} MuCliCommand;

struct MuCliCall {
  const MuCliCommand *command; /* NULL: help or the version was asked for without one */
  char *words;                 /* of the command's name as given; "service" when help was asked for on that group */
  char **args;                 /* NULL-terminated */
  guint n_args;
  GHashTable *options; /* name to GPtrArray of texts */
  int exit_code;       /* of the program when run() is TRUE; 0 unless the command sets it */
};

/* The table. */
const MuCliCommand *mu_cli_commands(gsize *ret_n);
/* What every command takes, before or after its name. NULL-terminated. */
const MuCliOption *const *mu_cli_common_options(void);
/* The command of this name ("service add"), or NULL. */
const MuCliCommand *mu_cli_command_find(const char *name);

/* Reads a command line (argv without the program's name). MU_ERROR_USAGE with what to type instead. */
MuCliCall *mu_cli_parse(const char *const *argv, GError **error);
void mu_cli_call_free(MuCliCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuCliCall, mu_cli_call_free)

/* The options as given. The name must stand in the table. */
gboolean mu_cli_has(const MuCliCall *call, const char *option);
/* The last value, or NULL when not given. Borrowed. */
const char *mu_cli_text(const MuCliCall *call, const char *option);
/* All values in order, NULL-terminated; the caller frees the array, not the texts. */
const char **mu_cli_texts(const MuCliCall *call, const char *option);
/* The value in the unit of the option's kind, or `otherwise` when not given. */
gint64 mu_cli_number(const MuCliCall *call, const char *option, gint64 otherwise);
/* The n-th argument, or NULL when there are fewer. */
const char *mu_cli_arg(const MuCliCall *call, guint n);

/* The value in its kind's unit; FALSE when the text is not of that form. */
gboolean mu_cli_read_value(MuCliKind kind, const char *text, gint64 *ret_value);
/* What a value of this kind looks like: "a number of seconds such as 90, 1.5 or 2m". */
const char *mu_cli_kind_form(MuCliKind kind);

#endif
