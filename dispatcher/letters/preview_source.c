#include "letters/preview_source.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "campaign/fact_sheet_read.h"
#include "cli/say.h"
#include "letters/check_report.h"
#include "model/batch.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "people/facts_job.h"
#include "people/fault.h"
#include "people/findings.h"
#include "people/rows.h"

#define ROW_MAX 1000000000 /* what a batch can have */

/* Who reads when nothing says it. */
static const char nobody[] = "{\"to\": {\"email\": \"reader@example.org\"}}";

struct source {
    const struct preview_wish *wish;
    const struct setup *setup;
    int template_index;
    struct job *job;
    struct buf facts_from, reader_from; /* for people */
};

static const char *directory_of(const struct source *s)
{
    return library_template_directory(s->setup->library, (size_t)s->template_index);
}

static const char *template_of(const struct source *s)
{
    const char *slash = strrchr(directory_of(s), '/');
    return slash != NULL ? slash + 1 : directory_of(s);
}

static void replace_job(struct source *s, struct job *job)
{
    job_free(s->job);
    s->job = job;
}

/* ---- a fixture ---- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_json(const struct dirent *entry)
{
    return text_ends_with(entry->d_name, ".json") ? 1 : 0;
}

/* In alphabetical order. */
static char *first_fixture(const char *directory)
{
    struct dirent **names = NULL;
    char *folder = file_join(directory, "fixtures"), *path = NULL;
    int count = scandir(folder, &names, is_json, by_name);
    for (int i = 0; i < count; i++) {
        if (i == 0)
            path = file_join(folder, names[i]->d_name);
        free(names[i]);
    }
    free((void *)names);
    free(folder);
    return path;
}

char *preview_find_fixture(const char *directory, const char *wanted)
{
    struct buf path = {0};
    if (wanted == NULL)
        return first_fixture(directory);
    if (access(wanted, R_OK) == 0)
        return xstrdup(wanted);
    buf_printf(&path, "%s/fixtures/%s%s", directory, wanted,
               text_ends_with(wanted, ".json") ? "" : ".json");
    return buf_steal(&path);
}

/* Facts and reader may both come from elsewhere: then a letter needs none. */
static bool needs_fixture(const struct source *s)
{
    return s->wish->fixture != NULL || (s->wish->facts == NULL && s->wish->audience == NULL);
}

/* Facts of one's own, told to somebody nobody knows: whose greeting is it? */
static void tell_sample(struct source *s, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (s->wish->facts == NULL || s->wish->audience != NULL || s->wish->fixture != NULL)
        return;
    buf_printf(&s->reader_from, "reader of the sample %s", name);
    if (!invocation_json(s->wish->inv))
        say(s->wish->inv, stderr,
            "The greeting is that of the sample %s; for somebody of your table: --audience "
            "FILE.csv --row N\n",
            name);
}

static int load_fixture(struct source *s, struct error *err)
{
    struct buf text = {0};
    char *path = preview_find_fixture(directory_of(s), s->wish->fixture);
    int rc = 0;
    if (path != NULL)
        rc = file_read_path(path, JOB_TEXT_MAX, &text, err);
    else if (needs_fixture(s))
        rc = error_set(err, ERR_NOT_FOUND,
                       "the template has no fixtures/*.json; give a sample with --fixture FILE");
    else
        buf_puts(&text, nobody);
    if (rc == 0)
        rc = job_parse_fixture(text.data, text.len, path != NULL ? path : "reader", &s->job, err);
    if (rc == 0 && path != NULL) {
        buf_printf(&s->facts_from, "fixture %s", path);
        tell_sample(s, path);
    }
    buf_free(&text);
    free(path);
    return rc;
}

/* ---- a fact sheet ---- */

static void tell_on_stderr(void *context, const struct problem *p)
{
    const struct source *s = context;
    check_report_line(s->wish->inv, stderr, p);
}

