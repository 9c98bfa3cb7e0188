#include "config/gateway_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "config/gateway_condition.h"
#include "config/quantity.h"
#include "config/reader.h"

static const struct {
    const char *name;
    enum outcome outcome;
} classes[] = {{"accepted", OUTCOME_DELIVERED},  {"throttle", OUTCOME_THROTTLE},
               {"transient", OUTCOME_TRANSIENT}, {"permanent", OUTCOME_PERMANENT},
               {"config", OUTCOME_CONFIG},       {"suppress", OUTCOME_SUPPRESS},
               {"uncertain", OUTCOME_UNCERTAIN}};

static bool find_class(const char *text, enum outcome *out)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (strcmp(classes[i].name, text) == 0) {
            *out = classes[i].outcome;
            return true;
        }
    }
    return false;
}

static int check_class(const char *text, struct error *err)
{
    struct buf names = {0};
    enum outcome outcome;
    if (find_class(text, &outcome))
        return 0;
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", classes[i].name);
    error_set(err, ERR_INPUT, "`%s` is no class; there are %s", text, buf_text(&names));
    buf_free(&names);
    return ERR_INPUT;
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

static int check_cause(const char *text, struct error *err)
{
    size_t len = strlen(text);
    if (len < DISPOSITION_CAUSE_SIZE &&
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == len)
        return 0;
    return error_set(err, ERR_INPUT, "a cause is one word of a-z, digits and `_`, at most %d",
                     DISPOSITION_CAUSE_SIZE - 1);
}

/* `header`: the advice of the answer, which holds anyway; or how long if it gives none. */
static int check_retry_after(const char *text, struct error *err)
{
    int64_t ms;
    if (strcmp(text, "header") == 0 || (quantity_parse_duration(text, &ms) && ms >= 1000))
        return 0;
    return error_set(err, ERR_INPUT, "must be `header` or a duration of a second or more, as 30s");
}

/* An answer as it is written; what needs no translation lands in the predicate at once. */
struct answer {
    char *status, *body_regex, *class_name, *retry_after;
    struct gateway_predicate predicate;
};

#define IN(m) .offset = offsetof(struct answer, m)

static const struct param rows[] = {
    {.key = "status", .type = PARAM_TEXT, .check = check_status, IN(status)},
    {.key = "body_regex", .type = PARAM_TEXT, IN(body_regex)},
    {.key = "json", .type = PARAM_SUBTREE},
    {.key = "eq", .type = PARAM_SUBTREE},
    {.key = "in", .type = PARAM_SUBTREE},
    {.key = "exists", .type = PARAM_SUBTREE},
    {.key = "range", .type = PARAM_SUBTREE},
    {.key = "all", .type = PARAM_SUBTREE},
    {.key = "class",
     .type = PARAM_TEXT,
     .required = true,
     .check = check_class,
     IN(class_name),
     .about = "what the answer means: accepted, throttle, transient, permanent, config, ..."},
    {.key = "cause", .type = PARAM_TEXT, .check = check_cause, IN(predicate.cause)},
    {.key = "retry_after", .type = PARAM_TEXT, .check = check_retry_after, IN(retry_after)},
};
static const struct param_table table = {rows, COUNT_OF(rows)};

static void read_regex(struct load *l, const char *file, const struct yaml_node *node,
                       const char *text, struct gateway_regex **out)
{
    struct error why = {0};
    if (text != NULL && gateway_regex_compile(text, out, &why) != 0)
        load_problem(l, place_of(file, yaml_get(node, "body_regex")), "`body_regex`: %s", why.text);
}

static void add_condition(struct load *l, const char *file, const struct yaml_node *node,
                          struct gateway_predicate *p)
{
    p->json = xreallocarray(p->json, p->json_count + 1, sizeof(*p->json));
    gateway_read_condition(l, file, node, &p->json[p->json_count++]);
}

static void check_all_item(struct load *l, const char *file, const struct yaml_node *item)
{
    static const char *const names[] = {"json", "eq", "in", "exists", "range"};
    for (size_t i = 0; item->kind == YAML_MAP && i < item->count; i++) {
        bool known = false;
        for (size_t n = 0; n < COUNT_OF(names); n++)
            known = known || strcmp(names[n], item->items[i]->key) == 0;
        if (!known)
            load_unknown(l, place_of_key(file, item->items[i]), "key", item->items[i]->key, names,
                         COUNT_OF(names));
    }
}

static void read_conditions(struct load *l, const char *file, const struct yaml_node *node,
                            struct gateway_predicate *p)
{
    const struct yaml_node *all = yaml_get(node, "all");
    if (gateway_has_condition(node))
        add_condition(l, file, node, p);
    if (all != NULL && (all->kind != YAML_LIST || all->count == 0))
        load_problem(l, place_of(file, all), "`all` is a list of {json: ..., eq: ...}");
    for (size_t i = 0; all != NULL && all->kind == YAML_LIST && i < all->count; i++) {
        check_all_item(l, file, all->items[i]);
        add_condition(l, file, all->items[i], p);
    }
}

static void read_answer(struct load *l, const char *file, const struct yaml_node *node,
                        struct gateway_predicate *out)
{
    struct answer answer = {.predicate.line = node->line};
    struct gateway_predicate *p = &answer.predicate;
    const struct section section = {
        .file = file, .prefix = "", .map = node, .description = "an answer"};
    int64_t wait_ms = 0;
    reader_read(l, &section, &table, &answer);
    if (answer.status != NULL)
        parse_status(answer.status, &p->status_from, &p->status_to);
    read_regex(l, file, node, answer.body_regex, &p->body_regex);
    read_conditions(l, file, node, p);
    if (answer.class_name != NULL)
        find_class(answer.class_name, &p->outcome);
    if (answer.retry_after != NULL && quantity_parse_duration(answer.retry_after, &wait_ms))
        p->retry_after_s = wait_ms / 1000;
    if (p->cause == NULL)
        p->cause = xstrdup(answer.class_name);
    *out = *p;
    free(answer.status);
    free(answer.body_regex);
    free(answer.class_name);
    free(answer.retry_after);
}

/* Behind an answer without conditions nothing is ever reached; without success nothing is ever
 * sent. */
static void check_answers(struct load *l, const char *file, const struct yaml_node *list,
                          const struct gateway *g)
{
    bool can_succeed = false;
    for (size_t i = 0; i < g->answer_count; i++) {
        const struct gateway_predicate *answer = &g->answers[i];
        can_succeed = can_succeed || answer->outcome == OUTCOME_DELIVERED;
        if (gateway_predicate_takes_all(answer) && i + 1 < g->answer_count)
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
    const struct yaml_node *response = yaml_get(root, "response");
    const struct yaml_node *list = yaml_get(response, "answers");
    gateway_read_extractor(l, file, yaml_get(response, "id"), &g->id);
    gateway_read_extractor(l, file, yaml_get(response, "parts"), &g->parts);
    gateway_read_extractor(l, file, yaml_get(response, "error_code"), &g->error_code);
    gateway_read_extractor(l, file, yaml_get(response, "error_text"), &g->error_text);
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
