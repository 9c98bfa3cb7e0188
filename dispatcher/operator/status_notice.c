#include "operator/status_notice.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/quantity.h"
#include "model/delivery.h"
#include "model/json.h"
#include "operator/refused.h"
#include "spool/spool.h"

#define LOOK_AGAIN_MS 200
#define ROWS_WANTED   16 /* channels of one notice, and to spare */

/* One notice at one moment. */
struct standing {
    const char *id;
    struct buf rows; /* as the engine told them */
    size_t channels;
    bool open;
    enum delivery_state told; /* the best of all channels that are over */
};

/* The state of the person: told by one channel is told. From the best to the worst. */
static const enum delivery_state ranks[] = {
    DELIVERY_DELIVERED, DELIVERY_UNCERTAIN, DELIVERY_HELD,      DELIVERY_FAILED,
    DELIVERY_EXPIRED,   DELIVERY_CANCELLED, DELIVERY_SUPPRESSED};

static size_t rank_of(enum delivery_state state)
{
    size_t i = 0;
    while (i < COUNT_OF(ranks) && ranks[i] != state)
        i++;
    return i;
}

static void add_row(void *context, const struct json_t *row)
{
    struct standing *s = context;
    enum delivery_state state = DELIVERY_WAITING;
    if (!delivery_state_parse(json_get_text(row, "state", ""), &state))
        return;
    bool follows = json_get_text(row, "next_channel_at", NULL) != NULL;
    bool over = delivery_state_is_final(state) || state == DELIVERY_HELD;
    s->open = s->open || !over || (follows && state != DELIVERY_DELIVERED);
    if (over && (s->channels == 0 || rank_of(state) < rank_of(s->told)))
        s->told = state;
    s->channels++;
}

static int look(struct session *session, struct standing *s, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    buf_reset(&s->rows);
    s->channels = 0;
    s->open = false;
    s->told = DELIVERY_SUPPRESSED;
    request_begin(&request, "queue");
    buf_puts(&request, ",\"selector\":{\"id\":");
    buf_put_json(&request, s->id);
    buf_printf(&request, "},\"limit\":%d}", ROWS_WANTED);
    int rc = session_ask(session, buf_text(&request), &s->rows, &end, err);
    if (rc == 0)
        output_each_line(&s->rows, add_row, s);
    if (rc == 0 && s->channels == 0)
        s->open = spool_awaits(session->settings->spool, s->id);
    json_free(end);
    buf_free(&request);
    return rc;
}

static const char *state_of(const struct standing *s)
{
    if (s->channels == 0 && !s->open)
        return "unknown";
    return s->open ? "waiting" : delivery_state_name(s->told);
}

/* ---- telling ---- */

static void put_channel(void *context, const struct json_t *row)
{
    struct buf *out = context;
    buf_printf(out, "%s\"%s\":{\"state\":\"%s\",\"cause\":",
               out->len > 0 && out->data[out->len - 1] == '{' ? "" : ",",
               json_get_text(row, "channel", ""), json_get_text(row, "state", ""));
    buf_put_json(out, json_get_text(row, "cause", ""));
    buf_printf(out, ",\"attempts\":%lld,\"reply\":", (long long)json_get_int(row, "attempts", 0));
    buf_put_json(out, json_get_text(row, "reply", NULL));
    buf_putc(out, '}');
}

static void print_json(const struct standing *s)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"id\":");
    buf_put_json(&out, s->id);
    buf_printf(&out, ",\"state\":\"%s\",\"open\":%s,\"channels\":{", state_of(s),
               s->open ? "true" : "false");
    output_each_line(&s->rows, put_channel, &out);
    buf_puts(&out, "}}\n");
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}

struct listing {
    const struct invocation *inv;
    struct table table;
};

static void add_cells(void *context, const struct json_t *row)
{
    struct listing *l = context;
    struct table *t = &l->table;
    struct buf reply = {0};
    kept_put(l->inv, json_get_text(row, "reply", ""), &reply);
    table_cell(t, json_get_text(row, "id", NULL));
    table_cell(t, json_get_text(row, "channel", NULL));
    table_cell(t, say_word(l->inv, json_get_text(row, "state", "-")));
    table_cell(t, json_get_text(row, "cause", NULL));
    table_count(t, json_get_int(row, "attempts", 0));
    table_cell(t, reply.len > 0 ? buf_text(&reply) : NULL);
    buf_free(&reply);
}

/* It stands in the spool, and nobody has routed it yet. */
static void add_unread(struct listing *l, const char *id)
{
    struct table *t = &l->table;
    table_cell(t, id);
    table_cell(t, NULL);
    table_cell(t, say_word(l->inv, delivery_state_name(DELIVERY_WAITING)));
    table_cell(t, NULL);
    table_count(t, 0);
    table_cell(t, NULL);
}

