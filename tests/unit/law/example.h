/*
 * An example: a campaign with its letters, fact sheet and proofs, made from cases/base.yaml and the
 * changes of one case. Everything is said by dotted paths ("sheet.aware_at", "ko.rights"), and what
 * stands in a layer above covers the ones below; an empty text takes away.
 */
#ifndef TEST_LAW_EXAMPLE_H
#define TEST_LAW_EXAMPLE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/yaml.h"
#include "law/law.h"
#include "model/fact_value.h"
#include "model/json.h"

#define EXAMPLE_LAYERS  5
#define EXAMPLE_LETTERS 4
#define EXAMPLE_WORDS   16

struct example {
    const struct yaml_node *layers[EXAMPLE_LAYERS]; /* the uppermost first */
    size_t layer_count;
    struct law_case c;
    struct law_text texts[EXAMPLE_LETTERS];
    struct proof proofs[EXAMPLE_LETTERS];
    char *files[EXAMPLE_LETTERS];
    struct fact_sheet sheet;
    struct campaign campaign, earlier_campaign;
    struct law_sending sending;
    struct json_t *facts;
    bool channels[CHANNEL_KINDS], certified;
    char *rulesets[EXAMPLE_WORDS], *jurisdictions[EXAMPLE_WORDS], *flags[EXAMPLE_WORDS];
    char *incomplete[EXAMPLE_WORDS], *languages[EXAMPLE_WORDS], *registered[EXAMPLE_WORDS];
    struct fact_cohort cohorts[EXAMPLE_WORDS];
    struct campaign_cohort campaign_cohorts[EXAMPLE_WORDS], earlier_cohorts[EXAMPLE_WORDS];
    struct exemption exemption;
    char *by[EXAMPLE_WORDS];
    size_t jurisdiction_count;
};

/* ---- values by path ---- */

static inline const struct yaml_node *example_walk(const struct yaml_node *layer, const char *path)
{
    const struct yaml_node *found = yaml_get(layer, path);
    while (found == NULL && layer != NULL && strchr(path, '.') != NULL) {
        size_t len = strcspn(path, ".");
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        layer = yaml_get(layer, key);
        path += len + 1;
        found = yaml_get(layer, path);
    }
    return found;
}

static inline const struct yaml_node *example_node(const struct example *e, const char *path)
{
    const struct yaml_node *node = NULL;
    for (size_t i = 0; i < e->layer_count && node == NULL; i++)
        node = example_walk(e->layers[i], path);
    return node;
}

PRINTF(2, 3)
static inline const char *example_text(const struct example *e, const char *format, ...)
{
    char path[100];
    va_list args;
    va_start(args, format);
    vsnprintf(path, sizeof path, format, args);
    va_end(args);
    const struct yaml_node *node = example_node(e, path);
    return node != NULL && node->kind == YAML_SCALAR ? node->text : "";
}

/* "a, b" into its words; returns the count. */
static inline size_t example_split(const char *text, char **out)
{
    size_t count = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        out[count++] = xstrndup(text, len);
        text += len;
        text += strspn(text, ", ");
    }
    return count;
}

static inline void example_drop(char **words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(words[i]);
}

static inline int64_t example_number(const struct example *e, const char *path, int64_t fallback)
{
    int64_t number = fallback;
    const char *text = example_text(e, "%s", path);
    assert_true(text[0] == '\0' || text_parse_int(text, &number));
    return number;
}

static inline int64_t example_time(const struct example *e, const char *path)
{
    int64_t ms = 0;
    const char *text = example_text(e, "%s", path);
    assert_true(text[0] == '\0' || clock_parse_rfc3339(text, &ms));
    return ms;
}

static inline char *example_copy(const struct example *e, const char *path)
{
    const char *text = example_text(e, "%s", path);
    return text[0] != '\0' ? xstrdup(text) : NULL;
}

/* ---- letters ---- */

static inline void example_add_uses(const struct example *e, struct proof *p, const char *locale,
                                    const char *where, enum proof_part part, size_t section)
{
    char *names[EXAMPLE_WORDS];
    const char *own = example_text(e, "uses.%s.%s", locale, where);
    size_t count = example_split(own[0] != '\0' ? own : example_text(e, "uses.%s", where), names);
    for (size_t i = 0; i < count; i++) {
        p->uses = xreallocarray(p->uses, p->use_count + 1, sizeof(*p->uses));
        p->uses[p->use_count++] =
            (struct proof_use){.name = names[i], .part = part, .section = section, .len = 1};
    }
}

