#include "channel/bounce_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "channel/bounce_answer.h"
#include "channel/bounce_html.h"
#include "channel/bounce_mime.h"
#include "channel/bounce_said.h"
#include "channel/bounce_status.h"
#include "channel/bounce_text.h"
#include "model/suppression.h"
#include "model/token.h"

#define MAC_CHARACTERS 16 /* of a token, behind its - */
#define NAME_MAX_BYTES ((size_t)300)

static const char *const kinds[BOUNCE_KINDS] = {
    [BOUNCE_NONE] = "none",           [BOUNCE_AUTOMATIC] = "automatic", [BOUNCE_STATUS] = "status",
    [BOUNCE_COMPLAINT] = "complaint", [BOUNCE_LETTER] = "letter",
};

const char *bounce_kind_name(enum bounce_kind kind)
{
    return kinds[kind];
}

/* What is gathered of one mail. */
struct gathering {
    const struct bounce_arrival *arrival;
    struct bounce_mime mime;
    struct bounce_said_list said;
    struct bounce_span copy; /* the header of the returned mail; len 0 */
    struct buf complained;   /* the envelope sender a complaint names */
    char *token;             /* NULL: none */
    char *notice_id;         /* NULL: not known */
    struct buf expected; /* whom the returned mail went to, as suppression_put_key() writes it */
};

/* ---- whose it is ---- */

static bool is_token_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The token at the end of the text: its shape only, whether it is ours the daemon says. NULL: none.
 * Caller frees. */
static char *cut_token(const char *text, size_t len)
{
    size_t begin = len > MAC_CHARACTERS ? len - MAC_CHARACTERS - 1 : 0;
    if (len < MAC_CHARACTERS + 2 || text[begin] != '-')
        return NULL;
    for (size_t i = begin + 1; i < len; i++)
        if (!is_token_character(text[i]))
            return NULL;
    size_t number = begin;
    while (begin > 0 && is_token_character(text[begin - 1]))
        begin--;
    bool sound = number > begin && len - begin < TOKEN_SIZE;
    return sound ? xstrndup(text + begin, len - begin) : NULL;
}

/* Of the first address in a field that has one: "<bounce+2s-....@example.org>". */
static char *cut_address_token(const char *value)
{
    for (const char *at = value; (at = strchr(at, '@')) != NULL; at++) {
        const char *begin = at;
        while (begin > value && strchr(" <,;:@\"", begin[-1]) == NULL)
            begin--;
        char *token = cut_token(begin, (size_t)(at - begin));
        if (token != NULL)
            return token;
    }
    return NULL;
}

/* Any field of that name: mail that was forwarded has several Delivered-To. */
static char *find_in_field(struct bounce_span head, const char *name)
{
    struct bounce_field f;
    struct buf value = {0};
    char *token = NULL;
    while (token == NULL && bounce_field_next(&head, &f)) {
        if (!bounce_field_is(&f, name))
            continue;
        buf_reset(&value);
        bounce_field_put(&f, &value);
        token = cut_address_token(buf_text(&value));
    }
    buf_free(&value);
    return token;
}

static char *find_in_address(const struct gathering *g)
{
    static const char *const fields[] = {"Delivered-To", "X-Original-To", "Envelope-To",
                                         "X-Envelope-To", "To"};
    const struct bounce_span head = g->mime.parts[0].head;
    char *token = g->arrival->to != NULL ? cut_address_token(g->arrival->to) : NULL;
    for (size_t i = 0; token == NULL && i < COUNT_OF(fields); i++)
        token = find_in_field(head, fields[i]);
    return token;
}

static char *find_token(const struct gathering *g)
{
    const char *id = buf_text(&g->said.envelope_id);
    char *token = find_in_address(g);
    if (token == NULL)
        token = cut_token(id, strcspn(id, "@ "));
    if (token == NULL)
        token = cut_address_token(buf_text(&g->complained));
    if (token == NULL)
        token = find_in_field(g->copy, "Return-Path");
    return token;
}

