#include "ids.h"

#include "bug.h"
#include <muster/error.h>
#include <muster/spec.h>
#include <string.h>

#define NAME_SEPARATOR "__"
#define NAME_IN_MESSAGE 80 /* bytes of a refused name that a message shows */

/* ---- random: xoshiro256**, seeded by splitmix64 (https://prng.di.unimi.it) ----------------------------------------- */

static guint64 splitmix64(guint64 *state) {
  guint64 z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void mu_random_seed(MuRandom *random, guint64 seed) {
  for (guint i = 0; i < G_N_ELEMENTS(random->s); i++)
    random->s[i] = splitmix64(&seed);
}

static guint64 rotate_left(guint64 x, int k) {
  return (x << k) | (x >> (64 - k));
}

guint64 mu_random_next(MuRandom *random) {
  guint64 *s = random->s;
  guint64 result = rotate_left(s[1] * 5, 7) * 9;
  guint64 t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

/* Values below 2^64 mod bound would make the low results likelier: drawn again. */
guint64 mu_random_below(MuRandom *random, guint64 bound) {
  mu_assert(bound > 0);
  guint64 reject_below = (0 - bound) % bound;
  guint64 drawn;
  do
    drawn = mu_random_next(random);
  while (drawn < reject_below);
  return drawn % bound;
}

double mu_random_unit(MuRandom *random) {
  return (double)(mu_random_next(random) >> 11) * 0x1p-53;
}

/* ---- uuids --------------------------------------------------------------------------------------------------------- */

static gboolean uuid_has_dash_at(guint i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

#define EACH(byte) (G_GUINT64_CONSTANT(0x0101010101010101) * (byte))

/* The eight digits of four bytes, the first byte's first: all at a time, a digit in each byte of a word. */
static guint64 hex_digits(guint32 bytes) {
  guint64 digits = bytes;
  digits = (digits | digits << 16) & G_GUINT64_CONSTANT(0x0000ffff0000ffff);
  digits = (digits | digits << 8) & G_GUINT64_CONSTANT(0x00ff00ff00ff00ff);
  digits = (digits | digits << 4) & G_GUINT64_CONSTANT(0x0f0f0f0f0f0f0f0f);
  guint64 letters = (digits + EACH(6)) >> 4 & EACH(1); /* 1 where it is above 9 */
  return GUINT64_TO_BE(digits + EACH('0') + letters * ('a' - '0' - 10));
}

static MuUuid uuid_format(guint8 bytes[16], guint8 version) {
  bytes[6] = (guint8)((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = (guint8)((bytes[8] & 0x3f) | 0x80);
  char digits[32];
  for (guint i = 0; i < 4; i++) {
    guint32 word = 0;
    memcpy(&word, bytes + i * sizeof word, sizeof word);
    guint64 eight = hex_digits(GUINT32_FROM_BE(word));
    memcpy(digits + i * sizeof eight, &eight, sizeof eight);
  }
  MuUuid uuid;
  memcpy(uuid.text, digits, 8);
  memcpy(uuid.text + 9, digits + 8, 4);
  memcpy(uuid.text + 14, digits + 12, 4);
  memcpy(uuid.text + 19, digits + 16, 4);
  memcpy(uuid.text + 24, digits + 20, 12);
  uuid.text[8] = uuid.text[13] = uuid.text[18] = uuid.text[23] = '-';
  uuid.text[MU_UUID_LEN] = '\0';
  return uuid;
}

MuUuid mu_uuid_new(MuRandom *random) {
  guint64 drawn[2] = {GUINT64_TO_BE(mu_random_next(random)), 0};
  drawn[1] = GUINT64_TO_BE(mu_random_next(random));
  guint8 bytes[16];
  memcpy(bytes, drawn, sizeof bytes);
  return uuid_format(bytes, 4);
}

MuUuid mu_uuid_from_name(const char *name) {
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
  g_checksum_update(sum, (const guchar *)name, (gssize)strlen(name));
  guint8 digest[20];
  gsize length = sizeof digest;
  g_checksum_get_digest(sum, digest, &length);
  return uuid_format(digest, 5);
}

guint mu_id_hash(gconstpointer id) {
  gsize length = strlen(id);
  guint64 end = 0;
  if (length < sizeof end)
    return g_str_hash(id);
  memcpy(&end, (const char *)id + length - sizeof end, sizeof end);
  end *= G_GUINT64_CONSTANT(0x9e3779b97f4a7c15); /* Fibonacci hashing: the upper bits depend on all */
  return (guint)(end >> 32);
}

gboolean mu_uuid_is_valid(const char *text) {
  if (text == NULL || strnlen(text, MU_UUID_LEN + 1) != MU_UUID_LEN)
    return FALSE;
  gboolean good = TRUE;
  for (guint i = 0; i < MU_UUID_LEN; i++)
    good &= uuid_has_dash_at(i) ? text[i] == '-' : g_ascii_isxdigit(text[i]) != 0;
  return good;
}

/* ---- task ids ------------------------------------------------------------------------------------------------------ */

char *mu_name_sanitize(const char *service_name) {
  char *name = g_strdup(service_name[0] == '/' ? service_name + 1 : service_name);
  return g_strdelimit(name, "/", '.');
}

char *mu_task_id_new(const char *service, const char *task_name, const MuUuid *uuid) {
  g_autofree char *sanitized = mu_name_sanitize(service);
  return g_strconcat(sanitized, NAME_SEPARATOR, task_name, NAME_SEPARATOR, uuid->text, NULL);
}

static void set_out(char **ret, const char *begin, const char *end) {
  if (ret != NULL)
    *ret = g_strndup(begin, (gsize)(end - begin));
}

/* The service's name ends at the first separator; the uuid has a fixed length, so a task name may end with `_`. */
gboolean mu_task_id_split(const char *task_id, MuTaskIdParts *ret) {
  const gsize separator = strlen(NAME_SEPARATOR), tail = separator + MU_UUID_LEN;
  const char *service_end = task_id == NULL ? NULL : strstr(task_id, NAME_SEPARATOR);
  if (service_end == NULL || service_end == task_id)
    return FALSE;
  const char *name = service_end + separator;
  gsize left = strlen(name);
  if (left <= tail)
    return FALSE;
  const char *name_end = name + left - tail, *again = strstr(name, NAME_SEPARATOR);
  if (memcmp(name_end, NAME_SEPARATOR, separator) != 0 || !mu_uuid_is_valid(name_end + separator))
    return FALSE;
  if (again + separator <= name_end) /* one is found in any case: the last */
    return FALSE;
  *ret = (MuTaskIdParts){(gsize)(service_end - task_id), (gsize)(name - task_id), left - tail};
  return TRUE;
}

gboolean mu_task_id_parse(const char *task_id, char **ret_sanitized_service, char **ret_task_name, char **ret_uuid) {
  MuTaskIdParts parts;
  if (!mu_task_id_split(task_id, &parts))
    return FALSE;
  const char *name = task_id + parts.name, *uuid = name + parts.name_length + strlen(NAME_SEPARATOR);
  set_out(ret_sanitized_service, task_id, task_id + parts.service_length);
  set_out(ret_task_name, name, name + parts.name_length);
  set_out(ret_uuid, uuid, uuid + MU_UUID_LEN);
  return TRUE;
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

static gboolean refuse(const char *what, const char *name, const char *expected, GError **error) {
  g_autofree char *shown = g_strndup(name, NAME_IN_MESSAGE);
  g_autofree char *escaped = g_strescape(shown, NULL);
  const char *dots = strlen(name) > strlen(shown) ? "…" : "";
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s \"%s%s\": %s", what, escaped, dots, expected);
  return FALSE;
}

static gboolean has_only(const char *name, const char *extra) {
  for (; *name != '\0'; name++)
    if (!g_ascii_isalnum(*name) && strchr(extra, *name) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean has_dot_part(const char *name) {
  g_auto(GStrv) parts = g_strsplit(name, "/", -1);
  for (char **part = parts; *part != NULL; part++)
    if (strcmp(*part, ".") == 0 || strcmp(*part, "..") == 0)
      return TRUE;
  return FALSE;
}

gboolean mu_service_name_check(const char *name, GError **error) {
  static const char what[] = "service name";
  gsize length = strnlen(name, MU_SPEC_MAX_SERVICE_NAME + 1);
  if (length == 0 || length > MU_SPEC_MAX_SERVICE_NAME)
    return refuse(what, name, "expected 1 to " G_STRINGIFY(MU_SPEC_MAX_SERVICE_NAME) " bytes", error);
  if (!has_only(name, "-_./"))
    return refuse(what, name, "expected only letters, digits, '-', '_', '.' and '/'", error);
  const char *body = name[0] == '/' ? name + 1 : name;
  if (!g_ascii_isalnum(body[0]) || !g_ascii_isalnum(name[length - 1]))
    return refuse(what, name, "expected to begin and end with a letter or a digit (one leading '/' is allowed)", error);
  if (strstr(name, NAME_SEPARATOR) != NULL)
    return refuse(what, name, "must not contain \"__\", which separates the parts of task ids", error);
  if (strstr(name, "//") != NULL)
    return refuse(what, name, "must not contain \"//\"", error);
  if (has_dot_part(name))
    return refuse(what, name, "must not have '.' or '..' as a part", error);
  return TRUE;
}

gboolean mu_name_check(const char *what, const char *name, GError **error) {
  gsize length = strnlen(name, MU_SPEC_MAX_NAME + 1);
  if (length == 0 || length > MU_SPEC_MAX_NAME)
    return refuse(what, name, "expected 1 to " G_STRINGIFY(MU_SPEC_MAX_NAME) " bytes", error);
  if (!has_only(name, "-_"))
    return refuse(what, name, "expected only letters, digits, '-' and '_'", error);
  if (!g_ascii_isalnum(name[0]))
    return refuse(what, name, "expected to begin with a letter or a digit", error);
  if (strstr(name, NAME_SEPARATOR) != NULL)
    return refuse(what, name, "must not contain \"__\", which separates the parts of task ids", error);
  return TRUE;
}
