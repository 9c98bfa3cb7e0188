#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "channel/channel.h"
#include "peer.h"

static char directory[] = "/tmp/test-outbox-XXXXXX", name[] = "outbox";

struct record {
    int started, done;
    struct disposition last;
};

static void on_started(void *context, const struct outgoing *item)
{
    (void)item;
    ((struct record *)context)->started++;
}

static void on_done(void *context, const struct outgoing *item, const struct disposition *d)
{
    struct record *r = context;
    (void)item;
    r->done++;
    r->last = *d;
}

static int64_t on_now_ms(void *context)
{
    (void)context;
    return 0;
}

static struct transport outbox(enum channel_kind kind)
{
    return (struct transport){
        .name = name, .channel = kind, .type = TRANSPORT_OUTBOX, .directory = directory};
}

static struct record deliver(enum channel_kind kind, const char *identity, const char *bytes)
{
    struct record r = {0};
    struct error err = {0};
    struct transport t = outbox(kind);
    struct channel_session *session = NULL;
    const struct channel_reporter reporter = {&r,   on_started, on_done, on_now_ms,
                                              NULL, 0,          NULL,    NULL};
    struct outgoing item = {.identity = identity};
    buf_puts(&item.wire, bytes);
    if (channel_outbox.open(NULL, &t, &session, &err) != 0)
        fail_msg("%s", err.text);
    channel_outbox.deliver(session, &item, 1, &reporter);
    channel_outbox.close(session);
    buf_free(&item.wire);
    assert_int_equal(r.started, 1);
    assert_int_equal(r.done, 1);
    return r;
}

static void expect_file(const char *file, const char *content)
{
    struct buf found = peer_file(directory, file);
    assert_string_equal(found.data, content);
    buf_free(&found);
}

static void writes_each_channel_in_its_own_form(void **state)
{
    (void)state;
    static const struct {
        enum channel_kind kind;
        const char *file;
    } forms[] = {
        {CHANNEL_EMAIL, "new/a-1.eml"}, {CHANNEL_SMS, "a-1.txt"}, {CHANNEL_WEBHOOK, "a-1.json"}};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct record r = deliver(forms[i].kind, "a-1", "content\r\n");
        assert_int_equal(r.last.outcome, OUTCOME_DELIVERED);
        assert_string_equal(r.last.reply, forms[i].file);
        expect_file(forms[i].file, "content\r\n");
    }
}

static void is_a_maildir_for_mail(void **state)
{
    (void)state;
    static const char *const folders[] = {"tmp", "new", "cur"};
    deliver(CHANNEL_EMAIL, "b-1", "x");
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        struct stat st;
        char *path = file_join(directory, folders[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_true(S_ISDIR(st.st_mode));
        if (i == 0)
            assert_int_not_equal(rmdir(path), -1); /* nothing is left in tmp */
        free(path);
    }
}

static void a_repeat_finds_itself_already_there(void **state)
{
    (void)state;
    deliver(CHANNEL_EMAIL, "c-1", "first");
    struct record r = deliver(CHANNEL_EMAIL, "c-1", "second");
    assert_int_equal(r.last.outcome, OUTCOME_DELIVERED);
    assert_string_equal(r.last.reply, "new/c-1.eml was already there");
    expect_file("new/c-1.eml", "first");
}

static void a_folder_that_is_gone_is_for_later(void **state)
{
    (void)state;
    struct record r = {0};
    struct error err = {0};
    struct transport t = outbox(CHANNEL_SMS);
    struct channel_session *session = NULL;
    const struct channel_reporter reporter = {&r,   on_started, on_done, on_now_ms,
                                              NULL, 0,          NULL,    NULL};
    struct outgoing item = {.identity = "d-1"};
    assert_int_equal(channel_outbox.open(NULL, &t, &session, &err), 0);
    peer_remove(directory);
    channel_outbox.deliver(session, &item, 1, &reporter);
    channel_outbox.close(session);
    assert_int_equal(r.last.outcome, OUTCOME_TRANSIENT);
    assert_string_equal(r.last.cause, "disk");
}

static void says_what_is_missing_in_the_configuration(void **state)
{
    (void)state;
    struct error err = {0};
    struct transport t = outbox(CHANNEL_SMS);
    struct channel_session *session = NULL;
    t.directory = NULL;
    assert_int_equal(channel_outbox.open(NULL, &t, &session, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "needs a directory"));
    channel_outbox.close(NULL);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)state;
    peer_remove(directory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_each_channel_in_its_own_form),
        cmocka_unit_test(is_a_maildir_for_mail),
        cmocka_unit_test(a_repeat_finds_itself_already_there),
        cmocka_unit_test(says_what_is_missing_in_the_configuration),
        cmocka_unit_test(a_folder_that_is_gone_is_for_later),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
