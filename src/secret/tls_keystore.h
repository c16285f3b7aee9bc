/* A key and certificates in the forms that Java reads. Java takes a PKCS #12 file for a keystore; for a truststore it wants
 * an attribute in it that GnuTLS cannot write, so that is a JKS file, which it reads as well. */
#ifndef MU_TLS_KEYSTORE_H
#define MU_TLS_KEYSTORE_H
#include "tls_certificate.h"

GBytes *mu_tls_keystore(const MuTlsPair *pair, gnutls_x509_crt_t ca, GError **error);
GBytes *mu_tls_truststore(gnutls_x509_crt_t ca, gint64 now_s, GError **error);
#endif
