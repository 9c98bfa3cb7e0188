#include "people/campaign_batch.h"

#include "base/clock.h"

static void put_member(struct buf *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, text);
}

static void put_condition(const struct campaign_condition *c, struct buf *out)
{
    if (c->endpoint == NULL)
        return;
    buf_puts(out, ",\"condition\":{\"endpoint\":");
    buf_put_json(out, c->endpoint);
    buf_putc(out, '}');
}

/* The first that a reader has an address for, in this order. */
static void put_channels(const struct campaign *c, struct buf *out)
{
    bool first = true;
    buf_puts(out, ",\"routing\":{\"method\":\"single\",\"channels\":[");
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        if (!c->channels[kind])
            continue;
        buf_printf(out, "%s\"%s\"", first ? "" : ",", channel_kind_name((enum channel_kind)kind));
        first = false;
    }
    buf_puts(out, "]}");
}

static void put_hours(const struct send_window *w, struct buf *out)
{
    if (w->from_minute != w->to_minute)
        buf_printf(out, ",\"window\":\"%02d:%02d-%02d:%02d\"", w->from_minute / 60,
                   w->from_minute % 60, w->to_minute / 60, w->to_minute % 60);
}

static void put_halt(const struct halt_rule *h, struct buf *out)
{
    if (h->set)
        buf_printf(out, ",\"halt\":{\"failures\":%lld,\"share\":%g}", (long long)h->failures,
                   h->share);
}

void campaign_batch_put(const struct campaign *c, const struct campaign_cohort *cohort,
                        int64_t send_at_ms, const char *letter_sha256, struct buf *out)
{
    struct buf id = {0};
    char at[CLOCK_TEXT_SIZE];
    buf_printf(&id, "%s-%s", c->id, cohort->name);
    buf_puts(out, "{\"version\":1");
    put_member(out, "id", buf_text(&id));
    put_member(out, "template", c->template_name);
    put_member(out, "letter_sha256", letter_sha256);
    put_member(out, "category", c->category);
    put_member(out, "campaign", c->id);
    put_member(out, "reference", c->reference);
    if (send_at_ms != 0)
        put_member(out, "not_before", clock_format_rfc3339(send_at_ms, at));
    if (c->expires_at_ms != 0)
        put_member(out, "expires_at", clock_format_rfc3339(c->expires_at_ms, at));
    put_hours(&c->window, out);
    put_halt(&c->halt, out);
    put_condition(&c->condition, out);
    put_channels(c, out);
    buf_putc(out, '}');
    buf_free(&id);
}
