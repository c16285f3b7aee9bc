#include "bug.h"
#include "ids.h"
#include "resource.h"

/* A collection of at least so many entries is looked up by its index; scanning fewer is faster than keeping one. */
#define INDEX_FROM 24

/* The entries of all collections without any: most are read, and never get one. */
static GPtrArray *no_items(void) {
  static GPtrArray *none = NULL;
  if (g_once_init_enter(&none))
    g_once_init_leave(&none, g_ptr_array_new());
  return none;
}

MuResources *mu_resources_new(void) {
  MuResources *resources = g_new0(MuResources, 1);
  resources->items = g_ptr_array_ref(no_items());
  return resources;
}

static void make_room(MuResources *resources, guint n) {
  if (resources->items != no_items())
    return;
  g_ptr_array_unref(resources->items);
  resources->items = g_ptr_array_new_full(n, (GDestroyNotify)mu_resource_free);
}

MuResources *mu_resources_copy(const MuResources *resources) {
  MuResources *copy = mu_resources_new();
  if (resources->items->len > 0)
    make_room(copy, resources->items->len);
  for (guint i = 0; i < resources->items->len; i++) {
    MuResource *entry = g_ptr_array_index(resources->items, i);
    entry->more_owners++;
    g_ptr_array_add(copy->items, entry);
  }
  return copy;
}

void mu_resources_free(MuResources *resources) {
  if (resources == NULL)
    return;
  g_clear_pointer(&resources->by_id, g_hash_table_unref);
  g_ptr_array_unref(resources->items);
  g_free(resources);
}

/* ---- the index: of entries with one resource_id there is a chain in the order of items --------------------------------- */

typedef struct Link {
  MuResource *entry;
  struct Link *next;
} Link;

static void chain_free(gpointer chain) {
  for (Link *link = chain; link != NULL;) {
    Link *next = link->next;
    g_free(link);
    link = next;
  }
}

static const char *id_of(const MuResource *resource) {
  return resource->reservation.resource_id == NULL ? "" : resource->reservation.resource_id;
}

/* The chain's key is the text of its first entry, so that the table owns none. */
static void index_add(MuResources *resources, MuResource *resource) {
  Link *link = g_new(Link, 1), *last = g_hash_table_lookup(resources->by_id, id_of(resource));
  *link = (Link){resource, NULL};
  if (last == NULL) {
    g_hash_table_insert(resources->by_id, (gpointer)id_of(resource), link);
    return;
  }
  while (last->next != NULL)
    last = last->next;
  last->next = link;
}

/* The chain begins with another entry, or another copy of it. */
static void index_rename(MuResources *resources, const char *old_key, Link *chain) {
  g_hash_table_steal(resources->by_id, old_key);
  g_hash_table_insert(resources->by_id, (gpointer)id_of(chain->entry), chain);
}

static void index_remove(MuResources *resources, const MuResource *resource) {
  Link *link = g_hash_table_lookup(resources->by_id, id_of(resource));
  mu_assert(link != NULL);
  if (link->entry == resource && link->next == NULL) {
    g_hash_table_remove(resources->by_id, id_of(resource));
    return;
  }
  gboolean was_first = link->entry == resource;
  while (!was_first && link->next->entry != resource)
    link = link->next;
  Link *gone = link->next;
  if (was_first)
    link->entry = gone->entry; /* the second one, whose link goes in its stead */
  link->next = gone->next;
  g_free(gone);
  if (was_first)
    index_rename(resources, id_of(resource), link);
}

static void index_replace(MuResources *resources, const MuResource *resource, MuResource *by) {
  Link *first = g_hash_table_lookup(resources->by_id, id_of(resource)), *link = first;
  while (link->entry != resource)
    link = link->next;
  link->entry = by;
  if (link == first)
    index_rename(resources, id_of(resource), first);
}

/* Logically const: only how fast the collection answers changes. */
static void index_make(const MuResources *resources) {
  MuResources *collection = (MuResources *)resources;
  collection->by_id = g_hash_table_new_full(mu_id_hash, g_str_equal, NULL, chain_free);
  for (guint i = 0; i < resources->items->len; i++)
    index_add(collection, g_ptr_array_index(resources->items, i));
}

