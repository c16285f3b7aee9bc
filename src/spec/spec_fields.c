#include "spec_fields.h"

#include "arena.h"
#include "spec_placement.h"

#include <stddef.h>
#include <string.h>

#define MAX_MB G_MAXINT32
#define MAX_CPUS_MILLI (1000 * 1000000LL)
#define MAX_SECONDS G_MAXINT32
#define MAX_KILL_GRACE_S (14 * 24 * 3600)
#define MAX_ELEMENTS 10000 /* of any list or map that has no limit of its own */

#define AT(type, member) .offset = offsetof(type, member)
#define INT_AT(type, member) AT(type, member), .size = sizeof(((type *)0)->member)
#define COUNTED(type, member, n) AT(type, member), .count = offsetof(type, n), .max = MAX_ELEMENTS
#define OBJECT(table) .fields = (table), .n_fields = G_N_ELEMENTS(table)
#define NO_NAME .name = MU_FIELD_NO_OFFSET
#define LOCAL(use, note) .engines[MU_ENGINE_LOCAL] = {MU_USE_##use, (note), NULL, NULL}
#define LOCAL_WORD(word, use, note) .engines[MU_ENGINE_LOCAL] = {MU_USE_##use, (note), (word), NULL}
#define LOCAL_WHEN(concerns, use, note) .engines[MU_ENGINE_LOCAL] = {MU_USE_##use, (note), NULL, (concerns)}
#define MESOS(use, note) .engines[MU_ENGINE_MESOS] = {MU_USE_##use, (note), NULL, NULL}
#define MESOS_WORD(word, use, note) .engines[MU_ENGINE_MESOS] = {MU_USE_##use, (note), (word), NULL}

/* ---- words --------------------------------------------------------------------------------------------------------- */

static const MuWord goal_words[] = {
    {"RUNNING", MU_GOAL_RUNNING}, {"FINISH", MU_GOAL_FINISH}, {"ONCE", MU_GOAL_ONCE}, {0}};
static const MuWord volume_words[] = {{"ROOT", MU_VOLUME_ROOT}, {"MOUNT", MU_VOLUME_MOUNT}, {0}};
static const MuWord mode_words[] = {{"RW", FALSE}, {"RO", TRUE}, {0}};
static const MuWord external_words[] = {{"DOCKER", 0}, {0}};
static const MuWord tls_words[] = {{"TLS", FALSE}, {"KEYSTORE", TRUE}, {0}};
static const MuWord pod_ipc_words[] = {{"PRIVATE", 0}, {0}};
static const MuWord task_ipc_words[] = {{"PRIVATE", 0}, {"SHARE_PARENT", 1}, {0}};
static const MuWord visibility_words[] = {{"FRAMEWORK", 0}, {"CLUSTER", 1}, {"EXTERNAL", 2}, {0}};
static const MuWord plan_words[] = {
    {"serial", MU_STRATEGY_SERIAL}, {"parallel", MU_STRATEGY_PARALLEL}, {"random", MU_STRATEGY_RANDOM}, {0}};
static const MuWord phase_words[] = {
    {"serial", MU_STRATEGY_SERIAL},
    {"parallel", MU_STRATEGY_PARALLEL},
    {"serial-canary", MU_STRATEGY_SERIAL_CANARY},
    {"parallel-canary", MU_STRATEGY_PARALLEL_CANARY},
    {"canary", MU_STRATEGY_SERIAL_CANARY},
    {"random", MU_STRATEGY_RANDOM},
    {0},
};

/* ---- resources ----------------------------------------------------------------------------------------------------- */

static const MuField range_fields[] = {
    {"begin", MU_FIELD_INT, INT_AT(MuPortRange, begin), .max = 65535, .doc = "The lowest port; 0 when not given."},
    {"end", MU_FIELD_INT, INT_AT(MuPortRange, end), .max = 65535, .fallback = 65535,
     .doc = "The highest port, inclusive; 65535 when not given or 0."},
};
static const MuObject range_object = {"port range", sizeof(MuPortRange), NO_NAME, OBJECT(range_fields),
                                      "Ports that a dynamic port may be chosen from."};

static const MuField vip_fields[] = {
    {"port", MU_FIELD_INT, MU_FIELD_REQUIRED, INT_AT(MuPortSpec, vip_port), .min = 1, .max = 65535,
     .doc = "The port of the virtual address."},
    {"prefix", MU_FIELD_STRING, AT(MuPortSpec, vip_prefix),
     .doc = "The first part of the virtual address's name; the port's name when not given."},
};
static const MuObject vip_object = {"vip", 0, NO_NAME, OBJECT(vip_fields), "A virtual address for the port."};

