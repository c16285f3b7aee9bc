/* Resources of an agent: amounts, reservations, disks; and the arithmetic on them. Amounts are exact integers: scalars in
 * thousandths (cpus, gpus) or megabytes (mem, disk); ports as sets of ranges.
 *
 * A MuResource is a plain value that owns its strings and ranges. A MuResources is an ordered collection of them that is
 * kept merged: two entries that differ only in amount are one. A copy of a collection shares its entries with it, each until
 * one of the two changes it: so collections, and entries of them, are of one thread, and entries are changed through their
 * collection only. An entry that was borrowed from a collection is good until the collection changes. */
#ifndef MU_RESOURCE_H
#define MU_RESOURCE_H
#include <glib.h>
#include <jansson.h>

typedef enum {
  MU_RESOURCE_CPUS,  /* thousandths of a core */
  MU_RESOURCE_MEM,   /* MB */
  MU_RESOURCE_DISK,  /* MB */
  MU_RESOURCE_GPUS,  /* thousandths */
  MU_RESOURCE_PORTS, /* ranges */
} MuResourceKind;

typedef struct {
  gint64 begin, end; /* inclusive */
} MuRange;

/* Who holds a reservation. resource_id NULL: not labelled (another framework's or an operator's). */
typedef struct {
  gboolean is_static; /* made with the agent's flags: it cannot be ended, but refined */
  char *role;         /* NULL: unreserved */
  char *resource_id;  /* label resource_id, a uuid */
  char *namespace_;   /* label namespace, the service's name */
  char *principal;
  /* The role of the operator's (static) reservation that this one refines, and falls back to; NULL: none. Mesos keeps a
   * stack of reservations; two levels are all that a pod's pre-reserved-role needs. */
  char *pre_reserved_role;
  /*< private >*/
  guint block; /* bytes, from role on: texts that lie there are freed with it; 0: each by itself */
} MuReservation;

typedef struct MuResource {
  MuResourceKind kind;
  /*< private >*/
  guint more_owners; /* collections that share it, but one */
  guint block;       /* bytes, from it on: texts that lie there are freed with it; 0: each by itself */
  /*< public >*/
  gint64 amount;  /* scalars */
  GArray *ranges; /* of MuRange, sorted, disjoint, not adjacent; ports only, else NULL */
  MuReservation reservation;
  /* disks */
  char *persistence_id; /* volume created on it, or NULL */
  char *container_path; /* of the volume, or NULL */
  char *mount_root;     /* a MOUNT disk: its root; NULL: the root disk */
  char *profile;        /* of a MOUNT disk, or NULL */
} MuResource;

/* No amount from outside may be larger, so that sums cannot overflow. */
#define MU_RESOURCE_MAX_AMOUNT (G_GINT64_CONSTANT(1) << 50)

/* To be read freely; changed by the functions below only. */
typedef struct {
  GPtrArray *items; /* of MuResource*, owned; to be read: only these functions change it */
  /*< private >*/
  GHashTable
      *by_id; /* resource_id ("": none) to the chain of the entries that have it; NULL: the collection is small */
} MuResources;

MuResource *mu_resource_new_scalar(MuResourceKind kind, gint64 amount);
MuResource *mu_resource_new_ports(gint64 begin, gint64 end);
MuResource *mu_resource_copy(const MuResource *resource); /* its own, shared with nobody */
/* Likewise; a volume becomes what it was before it was created, the reserved disk. */
MuResource *mu_resource_without_volume(const MuResource *resource);
void mu_resource_free(MuResource *resource);
void mu_resource_set_reservation(MuResource *resource, const char *role, const char *resource_id,
                                 const char *namespace_, const char *principal);
/* Roles are a tree: "a/b" lies below "a" (roles.md). What is reserved for a role may be offered to those below it. FALSE for equal
 * ones. */
gboolean mu_role_is_below(const char *role, const char *above);
/* An operator's reservation for the role, made with the agent's flags: what a pod's pre-reserved-role takes. */
void mu_resource_set_static(MuResource *resource, const char *role);
gboolean mu_resource_is_static_for(const MuResource *resource, const char *role);
/* Refines it: a reservation of one's own, as the function above sets it, on top of an operator's for that role. */
void mu_resource_refine(MuResource *resource, const char *pre_reserved_role);
gboolean mu_resource_is_reserved(const MuResource *resource);
gboolean mu_resource_is_empty(const MuResource *resource);
/* Same kind, reservation and disk: the amounts may be added. MOUNT disks and volumes never merge: they are given and taken
 * as a whole. */
gboolean mu_resource_same_shape(const MuResource *a, const MuResource *b);
/* The same in everything, the amount too. */
gboolean mu_resource_equal(const MuResource *a, const MuResource *b);
/* The amount of a scalar, the number of ports. */
gint64 mu_resource_amount(const MuResource *resource);
/* "cpus 0.5", "mem 256 MB", "ports 8080,9000-9010"; the caller frees. */
char *mu_resource_to_string(const MuResource *resource);
const char *mu_resource_kind_to_string(MuResourceKind kind); /* "cpus", "mem", … as in Mesos */
json_t *mu_resource_to_json(const MuResource *resource);
MuResource *mu_resource_from_json(const json_t *json, GError **error);

MuResources *mu_resources_new(void);
MuResources *mu_resources_copy(const MuResources *resources);
void mu_resources_free(MuResources *resources);
/* Adds a copy, merged. */
void mu_resources_add(MuResources *resources, const MuResource *resource);
void mu_resources_add_all(MuResources *resources, const MuResources *other);
/* Takes the amount away; FALSE, and nothing changed, when it is not all there. */
gboolean mu_resources_subtract(MuResources *resources, const MuResource *resource);
gboolean mu_resources_subtract_all(MuResources *resources, const MuResources *other); /* all or nothing */
/* Takes away what is there of it, and returns how much was missing. A MOUNT disk is taken whatever its size. */
gint64 mu_resources_subtract_part(MuResources *resources, const MuResource *resource);
gboolean mu_resources_contains(const MuResources *resources, const MuResource *resource);
/* Sum over unreserved (role NULL) or all entries of the kind; ports: how many. */
gint64 mu_resources_unreserved(const MuResources *resources, MuResourceKind kind);
gint64 mu_resources_total(const MuResources *resources, MuResourceKind kind);
/* The entry whose reservation has this resource_id, or NULL. Borrowed. */
const MuResource *mu_resources_by_id(const MuResources *resources, const char *resource_id);
json_t *mu_resources_to_json(const MuResources *resources);
MuResources *mu_resources_from_json(const json_t *array, GError **error);

/* Range sets: sorted arrays of disjoint, not adjacent MuRange; 0 <= begin <= end <= MU_RESOURCE_MAX_AMOUNT everywhere. */
GArray *mu_ranges_new(void);
GArray *mu_ranges_copy(const GArray *ranges);
void mu_ranges_add(GArray *ranges, gint64 begin, gint64 end);
gboolean mu_ranges_subtract(GArray *ranges, gint64 begin, gint64 end); /* FALSE, unchanged, when not contained */
void mu_ranges_cut(GArray *ranges, gint64 begin, gint64 end);          /* what is there of it */
gboolean mu_ranges_contain(const GArray *ranges, gint64 begin, gint64 end);
gint64 mu_ranges_count(const GArray *ranges);
gboolean mu_ranges_equal(const GArray *a, const GArray *b);
/* "8080,9000-9010" and back; MU_ERROR_REFUSED on anything else. */
char *mu_ranges_to_string(const GArray *ranges);
GArray *mu_ranges_parse(const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuResource, mu_resource_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuResources, mu_resources_free)
#endif
