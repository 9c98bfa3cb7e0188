#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/text.h"
#include "operator/output.h"
#include "operator/suppress.h"

#define MISTAKES_MAX 20 /* shown */
#define REASON_MAX   ((size_t)1000)

enum column { COLUMN_CHANNEL, COLUMN_ADDRESS, COLUMN_CAUSE, COLUMN_REASON, COLUMN_EXPIRES };
#define COLUMNS 5

/* `email` and `phone` are what other lists call it. */
static const struct {
    const char *name;
    enum column column;
} names[] = {
    {"channel", COLUMN_CHANNEL},    {"address", COLUMN_ADDRESS}, {"email", COLUMN_ADDRESS},
    {"phone", COLUMN_ADDRESS},      {"cause", COLUMN_CAUSE},     {"reason", COLUMN_REASON},
    {"expires_at", COLUMN_EXPIRES},
};

/* Owned texts. */
struct entry {
    struct suppression s;
    char *address, *cause, *reason;
};

struct import {
    const struct invocation *inv;
    const char *path;
    struct csv *csv;
    size_t at[COLUMNS]; /* field of each column; SIZE_MAX: there is none */
    int64_t now_ms, end_ms;
    struct entry *entries;
    size_t count, space;
    int64_t wrong;
};

static void free_entries(struct import *im)
{
    for (size_t i = 0; i < im->count; i++) {
        free(im->entries[i].address);
        free(im->entries[i].cause);
        free(im->entries[i].reason);
    }
    free(im->entries);
}

/* ---- the row of names ---- */

static int read_names(struct import *im, struct error *err)
{
    const struct csv_record *head = NULL;
    int rc = csv_next(im->csv, &head, err);
    for (size_t i = 0; i < COLUMNS; i++)
        im->at[i] = SIZE_MAX;
    for (size_t i = 0; rc == 0 && head != NULL && i < head->count; i++)
        for (size_t k = 0; k < COUNT_OF(names); k++)
            if (strcasecmp(head->fields[i].text, names[k].name) == 0 &&
                im->at[names[k].column] == SIZE_MAX)
                im->at[names[k].column] = i;
    if (rc == 0 && im->at[COLUMN_ADDRESS] == SIZE_MAX)
        rc = error_set(err, ERR_INPUT,
                       "%s: the first row must name the columns, and one of them must be "
                       "`address` (or `email`, or `phone`)",
                       im->path);
    return rc;
}

/* ---- a row ---- */

static const char *cell(const struct import *im, const struct csv_record *r, enum column column)
{
    size_t at = im->at[column];
    const char *text = at < r->count ? r->fields[at].text : "";
    return text + strspn(text, " '"); /* our export puts ' before what looks like a formula */
}

static int read_channel(const struct import *im, const struct csv_record *r, enum channel_kind *out,
                        struct error *err)
{
    const char *channel = cell(im, r, COLUMN_CHANNEL), *address = cell(im, r, COLUMN_ADDRESS);
    if (*channel == '\0')
        return suppress_find_channel(im->inv, address, out, err);
    if (!channel_kind_parse(channel, out))
        return error_set(err, ERR_INPUT, "the channel is email or sms, not \"%.40s\"", channel);
    return suppression_check_address(*out, address, err);
}

static int read_end(const struct import *im, const struct csv_record *r, int64_t *out,
                    struct error *err)
{
    const char *text = cell(im, r, COLUMN_EXPIRES);
    *out = im->end_ms;
    if (*text == '\0')
        return 0;
    if (!clock_parse_rfc3339(text, out))
        return error_set(err, ERR_INPUT,
                         "expires_at must be a time such as 2027-01-31T00:00:00Z, not \"%.40s\"",
                         text);
    return 0;
}

static int read_row(struct import *im, const struct csv_record *r, struct entry *out,
                    struct error *err)
{
    const char *cause = cell(im, r, COLUMN_CAUSE), *reason = cell(im, r, COLUMN_REASON);
    const char *every = option_value(im->inv, "reason");
    *out = (struct entry){0};
    if (r->fault.problem != NULL)
        return error_set(err, ERR_INPUT, "%s; %s", r->fault.problem, r->fault.mend);
    int rc = read_channel(im, r, &out->s.channel, err);
    if (rc == 0)
        rc = read_end(im, r, &out->s.expires_ms, err);
    if (rc == 0 && (strlen(cause) >= 32 || strlen(reason) > REASON_MAX))
        rc = error_set(err, ERR_INPUT, "a cause has at most 31 bytes, a reason %zu", REASON_MAX);
    if (rc != 0)
        return rc;
    out->address = xstrdup(cell(im, r, COLUMN_ADDRESS));
    out->cause = xstrdup(*cause != '\0' ? cause : "operator");
    out->reason = xstrdup(*reason != '\0' || every == NULL ? reason : every);
    out->s.address = out->address;
    out->s.cause = out->cause;
    out->s.reason = out->reason;
    out->s.source = "import";
    return 0;
}

