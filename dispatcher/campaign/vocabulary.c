#include "campaign/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

static const struct fact_word words[] = {
    {"incident.start", FACT_DATE, true, "the first day of access"},
    {"incident.end", FACT_DATE, true, "the last day of access"},
    {"incident.discovered", FACT_DATE, true, "the day it was noticed"},
    {"nature", FACT_LOCALIZED, true, "what happened"},
    {"course", FACT_LOCALIZED, true, "when and how it came about"},
    {"data_items", FACT_TERMS, true, "the data that was taken"},
    {"data_items_possible", FACT_TERMS, true, "the data that may have been taken"},
    {"not_affected", FACT_TERMS, true, "the data that was not taken"},
    {"group_note", FACT_LOCALIZED, false, "the note to the group"},
    {"groups", FACT_LOCALIZED_LIST, false, "the groups of a public notice"},
    {"affected_count", FACT_INTEGER, true, "the number of people affected"},
    {"total_count", FACT_INTEGER, false, "the number of people whose data is held"},
    {"affected_possible", FACT_INTEGER, true, "the number of people possibly affected"},
    {"consequences", FACT_LOCALIZED_LIST, true, "the consequences"},
    {"measures", FACT_LOCALIZED_LIST, false, "the measures"},
    {"advice", FACT_LOCALIZED_LIST, false, "what readers can do"},
    {"urgent_action", FACT_LOCALIZED, false, "the most urgent step"},
    {"unknown", FACT_LOCALIZED_LIST, false, "what is not established yet"},
    {"changes", FACT_LOCALIZED_LIST, false, "what changed since the earlier notice"},
    {"remedy.text", FACT_LOCALIZED, true, "the compensation"},
    {"remedy.steps", FACT_LOCALIZED_LIST, true, "the steps to compensation"},
    {"rights.text", FACT_LOCALIZED, false, "the rights"},
    {"rights.items", FACT_LOCALIZED_LIST, false, "the rights one by one"},
    {"law.kr", FACT_BOOLEAN, false, "the legal block for Korea"},
    {"law.eu", FACT_BOOLEAN, false, "the legal block for the EU"},
    {"law.uk", FACT_BOOLEAN, false, "the legal block for the United Kingdom"},
    {"contact.department", FACT_LOCALIZED, false, "the department to contact"},
    {"contact.phone", FACT_TEXT, false, "the phone number to call"},
    {"contact.hours", FACT_LOCALIZED, false, "the hours of the phone"},
    {"contact.email", FACT_TEXT, false, "the mailbox to write to"},
    {"contact.dpo", FACT_LOCALIZED, false, "the data protection officer"},
    {"lookup.place", FACT_LOCALIZED, false, "where readers can look"},
    {"lookup.menu", FACT_LOCALIZED, false, "the menu item there"},
    {"lookup.short", FACT_LOCALIZED, false, "where to look, for the SMS"},
    {"sms_action", FACT_LOCALIZED, false, "the step in the SMS"},
    {"as_of", FACT_DATETIME, false, "the time the facts are of"},
    {"next_update.at", FACT_DATETIME, false, "the promised next news"},
    {"earlier.date", FACT_DATE, false, "the date of the earlier notice"},
    {"earlier.reference", FACT_TEXT, false, "the number of the earlier notice"},
    {"earlier.title", FACT_LOCALIZED, false, "the title of the earlier notice"},
    {"signatory.name", FACT_LOCALIZED, false, "who signs"},
    {"signatory.role", FACT_LOCALIZED, false, "the office of who signs"},
    {"issue", FACT_INTEGER, false, "the number of the issue"},
    {"previous_date", FACT_DATE, false, "the date of the last issue"},
    {"summary", FACT_LOCALIZED, false, "the state of affairs"},
    {"figures.label", FACT_LOCALIZED, false, "what the figures count"},
    {"figures.done", FACT_INTEGER, false, "how many so far"},
    {"figures.total", FACT_INTEGER, false, "out of how many"},
    {"figures.share", FACT_INTEGER, false, "the same in per cent"},
    {"figures.items", FACT_LOCALIZED_LIST, false, "the single figures"},
    {"figures.overlap", FACT_BOOLEAN, false, "whether the single figures overlap"},
    {"misuse", FACT_LOCALIZED, false, "what is known of misuse"},
    {"next_steps", FACT_LOCALIZED_LIST, false, "what comes next"},
    {"case.number", FACT_TEXT, false, "the number of the case"},
    {"case.received_at", FACT_DATETIME, false, "when the report came"},
    {"case.subject", FACT_LOCALIZED, false, "what the report is about"},
    {"case.channel", FACT_LOCALIZED, false, "how the report came in"},
    {"case.appeal", FACT_LOCALIZED, false, "how to object to the outcome"},
    {"case.steps", FACT_LOCALIZED_LIST, false, "what happens with the report"},
    {"case.answer_by", FACT_DATE, false, "the day of the answer"},
    {"case.outcome", FACT_LOCALIZED, false, "the outcome"},
    {"case.reasons", FACT_LOCALIZED_LIST, false, "the reasons of the outcome"},
    {"compensation.amount", FACT_MONEY, false, "the amount of the compensation"},
    {"compensation.claimed", FACT_MONEY, false, "the amount that was claimed"},
    {"compensation.billing_stopped_at", FACT_DATETIME, false,
     "since when a disputed amount is not billed"},
    {"compensation.text", FACT_LOCALIZED, false, "the offer of compensation"},
    {"compensation.who", FACT_LOCALIZED, false, "who is compensated"},
    {"compensation.how", FACT_LOCALIZED_LIST, false, "how to claim"},
    {"compensation.until", FACT_DATE, false, "the last day to claim"},
    {"compensation.paid_by", FACT_DATE, false, "the day of payment"},
    {"compensation.decision", FACT_LOCALIZED, false, "the decision on the claim"},
    {"compensation.reasons", FACT_LOCALIZED_LIST, false, "the reasons of the decision"},
    {"compensation.appeal", FACT_LOCALIZED, false, "how to object"},
    {"service.name", FACT_LOCALIZED, false, "the service"},
    {"service.down_from", FACT_DATETIME, false, "the begin of the outage"},
    {"service.restored_at", FACT_DATETIME, false, "the end of the outage"},
    {"service.cause", FACT_LOCALIZED, false, "the cause of the outage"},
    {"feedback.place", FACT_LOCALIZED, false, "where to give feedback"},
    {"feedback.menu", FACT_LOCALIZED, false, "the menu item of the feedback"},
    {"feedback.until", FACT_DATE, false, "the last day of the feedback"},
    {"feedback.minutes", FACT_INTEGER, false, "the minutes the feedback takes"},
    {"phishing.examples", FACT_LOCALIZED_LIST, false, "examples of false messages"},
    {"phishing.signs", FACT_LOCALIZED_LIST, false, "signs of false messages"},
    {"phishing.clicked", FACT_LOCALIZED_LIST, false, "what to do after one has answered"},
    {"notice.from", FACT_DATE, false, "the first day of the public notice"},
    {"notice.until", FACT_DATE, false, "the last day of the public notice"},
};

