#include "model/attachment.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "model/batch.h"
#include "model/job.h"

static int parse(const char *members, struct job **out, struct error *err)
{
    char text[4000];
    snprintf(text, sizeof(text),
             "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\"},%s}", members);
    return job_parse(text, strlen(text), "a.json", 1, out, err);
}

static struct job *job_with(const char *members)
{
    struct job *job;
    struct error err = {0};
    if (parse(members, &job, &err) != 0)
        fail_msg("%s", err.text);
    return job;
}

static void names_files_and_inline_images(void **state)
{
    (void)state;
    struct job *job =
        job_with("\"attachments\":[\"de/\xc3\x9c.pdf\",\"\xec\x95\xbd\xea\xb4\x80.pdf\","
                 "{\"file\":\"logo.png\",\"inline\":\"logo\"}]");
    struct job *copy = job_copy(job);
    job_free(job);
    assert_int_equal(copy->attachments.count, 3);
    assert_string_equal(copy->attachments.list[0].file, "de/\xc3\x9c.pdf");
    assert_null(copy->attachments.list[0].inline_id);
    assert_string_equal(copy->attachments.list[2].file, "logo.png");
    assert_string_equal(copy->attachments.list[2].inline_id, "logo");
    job_free(copy);
}

static void refuses_what_could_lead_elsewhere_or_deceive(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"x.pdf\"", "must be a list"},
        {"[\"\"]", "is empty"},
        {"[\"/etc/passwd\"]", "cannot lead out"},
        {"[\"../../etc/passwd\"]", "cannot lead out"},
        {"[\"a/../b.pdf\"]", "cannot lead out"},
        {"[\"a//b.pdf\"]", "cannot lead out"},
        {"[\"./b.pdf\"]", "cannot lead out"},
        {"[\"a/\"]", "cannot lead out"},
        {"[\"..\"]", "cannot lead out"},
        {"[\"C:\\\\b.pdf\"]", "cannot lead out"},
        {"[\"a\\r\\nBcc: x.pdf\"]", "control character"},
        {"[\"a\\u202efdp.exe\"]", "direction"},
        {"[1]", "must be a text"},
        {"[{\"inline\":\"logo\"}]", "names no file"},
        {"[{\"file\":\"a.png\",\"inline\":\"a b\"}]", "may only hold"},
        {"[{\"file\":\"a.png\",\"inline\":\"<a>\"}]", "may only hold"},
        {"[{\"file\":\"a.png\",\"cid\":\"a\"}]", "is not a member"},
        {"[\"a.pdf\",\"a.pdf\"]", "listed twice"},
        {"[{\"file\":\"a.png\",\"inline\":\"x\"},{\"file\":\"b.png\",\"inline\":\"x\"}]", "same"},
        {"[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\"]", "at most 10"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct job *job;
        struct error err = {0};
        char members[400];
        snprintf(members, sizeof(members), "\"attachments\":%s", cases[i][0]);
        assert_int_equal(parse(members, &job, &err), ERR_INPUT);
        if (strstr(err.text, cases[i][1]) == NULL || strstr(err.text, "a.json:1:") == NULL)
            fail_msg("%s: \"%s\" lacks \"%s\"", cases[i][0], err.text, cases[i][1]);
    }
}

static void those_of_a_line_replace_those_of_its_batch(void **state)
{
    (void)state;
    static const char head[] = "{\"version\":1,\"id\":\"b\",\"reply_to\":\"desk@example.org\","
                               "\"attachments\":[\"a.pdf\",\"b.pdf\"]}";
    static const char *const lines[] = {
        "{\"to\":{\"email\":\"a@example.org\"}}",
        "{\"to\":{\"email\":\"a@example.org\"},\"attachments\":[\"c.pdf\"],"
        "\"unsubscribe_url\":\"https://example.org/u?1\"}",
        "{\"to\":{\"email\":\"a@example.org\"},\"attachments\":[]}",
    };
    static const size_t counts[] = {2, 1, 0};
    struct batch *batch;
    struct error err = {0};
    assert_int_equal(batch_parse(head, strlen(head), "b", false, &batch, &err), 0);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct job *job;
        if (batch_read_line(batch, lines[i], strlen(lines[i]), "b", 1, &job, NULL, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(job->attachments.count, counts[i]);
        assert_string_equal(job->reply_to, "desk@example.org");
        if (i == 1)
            assert_string_equal(job->attachments.list[0].file, "c.pdf");
        struct buf alone = {0};
        struct job *again;
        job_put_canonical(job, &alone);
        assert_int_equal(job_parse(alone.data, alone.len, "alone", 1, &again, &err), 0);
        assert_int_equal(again->attachments.count, counts[i]);
        buf_free(&alone);
        job_free(again);
        job_free(job);
    }
    batch_free(batch);
}

static void one_click_needs_an_https_address(void **state)
{
    (void)state;
    static const char *const bad[] = {"http://example.org/u",  "https://",      "https:///u",
                                      "https://e.org/a b",     "https://e/<a>", "mailto:a@b.de",
                                      "https://e.org/\xc3\xbc"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct job *job;
        struct error err = {0};
        char members[200];
        snprintf(members, sizeof(members), "\"unsubscribe_url\":\"%s\"", bad[i]);
        assert_int_equal(parse(members, &job, &err), ERR_INPUT);
        assert_non_null(strstr(err.text, "unsubscribe_url"));
    }
    struct job *good = job_with("\"unsubscribe_url\":\"https://example.org/u?x=1&y=%20\"");
    assert_string_equal(good->unsubscribe_url, "https://example.org/u?x=1&y=%20");
    job_free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_files_and_inline_images),
        cmocka_unit_test(refuses_what_could_lead_elsewhere_or_deceive),
        cmocka_unit_test(those_of_a_line_replace_those_of_its_batch),
        cmocka_unit_test(one_click_needs_an_https_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
