/*
 * The suppression list.
 *
 *   suppress      entries: [{channel, address, cause, reason, source, since_ms, expires_at_ms,
 *                 imported}], reason
 *                 -> count, new; cause "operator" and source "operator" unless said, 0: never
 *                 expires
 *   unsuppress    channel, address, reason -> found, and the cause it had
 *   suppressions  channel and address: that entry; else a page: limit, after_channel, after
 *                 -> rows, and count, more, after_channel, after
 *
 * In the chain of actions stands how many and why, not whose addresses: it is kept for good.
 */
#include "engine/requests_backend.h"

#include "model/json.h"
#include "model/suppression.h"

#define ENTRIES_MAX 5000

/* ---- adding ---- */

static int put_new(const struct request *r, const struct suppression *s,
                   const struct action *action, size_t *out_new, struct error *err)
{
    struct suppression before;
    bool known = false;
    int rc = ledger_find_suppression(r->world->ledger, s->channel, s->address, r->world->now_ms,
                                     &known, &before, err);
    *out_new += rc == 0 && !known;
    return rc == 0 ? ledger_suppress(r->world->ledger, s, action, err) : rc;
}

static int add_entry(const struct request *r, const struct json_t *entry,
                     const struct action *action, size_t *out_new, struct error *err)
{
    const char *address = json_get_text(entry, "address", "");
    struct buf key = {0};
    struct suppression s = {.cause = json_get_text(entry, "cause", "operator"),
                            .reason = json_get_text(entry, "reason", ""),
                            .source = json_get_text(entry, "source", SUPPRESSION_OPERATOR),
                            .since_ms = json_get_int(entry, "since_ms", r->world->now_ms),
                            .expires_ms = json_get_int(entry, "expires_at_ms", 0),
                            .imported = json_get_bool(entry, "imported", false)};
    int rc = request_read_channel(entry, &s.channel, err);
    if (rc == 0)
        rc = suppression_check_address(s.channel, address, err);
    if (rc == 0) {
        suppression_put_key(s.channel, address, &key);
        s.address = buf_text(&key);
        rc = put_new(r, &s, action, out_new, err);
    }
    buf_free(&key);
    return rc;
}

static int add_all(const struct request *r, const struct json_t *entries, size_t *out_new,
                   struct error *err)
{
    struct buf selector = {0};
    size_t count = json_count(entries);
    buf_printf(&selector, "{\"addresses\":%zu}", count);
    const struct action action = request_action(r, "suppress", buf_text(&selector));
    struct error why;
    int rc = ledger_begin(r->world->ledger, LEDGER_DURABLE, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = add_entry(r, json_at(entries, i), i == 0 ? &action : NULL, out_new, &why);
        if (rc != 0)
            rc = count > 1 ? error_set(err, rc, "entry %zu: %s", i + 1, why.text)
                           : error_set(err, rc, "%s", why.text);
    }
    if (rc == 0)
        rc = ledger_commit(r->world->ledger, err);
    if (rc != 0)
        ledger_rollback(r->world->ledger);
    buf_free(&selector);
    return rc;
}

int request_suppress(const struct request *r, struct error *err)
{
    const struct json_t *entries = json_get(r->root, "entries");
    size_t count = json_count(entries), added = 0;
    if (count < 1 || count > ENTRIES_MAX)
        return error_set(err, ERR_USAGE, "suppress takes 1 to %d entries at once", ENTRIES_MAX);
    int rc = add_all(r, entries, &added, err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%zu,\"new\":%zu}\n", count, added);
    return rc;
}

/* ---- removing ---- */

int request_unsuppress(const struct request *r, struct error *err)
{
    const struct action action = request_action(r, "unsuppress", "{\"addresses\":1}");
    enum channel_kind channel;
    struct suppression before = {.cause = ""};
    struct buf key = {0};
    bool found = false;
    int rc = request_read_channel(r->root, &channel, err);
    if (rc != 0)
        return rc;
    suppression_put_key(channel, json_get_text(r->root, "address", ""), &key);
    rc = ledger_find_suppression(r->world->ledger, channel, buf_text(&key), r->world->now_ms,
                                 &found, &before, err);
    if (rc == 0)
        rc = ledger_unsuppress(r->world->ledger, channel, buf_text(&key), &action, &found, err);
    buf_free(&key);
    if (rc == 0) {
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"found\":%s", found ? "true" : "false");
        answer_put_text(r->out, "cause", found ? before.cause : NULL);
        buf_puts(r->out, "}\n");
    }
    return rc;
}

/* ---- looking ---- */

struct list {
    struct buf *out;
    size_t limit, count;
    enum channel_kind channel; /* of the last one told */
    struct buf address;
};

static void put_entry(struct buf *out, const struct suppression *s)
{
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "channel", channel_kind_name(s->channel));
    answer_put_text(out, "address", s->address);
    answer_put_text(out, "cause", s->cause);
    answer_put_text(out, "reason", s->reason);
    answer_put_text(out, "source", s->source);
    answer_put_time(out, "since", s->since_ms);
    answer_put_time(out, "expires_at", s->expires_ms);
    buf_puts(out, "}\n");
}

static void put_listed(void *context, const struct suppression *s)
{
    struct list *l = context;
    if (l->count++ >= l->limit)
        return; /* only asked for to know that there is more */
    l->channel = s->channel;
    buf_reset(&l->address);
    buf_puts(&l->address, s->address);
    put_entry(l->out, s);
}

static int find_one(const struct request *r, enum channel_kind channel, const char *address,
                    struct error *err)
{
    struct suppression s = {.channel = channel};
    struct buf key = {0};
    bool found = false;
    suppression_put_key(channel, address, &key);
    int rc = ledger_find_suppression(r->world->ledger, channel, buf_text(&key), r->world->now_ms,
                                     &found, &s, err);
    s.channel = channel;
    s.address = buf_text(&key);
    if (rc == 0 && found)
        put_entry(r->out, &s);
    buf_free(&key);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%d,\"more\":false}\n", found ? 1 : 0);
    return rc;
}

static int walk(const struct request *r, struct error *err)
{
    int64_t limit = json_get_int(r->root, "limit", 100);
    struct list l = {.out = r->out,
                     .limit = limit < 1 || limit > ROWS_MAX ? ROWS_MAX : (size_t)limit};
    enum channel_kind channel = CHANNEL_EMAIL;
    size_t count = 0;
    if (channel_kind_parse(json_get_text(r->root, "after_channel", ""), &channel))
        l.channel = channel;
    const char *after = json_get_text(r->root, "after", "");
    buf_puts(&l.address, after);
    int rc = ledger_walk_suppressions(r->world->ledger, channel, after, l.limit + 1, put_listed, &l,
                                      &count, err);
    if (rc == 0) {
        bool more = l.count > l.limit;
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%zu,\"more\":%s",
                   more ? l.limit : l.count, more ? "true" : "false");
        answer_put_text(r->out, "after_channel", channel_kind_name(l.channel));
        answer_put_text(r->out, "after", buf_text(&l.address));
        buf_puts(r->out, "}\n");
    }
    buf_free(&l.address);
    return rc;
}

int request_suppressions(const struct request *r, struct error *err)
{
    const char *address = json_get_text(r->root, "address", NULL);
    enum channel_kind channel;
    if (address == NULL)
        return walk(r, err);
    int rc = request_read_channel(r->root, &channel, err);
    return rc == 0 ? find_one(r, channel, address, err) : rc;
}
