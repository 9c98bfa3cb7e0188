#include "campaign/fact_sheet_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "campaign/facts_check.h"
#include "campaign/reading.h"
#include "campaign/vocabulary.h"
#include "model/fact_value.h"
#include "model/json.h"

#define NUMBER "{\"type\":[\"integer\",\"string\"],\"minimum\":0,\"pattern\":\"^[0-9]+$\"}"
#define FLAGS                                                                                      \
    "{\"type\":\"array\",\"items\":{\"enum\":[\"external_access\",\"unique_id\",\"sensitive\"]}}"

static const char *const flag_words[] = {"external_access", "unique_id", "sensitive"};
static const char *const known_jurisdictions[] = {"KR", "EU", "UK", "US-CA"};

/* Of whom the facts are that are being read. */
struct facts_of {
    struct fact_sheet *sheet;
    const char *cohort; /* NULL: everybody */
    struct json_t *out;
};

/* ---- facts ---- */

static void note_place(const struct reading *r, const struct facts_of *of,
                       const struct yaml_node *node, const char *name, bool group)
{
    struct fact_sheet *s = of->sheet;
    s->places = xreallocarray(s->places, s->place_count + 1, sizeof(*s->places));
    s->places[s->place_count++] = (struct fact_place){
        .cohort = xstrdup(of->cohort),
        .name = xstrdup(name),
        .group = group,
        .place = reading_key_place(r, node),
    };
}

/* {de: ..., ko: ...}: a text, not a group of facts. */
static bool is_localized(const struct yaml_node *node)
{
    bool all = node->count > 0;
    for (size_t i = 0; all && i < node->count; i++)
        all = reading_is_language(node->items[i]->key) && node->items[i]->kind == YAML_SCALAR;
    return all;
}

static void tell_misspelt(const struct reading *r, const struct yaml_node *node, const char *name)
{
    const char *meant = vocabulary_closest(name);
    struct place at = reading_key_place(r, node);
    if (meant != NULL)
        problems_add_warning(r->problems, &at, "facts-unknown",
                             "\"%s\" is no fact every letter knows; did you mean \"%s\"?", name,
                             meant);
}

static void read_facts(const struct reading *r, const struct yaml_node *map, const char *prefix,
                       const struct facts_of *of);

static void read_fact(const struct reading *r, const struct yaml_node *node, const char *name,
                      const struct facts_of *of)
{
    const struct fact_word *word = vocabulary_find(name);
    bool group = word == NULL && node->kind == YAML_MAP &&
                 (vocabulary_is_group(name) || !is_localized(node));
    note_place(r, of, node, name, group);
    if (group) {
        read_facts(r, node, name, of);
        return;
    }
    if (word != NULL)
        vocabulary_check(r, word, node);
    else
        tell_misspelt(r, node, name);
    if (!fact_value_put(of->out, name, fact_value_from_yaml(node))) {
        struct place at = reading_key_place(r, node);
        problems_add_error(r->problems, &at, "yaml-duplicate-key",
                           "\"%s\" is written twice, or is a value where it should be a group",
                           name);
    }
}

static void read_facts(const struct reading *r, const struct yaml_node *map, const char *prefix,
                       const struct facts_of *of)
{
    for (size_t i = 0; i < map->count; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", map->items[i]->key);
        read_fact(r, map->items[i], buf_text(&name), of);
        buf_free(&name);
    }
}

static void read_own_facts(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_sheet *s = target;
    s->facts = fact_value_object();
    const struct facts_of of = {.sheet = s, .out = s->facts};
    read_facts(r, node, "", &of);
}

/* ---- cohorts ---- */

static void read_jurisdiction_list(const struct reading *r, const struct yaml_node *node,
                                   char ***out, size_t *out_count)
{
    reading_texts(r, node, out, out_count);
    for (size_t i = 0; i < node->count; i++) {
        struct place at = reading_place(r, node->items[i]);
        const char *text = node->items[i]->text;
        bool known = text == NULL;
        for (size_t k = 0; !known && k < COUNT_OF(known_jurisdictions); k++)
            known = strcmp(text, known_jurisdictions[k]) == 0;
        if (!known)
            problems_add_warning(r->problems, &at, "facts-jurisdiction",
                                 "\"%s\" is none of KR, EU, UK, US-CA: no rules of law will be "
                                 "applied for it (a member state of the EU is EU)",
                                 text);
    }
}

static void read_cohort_label(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_cohort *c = target;
    if (is_localized(node))
        c->label = fact_value_from_yaml(node);
    else
        reading_wrong(r, node, "\"label\" must be a text for each language");
}

