/* The table of commands: the one place where a command, its arguments, its options and their help stand. */
#include "cli_command.h"
#include "cli_commands.h"

#define OPTION(id, ...) static const MuCliOption option_##id = {__VA_ARGS__}
#define OPTIONS(...) ((const MuCliOption *const[]){__VA_ARGS__, NULL})
#define NO_OPTIONS ((const MuCliOption *const[]){NULL})

/* ---- options ----------------------------------------------------------------------------------------------------- */

OPTION(state, "state", 0, MU_CLI_TEXT, 0, "DIR", "the scheduler's state folder; its socket and token are found there");
OPTION(url, "url", 0, MU_CLI_TEXT, 0, "URL", "the scheduler's address, http://HOST:PORT, instead of its unix socket");
OPTION(token_file, "token-file", 0, MU_CLI_TEXT, 0, "FILE", "the token for --url is in this file");
OPTION(json, "json", 0, MU_CLI_FLAG, 0, NULL, "print JSON, for programs to read");
OPTION(help, "help", 'h', MU_CLI_FLAG, 0, NULL, "print help and end");
OPTION(version, "version", 0, MU_CLI_FLAG, 0, NULL, "print the version and end");

OPTION(listen, "listen", 0, MU_CLI_TEXT, 0, "ADDR:PORT",
       "where the API is served (default 127.0.0.1:8640; port 0: a free one)");
OPTION(no_tcp, "no-tcp", 0, MU_CLI_FLAG, 0, NULL, "serve the API only on the unix socket in the state folder");
OPTION(no_exec, "no-exec", 0, MU_CLI_FLAG, 0, NULL, "run no commands of others in tasks (`muster pod exec`)");
OPTION(framework_name, "framework-name", 0, MU_CLI_TEXT, 0, "NAME", "the framework's name (default muster)");
OPTION(engine, "engine", 0, MU_CLI_TEXT, 0, "ENGINE",
       "what runs the tasks: local (this machine; the default) or mesos (a cluster)");
OPTION(agents, "agents", 0, MU_CLI_COUNT, 0, "N",
       "show this machine as N agents that share out its resources (default 1)");
OPTION(cpus, "cpus", 0, MU_CLI_CPUS, 0, "N", "processors to offer (default: what the machine has)");
OPTION(mem, "mem", 0, MU_CLI_SIZE, 0, "SIZE", "memory to offer: 4096, 4G (default: what the machine has)");
OPTION(disk, "disk", 0, MU_CLI_SIZE, 0, "SIZE", "disk to offer: 512M, 20G (default: what is free)");
OPTION(gpus, "gpus", 0, MU_CLI_CPUS, 0, "N", "graphics processors to offer (default: none)");
OPTION(mount, "mount", 0, MU_CLI_TEXT, MU_CLI_MANY, "[N:]PATH[=PROFILE]",
       "a whole disk for volumes of type MOUNT, of agent N (from 0; default 0)");
OPTION(ports, "ports", 0, MU_CLI_TEXT, 0, "RANGES", "ports to offer: 10000-20000,30000-30100");
OPTION(attribute, "attribute", 0, MU_CLI_TEXT, MU_CLI_MANY, "[N:]K=V",
       "an attribute of all agents, or of agent N (from 0)");
OPTION(hostname, "hostname", 0, MU_CLI_TEXT, 0, "NAME", "the agents' hostname (default: the machine's)");
OPTION(
    pid_namespaces, "pid-namespaces", 0, MU_CLI_TEXT, 0, "on|off",
    "whether tasks see no processes but their own, or those of a pod with share-pid-namespace (default: on for root)");
OPTION(seccomp_profiles, "seccomp-profiles", 0, MU_CLI_TEXT, 0, "DIR",
       "where the profiles that seccomp-profile-name names are (\"default\" is built in)");
OPTION(seccomp_default, "seccomp-default", 0, MU_CLI_TEXT, 0, "NAME",
       "the profile of pods that name none and are not seccomp-unconfined (default: none)");
