#include "law/schema.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json_schema.h"
#include "base/text.h"
#include "law/node.h"
#include "law/shape.h"

static const char file_rule[] = "law-file";

static void wrong_at(struct schema_reader *r, int line, int column, const char *format,
                     va_list args)
{
    char text[1000];
    struct place at = {r->path, line, column};
    vsnprintf(text, sizeof text, format, args);
    problems_add_error(r->problems, &at, file_rule, "%s", text);
    r->failed = true;
}

void schema_wrong(struct schema_reader *r, const struct yaml_node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wrong_at(r, at->line, at->column, format, args);
    va_end(args);
}

PRINTF(3, 4)
static void wrong_key(struct schema_reader *r, const struct yaml_node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wrong_at(r, at->key != NULL ? at->key_line : at->line,
             at->key != NULL ? at->key_column : at->column, format, args);
    va_end(args);
}

static const char *closest_hint(const char *word, const char *const *names, size_t count, char *out,
                                size_t size)
{
    const char *closest = text_closest(word, names, count);
    out[0] = '\0';
    if (closest != NULL)
        snprintf(out, size, "; did you mean %s?", closest);
    return out;
}

/* ---- words that come from a closed list ---- */

static const char *const levels[] = {"error", "warning", "info"};
static const char *const modes[] = {"any", "all"};
static const char *const kinds[] = {"none",       "possibility", "initial",   "confirmed",
                                    "supplement", "progress",    "all_clear", "public_notice"};
static const char *const certainties[] = {"possible", "confirmed", "refuted"};
static const char *const categories[] = {"breach_notice", "service_notice", "ad", "newsletter"};
static const char *const languages[] = {"de", "ko", "en"};
static const char *const sections[] = {"nature",   "course",    "data",    "consequences",
                                       "measures", "self_help", "remedy",  "rights",
                                       "contact",  "follow_up", "genuine", "not_affected"};
static const char *const parts[] = {"subject", "preheader", "title", "sms", "body"};
static const char *const methods[] = {"email", "sms", "webhook", "letter", "fax", "phone"};
static const char *const times[] = {"aware_at", "trigger_at", "discovered_at"};
static const char *const excuses[] = {"containment", "force_majeure"};
static const char *const supersedes_words[] = {"always", "if_changed"};
static const char *const consents[] = {"advertising", "advertising_at_night"};
static const char *const exemption_letters[] = {"a", "b", "c"};
static const char *const conditions[] = {
    "affected >= ", "affected > ", "data.sensitive", "data.unique_id", "cause.external_access",
};
static const char *const openings[] = {"sent",          "incomplete",  "without_contact",
                                       "public_notice", "exemption_c", "next_update"};
static const char *const dues[] = {"at_once", "next_update", "public_notice_until"};

struct choices {
    const char *const *names;
    size_t count;
};
#define CHOICES(list)                                                                              \
    {                                                                                              \
        list, COUNT_OF(list)                                                                       \
    }

/* ---- keys ---- */

struct key_table;
struct key {
    const char *name;
    shape_fn *shape; /* NULL: a map by `below` */
    bool required;
    struct choices choices; /* of its texts; of its keys, if the shape is a map */
    const struct key_table *below;
};
struct key_table {
    const struct key *keys;
    size_t count;
};
#define TABLE(list)                                                                                \
    {                                                                                              \
        list, COUNT_OF(list)                                                                       \
    }

static const struct key reviewed_keys[] = {
    {.name = "by", .shape = shape_any_text},
    {.name = "on", .shape = shape_any_text},
};
static const struct key_table reviewed_table = TABLE(reviewed_keys);

static const struct key set_keys[] = {
    {.name = "id", .shape = shape_text, .required = true},
    {.name = "title", .shape = shape_text, .required = true},
    {.name = "jurisdiction", .shape = shape_texts, .required = true},
    {.name = "effective_from", .shape = shape_date, .required = true},
    {.name = "effective_until", .shape = shape_date},
    {.name = "supersedes", .shape = shape_text},
    {.name = "source", .shape = shape_text, .required = true},
    {.name = "as_of", .shape = shape_date, .required = true},
    {.name = "utc_offset", .shape = shape_offset},
    {.name = "reviewed", .below = &reviewed_table},
};
static const struct key_table set_table = TABLE(set_keys);

