/* What a Mesos master does in ZooKeeper: it keeps an ephemeral, sequential node json.info_<number> with its address, until it is
 * gone. For end-to-end tests: mesos-candidate HOST:PORT PATH MASTER-PORT; prints the node's path, and ends with its input. */
#define THREADED /* the calls that wait */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

#define MAX_TRIES 100 /* of 100 ms: until the session is there */

static void on_session(zhandle_t *zk, int type, int state, const char *path, void *user) {
  (void)zk, (void)type, (void)state, (void)path, (void)user;
}

static int create(zhandle_t *zk, const char *path, const char *text, int flags, char *made, int size) {
  int code = ZCONNECTIONLOSS;
  for (int i = 0; i < MAX_TRIES && (code == ZCONNECTIONLOSS || code == ZOPERATIONTIMEOUT); i++) {
    code = zoo_create(zk, path, text, (int)strlen(text), &ZOO_OPEN_ACL_UNSAFE, flags, made, size);
    if (code == ZCONNECTIONLOSS)
      usleep(100000);
  }
  return code;
}

int main(int argc, char **argv) {
  char node[256], text[512], made[300];
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zhandle_t *zk = argc == 4 ? zookeeper_init(argv[1], on_session, 10000, NULL, NULL, 0) : NULL;
  if (zk == NULL)
    return 2;
  int code = create(zk, argv[2], "", 0, NULL, 0);
  snprintf(node, sizeof node, "%s/json.info_", argv[2]);
  snprintf(text, sizeof text,
           "{\"id\":\"m\",\"ip\":16777343,\"port\":%s,\"hostname\":\"localhost\",\"version\":\"1.11.0\",\"address\":{"
           "\"hostname\":\"localhost\",\"ip\":\"127.0.0.1\",\"port\":%s}}",
           argv[3], argv[3]);
  if (code == ZOK || code == ZNODEEXISTS)
    code = create(zk, node, text, ZOO_EPHEMERAL | ZOO_SEQUENCE, made, sizeof made);
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
