#include "channel/smtp_selftest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel/smtp_client.h"
#include "channel/smtp_dial.h"

#define SAW_DATA    1 /* exit status of the child: the mail came by DATA, as the play expects */
#define DEADLINE_MS 8000

/*
 * What the server says before each packet it reads. The library may send BDAT or several commands
 * at once if it believes it.
 */
struct line {
    const char *says;
    const char *expects; /* how the client's next packet must start */
    const char *second;  /* its second line; "": there is none */
};

#define OFFER "250-self-test\r\n250-PIPELINING\r\n250 CHUNKING\r\n"

static const struct line one_by_one[] = {
    {"220 self-test\r\n", "EHLO ", ""}, {OFFER, "MAIL ", ""}, {"250 ok\r\n", "RCPT ", ""},
    {"250 ok\r\n", "DATA\r\n", ""},     {NULL, NULL, NULL},
};

static const struct line two_at_once[] = {
    {"220 self-test\r\n", "EHLO ", ""},
    {OFFER, "MAIL ", ""},
    {"250 ok\r\n", "RCPT ", "DATA\r\n"},
    {"250 ok\r\n", NULL, NULL},
};

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        _exit(0);
}

static bool hears(int fd, const char *expected, const char *second)
{
    char line[512];
    ssize_t got = read(fd, line, sizeof(line) - 1);
    line[got > 0 ? got : 0] = '\0';
    const char *newline = strchr(line, '\n');
    return strncmp(line, expected, strlen(expected)) == 0 && newline != NULL &&
           strcmp(newline + 1, second) == 0;
}

/* The child: leaves with SAW_DATA if the library kept to the play. */
static void serve(int fd, const struct line *play)
{
    for (; play->expects != NULL; play++) {
        say(fd, play->says);
        if (!hears(fd, play->expects, play->second))
            _exit(0);
    }
    if (play->says != NULL)
        say(fd, play->says);
    char rest[512];
    ssize_t got;
    say(fd, "354 go\r\n");
    while ((got = read(fd, rest, sizeof(rest))) >= 3 && memcmp(rest + got - 3, ".\r\n", 3) != 0)
        continue;
    say(fd, "250 ok\r\n");
    if (hears(fd, "QUIT", ""))
        say(fd, "221 bye\r\n");
    _exit(SAW_DATA);
}

static int64_t stopped_clock(void *context)
{
    (void)context;
    return 0;
}

static void ignore_start(void *context, size_t index)
{
    (void)context, (void)index;
}

static void keep_outcome(void *context, size_t index, const struct disposition *d)
{
    (void)index;
    *(struct disposition *)context = *d;
}

static void run_session(int fd, bool pipelining, struct disposition *out)
{
    static const char bytes[] =
        "From: a@example.org\r\nTo: b@example.org\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
        "Message-ID: <a@example.org>\r\n\r\nx\r\n";
    const struct smtp_route route = {.host = "127.0.0.1",
                                     .port = 9,
                                     .helo_name = "self.test",
                                     .deadline_ms = DEADLINE_MS,
                                     .pipelining = pipelining,
                                     .stand_in = fd};
    const struct smtp_mail mail = {"a@example.org", "b@example.org", NULL, bytes,
                                   sizeof(bytes) - 1};
    const struct smtp_observer observer = {
        .context = out, .now_ms = stopped_clock, .started = ignore_start, .done = keep_outcome};
    smtp_client_run(&route, &mail, 1, &observer);
}

static int exit_status(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static int test_play(const struct line *play, bool pipelining, struct error *err)
{
    int ends[2];
    struct disposition d = {.outcome = OUTCOME_NOT_TRIED};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return error_errno(err, ERR_IO, "cannot test the mail library");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        serve(ends[1], play);
    }
    close(ends[1]);
    if (child > 0)
        run_session(ends[0], pipelining, &d);
    close(ends[0]);
    if (child < 0)
        return error_errno(err, ERR_IO, "cannot test the mail library");
    if (exit_status(child) != SAW_DATA || d.outcome != OUTCOME_DELIVERED)
        return error_set(
            err, ERR_INTERNAL,
            "this version of libesmtp does not honour the guards of this program (%s): use 1.1.0",
            d.reply);
    return 0;
}

int smtp_selftest(struct error *err)
{
    if (!smtp_dial_is_interposed())
        return error_set(err, ERR_INTERNAL,
                         "libesmtp would not use this program's connect(): link it with "
                         "-Wl,--export-dynamic-symbol=connect");
    int rc = test_play(one_by_one, false, err);
    return rc != 0 ? rc : test_play(two_at_once, true, err);
}
