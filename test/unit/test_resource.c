#include "ids.h"
#include "json.h"
#include "resource.h"
#include <muster/error.h>
#include <string.h>

static MuResource *scalar(MuResourceKind kind, gint64 amount, const char *resource_id) {
  MuResource *resource = mu_resource_new_scalar(kind, amount);
  if (resource_id != NULL)
    mu_resource_set_reservation(resource, "role", resource_id, "service", "principal");
  return resource;
}

static void add(MuResources *resources, MuResource *take) {
  g_autoptr(MuResource) resource = take;
  mu_resources_add(resources, resource);
}

static gboolean subtract(MuResources *resources, MuResource *take) {
  g_autoptr(MuResource) resource = take;
  return mu_resources_subtract(resources, resource);
}

static char *dump(const MuResources *resources) {
  g_autoptr(json_t) json = mu_resources_to_json(resources);
  return mu_json_to_string(json);
}

static void test_to_string(void) {
  static const struct {
    MuResourceKind kind;
    gint64 amount;
    const char *text;
  } cases[] = {
      {MU_RESOURCE_CPUS, 500, "cpus 0.5"},  {MU_RESOURCE_CPUS, 1000, "cpus 1"},
      {MU_RESOURCE_CPUS, 1, "cpus 0.001"},  {MU_RESOURCE_CPUS, 12340, "cpus 12.34"},
      {MU_RESOURCE_CPUS, 0, "cpus 0"},      {MU_RESOURCE_CPUS, -1500, "cpus -1.5"},
      {MU_RESOURCE_MEM, 256, "mem 256 MB"}, {MU_RESOURCE_DISK, 1000, "disk 1000 MB"},
      {MU_RESOURCE_GPUS, 2000, "gpus 2"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(MuResource) resource = mu_resource_new_scalar(cases[i].kind, cases[i].amount);
    g_autofree char *text = mu_resource_to_string(resource);
    g_assert_cmpstr(text, ==, cases[i].text);
  }
  g_autoptr(MuResource) ports = mu_resource_new_ports(9000, 9010);
  mu_ranges_add(ports->ranges, 8080, 8080);
  g_autofree char *text = mu_resource_to_string(ports);
  g_assert_cmpstr(text, ==, "ports 8080,9000-9010");
}

/* Each change alone makes another shape; the amount does not. */
static void test_shape(void) {
  g_autoptr(MuResource) a = scalar(MU_RESOURCE_DISK, 10, "id");
  for (guint change = 0; change < 11; change++) {
    g_autoptr(MuResource) b = mu_resource_copy(a);
    g_assert_true(mu_resource_same_shape(a, b) && mu_resource_equal(a, b));
    switch (change) {
    case 0: b->kind = MU_RESOURCE_MEM; break;
    case 1: mu_resource_set_reservation(b, "other", "id", "service", "principal"); break;
    case 2: mu_resource_set_reservation(b, "role", "other", "service", "principal"); break;
    case 3: mu_resource_set_reservation(b, "role", "id", "other", "principal"); break;
    case 4: mu_resource_set_reservation(b, "role", "id", "service", NULL); break;
    case 5: b->persistence_id = g_strdup("volume"); break;
    case 6: b->mount_root = g_strdup("/mnt"); break;
    case 7: b->profile = g_strdup("fast"); break;
    case 8: b->reservation.pre_reserved_role = g_strdup("public"); break;
    case 9: b->reservation.is_static = TRUE; break;
    default: b->amount = 11; break;
    }
    g_assert_cmpint(mu_resource_same_shape(a, b), ==, change == 10);
    g_assert_false(mu_resource_equal(a, b));
  }
}

static void test_arithmetic(void) {
  g_autoptr(MuResources) r = mu_resources_new();
  add(r, scalar(MU_RESOURCE_CPUS, 500, NULL));
  add(r, scalar(MU_RESOURCE_CPUS, 700, NULL));
  add(r, scalar(MU_RESOURCE_CPUS, 100, "a"));
  add(r, scalar(MU_RESOURCE_MEM, 0, NULL)); /* nothing */
  g_assert_cmpuint(r->items->len, ==, 2);
  g_assert_cmpint(mu_resources_unreserved(r, MU_RESOURCE_CPUS), ==, 1200);
  g_assert_cmpint(mu_resources_total(r, MU_RESOURCE_CPUS), ==, 1300);
  g_assert_cmpint(mu_resources_by_id(r, "a")->amount, ==, 100);
  g_assert_null(mu_resources_by_id(r, "b"));
  g_assert_null(mu_resources_by_id(r, NULL));
  g_assert_false(subtract(r, scalar(MU_RESOURCE_CPUS, 1201, NULL)));
  g_assert_false(subtract(r, scalar(MU_RESOURCE_CPUS, 101, "a")));
  g_assert_false(subtract(r, scalar(MU_RESOURCE_CPUS, 1, "b")));
  g_assert_true(subtract(r, scalar(MU_RESOURCE_CPUS, 1200, NULL)));
  g_assert_true(subtract(r, scalar(MU_RESOURCE_CPUS, 0, NULL)));
  g_assert_true(mu_resources_subtract(r, mu_resources_by_id(r, "a"))); /* an entry of its own */
  g_assert_cmpuint(r->items->len, ==, 0);
}

static void test_ports(void) {
  g_autoptr(MuResources) r = mu_resources_new();
  add(r, mu_resource_new_ports(1000, 2000));
  g_autoptr(MuResource) two = mu_resource_new_ports(1500, 1500);
  mu_ranges_add(two->ranges, 2000, 2000);
  g_assert_true(mu_resources_contains(r, two));
  g_assert_true(mu_resources_subtract(r, two));
  g_assert_cmpint(mu_resources_unreserved(r, MU_RESOURCE_PORTS), ==, 999);
  g_assert_false(mu_resources_subtract(r, two));
  g_autofree char *text = mu_resource_to_string(g_ptr_array_index(r->items, 0));
  g_assert_cmpstr(text, ==, "ports 1000-1499,1501-1999");
}

/* Taken and given as a whole, also when two look alike. */
static void test_whole(void) {
  g_autoptr(MuResource) mount = scalar(MU_RESOURCE_DISK, 100, NULL);
  mount->mount_root = g_strdup("/mnt/a");
  g_autoptr(MuResource) part = mu_resource_copy(mount);
  part->amount = 60;
  g_autoptr(MuResources) r = mu_resources_new();
  mu_resources_add(r, mount);
  mu_resources_add(r, mount);
  g_assert_cmpuint(r->items->len, ==, 2);
  g_assert_false(mu_resources_subtract(r, part));
  g_assert_true(mu_resources_subtract(r, mount));
  g_assert_cmpuint(r->items->len, ==, 1);
  g_assert_cmpint(mu_resources_subtract_part(r, part), ==, 0);
  g_assert_cmpuint(r->items->len, ==, 0);
  g_assert_cmpint(mu_resources_subtract_part(r, part), ==, 60);
}

static void test_part(void) {
  g_autoptr(MuResources) r = mu_resources_new();
  add(r, scalar(MU_RESOURCE_MEM, 100, NULL));
  add(r, mu_resource_new_ports(10, 19));
  g_autoptr(MuResource) mem = scalar(MU_RESOURCE_MEM, 70, NULL), ports = mu_resource_new_ports(15, 24);
  g_assert_cmpint(mu_resources_subtract_part(r, mem), ==, 0);
  g_assert_cmpint(mu_resources_subtract_part(r, mem), ==, 40);
  g_assert_cmpint(mu_resources_subtract_part(r, mem), ==, 70);
  g_assert_cmpint(mu_resources_subtract_part(r, ports), ==, 5);
  g_assert_cmpint(mu_resources_total(r, MU_RESOURCE_PORTS), ==, 5);
  g_assert_cmpuint(r->items->len, ==, 1);
}

static void test_subtract_all(void) {
  g_autoptr(MuResources) r = mu_resources_new(), other = mu_resources_new();
  add(r, scalar(MU_RESOURCE_CPUS, 100, NULL));
  add(r, scalar(MU_RESOURCE_MEM, 100, NULL));
  add(other, scalar(MU_RESOURCE_CPUS, 100, NULL));
  add(other, scalar(MU_RESOURCE_MEM, 101, NULL));
  g_assert_false(mu_resources_subtract_all(r, other));
  g_assert_cmpint(mu_resources_total(r, MU_RESOURCE_CPUS), ==, 100);
  add(r, scalar(MU_RESOURCE_MEM, 1, NULL));
  g_assert_true(mu_resources_subtract_all(r, other));
  g_assert_cmpuint(r->items->len, ==, 0);
}

static void test_json(void) {
  g_autoptr(MuResources) r = mu_resources_new();
  add(r, scalar(MU_RESOURCE_CPUS, 1500, NULL));
  add(r, mu_resource_new_ports(8080, 8090));
  MuResource *volume = scalar(MU_RESOURCE_DISK, 100, "id");
  volume->persistence_id = g_strdup("volume-1");
  volume->container_path = g_strdup("data");
  volume->mount_root = g_strdup("/mnt");
  volume->profile = g_strdup("fast");
  volume->reservation.pre_reserved_role = g_strdup("public");
  add(r, volume);
  g_autofree char *text = dump(r);
  g_assert_cmpstr(
      text, ==,
      "[{\"kind\":\"cpus\",\"amount\":1500},{\"kind\":\"ports\",\"ranges\":\"8080-8090\"},"
      "{\"kind\":\"disk\",\"amount\":100,\"role\":\"role\",\"resource_id\":\"id\",\"namespace\":\"service\","
      "\"principal\":\"principal\",\"pre_reserved_role\":\"public\",\"persistence_id\":\"volume-1\","
      "\"container_path\":\"data\",\"mount_root\":\"/mnt\",\"profile\":\"fast\"}]");
  g_autoptr(json_t) json = mu_json_parse(text, strlen(text), 100000, NULL);
  g_autoptr(MuResources) again = mu_resources_from_json(json, NULL);
  g_autofree char *text_again = dump(again);
  g_assert_cmpstr(text_again, ==, text);
}

static void test_json_refused(void) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{}", "resources: expected an array"},
      {"[1]", "entry 0: resource: \"kind\" is looked for in an integer"},
      {"[{\"kind\":\"cpus\",\"amount\":1},{\"kind\":\"bits\"}]", "entry 1: resource: \"kind\" is \"bits\""},
      {"[{\"kind\":\"cpus\"}]", "\"amount\" is missing"},
      {"[{\"kind\":\"cpus\",\"amount\":-1}]", "\"amount\" is -1"},
      {"[{\"kind\":\"cpus\",\"amount\":9223372036854775807}]", "expected 0 to 1125899906842624"},
      {"[{\"kind\":\"ports\",\"ranges\":\"5-4\"}]", "\"5-4\" is not a set of ranges"},
      {"[{\"kind\":\"ports\",\"amount\":5}]", "\"ranges\" is missing"},
      {"[{\"kind\":\"mem\",\"amount\":1,\"role\":5}]", "\"role\" is an integer"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(json_t) json = mu_json_parse(cases[i].json, strlen(cases[i].json), 1000, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_resources_from_json(json, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    if (strstr(error->message, cases[i].message) == NULL)
      g_error("expected \"%s\" in \"%s\"", cases[i].message, error->message);
  }
}

/* ---- properties ---------------------------------------------------------------------------------------------------- */

static MuResource *any_resource(MuRandom *random) {
  MuResourceKind kind = (MuResourceKind)mu_random_below(random, 5);
  MuResource *resource;
  if (kind == MU_RESOURCE_PORTS)
    resource =
        mu_resource_new_ports((gint64)mu_random_below(random, 100) * 10, (gint64)mu_random_below(random, 100) + 1000);
  else
    resource = mu_resource_new_scalar(kind, 1 + (gint64)mu_random_below(random, 1000));
  if (mu_random_below(random, 3) > 0) {
    g_autofree char *id = g_strdup_printf("id-%u", (guint)mu_random_below(random, 40));
    mu_resource_set_reservation(resource, "role", id, "service", NULL);
  }
  if (kind == MU_RESOURCE_DISK && mu_random_below(random, 3) == 0)
    resource->persistence_id = g_strdup_printf("volume-%u", (guint)mu_random_below(random, 1000000));
  return resource;
}

static void assert_merged(const MuResources *resources) {
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *a = g_ptr_array_index(resources->items, i);
    g_assert_false(mu_resource_is_empty(a));
    for (guint j = 0; j < i; j++)
      g_assert_false(mu_resource_same_shape(a, g_ptr_array_index(resources->items, j)));
  }
}

/* Ports are sets: what is added must not be there yet, or taking it away again takes more than was added. */
static gboolean overlaps(const MuResources *resources, const MuResource *resource) {
  if (resource->kind != MU_RESOURCE_PORTS)
    return FALSE;
  g_autoptr(MuResources) copy = mu_resources_copy(resources);
  return mu_resources_subtract_part(copy, resource) < mu_resource_amount(resource);
}

static void test_inverse(void) {
  MuRandom random;
  for (guint64 seed = 0; seed < 60; seed++) {
    mu_random_seed(&random, seed);
    g_autoptr(MuResources) r = mu_resources_new();
    g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func((GDestroyNotify)mu_resource_free);
    gint64 cpus = 0;
    for (guint i = 0; i < 120; i++) { /* beyond the size from which an index is kept */
      g_autoptr(MuResource) resource = any_resource(&random);
      if (overlaps(r, resource))
        continue;
      mu_resources_add(r, resource);
      g_assert_true(mu_resources_contains(r, resource));
      cpus += resource->kind == MU_RESOURCE_CPUS ? resource->amount : 0;
      g_ptr_array_add(added, g_steal_pointer(&resource));
    }
    assert_merged(r);
    g_assert_cmpint(mu_resources_total(r, MU_RESOURCE_CPUS), ==, cpus);
    g_autoptr(MuResources) copy = mu_resources_copy(r);
    while (added->len > 0) {
      g_autoptr(MuResource) one = g_ptr_array_steal_index_fast(added, (guint)mu_random_below(&random, added->len));
      const char *id = one->reservation.resource_id;
      g_assert_true(id == NULL || g_str_equal(mu_resources_by_id(r, id)->reservation.resource_id, id));
      g_assert_true(mu_resources_subtract(r, one));
    }
    g_assert_cmpuint(r->items->len, ==, 0);
    mu_resources_add_all(r, copy);
    g_assert_true(mu_resources_subtract_all(r, copy));
    g_assert_cmpuint(r->items->len, ==, 0);
  }
}

/* A copy and what it was made of share their entries: what is done to one is not seen in the other, with an index (many
 * entries) and without. */
static void copy_and_change(guint n, gboolean change_copy) {
  g_autoptr(MuResources) r = mu_resources_new();
  for (guint i = 0; i < n; i++) {
    g_autofree char *id = g_strdup_printf("reservation-%u", i);
    add(r, scalar(MU_RESOURCE_CPUS, 1000, id));
  }
  add(r, scalar(MU_RESOURCE_CPUS, 4000, NULL));
  add(r, scalar(MU_RESOURCE_MEM, 64, NULL));
  add(r, mu_resource_new_ports(100, 200));
  g_assert_nonnull(mu_resources_by_id(r, "reservation-1")); /* the original has its index by then */
  g_autoptr(MuResources) copy = mu_resources_copy(r);
  g_autofree char *before = dump(r);
  MuResources *changed = change_copy ? copy : r, *left = change_copy ? r : copy;
  g_assert_true(subtract(changed, scalar(MU_RESOURCE_CPUS, 500, "reservation-1")));
  g_assert_true(subtract(changed, scalar(MU_RESOURCE_CPUS, 1000, "reservation-0")));
  g_assert_true(subtract(changed, scalar(MU_RESOURCE_MEM, 64, NULL)));
  g_assert_true(subtract(changed, mu_resource_new_ports(150, 150)));
  add(changed, scalar(MU_RESOURCE_CPUS, 1, NULL));
  mu_resources_add_all(changed, left);
  g_autofree char *after = dump(left);
  g_assert_cmpstr(after, ==, before);
  g_assert_cmpint(mu_resources_by_id(changed, "reservation-1")->amount, ==, 1500);
  g_assert_cmpint(mu_resources_by_id(changed, "reservation-0")->amount, ==, 1000);
  g_assert_cmpint(mu_resources_by_id(left, "reservation-1")->amount, ==, 1000);
  g_assert_cmpint(mu_resources_total(changed, MU_RESOURCE_CPUS), ==, 1000 * (2 * n - 2) + 500 + 8001);
  g_assert_cmpint(mu_resources_unreserved(changed, MU_RESOURCE_PORTS), ==, 101);
  g_assert_true(mu_resources_subtract_all(changed, left));
  g_assert_true(subtract(changed, scalar(MU_RESOURCE_CPUS, 500, "reservation-1")));
  g_assert_null(mu_resources_by_id(changed, "reservation-1"));
  g_assert_nonnull(mu_resources_by_id(left, "reservation-1"));
}

static void test_copy(void) {
  for (guint n = 2; n <= 40; n += 19) {
    copy_and_change(n, FALSE);
    copy_and_change(n, TRUE);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/resource/to-string", test_to_string);
  g_test_add_func("/resource/shape", test_shape);
  g_test_add_func("/resource/arithmetic", test_arithmetic);
  g_test_add_func("/resource/ports", test_ports);
  g_test_add_func("/resource/whole", test_whole);
  g_test_add_func("/resource/part", test_part);
  g_test_add_func("/resource/subtract-all", test_subtract_all);
  g_test_add_func("/resource/json", test_json);
  g_test_add_func("/resource/json-refused", test_json_refused);
  g_test_add_func("/resource/inverse", test_inverse);
  g_test_add_func("/resource/copy", test_copy);
  return g_test_run();
}
