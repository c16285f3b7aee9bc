#include "tls_certificate.h"
#include "secret_box.h"
#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <muster/error.h>
#include <string.h>

#define SERIAL_BYTES 16
#define DAY_S 86400
#define EARLY_S 3600 /* clocks differ: a certificate holds from a little before it was made */

gboolean mu_tls_good(int code, const char *what, GError **error) {
  if (code >= 0)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s: %s", what, gnutls_strerror(code));
  return FALSE;
}

void mu_tls_pair_clear(MuTlsPair *pair) {
  if (pair->key != NULL)
    gnutls_x509_privkey_deinit(pair->key);
  if (pair->certificate != NULL)
    gnutls_x509_crt_deinit(pair->certificate);
  *pair = (MuTlsPair){0};
}

/* ---- PEM ------------------------------------------------------------------------------------------------------------- */

static GBytes *take_datum(gnutls_datum_t *datum) {
  GBytes *bytes = mu_secret_bytes_new(g_memdup2(datum->data, datum->size), datum->size);
  gnutls_memset(datum->data, 0, datum->size);
  gnutls_free(datum->data);
  return bytes;
}

GBytes *mu_tls_certificate_to_pem(gnutls_x509_crt_t certificate, GError **error) {
  gnutls_datum_t pem = {0};
  if (!mu_tls_good(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem), "cannot write a certificate",
                   error))
    return NULL;
  return take_datum(&pem);
}

GBytes *mu_tls_key_to_pem(gnutls_x509_privkey_t key, GError **error) {
  gnutls_datum_t pem = {0};
  int code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
  return mu_tls_good(code, "cannot write a key", error) ? take_datum(&pem) : NULL;
}

GBytes *mu_tls_pair_to_pem(const MuTlsPair *pair, GError **error) {
  g_autoptr(GBytes) key = mu_tls_key_to_pem(pair->key, error);
  g_autoptr(GBytes) certificate = key == NULL ? NULL : mu_tls_certificate_to_pem(pair->certificate, error);
  if (certificate == NULL)
    return NULL;
  gsize length = g_bytes_get_size(key) + g_bytes_get_size(certificate);
  char *both = g_malloc(length);
  memcpy(both, g_bytes_get_data(key, NULL), g_bytes_get_size(key));
  memcpy(both + g_bytes_get_size(key), g_bytes_get_data(certificate, NULL), g_bytes_get_size(certificate));
  return mu_secret_bytes_new(both, length);
}

gboolean mu_tls_pair_from_pem(GBytes *pem, MuTlsPair *ret_pair, GError **error) {
  g_auto(MuTlsPair) pair = {0};
  gsize length = 0;
  const gnutls_datum_t datum = {(unsigned char *)g_bytes_get_data(pem, &length), (unsigned)g_bytes_get_size(pem)};
  gnutls_x509_privkey_init(&pair.key);
  gnutls_x509_crt_init(&pair.certificate);
  if (!mu_tls_good(gnutls_x509_privkey_import2(pair.key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0), "cannot read a key",
                   error) ||
      !mu_tls_good(gnutls_x509_crt_import(pair.certificate, &datum, GNUTLS_X509_FMT_PEM), "cannot read a certificate",
                   error))
    return FALSE;
  *ret_pair = pair;
  pair = (MuTlsPair){0};
  return TRUE;
}

/* ---- making ---------------------------------------------------------------------------------------------------------- */

static gboolean make_key(MuTlsPair *pair, GError **error) {
  gnutls_x509_privkey_init(&pair->key);
  gnutls_x509_crt_init(&pair->certificate);
  return mu_tls_good(
      gnutls_x509_privkey_generate(pair->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
      "cannot make a key", error);
}

static int set_serial(gnutls_x509_crt_t certificate) {
  guint8 serial[SERIAL_BYTES];
  int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
  serial[0] &= 0x7f; /* positive */
  serial[0] |= 0x40; /* of one length */
  return code < 0 ? code : gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
}

static int set_key_id(const MuTlsPair *pair) {
  guint8 id[64];
  size_t length = sizeof id;
  int code = gnutls_x509_crt_get_key_id(pair->certificate, 0, id, &length);
  return code < 0 ? code : gnutls_x509_crt_set_subject_key_id(pair->certificate, id, length);
}

static gboolean fill(const MuTlsPair *pair, const char *common_name, gint64 from_s, gint64 until_s, GError **error) {
  gnutls_x509_crt_t crt = pair->certificate;
  static const char organization[] = "muster";
  return mu_tls_good(gnutls_x509_crt_set_version(crt, 3), "version", error) &&
         mu_tls_good(set_serial(crt), "serial", error) &&
         mu_tls_good(gnutls_x509_crt_set_key(crt, pair->key), "key", error) &&
         mu_tls_good(gnutls_x509_crt_set_activation_time(crt, from_s), "begin", error) &&
         mu_tls_good(gnutls_x509_crt_set_expiration_time(crt, until_s), "end", error) &&
         mu_tls_good(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, common_name,
                                                   (unsigned)strlen(common_name)),
                     "common name", error) &&
         mu_tls_good(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, organization,
                                                   (unsigned)strlen(organization)),
                     "organization", error) &&
         mu_tls_good(set_key_id(pair), "key id", error);
}

