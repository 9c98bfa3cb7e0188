#include "cli/cure.h"
#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "cli/say.h"
#include "letters/trial.h"
#include "model/address.h"
#include "model/cause.h"
#include "operator/transport.h"

#define TURNS 64

/* ---- what is sent ---- */

static const struct letter {
    const char *language, *subject, *text;
} letters[] = {
    {"de", "Testnachricht",
     "Guten Tag,\n\n"
     "dies ist eine Testnachricht. Sie prüft, ob der Versand von E-Mails funktioniert.\n"
     "Sie brauchen nichts zu tun.\n"},
    {"ko", "시험 메일",
     "안녕하십니까.\n\n"
     "이메일이 제대로 발송되는지 확인하기 위해 보내 드리는 시험 메일입니다.\n"
     "따로 하실 일은 없습니다.\n"},
    {"en", "Test message",
     "Hello,\n\n"
     "this is a test message. It checks that e-mail can be sent.\n"
     "You need not do anything.\n"},
};

/* By the language alone: "de-AT" is German. NULL: it is written in none like that. */
static const struct letter *find_letter(const char *locale)
{
    size_t len = strcspn(locale, "-_");
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        if (strlen(letters[i].language) == len && strncmp(letters[i].language, locale, len) == 0)
            return &letters[i];
    }
    return NULL;
}

static int choose_letter(const struct trial *t, const struct letter **out, struct error *err)
{
    const char *asked = option_value(t->inv, "locale");
    const char *usual = t->settings->rules.fallback_locale;
    *out = find_letter(asked != NULL ? asked : usual != NULL ? usual : "en");
    if (*out == NULL && asked != NULL)
        return error_set(err, ERR_USAGE, "the test message is written in de, ko and en, not in %s",
                         asked);
    if (*out == NULL)
        *out = find_letter("en");
    return 0;
}

static void prepare(struct trial *t, const struct letter *letter, const char *to)
{
    trial_address(t, to);
    t->item.attempt = (int)(random_bits() % TURNS) + 1; /* decides which server gets it */
    message_reset(&t->message);
    buf_puts(&t->message.subject, letter->subject);
    buf_puts(&t->message.text, letter->text);
    snprintf(t->message.locale, sizeof(t->message.locale), "%s", letter->language);
}

/* ---- what to do ---- */

/* Where the sentence of the cause speaks of a campaign, and a person at the screen can do more. */
static const struct {
    const char *cause, *advice;
} advices[] = {
    {"connect",
     SAID("Is the server running, and does a firewall let this machine reach host and port? "
          "Check both in the configuration.")},
    {"dns",
     SAID("Check how the host is written; `getent hosts HOST` must find it on this machine.")},
    {"timeout",
     SAID("Something accepts the connection and does not answer: check the port, and the "
          "firewalls on the way.")},
    {"auth",
     SAID("Check user and password (or token) of the transport; many providers want a password "
          "made for programs.")},
    {"relay_denied",
     SAID("The server does not send for this machine: give it a login (user, password), "
          "or let the server's operator add this machine.")},
    {"sender_not_ours",
     SAID("Set organisation.from and organisation.bounce to addresses this login may "
          "send from.")},
    {"greylisted", SAID("The server asks strangers to come back: test again in some minutes.")},
    {"connection_lost", SAID("Test again; if it stays, look into the log of the mail server.")},
};

static bool has_wrong_name(const struct trial *t)
{
    return t->sight.tls[0] == '\0' && t->sight.certificate[0] != '\0';
}

/* NULL: it was taken, or nobody here has a word for it. */
static const char *find_advice(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    if (d->outcome == OUTCOME_DELIVERED)
        return NULL;
    if (d->outcome == OUTCOME_UNCERTAIN)
        return SAID("It may have arrived: look into the mailbox before you test again.");
    if (text_equal(d->cause, "tls") && has_wrong_name(t))
        return SAID("Write `host` as the certificate names it, or have the server's certificate "
                    "replaced; one of your own authority is trusted by `ca_file`.");
    if (text_equal(d->cause, "tls"))
        return SAID("Check port and `tls`: `required` is STARTTLS (mostly 587 or 25), `implicit` "
                    "with `engine: curl` is TLS from the first byte (mostly 465).");
    for (size_t i = 0; i < COUNT_OF(advices); i++) {
        if (text_equal(advices[i].cause, d->cause))
            return advices[i].advice;
    }
    return cause_sentence(d->cause);
}

