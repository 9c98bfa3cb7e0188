/* dispatcher evidence: everything there is to show about a campaign, in a folder of its own. */
#include "desk/evidence.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/session.h"
#include "desk/command_list.h"
#include "desk/evidence_documents.h"
#include "desk/evidence_duties.h"
#include "model/json.h"

struct exporting {
    const struct invocation *inv;
    struct session session;
    const char *campaign, *directory, *addresses;
    struct evidence_file parts[EVIDENCE_PARTS];
    struct evidence_file address_file; /* only with full addresses */
    struct buf batches;                /* a JSON array */
    struct buf about;                  /* the campaign as it was handed over; empty: it was not */
    struct evidence_documents documents;
    struct evidence_duties duties;
    struct error *err; /* of a callback */
    int rc;
    int64_t people;
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    int64_t began_ms, began_mono_ms;
    struct progress progress;
    char readme[DIGEST_HEX_SIZE];
    char seal[DIGEST_HEX_SIZE];
};

/* ---- the folder ---- */

static int make_directory(const struct exporting *e, struct error *err)
{
    char *manifest = file_join(e->directory, EVIDENCE_MANIFEST);
    bool whole = access(manifest, F_OK) == 0;
    int rc = 0;
    free(manifest);
    if (mkdir(e->directory, 0700) == 0)
        return 0;
    if (errno != EEXIST)
        rc = error_errno(err, ERR_IO, "cannot make the folder %s", e->directory);
    else if (whole)
        rc = error_set(err, ERR_CONFLICT,
                       "%s holds evidence already, and is never overwritten; name another folder",
                       e->directory);
    else
        rc = error_set(err, ERR_CONFLICT,
                       "%s is there already, without a %s: if it is an export that was "
                       "interrupted, remove it; else name another folder",
                       e->directory, EVIDENCE_MANIFEST);
    return rc;
}

static int open_parts(struct exporting *e, struct error *err)
{
    int rc = 0;
    for (int part = 0; rc == 0 && part < EVIDENCE_PARTS; part++)
        rc = evidence_file_open(e->directory, evidence_part_name((enum evidence_part)part), 0640,
                                &e->parts[part], err);
    if (rc == 0 && strcmp(e->addresses, "full") == 0)
        rc = evidence_file_open(e->directory, EVIDENCE_ADDRESSES, 0600, &e->address_file, err);
    return rc;
}

static int close_parts(struct exporting *e, int rc, struct error *err)
{
    for (int part = 0; part < EVIDENCE_PARTS; part++)
        rc = evidence_file_close(&e->parts[part], rc, err);
    return evidence_file_close(&e->address_file, rc, err);
}

/* ---- rows ---- */

static void count_row(struct exporting *e, const struct json_t *row)
{
    enum channel_kind channel;
    enum delivery_state state;
    if (channel_kind_parse(json_get_text(row, "channel", ""), &channel) &&
        delivery_state_parse(json_get_text(row, "state", ""), &state))
        e->counts[channel][state]++;
}

static void put_address(struct exporting *e, const struct json_t *answer)
{
    struct buf line = {0};
    evidence_put_address(&line, json_get_text(answer, "address", ""),
                         json_get_text(json_get(answer, "evidence"), "id", ""),
                         e->parts[EVIDENCE_DELIVERIES].chain.rows,
                         json_get_text(answer, "salt", ""));
    evidence_file_put_text(&e->address_file, line.data);
    buf_free(&line);
}

static void take_delivery(void *context, const struct json_t *answer)
{
    struct exporting *e = context;
    struct json_t *row = json_get(answer, "evidence");
    count_row(e, row);
    evidence_file_put_row(&e->parts[EVIDENCE_DELIVERIES], row);
    if (e->address_file.file != NULL)
        put_address(e, answer);
}

