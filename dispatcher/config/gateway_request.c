#include "config/gateway_request.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "config/checks.h"

/* What a message offers, and what can be done with it; channel/ fills them in. */
static const char *const builtin_names[] = {"text", "to.e164", "to.digits", "from",   "from.digits",
                                            "id",   "enc",     "segments",  "kr.type"};
static const char *const filter_names[] = {"utf16be", "hex"};

/* ---- templates ---- */

/* {{name|filter|filter}} in a template; the parts are owned. */
struct tag {
    char *name;
    char *filters; /* "utf16be|hex"; NULL: none */
};

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

bool gateway_is_builtin(const char *name)
{
    return is_one_of(builtin_names, COUNT_OF(builtin_names), name);
}

static void tag_free(struct tag *tag)
{
    free(tag->name);
    free(tag->filters);
}

static char *trimmed(const char *text, size_t len)
{
    while (len > 0 && *text == ' ') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return xstrndup(text, len);
}

/*
 * Finds the next tag at or behind *at: 1 and *out_before, the text before it; 0 at the end; -1 if a
 * tag is not closed. *at moves behind the tag.
 */
static int next_tag(const char **at, size_t *out_before, struct tag *out)
{
    const char *open = strstr(*at, "{{");
    if (open == NULL)
        return 0;
    const char *close = strstr(open, "}}");
    if (close == NULL)
        return -1;
    const char *bar = memchr(open, '|', (size_t)(close - open));
    const char *end = bar != NULL ? bar : close;
    *out_before = (size_t)(open - *at);
    out->name = trimmed(open + 2, (size_t)(end - open) - 2);
    out->filters = bar != NULL ? trimmed(bar + 1, (size_t)(close - bar) - 1) : NULL;
    *at = close + 2;
    return 1;
}

static const struct gateway_variable *find_variable(const struct gateway *g, const char *name)
{
    for (size_t i = 0; i < g->variable_count; i++) {
        if (strcmp(g->variables[i].name, name) == 0)
            return &g->variables[i];
    }
    return NULL;
}

static void report_tag(struct load *l, struct place place, const struct gateway *g,
                       const char *name)
{
    size_t count = 0;
    const char **names = xcalloc(COUNT_OF(builtin_names) + g->variable_count, sizeof(*names));
    for (size_t i = 0; i < COUNT_OF(builtin_names); i++)
        names[count++] = builtin_names[i];
    for (size_t i = 0; i < g->variable_count; i++)
        names[count++] = g->variables[i].name;
    load_unknown(l, place, "name in {{ }}", name, names, count);
    free(names);
}

static void check_filters(struct load *l, struct place place, const char *filters)
{
    for (const char *at = filters; at != NULL;) {
        const char *bar = strchr(at, '|');
        char *name = trimmed(at, bar != NULL ? (size_t)(bar - at) : strlen(at));
        if (!is_one_of(filter_names, COUNT_OF(filter_names), name))
            load_unknown(l, place, "filter", name, filter_names, COUNT_OF(filter_names));
        free(name);
        at = bar != NULL ? bar + 1 : NULL;
    }
}

static void check_tag(struct load *l, struct place place, const struct gateway *g,
                      const struct tag *tag, bool variables_only)
{
    bool builtin = gateway_is_builtin(tag->name);
    if (!builtin && find_variable(g, tag->name) == NULL)
        report_tag(l, place, g, tag->name);
    else if (builtin && variables_only)
        load_problem(l, place, "`{{%s}}` cannot stand in the URL; use `query`", tag->name);
    check_filters(l, place, tag->filters);
}

void gateway_check_template(struct load *l, struct place place, const struct gateway *g,
                            const char *text, bool variables_only)
{
    struct tag tag;
    size_t before = 0;
    int found;
    while ((found = next_tag(&text, &before, &tag)) == 1) {
        check_tag(l, place, g, &tag, variables_only);
        tag_free(&tag);
    }
    if (found < 0)
        load_problem(l, place, "`{{` without `}}`");
}

void gateway_expand_variables(const struct gateway *g, const char *text, struct buf *out)
{
    struct tag tag;
    size_t before = 0;
    const char *at = text;
    while (next_tag(&at, &before, &tag) == 1) {
        const struct gateway_variable *variable = find_variable(g, tag.name);
        buf_put(out, text, before);
        if (variable != NULL)
            buf_puts(out, variable->value);
        else
            buf_put(out, text + before, (size_t)(at - text) - before);
        text = at;
        tag_free(&tag);
    }
    buf_puts(out, text);
}

