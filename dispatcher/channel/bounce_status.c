#include "channel/bounce_status.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "channel/bounce_mime.h"

static const struct {
    const char *word;
    enum receipt_kind kind;
} actions[] = {
    {"failed", RECEIPT_FAILED},    {"delayed", RECEIPT_BUFFERED},  {"delivered", RECEIPT_CONFIRMED},
    {"relayed", RECEIPT_ACCEPTED}, {"expanded", RECEIPT_ACCEPTED},
};

/* "failed (undeliverable)" too. */
static enum receipt_kind kind_of_action(const char *text)
{
    size_t len = strcspn(text, " ;(\t");
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (strlen(actions[i].word) == len && strncasecmp(actions[i].word, text, len) == 0)
            return actions[i].kind;
    return RECEIPT_NONE;
}

/* Takes "rfc822;" and "<>" off an address. */
static void put_address(const char *text, struct buf *out)
{
    const char *semicolon = strchr(text, ';');
    if (semicolon != NULL)
        text = semicolon + 1;
    text += strspn(text, " <");
    buf_reset(out);
    buf_put(out, text, strcspn(text, " >"));
}

/* "5.1.1 (bad destination mailbox address)" */
static void copy_status(const char *text, char out[DISPOSITION_ENHANCED_SIZE])
{
    size_t len = strspn(text, "0123456789.");
    if (len >= 5 && len < DISPOSITION_ENHANCED_SIZE && strchr("245", text[0]) != NULL &&
        text[1] == '.')
        snprintf(out, DISPOSITION_ENHANCED_SIZE, "%.*s", (int)len, text);
}

/* What one group of fields says; `said` is NULL until a field speaks of a recipient. */
struct group {
    struct bounce_said_list *list;
    struct bounce_said *said;
    bool full;
};

static struct bounce_said *said_of(struct group *g)
{
    if (g->said == NULL && !g->full) {
        g->said = bounce_said_add(g->list);
        g->full = g->said == NULL;
    }
    return g->said;
}

/* Some servers write all recipients without an empty line between: a second Final-Recipient begins
 * the next. */
static struct bounce_said *said_of_final(struct group *g)
{
    if (g->said != NULL && g->said->final.len > 0)
        g->said = NULL;
    return said_of(g);
}

static void take_field(struct group *g, const struct bounce_field *f, const char *value)
{
    struct bounce_said *said;
    if (bounce_field_is(f, "Original-Envelope-Id"))
        buf_reset(&g->list->envelope_id), buf_puts(&g->list->envelope_id, value);
    else if (bounce_field_is(f, "Final-Recipient") && (said = said_of_final(g)) != NULL)
        put_address(value, &said->final);
    else if (bounce_field_is(f, "Original-Recipient") && (said = said_of(g)) != NULL)
        put_address(value, &said->original);
    else if (bounce_field_is(f, "Action") && (said = said_of(g)) != NULL)
        said->kind = kind_of_action(value);
    else if (bounce_field_is(f, "Status") && (said = said_of(g)) != NULL)
        copy_status(value, said->status);
    else if (bounce_field_is(f, "Diagnostic-Code") && (said = said_of(g)) != NULL)
        buf_reset(&said->words), buf_puts(&said->words, value);
}

static void read_group(struct group *g, struct bounce_span *rest)
{
    struct bounce_field f;
    struct buf value = {0};
    while (bounce_field_next(rest, &f)) {
        buf_reset(&value);
        bounce_field_put(&f, &value);
        take_field(g, &f, buf_text(&value));
    }
    buf_free(&value);
}

static void skip_empty_lines(struct bounce_span *rest)
{
    while (rest->len > 0 && rest->at[0] == '\n') {
        rest->at++;
        rest->len--;
    }
}

void bounce_status_read(const struct buf *text, struct bounce_said_list *out)
{
    struct bounce_span rest = {buf_text(text), text->len};
    for (skip_empty_lines(&rest); rest.len > 0; skip_empty_lines(&rest)) {
        struct group g = {.list = out};
        read_group(&g, &rest);
    }
}

/* ---- complaints ---- */

/* "auth-failure" and "not-spam" are no complaints, and move nothing. */
static const char *cause_of_feedback(const char *type)
{
    static const struct {
        const char *type, *cause;
    } types[] = {
        {"abuse", "complaint"},   {"fraud", "complaint"},        {"complaint", "complaint"},
        {"opt-out", "opted_out"}, {"opt-out-list", "opted_out"},
    };
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strcasecmp(types[i].type, type) == 0)
            return types[i].cause;
    return NULL;
}

void bounce_feedback_read(const struct buf *text, struct bounce_said_list *out,
                          struct buf *out_sender)
{
    struct bounce_span head = {buf_text(text), text->len};
    struct buf type = {0}, recipient = {0};
    skip_empty_lines(&head);
    bounce_head_get(head, "Feedback-Type", &type);
    const char *cause = cause_of_feedback(buf_text(&type));
    struct bounce_said *said = cause != NULL ? bounce_said_add(out) : NULL;
    if (said != NULL) {
        said->kind = RECEIPT_CONFIRMED; /* nobody complains of what did not come */
        said->cause = cause;
        if (bounce_head_get(head, "Original-Rcpt-To", &recipient))
            put_address(buf_text(&recipient), &said->original);
        bounce_head_get(head, "Original-Mail-From", out_sender);
        bounce_head_get(head, "Original-Envelope-Id", &out->envelope_id);
        buf_printf(&said->words, "feedback report: %.40s", buf_text(&type));
    }
    buf_free(&type);
    buf_free(&recipient);
}
