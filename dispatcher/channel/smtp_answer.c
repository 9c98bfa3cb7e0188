#include "channel/smtp_answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"

#define ANY (-1)

struct enhanced {
    int class, subject, detail; /* class 0: there is none */
};

/* ---- enhanced status codes, RFC 3463; subject and detail have at most three digits ---- */

static bool read_number(const char **at, const char *stop, int *out)
{
    int digits = 0;
    *out = 0;
    while (*at < stop && **at >= '0' && **at <= '9' && digits < 3) {
        *out = *out * 10 + (**at - '0');
        (*at)++;
        digits++;
    }
    return digits > 0;
}

static bool skip(const char **at, const char *stop, char byte)
{
    if (*at >= stop || **at != byte)
        return false;
    (*at)++;
    return true;
}

/* The triple at the start of the text, if its class is that of the code; servers without the
 * extension send it too, some with a # before it or a colon behind. */
static struct enhanced read_enhanced(const struct smtp_answer *a)
{
    struct enhanced e;
    const char *at = a->text, *stop = a->text + a->len;
    while (skip(&at, stop, '#') || skip(&at, stop, ' '))
        continue;
    bool good = read_number(&at, stop, &e.class) && skip(&at, stop, '.') &&
                read_number(&at, stop, &e.subject) && skip(&at, stop, '.') &&
                read_number(&at, stop, &e.detail) &&
                (at == stop || (*at != '\0' && strchr(" ,;:-<", *at) != NULL));
    bool known = e.class == 2 || e.class == 4 || e.class == 5;
    return good && known && e.class == a->code / 100 ? e : (struct enhanced){0, 0, 0};
}

void smtp_answer_enhanced(const struct smtp_answer *answer, char out[DISPOSITION_ENHANCED_SIZE])
{
    struct enhanced e = read_enhanced(answer);
    out[0] = '\0';
    if (e.class != 0)
        snprintf(out, DISPOSITION_ENHANCED_SIZE, "%d.%d.%d", e.class, e.subject, e.detail);
}

/*
 * ---- negative answers ----
 *
 * In this order, and the first row that fits decides:
 *
 *   login       530, 534, 535, 538 are about our login, whatever else is said
 *   words       what says clearly what is meant
 *   by_enhanced the enhanced code
 *   hints       words that say little, for answers whose codes say nothing
 *   by_code     the code and where it was said
 *
 * 4yz is temporary and 5yz permanent, unless the row knows better: who is too fast must wait, and
 * what is wrong with us is our configuration, whatever the code.
 */

struct wording {
    const char *word; /* in any case of letters */
    const char *cause;
    int class; /* 0: 4 and 5 */
};