static const MuField port_fields[] = {
    {"port", MU_FIELD_INT, MU_FIELD_REQUIRED, INT_AT(MuPortSpec, port), .max = 65535,
     .doc = "The port; 0 for any free one, which is kept for the pod's life."},
    {"env-key", MU_FIELD_STRING, AT(MuPortSpec, env_key),
     .doc = "The environment variable with the port's number; PORT_<NAME> when not given."},
    {"advertise", MU_FIELD_BOOL, AT(MuPortSpec, advertise), .doc = "Whether the endpoints show the port."},
    {"vip", MU_FIELD_GROUP, .count = offsetof(MuPortSpec, has_vip), .object = &vip_object,
     LOCAL(IGNORED, "the local engine makes no virtual addresses"),
     MESOS(HONOURED, "published as a label of the port; needs a load balancer that reads it"),
     .doc = "A virtual address for the port."},
    {"ranges", MU_FIELD_LIST, COUNTED(MuPortSpec, ranges, n_ranges), .object = &range_object,
     .doc = "Where a dynamic port is chosen from; any port when not given."},
};
static const MuObject port_object = {"port", sizeof(MuPortSpec), offsetof(MuPortSpec, name), OBJECT(port_fields),
                                     "A port that the task listens on."};

static const MuField volume_fields[] = {
    {"path", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuVolumeSpec, path),
     .doc = "Where the volume appears, relative to the sandbox."},
    {"type", MU_FIELD_WORD, MU_FIELD_REQUIRED, AT(MuVolumeSpec, type), .words = volume_words,
     LOCAL_WORD("MOUNT", HONOURED, "needs disks that are given with `muster serve --mount`"),
     MESOS_WORD("MOUNT", HONOURED, "needs agents with disks of the kind MOUNT"),
     .doc = "ROOT: space of the agent's root disk; MOUNT: a whole disk of its own."},
    {"size", MU_FIELD_INT, MU_FIELD_REQUIRED, INT_AT(MuVolumeSpec, size_mb), .min = 1, .max = MAX_MB,
     .doc = "The least size in MB."},
    {"profiles", MU_FIELD_STRINGS, AT(MuVolumeSpec, profiles), .max = MAX_ELEMENTS,
     LOCAL(HONOURED, "needs disks with a profile: `muster serve --mount PATH=PROFILE`"),
     MESOS(HONOURED, "needs disks whose storage plugin gives them a profile"),
     .doc = "Disk profiles, any of which will do; for MOUNT only."},
};
static const MuObject volume_object = {"volume", sizeof(MuVolumeSpec), NO_NAME, OBJECT(volume_fields),
                                       "A persistent volume: it survives restarts of the task, not its move."};

static const MuField set_limit_fields[] = {
    {"cpus", MU_FIELD_LIMIT_MILLI, AT(MuResourceSet, limit_cpus_milli), .min = 1, .max = MAX_CPUS_MILLI,
     .doc = "The most cores the task may use when they are idle, or unlimited."},
    {"memory", MU_FIELD_LIMIT, AT(MuResourceSet, limit_mem_mb), .min = 1, .max = MAX_MB,
     .doc = "The most memory in MB, or unlimited."},
    {"mem", MU_FIELD_LIMIT, MU_FIELD_ALIAS, AT(MuResourceSet, limit_mem_mb), .min = 1, .max = MAX_MB,
     .doc = "Another name of memory."},
};
static const MuObject set_limits_object = {"resource-limits", 0, NO_NAME, OBJECT(set_limit_fields),
                                           "What may be used beyond what is reserved."};

static const MuField task_limit_fields[] = {
    {"cpus", MU_FIELD_LIMIT_MILLI, AT(MuTaskDraft, own.limit_cpus_milli), .min = 1, .max = MAX_CPUS_MILLI,
     .doc = "The most cores the task may use when they are idle, or unlimited."},
    {"memory", MU_FIELD_LIMIT, AT(MuTaskDraft, own.limit_mem_mb), .min = 1, .max = MAX_MB,
     .doc = "The most memory in MB, or unlimited."},
    {"mem", MU_FIELD_LIMIT, MU_FIELD_ALIAS, AT(MuTaskDraft, own.limit_mem_mb), .min = 1, .max = MAX_MB,
     .doc = "Another name of memory."},
};
static const MuObject task_limits_object = {"resource-limits", 0, NO_NAME, OBJECT(task_limit_fields),
                                            "What may be used beyond what is reserved."};