/* IDENTITY of <IDENTITY@domain>, if the domain is ours. */
static char *find_notice(const struct gathering *g)
{
    struct buf value = {0};
    char *id = NULL;
    bounce_head_get(g->copy, "Message-ID", &value);
    const char *text = buf_text(&value) + strspn(buf_text(&value), "<");
    size_t len = strcspn(text, "@>"), rest = text[len] == '@' ? strcspn(text + len + 1, ">") : 0;
    const char *domain = g->arrival->domain;
    bool ours = rest > 0 && (domain == NULL || (strlen(domain) == rest &&
                                                strncasecmp(domain, text + len + 1, rest) == 0));
    if (ours && len > 0 && len <= 257)
        id = xstrndup(text, len);
    buf_free(&value);
    return id;
}

/* ---- what it is ---- */

static const char *const copy_types[] = {"message/rfc822", "text/rfc822-headers", "message/global",
                                         "message/global-headers", "text/rfc822-header"};
static const char *const status_types[] = {"message/delivery-status",
                                           "message/global-delivery-status"};
static const char *const feedback_types[] = {"message/feedback-report"};

/* The header within a part that holds the returned mail; some encode it, against the rules. */
static void take_copy(struct gathering *g, const struct bounce_part *part)
{
    g->copy = part->body;
    while (g->copy.len > 0 && g->copy.at[0] == '\n') {
        g->copy.at++;
        g->copy.len--;
    }
    if (g->copy.len > BOUNCE_HEAD_MAX)
        g->copy.len = BOUNCE_HEAD_MAX;
}

static void find_copy(struct gathering *g)
{
    const struct bounce_part *part =
        bounce_mime_find(&g->mime, 1, copy_types, COUNT_OF(copy_types));
    if (part != NULL)
        take_copy(g, part);
}

/* "Anna Schmidt <anna@example.org>" */
static void put_bare_address(const char *value, struct buf *out)
{
    const char *angle = strrchr(value, '<');
    const char *at = angle != NULL ? angle + 1 : value;
    struct buf bare = {0};
    buf_put(&bare, at, strcspn(at, "> ,;"));
    if (bare.len <= 320 && strchr(buf_text(&bare), '@') != NULL)
        suppression_put_key(CHANNEL_EMAIL, buf_text(&bare), out);
    buf_free(&bare);
}

static void find_expected(struct gathering *g)
{
    struct buf to = {0};
    if (g->expected.len == 0 && bounce_head_get(g->copy, "To", &to))
        put_bare_address(buf_text(&to), &g->expected);
    buf_free(&to);
}

/* ---- reports for programs ---- */

static bool read_reports(struct gathering *g, const char *const *types, size_t count,
                         bool complaint)
{
    for (size_t i = 1; i < g->mime.count; i++) {
        const struct bounce_part *part = &g->mime.parts[i];
        struct buf text = {0};
        if (bounce_mime_find(&g->mime, i, types, count) != part)
            continue;
        bounce_part_put_text(part, &text);
        if (complaint)
            bounce_feedback_read(&text, &g->said, &g->complained);
        else
            bounce_status_read(&text, &g->said);
        buf_free(&text);
    }
    return g->said.count > 0;
}

/* ---- returned mails written for people ---- */

static bool is_blank(const struct buf *text)
{
    return strspn(buf_text(text), " \n\t") == text->len;
}

static void put_part(const struct bounce_part *part, struct buf *out)
{
    struct buf text = {0};
    bounce_part_put_text(part, &text);
    if (strcmp(part->type, "text/html") == 0)
        bounce_html_put_text(&text, out);
    else
        buf_put(out, buf_text(&text), text.len);
    buf_free(&text);
}

/* The first part people read, whatever surrounds it: plain text that says something, else HTML.
 * False: there is neither. */
static bool put_letter(const struct gathering *g, struct buf *out)
{
    static const char *const types[] = {"text/plain", "text/html"};
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(types) && is_blank(out); i++) {
        const struct bounce_part *part = bounce_mime_find(&g->mime, 0, &types[i], 1);
        buf_reset(out);
        if (part != NULL)
            put_part(part, out);
        found = found || part != NULL;
    }
    return found;
}

/* Some reports for programs leave the answer to the part for people. */
static void complete_reports(struct gathering *g)
{
    struct buf text = {0};
    if (!put_letter(g, &text))
        return;
    for (size_t i = 0; i < g->said.count; i++) {
        struct bounce_said *said = &g->said.items[i];
        bool says_little = said->status[0] == '\0' || strcmp(said->status + 1, ".0.0") == 0;
        if (said->words.len == 0 && says_little && said->final.len > 0)
            bounce_text_put_answer(&text, buf_text(&said->final), &said->words);
    }
    buf_free(&text);
}

