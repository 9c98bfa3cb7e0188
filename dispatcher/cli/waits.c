#include "cli/waits.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "model/json.h"

static const struct wait {
    const char *name, *word, *sentence;
} waits[] = {
    {"window", SAID("hours"), SAID("waiting for the hours of the recipients, where they live")},
    {"rate", SAID("rate"), SAID("waiting for a turn at the rate of a mail domain")},
    {"destination_rest", SAID("rest"),
     SAID("waiting for a domain or endpoint that rests after faults")},
    {"not_before", SAID("not before"),
     SAID("waiting for the time that was asked for (not_before)")},
    {"transport_rest", SAID("its transport rests"),
     SAID("waiting for a transport that rests after faults")},
    {"transport_paused", SAID("its transport is paused"),
     SAID("waiting for `dispatcher transport resume` of its transport")},
    {"warmup", SAID("warm-up"),
     SAID("waiting for tomorrow: today's limit of the warm-up is reached")},
    {"retry", SAID("retry"),
     SAID(
         "deferred until the next try of what failed for the time being (`dispatcher retry --state "
         "deferred` makes it due)")},
    {"canary", SAID("first recipients"),
     SAID("waiting until somebody has looked at the first ones")},
    {"letter", SAID("its letter"),
     SAID("waiting until its letter is mended or no draft any more, and `dispatcher reload`")},
    {"wave", SAID("next wave"), SAID("waiting for the next wave of its campaign")},
    {"confirmation", SAID("confirmation"), ""}, /* in words of its own, see below */
};

static const struct wait *find(const struct json_t *row)
{
    const char *name = json_get_text(row, "waits_for", NULL);
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        if (text_equal(waits[i].name, name))
            return &waits[i];
    }
    return NULL;
}

bool waits_any(const struct json_t *row)
{
    return find(row) != NULL;
}

void waits_put_awaiting(const struct invocation *inv, const struct json_t *row, struct buf *out)
{
    char number[OUTPUT_NUMBER_SIZE], first[64], last[64];
    int64_t count = json_get_int(row, "awaiting", 0);
    if (count == 0)
        return;
    output_number(count, number);
    const char *at = output_time(json_get_text(row, "next_channel_at", NULL), first, sizeof(first));
    if (count == 1)
        say_put(inv, out,
                "%s waits for a confirmation; where none comes the next channel begins, at %s",
                number, at);
    else
        say_put(inv, out,
                "%s wait for a confirmation; where none comes the next channel begins, the first "
                "at %s, the last at %s",
                number, at,
                output_time(json_get_text(row, "last_channel_at", NULL), last, sizeof(last)));
}

static bool awaits(const struct json_t *row)
{
    return text_equal(json_get_text(row, "waits_for", NULL), "confirmation");
}

void waits_put_short(const struct invocation *inv, const struct json_t *row, struct buf *out)
{
    char when[64], number[OUTPUT_NUMBER_SIZE];
    const struct wait *wait = find(row);
    if (wait == NULL)
        return;
    const char *at = json_get_text(row, "next_attempt_at", NULL);
    const char *campaign = json_get_text(row, "campaign", NULL);
    const char *until = output_time(at, when, sizeof(when));
    if (text_equal(wait->name, "canary") && campaign != NULL)
        say_put(inv, out, "the first ones are out: dispatcher campaign go-on %s", campaign);
    else if (at == NULL && !awaits(row)) /* a person ends it */
        buf_puts(out, say_word(inv, wait->word));
    else if (awaits(row))
        say_put(inv, out, "%s until %s (%s)",
                output_number(json_get_int(row, "awaiting", 0), number), until,
                say_word(inv, wait->word));
    else
        say_put(inv, out, "until %s (%s)", until, say_word(inv, wait->word));
}

void waits_put(const struct invocation *inv, const struct json_t *row, struct buf *out)
{
    char when[64];
    const struct wait *wait = find(row);
    struct buf reason = {0};
    if (awaits(row)) {
        say_put(inv, out, "all is handed over; ");
        waits_put_awaiting(inv, row, out);
        return;
    }
    if (wait == NULL)
        return;
    const char *text = json_get_text(row, "rests_because", "");
    const char *next = json_get_text(row, "next_attempt_at", NULL);
    const char *at = output_time(next, when, sizeof(when));
    kept_put(inv, text, &reason);
    if (next == NULL && reason.len > 0)
        say_put(inv, out, "%s (%s)", say_word(inv, wait->sentence), buf_text(&reason));
    else if (next == NULL)
        buf_puts(out, say_word(inv, wait->sentence));
    else if (reason.len > 0)
        say_put(inv, out, "%s (%s); the first is due at %s", say_word(inv, wait->sentence),
                buf_text(&reason), at);
    else
        say_put(inv, out, "%s; the first is due at %s", say_word(inv, wait->sentence), at);
    buf_free(&reason);
}
