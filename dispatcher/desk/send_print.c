#include "desk/send_print.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "config/quantity.h"
#include "desk/campaign_approvals.h"
#include "desk/campaign_ask.h"
#include "letters/check_settings.h"
#include "letters/gateway.h"
#include "model/json.h"

#define DAY_MS  ((int64_t)24 * 3600 * 1000)
#define MINUTES (24 * 60)

static const struct campaign *campaign_of(const struct send_world *w)
{
    return w->dossier->campaign;
}

/* ---- how long it takes ---- */

/* What everybody waits for in the end; nothing: the servers alone. */
struct brake {
    int64_t ms;
    const struct transport *transport; /* NULL: the waves */
    const struct send_domain *domain;  /* of that transport; NULL: all of it */
};

static void take_slower(struct brake *b, int64_t ms, const struct transport *t,
                        const struct send_domain *d)
{
    if (ms > b->ms)
        *b = (struct brake){.ms = ms, .transport = t, .domain = d};
}

static int count_days(unsigned days)
{
    int count = 0;
    for (unsigned bit = 0; bit < 7; bit++)
        count += (days >> bit & 1) != 0 ? 1 : 0;
    return count > 0 ? count : 7;
}

/* Until the last wave begins. */
static int64_t waves_ms(const struct campaign_waves *v, int64_t people)
{
    if (v->people == 0 || people <= v->people)
        return 0;
    int64_t waves = (people + v->people - 1) / v->people;
    int open = (v->hours.to_minute - v->hours.from_minute + MINUTES) % MINUTES;
    if (open == 0 && v->days == 0)
        return (waves - 1) * v->every_ms;
    int64_t window_ms = open == 0 ? DAY_MS : (int64_t)open * 60000;
    int64_t a_day = v->every_ms < window_ms ? (window_ms + v->every_ms - 1) / v->every_ms : 1;
    int64_t whole_days = (waves - 1) / a_day;
    return whole_days * DAY_MS * 7 / count_days(v->days) + (waves - 1) % a_day * v->every_ms;
}

static struct brake find_brake(const struct send_world *w, const struct send_counts *c)
{
    const struct campaign *k = campaign_of(w);
    struct brake b = {0};
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        const struct send_domain *d = NULL;
        const struct transport *t =
            settings_transport_for(w->setup->settings, (enum channel_kind)kind);
        if (t == NULL)
            continue;
        take_slower(&b, send_rate_ms(&t->rate, c->first[kind]), t, NULL);
        if (kind == CHANNEL_EMAIL) {
            int64_t ms = send_domains_slowest_ms(&c->domains, t, &d);
            take_slower(&b, ms, t, d);
        }
    }
    take_slower(&b, waves_ms(&k->waves, c->people - k->canary.first), NULL, NULL);
    return b;
}

int64_t send_estimate_ms(const struct send_world *w, const struct send_counts *c)
{
    return find_brake(w, c).ms;
}

/* ---- lines ---- */

static void put_number(struct buf *out, const char *what, int64_t count)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (count > 0)
        buf_printf(out, "   %s %s", what, output_number(count, number));
}

static void print_people(const struct send_world *w, const struct send_counts *c)
{
    char rows[OUTPUT_NUMBER_SIZE], people[OUTPUT_NUMBER_SIZE], wrong[OUTPUT_NUMBER_SIZE];
    struct buf channels = {0}, later = {0}, locales = {0}, cohorts = {0};
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        put_number(&channels, channel_kind_name((enum channel_kind)kind), c->first[kind]);
        put_number(&later, channel_kind_name((enum channel_kind)kind), c->later[kind]);
    }
    for (size_t i = 0; i < c->locale_count; i++)
        put_number(&locales, c->locales[i].tag, c->locales[i].people);
    for (size_t i = 0; i < c->cohort_count; i++)
        put_number(&cohorts, c->cohorts[i].cohort->name, c->cohorts[i].people);
    say(w->inv, stdout, "Recipients %s rows \u2192 %s can be sent, %s have problems\n",
        output_number(c->rows, rows), output_number(c->people, people),
        output_number(c->wrong, wrong));
    say(w->inv, stdout, "  channels%s\n", buf_text(&channels));
    if (later.len > 0)
        say(w->inv, stdout, "  if that fails%s\n", buf_text(&later));
    say(w->inv, stdout, "  languages%s\n", buf_text(&locales));
    if (c->cohort_count > 1)
        say(w->inv, stdout, "  cohorts%s\n", buf_text(&cohorts));
    buf_free(&channels);
    buf_free(&later);
    buf_free(&locales);
    buf_free(&cohorts);
}