/* The same for people. */
static void put_advice(const struct trial *t, struct buf *out)
{
    const char *advice = find_advice(t);
    if (advice != NULL && advice == cause_sentence(t->disposition.cause))
        cure_put_meaning(t->inv, t->disposition.cause, out);
    else if (advice != NULL)
        buf_puts(out, say_word(t->inv, advice));
}

/* ---- telling ---- */

static void put_tls(const struct trial *t, struct buf *out)
{
    const struct smtp_sight *s = &t->sight;
    if (t->transport->smtp.tls == SMTP_TLS_NONE)
        say_put(t->inv, out, "none (tls: none)");
    else if (s->tls[0] != '\0')
        say_put(t->inv, out, "%s, certificate of %s", s->tls, s->certificate);
    else if (s->certificate[0] != '\0')
        say_put(t->inv, out, "refused: certificate of %s", s->certificate);
    else
        say_put(t->inv, out, "not begun");
}

static void put_login(const struct trial *t, struct buf *out)
{
    const struct smtp_sight *s = &t->sight;
    const char *user = t->transport->smtp.user;
    if (user == NULL)
        say_put(t->inv, out, "none (no user)");
    else if (s->mechanism[0] == '\0')
        say_put(t->inv, out, "not begun");
    else if (s->logged_in)
        say_put(t->inv, out, "done as %s (%s)", user, s->mechanism);
    else
        say_put(t->inv, out, "refused as %s (%s)", user, s->mechanism);
}

static void print_line(const struct trial *t, const char *what, struct buf *text)
{
    say(t->inv, stdout, "  %-12s  %s\n", say_word(t->inv, what), buf_text(text));
    buf_reset(text);
}

static void print_meeting(const struct trial *t)
{
    struct buf text = {0};
    buf_puts(&text, t->sight.address[0] != '\0' ? t->sight.address : say_word(t->inv, "nobody"));
    print_line(t, SAID("connected to"), &text);
    put_tls(t, &text);
    print_line(t, SAID("TLS"), &text);
    put_login(t, &text);
    print_line(t, SAID("login"), &text);
    buf_free(&text);
}

static void print_answer(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    struct buf text = {0};
    if (d->code != 0)
        buf_printf(&text, "%d ", d->code);
    text_put_visible(&text, d->reply, strlen(d->reply));
    print_line(t, SAID("answer"), &text);
    buf_puts(&text, t->identity);
    print_line(t, SAID("message"), &text);
    put_advice(t, &text);
    if (text.len > 0)
        print_line(t, SAID("what to do"), &text);
    buf_free(&text);
}

static void print_text(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    bool outbox = t->transport->type == TRANSPORT_OUTBOX;
    if (outbox)
        say(t->inv, stdout, "%s (%s) over %s to %s\n", say_word(t->inv, outcome_name(d->outcome)),
            d->cause, t->transport->name, t->item.address);
    else
        say(t->inv, stdout, "%s (%s) over %s to %s, by %s:%d, after %lld ms\n",
            say_word(t->inv, outcome_name(d->outcome)), d->cause, t->transport->name,
            t->item.address, t->sight.host, t->sight.port, (long long)t->took_ms);
    if (!outbox)
        print_meeting(t);
    print_answer(t);
    if (outbox)
        say(t->inv, stdout, "  it is an outbox: nothing was sent, the mail lies in %s/new\n",
            t->transport->directory);
    if (t->settings->trial)
        say(t->inv, stdout, "  trial mode is on: the address is on the allow list\n");
}

