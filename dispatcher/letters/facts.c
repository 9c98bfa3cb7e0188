#include "letters/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "campaign/fact_sheet_read.h"
#include "campaign/facts_diff.h"
#include "campaign/facts_languages.h"
#include "cli/output.h"
#include "cli/say.h"
#include "letters/check_report.h"
#include "letters/facts_files.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "people/facts_words.h"

static void print_buf(struct buf *b)
{
    fwrite(buf_text(b), 1, b->len, stdout);
    buf_free(b);
}

/* ---- facts check ---- */

static int run_check(const struct invocation *inv, struct error *err)
{
    struct check_report report = {.inv = inv};
    struct problems problems = {.tell = check_report_problem, .context = &report};
    struct library *library = facts_words_library(inv);
    const struct lint_text_options words = {
        .library = library, .template_index = -1, .problems = &problems};
    (void)err;
    if (library == NULL)
        problems_add(&problems, PROBLEM_HINT, &(struct place){argument_at(inv, 0), 0, 0},
                     "facts-words",
                     "no configuration with letters and languages can be read: words, links and "
                     "terms are not fully looked at");
    for (size_t i = 0; i < argument_count(inv); i++) {
        struct fact_sheet *sheet = NULL;
        if (facts_files_read(argument_at(inv, i), &problems, &sheet, NULL) == 0)
            fact_sheet_free(sheet);
        facts_words_check(argument_at(inv, i), &words);
    }
    library_free(library);
    check_report_total(&report, argument_count(inv), "fact sheet", "fact sheets");
    return check_report_status(&report);
}

static const struct option_row check_options[] = {
    {"strict", 0, NULL, "warnings count as errors"},
};

const struct command command_facts_check = {
    .name = "facts check",
    .arguments = "FILE...",
    .summary = "is a fact sheet right, and does it follow from the version before?",
    .example = "  dispatcher facts check facts-1.yaml facts-2.yaml\n",
    .details =
        "Checks names, types, sums and dates of each sheet; that its cohorts add up; and, "
        "where it\n"
        "supersedes another version, that a number which shrank or a \"not affected\" which "
        "became\n"
        "\"affected\" has its reason under `reasons`. The texts are held to the rules of letters: "
        "nothing left\n"
        "to write, no foreign links, formal. Exit status 65 if there are errors.",
    .options = check_options,
    .option_count = COUNT_OF(check_options),
    .arguments_min = 1,
    .arguments_max = 1000,
    .run = run_check,
};

/* ---- facts diff ---- */

static void put_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    if (text != NULL)
        buf_put_json(out, text);
    else
        buf_puts(out, "null");
}

static void put_json_change(const struct fact_change *c, struct buf *out)
{
    char line[40];
    snprintf(line, sizeof line, ":%d:%d", c->place.line, c->place.column);
    struct buf position = {0};
    buf_printf(&position, "%s%s", c->place.file, c->place.line > 0 ? line : "");
    buf_puts(out, "{\"v\":1,\"type\":\"change\"");
    put_member(out, "cohort", c->cohort);
    put_member(out, "fact", c->fact);
    buf_printf(out, ",\"legal\":%s", c->legal ? "true" : "false");
    put_member(out, "text", c->text);
    put_member(out, "unreasoned", c->unreasoned);
    put_member(out, "position", buf_text(&position));
    buf_puts(out, "}\n");
    buf_free(&position);
}

static void put_json_concerned(const struct facts_concerned *c, const struct language_list *l,
                               struct buf *out)
{
    buf_puts(out, "{\"v\":1,\"type\":\"concerned\"");
    put_member(out, "cohort", c->cohort);
    if (c->people >= 0)
        buf_printf(out, ",\"people\":%" PRId64, c->people);
    buf_printf(out, ",\"cleared\":%s", c->cleared ? "true" : "false");
    buf_puts(out, ",\"languages\":[");
    for (size_t i = 0; i < l->count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, l->tags[i]);
    }
    buf_puts(out, "]}\n");
}

static void print_json_diff(const struct facts_diff *d, const struct language_list *l)
{
    struct buf out = {0};
    for (size_t i = 0; i < d->change_count; i++)
        put_json_change(&d->changes[i], &out);
    for (size_t i = 0; i < d->concerned_count; i++)
        put_json_concerned(&d->concerned[i], l, &out);
    print_buf(&out);
}

static void print_changes(const struct invocation *inv, const struct facts_diff *d)
{
    const char *heads[] = {say_word(inv, "COHORT"), say_word(inv, "LEGAL"),
                           say_word(inv, "CHANGE")};
    struct table t;
    table_begin(&t, heads, COUNT_OF(heads));
    for (size_t i = 0; i < d->change_count; i++) {
        const struct fact_change *c = &d->changes[i];
        table_cell(&t, c->cohort != NULL ? c->cohort : say_word(inv, "all"));
        table_cell(&t, c->legal ? say_word(inv, "yes") : NULL);
        table_cell(&t, c->text);
    }
    table_end(&t);
}

