#include "render/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tell(struct report *r, bool is_error, const char *position, const char *text,
                const char *rule)
{
    struct library_problem problem = {
        .is_error = is_error, .position = position, .text = text, .rule = rule};
    if (r->problem != NULL)
        r->problem(r->context, &problem);
    else if (is_error && r->errors == 0)
        error_set(r->first, ERR_CONFIG, "%s: %s", position, text);
    r->errors += is_error ? 1 : 0;
    return ERR_CONFIG;
}

static void print_place(const struct place *at, char *out, size_t size)
{
    if (at->line > 0)
        snprintf(out, size, "%s:%d:%d", at->file, at->line, at->column);
    else
        snprintf(out, size, "%s", at->file);
}

int report_error(struct report *r, const struct place *at, const char *rule, const char *format,
                 ...)
{
    char position[1100], text[1500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_place(at, position, sizeof position);
    return tell(r, true, position, text, rule);
}

void report_warning(struct report *r, const struct place *at, const char *rule, const char *format,
                    ...)
{
    char position[1100], text[1500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_place(at, position, sizeof position);
    tell(r, false, position, text, rule);
}

int report_failure(struct report *r, const struct error *err, const char *rule)
{
    char position[sizeof err->text];
    const char *colon = strstr(err->text, ": ");
    if (colon == NULL)
        return tell(r, true, "", err->text, rule);
    snprintf(position, sizeof position, "%.*s", (int)(colon - err->text), err->text);
    return tell(r, true, position, colon + 2, rule);
}

bool report_is_over(const struct report *r)
{
    return r->problem == NULL && r->errors > 0;
}