/* A walk over the entries that may have this resource_id: its chain, or all of a small collection. */
typedef struct {
  const MuResources *resources;
  const Link *chain;
  guint next_item;
} Walk;

static Walk walk_start(const MuResources *resources, const char *id) {
  if (resources->by_id == NULL && resources->items->len >= INDEX_FROM)
    index_make(resources);
  Walk walk = {resources, NULL, 0};
  if (resources->by_id != NULL)
    walk.chain = g_hash_table_lookup(resources->by_id, id);
  return walk;
}

static MuResource *walk_next(Walk *walk) {
  if (walk->resources->by_id == NULL)
    return walk->next_item < walk->resources->items->len ? g_ptr_array_index(walk->resources->items, walk->next_item++)
                                                         : NULL;
  const Link *here = walk->chain;
  if (here == NULL)
    return NULL;
  walk->chain = here->next;
  return here->entry;
}

/* ---- arithmetic ---------------------------------------------------------------------------------------------------- */

/* The entry, to be changed: a copy in its place when it is shared. */
static MuResource *own_entry(MuResources *resources, MuResource *entry) {
  guint i = 0;
  if (entry->more_owners == 0)
    return entry;
  if (!g_ptr_array_find(resources->items, entry, &i))
    mu_bug("an entry is among the items");
  MuResource *own = mu_resource_copy(entry);
  resources->items->pdata[i] = own;
  if (resources->by_id != NULL)
    index_replace(resources, entry, own);
  mu_resource_free(entry); /* somebody else still has it */
  return own;
}

static MuResource *find_same_shape(const MuResources *resources, const MuResource *resource) {
  Walk walk = walk_start(resources, id_of(resource));
  MuResource *entry;
  while ((entry = walk_next(&walk)) != NULL)
    if (mu_resource_same_shape(entry, resource))
      return entry;
  return NULL;
}

static MuResource *find_equal(const MuResources *resources, const MuResource *resource) {
  Walk walk = walk_start(resources, id_of(resource));
  MuResource *entry;
  while ((entry = walk_next(&walk)) != NULL)
    if (mu_resource_equal(entry, resource))
      return entry;
  return NULL;
}

static gboolean covers(const MuResource *entry, const MuResource *resource) {
  if (entry->kind != MU_RESOURCE_PORTS)
    return entry->amount >= resource->amount;
  for (guint i = 0; i < resource->ranges->len; i++) {
    MuRange range = g_array_index(resource->ranges, MuRange, i);
    if (!mu_ranges_contain(entry->ranges, range.begin, range.end))
      return FALSE;
  }
  return TRUE;
}

static void increase(MuResource *entry, const MuResource *resource) {
  entry->amount += resource->amount;
  for (guint i = 0; resource->ranges != NULL && i < resource->ranges->len; i++) {
    MuRange range = g_array_index(resource->ranges, MuRange, i);
    mu_ranges_add(entry->ranges, range.begin, range.end);
  }
}

static void decrease(MuResource *entry, const MuResource *resource) {
  entry->amount -= resource->amount;
  for (guint i = 0; resource->ranges != NULL && i < resource->ranges->len; i++) {
    MuRange range = g_array_index(resource->ranges, MuRange, i);
    mu_ranges_cut(entry->ranges, range.begin, range.end);
  }
}

static void append(MuResources *resources, MuResource *take_resource) {
  make_room(resources, 2);
  g_ptr_array_add(resources->items, take_resource);
  if (resources->by_id != NULL)
    index_add(resources, take_resource);
}

static void remove_entry(MuResources *resources, MuResource *entry) {
  if (resources->by_id != NULL)
    index_remove(resources, entry);
  g_ptr_array_remove(resources->items, entry);
}

void mu_resources_add(MuResources *resources, const MuResource *resource) {
  if (mu_resource_is_empty(resource))
    return;
  MuResource *entry = find_same_shape(resources, resource);
  if (entry != NULL)
    increase(own_entry(resources, entry), resource);
  else
    append(resources, mu_resource_copy(resource));
}

