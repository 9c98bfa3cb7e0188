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
#include "model/cause.h"
#include "operator/output.h"
#include "operator/suppress.h"

#define MISTAKES_MAX 20 /* shown */
#define REASON_MAX   ((size_t)1000)

enum column {
    COLUMN_CHANNEL,
    COLUMN_ADDRESS,
    COLUMN_EMAIL,
    COLUMN_PHONE,
    COLUMN_CAUSE,
    COLUMN_REASON,
    COLUMN_SOURCE,
    COLUMN_SINCE,
    COLUMN_EXPIRES
};
#define COLUMNS 9

/* Our export has `address`; other lists have a person in a row, with `email`, `phone` or both. */
static const struct {
    const char *name;
    enum column column;
} names[] = {
    {"channel", COLUMN_CHANNEL}, {"address", COLUMN_ADDRESS}, {"email", COLUMN_EMAIL},
    {"phone", COLUMN_PHONE},     {"cause", COLUMN_CAUSE},     {"reason", COLUMN_REASON},
    {"source", COLUMN_SOURCE},   {"since", COLUMN_SINCE},     {"expires_at", COLUMN_EXPIRES},
};

/* Owned texts. */
struct entry {
    struct suppression s;
    char *address, *cause, *reason, *source;
};

struct import {
    const struct invocation *inv;
    const char *path;
    struct csv *csv;
    size_t at[COLUMNS]; /* field of each column; SIZE_MAX: there is none */
    int64_t now_ms, end_ms;
    struct entry *entries;
    size_t count, space;
    int64_t wrong, bare; /* rows; bare: without any address */
};

static void free_entry(struct entry *e)
{
    free(e->address);
    free(e->cause);
    free(e->reason);
    free(e->source);
}

static void free_entries(struct import *im)
{
    for (size_t i = 0; i < im->count; i++)
        free_entry(&im->entries[i]);
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
    if (rc == 0 && im->at[COLUMN_ADDRESS] == SIZE_MAX && im->at[COLUMN_EMAIL] == SIZE_MAX &&
        im->at[COLUMN_PHONE] == SIZE_MAX)
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

/* Of the column an address stands in; of `address` by the row's channel, else by how it looks. */
static int read_channel(const struct import *im, const struct csv_record *r, enum column column,
                        enum channel_kind *out, struct error *err)
{
    const char *channel = cell(im, r, COLUMN_CHANNEL), *address = cell(im, r, column);
    if (*channel != '\0' && !channel_kind_parse(channel, out))
        return error_set(err, ERR_INPUT, "the channel is email or sms, not \"%.40s\"", channel);
    if (*channel == '\0' && column == COLUMN_ADDRESS)
        return suppress_find_channel(im->inv, address, out, err);
    if (column == COLUMN_EMAIL || column == COLUMN_PHONE)
        *out = column == COLUMN_EMAIL ? CHANNEL_EMAIL : CHANNEL_SMS;
    return suppression_check_address(*out, address, err);
}

/* Who put it on the list it comes from. */
static int read_source(const struct import *im, const struct csv_record *r, const char **out,
                       struct error *err)
{
    static const char *const sources[] = {"import", "bounce", "gateway", "reply",
                                          SUPPRESSION_OPERATOR};
    const char *text = cell(im, r, COLUMN_SOURCE);
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (*text == '\0' || strcmp(text, sources[i]) == 0) {
            *out = sources[i];
            return 0;
        }
    }
    return error_set(err, ERR_INPUT,
                     "the source is one of bounce, gateway, reply, operator and import, not "
                     "\"%.40s\"",
                     text);
}

