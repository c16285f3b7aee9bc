#include "local_trash.h"
#include "remove_tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNTED 'c' /* first letter of the name of what is_busy() counts */

struct MuLocalTrash {
  char *path;
  int fd;
  GMainContext *context;
  GThreadPool *pool; /* one thread, made when first needed */
  guint under_way;   /* main thread only */
  guint64 last;
  gint stop; /* atomic */
  void (*emptied)(gpointer user);
  gpointer user;
  GMutex mutex; /* of `done_source` */
  GSource *done_source;
  guint done;
};

static gboolean on_done(gpointer user) {
  MuLocalTrash *trash = user;
  g_mutex_lock(&trash->mutex);
  trash->under_way -= trash->done;
  trash->done = 0;
  g_clear_pointer(&trash->done_source, g_source_unref);
  g_mutex_unlock(&trash->mutex);
  if (trash->under_way == 0)
    trash->emptied(trash->user);
  return G_SOURCE_REMOVE;
}

/* A name in the trash, or the letter and an absolute path. */
static void work(gpointer data, gpointer user) {
  MuLocalTrash *trash = user;
  g_autofree char *name = data;
  g_autoptr(GError) error = NULL;
  gboolean beside = name[1] == '/';
  if (!mu_remove_tree(trash->fd, beside ? name + 1 : name, &trash->stop, &error))
    g_debug("trash: %s", error->message);
  if (beside) {
    g_autofree char *folder = g_path_get_dirname(name + 1);
    rmdir(folder); /* stays while something is in it */
  }
  if (*name != COUNTED)
    return;
  g_mutex_lock(&trash->mutex);
  trash->done++;
  if (!trash->done_source && !g_atomic_int_get(&trash->stop)) {
    trash->done_source = g_idle_source_new();
    g_source_set_priority(trash->done_source, G_PRIORITY_DEFAULT);
    g_source_set_callback(trash->done_source, on_done, trash, NULL);
    g_source_attach(trash->done_source, trash->context);
  }
  g_mutex_unlock(&trash->mutex);
}

static void start_removing(MuLocalTrash *trash, const char *name) {
  if (!trash->pool)
    trash->pool = g_thread_pool_new(work, trash, 1, FALSE, NULL);
  trash->under_way += *name == COUNTED;
  g_thread_pool_push(trash->pool, g_strdup(name), NULL);
}

static void remove_leftovers(MuLocalTrash *trash) {
  DIR *dir = opendir(trash->path);
  if (!dir)
    return;
  for (struct dirent *entry; (entry = readdir(dir));)
    if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
      start_removing(trash, entry->d_name);
  closedir(dir);
}

MuLocalTrash *mu_local_trash_new(const char *path, GMainContext *context, void (*emptied)(gpointer user), gpointer user,
                                 GError **error) {
  int fd = mkdir(path, 0700) == 0 || errno == EEXIST ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
  if (fd < 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot use the folder %s: %s", path, g_strerror(errno));
    return NULL;
  }
  MuLocalTrash *trash = g_new0(MuLocalTrash, 1);
  *trash = (MuLocalTrash){
      .path = g_strdup(path), .fd = fd, .context = g_main_context_ref(context), .emptied = emptied, .user = user};
  g_mutex_init(&trash->mutex);
  trash->last = (guint64)g_get_real_time();
  remove_leftovers(trash);
  return trash;
}

void mu_local_trash_free(MuLocalTrash *trash) {
  if (!trash)
    return;
  g_atomic_int_set(&trash->stop, 1);
  if (trash->pool)
    g_thread_pool_free(trash->pool, FALSE, TRUE);
  if (trash->done_source) {
    g_source_destroy(trash->done_source);
    g_source_unref(trash->done_source);
  }
  close(trash->fd);
  g_mutex_clear(&trash->mutex);
  g_main_context_unref(trash->context);
  g_free(trash->path);
  g_free(trash);
}

static gboolean take_beside(MuLocalTrash *trash, const char *path, const char *name) {
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *item = g_strdup_printf("%c%s/trash-%s", *name, folder, name + 1);
  if (rename(path, item + 1) < 0)
    return errno == ENOENT;
  start_removing(trash, item);
  return TRUE;
}

void mu_local_trash_remove(MuLocalTrash *trash, const char *path) {
  g_autofree char *item = g_strconcat("u", path, NULL);
  start_removing(trash, item);
}

gboolean mu_local_trash_take(MuLocalTrash *trash, const char *path, gboolean counted, GError **error) {
  g_autofree char *name = g_strdup_printf("%c%" G_GUINT64_FORMAT, counted ? COUNTED : 'u', ++trash->last);
  if (renameat(AT_FDCWD, path, trash->fd, name) == 0) {
    start_removing(trash, name);
    return TRUE;
  }
  if (errno == ENOENT || (errno == EXDEV && take_beside(trash, path, name)))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot remove %s: %s", path, g_strerror(errno));
  return FALSE;
}

gboolean mu_local_trash_is_busy(const MuLocalTrash *trash) {
  return trash->under_way > 0;
}