static void print_json(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    const struct smtp_sight *s = &t->sight;
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"transport\":");
    buf_put_json(&out, t->transport->name);
    trial_put_member(&out, "host", s->host != NULL ? s->host : "");
    buf_printf(&out, ",\"port\":%d", s->port);
    trial_put_member(&out, "connected_to", s->address);
    trial_put_member(&out, "tls", s->tls);
    trial_put_member(&out, "certificate", s->certificate);
    trial_put_member(&out, "login", s->mechanism);
    buf_printf(&out, ",\"logged_in\":%s", s->logged_in ? "true" : "false");
    trial_put_member(&out, "id", t->identity);
    trial_put_member(&out, "outcome", outcome_name(d->outcome));
    trial_put_member(&out, "cause", d->cause);
    buf_printf(&out, ",\"code\":%d", d->code);
    trial_put_member(&out, "enhanced", d->enhanced);
    trial_put_member(&out, "reply", d->reply);
    buf_printf(&out, ",\"took_ms\":%lld", (long long)t->took_ms);
    trial_put_member(&out, "advice", find_advice(t) != NULL ? find_advice(t) : "");
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

/* ---- trying ---- */

static int try_over(struct trial *t, const struct transport *over, struct error *err)
{
    const struct letter *letter = NULL;
    int rc = choose_letter(t, &letter, err);
    if (rc != 0)
        return rc;
    t->transport = over;
    prepare(t, letter, option_value(t->inv, "to"));
    rc = trial_send(t, err);
    if (rc != 0)
        return rc;
    if (invocation_json(t->inv))
        print_json(t);
    else
        print_text(t);
    fflush(stdout); /* the next host may take its time */
    return trial_status(t);
}

/* One after the other as if it were the only one: 0 if every one of them took it. */
static int try_each(struct trial *t, const struct transport *all, struct error *err)
{
    int status = 0;
    for (size_t i = 0; i < transport_host_count(all); i++) {
        struct smtp_host host = transport_host(all, i);
        struct transport only = *all;
        only.smtp.hosts = NULL;
        only.smtp.host_count = 0;
        only.smtp.host = host.host;
        only.smtp.port = host.port;
        int rc = try_over(t, &only, err);
        if (rc < 0)
            return rc;
        status = rc != 0 ? rc : status;
    }
    return status;
}

static int try_one(struct trial *t, struct error *err)
{
    const struct transport *named = NULL;
    int rc = transport_find_email(t->settings, argument_at(t->inv, 0), &named, err);
    if (rc == 0)
        rc = trial_check_recipient(t, option_value(t->inv, "to"),
                                   "--to ADDRESS is missing: who gets the mail?",
                                   address_check_email, err);
    if (rc == 0)
        rc = channel_global_init(err);
    if (rc != 0)
        return rc;
    return option_given(t->inv, "each") && named->type != TRANSPORT_OUTBOX
               ? try_each(t, named, err)
               : try_over(t, named, err);
}

static int run(const struct invocation *inv, struct error *err)
{
    return trial_run(inv, try_one, err);
}

static const struct option_row options[] = {
    {"to", 0, "ADDRESS", "who gets it"},
    {"each", 0, NULL, "one mail through each server under `hosts`"},
    {"locale", 0, "TAG", "de, ko or en (default: the fallback of the rules)"},
};

const struct command command_transport_test = {
    .name = "transport test",
    .arguments = "TRANSPORT --to ADDRESS",
    .summary = "send one real mail, and show how the mail server meets it",
    .details =
        "  dispatcher transport test mail --to anna@example.org\n"
        "  dispatcher transport test mail --to anna@example.org --each\n\n"
        "The mail really leaves, with the login, TLS and signature of the transport. Shown is who\n"
        "answered, TLS and whose certificate it was, the login, the answer and the time it took;\n"
        "where it failed also what to do. In trial mode only to an address of the allow list. It\n"
        "passes neither queue nor ledger: no route, rate, hours or suppression list, and nothing\n"
        "is recorded. Without --each one of the `hosts` is chosen as for any mail, and another "
        "one\n"
        "steps in.\n\n"
        "Text messages: `dispatcher gateway test`; webhooks: `dispatcher endpoint test`.\n\n"
        "Exit status 0 if it was taken (with --each by every one), 1 if not.\n\n"
        "JSON, one object per server: v, transport, host, port, connected_to, tls, certificate,\n"
        "login, logged_in, id, outcome, cause, code, enhanced, reply, took_ms, advice.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
