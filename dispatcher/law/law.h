/*
 * Rule sets of law as data (config/law/NAME.yaml), and what a planned notice lacks by them. A rule
 * holds only if the fact is there, the letter uses it, and it still stands in the rendered text of
 * every language and cohort. This is a tool for people who know the law, not legal advice.
 */
#ifndef LAW_LAW_H
#define LAW_LAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"
#include "model/campaign.h"
#include "model/fact_sheet.h"
#include "model/proof.h"

struct law;

/* Reads every *.yaml of the directory. With problems->tell NULL the first error ends it. */
MUST_CHECK int law_load(const char *directory, struct problems *problems, struct law **out);
void law_free(struct law *l);
/* "kr-pipa-34-1" is there? */
bool law_has(const struct law *l, const char *ruleset);
/* "did you mean": the closest id or NULL. */
const char *law_closest(const struct law *l, const char *ruleset);

/* One letter in one language for one cohort. All borrowed. */
struct law_text {
    const char *cohort;         /* NULL: there are none */
    const char *locale;         /* tag of the letter, "ko" */
    const char *file;           /* of the letter, for messages */
    const struct json_t *facts; /* as a notice carries them under `data` */
    const struct proof *proof;
    const char *const *jurisdictions; /* of its readers; none: those whose legal block the facts ask
                                         for (law.kr), or all if they say nothing of it */
    size_t jurisdiction_count;
};

/* The word of a data category in a language ("card_number", "ko"), NULL if there is none. */
typedef const char *law_term_fn(void *context, const char *locale, const char *term);

/* What is known of the people and the ways the messages go; a count of -1: not looked at. */
struct law_sending {
    int64_t without_contact;       /* people of the incident who can be reached by no channel */
    int64_t without_consent;       /* to advertising */
    int64_t without_night_consent; /* to advertising at night */
    int64_t oldest_consent_ms;     /* 0: not looked at */
    const char *sms_sender;        /* NULL: not looked at */
    const char *const *registered_senders;
    size_t registered_count;
    const bool *sms_certified; /* the gateway has the sending certificate; NULL: not looked at */
};

/* What is judged. Everything is borrowed; pointers may be NULL where said. */
struct law_case {
    enum notice_kind kind;
    enum certainty certainty;
    const char *category; /* "breach_notice" */
    const char *file;     /* of the campaign or template.yaml, for what no letter is to blame for */
    const char *const *rulesets; /* only these, or what stood in their place on that day; NULL:
                                    those whose jurisdiction and conditions fit */
    size_t ruleset_count;
    const bool *channels; /* CHANNEL_KINDS of them */
    int64_t send_at_ms;   /* planned or past: decides which rules are in force and when clocks are
                             read; 0: now_ms does */
    int64_t now_ms;
    const struct fact_sheet
        *sheet; /* NULL: a letter by itself; then times and counts are not judged */
    const struct campaign *campaign;        /* NULL: a letter by itself */
    const struct campaign *earlier;         /* the one it supersedes, NULL */
    const struct fact_sheet *earlier_sheet; /* that one's facts, NULL */
    const struct law_sending *sending;      /* NULL: consent, senders, contacts are not judged */
    law_term_fn *term; /* NULL: the words of data categories are not looked for */
    void *term_context;
    const struct law_text *texts;
    size_t text_count;
};

/*
 * Every finding goes to `problems`, its rule as "legal-kr-pipa-34-1:KR6"; a finding covered by an
 * exemption becomes a warning that names reason and people. What a clock finds past its limit is
 * told as an error but not counted in problems->errors: late is better than never, so it must not
 * keep a notice from leaving.
 */
void law_check(const struct law *l, const struct law_case *c, struct problems *problems);

/* The same of a finding that is at hand: told as an error, but must not keep anything from being
 * sent. `rule` as in struct problem. */
bool law_never_blocks(const struct law *l, const char *rule);

