/* Addresses of names, as a static program can find them: numbers, the hosts file, then DNS. The C library's getaddrinfo() would
 * load the name services of whatever machine the program was brought to. */
#ifndef MU_BOOT_NAMES_H
#define MU_BOOT_NAMES_H
#include <glib.h>
#include <netinet/in.h>

typedef struct {
  const char *hosts_file;           /* /etc/hosts */
  const struct sockaddr_in *server; /* the only one that is asked; NULL: those of /etc/resolv.conf */
  int timeout_s;                    /* of one question to one server; 0: as resolv.conf has it */
  gint64 retry_ms;                  /* from one try to the next of who waits; 0: a second */
} MuBootNames;

extern const MuBootNames mu_boot_names_of_machine;

/* The addresses as texts, of both families, without those that come twice: empty when there are none now. */
GPtrArray *mu_boot_names_find(const MuBootNames *names, const char *host);
/* Whether it is an IPv4 address. */
gboolean mu_boot_is_ipv4(const char *text);
#endif
