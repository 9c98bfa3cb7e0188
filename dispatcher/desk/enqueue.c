#include "desk/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "desk/enqueue_batch.h"
#include "desk/enqueue_input.h"
#include "desk/enqueue_inline.h"
#include "engine/intake.h"
#include "model/json.h"
#include "people/handover_report.h"
#include "spool/spool.h"

#define ASK_MS 2000 /* whoever hands over waits for it */

struct enqueue {
    const struct invocation *inv;
    struct setup *setup;
    struct spool *spool;
    struct client
        *client; /* NULL: the ledger cannot be asked from here; the daemon will judge repeats */
    size_t queued, duplicate, rejected;
    struct fallbacks fallbacks;
};

/* ---- results ---- */

static void report_json(const struct intake_plan *plan, int line, bool duplicate)
{
    printf("{\"v\":1,\"line\":%d,\"id\":\"%s\",\"status\":\"%s\"", line, plan->job->id,
           duplicate ? "duplicate" : "queued");
    if (plan->fallback)
        printf(",\"locale_fallback\":\"%s\"", plan->locale);
    printf("}\n");
}

/* Whoever hands over one by one waits for it. */
static void report_accepted(struct enqueue *e, const struct intake_plan *plan, int line,
                            bool duplicate)
{
    if (invocation_json(e->inv))
        report_json(plan, line, duplicate);
    else
        printf("%s\n", plan->job->id);
    fflush(stdout);
    fallbacks_add(&e->fallbacks, line, plan);
    if (duplicate)
        e->duplicate++;
    else
        e->queued++;
}

/* Its id, as far as it has one that can be read. */
static void put_id(struct buf *out, const char *text, size_t len)
{
    struct json_t *value = NULL;
    if (json_parse(text, len, "", 1, JOB_DEPTH_MAX, &value, NULL) != 0)
        return;
    const char *id = json_get_text(value, "id", NULL);
    if (id != NULL) {
        buf_puts(out, ",\"id\":");
        buf_put_json(out, id);
    }
    json_free(value);
}

static void report_rejected(struct enqueue *e, const char *text, size_t len, int line,
                            const struct error *why)
{
    struct buf out = {0};
    e->rejected++;
    if (!invocation_json(e->inv)) {
        output_error(why);
        return;
    }
    buf_printf(&out, "{\"v\":1,\"line\":%d", line);
    put_id(&out, text, len);
    buf_printf(&out, ",\"status\":\"%s\",\"errors\":[{\"detail\":",
               why->code == ERR_CONFLICT ? "conflict" : "rejected");
    output_put_error(&out, why);
    buf_puts(&out, "}]}\n");
    fwrite(out.data, 1, out.len, stdout);
    fflush(stdout);
    buf_free(&out);
}

/* ---- one notice ---- */

/* The daemon is gone: then its ledger is asked. Where we may not read that, the next daemon judges
 * repeats when it takes them in. */
static bool go_on_alone(struct enqueue *e)
{
    struct error ignored;
    client_close(e->client);
    e->client = NULL;
    if (client_open(e->setup->settings, LEDGER_READ, &e->client, &ignored) != 0)
        e->client = NULL;
    return e->client != NULL;
}

static int refuse_other(const struct job *job, bool by_key, struct error *err)
{
    if (by_key)
        return error_set(err, ERR_CONFLICT,
                         "the idempotency_key \"%s\" was already used for other content; nothing "
                         "was queued. Give the new notice a key of its own",
                         job->idempotency_key);
    return error_set(err, ERR_CONFLICT,
                     "the id \"%s\" was already accepted with other content; nothing was queued. "
                     "Give the new notice an id of its own",
                     job->id);
}

static void put_question(struct buf *request, const struct job *job)
{
    request_begin(request, "known");
    request_put_text(request, "id", job->id);
    if (job->idempotency_key != NULL)
        request_put_text(request, "key", job->idempotency_key);
    buf_putc(request, '}');
}

/* Was this id used before? Best asked now: the producer still listens. */
static int ask_known(struct enqueue *e, const struct job *job, bool *out_same, struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    struct buf request = {0}, end = {0};
    struct json_t *facts = NULL;
    *out_same = false;
    if (e->client == NULL)
        return 0;
    put_question(&request, job);
    int rc = client_ask(e->client, request.data, NULL, &end, err);
    if (rc == ERR_DOWN)
        rc = go_on_alone(e) ? client_ask(e->client, request.data, NULL, &end, err) : 0;
    if (rc == 0 && end.len > 0)
        rc = json_parse(end.data, end.len, "answer", 1, 8, &facts, err);
    if (rc == 0 && json_get_bool(facts, "known", false)) {
        job_digest(job, NULL, digest);
        digest_hex(digest, hex);
        *out_same = strcmp(hex, json_get_text(facts, "sha256", "")) == 0;
        if (!*out_same)
            rc = refuse_other(job, json_get_bool(facts, "by_key", false), err);
    }
    json_free(facts);
    buf_free(&request);
    buf_free(&end);
    return rc;
}