/* The resources of a set, which a task may also have for itself. */
/* clang-format off */
#define RESOURCE_FIELDS(type, prefix, limits)                                                                          \
  {"cpus", MU_FIELD_MILLI, AT(type, prefix cpus_milli), .min = 1, .max = MAX_CPUS_MILLI,                               \
   .doc = "Cores, with up to three decimals."},                                                                        \
  {"gpus", MU_FIELD_MILLI, AT(type, prefix gpus_milli), .max = MAX_CPUS_MILLI,                                         \
   LOCAL(HONOURED, "counted, when `muster serve --gpus N` says how many there are; the task picks its device"),        \
   MESOS(HONOURED, "needs agents with the isolator gpu/nvidia"),                                                       \
   .doc = "Graphics processors."},                                                                                     \
  {"memory", MU_FIELD_INT, INT_AT(type, prefix mem_mb), .min = 1, .max = MAX_MB,                                       \
   .doc = "Memory in MB."},                                                                                            \
  {"resource-limits", MU_FIELD_GROUP, .count = MU_FIELD_NO_OFFSET, .object = &(limits),                                \
   MESOS(HONOURED, "needs agents of Mesos 1.10 or later"), .doc = "What may be used beyond what is reserved."},         \
  {"ports", MU_FIELD_MAP, COUNTED(type, prefix ports, prefix n_ports), .object = &port_object,                         \
   .doc = "Ports by name."},                                                                                           \
  {"volume", MU_FIELD_SINGLE, COUNTED(type, prefix volumes, prefix n_volumes), .object = &volume_object,               \
   .excludes = "volumes", .doc = "One persistent volume."},                                                            \
  {"volumes", MU_FIELD_MAP, COUNTED(type, prefix volumes, prefix n_volumes), .object = &volume_object,                 \
   .doc = "Persistent volumes; their names have no meaning."}
/* clang-format on */

static const MuField set_fields[] = {RESOURCE_FIELDS(MuResourceSet, , set_limits_object)};
const MuObject mu_set_object = {"resource set", sizeof(MuResourceSet), offsetof(MuResourceSet, id), OBJECT(set_fields),
                                "Resources that tasks of the pod use in turn."};

/* ---- a task -------------------------------------------------------------------------------------------------------- */

static const MuField config_fields[] = {
    {"template", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuConfigFile, template_path),
     .doc = "The template's file, relative to the spec's."},
    {"dest", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuConfigFile, dest),
     .doc = "Where the rendered file is put, relative to the sandbox."},
    {"content", MU_FIELD_STRING, MU_FIELD_STORED, AT(MuConfigFile, template_text), .doc = "The template itself."},
};
static const MuObject config_object = {"config", sizeof(MuConfigFile), offsetof(MuConfigFile, name),
                                       OBJECT(config_fields),
                                       "A file rendered from a template before the task starts."};

/* clang-format off */
#define CHECK_FIELDS                                                                                                   \
  {"cmd", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuCheckSpec, cmd),                                                    \
   .doc = "The shell command; it passes with status 0."},                                                              \
  {"interval", MU_FIELD_INT, MU_FIELD_REQUIRED, INT_AT(MuCheckSpec, interval_s), .max = MAX_SECONDS,                   \
   .doc = "Seconds between the end of one attempt and the start of the next."},                                        \
  {"delay", MU_FIELD_INT, INT_AT(MuCheckSpec, delay_s), .max = MAX_SECONDS,                                            \
   .doc = "Seconds before the first attempt."},                                                                        \
  {"timeout", MU_FIELD_INT, MU_FIELD_REQUIRED, INT_AT(MuCheckSpec, timeout_s), .max = MAX_SECONDS,                     \
   .doc = "Seconds that one attempt may take; 0 for no limit."}
/* clang-format on */

static const MuField health_fields[] = {
    CHECK_FIELDS,
    {"grace-period", MU_FIELD_INT, INT_AT(MuCheckSpec, grace_period_s), .max = MAX_SECONDS,
     .doc = "Seconds after the start in which failures do not count."},
    {"max-consecutive-failures", MU_FIELD_INT, INT_AT(MuCheckSpec, max_consecutive_failures), .min = 1,
     .max = G_MAXINT32, .fallback = 1, .doc = "How many failures in a row end the task."},
};
static const MuObject health_object = {
    "health-check", sizeof(MuCheckSpec), NO_NAME, OBJECT(health_fields),
    "A command that tells whether the task is well; it is restarted when it is not."};

static const MuField readiness_fields[] = {CHECK_FIELDS};
static const MuObject readiness_object = {"readiness-check", sizeof(MuCheckSpec), NO_NAME, OBJECT(readiness_fields),
                                          "A command that tells when the task is ready; its step completes then."};

static const MuField discovery_fields[] = {
    {"prefix", MU_FIELD_STRING, AT(MuTaskDraft, task.discovery_prefix),
     .doc = "Used in place of the pod's type in discovery names; differs between pods."},
    {"visibility", MU_FIELD_WORD_STRING, AT(MuTaskDraft, task.discovery_visibility), .words = visibility_words,
     .doc = "Who may see the task; CLUSTER when not given."},
};
static const MuObject discovery_object = {"discovery", 0, NO_NAME, OBJECT(discovery_fields), "How the task is found."};

