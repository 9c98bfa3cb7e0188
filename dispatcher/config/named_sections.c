#include "config/named_sections.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "config/checks.h"
#include "config/gateway.h"
#include "config/params.h"
#include "config/transport_maps.h"
#include "model/address.h"

static const struct yaml_node *map_member(const struct section *section, const char *key)
{
    const struct yaml_node *node = yaml_get(section->map, key);
    return node != NULL && node->kind == YAML_MAP ? node : NULL;
}

/* ---- organisation ---- */

static bool is_known_field(const char *key, size_t first)
{
    for (size_t i = first; i < PARAM_FIELDS; i++) {
        if (strcmp(param_field_names[i], key) == 0)
            return true;
    }
    return false;
}

static bool is_own_field(const char *key)
{
    return is_known_field(key, 0) && !is_known_field(key, PARAM_OWN_FIELDS);
}

static bool is_field_name(const char *key)
{
    return key[0] >= 'a' && key[0] <= 'z' &&
           key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool field_is_fine(struct load *l, const struct section *section,
                          const struct yaml_node *node)
{
    struct place place = place_of_key(section->file, node);
    const char *meant = text_closest(node->key, param_field_names, PARAM_FIELDS);
    if (is_known_field(node->key, PARAM_OWN_FIELDS))
        return true;
    if (is_own_field(node->key))
        load_problem(l, place,
                     "`%s` is the same in every language: it stands directly below "
                     "`organisation`",
                     node->key);
    else if (meant != NULL)
        load_problem(l, place,
                     "unknown key `%s`; did you mean `%s`? (a field of your own needs a "
                     "name that is less like it)",
                     node->key, meant);
    else if (!is_field_name(node->key))
        load_problem(l, place, "`%s` is no name of a field: letters a-z, digits and `_`",
                     node->key);
    else
        return true;
    return false;
}

static void read_field(struct load *l, const struct section *section, const char *locale,
                       const struct yaml_node *node, struct organisation *o)
{
    if (!field_is_fine(l, section, node))
        return;
    struct organisation_field *field = &o->fields[o->field_count];
    reader_read_free(l, section, node, node->key, false, &field->value);
    if (field->value == NULL)
        return;
    field->key = xstrdup(node->key);
    field->locale = xstrdup(locale);
    o->field_count++;
}

static void read_language(struct load *l, const struct section *organisation,
                          const struct yaml_node *node, struct organisation *o)
{
    struct error why = {0};
    struct buf prefix = {0};
    struct section language = *organisation;
    if (address_check_locale(node->key, &why) != 0) {
        load_problem(l, place_of_key(organisation->file, node), "`%s`: %s", node->key, why.text);
        return;
    }
    buf_printf(&prefix, "%s%s.", organisation->prefix, node->key);
    language.prefix = prefix.data;
    language.map = node;
    for (size_t i = 0; i < node->count; i++)
        read_field(l, &language, node->key, node->items[i], o);
    buf_free(&prefix);
}

static size_t count_leaves(const struct yaml_node *map)
{
    size_t count = 0;
    for (size_t i = 0; i < map->count; i++)
        count += map->items[i]->kind == YAML_MAP ? map->items[i]->count : 1;
    return count;
}

void named_sections_read_organisation(struct load *l, const struct section *top, struct settings *s)
{
    struct section section = *top;
    section.map = map_member(top, "organisation");
    section.prefix = "organisation.";
    if (section.map == NULL)
        return;
    s->organisation.fields =
        xcalloc(count_leaves(section.map) + 1, sizeof(*s->organisation.fields));
    for (size_t i = 0; i < section.map->count; i++) {
        const struct yaml_node *node = section.map->items[i];
        if (node->kind == YAML_MAP)
            read_language(l, &section, node, &s->organisation);
        else if (!is_own_field(node->key))
            read_field(l, &section, NULL, node, &s->organisation);
    }
}

/* ---- transports ---- */

static const enum transport_type native_types[CHANNEL_KINDS] = {
    [CHANNEL_EMAIL] = TRANSPORT_SMTP,
    [CHANNEL_SMS] = TRANSPORT_GATEWAY,
    [CHANNEL_WEBHOOK] = TRANSPORT_WEBHOOK,
};

static bool find_name(const char *const *names, const char *name, int *out)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* As a key that others depend on is read before them: its text, "" if it is none, NULL if it is not
 * there. */
static const char *early_text(const struct load *l, const struct section *section, const char *key,
                              struct place *out_place)
{
    const struct yaml_node *node = yaml_get(section->map, key);
    const char *said = reader_find_override(l, section, key);
    *out_place = (struct place){.source = "command line"};
    if (said != NULL)
        return said;
    *out_place =
        node != NULL ? place_of(section->file, node) : place_of_key(section->file, section->map);
    if (node == NULL)
        return NULL;
    return node->kind == YAML_SCALAR ? node->text : "";
}

/* The two keys that decide which others apply; wrong ones are reported here, once. */
static bool read_kind(struct load *l, const struct section *section, enum channel_kind *out_channel,
                      enum transport_type *out_type)
{
    struct place place;
    const char *channel = early_text(l, section, "channel", &place);
    int number = 0;
    if (channel == NULL || !channel_kind_parse(channel, out_channel)) {
        load_problem(l, place, "`%schannel` must be email, sms or webhook", section->prefix);
        return false;
    }
    const char *type = early_text(l, section, "type", &place);
    *out_type = native_types[*out_channel];
    if (type == NULL)
        return true;
    if (!find_name(param_type_names, type, &number) ||
        (number != TRANSPORT_OUTBOX && number != (int)*out_type)) {
        load_problem(l, place, "`%stype` must be %s or outbox for channel %s", section->prefix,
                     param_type_names[*out_type], channel);
        return false;
    }
    *out_type = (enum transport_type)number;
    return true;
}

/* An outbox may keep the keys of the real thing, so that one line switches between them. */
static void select_rows(struct section *section, enum channel_kind channel,
                        enum transport_type type)
{
    section->channel = 1u << channel;
    section->type = 1u << type;
    if (type == TRANSPORT_OUTBOX)
        section->tolerated_type = 1u << native_types[channel];
}

static void read_gateway(struct load *l, const struct section *section, const char *directory,
                         struct transport *t)
{
    struct place place;
    const char *name = early_text(l, section, "gateway", &place);
    if (t->channel != CHANNEL_SMS)
        return;
    bool wanted = name != NULL || t->type == TRANSPORT_GATEWAY;
    if (wanted && directory != NULL) /* without one the key `gateways` is wrong, which was said */
        gateway_read(l, section, directory, t->type == TRANSPORT_OUTBOX, &t->sms.gateway);
    if (t->sms.gateway == NULL)
        t->sms.gateway = gateway_default();
    if (t->type == TRANSPORT_GATEWAY)
        gateway_limit_transport(l, section, t);
}

static void read_transport(struct load *l, const struct section *top, const struct settings *s,
                           const struct yaml_node *node, struct transport *t)
{
    struct buf prefix = {0}, description = {0};
    struct section section = *top;
    enum channel_kind channel;
    enum transport_type type;
    buf_printf(&prefix, "transports.%s.", node->key);
    section.prefix = prefix.data;
    section.map = node;
    t->name = xstrdup(node->key);
    if (node->kind != YAML_MAP) {
        load_problem(l, place_of(top->file, node), "`transports.%s` must be a map", node->key);
    } else if (read_kind(l, &section, &channel, &type)) {
        select_rows(&section, channel, type);
        buf_printf(&description, "a transport for %s of type %s", channel_kind_name(channel),
                   param_type_names[type]);
        section.description = description.data;
        reader_read(l, &section, &params_transport, t);
        transport_maps_read(l, &section, t);
        read_gateway(l, &section, s->gateways, t);
    }
    buf_free(&prefix);
    buf_free(&description);
}

/* `transports: {}` and a list of names that all can be used as parts of a key. */
static const struct yaml_node *named_map(struct load *l, const struct section *top, const char *key)
{
    const struct yaml_node *map = map_member(top, key);
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        struct error why = {0};
        if (check_name(map->items[i]->key, &why) != 0)
            load_problem(l, place_of_key(top->file, map->items[i]), "`%s`: %s", map->items[i]->key,
                         why.text);
    }
    return map;
}

