#include "campaign/campaign_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "campaign/reading.h"
#include "campaign/sending_read.h"

#define CHANNELS                                                                                   \
    "{\"type\":\"array\",\"minItems\":1,\"items\":{\"enum\":[\"email\",\"sms\",\"webhook\"]}}"
#define CATEGORY "{\"enum\":[\"breach_notice\",\"service_notice\",\"ad\",\"newsletter\"]}"
#define EXCUSE   "{\"enum\":[\"containment\",\"force_majeure\"]}"
#define PARTS                                                                                      \
    "{\"type\":[\"integer\",\"string\"],\"minimum\":1,\"maximum\":10,\"pattern\":\"^0*([1-9]|10)$" \
    "\"}"
#define LANGUAGES                                                                                  \
    "{\"type\":\"array\",\"minItems\":1,\"items\":" SCHEMA_TEXT_AS(                                \
        "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$") "}"
#define ROLES                                                                                      \
    "{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"number\",\"boolean\"],"                 \
    "\"pattern\":\"^[a-z0-9_-]+$\"}}"
/* A cohort may have no file yet. */
#define COHORTS                                                                                    \
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\","  \
    "\"null\"]}}"

static const char *const categories[] = {"breach_notice", "service_notice", "ad", "newsletter"};
static const char *const excuses[] = {"containment", "force_majeure"};

const char *campaign_category_at(size_t index)
{
    return index < COUNT_OF(categories) ? categories[index] : NULL;
}

/* ---- names ---- */

static void read_id(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct campaign *)target)->id);
}

static void read_template(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->template_place = reading_place(r, node);
    reading_text(r, node, &c->template_name);
}

static void read_kind(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    const char *words[NOTICE_PUBLIC + 1];
    size_t index;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = notice_kind_name((enum notice_kind)i);
    if (!reading_word(r, node, words, COUNT_OF(words), &index))
        return;
    c->kind = (enum notice_kind)index;
    c->kind_place = reading_place(r, node);
}

static void read_category(const struct reading *r, const struct yaml_node *node, void *target)
{
    size_t index;
    if (reading_word(r, node, categories, COUNT_OF(categories), &index))
        reading_text(r, node, &((struct campaign *)target)->category);
}

static void read_reference(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct campaign *)target)->reference);
}

static void read_delay_reason(const struct reading *r, const struct yaml_node *node, void *target)
{
    size_t index;
    if (reading_word(r, node, excuses, COUNT_OF(excuses), &index))
        reading_text(r, node, &((struct campaign *)target)->delay_reason);
}

static void read_send_at(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->send_at_place = reading_place(r, node);
    reading_time(r, node, &c->send_at_ms);
}

static void read_sms_parts(const struct reading *r, const struct yaml_node *node, void *target)
{
    int64_t parts = 0;
    if (!reading_count(r, node, &parts))
        return;
    if (parts < 1 || parts > 10)
        reading_wrong(r, node, "an SMS may have 1 to 10 parts, not %s", node->text);
    else
        ((struct campaign *)target)->sms_parts = parts;
}

/* ---- files ---- */

static void read_facts(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->facts_place = reading_place(r, node);
    reading_path(r, node, &c->facts);
}

static void read_population(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->population_place = reading_place(r, node);
    reading_path(r, node, &c->population);
}

static void read_supersedes(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->supersedes_place = reading_place(r, node);
    reading_path(r, node, &c->supersedes);
}

static bool is_null(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted &&
           (node->text[0] == '\0' || strcmp(node->text, "null") == 0 ||
            strcmp(node->text, "~") == 0);
}

static void read_cohorts(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->cohorts = xcalloc(node->count, sizeof(*c->cohorts));
    for (size_t i = 0; i < node->count; i++) {
        struct campaign_cohort *cohort = &c->cohorts[c->cohort_count++];
        cohort->name = xstrdup(node->items[i]->key);
        cohort->place = reading_key_place(r, node->items[i]);
        if (!is_null(node->items[i]))
            reading_path(r, node->items[i], &cohort->audience);
    }
}

/* ---- languages and channels ---- */

