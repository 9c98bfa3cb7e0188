/*
 * The email channel against a server that misbehaves (tests/peers/faulty_smtp.py): what is reported
 * of every mail, and what the server knows. A program includes this for one engine, which it names
 * before: `#define ENGINE CURL`. All say the same, unless a row says otherwise. The cases of one
 * test run at the same time, each in a process of its own.
 */
#ifndef SMTP_TRIALS_H
#define SMTP_TRIALS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "channel/channel.h"
#include "channel/smtp_client.h"
#include "channel/smtp_selftest.h"
#include "peer.h"

#define MAILS   3
#define TRIAL_S 60
#define SMALL   600
#define BIG     (12 * 1024 * 1024) /* more than the kernel takes off our hands */

enum engine { ESMTP, PIPELINED, CURL };

struct trial {
    const char *mode;
    const char *expected; /* outcome/cause of each mail; one for all if there is one word */
    int accepted;         /* mails the server kept; -1: none, and it saw no MAIL either */
    const char *on;       /* "2": strikes at the second mail; NULL: always */
    const char *server;   /* certificate, NULL: server */
    const char *option;   /* of the server, with its value */
    const char *value;
    int deadline_ms;   /* of the session; 0: 20 s */
    int within_ms;     /* how long it may take; 0: not looked at */
    size_t size;       /* of the second mail; 0: SMALL */
    const char *host;  /* NULL: localhost */
    const char *token; /* NULL: a password */
    bool implicit, plain, dsn;
    const char *curl;   /* what is expected with libcurl; NULL: the same */
    int curl_accepted;  /* then */
    enum engine engine; /* set by run_trials() */
    int end;            /* see T */
};

/* A row with less than all members, which gcc wants to see said. */
#define T(...)                                                                                     \
    {                                                                                              \
        __VA_ARGS__, .end = 0                                                                      \
    }

static char directory[] = "/tmp/test-smtp-XXXXXX";

/* ---- what the channel reports ---- */

struct record {
    struct outgoing *items;
    int done[MAILS];
    int started[MAILS];
    struct disposition dispositions[MAILS];
};

static void on_started(void *context, const struct outgoing *item)
{
    struct record *r = context;
    r->started[item - r->items]++;
}

static void on_done(void *context, const struct outgoing *item, const struct disposition *d)
{
    struct record *r = context;
    r->done[item - r->items]++;
    r->dispositions[item - r->items] = *d;
}

static int64_t on_now_ms(void *context)
{
    (void)context;
    return clock_mono_ms();
}

/* ---- one trial, in a process of its own ---- */

static size_t size_of(const struct trial *t, int index)
{
    return index == 1 && t->size > 0 ? t->size : SMALL;
}

static void write_mail(struct outgoing *item, int number, size_t size)
{
    static const char line[] =
        "..dots and text enough to fill a line of a mail that nobody will ever read\r\n";
    buf_printf(
        &item->wire,
        "From: a@example.org\r\nTo: b@example.net\r\nDate: Tue, 24 Nov 2026 00:00:01 +0000\r\n"
        "Message-ID: <mail%d@example.org>\r\nSubject: a\r\n folded\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain\r\n\r\n",
        number);
    while (item->wire.len < size)
        buf_puts(&item->wire, line);
}

struct command {
    const char *words[40];
    size_t count;
};

static void put(struct command *c, const char *option, const char *value)
{
    c->words[c->count++] = option;
    if (value != NULL)
        c->words[c->count++] = value;
}

/* The interpreter itself where the caller knows it: a wrapper in its place costs more than a trial.
 */
static const char *interpreter(void)
{
    const char *python = getenv("PYTHON");
    return python == NULL ? "python3" : python;
}

