/* endpoint enable and endpoint disable: two words for one request. */
#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"

static void put_request(struct buf *out, const struct invocation *inv, const char *action,
                        const struct json_t *before)
{
    static const char *const places[] = {"after", "until", "group", "at", "record"};
    bool rested = json_get_bool(before, "rested", false);
    request_begin(out, "endpoint");
    request_put_text(out, "name", argument_at(inv, 0));
    request_put_text(out, "action", action);
    request_put_text(out, "reason", option_value(inv, "reason"));
    for (size_t i = 0; i < COUNT_OF(places); i++)
        buf_printf(out, ",\"%s\":%" PRId64, places[i], json_get_int(before, places[i], 0));
    buf_printf(out, ",\"rested\":%s}", rested ? "true" : "false");
}

/* What became of it. */
struct switched {
    bool changed;
    bool rested; /* enabled, but left alone after faults */
    char until[CLOCK_TEXT_SIZE];
    int64_t freed;
};

static void read_answer(const struct json_t *answer, struct switched *out)
{
    const char *until = json_get_text(answer, "rests_until", "");
    out->changed = out->changed || json_get_bool(answer, "changed", false);
    out->rested = out->rested || json_get_bool(answer, "rested", false);
    out->freed += json_get_int(answer, "freed", 0);
    if (until[0] != '\0')
        snprintf(out->until, sizeof(out->until), "%s", until);
}

/* What waits may be more than one answer frees: it is asked again until none is left. */
static int ask_all(struct session *s, const struct invocation *inv, const char *action,
                   struct switched *out, struct error *err)
{
    struct json_t *before = NULL;
    bool more = true;
    int rc = 0;
    *out = (struct switched){0};
    while (rc == 0 && more) {
        struct buf request = {0};
        struct json_t *answer = NULL;
        put_request(&request, inv, action, before);
        rc = session_ask(s, buf_text(&request), NULL, &answer, err);
        read_answer(answer, out);
        more = json_get_bool(answer, "more", false);
        json_free(before);
        before = answer;
        buf_free(&request);
    }
    json_free(before);
    return rc;
}

static int ask(const struct invocation *inv, const char *action, struct switched *out,
               struct error *err)
{
    struct session s;
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    if (rc == 0)
        rc = ask_all(&s, inv, action, out, err);
    session_close(&s);
    return rc;
}

static void print_json(const struct invocation *inv, const char *state, const struct switched *s)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"endpoint\":");
    buf_put_json(&out, argument_at(inv, 0));
    printf("%s,\"state\":\"%s\",\"changed\":%s,\"rested\":%s,\"freed\":%lld}\n", buf_text(&out),
           state, s->changed ? "true" : "false", s->rested ? "true" : "false", (long long)s->freed);
    buf_free(&out);
}

static void tell_rest(const struct invocation *inv, const char *name, const struct switched *s)
{
    char when[64];
    if (s->until[0] != '\0')
        say(inv, stdout,
            "%s was enabled, but rested after faults until %s. That is over now: ", name,
            output_time(s->until, when, sizeof(when)));
    else
        say(inv, stdout, "%s is being tried with one after a rest: ", name);
}

static void tell_rested(const struct invocation *inv, const char *name, const struct switched *s)
{
    char number[OUTPUT_NUMBER_SIZE];
    tell_rest(inv, name, s);
    if (s->freed == 0)
        say(inv, stdout, "nothing waits for it, the next webhook for it asks first.\n");
    else if (s->freed == 1)
        say(inv, stdout, "the 1 webhook that waits for it asks first.\n");
    else
        say(inv, stdout,
            "of the %s webhooks that wait for it one asks first, the others\nfollow once the "
            "receiver has answered it.\n",
            output_number(s->freed, number));
    say(inv, stdout, "Watch it: dispatcher endpoint show %s\n", name);
}

static void tell_freed(const struct invocation *inv, const char *name, int64_t freed)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (freed == 1)
        say(inv, stdout,
            "%s is enabled. 1 webhook that was held is free and asks first. If it answers 410 "
            "again, %s is disabled again and it is held again.\n",
            name, name);
    else
        say(inv, stdout,
            "%s is enabled. %s webhooks that were held are free: one asks first, the others follow "
            "once the receiver has\nanswered it. If it answers 410 again, %s is disabled again and "
            "they are held again.\n",
            name, output_number(freed, number), name);
    say(inv, stdout, "Watch it: dispatcher endpoint show %s\n", name);
}

static int run_enable(const struct invocation *inv, struct error *err)
{
    struct switched s;
    const char *name = argument_at(inv, 0);
    int rc = ask(inv, "enable", &s, err);
    if (rc != 0)
        return rc;
    if (invocation_json(inv))
        print_json(inv, "enabled", &s);
    else if (s.rested)
        tell_rested(inv, name, &s);
    else if (!s.changed && s.freed == 0)
        say(inv, stdout, "%s was enabled before, and does not rest.\n", name);
    else
        tell_freed(inv, name, s.freed);
    return 0;
}

static int run_disable(const struct invocation *inv, struct error *err)
{
    struct switched s;
    const char *name = argument_at(inv, 0);
    int rc = ask(inv, "disable", &s, err);
    if (rc != 0)
        return rc;
    if (invocation_json(inv))
        print_json(inv, "disabled", &s);
    else if (!s.changed)
        say(inv, stdout, "%s was disabled before.\n", name);
    else
        say(inv, stdout,
            "%s is disabled: what is due for it is held from now on. Undo: dispatcher endpoint "
            "enable %s\n",
            name, name);
    return 0;
}

static const struct option_row options[] = {
    {"reason", 0, "TEXT", "why, for the record"},
};

#define JSON_ROW "JSON, one object: v, endpoint, state, changed, rested, freed."

const struct command command_endpoint_enable = {
    .name = "endpoint enable",
    .arguments = "ENDPOINT",
    .summary = "let an endpoint that is disabled or rests get webhooks again, also those that wait",
    .details =
        "  dispatcher endpoint test shop\n"
        "  dispatcher endpoint enable shop --reason \"they moved back, ticket 4711\"\n\n"
        "`endpoint test` sends one signed event to a disabled endpoint too, and changes "
        "nothing: look first.\n"
        "Enabled, one webhook asks first; what else was held follows once it is answered. If "
        "the answer is\n"
        "410 again, the endpoint is disabled again and all are held again: none is lost. "
        "`endpoint show`\n"
        "says how it is: probing, enabled, failing or disabled.\n\n"
        "One that is enabled but rests after faults is asked again now, in the same way, and what "
        "was sent back\n"
        "because of the rest follows.\n\n"
        "The time after which it is disabled for nothing but failures begins anew. Recorded "
        "like every\n"
        "change.\n\n" JSON_ROW,
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_enable,
};

const struct command command_endpoint_disable = {
    .name = "endpoint disable",
    .arguments = "ENDPOINT",
    .summary = "hold the webhooks for an endpoint until it is enabled",
    .details = "  dispatcher endpoint disable shop --reason \"they are moving\"\n\n"
               "What is in flight ends; what comes due is held. Nothing is lost. Recorded like "
               "every change.\n"
               "With another reason it may be said again: the last one is shown.\n\n" JSON_ROW,
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_disable,
};