static void read_cohort_affected(const struct reading *r, const struct yaml_node *node,
                                 void *target)
{
    reading_count(r, node, &((struct fact_cohort *)target)->affected);
}

static void read_cohort_people(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_count(r, node, &((struct fact_cohort *)target)->people);
}

static void read_cohort_from(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct fact_cohort *)target)->from);
}

static void read_cohort_jurisdictions(const struct reading *r, const struct yaml_node *node,
                                      void *target)
{
    struct fact_cohort *c = target;
    c->own_jurisdictions = true;
    read_jurisdiction_list(r, node, &c->jurisdictions, &c->jurisdiction_count);
}

/* Facts need the sheet too: read_cohort() reads them. */
static void skip(const struct reading *r, const struct yaml_node *node, void *target)
{
    (void)r;
    (void)node;
    (void)target;
}

static const struct key cohort_keys[] = {
    {"label", KEY_OPTIONAL, YAML_MAP, read_cohort_label, SCHEMA_BY_LANGUAGE},
    {"from", KEY_OPTIONAL, YAML_SCALAR, read_cohort_from, SCHEMA_SCALAR},
    {"affected", KEY_OPTIONAL, YAML_SCALAR, read_cohort_affected, NUMBER},
    {"people", KEY_OPTIONAL, YAML_SCALAR, read_cohort_people, NUMBER},
    {"jurisdictions", KEY_OPTIONAL, YAML_LIST, read_cohort_jurisdictions, SCHEMA_SCALARS},
    {"facts", KEY_OPTIONAL, YAML_MAP, skip, KEY_REF("facts")},
};

static void read_cohort(const struct reading *r, const struct yaml_node *node, struct fact_sheet *s)
{
    s->cohorts = xreallocarray(s->cohorts, s->cohort_count + 1, sizeof(*s->cohorts));
    struct fact_cohort *c = &s->cohorts[s->cohort_count++];
    *c = (struct fact_cohort){
        .name = xstrdup(node->key),
        .affected = -1,
        .people = -1,
        .facts = fact_value_object(),
        .place = reading_key_place(r, node),
    };
    if (!reading_is_map(r, node))
        return;
    reading_map(r, node, "a cohort", cohort_keys, COUNT_OF(cohort_keys), c);
    const struct yaml_node *facts = yaml_get(node, "facts");
    const struct facts_of of = {.sheet = s, .cohort = c->name, .out = c->facts};
    if (facts != NULL && facts->kind == YAML_MAP)
        read_facts(r, facts, "", &of);
}

static void read_cohorts(const struct reading *r, const struct yaml_node *node, void *target)
{
    for (size_t i = 0; i < node->count; i++)
        read_cohort(r, node->items[i], target);
}

/* ---- times, the public notice, sources ---- */

static void read_moment(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_time(r, node, &((struct known_time *)target)->at_ms);
}

static void read_moment_source(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct known_time *)target)->source);
}

static const struct key moment_keys[] = {
    {"at", KEY_REQUIRED, YAML_SCALAR, read_moment, SCHEMA_TIME},
    {"source", KEY_REQUIRED, YAML_SCALAR, read_moment_source, SCHEMA_SCALAR},
};

static void read_known_time(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_map(r, node, "a time", moment_keys, COUNT_OF(moment_keys), target);
}

static void read_discovered(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_known_time(r, node, &((struct fact_sheet *)target)->discovered_at);
}

static void read_aware(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_known_time(r, node, &((struct fact_sheet *)target)->aware_at);
}

static void read_trigger(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_known_time(r, node, &((struct fact_sheet *)target)->trigger_at);
}

static const struct key times_keys[] = {
    {"discovered_at", KEY_OPTIONAL, YAML_MAP, read_discovered, KEY_REF("time")},
    {"aware_at", KEY_OPTIONAL, YAML_MAP, read_aware, KEY_REF("time")},
    {"trigger_at", KEY_OPTIONAL, YAML_MAP, read_trigger, KEY_REF("time")},
};

static void read_times(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_map(r, node, "the times", times_keys, COUNT_OF(times_keys), target);
}

static void read_notice_from(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_day(r, node, &((struct fact_sheet *)target)->notice_from_day);
}

static void read_notice_until(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_sheet *s = target;
    reading_day(r, node, &s->notice_until_day);
    if (s->notice_until_day < s->notice_from_day)
        reading_wrong(r, node, "the public notice ends before it begins");
}

static void read_notice_url(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct fact_sheet *)target)->notice_url);
}

