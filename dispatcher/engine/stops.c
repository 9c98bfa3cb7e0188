#include "engine/stops.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

static void take(void *context, const struct transport_stop *stop)
{
    struct stops *s = context;
    s->at = xreallocarray(s->at, s->count + 1, sizeof(*s->at));
    s->at[s->count++] = (struct stopped_transport){.transport = xstrdup(stop->transport),
                                                   .who = xstrdup(stop->who),
                                                   .reason = xstrdup(stop->reason),
                                                   .since_ms = stop->since_ms,
                                                   .over = stop->over};
}

int stops_load(struct stops *s, struct ledger *l, struct error *err)
{
    struct stops fresh = {0};
    int rc = ledger_walk_transport_stops(l, take, &fresh, err);
    if (rc == 0)
        rc = ledger_find_live(l, &fresh.live, err);
    if (rc != 0) {
        stops_free(&fresh);
        return rc;
    }
    stops_free(s);
    *s = fresh;
    return 0;
}

void stops_free(struct stops *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->at[i].transport);
        free(s->at[i].who);
        free(s->at[i].reason);
    }
    free(s->at);
    *s = (struct stops){0};
}

const struct stopped_transport *stops_find(const struct stops *s, const char *transport)
{
    for (size_t i = 0; i < s->count; i++) {
        if (text_equal(s->at[i].transport, transport))
            return &s->at[i];
    }
    return NULL;
}

void stops_put_rest(const struct stopped_transport *stop, struct transport_rest *out)
{
    char since[CLOCK_TEXT_SIZE];
    *out = (struct transport_rest){.word = REST_PAUSED, .until_ms = REST_UNTIL_TOLD};
    clock_format_rfc3339(stop->since_ms, since);
    if (stop->reason[0] != '\0')
        snprintf(out->reason, sizeof(out->reason), "paused since %s by %s: %.300s", since,
                 stop->who, stop->reason);
    else
        snprintf(out->reason, sizeof(out->reason), "paused since %s by %s", since, stop->who);
}

bool stops_trial(const struct live_switch *live, const struct settings *s)
{
    return live->word == LIVE_UNSAID ? s->trial_configured : live->word == LIVE_OFF;
}

void stops_use(const struct live_switch *live, struct settings *s)
{
    if (live->word != LIVE_UNSAID)
        s->trial = stops_trial(live, s);
}
