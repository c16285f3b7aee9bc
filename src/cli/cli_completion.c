/* muster completion: the scripts for shells, and what they ask at each press of the key. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_complete.h"
#include "cli_output.h"
#include <string.h>

/* ---- the scripts: each hands the line to this program, and takes the words ----------------------------------------- */

/* bash completes from the last of COMP_WORDBREAKS on: what is before that stands in the line already. */
static const char bash_script[] =
    "# Completion of muster for bash; made by `muster completion bash`.\n"
    "_muster() {\n"
    "  local line=${COMP_LINE:0:COMP_POINT} reply current before word=${COMP_WORDS[COMP_CWORD]}\n"
    "  current=${line##*[[:space:]]}\n"
    "  [[ $word != [:=] ]] || word=\n"
    "  before=${current%\"$word\"}\n"
    "  COMPREPLY=()\n"
    "  while IFS= read -r reply; do\n"
    "    case $reply in\n"
    "      :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
    "      :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
    "      *) reply=${reply#\"$before\"}; [[ $reply != *[^A-Za-z0-9_./:=@%+,-]* ]] || printf -v reply %q \"$reply\"\n"
    "         COMPREPLY+=(\"$reply\") ;;\n"
    "    esac\n"
    "  done < <(\"${COMP_WORDS[0]}\" completion words -- \"$line\" 2>/dev/null)\n"
    "}\n"
    "complete -F _muster muster\n";

static const char zsh_script[] =
    "#compdef muster\n"
    "# Completion of muster for zsh; made by `muster completion zsh`.\n"
    "_muster() {\n"
    "  local -a replies\n"
    "  replies=(\"${(@f)$(muster completion words -- \"${(j: :)words[1,CURRENT]}\" 2>/dev/null)}\")\n"
    "  case $replies[1] in\n"
    "    :files) _files ;;\n"
    "    :folders) _files -/ ;;\n"
    "    *) compadd -- ${replies:#} ;;\n"
    "  esac\n"
    "}\n"
    "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _muster \"$@\"; else compdef _muster muster; fi\n";

static const char fish_script[] = "# Completion of muster for fish; made by `muster completion fish`.\n"
                                  "function __muster_complete\n"
                                  "  for reply in (muster completion words -- (commandline -cp) 2>/dev/null)\n"
                                  "    switch $reply\n"
                                  "      case :files\n"
                                  "        __fish_complete_path (commandline -ct)\n"
                                  "      case :folders\n"
                                  "        __fish_complete_directories (commandline -ct)\n"
                                  "      case '*'\n"
                                  "        echo $reply\n"
                                  "    end\n"
                                  "  end\n"
                                  "end\n"
                                  "complete -c muster -f -a '(__muster_complete)'\n";

static const struct {
  const char *shell, *script;
} SCRIPTS[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

/* ---- names from the scheduler ------------------------------------------------------------------------------------ */

/* Adds the texts of a list, or the member `key` of its objects. */
static void add_names(MuCliClient *client, const char *path, const char *key, GPtrArray *words) {
  g_autoptr(json_t) list = mu_cli_client_get(client, path, NULL);
  gsize i;
  json_t *entry;
  json_array_foreach (list, i, entry) {
    const char *name = key == NULL ? json_string_value(entry) : mu_cli_json_text(entry, key);
    if (name != NULL)
      g_ptr_array_add(words, g_strdup(name));
  }
}

static void add_tasks(MuCliClient *client, const char *service, const char *pod, GPtrArray *words) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod", service);
  g_autoptr(json_t) pods = pod != NULL ? json_pack("[s]", pod) : mu_cli_client_get(client, path, NULL);
  gsize i, j;
  json_t *name, *task;
  json_array_foreach (pods, i, name) {
    g_autofree char *status_path = mu_cli_path("/v1/service/%s/pod/%s/status", service, json_string_value(name));
    g_autoptr(json_t) status = mu_cli_client_get(client, status_path, NULL);
    json_array_foreach (json_object_get(status, "tasks"), j, task) {
      const char *text = mu_cli_json_text(task, "name");
      gsize skip = pod == NULL ? 0 : strlen(pod) + 1; /* of a pod that is named: the task's own name */
      if (strlen(text) > skip)
        g_ptr_array_add(words, g_strdup(text + skip));
    }
  }
}

