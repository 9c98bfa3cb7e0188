/*
 * `events`: what happened behind the number `after` (-1: from now on; or at `since_ms` and later),
 * as far as it is remembered. Rows, then last (to be handed in as `after`), missed (so many went by
 * before they were read), more, and since: when this daemon began, for numbers begin anew with it.
 */
#include "engine/events.h"
#include "engine/requests_backend.h"
#include "model/json.h"

static int64_t find_start(const struct request *r)
{
    int64_t since_ms = json_get_int(r->root, "since_ms", -1);
    int64_t after = json_get_int(r->root, "after", -1);
    if (since_ms >= 0)
        return events_before(since_ms);
    return after < 0 || after > events_last() ? events_last() : after;
}

int request_events(const struct request *r, struct error *err)
{
    struct selector selector;
    struct event e;
    int64_t missed = 0, all_missed = 0, count = 0, number;
    if (r->world->daemon == NULL)
        return error_set(err, ERR_DOWN, "events are the daemon's, and none runs: dispatcher run");
    int rc = request_read_selector(r, &selector, err);
    if (rc == 0 && selector.actions != NULL)
        rc = error_set(err, ERR_USAGE,
                       "events do not say which action moved a delivery before; `dispatcher queue "
                       "--action %s` lists them",
                       selector.actions);
    if (rc != 0)
        return rc;
    int64_t last = find_start(r);
    while (count < ROWS_MAX && (number = events_next(last, &selector, &e, &missed)) != 0) {
        events_put(r->out, number, &e);
        all_missed += missed;
        last = number;
        count++;
    }
    if (count < ROWS_MAX) {
        all_missed += count == 0 ? missed : 0;
        last = events_last();
    }
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"last\":%lld,\"missed\":%lld,\"more\":%s}\n",
               (long long)last, (long long)all_missed, count < ROWS_MAX ? "false" : "true");
    return 0;
}
