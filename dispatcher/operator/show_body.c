#include "operator/show_body.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "letters/words.h"
#include "model/evidence.h"
#include "model/json.h"

struct body {
    const struct invocation *inv;
    struct buf job; /* empty: it is gone */
    struct words_delivery *deliveries;
    size_t count;
    bool operate; /* may see full addresses */
};

/* ---- what `show` said ---- */

static void take_delivery(struct body *b, const struct json_t *row)
{
    const char *channel = option_value(b->inv, "channel");
    if (channel != NULL && !text_equal(json_get_text(row, "channel", NULL), channel))
        return;
    b->deliveries = xreallocarray(b->deliveries, b->count + 1, sizeof(*b->deliveries));
    struct words_delivery *d = &b->deliveries[b->count++];
    *d = (struct words_delivery){
        .delivery = json_get_int(row, "delivery", 0),
        .id = xstrdup(json_get_text(row, "id", "")),
        .channel = xstrdup(json_get_text(row, "channel", "")),
        .state = xstrdup(json_get_text(row, "state", "")),
        .address = xstrdup(json_get_text(row, "address", "")),
        .template_name = xstrdup(json_get_text(row, "template", "")),
        .locale = xstrdup(json_get_text(row, "locale", "")),
        .transport = xstrdup(json_get_text(row, "transport", "")),
        .campaign = xstrdup(json_get_text(row, "campaign", NULL)),
    };
    if (!clock_parse_rfc3339(json_get_text(row, "accepted_at", ""), &d->accepted_ms))
        d->accepted_ms = 0;
}

/* The last try that was rendered is what this person may have. */
static void take_attempt(struct body *b, const struct json_t *row)
{
    const char *sha256 = json_get_text(row, "rendered_sha256", "");
    struct words_delivery *d = b->count > 0 ? &b->deliveries[b->count - 1] : NULL;
    if (d == NULL || sha256[0] == '\0')
        return;
    free(d->sha256);
    free(d->transport);
    free(d->at);
    d->sha256 = xstrdup(sha256);
    d->transport = xstrdup(json_get_text(row, "transport", ""));
    d->at = xstrdup(json_get_text(row, "at", ""));
    d->attempt = (int)json_get_int(row, "attempt", 0);
}

struct reading {
    struct body *body;
    bool other; /* the delivery before is of a channel nobody asked for */
};

static void take_row(void *context, const struct json_t *row)
{
    struct reading *reading = context;
    struct body *b = reading->body;
    const struct json_t *job = json_get(row, "job");
    if (job != NULL && json_kind_of(job) == JSON_KIND_OBJECT) {
        json_put(&b->job, job);
    } else if (json_get(row, "attempts") != NULL) {
        size_t before = b->count;
        take_delivery(b, row);
        reading->other = b->count == before;
    } else if (json_get(row, "attempt") != NULL && !reading->other) {
        take_attempt(b, row);
    }
}

static void clear_body(struct body *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct words_delivery *d = &b->deliveries[i];
        char *const texts[] = {d->id,     d->channel,   d->state,    d->address, d->template_name,
                               d->locale, d->transport, d->campaign, d->sha256,  d->at};
        for (size_t k = 0; k < COUNT_OF(texts); k++)
            free(texts[k]);
    }
    free(b->deliveries);
    buf_free(&b->job);
}

/* ---- showing ---- */

/* Line by line: nothing of it may reach the terminal as a command. */
static void print_lines(const struct buf *text)
{
    const char *at = buf_text(text), *end = at + text->len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop != NULL ? stop : end) - at);
        struct buf line = {0};
        text_put_visible(&line, at, len);
        printf("    %s\n", buf_text(&line));
        buf_free(&line);
        at += len + 1;
    }
}

static void print_subject(const struct invocation *inv, const struct buf *subject)
{
    struct buf line = {0};
    text_put_visible(&line, buf_text(subject), subject->len);
    say(inv, stdout, "    Subject: %s\n\n", buf_text(&line));
    buf_free(&line);
}

