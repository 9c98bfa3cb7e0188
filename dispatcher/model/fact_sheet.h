/*
 * The fact sheet of an incident: one version of what is known, from which every letter in every
 * language takes its facts, so that two letters cannot disagree. A version never changes; what is
 * learned later is a new one that names the one before.
 */
#ifndef MODEL_FACT_SHEET_H
#define MODEL_FACT_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/place.h"

struct json_t;

enum incident_kind {
    INCIDENT_LEAK,
    INCIDENT_LOSS,
    INCIDENT_THEFT,
    INCIDENT_FORGERY,
    INCIDENT_ALTERATION,
    INCIDENT_DAMAGE,
    INCIDENT_NONE, /* no personal data: an outage */
};
enum certainty { CERTAINTY_POSSIBLE, CERTAINTY_CONFIRMED, CERTAINTY_REFUTED };

/* A moment with where it is known from; `at_ms` 0: not given. */
struct known_time {
    int64_t at_ms;
    char *source;
};

struct fact_cohort {
    char *name;
    char *from;           /* the cohort of the version before that they were in; NULL: this one */
    struct json_t *label; /* {"de": ...}, NULL if absent */
    int64_t affected;     /* how many of them the incident hit, or may have; -1: not given */
    int64_t people;       /* readers; -1: as many as are affected */
    char **jurisdictions; /* its own, or the sheet's */
    size_t jurisdiction_count;
    bool own_jurisdictions;
    struct json_t *facts; /* its own, an object */
    struct place place;
};

/* Where a fact, or a group of them ("remedy"), stands, for messages. */
struct fact_place {
    char *cohort; /* NULL: of everybody */
    char *name;   /* dotted */
    bool group;
    struct place place;
};

struct fact_sheet {
    char *file;
    unsigned char sha256[DIGEST_SIZE]; /* of the bytes it was read from */
    char *incident;
    int version;
    char *supersedes; /* path of the version before, NULL: the first */
    int64_t valid_from_ms;
    enum incident_kind kind;
    enum certainty certainty;
    char **jurisdictions; /* "KR"; of the cohorts that have none of their own */
    size_t jurisdiction_count;
    struct known_time discovered_at, aware_at, trigger_at;
    char **flags; /* "external_access", "unique_id", "sensitive" */
    size_t flag_count;
    char **incomplete; /* names of facts not yet established */
    size_t incomplete_count;
    bool has_public_notice;
    int64_t notice_from_day, notice_until_day; /* days since 1970-01-01 */
    char *notice_url;                          /* NULL if absent */
    struct json_t *facts;                      /* of everybody, an object */
    struct fact_cohort *cohorts;
    size_t cohort_count;
    struct json_t *sources, *reasons; /* by name of the fact; NULL if absent */
    struct fact_place *places;
    size_t place_count;
};

void fact_sheet_free(struct fact_sheet *s);
/* NULL if there is none. */
const struct fact_cohort *fact_sheet_cohort(const struct fact_sheet *s, const char *name);
bool fact_sheet_has_flag(const struct fact_sheet *s, const char *flag);
bool fact_sheet_is_incomplete(const struct fact_sheet *s, const char *name);
/*
 * What a notice to this cohort says under `data`: the cohort's facts laid over everybody's, and
 * law.kr, law.eu, law.uk from its jurisdictions unless given. `cohort` NULL: everybody's alone. A
 * new reference.
 */
struct json_t *fact_sheet_data(const struct fact_sheet *s, const char *cohort);
/* How many readers a cohort has; -1: not given. */
int64_t fact_cohort_people(const struct fact_cohort *c);
/* Where a fact of a cohort stands: its own place, else everybody's, else that of the group it
 * belongs to, else the sheet's file. */
struct place fact_sheet_place(const struct fact_sheet *s, const char *cohort, const char *name);

const char *incident_kind_name(enum incident_kind kind); /* "leak" */
bool incident_kind_parse(const char *name, enum incident_kind *out);
const char *certainty_name(enum certainty certainty); /* "confirmed" */
bool certainty_parse(const char *name, enum certainty *out);

#endif
