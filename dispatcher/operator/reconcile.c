#include "operator/command_list.h"

#include <stdio.h>

#include "model/delivery.h"
#include "model/json.h"
#include "operator/session.h"

static void print_books(const struct json_t *books)
{
    const char *sign = "";
    for (int state = 0; state < DELIVERY_STATES; state++) {
        const char *name = delivery_state_name((enum delivery_state)state);
        printf("%s%s %lld", sign, name, (long long)json_get_int(books, name, 0));
        sign = " + ";
    }
    printf(" = %lld\n", (long long)json_get_int(books, "deliveries", 0));
    if (json_get_bool(books, "balanced", false))
        printf(
            "The books balance: counted again from every row, with the chain of actions whole.\n");
    else
        printf("THE BOOKS DO NOT BALANCE: %s\n", json_get_text(books, "reason", ""));
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf end = {0};
    struct json_t *books = NULL;
    int rc = session_open(inv, LEDGER_READ, &s, err);
    if (rc == 0)
        rc = client_ask(s.client, "{\"v\":1,\"verb\":\"reconcile\"}", NULL, &end, err);
    if (rc == 0)
        rc = json_parse(end.data, end.len, "answer", 1, 8, &books, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(end.data, 1, end.len, stdout);
    else if (rc == 0)
        print_books(books);
    bool balanced = json_get_bool(books, "balanced", false);
    json_free(books);
    session_close(&s);
    buf_free(&end);
    return rc == 0 && !balanced ? 1 : rc;
}

const struct command command_reconcile = {
    .name = "reconcile",
    .arguments = "",
    .summary = "count again from every row: does everything add up",
    .details = "Exit status 0 when it does, 1 when it does not.",
    .run = run,
};
