#include "operator/command_list.h"

#include <stdio.h>
#include <sysexits.h>

#include "model/json.h"
#include "operator/session.h"

static void print_transports(const struct json_t *status)
{
    const struct json_t *transports = json_get(status, "transports");
    for (size_t i = 0; i < json_count(transports); i++) {
        const struct json_t *t = json_at(transports, i);
        int64_t paused = json_get_int(t, "paused_ms", 0);
        printf("  %-12s %-8s %lld in flight", json_get_text(t, "name", ""),
               json_get_text(t, "channel", ""), (long long)json_get_int(t, "in_flight", 0));
        if (paused > 0)
            printf(", resting for %.1f s: %s", (double)paused / 1000,
                   json_get_text(t, "reason", ""));
        printf("\n");
    }
}

static void print_refused(const struct json_t *status)
{
    long long refused = (long long)json_get_int(status, "refused", 0);
    if (refused > 0)
        printf("%lld refused %s in %s/corrupt, each with a .reason beside it\n", refused,
               refused == 1 ? "file" : "files", json_get_text(status, "spool", ""));
}

static void print_status(const struct json_t *status)
{
    bool daemon = json_get_bool(status, "daemon", false);
    printf("%s, spool %s\n", daemon ? "running" : "no daemon is running",
           json_get_text(status, "spool", ""));
    if (json_get_bool(status, "trial", true))
        printf("trial mode: only recipients on the allow list get anything (trial: in the "
               "configuration)\n");
    if (!daemon)
        return;
    printf("pid %lld, up %lld s, %lld of %lld workers busy%s\n",
           (long long)json_get_int(status, "pid", 0),
           (long long)(json_get_int(status, "uptime_ms", 0) / 1000),
           (long long)json_get_int(status, "busy", 0),
           (long long)json_get_int(status, "workers", 0),
           json_get_bool(status, "ledger_available", true)
               ? ""
               : ", NOT SENDING: outcomes cannot be recorded (see the log)");
    print_refused(status);
    print_transports(status);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf end = {0};
    struct json_t *status = NULL;
    bool daemon = false;
    int rc = session_open(inv, LEDGER_READ, &s, err);
    if (rc == 0)
        rc = client_ask(s.client, "{\"v\":1,\"verb\":\"status\"}", NULL, &end, err);
    if (rc == 0)
        rc = json_parse(end.data, end.len, "answer", 1, 8, &status, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(end.data, 1, end.len, stdout);
    else if (rc == 0)
        print_status(status);
    daemon = json_get_bool(status, "daemon", false);
    json_free(status);
    session_close(&s);
    buf_free(&end);
    return rc == 0 && !daemon ? EX_UNAVAILABLE : rc;
}

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "is the daemon running, and how do its transports fare",
    .details = "Exit status 0 when a daemon answers, 69 when none does.",
    .run = run,
};
