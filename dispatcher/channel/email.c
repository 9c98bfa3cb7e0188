#include "channel/email.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "channel/channel.h"
#include "channel/dkim_signature.h"
#include "channel/mime.h"
#include "channel/smtp_relay.h"
#include "channel/unsubscribe.h"
#include "model/address.h"
#include "model/token.h"

#define LOCAL_MAX 64 /* of an address, in front of the @: RFC 5321 4.5.3.1.1 */

struct channel_session {
    const struct settings *settings;
    char *sender; /* of the envelope, ASCII */
    bool verp;    /* it names the delivery, too */
    bool reports; /* of failures are asked for */
    struct smtp_relay *relay;
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
    struct unsubscribe leave;
    unsubscribe_make(s, item, &leave);
    const struct mime_mail mail = {
        .from_name = email_sender_name(o, m->locale),
        .from_address = o->from_address,
        .to_name = item->name,
        .to_address = item->address,
        .reply_to = item->reply_to != NULL ? item->reply_to : o->reply_to,
        .identity = item->identity,
        .domain = o->domain,
        .locale = m->locale,
        .date_ms = item->date_ms,
        .subject = &m->subject,
        .text = &m->text,
        .html = &m->html,
        .unsubscribe_url = leave.url.data,
        .unsubscribe_mail = leave.mail.data,
        .attachments = item->attachments,
        .directory = s->attachments,
    };
    buf_reset(&item->wire);
    int rc = mime_compose(&mail, &item->wire, err);
    if (rc == 0 && s->dkim.domain != NULL)
        rc = dkim_signature_put(&s->dkim, item->date_ms, &item->wire, err);
    unsubscribe_free(&leave);
    return rc;
}

/* ---- opening ---- */

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

/* The longest token must fit behind the + into the part in front of the @. */
static int check_verp(const struct settings *s, const char *sender, struct error *err)
{
    size_t most = LOCAL_MAX - TOKEN_SIZE;
    if (!s->organisation.verp)
        return 0;
    if (s->organisation.bounce_address == NULL)
        return error_set(err, ERR_CONFIG,
                         "organisation: verp needs the address `bounce`, whose mailbox takes "
                         "name+token@domain");
    if (strcspn(sender, "@") > most)
        return error_set(err, ERR_CONFIG,
                         "organisation: with verp the part of `bounce` in front of the @ may have "
                         "at most %zu characters",
                         most);
    return 0;
}

static void email_close(struct channel_session *session)
{
    if (session == NULL)
        return;
    smtp_relay_close(session->relay);
    free(session->sender);
    free(session);
}

static int email_open(const struct settings *s, const struct transport *t,
                      struct channel_session **out, struct error *err)
{
    struct channel_session *session = xcalloc(1, sizeof(*session));
    *out = NULL;
    session->settings = s;
    session->verp = s->organisation.verp;
    session->reports = t->smtp.dsn;
    int rc = smtp_relay_open(s, t, &session->relay, err);
    if (rc == 0)
        rc = ascii_sender(s, &session->sender, err);
    if (rc == 0)
        rc = check_verp(s, session->sender, err);
    if (rc != 0)
        email_close(session);
    else
        *out = session;
    return rc;
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

static void on_seen(void *context, const struct smtp_sight *sight)
{
    const struct delivery_round *round = context;
    round->reporter->seen(round->reporter->context, sight);
}

static void on_rests(void *context, const char *place, int64_t until_ms, const char *why)
{
    const struct delivery_round *round = context;
    round->reporter->rests(round->reporter->context, place, until_ms, why);
}

/* What one mail needs beside its bytes. */
struct envelope {
    struct buf sender;
    struct buf recipient;
    struct buf token;
};

static void envelope_free(struct envelope *e)
{
    buf_free(&e->sender);
    buf_free(&e->recipient);
    buf_free(&e->token);
}

/* bounce+TOKEN@example.org: who returns this mail says which one it was, whatever else is lost. */
static void put_sender(const struct channel_session *session, struct envelope *e)
{
    const char *at = session->sender + strcspn(session->sender, "@");
    buf_put(&e->sender, session->sender, (size_t)(at - session->sender));
    if (session->verp) {
        buf_putc(&e->sender, '+');
        buf_put(&e->sender, e->token.data, e->token.len);
    }
    buf_puts(&e->sender, at);
}

/*
 * The last look before a library that sends whatever it is given: line ends in an address would be
 * commands, stray ones in a mail could end it early.
 */
static int prepare(const struct channel_session *session, const struct outgoing *item,
                   struct envelope *e, struct smtp_mail *out, struct error *err)
{
    int rc = address_put_ascii_email(item->address, &e->recipient, err);
    if (rc == 0)
        rc = mime_check_wire(buf_text(&item->wire), item->wire.len, err);
    if (rc != 0)
        return rc;
    token_put(&e->token, session->settings->token_key, TOKEN_DELIVERY, item->delivery, "");
    put_sender(session, e);
    *out = (struct smtp_mail){
        .sender = e->sender.data,
        .recipient = e->recipient.data,
        .envelope_id = session->reports ? e->token.data : NULL,
        .bytes = item->wire.data,
        .len = item->wire.len,
    };
    return 0;
}

static void refuse(const struct channel_reporter *reporter, const struct outgoing *item,
                   const struct error *why)
{
    struct disposition d;
    disposition_set(&d, OUTCOME_PERMANENT, 0, why->code == ERR_INPUT ? "bad_address" : "malformed",
                    why->text, strlen(why->text));
    reporter->done(reporter->context, item, &d);
}

/* Spreads packets over servers; another attempt may meet another server. */
static uint64_t draw_of(const struct outgoing *item)
{
    uint64_t x = (uint64_t)item->delivery * 64 + (uint64_t)item->attempt;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void email_deliver(struct channel_session *session, struct outgoing *items, size_t count,
                          const struct channel_reporter *reporter)
{
    struct smtp_mail *mails = xcalloc(count, sizeof(*mails));
    struct envelope *envelopes = xcalloc(count, sizeof(*envelopes));
    struct delivery_round round = {reporter, xcalloc(count, sizeof(*round.items))};
    const struct smtp_observer observer = {.context = &round,
                                           .now_ms = on_now_ms,
                                           .started = on_started,
                                           .done = on_done,
                                           .spent_ms = reporter->spent_ms,
                                           .seen = reporter->seen != NULL ? on_seen : NULL,
                                           .rests = reporter->rests != NULL ? on_rests : NULL};
    size_t ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct error why = {0};
        round.items[ready] = &items[i];
        if (prepare(session, &items[i], &envelopes[i], &mails[ready], &why) == 0)
            ready++;
        else
            refuse(reporter, &items[i], &why);
    }
    if (ready > 0)
        smtp_relay_send(session->relay, mails, ready, draw_of(&items[0]), &observer);
    for (size_t i = 0; i < count; i++)
        envelope_free(&envelopes[i]);
    free(envelopes);
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