/* What a channel sends, in the form in which people read it. */
static void print_words(const struct invocation *inv, const char *channel, const struct words *w)
{
    const char *part = option_value(inv, "part");
    bool mail = strcmp(channel, "email") == 0;
    if (mail && (part == NULL || strcmp(part, "subject") == 0))
        print_subject(inv, &w->message.subject);
    if (mail && (part == NULL || strcmp(part, "text") == 0))
        print_lines(&w->message.text);
    if (mail && part != NULL && strcmp(part, "html") == 0)
        print_lines(&w->message.html);
    if (!mail && (part == NULL || strcmp(part, channel) == 0))
        print_lines(&w->wire);
    printf("\n");
}

/* A mail has no part sms. */
static bool has_part(const struct invocation *inv, const char *channel)
{
    static const char *const of_mail[] = {"subject", "text", "html"};
    const char *part = option_value(inv, "part");
    bool found = part == NULL || strcmp(part, channel) == 0;
    for (size_t i = 0; strcmp(channel, "email") == 0 && i < COUNT_OF(of_mail); i++)
        found = found || strcmp(part, of_mail[i]) == 0;
    return found;
}

static void print_head(const struct body *b, const struct words_delivery *d)
{
    char when[64];
    struct buf address = {0};
    if (b->operate)
        buf_puts(&address, d->address);
    else
        evidence_put_masked(&address, d->address);
    if (d->sha256 != NULL)
        say(b->inv, stdout, "\n%s to %s in %s, sent %s over %s:\n\n", d->channel, address.data,
            d->locale, output_time(d->at, when, sizeof(when)), d->transport);
    else
        say(b->inv, stdout, "\n%s to %s in %s, %s:\n\n", d->channel, address.data, d->locale,
            say_word(b->inv, d->state));
    buf_free(&address);
}

static void print_verdict(const struct body *b, const struct words_delivery *d,
                          const struct words *w)
{
    const struct invocation *inv = b->inv;
    switch (w->verdict) {
    case WORDS_SENT:
        say(inv, stdout, "  These are the bytes that were sent (SHA-256 %s, equal).\n", w->sha256);
        if (w->kept)
            say(inv, stdout,
                "  Made of the letter as it was kept with the campaign; the files of today are "
                "others.\n");
        break;
    case WORDS_DIFFER:
        say(inv, stdout,
            "  These are NOT the bytes that were sent: the letter, the configuration or its "
            "secrets are others today.\n  Sent: SHA-256 %s. Shown: %s.\n",
            d->sha256, w->sha256);
        break;
    case WORDS_NOT_SENT:
        say(inv, stdout,
            "  Nothing was sent by this delivery; this is what would be sent today.\n");
        break;
    case WORDS_GONE:
        say(inv, stdout,
            "  The text of this notice is gone (purged, or not to be read from here).\n");
        if (d->sha256 != NULL)
            say(inv, stdout, "  What was sent has the SHA-256 %s.\n", d->sha256);
        break;
    case WORDS_UNMADE:
        say(inv, stdout, "  The words cannot be made again: %s\n", w->why.text);
        break;
    case WORDS_VERDICTS:
        break;
    }
}

static void put_part(struct buf *out, const char *key, const struct buf *text)
{
    if (text->len > 0) {
        buf_printf(out, ",\"%s\":", key);
        buf_put_json(out, text->data);
    }
}

static void print_json(const struct body *b, const struct words_delivery *d, const struct words *w)
{
    struct buf out = {0};
    buf_printf(&out, "{\"v\":1,\"words\":\"%s\",\"delivery\":%" PRId64,
               words_verdict_name(w->verdict), d->delivery);
    request_put_text(&out, "id", d->id);
    request_put_text(&out, "channel", d->channel);
    request_put_text(&out, "locale", d->locale);
    if (b->operate)
        request_put_text(&out, "address", d->address);
    request_put_text(&out, "sent_sha256", d->sha256);
    request_put_text(&out, "sha256", w->sha256[0] != '\0' ? w->sha256 : NULL);
    request_put_text(&out, "sent_at", d->at);
    buf_printf(&out, ",\"kept\":%s", w->kept ? "true" : "false");
    put_part(&out, "subject", &w->message.subject);
    put_part(&out, "text", &w->message.text);
    put_part(&out, "html", &w->message.html);
    if (strcmp(d->channel, "email") != 0)
        put_part(&out, d->channel, &w->wire);
    if (w->verdict == WORDS_UNMADE)
        request_put_text(&out, "why", w->why.text);
    printf("%s}\n", out.data);
    buf_free(&out);
}

