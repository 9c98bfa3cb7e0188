#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "model/cause.h"
#include "operator/suppress.h"
#include "people/cell.h"
#include "people/columns.h"
#include "people/fault.h"
#include "people/findings.h"
#include "people/known_columns.h"

#define REASON_MAX ((size_t)1000)
#define DAY_MS     ((int64_t)24 * 60 * 60 * 1000)

/* Our export has `address`; other lists have a person in a row, with `email`, `phone` or several of
 * them. */
static const struct {
    const char *name, *pointer;
    bool several;
} names[] = {
    {"channel", "/channel", false},       {"address", "/to/address", true},
    {"email", "/to/email", true},         {"phone", "/to/phone", true},
    {"cause", "/cause", false},           {"reason", "/reason", false},
    {"source", "/source", false},         {"since", "/since", false},
    {"expires_at", "/expires_at", false},
};

/* Owned texts. */
struct entry {
    struct suppression s;
    char *address, *cause, *reason, *source;
};

struct import {
    const struct invocation *inv;
    const char *path, *problems; /* the file, and where all that is wrong with it goes */
    struct csv *csv;
    struct columns *columns;
    struct findings *findings;
    int64_t now_ms, end_ms;
    struct entry *entries;
    size_t count, space;
    int64_t rows, bare; /* bare: without any address */
    bool unreadable;    /* it stands in another charset */
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

static struct columns *map_columns(struct import *im, const struct csv_record *head)
{
    struct known_columns known = {0};
    const struct columns_wanted wanted = {
        .known = &known,
        .ignored = option_value(im->inv, "ignore-column"),
        .unknown = "this column is not part of the list",
        .unknown_mend = "remove it, or leave it aside with --ignore-column NAME,NAME",
        .nobody_mend = "add a column email, phone or address; the first row must hold the names of "
                       "the columns"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        known_columns_add(&known, names[i].name, names[i].pointer)->several = names[i].several;
    struct columns *columns =
        columns_map_wanted(head, csv_delimiter(im->csv), &wanted, im->findings);
    known_columns_free(&known);
    return columns;
}

static int read_names(struct import *im, struct error *err)
{
    const struct csv_record *head = NULL;
    int rc = csv_next(im->csv, &head, err);
    if (rc != 0)
        return rc;
    if (head == NULL)
        return error_set(err, ERR_INPUT,
                         "%s is empty; the first row must hold the names of the columns", im->path);
    im->unreadable = head->fault.of_file;
    im->columns = map_columns(im, head);
    return 0;
}

/* ---- a row ---- */

static const char *cell_at(const struct import *im, int column)
{
    const char *text = column >= 0 ? columns_value(im->columns, column) : "";
    return text + strspn(text, " '"); /* our export puts ' before what looks like a formula */
}

static const char *cell(const struct import *im, const char *pointer)
{
    return cell_at(im, columns_find(im->columns, pointer));
}

/* `column` -1: of none. */
static void tell(struct import *im, const struct csv_record *r, int column, const char *sentence)
{
    const char *value = column >= 0 ? columns_value(im->columns, column) : NULL;
    bool lost = value != NULL && cell_is_power_of_ten(value);
    char *problem = xstrdup(lost ? cell_power_of_ten.problem : sentence);
    const char *mend = lost ? cell_power_of_ten.mend : fault_split_mend(problem);
    findings_add(im->findings,
                 &(struct finding){.row = r->row,
                                   .column = column >= 0 ? columns_name(im->columns, column) : NULL,
                                   .value = value,
                                   .problem = problem,
                                   .mend = mend != NULL ? mend : "correct this cell"});
    free(problem);
}

/* Of the column an address stands in; of `address` by the row's channel, else by how it looks. */
static int find_channel(const struct import *im, const char *pointer, const char *address,
                        enum channel_kind *out, struct error *err)
{
    bool named = channel_kind_parse(cell(im, "/channel"), out);
    if (strcmp(pointer, "/to/address") != 0)
        *out = strcmp(pointer, "/to/email") == 0 ? CHANNEL_EMAIL : CHANNEL_SMS;
    else if (!named)
        return suppress_find_channel(im->inv, address, out, err);
    return suppression_check_address(*out, address, err);
}

static bool check_channel(const struct import *im, const char *text, struct error *err)
{
    enum channel_kind kind;
    (void)im;
    if (*text == '\0' || (channel_kind_parse(text, &kind) && kind != CHANNEL_WEBHOOK))
        return true;
    error_set(err, ERR_INPUT, "the channel is email or sms; write one of them, or leave it empty");
    return false;
}

static bool check_cause(const struct import *im, const char *text, struct error *err)
{
    (void)im;
    return *text == '\0' || cause_check(text, err) == 0;
}

static bool check_reason(const struct import *im, const char *text, struct error *err)
{
    (void)im;
    if (strlen(text) > REASON_MAX)
        error_set(err, ERR_INPUT, "a reason has at most %zu bytes; shorten it", REASON_MAX);
    return strlen(text) <= REASON_MAX;
}

static const char *const sources[] = {"import", "bounce", "gateway", "reply", SUPPRESSION_OPERATOR};

/* Who put it on the list it comes from; NULL: nobody we know. */
static const char *find_source(const char *text)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (*text == '\0' || strcmp(text, sources[i]) == 0)
            return sources[i];
    }
    return NULL;
}