static const MuField tls_fields[] = {
    {"name", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuTlsSpec, name), .doc = "The first part of the files' names."},
    {"type", MU_FIELD_WORD, MU_FIELD_REQUIRED, AT(MuTlsSpec, keystore), .words = tls_words,
     .doc = "TLS: PEM files; KEYSTORE: a keystore and a truststore."},
};
static const MuObject tls_object = {"transport-encryption", sizeof(MuTlsSpec), NO_NAME, OBJECT(tls_fields),
                                    "A key and certificate made for the task."};

static const MuField task_fields[] = {
    {"goal", MU_FIELD_WORD, MU_FIELD_REQUIRED | MU_FIELD_ANY_CASE, AT(MuTaskDraft, task.goal), .words = goal_words,
     .doc = "RUNNING: runs for ever; FINISH: ends with status 0 once for each configuration; ONCE: only once."},
    {"essential", MU_FIELD_BOOL, AT(MuTaskDraft, task.essential), .fallback = TRUE,
     .doc = "Whether a failure of the task restarts the whole pod."},
    {"cmd", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuTaskDraft, task.cmd), .doc = "The shell command."},
    {"env", MU_FIELD_PAIRS, COUNTED(MuTaskDraft, task.env, task.n_env), .doc = "Environment variables."},
    {"configs", MU_FIELD_MAP, COUNTED(MuTaskDraft, task.configs, task.n_configs), .object = &config_object,
     .doc = "Files rendered from templates before the task starts."},
    {"resource-set", MU_FIELD_STRING, AT(MuTaskDraft, resource_set),
     .doc = "The pod's resource set that the task uses, in place of resources of its own."},
    RESOURCE_FIELDS(MuTaskDraft, own., task_limits_object),
    {"health-check", MU_FIELD_OBJECT, AT(MuTaskDraft, task.health_check), .object = &health_object,
     .doc = "Tells whether the task is well."},
    {"readiness-check", MU_FIELD_OBJECT, AT(MuTaskDraft, task.readiness_check), .object = &readiness_object,
     .doc = "Tells when the task is ready."},
    {"kill-grace-period", MU_FIELD_INT, INT_AT(MuTaskDraft, task.kill_grace_ms), .max = MAX_KILL_GRACE_S, .scale = 1000,
     .doc = "Seconds between SIGTERM and SIGKILL."},
    {"labels", MU_FIELD_LABELS, COUNTED(MuTaskDraft, task.labels, task.n_labels),
     LOCAL(KEPT, "they stand in the configuration, and nothing on this machine reads them"),
     .doc = "Labels, as key:value,key:value."},
    {"discovery", MU_FIELD_GROUP, .count = MU_FIELD_NO_OFFSET, .object = &discovery_object,
     LOCAL(IGNORED, "the local engine publishes no discovery names"),
     MESOS(HONOURED, "published with the task; needs something that reads it, as Mesos-DNS"),
     .doc = "How the task is found."},
    {"transport-encryption", MU_FIELD_LIST, COUNTED(MuTaskDraft, task.tls, task.n_tls), .object = &tls_object,
     MESOS(HONOURED, "needs agents with the isolator volume/secret"),
     .doc = "Keys and certificates made for the task; see \"Keys and certificates\"."},
    {"ipc-mode", MU_FIELD_WORD_STRING, AT(MuTaskDraft, task.ipc_mode), .words = task_ipc_words,
     LOCAL(HONOURED, "an ordinary user needs user namespaces for it"),
     MESOS(HONOURED, "needs agents with the isolator namespaces/ipc"),
     .doc = "PRIVATE: shared memory of its own; SHARE_PARENT: the pod's."},
    {"shm-size", MU_FIELD_INT, INT_AT(MuTaskDraft, task.shm_size_mb), .min = 1, .max = MAX_MB,
     LOCAL(HONOURED, "an ordinary user needs user namespaces for it"),
     MESOS(HONOURED, "needs agents with the isolator namespaces/ipc"), .doc = "Size of its own shared memory in MB."},
};
const MuObject mu_task_object = {"task",
                                 sizeof(MuTaskDraft),
                                 offsetof(MuTaskDraft, task.name),
                                 OBJECT(task_fields),
                                 "A command that runs in the pod.",
                                 .draft = TRUE};

/* A placement that names a region or a zone. */
static gboolean names_domain(const char *placement) {
  g_autoptr(MuArena) scratch = mu_arena_new();
  MuPlacementRule *rule = NULL;
  return mu_placement_parse(scratch, placement, &rule, NULL) &&
         (mu_placement_mentions(rule, "@region") || mu_placement_mentions(rule, "@zone"));
}

/* ---- a pod --------------------------------------------------------------------------------------------------------- */

