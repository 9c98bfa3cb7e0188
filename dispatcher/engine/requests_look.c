/*
 * Looking at many deliveries at once.
 *
 *   failures   selector, place   -> a row for each channel, state and cause: count, and the last
 *                                   reply of it
 *   shape      selector, place   -> a row for each destination: how many by age, cells as SHAPE_*
 *
 * Both go in steps: who asks hands `place` of an answer in again while it says `more`, and adds the
 * rows up. In the daemon a step is short, beside it long.
 */
#include "engine/requests_backend.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/groups.h"
#include "base/text.h"
#include "engine/shape.h"
#include "model/json.h"

#define STEP_DAEMON 4096
#define STEP_BESIDE (1 << 26) /* nobody waits: each group is told once */

/* ---- steps ---- */

static void read_place(const struct request *r, struct census *c)
{
    const struct json_t *place = json_get(r->root, "place");
    int64_t state = json_get_int(place, "state", 0);
    c->state = state >= 0 && state < DELIVERY_STATES ? (int)state : DELIVERY_STATES;
    c->lane = json_get_int(place, "lane", 0);
    c->due_ms = json_get_int(place, "due_ms", 0);
    c->seq = json_get_int(place, "seq", 0);
    c->limit = r->world->daemon != NULL ? STEP_DAEMON : STEP_BESIDE;
}

static void put_end(const struct request *r, const struct census *c)
{
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"more\":%s", c->more ? "true" : "false");
    buf_printf(r->out, ",\"place\":{\"state\":%d,\"lane\":%lld,\"due_ms\":%lld,\"seq\":%lld}}\n",
               c->state, (long long)c->lane, (long long)c->due_ms, (long long)c->seq);
}

/* The states that are asked for: one by the selector, or those that are usual. */
static int choose_states(const struct selector *s, const enum delivery_state *usual, size_t count,
                         struct census *c, struct error *err)
{
    if (s->state == DELIVERY_DELIVERED || s->state == DELIVERY_IN_FLIGHT)
        return error_set(err, ERR_USAGE,
                         "what is %s is no trouble and has no age here; see `dispatcher queue "
                         "--state %s`",
                         delivery_state_name((enum delivery_state)s->state),
                         delivery_state_name((enum delivery_state)s->state));
    for (size_t i = 0; i < count; i++)
        c->states[usual[i]] = s->state < 0;
    if (s->state >= 0)
        c->states[s->state] = true;
    return 0;
}

static int begin_census(const struct request *r, struct selector *selector,
                        const enum delivery_state *usual, size_t count, struct census *c,
                        struct error *err)
{
    int rc = request_read_selector(r, selector, err);
    if (rc == 0)
        rc = request_require_known(r, selector, err);
    read_place(r, c);
    c->selector = selector;
    return rc == 0 ? choose_states(selector, usual, count, c, err) : rc;
}

/* ---- failures ---- */

enum failure_cell { FAILURE_COUNT, FAILURE_LAST };

/* Two digits that sort and split again, and the cause. */
static void take_failure(void *context, const struct census_row *row)
{
    char key[80];
    snprintf(key, sizeof(key), "%d%d%s", (int)row->state, (int)row->channel, row->cause);
    struct group *g = groups_find(context, key);
    g->cells[FAILURE_COUNT]++;
    g->cells[FAILURE_LAST] = row->delivery;
}

/* A mail server's reply begins with its code, as everybody knows it. */
static int read_sample(const struct request *r, const struct group *g, struct buf *out,
                       struct error *err)
{
    struct buf reply = {0};
    int code = 0;
    int rc = ledger_read_reply(r->world->ledger, g->cells[FAILURE_LAST], &code, &reply, err);
    if (code > 0 && g->key[1] - '0' == CHANNEL_EMAIL)
        buf_printf(out, "%d ", code);
    buf_puts(out, buf_text(&reply));
    buf_free(&reply);
    return rc;
}

static int put_failure(const struct request *r, const struct group *g, struct error *err)
{
    struct buf reply = {0};
    int rc = read_sample(r, g, &reply, err);
    buf_printf(r->out, "{\"v\":1,\"count\":%lld", (long long)g->cells[FAILURE_COUNT]);
    answer_put_text(r->out, "channel", channel_kind_name((enum channel_kind)(g->key[1] - '0')));
    answer_put_text(r->out, "state", delivery_state_name((enum delivery_state)(g->key[0] - '0')));
    answer_put_text(r->out, "cause", g->key + 2);
    answer_put_text(r->out, "sample", buf_text(&reply));
    buf_puts(r->out, "}\n");
    buf_free(&reply);
    return rc;
}

int request_failures(const struct request *r, struct error *err)
{
    static const enum delivery_state usual[] = {DELIVERY_DEFERRED, DELIVERY_HELD,
                                                DELIVERY_FAILED,   DELIVERY_SUPPRESSED,
                                                DELIVERY_EXPIRED,  DELIVERY_UNCERTAIN};
    struct selector selector;
    struct census c = {0};
    struct groups groups = {0};
    int rc = begin_census(r, &selector, usual, COUNT_OF(usual), &c, err);
    if (rc == 0)
        rc = ledger_take_census(r->world->ledger, &c, take_failure, &groups, err);
    for (size_t i = 0; rc == 0 && i < groups.count; i++)
        rc = put_failure(r, &groups.at[i], err);
    if (rc == 0)
        put_end(r, &c);
    groups_free(&groups);
    return rc;
}

/* ---- shape ---- */

struct shaping {
    struct groups groups;
    int64_t now_ms;
};

/* Of a mail the domain, of a text message the transport, of a webhook the endpoint. */
static void put_destination(const struct census_row *row, char *out, size_t size)
{
    const char *at = row->channel == CHANNEL_EMAIL ? strrchr(row->address, '@') : NULL;
    const char *name = at != NULL ? at + 1 : row->address;
    if (row->channel == CHANNEL_SMS)
        name = row->transport;
    size_t len = 0;
    out[len++] = (char)('0' + row->channel);
    for (const char *p = name[0] != '\0' ? name : "-"; *p != '\0' && len < size - 1; p++)
        out[len++] = at != NULL && *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;
    out[len] = '\0';
}

static void take_age(void *context, const struct census_row *row)
{
    struct shaping *s = context;
    char key[300];
    put_destination(row, key, sizeof(key));
    groups_find(&s->groups, key)->cells[shape_bucket(s->now_ms - row->accepted_ms)]++;
}

static void put_shape(struct buf *out, const struct group *g)
{
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "channel", channel_kind_name((enum channel_kind)(g->key[0] - '0')));
    answer_put_text(out, "destination", g->key + 1);
    buf_puts(out, ",\"ages\":[");
    for (int i = 0; i < SHAPE_BUCKETS; i++)
        buf_printf(out, "%s%lld", i > 0 ? "," : "", (long long)g->cells[i]);
    buf_puts(out, "]}\n");
}

int request_shape(const struct request *r, struct error *err)
{
    static const enum delivery_state usual[] = {DELIVERY_WAITING, DELIVERY_DEFERRED};
    struct selector selector;
    struct census c = {.places = true};
    struct shaping s = {.now_ms = r->world->now_ms};
    int rc = begin_census(r, &selector, usual, COUNT_OF(usual), &c, err);
    if (rc == 0)
        rc = ledger_take_census(r->world->ledger, &c, take_age, &s, err);
    for (size_t i = 0; rc == 0 && i < s.groups.count; i++)
        put_shape(r->out, &s.groups.at[i]);
    if (rc == 0)
        put_end(r, &c);
    groups_free(&s.groups);
    return rc;
}