/* ---- fields ---- */

struct fields {
    struct gateway_field **list;
    size_t *count;
    bool are_headers;
};

static void add_field(struct load *l, const char *file, const struct gateway *g,
                      const struct fields *fields, const char *name, const struct yaml_node *value,
                      const char *encoding)
{
    gateway_check_template(l, place_of(file, value), g, value->text, false);
    *fields->list = xreallocarray(*fields->list, *fields->count + 1, sizeof(**fields->list));
    (*fields->list)[(*fields->count)++] = (struct gateway_field){
        .name = xstrdup(name), .value = xstrdup(value->text), .when_encoding = xstrdup(encoding)};
}

/* {when: {enc: gsm7}, value: ...}: the encoding; NULL after a problem. */
static const char *condition(struct load *l, const char *file, const struct yaml_node *node)
{
    const struct yaml_node *when = yaml_get(node, "when");
    const char *encoding = yaml_text(when, "enc");
    bool shaped = node->count == 2 && yaml_text(node, "value") != NULL && when != NULL &&
                  when->count == 1 && encoding != NULL &&
                  (strcmp(encoding, "gsm7") == 0 || strcmp(encoding, "ucs2") == 0);
    if (shaped)
        return encoding;
    load_problem(
        l, place_of(file, node),
        "a field is a text, {when: {enc: gsm7}, value: ...} (or ucs2), or a list of those");
    return NULL;
}

static void read_field(struct load *l, const char *file, const struct gateway *g,
                       const struct fields *fields, const char *name, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        add_field(l, file, g, fields, name, node, NULL);
        return;
    }
    const char *encoding = condition(l, file, node);
    if (encoding != NULL)
        add_field(l, file, g, fields, name, yaml_get(node, "value"), encoding);
}

static void check_field_name(struct load *l, const char *file, const struct fields *fields,
                             const struct yaml_node *node)
{
    struct error why = {0};
    bool fine = !fields->are_headers || strcasecmp(node->key, "content-type") == 0 ||
                check_header_name(node->key, &why) == 0;
    if (!fine)
        load_problem(l, place_of_key(file, node), "header `%s` %s", node->key, why.text);
}

static void read_fields(struct load *l, const char *file, const struct yaml_node *map,
                        const struct gateway *g, const struct fields *fields)
{
    for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->count; i++) {
        const struct yaml_node *node = map->items[i];
        check_field_name(l, file, fields, node);
        if (node->kind != YAML_LIST)
            read_field(l, file, g, fields, node->key, node);
        for (size_t n = 0; node->kind == YAML_LIST && n < node->count; n++)
            read_field(l, file, g, fields, node->key, node->items[n]);
    }
}

void gateway_read_request(struct load *l, const char *file, const struct yaml_node *request,
                          struct gateway *g)
{
    const struct fields headers = {&g->headers, &g->header_count, true};
    const struct fields query = {&g->query, &g->query_count, false};
    const struct fields form = {&g->form, &g->form_count, false};
    read_fields(l, file, yaml_get(request, "headers"), g, &headers);
    read_fields(l, file, yaml_get(request, "query"), g, &query);
    read_fields(l, file, yaml_get(request, "form"), g, &form);
}

/* ---- answers ---- */

static const struct {
    const char *name;
    enum outcome outcome;
} classes[] = {{"accepted", OUTCOME_DELIVERED},  {"throttle", OUTCOME_THROTTLE},
               {"transient", OUTCOME_TRANSIENT}, {"permanent", OUTCOME_PERMANENT},
               {"config", OUTCOME_CONFIG},       {"suppress", OUTCOME_SUPPRESS},
               {"uncertain", OUTCOME_UNCERTAIN}};

static int check_class(const char *text, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (strcmp(classes[i].name, text) == 0)
            return 0;
    }
    return error_set(err, ERR_INPUT,
                     "`%s` is no class: accepted, throttle, transient, permanent, config, suppress "
                     "or uncertain",
                     text);
}

static enum outcome class_outcome(const char *text)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (strcmp(classes[i].name, text) == 0)
            return classes[i].outcome;
    }
    return OUTCOME_TRANSIENT;
}