OPTION(master, "master", 0, MU_CLI_TEXT, 0, "ADDRESS",
       "engine mesos: zk://HOST:PORT[,...]/PATH, or http(s)://HOST:PORT[,...]");
OPTION(role, "role", 0, MU_CLI_TEXT, 0, "ROLE", "engine mesos: resources are reserved for it (default NAME-role)");
OPTION(principal, "principal", 0, MU_CLI_TEXT, 0, "PRINCIPAL", "engine mesos: who we are (default NAME-principal)");
OPTION(secret_file, "secret-file", 0, MU_CLI_TEXT, 0, "FILE",
       "engine mesos: the principal's secret (basic authentication); read again when it changes");
OPTION(bearer_file, "bearer-file", 0, MU_CLI_TEXT, 0, "FILE",
       "engine mesos: a token (bearer authentication); read again when it changes");
OPTION(ca_file, "ca-file", 0, MU_CLI_TEXT, 0, "FILE", "engine mesos: authorities that sign the masters' certificates");
OPTION(cert_file, "cert-file", 0, MU_CLI_TEXT, 0, "FILE", "engine mesos: our certificate (needs --key-file)");
OPTION(key_file, "key-file", 0, MU_CLI_TEXT, 0, "FILE", "engine mesos: the key of our certificate");
OPTION(user, "user", 0, MU_CLI_TEXT, 0, "USER", "engine mesos: whom tasks run as when their spec says nothing");
OPTION(failover_timeout, "failover-timeout", 0, MU_CLI_SECONDS, 0, "SECONDS",
       "engine mesos: tasks are kept while the scheduler is away for up to so long (default a week)");
OPTION(refuse, "refuse-offers", 0, MU_CLI_SECONDS, 0, "SECONDS",
       "engine mesos: an offer that no step can use is refused for so long, while some step waits (default 30)");
OPTION(idle_refuse, "refuse-offers-idle", 0, MU_CLI_SECONDS, 0, "SECONDS",
       "engine mesos: ... while none waits (default an hour)");
OPTION(hold, "hold-offers", 0, MU_CLI_SECONDS, 0, "SECONDS",
       "engine mesos: an offer that is not answered within so long is given back (default 60)");
OPTION(webui_url, "webui-url", 0, MU_CLI_TEXT, 0, "URL", "engine mesos: shown by the master's web page");
OPTION(gpu_agents, "gpu-agents", 0, MU_CLI_FLAG, 0, NULL, "engine mesos: take offers of agents that have GPUs");
OPTION(wire_json, "wire-json", 0, MU_CLI_FLAG, 0, NULL,
       "engine mesos: speak JSON instead of protobuf, to be read along");
OPTION(new_framework, "new-framework", 0, MU_CLI_FLAG, 0, NULL,
       "engine mesos: begin under a new framework id, when the master has removed the stored one");
OPTION(enforce_disk, "enforce-disk", 0, MU_CLI_FLAG, 0, NULL,
       "end a task whose volume of type ROOT holds more than its size (measured every 15 s)");
OPTION(max_footprint, "max-footprint", 0, MU_CLI_COUNT, 0, "N",
       "at most N services may reserve more at a time (default: no limit)");
OPTION(max_stored, "max-stored", 0, MU_CLI_SIZE, 0, "SIZE", "what each service may have in the store (default 256M)");
OPTION(mono, "mono", 0, MU_CLI_TEXT, 0, "FILE", "this one service is the whole scheduler");
OPTION(fixed, "service", 0, MU_CLI_TEXT, MU_CLI_MANY, "FILE", "a service of a fixed list");
OPTION(specs, "specs", 0, MU_CLI_TEXT, 0, "DIR", "services can be added by the name of a spec file in this folder");
OPTION(quiet, "quiet", 'q', MU_CLI_FLAG, 0, NULL, "log only warnings and errors");

OPTION(exec_task, "task", 0, MU_CLI_TEXT, 0, "TASK",
       "beside which task of the pod (server); needed when it has several");