static struct peer start_server(const struct trial *t, const char *place)
{
    char cert[300], key[300];
    const char *name = t->server == NULL ? "server" : t->server;
    struct command c = {{interpreter(), "tests/peers/faulty_smtp.py"}, 2};
    snprintf(cert, sizeof(cert), "%s/ca/%s.pem", directory, name);
    snprintf(key, sizeof(key), "%s/ca/%s.key", directory, name);
    put(&c, "--dir", place);
    put(&c, "--mode", t->mode);
    put(&c, "--on", t->on == NULL ? "0" : t->on);
    if (!t->plain) {
        put(&c, "--cert", cert);
        put(&c, "--key", key);
        put(&c, "--user", "bank");
        put(&c, "--password", "geheim");
    }
    if (t->implicit)
        put(&c, "--implicit", NULL);
    if (t->host != NULL)
        put(&c, "--host", t->host);
    if (t->token != NULL)
        put(&c, "--token", t->token);
    if (t->option != NULL)
        put(&c, t->option, t->value);
    return peer_start(c.words);
}

static void put_outcomes(const struct record *r, struct buf *out)
{
    for (int i = 0; i < MAILS; i++) {
        const struct disposition *d = &r->dispositions[i];
        if (r->done[i] != 1)
            buf_printf(out, "%s(reported %d times)", i > 0 ? " " : "", r->done[i]);
        else
            buf_printf(out, "%s%s/%s", i > 0 ? " " : "", outcome_name(d->outcome), d->cause);
    }
}

static void deliver(const struct trial *t, int port, struct record *r)
{
    char ca[300];
    struct error err = {0};
    struct outgoing items[MAILS] = {{0}};
    struct channel_session *session = NULL;
    static char host[20] = "localhost", user[] = "bank", password[] = "geheim",
                domain[] = "example.org", sender[] = "a@example.org", name[] = "relay";
    char token[20000] = "";
    snprintf(ca, sizeof(ca), "%s/ca/ca.pem", directory);
    if (t->host != NULL)
        snprintf(host, sizeof(host), "%s", t->host);
    if (t->token != NULL)
        snprintf(token, sizeof(token), "%s", t->token);
    struct settings s = {.organisation = {.domain = domain, .from_address = sender}};
    struct transport transport = {
        .name = name,
        .deadline_ms = t->deadline_ms == 0 ? 20000 : t->deadline_ms,
        .smtp = {.host = host,
                 .port = port,
                 .ca_file = ca,
                 .user = t->plain ? NULL : user,
                 .password = password,
                 .oauth_token = t->token != NULL ? token : NULL,
                 .connect_timeout_ms = 3000,
                 .dsn = t->dsn,
                 .tls = t->implicit ? SMTP_TLS_IMPLICIT
                        : t->plain  ? SMTP_TLS_NONE
                                    : SMTP_TLS_REQUIRED,
                 .engine = t->engine == CURL ? SMTP_ENGINE_CURL : SMTP_ENGINE_ESMTP,
                 .pipelining = t->engine == PIPELINED},
    };
    const struct channel_reporter reporter = {r,    on_started, on_done, on_now_ms,
                                              NULL, 0,          NULL,    NULL};
    char address[] = "b@example.net";
    for (int i = 0; i < MAILS; i++) {
        items[i].address = address;
        write_mail(&items[i], i + 1, size_of(t, i));
    }
    r->items = items;
    if (channel_email.open(&s, &transport, &session, &err) != 0)
        peer_die(err.text);
    channel_email.deliver(session, items, MAILS, &reporter);
    channel_email.close(session);
    for (int i = 0; i < MAILS; i++)
        buf_free(&items[i].wire);
    r->items = NULL;
}

/* Every mail the server kept must be whole, byte by byte: the dots doubled and undone, no hole. */
static bool kept_are_whole(const struct trial *t, const struct buf *accepted)
{
    size_t whole = 0;
    for (int i = 0; i < MAILS; i++) {
        struct outgoing item = {0};
        unsigned char digest[DIGEST_SIZE];
        char hex[DIGEST_HEX_SIZE];
        write_mail(&item, i + 1, size_of(t, i));
        digest_sha256(item.wire.data, item.wire.len, digest);
        whole += peer_count(accepted, digest_hex(digest, hex));
        buf_free(&item.wire);
    }
    return whole == peer_count(accepted, "\"sha256\"");
}

#define TRUE_TO_THE_LOG "delivered is what the server has written down, and nothing else"

static bool is_true(const struct buf *outcomes, size_t kept)
{
    return peer_count(outcomes, "delivered") == kept && peer_count(outcomes, "reported") == 0;
}

