/*
 *   every row ── checked as the daemon will ──▶ a line in tmp/ ── all good ──▶ new/ID/, at once
 *                        └── wrong: told; what was written is removed, and the rest is only checked
 *
 * Checking and writing are one pass, so that what is published is what was checked, whatever
 * happens to the file meanwhile.
 */
#include "people/handover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/session.h"
#include "engine/batch_arrival.h"
#include "engine/intake.h"
#include "model/batch.h"
#include "model/json.h"
#include "people/columns.h"
#include "people/fault.h"
#include "people/findings.h"
#include "people/handover_facts.h"
#include "people/handover_report.h"
#include "people/rows.h"
#include "people/seen.h"
#include "people/shared_faults.h"

#define LOOK_EVERY_ROWS 4096 /* at the clock, and at the room on the disk */
#define ASK_EVERY_ROWS  64   /* whether somebody pressed Ctrl-C */

/* By what a recipient is told from another. An endpoint of webhooks serves many. */
enum key { KEY_ID, KEY_EMAIL, KEY_PHONE, KEYS };

struct handover {
    struct handover_options o;
    struct batch *batch;
    struct rows *rows;
    struct findings *findings;
    struct batch_builder *builder; /* NULL: something is wrong, nothing will be published */
    struct seen *seen[KEYS];       /* NULL: not looked at, or not needed yet */
    struct buf text;               /* of batch.json */
    struct handover_facts facts;
    struct shared_faults shared;
    struct progress progress;
    int64_t count;
    int64_t found_before; /* findings before this row */
    struct fallbacks fallbacks;
};

/* ---- twins ---- */

struct keys {
    const char *of[KEYS]; /* NULL: it has none */
};

static struct keys keys_of_job(const struct job *job, const char *recipient)
{
    return (struct keys){
        {[KEY_ID] = recipient, [KEY_EMAIL] = job->to.email, [KEY_PHONE] = job->to.phone}};
}

/* Of a line that may be no notice, for another reason. Borrowed from `root`, and from `number` (24
 * bytes) without an id of its own. */
static struct keys keys_of_line(const struct json_t *root, int64_t row_number, char *number)
{
    const struct json_t *to = json_get(root, "to");
    snprintf(number, 24, "%lld", (long long)row_number);
    return (struct keys){{[KEY_ID] = json_get_text(root, "id", number),
                          [KEY_EMAIL] = json_get_text(to, "email", NULL),
                          [KEY_PHONE] = json_get_text(to, "phone", NULL)}};
}

struct comparison {
    struct handover *h;
    enum key key;
    const char *value;
    int64_t row; /* of the one that has it too */
    int rc;
    struct error *err;
};

/* The table only suspects: the row is read again and looked at. */
static bool is_same(void *context, uint32_t number)
{
    struct comparison *c = context;
    struct buf line = {0};
    struct json_t *root = NULL;
    char own[24];
    const char *other = NULL;
    if (c->rc != 0)
        return false;
    c->rc = rows_read_again(c->h->rows, number, &line, &c->row, c->err);
    if (c->rc == 0 &&
        json_parse(buf_text(&line), line.len, FAULT_SHOWN, 1, JOB_DEPTH_MAX, &root, NULL) == 0)
        other = keys_of_line(root, number, own).of[c->key];
    bool same = other != NULL && (c->key == KEY_EMAIL ? strcasecmp(other, c->value) == 0
                                                      : strcmp(other, c->value) == 0);
    json_free(root);
    buf_free(&line);
    return same;
}

