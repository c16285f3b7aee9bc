/* A Mesos master with virtual agents, in real time, for end-to-end tests and for trying things out:
 *   mesos-master [--port N] [--agents N] [--cpus N] [--mem MB] [--disk MB] [--ports B-E] [--linger MS]
 *                [--sandboxes DIR] [--cert FILE --key FILE [--client-ca FILE]]
 *                [--public N] (so many more agents, reserved for role slave_public by their flags)
 * Its first line of output is its URL. Lines on its standard input steer it: see `commands` below; what it answers to each is
 * one line. The end of the input ends it. */
#include "mesos_master.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  gint port, agents, public_agents, cpus, mem_mb, disk_mb, linger_ms;
  char *ports, *sandboxes, *cert, *key, *client_ca;
} Options;

typedef struct {
  MuSim *sim;
  MuTestMaster *master;
  GMainLoop *loop;
} Program;

/* ---- real time -------------------------------------------------------------------------------------------------------- */

typedef struct {
  GSource source;
  MuSim *sim;
} ClusterSource;

static gint64 now_ms(void) {
  return g_get_real_time() / 1000;
}

static gboolean cluster_prepare(GSource *source, gint *timeout_ms) {
  gint64 next_ms = mu_sim_cluster_next_ms(((ClusterSource *)source)->sim), now = now_ms();
  *timeout_ms = next_ms == G_MAXINT64 ? -1 : (gint)CLAMP(next_ms - now, 0, G_MAXINT);
  return next_ms <= now;
}

static gboolean cluster_check(GSource *source) {
  return mu_sim_cluster_next_ms(((ClusterSource *)source)->sim) <= now_ms();
}

static gboolean cluster_dispatch(GSource *source, GSourceFunc callback, gpointer user) {
  (void)callback, (void)user;
  mu_sim_run_cluster(((ClusterSource *)source)->sim, now_ms());
  return G_SOURCE_CONTINUE;
}

static GSource *cluster_source_new(MuSim *sim) {
  static GSourceFuncs functions = {.prepare = cluster_prepare, .check = cluster_check, .dispatch = cluster_dispatch};
  GSource *source = g_source_new(&functions, sizeof(ClusterSource));
  ((ClusterSource *)source)->sim = sim;
  return source;
}

static void on_event(MuEngineEvent *take_event, gpointer user) {
  mu_test_master_tell(((Program *)user)->master, take_event);
}

static gboolean on_heartbeat(gpointer user) {
  mu_test_master_heartbeat(((Program *)user)->master);
  return G_SOURCE_CONTINUE;
}

/* ---- being steered ----------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *word;
  gboolean (*run)(Program *program, const char *const *args, guint n_args); /* FALSE: it could not */
} Command;

static gboolean cut(Program *program, const char *const *args, guint n_args) {
  (void)args, (void)n_args;
  mu_test_master_cut(program->master);
  return TRUE;
}

static gboolean fault(Program *program, const char *const *args, guint n_args) {
  static const char *const WORDS[MU_MASTER_FAULTS] = {"cut-after",   "end-after",    "slow",
                                                      "unavailable", "wrong-stream", "lose-calls"};
  for (guint i = 0; n_args == 2 && i < MU_MASTER_FAULTS; i++)
    if (strcmp(args[0], WORDS[i]) == 0) {
      mu_test_master_fault(program->master, (MuTestMasterFault)i, g_ascii_strtoull(args[1], NULL, 10));
      return TRUE;
    }
  return FALSE;
}

static gboolean lose(Program *program, const char *const *args, guint n_args) {
  return n_args == 1 && mu_sim_lose_agent(program->sim, args[0], FALSE);
}

static gboolean give_back(Program *program, const char *const *args, guint n_args) {
  return n_args == 1 && mu_sim_return_agent(program->sim, args[0]);
}

static gboolean end_task(Program *program, const char *const *args, guint n_args) {
  return n_args == 1 && mu_sim_end_task_if(program->sim, args[0], MU_TASK_FAILED);
}

static gboolean finish_task(Program *program, const char *const *args, guint n_args) {
  return n_args == 1 && mu_sim_end_task_if(program->sim, args[0], MU_TASK_FINISHED);
}

static gboolean authorize(Program *program, const char *const *args, guint n_args) {
  g_autofree char *value = n_args == 2 ? g_strjoin(" ", args[0], args[1], NULL) : NULL;
  mu_test_master_authorize(program->master, value);
  return TRUE;
}

static gboolean has_refused(Program *program, const char *const *args, guint n_args) {
  return n_args == 1 && mu_test_master_has_refused(program->master, g_ascii_strtoll(args[0], NULL, 10) * 1000);
}

static gboolean is_clean(Program *program, const char *const *args, guint n_args) {
  (void)args, (void)n_args;
  return mu_sim_is_clean(program->sim);
}

static const Command commands[] = {
    {"cut", cut},             /* breaks the stream */
    {"fault", fault},         /* fault KIND N: see MuTestMasterFault */
    {"lose", lose},           /* lose AGENT: it is unreachable */
    {"return", give_back},    /* return AGENT */
    {"fail", end_task},       /* fail TASK: it is TASK_FAILED */
    {"finish", finish_task},  /* finish TASK: it is TASK_FINISHED */
    {"authorize", authorize}, /* authorize SCHEME VALUE: what requests must carry; without: nothing */
    {"refused", has_refused}, /* refused N: ok: some offer was declined for N seconds */
    {"clean", is_clean},      /* ok: nothing runs, nothing is reserved */
};

static void obey(Program *program, const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  guint n = g_strv_length(words);
  const char *answer = "there is no such command";
  for (guint i = 0; n > 0 && i < G_N_ELEMENTS(commands); i++)
    if (strcmp(words[0], commands[i].word) == 0)
      answer = commands[i].run(program, (const char *const *)words + 1, n - 1) ? "ok" : "no";
  printf("%s\n", answer);
  fflush(stdout);
}