/* "cohort a (28), cohort b (269)" */
static void put_whom(const struct invocation *inv, const struct facts_diff *d, bool cleared,
                     struct buf *out)
{
    char number[OUTPUT_NUMBER_SIZE];
    for (size_t i = 0; i < d->concerned_count; i++) {
        const struct facts_concerned *c = &d->concerned[i];
        if (c->cleared != cleared)
            continue;
        buf_puts(out, out->len > 0 ? ", " : "");
        if (c->cohort != NULL)
            say_put(inv, out, "cohort %s", c->cohort);
        else
            say_put(inv, out, "everybody");
        if (c->people >= 0)
            buf_printf(out, " (%s)", output_number(c->people, number));
    }
}

/* "; an all-clear must tell cohort c (663)"; nothing if it concerns nobody. */
static void put_concerned(const struct invocation *inv, const struct facts_diff *d,
                          const char *notice, bool cleared, struct buf *out)
{
    struct buf whom = {0};
    put_whom(inv, d, cleared, &whom);
    if (whom.len > 0) {
        buf_puts(out, out->len > 0 ? "; " : "");
        say_put(inv, out, "%s must tell %s", say_word(inv, notice), buf_text(&whom));
    }
    buf_free(&whom);
}

static void put_languages(const struct language_list *l, struct buf *out)
{
    for (size_t i = 0; i < l->count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", l->tags[i]);
}

/* By what people are told. */
static const char *notice_for(enum certainty was, enum certainty is)
{
    static const char *const notices[] = {
        [CERTAINTY_POSSIBLE] = SAID("a notice that it is possible"),
        [CERTAINTY_CONFIRMED] = SAID("the confirmed notice"),
        [CERTAINTY_REFUTED] = SAID("an all-clear"),
    };
    return was == is ? SAID("a supplement") : notices[is];
}

static void print_diff(const struct invocation *inv, const struct facts_diff *d,
                       const struct language_list *l, const char *notice)
{
    struct buf whom = {0}, languages = {0};
    if (d->change_count > 0)
        print_changes(inv, d);
    else
        say(inv, stdout, "nothing changed\n");
    put_concerned(inv, d, notice, false, &whom);
    put_concerned(inv, d, "an all-clear", true, &whom);
    put_languages(l, &languages);
    if (d->concerned_count > 0)
        say(inv, stdout, "\nA legal fact changed: %s in %s.\n", buf_text(&whom),
            buf_text(&languages));
    else
        say(inv, stdout, "\nNo legal fact changed: a progress report may carry it.\n");
    buf_free(&whom);
    buf_free(&languages);
}

static int run_diff(const struct invocation *inv, struct error *err)
{
    struct check_report report = {.inv = inv};
    struct problems problems = {.tell = check_report_problem, .context = &report};
    struct fact_sheet *older = NULL, *newer = NULL;
    (void)err;
    bool readable = fact_sheet_read(argument_at(inv, 0), &problems, &older) == 0;
    readable = fact_sheet_read(argument_at(inv, 1), &problems, &newer) == 0 && readable;
    if (readable) {
        struct facts_diff diff;
        struct language_list languages;
        facts_diff_make(older, newer, &diff);
        facts_languages(newer, &languages);
        facts_diff_check(&diff, older, newer, &problems);
        if (invocation_json(inv))
            print_json_diff(&diff, &languages);
        else
            print_diff(inv, &diff, &languages, notice_for(older->certainty, newer->certainty));
        language_list_free(&languages);
        facts_diff_free(&diff);
    }
    fact_sheet_free(older);
    fact_sheet_free(newer);
    return report.errors > 0 ? error_exit_status(ERR_INPUT) : 0;
}

const struct command command_facts_diff = {
    .name = "facts diff",
    .arguments = "OLD NEW",
    .summary = "what changed between two versions, and who must be told",
    .example = "  dispatcher facts diff facts-1.yaml facts-2.yaml\n",
    .details = "Names every change in plain words, for everybody (all) or one cohort. LEGAL marks "
               "what the law\n"
               "counts among the facts people must be told: only a supplement may carry it. Exit "
               "status 65 if a\n"
               "change lacks its reason.",
    .arguments_min = 2,
    .arguments_max = 2,
    .run = run_diff,
};

/* ---- facts show ---- */

static const char *show_time(int64_t ms, char *text, size_t size)
{
    char utc[CLOCK_TEXT_SIZE];
    return ms == 0 ? "-" : output_time(clock_format_rfc3339(ms, utc), text, size);
}

static void print_moment(const struct invocation *inv, const char *name, const struct known_time *t)
{
    char text[CLOCK_TEXT_SIZE];
    if (t->at_ms != 0)
        say(inv, stdout, "%-13s %s (%s)\n", say_word(inv, name),
            show_time(t->at_ms, text, sizeof text), t->source != NULL ? t->source : "-");
}

static void print_head(const struct invocation *inv, const struct fact_sheet *s)
{
    char text[CLOCK_TEXT_SIZE];
    say(inv, stdout, "incident      %s, version %d, since %s\n", s->incident, s->version,
        show_time(s->valid_from_ms, text, sizeof text));
    say(inv, stdout, "kind          %s, %s\n", incident_kind_name(s->kind),
        certainty_name(s->certainty));
    print_moment(inv, SAID("discovered at"), &s->discovered_at);
    print_moment(inv, SAID("trigger at"), &s->trigger_at);
    print_moment(inv, SAID("aware at"), &s->aware_at);
    for (size_t i = 0; i < s->incomplete_count; i++)
        say(inv, stdout, "incomplete    %s\n", s->incomplete[i]);
}

static void print_cohorts(const struct invocation *inv, const struct fact_sheet *s)
{
    const char *heads[] = {say_word(inv, "COHORT"), say_word(inv, "PEOPLE"),
                           say_word(inv, "AFFECTED")};
    struct table t;
    if (s->cohort_count == 0)
        return;
    printf("\n");
    table_begin(&t, heads, COUNT_OF(heads));
    t.right = 6;
    for (size_t i = 0; i < s->cohort_count; i++) {
        const struct fact_cohort *c = &s->cohorts[i];
        table_cell(&t, c->name);
        if (fact_cohort_people(c) >= 0)
            table_count(&t, fact_cohort_people(c));
        else
            table_cell(&t, NULL);
        if (c->affected >= 0)
            table_count(&t, c->affected);
        else
            table_cell(&t, NULL);
    }
    table_end(&t);
}

static void print_fact(const struct invocation *inv, const struct fact_sheet *s, const char *cohort,
                       const char *name, const struct json_t *value)
{
    struct place at = fact_sheet_place(s, cohort, name);
    struct buf text = {0};
    json_put(&text, value);
    say(inv, stdout, "%s  (line %d)\n    %s\n", name, at.line, buf_text(&text));
    buf_free(&text);
}

/* Is there a fact of this name already among the places before? */
static bool is_repeated(const struct fact_sheet *s, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!s->places[i].group && strcmp(s->places[i].name, s->places[index].name) == 0)
            return true;
    return false;
}

