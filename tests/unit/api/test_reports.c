#include "api/reports.h"

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

static int report(const char *name, const char *rest, struct buf *answer)
{
    struct buf path = {0};
    put_report_path(&stage, name, rest, &path);
    int status = ask_for(&stage, "GET", path.data, answer);
    buf_free(&path);
    return status;
}

static void put_post(struct buf *out, const char *path, const char *headers, const char *body)
{
    buf_printf(
        out, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
        path, headers, strlen(body), body);
}

static int post_hooks(const char *headers, const char *body, struct buf *answer)
{
    struct buf path = {0}, request = {0};
    put_report_path(&stage, "nhn", "", &path);
    put_post(&request, path.data, headers, body);
    int status = ask(&stage, request.data, answer);
    buf_free(&path);
    buf_free(&request);
    return status;
}

static size_t asked_receipts(void)
{
    size_t count = 0;
    for (size_t i = 0; i < stage.asked_count; i++)
        count += stage_count_word(stage.asked[i], "\"kind\"");
    return count;
}

/* ---- */

static void answers_what_the_gateway_wants_to_hear_once_it_is_booked(void **state)
{
    (void)state;
    struct buf answer = {0};
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 202);
    assert_non_null(strstr(answer.data, "\r\n\r\nACK/Jasmin"));
    assert_int_equal(stage.asked_count, 1);
    static const char *const parts[] = {"\"verb\":\"receive\"",   "\"kind\":\"confirmed\"",
                                        "\"notice_id\":\"n1\"",   "\"transport\":\"texts\"",
                                        "\"source\":\"gateway\"", "\"proven\":true"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strstr(stage.asked[0], parts[i]) == NULL)
            fail_msg("%s is not in %s", parts[i], stage.asked[0]);
    }
    buf_free(&answer);
}

static void tells_a_stranger_nothing(void **state)
{
    (void)state;
    struct buf good = {0}, answer = {0};
    put_report_path(&stage, "texts", "", &good);
    const char *token = strrchr(good.data, '/') + 1;
    static const char *const forms[] = {"/reports/texts",
                                        "/reports/texts/",
                                        "/reports//%s",
                                        "/reports/nhn/%s?key=n1&d=1",
                                        "/reports/gone/%s",
                                        "/reports/texts/%sx?key=n1&d=1",
                                        "/reports/texts/x%s",
                                        "/reports/texts/%s/x",
                                        "/reports/texts/0-aaaaaaaaaaaaaaaa?key=n1&d=1"};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct buf path = {0};
        const char *mark = strstr(forms[i], "%s");
        buf_put(&path, forms[i], mark != NULL ? (size_t)(mark - forms[i]) : strlen(forms[i]));
        if (mark != NULL)
            buf_printf(&path, "%s%s", token, mark + 2);
        if (ask_for(&stage, "GET", path.data, &answer) != 404)
            fail_msg("%s: %s", path.data, answer.data);
        assert_non_null(strstr(answer.data, "Content-Length: 0\r\n"));
        buf_free(&path);
    }
    assert_int_equal(stage.asked_count, 0);
    /* A token of a transport that is no more, or whose gateway reports nothing, opens nothing. */
    stage_gateways[0].report = NULL;
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 404);
    stage_gateways[0].report = &stage_report;
    assert_int_equal(report("gone", "?key=n1&d=1", &answer), 404);
    buf_free(&good);
    buf_free(&answer);
}

static void refuses_who_has_the_address_but_not_the_secret(void **state)
{
    (void)state;
    struct buf answer = {0};
    const char *body = "{\"hooks\":[{\"key\":\"n1\",\"status\":\"COMPLETED\"}]}";
    assert_int_equal(post_hooks("", body, &answer), 403);
    assert_int_equal(post_hooks("X-Signature: swordfish\r\n", body, &answer), 403);
    assert_null(strstr(answer.data, "sw0rdfish"));
    assert_int_equal(stage.asked_count, 0);
    assert_int_equal(post_hooks("X-Signature: sw0rdfish\r\n", body, &answer), 204);
    assert_int_equal(asked_receipts(), 1);
    buf_free(&answer);
}

static void refuses_what_it_does_not_understand(void **state)
{
    (void)state;
    struct buf answer = {0};
    assert_int_equal(report("texts", "?d=1", &answer), 400);
    assert_int_equal(report("texts", "", &answer), 400);
    assert_int_equal(post_hooks("X-Signature: sw0rdfish\r\n", "{", &answer), 400);
    assert_int_equal(stage.asked_count, 0);
    buf_free(&answer);
}

static void says_yes_to_a_report_of_nothing(void **state)
{
    (void)state;
    struct buf answer = {0};
    assert_int_equal(post_hooks("X-Signature: sw0rdfish\r\n", "{\"hooks\":[]}", &answer), 204);
    assert_int_equal(stage.asked_count, 0);
    buf_free(&answer);
}

/* ---- when the scheduler does not say yes */

static void asks_to_report_again_while_the_scheduler_is_away(void **state)
{
    (void)state;
    struct buf answer = {0};
    scheduler_close(&stage);
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 503);
    assert_non_null(strstr(answer.data, "\r\nRetry-After: 5\r\n"));
    scheduler_open(&stage);
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 202);
    /* A scheduler that was replaced between two reports costs nobody a 503. */
    scheduler_close(&stage);
    scheduler_open(&stage);
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 202);
    stage.hangs_up = true;
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 202);
    assert_false(stage.hangs_up);
    buf_free(&answer);
}

