#include "config/related_keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "config/checks.h"
#include "model/address.h"
#include "model/token.h"

#define PORT_STARTTLS 587
#define PORT_RELAY    25
#define PORT_IMPLICIT 465 /* RFC 8314 */

/* Does it stand there, rightly or not? What could not be read has been said already. */
static bool is_given(const struct load *l, const char *key)
{
    const struct setting *setting = load_find_setting(l, key);
    return setting != NULL && !setting->is_default;
}

static bool is_given_in(const struct load *l, const char *section, const char *name,
                        const char *key)
{
    struct buf full = {0};
    buf_printf(&full, "%s.%s.%s", section, name, key);
    bool given = is_given(l, full.data);
    buf_free(&full);
    return given;
}

static bool is_given_for(const struct load *l, const struct transport *t, const char *key)
{
    return is_given_in(l, "transports", t->name, key);
}

/* "hosts.2.port" where several servers stand, else "port"; caller frees. */
static char *key_of_host(const struct load *l, const struct transport *t, size_t index,
                         const char *key)
{
    struct buf name = {0};
    if (is_given_for(l, t, "hosts.1.host"))
        buf_printf(&name, "hosts.%zu.", index + 1);
    buf_puts(&name, key);
    return buf_steal(&name);
}

/* ---- what follows from other keys ---- */

static void fill_paths(struct settings *s)
{
    if (s->control_socket == NULL && s->spool != NULL)
        s->control_socket = file_join(s->spool, "control.sock");
    for (size_t i = 0; i < s->transport_count; i++) {
        struct transport *t = &s->transports[i];
        struct buf name = {0};
        buf_printf(&name, "outbox/%s", t->name);
        if (t->type == TRANSPORT_OUTBOX && t->directory == NULL && s->spool != NULL)
            t->directory = file_join(s->spool, name.data);
        buf_free(&name);
    }
}

static void fill_ports(const struct load *l, struct transport *t)
{
    for (size_t i = 0; i < t->smtp.host_count; i++) {
        char *key = key_of_host(l, t, i, "port");
        if (!is_given_for(l, t, key))
            t->smtp.hosts[i].port = PORT_IMPLICIT;
        free(key);
    }
}

/* One server or several: afterwards it stands in both places. */
static void fill_servers(const struct load *l, struct transport *t)
{
    struct smtp_settings *smtp = &t->smtp;
    if (smtp->host_count == 0 && smtp->host != NULL) {
        smtp->hosts = xcalloc(1, sizeof(*smtp->hosts));
        smtp->hosts[smtp->host_count++] =
            (struct smtp_host){.host = xstrdup(smtp->host), .port = smtp->port, .weight = 1};
    }
    if (smtp->host_count == 0)
        return;
    if (smtp->tls == SMTP_TLS_IMPLICIT)
        fill_ports(l, t);
    if (smtp->host == NULL && smtp->hosts[0].host != NULL)
        smtp->host = xstrdup(smtp->hosts[0].host);
    smtp->port = smtp->hosts[0].port;
}

static void fill_api(struct settings *s)
{
    struct buf url = {0};
    if (s->api_public_url == NULL && s->api_listen != NULL) {
        buf_printf(&url, "http://%s", s->api_listen);
        s->api_public_url = buf_steal(&url);
    }
    /* A path is put behind it. */
    for (size_t len = s->api_public_url != NULL ? strlen(s->api_public_url) : 0;
         len > 0 && s->api_public_url[len - 1] == '/'; len--)
        s->api_public_url[len - 1] = '\0';
}

/* Waits of an endpoint's own are spread like those of its transport. */
static void fill_endpoints(struct settings *s)
{
    const struct transport *t = settings_transport_for(s, CHANNEL_WEBHOOK);
    for (size_t i = 0; t != NULL && i < s->endpoint_count; i++)
        s->endpoints[i].retry.jitter = t->retry.jitter;
}

void related_keys_fill(const struct load *l, struct settings *s)
{
    struct organisation *o = &s->organisation;
    if (o->domain == NULL && o->from_address != NULL)
        o->domain = xstrdup(address_domain(o->from_address));
    s->halt.set = true;
    s->trial_configured = s->trial;
    fill_paths(s);
    fill_api(s);
    for (size_t i = 0; i < s->transport_count; i++)
        fill_servers(l, &s->transports[i]);
    fill_endpoints(s);
}

/* ---- what must fit together ---- */

struct check {
    struct load *l;
    struct settings *s;
    struct place file; /* where no key stands yet */
};

static struct place place_in(const struct check *c, const char *section, const char *name,
                             const char *key)
{
    struct buf full = {0};
    buf_printf(&full, "%s.%s.%s", section, name, key);
    struct place place = load_place_of(c->l, full.data, c->file);
    buf_free(&full);
    return place;
}

