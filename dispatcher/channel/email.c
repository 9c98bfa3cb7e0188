#include "channel/email.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "channel/channel.h"
#include "channel/mime.h"
#include "channel/smtp_client.h"
#include "channel/smtp_trust.h"
#include "model/address.h"

#define LOGIN_MAX 255 /* libesmtp's PLAIN copies both into 513 bytes unchecked */

struct channel_session {
    char *host_port;
    char *helo_name; /* ASCII */
    char *sender;    /* of the envelope, ASCII */
    struct smtp_trust *trust;
    struct smtp_route route; /* borrows from above and from the settings */
};

/* ---- composing ---- */

static bool same_language(const char *field, const char *locale, size_t len)
{
    return field != NULL && strlen(field) == len && strncmp(field, locale, len) == 0;
}

static const char *field_value(const struct organisation *o, const char *key, const char *locale,
                               size_t len)
{
    for (size_t i = 0; i < o->field_count; i++) {
        const struct organisation_field *f = &o->fields[i];
        bool matches = locale == NULL ? f->locale == NULL : same_language(f->locale, locale, len);
        if (matches && strcmp(f->key, key) == 0)
            return f->value;
    }
    return NULL;
}

const char *email_sender_name(const struct organisation *o, const char *locale)
{
    const char *name = field_value(o, "name", locale, strlen(locale));
    if (name == NULL)
        name = field_value(o, "name", locale, strcspn(locale, "-"));
    return name != NULL ? name : field_value(o, "name", NULL, 0);
}

const char *email_envelope_sender(const struct organisation *o)
{
    return o->bounce_address != NULL ? o->bounce_address : o->from_address;
}

static int email_compose(const struct settings *s, const struct transport *t, struct outgoing *item,
                         struct error *err)
{
    (void)t;
    const struct message *m = item->message;
    const struct organisation *o = &s->organisation;
    const struct mime_mail mail = {
        .from_name = email_sender_name(o, m->locale),
        .from_address = o->from_address,
        .to_name = item->name,
        .to_address = item->address,
        .reply_to = o->reply_to,
        .identity = item->identity,
        .domain = o->domain,
        .locale = m->locale,
        .date_ms = item->date_ms,
        .subject = &m->subject,
        .text = &m->text,
        .html = &m->html,
    };
    buf_reset(&item->wire);
    return mime_compose(&mail, &item->wire, err);
}

/* ---- opening ---- */