static const MuField rlimit_fields[] = {
    {"soft", MU_FIELD_INT, INT_AT(MuRlimit, soft), .min = -1, .max = G_MAXINT64, .fallback = -1,
     .doc = "The limit that applies; -1 for unlimited."},
    {"hard", MU_FIELD_INT, INT_AT(MuRlimit, hard), .min = -1, .max = G_MAXINT64, .fallback = -1,
     .doc = "The most that the soft limit may be raised to; -1 for unlimited."},
};
static const MuObject rlimit_object = {"rlimit", sizeof(MuRlimit), offsetof(MuRlimit, name), OBJECT(rlimit_fields),
                                       "A limit of setrlimit(2); unlimited when neither soft nor hard is given."};

static const MuField network_fields[] = {
    {"host-ports", MU_FIELD_INTS, COUNTED(MuNetworkSpec, host_ports, n_host_ports),
     LOCAL(REFUSED, "the local engine maps no ports: nobody would find the pod there; remove \"host-ports\" and "
                    "\"container-ports\", and ask for the ports themselves under \"ports\""),
     .doc = "Ports of the agent."},
    {"container-ports", MU_FIELD_INTS, COUNTED(MuNetworkSpec, container_ports, n_container_ports),
     .doc = "Ports of the container that they lead to, in the same order."},
    {"labels", MU_FIELD_LABELS, COUNTED(MuNetworkSpec, labels, n_labels), .doc = "Labels, as key:value,key:value."},
};
static const MuObject network_object = {"network", sizeof(MuNetworkSpec), offsetof(MuNetworkSpec, name),
                                        OBJECT(network_fields), "A virtual network that the pod joins."};

static const MuField host_volume_fields[] = {
    {"host-path", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuHostVolumeSpec, host_path),
     .doc = "An absolute path of the agent."},
    {"container-path", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuHostVolumeSpec, container_path),
     .doc = "Where it appears, relative to the sandbox."},
    {"mode", MU_FIELD_WORD, AT(MuHostVolumeSpec, read_only), .words = mode_words,
     .doc = "RW or RO; RW when not given."},
};
static const MuObject host_volume_object = {"host volume", sizeof(MuHostVolumeSpec), NO_NAME,
                                            OBJECT(host_volume_fields), "A folder of the agent that the pod sees."};

static const MuField external_volume_fields[] = {
    {"type", MU_FIELD_WORD_STRING, MU_FIELD_REQUIRED, AT(MuExternalVolumeSpec, type), .words = external_words,
     .doc = "DOCKER: a volume driver of Docker's kind."},
    {"volume-name", MU_FIELD_STRING, AT(MuExternalVolumeSpec, volume_name), .doc = "The volume's name in the driver."},
    {"volume-mode", MU_FIELD_WORD_STRING, AT(MuExternalVolumeSpec, volume_mode), .words = mode_words,
     .doc = "RW or RO."},
    {"driver-name", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuExternalVolumeSpec, driver_name), .doc = "The driver."},
    {"driver-options", MU_FIELD_STRING, AT(MuExternalVolumeSpec, driver_options),
     .doc = "Options for the driver, as key=value;key=value."},
    {"container-path", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuExternalVolumeSpec, container_path),
     .doc = "Where it appears, relative to the sandbox."},
};
static const MuObject external_volume_object = {"external volume", sizeof(MuExternalVolumeSpec), NO_NAME,
                                                OBJECT(external_volume_fields), "A volume that a driver brings."};

static const MuField secret_fields[] = {
    {"secret", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuSecretSpec, secret), .doc = "The secret's path in the store."},
    {"env-key", MU_FIELD_STRING, AT(MuSecretSpec, env_key), .doc = "The environment variable with its content."},
    {"file", MU_FIELD_STRING, AT(MuSecretSpec, file),
     .doc = "The file with its content, relative to the sandbox; named as the secret when no env-key is given either."},
};
static const MuObject secret_object = {"secret", sizeof(MuSecretSpec), offsetof(MuSecretSpec, name),
                                       OBJECT(secret_fields), "A secret that the pod is given."};

#define POD_ARRAY(member) COUNTED(MuPodDraft, pod.member, pod.n_##member)