static gboolean on_input(GIOChannel *channel, GIOCondition condition, gpointer user) {
  Program *program = user;
  g_autofree char *line = NULL;
  (void)condition;
  if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
    g_main_loop_quit(program->loop);
    return G_SOURCE_REMOVE;
  }
  obey(program, g_strchomp(line));
  return G_SOURCE_CONTINUE;
}

/* ---- beginning --------------------------------------------------------------------------------------------------------- */

static gboolean read_options(int *argc, char ***argv, Options *options, GError **error) {
  const GOptionEntry entries[] = {
      {"port", 0, 0, G_OPTION_ARG_INT, &options->port, "Port; 0: a free one", "N"},
      {"agents", 0, 0, G_OPTION_ARG_INT, &options->agents, "Virtual agents (3)", "N"},
      {"public", 0, 0, G_OPTION_ARG_INT, &options->public_agents, "More agents, reserved for slave_public (0)", "N"},
      {"cpus", 0, 0, G_OPTION_ARG_INT, &options->cpus, "Of each (8)", "N"},
      {"mem", 0, 0, G_OPTION_ARG_INT, &options->mem_mb, "Of each (16384)", "MB"},
      {"disk", 0, 0, G_OPTION_ARG_INT, &options->disk_mb, "Of each (100000)", "MB"},
      {"ports", 0, 0, G_OPTION_ARG_STRING, &options->ports, "Of each (20000-30000)", "B-E"},
      {"linger", 0, 0, G_OPTION_ARG_INT, &options->linger_ms, "From an executor's last task to its end (50)", "MS"},
      {"sandboxes", 0, 0, G_OPTION_ARG_STRING, &options->sandboxes, "Agents answer; a task's sandbox is DIR/ID", "DIR"},
      {"cert", 0, 0, G_OPTION_ARG_STRING, &options->cert, "Certificate, as PEM: over TLS", "FILE"},
      {"key", 0, 0, G_OPTION_ARG_STRING, &options->key, "Its key", "FILE"},
      {"client-ca", 0, 0, G_OPTION_ARG_STRING, &options->client_ca, "Clients need a certificate of it", "FILE"},
      {NULL},
  };
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  g_option_context_add_main_entries(context, entries, NULL);
  return g_option_context_parse(context, argc, argv, error);
}

static void add_agents(MuSim *sim, const Options *options) {
  for (gint i = 1; i <= options->agents + options->public_agents; i++) {
    g_autofree char *id = g_strdup_printf("agent-%d", i);
    const MuSimAgentOptions agent = {.id = id,
                                     .cpus_milli = (gint64)options->cpus * 1000,
                                     .mem_mb = options->mem_mb,
                                     .disk_mb = options->disk_mb,
                                     .ports = options->ports == NULL ? "20000-30000" : options->ports,
                                     .role = i > options->agents ? "slave_public" : NULL};
    mu_sim_add_agent_with(sim, &agent);
  }
}

static gboolean load(const char *path, const char **ret_text, GError **error) {
  char *text = NULL;
  if (path != NULL && !g_file_get_contents(path, &text, NULL, error))
    return FALSE;
  *ret_text = text;
  return TRUE;
}

/* The texts are kept to the end of the process. */
static gboolean open_master(Program *program, const Options *options, GError **error) {
  static MuTlsServer tls;
  if (!load(options->cert, &tls.certificate, error) || !load(options->key, &tls.key, error) ||
      !load(options->client_ca, &tls.client_ca, error))
    return FALSE;
  program->master =
      mu_test_master_new_tls(program->sim, (guint16)options->port, tls.key == NULL ? NULL : &tls, NULL, error);
  if (program->master != NULL && options->sandboxes != NULL)
    mu_test_master_serve_sandboxes(program->master, options->sandboxes);
  return program->master != NULL;
}

static void run(Program *program) {
  static const MuSimWire WIRE = {.event = on_event};
  g_autoptr(GSource) cluster = cluster_source_new(program->sim);
  g_autoptr(GIOChannel) input = g_io_channel_unix_new(STDIN_FILENO);
  guint heartbeat = g_timeout_add_seconds(15, on_heartbeat, program);
  mu_sim_set_wire(program->sim, &WIRE, program);
  g_source_attach(cluster, NULL);
  g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_input, program);
  printf("%s\n", mu_test_master_url(program->master));
  fflush(stdout);
  g_main_loop_run(program->loop);
  g_source_remove(heartbeat);
  g_source_destroy(cluster);
}

int main(int argc, char **argv) {
  Options options = {.agents = 3, .cpus = 8, .mem_mb = 16384, .disk_mb = 100000, .linger_ms = 50};
  Program program = {0};
  g_autoptr(GError) error = NULL;
  if (read_options(&argc, &argv, &options, &error)) {
    program.sim = mu_sim_new(1, NULL, NULL);
    mu_sim_be_like_mesos(program.sim, options.linger_ms);
    mu_sim_run_cluster(program.sim, now_ms());
    add_agents(program.sim, &options);
    open_master(&program, &options, &error);
  }
  if (program.master != NULL) {
    program.loop = g_main_loop_new(NULL, FALSE);
    run(&program);
    g_main_loop_unref(program.loop);
    mu_test_master_free(program.master);
  }
  g_clear_pointer(&program.sim, mu_sim_free);
  char *const texts[] = {options.ports, options.sandboxes, options.cert, options.key, options.client_ca};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    g_free(texts[i]);
  if (error == NULL)
    return EXIT_SUCCESS;
  fprintf(stderr, "mesos-master: %s\n", error->message);
  return EXIT_FAILURE;
}