static int check_settings(const struct transport *t, struct error *err)
{
    const struct smtp_settings *smtp = &t->smtp;
    if (smtp->host == NULL || *smtp->host == '\0' || strchr(smtp->host, ':') != NULL)
        return error_set(
            err, ERR_CONFIG,
            "transport %s: host must be a name or an IPv4 address (the port is a key of its own; "
            "an IPv6 address cannot be given to libesmtp)",
            t->name);
    if (smtp->user != NULL && smtp->tls == SMTP_TLS_NONE)
        return error_set(
            err, ERR_CONFIG,
            "transport %s: a login without TLS would show the password to everybody on the "
            "way: set tls: required, or leave out user and password",
            t->name);
    if (smtp->user != NULL && (smtp->password == NULL || strlen(smtp->user) > LOGIN_MAX ||
                               strlen(smtp->password) > LOGIN_MAX))
        return error_set(err, ERR_CONFIG,
                         "transport %s: user needs a password, and both may have at most %d bytes",
                         t->name, LOGIN_MAX);
    return 0;
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

static int ascii_sender(const struct settings *s, char **out, struct error *err)
{
    struct error why = {0};
    struct buf ascii = {0};
    int rc = address_put_ascii_email(email_envelope_sender(&s->organisation), &ascii, &why);
    if (rc != 0)
        rc = error_set(err, ERR_CONFIG, "organisation: the sender address cannot be used: %s",
                       why.text);
    else
        *out = buf_steal(&ascii);
    buf_free(&ascii);
    return rc;
}

static void email_close(struct channel_session *session)
{
    if (session == NULL)
        return;
    smtp_trust_close(session->trust);
    free(session->host_port);
    free(session->helo_name);
    free(session->sender);
    free(session);
}

static char *host_and_port(const struct smtp_settings *smtp)
{
    struct buf b = {0};
    buf_printf(&b, "%s:%d", smtp->host, smtp->port);
    return buf_steal(&b);
}

static int email_open(const struct settings *s, const struct transport *t,
                      struct channel_session **out, struct error *err)
{
    const struct smtp_settings *smtp = &t->smtp;
    const char *helo = smtp->helo_name != NULL ? smtp->helo_name : s->organisation.domain;
    *out = NULL;
    int rc = check_settings(t, err);
    if (rc != 0)
        return rc;
    struct channel_session *session = xcalloc(1, sizeof(*session));
    rc = ascii_domain(t, helo, &session->helo_name, err);
    if (rc == 0)
        rc = ascii_sender(s, &session->sender, err);
    if (rc == 0 && smtp->tls == SMTP_TLS_REQUIRED)
        rc = smtp_trust_open(smtp->host, smtp->ca_file, &session->trust, err);
    if (rc != 0) {
        email_close(session);
        return rc;
    }
    session->host_port = host_and_port(smtp);
    session->route = (struct smtp_route){
        .host_port = session->host_port,
        .helo_name = session->helo_name,
        .user = smtp->user,
        .password = smtp->password,
        .trust = session->trust,
        .deadline_ms = t->deadline_ms,
        .pipelining = smtp->pipelining,
        .stand_in = -1,
    };
    *out = session;
    return 0;
}

/* ---- delivering ---- */

struct delivery_round {
    const struct channel_reporter *reporter;
    struct outgoing **items; /* by the index of the mail */
};

static void on_started(void *context, size_t index)
{
    const struct delivery_round *round = context;
    round->reporter->started(round->reporter->context, round->items[index]);
}

static void on_done(void *context, size_t index, const struct disposition *d)
{
    const struct delivery_round *round = context;
    round->reporter->done(round->reporter->context, round->items[index], d);
}

static int64_t on_now_ms(void *context)
{
    const struct delivery_round *round = context;
    return round->reporter->now_ms(round->reporter->context);
}

/*
 * The last look before a library that sends whatever it is given: line ends in an address would be
 * commands, stray ones in a mail could end it early.
 */
static int prepare(const struct outgoing *item, const char *sender, struct smtp_mail *out,
                   struct buf *address, struct error *err)
{
    int rc = address_put_ascii_email(item->address, address, err);
    if (rc == 0)
        rc = mime_check_wire(buf_text(&item->wire), item->wire.len, err);
    if (rc == 0)
        *out = (struct smtp_mail){sender, address->data, item->wire.data, item->wire.len};
    return rc;
}

static void refuse(const struct channel_reporter *reporter, const struct outgoing *item,
                   const struct error *why)
{
    struct disposition d;
    disposition_set(&d, OUTCOME_PERMANENT, 0, why->code == ERR_INPUT ? "bad_address" : "malformed",
                    why->text, strlen(why->text));
    reporter->done(reporter->context, item, &d);
}

static void email_deliver(struct channel_session *session, struct outgoing *items, size_t count,
                          const struct channel_reporter *reporter)
{
    struct smtp_mail *mails = xcalloc(count, sizeof(*mails));
    struct buf *addresses = xcalloc(count, sizeof(*addresses));
    struct delivery_round round = {reporter, xcalloc(count, sizeof(*round.items))};
    const struct smtp_observer observer = {&round, on_now_ms, on_started, on_done};
    size_t ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct error why = {0};
        round.items[ready] = &items[i];
        if (prepare(&items[i], session->sender, &mails[ready], &addresses[i], &why) == 0)
            ready++;
        else
            refuse(reporter, &items[i], &why);
    }
    if (ready > 0)
        smtp_client_run(&session->route, mails, ready, &observer);
    for (size_t i = 0; i < count; i++)
        buf_free(&addresses[i]);
    free(addresses);
    free(round.items);
    free(mails);
}

const struct channel channel_email = {
    .name = "email",
    .compose = email_compose,
    .open = email_open,
    .deliver = email_deliver,
    .close = email_close,
};