static void read_languages(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->languages_place = reading_key_place(r, node);
    for (size_t i = 0; i < node->count; i++)
        if (node->items[i]->kind == YAML_SCALAR && !reading_is_language(node->items[i]->text))
            reading_wrong(r, node->items[i], "\"%s\" is no tag of a language, like ko or de-AT",
                          node->items[i]->text);
    reading_texts(r, node, &c->languages, &c->language_count);
    if (node->count == 0)
        reading_wrong(r, node, "name at least one language");
}

static void read_channels(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    const char *words[CHANNEL_KINDS];
    size_t index;
    c->channels_place = reading_key_place(r, node);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = channel_kind_name((enum channel_kind)i);
    for (size_t i = 0; i < node->count; i++)
        if (reading_word(r, node->items[i], words, COUNT_OF(words), &index))
            c->channels[index] = true;
    if (node->count == 0)
        reading_wrong(r, node, "name at least one channel");
}

/* ---- exemptions ---- */

static void read_exempt_rule(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct exemption *e = target;
    reading_text(r, node, &e->rule);
    if (node->text[0] != '\0' && strchr(node->text, ':') == NULL)
        reading_wrong(r, node, "\"%s\" must be a rule of a rule set, like kr-pipa-34-1:KR10",
                      node->text);
}

static void read_exempt_reason(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct exemption *)target)->reason);
}

static void read_exempt_by(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct exemption *e = target;
    reading_texts(r, node, &e->by, &e->by_count);
    bool two = false;
    for (size_t i = 1; i < e->by_count; i++)
        two = two || !text_same_name(e->by[i], e->by[0]);
    if (!two)
        reading_wrong(r, node, "an exemption is answered for by two people: name both");
}

static const struct key exemption_keys[] = {
    {"rule", KEY_REQUIRED, YAML_SCALAR, read_exempt_rule, SCHEMA_SCALAR},
    {"reason", KEY_REQUIRED, YAML_SCALAR, read_exempt_reason, SCHEMA_SCALAR},
    {"by", KEY_REQUIRED, YAML_LIST, read_exempt_by, SCHEMA_SCALARS},
};

static void read_exemptions(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->exemptions = xcalloc(node->count, sizeof(*c->exemptions));
    for (size_t i = 0; i < node->count; i++) {
        if (!reading_is_map(r, node->items[i]))
            continue;
        struct exemption *e = &c->exemptions[c->exemption_count++];
        e->place = reading_place(r, node->items[i]);
        reading_map(r, node->items[i], "an exemption", exemption_keys, COUNT_OF(exemption_keys), e);
    }
}

/* ---- the campaign ---- */

static const struct key campaign_keys[] = {
    {"schema", KEY_REQUIRED, YAML_SCALAR, reading_schema, SCHEMA_ONE},
    {"campaign", KEY_REQUIRED, YAML_SCALAR, read_id, SCHEMA_SCALAR},
    {"template", KEY_REQUIRED, YAML_SCALAR, read_template, SCHEMA_SCALAR},
    {"kind", KEY_REQUIRED, YAML_SCALAR, read_kind, KEY_REF("kind")},
    {"category", KEY_REQUIRED, YAML_SCALAR, read_category, CATEGORY},
    {"facts", KEY_OPTIONAL, YAML_SCALAR, read_facts, SCHEMA_SCALAR},
    {"languages", KEY_REQUIRED, YAML_LIST, read_languages, LANGUAGES},
    {"channels", KEY_REQUIRED, YAML_LIST, read_channels, CHANNELS},
    {"cohorts", KEY_OPTIONAL, YAML_MAP, read_cohorts, COHORTS},
    {"population", KEY_OPTIONAL, YAML_SCALAR, read_population, SCHEMA_SCALAR},
    {"send_at", KEY_OPTIONAL, YAML_SCALAR, read_send_at, SCHEMA_TIME},
    {"supersedes", KEY_OPTIONAL, YAML_SCALAR, read_supersedes, SCHEMA_SCALAR},
    {"delay_reason", KEY_OPTIONAL, YAML_SCALAR, read_delay_reason, EXCUSE},
    {"sms_parts", KEY_OPTIONAL, YAML_SCALAR, read_sms_parts, PARTS},
    {"reference", KEY_OPTIONAL, YAML_SCALAR, read_reference, SCHEMA_SCALAR},
    {"exemptions", KEY_OPTIONAL, YAML_LIST, read_exemptions,
     "{\"type\":\"array\",\"items\":" KEY_REF("exemption") "}"},
    {"approvals", KEY_OPTIONAL, YAML_LIST, sending_read_approvals, ROLES},
    {"window", KEY_OPTIONAL, YAML_SCALAR, sending_read_window, KEY_HOURS},
    {"halt", KEY_OPTIONAL, YAML_MAP, sending_read_halt, KEY_REF("halt")},
    {"canary", KEY_OPTIONAL, YAML_MAP, sending_read_canary, KEY_REF("canary")},
    {"waves", KEY_OPTIONAL, YAML_MAP, sending_read_waves, KEY_REF("waves")},
    {"expires_at", KEY_OPTIONAL, YAML_SCALAR, sending_read_expires_at, SCHEMA_TIME},
    {"phoned", KEY_OPTIONAL, YAML_LIST, sending_read_phoned, SCHEMA_SCALARS},
    {"condition", KEY_OPTIONAL, YAML_MAP, sending_read_condition, KEY_REF("condition")},
};