static const struct key notice_keys[] = {
    {"from", KEY_REQUIRED, YAML_SCALAR, read_notice_from, SCHEMA_DAY},
    {"until", KEY_REQUIRED, YAML_SCALAR, read_notice_until, SCHEMA_DAY},
    {"url", KEY_OPTIONAL, YAML_SCALAR, read_notice_url, SCHEMA_SCALAR},
};

static void read_public_notice(const struct reading *r, const struct yaml_node *node, void *target)
{
    ((struct fact_sheet *)target)->has_public_notice = true;
    reading_map(r, node, "the public notice", notice_keys, COUNT_OF(notice_keys), target);
}

static void read_source_text(const struct reading *r, const struct yaml_node *node, void *target)
{
    (void)target;
    char *text = NULL;
    reading_text(r, node, &text);
    free(text);
}

static void read_source_time(const struct reading *r, const struct yaml_node *node, void *target)
{
    (void)target;
    int64_t time = 0;
    if (!reading_parse_day(node->text, &time))
        reading_time(r, node, &time);
}

static const struct key source_keys[] = {
    {"source", KEY_REQUIRED, YAML_SCALAR, read_source_text, SCHEMA_SCALAR},
    {"at", KEY_OPTIONAL, YAML_SCALAR, read_source_time, SCHEMA_SCALAR},
};

static void read_sources(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_sheet *s = target;
    for (size_t i = 0; i < node->count; i++)
        if (reading_is_map(r, node->items[i]))
            reading_map(r, node->items[i], "a source", source_keys, COUNT_OF(source_keys), s);
    s->sources = fact_value_from_yaml(node);
}

static void read_reasons(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_sheet *s = target;
    for (size_t i = 0; i < node->count; i++)
        read_source_text(r, node->items[i], NULL);
    s->reasons = fact_value_from_yaml(node);
}

/* ---- the sheet ---- */

static void read_incident(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct fact_sheet *)target)->incident);
}

static void read_version(const struct reading *r, const struct yaml_node *node, void *target)
{
    int64_t version = 0;
    if (reading_count(r, node, &version) && (version < 1 || version > 9999))
        reading_wrong(r, node, "versions count from 1");
    ((struct fact_sheet *)target)->version = (int)(version % 10000);
}

static void read_supersedes(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_path(r, node, &((struct fact_sheet *)target)->supersedes);
}

static void read_valid_from(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_time(r, node, &((struct fact_sheet *)target)->valid_from_ms);
}

static void read_kind(const struct reading *r, const struct yaml_node *node, void *target)
{
    const char *words[INCIDENT_NONE + 1];
    size_t index;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = incident_kind_name((enum incident_kind)i);
    if (reading_word(r, node, words, COUNT_OF(words), &index))
        ((struct fact_sheet *)target)->kind = (enum incident_kind)index;
}

static void read_certainty(const struct reading *r, const struct yaml_node *node, void *target)
{
    const char *words[CERTAINTY_REFUTED + 1];
    size_t index;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = certainty_name((enum certainty)i);
    if (reading_word(r, node, words, COUNT_OF(words), &index))
        ((struct fact_sheet *)target)->certainty = (enum certainty)index;
}

static void read_jurisdictions(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_sheet *s = target;
    read_jurisdiction_list(r, node, &s->jurisdictions, &s->jurisdiction_count);
}

static void read_flags(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_sheet *s = target;
    size_t index;
    for (size_t i = 0; i < node->count; i++)
        reading_word(r, node->items[i], flag_words, COUNT_OF(flag_words), &index);
    reading_texts(r, node, &s->flags, &s->flag_count);
}

static void read_incomplete(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct fact_sheet *s = target;
    for (size_t i = 0; i < node->count; i++) {
        const char *name = node->items[i]->text;
        if (name != NULL && vocabulary_find(name) == NULL && !vocabulary_is_group(name))
            tell_misspelt(r, node->items[i], name);
    }
    reading_texts(r, node, &s->incomplete, &s->incomplete_count);
}