OPTION(interactive, "interactive", 'i', MU_CLI_FLAG, 0, NULL, "give the command this standard input");
OPTION(tty, "tty", 't', MU_CLI_FLAG, 0, NULL, "give it a terminal, of this one's kind and size");
OPTION(file, "file", 'f', MU_CLI_TEXT, MU_CLI_REQUIRED, "FILE", "the ServiceSpec; - reads it from standard input");
OPTION(param, "param", 'p', MU_CLI_TEXT, MU_CLI_MANY, "KEY=VALUE",
       "a variable of the template; the strongest source of its value");
OPTION(env_file, "env-file", 0, MU_CLI_TEXT, MU_CLI_MANY, "FILE", "lines KEY=VALUE; stronger than the environment");
OPTION(wait, "wait", 0, MU_CLI_FLAG, 0, NULL, "show the plan advancing, and end when it is complete");
OPTION(strategy, "strategy", 0, MU_CLI_TEXT, 0, "STRATEGY",
       "serial (default), parallel, serial-canary, parallel-canary or random");
OPTION(wait_pod, "wait", 0, MU_CLI_FLAG, 0, NULL, "end when its tasks run again, and are ready");
OPTION(wait_gone, "wait", 0, MU_CLI_FLAG, 0, NULL, "end when nothing is left");
OPTION(timeout, "timeout", 0, MU_CLI_SECONDS, 0, "SECONDS",
       "with --wait: give up after so long, exit 6 (default: never)");
OPTION(
    force, "force", 0, MU_CLI_FLAG, 0, NULL,
    "pass over what keeps the removal: other services that need it, code that has a say in it; else declare its holdouts gone");
OPTION(yes, "yes", 'y', MU_CLI_FLAG, 0, NULL, "do not ask");

OPTION(plan_param, "param", 'p', MU_CLI_TEXT, MU_CLI_MANY, "KEY=VALUE", "a variable for the plan's tasks");
OPTION(follow_plan, "follow", 'f', MU_CLI_FLAG, 0, NULL, "keep showing it as it changes, until Ctrl-C");
OPTION(phase, "phase", 0, MU_CLI_TEXT, 0, "PHASE", "only this phase of the plan");
OPTION(step, "step", 0, MU_CLI_TEXT, 0, "STEP", "only this step of the phase (needs --phase)");

OPTION(config, "config", 0, MU_CLI_TEXT, 0, "ID", "of this configuration (default: the target)");
OPTION(plan, "plan", 0, MU_CLI_TEXT, 0, "PLAN", "only this plan");
OPTION(filter_phase, "phase", 0, MU_CLI_TEXT, 0, "PHASE", "only this phase (needs --plan)");

OPTION(follow_log, "follow", 'f', MU_CLI_FLAG, 0, NULL, "keep printing what is added, until Ctrl-C");
OPTION(only_stdout, "stdout", 0, MU_CLI_FLAG, 0, NULL, "only the task's standard output");
OPTION(only_stderr, "stderr", 0, MU_CLI_FLAG, 0, NULL, "only the task's standard error");
OPTION(tail, "tail", 'n', MU_CLI_COUNT, 0, "LINES", "only the last so many lines");

OPTION(priority, "priority", 0, MU_CLI_TEXT, 0, "N",
       "its share when several services wait for offers: each one more doubles it (0 to 10)");
OPTION(quota, "quota", 0, MU_CLI_TEXT, 0, "LIMITS",
       "what all its pods may hold together: cpus=4,mem=8G,disk=20G,pods=10, or some of these");
OPTION(
    depends_on, "depends-on", 0, MU_CLI_TEXT, MU_CLI_MANY, "SERVICE",
    "deploy it only when this other service is deployed; SERVICE,plan=PLAN or SERVICE,pod=POD: when that is complete, or "
    "ready");

OPTION(dry_run, "dry-run", 0, MU_CLI_FLAG, 0, NULL, "change nothing, and show what would happen");
OPTION(against, "against", 0, MU_CLI_TEXT, 0, "SERVICE", "check also that this running service can be updated to it");
OPTION(warn_engine, "engine", 0, MU_CLI_TEXT, 0, "ENGINE",
       "warn of what this engine leaves out: local, mesos (default local)");