static void take_row(struct import *im, const struct csv_record *r)
{
    struct entry entry;
    struct error why;
    if (read_row(im, r, &entry, &why) != 0) {
        if (im->wrong++ < MISTAKES_MAX) {
            struct error told;
            error_set(&told, ERR_INPUT, "row %" PRId64 ": %s", r->row, why.text);
            output_error(&told);
        }
        return;
    }
    if (entry.s.expires_ms != 0 && entry.s.expires_ms <= im->now_ms) { /* over: nothing to keep */
        free(entry.address);
        free(entry.cause);
        free(entry.reason);
        return;
    }
    if (im->count == im->space) {
        im->space = im->space == 0 ? 1024 : im->space * 2;
        im->entries = xreallocarray(im->entries, im->space, sizeof(*im->entries));
    }
    im->entries[im->count++] = entry;
}

static int read_file(struct import *im, struct error *err)
{
    const struct csv_record *r = NULL;
    int rc = csv_open(im->path, &im->csv, err);
    if (rc == 0)
        rc = read_names(im, err);
    while (rc == 0 && (rc = csv_next(im->csv, &r, err)) == 0 && r != NULL)
        take_row(im, r);
    csv_close(im->csv);
    if (rc == 0 && im->wrong > 0)
        rc = error_set(err, ERR_INPUT, "%" PRId64 " %s wrong; nothing was changed", im->wrong,
                       im->wrong == 1 ? "row is" : "rows are");
    return rc;
}

/* ---- all of them ---- */

static int send_all(struct import *im, int64_t *out_sent, struct error *err)
{
    struct session session;
    int rc = session_open(im->inv, LEDGER_WRITE, &session, err);
    if (rc != 0)
        return rc;
    struct suppress_sender sender = {.session = &session,
                                     .reason = option_value(im->inv, "reason")};
    for (size_t i = 0; rc == 0 && i < im->count; i++)
        rc = suppress_send(&sender, &im->entries[i].s, err);
    if (rc == 0)
        rc = suppress_send_rest(&sender, err);
    else
        buf_free(&sender.entries);
    *out_sent = sender.sent;
    session_close(&session);
    return rc;
}

static void report(const struct import *im, int64_t count, bool dry_run)
{
    if (invocation_json(im->inv))
        printf("{\"v\":1,\"verb\":\"suppress import\",\"count\":%" PRId64 ",\"dry_run\":%s}\n",
               count, dry_run ? "true" : "false");
    else
        printf("%" PRId64 " %s %s.\n", count, count == 1 ? "address" : "addresses",
               dry_run ? "would be suppressed" : "suppressed");
}

static int import(struct import *im, struct error *err)
{
    bool dry_run = option_given(im->inv, "dry-run");
    int64_t sent = (int64_t)im->count;
    int rc = suppress_read_end(im->inv, im->now_ms, &im->end_ms, err);
    if (rc == 0)
        rc = read_file(im, err);
    if (rc == 0 && !dry_run)
        rc = suppress_confirm(im->inv, im->count, "will not be written to any more", err);
    if (rc == 0 && !dry_run)
        rc = send_all(im, &sent, err);
    else
        sent = (int64_t)im->count;
    if (rc == 0)
        report(im, sent, dry_run);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct import im = {.inv = inv, .path = argument_at(inv, 0), .now_ms = clock_wall_ms()};
    int rc = import(&im, err);
    free_entries(&im);
    return rc;
}

static const struct option_row options[] = {
    SUPPRESS_OPTIONS,
    {"for", 0, "AGE", "for so long where no expires_at stands, e.g. 90d (default: for good)"},
    {"dry-run", 'n', NULL, "only check the file and count"},
    {"yes", 'y', NULL, "do not ask"},
};

const struct command command_suppress_import = {
    .name = "suppress import",
    .arguments = "FILE.csv",
    .summary = "add the addresses of a file",
    .details =
        "  dispatcher suppress import old-system.csv --reason \"taken over from the old "
        "system\"\n\n"
        "A CSV with a first row of names: address (or email, or phone), and if there are any "
        "channel, cause,\n"
        "reason, expires_at; others are left aside, so that what `suppress export` wrote can be "
        "read. Every row\n"
        "is checked before anything changes. More than 100 want a yes. Entries that are there and "
        "last longer\n"
        "stay as they are.\n\n"
        "JSON, one object: v, verb, count, dry_run.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
