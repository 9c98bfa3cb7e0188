#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/text.h"
#include "cli/csv_put.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "desk/command_list.h"
#include "ledger/calls.h"
#include "model/json.h"

#define ROWS_AT_ONCE  100
#define REQUEST_BYTES 48000 /* a note may be long */
#define NOTE_MAX      2000

enum member { M_ID, M_OUTCOME, M_NOTE, M_AT, MEMBERS };

struct importing {
    const struct invocation *inv;
    struct session *s;
    const char *file;
    long column[MEMBERS]; /* -1: there is none */
    struct buf request;   /* rows gathered */
    int64_t rows[ROWS_AT_ONCE];
    size_t count;
    int64_t new, known, wrong, empty;
};

/* ---- telling ---- */

static void refuse(struct importing *in, int64_t row, const char *why)
{
    say(in->inv, stderr, "%s:%lld: %s\n", in->file, (long long)row, say_word(in->inv, why));
    in->wrong++;
}

static const struct {
    const char *result, *why;
} wrongs[] = {
    {"unknown", SAID("nobody in the books has this id")},
    {"future", SAID("the call is dated in the future; write when it was")},
    {"early", SAID("the call is dated before the notice was accepted; write when it was")},
};

static void take_result(void *context, const struct json_t *row)
{
    struct importing *in = context;
    int64_t at = json_get_int(row, "row", -1);
    const char *result = json_get_text(row, "result", "");
    if (at < 0 || at >= (int64_t)in->count)
        return;
    in->new += strcmp(result, "new") == 0;
    in->known += strcmp(result, "known") == 0;
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        if (strcmp(result, wrongs[i].result) == 0)
            refuse(in, in->rows[at], wrongs[i].why);
    }
}

/* ---- asking ---- */

static int send_rows(struct importing *in, struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    if (in->count == 0)
        return 0;
    request_begin(&request, "call");
    request_put_text(&request, "file", in->file);
    request_put_text(&request, "reason", option_value(in->inv, "reason"));
    buf_printf(&request, ",\"calls\":[%s]}", buf_text(&in->request));
    int rc = session_ask(in->s, buf_text(&request), &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, take_result, in);
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    buf_reset(&in->request);
    in->count = 0;
    return rc;
}

static int add_row(struct importing *in, int64_t row, const char *const cells[MEMBERS],
                   struct error *err)
{
    buf_puts(&in->request, in->count > 0 ? ",{\"id\":" : "{\"id\":");
    buf_put_json(&in->request, cells[M_ID]);
    request_put_text(&in->request, "outcome", cells[M_OUTCOME]);
    request_put_text(&in->request, "note", cells[M_NOTE]);
    request_put_text(&in->request, "at", cells[M_AT]);
    buf_putc(&in->request, '}');
    in->rows[in->count++] = row;
    return in->count == ROWS_AT_ONCE || in->request.len > REQUEST_BYTES ? send_rows(in, err) : 0;
}

/* ---- reading ---- */

static const char *cell_of(const struct importing *in, const struct csv_record *record,
                           enum member member)
{
    long column = in->column[member];
    return column >= 0 && (size_t)column < record->count ? csv_bare(record->fields[column].text)
                                                         : "";
}