static bool check_source(const struct import *im, const char *text, struct error *err)
{
    (void)im;
    if (find_source(text) != NULL)
        return true;
    error_set(err, ERR_INPUT,
              "this is no source; write bounce, gateway, reply, operator or import");
    return false;
}

/* A time, or a date: the beginning of that day (UTC), or with `whole` its end. */
static bool parse_time(const char *text, bool whole, int64_t *out)
{
    struct buf date = {0};
    int64_t start_ms = 0;
    if (clock_parse_rfc3339(text, out))
        return true;
    cell_put_date(&date, text);
    buf_puts(&date, "T00:00:00Z");
    bool good = clock_parse_rfc3339(buf_text(&date), &start_ms);
    buf_free(&date);
    if (good)
        *out = start_ms + (whole ? DAY_MS : 0);
    return good;
}

static bool check_time(const struct import *im, const char *text, struct error *err)
{
    int64_t ignored;
    (void)im;
    if (*text == '\0' || parse_time(text, false, &ignored))
        return true;
    error_set(err, ERR_INPUT,
              "this is no date and no time; write 2027-01-31, 31.01.2027 or, with the zone, "
              "2027-01-31T09:00:00+01:00");
    return false;
}

/* All cells of the row but its addresses. Tells each that is wrong. */
static bool check_cells(struct import *im, const struct csv_record *r)
{
    static const struct {
        const char *pointer;
        bool (*check)(const struct import *im, const char *text, struct error *err);
    } checks[] = {
        {"/channel", check_channel}, {"/cause", check_cause}, {"/reason", check_reason},
        {"/source", check_source},   {"/since", check_time},  {"/expires_at", check_time},
    };
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        int column = columns_find(im->columns, checks[i].pointer);
        struct error why;
        if (column < 0 || checks[i].check(im, cell_at(im, column), &why))
            continue;
        tell(im, r, column, why.text);
        good = false;
    }
    return good;
}

