#include "cli.h"
#include "cli_command.h"
#include "cli_commands.h"
#include "cli_help.h"
#include "cli_output.h"
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Who reads our output has seen enough: end without a word. A handler, unlike SIG_IGN, is not inherited by the tasks of a
 * scheduler; and in a scheduler (see on_command) it does nothing. */
static volatile sig_atomic_t outlives_its_reader;

static void on_broken_pipe(int signal) {
  (void)signal;
  if (!outlives_its_reader)
    _exit(0);
}

static gboolean is_scheduler(const MuCliCommand *command) {
  return command != NULL && (command->run == mu_cli_serve || command->run == mu_cli_run);
}

static int report(const GError *error, gboolean json) {
  const MuErrorInfo *info = mu_error_info(error);
  fflush(stdout);
  if (!json) {
    g_autofree char *message = g_strdup_printf("muster: %s\n", error->message);
    mu_cli_print_lines(stderr, message);
    return info->exit_code;
  }
  g_autoptr(json_t) body = json_pack("{s:{s:s,s:s}}", "error", "code", info->word, "message", error->message);
  char *text = json_dumps(body, JSON_COMPACT);
  fprintf(stderr, "%s\n", text == NULL ? "{\"error\":{}}" : text);
  free(text);
  return info->exit_code;
}

/* What was printed must have arrived. */
static int flush_output(int exit_code) {
  errno = 0;
  if (outlives_its_reader)
    return exit_code;
  if (fflush(stdout) == 0 && ferror(stdout) == 0)
    return exit_code;
  fprintf(stderr, "muster: cannot write the output: %s\n", g_strerror(errno));
  return exit_code == 0 ? 1 : exit_code;
}

static gboolean on_command(MuCliCall *call, GError **error) {
  if (mu_cli_has(call, "version"))
    return mu_cli_version(call, error);
  if (call->command != NULL && !mu_cli_has(call, "help")) {
    outlives_its_reader = is_scheduler(call->command);
    return call->command->run(call, error);
  }
  g_autofree char *help = mu_cli_help_text(call->words, error);
  if (help != NULL)
    mu_cli_print(help);
  if (help != NULL && call->command == NULL && !mu_cli_has(call, "help"))
    call->exit_code = 2; /* `muster` alone: it did nothing of what may have been wanted */
  return help != NULL;
}

int mu_cli_main(int argc, char **argv) {
  setlocale(LC_ALL, "");
  struct sigaction action = {.sa_handler = on_broken_pipe};
  sigaction(SIGPIPE, &action, NULL);
  const char *const *words = (const char *const *)argv + MIN(argc, 1);
  gboolean json = g_strv_contains(words, "--json");
  g_autoptr(GError) error = NULL;
  g_autoptr(MuCliCall) call = mu_cli_parse(words, &error);
  if (call != NULL && on_command(call, &error))
    return flush_output(call->exit_code);
  return report(error, json);
}
