#include "config/remarks.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/pem.h"
#include "base/text.h"
#include "config/checks.h"
#include "model/address.h"

struct look {
    struct load *l;
    struct place file;
    const struct settings *s;
};

static struct place place_in(const struct look *look, const char *section, const char *name,
                             const char *key)
{
    struct buf full = {0}, parent = {0};
    buf_printf(&full, "%s.%s.%s", section, name, key);
    buf_printf(&parent, "%s.%s.channel", section, name);
    struct place otherwise = load_place_of(look->l, parent.data, look->file);
    struct place place = load_place_of(look->l, full.data, otherwise);
    buf_free(&full);
    buf_free(&parent);
    return place;
}

static struct place place_for(const struct look *look, const struct transport *t, const char *key)
{
    return place_in(look, "transports", t->name, key);
}

/* ---- transports ---- */

static const char *ca_file_of(const struct transport *t)
{
    switch (t->type) {
    case TRANSPORT_SMTP:
        return t->smtp.ca_file;
    case TRANSPORT_GATEWAY:
        return t->sms.ca_file;
    case TRANSPORT_WEBHOOK:
        return t->webhook.ca_file;
    case TRANSPORT_OUTBOX:
        return NULL;
    }
    return NULL;
}

static void look_at_ca_file(const struct look *look, const struct transport *t)
{
    struct error why = {0};
    const char *path = ca_file_of(t);
    if (path != NULL && !look->l->without_secrets && pem_check_certificates(path, &why) != 0)
        load_remark(look->l, true, place_for(look, t, "ca_file"),
                    "transport `%s`: nothing can be sent without its `ca_file`: %s", t->name,
                    why.text);
}

/* On other hosts it is no remark but refused. */
static void look_at_login(const struct look *look, const struct transport *t)
{
    if (t->type == TRANSPORT_SMTP && t->smtp.tls == SMTP_TLS_NONE && t->smtp.user != NULL)
        load_remark(look->l, true, place_for(look, t, "tls"),
                    "transport `%s`: nobody logs in without TLS, not even on this machine: set "
                    "`tls: required`, or leave out `user` and `password`",
                    t->name);
}

static bool is_korean(const char *prefix)
{
    return text_starts_with(prefix, "+82");
}

static void look_at_korea(const struct look *look, const struct transport *t)
{
    const struct sms_settings *sms = &t->sms;
    bool sends = false, has_sender = false, is_number = false;
    for (size_t i = 0; i < sms->allow_prefix_count; i++)
        sends = sends || is_korean(sms->allow_prefixes[i]);
    for (size_t i = 0; i < sms->sender_count; i++)
        has_sender = has_sender || is_korean(sms->senders[i].prefix);
    if (sms->sender != NULL)
        is_number = sms->sender[strspn(sms->sender, "+0123456789")] == '\0';
    if (t->type == TRANSPORT_GATEWAY && sends && !has_sender && sms->sender != NULL && !is_number)
        load_remark(look->l, true, place_for(look, t, "sender"),
                    "transport `%s`: Korean networks take no sender of letters, and "
                    "`allow_prefixes` has numbers of Korea: add a registered number with "
                    "`senders: {\"+82\": \"0212345678\"}`",
                    t->name);
}

static void look_at_variable(const struct look *look, const struct transport *t,
                             const struct gateway_variable *v)
{
    struct buf key = {0};
    if (v->secret || v->value == NULL || t->sms.allow_private || !url_is_private(v->value))
        return;
    buf_printf(&key, "vars.%s", v->name);
    load_remark(look->l, true, place_for(look, t, key.data),
                "transport `%s`: %s is a private address: say `allow_private: true` if the gateway "
                "shall stand there",
                t->name, v->value);
    buf_free(&key);
}

static void look_at_transport(const struct look *look, const struct transport *t)
{
    look_at_ca_file(look, t);
    look_at_login(look, t);
    look_at_korea(look, t);
    if (t->type != TRANSPORT_GATEWAY || t->sms.gateway == NULL)
        return;
    for (size_t i = 0; i < t->sms.gateway->variable_count; i++)
        look_at_variable(look, t, &t->sms.gateway->variables[i]);
}

