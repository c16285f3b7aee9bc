#include "tls_store.h"
#include "tls_certificate.h"
#include "tls_keystore.h"
#include <muster/error.h>
#include <string.h>
#include <unistd.h>

#define CA_NAME ".ca"
#define TLS_PREFIX ".tls/"
#define DAY_S 86400

/* ---- names in the store ---------------------------------------------------------------------------------------------- */

/* By sums, since a service's name and a task's are longer than a file's name may be. */
static char *sum_of(const char *text) {
  char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
  sum[32] = '\0';
  return sum;
}

static char *service_prefix(const char *service) {
  g_autofree char *sum = sum_of(service);
  return g_strconcat(TLS_PREFIX, sum, "/", NULL);
}

static char *pair_name(const MuTlsRequest *request) {
  g_autofree char *prefix = service_prefix(request->service);
  g_autofree char *joined = g_strjoin("\n", request->task, request->name, NULL);
  g_autofree char *sum = sum_of(joined);
  return g_strconcat(prefix, sum, NULL);
}

/* ---- the authority --------------------------------------------------------------------------------------------------- */

static gboolean load_pair(MuSecretStore *store, const char *name, MuTlsPair *ret_pair, GError **error) {
  g_autoptr(GBytes) pem = mu_secret_store_get(store, name, error);
  return pem != NULL && mu_tls_pair_from_pem(pem, ret_pair, error);
}

static gboolean save_pair(MuSecretStore *store, const char *name, const MuTlsPair *pair, GError **error) {
  g_autoptr(GBytes) pem = mu_tls_pair_to_pem(pair, error);
  return pem != NULL && mu_secret_store_put_own(store, name, pem, error);
}

static gboolean make_ca(MuSecretStore *store, MuTlsPair *ret_ca, GError **error) {
  g_auto(MuTlsPair) ca = {0};
  g_autofree char *id = g_uuid_string_random(); /* two frameworks' authorities have two names */
  g_autofree char *name = g_strdup_printf("muster CA %.8s", id);
  if (!mu_tls_make_ca(name, g_get_real_time() / G_USEC_PER_SEC, &ca, error) || !save_pair(store, CA_NAME, &ca, error))
    return FALSE;
  *ret_ca = ca;
  ca = (MuTlsPair){0};
  return TRUE;
}

/* One that cannot be read is an error, and never silently another one: its certificate is in the hands of clients. */
static gboolean have_ca(MuSecretStore *store, MuTlsPair *ret_ca, GError **error) {
  g_autoptr(GError) cause = NULL;
  if (load_pair(store, CA_NAME, ret_ca, &cause))
    return TRUE;
  if (!g_error_matches(cause, MU_ERROR, MU_ERROR_NOT_FOUND)) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
  }
  int lock = mu_secret_store_lock(store, error);
  if (lock < 0)
    return FALSE;
  gboolean ok = load_pair(store, CA_NAME, ret_ca, NULL) || make_ca(store, ret_ca, error);
  close(lock);
  return ok;
}

GBytes *mu_tls_ca(MuSecretStore *store, GError **error) {
  g_auto(MuTlsPair) ca = {0};
  return have_ca(store, &ca, error) ? mu_tls_certificate_to_pem(ca.certificate, error) : NULL;
}

/* ---- a task's -------------------------------------------------------------------------------------------------------- */

static gboolean has_name(gnutls_x509_crt_t crt, const char *name) {
  return gnutls_x509_crt_check_hostname2(crt, name, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS) != 0;
}

static gboolean has_common_name(gnutls_x509_crt_t crt, const char *name) {
  char found[256];
  size_t length = sizeof found;
  return gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, found, &length) >= 0 &&
         strcmp(found, name) == 0;
}

