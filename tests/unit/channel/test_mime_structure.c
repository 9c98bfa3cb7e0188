#include "channel/mime_structure.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/file.h"
#include "model/attachment.h"
#include "peer.h"

static char directory[] = "/tmp/test-structure-XXXXXX", pdf[] = "a.pdf", png[] = "b.png",
            id[] = "logo";

static int make_files(void **state)
{
    (void)state;
    const char *const names[] = {pdf, png};
    if (mkdtemp(directory) == NULL)
        return -1;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *path = file_join(directory, names[i]);
        int fd = open(path, O_WRONLY | O_CREAT, 0640);
        if (fd < 0 || write(fd, "content", 7) != 7)
            return -1;
        close(fd);
        free(path);
    }
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    peer_remove(directory);
    return 0;
}

/* The types of the parts in their order, each in brackets that show what it is within. */
static char *structure(bool with_html, const struct attachments *files)
{
    struct buf text = {0}, html = {0}, out = {0}, types = {0};
    struct error err = {0};
    buf_puts(&text, "Guten Tag\n");
    buf_puts(&html, with_html ? "<p>Guten Tag</p>\n" : "");
    const struct mime_mail mail = {.identity = "one",
                                   .text = &text,
                                   .html = &html,
                                   .attachments = files,
                                   .directory = directory};
    if (mime_put_content(&mail, &out, &err) != 0)
        fail_msg("%s", err.text);
    for (const char *at = out.data; *at != '\0'; at = strstr(at, "\r\n") + 2) {
        static const char type[] = "Content-Type: ";
        size_t len = strcspn(at, "\r");
        if (strncmp(at, type, strlen(type)) == 0)
            buf_printf(&types, " %.*s", (int)strcspn(at + strlen(type), ";\r"), at + strlen(type));
        else if (len > 6 && memcmp(at, "--=_", 4) == 0 && memcmp(at + len - 2, "--", 2) == 0)
            buf_puts(&types, " end");
    }
    buf_free(&text);
    buf_free(&html);
    buf_free(&out);
    return buf_steal(&types);
}

static void is(bool with_html, const struct attachments *files, const char *expected)
{
    char *found = structure(with_html, files);
    assert_string_equal(found, expected);
    free(found);
}

#define LETTER " multipart/alternative text/plain text/html end"

static void there_is_no_more_structure_than_needed(void **state)
{
    (void)state;
    const struct attachments none = {.count = 0}, file = {.list = {{pdf, NULL}}, .count = 1},
                             image = {.list = {{png, id}}, .count = 1},
                             both = {.list = {{pdf, NULL}, {png, id}}, .count = 2};
    is(false, NULL, " text/plain");
    is(true, &none, LETTER);
    is(true, &file, " multipart/mixed" LETTER " application/pdf end");
    is(true, &image, " multipart/related" LETTER " image/png end");
    is(true, &both,
       " multipart/mixed multipart/related" LETTER " image/png end application/pdf end");
}

static void an_image_nothing_refers_to_is_attached(void **state)
{
    (void)state;
    const struct attachments image = {.list = {{png, id}}, .count = 1};
    is(false, &image, " multipart/mixed text/plain image/png end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_more_structure_than_needed),
        cmocka_unit_test(an_image_nothing_refers_to_is_attached),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
