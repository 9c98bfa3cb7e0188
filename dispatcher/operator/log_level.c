#include "operator/command_list.h"

#include <stdio.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/quantity.h"
#include "model/json.h"

#define DEFAULT_MS (INT64_C(600) * 1000)
#define DAY_MS     (INT64_C(24) * 3600 * 1000)

static int read_span(const struct invocation *inv, int64_t *out_ms, struct error *err)
{
    const char *text = option_value(inv, "for");
    *out_ms = DEFAULT_MS;
    if (text == NULL ||
        (quantity_parse_duration(text, out_ms) && *out_ms >= 1000 && *out_ms <= DAY_MS))
        return 0;
    return error_set(err, ERR_USAGE, "--for is a time like 30s or 10m, at most 24h, not \"%s\"",
                     text);
}

static int ask(const struct invocation *inv, int64_t for_ms, struct json_t **out, struct error *err)
{
    struct session s;
    struct buf request = {0};
    request_begin(&request, "log_level");
    request_put_text(&request, "level", argument_at(inv, 0));
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_printf(&request, ",\"for_ms\":%lld}", (long long)for_ms);
    int rc = session_open_daemon(inv, 0, &s, err);
    if (rc == 0)
        rc = session_ask(&s, buf_text(&request), NULL, out, err);
    session_close(&s);
    buf_free(&request);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct json_t *answer = NULL;
    int64_t for_ms;
    char until[64];
    int rc = read_span(inv, &for_ms, err);
    if (rc == 0)
        rc = ask(inv, for_ms, &answer, err);
    const char *level = json_get_text(answer, "level", "");
    const char *was = json_get_text(answer, "was", "");
    const char *end = json_get_text(answer, "until", NULL);
    if (rc == 0 && invocation_json(inv))
        printf("{\"v\":1,\"level\":\"%s\",\"was\":\"%s\",\"until\":\"%s\"}\n", level, was,
               end != NULL ? end : "");
    else if (rc == 0)
        say(inv, stdout,
            "The log is at %s until %s, then as configured. Undo: dispatcher log-level %s\n", level,
            output_time(end, until, sizeof(until)), was);
    json_free(answer);
    return rc;
}

static const struct option_row options[] = {
    {"for", 0, "TIME", "how long (10m); up to 24h"},
    {"reason", 0, "TEXT", "why, for the record"},
};

const struct command command_log_level = {
    .name = "log-level",
    .arguments = "LEVEL",
    .summary = "let the daemon log more or less for a while",
    .details =
        "  dispatcher log-level debug --for 5m\n\n"
        "LEVEL is error, warn, info or debug. The configured one (log.level) comes back by\n"
        "itself; a reload or a restart brings it back at once. Of the scheduler, and of workers\n"
        "that begin meanwhile. Recorded (dispatcher actions).\n\n"
        "JSON, one object: v, level, was, until.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