/* What a campaign opens, and by what it is closed (chain of notices). */
struct obligation {
    const char *ruleset, *rule; /* "kr-pipa-34-2", "KP6": borrowed from the law */
    const char *what;           /* sentence, borrowed from the law */
    unsigned closed_by_kinds;   /* bits: 1u << NOTICE_CONFIRMED; 0: only by time */
    int64_t due_ms;             /* 0: at once, without a clock */
    const struct law_case *opened_by;
};
typedef void obligation_fn(void *context, const struct obligation *o);
/*
 * Obligations that stay open after the campaigns `chain` (oldest first), at the `now_ms` of the
 * last. All campaigns of the incident belong there, also those that branch: what one notice opened,
 * two may close together. Links may come without letters; their sheet says then where readers live.
 */
void law_open_obligations(const struct law *l, const struct law_case *chain, size_t count,
                          obligation_fn *tell, void *context);

/*
 * Every duty of a chain, those that were done too, for whoever looks back: clocks, what one notice
 * owes another, and reports to authorities.
 */
enum law_duty_kind {
    LAW_DUTY_CLOCK,  /* the notice itself, within hours */
    LAW_DUTY_FOLLOW, /* what a notice opened: another one, or a day to wait for */
    LAW_DUTY_REPORT, /* an authority is told, because of what the facts say */
};
enum law_duty_state {
    LAW_DUTY_MET,
    LAW_DUTY_LATE,    /* met after it was due */
    LAW_DUTY_OPEN,    /* not met, not due yet or without a clock */
    LAW_DUTY_MISSED,  /* not met, and overdue */
    LAW_DUTY_ENDED,   /* closed by its day */
    LAW_DUTY_UNSEEN,  /* owed to an authority: the program does not see whether it was told */
    LAW_DUTY_UNKNOWN, /* the clock has no beginning in the fact sheet */
};
#define LAW_DUTY_STATES 7
struct law_duty {
    enum law_duty_kind kind;
    const char *ruleset, *rule, *about, *source; /* borrowed from the law, like all texts here */
    const char *rules_file, *rules_as_of;
    const char *to;           /* the authority; NULL: people */
    const char *from;         /* "aware_at"; NULL: no clock */
    const char *from_source;  /* as the fact sheet says, NULL; borrowed from it */
    int64_t from_ms;          /* 0: not given */
    int64_t within_hours;     /* 0: without a number of hours */
    int64_t due_ms;           /* 0: at once, or it cannot be counted */
    unsigned closed_by_kinds; /* LAW_DUTY_FOLLOW: as in struct obligation */
    const struct law_case *opened_by;
    const struct law_case *met_by; /* NULL: nothing met it, or its day did */
    int64_t met_ms;                /* 0: not met */
    const char *excuse;            /* the campaign's reason for the delay, if the rule takes it */
    const struct exemption *exemption; /* by two people, NULL */
};
typedef void law_duty_fn(void *context, const struct law_duty *d);
/* Each link's, in the order of the chain; the links say in `earlier` which notice they follow. A
 * clock is met by the notice it runs for, at its send_at_ms. */
void law_walk_duties(const struct law *l, const struct law_case *chain, size_t count,
                     law_duty_fn *tell, void *context);
enum law_duty_state law_duty_state(const struct law_duty *d, int64_t now_ms);
const char *law_duty_kind_name(enum law_duty_kind kind);    /* "clock" */
const char *law_duty_state_name(enum law_duty_state state); /* "met" */

/* What the files say in another language ("ko"), rule by rule. All borrowed. */
struct law_words {
    const char *id;                       /* "KR6" */
    const char *about, *source;           /* as findings say them */
    const char *said_about, *said_source; /* in the language */
};
typedef void law_words_fn(void *context, const struct law_words *words);
/* A text of a rule that stands within its findings, or tells what is owed. */
typedef void law_text_fn(void *context, const char *english, const char *said);
/* Rules without words in this language are left out. */
void law_each_words(const struct law *l, const char *language, law_words_fn *rule,
                    law_text_fn *text, void *context);

/* The line every output ends with: "3 rule sets (eu-gdpr-34, ...), rules as of 2026-11-21; not
 * legal advice". The date is the newest `reviewed`/`as_of` of the sets that applied. */
void law_put_footer(const struct law *l, const struct law_case *cases, size_t count,
                    struct buf *out);

#endif
