#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "model/reference.h"

#define ALPHABET "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

static void expect_back(int64_t batch, int64_t line)
{
    char text[REFERENCE_SIZE];
    struct reference read;
    assert_true(reference_make(batch, line, text));
    reference_read(text, &read);
    if (read.fault != REFERENCE_GOOD || read.batch != batch || read.line != line)
        fail_msg("%s of %lld, %lld leads to %lld, %lld", text, (long long)batch, (long long)line,
                 (long long)read.batch, (long long)read.line);
    assert_string_equal(read.text, text);
}

/* Two lines with one number would lead back to one of them only. */
static void every_number_leads_back_to_its_line(void **state)
{
    static const int64_t batches[] = {0, 1, 2, 77, 2097151, 2097152, 134217727};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(batches); i++) {
        for (int64_t line = 0; line < 400000; line++)
            expect_back(batches[i], line);
        expect_back(batches[i], 16777215);
        expect_back(batches[i], 16777216);
    }
    for (int64_t batch = 0; batch < 2097152; batch += 3)
        expect_back(batch, batch * 7 % 16777216);
}

static void numbers_are_short_as_long_as_they_last(void **state)
{
    char text[REFERENCE_SIZE];
    (void)state;
    assert_true(reference_make(2097151, 16777215, text));
    assert_int_equal(strlen(text), 11);
    assert_int_equal(text[5], '-');
    assert_true(reference_make(2097152, 1, text));
    assert_int_equal(strlen(text), 14);
    assert_true(text[4] == '-' && text[9] == '-');
    assert_false(reference_make(134217728, 1, text));
    assert_false(reference_make(1, 268435456, text));
    assert_false(reference_make(-1, 1, text));
}

static void neighbours_do_not_look_like_neighbours(void **state)
{
    char text[REFERENCE_SIZE], next[REFERENCE_SIZE];
    int alike = 0;
    (void)state;
    reference_make(5, 1, text);
    for (int64_t line = 2; line <= 10001; line++) {
        reference_make(5, line, next);
        for (size_t i = 0; i < strlen(text); i++)
            alike += i != 5 && text[i] == next[i];
        memcpy(text, next, sizeof(text));
    }
    /* 10 characters of 32, 10,000 times: 3,125 by chance. */
    assert_in_range(alike, 2000, 4500);
}

static void expect_mistake(const char *text)
{
    struct reference read;
    reference_read(text, &read);
    if (read.fault != REFERENCE_CHECK)
        fail_msg("%s was believed", text);
}

static void try_each_wrong_character(char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        char right = text[i];
        for (const char *wrong = ALPHABET; right != '-' && *wrong != '\0'; wrong++) {
            if (*wrong == right)
                continue;
            text[i] = *wrong;
            expect_mistake(text);
        }
        text[i] = right;
    }
}

static void try_each_swap(char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        for (size_t j = i + 1; text[j] != '\0'; j++) {
            char first = text[i];
            if (first == text[j] || first == '-' || text[j] == '-')
                continue;
            text[i] = text[j];
            text[j] = first;
            expect_mistake(text);
            text[j] = text[i];
            text[i] = first;
        }
    }
}

/* 6 million wrong numbers. */
static void every_wrong_character_and_every_swap_is_found(void **state)
{
    char text[REFERENCE_SIZE];
    (void)state;
    for (int64_t line = 1; line <= 8000; line++) {
        reference_make(line % 5 == 0 ? 3000000 : 12, line * 1999, text);
        try_each_wrong_character(text);
        try_each_swap(text);
    }
}

static void it_is_read_as_people_write_it(void **state)
{
    char text[REFERENCE_SIZE], spoken[64];
    (void)state;
    for (int64_t line = 1; line < 5000; line++) {
        struct reference read;
        char *to = spoken;
        reference_make(9, line, text);
        for (const char *at = text; *at != '\0'; at++) {
            *to++ = (char)(*at == '-'   ? ' '
                           : *at == '0' ? 'o'
                           : *at == '1' ? "iIlL"[line % 4]
                                        : tolower(*at));
            *to++ = at[1] == '-' ? '.' : ' ';
        }
        *to = '\0';
        reference_read(spoken, &read);
        assert_int_equal(read.fault, REFERENCE_GOOD);
        assert_int_equal(read.line, line);
        assert_string_equal(read.text, text);
    }
}

