#include "config/gateway_request.h"

#include "gateway_scratch.h"

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

static void a_url_may_hold_what_no_person_wrote(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(
        &scratch,
        "text: {profile: kr}\nmaps: {path: {SMS/info: sms, SMS/otp: auth/sms, SMS/ad: ad-sms, "
        "default: mms}}\nrequest: {method: POST, url: "
        "\"{{base}}/{{kr.type_purpose|map:path}}/{{to.digits}}\"}\n");
    const struct gateway *g = s->transports[0].sms.gateway;
    assert_int_equal(g->map_count, 1);
    assert_string_equal(gateway_map_find(&g->maps[0], "SMS/otp"), "auth/sms");
    assert_string_equal(gateway_map_find(&g->maps[0], "LMS/ad"), "mms");
    assert_int_equal(g->body_kind, GATEWAY_BODY_NONE);
    scratch_free(s);
}

#define URL(url) "request: {method: POST, url: \"" url "\"}\n"

static void who_gets_a_request_never_depends_on_a_message(void **state)
{
    (void)state;
    static const struct gateway_refusal rows[] = {
        {URL("{{base}}{{to.digits}}"), "the host of the URL cannot depend on the message"},
        {URL("https://{{to.cc}}.example.org/"), "the host of the URL cannot depend"},
        {URL("{{to.cc}}://example.org/"), "the host of the URL cannot depend"},
        {URL("{{base}}/{{text}}"), "cannot stand in the URL"},
        {URL("{{base}}/?t={{subject}}"), "cannot stand in the URL"},
        {URL("ftp://example.org/"), "starts with https://"},
        {URL("https://u:p@example.org/"), "user name or password"},
        {URL("{{bas}}/"), "did you mean `base`?"},
    };
    gateway_scratch_refuse_all(&scratch, rows, COUNT_OF(rows));
}

static void a_map_knows_every_word_it_can_be_asked_for(void **state)
{
    (void)state;
#define MAPPED(maps, tag)                                                                          \
    "maps: " maps "\nrequest: {method: POST, url: \"{{base}}/\", form: {a: \"" tag "\"}}\n"
    static const struct gateway_refusal rows[] = {
        {MAPPED("{ton: {alpha: A}}", "{{from.kind|map:ton}}"),
         "map `ton` has no entry for `number`, which {{from.kind}} can be"},
        {MAPPED("{type: {info: A, otp: B}}", "{{purpose|map:type}}"), "no entry for `ad`"},
        {MAPPED("{e: {gsm7: A}}", "{{enc|map:e}}"), "no entry for `ucs2`"},
        {MAPPED("{e: {you: A}}", "{{who|map:e}}"), "no entry for `me`"},
        {MAPPED("{e: {you: A}}", "{{key|map:e}}"), "no entry for `***`"},
        {MAPPED("{ton: {alpha: A, number: B}}", "{{from.kind|map:tone}}"), "did you mean `ton`?"},
        {MAPPED("{ton: x}", "{{text}}"), "a map is {from: to, ...}"},
        {MAPPED("{ton: {alpha: [x]}}", "{{text}}"), "an entry of a map is a text"},
        {MAPPED("{\"t n\": {a: b}}", "{{text}}"), "a name has 1 to 64 letters"},
    };
    gateway_scratch_refuse_all(&scratch, rows, COUNT_OF(rows));
    struct settings *s =
        gateway_scratch_load(&scratch, MAPPED("{e: {gsm7: A, default: B}, cc: {\"82\": K}}",
                                              "{{enc|map:e}}{{to.cc|map:cc}}"));
    scratch_free(s);
}

static void limits_and_lengths_are_read(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(
        &scratch, "limits: {timeout: 3s, rate: 30/s, concurrency: 4}\n"
                  "text: {profile: kr, max_chars: 700, sms_bytes: 80, lms_bytes: 1500, "
                  "subject_bytes: 44, transliterate: off}\n");
    const struct gateway *g = s->transports[0].sms.gateway;
    assert_int_equal(g->timeout_ms, 3000);
    assert_int_equal(g->rate.count, 30);
    assert_int_equal(g->rate.per_ms, 1000);
    assert_int_equal(g->concurrency, 4);
    assert_int_equal(g->profile, LENGTH_EUC_KR);
    assert_int_equal(g->transliterate, TRANSLITERATE_OFF);
    assert_int_equal(g->max_chars, 700);
    assert_int_equal(g->sms_bytes, 80);
    assert_int_equal(g->lms_bytes, 1500);
    assert_int_equal(g->subject_bytes, 44);
    scratch_free(s);
    static const struct gateway_refusal rows[] = {
        {"text: {profile: gsm, sms_bytes: 80}\n", "`sms_bytes` needs `profile: kr`"},
        {"text: {profile: kr, sms_bytes: 3000}\n", "`sms_bytes` is more than `lms_bytes`"},
        {"text: {transliterate: all}\n", "must be safe, accents or off"},
        {"limits: {rate: 30}\n", "limits.rate"},
    };
    gateway_scratch_refuse_all(&scratch, rows, COUNT_OF(rows));
}

static void a_transport_keeps_to_the_limits_of_its_gateway(void **state)
{
    (void)state;
    static const struct {
        const char *limits, *transport;
        int64_t count, per_ms;
        int concurrency;
    } rows[] = {
        {"", "", 0, 0, 4},
        {"limits: {rate: 30/s, concurrency: 2}\n", "", 30, 1000, 2},
        {"limits: {rate: 30/s, concurrency: 9}\n", "rate: 20/s, concurrency: 3, ", 20, 1000, 3},
        {"limits: {rate: 30/s}\n", "rate: 3000/min, ", 30, 1000, 4},
        {"limits: {rate: 30/s}\n", "rate: 1200/min, ", 1200, 60000, 4},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[300];
        gateway_scratch_write(&scratch, rows[i].limits);
        snprintf(text, sizeof(text),
                 "transports: {sms: {channel: sms, %sgateway: test, sender: Example, vars: {key: "
                 "{file: password}}}}\n",
                 rows[i].transport);
        struct settings *s = scratch_must_load(&scratch, text);
        assert_int_equal(s->transports[0].rate.count, rows[i].count);
        if (rows[i].count > 0)
            assert_int_equal(s->transports[0].rate.per_ms, rows[i].per_ms);
        assert_int_equal(s->transports[0].concurrency, rows[i].concurrency);
        scratch_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_may_hold_what_no_person_wrote),
        cmocka_unit_test(who_gets_a_request_never_depends_on_a_message),
        cmocka_unit_test(a_map_knows_every_word_it_can_be_asked_for),
        cmocka_unit_test(limits_and_lengths_are_read),
        cmocka_unit_test(a_transport_keeps_to_the_limits_of_its_gateway),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
