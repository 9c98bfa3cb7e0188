/* How commands that check files tell what is wrong: file:line:column, the sentence, the line it is
 * about and a caret under the right column, also under Hangul; or a line of JSON. */
#ifndef LETTERS_CHECK_REPORT_H
#define LETTERS_CHECK_REPORT_H

#include <stdio.h>
#include <stddef.h>

#include "base/problems.h"
#include "cli/command.h"

#define CHECK_KINDS 24

struct check_report {
    const struct invocation *inv;
    bool brief; /* another command asks: errors alone, a line each, on stderr */
    size_t errors, warnings;
    /* The warnings by their rule, for whom all of them are too many; those of a rule for which
     * there is no room are counted in `warnings` alone. */
    struct check_kind {
        char rule[64];
        size_t count;
    } kinds[CHECK_KINDS];
    size_t kind_count;
    size_t late; /* told as errors, but they keep nothing from being sent */
};

/* A problem_fn: `context` is the report. */
void check_report_problem(void *context, const struct problem *p);
/* One alone, in a line: "FILE:3:1: error: ... [rule]". */
struct invocation;
void check_report_line(const struct invocation *inv, FILE *to, const struct problem *p);
/* What a finding says, in the operator's language and time. */
void check_report_put(const struct invocation *inv, struct buf *out, const char *text,
                      const char *rule);
/* A failure that carries its position in front of the sentence. */
void check_report_failure(struct check_report *r, const struct error *why);
struct settings_remark;
void check_report_remark(struct check_report *r, const struct settings_remark *remark);
/* The line "file:12:5" is about, and a caret below; nothing if it cannot be read. */
void check_report_source(const char *position);
/* "2 errors, 1 warning, 3 letters"; `one` NULL: nothing was counted. Nothing with --json. */
void check_report_total(const struct check_report *r, size_t count, const char *one,
                        const char *many);
/* 65 if there were errors, or warnings with --strict; else 0. */
int check_report_status(const struct check_report *r);

/* The rule of problems of the configuration, whose lines are never shown. */
extern const char check_config_rule[];

#endif
