#include "config/gateway_auth.h"

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

static void every_kind_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *blocks;
        enum gateway_auth_kind kind;
    } rows[] = {
        {"auth: {kind: none}\n", GATEWAY_AUTH_NONE},
        {"auth: {kind: basic, user: \"{{who}}\", password: \"{{key}}\"}\n", GATEWAY_AUTH_BASIC},
        {"auth: {kind: bearer, token: \"{{key}}\"}\n", GATEWAY_AUTH_BEARER},
        {"auth: {kind: header, name: Authorization, value: \"AccessKey {{key}}\"}\n",
         GATEWAY_AUTH_HEADER},
        {"auth: {kind: query, name: key, value: \"{{key}}\"}\n", GATEWAY_AUTH_QUERY},
        {"auth: {kind: hmac, key: \"{{key}}\", data: \"{{req.method}}\\n{{now.ms}}\", headers: "
         "{x-signature: \"{{signature}}\"}}\n",
         GATEWAY_AUTH_HMAC},
        {"auth: {kind: aws-sigv4, region: eu-central-1, service: sns, access_key: \"{{who}}\", "
         "secret_key: \"{{key}}\"}\n",
         GATEWAY_AUTH_SIGV4},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct settings *s = gateway_scratch_load(&scratch, rows[i].blocks);
        assert_int_equal(s->transports[0].sms.gateway->auth.kind, rows[i].kind);
        scratch_free(s);
    }
    struct settings *s = gateway_scratch_load(
        &scratch, "auth: {kind: hmac, algorithm: sha1, encode: base64, key: \"{{key}}\", data: "
                  "\"{{req.body}}\", headers: {a: \"{{signature}}\"}}\n");
    const struct gateway_auth *a = &s->transports[0].sms.gateway->auth;
    assert_int_equal(a->algorithm, GATEWAY_AUTH_SHA1);
    assert_int_equal(a->encode, GATEWAY_AUTH_BASE64);
    assert_string_equal(a->data, "{{req.body}}");
    assert_int_equal(a->headers.count, 1);
    scratch_free(s);
}

static void a_kind_has_its_parts_and_no_others(void **state)
{
    (void)state;
    static const struct gateway_refusal rows[] = {
        {"auth: x\n", "must be a map"},
        {"auth: {kind: digest}\n", "must be none, basic, bearer"},
        {"auth: {kind: basic, user: x}\n", "`auth.password` is missing: `kind: basic` needs it"},
        {"auth: {kind: bearer, token: x, user: y}\n", "`user` is no part of `kind: bearer`"},
        {"auth: {user: y}\n", "`user` is no part of `kind: none`"},
        {"auth: {kind: header, name: Host, value: x}\n", "header `Host`"},
        {"auth: {kind: basic, user: \"{{nobody}}\", password: x}\n", "unknown name in {{ }}"},
        {"auth: {kind: basic, user: \"{{signature}}\", password: x}\n", "can only stand in"},
        {"auth: {kind: hmac, key: k, data: [x], headers: {a: \"{{signature}}\"}}\n",
         "`auth.data` must be a text"},
        {"auth: {kind: hmac, key: k, data: \"{{signature}}\", headers: {a: \"{{signature}}\"}}\n",
         "can only stand in `auth.headers`"},
        {"auth: {kind: hmac, key: k, data: x, headers: {a: b}}\n", "has {{signature}}"},
        {"auth: {kind: hmac, key: k, data: x}\n", "`auth.headers` is missing"},
        {"auth: {kind: aws-sigv4, region: x, service: y, access_key: z}\n",
         "`auth.secret_key` is missing"},
        {"auth: {kind: basic, user: x, pasword: y}\n", "did you mean `password`?"},
    };
    gateway_scratch_refuse_all(&scratch, rows, COUNT_OF(rows));
}

static void a_misspelt_kind_is_told_alone(void **state)
{
    (void)state;
    struct error err;
    gateway_scratch_write(&scratch, "auth: {kind: heder, name: X-Key, value: y}\n");
    assert_null(scratch_load(&scratch, GATEWAY_SCRATCH_USE, &err));
    assert_non_null(strstr(err.text, "auth.kind"));
    assert_null(strstr(err.text, "is no part of"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelt_kind_is_told_alone),
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(a_kind_has_its_parts_and_no_others),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
