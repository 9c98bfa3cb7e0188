#include "law/shape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "law/node.h"

const char *shape_text(const struct yaml_node *value)
{
    bool good = value->kind == YAML_SCALAR && value->text[0] != '\0';
    return good ? NULL : "a text";
}

const char *shape_any_text(const struct yaml_node *value)
{
    return value->kind == YAML_SCALAR ? NULL : "a text";
}

const char *shape_texts(const struct yaml_node *value)
{
    static const char must[] = "a text or a list of texts, and not empty";
    if (value->kind == YAML_MAP || node_count(value) == 0)
        return must;
    for (size_t i = 0; i < node_count(value); i++)
        if (node_text(value, i) == NULL || node_text(value, i)[0] == '\0')
            return must;
    return NULL;
}

const char *shape_list(const struct yaml_node *value)
{
    return value->kind == YAML_LIST ? NULL : "a list, one \"- {...}\" for each";
}

const char *shape_flag(const struct yaml_node *value)
{
    bool good = value->kind == YAML_SCALAR && strcmp(value->text, "true") == 0;
    return good ? NULL : "true; without it, leave the line out";
}

const char *shape_number(const struct yaml_node *value)
{
    int64_t number;
    bool good = value->kind == YAML_SCALAR && text_parse_int(value->text, &number) && number >= 0;
    return good ? NULL : "a whole number";
}

const char *shape_date(const struct yaml_node *value)
{
    int64_t day;
    bool good = value->kind == YAML_SCALAR && node_parse_day(value->text, &day);
    return good ? NULL : "a date like 2026-09-11";
}

const char *shape_hour(const struct yaml_node *value)
{
    int minutes;
    bool good = value->kind == YAML_SCALAR && node_parse_minutes(value->text, &minutes);
    return good ? NULL : "a time of day like \"21:00\"";
}

const char *shape_offset(const struct yaml_node *value)
{
    int minutes;
    bool good = value->kind == YAML_SCALAR && node_parse_offset(value->text, &minutes);
    return good ? NULL : "minutes from UTC like \"+09:00\"";
}

/* A star opens the begin or the end of a word, nothing else. */
static bool has_star_within(const char *word)
{
    for (const char *at = word; *at != '\0'; at++) {
        bool first = at == word || at[-1] == '|', last = at[1] == '\0' || at[1] == '|';
        if (*at == '*' && !first && !last)
            return true;
    }
    return false;
}

const char *shape_words(const struct yaml_node *value)
{
    static const char must[] = "words for each language, like {ko: [...], de: [...]}";
    if (value->kind != YAML_MAP || value->count == 0)
        return must;
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml_node *list = value->items[i];
        if (shape_texts(list) != NULL)
            return must;
        for (size_t k = 0; k < node_count(list); k++)
            if (has_star_within(node_text(list, k)))
                return "words with a star only at the begin or the end: write the forms out";
    }
    return NULL;
}

static const char *const incidents[] = {"leak", "loss", "theft", "forgery", "alteration", "damage"};

static bool is_incident(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(incidents); i++)
        if (strcmp(incidents[i], word) == 0)
            return true;
    return false;
}

const char *shape_kind_words(const struct yaml_node *value)
{
    static const char must[] = "for each language words for kinds of incident (leak, loss, theft, "
                               "forgery, alteration, damage), like {ko: {leak: [...]}}";
    if (value->kind != YAML_MAP || value->count == 0)
        return must;
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml_node *words = value->items[i];
        if (shape_words(words) != NULL)
            return must;
        for (size_t k = 0; k < words->count; k++)
            if (!is_incident(words->items[k]->key))
                return must;
    }
    return NULL;
}

const char *shape_numbers(const struct yaml_node *value)
{
    bool good = value->kind == YAML_MAP && value->count > 0;
    for (size_t i = 0; good && i < value->count; i++)
        good = shape_number(value->items[i]) == NULL;
    return good ? NULL : "a whole number for each language, like {de: 40}";
}
