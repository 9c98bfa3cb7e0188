#include "render/fixtures.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "render/small_library.h"

static void samples_are_rendered_by_a_check(void **state)
{
    (void)state;
    static const char *const jobs[][2] = {
        {"{\"to\":{\"email\":\"a@example.org\"},\n\"data\":{\"what\":{\"ko\":\"x\"},"
         "\"items\":[\"email\"],\"count\":1}}",
         "E fixture"},
        {"{\"to\":{\"email\":\"a@example.org\"},\n\"data\":{\"what\":{\"ko\":\"x\"},"
         "\"items\":[\"email\"],\"count\":1}}",
         "a.json:2:16 /data/what has no text in \"de\""},
        {"{\"to\":{\"email\":\"a@example.org\"},\"data\":{\"what\":{\"ko\":\"x\\ny\",\"de\":\"x\"},"
         "\"items\":[\"email\"],\"count\":1}}",
         "email in ko: "},
        {"{", "a.json:1:"},
    };
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        struct buf problems = {0};
        write_file("t/news/fixtures/a.json", jobs[i][0]);
        struct library *l = load(&problems);
        fixtures_check(l, collect, &problems);
        library_free(l);
        if (strstr(buf_text(&problems), jobs[i][1]) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", jobs[i][1], buf_text(&problems));
        buf_free(&problems);
    }
    remove_file("t/news/fixtures/a.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_rendered_by_a_check),
    };
    return cmocka_run_group_tests(tests, make_library, remove_library);
}
