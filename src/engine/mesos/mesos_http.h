/* Requests to Mesos over libcurl, on the thread's GLib main loop: many at once, connections kept. All callbacks come from the
 * loop; a transfer that was cancelled calls nothing more. */
#ifndef MU_MESOS_HTTP_H
#define MU_MESOS_HTTP_H
#include <glib.h>

typedef struct MuMesosHttp MuMesosHttp;
typedef struct MuMesosTransfer MuMesosTransfer;

typedef struct {
  const char *ca_file, *cert_file, *key_file; /* NULL: the system's authorities; no client certificate */
  /* Who we are: principal and a file with its secret (basic), or a file with a token (bearer); NULL: nobody. The files are
   * read again when they change. */
  const char *principal, *secret_file, *token_file;
  gint64 connect_timeout_ms;
} MuMesosHttpConfig;

typedef struct {
  guint status;        /* 0: there was no answer */
  const char *failure; /* without an answer, or with one that broke off: why; else NULL */
  const char *location, *stream_id;
  const char
      *body; /* of an answer that has no `take`, or that is none of 2xx: at most the first MU_MESOS_HTTP_MAX_BODY */
  gsize body_length;
} MuMesosReply;

#define MU_MESOS_HTTP_MAX_BODY (8u << 20)

typedef struct {
  /* The head of a 2xx answer has come; may be NULL. */
  void (*begun)(const MuMesosReply *reply, gpointer user);
  /* A piece of a 2xx answer; NULL: it is gathered in the reply's body. FALSE breaks the transfer off. */
  gboolean (*take)(const guint8 *bytes, gsize length, gpointer user);
  /* The body of a request without `body`, as it comes to be: fills at most `max` bytes and returns how many; 0: none now, and
   * mu_mesos_transfer_resume() comes later; -1: its end. NULL: there is `body`, or it is a GET. */
  gssize (*give)(guint8 *bytes, gsize max, gpointer user);
  /* The end; the transfer is gone afterwards. */
  void (*done)(const MuMesosReply *reply, gpointer user);
} MuMesosHttpFuncs;

typedef struct {
  const char *url;
  GBytes *body;                     /* NULL: a GET */
  const char *content_type;         /* with a body */
  const char *message_content_type; /* NULL: no such header */
  const char *accept;
  const char *message_accept; /* NULL: no such header */
  const char *stream_id;      /* NULL: no such header */
  gint64 timeout_ms;          /* of the whole; 0: none */
} MuMesosRequest;

MuMesosHttp *mu_mesos_http_new(const MuMesosHttpConfig *config);
/* Cancels what is under way. */
void mu_mesos_http_free(MuMesosHttp *http);
/* Begins; answers later. `funcs` must live as long. */
MuMesosTransfer *mu_mesos_http_send(MuMesosHttp *http, const MuMesosRequest *request, const MuMesosHttpFuncs *funcs,
                                    gpointer user);
void mu_mesos_transfer_cancel(MuMesosTransfer *transfer);
/* `give` has something again. */
void mu_mesos_transfer_resume(MuMesosTransfer *transfer);
/* While it is held, nothing more is taken of the answer, so that its sender waits. */
void mu_mesos_transfer_hold(MuMesosTransfer *transfer, gboolean hold);
/* Goes on with all transfers, without the main loop, and waits at most so long for something to happen: for the last words at
 * the end of the process. */
void mu_mesos_http_step(MuMesosHttp *http, gint64 timeout_ms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMesosHttp, mu_mesos_http_free)
#endif
