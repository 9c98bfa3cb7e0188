#include "channel/smtp_verdict.h"

#include <strings.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"

#define ANY (-1)

struct enhanced {
    int class, subject, detail; /* class 0: there is none */
};

/* ---- enhanced status codes, RFC 3463; subject and detail have at most three digits ---- */

static bool read_number(const char **at, const char *stop, int *out)
{
    int digits = 0;
    *out = 0;
    while (*at < stop && **at >= '0' && **at <= '9' && digits < 3) {
        *out = *out * 10 + (**at - '0');
        (*at)++;
        digits++;
    }
    return digits > 0;
}

static bool skip(const char **at, const char *stop, char byte)
{
    if (*at >= stop || **at != byte)
        return false;
    (*at)++;
    return true;
}

/* The triple at the start of the text, if its class is that of the code; servers without the
 * extension send it too. */
static struct enhanced read_enhanced(const struct smtp_answer *a)
{
    struct enhanced e;
    const char *at = a->text, *stop = a->text + a->len;
    bool good = read_number(&at, stop, &e.class) && skip(&at, stop, '.') &&
                read_number(&at, stop, &e.subject) && skip(&at, stop, '.') &&
                read_number(&at, stop, &e.detail) && (at == stop || *at == ' ');
    bool known = e.class == 2 || e.class == 4 || e.class == 5;
    return good && known && e.class == a->code / 100 ? e : (struct enhanced){0, 0, 0};
}

/*
 * ---- negative answers ----
 *
 * The enhanced code names the cause, without one the code does (by_enhanced, by_code); 4yz is
 * temporary and 5yz permanent. Of a temporary answer the words are read too, and they win. What is
 * about our login is found before all that: is_about_login().
 */

/* Words that say more than the code; the first match counts. Lower case. */
static const struct {
    const char *word;
    enum outcome temporary;
    const char *cause;
} words[] = {
    /* clang-format off */
    {"greylist", OUTCOME_TRANSIENT, "greylisted"},
    {"graylist", OUTCOME_TRANSIENT, "greylisted"},
    {"too many", OUTCOME_THROTTLE, "throttled"},
    {"too fast", OUTCOME_THROTTLE, "throttled"},
    {"throttl", OUTCOME_THROTTLE, "throttled"},
    {"rate limit", OUTCOME_THROTTLE, "throttled"},
    {"unusual rate", OUTCOME_THROTTLE, "throttled"},
    /* clang-format on */
};

/* By enhanced code; `class` 0: 4 and 5. The first match counts. */
static const struct {
    int class, subject, detail;
    const char *cause;
} by_enhanced[] = {
    {5, 7, 8, "auth"},
    {5, 7, 9, "auth"},
    {5, 7, 11, "auth"},
    {0, 1, 0, "bad_recipient"},
    {0, 1, 1, "bad_recipient"},
    {0, 1, 6, "bad_recipient"},
    {0, 1, 10, "bad_recipient"},
    {0, 1, 2, "bad_domain"},
    {0, 1, 3, "bad_address"},
    {0, 1, 7, "bad_sender"},
    {0, 1, 8, "bad_sender"},
    {0, 1, ANY, "bad_recipient"},
    {0, 2, 1, "mailbox_disabled"},
    {0, 2, 2, "mailbox_full"},
    {0, 2, 3, "too_big"},
    {0, 2, ANY, "mailbox"},
    {0, 3, 1, "server_full"},
    {0, 3, 4, "too_big"},
    {0, 3, ANY, "server"},
    {0, 4, ANY, "routing"},
    {4, 5, 3, "throttled"},
    {0, 5, ANY, "protocol"},
    {0, 6, ANY, "content"},
    {4, 7, 0, "throttled"},
    {4, 7, 1, "greylisted"},
    {4, 7, 28, "throttled"},
    {0, 7, ANY, "policy"},
};

/* Without an enhanced code; stage OTHER: any. The first match counts. */
static const struct {
    int code;
    enum smtp_stage stage;
    const char *cause;
} by_code[] = {
    /* clang-format off */
    {421, SMTP_STAGE_OTHER, "server"},
    {450, SMTP_STAGE_RCPT, "mailbox"},
    {451, SMTP_STAGE_OTHER, "server"},
    {452, SMTP_STAGE_OTHER, "server_full"},
    {454, SMTP_STAGE_OTHER, "auth"},
    {550, SMTP_STAGE_RCPT, "bad_recipient"},
    {551, SMTP_STAGE_RCPT, "bad_recipient"},
    {553, SMTP_STAGE_RCPT, "bad_recipient"},
    {552, SMTP_STAGE_RCPT, "mailbox_full"},
    {552, SMTP_STAGE_OTHER, "too_big"},
    {550, SMTP_STAGE_MAIL, "bad_sender"},
    {553, SMTP_STAGE_MAIL, "bad_sender"},
    {500, SMTP_STAGE_OTHER, "protocol"},
    {501, SMTP_STAGE_OTHER, "protocol"},
    {502, SMTP_STAGE_OTHER, "protocol"},
    {503, SMTP_STAGE_OTHER, "protocol"},
    {504, SMTP_STAGE_OTHER, "protocol"},
    /* clang-format on */
};