static void print_table(const struct invocation *inv, const struct standing *all, size_t count)
{
    const char *const heads[] = {say_word(inv, "ID"),    say_word(inv, "CHANNEL"),
                                 say_word(inv, "STATE"), say_word(inv, "CAUSE"),
                                 say_word(inv, "TRIES"), say_word(inv, "REPLY")};
    struct listing l = {.inv = inv};
    table_begin(&l.table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < count; i++) {
        output_each_line(&all[i].rows, add_cells, &l);
        if (all[i].channels == 0 && all[i].open)
            add_unread(&l, all[i].id);
    }
    table_end(&l.table);
}

static bool any_known(const struct standing *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].channels > 0 || all[i].open)
            return true;
    }
    return false;
}

static void print_all(const struct invocation *inv, const struct standing *all, size_t count)
{
    for (size_t i = 0; invocation_json(inv) && i < count; i++)
        print_json(&all[i]);
    if (!invocation_json(inv) && any_known(all, count))
        print_table(inv, all, count);
}

/* ---- all of them ---- */

static int look_all(struct session *session, struct standing *all, size_t count, bool *out_open,
                    struct error *err)
{
    int rc = 0;
    *out_open = false;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = look(session, &all[i], err);
        *out_open = *out_open || all[i].open || all[i].channels == 0;
    }
    return rc;
}

static int ask_about(struct session *session, const char *verb, const char *member, const char *id,
                     struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    request_begin(&request, verb);
    request_put_text(&request, member, id);
    buf_putc(&request, '}');
    int rc = session_ask(session, buf_text(&request), &rows, &end, err);
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

/* Names a batch or a campaign: no notice will ever be called so. */
static bool is_misnamed(struct session *session, const struct standing *s)
{
    struct error ignored;
    return s->channels == 0 && !s->open &&
           (ask_about(session, "progress", "batch", s->id, &ignored) == 0 ||
            ask_about(session, "campaign", "campaign", s->id, &ignored) == 0);
}

static bool any_misnamed(struct session *session, const struct standing *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_misnamed(session, &all[i]))
            return true;
    }
    return false;
}

/* What was dropped a moment ago is known when the daemon has read it. */
static int wait_all(struct session *session, struct standing *all, size_t count, int64_t limit_ms,
                    bool *out_open, struct error *err)
{
    int64_t until_ms = limit_ms < 0 ? INT64_MAX : clock_mono_ms() + limit_ms;
    int rc = look_all(session, all, count, out_open, err);
    if (rc == 0 && limit_ms != 0 && any_misnamed(session, all, count))
        return 0;
    while (rc == 0 && *out_open && clock_mono_ms() < until_ms) {
        poll(NULL, 0, LOOK_AGAIN_MS);
        rc = look_all(session, all, count, out_open, err);
    }
    return rc;
}

/* Something may be known of one that stands in new/: it waits for its letter. */
static void tell_unread(const struct invocation *inv, struct session *session, const char *id)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    struct error why;
    request_begin(&request, "show");
    request_put_text(&request, "id", id);
    buf_putc(&request, '}');
    if (session_ask(session, buf_text(&request), &rows, &end, &why) == ERR_AGAIN &&
        !invocation_json(inv))
        output_error(&why);
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
}

static int refuse_unknown(struct session *session, const char *id, struct error *err)
{
    int rc = ask_about(session, "show", "id", id, err); /* says what else it may be */
    return rc == 0 ? EX_TEMPFAIL : refused_explain(session, id, rc, err);
}

static int verdict(struct session *session, const struct standing *all, size_t count, bool open,
                   struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].channels == 0 && !all[i].open)
            return refuse_unknown(session, all[i].id, err);
    }
    for (size_t i = 0; i < count; i++) {
        if (!all[i].open && all[i].told != DELIVERY_DELIVERED)
            return 1;
    }
    return open ? EX_TEMPFAIL : 0;
}

static int read_limit(const struct invocation *inv, int64_t *out_ms, struct error *err)
{
    const char *text = option_value(inv, "timeout");
    *out_ms = option_given(inv, "wait") ? -1 : 0;
    if (text == NULL)
        return 0;
    if (!option_given(inv, "wait"))
        return error_set(err, ERR_USAGE, "--timeout goes with --wait");
    return quantity_parse_duration(text, out_ms)
               ? 0
               : error_set(err, ERR_USAGE,
                           "--timeout wants a number and a unit, such as 60s or 5m, not \"%s\"",
                           text);
}

int status_notices(const struct invocation *inv, struct error *err)
{
    size_t count = argument_count(inv);
    struct standing *all = xcalloc(count, sizeof(*all));
    struct session session = {0};
    int64_t limit_ms = 0;
    bool open = false;
    for (size_t i = 0; i < count; i++)
        all[i].id = argument_at(inv, i);
    int rc = read_limit(inv, &limit_ms, err);
    if (rc == 0)
        rc = session_open(inv, LEDGER_READ, &session, err);
    if (rc == 0)
        rc = wait_all(&session, all, count, limit_ms, &open, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (all[i].channels == 0 && all[i].open)
            tell_unread(inv, &session, all[i].id);
    }
    if (rc == 0) {
        print_all(inv, all, count);
        rc = verdict(&session, all, count, open, err);
    }
    session_close(&session);
    for (size_t i = 0; i < count; i++)
        buf_free(&all[i].rows);
    free(all);
    return rc;
}