static struct place place_for(const struct check *c, const struct transport *t, const char *key)
{
    return place_in(c, "transports", t->name, key);
}

static struct place place_of_host(const struct check *c, const struct transport *t, size_t index,
                                  const char *key)
{
    char *name = key_of_host(c->l, t, index, key);
    struct place place = place_for(c, t, name);
    free(name);
    return place;
}

/* Of an item of a list in the file; of the whole list if it comes from elsewhere. */
static struct place place_of_item(const struct check *c, const char *key, size_t index)
{
    const struct setting *setting = load_find_setting(c->l, key);
    if (setting != NULL && setting->node != NULL && setting->node->kind == YAML_LIST &&
        index < setting->node->count)
        return place_of(setting->place.source, setting->node->items[index]);
    return load_place_of(c->l, key, c->file);
}

/* ---- mail servers ---- */

static void check_login(const struct check *c, const struct transport *t)
{
    bool user = is_given_for(c->l, t, "user"), password = is_given_for(c->l, t, "password"),
         token = is_given_for(c->l, t, "oauth_token");
    const char *given = password ? "password" : "oauth_token";
    if (user != (password || token))
        load_problem(c->l, place_for(c, t, user ? "user" : given),
                     "transport `%s`: `user` and `%s` belong together", t->name,
                     user ? "password" : given);
    if (password && token)
        load_problem(c->l, place_for(c, t, "oauth_token"),
                     "transport `%s`: `oauth_token` takes the place of `password`; keep one of "
                     "them",
                     t->name);
}

static void check_clear(const struct check *c, const struct transport *t, const char *host)
{
    if (t->smtp.tls == SMTP_TLS_NONE && t->smtp.user != NULL && !host_is_loopback(host))
        load_problem(c->l, place_for(c, t, "tls"),
                     "transport `%s`: with `tls: none` the password would cross the network in the "
                     "clear",
                     t->name);
}

static void check_port(const struct check *c, const struct transport *t, size_t index)
{
    int port = t->smtp.hosts[index].port;
    bool implicit = t->smtp.tls == SMTP_TLS_IMPLICIT;
    if (!implicit && port == PORT_IMPLICIT)
        load_problem(c->l, place_of_host(c, t, index, "port"),
                     "transport `%s`: port 465 wants TLS from the first byte; say `tls: implicit` "
                     "and `engine: curl`, or use the port for STARTTLS, mostly 587",
                     t->name);
    if (implicit && (port == PORT_STARTTLS || port == PORT_RELAY))
        load_problem(c->l, place_of_host(c, t, index, "port"),
                     "transport `%s`: on port %d TLS begins with STARTTLS; say `tls: required`, or "
                     "use the port for TLS from the first byte, mostly 465",
                     t->name, port);
}

/* What libesmtp cannot. */
static void check_engine(const struct check *c, const struct transport *t)
{
    if (t->smtp.engine == SMTP_ENGINE_CURL)
        return;
    if (t->smtp.tls == SMTP_TLS_IMPLICIT)
        load_problem(c->l, place_for(c, t, "tls"),
                     "transport `%s`: `tls: implicit` needs `engine: curl`", t->name);
    if (is_given_for(c->l, t, "oauth_token"))
        load_problem(c->l, place_for(c, t, "oauth_token"),
                     "transport `%s`: `oauth_token` needs `engine: curl`", t->name);
    for (size_t i = 0; i < t->smtp.host_count; i++) {
        if (t->smtp.hosts[i].host != NULL && strchr(t->smtp.hosts[i].host, ':') != NULL)
            load_problem(c->l, place_of_host(c, t, i, "host"),
                         "transport `%s`: an IPv6 address needs `engine: curl`", t->name);
    }
}

static void check_smtp(const struct check *c, const struct transport *t)
{
    check_login(c, t);
    check_engine(c, t);
    for (size_t i = 0; i < t->smtp.host_count; i++) {
        if (t->smtp.hosts[i].host != NULL)
            check_clear(c, t, t->smtp.hosts[i].host);
        check_port(c, t, i);
    }
}

/* ---- texts ---- */

static void check_sms(const struct check *c, const struct transport *t)
{
    const struct sms_settings *sms = &t->sms;
    struct buf key = {0};
    buf_printf(&key, "transports.%s.deny_prefixes", t->name);
    if (sms->price_count > 0 && !is_given_for(c->l, t, "currency"))
        load_problem(c->l, place_for(c, t, "channel"),
                     "transport `%s`: `prices` need `currency`, like `currency: EUR`", t->name);
    for (size_t i = 0; i < sms->deny_prefix_count; i++) {
        for (size_t j = 0; j < sms->allow_prefix_count; j++) {
            if (text_starts_with(sms->allow_prefixes[j], sms->deny_prefixes[i]))
                load_problem(c->l, place_of_item(c, key.data, i),
                             "transport `%s`: `%s` is denied here, so `%s` of `allow_prefixes` "
                             "never gets anything; leave one of them out",
                             t->name, sms->deny_prefixes[i], sms->allow_prefixes[j]);
        }
    }
    buf_free(&key);
}