/* Mail servers call themselves one of these. */
static bool is_daemon(struct bounce_span head)
{
    static const char *const names[] = {
        "mailer-daemon",         "postmaster@",
        "mail delivery system",  "mail delivery subsystem",
        "mail delivery service", "mailerdaemon",
        "mail-daemon",           "maildaemon",
        "system administrator",  "microsoftexchange329e71ec88ae4615"};
    struct buf from = {0};
    bool daemon = false;
    bounce_head_get(head, "From", &from);
    for (size_t i = 0; !daemon && i < COUNT_OF(names); i++)
        daemon = strcasestr(buf_text(&from), names[i]) != NULL;
    buf_free(&from);
    return daemon;
}

/* The envelope sender, which the mail server wrote down: nobody, or it did not. */
static bool is_from_nobody(struct bounce_span head)
{
    struct buf path = {0};
    bool known = bounce_head_get(head, "Return-Path", &path);
    bool nobody = !known || strcmp(buf_text(&path), "<>") == 0 || path.len == 0 ||
                  strcasestr(buf_text(&path), "mailer-daemon@") != NULL;
    buf_free(&path);
    return nobody;
}

static bool read_letter(struct gathering *g)
{
    const struct bounce_span head = g->mime.parts[0].head;
    struct buf text = {0}, subject = {0}, failed = {0};
    bool is_there = put_letter(g, &text);
    if (is_there && g->copy.len == 0)
        g->copy = bounce_text_find_copy(&text);
    find_expected(g);
    bounce_head_get(head, "Subject", &subject);
    bool named = bounce_head_get(head, "X-Failed-Recipients", &failed);
    const struct bounce_letter letter = {
        .text = &text,
        .subject = buf_text(&subject),
        .failed = named ? buf_text(&failed) : NULL,
        .expected = g->expected.len > 0 ? buf_text(&g->expected) : NULL,
        .from_daemon = is_daemon(head),
        .from_nobody = is_from_nobody(head),
    };
    bool read = is_there && bounce_text_read(&letter, &g->said);
    if (read && g->notice_id == NULL)
        g->notice_id = find_notice(g);
    if (read && g->token == NULL)
        g->token = find_token(g);
    g->copy = (struct bounce_span){"", 0}; /* it stood in `text` */
    buf_free(&text);
    buf_free(&subject);
    buf_free(&failed);
    return read;
}

/* ---- answers by machines ---- */

static bool is_automatic(struct bounce_span head)
{
    static const char *const marks[] = {"X-Autoreply", "X-Autorespond", "X-Auto-Reply",
                                        "X-Vacation", "X-Autogenerated"};
    struct buf value = {0}, ignored = {0};
    bool submitted = bounce_head_get(head, "Auto-Submitted", &value) &&
                     strncasecmp(buf_text(&value), "no", 2) != 0;
    buf_reset(&value);
    bounce_head_get(head, "Precedence", &value);
    bool automatic = submitted || strcasecmp(buf_text(&value), "auto_reply") == 0;
    for (size_t i = 0; !automatic && i < COUNT_OF(marks); i++)
        automatic = bounce_head_get(head, marks[i], &ignored);
    buf_free(&value);
    buf_free(&ignored);
    return automatic;
}

static enum bounce_kind read_kind(struct gathering *g)
{
    find_copy(g);
    if (read_reports(g, feedback_types, COUNT_OF(feedback_types), true))
        return BOUNCE_COMPLAINT;
    if (bounce_mime_find(&g->mime, 1, feedback_types, COUNT_OF(feedback_types)) != NULL)
        return BOUNCE_NONE;
    if (read_reports(g, status_types, COUNT_OF(status_types), false)) {
        complete_reports(g);
        return BOUNCE_STATUS;
    }
    if (read_letter(g))
        return BOUNCE_LETTER;
    return is_automatic(g->mime.parts[0].head) ? BOUNCE_AUTOMATIC : BOUNCE_NONE;
}

/* ---- receipts ---- */

static bool is_same_address(const struct buf *address, const struct buf *key)
{
    struct buf own = {0};
    suppression_put_key(CHANNEL_EMAIL, buf_text(address), &own);
    bool same = own.len > 0 && strcmp(buf_text(&own), buf_text(key)) == 0;
    buf_free(&own);
    return same;
}