/* An update or an offer may go out by another category; what people must be told may not. */
static bool is_notice(enum notice_kind kind)
{
    return kind != NOTICE_NONE && kind != NOTICE_PROGRESS;
}

static void check_kind(const struct reading *r, const struct campaign *c)
{
    if (c->category == NULL || c->kind_place.line == 0)
        return;
    bool breach = strcmp(c->category, "breach_notice") == 0;
    if (is_notice(c->kind) && !breach)
        problems_add_error(r->problems, &c->kind_place, "campaign-kind",
                           "a notice of kind %s has the category breach_notice, not %s",
                           notice_kind_name(c->kind), c->category);
    if (c->kind == NOTICE_NONE && breach)
        problems_add_warning(r->problems, &c->kind_place, "campaign-kind",
                             "a breach notice is possibility, initial, confirmed, supplement, "
                             "progress, all_clear or public_notice; with none of them no rule of "
                             "law is applied");
}

static void check_chain(const struct reading *r, const struct campaign *c)
{
    bool follows = c->kind == NOTICE_SUPPLEMENT || c->kind == NOTICE_ALL_CLEAR;
    if (follows && c->supersedes == NULL)
        problems_add_error(r->problems, &c->kind_place, "campaign-chain",
                           "a notice of kind %s follows an earlier one: name its campaign in "
                           "`supersedes`",
                           notice_kind_name(c->kind));
    if (c->kind != NOTICE_NONE && c->facts == NULL && c->kind_place.line > 0)
        problems_add_error(r->problems, &c->kind_place, "campaign-facts",
                           "a notice of kind %s takes its facts from a fact sheet: name it in "
                           "`facts`",
                           notice_kind_name(c->kind));
}

int campaign_read(const char *path, struct problems *problems, struct campaign **out)
{
    int errors = problems->errors;
    struct campaign *c = xcalloc(1, sizeof(*c));
    c->file = xstrdup(path);
    const struct reading r = {.file = c->file, .problems = problems};
    struct yaml_node *root = reading_load(&r, c->sha256);
    *out = NULL;
    if (root != NULL) {
        reading_map(&r, root, "a campaign", campaign_keys, COUNT_OF(campaign_keys), c);
        check_kind(&r, c);
        check_chain(&r, c);
        sending_check(&r, root, c);
    }
    yaml_free(root);
    if (problems->errors > errors) {
        campaign_free(c);
        return ERR_CONFIG;
    }
    *out = c;
    return 0;
}

/* ---- as a schema ---- */

static void put_kinds(struct buf *out)
{
    const char *words[NOTICE_PUBLIC + 1];
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = notice_kind_name((enum notice_kind)i);
    json_schema_put_words(out, words, COUNT_OF(words));
}

void campaign_put_schema(struct buf *out)
{
    reading_put_schema(campaign_keys, COUNT_OF(campaign_keys), out);
    out->len--;
    buf_puts(out, ",\"$defs\":{\"kind\":");
    put_kinds(out);
    buf_puts(out, ",\"exemption\":");
    reading_put_schema(exemption_keys, COUNT_OF(exemption_keys), out);
    sending_put_schema_defs(out);
    buf_puts(out, "}}");
}
