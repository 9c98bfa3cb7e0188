/*
 * The live screen. It is drawn on stderr, on the terminal's other page, so that standard output
 * stays for data and what stood there before comes back; whichever way it ends.
 */
#include "operator/command_list.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/cause.h"
#include "model/json.h"
#include "operator/steps.h"
#include "operator/top_screen.h"

#define REDRAW_MS   1000
#define PLAIN_WIDTH 120 /* of what is no terminal */
#define STATUS_INT  130
#define STATUS_TERM 143

#define ENTER "\x1b[?1049h\x1b[?25l"
#define LEAVE "\x1b[?25h\x1b[?1049l"

struct top {
    const struct invocation *inv;
    struct session session;
    int signals;
    bool keys; /* standard input is a terminal, set to give single keys */
    struct termios before;
    bool paused, help, failures;
    bool seen; /* the daemon; whether it has gone since */
    bool gone;
    struct buf page; /* drawn last */
};

/* $COLUMNS, else the terminal's. */
static size_t find_width(FILE *to)
{
    int64_t columns = 0;
    const char *text = getenv("COLUMNS");
    if (text != NULL && text_parse_int(text, &columns) && columns >= 20 && columns <= 1000)
        return (size_t)columns;
    return isatty(fileno(to)) == 1 ? bar_width(to) : PLAIN_WIDTH;
}

