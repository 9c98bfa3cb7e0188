#include "fixture.h"

#include "ledger/stops.h"

struct seen {
    char text[300];
    size_t count;
};

static void see(void *context, const struct transport_stop *stop)
{
    struct seen *seen = context;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof(seen->text) - len, "%s|%s|%s|%lld|%d;", stop->transport,
             stop->who, stop->reason, (long long)stop->since_ms, stop->over);
    seen->count++;
}

static struct seen all_of(struct ledger *l)
{
    struct seen seen = {0};
    struct error err = {0};
    must(ledger_walk_transport_stops(l, see, &seen, &err), &err);
    return seen;
}

static const struct action jana = {
    .verb = "transport pause", .who = "jana", .selector = "{}", .reason = "moves", .now_ms = NOON};

static void pause_one(struct ledger *l, const char *name, const char *reason, bool over)
{
    struct error err = {0};
    const struct transport_stop stop = {
        .transport = name, .who = "jana", .reason = reason, .since_ms = NOON, .over = over};
    must(ledger_pause_transport(l, &stop, &jana, &err), &err);
}

static void remembers_paused_transports_over_restarts(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char expected[200];
    pause_one(f->l, "texts", "maintenance", false);
    pause_one(f->l, "mail", "moves", false);
    pause_one(f->l, "mail", "moves slowly", true); /* the last word counts */
    reopen(f);
    snprintf(expected, sizeof(expected),
             "mail|jana|moves slowly|%lld|1;texts|jana|maintenance|%lld|0;", (long long)NOON,
             (long long)NOON);
    assert_string_equal(all_of(f->l).text, expected);
    must(ledger_resume_transport(f->l, "mail", &jana, &err), &err);
    must(ledger_resume_transport(f->l, "mail", &jana, &err), &err);
    assert_int_equal(all_of(f->l).count, 1);
}

static void count_action(void *context, const struct action_row *row)
{
    struct seen *seen = context;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof(seen->text) - len, "%s %lld;", row->action.verb,
             (long long)row->count);
    seen->count++;
}

static void every_word_of_an_operator_is_in_the_chain(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct seen seen = {0};
    const struct live_switch on = {.word = LIVE_ON, .since_ms = NOON, .who = "jana"};
    const struct action live = {
        .verb = "live on", .who = "jana", .selector = "{}", .reason = "", .now_ms = NOON};
    const struct action note = {
        .verb = "reload", .who = "jana", .selector = "{}", .reason = "", .now_ms = NOON};
    pause_one(f->l, "mail", "moves", false);
    must(ledger_put_live(f->l, &on, &live, 812, &err), &err);
    must(ledger_note_action(f->l, &note, &err), &err);
    must(ledger_walk_actions(f->l, count_action, &seen, &err), &err);
    assert_string_equal(seen.text, "transport pause 0;live on 812;reload 0;");
}

static void nobody_has_said_anything_about_trial_mode_at_first(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct live_switch live = {.word = LIVE_ON};
    must(ledger_find_live(f->l, &live, &err), &err);
    assert_int_equal(live.word, LIVE_UNSAID);
}

static void remembers_the_last_word_on_trial_mode(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct live_switch live;
    const struct live_switch on = {.word = LIVE_ON, .since_ms = NOON, .who = "jana"};
    const struct live_switch off = {
        .word = LIVE_OFF, .since_ms = NOON + 5, .who = "kim", .reason = "wrong list"};
    must(ledger_put_live(f->l, &on, &jana, 0, &err), &err);
    must(ledger_find_live(f->l, &live, &err), &err);
    assert_int_equal(live.word, LIVE_ON);
    must(ledger_put_live(f->l, &off, &jana, 0, &err), &err);
    reopen(f);
    must(ledger_find_live(f->l, &live, &err), &err);
    assert_int_equal(live.word, LIVE_OFF);
    assert_int_equal(live.since_ms, NOON + 5);
    assert_string_equal(live.who, "kim");
    assert_string_equal(live.reason, "wrong list");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(remembers_paused_transports_over_restarts),
        TEST(every_word_of_an_operator_is_in_the_chain),
        TEST(nobody_has_said_anything_about_trial_mode_at_first),
        TEST(remembers_the_last_word_on_trial_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