static const char *cause_of_enhanced(struct enhanced e)
{
    for (size_t i = 0; e.class != 0 && i < COUNT_OF(by_enhanced); i++)
        if ((by_enhanced[i].class == 0 || by_enhanced[i].class == e.class) &&
            by_enhanced[i].subject == e.subject &&
            (by_enhanced[i].detail == ANY || by_enhanced[i].detail == e.detail))
            return by_enhanced[i].cause;
    return NULL;
}

static const char *cause_of_code(int code, enum smtp_stage stage)
{
    for (size_t i = 0; i < COUNT_OF(by_code); i++)
        if (by_code[i].code == code &&
            (by_code[i].stage == SMTP_STAGE_OTHER || by_code[i].stage == stage))
            return by_code[i].cause;
    return code / 100 == 5 ? "policy" : "transient";
}

/* RFC 4954: "log in first" and "this login is not good enough" are about us, whatever the mail. */
static bool is_about_login(int code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

static bool contains(const struct smtp_answer *a, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= a->len; i++)
        if (strncasecmp(a->text + i, word, len) == 0)
            return true;
    return false;
}

static void judge_temporary(const struct smtp_answer *a, struct disposition *out)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (contains(a, words[i].word)) {
            out->outcome = words[i].temporary;
            snprintf(out->cause, sizeof(out->cause), "%s", words[i].cause);
            return;
        }
    }
    if (strcmp(out->cause, "throttled") == 0)
        out->outcome = OUTCOME_THROTTLE;
}

static void set_enhanced(struct disposition *out, struct enhanced e)
{
    if (e.class != 0)
        snprintf(out->enhanced, sizeof(out->enhanced), "%d.%d.%d", e.class, e.subject, e.detail);
}

void smtp_judge_answer(const struct smtp_answer *answer, enum smtp_stage stage,
                       struct disposition *out)
{
    struct enhanced e = read_enhanced(answer);
    const char *cause = cause_of_enhanced(e);
    bool permanent = answer->code / 100 == 5;
    bool login = is_about_login(answer->code);
    if (cause == NULL || login)
        cause = login ? "auth" : cause_of_code(answer->code, stage);
    if (answer->code / 100 != 4 && !permanent)
        cause = "protocol"; /* 999, "2 0": no answer of SMTP */
    enum outcome outcome = login       ? OUTCOME_CONFIG
                           : permanent ? OUTCOME_PERMANENT
                                       : OUTCOME_TRANSIENT;
    disposition_set(out, outcome, answer->code, cause, answer->text, answer->len);
    set_enhanced(out, e);
    if (outcome == OUTCOME_TRANSIENT)
        judge_temporary(answer, out);
}

/* ---- one mail ---- */

static bool is_good(const struct smtp_answer *a)
{
    return a->code / 100 == 2;
}

static void set_delivered(const struct smtp_answer *a, struct disposition *out)
{
    disposition_set(out, OUTCOME_DELIVERED, a->code, "accepted", a->text, a->len);
    set_enhanced(out, read_enhanced(a));
}

static void set_lost(enum outcome outcome, const struct smtp_end *end, const char *when,
                     struct disposition *out)
{
    char text[160];
    snprintf(text, sizeof(text), "%s %s",
             end->timed_out ? "the server did not answer in time" : "the connection was lost",
             when);
    disposition_set(out, outcome, 0, end->timed_out ? "timeout" : "connection_lost", text,
                    strlen(text));
}

/*
 * M, R, D: the answers to MAIL, RCPT and DATA; E: the end was handed out. In this order:
 *
 *   M 4xx, 5xx                by the answer (530, 534, 535, 538: config)
 *   M none                    not tried
 *   R 4xx, 5xx                by the answer, whatever D says
 *   R none                    transient: lost before any data
 *   D 4xx, 5xx                by the answer, whatever R says
 *   D 2xx, a whole line, E    delivered: the only way to it
 *   D none, 354, cut off, E   uncertain: the dot may have arrived
 *   D none or 354, not E      transient: the dot cannot have been sent
 *   anything else             uncertain
 */
bool smtp_judge(const struct smtp_facts *f, const struct smtp_end *end, struct disposition *out)
{
    const struct smtp_answer *d = &f->data;
    bool no_answer = d->code == 0 || d->code == 354 || (is_good(d) && !f->whole_line);
    if (f->mail.code != 0 && !is_good(&f->mail))
        return smtp_judge_answer(&f->mail, SMTP_STAGE_MAIL, out), true;
    if (f->rcpt.code != 0 && !is_good(&f->rcpt))
        return smtp_judge_answer(&f->rcpt, SMTP_STAGE_RCPT, out), true;
    if (d->code / 100 == 4 || d->code / 100 == 5)
        return smtp_judge_answer(d, f->ended ? SMTP_STAGE_END : SMTP_STAGE_DATA, out), true;
    if (is_good(&f->rcpt) && is_good(d) && f->ended && f->whole_line)
        return set_delivered(d, out), true;
    if (end == NULL)
        return false;
    if (f->mail.code == 0)
        smtp_judge_session(end, out);
    else if (f->rcpt.code == 0)
        set_lost(OUTCOME_TRANSIENT, end, "after MAIL, before the recipient was accepted", out);
    else if (no_answer && !f->ended)
        set_lost(OUTCOME_TRANSIENT, end, "while the mail was being sent", out);
    else if (no_answer)
        set_lost(OUTCOME_UNCERTAIN, end, "after the final dot: the mail may have been accepted",
                 out);
    else
        disposition_set(out, OUTCOME_UNCERTAIN, d->code, "protocol", d->text, d->len);
    return true;
}

