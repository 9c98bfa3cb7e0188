#include "config/transport_maps.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "config/checks.h"
#include "config/params.h"

/* ---- a map within a transport ---- */

/* `key` of the transport as a section of its own; `prefix` is to be freed. False: it is not there,
 * or no map, which reader_read() has said. */
static bool open_map(const struct section *transport, const char *key, struct section *out,
                     struct buf *prefix)
{
    const struct yaml_node *map = yaml_get(transport->map, key);
    if (map == NULL || map->kind != YAML_MAP)
        return false;
    buf_printf(prefix, "%s%s.", transport->prefix, key);
    *out = *transport;
    out->map = map;
    out->prefix = prefix->data;
    out->channel = out->type = out->tolerated_type = 0;
    return true;
}

/* A map within that map, by the rows of `table`. */
static void read_member(struct load *l, const struct section *map, const struct yaml_node *node,
                        const struct param_table *table, const char *description, void *target)
{
    struct buf prefix = {0};
    struct section member = *map;
    buf_printf(&prefix, "%s%s.", map->prefix, node->key);
    member.prefix = prefix.data;
    member.map = node;
    member.description = description;
    reader_read(l, &member, table, target);
    buf_free(&prefix);
}

/* The name of an entry; `default` is none that the check sees. */
static bool name_is_fine(struct load *l, const struct section *map, const struct yaml_node *node,
                         param_check_fn *check)
{
    struct error why = {0};
    if (check(node->key, &why) == 0)
        return true;
    load_problem(l, place_of_key(map->file, node), "%s", why.text);
    return false;
}

static bool is_default(const struct yaml_node *node)
{
    return strcmp(node->key, "default") == 0;
}

/* ---- domains ---- */

static void lower_case(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
}

static bool domain_is_fine(struct load *l, const struct section *domains,
                           const struct yaml_node *node, const struct transport *t)
{
    if (!is_default(node) && !name_is_fine(l, domains, node, check_domain))
        return false;
    for (size_t i = 0; i < t->domain_count; i++) {
        if (strcasecmp(t->domains[i].domain, node->key) == 0) {
            load_problem(l, place_of_key(domains->file, node), "`%s` stands here twice", node->key);
            return false;
        }
    }
    return true;
}

static void read_domains(struct load *l, const struct section *transport, struct transport *t)
{
    struct buf prefix = {0};
    struct section domains;
    if (t->channel != CHANNEL_EMAIL || !open_map(transport, "domains", &domains, &prefix))
        return;
    t->domains = xcalloc(domains.map->count + 1, sizeof(*t->domains));
    for (size_t i = 0; i < domains.map->count; i++) {
        const struct yaml_node *node = domains.map->items[i];
        if (!domain_is_fine(l, &domains, node, t))
            continue;
        struct domain_rate *domain = &t->domains[t->domain_count++];
        domain->domain = xstrdup(node->key);
        lower_case(domain->domain);
        if (node->kind == YAML_MAP)
            read_member(l, &domains, node, &params_domain, "the pace towards a mail domain",
                        domain);
        else
            reader_read_one(l, &domains, node, &param_domain_rate, node->key, &domain->rate);
    }
    buf_free(&prefix);
}

/* ---- hours by country ---- */

static void read_windows(struct load *l, const struct section *transport, struct transport *t)
{
    struct buf prefix = {0};
    struct section windows;
    if (!open_map(transport, "windows", &windows, &prefix))
        return;
    t->windows = xcalloc(windows.map->count + 1, sizeof(*t->windows));
    for (size_t i = 0; i < windows.map->count; i++) {
        const struct yaml_node *node = windows.map->items[i];
        if (!name_is_fine(l, &windows, node, check_country))
            continue;
        struct country_window *window = &t->windows[t->window_count++];
        window->country = xstrdup(node->key);
        reader_read_one(l, &windows, node, &param_country_window, node->key, &window->window);
    }
    buf_free(&prefix);
}

/* ---- mail servers ---- */

/* People count from one: transports.mail.hosts.1.host. */
static void read_host(struct load *l, const struct section *transport, const struct yaml_node *node,
                      size_t number, struct smtp_host *host)
{
    struct buf prefix = {0};
    struct section section = *transport;
    buf_printf(&prefix, "%shosts.%zu.", transport->prefix, number);
    section.prefix = prefix.data;
    section.map = node;
    section.channel = section.type = section.tolerated_type = 0;
    section.description = "one of several mail servers";
    reader_read(l, &section, &params_host, host);
    buf_free(&prefix);
}

