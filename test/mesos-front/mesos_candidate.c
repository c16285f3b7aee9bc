/* What a Mesos master does in ZooKeeper: it keeps an ephemeral, sequential node json.info_<number> with its address, until it is
 * gone. For end-to-end tests: mesos-candidate HOST:PORT PATH MASTER-PORT; prints the node's path, and ends with its input. */
#define THREADED /* the calls that wait */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <zookeeper/zookeeper.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected;

static void on_session(zhandle_t *zk, int type, int state, const char *path, void *user) {
  (void)zk, (void)type, (void)path, (void)user;
  pthread_mutex_lock(&mutex);
  connected = state == ZOO_CONNECTED_STATE;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

static void wait_for_session(void) {
  pthread_mutex_lock(&mutex);
  while (!connected)
    pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

int main(int argc, char **argv) {
  char node[256], text[512], made[300];
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zhandle_t *zk = argc == 4 ? zookeeper_init(argv[1], on_session, 10000, NULL, NULL, 0) : NULL;
  if (zk == NULL)
    return 2;
  wait_for_session();
  int code = zoo_create(zk, argv[2], "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
  snprintf(node, sizeof node, "%s/json.info_", argv[2]);
  snprintf(text, sizeof text,
           "{\"id\":\"m\",\"ip\":16777343,\"port\":%s,\"hostname\":\"localhost\",\"version\":\"1.11.0\",\"address\":{"
           "\"hostname\":\"localhost\",\"ip\":\"127.0.0.1\",\"port\":%s}}",
           argv[3], argv[3]);
  if (code == ZOK || code == ZNODEEXISTS)
    code = zoo_create(zk, node, text, (int)strlen(text), &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL | ZOO_SEQUENCE, made,
                      sizeof made);
  if (code != ZOK) {
    fprintf(stderr, "mesos-candidate: %s: %s\n", argv[2], zerror(code));
    return 1;
  }
  printf("%s\n", made);
  fflush(stdout);
  while (getchar() != EOF)
    ;
  zookeeper_close(zk); /* the node goes at once */
  return 0;
}
