/*
 * The daemon itself, and what an operator stops for a while.
 *
 *   transport_pause   transport, reason, over   -> changed, since, over
 *   transport_resume  transport, reason         -> changed, paused_since, paused_by, paused_because
 *   live                                        -> trial, configured, live, since, who, reason
 *   set_live          live, reason              -> the same, and changed, open
 *   reload            reason                    -> generation, file, keys that changed
 *   log_level         level, for_ms, reason     -> level, was, until
 *
 * The first four work on a ledger without a daemon as well.
 */
#include "engine/requests_backend.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/stops.h"
#include "model/json.h"

#define LOG_FOR_MAX_MS (INT64_C(24) * 3600 * 1000)

/* ---- transports ---- */

/* The daemon goes by it from now on, and its log says so. `transport` NULL: it is about all. */
static int use_stops(const struct request *r, const char *event, const char *transport,
                     struct error *err)
{
    const struct request_daemon *d = r->world->daemon;
    const char *reason = json_get_text(r->root, "reason", "");
    if (d == NULL || d->use_stops == NULL)
        return 0;
    if (transport != NULL)
        log_event(LOG_INFO, event, "transport=%s who=\"%s\" reason=\"%s\"", transport,
                  r->world->who, reason);
    else
        log_event(LOG_INFO, event, "who=\"%s\" reason=\"%s\"", r->world->who, reason);
    return d->use_stops(d->context, err);
}

/* One that is gone from the configuration may still be paused in the ledger. */
static int find_transport(const struct request *r, const struct stops *all, const char *name,
                          struct error *err)
{
    struct buf names = {0};
    const struct settings *s = r->world->settings;
    if (settings_find_transport(s, name) != NULL || stops_find(all, name) != NULL)
        return 0;
    for (size_t i = 0; i < s->transport_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", s->transports[i].name);
    error_set(err, ERR_NOT_FOUND, "there is no transport \"%s\"; there is %s", name,
              names.len > 0 ? buf_text(&names) : "none");
    buf_free(&names);
    return ERR_NOT_FOUND;
}

static void put_selector(struct buf *out, const char *name, bool over)
{
    buf_puts(out, "{\"transport\":");
    buf_put_json(out, name);
    buf_puts(out, over ? ",\"over\":true}" : "}");
}

static int load_stops(const struct request *r, const char *name, struct stops *out,
                      struct error *err)
{
    int rc = stops_load(out, r->world->ledger, err);
    return rc == 0 ? find_transport(r, out, name, err) : rc;
}

/* Paused once more with another reason, or otherwise about its failover, is a change; since when it
 * stands still is not. */
static bool says_more(const struct stopped_transport *before, const char *reason, bool over)
{
    return before == NULL || before->over != over ||
           (reason[0] != '\0' && !text_equal(reason, before->reason));
}

static int pause_transport(const struct request *r, const char *name,
                           const struct stopped_transport *before, struct error *err)
{
    struct buf selector = {0};
    bool over = json_get_bool(r->root, "over", false);
    put_selector(&selector, name, over);
    const struct action action = request_action(r, "transport pause", buf_text(&selector));
    const struct transport_stop stop = {.transport = name,
                                        .who = r->world->who,
                                        .reason = action.reason,
                                        .since_ms =
                                            before != NULL ? before->since_ms : r->world->now_ms,
                                        .over = over};
    bool change = says_more(before, action.reason, over);
    int rc = change ? ledger_pause_transport(r->world->ledger, &stop, &action, err) : 0;
    if (rc == 0 && change)
        rc = use_stops(r, "transport.stopped", name, err);
    if (rc == 0) {
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"changed\":%s,\"over\":%s",
                   change ? "true" : "false", over ? "true" : "false");
        answer_put_time(r->out, "since", stop.since_ms);
        buf_puts(r->out, "}\n");
    }
    buf_free(&selector);
    return rc;
}

int request_transport_pause(const struct request *r, struct error *err)
{
    const char *name = json_get_text(r->root, "transport", "");
    struct stops all = {0};
    int rc = load_stops(r, name, &all, err);
    if (rc == 0)
        rc = pause_transport(r, name, stops_find(&all, name), err);
    stops_free(&all);
    return rc;
}