static const struct key sheet_keys[] = {
    {"schema", KEY_REQUIRED, YAML_SCALAR, reading_schema, SCHEMA_ONE},
    {"incident", KEY_REQUIRED, YAML_SCALAR, read_incident, SCHEMA_SCALAR},
    {"version", KEY_REQUIRED, YAML_SCALAR, read_version, NUMBER},
    {"supersedes", KEY_OPTIONAL, YAML_SCALAR, read_supersedes, SCHEMA_SCALAR},
    {"valid_from", KEY_REQUIRED, YAML_SCALAR, read_valid_from, SCHEMA_TIME},
    {"kind", KEY_REQUIRED, YAML_SCALAR, read_kind, KEY_REF("kind")},
    {"certainty", KEY_REQUIRED, YAML_SCALAR, read_certainty, KEY_REF("certainty")},
    {"jurisdictions", KEY_OPTIONAL, YAML_LIST, read_jurisdictions, SCHEMA_SCALARS},
    {"times", KEY_OPTIONAL, YAML_MAP, read_times, KEY_REF("times")},
    {"flags", KEY_OPTIONAL, YAML_LIST, read_flags, FLAGS},
    {"incomplete", KEY_OPTIONAL, YAML_LIST, read_incomplete, SCHEMA_SCALARS},
    {"public_notice", KEY_OPTIONAL, YAML_MAP, read_public_notice, KEY_REF("public_notice")},
    {"facts", KEY_REQUIRED, YAML_MAP, read_own_facts, KEY_REF("facts")},
    {"cohorts", KEY_OPTIONAL, YAML_MAP, read_cohorts,
     "{\"type\":\"object\",\"additionalProperties\":" KEY_REF("cohort") "}"},
    {"sources", KEY_OPTIONAL, YAML_MAP, read_sources,
     "{\"type\":\"object\",\"additionalProperties\":" KEY_REF("source") "}"},
    {"reasons", KEY_OPTIONAL, YAML_MAP, read_reasons,
     "{\"type\":\"object\",\"additionalProperties\":" SCHEMA_SCALAR "}"},
};

/* A cohort that does not say has the sheet's. */
static void inherit_jurisdictions(struct fact_sheet *s)
{
    for (size_t i = 0; i < s->cohort_count; i++) {
        struct fact_cohort *c = &s->cohorts[i];
        if (c->own_jurisdictions || s->jurisdiction_count == 0)
            continue;
        c->jurisdictions = xcalloc(s->jurisdiction_count, sizeof(*c->jurisdictions));
        c->jurisdiction_count = s->jurisdiction_count;
        for (size_t k = 0; k < c->jurisdiction_count; k++)
            c->jurisdictions[k] = xstrdup(s->jurisdictions[k]);
    }
}

int fact_sheet_read(const char *path, struct problems *problems, struct fact_sheet **out)
{
    int errors = problems->errors;
    struct fact_sheet *s = xcalloc(1, sizeof(*s));
    s->file = xstrdup(path);
    const struct reading r = {.file = s->file, .problems = problems};
    struct yaml_node *root = reading_load(&r, s->sha256);
    *out = NULL;
    if (root != NULL) {
        reading_map(&r, root, "a fact sheet", sheet_keys, COUNT_OF(sheet_keys), s);
        inherit_jurisdictions(s);
        facts_check(s, problems);
    }
    yaml_free(root);
    if (problems->errors > errors) {
        fact_sheet_free(s);
        return ERR_CONFIG;
    }
    *out = s;
    return 0;
}

/* ---- as a schema ---- */

static void put_words(struct buf *out)
{
    const char *kinds[INCIDENT_NONE + 1], *certainties[CERTAINTY_REFUTED + 1];
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        kinds[i] = incident_kind_name((enum incident_kind)i);
    for (size_t i = 0; i < COUNT_OF(certainties); i++)
        certainties[i] = certainty_name((enum certainty)i);
    buf_puts(out, "\"kind\":");
    json_schema_put_words(out, kinds, COUNT_OF(kinds));
    buf_puts(out, ",\"certainty\":");
    json_schema_put_words(out, certainties, COUNT_OF(certainties));
}

void fact_sheet_put_schema(struct buf *out)
{
    static const struct {
        const char *name;
        const struct key *keys;
        size_t count;
    } defs[] = {
        {"cohort", cohort_keys, COUNT_OF(cohort_keys)},
        {"times", times_keys, COUNT_OF(times_keys)},
        {"time", moment_keys, COUNT_OF(moment_keys)},
        {"public_notice", notice_keys, COUNT_OF(notice_keys)},
        {"source", source_keys, COUNT_OF(source_keys)},
    };
    reading_put_schema(sheet_keys, COUNT_OF(sheet_keys), out);
    out->len--;
    buf_puts(out, ",\"$defs\":{");
    put_words(out);
    for (size_t i = 0; i < COUNT_OF(defs); i++) {
        buf_printf(out, ",\"%s\":", defs[i].name);
        reading_put_schema(defs[i].keys, defs[i].count, out);
    }
    buf_puts(out, ",\"facts\":");
    vocabulary_put_schema(out);
    buf_puts(out, "}}");
}