static void put_cohorts(const struct fact_sheet *sheet, struct buf *out)
{
    for (size_t i = 0; i < sheet->cohort_count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", sheet->cohorts[i].name);
}

static int check_cohort(const struct invocation *inv, const struct fact_sheet *sheet,
                        const char *cohort, struct error *err)
{
    struct buf names = {0};
    int rc = 0;
    put_cohorts(sheet, &names);
    if (cohort != NULL && fact_sheet_cohort(sheet, cohort) == NULL)
        rc = error_set(err, ERR_NOT_FOUND, "%s has no cohort \"%s\"; it has %s", sheet->file,
                       cohort, names.len > 0 ? names.data : "none");
    else if (cohort == NULL && names.len > 0)
        say(inv, stderr,
            "These are the facts of everybody alone; for those of a group: --cohort %s\n",
            names.data);
    buf_free(&names);
    return rc;
}

/* The same reader, with these facts. */
static int use_facts(struct source *s, const struct json_t *facts, struct error *err)
{
    struct buf text = {0};
    struct job *job = NULL;
    facts_job_put(s->job, facts, &text);
    int rc = job_parse_fixture(text.data, text.len, s->wish->facts, &job, err);
    if (rc == 0)
        replace_job(s, job);
    buf_free(&text);
    return rc;
}

static int load_facts(struct source *s, struct error *err)
{
    const char *path = s->wish->facts, *cohort = s->wish->cohort;
    struct problems problems = {.tell = tell_on_stderr, .context = s};
    struct fact_sheet *sheet = NULL;
    if (fact_sheet_read(path, &problems, &sheet) != 0)
        return error_set(err, ERR_INPUT, "%s cannot be used; see above", path);
    int rc = check_cohort(s->wish->inv, sheet, cohort, err);
    if (rc == 0) {
        struct json_t *data = facts_job_data(s->setup->library, s->template_index, sheet, cohort);
        rc = use_facts(s, data, err);
        json_free(data);
        buf_reset(&s->facts_from);
        buf_printf(&s->facts_from, "facts %s%s%s", path, cohort != NULL ? ", cohort " : "",
                   cohort != NULL ? cohort : "");
    }
    fact_sheet_free(sheet);
    return rc;
}

/* ---- a row of an audience ---- */

/* The batch this audience would be sent in. */
static int make_batch(const struct source *s, struct batch **out, struct error *err)
{
    struct buf text = {0};
    buf_puts(&text, "{\"version\":1,\"id\":\"preview\",\"template\":");
    buf_put_json(&text, template_of(s));
    if (s->job->data != NULL) {
        buf_puts(&text, ",\"data\":");
        json_put(&text, s->job->data);
    }
    buf_putc(&text, '}');
    int rc = batch_parse(text.data, text.len, "batch.json", false, out, err);
    buf_free(&text);
    return rc;
}

/* The row as a spreadsheet counts; `wanted` 0: the first below the names. *out NULL: no such row.
 */
static int find_row(struct rows *rows, int64_t wanted, struct findings *findings, struct row **out,
                    struct error *err)
{
    int rc;
    do {
        rc = rows_next(rows, findings, out, err);
    } while (rc == 0 && *out != NULL && (*out)->row < wanted);
    if (rc == 0 && *out != NULL && wanted > 0 && (*out)->row != wanted)
        *out = NULL; /* it is blank */
    return rc;
}

static int use_row(struct source *s, const struct batch *batch, struct rows *rows,
                   const struct row *row, struct findings *findings, struct error *err)
{
    struct job *job = NULL;
    struct error why;
    const char *path = s->wish->audience;
    if (row->good && batch_read_line(batch, row->line.data, row->line.len, FAULT_SHOWN, row->number,
                                     &job, NULL, &why) == 0) {
        replace_job(s, job);
        buf_printf(&s->reader_from, "row %lld of %s", (long long)row->row, path);
        return 0;
    }
    if (row->good)
        fault_tell(findings, rows_columns(rows), row, false, &why);
    return error_set(err, ERR_INPUT, "row %lld of %s cannot be used; see above",
                     (long long)row->row, path);
}

static int read_row(struct source *s, const struct batch *batch, struct rows *rows,
                    struct findings *findings, struct error *err)
{
    const char *path = s->wish->audience;
    struct row *row = NULL;
    int64_t wanted = s->wish->row;
    int rc = rows_begin(rows, batch, s->setup, findings, err);
    if (rc == 0 && rows_columns(rows) == NULL)
        rc = error_set(err, ERR_INPUT, "the first row of %s cannot be used; see above", path);
    if (rc == 0)
        rc = find_row(rows, wanted, findings, &row, err);
    if (rc != 0)
        return rc;
    if (row == NULL)
        return error_set(err, ERR_NOT_FOUND,
                         "%s has nobody in row %lld; rows are counted as in the spreadsheet, the "
                         "first one holds the names of the columns",
                         path, (long long)(wanted > 0 ? wanted : 2));
    return use_row(s, batch, rows, row, findings, err);
}

static int load_row(struct source *s, struct error *err)
{
    struct batch *batch = NULL;
    struct rows *rows = NULL;
    /* All that is wrong is shown: a look leaves no file behind. */
    const struct findings_options options = {.path = "/dev/null", .delimiter = ','};
    struct findings *findings = findings_open(&options);
    int rc = make_batch(s, &batch, err);
    if (rc == 0)
        rc = rows_open(s->wish->audience, true, &rows, err);
    if (rc == 0)
        rc = read_row(s, batch, rows, findings, err);
    rows_close(rows);
    batch_free(batch);
    findings_close(findings);
    return rc;
}

/* ---- all of it ---- */

static int check_options(const struct invocation *inv, struct error *err)
{
    static const char *const pairs[][2] = {{"cohort", "facts"}, {"row", "audience"}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (option_given(inv, pairs[i][0]) && !option_given(inv, pairs[i][1]))
            return error_set(err, ERR_USAGE, "--%s needs --%s FILE", pairs[i][0], pairs[i][1]);
    }
    return 0;
}

static char *join_origin(struct source *s)
{
    if (s->reader_from.len > 0 && s->facts_from.len > 0)
        buf_puts(&s->facts_from, "; ");
    buf_put(&s->facts_from, buf_text(&s->reader_from), s->reader_from.len);
    buf_free(&s->reader_from);
    return buf_steal(&s->facts_from);
}

int preview_wish_read(const struct invocation *inv, struct preview_wish *out, struct error *err)
{
    *out = (struct preview_wish){inv,
                                 option_value(inv, "fixture"),
                                 option_value(inv, "facts"),
                                 option_value(inv, "cohort"),
                                 option_value(inv, "audience"),
                                 0};
    int rc = check_options(inv, err);
    return rc != 0 ? rc : option_int(inv, "row", 2, ROW_MAX, 0, &out->row, err);
}

int preview_source_load(const struct preview_wish *wish, const struct setup *setup,
                        int template_index, struct job **out, char **out_origin, struct error *err)
{
    struct source s = {.wish = wish, .setup = setup, .template_index = template_index};
    int rc = load_fixture(&s, err);
    if (rc == 0 && wish->facts != NULL)
        rc = load_facts(&s, err);
    if (rc == 0 && wish->audience != NULL)
        rc = load_row(&s, err);
    *out = s.job;
    *out_origin = join_origin(&s);
    return rc;
}
