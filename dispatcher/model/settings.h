/*
 * What the configuration says, as plain data: config/ fills it, everyone else reads it. Strings are
 * owned by the struct and freed by settings_free(); NULL means "not set" where a comment says so.
 */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "model/batch.h"
#include "model/delivery.h"
#include "model/gateway.h"
#include "model/job.h"
#include "model/rate.h"

enum smtp_tls {
    SMTP_TLS_REQUIRED, /* STARTTLS, verified, or nothing is sent */
    SMTP_TLS_NONE,
    SMTP_TLS_IMPLICIT /* TLS from the first byte (RFC 8314), port 465; engine curl */
};
enum smtp_engine { SMTP_ENGINE_ESMTP, SMTP_ENGINE_CURL };
enum uncertain_policy { UNCERTAIN_RESEND, UNCERTAIN_HOLD };

/* One of several servers of a transport: sessions are spread by weight, and what one of them does
 * not take at all goes to the next. */
struct smtp_host {
    char *host;
    int port;
    int weight; /* 1..1000 */
};

/* transports.NAME with channel: email, type: smtp */
struct smtp_settings {
    enum smtp_engine engine;
    char *host; /* of `hosts`: the first */
    int port;
    struct smtp_host *hosts; /* at least one; host and port alone are one of weight 1 */
    size_t host_count;
    char *oauth_token;          /* XOAUTH2 bearer token instead of a password; engine curl */
    int64_t connect_timeout_ms; /* to connect, of engine curl */
    bool dsn;                   /* ask for reports of failures where the server offers RFC 3461 */
    enum smtp_tls tls;
    char *ca_file;   /* NULL: the system's */
    char *helo_name; /* NULL: organisation.domain */
    char *user;      /* NULL: no authentication */
    char *password;  /* resolved secret; NULL without user */
    bool pipelining; /* RFC 2920: RCPT and DATA leave together where the server offers it */
};

/* transports.NAME with channel: webhook */
struct webhook_settings {
    char *ca_file;              /* NULL: the system's */
    int64_t connect_timeout_ms; /* 5000 */
};

/* transports.NAME with channel: sms */
struct sms_sender {
    char *prefix; /* "+82"; the longest that fits decides */
    char *sender;
};
/* What one segment costs (GSM), or one message (Korea), in millionths of `currency`. */
struct sms_price {
    char *prefix; /* "+49"; "default": any other */
    int64_t micros;
    int64_t lms_micros; /* Korea: a long one; `micros` again where only one price is named */
};

struct sms_settings {
    struct gateway *gateway;    /* the description, owned; never NULL for channel sms: an outbox
                                   without one gets GSM lengths */
    char *sender;               /* from: number or up to 11 letters */
    struct sms_sender *senders; /* by country */
    size_t sender_count;
    char **allow_prefixes; /* none: every country */
    size_t allow_prefix_count;
    char **deny_prefixes;
    size_t deny_prefix_count;
    struct sms_price *prices;
    size_t price_count;
    char *currency; /* "EUR"; NULL: no prices */
    char *ca_file;
    bool allow_private; /* the gateway may stand at a private or loopback address */
};

enum transport_type { TRANSPORT_SMTP, TRANSPORT_GATEWAY, TRANSPORT_WEBHOOK, TRANSPORT_OUTBOX };

#define RETRY_STEPS_MAX 32

struct retry_schedule {
    int64_t delays_ms[RETRY_STEPS_MAX]; /* wait after the 1st, 2nd, ... failed attempt; behind the
                                           last: give up */
    size_t count;
    double jitter; /* 0.2 = each delay times U(0.8, 1.2) */
};

/* transports.NAME.domains: the pace towards recipients of one mail domain */
struct domain_rate {
    char *domain; /* lower case; "default": each domain without a line of its own */
    struct rate rate;
    int concurrency; /* deliveries in flight at once; 0: unlimited */
};

/* transports.NAME.windows: hours of the recipients of one country */
struct country_window {
    char *country; /* "KR", ISO 3166-1 alpha-2 */
    struct send_window window;
};

#define WARMUP_DAYS_MAX 90

/* A new sending address earns trust by sending little at first. */
struct warmup {
    int64_t start_day;               /* days from 1970, in settings.timezone */
    int64_t limits[WARMUP_DAYS_MAX]; /* of the first day, the second ... */
    size_t days;                     /* 0: no warm-up */
};

