/* What a report of a campaign is made of: gathered once, written as table, page or CSV. */
#ifndef DESK_REPORT_H
#define DESK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/session.h"
#include "model/delivery.h"

struct json_t;

enum report_language { REPORT_EN, REPORT_DE, REPORT_KO, REPORT_LANGUAGES };

/* People who share all of this. */
struct report_group {
    char *batch, *cohort, *locale, *cause;
    bool language_fallback, channel_fallback;
    enum channel_kind channel;
    enum delivery_state state;
    int64_t count;
};

/* What the campaign still owes somebody. */
struct report_duty {
    char *rule, *what;
    int64_t due_ms; /* 0: without a clock */
};

struct report {
    const char *name; /* of the campaign */
    struct report_group *groups;
    size_t count;
    struct report_duty *duties;
    size_t duty_count;
    bool duties_known;         /* they were looked at */
    struct buf duties_unknown; /* why they could not be; "": its campaign.yaml is not there */
    struct json_t
        *campaign;        /* the answer of "campaign"; NULL: its batches were handed over alone */
    struct json_t *sum;   /* the end of "report" */
    struct json_t *calls; /* the end of "calls" */
    int64_t people;       /* the groups together */
    int64_t expected;     /* people of the campaign; of its batches if nobody said */
    int64_t open;         /* people on whom the last word is not spoken */
    bool final;           /* neither people nor duties are open, and all are there */
};

/* `file`: of the campaign, NULL: as it was sent. Free with report_free(), also after an error. */
MUST_CHECK int report_gather(const struct invocation *inv, struct session *s, const char *name,
                             const char *file, struct report *out, struct error *err);
void report_free(struct report *r);

/* People by one thing they share and by state; rows in the order in which they were first met. */
enum report_by { BY_COHORT, BY_LANGUAGE, BY_CHANNEL, BY_NOTHING };
struct report_line {
    const char *name;
    int64_t counts[DELIVERY_STATES];
    int64_t total;
};
#define REPORT_LINES_MAX 64
size_t report_lines(const struct report *r, enum report_by by, struct report_line *out);
/* In words: delivered, open, uncertain, failed, expired, suppressed, cancelled. */
#define REPORT_COLUMNS 7
int64_t report_column(const struct report_line *line, size_t column);
const char *report_column_name(size_t column); /* English */
int64_t report_count_fallbacks(const struct report *r, bool of_language);
/* Delivered, and not to the folder of an outbox. */
bool report_reached(const struct report_group *g);
/* Of those that count as delivered: what lies in the folder of an outbox, and reached nobody. */
int64_t report_count_outbox(const struct report *r);

bool report_language_parse(const char *name, enum report_language *out);
const char *report_language_tag(enum report_language language);
/* What stands for an English sentence or word of the report; itself if nobody translated it. */
const char *report_word(enum report_language language, const char *english);

/* What a cause means, in a sentence; in English, or as the word itself, if nobody translated it. */
const char *report_cause(enum report_language language, const char *cause);

void report_put_html(const struct report *r, enum report_language language, struct buf *out);
void report_put_csv(const struct report *r, struct buf *out);

#endif
