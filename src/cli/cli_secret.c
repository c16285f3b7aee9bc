/* muster secret …: put, list, remove; muster tls ca. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_output.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAX_BYTES (1024 * 1024) /* as the scheduler's; one more is read so that it can say so */

/* ---- put ------------------------------------------------------------------------------------------------------------- */

static GByteArray *read_all(int fd, const char *name, GError **error) {
  GByteArray *bytes = g_byte_array_new();
  g_byte_array_set_size(bytes, MAX_BYTES + 1);
  gsize length = 0;
  ssize_t n = 1;
  while (n > 0 && length <= MAX_BYTES) {
    n = read(fd, bytes->data + length, MAX_BYTES + 1 - length);
    length += (gsize)MAX(n, 0);
    if (n < 0 && errno == EINTR)
      n = 1;
  }
  g_byte_array_set_size(bytes, (guint)length);
  if (n >= 0)
    return bytes;
  g_byte_array_unref(bytes);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s cannot be read: %s", name, g_strerror(errno));
  return NULL;
}

/* A line that is typed, not shown; without its end. */
static GByteArray *ask_line(GError **error) {
  struct termios shown, hidden;
  fputs("Secret (not shown): ", stderr);
  tcgetattr(STDIN_FILENO, &shown);
  hidden = shown;
  hidden.c_lflag &= ~(tcflag_t)ECHO;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  GByteArray *line = g_byte_array_new();
  char c;
  while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n' && line->len <= MAX_BYTES)
    g_byte_array_append(line, (const guint8 *)&c, 1);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  fputs("\n", stderr);
  if (line->len > 0)
    return line;
  g_byte_array_unref(line);
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "nothing was typed; nothing was changed");
  return NULL;
}

static GByteArray *read_value(const char *file, GError **error) {
  gboolean from_stdin = file == NULL || strcmp(file, "-") == 0;
  if (from_stdin)
    return file == NULL && isatty(STDIN_FILENO) ? ask_line(error) : read_all(STDIN_FILENO, "standard input", error);
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "%s cannot be read: %s", file, g_strerror(errno));
    return NULL;
  }
  GByteArray *bytes = read_all(fd, file, error);
  close(fd);
  return bytes;
}

/* The parts of a name are parts of the path. */
static char *secret_path(const char *name) {
  g_autofree char *escaped = g_uri_escape_string(name, "/", FALSE);
  return g_strconcat("/v1/secrets/", escaped, NULL);
}

static gboolean ask(const MuCliCall *call, const char *method, GBytes *value, GError **error) {
  const char *name = mu_cli_arg(call, 0);
  g_autofree char *path = secret_path(name);
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  if (client == NULL)
    return FALSE;
  MuCliRequest request = {.method = method, .path = path, .bytes = value};
  g_autoptr(json_t) answer = mu_cli_client_ask(client, &request, error);
  if (answer == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    mu_cli_printf("secret %s: %s\n", name, mu_cli_json_text(answer, "result"));
  return TRUE;
}

gboolean mu_cli_secret_put(MuCliCall *call, GError **error) {
  GByteArray *value = read_value(mu_cli_arg(call, 1), error);
  if (value == NULL)
    return FALSE;
  g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(value);
  return ask(call, "PUT", bytes, error);
}

gboolean mu_cli_secret_remove(MuCliCall *call, GError **error) {
  return ask(call, "DELETE", NULL, error);
}

/* ---- list ------------------------------------------------------------------------------------------------------------ */

static void print_secrets(const json_t *secrets) {
  MuCliTable *table = mu_cli_table_new("SECRET|CHANGED");
  gsize i;
  const json_t *secret;
  json_array_foreach (secrets, i, secret) {
    json_int_t changed_ms = json_integer_value(json_object_get(secret, "changed"));
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(changed_ms / 1000);
    g_autofree char *text = g_date_time_format(time, "%F %T");
    mu_cli_table_add(table, mu_cli_json_text(secret, "name"), text);
  }
  mu_cli_table_print(table);
}

gboolean mu_cli_secret_list(MuCliCall *call, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_autoptr(json_t) answer = client == NULL ? NULL : mu_cli_client_get(client, "/v1/secrets", error);
  if (answer == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    print_secrets(json_object_get(answer, "secrets"));
  return TRUE;
}

/* ---- tls ca ---------------------------------------------------------------------------------------------------------- */

gboolean mu_cli_tls_ca(MuCliCall *call, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_autoptr(GBytes) pem = client == NULL ? NULL : mu_cli_client_get_bytes(client, "/v1/tls/ca", error);
  if (pem == NULL)
    return FALSE;
  g_autofree char *text = g_strndup(g_bytes_get_data(pem, NULL), g_bytes_get_size(pem));
  if (!mu_cli_has(call, "json")) {
    mu_cli_print(text);
    return TRUE;
  }
  g_autoptr(json_t) json = json_pack("{s:s}", "certificate", text);
  mu_cli_print_json(json);
  return TRUE;
}
