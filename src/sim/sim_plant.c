#include "sim_plant.h"

static const char *const CHECKERS[] = {
    "none",
#define X(checker, what) #checker,
    MU_SIM_PLANT_TABLE(X)
#undef X
};

const char *mu_sim_plant_checker(guint i)
{
  return i + 1 < G_N_ELEMENTS(CHECKERS) ? CHECKERS[i + 1] : NULL;
}

#ifdef MU_SIM_SELFTEST
MuSimPlant mu_sim_planted = MU_SIM_PLANT_none;

gboolean mu_sim_plant(const char *checker)
{
  for (guint i = 0; i < G_N_ELEMENTS(CHECKERS); i++)
    if (g_strcmp0(CHECKERS[i], checker == NULL ? "none" : checker) == 0) {
      mu_sim_planted = (MuSimPlant)i;
      return TRUE;
    }
  return FALSE;
}
#else
gboolean mu_sim_plant(const char *checker)
{
  return checker == NULL;
}
#endif