static void add_elements(MuCliClient *client, const char *const *given, gboolean steps, GPtrArray *words) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/plans/%s", given[0], given[1]);
  g_autoptr(json_t) plan = mu_cli_client_get(client, path, NULL);
  gsize i, j;
  json_t *phase, *step;
  json_array_foreach (json_object_get(plan, "phases"), i, phase) {
    if (!steps)
      g_ptr_array_add(words, g_strdup(mu_cli_json_text(phase, "name")));
    if (!steps || (given[2] != NULL && !g_str_equal(given[2], mu_cli_json_text(phase, "name"))))
      continue;
    json_array_foreach (json_object_get(phase, "steps"), j, step)
      g_ptr_array_add(words, g_strdup(mu_cli_json_text(step, "name")));
  }
}

/* Lists of a service that are names already; %s: the service. */
static const struct {
  const char *kind, *path;
} LISTS[] = {
    {"POD", "/v1/service/%s/pod"},
    {"PLAN", "/v1/service/%s/plans"},
    {"ENDPOINT", "/v1/service/%s/endpoints"},
    {"ID", "/v1/service/%s/configurations"},
    {"KEY", "/v1/service/%s/state/properties"},
};

static gboolean add_services(MuCliClient *client, const char *kind, GPtrArray *words) {
  if (!g_str_equal(kind, "SERVICE") && !g_str_equal(kind, "NAME") && !g_str_equal(kind, "SERVICE[/POD]"))
    return FALSE;
  add_names(client, "/v1/multi", "service", words);
  return TRUE;
}

static void on_names(const char *kind, const char *const *given, GPtrArray *words, gpointer user) {
  MuCliClient *client = user;
  const char *service = given[0];
  gboolean of_option = service != NULL && g_str_equal(kind, "SERVICE"); /* another one: --depends-on */
  if (((service == NULL || of_option) && add_services(client, kind, words)) || service == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS(LISTS); i++) {
    g_autofree char *escaped = mu_cli_path("%s", service);
    g_auto(GStrv) parts = g_strsplit(LISTS[i].path, "%s", 2);
    g_autofree char *path = g_strjoinv(escaped, parts);
    if (g_str_equal(LISTS[i].kind, kind))
      add_names(client, path, NULL, words);
  }
  if (g_str_equal(kind, "TASK"))
    add_tasks(client, service, given[1], words);
  if ((g_str_equal(kind, "PHASE") || g_str_equal(kind, "STEP")) && given[1] != NULL)
    add_elements(client, given, g_str_equal(kind, "STEP"), words);
}

/* The options of the line that say where the scheduler is, as a call of their own; else the environment's. */
static MuCliCall *target_call(char **line) {
  g_autoptr(GPtrArray) words = g_ptr_array_new();
  static const char *const names[] = {"--state", "--url", "--token-file", NULL};
  g_ptr_array_add(words, (gpointer) "health");
  for (guint i = 1; line[i] != NULL && line[i + 1] != NULL; i++)
    if (g_strv_contains(names, line[i]) && line[i + 2] != NULL) {
      g_ptr_array_add(words, line[i]);
      g_ptr_array_add(words, line[++i]);
    }
  g_ptr_array_add(words, NULL);
  return mu_cli_parse((const char *const *)words->pdata, NULL);
}

static void print_words(const char *line) {
  g_auto(GStrv) words = mu_cli_complete_split(line);
  g_autoptr(MuCliCall) call = target_call(words);
  g_autoptr(MuCliClient) client = call == NULL ? NULL : mu_cli_client_for(call, NULL);
  g_autoptr(GPtrArray) found = mu_cli_complete((const char *const *)words, client == NULL ? NULL : on_names, client);
  for (guint i = 0; i < found->len; i++)
    mu_cli_printf("%s\n", (const char *)found->pdata[i]);
}

gboolean mu_cli_completion(MuCliCall *call, GError **error) {
  const char *shell = mu_cli_arg(call, 0);
  if (g_str_equal(shell, "words")) {
    print_words(mu_cli_arg(call, 1) == NULL ? "" : mu_cli_arg(call, 1));
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS(SCRIPTS); i++)
    if (g_str_equal(SCRIPTS[i].shell, shell)) {
      mu_cli_print(SCRIPTS[i].script);
      return TRUE;
    }
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "`%s` is no shell that is known: bash, zsh or fish was expected", shell);
  return FALSE;
}
