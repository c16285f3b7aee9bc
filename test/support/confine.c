/* confine SECONDS COMMAND [ARG...]: runs a command and leaves nothing of it behind.
 *
 * A process that daemonizes escapes its parent, its process group and its session, but not the nearest child subreaper
 * above it (prctl(2), PR_SET_CHILD_SUBREAPER): when its parent dies it becomes our child. So when the command has ended,
 * or its time is over, or we are told to stop, whatever is then our child is killed, until there is none.
 *
 * Exits as the command did: its status, or 128 + the signal it died of; 124 when its time was over. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMED_OUT 124
#define CANNOT_RUN 127

static volatile sig_atomic_t stop_signal;

static void on_signal(int number) {
  stop_signal = number;
}

/* Without SA_RESTART: a signal interrupts the wait. */
static void catch_signals(void) {
  const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
  struct sigaction action = {.sa_handler = on_signal};
  for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
    sigaction(caught[i], &action, NULL);
}

/* A shell starts its background jobs with SIGINT ignored; a command finds signals as a terminal gives them. */
static void run_command(char **command) {
  const int plain[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGALRM, SIGPIPE};
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
    signal(plain[i], SIG_DFL);
  setsid();
  execvp(command[0], command);
  fprintf(stderr, "confine: %s: %s\n", command[0], strerror(errno));
  _exit(CANNOT_RUN);
}

static int exit_status(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reaps orphans on the way. */
static int wait_for(pid_t command) {
  while (stop_signal == 0) {
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid == command)
      return exit_status(status);
  }
  return stop_signal == SIGALRM ? TIMED_OUT : 128 + stop_signal;
}

static void describe(pid_t pid) {
  char path[64], name[64] = "?";
  snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
  FILE *file = fopen(path, "r");
  if (file != NULL) {
    if (fgets(name, sizeof name, file) != NULL)
      name[strcspn(name, "\n")] = '\0';
    fclose(file);
  }
  fprintf(stderr, "# confine: killed what was left running: %s (%d)\n", name, (int)pid);
}

/* Kills every child there is now; those of theirs become ours when they die. */
static void kill_children(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror("confine: cannot see what is left running");
    exit(CANNOT_RUN);
  }
  int pid;
  while (fscanf(file, "%d", &pid) == 1) {
    describe(pid);
    kill(pid, SIGKILL);
  }
  fclose(file);
}

/* False when there is no child at all. */
static bool reap_the_dead(void) {
  pid_t pid;
  do
    pid = waitpid(-1, NULL, WNOHANG);
  while (pid > 0 || (pid < 0 && errno == EINTR));
  return pid == 0;
}

static void leave_nothing(void) {
  while (reap_the_dead()) {
    kill_children();
    waitpid(-1, NULL, 0);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: confine SECONDS COMMAND [ARG...]\n");
    return CANNOT_RUN;
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  catch_signals();
  pid_t command = fork();
  if (command == 0)
    run_command(argv + 2);
  if (command < 0) {
    perror("confine: fork");
    return CANNOT_RUN;
  }
  alarm((unsigned)strtoul(argv[1], NULL, 10));
  int status = wait_for(command);
  alarm(0);
  leave_nothing();
  return status;
}
