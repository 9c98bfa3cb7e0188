#include "api/server.h"

#include "stage.h"

static struct stage stage;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

#define HEAD "POST /x HTTP/1.1\r\nHost: x\r\n"

/* What a proxy may read in another way than we do ends here, and with it the connection. */
static void refuses_what_may_be_read_in_two_ways(void **state)
{
    (void)state;
    static const char *const bad[] = {
        HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        HEAD "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        HEAD "Content-Length: +5\r\n\r\nhello",
        HEAD "Content-Length: 5, 5\r\n\r\nhello",
        HEAD "Content-Length: 0x5\r\n\r\nhello",
        HEAD "Content-Length : 5\r\n\r\nhello",
        HEAD "Host: y\r\n\r\n",
        HEAD "X: a\r\n b: c\r\n\r\n",
        "POST /x HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /x HTTP/1.1\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct buf answer = {0}, request = {0};
        buf_printf(&request, "%sGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", bad[i]);
        int status = ask(&stage, request.data, &answer);
        if (status != 400 || strstr(answer.data, "200 OK") != NULL)
            fail_msg("%s: %s", bad[i], answer.data);
        buf_free(&answer);
        buf_free(&request);
    }
}

static void reads_bodies_in_both_ways(void **state)
{
    (void)state;
    struct buf answer = {0};
    assert_int_equal(ask(&stage,
                         HEAD
                         "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                         "0\r\n\r\n",
                         &answer),
                     404);
    assert_int_equal(
        ask(&stage, HEAD "Connection: close\r\nContent-Length: 5\r\n\r\nhello", &answer), 404);
    buf_free(&answer);
}

