/* multipart/form-data (RFC 7578), as much of it as the file routes of the reference need: one field's bytes. */
#include "http_request.h"
#include <muster/error.h>
#include <string.h>

static GBytes *refuse(const char *what, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the form cannot be read: %s", what);
  return NULL;
}

/* The boundary with the dashes before it; NULL when the type names none. */
static char *boundary_of(const char *content_type) {
  const char *found = strstr(content_type, "boundary=");
  if (found == NULL)
    return NULL;
  found += strlen("boundary=");
  g_autofree char *text =
      *found == '"' ? g_strndup(found + 1, strcspn(found + 1, "\"")) : g_strndup(found, strcspn(found, "; \t"));
  return *text == '\0' ? NULL : g_strconcat("--", text, NULL);
}

static const char *find(const char *from, const char *end, const char *text) {
  return from >= end ? NULL : memmem(from, (gsize)(end - from), text, strlen(text));
}

/* The head of a part names the field. */
static gboolean is_field(const char *head, const char *head_end, const char *name) {
  g_autofree char *text = g_strndup(head, (gsize)(head_end - head));
  g_autofree char *wanted = g_strdup_printf("; name=\"%s\"", name);
  return strstr(text, wanted) != NULL;
}

GBytes *mu_http_form_field(const char *content_type, GBytes *body, const char *name, GError **error) {
  gsize length = 0;
  const char *at = g_bytes_get_data(body, &length), *end = at == NULL ? at : at + length;
  g_autofree char *boundary = boundary_of(content_type);
  if (boundary == NULL)
    return refuse("its type names no boundary", error);
  g_autofree char *closing = g_strconcat("\r\n", boundary, NULL);
  for (at = find(at, end, boundary); at != NULL; at = find(at, end, boundary)) {
    const char *head = at + strlen(boundary), *head_end = find(head, end, "\r\n\r\n");
    const char *content = head_end == NULL ? NULL : head_end + 4;
    const char *content_end = content == NULL ? NULL : find(content, end, closing);
    if (content_end == NULL)
      break;
    if (is_field(head, head_end, name))
      return g_bytes_new(content, (gsize)(content_end - content));
    at = content_end + 2;
  }
  g_autofree char *what = g_strdup_printf("it has no whole field `%s`", name);
  return refuse(what, error);
}
