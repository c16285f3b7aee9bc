/* The ServiceSpec: what a service is. Read from YAML (mu_service_spec_parse) or from its canonical JSON. Immutable once
 * made and reference-counted; every string and array in it lives in the spec's own arena.
 * Meaning of the fields: docs/spec.md; the language is the one of dcos-commons' yaml-reference.md. */
#ifndef MUSTER_SPEC_H
#define MUSTER_SPEC_H

#include <glib.h>

G_BEGIN_DECLS

/* Limits on what a spec may ask for. */
#define MU_SPEC_MAX_BYTES (8u * 1024 * 1024) /* of the YAML text after rendering */
#define MU_SPEC_MAX_NAME 63                  /* of a pod type, task, port, plan, phase: bytes */
#define MU_SPEC_MAX_SERVICE_NAME 200
#define MU_SPEC_MAX_POD_TYPES 10000
#define MU_SPEC_MAX_POD_COUNT 10000
#define MU_SPEC_MAX_INSTANCES 100000 /* of all pod types together */
#define MU_SPEC_MAX_TASKS_PER_POD 64
#define MU_SPEC_MAX_DEPENDENCIES 64
#define MU_SPEC_MAX_PRIORITY 10

typedef enum {
  MU_GOAL_RUNNING, /* runs for ever; restarted when it ends */
  MU_GOAL_FINISH,  /* runs until exit 0 once per configuration */
  MU_GOAL_ONCE,    /* runs until exit 0 once, even when the configuration changes */
} MuGoal;

typedef enum {
  MU_VOLUME_ROOT,  /* space of the agent's root disk */
  MU_VOLUME_MOUNT, /* a whole disk of its own */
} MuVolumeType;

typedef enum {
  MU_STRATEGY_SERIAL,
  MU_STRATEGY_PARALLEL,
  MU_STRATEGY_SERIAL_CANARY,
  MU_STRATEGY_PARALLEL_CANARY,
  MU_STRATEGY_RANDOM, /* one at a time, in an order that is drawn anew for each configuration */
} MuStrategyKind;

typedef struct {
  const char *key;
  const char *value;
} MuKeyValue;

typedef struct {
  const char *path; /* relative to the sandbox */
  MuVolumeType type;
  gint64 size_mb;
  const char **profiles; /* NULL-terminated or NULL; MOUNT only */
} MuVolumeSpec;

typedef struct {
  guint16 begin, end; /* inclusive */
} MuPortRange;

typedef struct {
  const char *name;
  guint16 port;        /* 0: any free one is chosen, and kept for the pod's life */
  const char *env_key; /* NULL: PORT_<NAME> */
  gboolean advertise;  /* shown by the endpoints */
  gboolean has_vip;
  const char *vip_prefix; /* with a vip; the port's name when the author gave none */
  guint16 vip_port;
  MuPortRange *ranges; /* dynamic port only from these; n_ranges 0: any */
  guint n_ranges;
} MuPortSpec;

/* What one task, or several tasks of a pod in turn, may use. A task with resources of its own gets a set named
 * `<task>-resource-set`. */
typedef struct {
  const char *id;
  gint64 cpus_milli;
  gint64 mem_mb;
  gint64 gpus_milli;
  gint64 limit_cpus_milli; /* resource-limits: 0 none given, -1 unlimited */
  gint64 limit_mem_mb;     /* likewise */
  MuPortSpec *ports;
  guint n_ports;
  MuVolumeSpec *volumes;
  guint n_volumes;
  gboolean of_task; /* resources of one task's own, not a set that the author named */
} MuResourceSet;

typedef struct {
  const char *name;
  const char *template_path; /* as the author wrote it, relative to the spec's file */
  const char *template_text; /* the template itself, not rendered: it is rendered in the task */
  const char *dest;          /* relative to the sandbox */
} MuConfigFile;

typedef struct {
  const char *cmd;
  gint64 interval_s;
  gint64 grace_period_s; /* health check only */
  gint64 delay_s;
  gint64 timeout_s;              /* 0: no limit */
  gint max_consecutive_failures; /* health check only */
} MuCheckSpec;

typedef struct {
  const char *name;  /* RLIMIT_… */
  gint64 soft, hard; /* -1: unlimited */
} MuRlimit;

typedef struct {
  const char *name; /* container network, e.g. dcos */
  const int *host_ports, *container_ports;
  guint n_host_ports, n_container_ports;
  MuKeyValue *labels;
  guint n_labels;
} MuNetworkSpec;

