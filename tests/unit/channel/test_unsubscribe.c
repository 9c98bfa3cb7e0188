#include "channel/unsubscribe.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "model/token.h"

static char url[] = "https://example.org/u/{token}?again={token}", mail[] = "a+b%c@example.org",
            category[] = "newsletter", *categories[] = {category};

static struct settings offers(void)
{
    return (struct settings){.token_key = {1, 2, 3},
                             .unsubscribe_url = url,
                             .unsubscribe_mail = mail,
                             .unsubscribe_categories = categories,
                             .unsubscribe_category_count = 1};
}

static void names_the_delivery_so_that_only_we_could_have(void **state)
{
    (void)state;
    const struct settings s = offers();
    const struct outgoing item = {.delivery = 4711, .category = "newsletter"};
    struct unsubscribe u;
    unsubscribe_make(&s, &item, &u);
    const char *token = u.url.data + strlen("https://example.org/u/");
    size_t len = strcspn(token, "?");
    int64_t number = 0;
    assert_true(token_read(token, len, s.token_key, TOKEN_DELIVERY, "", &number));
    assert_int_equal(number, 4711);
    assert_memory_equal(token + len, "?again=", 7);
    assert_memory_equal(token + len + 7, token, len);
    assert_int_equal(strlen(token), 2 * len + 7);
    assert_memory_equal(u.mail.data, "mailto:a+b%25c@example.org?subject=unsubscribe%20", 49);
    assert_memory_equal(u.mail.data + 49, token, len);
    unsubscribe_free(&u);
}

static void other_categories_offer_nothing(void **state)
{
    (void)state;
    const struct settings s = offers();
    const char *const others[] = {NULL, "breach_notice", "newsletters", ""};
    for (size_t i = 0; i < 4; i++) {
        const struct outgoing item = {.delivery = 1, .category = others[i]};
        struct unsubscribe u;
        unsubscribe_make(&s, &item, &u);
        assert_null(u.url.data);
        assert_null(u.mail.data);
        unsubscribe_free(&u);
    }
}

static void an_address_of_the_notice_wins(void **state)
{
    (void)state;
    const struct settings s = offers();
    struct outgoing item = {.category = "newsletter", .unsubscribe_url = "https://own.example/"};
    struct unsubscribe u;
    unsubscribe_make(&s, &item, &u);
    assert_string_equal(u.url.data, "https://own.example/");
    assert_non_null(u.mail.data);
    unsubscribe_free(&u);
    item.category = NULL;
    unsubscribe_make(&s, &item, &u);
    assert_string_equal(u.url.data, "https://own.example/");
    assert_null(u.mail.data);
    unsubscribe_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_delivery_so_that_only_we_could_have),
        cmocka_unit_test(other_categories_offer_nothing),
        cmocka_unit_test(an_address_of_the_notice_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
