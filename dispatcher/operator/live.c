/* live on, live off: who gets something. */
#include "operator/command_list.h"

#include <stdio.h>

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"

#define CONFIRM_WORD "live"

static int ask_switch(struct session *s, const struct invocation *inv, bool live,
                      struct json_t **out, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "set_live");
    buf_puts(&request, live ? ",\"live\":true" : ",\"live\":false");
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), NULL, out, err);
    buf_free(&request);
    return rc;
}

/* ---- before it: what would leave ---- */

struct open_counts {
    const struct invocation *inv;
    struct buf by_channel;
    int64_t open;
};

static void add_channel(void *context, const struct json_t *row)
{
    static const char *const states[] = {"waiting", "deferred", "held"};
    struct open_counts *counts = context;
    char number[OUTPUT_NUMBER_SIZE];
    int64_t open = 0;
    for (size_t i = 0; i < COUNT_OF(states); i++)
        open += json_get_int(row, states[i], 0);
    if (open == 0)
        return;
    buf_printf(&counts->by_channel, "%s%s %s", counts->open > 0 ? ", " : "",
               json_get_text(row, "channel", ""), output_number(open, number));
    counts->open += open;
}

static int count_open(struct session *s, struct open_counts *out, struct error *err)
{
    struct buf rows = {0};
    struct json_t *end = NULL;
    int rc = session_ask(s, "{\"v\":1,\"verb\":\"summary\"}", &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, add_channel, out);
    json_free(end);
    buf_free(&rows);
    return rc;
}

static int confirm(const struct invocation *inv, struct session *s, struct error *err)
{
    struct open_counts counts = {.inv = inv};
    struct buf question = {0};
    char number[OUTPUT_NUMBER_SIZE];
    int rc = count_open(s, &counts, err);
    if (rc == 0) {
        if (counts.open > 0)
            say_put(inv, &question,
                    "Trial mode ends: everybody gets what is sent to them. %s wait to leave "
                    "now (%s). Type live to go on:",
                    output_number(counts.open, number), buf_text(&counts.by_channel));
        else
            say_put(inv, &question,
                    "Trial mode ends: everybody gets what is sent to them. Nothing waits "
                    "now. Type live to go on:");
        rc = confirm_name(inv, buf_text(&question), CONFIRM_WORD, err);
    }
    buf_free(&counts.by_channel);
    buf_free(&question);
    return rc;
}

/* ---- after it ---- */

static void print_json(const struct json_t *answer)
{
    struct buf out = {0};
    buf_printf(&out, "{\"v\":1,\"changed\":%s,\"trial\":%s,\"trial_configured\":%s,\"open\":%lld",
               json_get_bool(answer, "changed", false) ? "true" : "false",
               json_get_bool(answer, "trial", true) ? "true" : "false",
               json_get_bool(answer, "trial_configured", true) ? "true" : "false",
               (long long)json_get_int(answer, "open", 0));
    static const char *const texts[] = {"live", "live_since", "live_by", "live_because"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        buf_printf(&out, ",\"%s\":", texts[i]);
        buf_put_json(&out, json_get_text(answer, texts[i], NULL));
    }
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static void print_on(const struct invocation *inv, const struct json_t *answer)
{
    if (!json_get_bool(answer, "changed", false)) {
        say(inv, stdout, "Trial mode was off already.\n");
        return;
    }
    say(inv, stdout, "Live: everybody gets what is sent to them. Undo: dispatcher live off\n");
    say(inv, stdout,
        "Whom trial mode left out gets it by: dispatcher retry --state suppressed --cause "
        "trial_mode\n");
    if (json_get_bool(answer, "trial_configured", false))
        say(inv, stdout,
            "The configuration still says `trial: true`; what was said here goes before it, also "
            "after a restart.\n");
}

static void print_off(const struct invocation *inv, const struct json_t *answer)
{
    if (!json_get_bool(answer, "changed", false)) {
        say(inv, stdout, "Trial mode was on already, by `dispatcher live off`.\n");
        return;
    }
    say(inv, stdout,
        "Trial mode: only recipients of the allow list get something; what is in flight ends. "
        "Undo: dispatcher live on\n");
    if (!json_get_bool(answer, "trial_configured", true))
        say(inv, stdout,
            "The configuration says `trial: false`; what was said here goes before it, also after "
            "a restart.\n");
}

static int run(const struct invocation *inv, bool live, struct error *err)
{
    struct session s;
    struct json_t *answer = NULL;
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    if (rc == 0 && live)
        rc = confirm(inv, &s, err);
    if (rc == 0)
        rc = ask_switch(&s, inv, live, &answer, err);
    if (rc == 0 && invocation_json(inv))
        print_json(answer);
    else if (rc == 0)
        (live ? print_on : print_off)(inv, answer);
    json_free(answer);
    session_close(&s);
    return rc;
}

static int run_on(const struct invocation *inv, struct error *err)
{
    return run(inv, true, err);
}

static int run_off(const struct invocation *inv, struct error *err)
{
    return run(inv, false, err);
}

#define RULE                                                                                       \
    "Before anybody said one of the two, `trial` of the configuration decides; afterwards the\n"   \
    "word of the operator does, whatever stands there, and over restarts. `dispatcher status`\n"   \
    "shows which of them it is. It is recorded (dispatcher actions).\n\n"                          \
    "JSON, one object: v, changed, trial (is trial mode on now), trial_configured (what the\n"     \
    "configuration says), open (waiting, deferred and held), live (on or off), live_since,\n"      \
    "live_by, live_because."

static const struct option_row on_options[] = {
    CONFIRM_NAME_OPTION,
    {"reason", 0, "TEXT", "why, for the record"},
};

const struct command command_live_on = {
    .name = "live on",
    .arguments = "",
    .summary = "end trial mode: everybody gets what is sent to them",
    .details = "  dispatcher live on --reason \"tried with the team, released\"\n"
               "  dispatcher live on --confirm live        (in a script)\n\n"
               "Shows how many deliveries wait to leave, by channel, and wants the word `live`\n"
               "typed. What trial mode left out stays so until it is retried.\n\n" RULE,
    .options = on_options,
    .option_count = COUNT_OF(on_options),
    .run = run_on,
};

static const struct option_row off_options[] = {
    {"reason", 0, "TEXT", "why, for the record"},
};

const struct command command_live_off = {
    .name = "live off",
    .arguments = "",
    .summary = "begin trial mode: only the allow list gets something",
    .details =
        "  dispatcher live off --reason \"maintenance of the address list\"\n\n"
        "At once for everything that is not in flight. What is due meanwhile and not on\n"
        "the allow list (allow: in the configuration) becomes suppressed, cause trial_mode.\n"
        "To stop sending without that: dispatcher transport pause, dispatcher pause.\n\n" RULE,
    .options = off_options,
    .option_count = COUNT_OF(off_options),
    .run = run_off,
};
