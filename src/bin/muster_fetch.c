/* muster-fetch FILE: fetches what the job in FILE names into the present folder, as whoever runs it (src/fetch/fetch.h).
 * Started by the executor before a task's command. The last line on stderr says what went wrong. */
#include "fetch.h"
#include <curl/curl.h>
#include <locale.h>
#include <stdio.h>
#include <sys/stat.h>

static void say(const char *line) {
  fprintf(stderr, "muster-fetch: %s\n", line);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: muster-fetch FILE (started by the executor, not by hand)\n");
    return 2;
  }
  g_autofree char *text = NULL;
  gsize length = 0;
  g_autoptr(GError) error = NULL;
  setlocale(LC_CTYPE, "C.UTF-8"); /* for the names in archives; messages stay as they are */
  umask(022);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_autoptr(MuFetchJob) job =
      g_file_get_contents(argv[1], &text, &length, &error) ? mu_fetch_job_parse(text, length, &error) : NULL;
  gboolean ok = job != NULL && mu_fetch_run(job, say, &error);
  if (!ok)
    say(error->message);
  curl_global_cleanup();
  return ok ? 0 : 1;
}