/*
 * Where a mailbox passes mail on, the report speaks of an address that we never wrote to. It is not
 * named then: it would contradict the delivery it is about.
 */
static const struct buf *find_address(const struct gathering *g, const struct bounce_said *said)
{
    if (g->expected.len == 0)
        return said->original.len > 0 ? &said->original : NULL;
    if (is_same_address(&said->original, &g->expected))
        return &said->original;
    return is_same_address(&said->final, &g->expected) ? &said->final : NULL;
}

/* Exim names whom it wrote to in the report, and who failed in a header. */
static bool is_failed_elsewhere(const struct gathering *g)
{
    struct buf failed = {0};
    bool elsewhere = g->expected.len > 0 &&
                     bounce_head_get(g->mime.parts[0].head, "X-Failed-Recipients", &failed) &&
                     strcasestr(buf_text(&failed), buf_text(&g->expected)) == NULL;
    buf_free(&failed);
    return elsewhere;
}

/* Mail for this address goes on to another one, or to several, and that is what failed: it may work
 * again tomorrow, and there may be a copy in the mailbox. Our letters have one recipient. */
static bool is_passed_on(const struct gathering *g, const struct bounce_said *said)
{
    if (g->said.count > 1 || is_failed_elsewhere(g))
        return true;
    if (said->final.len == 0)
        return false;
    if (g->expected.len > 0)
        return !is_same_address(&said->final, &g->expected);
    struct buf key = {0};
    suppression_put_key(CHANNEL_EMAIL, buf_text(&said->original), &key);
    bool other = key.len > 0 && !is_same_address(&said->final, &key);
    buf_free(&key);
    return other;
}

/* The returned mail's own Message-ID, by which a repeated one is known; NULL: it has none. */
static char *name_mail(const struct gathering *g)
{
    struct buf value = {0}, name = {0};
    bounce_head_get(g->mime.parts[0].head, "Message-ID", &value);
    size_t len = value.len < NAME_MAX_BYTES ? value.len : NAME_MAX_BYTES;
    text_put_visible(&name, buf_text(&value), len);
    buf_free(&value);
    if (name.len > 0)
        return buf_steal(&name);
    buf_free(&name);
    return NULL;
}

static void put_receipt(const struct gathering *g, const struct bounce_said *said,
                        struct bounce_report *out)
{
    struct receipt *r = &out->items[out->count++];
    const struct buf *address = find_address(g, said);
    *r = (struct receipt){.channel = CHANNEL_EMAIL, .at_ms = g->arrival->now_ms};
    bounce_answer_judge(said, r);
    if (is_passed_on(g, said))
        r->lasting = false;
    if (g->token != NULL)
        r->token = xstrdup(g->token);
    else
        r->notice_id = xstrdup(g->notice_id);
    r->message_id = name_mail(g);
    if (address != NULL && address->len <= 320)
        r->address = xstrdup(buf_text(address));
    snprintf(r->source, sizeof(r->source), "bounce");
}

static void put_receipts(const struct gathering *g, struct bounce_report *out)
{
    if (g->token == NULL && g->notice_id == NULL) {
        out->nameless = g->said.count;
        return;
    }
    out->items = xcalloc(g->said.count > 0 ? g->said.count : 1, sizeof(*out->items));
    for (size_t i = 0; i < g->said.count; i++)
        put_receipt(g, &g->said.items[i], out);
}

void bounce_report_read(const struct bounce_arrival *arrival, struct bounce_report *out)
{
    struct gathering *g = xcalloc(1, sizeof(*g));
    size_t len = arrival->len < BOUNCE_SIZE_MAX ? arrival->len : BOUNCE_SIZE_MAX;
    *out = (struct bounce_report){0};
    g->arrival = arrival;
    bounce_mime_read(arrival->bytes, len, &g->mime);
    out->kind = read_kind(g);
    if (g->token == NULL)
        g->token = find_token(g);
    if (g->notice_id == NULL)
        g->notice_id = find_notice(g);
    find_expected(g);
    put_receipts(g, out);
    free(g->token);
    free(g->notice_id);
    buf_free(&g->complained);
    buf_free(&g->expected);
    bounce_said_clear(&g->said);
    bounce_mime_clear(&g->mime);
    free(g);
}

void bounce_report_clear(struct bounce_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        receipt_clear(&report->items[i]);
    free(report->items);
    *report = (struct bounce_report){0};
}
