/*
 * Which template, language and channels a notice gets: rules.yaml, first match wins. Pure: no
 * clock, no I/O.
 */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include "base/error.h"
#include "model/job.h"
#include "model/settings.h"

struct route {
    const char *template_name; /* borrowed from the job or the rules */
    char locale[36];           /* wanted tag after aliases; render looks it up among what exists */
    bool locale_is_fallback;   /* the job named none, so it is rules.locale.fallback */
    enum channel_kind
        channels[JOB_CHANNELS_MAX]; /* only those the recipient has an address for, in order */
    size_t channel_count;
    enum channel_kind dropped[JOB_CHANNELS_MAX]; /* wanted, but the recipient has no address */
    size_t dropped_count;
    /* By place in `channels`, of single routing: the next channel's turn comes so long after this
     * one began, 0: only when it has failed; and does only a receipt `confirmed` count as told? */
    int64_t patience_ms[JOB_CHANNELS_MAX];
    bool confirm[JOB_CHANNELS_MAX];
    enum job_method method;
    enum fallback_policy on_fallback;
    const struct rule *rule; /* the one that matched, NULL: none */
};

/*
 * Decides. What the job says (template, routing) wins over the rule; the rule over the defaults.
 * ERR_INPUT if no template or no usable channel comes out of it: the sentence says which member to
 * add to the job or which rule. `category`: the notice's own or that of the template it names;
 * NULL.
 */
MUST_CHECK int route_decide(const struct rules *rules, const struct job *job, const char *category,
                            struct route *out, struct error *err);
/* The condition of a rule that does not hold for this job ("campaign", "template", "category",
 * "locale", "priority"); NULL: all of them hold. `locale` as route_decide() gives it. */
const char *route_find_mismatch(const struct rule *rule, const struct job *job,
                                const char *category, const char *locale);

/* Is it a language tag, or does an alias make it one? ERR_INPUT with what is meant if that is
 * known: german is no tag, and without a word its reader would get a letter in the fallback. */
MUST_CHECK int route_check_locale(const struct rules *rules, const char *tag, struct error *err);

#endif
