#include "exec_seccomp.h"
#include "json.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <muster/error.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEFAULT_ERRNO EPERM
#define MAX_ARGS 6
#define MAX_PROGRAM 4096 /* instructions: the kernel's limit, BPF_MAXINSNS */

struct MuExecFilter {
  struct sock_fprog program;
};

typedef struct {
  scmp_filter_ctx context;
  guint32 default_action;
  gboolean has_caps;
} Compiler;

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean refuse(GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "seccomp profile: %s", text);
  return FALSE;
}

/* ---- words --------------------------------------------------------------------------------------------------------- */

/* The default action's own errno is not given by it. */
static gboolean read_action(const json_t *object, const char *key, const char *errno_key, guint32 *ret_action,
                            GError **error) {
  static const struct {
    const char *name;
    guint32 action;
  } actions[] = {{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
                 {"SCMP_ACT_LOG", SCMP_ACT_LOG},
                 {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
                 {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
                 {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
                 {"SCMP_ACT_TRAP", SCMP_ACT_TRAP}};
  const char *name = NULL;
  gint64 number = DEFAULT_ERRNO;
  if (!mu_json_get_string(object, key, TRUE, &name, error) ||
      !mu_json_get_int_between(object, errno_key, FALSE, 0, 4095, &number, error))
    return FALSE;
  if (g_str_equal(name, "SCMP_ACT_ERRNO")) {
    *ret_action = SCMP_ACT_ERRNO((guint32)number);
    return TRUE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(actions); i++)
    if (g_str_equal(name, actions[i].name)) {
      *ret_action = actions[i].action;
      return TRUE;
    }
  return refuse(error, "\"%s\" is \"%s\"; expected SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, …", key, name);
}

static gboolean read_comparison(const char *name, enum scmp_compare *ret_op) {
  static const char *const names[] = {[SCMP_CMP_NE] = "SCMP_CMP_NE",
                                      [SCMP_CMP_LT] = "SCMP_CMP_LT",
                                      [SCMP_CMP_LE] = "SCMP_CMP_LE",
                                      [SCMP_CMP_EQ] = "SCMP_CMP_EQ",
                                      [SCMP_CMP_GE] = "SCMP_CMP_GE",
                                      [SCMP_CMP_GT] = "SCMP_CMP_GT",
                                      [SCMP_CMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ"};
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_strcmp0(name, names[i]) == 0) {
      *ret_op = (enum scmp_compare)i;
      return TRUE;
    }
  return FALSE;
}

/* As Go and so Docker names it, for `includes`; libseccomp's own name for archMap. */
static const char *native_arch(gboolean of_seccomp) {
  static const struct {
    guint32 arch;
    const char *go, *seccomp;
  } names[] = {{SCMP_ARCH_X86_64, "amd64", "SCMP_ARCH_X86_64"},
               {SCMP_ARCH_AARCH64, "arm64", "SCMP_ARCH_AARCH64"},
               {SCMP_ARCH_ARM, "arm", "SCMP_ARCH_ARM"},
               {SCMP_ARCH_X86, "386", "SCMP_ARCH_X86"},
               {SCMP_ARCH_PPC64LE, "ppc64le", "SCMP_ARCH_PPC64LE"},
               {SCMP_ARCH_S390X, "s390x", "SCMP_ARCH_S390X"},
               {SCMP_ARCH_RISCV64, "riscv64", "SCMP_ARCH_RISCV64"}};
  guint32 native = seccomp_arch_native();
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    if (names[i].arch == native)
      return of_seccomp ? names[i].seccomp : names[i].go;
  return "";
}

/* ---- architectures --------------------------------------------------------------------------------------------------- */

static void add_arch(const Compiler *compiler, const char *name) {
  g_autofree char *lower =
      name && g_str_has_prefix(name, "SCMP_ARCH_") ? g_ascii_strdown(name + strlen("SCMP_ARCH_"), -1) : g_strdup("");
  guint32 arch = seccomp_arch_resolve_name(lower);
  if (arch != 0)
    seccomp_arch_add(compiler->context, arch); /* it may be there already */
}

static void add_arches(const Compiler *compiler, const json_t *list) {
  gsize i;
  json_t *name;
  json_array_foreach (list, i, name)
    add_arch(compiler, json_string_value(name));
}

static void add_all_arches(const Compiler *compiler, const json_t *profile) {
  add_arches(compiler, json_object_get(profile, "architectures"));
  gsize i;
  json_t *row;
  json_array_foreach (json_object_get(profile, "archMap"), i, row)
    if (g_strcmp0(json_string_value(json_object_get(row, "architecture")), native_arch(TRUE)) == 0)
      add_arches(compiler, json_object_get(row, "subArchitectures"));
}

/* ---- conditions of a rule -------------------------------------------------------------------------------------------- */

static gboolean has_word(const json_t *list, const char *word) {
  gsize i;
  json_t *item;
  json_array_foreach (list, i, item)
    if (g_strcmp0(json_string_value(item), word) == 0)
      return TRUE;
  return FALSE;
}

static gboolean kernel_is_at_least(const char *wanted) {
  struct utsname name;
  guint have[2] = {0, 0}, want[2] = {0, 0};
  if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &have[0], &have[1]) < 1 ||
      sscanf(wanted, "%u.%u", &want[0], &want[1]) < 1)
    return FALSE;
  return have[0] != want[0] ? have[0] > want[0] : have[1] >= want[1];
}

/* `includes` must all hold; of `excludes` none may. */
static gboolean applies(const Compiler *compiler, const json_t *rule) {
  const json_t *with = json_object_get(rule, "includes"), *without = json_object_get(rule, "excludes");
  const json_t *arches = json_object_get(with, "arches");
  const char *kernel = json_string_value(json_object_get(with, "minKernel"));
  const char *too_new = json_string_value(json_object_get(without, "minKernel"));
  if (json_array_size(json_object_get(with, "caps")) > 0 && !compiler->has_caps)
    return FALSE;
  if (json_array_size(arches) > 0 && !has_word(arches, native_arch(FALSE)))
    return FALSE;
  if (kernel && !kernel_is_at_least(kernel))
    return FALSE;
  if (json_array_size(json_object_get(without, "caps")) > 0 && compiler->has_caps)
    return FALSE;
  return !has_word(json_object_get(without, "arches"), native_arch(FALSE)) && !(too_new && kernel_is_at_least(too_new));
}

static gboolean read_arg(const json_t *json, struct scmp_arg_cmp *ret_arg, GError **error) {
  gint64 index = 0, value = 0, value_two = 0;
  const char *op = NULL;
  enum scmp_compare comparison = SCMP_CMP_EQ;
  if (!mu_json_get_int_between(json, "index", TRUE, 0, MAX_ARGS - 1, &index, error) ||
      !mu_json_get_int(json, "value", TRUE, &value, error) ||
      !mu_json_get_int(json, "valueTwo", FALSE, &value_two, error) || !mu_json_get_string(json, "op", TRUE, &op, error))
    return FALSE;
  if (!read_comparison(op, &comparison))
    return refuse(error, "\"op\" is \"%s\"; expected SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ, …", op);
  *ret_arg = (struct scmp_arg_cmp){
      .arg = (guint)index, .op = comparison, .datum_a = (guint64)value, .datum_b = (guint64)value_two};
  return TRUE;
}

static gboolean read_args(const json_t *rule, GArray *args, GError **error) {
  gsize i;
  json_t *item;
  json_array_foreach (json_object_get(rule, "args"), i, item) {
    struct scmp_arg_cmp arg;
    if (!read_arg(item, &arg, error))
      return FALSE;
    g_array_append_val(args, arg);
  }
  return TRUE;
}

/* ---- rules ----------------------------------------------------------------------------------------------------------- */

static gboolean compares_one_twice(const GArray *args) {
  guint seen = 0;
  for (guint i = 0; i < args->len; i++) {
    guint bit = 1u << g_array_index(args, struct scmp_arg_cmp, i).arg;
    if (seen & bit)
      return TRUE;
    seen |= bit;
  }
  return FALSE;
}

/* Comparisons of one argument with several values are alternatives, each a rule of its own; others hold together. */
static int add_rule(const Compiler *compiler, int syscall_number, guint32 action, const GArray *args) {
  const struct scmp_arg_cmp *first = (const struct scmp_arg_cmp *)(const void *)args->data;
  if (!compares_one_twice(args))
    return seccomp_rule_add_array(compiler->context, action, syscall_number, args->len, first);
  int result = 0;
  for (guint i = 0; i < args->len && result == 0; i++)
    result = seccomp_rule_add_array(compiler->context, action, syscall_number, 1, first + i);
  return result;
}

static gboolean add_name(const Compiler *compiler, const char *name, guint32 action, const GArray *args,
                         GError **error) {
  if (!name)
    return refuse(error, "a name of a system call is not a text");
  int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR)
    return TRUE;
  int result = add_rule(compiler, number, action, args);
  return result == 0 || refuse(error, "the rule for %s: %s", name, g_strerror(-result));
}

static gboolean add_syscalls(const Compiler *compiler, const json_t *rule, GError **error) {
  guint32 action = 0;
  g_autoptr(GArray) args = g_array_new(FALSE, TRUE, sizeof(struct scmp_arg_cmp));
  if (!read_action(rule, "action", "errnoRet", &action, error) || !read_args(rule, args, error))
    return FALSE;
  if (!applies(compiler, rule) || action == compiler->default_action)
    return TRUE;
  const char *name = json_string_value(json_object_get(rule, "name"));
  if (name && !add_name(compiler, name, action, args, error))
    return FALSE;
  gsize i;
  json_t *item;
  json_array_foreach (json_object_get(rule, "names"), i, item)
    if (!add_name(compiler, json_string_value(item), action, args, error))
      return FALSE;
  return TRUE;
}

static gboolean fill(Compiler *compiler, const json_t *profile, GError **error) {
  seccomp_attr_set(compiler->context, SCMP_FLTATR_CTL_NNP, 0);
  add_all_arches(compiler, profile);
  gsize i;
  json_t *rule;
  json_array_foreach (json_object_get(profile, "syscalls"), i, rule)
    if (!add_syscalls(compiler, rule, error)) {
      g_prefix_error(error, "syscalls[%" G_GSIZE_FORMAT "]: ", i);
      return FALSE;
    }
  return TRUE;
}

/* ---- the program ----------------------------------------------------------------------------------------------------- */

static MuExecFilter *export_program(scmp_filter_ctx context, GError **error) {
  struct stat st = {0};
  int fd = memfd_create("seccomp", MFD_CLOEXEC);
  g_autofree struct sock_filter *code = NULL;
  gboolean ok = fd >= 0 && seccomp_export_bpf(context, fd) == 0 && fstat(fd, &st) == 0;
  gsize n = (gsize)st.st_size / sizeof *code;
  if (ok && n > 0 && n <= MAX_PROGRAM) {
    code = g_new(struct sock_filter, n);
    ok = pread(fd, code, n * sizeof *code, 0) == (ssize_t)(n * sizeof *code);
  } else
    ok = FALSE;
  if (fd >= 0)
    close(fd);
  if (!ok)
    return refuse(error, "it makes no program that the kernel takes (at most %d instructions)", MAX_PROGRAM), NULL;
  MuExecFilter *filter = g_new0(MuExecFilter, 1);
  filter->program = (struct sock_fprog){.len = (unsigned short)n, .filter = g_steal_pointer(&code)};
  return filter;
}

MuExecFilter *mu_exec_filter_new(const json_t *profile, gboolean has_caps, GError **error) {
  Compiler compiler = {.has_caps = has_caps};
  if (!json_is_object(profile))
    return refuse(error, "a JSON object was expected"), NULL;
  if (!read_action(profile, "defaultAction", "defaultErrnoRet", &compiler.default_action, error))
    return NULL;
  compiler.context = seccomp_init(compiler.default_action);
  if (!compiler.context)
    return refuse(error, "libseccomp does not take its default action"), NULL;
  MuExecFilter *filter = fill(&compiler, profile, error) ? export_program(compiler.context, error) : NULL;
  seccomp_release(compiler.context);
  return filter;
}

void mu_exec_filter_free(MuExecFilter *filter) {
  if (!filter)
    return;
  g_free(filter->program.filter);
  g_free(filter);
}

gboolean mu_exec_filter_apply(const MuExecFilter *filter) {
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter->program) == 0)
    return TRUE;
  return errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter->program) == 0;
}