static const MuField pod_fields[] = {
    {"count", MU_FIELD_INT, MU_FIELD_REQUIRED | MU_FIELD_NOT_RUNNING, INT_AT(MuPodDraft, pod.count),
     .max = MU_SPEC_MAX_POD_COUNT,
     .doc = "How many instances of the pod there are; of all pods at most " G_STRINGIFY(MU_SPEC_MAX_INSTANCES) "."},
    {"allow-decommission", MU_FIELD_BOOL, MU_FIELD_NOT_RUNNING, AT(MuPodDraft, pod.allow_decommission),
     .doc = "Whether the count may be lowered later."},
    {"placement", MU_FIELD_STRING, MU_FIELD_NOT_RUNNING, AT(MuPodDraft, pod.placement_text),
     LOCAL_WHEN(
         names_domain, LACKING,
         "the agents of the local engine are in no region and no zone, so a pod that is placed by @region or @zone "
         "waits; give agents an attribute (--attribute zone=a) and place by that"),
     .doc = "Marathon constraints, as JSON in a text or as field:OPERATOR:value,…"},
    {"image", MU_FIELD_STRING, AT(MuPodDraft, pod.image),
     LOCAL(HONOURED, "needs podman; the container is on the machine's network"),
     MESOS(HONOURED, "needs agents with the image provider docker"), .doc = "The container image to run in."},
    {"pre-reserved-role", MU_FIELD_STRING, MU_FIELD_NOT_RUNNING, AT(MuPodDraft, pod.pre_reserved_role),
     LOCAL(IGNORED, "the local engine has nothing reserved beforehand: the pod takes any resources"),
     MESOS(HONOURED, "needs agents that have resources reserved for it by their flags (--default_role, --resources)"),
     .doc = "Only resources reserved for this role beforehand are used."},
    {"share-pid-namespace", MU_FIELD_BOOL, AT(MuPodDraft, pod.share_pid_namespace),
     LOCAL(HONOURED,
           "with `muster serve --pid-namespaces on`, as is the default for root; else tasks see all processes"),
     MESOS(HONOURED, "needs agents with the isolator namespaces/pid"),
     .doc = "Whether the tasks see each other's processes."},
    {"rlimits", MU_FIELD_MAP, POD_ARRAY(rlimits), .object = &rlimit_object,
     MESOS(HONOURED, "needs agents with the isolator posix/rlimits"),
     .doc = "Limits by name, RLIMIT_NOFILE and so on."},
    {"uris", MU_FIELD_STRINGS, AT(MuPodDraft, pod.uris), .max = MAX_ELEMENTS,
     .doc = "Files fetched into the sandbox, and unpacked, before the tasks start; see \"Files to fetch\"."},
    {"volume", MU_FIELD_SINGLE, POD_ARRAY(volumes), .object = &volume_object,
     .doc = "A volume that the pod's tasks share."},
    {"volumes", MU_FIELD_MAP, POD_ARRAY(volumes), .object = &volume_object,
     .doc = "Volumes that the pod's tasks share; their names have no meaning."},
    {"networks", MU_FIELD_MAP, POD_ARRAY(networks), .object = &network_object,
     LOCAL(IGNORED,
           "the local engine has no virtual networks: the pod is on the network of the machine, with its ports"),
     MESOS(HONOURED, "needs agents with the isolator network/cni and a network of that name"),
     .doc = "Virtual networks by name."},
    {"host-volumes", MU_FIELD_MAP, POD_ARRAY(host_volumes), .object = &host_volume_object,
     LOCAL(HONOURED, "bound into the task's own mount namespace, which an ordinary user needs user namespaces for"),
     MESOS(HONOURED, "needs agents with the isolator volume/host_path"),
     .doc = "Folders of the agent that the pod sees; their names have no meaning."},
    {"external-volumes", MU_FIELD_MAP, POD_ARRAY(external_volumes), .object = &external_volume_object,
     LOCAL(REFUSED, "the local engine has no volume drivers; remove \"external-volumes\""),
     MESOS(HONOURED, "needs agents with the isolator docker/volume and the driver"),
     .doc = "Volumes that a driver brings; their names have no meaning."},
    {"secrets", MU_FIELD_MAP, POD_ARRAY(secrets), .object = &secret_object,
     MESOS(HONOURED,
           "files need agents with the isolator volume/secret; one that is not in the store of `muster secret` "
           "needs agents with a secret resolver that knows it"),
     .doc = "Secrets by name; see \"Secrets\"."},
    {"seccomp-unconfined", MU_FIELD_BOOL, AT(MuPodDraft, pod.seccomp_unconfined),
     LOCAL(HONOURED, "pods are filtered when `muster serve --seccomp-default NAME` says so, or they name a profile"),
     MESOS(HONOURED, "needs agents with the isolator linux/seccomp"), .doc = "Whether system calls are not filtered."},
    {"seccomp-profile-name", MU_FIELD_STRING, AT(MuPodDraft, pod.seccomp_profile),
     LOCAL(HONOURED, "a file of `muster serve --seccomp-profiles DIR`, or default, which is built in"),
     MESOS(HONOURED, "needs agents with the isolator linux/seccomp and the profile"),
     .doc = "The filter of system calls."},
    {"ipc-mode", MU_FIELD_WORD_STRING, AT(MuPodDraft, pod.ipc_mode), .words = pod_ipc_words,
     LOCAL(HONOURED, "an ordinary user needs user namespaces for it"),
     MESOS(HONOURED, "needs agents with the isolator namespaces/ipc"), .doc = "PRIVATE: shared memory of its own."},
    {"shm-size", MU_FIELD_INT, INT_AT(MuPodDraft, pod.shm_size_mb), .min = 1, .max = MAX_MB,
     LOCAL(HONOURED, "an ordinary user needs user namespaces for it"),
     MESOS(HONOURED, "needs agents with the isolator namespaces/ipc"), .doc = "Size of the pod's shared memory in MB."},
    {"user", MU_FIELD_IGNORED, LOCAL(KEPT, "it has no meaning"), MESOS(KEPT, "it has no meaning"),
     .doc = "Without a meaning: scheduler.user is the user of all pods."},
    {"container", MU_FIELD_IGNORED, LOCAL(KEPT, "it has no meaning"), MESOS(KEPT, "it has no meaning"),
     .doc = "Was once the pod's container; without a meaning."},
    {"resource-sets", MU_FIELD_MAP, MU_FIELD_NOT_RUNNING, POD_ARRAY(resource_sets), .object = &mu_set_object,
     .doc = "Resources by name that tasks use in turn."},
    {"tasks", MU_FIELD_MAP, MU_FIELD_REQUIRED | MU_FIELD_NOT_RUNNING, AT(MuPodDraft, tasks),
     .count = offsetof(MuPodDraft, n_tasks), .max = MU_SPEC_MAX_TASKS_PER_POD, .object = &mu_task_object,
     .doc = "The tasks by name."},
};
const MuObject mu_pod_object = {"pod",
                                sizeof(MuPodDraft),
                                offsetof(MuPodDraft, pod.type),
                                OBJECT(pod_fields),
                                "Tasks that run together on one agent, in one sandbox, as often as count says.",
                                .draft = TRUE};