static int ask_page(struct exporting *e, int64_t *inout_after, bool *out_more, struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    request_begin(&request, "evidence_rows");
    request_put_text(&request, "campaign", e->campaign);
    request_put_text(&request, "addresses", e->addresses);
    buf_printf(&request, ",\"after\":%" PRId64 "}", *inout_after);
    int rc = session_ask(&e->session, request.data, &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, take_delivery, e);
    *inout_after = json_get_int(end, "last", 0);
    *out_more = json_get_bool(end, "more", false);
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

static int take_deliveries(struct exporting *e, struct error *err)
{
    const struct evidence_chain *chain = &e->parts[EVIDENCE_DELIVERIES].chain;
    int64_t after = 0;
    bool more = true;
    int rc = 0;
    progress_begin(&e->progress, e->inv, e->campaign, clock_mono_ms());
    while (rc == 0 && more) {
        rc = ask_page(e, &after, &more, err);
        progress_update(&e->progress, chain->rows, e->people > chain->rows ? e->people : 0, NULL,
                        clock_mono_ms());
    }
    progress_hide(&e->progress);
    if (rc == 0 && chain->rows == 0)
        rc = error_set(err, ERR_NOT_FOUND,
                       "nothing was sent under the name \"%s\"; `dispatcher campaign list` and "
                       "`dispatcher batches` list what there is",
                       e->campaign);
    return rc;
}

/* Asks for all rows of a kind at once: there are few. */
static int ask_all(struct exporting *e, const char *verb,
                   void (*fn)(void *context, const struct json_t *row), struct json_t **out_end,
                   struct error *err)
{
    struct buf request = {0}, rows = {0};
    request_begin(&request, verb);
    request_put_text(&request, "campaign", e->campaign);
    request_put_text(&request, "addresses", e->addresses);
    buf_putc(&request, '}');
    int rc = session_ask(&e->session, request.data, &rows, out_end, err);
    if (rc == 0)
        output_each_line(&rows, fn, e);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

static void take_decision(void *context, const struct json_t *answer)
{
    struct exporting *e = context;
    evidence_file_put_row(&e->parts[EVIDENCE_DECISIONS], json_get(answer, "evidence"));
}

static int take_decisions(struct exporting *e, struct error *err)
{
    struct json_t *end = NULL;
    int rc = ask_all(e, "evidence_actions", take_decision, &end, err);
    json_free(end);
    return rc;
}

static void take_batch(void *context, const struct json_t *row)
{
    struct exporting *e = context;
    buf_putc(&e->batches, e->batches.len == 0 ? '[' : ',');
    json_put(&e->batches, row);
}

static int take_batches(struct exporting *e, struct error *err)
{
    struct json_t *end = NULL;
    int rc = ask_all(e, "evidence_batches", take_batch, &end, err);
    e->people = json_get_int(end, "people", 0);
    buf_puts(&e->batches, e->batches.len == 0 ? "[]" : "]");
    json_free(end);
    return rc;
}

/* What was handed over, who approved it, the documents of both, and calls. */
static void take_record(void *context, const struct json_t *row)
{
    struct exporting *e = context;
    const char *kind = json_get_text(row, "kind", "");
    struct json_t *record = json_get(row, "evidence");
    if (e->rc == 0)
        e->rc = evidence_documents_take(&e->documents, &e->session, json_get(record, "manifest"),
                                        e->err);
    if (strcmp(kind, "campaign") == 0)
        json_put(&e->about, record);
    else if (strcmp(kind, "approval") == 0)
        evidence_file_put_row(&e->parts[EVIDENCE_APPROVALS], record);
    else if (strcmp(kind, "call") == 0)
        evidence_file_put_row(&e->parts[EVIDENCE_CALLS], record);
}

static int take_records(struct exporting *e, struct error *err)
{
    struct json_t *end = NULL;
    e->documents.directory = e->directory;
    e->err = err;
    int rc = ask_all(e, "evidence_campaign", take_record, &end, err);
    json_free(end);
    return rc == 0 ? e->rc : rc;
}

/* What was owed by law, and what was set aside. */
static int take_duties(struct exporting *e, struct error *err)
{
    const char *file = option_value(e->inv, "file");
    struct json_t *about = NULL;
    int rc = 0;
    if (e->about.len > 0)
        rc = json_parse(e->about.data, e->about.len, e->campaign, 1, 64, &about, err);
    e->duties = (struct evidence_duties){.inv = e->inv,
                                         .campaign = e->campaign,
                                         .documents = &e->documents,
                                         .duties = &e->parts[EVIDENCE_DUTIES],
                                         .exemptions = &e->parts[EVIDENCE_EXEMPTIONS]};
    if (rc == 0)
        rc = evidence_duties_take(&e->duties, &e->session, about,
                                  file != NULL ? file : json_get_text(about, "file", NULL), err);
    json_free(about);
    return rc;
}

/* ---- the manifest ---- */

static void put_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

static void put_counts(struct buf *out, const struct exporting *e)
{
    const char *sign = ",\"states\":{";
    for (int state = 0; state < DELIVERY_STATES; state++) {
        int64_t count = 0;
        for (int kind = 0; kind < CHANNEL_KINDS; kind++)
            count += e->counts[kind][state];
        buf_printf(out, "%s\"%s\":%" PRId64, sign, delivery_state_name((enum delivery_state)state),
                   count);
        sign = ",";
    }
    sign = "},\"channels\":{";
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        int64_t count = 0;
        for (int state = 0; state < DELIVERY_STATES; state++)
            count += e->counts[kind][state];
        buf_printf(out, "%s\"%s\":%" PRId64, sign, channel_kind_name((enum channel_kind)kind),
                   count);
        sign = ",";
    }
    buf_putc(out, '}');
}

/* How far the times may be trusted: what the kernel knows of its clock, and whether it stepped
 * while the rows were read. */
static void put_clock(struct buf *out, const struct exporting *e)
{
    struct timex state = {0};
    char began[CLOCK_TEXT_SIZE], ended[CLOCK_TEXT_SIZE], zone[64] = "";
    int64_t now_ms = clock_wall_ms();
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm local;
    bool synchronised = adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
    int64_t stepped_ms = now_ms - e->began_ms - (clock_mono_ms() - e->began_mono_ms);
    if (localtime_r(&now_s, &local) != NULL)
        strftime(zone, sizeof(zone), "%Z %z", &local);
    buf_printf(out, ",\"clock\":{\"synchronised\":%s,\"error_us\":%ld,\"stepped_ms\":%" PRId64,
               synchronised ? "true" : "false", synchronised ? state.esterror : -1,
               stepped_ms > 1000 || stepped_ms < -1000 ? stepped_ms : 0);
    put_text(out, "began_at", clock_format_rfc3339(e->began_ms, began));
    put_text(out, "ended_at", clock_format_rfc3339(now_ms, ended));
    put_text(out, "zone", zone);
    buf_putc(out, '}');
}

static void put_files(struct buf *out, const struct exporting *e)
{
    const char *sign = ",\"files\":{";
    for (int part = 0; part < EVIDENCE_PARTS; part++) {
        const struct evidence_chain *chain = &e->parts[part].chain;
        buf_printf(out, "%s\"%s\":{\"rows\":%" PRId64 ",\"head\":\"%s\"}", sign,
                   evidence_part_name((enum evidence_part)part), chain->rows, chain->head);
        sign = ",";
    }
    buf_printf(out, "},\"documents\":[%s],\"documents_not_kept\":[%s],\"readme_sha256\":\"%s\"",
               buf_text(&e->documents.written), buf_text(&e->documents.absent), e->readme);
}

static void put_manifest(struct buf *out, const struct exporting *e)
{
    char when[CLOCK_TEXT_SIZE];
    buf_puts(out, "{\"v\":1");
    put_text(out, "format", EVIDENCE_FORMAT);
    put_text(out, "campaign", e->campaign);
    put_text(out, "program", "dispatcher " DISPATCHER_VERSION);
    put_text(out, "exported_at", clock_format_rfc3339(e->began_ms, when));
    put_text(out, "addresses", e->addresses);
    put_text(out, "chain",
             "sha256 of the line without its member hash; previous is the hash of the row before");
    put_clock(out, e);
    put_counts(out, e);
    evidence_duties_put(&e->duties, out);
    buf_printf(out, ",\"batches\":%s,\"about\":%s", buf_text(&e->batches),
               e->about.len > 0 ? e->about.data : "null");
    put_files(out, e);
    buf_putc(out, '}');
}

/* Whole or not there, and nothing beside it: what is too much in the folder is found by whoever
 * verifies it. */
static int publish(const struct exporting *e, const char *name, const struct buf *bytes,
                   struct error *err)
{
    char *path = file_join(e->directory, name);
    int rc = file_replace(path, bytes->data, bytes->len, err);
    free(path);
    return rc;
}

static int write_readme(struct exporting *e, struct error *err)
{
    char when[CLOCK_TEXT_SIZE];
    struct buf text = {0};
    unsigned char digest[DIGEST_SIZE];
    const struct evidence_facts facts = {
        .campaign = e->campaign,
        .exported_at = clock_format_rfc3339(e->began_ms, when),
        .addresses = e->addresses,
        .deliveries = e->parts[EVIDENCE_DELIVERIES].chain.rows,
        .decisions = e->parts[EVIDENCE_DECISIONS].chain.rows,
    };
    evidence_put_readme(&text, &facts);
    digest_sha256(text.data, text.len, digest);
    digest_hex(digest, e->readme);
    int rc = publish(e, EVIDENCE_README, &text, err);
    buf_free(&text);
    return rc;
}

/* Last of all: without it the export is not whole. */
static int write_manifest(struct exporting *e, struct error *err)
{
    struct buf text = {0}, sealed = {0};
    struct json_t *root = NULL;
    put_manifest(&text, e);
    int rc = json_parse(text.data, text.len, EVIDENCE_MANIFEST, 1, 64, &root, err);
    if (rc == 0) {
        evidence_put_sealed(root, &sealed, e->seal);
        buf_putc(&sealed, '\n');
        rc = publish(e, EVIDENCE_MANIFEST, &sealed, err);
    }
    json_free(root);
    buf_free(&text);
    buf_free(&sealed);
    return rc;
}

/* ---- the command ---- */

static int write_all(struct exporting *e, struct error *err)
{
    int rc = open_parts(e, err);
    if (rc == 0)
        rc = take_batches(e, err);
    if (rc == 0)
        rc = take_deliveries(e, err);
    if (rc == 0)
        rc = take_decisions(e, err);
    if (rc == 0)
        rc = take_records(e, err);
    if (rc == 0)
        rc = take_duties(e, err);
    if (rc == 0)
        rc = write_readme(e, err);
    return close_parts(e, rc, err);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED,
                      struct FTW *walk UNUSED)
{
    return remove(path);
}

/* That it left the house belongs to the decisions, too; whoever may only look is not kept from it.
 */
static bool record(struct exporting *e, struct error *why)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, "evidence_taken");
    request_put_text(&request, "campaign", e->campaign);
    request_put_text(&request, "seal", e->seal);
    request_put_text(&request, "addresses", e->addresses);
    request_put_text(&request, "reason", option_value(e->inv, "reason"));
    buf_printf(&request, ",\"rows\":%" PRId64 "}", e->parts[EVIDENCE_DELIVERIES].chain.rows);
    int rc = session_change(e->inv, &request, &end, why);
    json_free(end);
    buf_free(&request);
    return rc == 0;
}

