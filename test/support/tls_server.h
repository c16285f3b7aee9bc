/* TLS for the tests' HTTP servers: their own certificate, and, where it is wanted, clients that must have one of an authority. A
 * client without one does not get through the handshake, as with LIBPROCESS_SSL_REQUIRE_CERT of Mesos. */
#ifndef MU_TEST_TLS_SERVER_H
#define MU_TEST_TLS_SERVER_H
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

/* All are PEM texts that outlive the server. */
typedef struct {
  const char *key, *certificate;
  const char *client_ca; /* NULL: clients need no certificate */
} MuTlsServer;

#define MU_TLS_SERVER_OPTIONS 5

static inline void mu_tls_server_on_connection(void *user, struct MHD_Connection *connection, void **state,
                                               enum MHD_ConnectionNotificationCode what) {
  const MuTlsServer *tls = user;
  (void)state;
  if (what != MHD_CONNECTION_NOTIFY_STARTED || tls == NULL || tls->client_ca == NULL)
    return;
  gnutls_session_t session =
      (gnutls_session_t)MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
  gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_verify_cert(session, NULL, 0);
}

/* What MHD_start_daemon takes with MHD_OPTION_ARRAY; the flag MHD_USE_TLS goes with it. `tls` NULL: nothing. */
static inline void mu_tls_server_options(const MuTlsServer *tls, struct MHD_OptionItem ret[MU_TLS_SERVER_OPTIONS]) {
  int n = 0;
  if (tls != NULL) {
    ret[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)tls->key};
    ret[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)tls->certificate};
    ret[n++] =
        (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)mu_tls_server_on_connection, (void *)tls};
    if (tls->client_ca != NULL)
      ret[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)tls->client_ca};
  }
  ret[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

/* The common name in the certificate of the connection's client, "" when it has none. */
static inline void mu_tls_server_peer(struct MHD_Connection *connection, char *ret, size_t size) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  unsigned n = 0;
  const gnutls_datum_t *chain =
      info == NULL ? NULL : gnutls_certificate_get_peers((gnutls_session_t)info->tls_session, &n);
  gnutls_x509_crt_t certificate = NULL;
  *ret = '\0';
  if (chain == NULL || n == 0 || gnutls_x509_crt_init(&certificate) < 0)
    return;
  if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) < 0 ||
      gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ret, &size) < 0)
    *ret = '\0';
  gnutls_x509_crt_deinit(certificate);
}
#endif