void named_sections_read_transports(struct load *l, const struct section *top, struct settings *s)
{
    const struct yaml_node *map = named_map(l, top, "transports");
    if (map == NULL)
        return;
    s->transports = xcalloc(map->count + 1, sizeof(*s->transports));
    s->transport_count = map->count;
    for (size_t i = 0; i < map->count; i++)
        read_transport(l, top, s, map->items[i], &s->transports[i]);
}

/* ---- roles ---- */

static void read_role(struct load *l, const struct section *top, const struct yaml_node *node,
                      struct campaign_role *role)
{
    struct buf prefix = {0};
    struct section section = *top;
    buf_printf(&prefix, "campaigns.roles.%s.", node->key);
    section.prefix = prefix.data;
    section.map = node;
    section.description = "a role";
    role->name = xstrdup(node->key);
    if (node->kind != YAML_MAP) {
        load_problem(l, place_of(top->file, node), "`campaigns.roles.%s` must be a map", node->key);
    } else {
        reader_read(l, &section, &params_role, role);
        if (role->user_count + role->group_count == 0)
            load_problem(l, place_of(top->file, node),
                         "`campaigns.roles.%s` names nobody: give it `users` or `groups`",
                         node->key);
    }
    buf_free(&prefix);
}

void named_sections_read_roles(struct load *l, const struct section *top, struct settings *s)
{
    struct section campaigns = *top;
    campaigns.map = map_member(top, "campaigns");
    campaigns.prefix = "campaigns.";
    const struct yaml_node *map = campaigns.map != NULL ? named_map(l, &campaigns, "roles") : NULL;
    if (map == NULL)
        return;
    s->roles = xcalloc(map->count + 1, sizeof(*s->roles));
    s->role_count = map->count;
    for (size_t i = 0; i < map->count; i++)
        read_role(l, top, map->items[i], &s->roles[i]);
}

