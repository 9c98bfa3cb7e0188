#include "engine/listen_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attributes.h"

static void listens_where_it_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *where;
        bool loopback;
    } good[] = {
        {"127.0.0.1:0", true}, {"127.9.9.9:0", true}, {"0.0.0.0:0", false}, {"[::1]:0", true}};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct error err = {0};
        bool loopback = !good[i].loopback;
        int fd = -1;
        int rc = listen_socket_open(good[i].where, &fd, &loopback, &err);
        if (rc != 0 && good[i].where[0] == '[')
            continue; /* a machine without IPv6 */
        if (rc != 0)
            fail_msg("%s: %s", good[i].where, err.text);
        assert_true(loopback == good[i].loopback);
        close(fd);
    }
}

static void says_how_an_address_is_written(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      ":",
                                      "8025",
                                      ":8025",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "::1:8025",
                                      "[::1]",
                                      "[]:8025",
                                      "127.0.0.1:http",
                                      "127.0.0.1:70000x",
                                      "localhost:8025",
                                      "127.0.0.1:8025:9",
                                      "127.0.0.256:8025"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error err = {0};
        bool loopback;
        int fd = 7;
        if (listen_socket_open(bad[i], &fd, &loopback, &err) != ERR_CONFIG)
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(fd, -1);
        assert_non_null(strstr(err.text, "127.0.0.1:8025"));
    }
}

static void says_when_the_port_is_taken(void **state)
{
    (void)state;
    struct error err = {0};
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    char where[40];
    bool loopback;
    int first, second;
    assert_int_equal(listen_socket_open("127.0.0.1:0", &first, &loopback, &err), 0);
    assert_int_equal(getsockname(first, (struct sockaddr *)&address, &size), 0);
    snprintf(where, sizeof(where), "127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(listen_socket_open(where, &second, &loopback, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, where));
    assert_int_equal(second, -1);
    close(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listens_where_it_is_told),
        cmocka_unit_test(says_how_an_address_is_written),
        cmocka_unit_test(says_when_the_port_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