/* The same outcome for all mails may be written once. */
static bool same_outcomes(const char *expected, const char *seen)
{
    struct buf all = {0};
    bool once = strchr(expected, ' ') == NULL;
    for (int i = 0; i < MAILS; i++)
        buf_printf(&all, "%s%s", i > 0 ? " " : "", expected);
    bool same = strcmp(once ? all.data : expected, seen) == 0;
    buf_free(&all);
    return same;
}

/* Says on standard output what was seen; exit status 0 if it was expected. */
static int run_trial(const struct trial *t, const char *place)
{
    static const char *const names[] = {[ESMTP] = "", [PIPELINED] = " pipelined", [CURL] = " curl"};
    struct record r = {0};
    struct buf outcomes = {0};
    struct peer server = start_server(t, place);
    alarm(TRIAL_S + (unsigned)t->deadline_ms /
                        1000); /* as the engine would: a session that no guard ends is killed */
    int64_t start_ms = clock_mono_ms();
    deliver(t, server.port, &r);
    int64_t took_ms = clock_mono_ms() - start_ms;
    peer_stop(&server);
    struct buf accepted = peer_file(place, "accepted.jsonl"),
               events = peer_file(place, "events.jsonl");
    put_outcomes(&r, &outcomes);
    size_t kept = peer_count(&accepted, "\"sha256\""), mails = peer_count(&events, "\"MAIL ");
    size_t logins = peer_count(&events, "\"AUTH "), chunks = peer_count(&events, "\"BDAT ");
    size_t sessions = peer_count(&events, "\"connect\"");
    bool loose = strcmp(t->expected, TRUE_TO_THE_LOG) == 0;
    bool good =
        (loose ? is_true(&outcomes, kept) : same_outcomes(t->expected, outcomes.data)) &&
        kept_are_whole(t, &accepted) &&
        ((loose && t->accepted > 0) || kept == (size_t)(t->accepted < 0 ? 0 : t->accepted)) &&
        (t->accepted >= 0 || mails == 0) && logins <= sessions &&
        sessions <= (t->engine == CURL ? MAILS : 1) && chunks == 0 &&
        (t->within_ms == 0 || took_ms <= t->within_ms);
    printf("%s %-20s%s %5d ms, kept %zu, MAIL %zu, AUTH %zu: %s\n", good ? "  " : "!!", t->mode,
           names[t->engine], (int)took_ms, kept, mails, logins, outcomes.data);
    for (int i = 0; i < MAILS; i++)
        printf("        %d %d %s | %s\n", r.started[i], r.dispositions[i].code,
               r.dispositions[i].enhanced, r.dispositions[i].reply);
    buf_free(&outcomes);
    buf_free(&accepted);
    buf_free(&events);
    return good ? 0 : 1;
}

/* ---- all trials of a test ---- */

