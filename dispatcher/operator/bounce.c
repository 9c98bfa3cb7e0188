#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "channel/bounce_report.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"
#include "operator/bounce_input.h"
#include "operator/bounce_unmoved.h"
#include "spool/token_key.h"

/* Receipts in one request: it has a limit in bytes (REQUEST_MAX). */
#define RECEIPTS_STEP ((size_t)20)

struct bounces {
    const struct invocation *inv;
    struct session session;
    const char *domain; /* of our Message-IDs; NULL: not known */
    bool dry_run;
    unsigned char key[TOKEN_KEY_SIZE];
    struct error no_key;   /* a dry run: why tokens cannot be verified; code 0: they can */
    int64_t mails, silent; /* silent: report nothing, or not of what */
    int64_t booked, parked, refused;
    struct unmoved unmoved;
};

static bool is_pipe(const struct invocation *inv)
{
    return argument_count(inv) == 0 && !option_given(inv, "maildir");
}

/* ---- one mail ---- */

/* "null": it brings a token, but there is nothing to verify it with. */
static const char *find_proof(const struct bounces *b, const struct receipt *r)
{
    int64_t ignored = 0;
    if (r->token == NULL)
        return "false";
    if (b->no_key.code != 0)
        return "null";
    return token_read(r->token, strlen(r->token), b->key, TOKEN_DELIVERY, "", &ignored) ? "true"
                                                                                        : "false";
}

static void print_understood(const struct bounces *b, const char *shown,
                             const struct bounce_report *report)
{
    struct buf line = {0};
    buf_puts(&line, "{\"v\":1,\"mail\":");
    struct buf name = {0};
    text_put_visible(&name, shown, strlen(shown));
    buf_put_json(&line, buf_text(&name));
    buf_printf(&line, ",\"kind\":\"%s\",\"nameless\":%zu,\"receipts\":[",
               bounce_kind_name(report->kind), report->nameless);
    for (size_t i = 0; i < report->count; i++) {
        buf_puts(&line, i > 0 ? "," : "");
        receipt_put_json_as(&report->items[i], find_proof(b, &report->items[i]), &line);
    }
    buf_puts(&line, "]");
    if (b->no_key.code != 0)
        request_put_text(&line, "unverified", b->no_key.text);
    printf("%s}\n", buf_text(&line));
    buf_free(&name);
    buf_free(&line);
}

static int send_step(struct bounces *b, const char *shown, const struct receipt *receipts,
                     size_t count, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, "receive");
    buf_puts(&request, ",\"receipts\":[");
    for (size_t i = 0; i < count; i++) {
        buf_puts(&request, i > 0 ? "," : "");
        receipt_put_json(&receipts[i], &request);
    }
    buf_puts(&request, "]}");
    int rc = session_ask(&b->session, buf_text(&request), NULL, &end, err);
    b->booked += json_get_int(end, "booked", 0);
    b->parked += json_get_int(end, "parked", 0);
    b->refused += json_get_int(end, "refused", 0);
    unmoved_take(&b->unmoved, end, shown, is_pipe(b->inv));
    json_free(end);
    buf_free(&request);
    return rc;
}

static int send_all(struct bounces *b, const char *shown, const struct bounce_report *report,
                    struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < report->count; i += RECEIPTS_STEP) {
        size_t left = report->count - i;
        rc = send_step(b, shown, report->items + i, left < RECEIPTS_STEP ? left : RECEIPTS_STEP,
                       err);
    }
    return rc;
}

/* Nothing of the mail is in the line: it may name a person. */
static void tell_silent(const struct bounces *b, const char *shown,
                        const struct bounce_report *report)
{
    if (report->nameless > 0)
        log_event(LOG_WARN, "bounce.nameless", "mail=\"%s\" kind=%s reports=%zu", shown,
                  bounce_kind_name(report->kind), report->nameless);
    else if (!b->dry_run)
        log_event(LOG_INFO, "bounce.ignored", "mail=\"%s\" kind=%s", shown,
                  bounce_kind_name(report->kind));
}

static int take(void *context, const char *shown, const struct buf *mail, struct error *err)
{
    struct bounces *b = context;
    struct bounce_report report;
    const struct bounce_arrival arrival = {.bytes = buf_text(mail),
                                           .len = mail->len,
                                           .to = option_value(b->inv, "to"),
                                           .domain = b->domain,
                                           .now_ms = clock_wall_ms()};
    bounce_report_read(&arrival, &report);
    b->mails++;
    b->silent += report.count == 0;
    if (report.count == 0)
        tell_silent(b, shown, &report);
    if (b->dry_run)
        print_understood(b, shown, &report);
    int rc = b->dry_run ? 0 : send_all(b, shown, &report, err);
    bounce_report_clear(&report);
    return rc;
}

/* ---- all of them ---- */

static int take_all(struct bounces *b, struct error *err)
{
    const char *maildir = option_value(b->inv, "maildir");
    int rc = 0;
    if (is_pipe(b->inv))
        return bounce_read_stdin(take, b, err);
    for (size_t i = 0; rc == 0 && i < argument_count(b->inv); i++)
        rc = bounce_read_file(argument_at(b->inv, i), take, b, err);
    if (rc == 0 && maildir != NULL)
        rc = bounce_read_maildir(maildir, b->dry_run, take, b, err);
    return rc;
}