/* 0: now. A clock that was ahead keeps nobody off from later on. */
static int read_since(const struct import *im, const struct csv_record *r, int64_t *out,
                      struct error *err)
{
    const char *text = cell(im, r, COLUMN_SINCE);
    *out = 0;
    if (*text != '\0' && !clock_parse_rfc3339(text, out))
        return error_set(err, ERR_INPUT,
                         "since must be a time such as 2027-01-31T00:00:00Z, not \"%.40s\"", text);
    if (*out > im->now_ms)
        *out = im->now_ms;
    return 0;
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

static int read_texts(const struct import *im, const struct csv_record *r, const char **out_source,
                      struct error *err)
{
    const char *cause = cell(im, r, COLUMN_CAUSE);
    if (strlen(cell(im, r, COLUMN_REASON)) > REASON_MAX)
        return error_set(err, ERR_INPUT, "a reason has at most %zu bytes", REASON_MAX);
    if (*cause != '\0' && cause_check(cause, err) != 0)
        return err->code;
    return read_source(im, r, out_source, err);
}

static int read_entry(const struct import *im, const struct csv_record *r, enum column column,
                      struct entry *out, struct error *err)
{
    const char *cause = cell(im, r, COLUMN_CAUSE), *reason = cell(im, r, COLUMN_REASON);
    const char *every = option_value(im->inv, "reason"), *source = NULL;
    struct suppression s = {.imported = true};
    int rc = read_channel(im, r, column, &s.channel, err);
    if (rc == 0)
        rc = read_end(im, r, &s.expires_ms, err);
    if (rc == 0)
        rc = read_since(im, r, &s.since_ms, err);
    if (rc == 0)
        rc = read_texts(im, r, &source, err);
    if (rc != 0)
        return rc;
    *out = (struct entry){.s = s,
                          .address = xstrdup(cell(im, r, column)),
                          .cause = xstrdup(*cause != '\0' ? cause : "operator"),
                          .reason = xstrdup(*reason != '\0' || every == NULL ? reason : every),
                          .source = xstrdup(source)};
    out->s.address = out->address;
    out->s.cause = out->cause;
    out->s.reason = out->reason;
    out->s.source = out->source;
    return 0;
}

static void keep_entry(struct import *im, struct entry *entry)
{
    if (entry->s.expires_ms != 0 && entry->s.expires_ms <= im->now_ms) { /* over: nothing to keep */
        free_entry(entry);
        return;
    }
    if (im->count == im->space) {
        im->space = im->space == 0 ? 1024 : im->space * 2;
        im->entries = xreallocarray(im->entries, im->space, sizeof(*im->entries));
    }
    im->entries[im->count++] = *entry;
}

/* Does the row want this address? Of a row with a channel only that one is meant. */
static bool is_meant(const struct import *im, const struct csv_record *r, enum column column)
{
    const char *row = cell(im, r, COLUMN_CHANNEL), *every = option_value(im->inv, "channel");
    const char *channel = *row != '\0' || every == NULL ? row : every;
    const char *other = column == COLUMN_EMAIL ? "sms" : column == COLUMN_PHONE ? "email" : "";
    return *cell(im, r, column) != '\0' && (*channel == '\0' || strcmp(channel, other) != 0);
}

/* An entry for each address of the row. */
static int read_row(struct import *im, const struct csv_record *r, struct error *err)
{
    static const enum column columns[] = {COLUMN_ADDRESS, COLUMN_EMAIL, COLUMN_PHONE};
    bool found = false;
    int rc = 0;
    if (r->fault.problem != NULL)
        return error_set(err, ERR_INPUT, "%s; %s", r->fault.problem, r->fault.mend);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(columns); i++) {
        struct entry entry;
        if (!is_meant(im, r, columns[i]))
            continue;
        found = true;
        rc = read_entry(im, r, columns[i], &entry, err);
        if (rc == 0)
            keep_entry(im, &entry);
    }
    im->bare += !found;
    return rc;
}

static void take_row(struct import *im, const struct csv_record *r)
{
    struct error why, told;
    if (read_row(im, r, &why) == 0 || im->wrong++ >= MISTAKES_MAX)
        return;
    error_set(&told, ERR_INPUT, "row %" PRId64 ": %s", r->row, why.text);
    output_error(&told);
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

static int send_all(struct import *im, int64_t *out_sent, int64_t *out_new, struct error *err)
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
    *out_new = sender.added;
    session_close(&session);
    return rc;
}

static void report_json(int64_t count, int64_t added, bool dry_run)
{
    printf("{\"v\":1,\"verb\":\"suppress import\",\"count\":%" PRId64, count);
    if (!dry_run)
        printf(",\"new\":%" PRId64, added);
    printf(",\"dry_run\":%s}\n", dry_run ? "true" : "false");
}

static void report(const struct import *im, int64_t count, int64_t added, bool dry_run)
{
    const char *noun = count == 1 ? "address" : "addresses";
    if (im->bare > 0)
        fprintf(stderr, "%" PRId64 " %s no address and %s left aside.\n", im->bare,
                im->bare == 1 ? "row has" : "rows have", im->bare == 1 ? "is" : "are");
    if (invocation_json(im->inv))
        report_json(count, added, dry_run);
    else if (dry_run)
        printf("%" PRId64 " %s would be suppressed.\n", count, noun);
    else
        printf("%" PRId64 " %s suppressed, %" PRId64 " of them new.\n", count, noun, added);
}

static int import(struct import *im, struct error *err)
{
    bool dry_run = option_given(im->inv, "dry-run");
    int64_t sent = 0, added = 0;
    int rc = suppress_read_end(im->inv, im->now_ms, &im->end_ms, err);
    if (rc == 0)
        rc = read_file(im, err);
    if (rc == 0 && !dry_run)
        rc = suppress_confirm(im->inv, im->count, "will not be written to any more", err);
    if (rc == 0 && !dry_run)
        rc = send_all(im, &sent, &added, err);
    if (rc == 0)
        report(im, dry_run ? (int64_t)im->count : sent, added, dry_run);
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
        "A CSV with a first row of names: address, or email and phone (a row with both gives "
        "both), "
        "and if there\n"
        "are any channel, cause, reason, source, since, expires_at; others are left aside. What "
        "`suppress export`\n"
        "wrote comes back as it was. Every row is checked before anything changes. More than 100 "
        "want a yes. Entries that are there and "
        "last longer\n"
        "stay as they are.\n\n"
        "JSON, one object: v, verb, count, new (not in a dry run), dry_run.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