static void bounds_headers_and_bodies(void **state)
{
    (void)state;
    struct buf request = {0}, answer = {0};
    buf_puts(&request, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ");
    while (request.len < 20000)
        buf_puts(&request, "aaaaaaaaaaaaaaaaaaaa");
    buf_puts(&request, "\r\n\r\n");
    assert_int_equal(ask(&stage, request.data, &answer), 431);
    buf_reset(&request);
    buf_puts(&request, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for (int i = 0; i < 120; i++)
        buf_printf(&request, "X-%d: 1\r\n", i);
    buf_puts(&request, "\r\n");
    assert_int_equal(ask(&stage, request.data, &answer), 400);
    /* Said before the body has come. */
    assert_int_equal(ask(&stage, HEAD "Content-Length: 262145\r\n\r\n", &answer), 413);
    assert_int_equal(ask(&stage, HEAD "Content-Length: 99999999999999999999\r\n\r\n", &answer),
                     413);
    buf_free(&request);
    buf_free(&answer);
}

static int post_chunks(size_t bytes, struct buf *answer)
{
    struct buf request = {0};
    int fd = client_dial(&stage), status = 0;
    buf_puts(&request, HEAD "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t done = 0; done < bytes; done += 1024) {
        size_t size = bytes - done < 1024 ? bytes - done : 1024;
        buf_printf(&request, "%zx\r\n%*s\r\n", size, (int)size, "");
    }
    buf_puts(&request, "0\r\n\r\n");
    for (size_t sent = 0; sent < request.len;) {
        ssize_t count =
            send(fd, request.data + sent, request.len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += count > 0 ? (size_t)count : 0;
        stage_turn(&stage);
    }
    buf_reset(answer);
    assert_true(client_hear(&stage, fd, 5000, answer));
    close(fd);
    assert_int_equal(sscanf(buf_text(answer), "HTTP/1.1 %d", &status), 1);
    buf_free(&request);
    return status;
}

static void bounds_a_body_that_does_not_say_how_long_it_is(void **state)
{
    (void)state;
    struct buf answer = {0};
    assert_int_equal(post_chunks(CALL_BODY_MAX, &answer), 404);
    assert_int_equal(post_chunks(CALL_BODY_MAX + 1, &answer), 413);
    assert_int_equal(post_chunks(3 * CALL_BODY_MAX, &answer), 413);
    buf_free(&answer);
}

/* Nobody fills the memory by beginning many long bodies; who is short is heard all the same. */
static void bounds_all_bodies_together(void **state)
{
    (void)state;
    enum { CROWD = BODIES_MAX / CALL_BODY_MAX + 8 };
    static char body[CALL_BODY_MAX - 1];
    int fds[CROWD];
    struct buf answer = {0};
    memset(body, 'x', sizeof(body));
    for (size_t i = 0; i < CROWD; i++) {
        fds[i] = client_dial(&stage);
        client_send(fds[i], HEAD "Connection: close\r\nContent-Length: 262144\r\n\r\n");
        for (size_t sent = 0; sent < sizeof(body);) {
            ssize_t n = send(fds[i], body + sent, sizeof(body) - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            sent += n > 0 ? (size_t)n : 0;
            stage_turn(&stage);
        }
        stage_turns(&stage, 20);
    }
    assert_true(server_held(stage.server) <= BODIES_MAX);
    assert_true(server_held(stage.server) > BODIES_MAX / 2);
    assert_int_equal(
        ask(&stage, HEAD "Connection: close\r\nContent-Length: 5\r\n\r\nhello", &answer), 404);
    client_send(fds[CROWD - 1], "x");
    buf_reset(&answer);
    assert_true(client_hear(&stage, fds[CROWD - 1], 5000, &answer));
    assert_non_null(strstr(answer.data, "HTTP/1.1 503 "));
    assert_non_null(strstr(answer.data, "Retry-After: 5"));
    for (size_t i = 0; i < CROWD; i++)
        close(fds[i]);
    for (int i = 0; i < 5000 && server_held(stage.server) > 0; i++)
        stage_turn(&stage);
    assert_int_equal(server_held(stage.server), 0);
    buf_free(&answer);
}

/* One byte now and then keeps nobody here: a step has ten seconds, and then the next may begin. */
static void ends_who_is_slow_in_any_step(void **state)
{
    (void)state;
    struct buf answer = {0};
    int slow = client_dial(&stage);
    client_send(slow, "GET /hea");
    stage_turns(&stage, 20);
    for (int second = 0; second < 11; second++) {
        stage.now_ms += 1000;
        client_send(slow, "l");
        stage_turns(&stage, 5);
    }
    assert_true(client_hear(&stage, slow, 2000, &answer));
    close(slow);
    /* Who waits for us is not slow, whatever the time. */
    stage.silent = true;
    int waiting = client_dial(&stage);
    client_send(waiting, "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stage_turns(&stage, 20);
    stage.now_ms += LINK_ANSWER_MS - 1;
    assert_false(client_hear(&stage, waiting, 20, &answer));
    stage.now_ms += 2;
    buf_reset(&answer);
    assert_true(client_hear(&stage, waiting, 2000, &answer));
    assert_non_null(strstr(answer.data, "HTTP/1.1 503"));
    close(waiting);
    buf_free(&answer);
}

static void keeps_a_connection_for_the_next_request(void **state)
{
    (void)state;
    struct buf answer = {0};
    int fd = client_dial(&stage);
    for (int i = 0; i < 5; i++) {
        client_send(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_false(client_hear(&stage, fd, 20, &answer));
        stage.now_ms += 4000; /* idle for less than a step, in all for more */
    }
    assert_int_equal(stage_count_word(answer.data, "200 OK"), 5);
    close(fd);
    buf_free(&answer);
}

static void survives_who_hangs_up_while_it_waits(void **state)
{
    (void)state;
    struct buf answer = {0};
    stage.silent = true;
    for (int i = 0; i < 10; i++) {
        int fd = client_dial(&stage);
        client_send(fd, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
        stage_turns(&stage, 5);
        close(fd);
    }
    stage.silent = false;
    stage.now_ms += LINK_ANSWER_MS + 1;
    stage_turns(&stage, 50);
    assert_int_equal(ask_for(&stage, "GET", "/healthz", &answer), 200);
    assert_int_equal(server_connections(stage.server), 0);
    buf_free(&answer);
}

/* Garbage from a small generator: nothing of it may cost more than its connection. */
static void survives_noise(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    static const char *const words[] = {"GET ",
                                        "POST ",
                                        "/reports/texts/",
                                        "/healthz",
                                        "?",
                                        "%00",
                                        "\r\n",
                                        "\n",
                                        " HTTP/1.1",
                                        "Host: x",
                                        "Content-Length: 3",
                                        ":",
                                        "Transfer-Encoding: chunked",
                                        "\xff\xfe",
                                        "\x01",
                                        "ffffffff\r\n"};
    for (int i = 0; i < 400; i++) {
        struct buf noise = {0}, answer = {0};
        for (int n = 0; n < 12; n++) {
            seed = seed * 1664525u + 1013904223u;
            buf_puts(&noise, words[seed >> 28]);
        }
        int fd = client_dial(&stage);
        client_send(fd, noise.data);
        shutdown(fd, SHUT_WR);
        client_hear(&stage, fd, 200, &answer);
        close(fd);
        buf_free(&noise);
        buf_free(&answer);
    }
    struct buf answer = {0};
    assert_int_equal(ask_for(&stage, "GET", "/healthz", &answer), 200);
    buf_free(&answer);
}

int main(void)
{
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        ON_STAGE(refuses_what_may_be_read_in_two_ways),
        ON_STAGE(reads_bodies_in_both_ways),
        ON_STAGE(bounds_headers_and_bodies),
        ON_STAGE(bounds_a_body_that_does_not_say_how_long_it_is),
        ON_STAGE(bounds_all_bodies_together),
        ON_STAGE(ends_who_is_slow_in_any_step),
        ON_STAGE(keeps_a_connection_for_the_next_request),
        ON_STAGE(survives_who_hangs_up_while_it_waits),
        ON_STAGE(survives_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