/*
 * Between our question and the drop the daemon may have taken in another notice of this id, which
 * leaves its place in new/ free for ours. So it is asked once more, and what would be refused
 * later, when nobody listens any more, is taken back now.
 */
static int drop(struct enqueue *e, const struct job *job, const char *text, size_t len,
                bool *out_duplicate, struct error *err)
{
    struct error ignored;
    bool same = false;
    int rc = spool_drop(e->spool, job->id, text, len, out_duplicate, err);
    if (rc != 0)
        return rc;
    rc = ask_known(e, job, &same, err);
    if (rc == ERR_CONFLICT && spool_withdraw(e->spool, job->id, text, len, &ignored) != 0)
        return error_set(err, ERR_IO, "%s", ignored.text);
    return rc;
}

static int enqueue_one(struct enqueue *e, const char *text, size_t len, const char *shown, int line,
                       struct error *err)
{
    struct intake_plan plan;
    bool duplicate = false;
    int rc = intake_plan(e->setup, text, len, shown, line, &plan, err);
    if (rc == ERR_CONFIG)
        err->code = rc = ERR_INPUT; /* its letter has a mistake: no reason to refuse the others */
    if (rc != 0)
        return rc;
    rc = ask_known(e, plan.job, &duplicate, err);
    if (rc == 0 && !duplicate)
        rc = drop(e, plan.job, text, len, &duplicate, err);
    if (rc == 0)
        report_accepted(e, &plan, line, duplicate);
    intake_plan_clear(&plan);
    return rc;
}

/* What the notice itself is to blame for goes into the report; everything else ends the run. */
static int take(struct enqueue *e, const char *text, size_t len, const char *shown, int line,
                struct error *err)
{
    int rc = enqueue_one(e, text, len, shown, line, err);
    if (rc != ERR_INPUT && rc != ERR_CONFLICT)
        return rc;
    report_rejected(e, text, len, line, err);
    return 0;
}

/* ---- all of them ---- */

static int take_input(struct enqueue *e, const char *name, struct error *err)
{
    struct enqueue_input in;
    const char *text = NULL;
    size_t len = 0;
    int rc = enqueue_input_open(name, &in, err);
    if (rc != 0)
        return rc;
    while ((rc = enqueue_input_next(&in, &text, &len, err)) == 1) {
        rc = take(e, text, len, in.shown, in.line, err);
        if (rc != 0)
            break;
    }
    if (rc == 0 && e->queued + e->duplicate + e->rejected == 0)
        rc = error_set(err, ERR_INPUT,
                       "%s is empty; it should hold a notice as JSON, or one per line", in.shown);
    enqueue_input_close(&in);
    return rc;
}

/* Its mistake is that of the files: what the daemon read before still holds there. */
static void tell_daemon_goes_on(const struct invocation *inv)
{
    struct settings *settings = NULL;
    struct client *client = NULL;
    struct error ignored;
    if (config_locate_spool(invocation_config(inv), &settings, &ignored) != 0)
        return;
    if (client_open_daemon(settings, ASK_MS, &client, &ignored) == 0)
        say(inv, stderr,
            "The daemon runs on with the configuration it has, but nothing is handed over by "
            "these files; `dispatcher config diff` says what a reload would refuse.\n");
    client_close(client);
    settings_free(settings);
    free(settings);
}

static int open_all(struct enqueue *e, struct error *err)
{
    struct config_options options = *invocation_config(e->inv);
    struct error ignored;
    options.without_secrets = true;
    int rc = setup_load(&options, 1, &e->setup, err);
    if (rc == ERR_CONFIG)
        tell_daemon_goes_on(e->inv);
    if (rc == 0)
        client_take_trial(e->setup->settings);
    if (rc == 0)
        rc = spool_open(e->setup->settings->spool, &e->spool, err);
    if (rc == 0 && client_open(e->setup->settings, LEDGER_READ, &e->client, &ignored) != 0)
        e->client = NULL;
    return rc;
}

static int take_all(struct enqueue *e, struct error *err)
{
    int rc = spool_check_room(e->spool, e->setup->settings->min_free_bytes, err);
    return rc != 0 ? rc : take_input(e, argument_at(e->inv, 0), err);
}

