#include "render/filter_backend.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "render/format.h"

/*
 * female=sehr geehrte Frau, male=sehr geehrter Herr, other=guten Tag
 *
 * A comma begins another choice only if a word and = follow it: commas within the words need no
 * sign. No choice needs quotation marks, which would be in the way in front matter.
 */
struct choice {
    const char *key, *text;
    size_t key_len, text_len;
};

static size_t key_length(const char *at)
{
    size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    return at[len] == '=' ? len : 0;
}

/* The end of the words that begin at `at`: a comma before the next choice, or the end. */
static const char *end_of_text(const char *at)
{
    for (; *at != '\0'; at++) {
        if (*at == ',' && key_length(at + 1 + strspn(at + 1, " ")) > 0)
            return at;
    }
    return at;
}

/* Reads the choice at *at and goes on behind it; false if there is none. */
static bool next_choice(const char **at, struct choice *out)
{
    const char *key = *at + strspn(*at, " ");
    size_t len = key_length(key);
    if (len == 0)
        return false;
    const char *text = key + len + 1, *end = end_of_text(text);
    *at = *end == ',' ? end + 1 : end;
    text += strspn(text, " ");
    while (end > text && end[-1] == ' ')
        end--;
    *out = (struct choice){key, text, len, end > text ? (size_t)(end - text) : 0};
    return true;
}

static bool find_choice(const char *argument, const char *key, struct choice *out)
{
    const char *at = argument;
    while (next_choice(&at, out)) {
        if (strlen(key) == out->key_len && strncmp(key, out->key, out->key_len) == 0)
            return true;
    }
    return false;
}

static bool has_choice(const char *argument, const char *key)
{
    struct choice ignored;
    return find_choice(argument, key, &ignored);
}

/* All of it is choices, each key once; `ok` may refuse a key. */
static bool choices_ok(const char *argument, bool (*ok)(const struct choice *))
{
    const char *at = argument;
    struct choice choice, first;
    while (*at != '\0') {
        if (!next_choice(&at, &choice) || (ok != NULL && !ok(&choice)))
            return false;
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)choice.key_len, choice.key);
        if (!find_choice(argument, key, &first) || first.key != choice.key)
            return false;
    }
    return at != argument;
}

/* ---- select ---- */

bool filter_select_ok(const char *argument)
{
    if (argument == NULL || !choices_ok(argument, NULL))
        return false;
    return has_choice(argument, "other") ||
           (has_choice(argument, "true") && has_choice(argument, "false"));
}

int filter_apply_select(struct filter_value *value, const char *argument,
                        struct formatter *formatter UNUSED, struct error *err)
{
    struct buf plain = {0}, out = {0};
    struct choice choice;
    if (filter_is_nothing(value))
        return 0;
    int rc = filter_put_plain(value, &plain, err);
    const char *choices = argument != NULL ? argument : "";
    if (rc == 0 && !find_choice(choices, buf_text(&plain), &choice) &&
        !find_choice(choices, "other", &choice))
        rc = filter_refuse(value, "select has no choice for this value and no other=...", err);
    if (rc == 0)
        buf_put(&out, choice.text, choice.text_len);
    buf_free(&plain);
    return filter_finish(value, &out, rc);
}

/* ---- plural ---- */

static bool is_number_key(const struct choice *choice)
{
    return strspn(choice->key, "0123456789") >= choice->key_len;
}

static bool is_plural_key(const struct choice *choice)
{
    static const char *const classes[] = {"zero", "one", "two", "few", "many", "other"};
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (strlen(classes[i]) == choice->key_len &&
            strncmp(classes[i], choice->key, choice->key_len) == 0)
            return true;
    }
    return is_number_key(choice);
}

bool filter_plural_ok(const char *argument)
{
    return argument != NULL && choices_ok(argument, is_plural_key) && has_choice(argument, "other");
}

/* This very number, its class in the language, or other. */
static int choose_plural(const char *choices, const struct quantity *number,
                         struct numbers *numbers, struct choice *out, struct error *err)
{
    char exact[32], class[NUMBERS_PLURAL_SIZE] = "";
    snprintf(exact, sizeof exact, "%lld", (long long)number->integer);
    if (number->whole && find_choice(choices, exact, out))
        return 0;
    int rc = numbers_plural(numbers, number, class, err);
    if (rc == 0 && !find_choice(choices, class, out) && !find_choice(choices, "other", out))
        rc = error_set(err, ERR_INPUT, "plural has no choice %s=... and no other=...", class);
    return rc;
}

static int put_words(const struct choice *choice, const struct quantity *number,
                     struct numbers *numbers, struct buf *out, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; i < choice->text_len && rc == 0; i++) {
        if (choice->text[i] == '#')
            rc = numbers_put(numbers, number, out, err);
        else
            buf_putc(out, choice->text[i]);
    }
    return rc;
}

int filter_apply_plural(struct filter_value *value, const char *argument,
                        struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    struct quantity number;
    struct choice choice = {0};
    int rc = filter_need_formatter(formatter, "plural", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    struct numbers *numbers = formatter_numbers(formatter);
    if (!filter_quantity_of(value, &number))
        return filter_refuse(value, "plural needs a number, without quotation marks", err);
    rc = choose_plural(argument != NULL ? argument : "", &number, numbers, &choice, err);
    if (rc == 0)
        rc = put_words(&choice, &number, numbers, &out, err);
    return filter_finish(value, &out, rc);
}