static void put_kind(const struct invocation *inv, struct buf *out, const char *what, int64_t count)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (count > 0)
        buf_printf(out, "%s%s %s", out->len > 0 ? " \u00b7 " : "", output_number(count, number),
                   say_word(inv, what));
}

static void print_problems(const struct send_world *w, const struct send_counts *c)
{
    struct buf kinds = {0}, files = {0};
    if (c->wrong == 0)
        return;
    put_kind(w->inv, &kinds, SAID("no usable address"), c->no_address);
    put_kind(w->inv, &kinds, SAID("unknown language"), c->no_language);
    put_kind(w->inv, &kinds, SAID("twice"), c->twins);
    put_kind(w->inv, &kinds, SAID("other"), c->others);
    for (size_t i = 0; i < c->cohort_count; i++)
        if (c->cohorts[i].wrong > 0)
            buf_printf(&files, "%s%s", files.len > 0 ? ", " : "", c->cohorts[i].problems);
    say(w->inv, stdout, "Problems   %s \u2192 %s\n", buf_text(&kinds), buf_text(&files));
    buf_free(&kinds);
    buf_free(&files);
}

static void print_sms(const struct send_world *w)
{
    const struct sms_cost *cost = &w->dossier->cost;
    const struct transport *t = check_sms_cost_transport(w->setup->settings);
    char parts[OUTPUT_NUMBER_SIZE], people[OUTPUT_NUMBER_SIZE];
    struct buf price = {0};
    if (cost->people == 0 || t == NULL)
        return;
    gateway_put_cost(&price, cost->micros, t->sms.currency);
    say(w->inv, stdout, "SMS        at most %s to %s people: %s%s parts, %s\n", t->name,
        output_number(cost->people, people), cost->about ? "~" : "",
        output_number(cost->parts, parts), buf_text(&price));
    buf_free(&price);
}

static void print_start(const struct send_world *w)
{
    const struct campaign *c = campaign_of(w);
    struct buf hours = {0};
    char at[CLOCK_TEXT_SIZE], shown[64];
    if (w->send_at_ms > clock_wall_ms())
        say(w->inv, stdout, "Starts     %s\n",
            output_time(clock_format_rfc3339(w->send_at_ms, at), shown, sizeof(shown)));
    else if (w->send_at_ms != 0)
        say(w->inv, stdout, "Starts     as soon as it is sent: its time, %s, is over\n",
            output_time(clock_format_rfc3339(w->send_at_ms, at), shown, sizeof(shown)));
    else
        say(w->inv, stdout, "Starts     as soon as it is sent\n");
    quantity_put_window(&hours, &c->window);
    if (c->window.from_minute != c->window.to_minute)
        say(w->inv, stdout, "Hours      %s where the reader lives\n", buf_text(&hours));
    if (c->expires_at_ms != 0)
        say(w->inv, stdout, "Ends       %s: what has not left by then does not leave\n",
            output_time(clock_format_rfc3339(c->expires_at_ms, at), shown, sizeof(shown)));
    buf_free(&hours);
}

static void put_days(const struct invocation *inv, unsigned days, struct buf *out)
{
    for (unsigned i = 0; days != 0 && i < 7; i++)
        if (days >> i & 1)
            buf_printf(out, "%s%s", out->len > 0 ? " " : "", say_word(inv, campaign_day_name(i)));
    if (days == 0)
        buf_puts(out, say_word(inv, "every day"));
}

