/* A service's quota: what all its pods may hold together. */
#ifndef MU_OFFER_QUOTA_H
#define MU_OFFER_QUOTA_H
#include "records.h"
#include <muster/spec.h>

/* What the pod instance holds, whatever the state of the entries: one pod, and its scalars. NULL: nothing. */
MuQuota mu_quota_of_record(const MuPodRecord *record);
void mu_quota_add(MuQuota *sum, const MuQuota *more);
void mu_quota_subtract(MuQuota *sum, const MuQuota *less);
/* NULL when `held` and `more` together are within the quota; else what is not, in words. The caller frees. */
char *mu_quota_exceeded(const MuQuota *quota, const MuQuota *held, const MuQuota *more);
#endif