const struct fact_word *vocabulary_at(size_t index)
{
    return index < COUNT_OF(words) ? &words[index] : NULL;
}

const struct fact_word *vocabulary_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    return NULL;
}

const char *vocabulary_closest(const char *name)
{
    const char *names[COUNT_OF(words)];
    for (size_t i = 0; i < COUNT_OF(words); i++)
        names[i] = words[i].name;
    return text_closest(name, names, COUNT_OF(words));
}

bool vocabulary_is_group(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strncmp(words[i].name, name, len) == 0 && words[i].name[len] == '.')
            return true;
    return false;
}

#define MONEY                                                                                      \
    "{\"type\":\"object\",\"properties\":{\"amount\":{\"type\":[\"number\",\"string\"]},"          \
    "\"currency\":{\"type\":\"string\",\"minLength\":3,\"maxLength\":3}},\"required\":["           \
    "\"amount\","                                                                                  \
    "\"currency\"],\"additionalProperties\":false}"

/* ---- is a value of its type? ---- */

typedef bool type_fn(const struct yaml_node *node);

static bool is_text(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->text[0] != '\0';
}

static bool is_date(const struct yaml_node *node)
{
    int64_t day;
    return is_text(node) && reading_parse_day(node->text, &day);
}

static bool is_datetime(const struct yaml_node *node)
{
    int64_t ms;
    return is_text(node) && clock_parse_rfc3339(node->text, &ms);
}

static bool is_integer(const struct yaml_node *node)
{
    int64_t number;
    return is_text(node) && !node->quoted && text_parse_int(node->text, &number) && number >= 0;
}

static bool is_boolean(const struct yaml_node *node)
{
    return is_text(node) && !node->quoted &&
           (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0);
}

/* The list itself; its members are looked at one by one. */
static bool is_list(const struct yaml_node *node)
{
    return node->kind == YAML_LIST;
}

static bool is_localized(const struct yaml_node *node)
{
    bool good = node->kind == YAML_MAP && node->count > 0;
    for (size_t i = 0; good && i < node->count; i++)
        good = reading_is_language(node->items[i]->key) && is_text(node->items[i]);
    return good;
}

static bool is_money(const struct yaml_node *node)
{
    const char *amount = yaml_text(node, "amount"), *currency = yaml_text(node, "currency");
    return node->kind == YAML_MAP && node->count == 2 && amount != NULL && currency != NULL &&
           strspn(amount, "0123456789.") == strlen(amount) && strlen(currency) == 3;
}

