#include "ledger/fixture.h"

#include "engine/suppressing.h"

static char breach[] = "breach_notice";
static char *override[] = {breach};
static struct settings settings;
static struct setup setup = {.settings = &settings};
static char address[64], text[256], cause[DISPOSITION_CAUSE_SIZE];
static struct leased row;
static struct buf said;

static int open_list(void **state)
{
    settings = (struct settings){.suppress_override = override, .suppress_override_count = 1};
    snprintf(address, sizeof(address), "Kim@Example.com");
    snprintf(text, sizeof(text),
             "{\"version\":1,\"id\":\"n\",\"to\":{\"email\":\"kim@example.com\"}}");
    row = (struct leased){
        .channel = CHANNEL_EMAIL, .address = address, .job_text = text, .accepted_ms = NOON};
    cause[0] = '\0';
    return set_up(state);
}

static int close_list(void **state)
{
    buf_free(&said);
    return tear_down(state);
}

static void put(struct ledger *l, const char *source, int64_t since_ms, int64_t expires_ms)
{
    const struct suppression s = {.channel = CHANNEL_EMAIL,
                                  .address = "kim@example.com",
                                  .cause = "bad_recipient",
                                  .reason = "no such user",
                                  .source = source,
                                  .since_ms = since_ms,
                                  .expires_ms = expires_ms};
    struct error err = {0};
    must(ledger_suppress(l, &s, NULL, &err), &err);
}

static enum suppressing_answer ask(struct ledger *l, int64_t now_ms)
{
    const struct suppressing s = {.setup = &setup, .ledger = l};
    enum suppressing_answer answer;
    struct error err = {0};
    buf_free(&said);
    must(suppressing_ask(&s, &row, now_ms, &answer, cause, &said, &err), &err);
    return answer;
}

static void of_category(const char *category)
{
    snprintf(
        text, sizeof(text),
        "{\"version\":1,\"id\":\"n\",\"category\":\"%s\",\"to\":{\"email\":\"kim@example.com\"}}",
        category);
}

static void whoever_is_not_on_the_list_passes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask(NULL, NOON), SUPPRESSING_PASS); /* there is no list */
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_PASS);
    put(f->l, "bounce", NOON, 0);
    snprintf(address, sizeof(address), "lee@example.com");
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_PASS);
    assert_int_equal(said.len, 0);
    assert_string_equal(cause, "");
}

static void whoever_is_on_it_is_stopped_and_the_story_says_why(void **state)
{
    struct fixture *f = *state;
    put(f->l, "bounce", NOON - 1000, NOON + 5000);
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_STOP);
    assert_string_equal(cause, "bad_recipient");
    assert_non_null(strstr(said.data, "by bounce, until "));
    assert_non_null(strstr(said.data, ": no such user"));
    assert_null(strstr(said.data, "override"));
}

static void an_entry_is_over_when_it_expires(void **state)
{
    struct fixture *f = *state;
    put(f->l, "bounce", NOON - 1000, NOON + 5000);
    assert_int_equal(ask(f->l, NOON + 4999), SUPPRESSING_STOP);
    assert_int_equal(ask(f->l, NOON + 5000), SUPPRESSING_PASS);
}

static void a_category_that_must_reach_people_passes_and_says_so(void **state)
{
    struct fixture *f = *state;
    put(f->l, "bounce", NOON, 0);
    of_category("breach_notice");
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_OVERRIDDEN);
    assert_non_null(strstr(said.data, "sent all the same: notices of the category breach_notice"));
    of_category("newsletter");
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_STOP);
}

static void what_cannot_be_read_overrides_nothing(void **state)
{
    struct fixture *f = *state;
    put(f->l, "bounce", NOON, 0);
    row.job_text = NULL;
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_STOP);
    row.job_text = text;
    snprintf(text, sizeof(text), "{\"category\":");
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_STOP);
    row.batch = 7; /* nothing to read its line with */
    of_category("breach_notice");
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_STOP);
}

/* Or a retry, once the server is mended, would be none. */
static void a_refusal_at_the_door_holds_for_what_came_after_it(void **state)
{
    struct fixture *f = *state;
    put(f->l, "reply", NOON, 0);
    assert_int_equal(ask(f->l, NOON + 1), SUPPRESSING_PASS);
    row.accepted_ms = NOON + 1;
    assert_int_equal(ask(f->l, NOON + 1), SUPPRESSING_STOP);
}

/* An endpoint is disabled instead; an entry can only be there by mistake. */
static void webhooks_have_no_list(void **state)
{
    struct fixture *f = *state;
    const struct suppression s = {.channel = CHANNEL_WEBHOOK,
                                  .address = "crm",
                                  .cause = "operator",
                                  .reason = "",
                                  .source = "operator",
                                  .since_ms = NOON};
    struct error err = {0};
    must(ledger_suppress(f->l, &s, NULL, &err), &err);
    row.channel = CHANNEL_WEBHOOK;
    snprintf(address, sizeof(address), "crm");
    assert_int_equal(ask(f->l, NOON), SUPPRESSING_PASS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_list, close_list)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_is_not_on_the_list_passes),
        TEST(whoever_is_on_it_is_stopped_and_the_story_says_why),
        TEST(an_entry_is_over_when_it_expires),
        TEST(a_category_that_must_reach_people_passes_and_says_so),
        TEST(what_cannot_be_read_overrides_nothing),
        TEST(a_refusal_at_the_door_holds_for_what_came_after_it),
        TEST(webhooks_have_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
