#include "engine/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define TEXTS    10
#define ROOM     512
#define TEXT_MAX 200

/* The texts stand in `room` one behind the other; `starts` are their places, 0: none. */
struct slot {
    struct event event; /* but for its texts */
    uint16_t starts[TEXTS];
    char room[ROOM];
};

static struct {
    struct slot *slots; /* made with the first note */
    int64_t last;
} noted;

/* ---- packing ---- */

static uint16_t put_text(struct slot *s, size_t *used, const char *text)
{
    if (text == NULL || text[0] == '\0' || *used + 2 > ROOM)
        return 0;
    size_t room = ROOM - *used - 1;
    size_t len = strnlen(text, room < TEXT_MAX ? room : TEXT_MAX);
    size_t start = *used;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--; /* not within a character */
    memcpy(s->room + start, text, len);
    s->room[start + len] = '\0';
    *used += len + 1;
    return (uint16_t)start;
}

static bool make_slots(void)
{
    if (noted.slots == NULL)
        noted.slots = calloc(EVENTS_MAX, sizeof(*noted.slots));
    return noted.slots != NULL; /* nobody dies of what only somebody who watches would miss */
}

void events_note(const struct event *e)
{
    if (!make_slots())
        return;
    struct slot *s = &noted.slots[++noted.last % EVENTS_MAX];
    size_t used = 1;
    const char *const texts[TEXTS] = {e->id,     e->batch,     e->campaign, e->template_name,
                                      e->locale, e->transport, e->address,  e->cause,
                                      e->who,    e->text};
    s->event = *e;
    if (e->at_ms == 0)
        s->event.at_ms = clock_wall_ms();
    for (size_t i = 0; i < TEXTS; i++)
        s->starts[i] = put_text(s, &used, texts[i]);
}

static const char *text_at(const struct slot *s, size_t index)
{
    return s->starts[index] != 0 ? s->room + s->starts[index] : NULL;
}

static void unpack(const struct slot *s, struct event *out)
{
    *out = s->event;
    const char **const texts[TEXTS] = {
        &out->id,        &out->batch,   &out->campaign, &out->template_name, &out->locale,
        &out->transport, &out->address, &out->cause,    &out->who,           &out->text};
    for (size_t i = 0; i < TEXTS; i++)
        *texts[i] = text_at(s, i);
}

/* ---- what the log says ---- */

/* The value of a word "key=value" of a line, cut to `size`; false: it has none. */
static bool find_value(const char *line, const char *key, char *out, size_t size)
{
    size_t len = strlen(key);
    const char *at = line;
    while (at != NULL && (strncmp(at, key, len) != 0 || at[len] != '=')) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL)
        return false;
    at += len + 1;
    snprintf(out, size, "%.*s", (int)strcspn(at, " "), at);
    return true;
}

/* What has its own note, and what is said of each recipient, is not taken from the log. */
static bool wants(const char *name)
{
    static const char *const kinds[] = {"batch.",
                                        "transport.",
                                        "destination.",
                                        "host.",
                                        "endpoint.",
                                        "config.",
                                        "ledger.",
                                        "spool.",
                                        "daemon.",
                                        "worker.died",
                                        "address.suppressed",
                                        "delivery.receipt",
                                        "delivery.escalated",
                                        "delivery.poison",
                                        "job.refused",
                                        "clock.stepped"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (text_starts_with(name, kinds[i]))
            return true;
    }
    return false;
}

static void hear(const char *name, const char *line)
{
    char id[TEXT_MAX], transport[TEXT_MAX], channel[20], cause[40];
    bool batch = text_starts_with(name, "batch.");
    enum channel_kind kind;
    struct event e = EVENT_OF(name);
    e.text = line;
    if (find_value(line, "id", id, sizeof(id)))
        *(batch ? &e.batch : &e.id) = id;
    if (find_value(line, "transport", transport, sizeof(transport)))
        e.transport = transport;
    if (find_value(line, "cause", cause, sizeof(cause)))
        e.cause = cause;
    if (find_value(line, "channel", channel, sizeof(channel)) && channel_kind_parse(channel, &kind))
        e.channel = (int)kind;
    events_note(&e);
}

void events_listen(void)
{
    static const struct log_listener listener = {wants, hear};
    log_set_listener(&listener);
}

