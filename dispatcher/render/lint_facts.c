#include "render/lint_letter.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "render/lint_numbers.h"

#define NUMBER_MIN 1000 /* smaller ones are counts of days, steps and articles */

/* ---- dates and numbers by hand ---- */

/* -1 if these are none. */
static int two_digits(const char *at)
{
    return isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1])
               ? (at[0] - '0') * 10 + (at[1] - '0')
               : -1;
}

/* 2025-09-18, or a moment that begins so. */
static bool is_date(const char *text, const struct lint_number *n)
{
    if (text == NULL || strlen(text) < strlen("2025-09-18") || text[4] != '-' || text[7] != '-')
        return false;
    return two_digits(text + 5) == n->month && (n->day == 0 || two_digits(text + 8) == n->day);
}

static bool is_value(const struct json_t *value, const struct lint_number *n)
{
    int64_t number;
    if (n->kind == LINT_DATE)
        return is_date(fact_value_text(value), n);
    return fact_value_int(value, &number) && n->value >= (double)number &&
           n->value <= (double)number;
}

static bool is_in_samples(const struct lint_letter *l, const char *name,
                          const struct lint_number *n)
{
    for (size_t i = 0; i < json_count(l->samples); i++)
        if (is_value(fact_value_at(json_at(l->samples, i), name), n))
            return true;
    return false;
}

/* The fact that is meant: what the samples say of it is what was written. */
static const struct variable *variable_of(const struct lint_letter *l, const char *const *types,
                                          const struct lint_number *n)
{
    for (size_t t = 0; l->variables != NULL && types[t] != NULL; t++)
        for (size_t i = 0; i < l->variables->count; i++)
            if (strcmp(l->variables->items[i].type->name, types[t]) == 0 &&
                is_in_samples(l, l->variables->items[i].name, n))
                return &l->variables->items[i];
    return NULL;
}

static void tell_written(const struct lint_letter *l, const struct place *at, const char *rule,
                         const struct lint_number *n, const char *const *types)
{
    bool date = n->kind == LINT_DATE;
    const struct variable *v = variable_of(l, types, n);
    if (v != NULL)
        problems_add_warning(l->problems, at, rule,
                             date ? "date written by hand; use {{%s | date}}"
                                  : "number written by hand; use {{%s | number}}",
                             v->name);
    else
        problems_add_warning(l->problems, at, rule,
                             date ? "date written by hand; use a fact, {{name | date}}, declared "
                                    "in template.yaml"
                                  : "number written by hand; use a fact, {{name | number}}, "
                                    "declared in template.yaml");
}

static void check_number(const struct lint_letter *l, const struct unit *unit,
                         const struct lint_number *n)
{
    static const char *const dates[] = {"date", "datetime", NULL};
    static const char *const numbers[] = {"integer", "number", NULL};
    struct place at = units_place(l->units, unit, n->span.start);
    bool year = !n->counts && n->value >= 1900 && n->value <= 2100;
    switch (n->kind) {
    case LINT_DATE:
        tell_written(l, &at, "hard-date", n, dates);
        break;
    case LINT_NUMBER:
        if (n->counts || (n->value >= NUMBER_MIN && !year))
            tell_written(l, &at, "hard-number", n, numbers);
        break;
    case LINT_TIME:
        break;
    case LINT_PHONE:
        problems_add_warning(l->problems, &at, "hard-number",
                             "telephone number written by hand; use {{contact.phone}}");
        break;
    }
}

/* ---- the subject, which strangers see on a locked screen ---- */

static bool is_personal(const char *name)
{
    static const char *const ours[] = {"org.",    "contact.", "signatory.", "service.",
                                       "lookup.", "words.",   "feedback."};
    static const char *const personal[] = {"name",      "phone",      "mobile",
                                           "email",     "address",    "birth",
                                           "birthdate", "given_name", "family_name"};
    static const char *const whole[] = {"salutation", "data_items", "data_items_possible",
                                        "group_note"};
    const char *dot = strrchr(name, '.'), *last = dot != NULL ? dot + 1 : name;
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        if (text_starts_with(name, ours[i]))
            return false;
    for (size_t i = 0; i < COUNT_OF(whole); i++)
        if (strcmp(name, whole[i]) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(personal); i++)
        if (strcmp(last, personal[i]) == 0)
            return true;
    return false;
}

static void check_subject_tags(const struct lint_letter *l, const struct unit *unit)
{
    const char *source = buf_text(&l->units->source) + unit->plain_start;
    for (size_t i = 0; i < unit->plain_len; i++) {
        char name[128];
        if (unit->plain[i] != UNIT_VALUE || !text_starts_with(source + i, "{{"))
            continue;
        const char *from = source + i + 2;
        from += strspn(from, " ");
        size_t len = strcspn(from, " |}");
        if (len >= sizeof(name))
            continue;
        memcpy(name, from, len);
        name[len] = '\0';
        struct place at = units_place(l->units, unit, i);
        if (is_personal(name))
            problems_add_warning(l->problems, &at, "subject-personal-data",
                                 "%s contains {{%s}}, which others may see beside the message: "
                                 "leave it to the letter",
                                 unit->id, name);
    }
}

void lint_facts(const struct lint_letter *l)
{
    for (size_t i = 0; i < l->units->count; i++) {
        const struct unit *unit = &l->units->items[i];
        struct lint_number n = {0};
        for (size_t from = 0;
             !l->partial && lint_number_next(l->locale, unit->plain, unit->plain_len, from, &n);
             from = n.span.end)
            check_number(l, unit, &n);
        if (unit->kind == UNIT_FIELD &&
            (strcmp(unit->id, "subject") == 0 || strcmp(unit->id, "title") == 0))
            check_subject_tags(l, unit);
    }
}