static const struct wording words[] = {
    /* clang-format off */
    /* us: our login, our encryption, our right to send through this server or as this sender */
    {"sendernotauthenticated", "policy", 0}, /* Exchange: a group that hears members only */
    {"authentication required", "auth", 0},
    {"authentication is required", "auth", 0},
    {"must authenticate", "auth", 0},
    {"please authenticate", "auth", 0},
    {"not authenticated to send", "auth", 0},
    {"must issue a starttls", "tls_required", 0},
    {"starttls first", "tls_required", 0},
    {"starttls is required", "tls_required", 0},
    {"starttls required", "tls_required", 0},
    {"tls required", "tls_required", 0},
    {"tls is required", "tls_required", 0},
    {"encryption required", "tls_required", 0},
    {"encryption needed", "tls_required", 0},
    {"session encryption is required", "tls_required", 0},
    {"relay access denied", "relay_denied", 0},
    {"relaying denied", "relay_denied", 0},
    {"relaying is denied", "relay_denied", 0},
    {"relay denied", "relay_denied", 0},
    {"relay not permitted", "relay_denied", 0},
    {"relaying not permitted", "relay_denied", 0},
    {"relaying not allowed", "relay_denied", 0},
    {"relay not allowed", "relay_denied", 0},
    {"relaying is not allowed", "relay_denied", 0},
    {"relaying is prohibited", "relay_denied", 0},
    {"relay prohibited", "relay_denied", 0},
    {"not permitted to relay", "relay_denied", 0},
    {"not allowed to relay", "relay_denied", 0},
    {"unable to relay", "relay_denied", 0},
    {"do not relay", "relay_denied", 0},
    {"not an open relay", "relay_denied", 0},
    {"relay this message", "relay_denied", 0},
    {"rcpthosts", "relay_denied", 0},
    {"credentials for relay", "relay_denied", 0},
    {"not owned by user", "sender_not_ours", 0},
    {"send as this sender", "sender_not_ours", 0},
    {"sendasdenied", "sender_not_ours", 0},
    {"not allowed to send as", "sender_not_ours", 0},
    /* too fast */
    {"rate limit", "rate_limited", 0},
    {"ratelimit", "rate_limited", 0},
    {"rate-limit", "rate_limited", 0},
    {"limit rate", "rate_limited", 0},
    {"rate control", "rate_limited", 0},
    {"throttl", "rate_limited", 0},
    {"too fast", "rate_limited", 0},
    {"too quickly", "rate_limited", 0},
    {"too frequent", "rate_limited", 0},
    {"too many connection", "rate_limited", 0},
    {"too many concurrent", "rate_limited", 0},
    {"too many message", "rate_limited", 0},
    {"too many mail", "rate_limited", 0},
    {"too many recipient", "rate_limited", 0},
    {"too many rcpt", "rate_limited", 0},
    {"too many sessions", "rate_limited", 0},
    {"too many simultaneous", "rate_limited", 0},
    {"too many emails", "rate_limited", 0},
    {"too much mail", "rate_limited", 0},
    {"unusual rate", "rate_limited", 0},
    {"at a rate that", "rate_limited", 0},
    {"sending limit", "rate_limited", 0},
    {"sending quota", "rate_limited", 0},
    {"sending rate", "rate_limited", 0},
    {"submission quota", "rate_limited", 0},
    {"submissionquota", "rate_limited", 0},
    {"daily limit", "rate_limited", 0},
    {"hourly limit", "rate_limited", 0},
    {"recipient limit", "rate_limited", 0},
    {"connection limit", "rate_limited", 0},
    {"connection frequency limited", "rate_limited", 0},
    {"message submission rate", "rate_limited", 0},
    {"exceeded the rate", "rate_limited", 0},
    {"unexpected volume", "rate_limited", 4},
    {"user complaints", "rate_limited", 4},
    /* come back later */
    {"greylist", "greylisted", 4},
    {"graylist", "greylisted", 4},
    {"grey-list", "greylisted", 4},
    {"grey list", "greylisted", 4},
    {"gray list", "greylisted", 4},
    {"postgrey", "greylisted", 4},
    {"not yet authorized to deliver mail", "greylisted", 4},
    /* the mailbox */
    {"system storage", "server_full", 0},
    {"system disk", "server_full", 0},
    {"mailbox full", "mailbox_full", 0},
    {"mailbox is full", "mailbox_full", 0},
    {"mailbox too full", "mailbox_full", 0},
    {"mailfull", "mailbox_full", 0},
    {"inbox is full", "mailbox_full", 0},
    {"over quota", "mailbox_full", 0},
    {"overquota", "mailbox_full", 0},
    {"over their quota", "mailbox_full", 0},
    {"over the allowed quota", "mailbox_full", 0},
    {"out of storage", "mailbox_full", 0},
    {"quota exceeded", "mailbox_full", 0},
    {"exceeded quota", "mailbox_full", 0},
    {"exceeds quota", "mailbox_full", 0},
    {"exceed the quota", "mailbox_full", 0},
    {"exceeded their quota", "mailbox_full", 0},
    {"exceeded his/her quota", "mailbox_full", 0},
    {"exceeded storage", "mailbox_full", 0},
    {"exceeded its storage", "mailbox_full", 0},
    {"storage quota", "mailbox_full", 0},
    {"mailbox quota", "mailbox_full", 0},
    {"mailbox size limit", "mailbox_full", 0},
    {"disk quota", "mailbox_full", 0},
    {"quota has been exceeded", "mailbox_full", 0},
    {"quotaexceeded", "mailbox_full", 0},
    {"not enough space", "mailbox_full", 0},
    {"size exceeds", "too_large", 0},
    {"message exceeds", "too_large", 0},
    {"message too large", "too_large", 0},
    {"message is too large", "too_large", 0},
    {"message too big", "too_large", 0},
    {"message is too big", "too_large", 0},
    {"too large for", "too_large", 0},
    {"maximum message size", "too_large", 0},
    {"message size limit", "too_large", 0},
    {"maximum size", "too_large", 0},
    {"size limit exceeded", "too_large", 0},
    {"larger than the", "too_large", 0},
    {"account disabled", "mailbox_disabled", 0},
    {"account is disabled", "mailbox_disabled", 0},
    {"account has been disabled", "mailbox_disabled", 0},
    {"mailbox disabled", "mailbox_disabled", 0},
    {"mailbox is disabled", "mailbox_disabled", 0},
    {"mailbox has been disabled", "mailbox_disabled", 0},
    {"user is disabled", "mailbox_disabled", 0},
    {"user disabled", "mailbox_disabled", 0},
    {"reach is disabled", "mailbox_disabled", 0},
    {"reach is inactive", "mailbox_disabled", 0},
    {"account inactive", "mailbox_disabled", 0},
    {"account is inactive", "mailbox_disabled", 0},
    {"mailbox is inactive", "mailbox_disabled", 0},
    {"mailbox inactive", "mailbox_disabled", 0},
    {"inactive account", "mailbox_disabled", 0},
    {"inactive user", "mailbox_disabled", 0},
    {"user is inactive", "mailbox_disabled", 0},
    {"account suspended", "mailbox_disabled", 0},
    {"account is suspended", "mailbox_disabled", 0},
    {"account has been suspended", "mailbox_disabled", 0},
    {"user suspended", "mailbox_disabled", 0},
    {"account closed", "mailbox_disabled", 0},
    {"account has been closed", "mailbox_disabled", 0},
    {"account is locked", "mailbox_disabled", 0},
    {"account locked", "mailbox_disabled", 0},
    {"account expired", "mailbox_disabled", 0},
    {"account has expired", "mailbox_disabled", 0},
    {"no longer active", "mailbox_disabled", 0},
    {"deactivated", "mailbox_disabled", 0},
    {"dormant", "mailbox_disabled", 0},
    {"mailbox currently suspended", "mailbox_disabled", 0},
    /* the sender's domain and server */
    {"dmarc", "sender_unverified", 0},
    {"dkim", "sender_unverified", 0},
    {"spf check", "sender_unverified", 0},
    {"spf fail", "sender_unverified", 0},
    {"spf record", "sender_unverified", 0},
    {"spf hardfail", "sender_unverified", 0},
    {"due to spf", "sender_unverified", 0},
    {"(spf", "sender_unverified", 0},
    {"spf)", "sender_unverified", 0},
    {"sender policy framework", "sender_unverified", 0},
    {"is not allowed to send mail from", "sender_unverified", 0},
    {"not authorized to send mail", "sender_unverified", 0},
    {"sender is unauthenticated", "sender_unverified", 0},
    {"unauthenticated email", "sender_unverified", 0},
    {"ptr record", "sender_host", 0},
    {"dns ptr", "sender_host", 0},
    {"ptr resource", "sender_host", 0},
    {"reverse dns", "sender_host", 0},
    {"reverse hostname", "sender_host", 0},
    {"reverse host", "sender_host", 0},
    {"cannot find your hostname", "sender_host", 0},
    {"cannot find your reverse", "sender_host", 0},
    {"helo command rejected", "sender_host", 0},
    {"invalid helo", "sender_host", 0},
    {"helo name", "sender_host", 0},
    {"ehlo name", "sender_host", 0},
    {"sender address", "sender_refused", 0},
    {"address is not verified", "sender_refused", 0},
    {"sender rejected", "sender_refused", 0},
    {"sender refused", "sender_refused", 0},
    {"sender denied", "sender_refused", 0},
    {"sender verify failed", "sender_refused", 0},
    {"sender verification", "sender_refused", 0},
    {"sender domain", "sender_refused", 0},
    {"domain of sender", "sender_refused", 0},
    {"sender's domain", "sender_refused", 0},
    {"sender not allowed", "sender_refused", 0},
    {"invalid sender", "sender_refused", 0},
    {"bad sender", "sender_refused", 0},
    {"mail from domain", "sender_refused", 0},
    {"envelope sender", "sender_refused", 0},
    {"from domain", "sender_refused", 0},
    {"not allowed to send to", "policy", 0},
    {"not permitted to send to", "policy", 0},
    /* the recipient's domain */
    {"null mx", "domain_unknown", 0},
    {"nullmx", "domain_unknown", 0},
    {"does not accept mail", "domain_unknown", 5},
    {"domain does not exist", "domain_unknown", 0},
    {"no such domain", "domain_unknown", 0},
    {"unknown domain", "domain_unknown", 0},
    {"domain not found", "domain_unknown", 0},
    {"domain name not found", "domain_unknown", 0},
    {"domain isn't hosted", "domain_unknown", 0},
    {"invalid domain", "domain_unknown", 0},
    {"host not found", "domain_unknown", 0},
    {"point to non-existent", "domain_unknown", 0},
    /* the recipient */
    {"user unknown", "bad_recipient", 0},
    {"unknown user", "bad_recipient", 0},
    {"user not known", "bad_recipient", 0},
    {"no such user", "bad_recipient", 0},
    {"no such recipient", "bad_recipient", 0},
    {"no such mailbox", "bad_recipient", 0},
    {"no such address", "bad_recipient", 0},
    {"no such person", "bad_recipient", 0},
    {"no such account", "bad_recipient", 0},
    {"no such local user", "bad_recipient", 0},
    {"no mailbox", "bad_recipient", 0},
    {"user not found", "bad_recipient", 0},
    {"user doesn't exist", "bad_recipient", 0},
    {"user doesn't have a", "bad_recipient", 0},
    {"user does not exist", "bad_recipient", 0},
    {"recipient not found", "bad_recipient", 0},
    {"recipientnotfound", "bad_recipient", 0},
    {"recipnotfound", "bad_recipient", 0},
    {"recipient unknown", "bad_recipient", 0},
    {"recipient does not exist", "bad_recipient", 0},
    {"unknown recipient", "bad_recipient", 0},
    {"invalid recipient", "bad_recipient", 0},
    {"invalid mailbox", "bad_recipient", 0},
    {"bad recipient", "bad_recipient", 0},
    {"recipient invalid", "bad_recipient", 0},
    {"recipient address rejected: access denied", "bad_recipient", 5},
    {"undeliverable address", "bad_recipient", 5},
    {"mailbox not found", "bad_recipient", 0},
    {"mailbox unknown", "bad_recipient", 0},
    {"unknown mailbox", "bad_recipient", 0},
    {"mailbox does not exist", "bad_recipient", 0},
    {"mailbox doesn't exist", "bad_recipient", 0},
    {"mailbox unavailable", "bad_recipient", 5},
    {"account does not exist", "bad_recipient", 0},
    {"account doesn't exist", "bad_recipient", 0},
    {"account that you tried to reach does not exist", "bad_recipient", 0},
    {"account not found", "bad_recipient", 0},
    {"address not found", "bad_recipient", 0},
    {"address unknown", "bad_recipient", 0},
    {"unknown address", "bad_recipient", 0},
    {"address does not exist", "bad_recipient", 0},
    {"address doesn't exist", "bad_recipient", 0},
    {"unknown local part", "bad_recipient", 0},
    {"unknown local-part", "bad_recipient", 0},
    {"not a known user", "bad_recipient", 0},
    {"not a valid mailbox", "bad_recipient", 0},
    {"not a valid recipient", "bad_recipient", 0},
    {"not our customer", "bad_recipient", 0},
    {"not listed in domino", "bad_recipient", 0},
    {"unroutable address", "routing", 0},
    {"unrouteable address", "routing", 0},
    /* what they think of us */
    {"blacklist", "blocklisted", 0},
    {"black list", "blocklisted", 0},
    {"blocklist", "blocklisted", 0},
    {"block list", "blocklisted", 0},
    {"blocked using", "blocklisted", 0},
    {"spamhaus", "blocklisted", 0},
    {"spamcop", "blocklisted", 0},
    {"barracudacentral", "blocklisted", 0},
    {"dnsbl", "blocklisted", 0},
    {"dnsrbl", "blocklisted", 0},
    {" rbl", "blocklisted", 0},
    {"rbl ", "blocklisted", 0},
    {"cloudmark", "blocklisted", 0},
    {"banned sending ip", "blocklisted", 0},
    {"your ip is blocked", "blocklisted", 0},
    {"ip address has been blocked", "blocklisted", 0},
    {"ip address is blocked", "blocklisted", 0},
    {"ip has been blocked", "blocklisted", 0},
    {"reputation", "blocklisted", 0},
    {"listed in", "blocklisted", 0},
    {"listed on", "blocklisted", 0},
    {"listed at", "blocklisted", 0},
    {"virus", "content", 0},
    {"malware", "content", 0},
    {"infected", "content", 0},
    {"spam", "spam_suspected", 0},
    {"unsolicited", "spam_suspected", 0},
    {"junk mail", "spam_suspected", 0},
    {"bulk mail", "spam_suspected", 0},
    {"phish", "spam_suspected", 0},
    {"attachment", "content", 0},
    {"message content", "content", 0},
    {"bare lf", "content", 0},
    {"bare <lf>", "content", 0},
    {"bare linefeed", "content", 0},
    {"bare newline", "content", 0},
    {"line too long", "content", 0},
    {"rfc 5322", "content", 0},
    {"rfc 2822", "content", 0},
    {"rfc5322", "content", 0},
    {"rfc2822", "content", 0},
    {"missing from", "content", 0},
    {"invalid header", "content", 0},
    /* the way */
    {"too many hops", "routing", 0},
    {"hop count", "routing", 0},
    {"mail loop", "routing", 0},
    {"loops back", "routing", 0},
    {"message loop", "routing", 0},
    {"routing loop", "routing", 0},
    /* clang-format on */
};

