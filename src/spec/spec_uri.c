#include "spec_uri.h"

#include "spec_validate.h"
#include <muster/error.h>
#include <string.h>

#define SHA256_DIGITS 64

static gboolean refuse(GError **error, const char *text, const char *what) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the uri \"%.200s\" %s", text, what);
  return FALSE;
}

static gboolean read_sha256(const char *value, MuSpecUri *uri) {
  if (uri->sha256 != NULL || strlen(value) != SHA256_DIGITS)
    return FALSE;
  for (const char *c = value; *c != '\0'; c++)
    if (!g_ascii_isxdigit(*c))
      return FALSE;
  uri->sha256 = g_ascii_strdown(value, -1);
  return TRUE;
}

static gboolean read_output(const char *value, MuSpecUri *uri) {
  if (uri->output_file != NULL || !mu_spec_is_sandbox_path(value))
    return FALSE;
  uri->output_file = g_strdup(value);
  return TRUE;
}

static gboolean read_word(const char *value, gboolean *ret_flag, gboolean when_true) {
  gboolean is_true = strcmp(value, "true") == 0;
  *ret_flag = is_true == when_true;
  return is_true || strcmp(value, "false") == 0;
}

static gboolean read_executable(const char *value, MuSpecUri *uri) {
  return read_word(value, &uri->executable, TRUE);
}

static gboolean read_extract(const char *value, MuSpecUri *uri) {
  return read_word(value, &uri->keep_packed, FALSE);
}

static const struct {
  const char *key;
  gboolean (*read)(const char *value, MuSpecUri *uri);
  const char *expected;
} parameters[] = {
    {"sha256", read_sha256, "has a sha256 that is not one: expected 64 hexadecimal digits, once"},
    {"executable", read_executable, "has a value of executable other than true and false"},
    {"extract", read_extract, "has a value of extract other than true and false"},
    {"output", read_output, "has an output that is no path relative to the sandbox, without \".\" and \"..\""},
};

static gboolean read_parameter(const char *text, const char *part, MuSpecUri *uri, GError **error) {
  const char *equals = strchr(part, '=');
  for (guint i = 0; equals != NULL && i < G_N_ELEMENTS(parameters); i++) {
    if (strlen(parameters[i].key) != (gsize)(equals - part) || !g_str_has_prefix(part, parameters[i].key))
      continue;
    return parameters[i].read(equals + 1, uri) || refuse(error, text, parameters[i].expected);
  }
  return refuse(error, text,
                "has a part after # that is not understood: expected sha256=…, executable=true, extract=false or "
                "output=NAME, joined with &; a # of the address itself is written %23");
}

static gboolean read_fragment(const char *text, const char *fragment, MuSpecUri *uri, GError **error) {
  if (*fragment == '\0')
    return read_parameter(text, fragment, uri, error);
  g_auto(GStrv) parts = g_strsplit(fragment, "&", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    if (!read_parameter(text, parts[i], uri, error))
      return FALSE;
  return TRUE;
}

static gboolean check_characters(const char *text, GError **error) {
  for (const char *c = text; *c != '\0'; c++)
    if ((guchar)*c <= ' ' || *c == 0x7f)
      return refuse(error, text, "has a blank or a control character; expected %20 for a blank");
  return strlen(text) <= MU_URI_MAX_BYTES || refuse(error, text, "is too long: at most 8192 bytes");
}

gboolean mu_spec_uri_parse(const char *text, MuSpecUri *ret, GError **error) {
  g_auto(MuSpecUri) uri = {0};
  const char *hash = strchr(text, '#');
  if (!check_characters(text, error) || (hash != NULL && !read_fragment(text, hash + 1, &uri, error)))
    return FALSE;
  uri.value = hash == NULL ? g_strdup(text) : g_strndup(text, (gsize)(hash - text));
  if (uri.value[0] == '\0')
    return refuse(error, text, "has no address");
  *ret = uri;
  uri = (MuSpecUri){0};
  return TRUE;
}

void mu_spec_uri_clear(MuSpecUri *uri) {
  g_clear_pointer(&uri->value, g_free);
  g_clear_pointer(&uri->output_file, g_free);
  g_clear_pointer(&uri->sha256, g_free);
}
