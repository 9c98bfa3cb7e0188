#include "operator/bounce_unmoved.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/say.h"
#include "cli/session.h"
#include "engine/receive.h"
#include "model/json.h"

/* The rest is in the JSON. */
#define LINES_MOST 20

static const char *const sentences[RECEIVE_REASONS] = {
    [RECEIVE_CHANGED] = "",
    [RECEIVE_SILENT] = SAID("it does not say what became of the letter"),
    [RECEIVE_FORGED] =
        SAID("its token was not made by this spool: it is forged, changed on its way, or "
             "of another spool. Real ones refused? Is SPOOL/token.key still the one the "
             "letters left with?"),
    [RECEIVE_UNPROVEN] =
        SAID("nothing proves that it is of this letter, so it only stands in its story "
             "(dispatcher show). With organisation.verp letters bring that proof"),
    [RECEIVE_UNKNOWN] = SAID("it names no letter of this spool. Is it of another one?"),
    [RECEIVE_FOREIGN] =
        SAID("its token is of this letter, but it speaks of another person. Look at the "
             "mail: whoever made it has mixed something up"),
    [RECEIVE_KNOWN] = SAID("the same was reported before; there is nothing to do"),
    [RECEIVE_OLD] =
        SAID("it is of an earlier attempt; the letter was sent again since, and that decides"),
    [RECEIVE_LATE] = "", /* names the state */
};

static enum receive_reason parse_reason(const char *name)
{
    for (int i = RECEIVE_CHANGED + 1; i < RECEIVE_REASONS; i++) {
        if (strcmp(receive_reason_name((enum receive_reason)i), name) == 0)
            return (enum receive_reason)i;
    }
    return RECEIVE_CHANGED;
}

/* A newer daemon may know a reason that we do not: then its word must do. */
static void put_sentence(const struct invocation *inv, const char *reason, const char *state,
                         struct buf *out)
{
    enum receive_reason known = parse_reason(reason);
    if (known == RECEIVE_LATE)
        say_put(inv, out, "it came too late: its delivery is %s already, and stays so", state);
    else if (sentences[known][0] == '\0')
        buf_puts(out, reason);
    else
        buf_puts(out, say_word(inv, sentences[known]));
}

static void put_row(struct unmoved *u, const char *mail, const char *id, const char *reason,
                    const char *sentence)
{
    buf_puts(&u->rows, u->count > 0 ? ",{\"mail\":" : "{\"mail\":");
    buf_put_json(&u->rows, mail);
    if (id != NULL)
        request_put_text(&u->rows, "id", id);
    request_put_text(&u->rows, "reason", reason);
    request_put_text(&u->rows, "note", sentence);
    buf_putc(&u->rows, '}');
}

static void put_line(struct unmoved *u, const char *mail, const char *id, const char *sentence)
{
    if (id != NULL)
        say_put(u->inv, &u->text, "%s, letter %s: %s\n", mail, id, sentence);
    else
        buf_printf(&u->text, "%s: %s\n", mail, sentence);
}

static void take_row(struct unmoved *u, const struct json_t *row, const char *mail, bool logged)
{
    struct buf sentence = {0}, said = {0};
    const char *id = json_get_text(row, "id", NULL);
    const char *reason = json_get_text(row, "reason", "");
    const char *state = json_get_text(row, "state", "");
    put_sentence(NULL, reason, state, &sentence);
    put_sentence(u->inv, reason, state, &said);
    put_row(u, mail, id, reason, buf_text(&sentence));
    if (u->count++ < LINES_MOST)
        put_line(u, mail, id, buf_text(&said));
    if (logged)
        log_event(LOG_INFO, "bounce.unmoved", "id=%s mail=\"%s\" reason=%s note=\"%s\"",
                  id != NULL ? id : "-", mail, reason, buf_text(&sentence));
    buf_free(&said);
    buf_free(&sentence);
}

void unmoved_take(struct unmoved *u, const struct json_t *end, const char *shown, bool logged)
{
    const struct json_t *rows = json_get(end, "unmoved");
    struct buf mail = {0};
    text_put_visible(&mail, shown, strlen(shown));
    for (size_t i = 0; i < json_count(rows); i++)
        take_row(u, json_at(rows, i), buf_text(&mail), logged);
    buf_free(&mail);
}

void unmoved_print(const struct unmoved *u)
{
    if (u->count == 0)
        return;
    if (u->count == 1)
        say(u->inv, stdout, "1 report changed nothing:\n%s", buf_text(&u->text));
    else
        say(u->inv, stdout, "%zu reports changed nothing:\n%s", u->count, buf_text(&u->text));
    if (u->count > LINES_MOST)
        say(u->inv, stdout, "and %zu more; all of them: --json\n", u->count - LINES_MOST);
}

void unmoved_put_json(const struct unmoved *u, struct buf *out)
{
    buf_puts(out, ",\"unmoved\":[");
    buf_put(out, buf_text(&u->rows), u->rows.len);
    buf_puts(out, "]");
}

void unmoved_free(struct unmoved *u)
{
    buf_free(&u->rows);
    buf_free(&u->text);
}