/* "No answer", "no-answer" */
static char *plain_outcome(const char *text)
{
    char *out = xstrdup(text);
    for (char *at = out; *at != '\0'; at++) {
        if (*at == ' ' || *at == '-')
            *at = '_';
        else if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    return out;
}

static int take_record(struct importing *in, const struct csv_record *record, struct error *err)
{
    const char *cells[MEMBERS];
    enum call_outcome outcome;
    int64_t at_ms;
    int rc = 0;
    for (int i = 0; i < MEMBERS; i++)
        cells[i] = cell_of(in, record, (enum member)i);
    char *plain = plain_outcome(cells[M_OUTCOME]);
    cells[M_OUTCOME] = plain;
    if (record->fault.problem != NULL)
        refuse(in, record->row, record->fault.problem);
    else if (plain[0] == '\0')
        in->empty++;
    else if (!call_outcome_parse(plain, &outcome))
        refuse(in, record->row,
               "the outcome is one of reached, no_answer, wrong_number, refused, call_back");
    else if (cells[M_AT][0] != '\0' && !clock_parse_rfc3339(cells[M_AT], &at_ms))
        refuse(in, record->row, "write the time with its offset, like 2026-11-24T09:00:00+09:00");
    else if (strlen(cells[M_NOTE]) > NOTE_MAX)
        refuse(in, record->row, "the note is too long: at most 2000 bytes");
    else
        rc = add_row(in, record->row, cells, err);
    free(plain);
    return rc;
}

static int read_head(struct importing *in, struct csv *csv, struct error *err)
{
    static const char *const names[MEMBERS] = {"id", "outcome", "note", "at"};
    const struct csv_record *head = NULL;
    int rc = csv_next(csv, &head, err);
    for (int i = 0; i < MEMBERS; i++) {
        in->column[i] = -1;
        for (size_t c = 0; rc == 0 && head != NULL && c < head->count; c++) {
            if (strcasecmp(head->fields[c].text, names[i]) == 0)
                in->column[i] = (long)c;
        }
    }
    if (rc == 0 && (in->column[M_ID] < 0 || in->column[M_OUTCOME] < 0))
        return error_set(err, ERR_INPUT,
                         "%s has no columns `id` and `outcome`: it is no list of `dispatcher "
                         "call-list`",
                         in->file);
    return rc;
}

static int import(struct importing *in, struct error *err)
{
    struct csv *csv = NULL;
    const struct csv_record *record = NULL;
    int rc = csv_open(in->file, &csv, err);
    if (rc == 0)
        rc = read_head(in, csv, err);
    while (rc == 0) {
        rc = csv_next(csv, &record, err);
        if (rc != 0 || record == NULL)
            break;
        rc = take_record(in, record, err);
    }
    if (rc == 0)
        rc = send_rows(in, err);
    csv_close(csv);
    return rc;
}

/* ---- the command ---- */

static void tell(const struct importing *in)
{
    if (invocation_json(in->inv)) {
        printf("{\"v\":1,\"new\":%lld,\"known\":%lld,\"empty\":%lld,\"wrong\":%lld}\n",
               (long long)in->new, (long long)in->known, (long long)in->empty,
               (long long)in->wrong);
        return;
    }
    say(in->inv, stdout,
        "%lld calls noted, %lld were known already, %lld rows without an outcome, %lld wrong.\n",
        (long long)in->new, (long long)in->known, (long long)in->empty, (long long)in->wrong);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s = {0};
    struct importing in = {.inv = inv, .s = &s, .file = argument_at(inv, 0)};
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    if (rc == 0)
        rc = import(&in, err);
    if (rc == 0)
        tell(&in);
    if (rc == 0 && in.wrong > 0)
        rc = error_set(err, ERR_INPUT,
                       "%lld rows of %s could not be taken; correct them and import the file "
                       "again: the others do not count twice",
                       (long long)in.wrong, in.file);
    buf_free(&in.request);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    {"reason", 0, "TEXT", "for the record"},
};

const struct command command_call_import = {
    .name = "call-import",
    .arguments = "FILE",
    .summary = "take back a call list with what came of the calls",
    .details =
        "  dispatcher call-import calls.csv\n\n"
        "Reads the columns id, outcome (reached, no_answer, wrong_number, refused, call_back), "
        "note and at (a time with\n"
        "its offset, not before the notice was accepted and not to come; empty: now) of a CSV "
        "file. Each row counts\n"
        "once, however often the file is imported. Rows without an outcome are passed over; of "
        "rows that are wrong the\n"
        "others are taken all the same (exit 65). `show` and `campaign report` tell what came of "
        "calls.\n\n"
        "JSON, one object: v, new, known (noted before), empty (without an outcome), wrong.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
