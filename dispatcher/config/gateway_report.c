#include "config/gateway_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "config/gateway_condition.h"
#include "config/gateway_template.h"
#include "config/reader.h"

static const char *const source_names[] = {"query", "form", "json", "any", NULL};
static const char *const verify_names[] = {
    "none", "shared-header", "twilio", "hmac-sha256", "messagebird-jwt", "vonage-sig", NULL};
static const char *const by_names[] = {"id", "key", NULL};

/* The words of a description. What a gateway calls delivered is `confirmed` here, because a notice
 * counts as delivered when the gateway has it; both are understood. */
static const struct {
    const char *word;
    enum receipt_kind kind;
} states[] = {
    {"accepted", RECEIPT_ACCEPTED},   {"buffered", RECEIPT_BUFFERED},
    {"unknown", RECEIPT_UNKNOWN},     {"confirmed", RECEIPT_CONFIRMED},
    {"delivered", RECEIPT_CONFIRMED}, {"failed", RECEIPT_FAILED},
    {"expired", RECEIPT_EXPIRED},     {"rejected", RECEIPT_REJECTED},
};

/* The block as it is written; what needs no translation lands in the report at once. */
struct block {
    struct gateway_report report;
    enum { BY_ID, BY_KEY } by;
    char *otherwise, *verify_key;
};

#define IN(m) .offset = offsetof(struct block, m)
#define LIST_IN(m, n)                                                                              \
    .offset = offsetof(struct block, report.m), .count_offset = offsetof(struct block, report.n)

static const struct param rows[] = {
    {.key = "source",
     .type = PARAM_CHOICE,
     .required = true,
     .choices = source_names,
     IN(report.source),
     .about = "where a report has its fields: query, form, json or any"},
    {.key = "each", .type = PARAM_SUBTREE},
    {.key = "filter.from", .type = PARAM_TEXT, IN(report.filter_from)},
    {.key = "filter.eq", .type = PARAM_TEXT, IN(report.filter_value)},
    {.key = "verify.kind",
     .type = PARAM_CHOICE,
     .fallback = "none",
     .choices = verify_names,
     IN(report.verify)},
    {.key = "verify.name", .type = PARAM_TEXT, IN(report.verify_name)},
    {.key = "verify.key", .type = PARAM_TEXT, IN(verify_key)},
    {.key = "correlate.by", .type = PARAM_CHOICE, .fallback = "id", .choices = by_names, IN(by)},
    {.key = "correlate.from",
     .type = PARAM_TEXT,
     .required = true,
     IN(report.from),
     .about = "where a report says which message it is about"},
    {.key = "status.from",
     .type = PARAM_TEXT,
     .required = true,
     IN(report.status_from),
     .about = "where a report says what became of it"},
    {.key = "status.map.*", .type = PARAM_SUBTREE},
    {.key = "status.default", .type = PARAM_TEXT, IN(otherwise)},
    {.key = "detail", .type = PARAM_TEXT, IN(report.detail_from)},
    {.key = "optout.from", .type = PARAM_TEXT, IN(report.optout_from)},
    {.key = "optout.in", .type = PARAM_LIST, LIST_IN(optout_values, optout_count)},
    {.key = "lasting.from", .type = PARAM_TEXT, IN(report.lasting_from)},
    {.key = "lasting.in", .type = PARAM_LIST, LIST_IN(lasting_values, lasting_count)},
    {.key = "reply.status",
     .type = PARAM_INTEGER,
     .fallback = "200",
     .min = 200,
     .max = 299,
     IN(report.reply_status)},
    {.key = "reply.content_type",
     .type = PARAM_TEXT,
     .fallback = "text/plain",
     IN(report.reply_type)},
    {.key = "reply.body", .type = PARAM_SUBTREE},
};
static const struct param_table table = {rows, COUNT_OF(rows)};

/* ---- states ---- */

static bool find_state(const char *word, enum receipt_kind *out)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcmp(states[i].word, word) == 0) {
            *out = states[i].kind;
            return true;
        }
    }
    return false;
}

static enum receipt_kind read_state(struct load *l, const char *file, const struct yaml_node *node)
{
    const char *names[COUNT_OF(states)];
    enum receipt_kind kind = RECEIPT_NONE;
    for (size_t i = 0; i < COUNT_OF(states); i++)
        names[i] = states[i].word;
    if (node->kind != YAML_SCALAR)
        load_problem(l, place_of(file, node), "must be one word such as confirmed or failed");
    else if (!find_state(node->text, &kind))
        load_unknown(l, place_of(file, node), "state", node->text, names, COUNT_OF(names));
    return kind;
}

static void read_states(struct load *l, const char *file, const struct yaml_node *dlr,
                        struct gateway_report *r)
{
    const struct yaml_node *status = yaml_get(dlr, "status");
    const struct yaml_node *map = yaml_get(status, "map");
    const struct yaml_node *otherwise = yaml_get(status, "default");
    if (otherwise != NULL)
        r->otherwise = read_state(l, file, otherwise);
    if (map == NULL || map->kind != YAML_MAP || map->count == 0) {
        load_problem(l, place_of_key(file, status != NULL ? status : dlr),
                     "`dlr.status.map` must say what their words mean, as in {DELIVRD: confirmed}");
        return;
    }
    r->states = xcalloc(map->count, sizeof(*r->states));
    for (size_t i = 0; i < map->count; i++)
        r->states[r->state_count++] = (struct gateway_report_state){
            xstrdup(map->items[i]->key), read_state(l, file, map->items[i])};
}

