/* Making and reading certificates: GnuTLS. */
#ifndef MU_TLS_CERTIFICATE_H
#define MU_TLS_CERTIFICATE_H
#include "tls_store.h"
#include <gnutls/x509.h>

/* A key with the certificate for it. */
typedef struct {
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
} MuTlsPair;

/* MU_ERROR_FAILED "what: why" when the code is one of GnuTLS's errors; else TRUE. */
gboolean mu_tls_good(int code, const char *what, GError **error);

/* A new CA, signed by itself. */
gboolean mu_tls_make_ca(const char *common_name, gint64 now_s, MuTlsPair *ret_pair, GError **error);
/* A new key, and a certificate for the request, signed by the CA. */
gboolean mu_tls_make_task(const MuTlsPair *ca, const MuTlsRequest *request, gint64 now_s, MuTlsPair *ret_pair,
                          GError **error);
/* Key and certificate one after the other, PEM. */
GBytes *mu_tls_pair_to_pem(const MuTlsPair *pair, GError **error);
gboolean mu_tls_pair_from_pem(GBytes *pem, MuTlsPair *ret_pair, GError **error);
void mu_tls_pair_clear(MuTlsPair *pair);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuTlsPair, mu_tls_pair_clear)

GBytes *mu_tls_certificate_to_pem(gnutls_x509_crt_t certificate, GError **error);
/* PKCS #8. */
GBytes *mu_tls_key_to_pem(gnutls_x509_privkey_t key, GError **error);
#endif
