#include "law/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "law/exemption.h"

struct place finding_place(const struct look *look)
{
    const struct campaign *c = look->c->campaign;
    if (c != NULL && c->kind_place.file != NULL)
        return c->kind_place;
    return (struct place){look->c->file, 0, 0};
}

const char *finding_span(int64_t hours, char *out)
{
    bool long_one = hours >= 120;
    snprintf(out, FINDING_SPAN_SIZE, long_one ? "%lld days" : "%lld h",
             (long long)(long_one ? hours / 24 : hours));
    return out;
}

/* The cohorts of one letter are told apart by name. */
static void put_cohort(struct buf *out, const struct look *look)
{
    const char *cohort = look->letter != NULL ? look->letter->text->cohort : NULL;
    if (cohort != NULL)
        buf_printf(out, " (cohort %s)", cohort);
}

static void put_exemption(struct buf *out, const struct exemption *e)
{
    buf_puts(out, "; set aside by ");
    for (size_t i = 0; i < e->by_count; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : " and ", e->by[i]);
    buf_printf(out, ": \"%s\"", e->reason);
}

static void add(const struct look *look, enum problem_level level, const struct place *at,
                const char *format, va_list args)
{
    char text[1200], id[100];
    struct buf sentence = {0};
    /* What is wrong with an exemption cannot be set aside by it. */
    const struct exemption *e =
        look->rule->test == LAW_TEST_EXEMPTION
            ? NULL
            : exemption_find(look->c->campaign, look->set->id, look->rule->id);
    vsnprintf(text, sizeof text, format, args);
    buf_printf(&sentence, "%s (%s): %s", look->rule->id, look->rule->about, text);
    put_cohort(&sentence, look);
    if (e != NULL)
        put_exemption(&sentence, e);
    buf_printf(&sentence, " (%s)", look->rule->source);
    snprintf(id, sizeof id, "legal-%s:%s", look->set->id, look->rule->id);
    if (e != NULL)
        level = level == PROBLEM_ERROR ? PROBLEM_WARNING : PROBLEM_HINT;
    problems_add(look->problems, level, at, id, "%s", buf_text(&sentence));
    buf_free(&sentence);
}

void finding_add(const struct look *look, const struct place *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(look, look->rule->level, at, format, args);
    va_end(args);
}

void finding_add_as(const struct look *look, enum problem_level level, const struct place *at,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(look, level, at, format, args);
    va_end(args);
}

void finding_add_late(const struct look *look, enum problem_level level, const struct place *at,
                      const char *format, ...)
{
    int errors = look->problems->errors;
    va_list args;
    va_start(args, format);
    add(look, level, at, format, args);
    va_end(args);
    look->problems->errors = errors;
}