/* ---- every transport ---- */

static void check_warmup(const struct check *c, const struct transport *t)
{
    bool start = is_given_for(c->l, t, "warmup.start"),
         limits = is_given_for(c->l, t, "warmup.limits");
    if (start != limits)
        load_problem(
            c->l, place_for(c, t, start ? "warmup.start" : "warmup.limits"),
            "transport `%s`: `warmup.start` (the first day) and `warmup.limits` (how many on each "
            "day) belong together",
            t->name);
}

static void say_unknown_transport(const struct check *c, struct place place, const char *name)
{
    const char **names = xcalloc(c->s->transport_count + 1, sizeof(*names));
    for (size_t i = 0; i < c->s->transport_count; i++)
        names[i] = c->s->transports[i].name;
    load_unknown(c->l, place, "transport", name, names, c->s->transport_count);
    free(names);
}

static void check_step_in(const struct check *c, const struct transport *t, const char *name,
                          struct place place)
{
    const struct transport *other = settings_find_transport(c->s, name);
    if (other == NULL)
        say_unknown_transport(c, place, name);
    else if (other == t)
        load_problem(c->l, place, "transport `%s` cannot step in for itself", name);
    else if (other->channel != t->channel)
        load_problem(c->l, place,
                     "transport `%s` is for %s: only another one for %s can step in for `%s`", name,
                     channel_kind_name(other->channel), channel_kind_name(t->channel), t->name);
}

/* Does the way of those that step in lead from one to the other? `seen`: one per transport. */
static bool leads_to(const struct settings *s, const struct transport *from,
                     const struct transport *to, bool *seen)
{
    for (size_t i = 0; i < from->failover_count; i++) {
        const struct transport *next = settings_find_transport(s, from->failover[i]);
        if (next == NULL || next == from || seen[next - s->transports])
            continue;
        seen[next - s->transports] = true;
        if (next == to || leads_to(s, next, to, seen))
            return true;
    }
    return false;
}

/* One loop at a time: the others on it would say the same. */
static void check_loops(const struct check *c)
{
    for (size_t i = 0; i < c->s->transport_count; i++) {
        const struct transport *t = &c->s->transports[i];
        bool *seen = xcalloc(c->s->transport_count, sizeof(*seen));
        bool loop = leads_to(c->s, t, t, seen);
        free(seen);
        if (!loop)
            continue;
        load_problem(c->l, place_for(c, t, "failover"),
                     "transport `%s`: `failover` leads back to `%s`; let one of them step in for "
                     "the other, not both",
                     t->name, t->name);
        return;
    }
}

static void check_failover(const struct check *c, const struct transport *t)
{
    struct buf key = {0};
    buf_printf(&key, "transports.%s.failover", t->name);
    for (size_t i = 0; i < t->failover_count; i++)
        check_step_in(c, t, t->failover[i], place_of_item(c, key.data, i));
    buf_free(&key);
}

static void check_transports(const struct check *c)
{
    bool has_mail = false;
    for (size_t i = 0; i < c->s->transport_count; i++) {
        const struct transport *t = &c->s->transports[i];
        has_mail = has_mail || t->channel == CHANNEL_EMAIL;
        if (t->type == TRANSPORT_SMTP && t->channel == CHANNEL_EMAIL)
            check_smtp(c, t);
        if (t->channel == CHANNEL_SMS)
            check_sms(c, t);
        check_warmup(c, t);
        check_failover(c, t);
    }
    check_loops(c);
    if (has_mail && !is_given(c->l, "organisation.from"))
        load_problem(c->l, c->file,
                     "`organisation.from` is missing: the address letters come from");
}

/* ---- endpoints ---- */

static void check_secret_of(const struct check *c, const struct endpoint *e, const char *key,
                            char **secret)
{
    struct error why = {0};
    if (*secret != NULL && !c->l->without_secrets && check_signing_secret(secret, &why) != 0)
        load_problem(c->l, place_in(c, "endpoints", e->name, key), "endpoint `%s`: %s", e->name,
                     why.text);
}

