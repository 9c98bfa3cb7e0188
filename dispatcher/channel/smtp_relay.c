#include "channel/smtp_relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "channel/smtp_client.h"
#include "channel/smtp_curl.h"
#include "channel/smtp_trust.h"
#include "model/address.h"

#define LOGIN_MAX 255 /* libesmtp's PLAIN copies both into 513 bytes unchecked */

struct server {
    struct smtp_route route;
    int weight;
    int64_t rests_until_ms;
    bool tried; /* by the packet under way */
};

struct smtp_relay {
    void (*run)(const struct smtp_route *route, const struct smtp_mail *mails, size_t count,
                const struct smtp_observer *observer);
    int64_t deadline_ms;
    char *helo_name; /* ASCII */
    struct server *servers;
    size_t count;
};

/* ---- opening ---- */

/* libcurl gets the host as a part of a URL; libesmtp takes a colon for the port. */
static int check_host(const struct transport *t, const char *host, struct error *err)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";
    bool colon = host != NULL && strchr(host, ':') != NULL;
    if (host == NULL || *host == '\0' || strspn(host, letters) != strlen(host))
        return error_set(err, ERR_CONFIG,
                         "transport %s: host must be a name or an address (the port is a key of "
                         "its own)",
                         t->name);
    if (colon && t->smtp.engine == SMTP_ENGINE_ESMTP)
        return error_set(err, ERR_CONFIG,
                         "transport %s: an IPv6 address as host needs `engine: curl` (and the port "
                         "is a key of its own)",
                         t->name);
    return 0;
}

static int check_login(const struct transport *t, struct error *err)
{
    const struct smtp_settings *smtp = &t->smtp;
    if (smtp->user == NULL)
        return 0;
    if (smtp->tls == SMTP_TLS_NONE)
        return error_set(
            err, ERR_CONFIG,
            "transport %s: a login without TLS would show the password to everybody on the "
            "way: set tls: required, or leave out user and password",
            t->name);
    if (smtp->oauth_token != NULL)
        return 0;
    if (smtp->password == NULL || strlen(smtp->user) > LOGIN_MAX ||
        strlen(smtp->password) > LOGIN_MAX)
        return error_set(err, ERR_CONFIG,
                         "transport %s: user needs a password, and both may have at most %d bytes",
                         t->name, LOGIN_MAX);
    return 0;
}

static int check_engine(const struct transport *t, struct error *err)
{
    const struct smtp_settings *smtp = &t->smtp;
    if (smtp->engine == SMTP_ENGINE_CURL ||
        (smtp->tls != SMTP_TLS_IMPLICIT && smtp->oauth_token == NULL))
        return 0;
    return error_set(err, ERR_CONFIG, "transport %s: %s needs `engine: curl`", t->name,
                     smtp->oauth_token != NULL ? "oauth_token" : "tls: implicit");
}

/* A domain of the configuration in ASCII; addresses have the grammar for it. Caller frees. */
static int ascii_domain(const struct transport *t, const char *domain, char **out,
                        struct error *err)
{
    struct error why = {0};
    struct buf mailbox = {0}, ascii = {0};
    buf_printf(&mailbox, "x@%s", domain);
    int rc = address_put_ascii_email(mailbox.data, &ascii, &why);
    if (rc != 0)
        rc = error_set(err, ERR_CONFIG, "transport %s: \"%s\" cannot be used as helo_name: %s",
                       t->name, domain, why.text);
    else
        *out = xstrdup(ascii.data + 2);
    buf_free(&mailbox);
    buf_free(&ascii);
    return rc;
}

static int open_server(const struct transport *t, const struct smtp_host *host,
                       const char *helo_name, struct server *out, struct error *err)
{
    const struct smtp_settings *smtp = &t->smtp;
    bool curl = smtp->engine == SMTP_ENGINE_CURL;
    int rc = check_host(t, host->host, err);
    out->weight = host->weight;
    out->route = (struct smtp_route){
        .host = host->host,
        .port = host->port,
        .helo_name = helo_name,
        .user = smtp->user,
        .password = smtp->password,
        .oauth_token = smtp->oauth_token,
        .ca_file = smtp->ca_file,
        .implicit_tls = smtp->tls == SMTP_TLS_IMPLICIT,
        .connect_limit_ms = curl ? smtp->connect_timeout_ms : 0,
        .pipelining = smtp->pipelining,
        .stand_in = -1,
    };
    if (rc == 0 && smtp->tls != SMTP_TLS_NONE)
        rc = smtp_trust_open(host->host, smtp->ca_file, &out->route.trust, err);
    return rc;
}