/* Of a row whose cells are sound. */
static void make_entry(const struct import *im, const char *address, enum channel_kind channel,
                       struct entry *out)
{
    const char *cause = cell(im, "/cause"), *reason = cell(im, "/reason");
    const char *every = option_value(im->inv, "reason");
    struct suppression s = {.imported = true, .channel = channel, .expires_ms = im->end_ms};
    parse_time(cell(im, "/expires_at"), true, &s.expires_ms);
    parse_time(cell(im, "/since"), false, &s.since_ms); /* 0: now */
    if (s.since_ms > im->now_ms) /* a clock that was ahead keeps nobody off from later on */
        s.since_ms = im->now_ms;
    *out = (struct entry){.s = s,
                          .address = xstrdup(address),
                          .cause = xstrdup(*cause != '\0' ? cause : "operator"),
                          .reason = xstrdup(*reason != '\0' || every == NULL ? reason : every),
                          .source = xstrdup(find_source(cell(im, "/source")))};
    out->s.address = out->address;
    out->s.cause = out->cause;
    out->s.reason = out->reason;
    out->s.source = out->source;
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
static bool is_meant(const struct import *im, const char *pointer, const char *address)
{
    const char *row = cell(im, "/channel"), *every = option_value(im->inv, "channel");
    const char *channel = *row != '\0' || every == NULL ? row : every;
    const char *other = strcmp(pointer, "/to/email") == 0   ? "sms"
                        : strcmp(pointer, "/to/phone") == 0 ? "email"
                                                            : "";
    return *address != '\0' && (*channel == '\0' || strcmp(channel, other) != 0);
}

/* An address, if it is a right one; it is kept if the rest of its row is `good`. */
static void take_address(struct import *im, const struct csv_record *r, const char *pointer,
                         int column, bool good)
{
    const char *address = cell_at(im, column);
    enum channel_kind channel;
    struct entry entry;
    struct error why;
    if (find_channel(im, pointer, address, &channel, &why) != 0) {
        tell(im, r, column, why.text);
    } else if (good) {
        make_entry(im, address, channel, &entry);
        keep_entry(im, &entry);
    }
}

/* An entry for each address of the row. */
static void take_cells(struct import *im, const struct csv_record *r)
{
    static const char *const pointers[] = {"/to/address", "/to/email", "/to/phone"};
    bool good = check_cells(im, r), found = false;
    for (size_t i = 0; i < COUNT_OF(pointers); i++) {
        int column = -1;
        while ((column = columns_find_next(im->columns, pointers[i], column)) >= 0) {
            if (!is_meant(im, pointers[i], cell_at(im, column)))
                continue;
            found = true;
            take_address(im, r, pointers[i], column, good);
        }
    }
    im->bare += !found;
}

static void take_row(struct import *im, const struct csv_record *r)
{
    enum row_kind kind = columns_take(im->columns, r, im->findings);
    im->unreadable = r->fault.of_file;
    im->rows += kind != ROW_BLANK;
    if (kind == ROW_GOOD)
        take_cells(im, r);
}

static int read_rows(struct import *im, struct error *err)
{
    const struct csv_record *r = NULL;
    int rc = read_names(im, err);
    while (rc == 0 && im->columns != NULL && !im->unreadable &&
           (rc = csv_next(im->csv, &r, err)) == 0 && r != NULL)
        take_row(im, r);
    return rc;
}

static int refuse(struct import *im, struct error *err)
{
    char wrong[OUTPUT_NUMBER_SIZE], all[OUTPUT_NUMBER_SIZE];
    int64_t count = findings_rows(im->findings);
    int rc = findings_finish(im->findings, err);
    if (rc != 0)
        return rc;
    if (im->unreadable)
        return error_set(err, ERR_INPUT,
                         "the file must be mended first; nothing was changed. See %s",
                         im->problems);
    if (im->columns == NULL)
        return error_set(err, ERR_INPUT,
                         "the columns must be mended first; nothing was changed. See %s",
                         im->problems);
    return error_set(
        err, ERR_INPUT, "%s of %s %s wrong; nothing was changed. All that is wrong: %s",
        output_number(count, wrong), output_number(im->rows, all),
        im->rows == 1 ? "row is" : text_plural(count, "rows is", "rows are"), im->problems);
}

static int read_file(struct import *im, struct error *err)
{
    int rc = csv_open(im->path, &im->csv, err);
    if (rc != 0)
        return rc;
    im->findings = findings_open(&(struct findings_options){.inv = im->inv,
                                                            .path = im->problems,
                                                            .delimiter = csv_delimiter(im->csv),
                                                            .mark = true,
                                                            .json = invocation_json(im->inv)});
    rc = read_rows(im, err);
    if (rc == 0 && findings_count(im->findings) > 0)
        rc = refuse(im, err);
    findings_close(im->findings);
    columns_free(im->columns);
    csv_close(im->csv);
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
    const struct invocation *inv = im->inv;
    if (im->bare == 1)
        say(inv, stderr, "1 row has no address and is left aside.\n");
    else if (im->bare > 1)
        say(inv, stderr, "%lld rows have no address and are left aside.\n", (long long)im->bare);
    if (invocation_json(inv))
        report_json(count, added, dry_run);
    else if (dry_run && count == 1)
        say(inv, stdout, "1 address would be suppressed.\n");
    else if (dry_run)
        say(inv, stdout, "%lld addresses would be suppressed.\n", (long long)count);
    else if (count == 1)
        say(inv, stdout, "1 address suppressed, %lld of them new.\n", (long long)added);
    else
        say(inv, stdout, "%lld addresses suppressed, %lld of them new.\n", (long long)count,
            (long long)added);
}

static int import(struct import *im, struct error *err)
{
    bool dry_run = option_given(im->inv, "dry-run");
    int64_t sent = 0, added = 0;
    int rc = suppress_read_end(im->inv, im->now_ms, &im->end_ms, err);
    if (rc == 0 && findings_would_overwrite(im->problems, im->path))
        rc = error_set(err, ERR_USAGE, "--problems %s would overwrite what is to be read",
                       im->problems);
    if (rc == 0)
        rc = read_file(im, err);
    if (rc == 0 && !dry_run)
        rc = suppress_confirm(im->inv, im->count, false, err);
    if (rc == 0 && !dry_run)
        rc = send_all(im, &sent, &added, err);
    if (rc == 0)
        report(im, dry_run ? (int64_t)im->count : sent, added, dry_run);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    const char *problems = option_value(inv, "problems");
    struct import im = {.inv = inv,
                        .path = argument_at(inv, 0),
                        .problems = problems != NULL ? problems : PROBLEMS_FILE,
                        .now_ms = clock_wall_ms()};
    int rc = import(&im, err);
    free_entries(&im);
    return rc;
}

static const struct option_row options[] = {
    SUPPRESS_OPTIONS,
    {"for", 0, "AGE", "for so long where no expires_at stands, e.g. 90d (default: for good)"},
    {"ignore-column", 0, "NAMES", "columns that are left aside, with commas between them"},
    {"problems", 0, "FILE", "where all that is wrong with the rows is written (problems.csv)"},
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
        "A CSV with a first row of names: email, phone or address (several of them in a row give "
        "several entries),\n"
        "and if there are any channel, cause, reason, source, since, expires_at. Upper and lower "
        "case, spaces, _ and -\n"
        "in names do not matter; a column of another name is refused unless --ignore-column names "
        "it. since and\n"
        "expires_at are times (2027-01-31T09:00:00+01:00) or days (2027-01-31, 31.01.2027; UTC, "
        "with the whole day).\n"
        "What `suppress export` wrote comes back as it was. Every row is checked before anything "
        "changes: the first\n"
        "20 things that are wrong are shown, all of them go to problems.csv, and the exit status "
        "is 65. More than\n"
        "100 addresses want a yes. Entries that are there and last longer stay as they are.\n\n"
        "JSON, one object: v, verb, count, new (not in a dry run), dry_run.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
