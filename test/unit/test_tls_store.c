/* Keys and certificates of tasks: signed by one authority, for the right names, kept, renewed, forgotten. */
#include "tls_certificate.h"
#include "tls_store.h"
#include <gnutls/pkcs12.h>
#include <muster/error.h>
#include <string.h>
#include <unistd.h>

#define DAY_S 86400

typedef struct {
  char *top, *dir;
  MuSecretStore *store;
  gint64 now_s;
} Fixture;

static void set_up(Fixture *f) {
  g_autoptr(GError) error = NULL;
  f->top = g_dir_make_tmp("muster-tls-XXXXXX", NULL);
  f->dir = g_build_filename(f->top, "secrets", NULL);
  f->store = mu_secret_store_open(f->dir, &error);
  f->now_s = g_get_real_time() / G_USEC_PER_SEC;
  g_assert_no_error(error);
}

static void tear_down(Fixture *f) {
  mu_secret_store_free(f->store);
  mu_secret_store_erase(f->dir);
  g_assert_cmpint(rmdir(f->top), ==, 0);
  g_free(f->top);
  g_free(f->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, tear_down)

static const char *const NAMES[] = {"hello-0-server.svc.autoip.dcos.thisdcos.directory",
                                    "web.svc.l4lb.thisdcos.directory", NULL};

static MuTlsRequest request_of(const char *service) {
  return (MuTlsRequest){.service = service,
                        .task = "hello-0-server",
                        .name = "server",
                        .common_name = "hello-0-server.svc",
                        .dns_names = NAMES,
                        .hostname = "host.example"};
}

static void get(Fixture *f, const MuTlsRequest *request, MuTlsFiles *files) {
  g_autoptr(GError) error = NULL;
  mu_tls_get(f->store, request, f->now_s, files, &error);
  g_assert_no_error(error);
}

static gnutls_x509_crt_t certificate_of(GBytes *pem) {
  gnutls_x509_crt_t crt = NULL;
  const gnutls_datum_t datum = {(unsigned char *)g_bytes_get_data(pem, NULL), (unsigned)g_bytes_get_size(pem)};
  gnutls_x509_crt_init(&crt);
  g_assert_cmpint(gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_PEM), ==, 0);
  return crt;
}

/* As a client with the CA's certificate sees it, at a time. */
static guint verify(const MuTlsFiles *files, const char *hostname) {
  gnutls_x509_trust_list_t trust = NULL;
  gnutls_x509_crt_t ca = certificate_of(files->ca), crt = certificate_of(files->certificate);
  gnutls_typed_vdata_st data[] = {{GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)hostname, 0},
                                  {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER, 0}};
  guint status = 0;
  gnutls_x509_trust_list_init(&trust, 0);
  g_assert_cmpint(gnutls_x509_trust_list_add_cas(trust, &ca, 1, 0), ==, 1);
  g_assert_cmpint(gnutls_x509_trust_list_verify_crt2(trust, &crt, 1, data, 2, 0, &status, NULL), ==, 0);
  gnutls_x509_crt_deinit(crt);
  gnutls_x509_trust_list_deinit(trust, 1);
  return status;
}

static void test_names(void) {
  g_auto(Fixture) f;
  g_auto(MuTlsFiles) files = {0};
  set_up(&f);
  MuTlsRequest request = request_of("svc");
  get(&f, &request, &files);
  static const char *const good[] = {"hello-0-server.svc.autoip.dcos.thisdcos.directory",
                                     "web.svc.l4lb.thisdcos.directory",
                                     "host.example",
                                     "localhost",
                                     "127.0.0.1",
                                     "::1"};
  for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
    g_assert_cmpuint(verify(&files, good[i]), ==, 0);
  g_assert_cmpuint(verify(&files, "hello-1-server.svc.autoip.dcos.thisdcos.directory"), ==,
                   GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER);
}

static void test_wrong_authority(void) {
  g_auto(Fixture) f, other;
  g_auto(MuTlsFiles) files = {0}, others = {0};
  set_up(&f);
  set_up(&other);
  MuTlsRequest request = request_of("svc");
  get(&f, &request, &files);
  get(&other, &request, &others);
  g_clear_pointer(&files.ca, g_bytes_unref);
  files.ca = g_bytes_ref(others.ca);
  g_assert_cmpuint(verify(&files, "localhost") & GNUTLS_CERT_SIGNER_NOT_FOUND, !=, 0);
}