/* ---- reading ---- */

int64_t events_last(void)
{
    return noted.last;
}

static int64_t oldest(void)
{
    return noted.last > EVENTS_MAX ? noted.last - EVENTS_MAX + 1 : 1;
}

int64_t events_before(int64_t since_ms)
{
    int64_t at = oldest();
    while (at <= noted.last && noted.slots[at % EVENTS_MAX].event.at_ms < since_ms)
        at++;
    return at - 1;
}

/* Behind the @; of a webhook the endpoint. */
static bool is_of_domain(const struct event *e, const char *domain)
{
    const char *at = e->address != NULL ? strrchr(e->address, '@') : NULL;
    const char *name = at != NULL ? at + 1 : e->address;
    return name != NULL && strcasecmp(name, domain) == 0;
}

static bool is_meant(const struct event *e, const struct selector *s)
{
    return (s->id == NULL || text_equal(e->id, s->id)) &&
           (s->batch == NULL || text_equal(e->batch, s->batch)) &&
           (s->campaign == NULL || text_equal(e->campaign, s->campaign)) &&
           (s->cause == NULL || text_equal(e->cause, s->cause)) &&
           (s->template_name == NULL || text_equal(e->template_name, s->template_name)) &&
           (s->locale == NULL || text_equal(e->locale, s->locale)) &&
           (s->domain == NULL || is_of_domain(e, s->domain)) &&
           (s->channel < 0 || e->channel == s->channel) && (s->state < 0 || e->state == s->state);
}

int64_t events_next(int64_t after, const struct selector *selector, struct event *out,
                    int64_t *out_missed)
{
    int64_t at = after + 1 > oldest() ? after + 1 : oldest();
    *out_missed = at - after - 1;
    for (; at <= noted.last; at++) {
        unpack(&noted.slots[at % EVENTS_MAX], out);
        if (is_meant(out, selector))
            return at;
    }
    return 0;
}

/* ---- writing ---- */

/* a…a@example.org, +49…89: enough to know it again for who knows it. Names of endpoints are no
 * secret. */
static void put_masked(struct buf *out, const char *address, int channel)
{
    const char *at = strrchr(address, '@');
    size_t len = strlen(address);
    if (channel == CHANNEL_WEBHOOK)
        buf_puts(out, address);
    else if (at != NULL)
        buf_printf(out, "%.1s…%.1s%s",
                   (unsigned char)*address < 0x80 && at > address ? address : "",
                   at > address + 1 && (unsigned char)at[-1] < 0x80 ? at - 1 : "", at);
    else if (len > 6)
        buf_printf(out, "%.3s…%s", address, address + len - 2);
    else
        buf_puts(out, "…");
}

static void put_member(struct buf *out, const char *key, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, text);
}

static void put_address(struct buf *out, const struct event *e)
{
    struct buf masked = {0};
    if (e->address == NULL)
        return;
    put_masked(&masked, e->address, e->channel);
    put_member(out, "address", buf_text(&masked));
    buf_free(&masked);
}

void events_put(struct buf *out, int64_t number, const struct event *e)
{
    char when[CLOCK_TEXT_SIZE];
    buf_printf(out, "{\"v\":1,\"event\":\"%s\",\"number\":%lld,\"at\":\"%s\"", e->name,
               (long long)number, clock_format_rfc3339(e->at_ms, when));
    put_member(out, "id", e->id);
    put_member(out, "batch", e->batch);
    put_member(out, "campaign", e->campaign);
    if (e->channel >= 0)
        put_member(out, "channel", channel_kind_name((enum channel_kind)e->channel));
    put_member(out, "template", e->template_name);
    put_member(out, "locale", e->locale);
    put_member(out, "transport", e->transport);
    put_address(out, e);
    put_member(out, "outcome", e->outcome);
    if (e->state >= 0)
        put_member(out, "state", delivery_state_name((enum delivery_state)e->state));
    put_member(out, "cause", e->cause);
    if (e->outcome != NULL)
        buf_printf(out, ",\"code\":%d,\"duration_ms\":%lld", e->code, (long long)e->duration_ms);
    put_member(out, "who", e->who);
    put_member(out, e->outcome != NULL ? "reply" : "text", e->text);
    buf_puts(out, "}\n");
}
