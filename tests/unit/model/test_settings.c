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

static void a_domain_is_found_with_how_many_at_once(void **state)
{
    (void)state;
    struct domain_rate domains[] = {{.domain = (char[]){"big.example"}, .concurrency = 5},
                                    {.domain = (char[]){"default"}, .concurrency = 2}};
    const struct transport t = {.domains = domains, .domain_count = COUNT_OF(domains)};
    const struct transport none = {0};
    assert_int_equal(settings_find_domain(&t, "BIG.example")->concurrency, 5);
    assert_int_equal(settings_find_domain(&t, "small.example")->concurrency, 2);
    assert_null(settings_find_domain(&none, "big.example"));
}

static void a_country_has_its_own_hours_or_those_of_the_transport(void **state)
{
    (void)state;
    struct country_window windows[] = {{.country = (char[]){"KR"}, .window = {480, 1260}}};
    const struct transport t = {.window = {540, 1200}, .windows = windows, .window_count = 1};
    assert_ptr_equal(settings_window(&t, "KR"), &windows[0].window);
    assert_ptr_equal(settings_window(&t, "DE"), &t.window);
    assert_ptr_equal(settings_window(&t, NULL), &t.window);
}

static void the_longest_beginning_of_a_number_decides_what_it_costs(void **state)
{
    (void)state;
    struct sms_price prices[] = {{(char[]){"default"}, 9, 9},
                                 {(char[]){"+49"}, 7, 7},
                                 {(char[]){"+4915"}, 5, 6},
                                 {(char[]){"+4"}, 3, 3}};
    const struct sms_settings none = {0};
    const struct sms_settings sms = {.prices = prices, .price_count = COUNT_OF(prices)};
    assert_ptr_equal(settings_sms_price(&sms, "+4915112345678"), &prices[2]);
    assert_ptr_equal(settings_sms_price(&sms, "+4930123456"), &prices[1]);
    assert_ptr_equal(settings_sms_price(&sms, "+821012345678"), &prices[0]);
    assert_null(settings_sms_price(&none, "+4930123456"));
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
        cmocka_unit_test(a_domain_is_found_with_how_many_at_once),
        cmocka_unit_test(a_country_has_its_own_hours_or_those_of_the_transport),
        cmocka_unit_test(the_longest_beginning_of_a_number_decides_what_it_costs),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
