/* A campaign: one letter for the cohorts of an incident, in several languages, out of one version
 * of a fact sheet; one link in the chain possibility, initial, confirmed, supplement, progress, all
 * clear. */
#ifndef MODEL_CAMPAIGN_H
#define MODEL_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/place.h"
#include "model/batch.h"
#include "model/delivery.h"

enum notice_kind {
    NOTICE_NONE, /* no breach notice: an update, an offer, an answer */
    NOTICE_POSSIBILITY,
    NOTICE_INITIAL,
    NOTICE_CONFIRMED,
    NOTICE_SUPPLEMENT,
    NOTICE_PROGRESS,
    NOTICE_ALL_CLEAR,
    NOTICE_PUBLIC,
};

/* A rule that was set aside: never silently, and by two people. */
struct exemption {
    char *rule; /* "kr-pipa-34-1:KR10" */
    char *reason;
    char **by;
    size_t by_count;
    struct place place;
};

struct campaign_cohort {
    char *name;
    char *audience; /* path of a CSV file, NULL: not there yet */
    struct place place;
};

/* The first ones of it, before everybody. */
struct campaign_canary {
    int64_t first; /* so many people; 0: none */
    bool go_on;    /* by itself; else it waits until somebody has looked */
    double share;  /* go_on: only while fewer of them than this failed; 0: the engine's */
};

/* The rest in portions. */
struct campaign_waves {
    int64_t people; /* in each; 0: everybody at once */
    int64_t every_ms;
    struct send_window hours; /* a wave begins only then; no length: always */
    char *zone;               /* of the hours and days; NULL: the configuration's */
    unsigned days;            /* bit 0 is Monday; 0: every day */
};

/* What is asked before each message leaves. */
struct campaign_condition {
    char *endpoint;     /* of the configuration; NULL: nothing is asked */
    struct place place; /* of the key */
};

struct campaign {
    char *file;
    unsigned char sha256[DIGEST_SIZE]; /* of the bytes it was read from */
    char *id;
    char *template_name;
    enum notice_kind kind;
    char *category; /* "breach_notice" */
    char *facts;    /* path of the fact sheet, NULL: none */
    char **languages;
    size_t language_count;
    bool channels[CHANNEL_KINDS];
    struct campaign_cohort *cohorts;
    size_t cohort_count;
    char *population;   /* path, NULL if absent */
    int64_t send_at_ms; /* 0: not planned yet */
    char *supersedes;   /* path of the campaign before it in the chain, NULL: the first */
    char *delay_reason; /* "containment", "force_majeure"; NULL */
    int64_t sms_parts;  /* so many parts of an SMS are accepted; 0: one */
    char *reference;    /* the number the letters quote; "auto": each person gets their own; NULL */
    struct exemption *exemptions;
    size_t exemption_count;
    char **approvals; /* roles that must agree before it leaves: "legal" */
    size_t approval_count;
    struct send_window window; /* hours where the reader lives; no length: the transport's */
    struct halt_rule halt;
    struct campaign_canary canary;
    struct campaign_waves waves;
    int64_t expires_at_ms; /* 0: never */
    char **phoned;         /* cohorts that are called as well */
    size_t phoned_count;
    struct campaign_condition condition;
    struct place kind_place, facts_place, send_at_place, supersedes_place, template_place,
        languages_place, channels_place, population_place, zone_place;
};

void campaign_free(struct campaign *c);
/* NULL if there is none. */
const struct campaign_cohort *campaign_cohort(const struct campaign *c, const char *name);
/* "mon" ... of bit 0 to 6. */
const char *campaign_day_name(size_t day);
const char *notice_kind_name(enum notice_kind kind); /* "all_clear" */
bool notice_kind_parse(const char *name, enum notice_kind *out);

#endif