static const struct key applies_keys[] = {
    {.name = "category", .shape = shape_texts, .choices = CHOICES(categories)},
    {.name = "kind", .shape = shape_texts, .choices = CHOICES(kinds)},
    {.name = "certainty", .shape = shape_texts, .choices = CHOICES(certainties)},
};
static const struct key_table applies_table = TABLE(applies_keys);

static const struct key unknown_keys[] = {
    {.name = "kind", .shape = shape_texts, .required = true, .choices = CHOICES(kinds)},
};
static const struct key_table unknown_table = TABLE(unknown_keys);

static const struct key clock_keys[] = {
    {.name = "from", .shape = shape_text, .required = true, .choices = CHOICES(times)},
    {.name = "hours", .shape = shape_number, .required = true},
    {.name = "warn_at", .shape = shape_number, .required = true},
    {.name = "limit_level", .shape = shape_text, .choices = CHOICES(levels)},
    {.name = "excuses", .shape = shape_texts, .choices = CHOICES(excuses)},
    {.name = "met_by", .shape = shape_texts, .choices = CHOICES(kinds)},
};
static const struct key_table clock_table = TABLE(clock_keys);

static const struct key night_keys[] = {
    {.name = "from", .shape = shape_hour, .required = true},
    {.name = "until", .shape = shape_hour, .required = true},
    {.name = "utc_offset", .shape = shape_offset, .required = true},
    {.name = "channel", .shape = shape_texts, .required = true, .choices = CHOICES(methods)},
};
static const struct key_table night_table = TABLE(night_keys);

static const struct key words_keys[] = {
    {.name = "about", .shape = shape_text, .required = true},
    {.name = "source", .shape = shape_text, .required = true},
    {.name = "note", .shape = shape_text},
    {.name = "instead", .shape = shape_text},
    {.name = "because", .shape = shape_text},
    {.name = "to", .shape = shape_text},
};
static const struct key_table words_table = TABLE(words_keys);

static const struct key rule_keys[] = {
    {.name = "id", .shape = shape_text, .required = true},
    {.name = "about", .shape = shape_text, .required = true},
    {.name = "source", .shape = shape_text, .required = true},
    {.name = "de", .below = &words_table},
    {.name = "ko", .below = &words_table},
    {.name = "level", .shape = shape_text, .required = true, .choices = CHOICES(levels)},
    {.name = "effective_from", .shape = shape_date},
    {.name = "effective_until", .shape = shape_date},
    {.name = "kind", .shape = shape_texts, .choices = CHOICES(kinds)},
    {.name = "category", .shape = shape_texts, .choices = CHOICES(categories)},
    {.name = "language", .shape = shape_texts, .choices = CHOICES(languages)},
    /* tests */
    {.name = "fact", .shape = shape_texts},
    {.name = "any_text", .shape = shape_words, .choices = CHOICES(languages)},
    {.name = "pattern", .shape = shape_words, .choices = CHOICES(languages)},
    {.name = "headings_in_order", .shape = shape_texts},
    {.name = "starts_with", .shape = shape_text},
    {.name = "last_line", .shape = shape_texts},
    {.name = "kind_words", .shape = shape_kind_words, .choices = CHOICES(languages)},
    {.name = "max_words", .shape = shape_numbers, .choices = CHOICES(languages)},
    {.name = "section", .shape = shape_text, .choices = CHOICES(sections)},
    {.name = "channels_ok", .shape = shape_texts, .choices = CHOICES(methods)},
    {.name = "every_language", .shape = shape_flag},
    {.name = "public_notice_days", .shape = shape_number},
    {.name = "certainty_not", .shape = shape_text, .choices = CHOICES(certainties)},
    {.name = "clock", .below = &clock_table},
    {.name = "count_is", .shape = shape_text},
    {.name = "supersedes", .shape = shape_text, .choices = CHOICES(supersedes_words)},
    {.name = "earlier_cohorts", .shape = shape_flag},
    {.name = "exemption_letter", .shape = shape_texts, .choices = CHOICES(exemption_letters)},
    {.name = "note", .shape = shape_text},
    {.name = "night", .below = &night_table},
    {.name = "consent", .shape = shape_text, .choices = CHOICES(consents)},
    {.name = "consent_max_days", .shape = shape_number},
    {.name = "certified_gateway", .shape = shape_flag},
    {.name = "registered_sender", .shape = shape_flag},
    {.name = "documented", .shape = shape_text, .choices = CHOICES(times)},
    {.name = "if_any", .shape = shape_texts},
    {.name = "reread_after_days", .shape = shape_number},
    /* what goes with them */
    {.name = "mode", .shape = shape_text, .choices = CHOICES(modes)},
    {.name = "unless", .shape = shape_words, .choices = CHOICES(languages)},
    {.name = "with_any", .shape = shape_texts},
    {.name = "min_items", .shape = shape_number},
    {.name = "all_in_text", .shape = shape_flag},
    {.name = "unknown_ok_if", .below = &unknown_table},
    {.name = "part", .shape = shape_texts, .choices = CHOICES(parts)},
    {.name = "instead", .shape = shape_text},
    {.name = "because", .shape = shape_text},
    {.name = "to", .shape = shape_text},
    {.name = "within_hours", .shape = shape_number},
};
static const struct key_table rule_table = TABLE(rule_keys);