/* For answers whose codes say nothing. */
static const struct wording hints[] = {
    /* clang-format off */
    {"mailbox temporarily", "mailbox", 4},
    {"mailbox unavailable", "mailbox", 4},
    {"mailbox busy", "mailbox", 4},
    {"mailbox is locked", "mailbox", 4},
    {"too busy", "busy", 0},
    {"server busy", "busy", 0},
    {"system busy", "busy", 0},
    {"overload", "busy", 0},
    {"load average", "busy", 0},
    {"load too high", "busy", 0},
    {"service not available", "busy", 4},
    {"service unavailable", "busy", 4},
    {"temporarily unavailable", "busy", 4},
    {"closing transmission", "busy", 4},
    {"resources", "busy", 4},
    {"timed out", "server", 4},
    {"timeout", "server", 4},
    {"local error", "server", 4},
    {"policy", "policy", 0},
    {"policies", "policy", 0},
    {"prohibit", "policy", 0},
    {"access denied", "policy", 5},
    {"not allowed", "policy", 5},
    {"not permitted", "policy", 5},
    {"blocked", "policy", 5},
    /* clang-format on */
};

/* By enhanced code; `class` 0: 4 and 5. The first match counts. */
static const struct {
    int class, subject, detail;
    const char *cause;
} by_enhanced[] = {
    {5, 7, 8, "auth"},
    {0, 7, 10, "tls_required"},
    {0, 7, 11, "tls_required"},
    {0, 1, 0, "recipient_refused"},
    {0, 1, 1, "bad_recipient"},
    {0, 1, 2, "domain_unknown"},
    {0, 1, 3, "bad_address"},
    {0, 1, 6, "bad_recipient"},
    {0, 1, 7, "sender_refused"},
    {0, 1, 8, "sender_refused"},
    {5, 1, 10, "domain_unknown"},
    {0, 1, ANY, "recipient_refused"},
    {5, 2, 1, "mailbox_disabled"},
    {0, 2, 2, "mailbox_full"},
    {0, 2, 3, "too_large"},
    {0, 2, ANY, "mailbox"},
    {0, 3, 1, "server_full"},
    {0, 3, 2, "busy"},
    {0, 3, 4, "too_large"},
    {0, 3, ANY, "server"},
    {0, 4, 5, "busy"},
    {0, 4, ANY, "routing"},
    {4, 5, 3, "rate_limited"},
    {0, 5, 1, "protocol"},
    {0, 5, 2, "protocol"},
    {0, 5, 4, "protocol"},
    {0, 6, ANY, "content"},
    {4, 7, 0, "rate_limited"},
    {4, 7, 1, "greylisted"},
    {0, 7, 20, "sender_unverified"},
    {0, 7, 21, "sender_unverified"},
    {0, 7, 22, "sender_unverified"},
    {0, 7, 23, "sender_unverified"},
    {0, 7, 24, "sender_unverified"},
    {0, 7, 25, "sender_host"},
    {0, 7, 26, "sender_unverified"},
    {0, 7, 27, "sender_refused"}, /* its domain takes no mail: RFC 7505 */
    {0, 7, 28, "rate_limited"},
    {0, 7, 29, "sender_unverified"},
    {0, 7, 57, "auth"},            /* Exchange */
    {0, 7, 60, "sender_not_ours"}, /* Exchange: send as */
    {0, 7, 64, "relay_denied"},    /* Exchange: tenant attribution */
    {5, 7, ANY, "policy"},
    {4, 7, ANY, "policy"},
};