static uint64_t hash_key(enum key key, const char *value)
{
    if (key != KEY_EMAIL)
        return seen_hash(value);
    char *lower = xstrdup(value);
    for (char *at = lower; *at != '\0'; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    uint64_t hash = seen_hash(lower);
    free(lower);
    return hash;
}

static bool must_look(const struct handover *h, enum key key)
{
    struct columns *columns = rows_columns(h->rows);
    if (key == KEY_ID) /* without ids of their own rows are numbered: no two are the same */
        return columns == NULL || columns_find(columns, "/id") >= 0;
    return !h->o.shared_addresses;
}

static void tell_twin(struct handover *h, const struct row *row, enum key key, const char *value,
                      int64_t other_row)
{
    static const struct {
        const char *member, *what, *mend;
    } words[KEYS] = {
        [KEY_ID] = {"/id", "the same id",
                    "give each recipient an id of their own, or remove the row"},
        [KEY_EMAIL] = {"/to/email", "the same e-mail address",
                       "remove one of the rows; if several people share it: --shared-addresses"},
        [KEY_PHONE] = {"/to/phone", "the same telephone number",
                       "remove one of the rows; if several people share it: --shared-addresses"},
    };
    struct columns *columns = rows_columns(h->rows);
    int column = columns != NULL ? columns_find(columns, words[key].member) : -1;
    struct buf problem = {0};
    buf_printf(&problem, "%s as in row %lld", words[key].what, (long long)other_row);
    findings_add(h->findings,
                 &(struct finding){.row = row->row,
                                   .column = column >= 0 ? columns_name(columns, column)
                                                         : words[key].member + 1,
                                   .value = value,
                                   .problem = problem.data,
                                   .mend = words[key].mend});
    buf_free(&problem);
}

static int look_for_twin(struct handover *h, const struct row *row, enum key key, const char *value,
                         struct error *err)
{
    struct comparison c = {.h = h, .key = key, .value = value, .err = err};
    if (value == NULL || !must_look(h, key))
        return 0;
    if (h->seen[key] == NULL)
        h->seen[key] = seen_open((size_t)rows_most(h->rows));
    int64_t other =
        seen_add(h->seen[key], hash_key(key, value), (uint32_t)row->number, is_same, &c);
    if (other == SEEN_FULL && c.rc == 0)
        return error_set(err, ERR_INPUT, "the file has grown while it was read; try again");
    if (other >= 0)
        tell_twin(h, row, key, value, c.row);
    return c.rc;
}

static int look_for_twins(struct handover *h, const struct row *row, const struct keys *keys,
                          struct error *err)
{
    int rc = 0;
    for (int key = 0; rc == 0 && key < KEYS; key++)
        rc = look_for_twin(h, row, (enum key)key, keys->of[key], err);
    return rc;
}

/* What else is wrong with a row does not make it another one. */
static int look_for_twins_of_wrong(struct handover *h, const struct row *row, struct error *err)
{
    struct json_t *root = NULL;
    char number[24];
    if (json_parse(buf_text(&row->line), row->line.len, FAULT_SHOWN, 1, JOB_DEPTH_MAX, &root,
                   NULL) != 0)
        return 0;
    struct keys keys = keys_of_line(root, row->number, number);
    int rc = look_for_twins(h, row, &keys, err);
    json_free(root);
    return rc;
}

/* ---- one row ---- */

enum judgement { ROW_ACCEPTED = 0, ROW_WRONG = 1 }; /* or an error code: it could not be judged */

/* As the daemon will judge it. `again`: after a cell was left out; its twins were looked for. */
static int judge(struct handover *h, const struct row *row, bool again, struct error *why,
                 struct error *err)
{
    const struct intake_source from = {buf_text(&row->line), row->line.len, FAULT_SHOWN, 1};
    struct job *job = NULL;
    const char *recipient;
    struct intake_plan plan;
    if (batch_read_line(h->batch, from.text, from.len, FAULT_SHOWN, row->number, &job, &recipient,
                        why) != 0) {
        int rc = again ? 0 : look_for_twins_of_wrong(h, row, err);
        return rc != 0 ? rc : ROW_WRONG;
    }
    struct keys keys = keys_of_job(job, recipient);
    int rc = again ? 0 : look_for_twins(h, row, &keys, err);
    if (rc != 0) {
        job_free(job);
        return rc;
    }
    if (intake_plan_job(h->o.setup, job, &from, &plan, why) != 0)
        return ROW_WRONG;
    bool good = !again && row->good && findings_count(h->findings) == h->found_before;
    if (good)
        fallbacks_add(&h->fallbacks, row->row, &plan);
    if (good && h->o.on_row != NULL)
        h->o.on_row(h->o.context, row->row, &plan);
    intake_plan_clear(&plan);
    return ROW_ACCEPTED;
}

/* A check ends at the first thing that is wrong; without that cell it may find the next.
 * `again`: some were forgotten already. */
static int check(struct handover *h, struct row *row, bool again, struct error *err)
{
    struct columns *columns = rows_columns(h->rows);
    struct error why;
    int rc = judge(h, row, again, &why, err);
    while (rc == ROW_WRONG) {
        if (shared_faults_take(&h->shared, h->findings, columns, row, &why))
            return 0;
        int column = fault_tell(h->findings, columns, row, again, &why);
        if (column < 0)
            return 0;
        again = true;
        columns_forget(columns, column);
        buf_reset(&row->line);
        columns_put_line(columns, row->row, NULL, &row->line);
        rc = judge(h, row, true, &why, err);
    }
    return rc;
}

/* A row of which cells could not be read, or the whole record. */
static int check_rest(struct handover *h, struct row *row, struct error *err)
{
    int rc = look_for_twins_of_wrong(h, row, err);
    return rc == 0 && row->line.len > 0 && rows_columns(h->rows) != NULL ? check(h, row, true, err)
                                                                         : rc;
}

/* ---- all rows ---- */

static void give_up_building(struct handover *h)
{
    spool_end_batch(h->builder); /* its room on the disk is free again */
    h->builder = NULL;
}

static int look_around(struct handover *h, struct error *err)
{
    progress_update(&h->progress, rows_lines_done(h->rows), rows_most(h->rows), NULL,
                    clock_mono_ms());
    if (h->builder == NULL)
        return 0;
    return spool_check_room(h->o.spool, h->o.setup->settings->min_free_bytes, err);
}

static int take_row(struct handover *h, struct row *row, struct error *err)
{
    int rc = 0;
    h->found_before = findings_count(h->findings);
    h->count++;
    if (h->count % ASK_EVERY_ROWS == 0 && h->o.interrupt != NULL && interrupt_asked(h->o.interrupt))
        return error_set(err, ERR_AGAIN, "interrupted; nothing was queued");
    if (h->count % LOOK_EVERY_ROWS == 0)
        rc = look_around(h, err);
    if (rc == 0)
        rc = row->good ? check(h, row, false, err) : check_rest(h, row, err);
    bool good = row->good && findings_count(h->findings) == h->found_before;
    if (rc == 0 && findings_count(h->findings) > 0 && !h->o.skip_wrong)
        give_up_building(h);
    if (rc == 0 && good && h->builder != NULL)
        rc = spool_put_notice(h->builder, row->line.data, row->line.len, err);
    return rc;
}

static int take_rows(struct handover *h, struct error *err)
{
    struct row *row;
    shared_faults_look(&h->shared, h->o.setup, h->findings);
    int rc = rows_begin(h->rows, h->batch, h->o.setup, h->findings, err);
    if (rc != 0 || findings_count(h->findings) > 0)
        return rc; /* each row would be wrong for the same reason */
    if (!h->o.dry)
        rc = spool_begin_batch(h->o.spool, h->batch->id, &h->builder, err);
    while (rc == 0 && !rows_unreadable(h->rows)) {
        rc = rows_next(h->rows, h->findings, &row, err);
        if (rc != 0 || row == NULL)
            break;
        rc = take_row(h, row, err);
    }
    if (rc == 0 && h->count == 0)
        rc = error_set(err, ERR_INPUT, "the file holds no recipient");
    return rc;
}

/* ---- the end ---- */

static void put_question(const struct batch *b, struct buf *out)
{
    char hex[DIGEST_HEX_SIZE];
    request_begin(out, "known");
    request_put_text(out, "id", b->id);
    if (b->campaign != NULL)
        request_put_text(out, "campaign", b->campaign);
    if (b->has_letter)
        request_put_text(out, "letter_sha256", digest_hex(b->letter_sha256, hex));
    buf_putc(out, '}');
}

/* The daemon would refuse it later, when nobody looks: nobody approved it with that campaign. */
static int refuse_stranger(const struct handover *h, struct error *err)
{
    return error_set(err, ERR_DENIED,
                     "%s names the campaign %s, which goes only to whom it was approved for; "
                     "nothing was queued. Send what belongs to it with `dispatcher send` (a "
                     "follow-up with --to-those STATES --of %s), or take a name that no campaign "
                     "has",
                     h->o.batch, h->batch->campaign, h->batch->campaign);
}

/* Where its files are gone already, the ledger remembers it. */
static int ask_known(struct handover *h, const struct buf *text, bool *out_known, struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    struct buf request = {0}, end = {0};
    struct json_t *facts = NULL;
    *out_known = false;
    if (h->o.client == NULL || spool_find_batch(h->o.spool, h->batch->id) != BATCH_PLACE_NONE)
        return 0;
    put_question(h->batch, &request);
    int rc = client_ask(h->o.client, request.data, NULL, &end, err);
    if (rc == 0)
        rc = json_parse(end.data, end.len, "answer", 1, 8, &facts, err);
    *out_known = rc == 0 && json_get_bool(facts, "known", false);
    batch_arrival_digest(text, digest);
    digest_hex(digest, hex);
    if (*out_known && strcmp(hex, json_get_text(facts, "sha256", "")) != 0)
        rc = error_set(err, ERR_CONFLICT,
                       "the id \"%s\" was already accepted with other content; nothing was queued. "
                       "Give the new batch an id of its own",
                       h->batch->id);
    if (rc == 0 && !*out_known && json_get_bool(facts, "campaign_refused", false))
        rc = refuse_stranger(h, err);
    json_free(facts);
    buf_free(&request);
    buf_free(&end);
    return rc == ERR_DOWN ? 0
                          : rc; /* the daemon is gone: the next one judges when it takes it in */
}

int handover_publish(struct handover *h, bool *out_known, struct error *err)
{
    struct batch_sum sum;
    struct buf text = {0};
    bool known = false;
    spool_sum_batch(h->builder, &sum);
    batch_put_summed(h->batch, sum.count, sum.sha256, &text);
    int rc = ask_known(h, &text, &known, err);
    if (rc == 0 && !known)
        rc = spool_publish_batch(h->builder, text.data, text.len, &known, err);
    *out_known = known;
    buf_free(&text);
    return rc;
}

/* ---- before it begins ---- */

/* The daemon would refuse it later, when nobody looks. */
static int refuse_campaign(const struct handover *h, struct error *err)
{
    const char *campaign = h->batch->campaign;
    if (h->o.of_campaign || campaign == NULL || h->o.setup->settings->campaign_approval_count == 0)
        return 0;
    return error_set(
        err, ERR_DENIED,
        "%s names the campaign %s, and the configuration (`campaigns.approvals`) wants "
        "every campaign approved; nothing was queued. Send it with `dispatcher send`, "
        "or leave \"campaign\" out",
        h->o.batch, campaign);
}

static int read_batch(struct handover *h, struct error *err)
{
    const struct handover_options *o = &h->o;
    const struct handover_facts_source from = {
        .sheet = o->sheet, .cohort = o->cohort, .campaigns = o->of_campaign};
    int rc = 0;
    if (o->text != NULL)
        buf_put(&h->text, buf_text(o->text), o->text->len);
    else
        rc = file_read_path(o->batch, BATCH_TEXT_MAX, &h->text, err);
    if (rc == 0)
        rc = batch_parse(buf_text(&h->text), h->text.len, o->batch, false, &h->batch, err);
    if (rc == 0)
        rc = refuse_campaign(h, err);
    if (rc == 0)
        rc = handover_facts_take(&from, o->setup, o->batch, &h->text, h->batch, &h->facts, err);
    h->shared = (struct shared_faults){.batch = h->batch,
                                       .path = o->text != NULL && !o->of_campaign ? NULL : o->batch,
                                       .text = &h->text,
                                       .facts = &h->facts};
    return rc;
}

/* A daemon whose ledger takes nothing would only let the batch lie. */
static int ask_ready(struct handover *h, struct error *err)
{
    struct buf request = {0}, end = {0};
    struct json_t *facts = NULL;
    struct error ignored;
    int rc = spool_check_room(h->o.spool, h->o.setup->settings->min_free_bytes, err);
    if (rc != 0 || h->o.client == NULL || !client_has_daemon(h->o.client))
        return rc;
    request_begin(&request, "status");
    buf_putc(&request, '}');
    bool told = client_ask(h->o.client, request.data, NULL, &end, &ignored) == 0 &&
                json_parse(end.data, end.len, "answer", 1, 8, &facts, &ignored) == 0;
    if (told && !json_get_bool(facts, "ledger_available", true))
        rc = error_set(
            err, ERR_AGAIN,
            "the daemon cannot write its ledger now (dispatcher status says why); nothing "
            "was queued, try again later");
    json_free(facts);
    buf_free(&request);
    buf_free(&end);
    return rc;
}

static const char *table_of(const struct handover *h)
{
    return h->o.csv != NULL ? h->o.csv : h->o.jsonl;
}

static void wipe_progress(void *context)
{
    progress_hide(context);
}

static void open_findings(struct handover *h)
{
    const struct findings_options options = {.inv = h->o.inv,
                                             .path = h->o.problems,
                                             .delimiter = rows_delimiter(h->rows),
                                             .mark = h->o.csv != NULL,
                                             .json = invocation_json(h->o.inv),
                                             .before = wipe_progress,
                                             .context = &h->progress,
                                             .tally = h->o.on_finding,
                                             .tally_context = h->o.context};
    h->findings = findings_open(&options);
}

int handover_open(const struct handover_options *options, struct handover **out, struct error *err)
{
    struct handover *h = xcalloc(1, sizeof(*h));
    h->o = *options;
    *out = h;
    int rc = read_batch(h, err);
    if (rc == 0 && !h->o.dry)
        rc = ask_ready(h, err);
    if (rc == 0)
        rc = rows_open(table_of(h), h->o.csv != NULL, &h->rows, err);
    return rc;
}

static void tell_uncounted(const struct handover *h)
{
    struct buf names = {0};
    if (!invocation_json(h->o.inv) && !h->o.of_campaign)
        handover_facts_put_uncounted(&h->facts, &names);
    if (names.len > 0)
        say(h->o.inv, stderr,
            "The people of %s were not counted against the sheet; --cohort %s does it.\n",
            table_of(h), names.data);
    buf_free(&names);
}

static int check_count(const struct handover *h, struct error *err)
{
    if (h->o.partial || h->o.skip_wrong)
        return 0;
    tell_uncounted(h);
    return handover_facts_check_count(&h->facts, table_of(h), h->count, err);
}

int handover_read(struct handover *h, struct error *err)
{
    open_findings(h);
    progress_begin(&h->progress, h->o.inv, h->batch->id, clock_mono_ms());
    int rc = take_rows(h, err);
    /* Whoever sends a campaign tells more than a bar does. */
    if (rc == 0 && !h->o.of_campaign)
        progress_end(&h->progress, rows_lines_done(h->rows), rows_most(h->rows), NULL,
                     clock_mono_ms());
    else
        progress_hide(&h->progress);
    if (findings_count(h->findings) > 0 && (rc == 0 || rc == ERR_INPUT)) {
        int failed = findings_finish(h->findings, err);
        return failed != 0 ? failed : h->o.skip_wrong ? rc : EX_DATAERR;
    }
    return rc == 0 ? check_count(h, err) : rc;
}

const char *handover_id(const struct handover *h)
{
    return h->batch != NULL ? h->batch->id : NULL;
}

void handover_sum_table(const struct handover *h, unsigned char out[DIGEST_SIZE])
{
    rows_sum(h->rows, out);
}

const unsigned char *handover_sheet_sum(const struct handover *h)
{
    return h->facts.sheet != NULL ? h->facts.sheet->sha256 : NULL;
}

void handover_put_result(const struct handover *h, struct batch_result *out)
{
    *out = (struct batch_result){.inv = h->o.inv,
                                 .json = invocation_json(h->o.inv),
                                 .id = h->batch->id,
                                 .count = h->count,
                                 .wrong = findings_rows(h->findings),
                                 .problems = findings_count(h->findings),
                                 .file = h->o.problems,
                                 .unreadable = rows_unreadable(h->rows),
                                 .batch_wrong = h->shared.count > 0,
                                 .trial = h->o.setup->settings->trial,
                                 .fallbacks = &h->fallbacks};
}

void handover_close(struct handover *h)
{
    if (h == NULL)
        return;
    for (int key = 0; key < KEYS; key++)
        seen_close(h->seen[key]);
    spool_end_batch(h->builder);
    findings_close(h->findings);
    rows_close(h->rows);
    shared_faults_clear(&h->shared);
    handover_facts_free(&h->facts);
    batch_free(h->batch);
    buf_free(&h->text);
    free(h);
}
