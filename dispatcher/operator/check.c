#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/unicode.h"
#include "config/config.h"
#include "model/settings.h"
#include "render/fixtures.h"
#include "render/library.h"

struct check {
    const struct invocation *inv;
    size_t errors, warnings;
};

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

static const char config_rule[] = "config";

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

static void on_problem(void *context, const struct problem *p)
{
    struct check *c = context;
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
    if (strcmp(p->rule, config_rule) != 0)
        print_source(p->position);
}

/* A failure of the configuration carries its position in front of the sentence. */
static void config_problem(struct check *c, const struct error *why)
{
    char position[1024];
    const char *sentence = strstr(why->text, ": ");
    if (sentence == NULL || (size_t)(sentence - why->text) >= sizeof(position)) {
        const struct problem p = {PROBLEM_ERROR, "configuration", why->text, config_rule};
        on_problem(c, &p);
        return;
    }
    snprintf(position, sizeof(position), "%.*s", (int)(sentence - why->text), why->text);
    const struct problem p = {PROBLEM_ERROR, position, sentence + 2, config_rule};
    on_problem(c, &p);
}

static int check_letters(struct check *c, const struct settings *s, size_t *out_templates,
                         struct error *err)
{
    struct library *library = NULL;
    const struct library_options options = {
        .templates = s->templates,
        .locales = s->locales,
        .default_zone = s->timezone,
        .organisation = &s->organisation,
        .problem = on_problem,
        .problem_context = c,
    };
    int rc = library_load(&options, &library, err);
    if (rc == 0)
        rc = library_check_rules(library, &s->rules, on_problem, c, err);
    if (rc == 0)
        fixtures_check(library, on_problem, c);
    *out_templates = library != NULL ? library_template_count(library) : 0;
    library_free(library);
    if (rc != 0 && c->errors > 0)
        return 0; /* told already, one by one */
    return rc;
}

static void check_fallback(struct check *c, const struct settings *s)
{
    for (size_t i = 0; i < s->rules.count; i++) {
        const struct rule *r = &s->rules.rules[i];
        if (r->campaign == NULL && r->template_pattern == NULL && r->category == NULL &&
            r->locale == NULL && r->priority == NULL)
            return;
    }
    const struct problem p = {
        PROBLEM_WARNING, s->rules.file,
        "there is no rule without `when`; a notice that matches none and names no "
        "channels is refused",
        "rules-default"};
    on_problem(c, &p);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct check c = {.inv = inv};
    struct config_options options = *invocation_config(inv);
    struct settings *settings = NULL;
    size_t templates = 0;
    options.without_secrets = option_given(inv, "no-environment");
    int rc = config_load(&options, &settings, err);
    if (rc == ERR_CONFIG) {
        config_problem(&c, err);
        rc = 0;
    } else if (rc == 0) {
        check_fallback(&c, settings);
        rc = check_letters(&c, settings, &templates, err);
    }
    if (settings != NULL)
        settings_free(settings);
    free(settings);
    if (rc != 0)
        return rc;
    if (!invocation_json(inv))
        printf("%zu %s, %zu %s, %zu %s\n", c.errors, c.errors == 1 ? "error" : "errors", c.warnings,
               c.warnings == 1 ? "warning" : "warnings", templates,
               templates == 1 ? "letter" : "letters");
    bool bad = c.errors > 0 || (option_given(inv, "strict") && c.warnings > 0);
    return bad ? error_exit_status(ERR_INPUT) : 0;
}

static const struct option_row options[] = {
    {"strict", 0, NULL, "warnings count as errors"},
    {"no-environment", 0, NULL, "do not read secrets: for a check on another machine"},
};

const struct command command_check = {
    .name = "check",
    .arguments = "",
    .summary = "check configuration, rules, letters and locales",
    .details = "Prints every problem as file:line:column, those of letters with the source line. "
               "Exit status 65 if "
               "there are errors.",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
