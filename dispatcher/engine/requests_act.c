/*
 * What operators do to deliveries beside trying them again.
 *
 *   act   what ("hold", "release", "expire", "cancel", "mark_delivered"), selector, reason, dry_run
 *         -> how many are moved ("count"), by channel and language ("by"), how many that had left
 *         are not followed by their next channel ("ended"), why others are left ("left")
 *
 * In steps like `retry`: see requests_retry.c.
 */
#include "engine/requests_backend.h"

#include "base/text.h"
#include "model/json.h"

/* Deliveries one step looks at. */
#define ACT_STEP 2048

static int read_what(const struct request *r, enum act_kind *out, struct error *err)
{
    static const char *const words[ACT_KINDS] = {[ACT_HOLD] = "hold",
                                                 [ACT_RELEASE] = "release",
                                                 [ACT_EXPIRE] = "expire",
                                                 [ACT_CANCEL] = "cancel",
                                                 [ACT_DELIVERED] = "mark_delivered"};
    const char *word = json_get_text(r->root, "what", "");
    for (int kind = 0; kind < ACT_KINDS; kind++) {
        if (text_equal(words[kind], word)) {
            *out = (enum act_kind)kind;
            return 0;
        }
    }
    return error_set(err, ERR_USAGE,
                     "an act is hold, release, expire, cancel or mark_delivered, not \"%.20s\"",
                     word);
}

static int take_step(const struct request *r, struct act *act, struct error *err)
{
    struct buf text = {0};
    if (json_get_bool(r->root, "dry_run", false))
        return ledger_count_act(r->world->ledger, act, err);
    json_put(&text, json_get(r->root, "selector"));
    const struct action action = request_action(r, act_kind_name(act->kind), buf_text(&text));
    int rc = ledger_act(r->world->ledger, act, &action, err);
    buf_free(&text);
    return rc;
}

static void put_left(struct buf *out, const int64_t barred[ACT_BARS])
{
    static const char *const names[ACT_BARS] = {[ACT_IN_FLIGHT] = "in_flight",
                                                [ACT_UNFIT] = "other_state",
                                                [ACT_POISON] = "poison",
                                                [ACT_DISABLED] = "endpoint_disabled",
                                                [ACT_TOLD] = "told"};
    answer_put_left(out, names, barred, ACT_BARS);
}

void answer_put_shares(struct buf *out, const struct shares *by)
{
    buf_puts(out, ",\"by\":[");
    for (size_t i = 0; i < by->count; i++) {
        buf_printf(out, "%s{\"channel\":\"%s\"", i > 0 ? "," : "",
                   channel_kind_name(by->at[i].channel));
        answer_put_text(out, "locale", by->at[i].locale);
        buf_printf(out, ",\"count\":%lld}", (long long)by->at[i].count);
    }
    buf_putc(out, ']');
}

static void put_answer(struct buf *out, const struct act *act)
{
    buf_puts(out, "{\"v\":1,\"end\":true");
    put_left(out, act->barred);
    answer_put_shares(out, act->by);
    buf_printf(out, ",\"count\":%lld,\"ended\":%lld", (long long)act->count, (long long)act->ended);
    answer_put_place(out, &act->place);
    buf_printf(out, ",\"action\":%lld}\n", (long long)act->action);
}

int request_act(const struct request *r, struct error *err)
{
    struct selector selector;
    struct shares by = {0};
    struct act act = {.selector = &selector,
                      .place = request_read_place(r, ACT_STEP),
                      .now_ms = r->world->now_ms,
                      .action = json_get_int(r->root, "action", 0),
                      .by = &by};
    int rc = read_what(r, &act.kind, err);
    if (rc == 0)
        rc = request_read_selection(r, act_kind_name(act.kind), &selector, err);
    if (rc == 0)
        rc = take_step(r, &act, err);
    if (rc == 0)
        put_answer(r->out, &act);
    shares_free(&by);
    return rc;
}