static pid_t begin_trial(const struct trial *t, const char *place)
{
    struct buf log = {0};
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    buf_printf(&log, "%s.log", place);
    int fd = open(log.data, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    buf_free(&log);
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
    smtp_client_init();
    exit(run_trial(t, place)); /* not _exit: the leak checker of a sanitizer build looks here */
}

static void show(const char *place)
{
    struct buf name = {0};
    buf_printf(&name, "%s.log", place);
    struct buf log = peer_file("", name.data);
    print_message("%s", log.data);
    buf_free(&log);
    buf_free(&name);
}

static bool ended_badly(pid_t pid, const char *place)
{
    int status = 1;
    waitpid(pid, &status, 0);
    bool bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (bad || getenv("SHOW") != NULL)
        show(place);
    if (bad)
        print_message("   (%s %d)\n", WIFEXITED(status) ? "exit" : "signal",
                      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    peer_remove(place);
    return bad;
}

/* So many at the same time: most of it is waiting, but starting Python is not. */
#define AT_ONCE 8

static struct trial by_engine(const struct trial *written, enum engine engine)
{
    struct trial t = *written;
    t.engine = engine;
    if (engine == CURL && t.curl != NULL) {
        t.expected = t.curl;
        t.accepted = t.curl_accepted;
    }
    return t;
}

/* What has to end before a deadline may come too late on a busy machine: then it is tried alone,
 * with more time before that deadline. What is wrong stays wrong. */
static bool fails_in_peace(const struct trial *hurried, const char *path)
{
    struct trial t = *hurried;
    for (int tries = 0; t.within_ms > 0 && tries < 2; tries++) {
        t.within_ms *= t.deadline_ms > 0 ? 3 : 1;
        t.deadline_ms *= 3;
        if (!ended_badly(begin_trial(&t, path), path))
            return false;
    }
    return true;
}

/* Many containers have no ::1. */
static bool can_be_tried(const struct trial *t)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    if (t->host == NULL || strcmp(t->host, "::1") != 0)
        return true;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;
    if (fd >= 0)
        close(fd);
    return there;
}

/* The number of those that failed. */
static size_t run_round(const struct trial *trials, size_t count, enum engine engine)
{
    pid_t pids[AT_ONCE];
    char place[AT_ONCE][300];
    size_t failed = 0, begun = 0;
    for (size_t i = 0; i < count; i++) {
        for (; begun < count && begun < i + AT_ONCE; begun++) {
            const struct trial t = by_engine(&trials[begun], engine);
            char *path = place[begun % AT_ONCE];
            snprintf(path, sizeof(place[0]), "%s/%s-%zu", directory, t.mode, begun);
            pids[begun % AT_ONCE] = can_be_tried(&t) ? begin_trial(&t, path) : 0;
        }
        const struct trial t = by_engine(&trials[i], engine);
        const char *path = place[i % AT_ONCE];
        failed += pids[i % AT_ONCE] != 0 && ended_badly(pids[i % AT_ONCE], path) &&
                  fails_in_peace(&t, path);
    }
    return failed;
}

/* With and without PIPELINING the same is lost, in doubt and delivered: that is what allows it. */
static void run_trials(const struct trial *trials, size_t count)
{
    assert_int_equal(run_round(trials, count, ENGINE), 0);
}

/* Where it does not come to mails, which PIPELINING is about. */
static void run_unless_pipelined(const struct trial *trials, size_t count)
{
    if (ENGINE != PIPELINED)
        run_trials(trials, count);
}

#define ALL_GOOD "delivered/accepted"

static void sends_a_session_whole_with_tls_and_login(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        T("good", ALL_GOOD, 3),
        T("good", ALL_GOOD, 3, .size = 300000),
        T("good", ALL_GOOD, 3, .option = "--tls", .value = "1.2"),
        T("greeting-multi", ALL_GOOD, 3),
        T("rcpt-multi", ALL_GOOD, 3),
        T("quit-close", ALL_GOOD, 3),
        T("ehlo-plain", ALL_GOOD, 3),
        T("ehlo-chunking", ALL_GOOD, 3),
        T("ehlo-split", ALL_GOOD, 3),
        T("good", ALL_GOOD, 3, .option = "--tickets", .value = "0"),
        T("good", ALL_GOOD, 3, .plain = true),
        T("good", ALL_GOOD, 3, .dsn = true),
        T("ehlo-plain", ALL_GOOD, 3, .dsn = true),
        T("end-slow", ALL_GOOD, 3, .on = "2", .option = "--delay", .value = "1"),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void refusals_concern_the_mail_they_answer(void **state)
{
    (void)state;
#define SECOND(outcome) "delivered/accepted " outcome " delivered/accepted"
    static const struct trial trials[] = {
        T("mail-452", SECOND("transient/server_full"), 2, "2"),
        T("mail-530", SECOND("config/auth"), 2, "2"),
        T("mail-550", SECOND("permanent/sender_refused"), 2, "2"),
        T("rcpt-450", SECOND("transient/greylisted"), 2, "2"),
        T("rcpt-451", SECOND("transient/server"), 2, "2"),
        T("rcpt-550", SECOND("permanent/bad_recipient"), 2, "2"),
        T("rcpt-552", SECOND("permanent/mailbox_full"), 2, "2"),
        T("data-451", SECOND("transient/server"), 2, "2"),
        T("data-554", SECOND("permanent/protocol"), 2, "2"),
        T("end-450", SECOND("transient/greylisted"), 2, "2"),
        T("end-451", SECOND("transient/server"), 2, "2"),
        T("end-452", SECOND("transient/server_full"), 2, "2"),
        T("end-550", SECOND("permanent/policy"), 2, "2"),
        T("end-552", SECOND("permanent/too_large"), 2, "2"),
        T("end-554", SECOND("permanent/content"), 2, "2"),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void losses_are_told_apart_by_the_final_dot(void **state)
{
    (void)state;
#define THEN_LOST(outcome) "delivered/accepted " outcome " not_tried/connection_lost"
    static const struct trial trials[] = {
        T("mail-421", THEN_LOST("throttle/rate_limited"), 1, "2"),
        T("mail-close", THEN_LOST("not_tried/connection_lost"), 1, "2"),
        T("rcpt-close", THEN_LOST("transient/connection_lost"), 1, "2", .option = "--chunking"),
        T("rcpt-421", THEN_LOST("throttle/rate_limited"), 1, "2"),
        T("rcpt-close", THEN_LOST("transient/connection_lost"), 1, "2"),
        T("data-421", THEN_LOST("transient/server"), 1, "2"),
        T("data-close", THEN_LOST("transient/connection_lost"), 1, "2", .size = BIG),
        T("data-reset", THEN_LOST("transient/connection_lost"), 1, "2", .size = BIG),
        T("end-421", THEN_LOST("transient/server"), 1, "2"),
        T("end-close", THEN_LOST("uncertain/connection_lost"), 1, "2"),
        T("end-close-accepted", THEN_LOST("uncertain/connection_lost"), 2, "2"),
        T("end-reset-accepted", THEN_LOST("uncertain/connection_lost"), 2, "2"),
        T("greeting-close", "not_tried/connection_lost", -1),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void odd_answers_are_bounded_and_never_taken_for_success(void **state)
{
    (void)state;
#define THEN_UNFIT "delivered/accepted uncertain/connection_lost not_tried/protocol"
    static const struct trial trials[] = {
        T("end-multi", THEN_LOST("delivered/accepted"), 2, "2", .curl = ALL_GOOD,
          .curl_accepted = 3),
        T("end-long", THEN_LOST("delivered/accepted"), 2, "2", .curl = ALL_GOOD,
          .curl_accepted = 3),
        T("end-long-451", THEN_LOST("transient/server"), 1, "2", .curl = SECOND("transient/server"),
          .curl_accepted = 2),
        T("end-escape", SECOND("transient/server"), 2, "2"),
        T("end-escape-250", ALL_GOOD, 3, "2"),
        T("end-nul", SECOND("transient/server"), 2, "2"),
        T("end-999", SECOND("uncertain/protocol"), 2, "2"),
        T("end-garbage", SECOND("uncertain/protocol"), 3, "2", .curl = THEN_UNFIT,
          .curl_accepted = 2),
        T("end-megabyte", THEN_LOST("uncertain/connection_lost"), 2, "2"),
        T("end-endless", THEN_LOST("delivered/accepted"), 2, "2", .curl = THEN_UNFIT,
          .curl_accepted = 2),
        T("greeting-554", "not_tried/greeting", -1),
        T("greeting-421", "not_tried/greeting", -1),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void nothing_is_sent_without_the_right_tls(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        T("starttls-none", "not_tried/tls", -1),
        T("starttls-454", "not_tried/tls", -1),
        T("starttls-inject", "not_tried/tls", -1),
        T("starttls-garbage", "not_tried/tls", -1),
        T("good", "not_tried/tls", -1, .server = "wrong-name"),
        T("good", "not_tried/tls", -1, .server = "self-signed"),
        T("good", "not_tried/tls", -1, .server = "expired"),
        T("good", "not_tried/tls", -1, .option = "--tls", .value = "1.3", .curl = ALL_GOOD,
          .curl_accepted = 3),
    };
    run_unless_pipelined(trials, COUNT_OF(trials));
}

static void nothing_is_sent_without_the_login(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        T("auth-535", "config/auth", -1),
        T("auth-454", "not_tried/auth", -1),
        T("auth-535-530", "config/auth", -1),
        T("auth-454-530", "not_tried/auth", -1),
        T("auth-none", "config/auth", -1),
        T("auth-xoauth2", "config/auth", -1),
        T("auth-scram", "config/auth", -1),
        T("auth-cram", ALL_GOOD, 3),
        T("good", "config/auth", -1, .option = "--password", .value = "other"),
    };
    run_unless_pipelined(trials, COUNT_OF(trials));
}

/* Deadline 8 s: killed then. Every guard must have ended the session before. */
static void silent_and_dripping_peers_end_before_the_deadline(void **state)
{
    (void)state;
#define IN_TIME .deadline_ms = 8000, .within_ms = 7900
    static const struct trial trials[] = {
        T("greeting-none", "not_tried/timeout", -1, IN_TIME),
        T("greeting-drip", "not_tried/timeout", -1, IN_TIME),
        T("ehlo-none", "not_tried/timeout", -1, IN_TIME),
        T("starttls-hang", "not_tried/timeout", -1, IN_TIME),
        T("rcpt-none", "delivered/accepted transient/timeout not_tried/timeout", 1, "2", IN_TIME),
        T("data-never-reads", "delivered/accepted transient/timeout not_tried/timeout", 1, "2",
          IN_TIME, .size = BIG),
        T("data-never-reads", "delivered/accepted uncertain/timeout not_tried/timeout", 1, "2",
          IN_TIME),
        T("data-slow", ALL_GOOD, 3, "2", .deadline_ms = 40000, .size = BIG / 4),
        T("data-slow", "delivered/accepted transient/timeout not_tried/timeout", 1, "2", IN_TIME,
          .option = "--delay", .value = "1000", .size = BIG / 3),
        T("end-none", "delivered/accepted uncertain/timeout not_tried/timeout", 2, "2", IN_TIME),
        T("end-drip", "delivered/accepted uncertain/timeout not_tried/timeout", 2, "2", IN_TIME),
        T("quit-none", ALL_GOOD, 3, IN_TIME),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void odd_answers_at_any_stage_end_bounded(void **state)
{
    (void)state;
#define ODD(stage, on, number)                                                                     \
    T(stage "-odd-999", TRUE_TO_THE_LOG, number, on, IN_TIME),                                     \
        T(stage "-odd-garbage", TRUE_TO_THE_LOG, number, on, IN_TIME),                             \
        T(stage "-odd-megabyte", TRUE_TO_THE_LOG, number, on, IN_TIME),                            \
        T(stage "-odd-endless", TRUE_TO_THE_LOG, number, on, IN_TIME)
    static const struct trial trials[] = {
        ODD("greeting", NULL, -1), ODD("ehlo", NULL, -1), ODD("starttls", NULL, -1),
        ODD("auth", NULL, -1),     ODD("mail", "2", 1),   ODD("rcpt", "2", 1),
        ODD("data", "2", 1),
    };
    run_unless_pipelined(trials, COUNT_OF(trials));
}

static int make_authority(void **state)
{
    (void)state;
    char ca[300];
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(ca, sizeof(ca), "%s/ca", directory);
    const char *const arguments[] = {"sh", "tests/peers/ca.sh", ca, NULL};
    return peer_run(arguments) ? 0 : -1;
}

static int remove_all(void **state)
{
    (void)state;
    peer_remove(directory);
    return 0;
}

#define SMTP_TRIALS                                                                                \
    cmocka_unit_test(sends_a_session_whole_with_tls_and_login),                                    \
        cmocka_unit_test(refusals_concern_the_mail_they_answer),                                   \
        cmocka_unit_test(losses_are_told_apart_by_the_final_dot),                                  \
        cmocka_unit_test(odd_answers_are_bounded_and_never_taken_for_success),                     \
        cmocka_unit_test(nothing_is_sent_without_the_right_tls),                                   \
        cmocka_unit_test(nothing_is_sent_without_the_login),                                       \
        cmocka_unit_test(silent_and_dripping_peers_end_before_the_deadline),                       \
        cmocka_unit_test(odd_answers_at_any_stage_end_bounded)

#endif
