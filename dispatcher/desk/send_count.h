/* Who would get a campaign: every row read and judged as it will be when it leaves, and counted. */
#ifndef DESK_SEND_COUNT_H
#define DESK_SEND_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "desk/campaign_dossier.h"
#include "desk/send_domains.h"
#include "engine/setup.h"
#include "people/handover.h"

struct send_locale {
    char tag[36];
    int64_t people;
};

struct send_cohort {
    const struct campaign_cohort *cohort; /* with an audience; borrowed */
    int64_t people;                       /* who will be sent to */
    int64_t wrong;
    char *problems; /* the file with what is wrong with it */
};

struct send_counts {
    int64_t rows, people, wrong;
    int64_t first[CHANNEL_KINDS], later[CHANNEL_KINDS]; /* begins there; only if that fails */
    struct send_locale *locales;
    size_t locale_count;
    struct send_cohort *cohorts;
    size_t cohort_count;
    int64_t no_address, no_language, twins, others; /* what is wrong, by kind */
    int64_t allowed;                                /* on the allow list of trial mode */
    struct send_domains domains;                    /* of those who begin by mail */
};

struct send_world {
    const struct invocation *inv;
    const struct setup *setup;
    const struct dossier *dossier;
    struct spool *spool;
    struct client *client;
    int64_t send_at_ms;
};

/* Rows that are wrong are told and counted. ERR_*: the tables cannot be read. Free in any case. */
MUST_CHECK int send_count(const struct send_world *w, struct send_counts *out, struct error *err);
void send_counts_free(struct send_counts *c);

/* What handing this cohort over takes; `text` gets what stands in batch.json, `cohort` and both are
 * borrowed by the options. */
void send_fill_options(const struct send_world *w, const struct send_cohort *cohort,
                       struct buf *text, struct handover_options *out);

#endif