static void test_ca(void) {
  g_auto(Fixture) f;
  g_auto(MuTlsFiles) files = {0};
  set_up(&f);
  g_autoptr(GBytes) first = mu_tls_ca(f.store, NULL), again = mu_tls_ca(f.store, NULL);
  MuTlsRequest request = request_of("svc");
  get(&f, &request, &files);
  g_assert_true(g_bytes_equal(first, again));
  g_assert_true(g_bytes_equal(first, files.ca));
  g_assert_true(g_str_has_prefix(g_bytes_get_data(first, NULL), "-----BEGIN CERTIFICATE-----\n"));
  g_assert_true(g_str_has_prefix(g_bytes_get_data(files.key, NULL), "-----BEGIN PRIVATE KEY-----\n"));
}

/* A CA that does not open must not become another one, whose certificate nobody has. */
static void test_ca_damaged(void) {
  g_auto(Fixture) f;
  g_autoptr(GError) error = NULL;
  set_up(&f);
  g_autoptr(GBytes) ca = mu_tls_ca(f.store, NULL);
  g_assert_nonnull(ca);
  g_autofree char *path = g_build_filename(f.dir, "values/.ca", NULL);
  g_assert_true(g_file_set_contents(path, "damaged", -1, NULL));
  g_autoptr(GBytes) none = mu_tls_ca(f.store, &error);
  g_assert_null(none);
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
}

static gboolean same_key(Fixture *f, const MuTlsFiles *files, const MuTlsRequest *request) {
  g_auto(MuTlsFiles) now = {0};
  get(f, request, &now);
  return g_bytes_equal(files->key, now.key) && g_bytes_equal(files->certificate, now.certificate);
}

/* Kept as long as it is good: over restarts of the task; another one for other names, and before the end. */
static void test_kept_and_renewed(void) {
  g_auto(Fixture) f;
  g_auto(MuTlsFiles) files = {0};
  static const char *const fewer[] = {"hello-0-server.svc.autoip.dcos.thisdcos.directory", NULL};
  set_up(&f);
  MuTlsRequest request = request_of("svc"), changed = request;
  get(&f, &request, &files);
  g_assert_true(same_key(&f, &files, &request));
  f.now_s += (gint64)(MU_TLS_TASK_DAYS - MU_TLS_RENEW_DAYS - 1) * DAY_S;
  g_assert_true(same_key(&f, &files, &request));
  f.now_s += 2 * DAY_S;
  g_assert_false(same_key(&f, &files, &request));
  f.now_s = g_get_real_time() / G_USEC_PER_SEC;
  mu_tls_files_clear(&files);
  get(&f, &request, &files);
  changed.dns_names = fewer;
  g_assert_false(same_key(&f, &files, &changed));
  mu_tls_files_clear(&files);
  get(&f, &request, &files);
  changed = request;
  changed.common_name = "other";
  g_assert_false(same_key(&f, &files, &changed));
}

static void test_each_has_its_own(void) {
  g_auto(Fixture) f;
  g_auto(MuTlsFiles) files = {0};
  set_up(&f);
  MuTlsRequest request = request_of("svc"), other = request;
  get(&f, &request, &files);
  other.service = "svc/two";
  g_assert_false(same_key(&f, &files, &other));
  other = request;
  other.task = "hello-1-server";
  g_assert_false(same_key(&f, &files, &other));
  other = request;
  other.name = "client";
  g_assert_false(same_key(&f, &files, &other));
  g_assert_true(same_key(&f, &files, &request));
}

static void test_forgotten(void) {
  g_auto(Fixture) f;
  g_auto(MuTlsFiles) files = {0}, others = {0};
  g_autoptr(GHashTable) services = g_hash_table_new(g_str_hash, g_str_equal);
  set_up(&f);
  MuTlsRequest request = request_of("svc"), other = request_of("svc/two");
  get(&f, &request, &files);
  get(&f, &other, &others);
  g_assert_true(mu_tls_forget(f.store, "svc", NULL));
  g_assert_true(same_key(&f, &others, &other));
  g_assert_false(same_key(&f, &files, &request));
  g_hash_table_add(services, (char *)"svc/two");
  g_assert_true(mu_tls_keep_only(f.store, services, NULL));
  g_autoptr(GPtrArray) left = mu_secret_store_list_own(f.store, ".tls/", NULL);
  g_assert_cmpuint(left->len, ==, 1);
  g_assert_true(same_key(&f, &others, &other));
}