static const struct key obligation_keys[] = {
    {.name = "id", .shape = shape_text, .required = true},
    {.name = "about", .shape = shape_text, .required = true},
    {.name = "source", .shape = shape_text, .required = true},
    {.name = "de", .below = &words_table},
    {.name = "ko", .below = &words_table},
    {.name = "kind", .shape = shape_texts, .choices = CHOICES(kinds)},
    {.name = "if", .shape = shape_text, .required = true, .choices = CHOICES(openings)},
    {.name = "must_follow", .shape = shape_texts, .choices = CHOICES(kinds)},
    {.name = "same_cohorts", .shape = shape_flag},
    {.name = "when", .shape = shape_text, .required = true, .choices = CHOICES(dues)},
};
static const struct key_table obligation_table = TABLE(obligation_keys);

static const struct key file_keys[] = {
    {.name = "ruleset", .below = &set_table, .required = true},
    {.name = "applies_when", .below = &applies_table},
    {.name = "require", .shape = shape_list},
    {.name = "forbid", .shape = shape_list},
    {.name = "remind", .shape = shape_list},
    {.name = "obligations_opened", .shape = shape_list},
};
static const struct key_table file_table = TABLE(file_keys);

static const struct {
    const struct key_table *table;
    const char *title;
} maps[] = {
    [SCHEMA_FILE] = {&file_table, "a rule file"},
    [SCHEMA_RULE] = {&rule_table, "a rule"},
    [SCHEMA_OBLIGATION] = {&obligation_table, "an obligation"},
};

/* ---- which key makes a rule what it is ---- */

static const char *const groups[SCHEMA_GROUPS] = {"require", "forbid", "remind"};

static const struct {
    const char *key;
    enum schema_group group;
    const char *goes_with; /* further keys, " a b " */
} tests[LAW_TESTS] = {
    [LAW_TEST_FACT] = {"fact", SCHEMA_REQUIRE,
                       " section with_any min_items all_in_text unknown_ok_if part "},
    [LAW_TEST_ANY_TEXT] = {"any_text", SCHEMA_REQUIRE, " section mode unless "},
    [LAW_TEST_PATTERN] = {"pattern", SCHEMA_FORBID, " section unless part night "},
    [LAW_TEST_HEADINGS] = {"headings_in_order", SCHEMA_REQUIRE, " "},
    [LAW_TEST_STARTS_WITH] = {"starts_with", SCHEMA_REQUIRE, " part "},
    [LAW_TEST_LAST_LINE] = {"last_line", SCHEMA_REQUIRE, " part "},
    [LAW_TEST_KIND_WORDS] = {"kind_words", SCHEMA_REQUIRE, " "},
    [LAW_TEST_SENTENCES] = {"max_words", SCHEMA_REQUIRE, " "},
    [LAW_TEST_SECTION] = {"section", SCHEMA_REQUIRE, " "},
    [LAW_TEST_CHANNELS] = {"channels_ok", SCHEMA_REQUIRE, " because "},
    [LAW_TEST_LANGUAGES] = {"every_language", SCHEMA_REQUIRE, " "},
    [LAW_TEST_PUBLIC_NOTICE] = {"public_notice_days", SCHEMA_REQUIRE, " "},
    [LAW_TEST_CERTAINTY] = {"certainty_not", SCHEMA_FORBID, " instead "},
    [LAW_TEST_CLOCK] = {"clock", SCHEMA_REMIND, " to "},
    [LAW_TEST_COUNT] = {"count_is", SCHEMA_REQUIRE, " "},
    [LAW_TEST_SUPERSEDES] = {"supersedes", SCHEMA_REQUIRE, " "},
    [LAW_TEST_EARLIER_COHORTS] = {"earlier_cohorts", SCHEMA_REQUIRE, " "},
    [LAW_TEST_EXEMPTION] = {"exemption_letter", SCHEMA_REQUIRE, " "},
    [LAW_TEST_NOTE] = {"note", SCHEMA_REMIND, " "},
    [LAW_TEST_NIGHT] = {"night", SCHEMA_FORBID, " "},
    [LAW_TEST_CONSENT] = {"consent", SCHEMA_REQUIRE, " "},
    [LAW_TEST_CONSENT_AGE] = {"consent_max_days", SCHEMA_REMIND, " "},
    [LAW_TEST_CERTIFIED] = {"certified_gateway", SCHEMA_REQUIRE, " "},
    [LAW_TEST_SENDER] = {"registered_sender", SCHEMA_REQUIRE, " "},
    [LAW_TEST_DOCUMENTED] = {"documented", SCHEMA_REQUIRE, " "},
    [LAW_TEST_CONDITIONS] = {"if_any", SCHEMA_REMIND, " to within_hours "},
    [LAW_TEST_REREAD] = {"reread_after_days", SCHEMA_REMIND, " "},
};
#define COMMON_KEYS                                                                                \
    " id about source de ko level effective_from effective_until kind category language "

