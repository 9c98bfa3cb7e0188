#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "channel/channel.h"
#include "channel/email.h"
#include "peer.h"

static char domain[] = "example.org", from[] = "noreply@example.org",
            bounce[] = "bounce@example.org", name_key[] = "name", other_key[] = "website",
            german[] = "de", korean[] = "ko", name_de[] = "Beispielbank",
            name_ko[] = "\xec\x98\x88\xec\x8b\x9c\xec\x9d\x80\xed\x96\x89",
            name_all[] = "Example Bank, Ltd.", website[] = "www.example.org", host[] = "localhost",
            relay[] = "relay";

static struct organisation_field fields[] = {
    {german, other_key, website},
    {german, name_key, name_de},
    {korean, name_key, name_ko},
    {NULL, name_key, name_all},
};

static struct settings bank(void)
{
    return (struct settings){.organisation = {.domain = domain,
                                              .from_address = from,
                                              .bounce_address = bounce,
                                              .fields = fields,
                                              .field_count = COUNT_OF(fields)}};
}

/* ---- composing, judged by Python's email package ---- */

struct letter {
    const char *locale, *to_name, *subject, *text;
    const char *from_name; /* as it must be read */
};

static const struct letter letters[] = {
    {"de", "Anna M\xc3\xbcller", "Wichtige Mitteilung zu Ihren Daten",
     "Sehr geehrte Frau M\xc3\xbcller,\n\n.\n..\nFrom hier\n", "Beispielbank"},
    {"de-AT", "Dr. J\xc3\xb6rg Wei\xc3\x9f, MBA",
     "Entschuldigung f\xc3\xbcr den Vorfall vom 3. M\xc3\xa4rz: Was geschehen ist, welche Daten "
     "betroffen sind und was Sie tun k\xc3\xb6nnen",
     "Gr\xc3\xbc\xc3\x9f"
     "e mit Leerzeichen am Ende  \nund einer sehr langen Zeile, die weit \xc3\xbc"
     "ber sechsundsiebzig Zeichen hinausgeht und deshalb weich umbrochen werden muss\n",
     "Beispielbank"},
    {"ko", "\xea\xb9\x80\xeb\xaf\xbc\xec\x88\x98",
     "\xea\xb0\x9c\xec\x9d\xb8\xec\xa0\x95\xeb\xb3\xb4 \xec\x9c\xa0\xec\xb6\x9c "
     "\xea\xb4\x80\xeb\xa0\xa8 \xec\x95\x88\xeb\x82\xb4 \xeb\xb0\x8f "
     "\xec\x82\xac\xea\xb3\xbc\xec\x9d\x98 \xeb\xa7\x90\xec\x94\x80\xec\x9d\x84 "
     "\xeb\x93\x9c\xeb\xa6\xbd\xeb\x8b\x88\xeb\x8b\xa4 (\xec\xa0\x9c"
     "2\xed\x98\xb8)",
     "\xea\xb9\x80\xeb\xaf\xbc\xec\x88\x98 "
     "\xea\xb3\xa0\xea\xb0\x9d\xeb\x8b\x98\xea\xbb\x98\n\n\xec\xa7\x84\xec\x8b\xac\xec\x9c\xbc\xeb"
     "\xa1\x9c \xec\x82\xac\xea\xb3\xbc\xeb\x93\x9c\xeb\xa6\xbd\xeb\x8b\x88\xeb\x8b\xa4.\n",
     "\xec\x98\x88\xec\x8b\x9c\xec\x9d\x80\xed\x96\x89"},
    {"en", "O'Brien \"Pat\" <ceo@evil.example>", "Important: your data (update no. 3)",
     "Dear Mr O'Brien,\n\na = b\n", "Example Bank, Ltd."},
    {"en", "",
     "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
     "sixteen seventeen",
     "x\n", "Example Bank, Ltd."},
    {"en", "Pat", "=?UTF-8?B?SGFsbG8=?= is not decoded", "x\n", "Example Bank, Ltd."},
    {"en", "=?UTF-8?Q?x?=",
     "Donaudampfschifffahrtselektrizit"
     "aetenhauptbetriebswerkbauunterbeamtengesellschaft",
     "x\n", "Example Bank, Ltd."},
    {"en",
     "Lopado\xc2\xadtemacho, selacho; galeo: kranio (leipsano) [drim] hypo@trimmato \\ silphio",
     "\xf0\x9f\x94\x92 Emoji \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb and \"quotes\", commas; "
     "<tags>",
     "\xf0\x9f\x94\x92\n", "Example Bank, Ltd."},
    {"en",
     "A very long name of a person that goes on, and on, and on, until it needs a second line to "
     "stand on",
     " spaces  everywhere ", "\n\n\nx\n\n\n", "Example Bank, Ltd."},
};