/* ---- the session ---- */

static void set_sentence(struct disposition *out, enum outcome outcome, const char *cause,
                         const char *sentence)
{
    disposition_set(out, outcome, 0, cause, sentence, strlen(sentence));
}

/* "STARTTLS was refused: 454 4.7.0 TLS not available" */
static void set_refused(struct disposition *out, enum outcome outcome, const char *cause,
                        const struct smtp_monitor *m, enum smtp_stage stage)
{
    const struct smtp_reply *reply = &m->replies[stage];
    struct smtp_answer answer = {reply->code, reply->text, reply->len};
    struct buf text = {0};
    buf_printf(&text, "%s was refused: %d ", smtp_stage_name(stage), reply->code);
    buf_put(&text, reply->text, reply->len);
    disposition_set(out, outcome, reply->code, cause, text.data, text.len);
    set_enhanced(out, read_enhanced(&answer));
    buf_free(&text);
}

static bool is_negative(const struct smtp_monitor *m, enum smtp_stage stage)
{
    return m->replies[stage].code / 100 == 4 || m->replies[stage].code / 100 == 5;
}

static bool judge_dial(const struct smtp_end *end, struct disposition *out)
{
    struct buf text = {0};
    if (end->name_problem != NULL)
        buf_printf(&text, "the mail server's name was not found: %s", end->name_problem);
    else if (!end->connected)
        buf_printf(&text, "the mail server cannot be reached: %s",
                   end->dial_problem == 0 ? "no address" : strerrordesc_np(end->dial_problem));
    if (text.len > 0)
        set_sentence(out, OUTCOME_NOT_TRIED, end->name_problem != NULL ? "dns" : "connect",
                     text.data);
    buf_free(&text);
    return end->name_problem != NULL || !end->connected;
}

/* Login: refused for good is our configuration, refused for now is theirs, not offered at all is
 * ours again. */
static bool judge_login(const struct smtp_monitor *m, struct disposition *out)
{
    if (m->login_refused) {
        bool temporary = m->replies[SMTP_STAGE_AUTH].code / 100 == 4;
        set_refused(out, temporary ? OUTCOME_NOT_TRIED : OUTCOME_CONFIG, "auth", m,
                    SMTP_STAGE_AUTH);
        return true;
    }
    if (!m->needs_login || m->logged_in || m->before != SMTP_STAGE_MAIL || m->violation == NULL)
        return false;
    set_sentence(out, OUTCOME_CONFIG, "auth",
                 m->offers_login
                     ? "the server offers no way to log in that this program knows (PLAIN, LOGIN): "
                       "nothing was sent"
                     : "the server does not offer a login (AUTH): nothing was sent without it");
    return true;
}

static bool judge_tls(const struct smtp_end *end, struct disposition *out)
{
    const struct smtp_monitor *m = end->monitor;
    if (is_negative(m, SMTP_STAGE_STARTTLS))
        set_refused(out, OUTCOME_NOT_TRIED, "tls", m, SMTP_STAGE_STARTTLS);
    else if (end->no_starttls)
        set_sentence(out, OUTCOME_NOT_TRIED, "tls",
                     "the server does not offer STARTTLS: nothing was sent without TLS");
    else if (m->violation != NULL && m->before == SMTP_STAGE_STARTTLS)
        set_sentence(out, OUTCOME_NOT_TRIED, "tls", m->violation);
    else if (!m->has_tls && end->tls_problem != NULL && *end->tls_problem != '\0')
        set_sentence(out, OUTCOME_NOT_TRIED, "tls", end->tls_problem);
    else
        return false;
    return true;
}

void smtp_judge_session(const struct smtp_end *end, struct disposition *out)
{
    const struct smtp_monitor *m = end->monitor;
    char text[160];
    if (judge_dial(end, out))
        return;
    if (is_negative(m, SMTP_STAGE_GREETING))
        set_refused(out, OUTCOME_NOT_TRIED, "greeting", m, SMTP_STAGE_GREETING);
    else if (is_negative(m, SMTP_STAGE_EHLO))
        set_refused(out, OUTCOME_NOT_TRIED, "greeting", m, SMTP_STAGE_EHLO);
    else if (judge_tls(end, out) || judge_login(m, out))
        return;
    else if (m->violation != NULL)
        set_sentence(out, OUTCOME_NOT_TRIED, "protocol", m->violation);
    else {
        snprintf(text, sizeof(text), "at %s, before this mail's turn", smtp_stage_name(m->before));
        set_lost(OUTCOME_NOT_TRIED, end, text, out);
    }
}
