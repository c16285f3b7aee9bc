#include "boot_names.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>

#define ANSWER_BYTES 4096
#define HOSTS_MAX_BYTES (1024 * 1024)

const MuBootNames mu_boot_names_of_machine = {.hosts_file = "/etc/hosts"};

static void add(GPtrArray *found, const char *address) {
  for (guint i = 0; i < found->len; i++)
    if (strcmp(found->pdata[i], address) == 0)
      return;
  g_ptr_array_add(found, g_strdup(address));
}

/* As it is always written; FALSE: it is no address. */
static gboolean add_number(GPtrArray *found, const char *text) {
  struct in6_addr address;
  char normal[INET6_ADDRSTRLEN];
  for (gsize i = 0; i < 2; i++) {
    int family = i == 0 ? AF_INET : AF_INET6;
    if (inet_pton(family, text, &address) != 1)
      continue;
    add(found, inet_ntop(family, &address, normal, sizeof normal));
    return TRUE;
  }
  return FALSE;
}

gboolean mu_boot_is_ipv4(const char *text) {
  struct in_addr address;
  return inet_pton(AF_INET, text, &address) == 1;
}

/* ---- the hosts file -------------------------------------------------------------------------------------------------- */

static void search_line(GPtrArray *found, char *line, const char *host) {
  line[strcspn(line, "#")] = '\0';
  g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);
  const char *address = NULL;
  for (char **word = words; *word != NULL; word++) {
    if (**word == '\0')
      continue;
    if (address == NULL)
      address = *word;
    else if (g_ascii_strcasecmp(*word, host) == 0)
      add_number(found, address);
  }
}

static void search_hosts(GPtrArray *found, const char *file, const char *host) {
  g_autofree char *text = NULL;
  gsize length = 0;
  if (!g_file_get_contents(file, &text, &length, NULL) || length > HOSTS_MAX_BYTES)
    return;
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    search_line(found, *line, host);
}

/* ---- DNS --------------------------------------------------------------------------------------------------------------- */

static void add_answers(GPtrArray *found, const guint8 *bytes, int length, int type) {
  ns_msg message;
  ns_rr record;
  char text[INET6_ADDRSTRLEN];
  int family = type == ns_t_a ? AF_INET : AF_INET6;
  gsize size = type == ns_t_a ? sizeof(struct in_addr) : sizeof(struct in6_addr);
  if (ns_initparse(bytes, length, &message) < 0)
    return;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); i++)
    if (ns_parserr(&message, ns_s_an, i, &record) == 0 && (int)ns_rr_type(record) == type &&
        ns_rr_rdlen(record) == size)
      add(found, inet_ntop(family, ns_rr_rdata(record), text, sizeof text));
}

static void use_server(const MuBootNames *names, struct __res_state *state) {
  if (names->timeout_s > 0) {
    state->retrans = names->timeout_s;
    state->retry = 1;
  }
  if (names->server == NULL)
    return;
  state->nscount = 1;
  state->nsaddr_list[0] = *names->server;
}

static void ask(const MuBootNames *names, GPtrArray *found, const char *host) {
  static const int TYPES[] = {ns_t_a, ns_t_aaaa};
  struct __res_state state;
  guint8 answer[ANSWER_BYTES];
  memset(&state, 0, sizeof state);
  if (res_ninit(&state) < 0)
    return;
  use_server(names, &state);
  for (gsize i = 0; i < G_N_ELEMENTS(TYPES); i++) {
    int length = res_nsearch(&state, host, ns_c_in, TYPES[i], answer, sizeof answer);
    if (length > 0)
      add_answers(found, answer, MIN(length, (int)sizeof answer), TYPES[i]);
  }
  res_nclose(&state);
}

GPtrArray *mu_boot_names_find(const MuBootNames *names, const char *host) {
  GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
  if (!add_number(found, host))
    search_hosts(found, names->hosts_file, host);
  if (found->len == 0)
    ask(names, found, host);
  return found;
}