/* ---- endpoints ---- */

static void look_at_endpoint(const struct look *look, const struct endpoint *e)
{
    int64_t today = look->l->options->today;
    if (e->url != NULL && !e->allow_private && url_is_private(e->url))
        load_remark(look->l, true, place_in(look, "endpoints", e->name, "url"),
                    "endpoint `%s`: this is a private address, to which nothing is sent: say "
                    "`allow_private: true` if the receiver shall stand there",
                    e->name);
    if (e->old_secret_until_day != 0 && today > e->old_secret_until_day)
        load_remark(look->l, false, place_in(look, "endpoints", e->name, "old_secret_until"),
                    "endpoint `%s`: this day is over, the old secret signs nothing any more: "
                    "remove `old_secret` and `old_secret_until`",
                    e->name);
}

/* ---- rules ---- */

static bool confirms_mail(const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->rules[i].confirm[CHANNEL_EMAIL])
            return true;
    }
    return false;
}

static void look_at_reports(const struct look *look)
{
    bool confirmed = confirms_mail(&look->s->rules);
    for (size_t i = 0; confirmed && i < look->s->transport_count; i++) {
        const struct transport *t = &look->s->transports[i];
        if (t->type == TRANSPORT_SMTP && !t->smtp.dsn)
            load_remark(look->l, false, place_for(look, t, "dsn"),
                        "transport `%s`: a rule has `confirm: [email]`, but nobody reports that a "
                        "mail arrived without `dsn: true`: nearly every one would go to the next "
                        "channel too",
                        t->name);
    }
}

/* ---- signatures ---- */

static const char *last_labels(const char *domain, int count)
{
    const char *at = domain + strlen(domain);
    while (at > domain && (at[-1] != '.' || --count > 0))
        at--;
    return at;
}

/*
 * The domain somebody registered, as DMARC compares it (RFC 7489 3.2): two labels, or three below a
 * country's second level like co.kr. The list of all public suffixes is not asked: this is a
 * warning.
 */
static const char *registered_domain(const char *domain)
{
    static const char *const second_levels[] = {"ac",  "co",  "com", "edu", "go",
                                                "gob", "gov", "gv",  "ne",  "net",
                                                "nom", "or",  "org", "pe",  "re"};
    const char *country = last_labels(domain, 1), *two = last_labels(domain, 2);
    size_t len = strcspn(two, ".");
    for (size_t i = 0; strlen(country) == 2 && i < COUNT_OF(second_levels); i++) {
        if (strlen(second_levels[i]) == len && strncasecmp(two, second_levels[i], len) == 0)
            return last_labels(domain, 3);
    }
    return two;
}

static void look_at_dkim(const struct look *look)
{
    const struct settings *s = look->s;
    const char *from = s->organisation.from_address;
    if (s->dkim.domain == NULL || from == NULL ||
        strcasecmp(registered_domain(s->dkim.domain), registered_domain(address_domain(from))) == 0)
        return;
    load_remark(look->l, false, load_place_of(look->l, "dkim.domain", look->file),
                "mails from %s are signed by another domain, %s: for DMARC they are not signed at "
                "all; sign with the domain of `organisation.from`",
                from, s->dkim.domain);
}

/* ---- directories ---- */

static void look_at_attachments(const struct look *look)
{
    struct error why = {0};
    const char *path = look->s->attachments;
    if (path == NULL || look->l->without_secrets)
        return;
    int fd = file_open_directory(path, &why);
    if (fd >= 0)
        close(fd);
    else
        load_remark(look->l, true, load_place_of(look->l, "attachments", look->file),
                    "no letter can bring a file along: %s", why.text);
}

void remarks_collect(struct load *l, struct place file, const struct settings *s)
{
    const struct look look = {.l = l, .file = file, .s = s};
    for (size_t i = 0; i < s->transport_count; i++)
        look_at_transport(&look, &s->transports[i]);
    for (size_t i = 0; i < s->endpoint_count; i++)
        look_at_endpoint(&look, &s->endpoints[i]);
    look_at_reports(&look);
    look_at_dkim(&look);
    look_at_attachments(&look);
}
