#include "base/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a, 64 bits */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return (hash ^ 0xff) * UINT64_C(1099511628211);
}

/* Has the same been told of the same place? If not, it counts as told from here on. */
static bool told_already(struct problems *p, const char *position, const char *text)
{
    uint64_t hash = hash_text(hash_text(UINT64_C(14695981039346656037), position), text);
    for (size_t i = 0; i < p->told_count; i++)
        if (p->told[i] == hash)
            return true;
    if (p->told_count < COUNT_OF(p->told))
        p->told[p->told_count++] = hash;
    return false;
}

static int add(struct problems *p, enum problem_level level, const char *position, const char *text,
               const char *rule)
{
    bool is_error = level == PROBLEM_ERROR;
    struct problem problem = {.level = level, .position = position, .text = text, .rule = rule};
    if (p->tell != NULL && !told_already(p, position, text))
        p->tell(p->context, &problem);
    else if (p->tell == NULL && is_error && p->errors == 0)
        error_set(p->first, ERR_CONFIG, "%s: %s", position, text);
    p->errors += is_error ? 1 : 0;
    return ERR_CONFIG;
}

static void print_place(const struct place *at, char *out, size_t size)
{
    if (at->line > 0)
        snprintf(out, size, "%s:%d:%d", at->file, at->line, at->column);
    else
        snprintf(out, size, "%s", at->file);
}

static int add_at(struct problems *p, enum problem_level level, const struct place *at,
                  const char *rule, const char *format, va_list args)
{
    char position[1100], text[1500];
    vsnprintf(text, sizeof text, format, args);
    print_place(at, position, sizeof position);
    return add(p, level, position, text, rule);
}

int problems_add_error(struct problems *p, const struct place *at, const char *rule,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int rc = add_at(p, PROBLEM_ERROR, at, rule, format, args);
    va_end(args);
    return rc;
}

void problems_add_warning(struct problems *p, const struct place *at, const char *rule,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_at(p, PROBLEM_WARNING, at, rule, format, args);
    va_end(args);
}

void problems_add(struct problems *p, enum problem_level level, const struct place *at,
                  const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_at(p, level, at, rule, format, args);
    va_end(args);
}

const char *problem_level_name(enum problem_level level)
{
    static const char *const names[] = {"error", "warning", "hint"};
    return names[level];
}

int problems_add_failure(struct problems *p, const struct error *err, const char *rule)
{
    char position[sizeof err->text];
    const char *colon = strstr(err->text, ": ");
    if (colon == NULL)
        return add(p, PROBLEM_ERROR, "", err->text, rule);
    snprintf(position, sizeof position, "%.*s", (int)(colon - err->text), err->text);
    return add(p, PROBLEM_ERROR, position, colon + 2, rule);
}

bool problems_stop_load(const struct problems *p)
{
    return p->tell == NULL && p->errors > 0;
}