static bool has_words(const struct words *w)
{
    return w->verdict != WORDS_GONE && w->verdict != WORDS_UNMADE;
}

/* Bytes, for a file: what is said of them goes elsewhere. */
static int print_raw(const struct body *b, const struct words_delivery *d, const struct words *w,
                     struct error *err)
{
    if (!b->operate)
        return error_set(err, ERR_DENIED,
                         "the bytes of a message name its recipient: that needs the right to "
                         "operate");
    if (!has_words(w))
        return error_set(err, ERR_NOT_FOUND, "the bytes of %s cannot be made again: %s", d->id,
                         w->verdict == WORDS_GONE ? "its text is gone" : w->why.text);
    fwrite(w->wire.data, 1, w->wire.len, stdout);
    if (w->verdict != WORDS_SENT)
        say(b->inv, stderr, "These are NOT the bytes that were sent.\n");
    return 0;
}

static int print_one(struct body *b, struct words_maker *maker, const struct words_delivery *d,
                     bool *inout_sent, struct error *err)
{
    struct words w;
    int rc = 0;
    words_make(maker, d, &b->job, &w);
    if (option_given(b->inv, "raw")) {
        rc = print_raw(b, d, &w, err);
    } else if (invocation_json(b->inv)) {
        print_json(b, d, &w);
    } else {
        print_head(b, d);
        if (!has_part(b->inv, d->channel)) {
            say(b->inv, stdout, "  It has no part %s.\n", option_value(b->inv, "part"));
        } else {
            if (has_words(&w))
                print_words(b->inv, d->channel, &w);
            print_verdict(b, d, &w);
        }
    }
    *inout_sent = *inout_sent && (w.verdict == WORDS_SENT || d->sha256 == NULL);
    words_clear(&w);
    return rc;
}

/* ---- the request ---- */

bool show_body_is_asked(const struct invocation *inv)
{
    return option_given(inv, "body") || option_given(inv, "raw") || option_given(inv, "part");
}

int show_body_check(const struct invocation *inv, struct error *err)
{
    static const char *const parts[] = {"subject", "text", "html", "sms", "webhook"};
    const char *part = option_value(inv, "part");
    bool known = part == NULL;
    for (size_t i = 0; !known && i < COUNT_OF(parts); i++)
        known = strcmp(part, parts[i]) == 0;
    if (!known)
        return error_set(err, ERR_USAGE,
                         "there is no part \"%s\"; parts are subject, text, html, sms, webhook",
                         part);
    if (option_given(inv, "raw") && (part != NULL || invocation_json(inv)))
        return error_set(err, ERR_USAGE, "--raw goes without --part and --json");
    return 0;
}

static int record(struct body *b, struct session *s, const char *id, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, "evidence_read");
    request_put_text(&request, "id", id);
    request_put_text(&request, "reason", option_value(b->inv, "reason"));
    buf_putc(&request, '}');
    int rc = session_ask(s, request.data, NULL, &end, err);
    b->operate = json_get_bool(end, "operate", false);
    json_free(end);
    buf_free(&request);
    return rc;
}

int show_body_print(const struct invocation *inv, struct session *s, const char *id,
                    const struct buf *rows, struct error *err)
{
    struct body body = {.inv = inv};
    struct reading reading = {.body = &body};
    struct words_maker *maker = NULL;
    bool sent = true;
    output_each_line(rows, take_row, &reading);
    int rc = option_given(inv, "raw") && body.count != 1
                 ? error_set(err, ERR_USAGE,
                             "--raw wants one delivery of %zu: say which, --channel", body.count)
                 : 0;
    if (rc == 0)
        rc = record(&body, s, id, err);
    if (rc == 0)
        rc = words_open(inv, s, &maker, err);
    for (size_t i = 0; rc == 0 && i < body.count; i++)
        rc = print_one(&body, maker, &body.deliveries[i], &sent, err);
    words_close(maker);
    clear_body(&body);
    return rc != 0 ? rc : !sent;
}