struct transport {
    char *name;
    enum channel_kind channel;
    enum transport_type type;
    int concurrency;     /* packets in flight at once */
    int packet_size;     /* deliveries per packet */
    int64_t deadline_ms; /* wall clock for one packet; then the worker is killed */
    enum uncertain_policy on_uncertain;
    struct retry_schedule retry;
    struct rate rate;            /* messages of this transport; delays, never parks */
    struct domain_rate *domains; /* email */
    size_t domain_count;
    struct send_window window;      /* hours in the recipient's zone; no length: always */
    struct country_window *windows; /* of a country instead of `window` */
    size_t window_count;
    char **failover; /* transports of the same channel that step in, in this order */
    size_t failover_count;
    int failover_after; /* tries over this one before a delivery goes over the next */
    struct warmup warmup;
    char *directory; /* outbox: where the letters land; SPOOL/outbox/NAME unless set */
    struct smtp_settings smtp;
    struct sms_settings sms;
    struct webhook_settings webhook;
};

struct endpoint_header {
    char *name, *value;
};

enum webhook_format { WEBHOOK_STANDARD, WEBHOOK_CLOUDEVENTS };

/* endpoints.NAME: a receiver of webhooks */
struct endpoint {
    char *name;
    char *url;
    char *secret;                 /* "whsec_..." resolved */
    char *old_secret;             /* NULL; signs too until `old_secret_until_day` is over (UTC) */
    int64_t old_secret_until_day; /* days from 1970; 0: as long as it stands here */
    char *signing_key;            /* "whsk_...": ed25519, signs too (v1a); NULL: none */
    enum webhook_format format;
    bool http2;                  /* spoken where the receiver offers it */
    int concurrency;             /* requests at once; 0: 8 from each packet in flight */
    struct retry_schedule retry; /* no steps: the transport's; the jitter is its in any case */
    int64_t disable_after_ms;    /* of nothing but failures; 0: never */
    bool allow_http;             /* scheme http accepted too */
    bool allow_private;          /* private, loopback and link-local addresses accepted */
    struct endpoint_header *headers;
    size_t header_count;
    int64_t timeout_ms;
};

/* A member of `organisation`, e.g. {NULL, "website", "www.example.org"} or {"ko", "name",
 * "예시은행"}. */
struct organisation_field {
    char *locale; /* NULL: every language */
    char *key;
    char *value;
};

struct organisation {
    char *domain;         /* right side of Message-ID, HELO name */
    char *from_address;   /* RFC 5322 From */
    char *reply_to;       /* NULL: none */
    char *bounce_address; /* envelope sender; NULL: from_address */
    bool verp;            /* bounce_address carries the delivery: bounces+TOKEN@example.org */
    struct organisation_field *fields; /* what letters see as org.* */
    size_t field_count;
};

/* rules.yaml */
struct rule {
    char *name;
    char *campaign;         /* wildcard, NULL: any */
    char *template_pattern; /* wildcard on the job's template, NULL: any */
    char *category;         /* NULL: any */
    char *locale;           /* RFC 4647 basic range ("ko" matches ko-KR), NULL: any */
    char *priority;         /* NULL: any */
    /* then */
    char *template_name; /* NULL: the job's */
    char *use_locale;    /* NULL: the job's */
    enum channel_kind channels[JOB_CHANNELS_MAX];
    size_t channel_count;
    bool has_method;
    enum job_method method;
    bool has_on_fallback;
    int on_fallback; /* enum fallback_policy */
    /* Single routing, by channel: the next channel's turn comes so long after this one began, if
     * it has not told the person by then; 0: only when it has failed. */
    int64_t after_ms[CHANNEL_KINDS];
    bool confirm[CHANNEL_KINDS]; /* only a receipt that says `confirmed` counts as told */
    int line;                    /* in rules.yaml */
};

enum fallback_policy { FALLBACK_WARN, FALLBACK_HOLD, FALLBACK_FAIL };

struct locale_alias {
    char *from, *to;
};

struct rules {
    char *file;
    char *fallback_locale; /* "en" */
    enum fallback_policy on_fallback;
    struct locale_alias *aliases;
    size_t alias_count;
    struct rule *rules;
    size_t count;
};

/* dkim: how mails are signed here; NULL domain: they are not (the smarthost signs) */
struct dkim_settings {
    char *domain;
    char *selector;
    char *key; /* PEM, resolved secret */
};

/* What can be read but would not work, or would surprise: check tells it, a run only warns, for
 * maybe nobody uses what it is about. */
struct settings_remark {
    bool is_error; /* cannot work */
    char *text;    /* "file:line:column: ..." */
};

/* Where a key stands that somebody wrote. */
struct settings_place {
    char *key;      /* "dkim.key" */
    char *position; /* "file:line:column", or the variable of the environment */
};

/* Groups of the system whose members may do this over the control socket. NULL: whoever belongs to
 * the daemon's own group. */
struct control_groups {
    char *operate, *approve, *enqueue;
};