static void write_file(const char *directory, size_t number, const char *ending,
                       const struct buf *content)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%02zu.%s", directory, number, ending);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content->data, 1, content->len, f), content->len);
    fclose(f);
}

static void put_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s\"%s\":", out->len > 0 ? "," : "{", name);
    buf_put_json(out, value);
}

static void write_expected(const char *directory, size_t number, const struct letter *l,
                           const char *html)
{
    struct buf json = {0}, id = {0};
    buf_printf(&id, "<notice-%zu@example.org>", number);
    put_member(&json, "subject", l->subject);
    put_member(&json, "from_name", l->from_name);
    put_member(&json, "from", from);
    put_member(&json, "to_name", l->to_name);
    put_member(&json, "to", "anna@xn--mller-kva.example");
    put_member(&json, "message_id", id.data);
    put_member(&json, "language", l->locale);
    put_member(&json, "date", "2026-11-24T00:00:01+00:00");
    put_member(&json, "text", l->text);
    put_member(&json, "html", html);
    buf_puts(&json, "}");
    write_file(directory, number, "json", &json);
    buf_free(&json);
    buf_free(&id);
}

static void compose_letter(const char *directory, size_t number, const struct letter *l)
{
    struct settings s = bank();
    struct message m = {0};
    char identity[32];
    struct error err = {0};
    snprintf(identity, sizeof(identity), "notice-%zu", number);
    snprintf(m.locale, sizeof(m.locale), "%s", l->locale);
    buf_puts(&m.subject, l->subject);
    buf_puts(&m.text, l->text);
    buf_printf(&m.html, "<!doctype html>\n<html lang=\"%s\"><body><p>%s</p></body></html>\n",
               l->locale, l->text);
    struct outgoing item = {.identity = identity,
                            .address = "anna@m\xc3\xbcller.example",
                            .name = l->to_name,
                            .date_ms = 1795478401000,
                            .message = &m};
    if (channel_email.compose(&s, NULL, &item, &err) != 0)
        fail_msg("%s", err.text);
    write_file(directory, number, "eml", &item.wire);
    write_expected(directory, number, l, m.html.data);
    buf_free(&item.wire);
    message_free(&m);
}

static void is_read_by_a_stranger_as_it_was_meant(void **state)
{
    (void)state;
    char directory[] = "/tmp/test-email-XXXXXX";
    assert_non_null(mkdtemp(directory));
    for (size_t i = 0; i < COUNT_OF(letters); i++)
        compose_letter(directory, i, &letters[i]);
    const char *const judge[] = {"python3", "tests/unit/channel/judge_mail.py", directory, NULL};
    bool good = peer_run(judge);
    if (good)
        peer_remove(directory);
    assert_true(good);
}

static void names_the_organisation_in_the_language_of_the_letter(void **state)
{
    (void)state;
    struct settings s = bank();
    assert_string_equal(email_sender_name(&s.organisation, "ko"), name_ko);
    assert_string_equal(email_sender_name(&s.organisation, "de-AT"), name_de);
    assert_string_equal(email_sender_name(&s.organisation, "d"), name_all);
    assert_string_equal(email_sender_name(&s.organisation, "fr"), name_all);
    s.organisation.field_count = 3;
    assert_null(email_sender_name(&s.organisation, "fr"));
}

static void returns_go_to_the_bounce_address_if_there_is_one(void **state)
{
    (void)state;
    struct settings s = bank();
    assert_string_equal(email_envelope_sender(&s.organisation), bounce);
    s.organisation.bounce_address = NULL;
    assert_string_equal(email_envelope_sender(&s.organisation), from);
}