static void print_portions(const struct send_world *w)
{
    const struct campaign *c = campaign_of(w);
    char people[OUTPUT_NUMBER_SIZE];
    struct buf hours = {0}, days = {0}, every = {0};
    if (c->canary.first > 0 && c->canary.go_on)
        say(w->inv, stdout, "First      %s people; then it goes on if few enough failed\n",
            output_number(c->canary.first, people));
    else if (c->canary.first > 0)
        say(w->inv, stdout,
            "First      %s people; then it waits until somebody has looked: dispatcher campaign "
            "go-on %s\n",
            output_number(c->canary.first, people), c->id);
    quantity_put_window(&hours, &c->waves.hours);
    quantity_put_duration(&every, c->waves.every_ms);
    put_days(w->inv, c->waves.days, &days);
    if (c->waves.people > 0)
        say(w->inv, stdout, "Waves      %s people every %s, %s, %s\n",
            output_number(c->waves.people, people), buf_text(&every), buf_text(&hours),
            buf_text(&days));
    buf_free(&hours);
    buf_free(&days);
    buf_free(&every);
}

static void print_speed(const struct send_world *w, const struct send_counts *c)
{
    const struct brake b = find_brake(w, c);
    char span[OUTPUT_NUMBER_SIZE], people[OUTPUT_NUMBER_SIZE];
    struct buf rate = {0};
    if (b.domain != NULL)
        quantity_put_rate(&rate, settings_domain_rate(b.transport, b.domain->domain));
    else if (b.transport != NULL)
        quantity_put_rate(&rate, &b.transport->rate);
    if (b.ms == 0)
        say(w->inv, stdout, "Speed      as fast as the servers take it\n");
    else if (b.transport == NULL)
        say(w->inv, stdout, "Speed      about %s until the last wave begins\n",
            output_span(b.ms, span));
    else if (b.domain != NULL)
        say(w->inv, stdout, "Speed      %s to %s over %s, about %s for its %s people\n",
            buf_text(&rate), b.domain->domain, b.transport->name, output_span(b.ms, span),
            output_number(b.domain->people, people));
    else
        say(w->inv, stdout, "Speed      %s over %s, about %s\n", buf_text(&rate), b.transport->name,
            output_span(b.ms, span));
    buf_free(&rate);
}

static void print_approvals(const struct send_world *w, const struct json_t *approvals)
{
    struct buf state = {0}, changes = {0};
    if (w->dossier->role_count == 0)
        return;
    campaign_put_approvals(w->inv, w->dossier, approvals, &state);
    campaign_put_changes(w->inv, approvals, &changes);
    say(w->inv, stdout, "Approvals  %s\n", buf_text(&state));
    fputs(buf_text(&changes), stdout);
    buf_free(&state);
    buf_free(&changes);
}

/* Whoever has not asked `check` does not know them. */
static void print_warnings(const struct send_world *w)
{
    const struct check_report *r = &w->dossier->scene.report;
    struct buf kinds = {0};
    for (size_t i = 0; i < r->kind_count; i++)
        buf_printf(&kinds, "%s%zu %s", i > 0 ? " \u00b7 " : "", r->kinds[i].count,
                   r->kinds[i].rule);
    if (r->warnings > 0)
        say(w->inv, stdout, "Warnings   %s \u2192 dispatcher check %s\n", buf_text(&kinds),
            campaign_of(w)->file);
    buf_free(&kinds);
}

/* Of the shipped configuration: nobody knows who that is. */
static void warn_of_sample(const struct send_world *w)
{
    const struct organisation_field *f = check_settings_sample_name(w->setup->settings);
    if (f != NULL)
        say(w->inv, stdout,
            "Sender     \"%s\" is the sample this program comes with: write your own name under "
            "`organisation` in %s\n",
            f->value, w->setup->settings->file);
}

void send_print(const struct send_world *w, const struct send_counts *c,
                const struct json_t *approvals)
{
    const struct campaign *k = campaign_of(w);
    char allowed[OUTPUT_NUMBER_SIZE];
    say(w->inv, stdout, "Campaign   %s          Letter %s\n", k->id, k->template_name);
    print_people(w, c);
    print_problems(w, c);
    print_sms(w);
    print_start(w);
    print_portions(w);
    print_speed(w, c);
    print_approvals(w, approvals);
    print_warnings(w);
    warn_of_sample(w);
    if (w->setup->settings->trial)
        say(w->inv, stdout,
            "Trial mode is on: only the %s who are on the allow list get it, all others nothing\n",
            output_number(c->allowed, allowed));
    fflush(stdout);
}

