#include "model/gateway_answer.h"

#include <regex.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"

/* ---- expressions ---- */

struct gateway_regex {
    regex_t compiled;
};

int gateway_regex_compile(const char *text, struct gateway_regex **out, struct error *err)
{
    char why[200];
    struct gateway_regex *regex = xcalloc(1, sizeof(*regex));
    int code = regcomp(&regex->compiled, text, REG_EXTENDED | REG_NOSUB);
    *out = NULL;
    if (code == 0) {
        *out = regex;
        return 0;
    }
    regerror(code, &regex->compiled, why, sizeof(why));
    free(regex);
    return error_set(err, ERR_INPUT, "is no extended regular expression: %s", why);
}

void gateway_regex_free(struct gateway_regex *regex)
{
    if (regex == NULL)
        return;
    regfree(&regex->compiled);
    free(regex);
}

/* ---- conditions ---- */

static bool has_status(const struct gateway_predicate *p)
{
    return p->status_from != 0 || p->status_to != 0;
}

static bool status_holds(const struct gateway_predicate *p, int status, const char *body UNUSED)
{
    return status >= p->status_from && status <= p->status_to;
}

static bool has_body_regex(const struct gateway_predicate *p)
{
    return p->body_regex != NULL;
}

static bool body_regex_holds(const struct gateway_predicate *p, int status UNUSED, const char *body)
{
    return regexec(&p->body_regex->compiled, body, 0, NULL, 0) == 0;
}

static const struct {
    bool (*is_set)(const struct gateway_predicate *p);
    bool (*holds)(const struct gateway_predicate *p, int status, const char *body);
} conditions[] = {
    {has_status, status_holds},
    {has_body_regex, body_regex_holds},
};

bool gateway_predicate_takes_all(const struct gateway_predicate *p)
{
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        if (conditions[i].is_set(p))
            return false;
    }
    return true;
}

bool gateway_predicate_holds(const struct gateway_predicate *p, int status, const char *body)
{
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        if (conditions[i].is_set(p) && !conditions[i].holds(p, status, body))
            return false;
    }
    return true;
}

void gateway_predicate_free(struct gateway_predicate *p)
{
    gateway_regex_free(p->body_regex);
    free(p->cause);
}