const char *schema_group_name(enum schema_group group)
{
    return groups[group];
}

const char *law_test_key(enum law_test test)
{
    return tests[test].key;
}

bool law_test_is_of_text(enum law_test test)
{
    return test <= LAW_TEST_SECTION;
}

/* ---- checking a map by its table ---- */

static const struct key *find_key(const struct key_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    return NULL;
}

static void report_unknown(struct schema_reader *r, const struct key_table *table,
                           const struct yaml_node *node)
{
    const char *names[COUNT_OF(rule_keys)];
    char hint[100];
    for (size_t i = 0; i < table->count; i++)
        names[i] = table->keys[i].name;
    wrong_key(r, node, "unknown key %s%s", node->key,
              closest_hint(node->key, names, table->count, hint, sizeof hint));
}

static bool is_choice(const struct choices *choices, const char *word)
{
    for (size_t i = 0; i < choices->count; i++)
        if (strcmp(choices->names[i], word) == 0)
            return true;
    return choices->count == 0;
}

static void check_choice(struct schema_reader *r, const struct key *key, const struct yaml_node *at,
                         const char *word)
{
    char hint[100];
    if (!is_choice(&key->choices, word))
        schema_wrong(r, at, "%s is no value of %s%s", word, key->name,
                     closest_hint(word, key->choices.names, key->choices.count, hint, sizeof hint));
}

static void check_choices(struct schema_reader *r, const struct key *key,
                          const struct yaml_node *value)
{
    if (value->kind == YAML_SCALAR)
        check_choice(r, key, value, value->text);
    for (size_t i = 0; value->kind == YAML_LIST && i < value->count; i++)
        check_choice(r, key, value->items[i], value->items[i]->text);
    for (size_t i = 0; value->kind == YAML_MAP && i < value->count; i++)
        check_choice(r, key, value->items[i], value->items[i]->key);
}

static void check_map(struct schema_reader *r, const struct key_table *table,
                      const struct yaml_node *map, const char *what)
{
    if (map->kind != YAML_MAP) {
        schema_wrong(r, map, "%s must be a map of key: value", what);
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *value = map->items[i];
        const struct key *key = find_key(table, value->key);
        if (key == NULL) {
            report_unknown(r, table, value);
        } else if (key->below != NULL) {
            check_map(r, key->below, value, key->name);
        } else {
            const char *must = key->shape(value);
            if (must != NULL)
                schema_wrong(r, value, "%s must be %s", key->name, must);
            else
                check_choices(r, key, value);
        }
    }
    for (size_t i = 0; i < table->count; i++)
        if (table->keys[i].required && yaml_get(map, table->keys[i].name) == NULL)
            wrong_key(r, map, "%s needs %s", what, table->keys[i].name);
}

/* ---- what a rule asks for ---- */

static bool is_listed(const char *list, const char *word)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %s ", word);
    return strstr(list, wanted) != NULL;
}

/* The test a rule asks for: the first of the table that it has. LAW_TESTS: none. */
static size_t find_test(const struct yaml_node *rule)
{
    size_t test = 0;
    while (test < LAW_TESTS && yaml_get(rule, tests[test].key) == NULL)
        test++;
    return test;
}

