#include "secret_box.h"
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <muster/error.h>
#include <string.h>

#define MAGIC "MUSECRET1"
#define MAGIC_BYTES 9
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define HEAD_BYTES (MAGIC_BYTES + NONCE_BYTES)

typedef struct {
  gpointer data;
  gsize length;
} Memory;

static void wipe(gpointer user) {
  Memory *memory = user;
  gnutls_memset(memory->data, 0, memory->length);
  g_free(memory->data);
  g_free(memory);
}

GBytes *mu_secret_bytes_new(gpointer take_data, gsize length) {
  Memory *memory = g_new(Memory, 1);
  *memory = (Memory){take_data, length};
  return g_bytes_new_with_free_func(take_data, length, wipe, memory);
}

static gboolean fail(int code, const char *what, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s: %s", what, gnutls_strerror(code));
  return FALSE;
}

static gnutls_aead_cipher_hd_t cipher_new(const guint8 key[MU_SECRET_KEY_BYTES], GError **error) {
  gnutls_aead_cipher_hd_t cipher = NULL;
  const gnutls_datum_t datum = {(unsigned char *)key, MU_SECRET_KEY_BYTES};
  int code = gnutls_aead_cipher_init(&cipher, GNUTLS_CIPHER_AES_256_GCM, &datum);
  if (code < 0)
    fail(code, "no cipher for secrets", error);
  return code < 0 ? NULL : cipher;
}

GBytes *mu_secret_seal(const guint8 key[MU_SECRET_KEY_BYTES], const char *name, GBytes *value, GError **error) {
  gsize length = 0;
  const guint8 *data = g_bytes_get_data(value, &length);
  gsize sealed = length + TAG_BYTES;
  g_autofree guint8 *box = g_malloc(HEAD_BYTES + sealed);
  memcpy(box, MAGIC, MAGIC_BYTES);
  int code = gnutls_rnd(GNUTLS_RND_NONCE, box + MAGIC_BYTES, NONCE_BYTES);
  gnutls_aead_cipher_hd_t cipher = code < 0 ? NULL : cipher_new(key, error);
  if (cipher == NULL)
    return code < 0 ? (fail(code, "no random bytes", error), NULL) : NULL;
  code = gnutls_aead_cipher_encrypt(cipher, box + MAGIC_BYTES, NONCE_BYTES, name, strlen(name), TAG_BYTES,
                                    data == NULL ? (const guint8 *)"" : data, length, box + HEAD_BYTES, &sealed);
  gnutls_aead_cipher_deinit(cipher);
  if (code < 0)
    return fail(code, "cannot seal a secret", error), NULL;
  return g_bytes_new_take(g_steal_pointer(&box), HEAD_BYTES + sealed);
}

GBytes *mu_secret_open(const guint8 key[MU_SECRET_KEY_BYTES], const char *name, GBytes *box, GError **error) {
  gsize length = 0;
  const guint8 *data = g_bytes_get_data(box, &length);
  if (length < HEAD_BYTES + TAG_BYTES || memcmp(data, MAGIC, MAGIC_BYTES) != 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the file of the secret \"%s\" is damaged; put the secret again",
                name);
    return NULL;
  }
  gnutls_aead_cipher_hd_t cipher = cipher_new(key, error);
  if (cipher == NULL)
    return NULL;
  gsize plain = length - HEAD_BYTES;
  guint8 *value = g_malloc(plain);
  int code = gnutls_aead_cipher_decrypt(cipher, data + MAGIC_BYTES, NONCE_BYTES, name, strlen(name), TAG_BYTES,
                                        data + HEAD_BYTES, length - HEAD_BYTES, value, &plain);
  gnutls_aead_cipher_deinit(cipher);
  if (code >= 0)
    return mu_secret_bytes_new(value, plain);
  g_free(value);
  g_set_error(
      error, MU_ERROR, MU_ERROR_REFUSED,
      "the secret \"%s\" does not open: its file is damaged, or was made with another key; put the secret again", name);
  return NULL;
}
