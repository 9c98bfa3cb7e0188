#include "api/site.h"

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

static void assert_status(const char *method, const char *target, int expected)
{
    struct buf answer = {0};
    int status = ask_for(&stage, method, target, &answer);
    if (status != expected)
        fail_msg("%s %s: %d", method, target, status);
    buf_free(&answer);
}

static void shows_nothing_but_its_pages(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "/",          "/x",           "/healthzz", "/healthz/",  "/Healthz", "/%68ealthz",
        "//healthz",  "/reports",     "/reports/", "/metrics/x", "*",        "http://x/healthz",
        "/./healthz", "/x/../healthz"};
    assert_status("GET", "/healthz", 200);
    assert_status("GET", "/healthz?x=/reports/", 200);
    for (size_t i = 0; i < COUNT_OF(nothing); i++)
        assert_status("GET", nothing[i], 404);
}

static void says_which_methods_a_page_takes(void **state)
{
    (void)state;
    struct buf answer = {0};
    assert_status("HEAD", "/healthz", 200);
    assert_int_equal(ask_for(&stage, "DELETE", "/metrics", &answer), 405);
    assert_non_null(strstr(answer.data, "\r\nAllow: GET, HEAD\r\n"));
    assert_int_equal(ask_for(&stage, "HEAD", "/reports/texts/x", &answer), 405);
    assert_non_null(strstr(answer.data, "\r\nAllow: GET, POST\r\n"));
    assert_status("GE", "/healthz", 405);
    assert_status("ET", "/healthz", 405);
    buf_free(&answer);
}

/* However many ask, and whatever it says of itself. */
static void asks_the_scheduler_once_for_all(void **state)
{
    (void)state;
    int clients[20];
    stage.answer = "{\"v\":1,\"end\":true,\"checks\":[{\"name\":\"ledger\",\"ok\":true}]}\n";
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = client_dial(&stage);
        client_send(clients[i], "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        struct buf answer = {0};
        assert_true(client_hear(&stage, clients[i], 5000, &answer));
        assert_non_null(strstr(answer.data, "HTTP/1.1 200"));
        assert_non_null(strstr(answer.data, "{\"name\":\"ledger\",\"ok\":true}"));
        buf_free(&answer);
        close(clients[i]);
    }
    assert_true(stage.asked_count < COUNT_OF(clients));
}

static void is_not_ready_when_a_check_fails_or_nobody_answers(void **state)
{
    (void)state;
    struct buf answer = {0};
    stage.answer = "{\"v\":1,\"end\":true,\"checks\":[{\"name\":\"disk\",\"ok\":false,"
                   "\"detail\":\"full\"}]}\n";
    assert_int_equal(ask_for(&stage, "GET", "/readyz", &answer), 503);
    assert_non_null(strstr(answer.data, "\"detail\":\"full\""));
    scheduler_close(&stage);
    assert_int_equal(ask_for(&stage, "GET", "/readyz", &answer), 503);
    assert_non_null(strstr(answer.data, "\"name\":\"scheduler\",\"ok\":false"));
    assert_status("GET", "/healthz", 200);
    buf_free(&answer);
}

static void shows_its_own_numbers_without_a_scheduler(void **state)
{
    (void)state;
    struct buf answer = {0};
    scheduler_close(&stage);
    assert_int_equal(ask_for(&stage, "GET", "/metrics", &answer), 200);
    assert_non_null(strstr(answer.data, "\ndispatcher_scheduler_up 0\n"));
    assert_non_null(strstr(answer.data, "version=0.0.4"));
    buf_free(&answer);
}

int main(void)
{
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        ON_STAGE(shows_nothing_but_its_pages),
        ON_STAGE(says_which_methods_a_page_takes),
        ON_STAGE(asks_the_scheduler_once_for_all),
        ON_STAGE(is_not_ready_when_a_check_fails_or_nobody_answers),
        ON_STAGE(shows_its_own_numbers_without_a_scheduler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