/* Without an enhanced code; stage OTHER: any. The first match counts. */
static const struct {
    int code;
    enum smtp_stage stage;
    const char *cause;
} by_code[] = {
    /* clang-format off */
    {421, SMTP_STAGE_OTHER, "busy"},
    {450, SMTP_STAGE_RCPT, "mailbox"},
    {451, SMTP_STAGE_OTHER, "server"},
    {452, SMTP_STAGE_OTHER, "server_full"},
    {454, SMTP_STAGE_OTHER, "auth"},
    {550, SMTP_STAGE_RCPT, "recipient_refused"},
    {551, SMTP_STAGE_RCPT, "recipient_refused"},
    {553, SMTP_STAGE_RCPT, "recipient_refused"},
    {552, SMTP_STAGE_RCPT, "mailbox_full"},
    {552, SMTP_STAGE_OTHER, "too_large"},
    {523, SMTP_STAGE_OTHER, "tls_required"},
    {550, SMTP_STAGE_MAIL, "sender_refused"},
    {553, SMTP_STAGE_MAIL, "sender_refused"},
    {556, SMTP_STAGE_OTHER, "domain_unknown"},
    {500, SMTP_STAGE_OTHER, "protocol"},
    {501, SMTP_STAGE_OTHER, "protocol"},
    {502, SMTP_STAGE_OTHER, "protocol"},
    {503, SMTP_STAGE_OTHER, "protocol"},
    {504, SMTP_STAGE_OTHER, "protocol"},
    /* clang-format on */
};