/* "202", "4xx" or "400-499". */
static bool parse_status(const char *text, int *out_from, int *out_to)
{
    size_t len = strlen(text);
    char first[4] = {0}, last[4] = {0};
    int64_t from = 0, to = 0;
    if (len == 3 && strcmp(text + 1, "xx") == 0 && text[0] >= '1' && text[0] <= '5') {
        *out_from = (text[0] - '0') * 100;
        *out_to = *out_from + 99;
        return true;
    }
    if (len != 3 && !(len == 7 && text[3] == '-'))
        return false;
    memcpy(first, text, 3);
    memcpy(last, text + len - 3, 3);
    if (!text_parse_int(first, &from) || !text_parse_int(last, &to))
        return false;
    *out_from = (int)from;
    *out_to = (int)to;
    return from >= 100 && from <= to && to <= 599;
}

static int check_status(const char *text, struct error *err)
{
    int from, to;
    if (parse_status(text, &from, &to))
        return 0;
    return error_set(err, ERR_INPUT, "`%s` is no status: write 202, 4xx or 400-499", text);
}

static int check_regex(const char *text, struct error *err)
{
    char why[200];
    regex_t regex;
    int rc = regcomp(&regex, text, REG_EXTENDED | REG_NOSUB);
    if (rc == 0) {
        regfree(&regex);
        return 0;
    }
    regerror(rc, &regex, why, sizeof(why));
    return error_set(err, ERR_INPUT, "is no extended regular expression: %s", why);
}

static int check_cause(const char *text, struct error *err)
{
    size_t len = strlen(text);
    if (len < DISPOSITION_CAUSE_SIZE &&
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == len)
        return 0;
    return error_set(err, ERR_INPUT, "a cause is one word of a-z, digits and `_`, at most %d",
                     DISPOSITION_CAUSE_SIZE - 1);
}

/* An answer as it is written. */
struct answer {
    char *status, *body_regex, *class_name, *cause;
};

#define IN(m) .offset = offsetof(struct answer, m)

static const struct param rows[] = {
    {.key = "status", .type = PARAM_TEXT, .check = check_status, IN(status)},
    {.key = "body_regex", .type = PARAM_TEXT, .check = check_regex, IN(body_regex)},
    {.key = "class",
     .type = PARAM_TEXT,
     .required = true,
     .check = check_class,
     IN(class_name),
     .about = "what the answer means: accepted, throttle, transient, permanent, config, ..."},
    {.key = "cause", .type = PARAM_TEXT, .check = check_cause, IN(cause)},
};
static const struct param_table table = {rows, COUNT_OF(rows)};

static void read_answer(struct load *l, const char *file, const struct yaml_node *node,
                        struct gateway_predicate *out)
{
    struct answer answer = {0};
    const struct section section = {
        .file = file, .prefix = "", .map = node, .description = "an answer"};
    reader_read(l, &section, &table, &answer);
    out->line = node->line;
    if (answer.status != NULL)
        parse_status(answer.status, &out->status_from, &out->status_to);
    if (answer.class_name != NULL)
        out->outcome = class_outcome(answer.class_name);
    out->cause = answer.cause != NULL ? answer.cause : xstrdup(answer.class_name);
    out->body_regex = answer.body_regex;
    free(answer.status);
    free(answer.class_name);
}

/* Behind an answer without conditions nothing is ever reached; without success nothing is ever
 * sent. */
static void check_answers(struct load *l, const char *file, const struct yaml_node *list,
                          const struct gateway *g)
{
    bool can_succeed = false;
    for (size_t i = 0; i < g->answer_count; i++) {
        const struct gateway_predicate *answer = &g->answers[i];
        bool always = answer->status_from == 0 && answer->body_regex == NULL;
        can_succeed = can_succeed || answer->outcome == OUTCOME_DELIVERED;
        if (always && i + 1 < g->answer_count)
            load_problem(l, place_of(file, list->items[i + 1]),
                         "this answer is never reached: the one in line %d takes everything",
                         answer->line);
    }
    if (!can_succeed)
        load_problem(l, place_of(file, list), "no answer has `class: accepted`");
}

void gateway_read_answers(struct load *l, const char *file, const struct yaml_node *root,
                          struct gateway *g)
{
    const struct yaml_node *list = yaml_get(yaml_get(root, "response"), "answers");
    if (list == NULL || list->kind != YAML_LIST) {
        load_problem(l, place_of(file, list != NULL ? list : root),
                     "`response.answers` must be a list of what the gateway may answer");
        return;
    }
    g->answers = xcalloc(list->count + 1, sizeof(*g->answers));
    for (size_t i = 0; i < list->count; i++)
        read_answer(l, file, list->items[i], &g->answers[g->answer_count++]);
    check_answers(l, file, list, g);
}
