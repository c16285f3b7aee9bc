#include "dns_names.h"

#include <string.h>

#define AUTOIP_TLD "autoip.dcos.thisdcos.directory"
#define VIP_TLD "l4lb.thisdcos.directory"

static char *without_slashes(const char *name) {
  char *text = g_malloc(strlen(name) + 1), *to = text;
  for (const char *from = name; *from != '\0'; from++)
    if (*from != '/')
      *to++ = *from;
  *to = '\0';
  return text;
}

char *mu_dns_label(const char *name) {
  return g_strdelimit(without_slashes(name), ".", '-');
}

char *mu_dns_autoip_domain(const char *framework) {
  g_autofree char *name = mu_dns_label(framework);
  return g_strconcat(name, "." AUTOIP_TLD, NULL);
}

/* "/path/to/task" gives "task-to-path". */
static char *reversed_segments(const char *name) {
  g_auto(GStrv) parts = g_strsplit(name, "/", -1);
  g_autoptr(GString) reversed = g_string_new(NULL);
  for (guint i = g_strv_length(parts); i > 0; i--) {
    if (parts[i - 1][0] == '\0')
      continue;
    g_string_append_printf(reversed, "%s%s", reversed->len > 0 ? "-" : "", parts[i - 1]);
  }
  return g_string_free(g_steal_pointer(&reversed), FALSE);
}

char *mu_dns_autoip_host(const char *framework, const char *task) {
  g_autofree char *domain = mu_dns_autoip_domain(framework);
  g_autofree char *host = g_strdelimit(reversed_segments(task), ".", '-');
  return g_strconcat(host, ".", domain, NULL);
}

char *mu_dns_vip_domain(const char *framework) {
  g_autofree char *name = without_slashes(framework);
  return g_strconcat(name, "." VIP_TLD, NULL);
}

char *mu_dns_vip_host(const char *framework, const char *vip) {
  g_autofree char *domain = mu_dns_vip_domain(framework);
  g_autofree char *name = without_slashes(vip);
  return g_strconcat(name, ".", domain, NULL);
}
