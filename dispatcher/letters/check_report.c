#include "letters/check_report.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/unicode.h"
#include "cli/output.h"
#include "cli/say.h"
#include "model/settings.h"

/* ---- the source line and a caret under the right column, also under Hangul ---- */

/* Splits "file:12:5" from the right; false if there are no numbers. */
static bool split_position(const char *position, char *file, size_t size, int64_t *line,
                           int64_t *column)
{
    snprintf(file, size, "%s", position);
    char *last = strrchr(file, ':');
    if (last == NULL || !text_parse_int(last + 1, column))
        return false;
    *last = '\0';
    last = strrchr(file, ':');
    if (last == NULL || !text_parse_int(last + 1, line))
        return false;
    *last = '\0';
    return true;
}

static const char *find_line(const struct buf *text, int64_t number, size_t *out_len)
{
    const char *at = buf_text(text), *end = at + text->len;
    for (int64_t i = 1; i < number && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline != NULL ? newline + 1 : end;
    }
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    *out_len = (size_t)((newline != NULL ? newline : end) - at);
    return at;
}

/* A paragraph of a letter is one long line: what is shown is the stretch around the column. */
#define SHOWN_BEFORE 60
#define SHOWN_AFTER  40

/* `count` characters back from `at`, or the begin. */
static const char *step_back(const char *begin, const char *at, size_t count)
{
    while (at > begin && count > 0) {
        at--;
        if (((unsigned char)*at & 0xc0) != 0x80)
            count--;
    }
    return at;
}

static const char *step_on(const char *at, const char *end, size_t count)
{
    for (; count > 0 && at < end; count--)
        utf8_next(&at, end);
    return at;
}

static void print_stretch(const char *line, size_t len, int64_t number, int64_t column)
{
    const char *end = line + len;
    const char *caret = step_on(line, end, column > 0 ? (size_t)(column - 1) : 0);
    const char *from = step_back(line, caret, SHOWN_BEFORE);
    const char *to = step_on(caret, end, SHOWN_AFTER);
    struct buf visible = {0}, before = {0};
    const char *cut = from > line ? "... " : "";
    text_put_visible(&visible, from, (size_t)(to - from));
    text_put_visible(&before, from, (size_t)(caret - from));
    printf("  %5lld | %s%s%s\n", (long long)number, cut, buf_text(&visible),
           to < end ? " ..." : "");
    printf("        | %*s^\n", (int)(strlen(cut) + unicode_width(buf_text(&before), before.len)),
           "");
    buf_free(&visible);
    buf_free(&before);
}

void check_report_source(const char *position)
{
    char file[1024];
    int64_t number = 0, column = 0;
    struct buf text = {0};
    size_t len = 0;
    if (!split_position(position, file, sizeof(file), &number, &column) ||
        file_read_path(file, 1024 * 1024, &text, NULL) != 0) {
        buf_free(&text);
        return;
    }
    const char *line = find_line(&text, number, &len);
    print_stretch(line, len, number, column);
    buf_free(&text);
}

/* ---- problems ---- */

const char check_config_rule[] = "config";

