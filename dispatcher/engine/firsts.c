#include "engine/firsts.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "engine/campaigns.h"
#include "policy/wave.h"

/* A campaign whose first ones are out is looked at so often. */
#define LOOK_MS 1000

struct looking {
    struct ledger *ledger;
    struct firsts *firsts;
    int64_t wall_ms;
    struct passing {
        char *id;
        int64_t failed, first;
    } * passing;
    size_t count;
    bool any, waits; /* somebody is not settled yet */
};

static bool was_told(struct firsts *f, int64_t campaign)
{
    for (size_t i = 0; i < f->told_count; i++) {
        if (f->told[i] == campaign)
            return true;
    }
    f->told = xreallocarray(f->told, f->told_count + 1, sizeof(*f->told));
    f->told[f->told_count++] = campaign;
    return false;
}

static int64_t count_failed(const struct campaign_sum *sum, const struct pace_count *now)
{
    return sum->counts[DELIVERY_FAILED] - sum->refused + sum->counts[DELIVERY_UNCERTAIN] +
           sum->counts[DELIVERY_DEFERRED] + now->held;
}

static void judge(struct looking *look, const struct campaign_first *c,
                  const struct campaign_sum *sum)
{
    int64_t failed = count_failed(sum, c->count);
    switch (first_judge(c->pace, c->count, sum->counts, sum->refused, look->wall_ms)) {
    case FIRST_OPEN:
        look->waits = true;
        break;
    case FIRST_PASS:
        look->passing = xreallocarray(look->passing, look->count + 1, sizeof(*look->passing));
        look->passing[look->count++] =
            (struct passing){.id = xstrdup(c->id), .failed = failed, .first = c->pace->first};
        break;
    case FIRST_LOOK:
        look->waits = look->waits || c->pace->go_on; /* failures may still be mended */
        if (!was_told(look->firsts, c->campaign))
            log_event(LOG_WARN, "campaign.look",
                      "campaign=%s first=%lld failed=%lld note=\"waits for somebody to look at the "
                      "first ones\"",
                      c->id, (long long)c->pace->first, (long long)failed);
        break;
    }
}

static void look_at(void *context, const struct campaign_first *c)
{
    struct looking *look = context;
    struct campaign_sum sum;
    struct error why;
    look->any = true;
    if (campaign_add_up(look->ledger, c->id, &sum, &why) == 0)
        judge(look, c, &sum);
    else
        log_event(LOG_WARN, "ledger.look", "reason=\"%s\"", why.text);
    campaign_sum_clear(&sum);
}

static void pass(struct looking *look, const struct passing *one)
{
    struct buf selector = {0}, reason = {0};
    struct error why;
    bool was = false;
    buf_puts(&selector, "{\"campaign\":");
    buf_put_json(&selector, one->id);
    buf_putc(&selector, '}');
    buf_printf(&reason, "of the first %lld people %lld failed, fewer than its share",
               (long long)one->first, (long long)one->failed);
    const struct action action = {.verb = "canary passed",
                                  .who = "dispatcher",
                                  .reason = buf_text(&reason),
                                  .selector = buf_text(&selector),
                                  .now_ms = look->wall_ms};
    if (ledger_pass_campaign(look->ledger, one->id, &action, &was, &why) == 0)
        log_event(LOG_INFO, "campaign.passed", "campaign=%s reason=\"%s\"", one->id,
                  buf_text(&reason));
    else
        log_event(LOG_WARN, "ledger.look", "reason=\"%s\"", why.text);
    buf_free(&selector);
    buf_free(&reason);
}

void firsts_tend(struct firsts *f, struct ledger *l, int64_t mono_ms, int64_t wall_ms)
{
    struct looking look = {.ledger = l, .firsts = f, .wall_ms = wall_ms};
    if (mono_ms < f->look_mono_ms)
        return;
    ledger_walk_firsts(l, look_at, &look);
    for (size_t i = 0; i < look.count; i++) {
        pass(&look, &look.passing[i]);
        free(look.passing[i].id);
    }
    free(look.passing);
    f->waits = look.waits;
    f->look_mono_ms = look.any ? mono_ms + LOOK_MS : 0;
}

int64_t firsts_next(const struct firsts *f)
{
    return f->waits ? f->look_mono_ms : INT64_MAX;
}

void firsts_free(struct firsts *f)
{
    free(f->told);
    *f = (struct firsts){0};
}