/* One server stands in `host` and `port`, several in `hosts`. */
static void check_one_server(struct load *l, const struct section *transport)
{
    static const char *const keys[] = {"host", "port"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct buf full = {0};
        buf_printf(&full, "%s%s", transport->prefix, keys[i]);
        const struct setting *setting = load_find_setting(l, full.data);
        if (setting != NULL && !setting->is_default)
            load_problem(l, setting->place,
                         "`%s` and `hosts` exclude each other: name this server in `hosts` too, "
                         "or leave `hosts` out",
                         full.data);
        buf_free(&full);
    }
}

static void check_any_server(struct load *l, const struct section *transport,
                             const struct transport *t)
{
    if (t->type == TRANSPORT_SMTP && t->smtp.host == NULL &&
        yaml_get(transport->map, "host") == NULL)
        load_problem(l, place_of_key(transport->file, transport->map),
                     "`%shost` is missing: the mail server that takes our mail", transport->prefix);
}

static void read_hosts(struct load *l, const struct section *transport, struct transport *t)
{
    const struct yaml_node *list = yaml_get(transport->map, "hosts");
    if (t->channel != CHANNEL_EMAIL)
        return;
    if (list == NULL) {
        check_any_server(l, transport, t);
        return;
    }
    check_one_server(l, transport);
    if (list->kind != YAML_LIST || list->count == 0) {
        load_problem(l, place_of(transport->file, list),
                     "`%shosts` must be a list of mail servers, like [{host: a.example.org}, "
                     "{host: b.example.org}]",
                     transport->prefix);
        return;
    }
    t->smtp.hosts = xcalloc(list->count + 1, sizeof(*t->smtp.hosts));
    t->smtp.host_count = list->count;
    for (size_t i = 0; i < list->count; i++)
        read_host(l, transport, list->items[i], i + 1, &t->smtp.hosts[i]);
}

/* ---- texts by country ---- */

static bool is_korean(const char *prefix)
{
    return strncmp(prefix, "+82", 3) == 0;
}

static void read_senders(struct load *l, const struct section *transport, struct sms_settings *sms)
{
    struct buf prefix = {0};
    struct section senders;
    if (!open_map(transport, "senders", &senders, &prefix))
        return;
    sms->senders = xcalloc(senders.map->count + 1, sizeof(*sms->senders));
    for (size_t i = 0; i < senders.map->count; i++) {
        const struct yaml_node *node = senders.map->items[i];
        struct sms_sender *sender = &sms->senders[sms->sender_count];
        if (!name_is_fine(l, &senders, node, check_prefix))
            continue;
        reader_read_one(l, &senders, node,
                        is_korean(node->key) ? &param_korean_sender : &param_sms_sender, node->key,
                        &sender->sender);
        if (sender->sender == NULL)
            continue;
        sender->prefix = xstrdup(node->key);
        sms->sender_count++;
    }
    buf_free(&prefix);
}

/* One number is the price of a long message too. */
static void read_price(struct load *l, const struct section *prices, const struct yaml_node *node,
                       struct sms_price *price)
{
    price->prefix = xstrdup(node->key);
    if (node->kind == YAML_MAP) {
        read_member(l, prices, node, &params_price, "a price", price);
    } else {
        reader_read_one(l, prices, node, &param_sms_price, node->key, &price->micros);
        price->lms_micros = price->micros;
    }
}

static void read_prices(struct load *l, const struct section *transport, struct sms_settings *sms)
{
    struct buf prefix = {0};
    struct section prices;
    if (!open_map(transport, "prices", &prices, &prefix))
        return;
    sms->prices = xcalloc(prices.map->count + 1, sizeof(*sms->prices));
    for (size_t i = 0; i < prices.map->count; i++) {
        const struct yaml_node *node = prices.map->items[i];
        if (is_default(node) || name_is_fine(l, &prices, node, check_prefix))
            read_price(l, &prices, node, &sms->prices[sms->price_count++]);
    }
    buf_free(&prefix);
}

void transport_maps_read(struct load *l, const struct section *transport, struct transport *t)
{
    read_domains(l, transport, t);
    read_windows(l, transport, t);
    read_hosts(l, transport, t);
    if (t->channel == CHANNEL_SMS) {
        read_senders(l, transport, &t->sms);
        read_prices(l, transport, &t->sms);
    }
}