/* ---- plans --------------------------------------------------------------------------------------------------------- */

static const MuField phase_fields[] = {
    {"strategy", MU_FIELD_WORD, AT(MuPhaseSpec, strategy), .words = phase_words,
     .doc = "In which order steps run; a canary waits for the operator before the first and after it, random "
            "works on one at a time in an order that is drawn for each configuration."},
    {"pod", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuPhaseSpec, pod),
     .doc = "The pod type whose instances the steps are for."},
    {"steps", MU_FIELD_STEPS,
     .doc = "Which tasks are launched together for each instance, as - default: [[a, b], [c]]."},
};
static const MuObject phase_object = {"phase", sizeof(MuPhaseSpec), offsetof(MuPhaseSpec, name), OBJECT(phase_fields),
                                      "Steps for the instances of one pod type."};

static const MuField plan_fields[] = {
    {"strategy", MU_FIELD_WORD, AT(MuPlanSpec, strategy), .words = plan_words,
     .doc = "In which order phases run; random: one at a time, in an order that is drawn for each configuration."},
    {"phases", MU_FIELD_MAP, MU_FIELD_REQUIRED, COUNTED(MuPlanSpec, phases, n_phases), .object = &phase_object,
     .doc = "The phases by name."},
};
static const MuObject plan_object = {"plan", sizeof(MuPlanSpec), offsetof(MuPlanSpec, name), OBJECT(plan_fields),
                                     "Work in an order: deploy and update replace the ones made by default."};

/* ---- the service --------------------------------------------------------------------------------------------------- */

static const MuField scheduler_fields[] = {
    {"principal", MU_FIELD_STRING, AT(MuServiceDraft, service.principal), LOCAL(KEPT, "the local engine asks for none"),
     MESOS(KEPT, "the principal is the scheduler's, which all services share"),
     .doc = "Who the framework is to the cluster."},
    {"zookeeper", MU_FIELD_STRING, AT(MuServiceDraft, service.zookeeper), LOCAL(KEPT, "it is not used"),
     MESOS(KEPT, "it is not used"), .doc = "Kept, and not used."},
    {"user", MU_FIELD_STRING, AT(MuServiceDraft, service.user), .doc = "The user that tasks run as."},
};
static const MuObject scheduler_object = {"scheduler", 0, NO_NAME, OBJECT(scheduler_fields),
                                          "Settings of the service."};

static const MuField quota_fields[] = {
    {"cpus", MU_FIELD_MILLI, AT(MuQuota, cpus_milli), .min = 1, .max = MAX_CPUS_MILLI, .doc = "Cores."},
    {"memory", MU_FIELD_INT, INT_AT(MuQuota, mem_mb), .min = 1, .max = MAX_MB, .doc = "Memory in MB."},
    {"disk", MU_FIELD_INT, INT_AT(MuQuota, disk_mb), .min = 1, .max = MAX_MB, .doc = "Disk space in MB."},
    {"pods", MU_FIELD_INT, INT_AT(MuQuota, pods), .min = 1, .max = G_MAXINT32, .doc = "Pod instances."},
};
static const MuObject quota_object = {
    "quota", sizeof(MuQuota), NO_NAME, OBJECT(quota_fields),
    "What all pods of the service may hold together; what is not given has no limit."};

