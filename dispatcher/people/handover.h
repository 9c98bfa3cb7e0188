/*
 * One batch on its way into the spool: every row is checked as the daemon will, and written beside
 * it; then all of it is published, or nothing. For `enqueue` and `send`.
 */
#ifndef PEOPLE_HANDOVER_H
#define PEOPLE_HANDOVER_H

#include "base/buf.h"
#include "base/digest.h"
#include "cli/command.h"
#include "engine/client.h"
#include "engine/setup.h"
#include "people/findings.h"
#include "people/handover_report.h"
#include "people/interrupt.h"
#include "spool/spool.h"

struct handover;

/* Everything is borrowed, and outlives the handover. */
struct handover_options {
    const struct invocation *inv;
    const struct setup *setup;
    struct spool *spool;
    struct client *client;       /* NULL: nobody can be asked what is known */
    struct interrupt *interrupt; /* NULL: a signal ends the process at once */
    const char *batch;           /* path of batch.json, or of the campaign, for messages */
    const struct buf *text; /* what a campaign or options put into batch.json; NULL: it is read */
    bool of_campaign;       /* the text is a campaign's */
    const char *sheet, *cohort; /* of facts; NULL: none */
    const char *csv, *jsonl;    /* the recipients, one of both */
    const char *problems;       /* where all that is wrong is written; NULL: only counted */
    bool shared_addresses, partial;
    bool skip_wrong; /* the good rows go without the wrong ones */
    bool dry;        /* looks only: nothing is written but the problems */
    void (*on_row)(void *context, int64_t row, const struct intake_plan *plan); /* each good one */
    void (*on_finding)(void *context, const struct finding *finding);
    void *context;
};

/* Close *out in any case. */
MUST_CHECK int handover_open(const struct handover_options *options, struct handover **out,
                             struct error *err);
/* 0; EX_DATAERR: rows are wrong, which was told; or an error code. */
MUST_CHECK int handover_read(struct handover *h, struct error *err);
/* NULL: what all share could not be read. Borrowed. */
const char *handover_id(const struct handover *h);
/* After handover_read(): what it found, for the closing words. */
void handover_put_result(const struct handover *h, struct batch_result *out);
/* After handover_read(): the sum of the table as it was read. */
void handover_sum_table(const struct handover *h, unsigned char out[DIGEST_SIZE]);
/* The sum of the fact sheet as it was read; NULL: there is none. Borrowed. */
const unsigned char *handover_sheet_sum(const struct handover *h);
/* *out_known: the same batch was handed over before. ERR_CONFLICT: another one was. */
MUST_CHECK int handover_publish(struct handover *h, bool *out_known, struct error *err);
void handover_close(struct handover *h);

#endif
