/* The folders of the persistent volumes: of ROOT ones in the state folder, of MOUNT ones on their disk. Nothing on such a
 * disk is touched but our own folder, `muster-<key>`. */
#include "local_private.h"
#include "remove_tree.h"
#include <errno.h>
#include <muster/error.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRASH_PREFIX "trash-"

static char *mount_folder(const MuLocal *local, const char *mount_root) {
  return g_strdup_printf("%s/muster-%s", mount_root, local->key);
}

char *mu_local_volume_path(const MuLocal *local, const MuResource *volume) {
  if (!volume->mount_root)
    return g_build_filename(local->volumes_dir, volume->persistence_id, NULL);
  g_autofree char *folder = mount_folder(local, volume->mount_root);
  return g_build_filename(folder, volume->persistence_id, NULL);
}

/* ---- made and removed ---- */

static gboolean make_folder(const char *path, mode_t mode, GError **error) {
  if (mkdir(path, mode) == 0 || errno == EEXIST)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot make the volume's folder %s: %s", path, g_strerror(errno));
  return FALSE;
}

static gboolean make_volume(const MuLocal *local, const MuResource *volume, GError **error) {
  g_autofree char *path = mu_local_volume_path(local, volume);
  g_autofree char *folder = g_path_get_dirname(path);
  return (!volume->mount_root || make_folder(folder, geteuid() == 0 ? 0711 : 0700, error)) &&
         make_folder(path, 0755, error);
}

static void act_create(MuLocal *local, gpointer data) {
  g_autoptr(GError) error = NULL;
  if (!make_volume(local, data, &error))
    g_warning("local engine: %s", error->message); /* its task fails with that, too */
}

static void remove_volume(MuLocal *local, const char *path) {
  g_autoptr(GError) error = NULL;
  if (!mu_local_trash_take(local->trash, path, TRUE, &error))
    g_warning("local engine: %s", error->message);
}

static void act_destroy(MuLocal *local, gpointer data) {
  const MuResource *volume = data;
  g_autofree char *path = mu_local_volume_path(local, volume);
  remove_volume(local, path);
  if (!volume->mount_root)
    return;
  g_autofree char *folder = mount_folder(local, volume->mount_root);
  rmdir(folder); /* stays while something is in it */
}

static void free_volume(gpointer volume) {
  mu_resource_free(volume);
}

void mu_local_volume_create(MuLocal *local, const MuResource *volume) {
  mu_local_act(local, act_create, mu_resource_copy(volume), free_volume);
}

void mu_local_volume_destroy(MuLocal *local, const MuResource *volume) {
  mu_local_act(local, act_destroy, mu_resource_copy(volume), free_volume);
}

/* ---- found again ---- */

/* Persistence id to MuResource*, of all volumes that are reserved; borrowed. */
static GHashTable *wanted_volumes(const MuLocal *local) {
  GHashTable *wanted = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < local->agents->len; i++) {
    const MuResources *total = mu_agent_total(((const MuLocalAgent *)local->agents->pdata[i])->model);
    for (guint j = 0; j < total->items->len; j++) {
      MuResource *resource = total->items->pdata[j];
      if (resource->persistence_id)
        g_hash_table_insert(wanted, resource->persistence_id, resource);
    }
  }
  return wanted;
}

/* Only folders, directly below our own, with names that a volume can have; the rest is named and left. */
static void remove_volumes_but(MuLocal *local, const char *folder, GHashTable *wanted) {
  GDir *dir = g_dir_open(folder, 0, NULL);
  if (!dir)
    return;
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    struct stat st;
    if (g_hash_table_contains(wanted, name) || lstat(path, &st) < 0)
      continue;
    if (g_str_has_prefix(name, TRASH_PREFIX)) {
      mu_local_trash_remove(local->trash, path);
      continue;
    }
    if (!S_ISDIR(st.st_mode) || !mu_local_name_is_safe(name)) {
      mu_local_warn(local, "%s is not a volume of ours: left alone", path);
      continue;
    }
    mu_local_warn(local, "the volume %s has no reservation any more: removed", path);
    remove_volume(local, path);
  }
  g_dir_close(dir);
}

/* A volume that is missing on another disk is not made anew: that disk may just not be mounted. */
static gboolean restore_volume(MuLocal *local, const MuResource *volume, GError **error) {
  if (!volume->mount_root)
    return make_volume(local, volume, error);
  g_autofree char *path = mu_local_volume_path(local, volume);
  if (!g_file_test(path, G_FILE_TEST_IS_DIR))
    mu_local_warn(
        local,
        "the volume %s of %s is not there; is the disk mounted? If it is lost, `muster pod replace` gives the "
        "pod another one",
        path, volume->reservation.namespace_ ? volume->reservation.namespace_ : "nobody");
  return TRUE;
}

/* One that is not given any more has our folder all the same. */
static void note_mount(MuLocal *local, const MuResource *volume) {
  if (volume->mount_root && !g_ptr_array_find_with_equal_func(local->mounts, volume->mount_root, g_str_equal, NULL))
    g_ptr_array_add(local->mounts, g_strdup(volume->mount_root));
}

gboolean mu_local_volumes_restore(MuLocal *local, gboolean journal_is_new, GError **error) {
  g_autoptr(GHashTable) wanted = wanted_volumes(local);
  GHashTableIter iter;
  gpointer volume;
  g_hash_table_iter_init(&iter, wanted);
  while (g_hash_table_iter_next(&iter, NULL, &volume)) {
    note_mount(local, volume);
    if (!restore_volume(local, volume, error))
      return FALSE;
  }
  if (journal_is_new) {
    if (!mu_local_folder_is_empty(local->volumes_dir))
      mu_local_warn(local, "%s holds volumes, but there is no journal of them: left alone", local->volumes_dir);
    return TRUE;
  }
  remove_volumes_but(local, local->volumes_dir, wanted);
  for (guint i = 0; i < local->mounts->len; i++) {
    g_autofree char *folder = mount_folder(local, local->mounts->pdata[i]);
    remove_volumes_but(local, folder, wanted);
  }
  return TRUE;
}

/* ---- the end ---- */

gboolean mu_local_volumes_remove_all(MuLocal *local, GError **error) {
  for (guint i = 0; i < local->mounts->len; i++) {
    g_autofree char *folder = mount_folder(local, local->mounts->pdata[i]);
    if (!mu_remove_tree(-1, folder, NULL, error))
      return FALSE;
  }
  return TRUE;
}
