/* Every field that the reference's reader knows (package specification.yaml of dcos-commons, classes Raw*) is a field here. The
 * class RawResource is left out: nothing there uses it. */
#include "spec_schema.h"
#include <string.h>

static const struct {
  const char *class, *what; /* the class, and our name for the object */
  const char *fields;       /* of its JSON properties */
} classes[] = {
    {"RawServiceSpec", "service", "name web-url scheduler pods plans"},
    {"RawScheduler", "scheduler", "principal zookeeper user"},
    {"RawPod", "pod",
     "resource-sets placement count image networks rlimits uris tasks volume volumes pre-reserved-role secrets "
     "share-pid-namespace allow-decommission host-volumes external-volumes seccomp-unconfined seccomp-profile-name ipc-mode "
     "shm-size"},
    {"RawTask", "task",
     "goal essential cmd labels env configs cpus gpus memory ports health-check readiness-check volume volumes resource-set "
     "discovery kill-grace-period transport-encryption ipc-mode shm-size resource-limits"},
    {"RawResourceSet", "resource set", "cpus gpus memory resource-limits ports volume volumes"},
    {"RawResourceLimits", "resource-limits", "cpus memory"},
    {"RawPort", "port", "port env-key advertise vip ranges"},
    {"RawVip", "vip", "port prefix"},
    {"RawRange", "port range", "begin end"},
    {"RawVolume", "volume", "path type profiles size"},
    {"RawConfig", "config", "template dest"},
    {"RawHealthCheck", "health-check", "cmd interval grace-period max-consecutive-failures delay timeout"},
    {"RawReadinessCheck", "readiness-check", "cmd interval delay timeout"},
    {"RawDiscovery", "discovery", "prefix visibility"},
    {"RawTransportEncryption", "transport-encryption", "name type"},
    {"RawRLimit", "rlimit", "soft hard"},
    {"RawNetwork", "network", "host-ports container-ports labels"},
    {"RawHostVolume", "host volume", "host-path container-path mode"},
    {"RawExternalVolume", "external volume", "type volume-name volume-mode driver-name driver-options container-path"},
    {"RawSecret", "secret", "secret env-key file"},
    {"RawPlan", "plan", "strategy phases"},
    {"RawPhase", "phase", "strategy steps pod"},
};

static const MuObject *find_object(const GPtrArray *types, const char *what) {
  for (guint i = 0; i < types->len; i++)
    if (strcmp(((const MuObject *)types->pdata[i])->what, what) == 0)
      return types->pdata[i];
  return NULL;
}

static gboolean has_field(const MuObject *type, const char *key) {
  for (guint i = 0; i < type->n_fields; i++)
    if (strcmp(type->fields[i].key, key) == 0 && mu_spec_field_is_written(&type->fields[i]))
      return type->fields[i].kind != MU_FIELD_IGNORED;
  return FALSE;
}

static void test_classes(void) {
  g_autoptr(GPtrArray) types = mu_spec_object_types();
  for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
    const MuObject *type = find_object(types, classes[i].what);
    g_test_message("%s", classes[i].class);
    g_assert_nonnull(type);
    g_auto(GStrv) keys = g_strsplit(classes[i].fields, " ", -1);
    for (guint j = 0; keys[j] != NULL; j++) {
      g_test_message("%s: %s", classes[i].class, keys[j]);
      g_assert_true(has_field(type, keys[j]));
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec-classes/all", test_classes);
  return g_test_run();
}
