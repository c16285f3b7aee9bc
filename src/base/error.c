#include <muster/error.h>

static const MuErrorInfo table[] = {
#define X(name, exit_code, http_status, word, meaning) {MU_ERROR_##name, exit_code, http_status, word, meaning},
    MU_ERROR_TABLE(X)
#undef X
};

G_DEFINE_QUARK(mu - error - quark, mu_error)

const MuErrorInfo *mu_error_info(const GError *error) {
  if (error != NULL && error->domain == MU_ERROR && error->code >= 0 && error->code < (int)G_N_ELEMENTS(table))
    return &table[error->code];
  return &table[MU_ERROR_FAILED];
}

const MuErrorInfo *mu_error_table(gsize *ret_n) {
  *ret_n = G_N_ELEMENTS(table);
  return table;
}

const MuErrorInfo *mu_error_info_by_word(const char *word) {
  for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
    if (g_strcmp0(table[i].word, word) == 0)
      return &table[i];
  return NULL;
}
