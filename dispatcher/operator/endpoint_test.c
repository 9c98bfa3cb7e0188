#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "channel/signature.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "letters/trial.h"
#include "model/json.h"
#include "operator/endpoint.h"

#define MS_PER_S 1000

/* ---- may it be sent? ---- */

static int check_way(struct trial *t, struct error *err)
{
    t->transport = settings_transport_for(t->settings, CHANNEL_WEBHOOK);
    if (t->transport == NULL)
        return error_set(err, ERR_CONFIG,
                         "the configuration has no transport with `channel: "
                         "webhook`");
    if (t->transport->type == TRANSPORT_OUTBOX)
        return error_set(err, ERR_CONFIG,
                         "webhooks go into a folder: the transport %s has `type: outbox`; say "
                         "`type: webhook` to reach receivers",
                         t->transport->name);
    if (t->settings->trial && !settings_allows(t->settings, t->endpoint->name))
        return error_set(err, ERR_DENIED,
                         "trial mode: the endpoint %s is not on the allow list; add its name to "
                         "`allow` in %s, or end trial mode with `dispatcher live on`",
                         t->endpoint->name, t->settings->file);
    return 0;
}

static void prepare(struct trial *t)
{
    char time[CLOCK_TEXT_SIZE];
    trial_address(t, t->endpoint->name);
    buf_printf(&t->message.webhook,
               "{\"type\":\"dispatcher.test\",\"timestamp\":\"%s\",\"data\":{\"id\":\"%s\","
               "\"message\":\"This is a test; nobody was told anything.\"}}",
               clock_format_rfc3339(t->now_ms, time), t->identity);
}

/* ---- telling ---- */

/* What a receiver verifies with beside the body. */
struct proof {
    struct buf signature, public_key;
};

static int make_proof(const struct trial *t, struct proof *out, struct error *err)
{
    struct signature_keys keys = {0};
    const struct signature_input input = {t->identity, t->now_ms / MS_PER_S,
                                          buf_text(&t->item.wire), t->item.wire.len};
    int rc = signature_open_keys(t->endpoint, &keys, err);
    if (rc == 0)
        signature_put(&out->signature, &keys, &input);
    if (rc == 0 && keys.signing != NULL)
        signature_put_public(&out->public_key, keys.signing);
    signature_free_keys(&keys);
    return rc;
}

static void print_json(const struct trial *t, const struct proof *proof)
{
    const struct disposition *d = &t->disposition;
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"endpoint\":");
    buf_put_json(&out, t->endpoint->name);
    trial_put_member(&out, "id", t->identity);
    trial_put_member(&out, "outcome", outcome_name(d->outcome));
    trial_put_member(&out, "cause", d->cause);
    buf_printf(&out, ",\"code\":%d,\"took_ms\":%lld,\"timestamp\":%lld", d->code,
               (long long)t->took_ms, (long long)(t->now_ms / MS_PER_S));
    trial_put_member(&out, "signature", buf_text(&proof->signature));
    trial_put_member(&out, "public_key", buf_text(&proof->public_key));
    trial_put_member(&out, "body", buf_text(&t->item.wire));
    trial_put_member(&out, "reply", d->reply);
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static void print_value(const struct invocation *inv, const char *what, const char *text)
{
    say(inv, stdout, "  %-17s  %s\n", say_word(inv, what), text);
}

static void print_answer(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    struct buf host = {0}, reply = {0};
    endpoint_put_host(&host, t->endpoint);
    text_put_visible(&reply, d->reply, strlen(d->reply));
    const char *outcome = say_word(t->inv, outcome_name(d->outcome)), *name = t->endpoint->name;
    if (d->code != 0)
        say(t->inv, stdout, "%s (%s) by %s at %s, status %d, after %lld ms\n", outcome, d->cause,
            name, buf_text(&host), d->code, (long long)t->took_ms);
    else
        say(t->inv, stdout, "%s (%s) by %s at %s, after %lld ms\n", outcome, d->cause, name,
            buf_text(&host), (long long)t->took_ms);
    print_value(t->inv, "answer", buf_text(&reply));
    buf_free(&host);
    buf_free(&reply);
}

