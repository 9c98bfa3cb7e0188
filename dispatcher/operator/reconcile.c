#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/say.h"
#include "cli/session.h"
#include "model/delivery.h"
#include "model/json.h"

/* "1000 lines", "180 notices": what the sum has to give. */
static void print_left_side(const struct invocation *inv, const struct json_t *books)
{
    long long notices = (long long)json_get_int(books, "notices", 0);
    long long lines = (long long)json_get_int(books, "lines", 0);
    long long deliveries = (long long)json_get_int(books, "deliveries", 0);
    if (json_get_bool(books, "loading", false))
        say(inv, stdout, "%lld of %lld lines taken in so far", notices, lines);
    else if (json_get(books, "batch") != NULL)
        say(inv, stdout, "%lld lines", notices);
    else
        say(inv, stdout, "%lld notices", notices);
    if (deliveries != notices)
        say(inv, stdout, ", %lld deliveries", deliveries);
}

static void print_sum(const struct invocation *inv, const struct json_t *books)
{
    const char *sign = "=";
    for (int state = 0; state < DELIVERY_STATES; state++) {
        const char *name = delivery_state_name((enum delivery_state)state);
        int64_t count = json_get_int(books, name, 0);
        if (count == 0)
            continue;
        printf(" %s %" PRId64 " %s", sign, count, say_word(inv, name));
        sign = "+";
    }
    fputs(sign[0] == '=' ? " = 0\n" : "\n", stdout);
}

static void print_books(const struct invocation *inv, const struct json_t *books)
{
    print_left_side(inv, books);
    print_sum(inv, books);
    if (json_get_bool(books, "balanced", false))
        say(inv, stdout,
            "The books balance: counted again from every row, with the chain of actions whole.\n");
    else
        say(inv, stdout, "THE BOOKS DO NOT BALANCE: %s\n", json_get_text(books, "reason", ""));
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf request = {0}, end = {0};
    struct json_t *books = NULL;
    request_begin(&request, "reconcile");
    request_put_text(&request, "batch", argument_at(inv, 0));
    buf_putc(&request, '}');
    int rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = client_ask(s.client, request.data, NULL, &end, err);
    if (rc == 0)
        rc = json_parse(buf_text(&end), end.len, "answer", 1, 8, &books, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(end.data, 1, end.len, stdout);
    else if (rc == 0)
        print_books(inv, books);
    bool balanced = json_get_bool(books, "balanced", false);
    json_free(books);
    session_close(&s);
    buf_free(&request);
    buf_free(&end);
    return rc == 0 && !balanced ? 1 : rc;
}

const struct command command_reconcile = {
    .name = "reconcile",
    .arguments = "[BATCH]",
    .summary = "count again from every row: does everything add up",
    .details =
        "  $ dispatcher reconcile recall-2026\n"
        "  1000 lines = 990 delivered + 10 failed\n\n"
        "Without a batch: everything. Exit status 0 when it adds up, 1 when it does not, 66 when "
        "there is no\n"
        "such batch. A running daemon goes on sending meanwhile.\n\n"
        "JSON, one object: v, balanced, reason, a number for each state, deliveries, notices (what "
        "was counted),\n"
        "expected (what it has to be); of a batch also batch, lines and loading.",
    .arguments_max = 1,
    .run = run,
};