void mu_resources_add_all(MuResources *resources, const MuResources *other) {
  mu_assert(resources != other);
  for (guint i = 0; i < other->items->len; i++)
    mu_resources_add(resources, g_ptr_array_index(other->items, i));
}

/* The entry that the whole amount can be taken from, or NULL. */
static MuResource *find_source(const MuResources *resources, const MuResource *resource) {
  MuResource *entry = find_same_shape(resources, resource);
  if (entry == NULL)
    return find_equal(resources, resource);
  return covers(entry, resource) ? entry : NULL;
}

gboolean mu_resources_subtract(MuResources *resources, const MuResource *resource) {
  if (mu_resource_is_empty(resource))
    return TRUE;
  MuResource *entry = find_source(resources, resource);
  if (entry == NULL)
    return FALSE;
  if (entry == resource) {
    remove_entry(resources, entry);
    return TRUE;
  }
  entry = own_entry(resources, entry);
  decrease(entry, resource);
  if (mu_resource_is_empty(entry))
    remove_entry(resources, entry);
  return TRUE;
}

gboolean mu_resources_subtract_all(MuResources *resources, const MuResources *other) {
  mu_assert(resources != other);
  for (guint i = 0; i < other->items->len; i++) {
    if (mu_resources_subtract(resources, g_ptr_array_index(other->items, i)))
      continue;
    while (i > 0)
      mu_resources_add(resources, g_ptr_array_index(other->items, --i));
    return FALSE;
  }
  return TRUE;
}

/* A MOUNT disk that stands for the other one: of another size perhaps. */
static gboolean same_but_size(const MuResource *a, const MuResource *b) {
  MuResource resized = *a;
  resized.amount = b->amount;
  return mu_resource_equal(&resized, b);
}

static gint64 subtract_mount(MuResources *resources, const MuResource *resource) {
  Walk walk = walk_start(resources, id_of(resource));
  MuResource *entry;
  while ((entry = walk_next(&walk)) != NULL)
    if (same_but_size(entry, resource)) {
      gint64 missing = MAX(resource->amount - entry->amount, 0);
      remove_entry(resources, entry);
      return missing;
    }
  return resource->amount;
}

gint64 mu_resources_subtract_part(MuResources *resources, const MuResource *resource) {
  if (resource->mount_root != NULL)
    return subtract_mount(resources, resource);
  if (mu_resources_subtract(resources, resource))
    return 0;
  gint64 wanted = mu_resource_amount(resource);
  MuResource *entry = find_same_shape(resources, resource);
  if (entry == NULL)
    return wanted;
  entry = own_entry(resources, entry);
  gint64 before = mu_resource_amount(entry);
  decrease(entry, resource);
  entry->amount = MAX(entry->amount, 0);
  gint64 missing = wanted - (before - mu_resource_amount(entry));
  if (mu_resource_is_empty(entry))
    remove_entry(resources, entry);
  return missing;
}

/* ---- questions ----------------------------------------------------------------------------------------------------- */

gboolean mu_resources_contains(const MuResources *resources, const MuResource *resource) {
  return mu_resource_is_empty(resource) || find_source(resources, resource) != NULL;
}

gint64 mu_resources_unreserved(const MuResources *resources, MuResourceKind kind) {
  gint64 sum = 0;
  Walk walk = walk_start(resources, "");
  const MuResource *entry;
  while ((entry = walk_next(&walk)) != NULL)
    if (entry->kind == kind && !mu_resource_is_reserved(entry))
      sum += mu_resource_amount(entry);
  return sum;
}

gint64 mu_resources_total(const MuResources *resources, MuResourceKind kind) {
  gint64 sum = 0;
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *entry = g_ptr_array_index(resources->items, i);
    if (entry->kind == kind)
      sum += mu_resource_amount(entry);
  }
  return sum;
}

const MuResource *mu_resources_by_id(const MuResources *resources, const char *resource_id) {
  if (resource_id == NULL || *resource_id == '\0')
    return NULL;
  Walk walk = walk_start(resources, resource_id);
  const MuResource *entry;
  while ((entry = walk_next(&walk)) != NULL)
    if (g_str_equal(id_of(entry), resource_id))
      return entry;
  return NULL;
}