static inline void example_add_sections(const struct example *e, struct proof *p,
                                        const char *locale)
{
    char *ids[EXAMPLE_WORDS];
    size_t count = example_split(example_text(e, "sections"), ids);
    p->sections = xcalloc(count + 1, sizeof(*p->sections));
    for (size_t i = 0; i < count; i++) {
        const char *heading = example_text(e, "headings.%s.%s", locale, ids[i]);
        struct proof_section *s = &p->sections[p->section_count];
        char file[16];
        snprintf(file, sizeof file, "%s.md", locale);
        *s = (struct proof_section){.id = ids[i],
                                    .heading = xstrdup(heading[0] != '\0' ? heading : ids[i]),
                                    .file = xstrdup(file),
                                    .line = 10 * (int)(i + 1),
                                    .column = 4};
        buf_puts(&s->text, example_text(e, "%s.%s", locale, ids[i]));
        example_add_uses(e, p, locale, ids[i], PROOF_BODY, p->section_count++);
    }
}

static inline void example_add_letter(struct example *e, const char *locale)
{
    size_t i = e->c.text_count++;
    struct proof *p = &e->proofs[i];
    struct buf file = {0};
    buf_printf(&file, "%s.md", locale);
    e->files[i] = buf_steal(&file);
    example_add_sections(e, p, locale);
    buf_puts(&p->message.subject, example_text(e, "%s.subject", locale));
    buf_puts(&p->message.sms, example_text(e, "%s.sms", locale));
    example_add_uses(e, p, locale, "sms", PROOF_SMS, 0);
    e->texts[i] = (struct law_text){
        .cohort = "a",
        .locale = e->files[i],
        .file = e->files[i],
        .facts = e->facts,
        .proof = p,
        .jurisdictions = (const char *const *)e->jurisdictions,
    };
    snprintf(p->message.locale, sizeof p->message.locale, "%s", locale);
    e->texts[i].locale = p->message.locale;
}

/* ---- facts ---- */

static inline void example_put_facts(struct example *e)
{
    e->facts = fact_value_object();
    for (size_t i = 0; i < e->layer_count; i++) {
        const struct yaml_node *facts = yaml_get(e->layers[i], "facts");
        for (size_t k = 0; facts != NULL && k < facts->count; k++) {
            char path[100];
            snprintf(path, sizeof path, "facts.%s", facts->items[k]->key);
            const struct yaml_node *node = example_node(e, path);
            bool taken_away = node->kind == YAML_SCALAR && node->text[0] == '\0';
            if (!taken_away && fact_value_at(e->facts, facts->items[k]->key) == NULL)
                assert_true(
                    fact_value_put(e->facts, facts->items[k]->key, fact_value_from_yaml(node)));
        }
    }
}

static inline void example_make_sheet(struct example *e)
{
    struct fact_sheet *s = &e->sheet;
    s->file = xstrdup("facts.yaml");
    s->version = (int)example_number(e, "sheet.version", 1);
    s->supersedes = example_copy(e, "sheet.supersedes");
    assert_true(incident_kind_parse(example_text(e, "sheet.kind"), &s->kind));
    assert_true(certainty_parse(example_text(e, "sheet.certainty"), &s->certainty));
    s->aware_at = (struct known_time){example_time(e, "sheet.aware_at"),
                                      example_copy(e, "sheet.aware_source")};
    s->trigger_at.at_ms = example_time(e, "sheet.trigger_at");
    s->discovered_at.at_ms = example_time(e, "sheet.discovered_at");
    s->flags = e->flags;
    s->flag_count = example_split(example_text(e, "sheet.flags"), e->flags);
    s->incomplete = e->incomplete;
    s->incomplete_count = example_split(example_text(e, "sheet.incomplete"), e->incomplete);
    s->notice_until_day = example_number(e, "sheet.notice_days", -1);
    s->has_public_notice = s->notice_until_day >= 0;
    s->facts = e->facts;
    s->cohorts = e->cohorts;
    s->cohort_count = 1;
    s->jurisdictions = e->jurisdictions;
    s->jurisdiction_count = e->jurisdiction_count;
    e->cohorts[0] = (struct fact_cohort){
        .name = xstrdup("a"),
        .from = example_copy(e, "sheet.from"),
        .affected = example_number(e, "sheet.affected", -1),
        .people = -1,
        .jurisdictions = e->jurisdictions,
        .jurisdiction_count = e->jurisdiction_count,
    };
    const char *second = example_text(e, "sheet.second");
    if (second[0] != '\0') {
        e->cohorts[1] = e->cohorts[0];
        e->cohorts[1].name = xstrdup(second);
        if (text_equal(example_text(e, "sheet.second_lives"), "elsewhere"))
            e->cohorts[1].jurisdiction_count = 0;
        e->cohorts[1].from = example_copy(e, "sheet.from");
        s->cohort_count++;
    }
}

