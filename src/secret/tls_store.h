/* Keys and certificates of tasks (`transport-encryption`), and the authority that signs them: one for the framework, made
 * once. All of it is kept in the store of secrets, sealed.
 *
 * The names in a certificate are those that CertificateNamesGenerator of dcos-commons gives it; on this machine, where no
 * name server knows these, also the agent's hostname, `localhost` and the loopback addresses. The keys are of the curve
 * P-256. */
#ifndef MU_TLS_STORE_H
#define MU_TLS_STORE_H
#include "secret_store.h"

#define MU_TLS_CA_DAYS 7300
#define MU_TLS_TASK_DAYS 1825
#define MU_TLS_RENEW_DAYS 730 /* a certificate that ends sooner is made anew when its task is launched */
/* Of keystore, truststore and the key in the keystore, as in dcos-commons: what guards them is who may read the files. */
#define MU_TLS_KEYSTORE_PASSWORD "notsecure"

typedef struct {
  const char *service, *task; /* task: hello-0-server */
  const char *name;           /* of the artifact */
  const char *common_name;
  const char *const *dns_names; /* NULL-terminated */
  gboolean keystore;            /* for Java, else PEM */
  const char *hostname;         /* of the agent; NULL: the certificate is for its dns_names alone */
} MuTlsRequest;

/* As files; those of the other form are NULL. */
typedef struct {
  GBytes *certificate, *key, *ca; /* PEM; the key as PKCS #8 */
  GBytes *keystore;               /* PKCS #12: key, certificate, CA's certificate; alias `default` */
  GBytes *truststore;             /* JKS: the CA's certificate; alias `dcos-root` */
} MuTlsFiles;

/* The CA's certificate as PEM; the CA is made when it is not there. */
GBytes *mu_tls_ca(MuSecretStore *store, GError **error);
/* The task's key and certificate: those at hand as long as their names are the same and they do not end soon; else new
 * ones. `now_s` is the wall clock. */
gboolean mu_tls_get(MuSecretStore *store, const MuTlsRequest *request, gint64 now_s, MuTlsFiles *ret_files,
                    GError **error);
void mu_tls_files_clear(MuTlsFiles *files);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuTlsFiles, mu_tls_files_clear)
/* Removes what the service's tasks have; after it was removed. */
gboolean mu_tls_forget(MuSecretStore *store, const char *service, GError **error);
/* Removes what belongs to no service in the set of names: a scheduler died between a service's end and mu_tls_forget. */
gboolean mu_tls_keep_only(MuSecretStore *store, GHashTable *services, GError **error);
#endif