static const MuField replacement_fields[] = {
    {"permanent-failure-timeout-secs", MU_FIELD_INT, MU_FIELD_REQUIRED,
     INT_AT(MuReplacementPolicy, permanent_failure_timeout_ms), .max = MAX_SECONDS, .scale = 1000,
     .doc = "A pod is replaced when it was lost for so many seconds; 1200 is what dcos-commons takes."},
    {"min-replace-delay-secs", MU_FIELD_INT, MU_FIELD_REQUIRED, INT_AT(MuReplacementPolicy, min_replace_delay_ms),
     .max = MAX_SECONDS, .scale = 1000,
     .doc = "At least so many seconds lie between two such replacements of the service."},
};
static const MuObject replacement_object = {
    "replacement failure policy", sizeof(MuReplacementPolicy), NO_NAME, OBJECT(replacement_fields),
    "When a pod is replaced without an operator. Its volumes are given up by that."};

static const MuField dependency_fields[] = {
    {"service", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuDependency, service), .doc = "The other service's name."},
    {"plan", MU_FIELD_STRING, AT(MuDependency, plan), .excludes = "pod",
     .doc = "A plan of it that must be complete; deploy when neither plan nor pod is given."},
    {"pod", MU_FIELD_STRING, AT(MuDependency, pod),
     .doc = "A pod instance of it, such as node-0, that must run and be ready."},
};
static const MuObject dependency_object = {"dependency", sizeof(MuDependency), NO_NAME, OBJECT(dependency_fields),
                                           "Another service that must be there first."};

static const MuField service_fields[] = {
    {"name", MU_FIELD_STRING, MU_FIELD_REQUIRED, AT(MuServiceDraft, service.name), .doc = "The service's name."},
    {"scheduler", MU_FIELD_GROUP, .count = MU_FIELD_NO_OFFSET, .object = &scheduler_object,
     .doc = "Settings of the service."},
    {"web-url", MU_FIELD_STRING, AT(MuServiceDraft, service.web_url), .doc = "Where the service's own pages are."},
    {"remove-when-finished", MU_FIELD_BOOL, AT(MuServiceDraft, service.remove_when_finished),
     .doc = "The service removes itself when all its tasks have reached FINISH or ONCE."},
    {"priority", MU_FIELD_INT, INT_AT(MuServiceDraft, service.priority), .max = MU_SPEC_MAX_PRIORITY,
     .doc = "The service's share when several wait for offers: each one more doubles it; 0 when not given."},
    {"quota", MU_FIELD_OBJECT, AT(MuServiceDraft, service.quota), .object = &quota_object,
     .doc = "What all pods of the service may hold together."},
    {"replacement-failure-policy", MU_FIELD_OBJECT, AT(MuServiceDraft, service.replacement),
     .object = &replacement_object, .doc = "When a pod is replaced without an operator; without it never."},
    {"depends-on", MU_FIELD_LIST, AT(MuServiceDraft, service.depends_on),
     .count = offsetof(MuServiceDraft, service.n_depends_on), .max = MU_SPEC_MAX_DEPENDENCIES,
     .object = &dependency_object, .doc = "Other services that must be there before this one is deployed."},
    {"pods", MU_FIELD_MAP, MU_FIELD_REQUIRED, AT(MuServiceDraft, pods), .count = offsetof(MuServiceDraft, n_pods),
     .max = MU_SPEC_MAX_POD_TYPES, .object = &mu_pod_object, .doc = "The pods by type."},
    {"plans", MU_FIELD_MAP, COUNTED(MuServiceDraft, service.plans, service.n_plans), .object = &plan_object,
     .doc = "Plans by name; all pods are deployed one after the other when there is no deploy."},
};
const MuObject mu_service_object = {
    "service",    sizeof(MuServiceDraft), offsetof(MuServiceDraft, service.name), OBJECT(service_fields),
    "What runs.", .draft = TRUE};

/* ---- engines ------------------------------------------------------------------------------------------------------- */

static const char *const engine_names[MU_ENGINE_COUNT] = {[MU_ENGINE_LOCAL] = "local", [MU_ENGINE_MESOS] = "mesos"};

const char *mu_engine_column_name(MuEngineColumn column) {
  return engine_names[column];
}

gboolean mu_engine_column_find(const char *name, MuEngineColumn *ret_column) {
  for (guint i = 0; i < MU_ENGINE_COUNT; i++)
    if (strcmp(engine_names[i], name) == 0) {
      *ret_column = i;
      return TRUE;
    }
  return FALSE;
}