/* What is wrong with us stops the transport, not the mail; who wants less gets less, later. */
static const struct {
    const char *cause;
    int class; /* 0: 4 and 5 */
    enum outcome outcome;
} outcomes[] = {
    {"auth", 5, OUTCOME_CONFIG},           {"tls_required", 0, OUTCOME_CONFIG},
    {"relay_denied", 0, OUTCOME_CONFIG},   {"sender_not_ours", 0, OUTCOME_CONFIG},
    {"rate_limited", 0, OUTCOME_THROTTLE},
};

static bool contains(const struct smtp_answer *a, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= a->len; i++)
        if (strncasecmp(a->text + i, word, len) == 0)
            return true;
    return false;
}

static const char *cause_of_words(const struct smtp_answer *a, const struct wording *table,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((table[i].class == 0 || table[i].class == a->code / 100) && contains(a, table[i].word))
            return table[i].cause;
    return NULL;
}

static const char *cause_of_enhanced(struct enhanced e)
{
    for (size_t i = 0; e.class != 0 && i < COUNT_OF(by_enhanced); i++)
        if ((by_enhanced[i].class == 0 || by_enhanced[i].class == e.class) &&
            by_enhanced[i].subject == e.subject &&
            (by_enhanced[i].detail == ANY || by_enhanced[i].detail == e.detail))
            return by_enhanced[i].cause;
    return NULL;
}

