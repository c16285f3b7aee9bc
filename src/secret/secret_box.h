/* What is kept secret, sealed with a key: AES-256-GCM of GnuTLS. What is sealed under one name does not open under another. */
#ifndef MU_SECRET_BOX_H
#define MU_SECRET_BOX_H
#include <glib.h>

#define MU_SECRET_KEY_BYTES 32

/* A new box: "MUSECRET1", nonce, ciphertext with its tag. */
GBytes *mu_secret_seal(const guint8 key[MU_SECRET_KEY_BYTES], const char *name, GBytes *value, GError **error);
/* The value; wiped from memory when its last reference goes. MU_ERROR_REFUSED when the box was made with another key, under
 * another name, or is damaged. */
GBytes *mu_secret_open(const guint8 key[MU_SECRET_KEY_BYTES], const char *name, GBytes *box, GError **error);
/* Takes memory of g_malloc; it is wiped before it is freed. */
GBytes *mu_secret_bytes_new(gpointer take_data, gsize length);
#endif