static const struct type {
    type_fn *is, *each; /* `each`: of a list */
    const char *must_be;
    const char *schema;
} types[] = {
    [FACT_TEXT] = {is_text, NULL, "a text", SCHEMA_SCALAR},
    [FACT_DATE] = {is_date, NULL, "a date like 2026-11-24", SCHEMA_DAY},
    [FACT_DATETIME] = {is_datetime, NULL, "a time with its offset, like 2026-11-24T14:30:00+09:00",
                       SCHEMA_TIME},
    [FACT_INTEGER] = {is_integer, NULL,
                      "a whole number without quotes, points or commas, like 280000", SCHEMA_COUNT},
    [FACT_BOOLEAN] = {is_boolean, NULL, "true or false, without quotes", SCHEMA_BOOLEAN},
    [FACT_TERMS] = {is_list, is_text, "a list of terms, like [card_number, card_expiry]",
                    SCHEMA_SCALARS},
    [FACT_LOCALIZED] = {is_localized, NULL, "a text for each language, like {de: ..., ko: ...}",
                        SCHEMA_BY_LANGUAGE},
    [FACT_LOCALIZED_LIST] = {is_list, is_localized,
                             "a list of texts for each language, like - {de: ..., ko: ...}",
                             "{\"type\":\"array\",\"items\":" SCHEMA_BY_LANGUAGE "}"},
    [FACT_MONEY] = {is_money, NULL, "an amount of money, like {amount: 50000, currency: KRW}",
                    MONEY},
};

/* The text of a language that says nothing, NULL if there is none. */
static const struct yaml_node *empty_text(const struct yaml_node *node)
{
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        const struct yaml_node *text = node->items[i];
        if (reading_is_language(text->key) && text->kind == YAML_SCALAR && text->text[0] == '\0')
            return text;
    }
    return NULL;
}

/* Written as it should be, but of a day that is in no calendar. */
static bool is_no_moment(enum fact_type type, const struct yaml_node *node)
{
    if (!is_text(node))
        return false;
    return (type == FACT_DATE && reading_is_no_day(node->text)) ||
           (type == FACT_DATETIME && reading_is_no_time(node->text));
}

static void tell_wrong(const struct reading *r, const struct fact_word *word,
                       const struct yaml_node *node)
{
    bool localized = word->type == FACT_LOCALIZED || word->type == FACT_LOCALIZED_LIST;
    const struct yaml_node *empty = localized ? empty_text(node) : NULL;
    if (empty != NULL)
        reading_wrong(r, empty, "\"%s\" (%s) is empty in %s: write the text", word->name,
                      word->words, empty->key);
    else if (is_no_moment(word->type, node))
        reading_wrong(r, node, "\"%s\" (%s): there is no such day or hour: %s", word->name,
                      word->words, node->text);
    else
        reading_wrong(r, node, "\"%s\" (%s) must be %s", word->name, word->words,
                      types[word->type].must_be);
}

void vocabulary_check(const struct reading *r, const struct fact_word *word,
                      const struct yaml_node *node)
{
    const struct type *type = &types[word->type];
    if (!type->is(node)) {
        tell_wrong(r, word, node);
        return;
    }
    for (size_t i = 0; type->each != NULL && i < node->count; i++)
        if (!type->each(node->items[i]))
            tell_wrong(r, word, node->items[i]);
}

/* ---- as a schema ---- */

/* Has another word before this one the same beginning? */
static bool was_put(size_t index, const char *prefix, size_t len)
{
    for (size_t i = 0; i < index; i++)
        if (strncmp(words[i].name, prefix, len) == 0 && words[i].name[len] == '.')
            return true;
    return false;
}

/* "start" of incident.start, below its group. */
static void put_group(size_t first, size_t len, struct buf *out)
{
    struct json_schema s;
    json_schema_open(&s, out);
    for (size_t i = first; i < COUNT_OF(words); i++)
        if (strncmp(words[i].name, words[first].name, len + 1) == 0)
            json_schema_put(&s, words[i].name + len + 1, false, types[words[i].type].schema);
    json_schema_close(&s, "\"additionalProperties\":true");
}

void vocabulary_put_schema(struct buf *out)
{
    struct json_schema s;
    json_schema_open(&s, out);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t len = strcspn(words[i].name, ".");
        json_schema_put(&s, words[i].name, false, types[words[i].type].schema);
        if (words[i].name[len] == '\0' || was_put(i, words[i].name, len))
            continue;
        char *group = xstrndup(words[i].name, len);
        json_schema_key(&s, group, false);
        put_group(i, len, out);
        free(group);
    }
    json_schema_close(&s, "\"additionalProperties\":true");
}
