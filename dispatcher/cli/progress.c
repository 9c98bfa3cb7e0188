#include "cli/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/unicode.h"
#include "cli/command.h"
#include "cli/output.h"

#define BAR_CELLS         20
#define REDRAW_MS         200
#define PLAIN_MS          10000
#define SAMPLE_MS         1000
#define RATE_WINDOW_MS    60000
#define DEFAULT_WIDTH     80
#define ENVIRONMENT_SPEED "DISPATCHER_PROGRESS_SECONDS"

/* ---- the line ---- */

/* Rounded down: 100% is said when all is done, not before. */
static int64_t percent(const struct progress_facts *f)
{
    if (f->total <= 0 || f->done >= f->total)
        return f->total > 0 ? 100 : 0;
    return f->done > 0 ? (int64_t)((double)f->done * 100 / (double)f->total) : 0;
}

static void put_bar(struct buf *out, int64_t hundredths)
{
    int64_t full = hundredths * BAR_CELLS / 100;
    for (int64_t i = 0; i < BAR_CELLS; i++)
        buf_puts(out, i < full ? "\u2588" : "\u2591");
    buf_puts(out, "  ");
}

static void put_counts(struct buf *out, const struct progress_facts *f, const char *gap)
{
    char number[OUTPUT_NUMBER_SIZE];
    buf_puts(out, output_number(f->done, number));
    if (f->total > 0)
        buf_printf(out, "/%s", output_number(f->total, number));
    if (f->per_second >= 0)
        buf_printf(out, "%s%s/s", gap, output_number((int64_t)(f->per_second + 0.5), number));
    if (f->eta_ms >= 0 && f->done < f->total)
        buf_printf(out, "%sETA %s", gap, output_span(f->eta_ms, number));
    if (f->tail != NULL && f->tail[0] != '\0')
        buf_printf(out, "%s%s", gap, f->tail);
}

/* Whole characters only. */
void progress_cut(struct buf *out, size_t start, size_t width)
{
    const char *at = out->data + start, *end = out->data + out->len;
    size_t used = 0;
    while (at < end) {
        const char *next = at;
        utf8_next(&next, end);
        used += unicode_width(at, (size_t)(next - at));
        if (used >= width)
            break;
        at = next;
    }
    buf_truncate(out, (size_t)(at - out->data));
}

void progress_put_line(struct buf *out, const struct progress_facts *f, size_t width)
{
    size_t start = out->len;
    if (width == 0) {
        buf_printf(out, "%s: ", f->label);
        if (f->total > 0)
            buf_printf(out, "%lld%%, ", (long long)percent(f));
        put_counts(out, f, ", ");
        return;
    }
    buf_printf(out, "%s  ", f->label);
    if (f->total > 0) {
        if (width >= unicode_width(f->label, strlen(f->label)) + BAR_CELLS + 40)
            put_bar(out, percent(f));
        buf_printf(out, "%lld%%  ", (long long)percent(f));
    }
    put_counts(out, f, "  ");
    progress_cut(out, start, width);
}

void progress_put_json(struct buf *out, const struct progress_facts *f)
{
    buf_puts(out, "{\"v\":1,\"type\":\"status\",\"what\":");
    buf_put_json(out, f->label);
    buf_printf(out, ",\"done\":%" PRId64, f->done);
    if (f->total > 0)
        buf_printf(out, ",\"total\":%" PRId64, f->total);
    else
        buf_puts(out, ",\"total\":null");
    if (f->per_second >= 0)
        buf_printf(out, ",\"rate_per_s\":%.1f", f->per_second);
    else
        buf_puts(out, ",\"rate_per_s\":null");
    if (f->eta_ms >= 0)
        buf_printf(out, ",\"eta_s\":%" PRId64 "}\n", f->eta_ms / 1000);
    else
        buf_puts(out, ",\"eta_s\":null}\n");
}

/* ---- the bar ---- */

bool bar_fits(FILE *to)
{
    const char *kind = getenv("TERM");
    return isatty(fileno(to)) == 1 && kind != NULL && !text_equal(kind, "dumb");
}

size_t bar_width(FILE *to)
{
    struct winsize size = {0};
    if (ioctl(fileno(to), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_WIDTH;
    return size.ws_col;
}

void bar_draw(struct bar *bar, const char *line)
{
    fprintf(bar->to, "\r%s\x1b[K", line);
    fflush(bar->to);
    bar->standing = true;
}

void bar_wipe(struct bar *bar)
{
    if (bar->standing)
        fputs("\r\x1b[K", bar->to);
    bar->standing = false;
    fflush(bar->to);
}

/* ---- showing ---- */

int64_t progress_plain_ms(void)
{
    int64_t seconds = 0;
    const char *text = getenv(ENVIRONMENT_SPEED);
    bool given = text != NULL && text_parse_int(text, &seconds) && seconds > 0 && seconds < 86400;
    return given ? seconds * 1000 : PLAIN_MS;
}

static void asking_signal(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGUSR1);
}

void progress_hold_questions(void)
{
    sigset_t one;
    asking_signal(&one);
    sigprocmask(SIG_BLOCK, &one, NULL);
}

bool progress_is_asked(void)
{
    static const struct timespec at_once = {0, 0};
    sigset_t one;
    asking_signal(&one);
    return sigtimedwait(&one, NULL, &at_once) == SIGUSR1;
}

void progress_begin(struct progress *p, const struct invocation *inv, const char *label,
                    int64_t now_ms)
{
    *p = (struct progress){.label = label, .bar = {.to = stderr}};
    p->quiet = invocation_quiet(inv);
    p->json = invocation_json(inv);
    p->terminal = !p->json && bar_fits(stderr);
    p->interval_ms = p->terminal ? REDRAW_MS : progress_plain_ms();
    progress_hold_questions();
    p->shown_ms = p->sampled_ms = now_ms;
    pace_add(&p->pace, now_ms, 0);
}

static void take_sample(struct progress *p, int64_t done, int64_t now_ms)
{
    if (now_ms - p->sampled_ms < SAMPLE_MS)
        return;
    p->sampled_ms = now_ms;
    pace_add(&p->pace, now_ms, done);
}

static void show(struct progress *p, int64_t done, int64_t total, const char *tail)
{
    const struct progress_facts f = {.label = p->label,
                                     .done = done,
                                     .total = total,
                                     .per_second = pace_rate(&p->pace, RATE_WINDOW_MS),
                                     .eta_ms = pace_eta_ms(&p->pace, total - done),
                                     .tail = tail};
    struct buf line = {0};
    if (p->json)
        progress_put_json(&line, &f);
    else
        progress_put_line(&line, &f, p->terminal ? bar_width(stderr) : 0);
    if (p->terminal)
        bar_draw(&p->bar, buf_text(&line));
    else
        fprintf(stderr, "%s%s", buf_text(&line), p->json ? "" : "\n");
    buf_free(&line);
}

void progress_hide(struct progress *p)
{
    bar_wipe(&p->bar);
}

void progress_update(struct progress *p, int64_t done, int64_t total, const char *tail,
                     int64_t now_ms)
{
    take_sample(p, done, now_ms);
    bool asked = progress_is_asked();
    if (!asked && (p->quiet || now_ms - p->shown_ms < p->interval_ms))
        return;
    p->shown_ms = now_ms;
    show(p, done, total, tail);
}

void progress_end(struct progress *p, int64_t done, int64_t total, const char *tail, int64_t now_ms)
{
    take_sample(p, done, now_ms);
    if (p->quiet || !p->terminal)
        return;
    show(p, done, total, tail);
    fputc('\n', stderr);
    p->bar.standing = false;
}
