#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/job.h"

static const char good[] =
    "{\"version\":1,\"id\":\"breach-2026-11_c17\",\"idempotency_key\":\"breach-2026-11:c17\",\n"
    " \"template\":\"apology\",\"template_version\":3,\"locale\":\"ko-KR\",\n"
    " \"to\":{\"recipient_id\":\"c17\",\"name\":\"김민준\",\"email\":\"minjun@example.com\",\n"
    "  \"phone\":\"+821012345678\",\"timezone\":\"Asia/Seoul\",\"webhook\":\"crm\"},\n"
    " \"routing\":{\"method\":\"single\",\"channels\":[\"email\",\"sms\"]},\n"
    " \"data\":{\"data_items\":[\"email_address\"]},\"category\":\"breach_notice\",\n"
    " \"campaign\":\"breach-2026-11\",\"not_before\":\"2026-11-24T09:00:00+09:00\",\n"
    " \"expires_at\":\"2026-12-01T00:00:00Z\",\"reference\":\"CRM-4711\",\"priority\":\"high\",\n"
    " \"metadata\":{\"source\":\"crm\"},\"overrides\":{\"webhook\":{\"event_type\":\"notice.sent\"}"
    "}}";

static void reads_every_member(void **state)
{
    (void)state;
    struct job *job;
    struct error err;
    assert_int_equal(job_parse(good, strlen(good), "new/a.json", 1, &job, &err), 0);
    assert_string_equal(job->id, "breach-2026-11_c17");
    assert_string_equal(job->idempotency_key, "breach-2026-11:c17");
    assert_int_equal(job->template_version, 3);
    assert_string_equal(job->to.name, "김민준");
    assert_string_equal(job_address(job, CHANNEL_EMAIL), "minjun@example.com");
    assert_string_equal(job_address(job, CHANNEL_SMS), "+821012345678");
    assert_string_equal(job_address(job, CHANNEL_WEBHOOK), "crm");
    assert_int_equal(job->channel_count, 2);
    assert_int_equal(job->channels[1], CHANNEL_SMS);
    assert_int_equal(job->method, JOB_SINGLE);
    assert_int_equal(job->priority, JOB_HIGH);
    assert_int_equal(job->not_before_ms, 1795478400000);
    assert_int_equal(job->expires_at_ms, 1796083200000);
    assert_string_equal(job->event_type, "notice.sent");
    job_free(job);
}

static void reads_a_second_person(void **state)
{
    (void)state;
    static const char text[] =
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\",\"second\":"
        "{\"gender\":\"female\",\"title\":\"Dr.\",\"family_name\":\"Weiß\"}}}";
    struct job *job;
    struct error err = {0};
    if (job_parse(text, strlen(text), "a", 1, &job, &err) != 0)
        fail_msg("%s", err.text);
    struct job *copy = job_copy(job);
    job_free(job);
    assert_string_equal(copy->to.second.family_name, "Weiß");
    assert_string_equal(copy->to.second.title, "Dr.");
    assert_string_equal(copy->to.second.gender, "female");
    assert_null(copy->to.second.name);
    assert_null(copy->to.family_name);
    job_free(copy);
}

/* `envelope` with one member put in front of the others. */
static void assert_refused(const char *members, const char *position, const char *part)
{
    struct job *job;
    struct error err = {0};
    char text[2000];
    snprintf(text, sizeof(text), "{%s}", members);
    assert_int_equal(job_parse(text, strlen(text), "new/a.json", 1, &job, &err), ERR_INPUT);
    assert_null(job);
    if (strstr(err.text, position) == NULL || strstr(err.text, part) == NULL)
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, position, part);
}

#define REST "\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\"}"

static void refuses_with_position_and_advice(void **state)
{
    (void)state;
    assert_refused("\"locale\":\"ko_KR\"," REST, "new/a.json:1:11: ", "ko-KR");
    assert_refused("\"idempotencyKey\":\"x\"," REST,
                   "new/a.json:1:2: ", "did you mean \"idempotency_key\"");
    assert_refused("\"not_before\":\"2026-11-24T09:00:00\"," REST, "new/a.json:1:15: ", "offset");
    assert_refused("\"routing\":{\"channels\":[\"email\",\"fax\"]}," REST,
                   "new/a.json:1:33: ", "email, sms or webhook");
    assert_refused("\"routing\":{\"channels\":[\"sms\",\"sms\"]}," REST, "1:31", "twice");
    assert_refused("\"routing\":{\"after\":{\"email\":\"24h\"}}," REST, "1:21",
                   "stands in the rules file");
    assert_refused("\"routing\":{\"confirm\":[\"sms\"]}," REST, "1:23", "then: {confirm: [sms]}");
    assert_refused("\"template\":\"../etc/passwd\"," REST, "1:13", "template folder");
    assert_refused("\"priority\":\"urgent\"," REST, "1:13", "low, normal or high");
    assert_refused("\"template_version\":0," REST, "1:21", "from 1");
    assert_refused("\"version\":1,\"id\":\"a\",\"to\":{\"second\":{\"title\":\"Dr.\"}}", "1:38",
                   "names nobody: give it a name");
    assert_refused("\"version\":1,\"id\":\"a\",\"to\":{\"second\":{\"email\":\"a@b.de\"}}", "1:39",
                   "email");
    assert_refused("\"version\":1,\"id\":\"a\",\"to\":{\"second\":{\"gender\":\"f\"}}", "1:48",
                   "female, male or neutral");
    assert_refused("\"data\":[]," REST, "1:9", "object");
    assert_refused("\"reference\":\"\"," REST, "1:14", "empty");
}

