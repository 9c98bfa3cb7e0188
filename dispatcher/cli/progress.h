/*
 * Progress of something long, on stderr: a bar that redraws itself on a terminal; else one plain
 * line every ten seconds ($DISPATCHER_PROGRESS_SECONDS), so that a log stays readable, and with
 * --json an object as often. SIGUSR1 shows it at once.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "cli/pace.h"

struct progress_facts {
    const char *label;
    int64_t done, total; /* total 0: not known */
    double per_second;   /* below 0: not known yet */
    int64_t eta_ms;      /* below 0: nobody knows */
    const char *tail;    /* e.g. "delivered 29,120  failed 51"; NULL: nothing */
};

/*
 * One line without its end: for a terminal of `width` columns at most so many
 *
 *     recall-2026  ████████████░░░░░░░░  61%  29,402/48,190  49/s  ETA 6m22s  delivered 29,120
 *
 * with width 0 the same in plain words. Pure.
 */
void progress_put_line(struct buf *out, const struct progress_facts *f, size_t width);

/* What stands behind `start` fits into so many columns, and not the last one: a terminal may wrap
 * there. */
void progress_cut(struct buf *out, size_t start, size_t width);

/* A line that is drawn over on a terminal. */
struct bar {
    FILE *to; /* stdout or stderr */
    bool standing;
};
/* Can it be drawn over? */
bool bar_fits(FILE *to);
/* Columns of the terminal. */
size_t bar_width(FILE *to);
void bar_draw(struct bar *bar, const char *line);
/* Takes it off, so that something else can be said there. */
void bar_wipe(struct bar *bar);

struct progress {
    const char *label; /* borrowed */
    struct bar bar;
    bool terminal, quiet, json;
    int64_t interval_ms, shown_ms;
    struct pace pace;
    int64_t sampled_ms;
};

/*
 *     {"v":1,"type":"status","what":"recall-2026","done":29402,"total":48190,"rate_per_s":49.2,
 *      "eta_s":382}
 *
 * and a line end; null is what is not known. Pure.
 */
void progress_put_json(struct buf *out, const struct progress_facts *f);

struct invocation;
/* -q shows nothing. Times are monotonic. From here on SIGUSR1 is held back until it is looked for,
 * for as long as the process lives. */
void progress_begin(struct progress *p, const struct invocation *inv, const char *label,
                    int64_t now_ms);
/* SIGUSR1 is a question then; otherwise it would end the process. For who shows it himself. */
void progress_hold_questions(void);
/* Was it asked since the last time? */
bool progress_is_asked(void);
/* How often a line is due where there is no terminal. */
int64_t progress_plain_ms(void);
/* As often as you like: shows something when it is time to. Takes the samples for the speed. */
void progress_update(struct progress *p, int64_t done, int64_t total, const char *tail,
                     int64_t now_ms);
/* Takes the bar off the terminal, so that something else can be said there. */
void progress_hide(struct progress *p);
/* On a terminal: shows the last state and leaves the line. */
void progress_end(struct progress *p, int64_t done, int64_t total, const char *tail,
                  int64_t now_ms);

#endif
