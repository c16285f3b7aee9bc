/* Offers. */
#include "mesos_events.h"
#include "mesos_resource.h"
#include "mesos_wire.h"

#include <string.h>

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* An attribute of numbers as text, so that placement rules can be written on it: 4.5, [1-3,7-9]. */
static char *attribute_text(const Mesos__Attribute *attribute) {
  if (attribute->text != NULL)
    return g_strdup(attribute->text->value);
  if (attribute->scalar != NULL) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    return g_strdup(g_ascii_formatd(number, sizeof number, "%.10g", attribute->scalar->value));
  }
  if (attribute->ranges == NULL)
    return NULL;
  GString *text = g_string_new("[");
  for (gsize i = 0; i < attribute->ranges->n_range; i++)
    g_string_append_printf(text, "%s%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, i == 0 ? "" : ",",
                           attribute->ranges->range[i]->begin, attribute->ranges->range[i]->end);
  g_string_append_c(text, ']');
  return g_string_free(text, FALSE);
}

static void read_attributes(const Mesos__Offer *message, MuOffer *offer) {
  for (gsize i = 0; i < message->n_attributes; i++) {
    g_autofree char *text = attribute_text(message->attributes[i]);
    if (text != NULL)
      mu_items_add(offer->attributes, mu_env_var_new(message->attributes[i]->name, text));
  }
}

MuOffer *mu_mesos_offer_read(const Mesos__Offer *message) {
  MuOffer *offer = mu_offer_new(message->id->value, message->agent_id->value, message->hostname);
  if (message->domain != NULL && message->domain->fault_domain != NULL) {
    offer->region = g_strdup(message->domain->fault_domain->region->name);
    offer->zone = g_strdup(message->domain->fault_domain->zone->name);
  }
  offer->role = g_strdup(message->allocation_info == NULL ? NULL : message->allocation_info->role);
  read_attributes(message, offer);
  mu_resources_free(offer->resources);
  offer->resources = mu_mesos_resources_read(message->resources, message->n_resources);
  return offer;
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static Mesos__DomainInfo *write_domain(MuArena *arena, const MuOffer *offer) {
  Mesos__DomainInfo *domain = mu_wire_new(arena, &mesos__domain_info__descriptor);
  Mesos__DomainInfo__FaultDomain *fault = mu_wire_new(arena, &mesos__domain_info__fault_domain__descriptor);
  fault->region = mu_wire_new(arena, &mesos__domain_info__fault_domain__region_info__descriptor);
  fault->region->name = offer->region;
  fault->zone = mu_wire_new(arena, &mesos__domain_info__fault_domain__zone_info__descriptor);
  fault->zone->name = offer->zone;
  domain->fault_domain = fault;
  return domain;
}

static void write_attributes(MuArena *arena, const MuOffer *offer, Mesos__Offer *message) {
  message->attributes = mu_wire_array(arena, Mesos__Attribute, offer->attributes->len);
  for (guint i = 0; i < offer->attributes->len; i++) {
    const MuEnvVar *pair = offer->attributes->pdata[i];
    Mesos__Attribute *attribute = mu_wire_new(arena, &mesos__attribute__descriptor);
    attribute->name = pair->name;
    attribute->type = MESOS__VALUE__TYPE__TEXT;
    attribute->text = mu_wire_new(arena, &mesos__value__text__descriptor);
    attribute->text->value = pair->value;
    message->attributes[message->n_attributes++] = attribute;
  }
}

static Mesos__Resource__AllocationInfo *write_allocation(MuArena *arena, const char *role) {
  Mesos__Resource__AllocationInfo *allocation = mu_wire_new(arena, &mesos__resource__allocation_info__descriptor);
  allocation->role = (char *)role;
  return allocation;
}

Mesos__Offer *mu_mesos_offer_write(MuArena *arena, const MuOffer *offer, const char *framework_id, const char *role) {
  Mesos__Offer *message = mu_wire_new(arena, &mesos__offer__descriptor);
  message->id = mu_wire_new(arena, &mesos__offer_id__descriptor);
  message->id->value = offer->id;
  message->framework_id = mu_wire_new(arena, &mesos__framework_id__descriptor);
  message->framework_id->value = (char *)framework_id;
  message->agent_id = mu_wire_new(arena, &mesos__agent_id__descriptor);
  message->agent_id->value = offer->agent_id;
  message->hostname = offer->hostname;
  if (offer->region != NULL && offer->zone != NULL)
    message->domain = write_domain(arena, offer);
  write_attributes(arena, offer, message);
  message->resources = mu_mesos_resources_write(arena, offer->resources, &message->n_resources);
  message->allocation_info = write_allocation(arena, offer->role != NULL ? offer->role : role);
  for (gsize i = 0; i < message->n_resources; i++)
    message->resources[i]->allocation_info = message->allocation_info;
  return message;
}
