#include "operator/waits.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "model/json.h"
#include "operator/output.h"

static const struct wait {
    const char *name, *word, *sentence;
} waits[] = {
    {"window", "hours", "waiting for the hours of the recipients, where they live"},
    {"rate", "rate", "waiting for a turn at the rate of a mail domain"},
    {"destination_rest", "rest", "waiting for a domain or endpoint that rests after faults"},
    {"not_before", "not before", "waiting for the time that was asked for (not_before)"},
    {"transport_rest", "its transport rests", "waiting for a transport that rests after faults"},
    {"warmup", "warm-up", "waiting for tomorrow: today's limit of the warm-up is reached"},
    {"retry", "retry",
     "deferred until the next try of what failed for the time being (`dispatcher retry --state "
     "deferred` makes it due)"},
    {"confirmation", "confirmation", ""}, /* in words of its own, see below */
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

void waits_put_awaiting(const struct json_t *row, struct buf *out)
{
    char number[OUTPUT_NUMBER_SIZE], when[64];
    int64_t count = json_get_int(row, "awaiting", 0);
    if (count == 0)
        return;
    buf_printf(out, "%s %s for a confirmation; where none comes the next channel begins, %s %s",
               output_number(count, number), count == 1 ? "waits" : "wait",
               count == 1 ? "at" : "the first at",
               output_time(json_get_text(row, "next_channel_at", NULL), when, sizeof(when)));
    if (count > 1)
        buf_printf(out, ", the last at %s",
                   output_time(json_get_text(row, "last_channel_at", NULL), when, sizeof(when)));
}

static bool awaits(const struct json_t *row)
{
    return text_equal(json_get_text(row, "waits_for", NULL), "confirmation");
}

void waits_put_short(const struct json_t *row, struct buf *out)
{
    char when[64], number[OUTPUT_NUMBER_SIZE];
    const struct wait *wait = find(row);
    if (awaits(row))
        buf_printf(out, "%s ", output_number(json_get_int(row, "awaiting", 0), number));
    if (wait != NULL)
        buf_printf(out, "until %s (%s)",
                   output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)),
                   wait->word);
}

void waits_put(const struct json_t *row, struct buf *out)
{
    char when[64];
    const struct wait *wait = find(row);
    if (awaits(row)) {
        buf_puts(out, "all is handed over; ");
        waits_put_awaiting(row, out);
        return;
    }
    if (wait == NULL)
        return;
    const char *reason = json_get_text(row, "rests_because", "");
    buf_puts(out, wait->sentence);
    if (*reason != '\0')
        buf_puts(out, " (");
    text_put_visible(out, reason, strlen(reason));
    if (*reason != '\0')
        buf_puts(out, ")");
    buf_printf(out, "; the first is due at %s",
               output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)));
}
