/* Names of a hosts file and of a name server, both of the test's own; and how they are waited for. */
#include "boot_names.h"
#include "boot_steps.h"
#include <arpa/nameser.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a name server ----------------------------------------------------------------------------------------------------------- */

#define HEADER 12
#define MAX_QUESTIONS 1000

/* Knows `late.example` from its third question on, `task.fw.example` as 10.1.2.3 at once, `two.example` twice; and nothing else. */
typedef struct {
  GThread *thread;
  int fd;
  struct sockaddr_in address;
  guint late_asked;
} Server;

/* The question's name with dots. */
static void read_name(const guint8 *packet, gsize length, char *ret, gsize size) {
  GString *name = g_string_new(NULL);
  for (gsize at = HEADER; at < length && packet[at] != 0; at += packet[at] + 1u)
    g_string_append_printf(name, "%s%.*s", name->len == 0 ? "" : ".", packet[at], (const char *)packet + at + 1);
  g_strlcpy(ret, name->str, size);
  g_string_free(name, TRUE);
}

static guint find_answers(Server *server, const char *name, guint8 answers[2][4]) {
  const guint8 task[] = {10, 1, 2, 3}, other[] = {10, 9, 9, 9};
  gboolean late = strcmp(name, "late.example") == 0 && ++server->late_asked > 2;
  if (!late && strcmp(name, "task.fw.example") != 0 && strcmp(name, "two.example") != 0)
    return 0;
  memcpy(answers[0], task, sizeof task);
  memcpy(answers[1], other, sizeof other);
  return strcmp(name, "two.example") == 0 ? 2 : 1;
}

/* Makes the answer of the question, in place. */
static gsize answer(Server *server, guint8 *packet, gsize length) {
  static const guint8 RECORD[] = {0xc0, HEADER, 0, ns_t_a, 0, ns_c_in,
                                  0,    0,      0, 1,      0, 4}; /* the question's name; 1 s; 4 bytes */
  guint8 answers[2][4];
  char name[300];
  read_name(packet, length, name, sizeof name);
  gboolean is_a = packet[length - 3] == ns_t_a;
  guint n = is_a ? find_answers(server, name, answers) : 0;
  packet[2] |= 0x80;                                                         /* an answer */
  packet[3] = (guint8)(n > 0 || g_str_has_suffix(name, ".example") ? 0 : 3); /* no such name */
  packet[7] = (guint8)n;
  for (guint i = 0; i < n; i++) {
    memcpy(packet + length, RECORD, sizeof RECORD);
    memcpy(packet + length + sizeof RECORD, answers[i], 4);
    length += sizeof RECORD + 4;
  }
  return length;
}

/* Until it is sent nothing. */
static gpointer serve(gpointer user) {
  Server *server = user;
  guint8 packet[1024];
  struct sockaddr_in peer;
  for (guint i = 0; i < MAX_QUESTIONS; i++) {
    socklen_t size = sizeof peer;
    ssize_t n = recvfrom(server->fd, packet, 512, 0, (struct sockaddr *)&peer, &size);
    if (n < HEADER + 5)
      break;
    gsize end = HEADER;
    while (end < (gsize)n && packet[end] != 0)
      end += packet[end] + 1u;
    packet[11] = 0; /* what stands after the question is cut off */
    sendto(server->fd, packet, answer(server, packet, end + 5), 0, (struct sockaddr *)&peer, size);
  }
  return NULL;
}

static Server *server_new(void) {
  Server *server = g_new0(Server, 1);
  socklen_t size = sizeof server->address;
  server->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(server->fd, (struct sockaddr *)&server->address, size), ==, 0);
  g_assert_cmpint(getsockname(server->fd, (struct sockaddr *)&server->address, &size), ==, 0);
  server->thread = g_thread_new("names", serve, server);
  return server;
}

static void server_free(Server *server) {
  sendto(server->fd, "", 0, 0, (struct sockaddr *)&server->address, sizeof server->address);
  g_thread_join(server->thread);
  close(server->fd);
  g_free(server);
}

/* ---- finding ------------------------------------------------------------------------------------------------------------------ */

static char *join(GPtrArray *take_found) {
  g_ptr_array_add(take_found, NULL);
  char *text = g_strjoinv(" ", (char **)take_found->pdata);
  g_ptr_array_unref(take_found);
  return text;
}

