#include "operator/waits.h"

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
    {"retry", "retry",
     "deferred until the next try of what failed for the time being (`dispatcher retry --state "
     "deferred` makes it due)"},
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

void waits_put_short(const struct json_t *row, struct buf *out)
{
    char when[64];
    const struct wait *wait = find(row);
    if (wait != NULL)
        buf_printf(out, "until %s (%s)",
                   output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)),
                   wait->word);
}

void waits_put(const struct json_t *row, struct buf *out)
{
    char when[64];
    const struct wait *wait = find(row);
    if (wait != NULL)
        buf_printf(out, "%s; the first is due at %s", wait->sentence,
                   output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)));
}