static void needs_version_id_and_somebody(void **state)
{
    (void)state;
    assert_refused("\"version\":1,\"to\":{\"email\":\"a@example.org\"}", "1:1",
                   "\"id\" is missing");
    assert_refused("\"id\":\"a\",\"to\":{\"email\":\"a@example.org\"}", "1:1",
                   "\"version\" is missing");
    assert_refused("\"version\":2,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\"}", "1:12",
                   "must be 1");
    assert_refused("\"version\":1,\"id\":\"a\",\"to\":{\"name\":\"x\"}", "1:28", "nobody");
    assert_refused("\"version\":1,\"id\":\"-a\",\"to\":{\"email\":\"a@example.org\"}", "1:19",
                   "start with -");
    assert_refused("\"version\":1,\"id\":\"a.b\",\"to\":{\"email\":\"a@example.org\"}", "1:19",
                   "letters");
}

static void refuses_injections_in_names_and_addresses(void **state)
{
    (void)state;
    assert_refused(
        "\"version\":1,\"id\":\"a\",\"to\":{\"name\":\"hi\\r\\nBcc: e@z.example\",\"email\":"
        "\"a@example.org\"}",
        "1:36", "U+000D");
    assert_refused(
        "\"version\":1,\"id\":\"a\",\"to\":{\"name\":\"a\\u2028b\",\"email\":\"a@example.org\"}",
        "1:36", "U+2028");
    assert_refused(
        "\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"b@y.example>\\r\\nRCPT TO:<e@z.example\"}",
        "1:37", "to/email");
    assert_refused("\"version\":1,\"id\":\"a\",\"to\":{\"phone\":\"+1;DROP\"}", "1:37", "to/phone");
    assert_refused("\"version\":1,\"id\":\"a\",\"to\":{\"webhook\":\"https://evil.example/\"}",
                   "1:39", "to/webhook");
}

static void digest_ignores_order_and_white_space(void **state)
{
    (void)state;
    const char *texts[] = {
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\"}}",
        "{ \"to\" : {\"email\":\"a@example.org\"},\n\"id\":\"a\", \"version\":1 }\n",
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"b@example.org\"}}"};
    unsigned char digests[3][DIGEST_SIZE];
    for (size_t i = 0; i < 3; i++) {
        struct job *job;
        struct error err;
        assert_int_equal(job_parse(texts[i], strlen(texts[i]), "f", 1, &job, &err), 0);
        job_digest(job, NULL, digests[i]);
        job_free(job);
    }
    assert_memory_equal(digests[0], digests[1], DIGEST_SIZE);
    assert_memory_not_equal(digests[0], digests[2], DIGEST_SIZE);
}

static void names_do_not_count_where_a_key_stands(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"version\":1,\"id\":\"a\",\"idempotency_key\":\"k\",\"to\":{\"email\":\"a@example.org\"}"
        "}",
        "{\"version\":1,\"id\":\"b\",\"idempotency_key\":\"k\",\"to\":{\"email\":\"a@example.org\"}"
        "}",
        "{\"version\":1,\"id\":\"b\",\"idempotency_key\":\"k\",\"to\":{\"email\":\"b@example.org\"}"
        "}",
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\"}}",
        "{\"version\":1,\"id\":\"b\",\"to\":{\"email\":\"a@example.org\"}}",
    };
    unsigned char digests[5][DIGEST_SIZE];
    for (size_t i = 0; i < 5; i++) {
        struct job *job;
        struct error err;
        assert_int_equal(job_parse(texts[i], strlen(texts[i]), "f", 1, &job, &err), 0);
        job_digest(job, NULL, digests[i]);
        job_free(job);
    }
    assert_memory_equal(digests[0], digests[1], DIGEST_SIZE);
    assert_memory_not_equal(digests[1], digests[2], DIGEST_SIZE);
    assert_memory_not_equal(digests[3], digests[4], DIGEST_SIZE);
}

static void fixture_needs_no_envelope(void **state)
{
    (void)state;
    struct job *job;
    struct error err;
    const char *text = "{\"to\":{\"email\":\"a@example.org\"},\"data\":{}}";
    assert_int_equal(job_parse_fixture(text, strlen(text), "f", &job, &err), 0);
    assert_string_equal(job->id, "preview");
    job_free(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_member),
        cmocka_unit_test(reads_a_second_person),
        cmocka_unit_test(refuses_with_position_and_advice),
        cmocka_unit_test(needs_version_id_and_somebody),
        cmocka_unit_test(refuses_injections_in_names_and_addresses),
        cmocka_unit_test(digest_ignores_order_and_white_space),
        cmocka_unit_test(names_do_not_count_where_a_key_stands),
        cmocka_unit_test(fixture_needs_no_envelope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
