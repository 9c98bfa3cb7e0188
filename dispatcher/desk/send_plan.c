#include "desk/send_plan.h"

#include <string.h>

#include "base/clock.h"
#include "desk/campaign_ask.h"

static void put_hours(const struct send_window *w, struct buf *out)
{
    if (w->from_minute != w->to_minute)
        buf_printf(out, ",\"hours\":\"%02d:%02d-%02d:%02d\"", w->from_minute / 60,
                   w->from_minute % 60, w->to_minute / 60, w->to_minute % 60);
}

static void put_days(unsigned days, struct buf *out)
{
    const char *sep = "";
    if (days == 0)
        return;
    buf_puts(out, ",\"days\":[");
    for (unsigned i = 0; i < 7; i++) {
        if ((days >> i & 1) == 0)
            continue;
        buf_printf(out, "%s\"%s\"", sep, campaign_day_name(i));
        sep = ",";
    }
    buf_putc(out, ']');
}

static void put_canary(const struct campaign_canary *c, struct buf *out)
{
    if (c->first == 0)
        return;
    buf_printf(out, ",\"canary\":{\"first\":%lld,\"then\":\"%s\"", (long long)c->first,
               c->go_on ? "go_on" : "look");
    if (c->share > 0)
        buf_printf(out, ",\"share\":%g", c->share);
    buf_putc(out, '}');
}

static void put_waves(const struct campaign_waves *v, struct buf *out)
{
    if (v->people == 0)
        return;
    buf_printf(out, ",\"waves\":{\"people\":%lld,\"every_ms\":%lld", (long long)v->people,
               (long long)v->every_ms);
    put_hours(&v->hours, out);
    request_put_text(out, "zone", v->zone);
    put_days(v->days, out);
    buf_putc(out, '}');
}

static const char *sum_of(const struct dossier *d, const char *cohort)
{
    size_t len = strlen(cohort);
    for (size_t i = 0; i < d->manifest.count; i++) {
        const struct manifest_entry *e = &d->manifest.entries[i];
        if (e->part == MANIFEST_AUDIENCE && strncmp(e->name, cohort, len) == 0 &&
            e->name[len] == ':')
            return e->sha256;
    }
    return NULL;
}

static void put_cohorts(const struct send_world *w, const struct send_counts *c, struct buf *out)
{
    struct buf batch = {0};
    buf_puts(out, "\"cohorts\":[");
    for (size_t i = 0; i < c->cohort_count; i++) {
        const char *name = c->cohorts[i].cohort->name;
        buf_reset(&batch);
        buf_printf(&batch, "%s-%s", w->dossier->campaign->id, name);
        buf_printf(out, "%s{\"name\":", i > 0 ? "," : "");
        buf_put_json(out, name);
        request_put_text(out, "batch", buf_text(&batch));
        buf_printf(out, ",\"people\":%lld", (long long)c->cohorts[i].people);
        request_put_text(out, "sha256", sum_of(w->dossier, name));
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    buf_free(&batch);
}

void send_put_start(const struct send_world *w, const struct send_counts *c, struct buf *out)
{
    const struct campaign *k = w->dossier->campaign;
    char at[CLOCK_TEXT_SIZE];
    campaign_begin_request(out, "start", k->id, &w->dossier->manifest);
    request_put_text(out, "kind", notice_kind_name(k->kind));
    request_put_text(out, "template", k->template_name);
    campaign_put_file(out, k->file);
    request_put_text(out, "reason", option_value(w->inv, "reason"));
    campaign_put_roles(out, k);
    buf_puts(out, ",\"plan\":{");
    put_cohorts(w, c, out);
    request_put_text(out, "letter_sha256", w->dossier->letter_sha256);
    request_put_text(out, "send_at",
                     w->send_at_ms != 0 ? clock_format_rfc3339(w->send_at_ms, at) : NULL);
    put_canary(&k->canary, out);
    put_waves(&k->waves, out);
    buf_puts(out, "}}");
}