static void a_word_processors_dashes_separate_too(void **state)
{
    static const char *const dashes[] = {"\u2010", "\u2013", "\u2014", "\u2212", "-"};
    char text[REFERENCE_SIZE];
    (void)state;
    reference_make(9, 17, text);
    for (size_t i = 0; i < sizeof(dashes) / sizeof(dashes[0]); i++) {
        char pasted[64];
        struct reference read;
        const char *dash = strchr(text, '-');
        snprintf(pasted, sizeof(pasted), "%.*s%s%s", (int)(dash - text), text, dashes[i], dash + 1);
        reference_read(pasted, &read);
        assert_int_equal(read.fault, REFERENCE_GOOD);
        assert_int_equal(read.line, 17);
    }
}

static void it_says_what_is_no_number(void **state)
{
    struct reference read;
    (void)state;
    reference_read("", &read);
    assert_int_equal(read.fault, REFERENCE_LENGTH);
    assert_int_equal(read.count, 0);
    reference_read("7K2M9-QX4T", &read);
    assert_int_equal(read.fault, REFERENCE_LENGTH);
    assert_int_equal(read.count, 9);
    reference_read("K-2026-000000000000000000004711", &read);
    assert_int_equal(read.fault, REFERENCE_LENGTH);
    reference_read("7K2M9-QU4TD", &read);
    assert_int_equal(read.fault, REFERENCE_CHARACTER);
    assert_int_equal(read.at, 7);
    reference_read("\xed\x95\x9c\xea\xb8\x80\xed\x95\x9c\x31", &read);
    assert_int_equal(read.fault, REFERENCE_CHARACTER);
    assert_int_equal(read.at, 1);
}

static bool is_among(const struct reference_guess *guesses, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(guesses[i].text, text) == 0)
            return true;
    }
    return false;
}

static void what_was_meant_is_among_the_guesses(void **state)
{
    struct reference_guess guesses[REFERENCE_GUESSES];
    (void)state;
    for (int64_t line = 1; line < 20000; line++) {
        char text[REFERENCE_SIZE], typed[REFERENCE_SIZE];
        struct reference read;
        reference_make(line % 3 == 0 ? 3000000 : 12, line, text);
        memcpy(typed, text, sizeof(text));
        size_t at = (size_t)line % 4; /* never a hyphen, nor the one before it */
        if (line % 2 == 0) {
            typed[at] = "U7Z"[line % 3];
        } else if (at < 3) {
            typed[at] = text[at + 1];
            typed[at + 1] = text[at];
        }
        reference_read(typed, &read);
        if (read.fault == REFERENCE_GOOD)
            continue;
        size_t count = reference_guess(&read, guesses);
        assert_in_range(count, 1, REFERENCE_GUESSES);
        if (!is_among(guesses, count, text))
            fail_msg("%s typed for %s is not explained", typed, text);
    }
}

static void a_guess_says_which_character(void **state)
{
    struct reference_guess guesses[REFERENCE_GUESSES];
    struct reference read;
    char text[REFERENCE_SIZE];
    (void)state;
    reference_make(12, 4711, text);
    char right = text[7];
    text[7] = 'U';
    reference_read(text, &read);
    assert_int_equal(reference_guess(&read, guesses), 1);
    assert_int_equal(guesses[0].at, 7);
    assert_int_equal(guesses[0].right, right);
    assert_int_equal(guesses[0].typed, 'U');
    assert_int_equal(guesses[0].line, 4711);
    text[8] = 'U';
    reference_read(text, &read);
    assert_int_equal(reference_guess(&read, guesses), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_leads_back_to_its_line),
        cmocka_unit_test(numbers_are_short_as_long_as_they_last),
        cmocka_unit_test(neighbours_do_not_look_like_neighbours),
        cmocka_unit_test(every_wrong_character_and_every_swap_is_found),
        cmocka_unit_test(it_is_read_as_people_write_it),
        cmocka_unit_test(a_word_processors_dashes_separate_too),
        cmocka_unit_test(it_says_what_is_no_number),
        cmocka_unit_test(what_was_meant_is_among_the_guesses),
        cmocka_unit_test(a_guess_says_which_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
