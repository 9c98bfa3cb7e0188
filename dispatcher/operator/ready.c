#include "operator/command_list.h"

#include <stdio.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/quantity.h"
#include "model/json.h"

#define AGAIN_MS   200
#define ASK_MS     5000
#define TIMEOUT_MS 30000
#define DAY_MS     (INT64_C(24) * 3600 * 1000)

/* What one question came to. */
struct readiness {
    int status;
    struct buf end; /* the daemon's answer, "" if there was none */
    struct error why;
};

static int judge(const struct json_t *answer, struct error *why)
{
    const struct json_t *checks = json_get(answer, "checks");
    for (size_t i = 0; i < json_count(checks); i++) {
        const struct json_t *check = json_at(checks, i);
        if (!json_get_bool(check, "ok", false))
            return error_set(why, ERR_AGAIN, "%s: %s", json_get_text(check, "name", ""),
                             json_get_text(check, "detail", ""));
    }
    return 0;
}

/* What is in order and yet worth a word. */
static void tell_remarks(const struct invocation *inv, const struct buf *end)
{
    struct json_t *answer = NULL;
    struct error ignored;
    if (json_parse(buf_text(end), end->len, "answer", 1, 8, &answer, &ignored) != 0)
        return;
    const struct json_t *checks = json_get(answer, "checks");
    for (size_t i = 0; i < json_count(checks); i++) {
        const struct json_t *check = json_at(checks, i);
        const char *detail = json_get_text(check, "detail", NULL);
        if (detail != NULL && json_get_bool(check, "ok", false))
            say(inv, stderr, "remark: %s: %s\n", json_get_text(check, "name", ""), detail);
    }
    json_free(answer);
}

static void ask(const struct invocation *inv, int64_t limit_ms, struct readiness *out)
{
    struct session s;
    struct json_t *answer = NULL;
    buf_reset(&out->end);
    int rc = session_open_daemon(inv, limit_ms, &s, &out->why);
    if (rc == 0)
        rc = client_ask(s.client, "{\"v\":1,\"verb\":\"health\"}", NULL, &out->end, &out->why);
    if (rc == 0)
        rc = json_parse(buf_text(&out->end), out->end.len, "answer", 1, 8, &answer, &out->why);
    if (rc == 0)
        rc = judge(answer, &out->why);
    out->status = rc;
    json_free(answer);
    session_close(&s);
}

static void sleep_ms(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Only what may pass by itself: a daemon that is not there yet, or not ready yet. */
static bool may_pass(int status)
{
    return status == ERR_DOWN || status == ERR_AGAIN;
}

static void wait_until(const struct invocation *inv, int64_t timeout_ms, struct readiness *out)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms;
    for (;;) {
        int64_t left_ms = end_ms - clock_mono_ms();
        ask(inv, left_ms > 0 && left_ms < ASK_MS ? left_ms : ASK_MS, out);
        left_ms = end_ms - clock_mono_ms();
        if (!may_pass(out->status) || left_ms <= 0)
            return;
        sleep_ms(left_ms < AGAIN_MS ? left_ms : AGAIN_MS);
    }
}

static int read_timeout(const struct invocation *inv, int64_t *out_ms, struct error *err)
{
    const char *text = option_value(inv, "timeout");
    *out_ms = option_given(inv, "wait") ? TIMEOUT_MS : 0;
    if (text == NULL)
        return 0;
    if (!option_given(inv, "wait"))
        return error_set(err, ERR_USAGE, "--timeout belongs to --wait");
    if (quantity_parse_duration(text, out_ms) && *out_ms >= 0 && *out_ms <= DAY_MS)
        return 0;
    return error_set(err, ERR_USAGE, "--timeout is a time like 30s or 5m, at most 24h, not \"%s\"",
                     text);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct readiness r = {0};
    int64_t timeout_ms = 0;
    int rc = read_timeout(inv, &timeout_ms, err);
    if (rc != 0)
        return rc;
    wait_until(inv, timeout_ms, &r);
    if (r.end.len > 0 && invocation_json(inv))
        printf("%s", buf_text(&r.end));
    if (r.status == 0 && !invocation_json(inv))
        say(inv, stdout, "ready\n");
    else if (r.status == ERR_AGAIN)
        say(inv, stderr, "not ready: %s\n", r.why.text);
    else if (r.status != 0)
        rc = error_set(err, r.status, "%s", r.why.text);
    if (r.status == 0 && !invocation_json(inv))
        tell_remarks(inv, &r.end);
    buf_free(&r.end);
    return r.status == ERR_AGAIN ? EX_TEMPFAIL : rc;
}

static const struct option_row options[] = {
    {"wait", 0, NULL, "until it is, or the time is over"},
    {"timeout", 0, "TIME", "how long --wait waits (30s)"},
};

const struct command command_ready = {
    .name = "ready",
    .arguments = "",
    .summary = "does a daemon run, and may it be given work",
    .details = "  dispatcher ready --wait --timeout 60s && dispatcher enqueue notice.json\n\n"
               "Exit status 0: it is ready. 75: it runs and is not, with the first check that\n"
               "fails (config, spool, ledger, draining). 69: no daemon answers. The same checks\n"
               "as /readyz. A letter with a mistake is named, and is no reason not to be ready.\n\n"
               "JSON, one object, of a daemon that answers: v, end, checks (name, ok, detail).",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