static const char *cause_of_code(int code, enum smtp_stage stage)
{
    for (size_t i = 0; i < COUNT_OF(by_code); i++)
        if (by_code[i].code == code &&
            (by_code[i].stage == SMTP_STAGE_OTHER || by_code[i].stage == stage))
            return by_code[i].cause;
    return code / 100 == 5 ? "policy" : "transient";
}

/* RFC 4954: "log in first" and "this login is not good enough" are about us, whatever the mail. */
static bool is_about_login(int code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

/* Who answers MAIL has not heard of any recipient yet: a mailbox that is unknown or closed is the
 * sender's. Else everybody we write to would be taken off the list for it. */
static const char *about_sender(const char *cause)
{
    static const char *const of_mailboxes[] = {
        "bad_recipient", "recipient_refused", "mailbox_disabled", "mailbox",
        "mailbox_full",  "domain_unknown",    "bad_address",
    };
    for (size_t i = 0; i < COUNT_OF(of_mailboxes); i++)
        if (strcmp(of_mailboxes[i], cause) == 0)
            return "sender_refused";
    return cause;
}

static const char *find_cause(const struct smtp_answer *a, enum smtp_stage stage)
{
    if (a->code / 100 != 4 && a->code / 100 != 5)
        return "protocol"; /* 999, "2 0": no answer of SMTP */
    const char *cause = cause_of_words(a, words, COUNT_OF(words));
    if (is_about_login(a->code))
        return cause != NULL && strcmp(cause, "tls_required") == 0 ? cause : "auth";
    if (cause == NULL)
        cause = cause_of_enhanced(read_enhanced(a));
    if (cause == NULL)
        cause = cause_of_words(a, hints, COUNT_OF(hints));
    return cause != NULL ? cause : cause_of_code(a->code, stage);
}

static const char *cause_of(const struct smtp_answer *a, enum smtp_stage stage)
{
    const char *cause = find_cause(a, stage);
    return stage == SMTP_STAGE_MAIL ? about_sender(cause) : cause;
}

static enum outcome outcome_of(int code, const char *cause)
{
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        if (strcmp(outcomes[i].cause, cause) == 0 &&
            (outcomes[i].class == 0 || outcomes[i].class == code / 100))
            return outcomes[i].outcome;
    return code / 100 == 5 ? OUTCOME_PERMANENT : OUTCOME_TRANSIENT;
}

void smtp_judge_answer(const struct smtp_answer *answer, enum smtp_stage stage,
                       struct disposition *out)
{
    const char *cause = cause_of(answer, stage);
    disposition_set(out, outcome_of(answer->code, cause), answer->code, cause, answer->text,
                    answer->len);
    smtp_answer_enhanced(answer, out->enhanced);
}
