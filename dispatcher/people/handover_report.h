/* What became of a batch, in its last lines. */
#ifndef PEOPLE_HANDOVER_REPORT_H
#define PEOPLE_HANDOVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct intake_plan;
struct invocation;

#define FALLBACKS_SHOWN 5

/* Recipients who get the letter in a language they did not ask for; the first of them by name. */
struct fallbacks {
    int64_t count;
    struct fallback {
        int64_t row;
        bool held;      /* until somebody lets it go, as the rule wants */
        char asked[40]; /* "": for none */
        char gets[40];
    } first[FALLBACKS_SHOWN];
};

/* Does nothing with one that gets what was asked for. */
void fallbacks_add(struct fallbacks *f, int64_t row, const struct intake_plan *plan);
/* Says so on stderr, if there are any. `place`: "row", "line". */
void report_fallbacks(const struct invocation *inv, const struct fallbacks *f, const char *place);

struct batch_result {
    const struct invocation *inv;
    bool json;
    const char *id;
    int64_t count; /* rows read */
    /* of a refused one */
    int64_t wrong, problems;
    const char *file; /* with all problems */
    bool unreadable;  /* it stands in another charset */
    bool batch_wrong; /* so is batch.json, for all rows */
    /* of a queued one */
    bool known; /* it was before */
    bool trial; /* of the configuration */
    const struct fallbacks *fallbacks;
};

void report_refused(const struct batch_result *r);
/* With --json: the last line of one that was refused as a whole, or whose id is another's. `id`
 * NULL: it could not be read. Nothing is said of what may pass: a full disk, a silent daemon. */
void report_denied(const struct invocation *inv, const char *id, const struct error *why);
void report_queued(const struct batch_result *r);
/* In trial mode most people get nothing: who, and what to do about it. `id` NULL: of no batch. */
void report_trial(const struct invocation *inv, const char *id);

#endif