static void test_numbers(void) {
  static const MuBootNames NAMES = {.hosts_file = "/dev/null"};
  g_autofree char *four = join(mu_boot_names_find(&NAMES, "10.0.0.1"));
  g_autofree char *six = join(mu_boot_names_find(&NAMES, "0:0::1"));
  g_assert_cmpstr(four, ==, "10.0.0.1");
  g_assert_cmpstr(six, ==, "::1");
}

static void test_hosts_file(void) {
  g_autofree char *path = NULL;
  close(g_file_open_tmp("muster-hosts-XXXXXX", &path, NULL));
  g_assert_true(g_file_set_contents(path,
                                    "# machines\n127.0.0.1\tlocalhost Here # 10.9.9.9 here\n::1 localhost\n"
                                    "nonsense here\n10.0.0.2   here.example\n10.0.0.2 here\n127.0.0.1 here\n",
                                    -1, NULL));
  const MuBootNames names = {.hosts_file = path};
  g_autofree char *local = join(mu_boot_names_find(&names, "localhost"));
  g_autofree char *here = join(mu_boot_names_find(&names, "HERE"));
  g_assert_cmpstr(local, ==, "127.0.0.1 ::1");
  g_assert_cmpstr(here, ==, "127.0.0.1 10.0.0.2");
  g_unlink(path);
}

static void test_name_server(void) {
  Server *server = server_new();
  const MuBootNames names = {.hosts_file = "/dev/null", .server = &server->address, .timeout_s = 5, .retry_ms = 1};
  g_autofree char *task = join(mu_boot_names_find(&names, "task.fw.example"));
  g_autofree char *two = join(mu_boot_names_find(&names, "two.example"));
  g_autofree char *none = join(mu_boot_names_find(&names, "none.example"));
  g_assert_cmpstr(task, ==, "10.1.2.3");
  g_assert_cmpstr(two, ==, "10.1.2.3 10.9.9.9");
  g_assert_cmpstr(none, ==, "");
  server_free(server);
}

/* ---- waiting ------------------------------------------------------------------------------------------------------------------- */

static GHashTable *environment(const char *ip, const char *host) {
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(table, (char *)"TASK_NAME", (char *)"task");
  g_hash_table_insert(table, (char *)"FRAMEWORK_HOST", (char *)host);
  g_hash_table_insert(table, (char *)"MESOS_CONTAINER_IP", (char *)ip);
  return table;
}