typedef struct {
  const char *host_path, *container_path;
  gboolean read_only;
} MuHostVolumeSpec;

typedef struct {
  const char *type, *volume_name, *volume_mode, *driver_name, *driver_options, *container_path;
} MuExternalVolumeSpec;

typedef struct {
  const char *name, *secret;
  const char *env_key, *file; /* NULL: not wanted; never both: `file` is then the secret's path */
} MuSecretSpec;

typedef struct {
  const char *name;
  gboolean keystore; /* type KEYSTORE, else TLS (PEM) */
} MuTlsSpec;

typedef struct {
  const char *name;
  MuGoal goal;
  gboolean essential; /* its failure takes the whole pod with it; default TRUE */
  const char *cmd;
  MuKeyValue *env;
  guint n_env;
  MuConfigFile *configs;
  guint n_configs;
  MuCheckSpec *health_check;    /* NULL: none */
  MuCheckSpec *readiness_check; /* NULL: none */
  gint64 kill_grace_ms;         /* between SIGTERM and SIGKILL; kill-grace-period, seconds in YAML */
  guint resource_set;           /* index in the pod's resource_sets */
  MuKeyValue *labels;
  guint n_labels;
  const char *discovery_prefix;     /* NULL: none */
  const char *discovery_visibility; /* NULL: CLUSTER */
  MuTlsSpec *tls;
  guint n_tls;
  const char *ipc_mode; /* NULL, PRIVATE, SHARE_PARENT */
  gint64 shm_size_mb;   /* 0: not given */
} MuTaskSpec;

/* A placement rule as a tree; read from Marathon constraints (JSON or the comma form) or made by code. */
typedef enum {
  MU_RULE_ANY,      /* always passes */
  MU_RULE_AND,      /* all children */
  MU_RULE_OR,       /* one child */
  MU_RULE_NOT,      /* the child refuses */
  MU_RULE_UNIQUE,   /* at most one instance of the pod type for each value of `field` */
  MU_RULE_CLUSTER,  /* all instances of the pod type at one value; at `value` when given */
  MU_RULE_GROUP_BY, /* spread evenly over the values of `field`; `count` values expected when given */
  MU_RULE_LIKE,     /* the field's value matches the regular expression `value` */
  MU_RULE_UNLIKE,   /* … does not match */
  MU_RULE_MAX_PER,  /* at most `count` instances of the pod type for each value of `field` */
  MU_RULE_IS,       /* the field's value is `value` */
  MU_RULE_COLOCATE, /* only on agents that have an instance of pod type `value` of this service */
  MU_RULE_AVOID,    /* only on agents that have none */
} MuRuleKind;

typedef struct MuPlacementRule {
  MuRuleKind kind;
  const char *field; /* "hostname", "@region", "@zone" or an agent attribute's name; NULL for AND, OR, NOT, … */
  const char *value; /* operator's parameter, or NULL */
  int count;         /* MAX_PER, GROUP_BY; 0 not given */
  struct MuPlacementRule **children;
  guint n_children;
} MuPlacementRule;

typedef struct {
  const char *type;
  gint64 count;
  gboolean allow_decommission;
  gboolean share_pid_namespace;
  const char *image;             /* NULL: none */
  const char *pre_reserved_role; /* NULL: none */
  MuPlacementRule *placement;    /* NULL: any */
  const char *placement_text;    /* as written, for display and comparison; NULL when none */
  MuRlimit *rlimits;
  guint n_rlimits;
  const char **uris;     /* NULL-terminated or NULL */
  MuVolumeSpec *volumes; /* pod-level volumes, shared by its tasks */
  guint n_volumes;
  MuResourceSet *resource_sets;
  guint n_resource_sets;
  MuTaskSpec *tasks;
  guint n_tasks;
  MuNetworkSpec *networks;
  guint n_networks;
  MuHostVolumeSpec *host_volumes;
  guint n_host_volumes;
  MuExternalVolumeSpec *external_volumes;
  guint n_external_volumes;
  MuSecretSpec *secrets;
  guint n_secrets;
  gboolean seccomp_unconfined;
  const char *seccomp_profile; /* NULL: none given */
  const char *ipc_mode;        /* NULL: not given */
  gint64 shm_size_mb;          /* 0: not given */
} MuPodSpec;

/* One step of a phase: tasks of one pod instance launched together. */
typedef struct {
  guint index;        /* pod instance */
  const char **tasks; /* NULL-terminated */
} MuStepSpec;

