#include "channel/smtp_verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"

/* ---- one mail ---- */

static bool is_good(const struct smtp_answer *a)
{
    return a->code / 100 == 2;
}

static void set_delivered(const struct smtp_answer *a, struct disposition *out)
{
    disposition_set(out, OUTCOME_DELIVERED, a->code, "accepted", a->text, a->len);
    smtp_answer_enhanced(a, out->enhanced);
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
    smtp_answer_enhanced(&answer, out->enhanced);
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

static void set_no_login(const struct smtp_end *end, struct disposition *out)
{
    char text[160] = "the server does not offer a login (AUTH): nothing was sent without it";
    if (end->monitor->offers_login)
        snprintf(text, sizeof(text),
                 "the server offers no way to log in that this program knows (%s): nothing was "
                 "sent",
                 end->mechanisms != NULL ? end->mechanisms : "PLAIN, LOGIN");
    set_sentence(out, OUTCOME_CONFIG, "auth", text);
}

/* Login: refused for good is our configuration, refused for now is theirs, not offered at all is
 * ours again. */
static bool judge_login(const struct smtp_end *end, struct disposition *out)
{
    const struct smtp_monitor *m = end->monitor;
    if (m->login_refused) {
        bool temporary = m->replies[SMTP_STAGE_AUTH].code / 100 == 4;
        set_refused(out, temporary ? OUTCOME_NOT_TRIED : OUTCOME_CONFIG, "auth", m,
                    SMTP_STAGE_AUTH);
        return true;
    }
    if (!m->needs_login || m->logged_in || m->before != SMTP_STAGE_MAIL || m->violation == NULL)
        return false;
    set_no_login(end, out);
    return true;
}

/* What OpenSSL says, and what the people who read it can do. */
static const struct {
    const char *words, *advice;
} tls_advice[] = {
    {"self-signed certificate", "name that certificate with `ca_file` if it is the right one"},
    {"self signed certificate", "name that certificate with `ca_file` if it is the right one"},
    {"unable to get local issuer", "name the certificate of who signed it with `ca_file`"},
    {"wrong version number", "the server speaks no TLS from the first byte on this port: say `tls: "
                             "required` for STARTTLS, or use its port for TLS, mostly 465"},
};

static void set_tls_problem(const char *problem, struct disposition *out)
{
    struct buf text = {0};
    buf_puts(&text, problem);
    for (size_t i = 0; i < COUNT_OF(tls_advice); i++) {
        if (strstr(problem, tls_advice[i].words) != NULL) {
            buf_printf(&text, "; %s", tls_advice[i].advice);
            break;
        }
    }
    set_sentence(out, OUTCOME_NOT_TRIED, "tls", buf_text(&text));
    buf_free(&text);
}

/* Whoever waits for TLS from the first byte does not greet. */
static bool is_waiting_for_tls(const struct smtp_end *end)
{
    const struct smtp_monitor *m = end->monitor;
    return end->timed_out && m->needs_tls && !m->has_tls &&
           m->replies[SMTP_STAGE_GREETING].code == 0;
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
        set_tls_problem(end->tls_problem, out);
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
    else if (judge_tls(end, out) || judge_login(end, out))
        return;
    else if (m->violation != NULL)
        set_sentence(out, OUTCOME_NOT_TRIED, "protocol", m->violation);
    else if (is_waiting_for_tls(end))
        set_sentence(out, OUTCOME_NOT_TRIED, "timeout",
                     "the server did not answer in time with its greeting: if this port is for TLS "
                     "from the first byte (mostly 465), say `tls: implicit` and `engine: curl`");
    else {
        snprintf(text, sizeof(text), "at %s, before this mail's turn", smtp_stage_name(m->before));
        set_lost(OUTCOME_NOT_TRIED, end, text, out);
    }
}
