/*
 * The table of keys: what a key is called, what may stand there, what stands there if nobody says
 * anything, and one sentence about it. Reading, errors, `config show` and the manual all follow it.
 * A new key is a new row and a member of the struct it lands in; if that owns memory, a free() in
 * model/settings.c and a value in tests/unit/config/test_params.c.
 */
#ifndef CONFIG_PARAMS_H
#define CONFIG_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum param_type {
    PARAM_TEXT,     /* char *: one line, not empty */
    PARAM_PATH,     /* char *: relative to the directory of the file it stands in */
    PARAM_INTEGER,  /* int, min..max */
    PARAM_COUNT,    /* int64_t, min..max */
    PARAM_FRACTION, /* double, min..max in thousandths */
    PARAM_DURATION, /* int64_t in ms, min..max; written 30s, 5m, 2h, 14d, 500ms */
    PARAM_BOOLEAN,  /* bool: true or false, nothing else */
    PARAM_CHOICE,   /* an enum: the place in `choices` */
    PARAM_LIST,     /* char **, and a size_t at count_offset */
    PARAM_SCHEDULE, /* struct retry_schedule: a list of durations */
    PARAM_RATE,     /* struct rate: 50/s, 1200/min, 20000/h, 100000/d, unlimited */
    PARAM_SIZE,     /* int64_t in bytes: 64MB, 2GiB */
    PARAM_WINDOW,   /* struct send_window: 08:00-21:00, always */
    PARAM_MONEY,    /* int64_t in millionths: 0.075 */
    PARAM_DATE,     /* int64_t, days from 1970: 2027-01-31 */
    PARAM_LIMITS,   /* the limits of a struct warmup: a list of integers, min..max */
    PARAM_NULL,     /* bool: a section that `null` switches off; true then, untouched otherwise */
    PARAM_SECRET,   /* char *: {file: PATH}, {env: NAME} or {credential: NAME} */
    PARAM_PEM,      /* the same, of several lines: a private key as PEM */
    PARAM_SUBTREE,  /* read by code of its own; key "x.*": anything may stand below x */
};

/* Returns 0, or ERR_INPUT with what is wrong with the text, without its position. */
typedef int param_check_fn(const char *text, struct error *err);

struct param {
    const char *key; /* dotted, within its section */
    enum param_type type;
    const char *fallback; /* the default as one would write it, lists with commas; NULL: not set */
    const char *about;    /* one sentence */
    size_t offset, count_offset;
    int64_t min, max;
    const char *const *choices; /* NULL-terminated, in the order of the enum */
    param_check_fn *check;      /* of a text, of every item of a list */
    bool required;
    unsigned channels, types; /* sections of transports: bits of those it is for, 0: all */
};

struct param_table {
    const struct param *rows;
    size_t count;
};

extern const struct param_table params_top;       /* into struct settings */
extern const struct param_table params_transport; /* into struct transport */
extern const struct param_table params_endpoint;  /* into struct endpoint */
extern const struct param_table params_host;      /* into struct smtp_host */
extern const struct param_table params_domain;    /* into struct domain_rate */
extern const struct param_table params_price;     /* into struct sms_price */
extern const struct param_table params_role;      /* into struct campaign_role */

/* Values of maps of free names: organisation fields, headers, variables, countries. */
extern const struct param param_free_text;
extern const struct param param_free_secret;
extern const struct param param_domain_rate;
extern const struct param param_country_window;
extern const struct param param_sms_sender;
extern const struct param param_korean_sender; /* for numbers that begin with +82 */
extern const struct param param_sms_price;

/* Fields of `organisation` that letters use, NULL-terminated. Others are welcome, but not with a
 * name one slip away from one of these. The first ones are keys of the table, the same in every
 * language. */
#define PARAM_FIELDS     25
#define PARAM_OWN_FIELDS 5
extern const char *const param_field_names[];

/* NULL-terminated, in the order of their enums. */
extern const char *const param_channel_names[];
extern const char *const param_type_names[];
extern const char *const param_fallback_names[];
extern const char *const param_method_names[];

#endif
