/* A reader's region: which letter is chosen, and in whose words and numbers it speaks. */
#include "render/renderer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "render/library_backend.h"
#include "render/small_library.h"

static const char swiss_letter[] =
    "---\nsubject: \"Neues: {{what}}\"\npreheader: Vorschau\nsms: \"CH {{count | number}}\"\n---\n"
    "{{salutation}}\n\n## Was {#what}\n\n{{what}}: {{items | list}}\n\n{{#when.start}}\n"
    "{{when.start | date}}\n{{/when.start}}\n";

static int make_regions(void **state)
{
    if (make_library(state) != 0)
        return -1;
    write_file("l/de-AT.yaml", "de-AT:\n  zone: Europe/Vienna\n  terms: {phone: Rufnummer}\n");
    write_file("l/de-CH.yaml", "de-CH:\n  closing: Gruss\n");
    return 0;
}

static int remove_regions(void **state)
{
    remove_file("l/de-AT.yaml");
    remove_file("l/de-CH.yaml");
    remove_file("t/news/de-CH.md");
    return remove_library(state);
}

#define FACTS                                                                                      \
    "{\"what\":{\"de\":\"Stand\",\"de-AT\":\"Lage\",\"ko\":\"x\"},\"items\":[\"phone\",\"email\"]" \
    ",\"count\":2970000,\"when\":{\"start\":\"2025-01-06\"}}"

/* The text message and mail of a reader who asked for `wanted`. */
static void says(const char *wanted, const char *letter, const char *sms, const char *words)
{
    char more[64];
    struct buf problems = {0};
    struct library *l = load(&problems);
    struct renderer *r;
    struct message m = {0};
    struct error err = {0};
    snprintf(more, sizeof more, ",\"locale\":\"%s\"", wanted);
    struct job *job = job_with("", FACTS, more);
    assert_string_equal(buf_text(&problems), "");
    assert_int_equal(renderer_open(l, &r, &err), 0);
    const char *locale = library_match_locale(l, 0, wanted);
    assert_string_equal(locale != NULL ? locale : "-", letter);
    if (renderer_render(r, 0, locale, job, 0, CHANNEL_SMS, &m, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&m.sms), sms);
    assert_string_equal(m.locale, letter);
    assert_int_equal(renderer_render(r, 0, locale, job, 0, CHANNEL_EMAIL, &m, &err), 0);
    if (strstr(buf_text(&m.text), words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, buf_text(&m.text));
    message_free(&m);
    renderer_close(r);
    library_free(l);
    job_free(job);
    buf_free(&problems);
}

#define NB "\xc2\xa0"

static void numbers_and_words_are_those_of_the_region(void **state)
{
    (void)state;
    says("de", "de", "SMS 2.970.000", "Stand: Telefonnummer und E-Mail-Adresse\n\nAb 6. Januar");
    says("de-AT", "de", "SMS 2" NB "970" NB "000",
         "Lage: Rufnummer und E-Mail-Adresse\n\nAb 6. Jänner");
    says("DE-at-1996", "de", "SMS 2" NB "970" NB "000", "Lage: Rufnummer");
    says("de-CH", "de", "SMS 2’970’000", "Gruss");
    says("de-LU", "de", "SMS 2.970.000", "Gruß");
    says("ko-KR", "ko", "문자 2,970,000", "이메일");
}

static void a_letter_of_the_region_is_chosen_if_there_is_one(void **state)
{
    (void)state;
    write_file("t/news/de-CH.md", swiss_letter);
    says("de-CH", "de-CH", "CH 2’970’000", "6. Januar 2025");
    says("de-AT", "de", "SMS 2" NB "970" NB "000", "Jänner");
    says("de", "de", "SMS 2.970.000", "Januar");
    remove_file("t/news/de-CH.md");
}

static void expect_sms(struct renderer *r, struct job *job, const char *wanted, const char *sms)
{
    struct message m = {0};
    struct error err = {0};
    free(job->locale);
    job->locale = xstrdup(wanted);
    if (renderer_render(r, 0, "de", job, 0, CHANNEL_SMS, &m, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&m.sms), sms);
    message_free(&m);
}

/* What is remembered of the facts of a whole batch is remembered for one region. */
static void neighbours_in_a_batch_do_not_share_their_numbers(void **state)
{
    (void)state;
    struct library *l = load(NULL);
    struct renderer *r;
    struct error err = {0};
    struct job *job = job_with("", FACTS, "");
    assert_int_equal(renderer_open(l, &r, &err), 0);
    for (int i = 0; i < 5; i++) {
        expect_sms(r, job, "de", "SMS 2.970.000");
        expect_sms(r, job, "de-CH", "SMS 2’970’000");
        expect_sms(r, job, "de-AT", "SMS 2" NB "970" NB "000");
        expect_sms(r, job, "ko", "SMS 2.970.000");
    }
    renderer_close(r);
    library_free(l);
    job_free(job);
}

/* Who asked for another language reads the letter as everybody in its own language does. */
static void a_fallback_speaks_for_its_own_language(void **state)
{
    (void)state;
    struct library *l = load(NULL);
    struct job *job = job_with("", FACTS, ",\"locale\":\"de-AT\"");
    int ko = library_locale_index(l, "ko");
    assert_int_equal(library_reader_locale(l, "ko", job), ko);
    assert_int_equal(library_reader_locale(l, "de", job), library_locale_index(l, "de-AT"));
    job_free(job);
    job = job_with("", FACTS, "");
    assert_int_equal(library_reader_locale(l, "ko", job), ko);
    assert_int_equal(library_reader_locale(l, "fr", job), -1);
    job_free(job);
    library_free(l);
}

static void a_region_without_its_language_is_told(void **state)
{
    (void)state;
    struct buf problems = {0};
    write_file("l/fr-CA.yaml", "fr-CA:\n  zone: America/Toronto\n");
    struct library *l = load(&problems);
    assert_non_null(strstr(buf_text(&problems), "fr-CA.yaml:1:1"));
    assert_non_null(strstr(buf_text(&problems), "the file of its language stands beside it"));
    library_free(l);
    remove_file("l/fr-CA.yaml");
    buf_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_words_are_those_of_the_region),
        cmocka_unit_test(a_letter_of_the_region_is_chosen_if_there_is_one),
        cmocka_unit_test(neighbours_in_a_batch_do_not_share_their_numbers),
        cmocka_unit_test(a_fallback_speaks_for_its_own_language),
        cmocka_unit_test(a_region_without_its_language_is_told),
    };
    return cmocka_run_group_tests(tests, make_regions, remove_regions);
}