static void test_waits(void) {
  Server *server = server_new();
  const MuBootNames names = {.hosts_file = "/dev/null", .server = &server->address, .timeout_s = 5, .retry_ms = 1};
  g_autoptr(GHashTable) tasks = environment("10.1.2.3", "fw.example");
  g_autoptr(GError) error = NULL;
  MuBootOptions options = {.resolve = TRUE, .self_resolve = TRUE, .resolve_timeout_ms = 20000};
  g_assert_true(mu_boot_wait(&options, &names, tasks, &error)); /* its own name has its address */
  g_assert_no_error(error);
  options.resolve_hosts = (char *)" late.example, task.fw.example,";
  g_assert_true(mu_boot_wait(&options, &names, tasks, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(server->late_asked, ==, 3);
  server_free(server);
}

static void test_waits_in_vain(void) {
  Server *server = server_new();
  const MuBootNames names = {.hosts_file = "/dev/null", .server = &server->address, .timeout_s = 5, .retry_ms = 1};
  g_autoptr(GHashTable) tasks = environment("10.0.0.7", "fw.example");
  g_autoptr(GError) error = NULL;
  MuBootOptions options = {.resolve = TRUE, .self_resolve = TRUE, .resolve_timeout_ms = 1};
  g_assert_false(mu_boot_wait(&options, &names, tasks, &error)); /* its own name has another address */
  g_assert_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE);
  g_assert_nonnull(strstr(error->message, "it has 10.1.2.3, and the task has 10.0.0.7"));
  g_clear_error(&error);
  options.resolve_hosts = (char *)"none.example";
  g_assert_false(mu_boot_wait(&options, &names, tasks, &error));
  g_assert_nonnull(strstr(error->message, "none.example has no address"));
  g_clear_error(&error);
  options.resolve = FALSE;
  g_assert_true(mu_boot_wait(&options, &names, tasks, &error));
  server_free(server);
}

/* The executor of this machine tells the task its id; the names of tasks are served by nobody then. */
static void test_names_of_tasks_without_a_server(void) {
  Server *server = server_new();
  const MuBootNames names = {.hosts_file = "/dev/null", .server = &server->address, .timeout_s = 5, .retry_ms = 1};
  g_autoptr(GHashTable) tasks = environment("10.1.2.3", "nobody.example");
  g_autoptr(GError) error = NULL;
  MuBootOptions options = {.resolve = TRUE, .self_resolve = TRUE, .resolve_timeout_ms = 1};
  g_assert_false(mu_boot_wait(&options, &names, tasks, &error));
  g_clear_error(&error);
  g_hash_table_insert(tasks, (char *)"MUSTER_TASK_ID", (char *)"x");
  g_assert_true(mu_boot_wait(&options, &names, tasks, &error));
  options.resolve_hosts = (char *)"other.nobody.example, none.example"; /* which is no task's */
  g_assert_false(mu_boot_wait(&options, &names, tasks, &error));
  g_assert_nonnull(strstr(error->message, "none.example"));
  g_clear_error(&error);
  options.resolve_hosts = NULL;
  g_hash_table_insert(tasks, (char *)"BOOTSTRAP_TASK_DNS", (char *)"true");
  g_assert_false(mu_boot_wait(&options, &names, tasks, &error));
  g_clear_error(&error);
  g_hash_table_remove(tasks, "MUSTER_TASK_ID");
  g_hash_table_insert(tasks, (char *)"BOOTSTRAP_TASK_DNS", (char *)"false");
  g_assert_true(mu_boot_wait(&options, &names, tasks, &error));
  server_free(server);
}

static void test_task_ip(void) {
  static const struct {
    const char *container, *libprocess, *ip; /* ip NULL: refused */
  } ROWS[] = {{"10.0.0.1", "10.0.0.2", "10.0.0.1"},
              {NULL, "10.0.0.2", "10.0.0.2"},
              {"", "10.0.0.2", "10.0.0.2"},
              {NULL, NULL, "127.0.0.1"},
              {"::1", NULL, NULL},
              {"here", "10.0.0.2", NULL}};
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GError) error = NULL;
    if (ROWS[i].container != NULL)
      g_hash_table_insert(table, (char *)"MESOS_CONTAINER_IP", (char *)ROWS[i].container);
    if (ROWS[i].libprocess != NULL)
      g_hash_table_insert(table, (char *)"LIBPROCESS_IP", (char *)ROWS[i].libprocess);
    g_autofree char *ip = mu_boot_task_ip(&mu_boot_names_of_machine, table, &error);
    g_assert_cmpstr(ip, ==, ROWS[i].ip);
    g_assert_true((error == NULL) == (ip != NULL));
  }
}

/* 0.0.0.0 of agents before Mesos 1.4 on a network of its own: the address of the machine's name. */
static void test_ip_of_machine(void) {
  g_autofree char *path = NULL, *text = g_strdup_printf("::5 %s\n10.5.5.5 %s\n", g_get_host_name(), g_get_host_name());
  close(g_file_open_tmp("muster-hosts-XXXXXX", &path, NULL));
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  const MuBootNames names = {.hosts_file = path};
  g_autoptr(GHashTable) table = environment("0.0.0.0", "x");
  g_autofree char *ip = mu_boot_task_ip(&names, table, NULL);
  g_assert_cmpstr(ip, ==, "10.5.5.5");
  g_unlink(path);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/boot_names/numbers", test_numbers);
  g_test_add_func("/boot_names/hosts-file", test_hosts_file);
  g_test_add_func("/boot_names/name-server", test_name_server);
  g_test_add_func("/boot_names/waits", test_waits);
  g_test_add_func("/boot_names/waits-in-vain", test_waits_in_vain);
  g_test_add_func("/boot_names/names-of-tasks-without-a-server", test_names_of_tasks_without_a_server);
  g_test_add_func("/boot_names/task-ip", test_task_ip);
  g_test_add_func("/boot_names/ip-of-machine", test_ip_of_machine);
  return g_test_run();
}