/* ---- where values stand ---- */

static void check_from(struct load *l, const char *file, const struct gateway_report *r,
                       const struct yaml_node *node)
{
    bool json = r->source == GATEWAY_REPORT_JSON;
    if (node == NULL || node->kind != YAML_SCALAR || r->source == GATEWAY_REPORT_ANY)
        return;
    if (json)
        gateway_check_pointer(l, file, node);
    else if (node->text[0] == '/')
        load_problem(l, place_of(file, node), "`%s` is a JSON pointer, but `source: %s` has fields",
                     node->text, source_names[r->source]);
}

static void check_places(struct load *l, const char *file, const struct yaml_node *dlr,
                         const struct gateway_report *r)
{
    static const char *const blocks[] = {"filter", "correlate", "status", "optout", "lasting"};
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        check_from(l, file, r, yaml_get(yaml_get(dlr, blocks[i]), "from"));
    check_from(l, file, r, yaml_get(dlr, "detail"));
}

/* Two keys that only mean something together. */
static void check_pair(struct load *l, const char *file, const struct yaml_node *dlr,
                       const char *block, const char *other)
{
    const struct yaml_node *node = yaml_get(dlr, block);
    bool from = yaml_get(node, "from") != NULL, value = yaml_get(node, other) != NULL;
    if (from != value)
        load_problem(l, place_of_key(file, node), "`dlr.%s` needs `from` and `%s`", block, other);
}

static void read_each(struct load *l, const char *file, const struct yaml_node *each,
                      struct gateway_report *r)
{
    if (each == NULL)
        return;
    bool whole = each->kind == YAML_SCALAR && each->text[0] == '\0';
    if (r->source != GATEWAY_REPORT_JSON)
        load_problem(l, place_of_key(file, each), "`each` needs `source: json`");
    else if (whole || gateway_check_pointer(l, file, each))
        r->each = xstrdup(each->text);
}

/* ---- verify ---- */

static void read_verify(struct load *l, const char *file, const struct yaml_node *verify,
                        struct gateway *g, struct block *b)
{
    struct gateway_report *r = &b->report;
    struct buf key = {0};
    bool named =
        r->verify == GATEWAY_VERIFY_SHARED_HEADER || r->verify == GATEWAY_VERIFY_HMAC_SHA256;
    if (verify == NULL || verify->kind != YAML_MAP)
        return;
    if (named != (r->verify_name != NULL))
        load_problem(l, place_of_key(file, verify), "`verify.name` is the header of %s",
                     "`kind: shared-header` and `kind: hmac-sha256`, and of no other kind");
    if ((r->verify != GATEWAY_VERIFY_NONE) != (b->verify_key != NULL))
        load_problem(l, place_of_key(file, verify),
                     "`verify` needs a `kind` and a `key`, as in key: \"{{secret}}\"");
    if (b->verify_key == NULL)
        return;
    gateway_check_template(l, place_of(file, yaml_get(verify, "key")), g, b->verify_key,
                           SCOPE_VARIABLES);
    gateway_expand_variables(g, b->verify_key, &key);
    r->verify_key = buf_steal(&key);
}

/* ---- the whole ---- */

static void read_reply(struct load *l, const char *file, const struct yaml_node *reply,
                       struct gateway_report *r)
{
    const struct yaml_node *body = yaml_get(reply, "body");
    if (body != NULL && body->kind != YAML_SCALAR)
        load_problem(l, place_of(file, body), "`reply.body` must be a text");
    r->reply_body = xstrdup(body != NULL && body->kind == YAML_SCALAR ? body->text : "");
}

static void read_block(struct load *l, const char *file, const struct yaml_node *dlr,
                       struct gateway *g, struct block *b)
{
    struct gateway_report *r = &b->report;
    r->by_key = b->by == BY_KEY;
    read_states(l, file, dlr, r);
    read_each(l, file, yaml_get(dlr, "each"), r);
    check_places(l, file, dlr, r);
    check_pair(l, file, dlr, "filter", "eq");
    check_pair(l, file, dlr, "optout", "in");
    check_pair(l, file, dlr, "lasting", "in");
    read_verify(l, file, yaml_get(dlr, "verify"), g, b);
    read_reply(l, file, yaml_get(dlr, "reply"), r);
}

void gateway_read_report(struct load *l, const char *file, const struct yaml_node *dlr,
                         struct gateway *g)
{
    struct block block = {0};
    const struct section section = {
        .file = file, .prefix = "dlr.", .map = dlr, .description = "dlr"};
    if (dlr == NULL || (dlr->kind == YAML_SCALAR && strcmp(dlr->text, "none") == 0))
        return;
    reader_read(l, &section, &table, &block);
    if (dlr->kind == YAML_MAP)
        read_block(l, file, dlr, g, &block);
    g->report = xcalloc(1, sizeof(*g->report));
    *g->report = block.report;
    free(block.otherwise);
    free(block.verify_key);
}