/* ---- endpoints ---- */

static void read_header(struct load *l, const struct section *headers, const struct yaml_node *node,
                        struct endpoint *e)
{
    struct error why = {0};
    struct endpoint_header *header = &e->headers[e->header_count];
    if (check_header_name(node->key, &why) != 0) {
        load_problem(l, place_of_key(headers->file, node), "header `%s` %s", node->key, why.text);
        return;
    }
    reader_read_free(l, headers, node, node->key, header_is_secret(node->key), &header->value);
    if (header->value == NULL)
        return;
    header->name = xstrdup(node->key);
    e->header_count++;
}

static void read_headers(struct load *l, const struct section *section, struct endpoint *e)
{
    struct buf prefix = {0};
    struct section headers = *section;
    headers.map = map_member(section, "headers");
    if (headers.map == NULL)
        return;
    buf_printf(&prefix, "%sheaders.", section->prefix);
    headers.prefix = prefix.data;
    e->headers = xcalloc(headers.map->count + 1, sizeof(*e->headers));
    for (size_t i = 0; i < headers.map->count; i++)
        read_header(l, &headers, headers.map->items[i], e);
    buf_free(&prefix);
}

static void read_endpoint(struct load *l, const struct section *top, const struct yaml_node *node,
                          struct endpoint *e)
{
    struct buf prefix = {0};
    struct section section = *top;
    buf_printf(&prefix, "endpoints.%s.", node->key);
    section.prefix = prefix.data;
    section.map = node;
    e->name = xstrdup(node->key);
    if (node->kind == YAML_MAP) {
        reader_read(l, &section, &params_endpoint, e);
        read_headers(l, &section, e);
    } else {
        load_problem(l, place_of(top->file, node), "`endpoints.%s` must be a map", node->key);
    }
    buf_free(&prefix);
}

void named_sections_read_endpoints(struct load *l, const struct section *top, struct settings *s)
{
    const struct yaml_node *map = named_map(l, top, "endpoints");
    if (map == NULL)
        return;
    s->endpoints = xcalloc(map->count + 1, sizeof(*s->endpoints));
    s->endpoint_count = map->count;
    for (size_t i = 0; i < map->count; i++)
        read_endpoint(l, top, map->items[i], &s->endpoints[i]);
}
