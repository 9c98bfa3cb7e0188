#include "base/yaml_explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int yaml_fail_at(const struct yaml_source *s, struct yaml_place at, struct error *err,
                 const char *format, ...)
{
    char text[1500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return error_set(err, ERR_CONFIG, "%s:%zu:%zu: %s", s->file, at.line + (size_t)s->first_line,
                     at.column + 1, text);
}

static const char *line_start(const struct yaml_source *s, size_t line)
{
    const char *at = s->text;
    while (line > 0 && at < s->end) {
        const char *newline = memchr(at, '\n', (size_t)(s->end - at));
        at = newline == NULL ? s->end : newline + 1;
        line--;
    }
    return at;
}

const char *yaml_source_at(const struct yaml_source *s, struct yaml_place place)
{
    const char *at = line_start(s, place.line);
    for (size_t i = 0; i < place.column && at < s->end && *at != '\n'; i++)
        utf8_next(&at, s->end);
    return at;
}

struct yaml_place yaml_place_of_byte(const struct yaml_source *s, size_t offset)
{
    struct yaml_place place = {0, 0};
    const char *at = s->text, *stop = s->text + offset;
    while (at < stop && at < s->end) {
        bool newline = *at == '\n';
        utf8_next(&at, s->end);
        place.line += newline ? 1 : 0;
        place.column = newline ? 0 : place.column + 1;
    }
    return place;
}

static bool source_has(const struct yaml_source *s, struct yaml_place place, const char *needle)
{
    const char *at = line_start(s, place.line);
    const char *newline = memchr(at, '\n', (size_t)(s->end - at));
    size_t length = (size_t)((newline == NULL ? s->end : newline) - at);
    return memmem(at, length, needle, strlen(needle)) != NULL;
}

bool yaml_colon_without_space(const struct yaml_source *s, struct yaml_place place)
{
    const char *at = line_start(s, place.line);
    while (at < s->end && *at != ':' && *at != '\n')
        at++;
    return at + 1 < s->end && *at == ':' && strchr(" \t\r\n", at[1]) == NULL;
}

const char yaml_needs_quotes[] =
    "put the value in quotes: it contains {{ (write key: \"{{name}} ...\")";
const char yaml_needs_space[] = "a space is missing behind the colon; write key: value";
const char yaml_needs_key[] = "a key is missing before the colon";
static const char bad_indentation[] = "the indentation of this line fits none of the lines above";
static const char no_tabs[] = "a tab stands in the indentation; YAML takes spaces only";

typedef int explain_fn(const struct yaml_source *s, struct yaml_place place, struct error *err);

static int explain_bad_start(const struct yaml_source *s, struct yaml_place place,
                             struct error *err)
{
    const char *at = yaml_source_at(s, place);
    if (at < s->end && *at == '\t')
        return yaml_fail_at(s, place, err, "%s", no_tabs);
    return yaml_fail_at(s, place, err,
                        "put the value in quotes: an unquoted value must not begin with %.1s",
                        at < s->end ? at : "");
}

static int explain_missing_colon(const struct yaml_source *s, struct yaml_place place,
                                 struct error *err)
{
    return yaml_fail_at(s, place, err, "%s",
                        yaml_colon_without_space(s, place)
                            ? yaml_needs_space
                            : "a colon is missing behind this key; write key: value");
}

static int explain_missing_key(const struct yaml_source *s, struct yaml_place place,
                               struct error *err)
{
    const char *at = yaml_source_at(s, place);
    bool behind_quotes = source_has(s, place, ": \"") || source_has(s, place, ": '");
    if (source_has(s, place, "{{") && !behind_quotes)
        return yaml_fail_at(s, place, err, "%s", yaml_needs_quotes);
    if (behind_quotes && at < s->end)
        return yaml_fail_at(s, place, err,
                            "the quotes are already closed here; inside \"...\" write \\\" for a "
                            "quotation mark, inside '...' write ''");
    return yaml_fail_at(s, place, err, "%s",
                        at < s->end && *at == ':' ? yaml_needs_key : bad_indentation);
}

static int explain_open_map(const struct yaml_source *s, struct yaml_place place, struct error *err)
{
    return yaml_fail_at(s, place, err, "%s",
                        source_has(s, place, "{{")
                            ? yaml_needs_quotes
                            : "the map that begins here needs a comma between its members and a } "
                              "at its end");
}

enum where { AT_PROBLEM, AT_BEGINNING };

/* How libyaml's words begin, the place that helps most, and our sentence or who finds it. */
static const struct {
    const char *problem;
    enum where where;
    const char *sentence;
    explain_fn *explain;
} explanations[] = {
    {"found character that cannot start any token", AT_PROBLEM, NULL, explain_bad_start},
    {"could not find expected ':'", AT_BEGINNING, NULL, explain_missing_colon},
    {"did not find expected key", AT_PROBLEM, NULL, explain_missing_key},
    {"did not find expected ',' or '}'", AT_BEGINNING, NULL, explain_open_map},
    {"did not find expected ',' or ']'", AT_BEGINNING,
     "the list that begins here needs a comma between its items and a ] at its end", NULL},
    {"mapping values are not allowed", AT_PROBLEM,
     "this colon makes no sense here; put the value in quotes if the colon belongs to it, or "
     "correct the indentation of this line or the line above",
     NULL},
    {"did not find expected <document start>", AT_PROBLEM, bad_indentation, NULL},
    {"found a tab character", AT_PROBLEM, no_tabs, NULL},
    {"found unexpected end of stream", AT_BEGINNING,
     "the quotation mark that opens here is never closed", NULL},
    {"found unexpected document indicator", AT_BEGINNING,
     "the quotation mark that opens here is never closed", NULL},
    {"did not find expected '-' indicator", AT_PROBLEM,
     "an item of the list must begin with \"- \" here, or the line must be indented like the lines "
     "it belongs to",
     NULL},
    {"block sequence entries are not allowed", AT_PROBLEM,
     "a list item cannot stand here; begin each \"- \" on a line of its own, below the key", NULL},
    {"found unknown escape character", AT_PROBLEM,
     "unknown escape inside \"...\"; write \\\\ for a backslash or use single quotes", NULL},
    {"did not find expected comment or line break", AT_PROBLEM,
     "nothing may follow | or > on its line; the text begins on the next line, indented", NULL},
};

int yaml_explain(const struct yaml_source *s, const char *problem, struct yaml_place at,
                 struct yaml_place began, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(explanations); i++) {
        if (!text_starts_with(problem, explanations[i].problem))
            continue;
        struct yaml_place place = explanations[i].where == AT_BEGINNING ? began : at;
        if (explanations[i].explain != NULL)
            return explanations[i].explain(s, place, err);
        return yaml_fail_at(s, place, err, "%s", explanations[i].sentence);
    }
    return yaml_fail_at(s, at, err, "this is not valid YAML: %s", problem);
}
