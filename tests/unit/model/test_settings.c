#include "model/settings.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/attributes.h"

static struct settings two_transports(void)
{
    struct settings s = {.transport_count = 2, .endpoint_count = 1};
    s.transports = xcalloc(2, sizeof(*s.transports));
    s.transports[0].name = xstrdup("mail");
    s.transports[0].channel = CHANNEL_EMAIL;
    s.transports[1].name = xstrdup("spare");
    s.transports[1].channel = CHANNEL_EMAIL;
    s.endpoints = xcalloc(1, sizeof(*s.endpoints));
    s.endpoints[0].name = xstrdup("crm");
    return s;
}

static void finds_by_name_and_the_first_by_channel(void **state)
{
    (void)state;
    struct settings s = two_transports();
    assert_ptr_equal(settings_find_transport(&s, "spare"), &s.transports[1]);
    assert_null(settings_find_transport(&s, "SPARE"));
    assert_ptr_equal(settings_transport_for(&s, CHANNEL_EMAIL), &s.transports[0]);
    assert_null(settings_transport_for(&s, CHANNEL_SMS));
    assert_ptr_equal(settings_find_endpoint(&s, "crm"), &s.endpoints[0]);
    assert_null(settings_find_endpoint(&s, "mail"));
    settings_free(&s);
}

static void allows_nobody_without_a_list(void **state)
{
    (void)state;
    struct settings s = {0};
    assert_false(settings_allows(&s, "kim@example.org"));
    assert_false(settings_allows(&s, ""));
}

static void allows_exact_addresses_domains_and_prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool allowed;
    } rows[] = {
        {"kim@example.org", true},
        {"Kim@Example.ORG", true},
        {"lee@example.org", false},
        {"anyone@test.example", true},
        {"anyone@sub.test.example", false},
        {"x@test.example.evil.example", false},
        {"+4915112345678", true},
        {"+4917112345678", false},
        {"crm", true},
        {"crm2", false},
    };
    char *allow[] = {(char[]){"kim@EXAMPLE.org"}, (char[]){"*@test.example"}, (char[]){"+49151*"},
                     (char[]){"crm"}};
    struct settings s = {.allow = allow, .allow_count = COUNT_OF(allow)};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(settings_allows(&s, rows[i].address), rows[i].allowed);
}

static void a_domain_has_its_own_pace_or_the_others(void **state)
{
    (void)state;
    struct domain_rate domains[] = {{.domain = (char[]){"big.example"}, .rate = {20, 1000}},
                                    {.domain = (char[]){"default"}, .rate = {5, 60000}},
                                    {.domain = (char[]){"own.example"}, .rate = {0}}};
    const struct transport t = {.domains = domains, .domain_count = COUNT_OF(domains)};
    const struct transport without_default = {.domains = domains, .domain_count = 1};
    const struct transport none = {0};
    assert_ptr_equal(settings_domain_rate(&t, "big.example"), &domains[0].rate);
    assert_ptr_equal(settings_domain_rate(&t, "Big.EXAMPLE"), &domains[0].rate);
    assert_ptr_equal(settings_domain_rate(&t, "sub.big.example"), &domains[1].rate);
    assert_ptr_equal(settings_domain_rate(&t, ""), &domains[1].rate);
    assert_ptr_equal(settings_domain_rate(&t, "own.example"), &domains[2].rate);
    assert_int_equal(settings_domain_rate(&without_default, "small.example")->count, 0);
    assert_int_equal(settings_domain_rate(&none, "big.example")->count, 0);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    struct settings s = {0};
    settings_free(&s);
    settings_free(NULL);
    gateway_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_name_and_the_first_by_channel),
        cmocka_unit_test(allows_nobody_without_a_list),
        cmocka_unit_test(allows_exact_addresses_domains_and_prefixes),
        cmocka_unit_test(a_domain_has_its_own_pace_or_the_others),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