static int open_servers(const struct transport *t, struct smtp_relay *relay, struct error *err)
{
    const struct smtp_host only = {.host = t->smtp.host, .port = t->smtp.port, .weight = 1};
    const struct smtp_host *hosts = t->smtp.host_count > 0 ? t->smtp.hosts : &only;
    relay->count = t->smtp.host_count > 0 ? t->smtp.host_count : 1;
    relay->servers = xcalloc(relay->count, sizeof(*relay->servers));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < relay->count; i++)
        rc = open_server(t, &hosts[i], relay->helo_name, &relay->servers[i], err);
    return rc;
}

int smtp_relay_open(const struct settings *s, const struct transport *t, struct smtp_relay **out,
                    struct error *err)
{
    const char *helo = t->smtp.helo_name != NULL ? t->smtp.helo_name : s->organisation.domain;
    struct smtp_relay *relay = xcalloc(1, sizeof(*relay));
    relay->run = t->smtp.engine == SMTP_ENGINE_CURL ? smtp_curl_run : smtp_client_run;
    relay->deadline_ms = t->deadline_ms;
    *out = NULL;
    int rc = check_engine(t, err);
    if (rc == 0)
        rc = check_login(t, err);
    if (rc == 0)
        rc = ascii_domain(t, helo, &relay->helo_name, err);
    if (rc == 0)
        rc = open_servers(t, relay, err);
    if (rc != 0)
        smtp_relay_close(relay);
    else
        *out = relay;
    return rc;
}

void smtp_relay_close(struct smtp_relay *relay)
{
    if (relay == NULL)
        return;
    for (size_t i = 0; i < relay->count; i++)
        smtp_trust_close(relay->servers[i].route.trust);
    free(relay->servers);
    free(relay->helo_name);
    free(relay);
}

/* ---- choosing ---- */

size_t smtp_relay_choose(const struct smtp_choice *choices, size_t count, uint64_t draw)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += choices[i].open ? (uint64_t)choices[i].weight : 0;
    uint64_t left = sum > 0 ? draw % sum : 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t weight = choices[i].open ? (uint64_t)choices[i].weight : 0;
        if (left < weight)
            return i;
        left -= weight;
    }
    return count;
}

/* Among those that do not rest; if all do, among all that were not tried yet. NULL: none is left.
 */
static struct server *choose(struct smtp_relay *relay, uint64_t draw, int64_t now_ms)
{
    struct smtp_choice *choices = xcalloc(relay->count, sizeof(*choices));
    size_t chosen = relay->count;
    for (int resting_too = 0; chosen == relay->count && resting_too < 2; resting_too++) {
        for (size_t i = 0; i < relay->count; i++) {
            const struct server *s = &relay->servers[i];
            choices[i].weight = s->weight;
            choices[i].open = !s->tried && (resting_too || s->rests_until_ms <= now_ms);
        }
        chosen = smtp_relay_choose(choices, relay->count, draw);
    }
    free(choices);
    return chosen < relay->count ? &relay->servers[chosen] : NULL;
}

/* ---- sending ---- */

struct sending {
    const struct smtp_observer *observer;
    struct smtp_mail *mails; /* of this session */
    size_t *index_of;        /* and where they stand in the packet */
    size_t count;
    struct smtp_mail *left; /* what this server did not take: of the next session */
    size_t *left_index_of;
    struct disposition *reasons;
    size_t left_count;
    const struct server *server; /* of this session; NULL: it is the only one there is */
    struct buf passed;           /* "mx1:25: refused": who did not take them before */
    bool took_some;              /* a recipient of this packet */
    bool entered;                /* this session came to a mail */
};

static int64_t on_now_ms(void *context)
{
    const struct sending *s = context;
    return s->observer->now_ms(s->observer->context);
}

static void on_started(void *context, size_t index)
{
    struct sending *s = context;
    s->entered = true;
    s->observer->started(s->observer->context, s->index_of[index]);
}

/* Of several servers: which one said so, and who was asked in vain before. */
static void name_server(const struct sending *s, const char *before, struct disposition *d)
{
    struct buf text = {0};
    if (s->server == NULL)
        return;
    buf_printf(&text, "%s:%d: %s", s->server->route.host, s->server->route.port, d->reply);
    if (*before != '\0')
        buf_printf(&text, " (before: %s)", before);
    disposition_set_reply(d, buf_text(&text), text.len);
    buf_free(&text);
}

static void keep(struct sending *s, size_t index, const struct disposition *d)
{
    s->left[s->left_count] = s->mails[index];
    s->left_index_of[s->left_count] = s->index_of[index];
    s->reasons[s->left_count] = *d;
    name_server(s, "", &s->reasons[s->left_count]);
    s->left_count++;
}

/* A server that relays for us, but not to this one, says nothing about our settings. */
static struct disposition about_us(const struct sending *s, const struct disposition *d)
{
    struct disposition out = *d;
    if (s->took_some && d->outcome == OUTCOME_CONFIG && strcmp(d->cause, "relay_denied") == 0)
        out.outcome = OUTCOME_PERMANENT;
    return out;
}

