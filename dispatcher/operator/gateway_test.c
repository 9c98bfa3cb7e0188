#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "letters/gateway.h"
#include "letters/trial.h"
#include "model/address.h"

static void prepare(struct trial *t, const char *to)
{
    const char *text = option_value(t->inv, "text");
    trial_address(t, to);
    buf_puts(&t->message.sms, text != NULL ? text : "Test message from dispatcher");
    buf_puts(&t->message.subject, "Test");
    buf_puts(&t->message.title, "Test");
}

/* ---- telling ---- */

static void print_json(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"transport\":");
    buf_put_json(&out, t->transport->name);
    trial_put_member(&out, "id", t->identity);
    trial_put_member(&out, "outcome", outcome_name(d->outcome));
    trial_put_member(&out, "cause", d->cause);
    buf_printf(&out, ",\"code\":%d,\"parts\":%d", d->code, d->parts);
    trial_put_member(&out, "message_id", d->message_id);
    trial_put_member(&out, "reply", d->reply);
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static void print_value(const struct invocation *inv, const char *what, const char *text)
{
    say(inv, stdout, "  %-9s %s\n", say_word(inv, what), text);
}

static void print_text(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    struct buf reply = {0};
    text_put_visible(&reply, d->reply, strlen(d->reply));
    const struct invocation *inv = t->inv;
    if (d->code != 0)
        say(inv, stdout, "%s (%s) over %s to %s, status %d\n",
            say_word(inv, outcome_name(d->outcome)), d->cause, t->transport->name, t->item.address,
            d->code);
    else
        say(inv, stdout, "%s (%s) over %s to %s\n", say_word(inv, outcome_name(d->outcome)),
            d->cause, t->transport->name, t->item.address);
    if (d->message_id[0] != '\0')
        print_value(inv, "their id", d->message_id);
    if (d->parts > 0)
        say(inv, stdout, "  %-9s %d\n", say_word(inv, "parts"), d->parts);
    if (reply.len > 0)
        print_value(inv, "answer", buf_text(&reply));
    if (t->transport->type == TRANSPORT_OUTBOX)
        say(inv, stdout, "  it is an outbox: nothing was sent, the text lies in %s\n",
            t->transport->directory);
    if (t->settings->trial)
        say(inv, stdout, "  trial mode is on: the number is on the allow list\n");
    buf_free(&reply);
}

static void draw_key(const struct invocation *inv, struct settings *s)
{
    for (size_t at = 0; at < sizeof(s->token_key); at += sizeof(uint64_t)) {
        uint64_t bits = random_bits();
        memcpy(s->token_key + at, &bits, sizeof(bits));
    }
    say(inv, stderr,
        "The spool has no key yet, which the first `dispatcher run` makes: what the "
        "gateway reports of this message will be refused.\n");
}

/* For the address at which it may report. A report of a test finds no delivery, so before the first
 * run any key does. */
static int take_key(const struct trial *t, struct error *err)
{
    struct settings *s = t->settings;
    bool reports = t->transport->sms.gateway->report != NULL;
    bool listens = s->api_listen != NULL || s->api_public_url != NULL;
    int rc = reports && listens ? gateway_read_key(s, err) : 0;
    if (rc != ERR_NOT_FOUND)
        return rc;
    draw_key(t->inv, s);
    return 0;
}

static int try_one(struct trial *t, struct error *err)
{
    const char *to = option_value(t->inv, "to");
    int rc = gateway_find_transport(t->settings, argument_at(t->inv, 0), &t->transport, err);
    if (rc == 0)
        rc = trial_check_recipient(t, to, "--to NUMBER is missing: who gets the message?",
                                   address_check_phone, err);
    if (rc == 0)
        rc = take_key(t, err);
    if (rc == 0)
        rc = channel_global_init(err);
    if (rc != 0)
        return rc;
    prepare(t, to);
    rc = trial_send(t, err);
    if (rc != 0)
        return rc;
    if (invocation_json(t->inv))
        print_json(t);
    else
        print_text(t);
    return trial_status(t);
}

static int run(const struct invocation *inv, struct error *err)
{
    return trial_run(inv, try_one, err);
}

static const struct option_row options[] = {
    {"to", 0, "NUMBER", "who gets it, as +821012345678"},
    {"text", 0, "TEXT", "what it says (default: a short sentence)"},
};

const struct command command_gateway_test = {
    .name = "gateway test",
    .arguments = "TRANSPORT|GATEWAY --to NUMBER",
    .summary = "send one real text message, and show what the gateway answers",
    .details =
        "  dispatcher gateway test texts --to +4915112345678\n"
        "  dispatcher gateway test twilio --to +821012345678 --text \"안녕하세요\"\n\n"
        "The message really leaves and may cost money. In trial mode only to a number of the\n"
        "allow list. It passes neither queue nor ledger: no route, rate or hours, nothing is\n"
        "recorded, and a report of it later finds no delivery.\n\n"
        "Exit status 0 if the gateway took it, 1 if not.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
