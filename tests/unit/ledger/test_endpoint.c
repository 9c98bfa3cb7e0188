#include "fixture.h"

struct seen {
    struct endpoint_state rows[4];
    char texts[4][64];
    size_t count;
};

static void see(void *context, const struct endpoint_state *state)
{
    struct seen *seen = context;
    seen->rows[seen->count] = *state;
    snprintf(seen->texts[seen->count++], sizeof(seen->texts[0]), "%s|%s", state->name,
             state->reason);
}

static struct seen all_of(struct ledger *l)
{
    struct seen seen = {0};
    struct error err = {0};
    must(ledger_walk_endpoints(l, see, &seen, &err), &err);
    return seen;
}

static void put(struct ledger *l, struct endpoint_state s, const struct action *action)
{
    struct error err = {0};
    must(ledger_put_endpoint(l, &s, action, &err), &err);
}

static void remembers_an_endpoint_over_restarts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(all_of(f->l).count, 0);
    put(f->l,
        (struct endpoint_state){.name = "crm", .failing_since_ms = NOON, .last_ok_ms = NOON - 1},
        NULL);
    put(f->l,
        (struct endpoint_state){
            .name = "crm", .disabled = true, .reason = "410 Gone", .since_ms = NOON + 5},
        NULL);
    put(f->l, (struct endpoint_state){.name = "bi", .last_ok_ms = NOON}, NULL);
    reopen(f);
    struct seen seen = all_of(f->l);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.texts[0], "bi|");
    assert_int_equal(seen.rows[0].last_ok_ms, NOON);
    assert_string_equal(seen.texts[1], "crm|410 Gone");
    assert_true(seen.rows[1].disabled);
    assert_int_equal(seen.rows[1].since_ms, NOON + 5);
    assert_int_equal(seen.rows[1].failing_since_ms, 0);
}

static void count_action(void *context, const struct action_row *row)
{
    ++*(int *)context;
    assert_string_equal(row->action.reason, "their new server is up");
}

static void records_what_an_operator_did(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct action action = action_of("their new server is up");
    int count = 0;
    put(f->l, (struct endpoint_state){.name = "crm", .disabled = true}, NULL);
    put(f->l, (struct endpoint_state){.name = "crm"}, &action);
    must(ledger_walk_actions(f->l, count_action, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_false(all_of(f->l).rows[0].disabled);
    must_balance(f->l);
}

static void is_undone_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    put(f->l, (struct endpoint_state){.name = "crm", .disabled = true}, NULL);
    ledger_rollback(f->l);
    assert_int_equal(all_of(f->l).count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(remembers_an_endpoint_over_restarts),
        TEST(records_what_an_operator_did),
        TEST(is_undone_with_its_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