static void check_conditions(struct schema_reader *r, const struct yaml_node *list)
{
    char hint[100];
    for (size_t i = 0; i < node_count(list); i++) {
        const char *text = node_text(list, i);
        bool known = false;
        for (size_t k = 0; k < COUNT_OF(conditions) && !known; k++) {
            size_t len = strlen(conditions[k]);
            int64_t number;
            known = conditions[k][len - 1] == ' ' ? text_starts_with(text, conditions[k]) &&
                                                        text_parse_int(text + len, &number)
                                                  : strcmp(text, conditions[k]) == 0;
        }
        if (!known)
            schema_wrong(r, list->kind == YAML_LIST ? list->items[i] : list, "%s is no condition%s",
                         text,
                         closest_hint(text, conditions, COUNT_OF(conditions), hint, sizeof hint));
    }
}

/* Keys that belong to another test would say something that is never looked at. */
static void check_keys_go_together(struct schema_reader *r, const struct yaml_node *node,
                                   size_t test)
{
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->items[i]->key;
        if (find_key(&rule_table, key) != NULL && strcmp(key, tests[test].key) != 0 &&
            !is_listed(COMMON_KEYS, key) && !is_listed(tests[test].goes_with, key))
            wrong_key(r, node->items[i], "%s does not go with %s; make it a rule of its own", key,
                      tests[test].key);
    }
}

/* ---- what others call ---- */

void schema_check_map(struct schema_reader *r, enum schema_map map, const struct yaml_node *node)
{
    check_map(r, maps[map].table, node, maps[map].title);
}

bool schema_find_test(struct schema_reader *r, const struct yaml_node *rule,
                      enum schema_group group, enum law_test *out)
{
    size_t test = find_test(rule);
    if (test == LAW_TESTS) {
        schema_wrong(r, rule, "the rule asks for nothing: it needs fact, any_text, section, ...");
        return false;
    }
    if (tests[test].group != group)
        wrong_key(r, yaml_get(rule, tests[test].key), "%s belongs below %s", tests[test].key,
                  groups[tests[test].group]);
    check_keys_go_together(r, rule, test);
    check_conditions(r, yaml_get(rule, "if_any"));
    *out = (enum law_test)test;
    return !r->failed;
}

/* ---- as a JSON Schema ---- */

#define SOME_TEXT "{\"type\":[\"string\",\"number\",\"boolean\"]}"
#define OR_LIST   "{\"anyOf\":[" SOME_TEXT "," SCHEMA_SCALARS "]}"

static const struct {
    shape_fn *shape;
    const char *piece;
} pieces[] = {
    {shape_text, SOME_TEXT},
    {shape_any_text, "{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}"},
    {shape_texts, OR_LIST},
    {shape_list, "{\"type\":\"array\"}"},
    {shape_flag, "{\"enum\":[true,false,\"true\",\"false\"]}"},
    {shape_number, "{\"type\":[\"integer\",\"string\"],\"minimum\":0,\"pattern\":\"^[0-9]+$\"}"},
    {shape_date, SCHEMA_DAY},
};

static void put_table(const struct key_table *t, struct buf *out);

static void put_key(const struct key *k, struct buf *out)
{
    const char *piece = SCHEMA_ANY;
    if (k->below != NULL) {
        put_table(k->below, out);
        return;
    }
    if (k->shape == shape_text && k->choices.count > 0) {
        json_schema_put_words(out, k->choices.names, k->choices.count);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        piece = pieces[i].shape == k->shape ? pieces[i].piece : piece;
    buf_puts(out, piece);
}

static void put_keys(struct json_schema *s, const struct key_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct key *k = &t->keys[i];
        json_schema_key(s, k->name, k->required);
        if (t == &file_table && k->shape == shape_list) {
            bool rules = strcmp(k->name, "obligations_opened") != 0;
            buf_puts(s->out, "{\"type\":\"array\",\"items\":");
            put_table(rules ? &rule_table : &obligation_table, s->out);
            buf_putc(s->out, '}');
        } else {
            put_key(k, s->out);
        }
    }
}

static void put_table(const struct key_table *t, struct buf *out)
{
    struct json_schema s;
    json_schema_open(&s, out);
    put_keys(&s, t);
    json_schema_close(&s, NULL);
}

void law_put_schema(struct buf *out)
{
    put_table(&file_table, out);
}
