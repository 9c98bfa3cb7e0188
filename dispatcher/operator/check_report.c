#include "operator/check_report.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/unicode.h"

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

static void print_caret(const char *line, size_t len, int64_t column)
{
    const char *at = line, *end = line + len;
    for (int64_t i = 1; i < column && at < end; i++)
        utf8_next(&at, end);
    size_t width = unicode_width(line, (size_t)(at - line));
    printf("        | %*s^\n", (int)width, "");
}

static void print_source(const char *position)
{
    char file[1024];
    int64_t number = 0, column = 0;
    struct buf text = {0}, visible = {0};
    size_t len = 0;
    if (!split_position(position, file, sizeof(file), &number, &column) ||
        file_read_path(file, 1024 * 1024, &text, NULL) != 0) {
        buf_free(&text);
        return;
    }
    const char *line = find_line(&text, number, &len);
    text_put_visible(&visible, line, len);
    printf("  %5lld | %s\n", (long long)number, buf_text(&visible));
    print_caret(line, len, column);
    buf_free(&visible);
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

void check_report_problem(void *context, const struct problem *p)
{
    struct check_report *c = context;
    if (p->level == PROBLEM_ERROR)
        c->errors++;
    else if (p->level == PROBLEM_WARNING)
        c->warnings++;
    if (invocation_json(c->inv)) {
        print_json(p);
        return;
    }
    printf("%s: %s: %s [%s]\n", p->position, problem_level_name(p->level), p->text, p->rule);
    /* A line of the configuration may hold a password somebody wrote there: its place is enough. */
    if (strcmp(p->rule, check_config_rule) != 0)
        print_source(p->position);
}

void check_report_failure(struct check_report *r, const struct error *why)
{
    char position[1024];
    const char *sentence = strstr(why->text, ": ");
    if (sentence == NULL || (size_t)(sentence - why->text) >= sizeof(position)) {
        const struct problem p = {PROBLEM_ERROR, "configuration", why->text, check_config_rule};
        check_report_problem(r, &p);
        return;
    }
    snprintf(position, sizeof(position), "%.*s", (int)(sentence - why->text), why->text);
    const struct problem p = {PROBLEM_ERROR, position, sentence + 2, check_config_rule};
    check_report_problem(r, &p);
}

void check_report_total(const struct check_report *r, size_t count, const char *one,
                        const char *many)
{
    if (invocation_json(r->inv))
        return;
    printf("%zu %s, %zu %s", r->errors, r->errors == 1 ? "error" : "errors", r->warnings,
           r->warnings == 1 ? "warning" : "warnings");
    if (one != NULL)
        printf(", %zu %s", count, count == 1 ? one : many);
    printf("\n");
}

int check_report_status(const struct check_report *r)
{
    bool bad = r->errors > 0 || (option_given(r->inv, "strict") && r->warnings > 0);
    return bad ? error_exit_status(ERR_INPUT) : 0;
}
