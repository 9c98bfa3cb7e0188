#include "channel/address_filter.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/attributes.h"

static bool is_public(const char *text)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof(address));
    if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
        address.any.sa_family = AF_INET;
        return address_filter_is_public(&address.any, sizeof(address.v4));
    }
    if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) != 1)
        fail_msg("not an address: %s", text);
    address.any.sa_family = AF_INET6;
    return address_filter_is_public(&address.any, sizeof(address.v6));
}

static void check(const char *const *texts, size_t count, bool expected)
{
    for (size_t i = 0; i < count; i++) {
        if (is_public(texts[i]) != expected)
            fail_msg("%s should be %s", texts[i], expected ? "allowed" : "blocked");
    }
}

static void allows_public_addresses(void **state)
{
    (void)state;
    static const char *const allowed[] = {"1.1.1.1", "8.8.8.8", "2001:4860:4860::8888",
                                          "::ffff:8.8.8.8"};
    check(allowed, COUNT_OF(allowed), true);
}

static void blocks_special_ipv4_addresses(void **state)
{
    (void)state;
    static const char *const blocked[] = {
        "10.254.0.0",      "192.168.10.65", "172.16.10.65",    "0.1.2.3",      "0.0.0.0",
        "127.0.0.1",       "127.0.0.254",   "127.254.254.254", "169.254.45.1", "255.255.255.255",
        "224.1.2.3",       "233.252.0.16",  "192.0.0.0",       "192.0.0.255",  "192.0.2.255",
        "198.51.100.65",   "203.0.113.6",   "100.100.0.0",     "192.88.99.3",  "198.18.0.0",
        "240.240.240.240",
    };
    check(blocked, COUNT_OF(blocked), false);
}

static void blocks_special_ipv6_addresses(void **state)
{
    (void)state;
    static const char *const blocked[] = {
        "::0",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:0.0.0.1",
        "2001:db8::1",
        "3fff::dead:beef",
        "fe80::dead:beef",
        "febf:ffff::dead:beef",
        "fdee:3A45:9057::0001",
        "fd7a:115c:a1e0::1",
        "2002:c000:0204::dead:beef",
        "2002:c0a8:0001::dead:beef",
        "64:ff9b::c0a8:0",
        "64:ff9b::808:808",
        "64:ff9b::c0a8:0000",
        "64:ff9b:1::dead:beef",
        "5f00::dead:beef",
        "100::1:2:3:4",
    };
    check(blocked, COUNT_OF(blocked), false);
}

static void blocks_what_carries_an_ipv4_address_and_multicast(void **state)
{
    (void)state;
    static const char *const blocked[] = {"ff02::1",        "ff0e::1",       "fd00:ec2::254",
                                          "2001:0:53aa::1", "::192.168.1.1", "fec0::1"};
    check(blocked, COUNT_OF(blocked), false);
}

static void respects_the_edges_of_ranges(void **state)
{
    (void)state;
    static const char *const outside[] = {
        "9.255.255.255", "11.0.0.0",       "100.63.255.255", "100.128.0.0", "172.15.255.255",
        "172.32.0.0",    "198.17.255.255", "198.20.0.0",     "192.0.1.0",   "223.255.255.255",
        "2001:1::1",     "3ffe:ffff::1",   "4000::1",        "fbff::1"};
    static const char *const inside[] = {"10.0.0.0",        "10.255.255.255", "100.64.0.0",
                                         "100.127.255.255", "172.31.255.255", "198.19.255.255",
                                         "fc00::",          "fe80::1",        "3fff:fff::1"};
    check(outside, COUNT_OF(outside), true);
    check(inside, COUNT_OF(inside), false);
}

static void blocks_families_it_does_not_know_and_short_addresses(void **state)
{
    (void)state;
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_false(address_filter_is_public((const struct sockaddr *)&local, sizeof(local)));
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr = {htonl(0x08080808)}};
    assert_true(address_filter_is_public((const struct sockaddr *)&v4, sizeof(v4)));
    assert_false(address_filter_is_public((const struct sockaddr *)&v4, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_public_addresses),
        cmocka_unit_test(blocks_special_ipv4_addresses),
        cmocka_unit_test(blocks_special_ipv6_addresses),
        cmocka_unit_test(blocks_what_carries_an_ipv4_address_and_multicast),
        cmocka_unit_test(respects_the_edges_of_ranges),
        cmocka_unit_test(blocks_families_it_does_not_know_and_short_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