static size_t find_height(void)
{
    struct winsize size = {0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

/* ---- once ---- */

static int ask(struct session *s, struct buf *end, struct error *err)
{
    return client_ask(s->client, "{\"v\":1,\"verb\":\"top\"}", NULL, end, err);
}

static int put_page(struct top *t, size_t width, struct buf *out, struct error *err)
{
    struct buf end = {0};
    struct json_t *facts = NULL;
    int rc = ask(&t->session, &end, err);
    if (rc == 0)
        rc = json_parse(buf_text(&end), end.len, "answer", 1, 8, &facts, err);
    if (rc == 0)
        top_put_screen(t->inv, facts, width, out);
    json_free(facts);
    buf_free(&end);
    return rc;
}

static int print_once(struct top *t, struct error *err)
{
    struct buf out = {0};
    int rc = invocation_json(t->inv) ? ask(&t->session, &out, err)
                                     : put_page(t, find_width(stdout), &out, err);
    if (rc == 0)
        fwrite(buf_text(&out), 1, out.len, stdout);
    buf_free(&out);
    return rc;
}

/* ---- the other page of the terminal ---- */

static void enter(struct top *t)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGWINCH);
    sigprocmask(SIG_BLOCK, &set, NULL);
    t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    t->keys = tcgetattr(STDIN_FILENO, &t->before) == 0;
    if (t->keys) {
        struct termios raw = t->before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    fputs(ENTER, stderr);
    fflush(stderr);
}

static void leave(struct top *t)
{
    fputs(LEAVE, stderr);
    fflush(stderr);
    if (t->keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &t->before);
    if (t->signals >= 0)
        close(t->signals);
}

/* Line by line over what stands there, so that nothing flickers. */
static void draw(const struct top *t)
{
    size_t left = find_height() - 1;
    const char *at = buf_text(&t->page);
    fputs("\x1b[H", stderr);
    while (*at != '\0' && left > 0) {
        size_t len = strcspn(at, "\n");
        fwrite(at, 1, len, stderr);
        fputs("\x1b[K\r\n", stderr);
        at += len + (at[len] == '\n' ? 1 : 0);
        left--;
    }
    fputs("\x1b[J", stderr);
    fflush(stderr);
}

/* ---- pages ---- */

static void put_help(const struct top *t, struct buf *out)
{
    say_put(t->inv, out, "q  ends\n");
    say_put(t->inv, out, "p  stops the display, and lets it go on\n");
    say_put(t->inv, out, "f  what has failed, by cause; again: back\n");
    say_put(t->inv, out, "?  this page; again: back\n");
    say_put(t->inv, out, "\nRates are of the last ten seconds, P50 and P95 of the last minute.\n");
}

struct listing {
    const struct top *top;
    struct buf *out;
    size_t width;
};

static void put_failure(void *context, const struct json_t *row)
{
    const struct listing *l = context;
    const char *cause = json_get_text(row, "cause", ""), *meaning = cause_meaning(cause);
    char number[OUTPUT_NUMBER_SIZE];
    size_t start = l->out->len;
    buf_printf(
        l->out, "%9s  %-7s  %s, %s. %s", output_number(json_get_int(row, "count", 0), number),
        json_get_text(row, "channel", ""), say_word(l->top->inv, json_get_text(row, "state", "")),
        cause, meaning != NULL ? say_word(l->top->inv, meaning) : "");
    progress_cut(l->out, start, l->width);
    buf_putc(l->out, '\n');
}

/* Beside the daemon: it is not asked for what has to be counted. */
static int put_failures(const struct top *t, struct buf *out, struct error *err)
{
    struct listing l = {t, out, find_width(stderr)};
    struct session beside;
    int rc = session_open_beside(t->inv, &beside, err);
    if (rc == 0)
        rc = steps_ask(&beside, t->inv, "failures", put_failure, &l, err);
    session_close(&beside);
    say_put(t->inv, out, "\nWhat to do: dispatcher failures\n");
    return rc;
}

static void put_gone(const struct top *t, struct buf *out)
{
    buf_printf(out, "%s\n",
               say_word(t->inv, "The daemon is gone; nothing is sent. Waiting for the next one "
                                "(dispatcher run)."));
}

static int put_wanted(struct top *t, struct buf *out, struct error *err)
{
    int rc = t->gone ? session_reach_again(&t->session, err) : 0;
    if (rc == 0 && t->help)
        put_help(t, out);
    else if (rc == 0 && t->failures)
        rc = put_failures(t, out, err);
    else if (rc == 0)
        rc = put_page(t, find_width(stderr), out, err);
    return rc;
}

static int refresh(struct top *t, struct error *err)
{
    struct buf page = {0};
    int rc = put_wanted(t, &page, err);
    t->gone = rc == ERR_DOWN && t->seen;
    t->seen = t->seen || rc == 0;
    if (t->gone) {
        buf_reset(&page);
        put_gone(t, &page);
        rc = 0;
    }
    if (rc == 0 && t->paused)
        say_put(t->inv, &page, "\nThe display is stopped; p lets it go on.\n");
    buf_free(&t->page);
    t->page = page;
    return rc;
}

/* ---- the loop ---- */

/* True: it ends. */
static bool take_key(struct top *t, char key)
{
    t->help = key == '?' && !t->help;
    t->failures = key == 'f' ? !t->failures : t->failures;
    t->paused = key == 'p' ? !t->paused : t->paused;
    return key == 'q';
}

/* The status to end with; 0: it goes on. */
static int take_signals(const struct top *t)
{
    struct signalfd_siginfo info;
    int status = 0;
    while (read(t->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGINT)
            status = STATUS_INT;
        else if (info.ssi_signo == SIGTERM)
            status = STATUS_TERM;
    }
    return status;
}

/* Until something is to be drawn. *out_end: nothing any more; returns the status then. */
static int wait_for_news(struct top *t, bool *out_end)
{
    struct pollfd fds[] = {{.fd = t->signals, .events = POLLIN},
                           {.fd = t->keys ? STDIN_FILENO : -1, .events = POLLIN}};
    char key = '\0';
    (void)poll(fds, COUNT_OF(fds), REDRAW_MS);
    int status = fds[0].revents != 0 ? take_signals(t) : 0;
    *out_end = status != 0;
    if (fds[1].revents != 0 && read(STDIN_FILENO, &key, 1) != 1)
        *out_end = true; /* the terminal is gone */
    else if (fds[1].revents != 0)
        *out_end = take_key(t, key) || *out_end;
    return status;
}

static int run_screen(struct top *t, struct error *err)
{
    bool end = false, was_paused = false;
    int rc = 0, status = 0;
    while (rc == 0 && !end) {
        if (!t->paused || !was_paused)
            rc = refresh(t, err);
        was_paused = t->paused && !t->help && !t->failures;
        if (rc == 0)
            draw(t);
        if (rc == 0)
            status = wait_for_news(t, &end);
    }
    return rc != 0 ? rc : status;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct top t = {.inv = inv, .signals = -1};
    bool once = option_given(inv, "once");
    if (!once && (invocation_json(inv) || !bar_fits(stderr)))
        return error_set(err, ERR_USAGE,
                         "the live screen needs a terminal; --once prints one look");
    int rc = session_open(inv, LEDGER_READ, &t.session, err);
    if (rc == 0 && once) {
        rc = print_once(&t, err);
    } else if (rc == 0) {
        enter(&t);
        rc = run_screen(&t, err);
        leave(&t);
    }
    session_close(&t.session);
    buf_free(&t.page);
    return rc;
}

static const struct option_row options[] = {
    {"once", 0, NULL, "print one look and end"},
};

const struct command command_top = {
    .name = "top",
    .arguments = "",
    .summary = "what the daemon does, live: speed of transports and batches",
    .details =
        "  dispatcher top\n"
        "  dispatcher top --once --json\n\n"
        "Workers, disk, counts by state; of each transport what was sent, put off and failed in a "
        "second (mean of the last ten),\n"
        "how many are in flight, how long half and 95 per cent of the attempts of the last minute "
        "took, "
        "and its last 60 seconds; of each\n"
        "batch that is under way how far it is. Keys: q ends, p stops the display, f what has "
        "failed, ? help.\n\n"
        "JSON, one object: v, version, at, the members of `status`, free_bytes, free_inodes, "
        "counts (by state), pulses (of each\n"
        "transport: transport, sent_per_s, deferred_per_s, failed_per_s, p50_ms, p95_ms (-1: "
        "nothing happened), last_60s: sent in\n"
        "each second), batches (batch, campaign, stop, stop_reason, lines, lines_taken, counts, "
        "and the members of a pulse).",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
