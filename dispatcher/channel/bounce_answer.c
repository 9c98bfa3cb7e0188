#include "channel/bounce_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "channel/smtp_answer.h"
#include "model/cause.h"

/* ---- finding it ---- */

static bool is_alone(const char *at, const char *from)
{
    return at == from || strchr(" \n\t:('\"[#", at[-1]) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 450-, "550 ", 554: */
static bool is_code(const char *at)
{
    return strchr("245", at[0]) != NULL && at[0] != '\0' && at[1] >= '0' && at[1] <= '5' &&
           is_digit(at[2]) && (at[3] == ' ' || at[3] == '-' || at[3] == ':');
}

/* How long the enhanced code at `at` is; 0: there is none, or it goes on like a network address. */
static size_t status_length(const char *at)
{
    size_t len = 2, digits = 0;
    if (at[0] == '\0' || strchr("245", at[0]) == NULL || at[1] != '.')
        return 0;
    for (; is_digit(at[len]) && digits < 3; len++)
        digits++;
    if (digits == 0 || at[len] != '.')
        return 0;
    digits = 0;
    for (len++; is_digit(at[len]) && digits < 3; len++)
        digits++;
    return digits > 0 && !is_digit(at[len]) && at[len] != '.' ? len : 0;
}

const char *bounce_answer_find(const char *text, const char *stop)
{
    const char *status = NULL;
    for (const char *at = text; at < stop && *at != '\0'; at++) {
        if (!is_alone(at, text) || *at == '2')
            continue;
        if (is_code(at))
            return at;
        if (status == NULL && status_length(at) > 0)
            status = at;
    }
    return status;
}

/* ---- its parts ---- */

struct quoted {
    int code; /* of SMTP; 0: it quotes none */
    char status[DISPOSITION_ENHANCED_SIZE];
    const char *text; /* behind the code */
};

/* "smtp; 550 5.1.1 no such user", "X-Postfix; connect to mx: Connection refused" */
static const char *skip_kind(const char *words)
{
    size_t len = strcspn(words, "; ");
    if (words[len] != ';' || len > 20)
        return words;
    return words + len + 1 + strspn(words + len + 1, " ");
}

static bool is_useful(const char *status)
{
    return status[0] != '\0' && strcmp(status + 1, ".0.0") != 0;
}

static struct quoted read_quoted(const struct bounce_said *said, const char *words)
{
    struct quoted q = {.text = words};
    const char *at = is_code(words) ? words : bounce_answer_find(words, words + strlen(words));
    if (at != NULL && is_code(at)) {
        q.code = (int)strtol(at, NULL, 10);
        q.text = at + 4 + strspn(at + 4, " ");
    }
    const char *own = q.code != 0 ? q.text : at;
    size_t len = own != NULL ? status_length(own) : 0;
    snprintf(q.status, sizeof(q.status), "%s", said->status);
    if (!is_useful(q.status) && len > 0 && len < sizeof(q.status))
        snprintf(q.status, sizeof(q.status), "%.*s", (int)len, own);
    return q;
}

/* ---- what it means ---- */

static const struct {
    const char *words;
    enum smtp_stage stage;
} stages[] = {
    {"reply to rcpt to", SMTP_STAGE_RCPT},   {"after rcpt to", SMTP_STAGE_RCPT},
    {"reply to mail from", SMTP_STAGE_MAIL}, {"after mail from", SMTP_STAGE_MAIL},
    {"end of data", SMTP_STAGE_END},
};

static enum smtp_stage find_stage(const char *words)
{
    for (size_t i = 0; i < COUNT_OF(stages); i++)
        if (strcasestr(words, stages[i].words) != NULL)
            return stages[i].stage;
    return SMTP_STAGE_OTHER;
}

/* What mail servers say of their own tries, where nobody answered them. */
static const struct {
    const char *words, *cause;
} silences[] = {
    {"connection refused", "connect"},
    {"connection timed out", "connect"},
    {"network is unreachable", "connect"},
    {"no route to host", "connect"},
    {"couldn't establish an smtp connection", "connect"},
    {"lost connection", "connection_lost"},
    {"conversation with", "connection_lost"},
    {"delivery time expired", "expired"},
    {"message expired", "expired"},
    {"retry timeout exceeded", "expired"},
    {"retry time not reached", "expired"},
    {"queue too long", "expired"},
    {"too long in the queue", "expired"},
};

static const char *find_silence(const struct quoted *q)
{
    for (size_t i = 0; q->code == 0 && i < COUNT_OF(silences); i++)
        if (strcasestr(q->text, silences[i].words) != NULL)
            return silences[i].cause;
    return q->code == 0 && strcmp(q->status + (q->status[0] != '\0'), ".4.7") == 0 ? "expired"
                                                                                   : NULL;
}

static int class_of(const struct quoted *q, enum receipt_kind kind)
{
    if (q->code >= 400)
        return q->code / 100;
    if (q->status[0] == '4' || q->status[0] == '5')
        return q->status[0] - '0';
    return kind == RECEIPT_BUFFERED ? 4 : 5;
}

/* By words and codes; where there is neither, "policy" would be more than is known. */
static const char *judge_quoted(const struct quoted *q, enum receipt_kind kind,
                                struct disposition *out)
{
    struct buf text = {0};
    int class = class_of(q, kind);
    /* In front, where it is looked for; said twice does no harm. */
    if (is_useful(q->status))
        buf_printf(&text, "%s ", q->status);
    buf_puts(&text, q->text);
    struct smtp_answer answer = {q->code >= 400 ? q->code : class * 100 + 50, buf_text(&text),
                                 text.len};
    smtp_judge_answer(&answer, find_stage(q->text), out);
    buf_free(&text);
    bool guessed = q->code == 0 && !is_useful(q->status) &&
                   (strcmp(out->cause, "policy") == 0 || strcmp(out->cause, "transient") == 0);
    if (guessed)
        return kind == RECEIPT_BUFFERED ? "transient" : "undelivered";
    return out->cause;
}

static enum receipt_kind kind_of(const struct bounce_said *said)
{
    if (said->kind != RECEIPT_NONE)
        return said->kind;
    switch (said->status[0]) {
    case '2':
        return RECEIPT_CONFIRMED;
    case '4':
        return RECEIPT_BUFFERED;
    case '5':
        return RECEIPT_FAILED;
    }
    return RECEIPT_UNKNOWN;
}

/* Whoever gave up after many tries says 4.x.y: the address may be good. */
static bool is_for_good(const struct quoted *q)
{
    return (q->code == 0 || q->code / 100 == 5) && (q->status[0] == '\0' || q->status[0] == '5');
}

static void judge_negative(const struct bounce_said *said, const struct quoted *q,
                           struct receipt *out)
{
    struct disposition d;
    const char *cause = judge_quoted(q, out->kind, &d);
    const char *silence = find_silence(q);
    if (silence != NULL)
        cause = silence;
    if (said->cause != NULL)
        cause = said->cause;
    snprintf(out->cause, sizeof(out->cause), "%s", cause);
    out->lasting = out->kind == RECEIPT_FAILED && is_for_good(q) && cause_is_lasting(cause);
}

void bounce_answer_judge(const struct bounce_said *said, struct receipt *out)
{
    const char *words = skip_kind(buf_text(&said->words));
    struct quoted q = read_quoted(said, words);
    struct disposition shown;
    out->kind = kind_of(said);
    out->code = q.code;
    snprintf(out->enhanced, sizeof(out->enhanced), "%s", q.status);
    disposition_set(&shown, OUTCOME_PERMANENT, q.code, "", words, strlen(words));
    snprintf(out->text, sizeof(out->text), "%s", shown.reply);
    if (out->kind == RECEIPT_FAILED || out->kind == RECEIPT_BUFFERED)
        judge_negative(said, &q, out);
    else if (said->cause != NULL)
        snprintf(out->cause, sizeof(out->cause), "%s", said->cause);
    else if (out->kind == RECEIPT_CONFIRMED || out->kind == RECEIPT_ACCEPTED)
        snprintf(out->cause, sizeof(out->cause), "%s",
                 out->kind == RECEIPT_CONFIRMED ? "confirmed" : "accepted");
    out->opted_out = out->kind == RECEIPT_CONFIRMED && said->cause != NULL;
}
