/* The names under which tasks and load-balanced addresses are found, as EndpointUtils of dcos-commons makes them. `framework`
 * is the name of the framework as the engine knows it. The caller frees every text. */
#ifndef MU_DNS_NAMES_H
#define MU_DNS_NAMES_H
#include <glib.h>

/* A name as a part of a DNS name: "team/hello.web" gives "teamhello-web" (removeSlashes and replaceDotsWithDashes). */
char *mu_dns_label(const char *name);
/* "team/hello.web" gives "teamhello-web.autoip.dcos.thisdcos.directory". */
char *mu_dns_autoip_domain(const char *framework);
/* The task's name in that domain: "hello-0-server.…". */
char *mu_dns_autoip_host(const char *framework, const char *task);
/* "team/hello.web" gives "teamhello.web.l4lb.thisdcos.directory". */
char *mu_dns_vip_domain(const char *framework);
char *mu_dns_vip_host(const char *framework, const char *vip);

#endif