static void check_secrets(const struct check *c, struct endpoint *e)
{
    struct error why = {0};
    check_secret_of(c, e, "secret", &e->secret);
    check_secret_of(c, e, "old_secret", &e->old_secret);
    if (!c->l->without_secrets && e->old_secret != NULL && text_equal(e->old_secret, e->secret))
        load_problem(c->l, place_in(c, "endpoints", e->name, "old_secret"),
                     "endpoint `%s`: `old_secret` is the same as `secret`; put a new one into "
                     "`secret`",
                     e->name);
    if (!is_given_in(c->l, "endpoints", e->name, "old_secret") &&
        is_given_in(c->l, "endpoints", e->name, "old_secret_until"))
        load_problem(c->l, place_in(c, "endpoints", e->name, "old_secret_until"),
                     "endpoint `%s`: `old_secret_until` is the last day of `old_secret`, which is "
                     "missing",
                     e->name);
    if (e->signing_key != NULL && !c->l->without_secrets &&
        check_signing_key(e->signing_key, &why) != 0)
        load_problem(c->l, place_in(c, "endpoints", e->name, "signing_key"), "endpoint `%s`: %s",
                     e->name, why.text);
}

static void check_endpoint(const struct check *c, struct endpoint *e)
{
    if (e->url != NULL && url_is_http(e->url) && !e->allow_http)
        load_problem(
            c->l, place_in(c, "endpoints", e->name, "url"),
            "endpoint `%s`: use https, or say `allow_http: true` if everyone on the way may "
            "read along",
            e->name);
    check_secrets(c, e);
}

/* ---- the whole ---- */

/* The token and its `+` go into the local part, which has 64 characters (RFC 5321). */
static void check_verp(const struct check *c)
{
    const struct organisation *o = &c->s->organisation;
    if (!o->verp)
        return;
    struct place place = load_place_of(c->l, "organisation.verp", c->file);
    if (!is_given(c->l, "organisation.bounce"))
        load_problem(c->l, place,
                     "`organisation.verp` needs `organisation.bounce`: the address whose mailbox "
                     "takes what is returned");
    else if (o->bounce_address != NULL && strcspn(o->bounce_address, "@") + TOKEN_SIZE > 64)
        load_problem(c->l, load_place_of(c->l, "organisation.bounce", c->file),
                     "`organisation.bounce`: with `verp` a token is put behind the name, so what "
                     "stands before the @ has at most %d characters",
                     64 - TOKEN_SIZE);
}

static void check_dkim(const struct check *c)
{
    static const char *const keys[] = {"dkim.domain", "dkim.selector", "dkim.key"};
    const char *given = NULL;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        given = is_given(c->l, keys[i]) ? keys[i] : given;
    for (size_t i = 0; given != NULL && i < COUNT_OF(keys); i++) {
        if (!is_given(c->l, keys[i]))
            load_problem(c->l, load_place_of(c->l, given, c->file),
                         "`%s` is missing: signing needs `domain`, `selector` and `key`", keys[i]);
    }
}

static void check_unsubscribe(const struct check *c)
{
    bool way = is_given(c->l, "unsubscribe.url") || is_given(c->l, "unsubscribe.mail");
    const char *given = is_given(c->l, "unsubscribe.url") ? "unsubscribe.url" : "unsubscribe.mail";
    if (c->s->unsubscribe_category_count > 0 && !way)
        load_problem(c->l, load_place_of(c->l, "unsubscribe.categories", c->file),
                     "`unsubscribe.categories` need a way to unsubscribe: set `unsubscribe.url` or "
                     "`unsubscribe.mail`");
    if (!is_given(c->l, "unsubscribe.categories") && way)
        load_problem(c->l, load_place_of(c->l, given, c->file),
                     "`unsubscribe.categories` is missing: without it no mail offers to "
                     "unsubscribe");
}

static void check_socket(const struct check *c)
{
    const char *path = c->s->control_socket;
    const size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
    if (path != NULL && strlen(path) >= room)
        load_problem(
            c->l, load_place_of(c->l, "control_socket", c->file),
            "`control_socket` is %zu bytes long and a socket's name has at most %zu; set a "
            "shorter one",
            strlen(path), room - 1);
}

static bool has_role(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->role_count; i++) {
        if (strcmp(s->roles[i].name, name) == 0)
            return true;
    }
    return s->role_count == 0;
}

/* A role that nobody may have would keep every campaign back for ever. */
static void check_approvals(const struct check *c)
{
    for (size_t i = 0; i < c->s->campaign_approval_count; i++) {
        const char *name = c->s->campaign_approvals[i];
        if (!has_role(c->s, name))
            load_problem(c->l, load_place_of(c->l, "campaigns.approvals", c->file),
                         "`campaigns.approvals` wants %s, but `campaigns.roles` says of nobody "
                         "that he may approve as that: add `%s` there",
                         name, name);
    }
}

void related_keys_check(struct load *l, struct place file, struct settings *s)
{
    const struct check check = {.l = l, .s = s, .file = file}, *c = &check;
    check_transports(c);
    for (size_t i = 0; i < c->s->endpoint_count; i++)
        check_endpoint(c, &c->s->endpoints[i]);
    check_verp(c);
    check_dkim(c);
    check_unsubscribe(c);
    check_socket(c);
    check_approvals(c);
}