gboolean mu_tls_make_ca(const char *common_name, gint64 now_s, MuTlsPair *ret_pair, GError **error) {
  g_auto(MuTlsPair) ca = {0};
  if (!make_key(&ca, error) ||
      !fill(&ca, common_name, now_s - EARLY_S, now_s + (gint64)MU_TLS_CA_DAYS * DAY_S, error) ||
      !mu_tls_good(gnutls_x509_crt_set_basic_constraints(ca.certificate, 1, 0), "constraints", error) ||
      !mu_tls_good(gnutls_x509_crt_set_key_usage(ca.certificate, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN),
                   "usage", error) ||
      !mu_tls_good(gnutls_x509_crt_sign2(ca.certificate, ca.certificate, ca.key, GNUTLS_DIG_SHA256, 0),
                   "cannot sign the CA's certificate", error))
    return FALSE;
  *ret_pair = ca;
  ca = (MuTlsPair){0};
  return TRUE;
}

static gboolean add_name(gnutls_x509_crt_t crt, gnutls_x509_subject_alt_name_t kind, const void *name, gsize length,
                         GError **error) {
  return mu_tls_good(gnutls_x509_crt_set_subject_alt_name(crt, kind, name, (unsigned)length, GNUTLS_FSAN_APPEND),
                     "alternative name", error);
}

static gboolean add_names(gnutls_x509_crt_t crt, const MuTlsRequest *request, GError **error) {
  for (const char *const *name = request->dns_names; *name != NULL; name++)
    if (!add_name(crt, GNUTLS_SAN_DNSNAME, *name, strlen(*name), error))
      return FALSE;
  if (request->hostname == NULL)
    return TRUE;
  const struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
  return add_name(crt, GNUTLS_SAN_DNSNAME, request->hostname, strlen(request->hostname), error) &&
         add_name(crt, GNUTLS_SAN_DNSNAME, "localhost", strlen("localhost"), error) &&
         add_name(crt, GNUTLS_SAN_IPADDRESS, &v4, sizeof v4, error) &&
         add_name(crt, GNUTLS_SAN_IPADDRESS, &in6addr_loopback, sizeof in6addr_loopback, error);
}

static int set_authority(const MuTlsPair *ca, gnutls_x509_crt_t crt) {
  guint8 id[64];
  size_t length = sizeof id;
  int code = gnutls_x509_crt_get_subject_key_id(ca->certificate, id, &length, NULL);
  return code < 0 ? code : gnutls_x509_crt_set_authority_key_id(crt, id, length);
}

gboolean mu_tls_make_task(const MuTlsPair *ca, const MuTlsRequest *request, gint64 now_s, MuTlsPair *ret_pair,
                          GError **error) {
  g_auto(MuTlsPair) pair = {0};
  gint64 until_s = MIN(now_s + (gint64)MU_TLS_TASK_DAYS * DAY_S, gnutls_x509_crt_get_expiration_time(ca->certificate));
  if (!make_key(&pair, error) || !fill(&pair, request->common_name, now_s - EARLY_S, until_s, error) ||
      !add_names(pair.certificate, request, error) ||
      !mu_tls_good(gnutls_x509_crt_set_basic_constraints(pair.certificate, 0, -1), "constraints", error) ||
      !mu_tls_good(gnutls_x509_crt_set_key_usage(pair.certificate, GNUTLS_KEY_DIGITAL_SIGNATURE), "usage", error) ||
      !mu_tls_good(gnutls_x509_crt_set_key_purpose_oid(pair.certificate, GNUTLS_KP_TLS_WWW_SERVER, 0), "purpose",
                   error) ||
      !mu_tls_good(gnutls_x509_crt_set_key_purpose_oid(pair.certificate, GNUTLS_KP_TLS_WWW_CLIENT, 0), "purpose",
                   error) ||
      !mu_tls_good(set_authority(ca, pair.certificate), "authority", error) ||
      !mu_tls_good(gnutls_x509_crt_sign2(pair.certificate, ca->certificate, ca->key, GNUTLS_DIG_SHA256, 0),
                   "cannot sign a certificate", error))
    return FALSE;
  *ret_pair = pair;
  pair = (MuTlsPair){0};
  return TRUE;
}