/* ---- campaign ---- */

static inline size_t example_name_cohorts(const char *names, struct campaign_cohort *out)
{
    char *list[EXAMPLE_WORDS];
    size_t count = example_split(names, list);
    for (size_t i = 0; i < count; i++)
        out[i] = (struct campaign_cohort){.name = list[i]};
    return count;
}

static inline void example_make_exemption(struct example *e)
{
    struct campaign *c = &e->campaign;
    c->exemptions = &e->exemption;
    c->exemption_count = example_node(e, "exemption") != NULL ? 1 : 0;
    e->exemption = (struct exemption){
        .rule = example_copy(e, "exemption.rule"),
        .reason = example_copy(e, "exemption.reason"),
        .by = e->by,
        .by_count = example_split(example_text(e, "exemption.by"), e->by),
        .place = {"campaign.yaml", 30, 5},
    };
}

static inline void example_make_campaign(struct example *e)
{
    struct campaign *c = &e->campaign;
    c->file = xstrdup("campaign.yaml");
    c->kind_place = (struct place){"campaign.yaml", 3, 7};
    c->send_at_place = (struct place){"campaign.yaml", 9, 10};
    assert_true(notice_kind_parse(example_text(e, "kind"), &c->kind));
    c->languages = e->languages;
    c->language_count = example_split(example_text(e, "languages"), e->languages);
    c->supersedes = example_copy(e, "supersedes");
    c->delay_reason = example_copy(e, "delay_reason");
    c->cohorts = e->campaign_cohorts;
    c->cohort_count = example_name_cohorts(example_text(e, "cohorts"), e->campaign_cohorts);
    example_make_exemption(e);
    const char *earlier = example_text(e, "earlier.kind");
    if (earlier[0] != '\0') {
        assert_true(notice_kind_parse(earlier, &e->earlier_campaign.kind));
        e->earlier_campaign.cohorts = e->earlier_cohorts;
        e->earlier_campaign.cohort_count =
            example_name_cohorts(example_text(e, "earlier.cohorts"), e->earlier_cohorts);
        e->c.earlier = &e->earlier_campaign;
    }
}

static inline void example_make_sending(struct example *e)
{
    e->sending = (struct law_sending){
        .without_contact = example_number(e, "sending.without_contact", -1),
        .without_consent = example_number(e, "sending.without_consent", -1),
        .without_night_consent = example_number(e, "sending.without_night_consent", -1),
        .oldest_consent_ms = example_time(e, "sending.oldest_consent"),
        .registered_senders = (const char *const *)e->registered,
        .registered_count = example_split(example_text(e, "sending.registered"), e->registered),
        .sms_certified = &e->certified,
    };
    const char *sender = example_text(e, "sending.sender");
    e->sending.sms_sender = sender[0] != '\0' ? sender : NULL;
    e->certified = text_equal(example_text(e, "sending.certified"), "true");
}

static inline const char *example_term(void *context, const char *locale, const char *term)
{
    const char *word = example_text(context, "terms.%s.%s", locale, term);
    return word[0] != '\0' ? word : NULL;
}

/* Layers and `e` must outlive what is made. */
static inline void example_make(struct example *e)
{
    char *locales[EXAMPLE_WORDS];
    enum channel_kind kind;
    char *channels[EXAMPLE_WORDS];
    e->jurisdiction_count = example_split(example_text(e, "jurisdictions"), e->jurisdictions);
    size_t count = example_split(example_text(e, "letters"), locales);
    example_put_facts(e);
    for (size_t i = 0; i < count; i++) {
        example_add_letter(e, locales[i]);
        e->texts[i].jurisdiction_count = e->jurisdiction_count;
    }
    example_drop(locales, count);
    example_make_sheet(e);
    example_make_campaign(e);
    example_make_sending(e);
    count = example_split(example_text(e, "channels"), channels);
    for (size_t i = 0; i < count; i++)
        if (channel_kind_parse(channels[i], &kind))
            e->channels[kind] = true;
    example_drop(channels, count);
    e->c.kind = e->campaign.kind;
    e->c.certainty = e->sheet.certainty;
    e->c.category = example_text(e, "category");
    e->c.file = "campaign.yaml";
    e->c.ruleset_count = example_split(example_text(e, "rulesets"), e->rulesets);
    e->c.rulesets = e->c.ruleset_count > 0 ? (const char *const *)e->rulesets : NULL;
    e->c.channels = e->channels;
    e->c.send_at_ms = example_time(e, "send_at");
    e->c.now_ms = example_time(e, "now");
    e->c.sheet = &e->sheet;
    e->c.campaign = text_equal(example_text(e, "campaign"), "none") ? NULL : &e->campaign;
    e->c.sending = text_equal(example_text(e, "sending.known"), "no") ? NULL : &e->sending;
    e->c.term = example_term;
    e->c.term_context = e;
    e->c.texts = e->texts;
}