/* Any of its options means a batch: a forgotten --batch must not queue a spreadsheet as notices. */
static bool is_batch(const struct invocation *inv)
{
    static const char *const names[] = {
        "batch", "csv",    "jsonl",   "problems", "shared-addresses",
        "facts", "cohort", "partial", "campaign", "template"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (option_given(inv, names[i]))
            return true;
    }
    return enqueue_inline_given(inv) != NULL;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct enqueue e = {.inv = inv};
    int rc = open_all(&e, err);
    if (rc == 0)
        rc =
            is_batch(inv) ? enqueue_batch(inv, e.setup, e.spool, e.client, err) : take_all(&e, err);
    if (rc == 0 && e.queued + e.duplicate + e.rejected > 1)
        say(inv, stderr, "%zu queued, %zu already known, %zu rejected\n", e.queued, e.duplicate,
            e.rejected);
    if (!invocation_json(inv))
        report_fallbacks(inv, &e.fallbacks, "line");
    if (rc == 0 && e.queued > 0 && e.setup->settings->trial && !invocation_json(inv))
        report_trial(inv, NULL);
    client_close(e.client);
    spool_close(e.spool);
    setup_release(e.setup);
    return rc == 0 && e.rejected > 0 ? EX_DATAERR : rc;
}

static const struct option_row options[] = {
    {"batch", 0, "BATCH.JSON", "what all recipients share: id, template, data, times (JSON)"},
    {"template", 0, "NAME", "instead of --batch: the letter that all recipients get"},
    {"id", 0, "ID", "with --template: the id of the batch; else --campaign, else TEMPLATE-FILE"},
    {"locale", 0, "LANG", "with --template: the language of those whose row names none"},
    {"priority", 0, "low|normal|high", "with --template: what it may overtake"},
    {"category", 0, "WORD", "with --template: the category, if not that of the letter"},
    {"not-before", 0, "TIME", "with --template: nothing leaves before"},
    {"expires-at", 0, "TIME", "with --template: nothing leaves after"},
    {"csv", 0, "FILE", "the recipients: a spreadsheet saved as CSV UTF-8, names in its first row"},
    {"jsonl", 0, "FILE", "the recipients: one JSON object per line"},
    {"facts", 0, "FACTS.YAML", "the fact sheet the letter takes its data from, as in check"},
    {"campaign", 0, "FILE",
     "a campaign, checked first, with all it names; with --template: only its name"},
    {"cohort", 0, "C", "with --facts: whose facts; with --campaign: who gets it"},
    {"partial", 0, NULL, "with --cohort: some of its people, not all that the sheet counts"},
    {"problems", 0, "FILE", "where all that is wrong with the rows is written (problems.csv)"},
    {"shared-addresses", 0, NULL, "several recipients may have the same address or number"},
};

const struct command command_enqueue = {
    .name = "enqueue",
    .arguments = "[FILE|-] | --template NAME (or --batch FILE) --csv FILE (or --jsonl FILE) | "
                 "--campaign FILE --cohort C",
    .summary = "hand over notices: one, many, or a batch of millions",
    .example = "  dispatcher enqueue notice.json\n"
               "  dispatcher enqueue --csv people.csv --template breach-notice --campaign "
               "breach-2026-11 --locale de\n"
               "  dispatcher enqueue --batch batch.json --csv people.csv\n",
    .details =
        "Checks each notice completely (envelope, template, language, variables) and publishes it "
        "in the\n"
        "spool. When its id is printed the notice is safe: on the disk, whatever happens next.\n"
        "The same id with the same content again is fine and sends nothing twice; with other "
        "content it is\n"
        "rejected. Good notices are queued even if others are rejected; then the exit status is "
        "65.\n\n"
        "A batch is queued as a whole or not at all. Every row is checked first; the first 20 "
        "things that\n"
        "are wrong are shown, all of them go to problems.csv, and the exit status is 65.\n"
        "The same table again is known by the id of the batch and sends nothing twice; another one "
        "under\n"
        "the same id is refused. Row c17 of batch B is the notice B_c17.\n"
        "With --campaign each cohort is a batch of its own, CAMPAIGN-COHORT; a campaign in which "
        "check finds\n"
        "errors is refused, and it leaves at its send_at.\n"
        "Columns: id, name, title, given_name, family_name, gender, email, phone, webhook, "
        "timezone, locale,\n"
        "reference; any other one must be a variable of the letter (incident.start, nature.de). "
        "Upper and\n"
        "lower case, spaces, _ and - in their names do not matter. An empty cell is left out.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1,
    .run = run,
};