static void asks_to_report_again_when_it_could_not_be_booked(void **state)
{
    (void)state;
    struct buf answer = {0};
    stage.answer = "{\"v\":1,\"error\":\"the disk is full\",\"code\":-6}\n";
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 503);
    stage.answer = "what?\n";
    assert_int_equal(report("texts", "?key=n1&d=1", &answer), 503);
    buf_free(&answer);
}

static void waits_for_the_scheduler_only_so_long(void **state)
{
    (void)state;
    struct buf answer = {0};
    int fd = client_dial(&stage);
    struct buf path = {0}, request = {0};
    put_report_path(&stage, "texts", "?key=n1&d=1", &path);
    buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path.data);
    stage.silent = true;
    client_send(fd, request.data);
    assert_false(client_hear(&stage, fd, 50, &answer));
    assert_int_equal(answer.len, 0);
    stage.now_ms += LINK_ANSWER_MS + 1;
    assert_true(client_hear(&stage, fd, 5000, &answer));
    assert_non_null(strstr(answer.data, "HTTP/1.1 503"));
    close(fd);
    buf_free(&answer);
    buf_free(&path);
    buf_free(&request);
}

/* ---- many */

static void books_what_comes_together_together(void **state)
{
    (void)state;
    enum { CLIENTS = 300 };
    static int clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        struct buf path = {0}, request = {0};
        char rest[40];
        snprintf(rest, sizeof(rest), "?key=n%d&d=1", i);
        put_report_path(&stage, "texts", rest, &path);
        buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path.data);
        clients[i] = client_dial(&stage);
        client_send(clients[i], request.data);
        buf_free(&path);
        buf_free(&request);
    }
    for (int i = 0; i < CLIENTS; i++) {
        struct buf answer = {0};
        assert_true(client_hear(&stage, clients[i], 5000, &answer));
        assert_non_null(strstr(buf_text(&answer), "HTTP/1.1 202"));
        buf_free(&answer);
        close(clients[i]);
    }
    assert_int_equal(asked_receipts(), CLIENTS);
    assert_true(stage.asked_count < CLIENTS / 4);
    assert_int_equal(inbox_counts(stage.desk.inbox)->booked, CLIENTS);
}

/* More than one request to the scheduler may hold: yes is said once, after the last. */
static void answers_a_thousand_reports_in_one_body_once(void **state)
{
    (void)state;
    struct buf body = {0}, answer = {0};
    buf_puts(&body, "{\"hooks\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&body, "%s{\"key\":\"notice-%d\",\"status\":\"COMPLETED\"}", i > 0 ? "," : "",
                   i);
    buf_puts(&body, "]}");
    assert_int_equal(post_hooks("X-Signature: sw0rdfish\r\n", body.data, &answer), 204);
    assert_int_equal(asked_receipts(), 1000);
    assert_true(stage.asked_count > 1);
    for (size_t i = 0; i < stage.asked_count; i++)
        assert_true(strlen(stage.asked[i]) < 65536);
    buf_free(&body);
    buf_free(&answer);
}

/* What the scheduler cannot read is told to whom it came from; the others of the group are booked.
 */
static void must_split(int refused_with, int heard)
{
    struct buf body = {0}, answer = {0};
    int first = client_dial(&stage);
    struct buf path = {0}, request = {0};
    stage.refuse_with = "poison";
    stage.refuse_code = refused_with;
    buf_puts(&body, "{\"hooks\":[{\"key\":\"poison\",\"status\":\"COMPLETED\"},{\"key\":\"n2\"},"
                    "{\"key\":\"n3\"}]}");
    put_report_path(&stage, "texts", "?key=n1&d=1", &path);
    buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path.data);
    client_send(first, request.data);
    assert_int_equal(post_hooks("X-Signature: sw0rdfish\r\n", body.data, &answer), heard);
    assert_true(client_hear(&stage, first, 5000, &answer));
    assert_non_null(strstr(answer.data, "HTTP/1.1 202"));
    stage.refuse_with = NULL;
    assert_int_equal(report("texts", "?key=n4&d=1", &answer), 202);
    close(first);
    buf_free(&body);
    buf_free(&answer);
    buf_free(&path);
    buf_free(&request);
}

static void lets_one_that_is_refused_keep_no_other_from_being_booked(void **state)
{
    (void)state;
    must_split(ERR_INPUT, 400);
}

/* A row of it is damaged, say: that one may come again. */
static void lets_one_that_cannot_be_booked_keep_no_other_from_it(void **state)
{
    (void)state;
    must_split(ERR_IO, 503);
}

int main(void)
{
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        ON_STAGE(answers_what_the_gateway_wants_to_hear_once_it_is_booked),
        ON_STAGE(tells_a_stranger_nothing),
        ON_STAGE(refuses_who_has_the_address_but_not_the_secret),
        ON_STAGE(refuses_what_it_does_not_understand),
        ON_STAGE(says_yes_to_a_report_of_nothing),
        ON_STAGE(asks_to_report_again_while_the_scheduler_is_away),
        ON_STAGE(asks_to_report_again_when_it_could_not_be_booked),
        ON_STAGE(waits_for_the_scheduler_only_so_long),
        ON_STAGE(books_what_comes_together_together),
        ON_STAGE(answers_a_thousand_reports_in_one_body_once),
        ON_STAGE(lets_one_that_is_refused_keep_no_other_from_being_booked),
        ON_STAGE(lets_one_that_cannot_be_booked_keep_no_other_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