typedef struct {
  const char *name;
  const char *pod; /* pod type */
  MuStrategyKind strategy;
  gboolean explicit_steps; /* FALSE: one step an instance with all tasks of the pod */
  MuStepSpec *steps;       /* when explicit: for every instance in order, `default` already expanded */
  guint n_steps;
} MuPhaseSpec;

typedef struct {
  const char *name;
  MuStrategyKind strategy;
  MuPhaseSpec *phases;
  guint n_phases;
} MuPlanSpec;

/* What all pods of a service may hold together, wherever they are; 0: no limit on it. */
typedef struct {
  gint64 cpus_milli, mem_mb, disk_mb;
  gint64 pods; /* instances */
} MuQuota;

/* Another service that must be there before this one is deployed. */
typedef struct {
  const char *service;
  const char *plan; /* it must be complete; NULL: that is not asked for */
  const char *pod;  /* this instance must run and be ready; NULL: that is not asked for. Neither: the plan "deploy" */
} MuDependency;

/* When a pod is replaced without an operator: destructive, since its volumes are given up. */
typedef struct {
  gint64 permanent_failure_timeout_ms; /* it was lost for so long */
  gint64 min_replace_delay_ms;         /* so long between two of a service */
} MuReplacementPolicy;

typedef struct MuServiceSpec {
  const char *name;
  const char *user;      /* scheduler.user: default user of the tasks; NULL: the engine's */
  const char *principal; /* scheduler.principal, or NULL */
  const char *zookeeper; /* scheduler.zookeeper: kept, not used */
  const char *web_url;
  MuPodSpec *pods;
  guint n_pods;
  MuPlanSpec *plans;
  guint n_plans;
  guint priority; /* of its share of the offers: 0 to MU_SPEC_MAX_PRIORITY; each one more doubles it */
  MuReplacementPolicy *replacement; /* NULL: only operators replace */
  MuQuota *quota;                   /* NULL: none */
  MuDependency *depends_on;         /* the deployment waits for all of them */
  guint n_depends_on;
  gboolean remove_when_finished; /* `remove-when-finished: true`: the service removes itself when all goals are done */
} MuServiceSpec;

typedef struct {
  const char *name;         /* file name in messages; NULL: "svc.yml" */
  const char *service_name; /* not NULL: takes the place of the name in the YAML */
  /* Values of the template's variables, string to string; NULL: none. Borrowed for the call. Those named TASKCFG_ALL_<KEY> and
   * TASKCFG_<POD>_<KEY> are put into the tasks' environment as <KEY>. */
  GHashTable *variables;
  /* The text of a config template file that the spec names, by its path as written: string to GBytes. NULL: none, and a
   * spec with `configs` is refused, naming the file. Borrowed. */
  GHashTable *files;
  /* A JSON object whose members `priority`, `quota` and `depends-on` take the place of those in the YAML; NULL: none.
   * Borrowed. */
  const char *settings;
} MuSpecInput;

/* Renders the Mustache template, reads the YAML and validates the spec. On failure the error (MU_ERROR_REFUSED) lists all
 * faults found, one a line as `file:line:column: what; what was expected`, and NULL is returned. The caller owns a
 * reference. Opens no file. */
MuServiceSpec *mu_service_spec_parse(const char *yaml, gsize length, const MuSpecInput *input, GError **error);
/* Only the rendering; the caller frees the text. */
char *mu_service_spec_render(const char *yaml, gsize length, const MuSpecInput *input, GError **error);

/* Canonical JSON: the same spec gives the same bytes; fields with their default value are left out; names as in YAML.
 * The caller frees. */
char *mu_service_spec_to_json(const MuServiceSpec *spec);
/* Reads canonical JSON back. `mu_service_spec_to_json` of the result gives the same bytes. */
MuServiceSpec *mu_service_spec_from_json(const char *json, gsize length, GError **error);

MuServiceSpec *mu_service_spec_ref(MuServiceSpec *spec);
void mu_service_spec_unref(MuServiceSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuServiceSpec, mu_service_spec_unref)

/* The pod of this type, or NULL; the task of this name in the pod, or NULL. Borrowed from the spec. */
const MuPodSpec *mu_service_spec_pod(const MuServiceSpec *spec, const char *type);
const MuTaskSpec *mu_pod_spec_task(const MuPodSpec *pod, const char *name);

const char *mu_goal_to_string(MuGoal goal);             /* "RUNNING", … */
const char *mu_strategy_to_string(MuStrategyKind kind); /* "serial", … */
/* FALSE: no strategy has this name; `ret` is untouched. */
gboolean mu_strategy_parse(const char *name, MuStrategyKind *ret);

G_END_DECLS
#endif
