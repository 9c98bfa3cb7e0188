#include "people/seen.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* Records hold their own number as a key, but for those above `twins_from`, which repeat. */
struct file {
    uint32_t wanted, twins_from;
    size_t asked;
};

static uint32_t key_of(const struct file *f, uint32_t record)
{
    return record < f->twins_from ? record : record - f->twins_from;
}

static bool same(void *context, uint32_t record)
{
    struct file *f = context;
    f->asked++;
    return key_of(f, record) == f->wanted;
}

static int64_t add(struct seen *s, struct file *f, uint32_t record)
{
    char key[32];
    f->wanted = key_of(f, record);
    snprintf(key, sizeof(key), "user%u@example.org", f->wanted);
    return seen_add(s, seen_hash(key), record, same, f);
}

static void finds_every_twin_and_nothing_else(void **state)
{
    enum { MANY = 200000 };
    (void)state;
    struct file f = {.twins_from = MANY};
    struct seen *s = seen_open(MANY);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(add(s, &f, i), SEEN_NEW);
    /* 16 bits tell apart: hardly a record is read again in vain. */
    assert_in_range(f.asked, 0, MANY / 1000);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(add(s, &f, MANY + i), i);
    seen_close(s);
}

static void says_when_it_is_full(void **state)
{
    (void)state;
    struct file f = {.twins_from = 1000};
    struct seen *s = seen_open(3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(add(s, &f, i), SEEN_NEW);
    assert_int_equal(add(s, &f, 3), SEEN_FULL);
    assert_int_equal(add(s, &f, 1001), 1);
    seen_close(s);
    seen_close(NULL);
    s = seen_open(0);
    assert_int_equal(add(s, &f, 0), SEEN_FULL);
    seen_close(s);
}

/* Different keys with one hash: only the caller can tell them apart. */
static bool never(void *context, uint32_t record)
{
    (void)context;
    (void)record;
    return false;
}

static void keeps_keys_apart_whose_hashes_are_equal(void **state)
{
    (void)state;
    struct seen *s = seen_open(100);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(seen_add(s, UINT64_MAX, i, never, NULL), SEEN_NEW);
    assert_int_equal(seen_add(s, 0, 5, never, NULL), SEEN_FULL);
    seen_close(s);
}

static void hashes_short_keys_far_apart(void **state)
{
    (void)state;
    size_t buckets[64] = {0};
    for (int i = 0; i < 6400; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        buckets[seen_hash(key) >> 58]++;
    }
    for (size_t i = 0; i < 64; i++)
        assert_in_range(buckets[i], 50, 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_twin_and_nothing_else),
        cmocka_unit_test(says_when_it_is_full),
        cmocka_unit_test(keeps_keys_apart_whose_hashes_are_equal),
        cmocka_unit_test(hashes_short_keys_far_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
