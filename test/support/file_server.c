/* file-server DIR LOG: the files of a folder over HTTP on a free port of the loopback address, for tests. Prints the port;
 * ends when its standard input does, so it does not outlive the test that holds that. Each request is a line in LOG:
 * "GET /a 200". The query asks for what servers do: ?status=503, ?redirect=/other, ?plain (no validator), ?nostore, ?stall
 * (an end before the content's end), ?dated (Last-Modified in place of an ETag). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;
static FILE *log_file;

static void note(const char *method, const char *url, unsigned int status) {
  fprintf(log_file, "%s %s %u\n", method, url, status);
  fflush(log_file);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status, const char *header,
                              const char *value) {
  static char text[] = "this is not the file\n";
  struct MHD_Response *response =
      MHD_create_response_from_buffer(status == 304 ? 0 : strlen(text), text, MHD_RESPMEM_PERSISTENT);
  if (header != NULL)
    MHD_add_response_header(response, header, value);
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

typedef struct {
  int fd, stall;
  uint64_t size;
} Content;

static ssize_t read_content(void *user, uint64_t at, char *buffer, size_t max) {
  const Content *content = user;
  if (content->stall && at > 0)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  ssize_t n = pread(content->fd, buffer, max < 4096 ? max : 4096, (off_t)at);
  return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_content(void *user) {
  Content *content = user;
  close(content->fd);
  free(content);
}

static int has(struct MHD_Connection *connection, const char *name) {
  return MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), NULL, NULL) == MHD_YES;
}

static enum MHD_Result send_file(struct MHD_Connection *connection, Content *take_content, const char *etag) {
  struct MHD_Response *response =
      MHD_create_response_from_callback(take_content->size, 4096, read_content, take_content, free_content);
  if (has(connection, "dated"))
    MHD_add_response_header(response, "Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT");
  else if (!has(connection, "plain"))
    MHD_add_response_header(response, "ETag", etag);
  if (has(connection, "nostore"))
    MHD_add_response_header(response, "Cache-Control", "private, no-store");
  enum MHD_Result result = MHD_queue_response(connection, 200, response);
  MHD_destroy_response(response);
  return result;
}

static int is_known(struct MHD_Connection *connection, const char *etag) {
  const char *match = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
  const char *since = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-Modified-Since");
  return (match != NULL && strcmp(match, etag) == 0) ||
         (since != NULL && strcmp(since, "Mon, 01 Jan 2024 00:00:00 GMT") == 0);
}

static enum MHD_Result serve(struct MHD_Connection *connection, const char *method, const char *url) {
  const char *status = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "status");
  const char *redirect = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "redirect");
  char path[4096], etag[64];
  struct stat st;
  if (status != NULL || redirect != NULL) {
    unsigned int code = status != NULL ? (unsigned int)atoi(status) : 302;
    note(method, url, code);
    return answer(connection, code, redirect == NULL ? NULL : "Location", redirect);
  }
  snprintf(path, sizeof path, "%s/%s", folder, url);
  int fd = strstr(url, "..") != NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
    if (fd >= 0)
      close(fd);
    note(method, url, 404);
    return answer(connection, 404, NULL, NULL);
  }
  snprintf(etag, sizeof etag, "\"%llx-%llx\"", (unsigned long long)st.st_ino,
           (unsigned long long)st.st_mtim.tv_nsec + (unsigned long long)st.st_mtim.tv_sec * 1000000000ull);
  if (is_known(connection, etag)) {
    close(fd);
    note(method, url, 304);
    return answer(connection, 304, NULL, NULL);
  }
  Content *content = malloc(sizeof *content);
  *content = (Content){fd, has(connection, "stall"), (uint64_t)st.st_size};
  note(method, url, 200);
  return send_file(connection, content, etag);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **context) {
  (void)user, (void)version, (void)data, (void)size, (void)context;
  return serve(connection, method, url);
}

int main(int argc, char **argv) {
  if (argc != 3 || (log_file = fopen(argv[2], "ae")) == NULL)
    return 2;
  folder = argv[1];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct MHD_Daemon *daemon =
      MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, on_request, NULL,
                       MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_END);
  if (daemon == NULL)
    return 1;
  printf("%u\n", (unsigned int)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0 || errno == EINTR)
    ;
  MHD_stop_daemon(daemon);
  return 0;
}
