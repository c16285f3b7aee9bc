/* A scheduler whose services are given once, on its command line: those named run, those no longer named are removed.
 *
 *   cc static_scheduler.c -o static_scheduler $(pkg-config --cflags --libs muster)
 *   ./static_scheduler STATE_DIR hello=../hello/svc.yml …
 */
#include <muster/muster.h>
#include <stdio.h>
#include <string.h>

/* The spec's text is the context; the factory of `muster serve` takes it as YAML. */
static gboolean put_service(MuMultiServiceRunner *runner, const char *name, const char *path, GError **error) {
  char *yaml = NULL;
  gsize length = 0;
  if (!g_file_get_contents(path, &yaml, &length, error))
    return FALSE;
  g_autoptr(GBytes) context = g_bytes_new_take(yaml, length);
  mu_multi_service_runner_put_service(runner, name, context);
  return TRUE;
}

/* The services in the store that the command line does not name any more. */
static void remove_others(MuMultiServiceRunner *runner, MuMultiServiceManager *manager, GHashTable *named) {
  g_auto(GStrv) present = mu_multi_service_manager_names(manager);
  for (char **name = present; *name != NULL; name++)
    if (!g_hash_table_contains(named, *name))
      mu_multi_service_runner_remove_service(runner, *name, NULL, NULL);
}

static gboolean put_services(MuMultiServiceRunner *runner, MuMultiServiceManager *manager, char **pairs,
                             GError **error) {
  g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (; *pairs != NULL; pairs++) {
    g_auto(GStrv) pair = g_strsplit(*pairs, "=", 2);
    if (pair[0] == NULL || pair[1] == NULL) {
      g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "'%s' is not of the form NAME=FILE", *pairs);
      return FALSE;
    }
    if (!put_service(runner, pair[0], pair[1], error))
      return FALSE;
    g_hash_table_add(named, g_strdup(pair[0]));
  }
  remove_others(runner, manager, named);
  return TRUE;
}

static gboolean run(const char *state_dir, char **pairs, GError **error) {
  MuMultiServiceManager *manager = mu_multi_service_manager_new();
  MuServiceStore *store = mu_service_store_new(mu_yaml_service_factory, NULL);
  MuMultiServiceEventClient *client =
      mu_multi_service_event_client_new("static", manager, store, mu_offer_discipline_all());
  MuRunnerOptions options = {.state_dir = state_dir, .quiet = TRUE}; /* only the unix socket in the state folder */
  g_autoptr(MuMultiServiceRunner) runner = mu_multi_service_runner_new(client, &options, error);
  if (runner == NULL || !put_services(runner, manager, pairs, error))
    return FALSE;
  printf("ready: %s\n", mu_multi_service_runner_socket(runner));
  fflush(stdout);
  return mu_multi_service_runner_run(runner, NULL, error);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: static_scheduler STATE_DIR [NAME=FILE]...\n");
    return 2;
  }
  g_autoptr(GError) error = NULL;
  if (run(argv[1], argv + 2, &error))
    return 0;
  fprintf(stderr, "static_scheduler: %s\n", error->message);
  return mu_error_info(error)->exit_code;
}