/* One of several that lets nobody in (a wrong password) is like one that is down: others may know
 * us. */
static bool is_for_another(const struct sending *s, const struct disposition *d)
{
    bool locked_out = d->outcome == OUTCOME_CONFIG && !s->entered;
    return d->outcome == OUTCOME_NOT_TRIED || (locked_out && s->server != NULL);
}

static void on_done(void *context, size_t index, const struct disposition *d)
{
    struct sending *s = context;
    if (is_for_another(s, d)) {
        keep(s, index, d);
        return;
    }
    struct disposition told = about_us(s, d);
    name_server(s, buf_text(&s->passed), &told);
    s->took_some = s->took_some || d->outcome == OUTCOME_DELIVERED;
    s->observer->done(s->observer->context, s->index_of[index], &told);
}

static void on_seen(void *context, const struct smtp_sight *sight)
{
    const struct sending *s = context;
    s->observer->seen(s->observer->context, sight);
}

static void open_sending(struct sending *s, const struct smtp_mail *mails, size_t count)
{
    s->count = count;
    s->mails = xcalloc(count, sizeof(*s->mails));
    s->left = xcalloc(count, sizeof(*s->left));
    s->index_of = xcalloc(count, sizeof(*s->index_of));
    s->left_index_of = xcalloc(count, sizeof(*s->left_index_of));
    s->reasons = xcalloc(count, sizeof(*s->reasons));
    for (size_t i = 0; i < count; i++) {
        s->mails[i] = mails[i];
        s->index_of[i] = i;
    }
}

static void close_sending(struct sending *s)
{
    free(s->mails);
    free(s->left);
    free(s->index_of);
    free(s->left_index_of);
    free(s->reasons);
    buf_free(&s->passed);
}

/* Of several servers only: one that is alone does not rest, its transport does. */
static void tell_rest(const struct sending *s, const struct server *server, const char *why)
{
    struct buf place = {0};
    if (s->server == NULL || s->observer->rests == NULL)
        return;
    buf_printf(&place, "%s:%d", server->route.host, server->route.port);
    s->observer->rests(s->observer->context, place.data, server->rests_until_ms, why);
    buf_free(&place);
}

static void send_over(struct server *server, struct sending *s, const struct smtp_relay *relay,
                      int64_t deadline_ms)
{
    const struct smtp_observer observer = {.context = s,
                                           .now_ms = on_now_ms,
                                           .started = on_started,
                                           .done = on_done,
                                           .seen = s->observer->seen != NULL ? on_seen : NULL};
    server->route.deadline_ms = deadline_ms;
    server->tried = true;
    s->server = relay->count > 1 ? server : NULL;
    s->left_count = 0;
    s->entered = false;
    relay->run(&server->route, s->mails, s->count, &observer);
    if (s->left_count > 0) {
        server->rests_until_ms = on_now_ms(s) + SMTP_RELAY_REST_MS;
        tell_rest(s, server, s->reasons[0].reply);
        buf_printf(&s->passed, "%s%s", s->passed.len > 0 ? ", " : "", s->reasons[0].reply);
    }
    if (s->left_count == 0 && server->rests_until_ms != 0) {
        server->rests_until_ms = 0;
        tell_rest(s, server, "");
    }
    memcpy(s->mails, s->left, s->left_count * sizeof(*s->mails));
    memcpy(s->index_of, s->left_index_of, s->left_count * sizeof(*s->index_of));
    s->count = s->left_count;
}

/* Nobody took it: all who were asked are named, not the last one only. */
static void name_all(const struct sending *s, struct disposition *d)
{
    if (s->server != NULL && s->passed.len > 0)
        disposition_set_reply(d, s->passed.data, s->passed.len);
}

/* The next server gets what the last one did not take, while a quarter of the time is left. */
void smtp_relay_send(struct smtp_relay *relay, const struct smtp_mail *mails, size_t count,
                     uint64_t draw, const struct smtp_observer *observer)
{
    struct sending s = {.observer = observer};
    int64_t start_ms = observer->now_ms(observer->context) - observer->spent_ms;
    int64_t left_ms = relay->deadline_ms - observer->spent_ms;
    struct server *server = NULL;
    open_sending(&s, mails, count);
    for (size_t i = 0; i < relay->count; i++)
        relay->servers[i].tried = false;
    while (s.count > 0 && left_ms >= relay->deadline_ms / 4 &&
           (server = choose(relay, draw, on_now_ms(&s))) != NULL) {
        send_over(server, &s, relay, left_ms);
        left_ms = relay->deadline_ms - (on_now_ms(&s) - start_ms);
    }
    for (size_t i = 0; i < s.count; i++) {
        name_all(&s, &s.reasons[i]);
        observer->done(observer->context, s.index_of[i], &s.reasons[i]);
    }
    close_sending(&s);
}