static void print_json(const struct problem *p)
{
    struct buf out = {0};
    buf_printf(&out, "{\"v\":1,\"severity\":\"%s\",\"position\":", problem_level_name(p->level));
    buf_put_json(&out, p->position);
    buf_puts(&out, ",\"rule\":");
    buf_put_json(&out, p->rule);
    buf_puts(&out, ",\"text\":");
    buf_put_json(&out, p->text);
    buf_puts(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}

/* ---- for the pages of a review, as GitHub's workflows read them from the log ---- */

/* A value of a property may hold neither : nor , either. */
static void put_escaped(struct buf *out, const char *text, bool property)
{
    for (; *text != '\0'; text++) {
        bool plain = *text != '%' && *text != '\n' && *text != '\r' &&
                     (!property || (*text != ':' && *text != ','));
        if (plain)
            buf_putc(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

static void print_github(const struct check_report *r, const struct problem *p)
{
    char file[1024];
    int64_t line = 0, column = 0;
    struct buf out = {0}, sentence = {0};
    check_report_put(r->inv, &sentence, p->text, p->rule);
    bool placed = split_position(p->position, file, sizeof(file), &line, &column);
    buf_printf(&out, "::%s file=",
               p->level == PROBLEM_ERROR     ? "error"
               : p->level == PROBLEM_WARNING ? "warning"
                                             : "notice");
    put_escaped(&out, placed ? file : p->position, true);
    if (placed)
        buf_printf(&out, ",line=%lld,col=%lld", (long long)line, (long long)column);
    buf_puts(&out, ",title=");
    put_escaped(&out, p->rule, true);
    buf_puts(&out, "::");
    put_escaped(&out, buf_text(&sentence), false);
    printf("%s\n", buf_text(&out));
    buf_free(&out);
    buf_free(&sentence);
}

/* A line of the configuration may hold a password somebody wrote there, a row of an audience holds
 * people: its place is enough. */
static bool is_private(const struct problem *p)
{
    return strcmp(p->rule, check_config_rule) == 0 || strstr(p->position, ".csv:") != NULL;
}

void check_report_put(const struct invocation *inv, struct buf *out, const char *text,
                      const char *rule)
{
    struct buf sentence = {0};
    say_put_sentence(inv, &sentence, text);
    if (text_starts_with(rule, "legal-"))
        output_put_times(out, buf_text(&sentence));
    else
        buf_puts(out, buf_text(&sentence));
    buf_free(&sentence);
}

void check_report_line(const struct invocation *inv, FILE *to, const struct problem *p)
{
    struct buf sentence = {0};
    check_report_put(inv, &sentence, p->text, p->rule);
    fprintf(to, "%s: %s: %s [%s]\n", p->position, say_word(inv, problem_level_name(p->level)),
            buf_text(&sentence), p->rule);
    buf_free(&sentence);
}

static void count_warning(struct check_report *c, const char *rule)
{
    size_t i = 0;
    c->warnings++;
    while (i < c->kind_count && strcmp(c->kinds[i].rule, rule) != 0)
        i++;
    if (i == CHECK_KINDS || strlen(rule) >= sizeof(c->kinds[i].rule))
        return;
    if (i == c->kind_count)
        snprintf(c->kinds[c->kind_count++].rule, sizeof(c->kinds[i].rule), "%s", rule);
    c->kinds[i].count++;
}

void check_report_problem(void *context, const struct problem *p)
{
    struct check_report *c = context;
    if (p->level == PROBLEM_ERROR)
        c->errors++;
    else if (p->level == PROBLEM_WARNING)
        count_warning(c, p->rule);
    if (c->brief && p->level == PROBLEM_ERROR)
        check_report_line(c->inv, stderr, p);
    if (c->brief)
        return;
    if (invocation_json(c->inv)) {
        print_json(p);
        return;
    }
    const char *format = option_value(c->inv, "format");
    if (format != NULL && strcmp(format, "github") == 0) {
        print_github(c, p);
        return;
    }
    check_report_line(c->inv, stdout, p);
    if (!is_private(p))
        check_report_source(p->position);
}

static void report_line(struct check_report *r, enum problem_level level, const char *line)
{
    char position[1024];
    const char *sentence = strstr(line, ": ");
    if (sentence == NULL || (size_t)(sentence - line) >= sizeof(position)) {
        const struct problem p = {level, "configuration", line, check_config_rule};
        check_report_problem(r, &p);
        return;
    }
    snprintf(position, sizeof(position), "%.*s", (int)(sentence - line), line);
    const struct problem p = {level, position, sentence + 2, check_config_rule};
    check_report_problem(r, &p);
}

/* A load tells all its problems in one error, a line each. */
void check_report_failure(struct check_report *r, const struct error *why)
{
    for (const char *at = why->text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        struct error line;
        error_set(&line, why->code, "%.*s", (int)len, at);
        report_line(r, PROBLEM_ERROR, line.text);
        at += len + (at[len] == '\n' ? 1 : 0);
    }
}

void check_report_remark(struct check_report *r, const struct settings_remark *remark)
{
    report_line(r, remark->is_error ? PROBLEM_ERROR : PROBLEM_WARNING, remark->text);
}

void check_report_total(const struct check_report *r, size_t count, const char *one,
                        const char *many)
{
    if (invocation_json(r->inv))
        return;
    say(r->inv, stdout, r->errors == 1 ? "%zu error" : "%zu errors", r->errors);
    fputs(", ", stdout);
    say(r->inv, stdout, r->warnings == 1 ? "%zu warning" : "%zu warnings", r->warnings);
    if (r->late > 0)
        say(r->inv, stdout, ", %zu past a deadline of the law", r->late);
    if (one != NULL)
        printf(", %zu %s", count, say_word(r->inv, count == 1 ? one : many));
    putchar('\n');
}

int check_report_status(const struct check_report *r)
{
    bool bad = r->errors > 0 || (option_given(r->inv, "strict") && r->warnings > 0);
    return bad ? error_exit_status(ERR_INPUT) : 0;
}
