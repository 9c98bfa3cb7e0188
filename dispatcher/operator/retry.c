#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/json.h"
#include "operator/output.h"
#include "operator/session.h"

/* More than this many at once wants a yes. */
#define ASK_ABOVE 100

static int ask(struct session *s, const struct invocation *inv, const char *id, bool dry_run,
               int64_t *out_count, struct error *err)
{
    struct buf request = {0}, end = {0};
    struct json_t *facts = NULL;
    request_begin(&request, "retry");
    request_put_selector(&request, inv, id);
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_printf(&request, ",\"dry_run\":%s}", dry_run ? "true" : "false");
    int rc = client_ask(s->client, request.data, NULL, &end, err);
    if (rc == 0)
        rc = json_parse(end.data, end.len, "answer", 1, 8, &facts, err);
    if (rc == 0)
        *out_count += json_get_int(facts, "count", 0);
    json_free(facts);
    buf_free(&request);
    buf_free(&end);
    return rc;
}

/* One request without an id, or one per id given. */
static int ask_all(struct session *s, const struct invocation *inv, bool dry_run,
                   int64_t *out_count, struct error *err)
{
    *out_count = 0;
    if (argument_count(inv) == 0)
        return ask(s, inv, NULL, dry_run, out_count, err);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++)
        rc = ask(s, inv, argument_at(inv, i), dry_run, out_count, err);
    return rc;
}

/* These may have arrived: whoever sends them again may tell somebody twice, and pay twice. */
static int confirm_doubtful(int64_t count, struct error *err)
{
    char question[160];
    snprintf(question, sizeof(question),
             "%" PRId64
             " deliveries may have arrived already; trying again may repeat them. Continue?",
             count);
    if (output_confirm(question))
        return 0;
    return error_set(err, ERR_USAGE,
                     "nothing was changed: %" PRId64
                     " deliveries may have arrived already. Look at the gateway or the "
                     "mail server first; add --yes to send them again",
                     count);
}

static int confirm(const struct invocation *inv, int64_t count, struct error *err)
{
    char question[160];
    const char *state = option_value(inv, "state");
    bool doubtful = count > 0 && state != NULL && strcmp(state, "uncertain") == 0;
    if (option_given(inv, "yes"))
        return 0;
    if (doubtful)
        return confirm_doubtful(count, err);
    if (count <= ASK_ABOVE)
        return 0;
    snprintf(question, sizeof(question),
             "%" PRId64 " deliveries will be tried again now. Continue?", count);
    if (output_confirm(question))
        return 0;
    return error_set(err, ERR_USAGE,
                     "nothing was changed: %" PRId64 " deliveries are more than %d; add --yes",
                     count, ASK_ABOVE);
}

static int report(const struct invocation *inv, int64_t count, bool dry_run, bool daemon)
{
    if (invocation_json(inv)) {
        printf("{\"v\":1,\"verb\":\"retry\",\"count\":%" PRId64 ",\"dry_run\":%s}\n", count,
               dry_run ? "true" : "false");
    } else if (dry_run) {
        printf("%" PRId64 " deliveries would be tried again.\n", count);
    } else {
        printf("%" PRId64 " deliveries are due now.%s\n", count,
               count > 0 && !daemon ? " No daemon is running; start it with `dispatcher run`."
                                    : "");
    }
    return 0;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    int64_t count = 0;
    bool dry_run = option_given(inv, "dry-run"), daemon = false;
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    if (rc == 0)
        rc = ask_all(&s, inv, true, &count, err);
    if (rc == 0 && !dry_run)
        rc = confirm(inv, count, err);
    if (rc == 0 && !dry_run)
        rc = ask_all(&s, inv, false, &count, err);
    if (rc == 0)
        daemon = client_has_daemon(s.client);
    session_close(&s);
    return rc == 0 ? report(inv, count, dry_run, daemon) : rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"reason", 0, "TEXT", "why, for the record"},
    {"dry-run", 'n', NULL, "only say how many"},
    {"yes", 'y', NULL, "do not ask"},
};

const struct command command_retry = {
    .name = "retry",
    .arguments = "ID... | --batch ID --state failed",
    .summary = "try deliveries again now",
    .details =
        "  dispatcher retry --batch recall-2026 --state failed --reason \"relay mended, ticket "
        "4711\"\n\n"
        "Takes ids, or a selector; without either nothing happens (exit 64). A delivery that was "
        "already\n"
        "delivered, or is in flight, stays as it is. `--state uncertain` asks first: those may "
        "have arrived\n"
        "already. A stopped batch stays stopped until `dispatcher resume`. Who did it, when, why "
        "and how many\n"
        "is recorded.\n\n"
        "JSON, one object: v, verb, count, dry_run.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 10000,
    .run = run,
};
