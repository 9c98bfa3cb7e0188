#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "engine/release.h"

static char mail_name[] = "mail", hooks_name[] = "hooks", domain[] = "gmail.example";
static char host[] = "relay.example", other_host[] = "relay2.example", zone[] = "Europe/Berlin";
static char crm[] = "crm", url[] = "https://crm.example/", other_url[] = "https://crm.example/v2";

/* One configuration, to be changed at one place. */
struct world {
    struct settings settings;
    struct transport transports[2];
    struct domain_rate rate;
    struct endpoint endpoint;
};

static void make_world(struct world *w)
{
    *w = (struct world){
        .rate = {domain, {.count = 6, .per_ms = 60000}},
        .endpoint = {.name = crm, .url = url},
        .transports = {{.name = mail_name,
                        .channel = CHANNEL_EMAIL,
                        .window = {480, 1260},
                        .domain_count = 1,
                        .smtp = {.host = host, .port = 25}},
                       {.name = hooks_name, .channel = CHANNEL_WEBHOOK}},
    };
    w->transports[0].domains = &w->rate;
    w->settings = (struct settings){.transports = w->transports,
                                    .transport_count = 2,
                                    .endpoints = &w->endpoint,
                                    .endpoint_count = 1};
}

static void expect(const struct world *a, const struct world *b, const char *transport,
                   const char *causes)
{
    struct release_causes c = release_compare(&a->settings, &b->settings, transport);
    assert_false(c.letter);
    char got[4] = {c.window ? 'w' : '-', c.rate ? 'r' : '-', c.destination_rest ? 'd' : '-', '\0'};
    assert_string_equal(got, causes);
}

static void releases_only_what_changed(void **state)
{
    struct world a, b;
    (void)state;
    make_world(&a);
    make_world(&b);
    b.transports[0].concurrency = 7;
    expect(&a, &b, "mail", "---");
    b.transports[0].window.to_minute = 1320;
    expect(&a, &b, "mail", "w--");
    expect(&a, &b, "hooks", "---");
    b.rate.rate.count = 60;
    expect(&a, &b, "mail", "wr-");
    b.transports[0].smtp.host = other_host;
    expect(&a, &b, "mail", "wrd");
    expect(&a, &b, "nobody", "---");
}

static void hours_of_a_country_and_limits_at_once_count_too(void **state)
{
    static char korea[] = "KR";
    struct country_window night = {korea, {480, 1260}}, day = {korea, {540, 1080}};
    struct world a, b;
    (void)state;
    make_world(&a);
    make_world(&b);
    a.transports[0].windows = &night;
    b.transports[0].windows = &day;
    a.transports[0].window_count = b.transports[0].window_count = 1;
    expect(&a, &b, "mail", "w--");
    b.rate.concurrency = 4;
    expect(&a, &b, "mail", "wr-");
    b.endpoint.concurrency = 2;
    expect(&a, &b, "hooks", "-r-");
}

static void another_zone_is_another_window(void **state)
{
    struct world a, b;
    (void)state;
    make_world(&a);
    make_world(&b);
    b.settings.timezone = zone;
    expect(&a, &b, "mail", "w--");
}

static void an_endpoint_that_moved_need_not_rest(void **state)
{
    struct world a, b;
    (void)state;
    make_world(&a);
    make_world(&b);
    b.endpoint.url = other_url;
    expect(&a, &b, "hooks", "--d");
    expect(&a, &b, "mail", "---");
}

/* A receiver that refused our signature, or what we said, may take the next one. */
static void an_endpoint_that_is_spoken_to_otherwise_need_not_rest(void **state)
{
    static char key[] = "whsk_key", old[] = "whsec_old";
    struct world a, b;
    (void)state;
    make_world(&a);
    struct endpoint before = a.endpoint;
    struct endpoint changed[] = {before, before, before, before, before};
    changed[0].signing_key = key;
    changed[1].old_secret = old;
    changed[2].old_secret_until_day = 20000;
    changed[3].format = WEBHOOK_CLOUDEVENTS;
    changed[4].http2 = true;
    for (size_t i = 0; i < COUNT_OF(changed); i++) {
        make_world(&b);
        b.endpoint = changed[i];
        expect(&a, &b, "hooks", "--d");
    }
}

/* The second reload changes nothing more: what the first one began goes on. */
static void keeps_what_is_not_done_yet(void **state)
{
    struct releasing r = {0};
    struct world a, b;
    (void)state;
    make_world(&a);
    make_world(&b);
    b.transports[0].window.to_minute = 1320;
    releasing_begin(&r, &a.settings, &a.settings, false, 1000);
    assert_false(releasing_has_more(&r));
    releasing_begin(&r, &a.settings, &b.settings, false, 1000);
    releasing_begin(&r, &b.settings, &b.settings, false, 2000);
    assert_int_equal(r.count, 1);
    b.rate.rate.count = 60;
    releasing_begin(&r, &a.settings, &b.settings, false, 3000);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.tasks[0].place.causes[0], "window");
    assert_string_equal(r.tasks[0].place.causes[1], "rate");
    assert_null(r.tasks[0].place.causes[2]);
    assert_null(r.tasks[0].place.causes[3]);
    assert_int_equal(r.tasks[0].place.before_ms, 3000);
    releasing_free(&r);
}

static void a_letter_that_came_back_is_no_affair_of_one_transport(void **state)
{
    struct releasing r = {0};
    struct world a;
    (void)state;
    make_world(&a);
    releasing_begin(&r, &a.settings, &a.settings, true, 1000);
    assert_int_equal(r.count, 2);
    assert_null(r.tasks[0].place.causes[0]);
    assert_string_equal(r.tasks[0].place.causes[3], "letter");
    assert_string_equal(r.tasks[1].place.causes[3], "letter");
    releasing_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(releases_only_what_changed),
        cmocka_unit_test(hours_of_a_country_and_limits_at_once_count_too),
        cmocka_unit_test(another_zone_is_another_window),
        cmocka_unit_test(an_endpoint_that_moved_need_not_rest),
        cmocka_unit_test(an_endpoint_that_is_spoken_to_otherwise_need_not_rest),
        cmocka_unit_test(keeps_what_is_not_done_yet),
        cmocka_unit_test(a_letter_that_came_back_is_no_affair_of_one_transport),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