/* ---- what Java reads -------------------------------------------------------------------------------------------------- */

static void test_keystore(void) {
  g_auto(Fixture) f;
  g_auto(MuTlsFiles) files = {0}, as_pem = {0};
  gnutls_pkcs12_t p12 = NULL;
  gnutls_x509_privkey_t key = NULL;
  gnutls_x509_crt_t *chain = NULL, *others = NULL;
  unsigned n = 0, n_others = 0;
  set_up(&f);
  MuTlsRequest request = request_of("svc"), pem = request;
  request.keystore = TRUE;
  get(&f, &request, &files);
  get(&f, &pem, &as_pem);
  const gnutls_datum_t der = {(unsigned char *)g_bytes_get_data(files.keystore, NULL),
                              (unsigned)g_bytes_get_size(files.keystore)};
  gnutls_pkcs12_init(&p12);
  g_assert_cmpint(gnutls_pkcs12_import(p12, &der, GNUTLS_X509_FMT_DER, 0), ==, 0);
  g_assert_cmpint(gnutls_pkcs12_verify_mac(p12, MU_TLS_KEYSTORE_PASSWORD), ==, 0);
  g_assert_cmpint(gnutls_pkcs12_verify_mac(p12, "secure"), <, 0);
  g_assert_cmpint(
      gnutls_pkcs12_simple_parse(p12, MU_TLS_KEYSTORE_PASSWORD, &key, &chain, &n, &others, &n_others, NULL, 0), ==, 0);
  g_assert_cmpuint(n + n_others, ==, 2); /* the task's and the CA's */
  g_autoptr(GBytes) found = mu_tls_key_to_pem(key, NULL), ca = mu_tls_certificate_to_pem(others[0], NULL);
  g_assert_true(g_bytes_equal(found, as_pem.key));
  g_assert_true(g_bytes_equal(ca, as_pem.ca));
  gnutls_x509_crt_deinit(chain[0]);
  gnutls_x509_crt_deinit(others[0]);
  gnutls_free(chain);
  gnutls_free(others);
  gnutls_x509_privkey_deinit(key);
  gnutls_pkcs12_deinit(p12);
}

/* The form, byte for byte; keytool of a Java has read it. */
static void test_truststore(void) {
  g_auto(Fixture) f;
  g_auto(MuTlsFiles) files = {0}, as_pem = {0};
  static const guint8 head[] = "\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2\0\x09"
                               "dcos-root";
  static const guint8 salt[] = "\0n\0o\0t\0s\0e\0c\0u\0r\0eMighty Aphrodite";
  gsize length = 0, n = 20;
  guint8 digest[20];
  set_up(&f);
  MuTlsRequest request = request_of("svc"), pem = request;
  request.keystore = TRUE;
  get(&f, &request, &files);
  get(&f, &pem, &as_pem);
  const guint8 *data = g_bytes_get_data(files.truststore, &length);
  g_assert_true(memcmp(data, head, sizeof head - 1) == 0);
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
  g_checksum_update(sum, salt, sizeof salt - 1);
  g_checksum_update(sum, data, (gssize)length - 20);
  g_checksum_get_digest(sum, digest, &n);
  g_assert_true(memcmp(data + length - 20, digest, 20) == 0);
  gnutls_x509_crt_t ca = certificate_of(as_pem.ca);
  gnutls_datum_t der = {0};
  gnutls_x509_crt_export2(ca, GNUTLS_X509_FMT_DER, &der);
  g_assert_true(memcmp(data + length - 20 - der.size, der.data, der.size) == 0);
  gnutls_free(der.data);
  gnutls_x509_crt_deinit(ca);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tls_store/names", test_names);
  g_test_add_func("/tls_store/wrong_authority", test_wrong_authority);
  g_test_add_func("/tls_store/ca", test_ca);
  g_test_add_func("/tls_store/ca_damaged", test_ca_damaged);
  g_test_add_func("/tls_store/kept_and_renewed", test_kept_and_renewed);
  g_test_add_func("/tls_store/each_has_its_own", test_each_has_its_own);
  g_test_add_func("/tls_store/forgotten", test_forgotten);
  g_test_add_func("/tls_store/keystore", test_keystore);
  g_test_add_func("/tls_store/truststore", test_truststore);
  return g_test_run();
}
