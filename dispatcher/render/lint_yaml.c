#include "render/lint_yaml.h"

#include <string.h>

#include "base/yaml.h"

int lint_yaml_failure(const struct error *err, struct problems *problems)
{
    static const struct {
        const char *words, *rule;
    } rules[] = {
        {"\" is written twice (line ", "yaml-duplicate-key"},
        {"put the value in quotes", "yaml-quote"},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (strstr(err->text, rules[i].words) != NULL)
            return problems_add_failure(problems, err, rules[i].rule);
    return problems_add_failure(problems, err, "yaml-syntax");
}

/* What stands on the line of the value, from the value on. */
static const char *rest_of_line(const struct yaml_node *value, const char *text, size_t len,
                                int first_line, size_t *out_len)
{
    const char *at = text, *end = text + len;
    for (int line = first_line; line < value->line && at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline != NULL ? newline + 1 : end;
    }
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline != NULL ? newline : end;
    const char *begin = memmem(at, (size_t)(stop - at), value->text, strlen(value->text));
    *out_len = begin != NULL ? (size_t)(stop - begin) : 0;
    return begin;
}

bool lint_yaml_quotes(const struct yaml_node *value, const char *text, size_t len, int first_line,
                      const char *file, struct problems *problems)
{
    struct place at = {file, value->line, value->column};
    if (value->kind != YAML_SCALAR || value->quoted)
        return true;
    size_t rest_len = 0;
    const char *rest = rest_of_line(value, text, len, first_line, &rest_len);
    if (strstr(value->text, "{{") != NULL) {
        problems_add_error(problems, &at, "yaml-quote", "put the value in quotes: it contains {{");
    } else if (rest != NULL && memmem(rest, rest_len, " #", 2) != NULL) {
        problems_add_error(problems, &at, "yaml-quote",
                           "put the value in quotes: it contains #, and what stands behind it is "
                           "lost");
    } else {
        return true;
    }
    return false;
}