OPTION(compat_engine, "engine", 0, MU_CLI_TEXT, 0, "ENGINE", "only this engine: local, mesos (default: all)");
OPTION(service, "service", 0, MU_CLI_TEXT, 0, "NAME", "only what concerns this service");
OPTION(schema_markdown, "markdown", 0, MU_CLI_FLAG, 0, NULL, "print the reference of docs/spec.md instead");
OPTION(seed, "seed", 0, MU_CLI_TEXT, 0, "N", "the seed of the run, instead of the scenario's own (default 1)");
OPTION(trace, "trace", 0, MU_CLI_FLAG, 0, NULL, "print a line for everything that happens");
OPTION(markdown, "markdown", 0, MU_CLI_FLAG, 0, NULL, "print the reference of docs/cli.md");

static const MuCliOption *const common[] = {
    &option_state, &option_url, &option_token_file, &option_json, &option_help, &option_version, NULL};

#define CONTEXT_OPTIONS &option_param, &option_env_file
#define SETTING_OPTIONS &option_priority, &option_quota, &option_depends_on
#define MACHINE_OPTIONS                                                                                                \
  &option_agents, &option_cpus, &option_mem, &option_disk, &option_gpus, &option_mount, &option_ports,                 \
      &option_attribute, &option_hostname, &option_pid_namespaces, &option_enforce_disk, &option_seccomp_profiles,     \
      &option_seccomp_default
#define MESOS_OPTIONS                                                                                                  \
  &option_master, &option_role, &option_principal, &option_secret_file, &option_bearer_file, &option_ca_file,          \
      &option_cert_file, &option_key_file, &option_user, &option_failover_timeout, &option_refuse,                     \
      &option_idle_refuse, &option_hold, &option_webui_url, &option_gpu_agents, &option_wire_json,                     \
      &option_new_framework
#define TARGET_OPTIONS &option_phase, &option_step
#define FILTER_OPTIONS &option_plan, &option_filter_phase, &option_step

/* ---- texts ------------------------------------------------------------------------------------------------------- */

#define VARIABLES_TEXT                                                                                                 \
  "The template's variables get their values from -p, else from --env-file, else from the environment; only the "      \
  "variables that the template names are sent. Files that the spec names under `configs` are read from the folder "    \
  "of the spec."

#define SETTINGS_TEXT                                                                                                             \
  "--priority, --quota and --depends-on take the place of the spec's keys of these names; an update without them is to what the " \
  "spec says. "

#define STEP_TEXT "Without --phase and --step the whole plan is meant."

#define PAUSE_TEXT                                                                                                       \
  "TASK is a task of the pod, such as server; without one all are meant. A paused task has its sandbox, volumes, ports " \
  "and environment, no health check, and is never ready. It stays paused over restarts, of itself and of the scheduler."

/* ---- commands ---------------------------------------------------------------------------------------------------- */