/* ---- for programs ---- */

static void put_channels(struct buf *out, const char *name, const int64_t counts[CHANNEL_KINDS])
{
    const char *sep = "";
    buf_printf(out, ",\"%s\":{", name);
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        buf_printf(out, "%s\"%s\":%lld", sep, channel_kind_name((enum channel_kind)kind),
                   (long long)counts[kind]);
        sep = ",";
    }
    buf_putc(out, '}');
}

static void put_lists(struct buf *out, const struct send_counts *c)
{
    buf_puts(out, ",\"locales\":{");
    for (size_t i = 0; i < c->locale_count; i++)
        buf_printf(out, "%s\"%s\":%lld", i > 0 ? "," : "", c->locales[i].tag,
                   (long long)c->locales[i].people);
    buf_puts(out, "},\"cohorts\":{");
    for (size_t i = 0; i < c->cohort_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, c->cohorts[i].cohort->name);
        buf_printf(out, ":%lld", (long long)c->cohorts[i].people);
    }
    buf_putc(out, '}');
}

static void put_warnings(struct buf *out, const struct check_report *r)
{
    buf_puts(out, ",\"warnings\":{");
    for (size_t i = 0; i < r->kind_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, r->kinds[i].rule);
        buf_printf(out, ":%zu", r->kinds[i].count);
    }
    buf_putc(out, '}');
}

static void put_sms(struct buf *out, const struct send_world *w)
{
    const struct sms_cost *cost = &w->dossier->cost;
    const struct transport *t = check_sms_cost_transport(w->setup->settings);
    if (cost->people == 0 || t == NULL) {
        buf_puts(out, ",\"sms\":null");
        return;
    }
    buf_printf(out, ",\"sms\":{\"people\":%lld,\"parts\":%lld,\"cost_micros\":%lld,\"currency\":",
               (long long)cost->people, (long long)cost->parts, (long long)cost->micros);
    buf_put_json(out, t->sms.currency);
    buf_printf(out, ",\"about\":%s}", cost->about ? "true" : "false");
}

static void put_approvals(struct buf *out, const struct json_t *approvals)
{
    const struct json_t *list = json_get(approvals, "approvals");
    buf_puts(out, ",\"approvals\":");
    if (list != NULL)
        json_put(out, list);
    else
        buf_puts(out, "[]");
    buf_puts(out, ",\"sender\":");
    if (json_get(approvals, "sender") != NULL)
        json_put(out, json_get(approvals, "sender"));
    else
        buf_puts(out, "null");
}

void send_print_json(const struct send_world *w, const struct send_counts *c,
                     const struct json_t *approvals)
{
    const struct campaign *k = campaign_of(w);
    struct buf out = {0};
    char at[CLOCK_TEXT_SIZE];
    buf_puts(&out, "{\"v\":1,\"campaign\":");
    buf_put_json(&out, k->id);
    request_put_text(&out, "template", k->template_name);
    buf_printf(&out, ",\"rows\":%lld,\"people\":%lld,\"wrong\":%lld", (long long)c->rows,
               (long long)c->people, (long long)c->wrong);
    buf_printf(&out,
               ",\"problems\":{\"no_address\":%lld,\"no_language\":%lld,\"twice\":%lld,"
               "\"other\":%lld}",
               (long long)c->no_address, (long long)c->no_language, (long long)c->twins,
               (long long)c->others);
    put_channels(&out, "channels", c->first);
    put_channels(&out, "later_channels", c->later);
    put_lists(&out, c);
    put_sms(&out, w);
    request_put_text(&out, "send_at",
                     w->send_at_ms != 0 ? clock_format_rfc3339(w->send_at_ms, at) : NULL);
    buf_printf(&out, ",\"about_ms\":%lld", (long long)send_estimate_ms(w, c));
    put_approvals(&out, approvals);
    put_warnings(&out, &w->dossier->scene.report);
    buf_printf(&out, ",\"trial\":%s,\"allowed\":%lld}\n",
               w->setup->settings->trial ? "true" : "false", (long long)c->allowed);
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}
