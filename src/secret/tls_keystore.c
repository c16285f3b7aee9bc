#include "tls_keystore.h"
#include "secret_box.h"
#include <gnutls/crypto.h>
#include <gnutls/pkcs12.h>
#include <string.h>

#define KEY_ALIAS "default"
#define CA_ALIAS "dcos-root"
/* What Java of the reference's time reads; the password is known, so its strength is of no matter. */
#define ENCRYPTION GNUTLS_PKCS_PKCS12_3DES

/* ---- PKCS #12 -------------------------------------------------------------------------------------------------------- */

static gboolean name_bag(gnutls_pkcs12_bag_t bag, int index, const guint8 *id, gsize length, GError **error) {
  const gnutls_datum_t datum = {(unsigned char *)id, (unsigned)length};
  return mu_tls_good(gnutls_pkcs12_bag_set_key_id(bag, (unsigned)index, &datum), "key id", error) &&
         mu_tls_good(gnutls_pkcs12_bag_set_friendly_name(bag, (unsigned)index, KEY_ALIAS), "alias", error);
}

static gboolean add_certificates(gnutls_pkcs12_bag_t bag, const MuTlsPair *pair, gnutls_x509_crt_t ca, const guint8 *id,
                                 gsize length, GError **error) {
  int index = gnutls_pkcs12_bag_set_crt(bag, pair->certificate);
  return mu_tls_good(index, "certificate", error) && name_bag(bag, index, id, length, error) &&
         mu_tls_good(gnutls_pkcs12_bag_set_crt(bag, ca), "CA's certificate", error) &&
         mu_tls_good(gnutls_pkcs12_bag_encrypt(bag, MU_TLS_KEYSTORE_PASSWORD, ENCRYPTION), "encryption", error);
}

static gboolean add_key(gnutls_pkcs12_bag_t bag, gnutls_x509_privkey_t key, const guint8 *id, gsize length,
                        GError **error) {
  gnutls_datum_t der = {0};
  if (!mu_tls_good(
          gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, MU_TLS_KEYSTORE_PASSWORD, ENCRYPTION, &der),
          "key", error))
    return FALSE;
  int index = gnutls_pkcs12_bag_set_data(bag, GNUTLS_BAG_PKCS8_ENCRYPTED_KEY, &der);
  gnutls_free(der.data);
  return mu_tls_good(index, "key", error) && name_bag(bag, index, id, length, error);
}

static gboolean fill_keystore(gnutls_pkcs12_t store, gnutls_pkcs12_bag_t certificates, gnutls_pkcs12_bag_t keys,
                              const MuTlsPair *pair, gnutls_x509_crt_t ca, GError **error) {
  guint8 id[64];
  size_t length = sizeof id;
  return mu_tls_good(gnutls_x509_crt_get_key_id(pair->certificate, 0, id, &length), "key id", error) &&
         add_certificates(certificates, pair, ca, id, length, error) && add_key(keys, pair->key, id, length, error) &&
         mu_tls_good(gnutls_pkcs12_set_bag(store, certificates), "bag", error) &&
         mu_tls_good(gnutls_pkcs12_set_bag(store, keys), "bag", error) &&
         mu_tls_good(gnutls_pkcs12_generate_mac(store, MU_TLS_KEYSTORE_PASSWORD), "mac", error);
}

GBytes *mu_tls_keystore(const MuTlsPair *pair, gnutls_x509_crt_t ca, GError **error) {
  gnutls_pkcs12_t store = NULL;
  gnutls_pkcs12_bag_t certificates = NULL, keys = NULL;
  gnutls_datum_t der = {0};
  gnutls_pkcs12_init(&store);
  gnutls_pkcs12_bag_init(&certificates);
  gnutls_pkcs12_bag_init(&keys);
  gboolean ok = fill_keystore(store, certificates, keys, pair, ca, error) &&
                mu_tls_good(gnutls_pkcs12_export2(store, GNUTLS_X509_FMT_DER, &der), "cannot write a keystore", error);
  gnutls_pkcs12_bag_deinit(certificates);
  gnutls_pkcs12_bag_deinit(keys);
  gnutls_pkcs12_deinit(store);
  GBytes *bytes = ok ? mu_secret_bytes_new(g_memdup2(der.data, der.size), der.size) : NULL;
  gnutls_free(der.data);
  return bytes;
}

/* ---- JKS ------------------------------------------------------------------------------------------------------------- */

static void add_number(GByteArray *out, guint64 value, guint bytes) {
  for (guint i = bytes; i > 0; i--) {
    guint8 byte = (guint8)(value >> (8 * (i - 1)));
    g_byte_array_append(out, &byte, 1);
  }
}

static void add_text(GByteArray *out, const char *text) {
  add_number(out, strlen(text), 2);
  g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

/* SHA-1 over the password in UTF-16, a phrase, and all that stands before. */
static void add_digest(GByteArray *out) {
  static const char phrase[] = "Mighty Aphrodite";
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;
  for (const char *c = MU_TLS_KEYSTORE_PASSWORD; *c != '\0'; c++) {
    const guchar pair[2] = {0, (guchar)*c};
    g_checksum_update(sum, pair, sizeof pair);
  }
  g_checksum_update(sum, (const guchar *)phrase, strlen(phrase));
  g_checksum_update(sum, out->data, (gssize)out->len);
  g_checksum_get_digest(sum, digest, &length);
  g_byte_array_append(out, digest, (guint)length);
}

/* The form of sun.security.provider.JavaKeyStore: magic, version 2, one entry of kind 2, a trusted certificate. */
GBytes *mu_tls_truststore(gnutls_x509_crt_t ca, gint64 now_s, GError **error) {
  gnutls_datum_t der = {0};
  if (!mu_tls_good(gnutls_x509_crt_export2(ca, GNUTLS_X509_FMT_DER, &der), "cannot write a truststore", error))
    return NULL;
  GByteArray *out = g_byte_array_new();
  add_number(out, 0xfeedfeed, 4);
  add_number(out, 2, 4);
  add_number(out, 1, 4);
  add_number(out, 2, 4);
  add_text(out, CA_ALIAS);
  add_number(out, (guint64)now_s * 1000, 8);
  add_text(out, "X.509");
  add_number(out, der.size, 4);
  g_byte_array_append(out, der.data, der.size);
  gnutls_free(der.data);
  add_digest(out);
  return g_byte_array_free_to_bytes(out);
}
