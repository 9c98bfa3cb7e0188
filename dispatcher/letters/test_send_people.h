/* Who gets a test: addresses, numbers and endpoints of --to, names of `testers`, and `me`. Nobody
 * who is not on the allow list, trial mode or not. */
#ifndef LETTERS_TEST_SEND_PEOPLE_H
#define LETTERS_TEST_SEND_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/settings.h"

struct test_person {
    enum channel_kind kind;
    char *address;
    bool named; /* written out, so that a letter without this channel is a mistake */
};

struct test_people {
    struct test_person *items;
    size_t count;
};

/* `list` is what --to says. ERR_USAGE, ERR_DENIED. Free in any case. */
MUST_CHECK int test_people_read(const struct settings *s, const char *list, struct test_people *out,
                                struct error *err);
void test_people_free(struct test_people *p);

#endif