static void print_facts(const struct invocation *inv, const struct fact_sheet *s,
                        const char *cohort, const struct json_t *data)
{
    printf("\n");
    for (size_t i = 0; i < s->place_count; i++) {
        const struct fact_place *p = &s->places[i];
        const struct json_t *value = p->group ? NULL : fact_value_at(data, p->name);
        if (value != NULL && !is_repeated(s, i))
            print_fact(inv, s, cohort, p->name, value);
    }
}

static void print_sheet(const struct invocation *inv, const struct fact_sheet *s,
                        const char *cohort)
{
    struct json_t *data = fact_sheet_data(s, cohort);
    if (invocation_json(inv)) {
        struct buf out = {0};
        buf_puts(&out, "{\"v\":1,\"data\":");
        json_put(&out, data);
        buf_puts(&out, "}\n");
        print_buf(&out);
    } else {
        print_head(inv, s);
        print_cohorts(inv, s);
        print_facts(inv, s, cohort, data);
    }
    json_free(data);
}

static int run_show(const struct invocation *inv, struct error *err)
{
    struct check_report report = {.inv = inv};
    struct problems problems = {.tell = check_report_problem, .context = &report};
    const char *cohort = option_value(inv, "cohort");
    struct fact_sheet *sheet = NULL;
    if (fact_sheet_read(argument_at(inv, 0), &problems, &sheet) != 0)
        return error_exit_status(ERR_INPUT);
    int rc = 0;
    if (cohort != NULL && fact_sheet_cohort(sheet, cohort) == NULL)
        rc = error_set(err, ERR_NOT_FOUND, "%s has no cohort \"%s\"", sheet->file, cohort);
    else
        print_sheet(inv, sheet, cohort);
    fact_sheet_free(sheet);
    return rc;
}

static const struct option_row show_options[] = {
    {"cohort", 0, "NAME", "the facts as this cohort's letters have them"},
};

const struct command command_facts_show = {
    .name = "facts show",
    .arguments = "FILE",
    .summary = "print a fact sheet as the letters of a cohort see it",
    .example = "  dispatcher facts show facts-2.yaml --cohort a\n",
    .details = "JSON, one object: v, data: exactly the `data` a notice carries, with its times as "
               "the sheet has\n"
               "them.",
    .options = show_options,
    .option_count = COUNT_OF(show_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};
