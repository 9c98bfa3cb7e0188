#include "model/gateway_answer.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

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
    int code = regcomp(&regex->compiled, text, REG_EXTENDED);
    *out = NULL;
    if (code == 0) {
        *out = regex;
        return 0;
    }
    regerror(code, &regex->compiled, why, sizeof(why));
    free(regex);
    return error_set(err, ERR_INPUT, "is no extended regular expression: %s", why);
}

size_t gateway_regex_groups(const struct gateway_regex *regex)
{
    return regex->compiled.re_nsub;
}

bool gateway_regex_find(const struct gateway_regex *regex, const char *text, struct buf *out)
{
    regmatch_t found[2];
    if (regexec(&regex->compiled, text, COUNT_OF(found), found, 0) != 0 ||
        found[1].rm_eo <= found[1].rm_so)
        return false;
    buf_put(out, text + found[1].rm_so, (size_t)(found[1].rm_eo - found[1].rm_so));
    return true;
}

void gateway_regex_free(struct gateway_regex *regex)
{
    if (regex == NULL)
        return;
    regfree(&regex->compiled);
    free(regex);
}

/* ---- JSON ---- */

static bool equals(const struct gateway_json_value *wanted, const struct json_t *value)
{
    struct buf text = {0};
    double a, b;
    if (wanted->kind != json_kind_of(value))
        return false;
    if (wanted->kind == JSON_KIND_NUMBER)
        return json_read_number(wanted->text, &a) && json_get_number(value, &b) && a >= b && a <= b;
    bool same = wanted->kind == JSON_KIND_NULL ||
                (json_put_plain(&text, value) && strcmp(buf_text(&text), wanted->text) == 0);
    buf_free(&text);
    return same;
}

static bool spells(const struct gateway_json_value *wanted, const struct json_t *value)
{
    struct buf text = {0};
    bool same = json_put_plain(&text, value) && strcmp(buf_text(&text), wanted->text) == 0;
    buf_free(&text);
    return same || equals(wanted, value);
}

static bool is_one_of(const struct gateway_json_condition *c, const struct json_t *value)
{
    for (size_t i = 0; i < c->value_count; i++) {
        if (spells(&c->values[i], value))
            return true;
    }
    return false;
}

static bool json_condition_holds(const struct gateway_json_condition *c, const struct json_t *root)
{
    const struct json_t *value = json_find(root, c->pointer);
    enum json_kind kind = json_kind_of(value);
    bool there = kind != JSON_KIND_NONE && kind != JSON_KIND_NULL;
    double number;
    switch (c->test) {
    case GATEWAY_JSON_EXISTS:
        return there != c->absent;
    case GATEWAY_JSON_EQ:
        return equals(&c->values[0], value);
    case GATEWAY_JSON_IN:
        return is_one_of(c, value);
    case GATEWAY_JSON_RANGE:
        return json_get_number(value, &number) && number >= c->lowest && number <= c->highest;
    }
    return false;
}

/* ---- conditions ---- */

static bool has_status(const struct gateway_predicate *p)
{
    return p->status_from != 0 || p->status_to != 0;
}

static bool status_holds(const struct gateway_predicate *p, const struct gateway_reply *reply)
{
    return reply->status >= p->status_from && reply->status <= p->status_to;
}

static bool has_body_regex(const struct gateway_predicate *p)
{
    return p->body_regex != NULL;
}

static bool body_regex_holds(const struct gateway_predicate *p, const struct gateway_reply *reply)
{
    return regexec(&p->body_regex->compiled, reply->body, 0, NULL, 0) == 0;
}

static bool has_json(const struct gateway_predicate *p)
{
    return p->json_count > 0;
}

static bool json_holds(const struct gateway_predicate *p, const struct gateway_reply *reply)
{
    for (size_t i = 0; i < p->json_count; i++) {
        if (!json_condition_holds(&p->json[i], reply->json))
            return false;
    }
    return true;
}

static const struct {
    bool (*is_set)(const struct gateway_predicate *p);
    bool (*holds)(const struct gateway_predicate *p, const struct gateway_reply *reply);
} conditions[] = {
    {has_status, status_holds},
    {has_body_regex, body_regex_holds},
    {has_json, json_holds},
};

bool gateway_predicate_takes_all(const struct gateway_predicate *p)
{
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        if (conditions[i].is_set(p))
            return false;
    }
    return true;
}

bool gateway_predicate_holds(const struct gateway_predicate *p, const struct gateway_reply *reply)
{
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        if (conditions[i].is_set(p) && !conditions[i].holds(p, reply))
            return false;
    }
    return true;
}

bool gateway_predicate_depends_on_json(const struct gateway_predicate *p,
                                       const struct gateway_reply *reply)
{
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        if (conditions[i].holds != json_holds && conditions[i].is_set(p) &&
            !conditions[i].holds(p, reply))
            return false;
    }
    return has_json(p);
}

static void free_json_condition(struct gateway_json_condition *c)
{
    for (size_t i = 0; i < c->value_count; i++)
        free(c->values[i].text);
    free(c->values);
    free(c->pointer);
}

void gateway_predicate_free(struct gateway_predicate *p)
{
    for (size_t i = 0; i < p->json_count; i++)
        free_json_condition(&p->json[i]);
    free(p->json);
    gateway_regex_free(p->body_regex);
    free(p->cause);
}