static void report_json(const struct bounces *b)
{
    struct buf unmoved = {0};
    unmoved_put_json(&b->unmoved, &unmoved);
    printf("{\"v\":1,\"verb\":\"bounce\",\"mails\":%" PRId64 ",\"booked\":%" PRId64
           ",\"parked\":%" PRId64 ",\"refused\":%" PRId64 ",\"silent\":%" PRId64 "%s}\n",
           b->mails, b->booked, b->parked, b->refused, b->silent, buf_text(&unmoved));
    buf_free(&unmoved);
}

static void print_counts(const struct bounces *b)
{
    const struct invocation *inv = b->inv;
    if (b->mails == 1)
        say(inv, stdout, "1 mail read: ");
    else
        say(inv, stdout, "%lld mails read: ", (long long)b->mails);
    if (b->booked == 1)
        say(inv, stdout, "1 report booked, ");
    else
        say(inv, stdout, "%lld reports booked, ", (long long)b->booked);
    say(inv, stdout, "%lld waiting, %lld refused; ", (long long)b->parked, (long long)b->refused);
    if (b->silent == 1)
        say(inv, stdout, "1 reports nothing of a letter of ours.\n");
    else
        say(inv, stdout, "%lld report nothing of a letter of ours.\n", (long long)b->silent);
}

static void report_counts(const struct bounces *b)
{
    if (invocation_json(b->inv)) {
        report_json(b);
        return;
    }
    if (is_pipe(b->inv))
        return;
    print_counts(b);
    unmoved_print(&b->unmoved);
}

/* Looking at a mail needs no configuration; with one, a Message-ID of somebody else is told apart.
 */
static void load_domain(const struct invocation *inv, struct settings **out)
{
    struct config_options options = *invocation_config(inv);
    struct error ignored;
    options.without_secrets = true;
    if (config_load(&options, out, &ignored) != 0)
        *out = NULL;
}

static int look(struct bounces *b, struct error *err)
{
    struct settings *settings = NULL;
    load_domain(b->inv, &settings);
    b->domain = settings != NULL ? settings->organisation.domain : NULL;
    if (settings == NULL)
        error_set(&b->no_key, ERR_CONFIG, "there is no configuration that names the spool");
    else if (token_key_read(settings->spool, b->key, &b->no_key) == 0)
        b->no_key.code = 0;
    int rc = take_all(b, err);
    if (settings != NULL)
        settings_free(settings);
    free(settings);
    return rc;
}

static int book(struct bounces *b, struct error *err)
{
    int rc = session_open(b->inv, LEDGER_READ, &b->session, err);
    if (rc == 0) {
        b->domain = b->session.settings->organisation.domain;
        rc = take_all(b, err);
    }
    session_close(&b->session);
    if (rc == 0)
        report_counts(b);
    unmoved_free(&b->unmoved);
    return rc;
}

/* A mail server takes any other status for "cannot be delivered" and loses the report: it has
 * nobody to return it to. */
static int keep_in_queue(struct error *err)
{
    output_error(err);
    return EX_TEMPFAIL;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct bounces b = {.inv = inv, .unmoved.inv = inv, .dry_run = option_given(inv, "dry-run")};
    int rc = b.dry_run ? look(&b, err) : book(&b, err);
    return rc != 0 && is_pipe(inv) && !b.dry_run ? keep_in_queue(err) : rc;
}

static const struct option_row options[] = {
    {"maildir", 0, "DIR", "every mail in DIR/new; handled ones go to DIR/cur as seen"},
    {"to", 0, "ADDRESS", "the address it was returned to, where no header says it"},
    {"dry-run", 'n', NULL, "only print what is understood, as JSON; needs no daemon"},
};

const struct command command_bounce = {
    .name = "bounce",
    .arguments = "[FILE...]",
    .summary = "take returned mails, complaints and delivery reports",
    .details =
        "  bounce: \"|/usr/bin/dispatcher bounce\"                  a line of /etc/aliases\n"
        "  */5 * * * * dispatcher bounce --maildir /var/mail/bounce  a line of a crontab\n"
        "  dispatcher bounce --dry-run mail.eml                    what would be understood\n\n"
        "Reads mails that came back to organisation.bounce, from files, a Maildir or standard "
        "input, and\n"
        "tells the daemon what they report: a delivery that was accepted and then returned "
        "becomes failed,\n"
        "its next channel begins, and an address that does not exist is suppressed (`dispatcher "
        "suppress`).\n"
        "With organisation.verp each letter has an envelope sender of its own, so that it is "
        "always known\n"
        "which one came back; a report without that changes nothing. Answers by machines "
        "(holidays) and\n"
        "anything else that reports nothing are read, logged and done with. Read twice, a mail "
        "changes\n"
        "nothing more.\n\n"
        "Exit status from a pipe: 0, or 75 if it could not be booked (no daemon, no right to its "
        "socket):\n"
        "the mail server keeps the mail and tries again. docs/bounces.md tells how to set it "
        "up.\n\n"
        "JSON, one object: v, verb, mails, booked, parked (in flight still), refused (not proven), "
        "silent,\n"
        "unmoved (what changed nothing: mail, id, reason, note). From a pipe the log tells that "
        "instead.\n"
        "--dry-run, an object for each mail: v, mail, kind (status, letter, complaint, automatic, "
        "none),\n"
        "nameless, receipts (proven null: it could not be verified), unverified (why not).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 100000,
    .run = run,
};