/* Of what was only enqueued nobody expects any. */
static void tell_duties(const struct exporting *e)
{
    struct buf text = {0};
    struct json_t *root = NULL;
    struct error ignored;
    buf_puts(&text, "{\"v\":1");
    evidence_duties_put(&e->duties, &text);
    buf_putc(&text, '}');
    bool expected = e->about.len > 0 || option_given(e->inv, "file");
    if (expected && json_parse(text.data, text.len, e->campaign, 1, 8, &root, &ignored) == 0)
        evidence_duties_tell(e->inv, json_get(root, "duties"));
    json_free(root);
    buf_free(&text);
}

static void tell(struct exporting *e)
{
    char number[OUTPUT_NUMBER_SIZE];
    struct error why;
    bool recorded = record(e, &why);
    const int64_t rows = e->parts[EVIDENCE_DELIVERIES].chain.rows;
    struct buf out = {0};
    if (!recorded)
        say(e->inv, stderr,
            "That this evidence was taken could not be recorded in the ledger: %s\n", why.text);
    if (!invocation_json(e->inv)) {
        say(e->inv, stdout, "%s deliveries and the decisions about them stand in %s.\n",
            output_number(rows, number), e->directory);
        tell_duties(e);
        say(e->inv, stdout, "Seal: %s\n", e->seal);
        say(e->inv, stdout,
            "Write the seal down elsewhere; whoever has it sees every change:\n"
            "  dispatcher evidence verify %s --seal %s\n",
            e->directory, e->seal);
        return;
    }
    buf_printf(&out, "{\"v\":1,\"rows\":%" PRId64 ",\"decisions\":%" PRId64, rows,
               e->parts[EVIDENCE_DECISIONS].chain.rows);
    put_text(&out, "campaign", e->campaign);
    put_text(&out, "directory", e->directory);
    put_text(&out, "addresses", e->addresses);
    put_text(&out, "seal", e->seal);
    printf("%s,\"recorded\":%s}\n", out.data, recorded ? "true" : "false");
    buf_free(&out);
}