/* Who may agree to a campaign under this name: users and groups of the system. */
struct campaign_role {
    char *name;
    char **users;
    size_t user_count;
    char **groups;
    size_t group_count;
};

struct settings {
    char *file; /* dispatcher.yaml */
    struct settings_place *places;
    size_t place_count;
    struct settings_remark *remarks;
    size_t remark_count;
    /* Of the spool, not of a file: what makes tokens (model/token.h). The engine fills it in. */
    unsigned char token_key[32];
    char **secret_variables; /* of the environment, which hold secrets: nothing for children */
    size_t secret_variable_count;
    char *spool;
    char *templates;
    char *locales;
    char *law;            /* directory of the rule sets */
    char *gateways;       /* directory of the gateway descriptions */
    char *control_socket; /* SPOOL/control.sock unless set */
    int workers;
    int worker_jobs_max; /* a worker is replaced after this many deliveries: bounds what libraries
                            leak */
    int64_t rescan_ms;
    int64_t shutdown_ms; /* how long SIGTERM waits for what is in flight */
    enum log_level log_level;
    int operator_language; /* its place among en, de, ko; for config/config.h only */
    int64_t
        retention_ms; /* how long the texts of finished notices and batches are kept; 0: for good */
    int64_t
        min_free_bytes; /* room that must be left on the spool's disk for anything to be accepted */
    struct halt_rule halt; /* when a batch stops by itself */
    bool trial;            /* what counts: the configuration's, or what `live` said since */
    bool trial_configured; /* what the configuration says */
    char **allow;          /* exact addresses or `*@domain` or `+49151*` wildcards */
    size_t allow_count;
    char **testers; /* "jana=jana@example.org": whom test-send knows by name */
    size_t tester_count;
    char **registered_senders; /* sender numbers registered as the law of Korea asks */
    size_t registered_sender_count;
    char *timezone;    /* NULL: the locale's */
    char *attachments; /* directory of what letters may bring along; NULL: none */
    struct dkim_settings dkim;
    /* List-Unsubscribe: a URL in which {token} stands for the delivery's, and an address; for the
     * categories that ask for it. NULL: none. */
    char *unsubscribe_url;
    char *unsubscribe_mail;
    char **unsubscribe_categories;
    size_t unsubscribe_category_count;
    int64_t bounce_suppress_ms; /* how long a hard bounce keeps an address off; 0: for good */
    char **suppress_override;   /* categories that are sent to suppressed addresses all the same */
    size_t suppress_override_count;
    char *api_listen;     /* 127.0.0.1:8025; NULL: no API process */
    char *api_public_url; /* how gateways reach it, without a slash at the end; http:// and
                             api_listen unless set */
    struct organisation organisation;
    struct control_groups control;
    struct campaign_role *roles; /* who may agree to a campaign as what; none: who may approve */
    size_t role_count;
    char **campaign_approvals; /* roles that every campaign wants, whatever its file says */
    size_t campaign_approval_count;
    bool sender_approves; /* who sends a campaign may be one of those who approved it */
    struct transport *transports;
    size_t transport_count;
    struct endpoint *endpoints;
    size_t endpoint_count;
    struct rules rules;
};

/* Frees what the struct owns, not the struct itself. */
void settings_free(struct settings *s);
/* Where a key stands, for messages about it; the file if nobody wrote it. Borrowed. */
const char *settings_position(const struct settings *s, const char *key);
/* Borrowed; NULL if there is none. */
const struct transport *settings_find_transport(const struct settings *s, const char *name);
const struct endpoint *settings_find_endpoint(const struct settings *s, const char *name);
/* The transport a channel uses: the first one configured for it. */
const struct transport *settings_transport_for(const struct settings *s, enum channel_kind channel);
/* The pace towards a mail domain (in any case of letters): its own, else `default`'s, else
 * unlimited. Each domain has a bucket of its own, those of `default` too. */
const struct rate *settings_domain_rate(const struct transport *t, const char *domain);
/* The line of the configuration behind that pace; NULL if there is none. Borrowed. */
const struct domain_rate *settings_find_domain(const struct transport *t, const char *domain);
/* Hours for the recipients of a country ("KR"; NULL: unknown): its own, else the transport's. */
const struct send_window *settings_window(const struct transport *t, const char *country);
/* Of a text to a number (E.164): the longest beginning that fits decides; else `default`, else
 * NULL: nobody said what it costs. */
const struct sms_price *settings_sms_price(const struct sms_settings *sms, const char *number);
/* Trial mode's allow list. Letter case does not matter: KIM@example.org and kim@example.org are one
 * mailbox everywhere. */
bool settings_allows(const struct settings *s, const char *address);

#endif