/* ---- opening ---- */

static void expect_open_refused(const struct settings *s, const struct transport *t,
                                const char *says)
{
    struct channel_session *session = NULL;
    struct error err = {0};
    assert_int_equal(channel_email.open(s, t, &session, &err), ERR_CONFIG);
    assert_null(session);
    if (strstr(err.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void refuses_settings_that_could_not_be_safe(void **state)
{
    (void)state;
    char ipv6[] = "::1", injected[] = "a\r\nMAIL FROM:<x>", user[] = "bank", password[] = "geheim",
         long_word[257];
    char nowhere[] = "/nonexistent/ca.pem";
    struct settings s = bank();
    const struct transport good = {.name = relay,
                                   .smtp = {.host = host, .port = 25, .tls = SMTP_TLS_NONE}};
    struct transport t = good;
    t.smtp.host = ipv6;
    expect_open_refused(&s, &t, "IPv6");
    t = good;
    t.smtp.user = user;
    t.smtp.password = password;
    expect_open_refused(&s, &t, "without TLS");
    t.smtp.tls = SMTP_TLS_REQUIRED;
    t.smtp.password = NULL;
    expect_open_refused(&s, &t, "needs a password");
    memset(long_word, 'x', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';
    t.smtp.password = long_word;
    expect_open_refused(&s, &t, "at most 255");
    t = good;
    t.smtp.helo_name = injected;
    expect_open_refused(&s, &t, "helo_name");
    t = good;
    s.organisation.bounce_address = injected;
    expect_open_refused(&s, &t, "sender address");
    s = bank();
    t.smtp.tls = SMTP_TLS_REQUIRED;
    t.smtp.ca_file = nowhere;
    expect_open_refused(&s, &t, nowhere);
    t = good;
    s.organisation.verp = true;
    s.organisation.bounce_address = NULL;
    expect_open_refused(&s, &t, "verp needs the address `bounce`");
    char long_local[] = "bounces-of-the-bank-of-the-example@example.org";
    s.organisation.bounce_address = long_local;
    expect_open_refused(&s, &t, "at most 32 characters");
}

/* ---- delivering ---- */

struct record {
    int done;
    struct disposition last;
};

static void on_started(void *context, const struct outgoing *item)
{
    (void)context, (void)item;
    fail_msg("nothing should have been sent");
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

static void does_not_let_the_library_see_what_it_would_send_blindly(void **state)
{
    (void)state;
    static const struct {
        const char *address, *wire, *cause;
    } cases[] = {
        {"b@y.example>\r\nRCPT TO:<evil@z.example", "a: b\r\n\r\nc\r\n", "bad_address"},
        {"m\xc3\xbcller@y.example", "a: b\r\n\r\nc\r\n", "bad_address"},
        {"b@y.example", "a: b\r\n\r\nc\n.\r\nMAIL FROM:<x>\r\n", "malformed"},
        {"b@y.example", "", "malformed"},
    };
    struct settings s = bank();
    const struct transport t = {.name = relay,
                                .smtp = {.host = host, .port = 1, .tls = SMTP_TLS_NONE}};
    struct channel_session *session = NULL;
    struct error err = {0};
    assert_int_equal(channel_email.open(&s, &t, &session, &err), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct record r = {0};
        const struct channel_reporter reporter = {&r,   on_started, on_done, on_now_ms,
                                                  NULL, 0,          NULL,    NULL};
        struct outgoing item = {.address = cases[i].address};
        buf_puts(&item.wire, cases[i].wire);
        channel_email.deliver(session, &item, 1, &reporter);
        assert_int_equal(r.done, 1);
        assert_int_equal(r.last.outcome, OUTCOME_PERMANENT);
        assert_string_equal(r.last.cause, cases[i].cause);
        buf_free(&item.wire);
    }
    channel_email.close(session);
    channel_email.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_by_a_stranger_as_it_was_meant),
        cmocka_unit_test(names_the_organisation_in_the_language_of_the_letter),
        cmocka_unit_test(returns_go_to_the_bounce_address_if_there_is_one),
        cmocka_unit_test(refuses_settings_that_could_not_be_safe),
        cmocka_unit_test(does_not_let_the_library_see_what_it_would_send_blindly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
