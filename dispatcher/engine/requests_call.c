/*
 * People who are told by telephone:
 *
 *   call       {"calls":[{"id","outcome","at","note"}],"file"}        what came of it
 *   calls      {"campaign"} or {"id"}                                  what is known of it
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine/requests_backend.h"
#include "ledger/calls.h"
#include "model/json.h"

#define CALLS_MAX     500    /* in one request; it has to fit into REQUEST_MAX anyway */
#define CLOCKS_DIFFER 300000 /* ms: clocks of those who call, and times written without seconds */

/* ---- what came of it ---- */

struct intake {
    const struct request *r;
    struct call calls[CALLS_MAX];
    char *campaigns[CALLS_MAX];
    size_t at[CALLS_MAX]; /* place in the request */
    size_t count;
};

/* Members behind each other with an end that stands in none. */
static void sum_up(const struct json_t *row, unsigned char out[DIGEST_SIZE])
{
    static const char *const members[] = {"id", "outcome", "at", "note"};
    struct buf text = {0};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        buf_puts(&text, json_get_text(row, members[i], ""));
        buf_putc(&text, '\0');
    }
    digest_sha256(text.data, text.len, out);
    buf_free(&text);
}

static void put_result(const struct intake *in, size_t at, const char *id, const char *result)
{
    struct buf *out = in->r->out;
    buf_printf(out, "{\"v\":1,\"row\":%zu", at);
    answer_put_text(out, "id", id);
    answer_put_text(out, "result", result);
    buf_puts(out, "}\n");
}

/* Nobody was called in time to come, or about a notice that there was not yet; NULL: it can be. */
static const char *judge_time(const struct call *c, int64_t accepted_ms, int64_t now_ms)
{
    if (c->at_ms > now_ms + CLOCKS_DIFFER)
        return "future";
    return c->at_ms < accepted_ms - CLOCKS_DIFFER ? "early" : NULL;
}

/* "outcome" and "at" were read by the command already: who writes JSON hears less. */
static int take_call(struct intake *in, size_t at, const struct json_t *row, struct error *err)
{
    const struct request_world *w = in->r->world;
    struct call *c = &in->calls[in->count];
    struct buf campaign = {0};
    bool found = false;
    int64_t accepted_ms = 0;
    *c = (struct call){.notice = json_get_text(row, "id", ""),
                       .note = json_get_text(row, "note", ""),
                       .who = w->who,
                       .at_ms = w->now_ms};
    const char *when = json_get_text(row, "at", "");
    if (!call_outcome_parse(json_get_text(row, "outcome", ""), &c->outcome) ||
        (when[0] != '\0' && !clock_parse_rfc3339(when, &c->at_ms)))
        return error_set(err, ERR_USAGE,
                         "row %zu needs an outcome, and a time like "
                         "2026-11-24T09:00:00+09:00",
                         at);
    int rc = ledger_find_called(w->ledger, c->notice, &found, &campaign, &accepted_ms, err);
    const char *wrong = found ? judge_time(c, accepted_ms, w->now_ms) : "unknown";
    if (rc == 0 && wrong != NULL)
        put_result(in, at, c->notice, wrong);
    if (rc == 0 && wrong == NULL) {
        sum_up(row, c->sum);
        c->campaign = in->campaigns[in->count] = campaign.len > 0 ? buf_steal(&campaign) : NULL;
        in->at[in->count++] = at;
    }
    buf_free(&campaign);
    return rc;
}

static void put_selector(const struct intake *in, struct buf *out)
{
    unsigned char sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    struct digest *d = digest_begin();
    for (size_t i = 0; i < in->count; i++)
        digest_put(d, in->calls[i].sum, DIGEST_SIZE);
    digest_sum(d, sum);
    digest_end(d);
    buf_puts(out, "{\"file\":");
    buf_put_json(out, json_get_text(in->r->root, "file", ""));
    if (in->count > 0 && in->calls[0].campaign != NULL)
        answer_put_text(out, "campaign", in->calls[0].campaign);
    answer_put_text(out, "sha256", digest_hex(sum, hex));
    buf_putc(out, '}');
}

static int put_down(struct intake *in, int64_t *out_count, struct error *err)
{
    struct buf selector = {0};
    bool new[CALLS_MAX];
    put_selector(in, &selector);
    const struct action action = request_action(in->r, "call import", buf_text(&selector));
    int rc =
        ledger_put_calls(in->r->world->ledger, in->calls, in->count, &action, new, out_count, err);
    for (size_t i = 0; rc == 0 && i < in->count; i++)
        put_result(in, in->at[i], in->calls[i].notice, new[i] ? "new" : "known");
    buf_free(&selector);
    return rc;
}

int request_call(const struct request *r, struct error *err)
{
    const struct json_t *rows = json_get(r->root, "calls");
    struct intake *in = xcalloc(1, sizeof(*in));
    int64_t count = 0;
    int rc = 0;
    in->r = r;
    if (json_count(rows) > CALLS_MAX)
        rc = error_set(err, ERR_USAGE, "at most %d calls in one request", CALLS_MAX);
    for (size_t i = 0; rc == 0 && i < json_count(rows); i++)
        rc = take_call(in, i, json_at(rows, i), err);
    if (rc == 0)
        rc = put_down(in, &count, err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%lld}\n", (long long)count);
    for (size_t i = 0; i < in->count; i++)
        free(in->campaigns[i]);
    free(in);
    return rc;
}

/* ---- what is known ---- */

void answer_put_call(void *context, const struct call *c)
{
    struct buf *out = context;
    buf_printf(out, "{\"v\":1,\"call\":\"%s\"", call_outcome_name(c->outcome));
    answer_put_text(out, "id", c->notice);
    answer_put_time(out, "at", c->at_ms);
    answer_put_text(out, "who", c->who);
    answer_put_sentence(out, "note", c->note);
    buf_puts(out, "}\n");
}

int request_calls(const struct request *r, struct error *err)
{
    const char *id = json_get_text(r->root, "id", NULL);
    const char *campaign = json_get_text(r->root, "campaign", "");
    int64_t counts[CALL_OUTCOMES] = {0};
    int rc = id != NULL
                 ? ledger_walk_calls(r->world->ledger, id, NULL, answer_put_call, r->out, err)
                 : ledger_count_calls(r->world->ledger, campaign, counts, err);
    if (rc != 0)
        return rc;
    buf_puts(r->out, "{\"v\":1,\"end\":true");
    for (int i = 0; i < CALL_OUTCOMES; i++)
        buf_printf(r->out, ",\"%s\":%lld", call_outcome_name((enum call_outcome)i),
                   (long long)counts[i]);
    buf_puts(r->out, "}\n");
    return 0;
}