/* Millions of rows are not read through a daemon's loop: everybody else would wait. */
static int open_ledger(struct exporting *e, struct error *err)
{
    int rc = session_open_beside(e->inv, &e->session, err);
    if (rc == 0 && client_has_daemon(e->session.client)) {
        session_close(&e->session);
        rc = error_set(err, ERR_DENIED,
                       "evidence is read from the ledger itself, beside the daemon, and you may "
                       "not read it; run this as the daemon's user or as root");
    }
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    const char *addresses = option_value(inv, "addresses");
    struct exporting e = {.inv = inv,
                          .campaign = argument_at(inv, 0),
                          .directory = option_value(inv, "out"),
                          .addresses = addresses != NULL ? addresses : "masked",
                          .began_ms = clock_wall_ms(),
                          .began_mono_ms = clock_mono_ms()};
    if (e.directory == NULL)
        return error_set(err, ERR_USAGE,
                         "say where the evidence shall go: dispatcher evidence %s --out FOLDER",
                         e.campaign);
    int rc = open_ledger(&e, err);
    if (rc != 0)
        return rc;
    rc = make_directory(&e, err);
    if (rc == 0) {
        rc = write_all(&e, err);
        if (rc == 0)
            rc = write_manifest(&e, err);
        if (rc != 0) /* what found nothing, or was refused, leaves nothing behind */
            nftw(e.directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    session_close(&e.session);
    if (rc == 0)
        tell(&e);
    buf_free(&e.batches);
    buf_free(&e.about);
    evidence_documents_free(&e.documents);
    evidence_duties_free(&e.duties);
    return rc;
}

static const struct option_row options[] = {
    {"out", 'o', "DIR", "the folder to make; never an existing one"},
    {"addresses", 0, "full|masked|none", "in each row masked (the default); full: a file beside"},
    {"file", 0, "FILE", "the campaign.yaml, if it does not lie where it was sent from"},
    {"reason", 0, "TEXT", "why, for the record"},
};

const struct command command_evidence = {
    .name = "evidence",
    .arguments = "CAMPAIGN --out DIR",
    .summary = "everything there is to show about a campaign, in a chain that tells every change",
    .details =
        "  dispatcher evidence recall-2026 --out /srv/evidence/recall-2026\n\n"
        "Makes a folder: every delivery with its tries, replies and the SHA-256 of what was\n"
        "sent, every decision, the letters, what the law asked for and when that was done,\n"
        "exemptions, and README.txt that explains in three languages how anybody checks it\n"
        "without this program. Works beside a running daemon. The seal it prints stands for all\n"
        "of it: write it down elsewhere.\n\n"
        "Masked addresses look like m…n@example.com. Full ones need the right to operate and go\n"
        "into a file of their own (addresses.jsonl); it, or single persons in it (`evidence\n"
        "forget`), can be deleted later, and the rest can still be checked. An export that was\n"
        "interrupted has no manifest.json.\n\n"
        "JSON, one object: v, rows, decisions, campaign, directory, addresses, seal, recorded (in\n"
        "the ledger's chain of actions).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