static int resume_transport(const struct request *r, const char *name,
                            const struct stopped_transport *before, struct error *err)
{
    struct buf selector = {0};
    put_selector(&selector, name, false);
    const struct action action = request_action(r, "transport resume", buf_text(&selector));
    int rc = before != NULL ? ledger_resume_transport(r->world->ledger, name, &action, err) : 0;
    if (rc == 0 && before != NULL)
        rc = use_stops(r, "transport.resumed", name, err);
    if (rc == 0) {
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"changed\":%s",
                   before != NULL ? "true" : "false");
        answer_put_time(r->out, "paused_since", before != NULL ? before->since_ms : 0);
        answer_put_text(r->out, "paused_by", before != NULL ? before->who : NULL);
        answer_put_text(r->out, "paused_because", before != NULL ? before->reason : NULL);
        buf_puts(r->out, "}\n");
    }
    buf_free(&selector);
    return rc;
}

int request_transport_resume(const struct request *r, struct error *err)
{
    const char *name = json_get_text(r->root, "transport", "");
    struct stops all = {0};
    int rc = load_stops(r, name, &all, err);
    if (rc == 0)
        rc = resume_transport(r, name, stops_find(&all, name), err);
    stops_free(&all);
    return rc;
}

/* ---- trial mode ---- */

void answer_put_live(const struct request *r, const struct live_switch *live)
{
    static const char *const words[] = {[LIVE_UNSAID] = NULL, [LIVE_OFF] = "off", [LIVE_ON] = "on"};
    const struct settings *s = r->world->settings;
    buf_printf(r->out, ",\"trial\":%s,\"trial_configured\":%s",
               stops_trial(live, s) ? "true" : "false", s->trial_configured ? "true" : "false");
    answer_put_text(r->out, "live", words[live->word]);
    answer_put_time(r->out, "live_since", live->since_ms);
    answer_put_text(r->out, "live_by", live->who[0] != '\0' ? live->who : NULL);
    answer_put_text(r->out, "live_because", live->reason[0] != '\0' ? live->reason : NULL);
}

int request_live(const struct request *r, struct error *err)
{
    struct live_switch live;
    int rc = ledger_find_live(r->world->ledger, &live, err);
    if (rc != 0)
        return rc;
    buf_puts(r->out, "{\"v\":1,\"end\":true");
    answer_put_live(r, &live);
    buf_puts(r->out, "}\n");
    return 0;
}

/* What is still to go: so many letters the change is about. */
static int count_open(const struct request *r, int64_t *out, struct error *err)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], sums[DELIVERY_STATES];
    int rc = ledger_count(r->world->ledger, counts, err);
    *out = 0;
    if (rc != 0)
        return rc;
    answer_sum_channels(counts, sums);
    *out = sums[DELIVERY_WAITING] + sums[DELIVERY_DEFERRED] + sums[DELIVERY_HELD];
    return 0;
}

static int switch_live(const struct request *r, const struct live_switch *before,
                       struct live_switch *now, int64_t *out_open, struct error *err)
{
    const struct action action =
        request_action(r, now->word == LIVE_ON ? "live on" : "live off", "{\"everything\":true}");
    int rc = count_open(r, out_open, err);
    if (rc != 0 || now->word == before->word) {
        *now = *before;
        return rc;
    }
    now->since_ms = r->world->now_ms;
    snprintf(now->who, sizeof(now->who), "%s", r->world->who);
    snprintf(now->reason, sizeof(now->reason), "%s", action.reason);
    rc = ledger_put_live(r->world->ledger, now, &action, *out_open, err);
    return rc == 0 ? use_stops(r, now->word == LIVE_ON ? "live.on" : "live.off", NULL, err) : rc;
}