static const MuCliCommand commands[] = {
    {"serve", "", "Run the scheduler.",
     "State is kept in --state DIR (default: /var/lib/muster for root, else $XDG_STATE_HOME/muster, which is "
     "~/.local/state/muster when not set). The API is served on DIR/muster.sock, and over TCP with the token in "
     "DIR/token. When it is ready, one line with both is printed. SIGTERM and Ctrl-C end the scheduler and leave the "
     "tasks running: the next start adopts them.\n\n"
     "Services are added while it runs, unless --service names the files of all there are (one that the list has no more "
     "is removed at the next start), or --mono that of a single one, which is then the whole framework: it gives it its "
     "name, has its API at /v1/plans and so on, and ends with it. A file with faults keeps the scheduler from starting; "
     "a change that is not allowed is told, and the service goes on as it was. With --specs services can be added by the "
     "name of a file, POST /v1/multi/NAME?yaml=FILE. " VARIABLES_TEXT,
     OPTIONS(&option_listen, &option_no_tcp, &option_no_exec, &option_framework_name, &option_engine, MACHINE_OPTIONS,
             MESOS_OPTIONS, &option_max_footprint, &option_max_stored, &option_mono, &option_fixed, &option_specs,
             CONTEXT_OPTIONS, &option_quiet),
     mu_cli_serve, "muster serve --state ./state --listen 127.0.0.1:0 --agents 2"},
    {"run", "FILE", "Run one service in the foreground, with throw-away state.",
     "A scheduler of its own deploys the service and prints what its tasks print, each line after the task's name. "
     "Ctrl-C takes everything down; a second one does not wait for the tasks to end by themselves. A service whose "
     "tasks all have the goals FINISH or ONCE ends the command when they are done. " VARIABLES_TEXT,
     OPTIONS(CONTEXT_OPTIONS, MACHINE_OPTIONS), mu_cli_run, "muster run examples/hello/svc.yml"},
    {"validate", "FILE", "Check a ServiceSpec; needs no scheduler.",
     "With --against the scheduler is asked as well whether a service that it has could be updated to it. " VARIABLES_TEXT,
     OPTIONS(CONTEXT_OPTIONS, &option_warn_engine, &option_against), mu_cli_validate,
     "muster validate svc.yml --env-file svc.env"},
    {"check-compat", "FILE", "Tell for each field of a ServiceSpec what each engine does with it; needs no scheduler.",
     "A field is honoured (perhaps on a condition that is named), kept (nothing need be done for it), ignored, lacking on all "
     "agents so that the pod waits, or refused. Ends with exit code 1 when an engine refuses the spec. " VARIABLES_TEXT,
     OPTIONS(&option_compat_engine, CONTEXT_OPTIONS), mu_cli_check_compat,
     "muster check-compat svc.yml --engine local"},
    {"render", "FILE", "Print a ServiceSpec with its variables replaced; needs no scheduler.", VARIABLES_TEXT,
     OPTIONS(CONTEXT_OPTIONS), mu_cli_render, "muster render svc.yml -p COUNT=3"},
    {"schema", "[FIELD]",
     "Explain a field of the ServiceSpec, or print its JSON Schema for editors; needs no scheduler.",
     "With FIELD, keys with dots as pods.tasks.cpus, it tells what the field means, what it may be, and what each engine does "
     "with it. Without one it prints the schema. This describes the spec after its template was rendered; where a value is a variable, write it in quotes, so that the "
     "editor sees a text: count: '{{COUNT}}'. Lines with sections are no YAML and are not understood by editors.",
     OPTIONS(&option_schema_markdown), mu_cli_schema, "muster schema pods.tasks.health-check"},

    {"simulate", "FILE...", "Run scenarios on a virtual cluster in virtual time; needs no scheduler.",
     "A scenario is a short text that makes agents, adds services, breaks things and says what must come of it; "
     "docs/simulator.md has the language. Specs that it names are read from its own folder. The command succeeds when "
     "all expectations of all files hold, ends with exit code 1 when one does not, and with 3 when a file cannot be "
     "understood. " VARIABLES_TEXT,
     OPTIONS(&option_trace, &option_seed, CONTEXT_OPTIONS), mu_cli_simulate,
     "muster simulate examples/scenarios/hello.scn"},

    {"service add", "NAME", "Add a service.",
     "Adding the same again is a success and changes nothing; a different one of that name is a conflict (exit 5): use "
     "`muster service update`. " SETTINGS_TEXT VARIABLES_TEXT,
     OPTIONS(&option_file, CONTEXT_OPTIONS, SETTING_OPTIONS, &option_wait, &option_timeout), mu_cli_service_add,
     "muster service add hello -f examples/hello/svc.yml -p HELLO_COUNT=2 --wait"},
    {"service update", "NAME", "Reconfigure a service: only the pods that changed move.",
     "With --dry-run nothing is changed: the scheduler says which fields differ, which tasks it would restart and why, in "
     "which order, and which would run on. " SETTINGS_TEXT VARIABLES_TEXT,
     OPTIONS(&option_file, CONTEXT_OPTIONS, SETTING_OPTIONS, &option_dry_run, &option_wait, &option_timeout),
     mu_cli_service_update, "muster service update hello -f examples/hello/svc.yml -p WORLD_COUNT=3 --wait"},
    {"service list", "", "List the services.", NULL, NO_OPTIONS, mu_cli_service_list, NULL},
    {"service show", "NAME", "Show one service.", NULL, NO_OPTIONS, mu_cli_service_show, NULL},
    {"service history", "NAME", "List the configurations that a service can go back to, the newest first.", NULL,
     NO_OPTIONS, mu_cli_service_history, NULL},
    {"service rollback", "NAME [CONFIGURATION]", "Go back to an earlier configuration.",
     "CONFIGURATION is its id, the beginning of it, or its version; without one it is the one before. It is an update as any "
     "other, to the definition of then: what may not be changed is refused, and only the pods that differ move.",
     OPTIONS(&option_wait, &option_timeout), mu_cli_service_rollback, "muster service rollback redis --wait"},
    {"service restart", "NAME", "Restart every pod where it is, one after another, without a change of the spec.",
     "The next pod is restarted when the one before runs well. It is the plan rolling-restart, which can be interrupted "
     "and continued; the pods keep their resources and the configuration that they run with. A canary waits for `muster "
     "plan continue` before the first pod of each type and after it.",
     OPTIONS(&option_strategy, &option_wait, &option_timeout), mu_cli_service_restart,
     "muster service restart redis --wait"},
    {"service remove", "NAME", "Remove a service: its tasks, volumes and state.",
     "The removal goes on in the scheduler; --wait shows it and ends when nothing is left.",
     OPTIONS(&option_wait_gone, &option_timeout, &option_force), mu_cli_service_remove,
     "muster service remove hello --wait"},

    {"plan list", "SERVICE", "List the plans of a service.", NULL, NO_OPTIONS, mu_cli_plan_list, NULL},
    {"plan show", "SERVICE [PLAN]", "Show a plan as a tree of phases and steps.",
     "Without PLAN it is the one that the service is deployed by.", OPTIONS(&option_follow_plan), mu_cli_plan_show,
     "muster plan show redis deploy --follow"},
    {"plan start", "SERVICE PLAN", "Begin a plan, or begin it anew when it is complete.",
     "The parameters get into the environment of the tasks that the plan launches. They are kept until the plan is started "
     "with others.",
     OPTIONS(&option_plan_param, &option_wait, &option_timeout), mu_cli_plan_start,
     "muster plan start db backup -p BUCKET=nightly"},
    {"plan stop", "SERVICE PLAN", "Interrupt a plan and set it back to its beginning: its tasks are ended.", NULL,
     NO_OPTIONS, mu_cli_plan_stop, NULL},
    {"plan interrupt", "SERVICE PLAN", "Begin no further step.", STEP_TEXT, OPTIONS(TARGET_OPTIONS),
     mu_cli_plan_interrupt, NULL},
    {"plan continue", "SERVICE PLAN", "Go on after an interrupt.", STEP_TEXT,
     OPTIONS(TARGET_OPTIONS, &option_wait, &option_timeout), mu_cli_plan_continue, NULL},
    {"plan force-complete", "SERVICE PLAN", "Take the steps for complete, whatever they are.", STEP_TEXT,
     OPTIONS(TARGET_OPTIONS), mu_cli_plan_force_complete, NULL},
    {"plan restart", "SERVICE PLAN", "Begin the steps anew.", STEP_TEXT,
     OPTIONS(TARGET_OPTIONS, &option_wait, &option_timeout), mu_cli_plan_restart,
     "muster plan restart redis deploy --phase replica"},

    {"pod list", "SERVICE", "List the pods of a service.", NULL, NO_OPTIONS, mu_cli_pod_list, NULL},
    {"pod status", "SERVICE [POD]", "Show the pods and their tasks as a tree, and why a pod waits.", NULL, NO_OPTIONS,
     mu_cli_pod_status, "muster pod status redis replica-1"},
    {"pod info", "SERVICE POD", "Print all that is known of a pod's tasks, as JSON.", NULL, NO_OPTIONS, mu_cli_pod_info,
     NULL},
    {"pod restart", "SERVICE POD", "Restart a pod's tasks where they are, on their volumes.", NULL,
     OPTIONS(&option_wait_pod, &option_timeout), mu_cli_pod_restart, NULL},
    {"pod replace", "SERVICE POD", "Destroy a pod with its volumes and start it anew anywhere.", NULL,
     OPTIONS(&option_wait_pod, &option_timeout), mu_cli_pod_replace, NULL},
    {"pod decommission", "SERVICE POD", "Give up one pod with its volumes, for good.",
     "The pod's spec needs allow-decommission. Updates, recovery and restarts of the scheduler do not bring it back; `muster "
     "pod recommission` does. An update to a count without its index forgets it.",
     NO_OPTIONS, mu_cli_pod_decommission, "muster pod decommission redis replica-1"},
    {"pod recommission", "SERVICE POD", "Bring a decommissioned pod back, anew.", NULL, NO_OPTIONS,
     mu_cli_pod_recommission, NULL},
    {"pod exec", "SERVICE POD COMMAND...",
     "Run a command beside a pod's task: in its sandbox, as its user, with its environment.",
     "Put `--` before the command. The exit status is the command's, or 128 and the number of the signal that ended it. The command "
     "ends with this one. -t is for terminals: `muster pod exec -it redis primary-0 -- sh`.",
     OPTIONS(&option_exec_task, &option_interactive, &option_tty), mu_cli_pod_exec,
     "muster pod exec redis primary-0 -- ls -l"},
    {"pod pause", "SERVICE POD [TASK]...", "Run an idle command in place of the pod's tasks, to look around in them.",
     PAUSE_TEXT, NO_OPTIONS, mu_cli_pod_pause, "muster pod pause redis replica-1 server"},
    {"pod resume", "SERVICE POD [TASK]...", "Let paused tasks run again.", PAUSE_TEXT, NO_OPTIONS, mu_cli_pod_resume,
     NULL},

    {"config list", "SERVICE", "List the configurations of a service.", NULL, NO_OPTIONS, mu_cli_config_list, NULL},
    {"config show", "SERVICE [ID]", "Print a configuration as JSON.", "Without ID it is the target.", NO_OPTIONS,
     mu_cli_config_show, NULL},
    {"config target", "SERVICE", "Print the id of the target configuration.", NULL, NO_OPTIONS, mu_cli_config_target,
     NULL},
    {"config template", "SERVICE POD-TYPE TASK CONFIG", "Print a config template as the tasks get it, not rendered.",
     "Without --config it is that of the target configuration.", OPTIONS(&option_config), mu_cli_config_template,
     "muster config template kafka broker server server-properties"},

    {"endpoints", "SERVICE [ENDPOINT]", "Show where a service is reached: the ports that it advertises.", NULL,
     NO_OPTIONS, mu_cli_endpoints, "muster endpoints redis"},

    {"state framework-id", "", "Print the framework's id.", NULL, NO_OPTIONS, mu_cli_state_framework_id, NULL},
    {"state engine", "", "Show the engine's agents and what they have free.", NULL, NO_OPTIONS, mu_cli_state_engine,
     NULL},
    {"state properties", "SERVICE", "List the properties of a service.", NULL, NO_OPTIONS, mu_cli_state_properties,
     NULL},
    {"state property", "SERVICE KEY", "Print a property.", NULL, NO_OPTIONS, mu_cli_state_property, NULL},
    {"state files", "SERVICE", "List the files that are kept with a service.", NULL, NO_OPTIONS, mu_cli_state_files,
     NULL},
    {"state file", "SERVICE NAME", "Print a file that is kept with a service.", NULL, NO_OPTIONS, mu_cli_state_file,
     NULL},
    {"state put-file", "SERVICE NAME FILE", "Keep a file with a service: UTF-8, at most 64 KiB.", NULL, NO_OPTIONS,
     mu_cli_state_put_file, NULL},
    {"state zones", "SERVICE", "Show the zones of the tasks.", NULL, NO_OPTIONS, mu_cli_state_zones, NULL},

    {"debug offers", "SERVICE", "Show what became of the last offers.", NULL, OPTIONS(FILTER_OPTIONS),
     mu_cli_debug_offers, NULL},
    {"debug plans", "SERVICE", "Show all plans as trees.", NULL, OPTIONS(FILTER_OPTIONS), mu_cli_debug_plans, NULL},
    {"debug statuses", "SERVICE", "Show the tasks of every step.", NULL, OPTIONS(FILTER_OPTIONS), mu_cli_debug_statuses,
     NULL},
    {"debug reservations", "SERVICE", "Show the reservations by agent.", NULL, OPTIONS(FILTER_OPTIONS),
     mu_cli_debug_reservations, NULL},

    {"why", "SERVICE[/POD] [POD]", "Tell what a service waits for, since when, and what to do.",
     "Every step that is not complete says what it waits for: an offer (with what each stage of the evaluation refused, "
     "and the numbers), an older task, a backoff, a check, an operator, another step, an agent, its turn, the engine, or "
     "the store.",
     NO_OPTIONS, mu_cli_why, "muster why redis/replica-1"},

    {"secret put", "NAME [FILE]", "Put a secret for tasks to use, or change it.",
     "The value is the content of FILE, or what is read from standard input; on a terminal it is asked for, and not shown. "
     "NAME is a path: a service may use the secrets of the folders that its own name lies in, and those in no folder. "
     "Tasks see a change when they are started next: `muster pod restart`.",
     NO_OPTIONS, mu_cli_secret_put, "muster secret put team/db/password password.txt"},
    {"secret list", "", "List the names of the secrets.", "No command shows a value.", NO_OPTIONS, mu_cli_secret_list,
     NULL},
    {"secret remove", "NAME", "Remove a secret; tasks that have it keep it until they end.", NULL, NO_OPTIONS,
     mu_cli_secret_remove, NULL},
    {"tls ca", "", "Print the certificate of the authority that signs those of tasks, as PEM.",
     "Clients that trust it can verify tasks with `transport-encryption`.", NO_OPTIONS, mu_cli_tls_ca,
     "muster tls ca > ca.pem"},

    {"logs", "SERVICE TASK", "Print what a task printed.",
     "TASK is a task's name (hello-0-server), or its pod's (hello-0) when it has one task. The task's standard output "
     "goes to standard output and its standard error to standard error; one asked for alone goes to standard output.",
     OPTIONS(&option_follow_log, &option_only_stdout, &option_only_stderr, &option_tail), mu_cli_logs,
     "muster logs redis primary-0-server -f"},
    {"events", "", "Print what happens, as it happens, until Ctrl-C.", NULL, OPTIONS(&option_service), mu_cli_events,
     "muster events --service redis --json"},
    {"health", "", "Tell whether the scheduler is well; exit 1 when it is not.", NULL, NO_OPTIONS, mu_cli_health, NULL},
    {"uninstall", "", "Remove all services and end the scheduler; a next start begins from nothing.",
     "Asks first on a terminal; elsewhere --yes is needed.", OPTIONS(&option_yes, &option_wait_gone, &option_timeout),
     mu_cli_uninstall, "muster uninstall --yes --wait"},

    {"completion", "SHELL [LINE]", "Print the completion script for a shell: bash, zsh, fish.",
     "The packages put the scripts where the shells find them; else: source <(muster completion bash). The scripts hand the "
     "line to `muster completion words -- LINE`, which prints the words that fit, one a line: commands, options, and the "
     "names of services, plans, pods, tasks and so on that the running scheduler has.",
     NO_OPTIONS, mu_cli_completion, "muster completion bash"},
    {"version", "", "Print the version.", NULL, NO_OPTIONS, mu_cli_version, NULL},
    {"help", "[COMMAND]...", "Print help: of a command, or on `exit-codes`, `environment`.", NULL,
     OPTIONS(&option_markdown), mu_cli_help, "muster help service add"},
};

const MuCliCommand *mu_cli_commands(gsize *ret_n) {
  *ret_n = G_N_ELEMENTS(commands);
  return commands;
}

const MuCliOption *const *mu_cli_common_options(void) {
  return common;
}
