#include "fixture.h"

#include "ledger/calls.h"

static struct call call_of(const char *notice, enum call_outcome outcome, int64_t at_ms)
{
    struct call c = {.notice = notice,
                     .campaign = "leak",
                     .outcome = outcome,
                     .at_ms = at_ms,
                     .note = "a note",
                     .who = "uid 7 (mina)"};
    char text[64];
    snprintf(text, sizeof(text), "%s %d %lld", notice, (int)outcome, (long long)at_ms);
    digest_sha256(text, strlen(text), c.sum);
    return c;
}

static int64_t put(struct ledger *l, const struct call *calls, size_t count)
{
    struct error err = {0};
    struct action action = action_of("");
    bool new[8];
    int64_t added = 0;
    action.verb = "call import";
    must(ledger_put_calls(l, calls, count, &action, new, &added, &err), &err);
    return added;
}

static void each_call_counts_once(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    const struct call calls[] = {call_of("n0", CALL_NO_ANSWER, NOON),
                                 call_of("n0", CALL_REACHED, NOON + 1),
                                 call_of("n1", CALL_BACK, NOON), call_of("n1", CALL_BACK, NOON)};
    assert_int_equal(put(f->l, calls, 4), 3);
    assert_int_equal(put(f->l, calls, 4), 0);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM call"), 3);
    assert_int_equal(ask_sql(f, "SELECT sum(count) FROM action WHERE verb = 'call import'"), 3);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM action WHERE verb = 'call import'"), 1);
    must_balance(f->l);
}

static void people_are_counted_by_their_last_call(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t counts[CALL_OUTCOMES];
    take_in_many(f->l, "n", 2);
    const struct call calls[] = {call_of("n0", CALL_REACHED, NOON + 5),
                                 call_of("n0", CALL_NO_ANSWER, NOON),
                                 call_of("n1", CALL_WRONG_NUMBER, NOON)};
    put(f->l, calls, 3);
    must(ledger_count_calls(f->l, "leak", counts, &err), &err);
    assert_int_equal(counts[CALL_REACHED], 1);
    assert_int_equal(counts[CALL_NO_ANSWER], 0);
    assert_int_equal(counts[CALL_WRONG_NUMBER], 1);
}

static void a_called_person_must_be_in_the_books(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf campaign = {0};
    bool found;
    int64_t accepted_ms = 0;
    put_patient_batch(f->l, "b", 2, 0, 0, false);
    must(ledger_find_called(f->l, "b_c2", &found, &campaign, &accepted_ms, &err), &err);
    assert_true(found);
    assert_int_equal(accepted_ms, ask_sql(f, "SELECT accepted_ms FROM batch"));
    must(ledger_find_called(f->l, "b_c3", &found, &campaign, &accepted_ms, &err), &err);
    assert_false(found);
    buf_free(&campaign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_call_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(people_are_counted_by_their_last_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_called_person_must_be_in_the_books, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