int request_set_live(const struct request *r, struct error *err)
{
    struct live_switch before, now = {0};
    int64_t open = 0;
    if (json_get(r->root, "live") == NULL)
        return error_set(err, ERR_USAGE, "`live` must say true or false");
    now.word = json_get_bool(r->root, "live", false) ? LIVE_ON : LIVE_OFF;
    int rc = ledger_find_live(r->world->ledger, &before, err);
    if (rc == 0)
        rc = switch_live(r, &before, &now, &open, err);
    if (rc != 0)
        return rc;
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"changed\":%s,\"open\":%lld",
               before.word != now.word ? "true" : "false", (long long)open);
    answer_put_live(r, &now);
    buf_puts(r->out, "}\n");
    return 0;
}

/* ---- the daemon ---- */

static int require_daemon(const struct request *r, const char *verb, struct error *err)
{
    if (r->world->daemon != NULL)
        return 0;
    return error_set(err, ERR_DOWN, "no daemon is running: there is nothing `%s` could ask", verb);
}

/* It is done when it is recorded; a ledger that takes nothing must not keep anybody from mending
 * what is wrong. */
static void record(const struct request *r, const char *verb, const char *selector)
{
    const struct action action = request_action(r, verb, selector);
    struct error why;
    if (ledger_note_action(r->world->ledger, &action, &why) != 0)
        log_event(LOG_WARN, "action.unrecorded", "verb=\"%s\" who=\"%s\" reason=\"%s\"", verb,
                  r->world->who, why.text);
}

int request_reload(const struct request *r, struct error *err)
{
    struct buf answer = {0};
    int generation = 0;
    char selector[48];
    int rc = require_daemon(r, "reload", err);
    if (rc == 0)
        rc = r->world->daemon->reload(r->world->daemon->context, &answer, &generation, err);
    if (rc == 0) {
        snprintf(selector, sizeof(selector), "{\"generation\":%d}", generation);
        record(r, "reload", selector);
        buf_printf(r->out, "%s{\"v\":1,\"end\":true,\"generation\":%d}\n", buf_text(&answer),
                   generation);
    }
    buf_free(&answer);
    return rc;
}

/* Nothing is recorded: nothing is done. */
int request_preview_reload(const struct request *r, struct error *err)
{
    struct buf rows = {0};
    int rc = require_daemon(r, "config diff", err);
    if (rc == 0)
        rc = r->world->daemon->preview_reload(r->world->daemon->context, &rows, err);
    if (rc == 0)
        buf_printf(r->out, "%s{\"v\":1,\"end\":true}\n", buf_text(&rows));
    buf_free(&rows);
    return rc;
}

static int read_level(const struct request *r, enum log_level *out, struct error *err)
{
    const char *name = json_get_text(r->root, "level", "");
    for (int level = 0; level < LOG_LEVELS; level++) {
        if (text_equal(log_level_name((enum log_level)level), name)) {
            *out = (enum log_level)level;
            return 0;
        }
    }
    return error_set(err, ERR_USAGE, "the level is error, warn, info or debug, not \"%.20s\"",
                     name);
}

int request_log_level(const struct request *r, struct error *err)
{
    enum log_level level = LOG_INFO, was = LOG_INFO;
    int64_t for_ms = json_get_int(r->root, "for_ms", 0);
    struct buf selector = {0};
    int rc = require_daemon(r, "log-level", err);
    if (rc == 0)
        rc = read_level(r, &level, err);
    if (rc == 0 && (for_ms < 1000 || for_ms > LOG_FOR_MAX_MS))
        rc = error_set(err, ERR_USAGE, "the level changes for 1s to 24h");
    if (rc != 0)
        return rc;
    was = r->world->daemon->set_log_level(r->world->daemon->context, level, for_ms);
    buf_printf(&selector, "{\"level\":\"%s\",\"for_ms\":%lld}", log_level_name(level),
               (long long)for_ms);
    record(r, "log-level", buf_text(&selector));
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"level\":\"%s\",\"was\":\"%s\"",
               log_level_name(level), log_level_name(was));
    answer_put_time(r->out, "until", r->world->now_ms + for_ms);
    buf_puts(r->out, "}\n");
    buf_free(&selector);
    return 0;
}