static inline void example_free(struct example *e)
{
    for (size_t i = 0; i < e->c.text_count; i++) {
        proof_free(&e->proofs[i]);
        free(e->files[i]);
    }
    json_free(e->facts);
    example_drop(e->rulesets, e->c.ruleset_count);
    example_drop(e->jurisdictions, e->jurisdiction_count);
    example_drop(e->flags, e->sheet.flag_count);
    example_drop(e->incomplete, e->sheet.incomplete_count);
    example_drop(e->languages, e->campaign.language_count);
    example_drop(e->registered, e->sending.registered_count);
    example_drop(e->by, e->exemption.by_count);
    for (size_t i = 0; i < e->campaign.cohort_count; i++)
        free(e->campaign_cohorts[i].name);
    for (size_t i = 0; i < e->earlier_campaign.cohort_count; i++)
        free(e->earlier_cohorts[i].name);
    for (size_t i = 0; i < e->sheet.cohort_count; i++) {
        free(e->cohorts[i].name);
        free(e->cohorts[i].from);
    }
    free(e->exemption.rule);
    free(e->exemption.reason);
    free(e->sheet.file);
    free(e->sheet.supersedes);
    free(e->sheet.aware_at.source);
    free(e->campaign.file);
    free(e->campaign.supersedes);
    free(e->campaign.delay_reason);
}

/* ---- what was found ---- */

struct finding {
    enum problem_level level;
    char position[100], text[1000], rule[80];
};
#define FINDINGS_MAX 40
struct findings {
    struct finding items[FINDINGS_MAX];
    size_t count;
    int errors;
};

static inline void findings_add(void *context, const struct problem *p)
{
    struct findings *f = context;
    assert_true(f->count < FINDINGS_MAX);
    struct finding *item = &f->items[f->count++];
    item->level = p->level;
    snprintf(item->position, sizeof item->position, "%s", p->position);
    snprintf(item->text, sizeof item->text, "%s", p->text);
    snprintf(item->rule, sizeof item->rule, "%s", p->rule);
}

static inline void findings_print(const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        print_message("    %s: %s: %s [%s]\n", f->items[i].position,
                      problem_level_name(f->items[i].level), f->items[i].text, f->items[i].rule);
}

static inline void example_judge(const struct law *l, struct example *e, struct findings *out)
{
    struct problems problems = {.tell = findings_add, .context = out};
    *out = (struct findings){0};
    law_check(l, &e->c, &problems);
    out->errors = problems.errors;
}

static inline struct law *load_shipped_law(void)
{
    struct findings found = {0};
    struct problems problems = {.tell = findings_add, .context = &found};
    struct law *l = NULL;
    int rc = law_load("config/law", &problems, &l);
    findings_print(&found);
    assert_int_equal(rc, 0);
    return l;
}

static inline struct yaml_node *load_example_file(const char *name)
{
    char path[200];
    struct yaml_node *root = NULL;
    struct error err = {0};
    snprintf(path, sizeof path, "tests/unit/law/cases/%s", name);
    if (yaml_load(path, &root, &err) < 0)
        fail_msg("%s", err.text);
    return root;
}

/* ---- tests that change the base a little ---- */

struct shelf {
    struct law *law;
    struct yaml_node *base;
};

static inline int open_shelf(void **state)
{
    static struct shelf s;
    s.law = load_shipped_law();
    s.base = load_example_file("base.yaml");
    *state = &s;
    return 0;
}

static inline int close_shelf(void **state)
{
    struct shelf *s = *state;
    law_free(s->law);
    yaml_free(s->base);
    return 0;
}

/* The base with changes, written as YAML; *out_tree is freed by close_case(). */
static inline void open_case(const struct shelf *s, const char *changes, struct example *e,
                             struct yaml_node **out_tree)
{
    struct error err = {0};
    *e = (struct example){0};
    if (yaml_parse(changes, strlen(changes), "changes", 1, out_tree, &err) < 0)
        fail_msg("%s", err.text);
    e->layers[e->layer_count++] = *out_tree;
    e->layers[e->layer_count++] = s->base;
    example_make(e);
}

static inline void close_case(struct example *e, struct yaml_node *tree)
{
    example_free(e);
    yaml_free(tree);
}

#endif