static void print_text(const struct trial *t, const struct proof *proof)
{
    print_answer(t);
    printf("  webhook-id         %s\n", t->identity);
    printf("  webhook-timestamp  %lld\n", (long long)(t->now_ms / MS_PER_S));
    printf("  webhook-signature  %s\n", buf_text(&proof->signature));
    if (proof->public_key.len > 0)
        print_value(t->inv, "public key", buf_text(&proof->public_key));
    print_value(t->inv, "body", buf_text(&t->item.wire));
    say(t->inv, stdout,
        "The signature is over webhook-id, a dot, webhook-timestamp, a dot and the bytes of the "
        "body.\n");
    if (t->settings->trial)
        say(t->inv, stdout, "Trial mode is on: the endpoint is on the allow list.\n");
}

static void print_hint(const struct invocation *inv, const char *name, const struct json_t *known)
{
    const struct json_t *row = endpoint_find_known(known, name);
    const char *until = json_get_text(row, "rests_until", NULL);
    char when[64];
    if (json_get_bool(row, "disabled", false))
        say(inv, stdout, "%s is still disabled. Let it go on: dispatcher endpoint enable %s\n",
            name, name);
    else if (until != NULL)
        say(inv, stdout,
            "%s still rests until %s because of faults before. Let it go on: dispatcher "
            "endpoint enable %s\n",
            name, output_time(until, when, sizeof(when)), name);
}

/* It is well, and nobody has told the daemon. What cannot be asked is not told: the test itself was
 * a success. */
static void hint_at_waiting(const struct trial *t)
{
    struct session s;
    struct json_t *known = NULL;
    struct error ignored;
    int rc = session_open(t->inv, LEDGER_READ, &s, &ignored);
    if (rc == 0)
        rc = endpoint_ask_known(&s, &known, &ignored);
    if (rc == 0)
        print_hint(t->inv, t->endpoint->name, known);
    json_free(known);
    session_close(&s);
}

static int try_one(struct trial *t, struct error *err)
{
    struct proof proof = {0};
    int rc = endpoint_find(t->settings, argument_at(t->inv, 0), &t->endpoint, err);
    if (rc == 0)
        rc = check_way(t, err);
    if (rc == 0)
        rc = channel_global_init(err);
    if (rc != 0)
        return rc;
    prepare(t);
    rc = trial_send(t, err);
    if (rc == 0)
        rc = make_proof(t, &proof, err);
    if (rc == 0 && invocation_json(t->inv))
        print_json(t, &proof);
    else if (rc == 0)
        print_text(t, &proof);
    if (rc == 0 && !invocation_json(t->inv) && t->disposition.outcome == OUTCOME_DELIVERED)
        hint_at_waiting(t);
    buf_free(&proof.signature);
    buf_free(&proof.public_key);
    return rc != 0 ? rc : trial_status(t);
}

static int run(const struct invocation *inv, struct error *err)
{
    return trial_run(inv, try_one, err);
}

const struct command command_endpoint_test = {
    .name = "endpoint test",
    .arguments = "ENDPOINT",
    .summary = "send one real, signed test webhook, and show what the receiver answers",
    .details =
        "  dispatcher endpoint test shop\n\n"
        "The body has the type dispatcher.test. Shown is all a receiver needs to compute the "
        "signature\n"
        "once more. In trial mode only an endpoint of the allow list gets it. It passes neither "
        "queue nor\n"
        "ledger: nothing is recorded, and a disabled endpoint is asked all the same and stays "
        "disabled.\n\n"
        "Exit status 0 if the receiver took it, 1 if not.\n\n"
        "JSON, one object: v, endpoint, id, outcome, cause, code, took_ms, timestamp, signature, "
        "public_key,\n"
        "body, reply.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