static guint count_names(gnutls_x509_crt_t crt) {
  guint n = 0;
  for (size_t length = 0;; n++, length = 0)
    if (gnutls_x509_crt_get_subject_alt_name(crt, n, NULL, &length, NULL) == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
      return n;
}

/* The certificate is what would be made now: for these names and no others, by this CA, and it does not end soon. */
static gboolean is_good(const MuTlsPair *pair, const MuTlsPair *ca, const MuTlsRequest *request, gint64 now_s) {
  gnutls_x509_crt_t crt = pair->certificate;
  guint n = request->hostname == NULL ? 0 : 4;
  if (!has_common_name(crt, request->common_name) || !gnutls_x509_crt_check_issuer(crt, ca->certificate) ||
      gnutls_x509_crt_get_expiration_time(crt) < now_s + (gint64)MU_TLS_RENEW_DAYS * DAY_S ||
      (request->hostname != NULL && !has_name(crt, request->hostname)))
    return FALSE;
  for (const char *const *name = request->dns_names; *name != NULL; name++, n++)
    if (!has_name(crt, *name))
      return FALSE;
  return count_names(crt) == n;
}

static gboolean have_pair(MuSecretStore *store, const MuTlsPair *ca, const MuTlsRequest *request, gint64 now_s,
                          MuTlsPair *ret_pair, GError **error) {
  g_autofree char *name = pair_name(request);
  g_auto(MuTlsPair) pair = {0};
  if (!load_pair(store, name, &pair, NULL) || !is_good(&pair, ca, request, now_s)) {
    mu_tls_pair_clear(&pair);
    if (!mu_tls_make_task(ca, request, now_s, &pair, error) || !save_pair(store, name, &pair, error))
      return FALSE;
  }
  *ret_pair = pair;
  pair = (MuTlsPair){0};
  return TRUE;
}

void mu_tls_files_clear(MuTlsFiles *files) {
  GBytes **all[] = {&files->certificate, &files->key, &files->ca, &files->keystore, &files->truststore};
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    g_clear_pointer(all[i], g_bytes_unref);
}

static gboolean write_pem(const MuTlsPair *ca, const MuTlsPair *pair, MuTlsFiles *files, GError **error) {
  files->certificate = mu_tls_certificate_to_pem(pair->certificate, error);
  files->key = files->certificate == NULL ? NULL : mu_tls_key_to_pem(pair->key, error);
  files->ca = files->key == NULL ? NULL : mu_tls_certificate_to_pem(ca->certificate, error);
  return files->ca != NULL;
}

static gboolean write_keystores(const MuTlsPair *ca, const MuTlsPair *pair, gint64 now_s, MuTlsFiles *files,
                                GError **error) {
  files->keystore = mu_tls_keystore(pair, ca->certificate, error);
  files->truststore = files->keystore == NULL ? NULL : mu_tls_truststore(ca->certificate, now_s, error);
  return files->truststore != NULL;
}

gboolean mu_tls_get(MuSecretStore *store, const MuTlsRequest *request, gint64 now_s, MuTlsFiles *ret_files,
                    GError **error) {
  g_auto(MuTlsPair) ca = {0}, pair = {0};
  g_auto(MuTlsFiles) files = {0};
  if (!have_ca(store, &ca, error) || !have_pair(store, &ca, request, now_s, &pair, error) ||
      !(request->keystore ? write_keystores(&ca, &pair, now_s, &files, error) : write_pem(&ca, &pair, &files, error)))
    return FALSE;
  *ret_files = files;
  files = (MuTlsFiles){0};
  return TRUE;
}

/* ---- forgetting ------------------------------------------------------------------------------------------------------ */

gboolean mu_tls_forget(MuSecretStore *store, const char *service, GError **error) {
  g_autofree char *prefix = service_prefix(service);
  return mu_secret_store_remove_own(store, prefix, error);
}

static GHashTable *prefixes_of(GHashTable *services) {
  GHashTable *prefixes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer service = NULL;
  g_hash_table_iter_init(&iter, services);
  while (g_hash_table_iter_next(&iter, &service, NULL))
    g_hash_table_add(prefixes, service_prefix(service));
  return prefixes;
}

gboolean mu_tls_keep_only(MuSecretStore *store, GHashTable *services, GError **error) {
  g_autoptr(GPtrArray) names = mu_secret_store_list_own(store, TLS_PREFIX, error);
  g_autoptr(GHashTable) prefixes = prefixes_of(services);
  gboolean ok = names != NULL;
  for (guint i = 0; ok && i < names->len; i++) {
    const char *name = names->pdata[i], *slash = strrchr(name, '/');
    g_autofree char *prefix = g_strndup(name, (gsize)(slash - name) + 1);
    if (!g_hash_table_contains(prefixes, prefix))
      ok = mu_secret_store_remove_own(store, name, error);
  }
  return ok;
}
