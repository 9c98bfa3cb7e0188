#include "config/params.h"

#include "base/attributes.h"
#include "config/checks.h"
#include "model/address.h"
#include "model/settings.h"

#define SECOND   INT64_C(1000)
#define MINUTE   (60 * SECOND)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define BIT(n)   (1u << (n))
#define EMAIL    BIT(CHANNEL_EMAIL)
#define SMS      BIT(CHANNEL_SMS)
#define WEBHOOK  BIT(CHANNEL_WEBHOOK)
#define SMTP     BIT(TRANSPORT_SMTP)
#define GATEWAY  BIT(TRANSPORT_GATEWAY)
#define ENDPOINT BIT(TRANSPORT_WEBHOOK)
#define OUTBOX   BIT(TRANSPORT_OUTBOX)

const char *const param_channel_names[] = {"email", "sms", "webhook", NULL};
const char *const param_type_names[] = {"smtp", "gateway", "webhook", "outbox", NULL};
const char *const param_fallback_names[] = {"warn", "hold", "fail", NULL};
const char *const param_method_names[] = {"single", "all", NULL};
const char *const param_field_names[] = {
    "domain",     "from",     "reply_to",  "bounce",    "verp",       "name",     "short_name",
    "website",    "email",    "phone",     "fax",       "department", "hours",    "street",
    "postcode",   "city",     "state",     "country",   "address",    "register", "vat_id",
    "supervisor", "dpo_name", "dpo_email", "dpo_phone", NULL};
_Static_assert(COUNT_OF(param_field_names) == PARAM_FIELDS + 1, "PARAM_FIELDS counts them");
static const char *const level_names[] = {"error", "warn", "info", "debug", NULL};
static const char *const language_names[] = {"en", "de", "ko", NULL};
static const char *const tls_names[] = {"required", "none", "implicit", NULL};
static const char *const engine_names[] = {"esmtp", "curl", NULL};
static const char *const format_names[] = {"standard", "cloudevents", NULL};
static const char *const uncertain_names[] = {"resend", "hold", NULL};

#define EMAIL_RETRY   "1m, 5m, 15m, 1h, 4h, 12h"
#define WEBHOOK_RETRY "5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h" /* Standard Webhooks' example */

/* A row reads: what it is, whom it is for, where it lands, and one sentence. */
#define ROW(k, t, def)           .key = (k), .type = PARAM_##t, .fallback = (def)
#define TEXT(k, def, grammar)    ROW(k, TEXT, def), .check = (grammar)
#define PATH(k, def)             ROW(k, PATH, def)
#define INTEGER(k, def, lo, hi)  ROW(k, INTEGER, def), .min = (lo), .max = (hi)
#define NUMBER(k, def, lo, hi)   ROW(k, COUNT, def), .min = (lo), .max = (hi)
#define FRACTION(k, def, lo, hi) ROW(k, FRACTION, def), .min = (lo), .max = (hi)
#define DURATION(k, def, lo, hi) ROW(k, DURATION, def), .min = (lo), .max = (hi)
#define SCHEDULE(k, def, lo, hi) ROW(k, SCHEDULE, def), .min = (lo), .max = (hi)
#define RATE(k, def)             ROW(k, RATE, def)
#define SIZE(k, def)             ROW(k, SIZE, def)
#define WINDOW(k, def)           ROW(k, WINDOW, def)
#define MONEY(k)                 ROW(k, MONEY, NULL)
#define DATE(k)                  ROW(k, DATE, NULL)
#define LIMITS(k, lo, hi)        ROW(k, LIMITS, NULL), .min = (lo), .max = (hi)
#define NULLABLE(k)              ROW(k, NULL, NULL)
#define BOOLEAN(k, def)          ROW(k, BOOLEAN, def)
#define CHOICE(k, def, names)    ROW(k, CHOICE, def), .choices = (names)
#define LIST(k, grammar)         ROW(k, LIST, NULL), .check = (grammar)
#define SECRET(k)                ROW(k, SECRET, NULL)
#define PEM(k)                   ROW(k, PEM, NULL)
#define SUBTREE(k)               ROW(k, SUBTREE, NULL)
#define REQUIRED                 .required = true
#define FOR(bits)                .channels = (bits)
#define ONLY(bits)               .types = (bits)
#define TOP(m)                   .offset = offsetof(struct settings, m)
#define COUNT(m)                 .count_offset = offsetof(struct settings, m)
#define IN_T(m)                  .offset = offsetof(struct transport, m)
#define IN_E(m)                  .offset = offsetof(struct endpoint, m)
#define ABOUT(sentence)          .about = (sentence)

static const struct param top[] = {
    {PATH("spool", "/var/spool/dispatcher"), TOP(spool),
     ABOUT("Directory where programs drop notices and where the ledger lives.")},
    {PATH("templates", "templates"), TOP(templates),
     ABOUT("Directory of the letters, one folder each.")},
    {PATH("locales", "locales"), TOP(locales), ABOUT("Directory of the words of each language.")},
    {PATH("law", "law"), TOP(law),
     ABOUT("Directory of the rules of law that letters are held to.")},
    {PATH("gateways", "gateways"), TOP(gateways),
     ABOUT("Directory of the descriptions of SMS gateways.")},
    {PATH("rules", "rules.yaml"), TOP(rules.file),
     ABOUT("File that says which template, language and channels a notice gets.")},
    {PATH("control_socket", NULL), TOP(control_socket),
     ABOUT("Socket over which commands reach the daemon; control.sock in the spool unless set.")},
    {INTEGER("workers", "8", 1, 512), TOP(workers), ABOUT("How many processes render and send.")},
    {INTEGER("worker_jobs_max", "10000", 1, 100000000), TOP(worker_jobs_max),
     ABOUT("A worker is replaced after this many deliveries, which bounds what libraries leak.")},
    {DURATION("rescan", "30s", 100, HOUR), TOP(rescan_ms),
     ABOUT("How often the spool is searched, should a notification be lost.")},
    {DURATION("shutdown", "30s", 0, HOUR), TOP(shutdown_ms),
     ABOUT("How long SIGTERM waits for what is in flight.")},
    {DURATION("retention", "30d", 0, 3650 * DAY), TOP(retention_ms),
     ABOUT("How long the texts of finished notices and batches are kept; 0s keeps them for good.")},
    {SIZE("min_free", "64MB"), TOP(min_free_bytes),
     ABOUT("Room that must be left on the spool's disk; below it nothing is accepted.")},
    {NULLABLE("halt"), TOP(halt.off), ABOUT("null: no batch stops by itself.")},
    {NUMBER("halt.failures", "500", 1, 1000000000), TOP(halt.failures),
     ABOUT("A batch stops by itself when at least so many deliveries failed, and halt.share too.")},
    {FRACTION("halt.share", "0.05", 1, 1000), TOP(halt.share),
     ABOUT("Share of failures among what was tried at which a batch stops by itself.")},
    {CHOICE("log.level", "info", level_names), TOP(log_level),
     ABOUT("Least important events that are still written to the log.")},
    {CHOICE("operator.language", "en", language_names), TOP(operator_language),
     ABOUT("Language in which commands speak where the environment names none.")},
    {BOOLEAN("trial", "true"), TOP(trial),
     ABOUT("Trial mode: only recipients of the allow list get anything.")},
    {LIST("allow", check_allow), TOP(allow), COUNT(allow_count),
     ABOUT("Who gets something in trial mode: addresses, *@domain, +49151*, endpoint names.")},
    {LIST("testers", check_tester), TOP(testers), COUNT(tester_count),
     ABOUT("Whom `test-send --to NAME` and `--to me` reach: NAME=ADDRESS, by the name of the "
           "login.")},
    {LIST("registered_senders", check_sender), TOP(registered_senders),
     COUNT(registered_sender_count),
     ABOUT("Senders of SMS registered with a Korean provider; `check` asks for them.")},
    {TEXT("timezone", NULL, check_timezone), TOP(timezone),
     ABOUT("Zone of the times in letters where neither the notice nor the recipient names one.")},
    {PATH("attachments", NULL), TOP(attachments),
     ABOUT("Directory of the files letters may bring along; without it there are none.")},
    {TEXT("organisation.domain", NULL, check_domain), TOP(organisation.domain),
     ABOUT("Right side of every Message-ID; the domain of organisation.from unless set.")},
    {TEXT("organisation.from", NULL, address_check_email), TOP(organisation.from_address),
     ABOUT("Address the letters come from.")},
    {TEXT("organisation.reply_to", NULL, address_check_email), TOP(organisation.reply_to),
     ABOUT("Address that answers go to, if not organisation.from.")},
    {TEXT("organisation.bounce", NULL, address_check_email), TOP(organisation.bounce_address),
     ABOUT("Envelope sender: where mail servers return what they cannot deliver.")},
    {BOOLEAN("organisation.verp", "false"), TOP(organisation.verp),
     ABOUT("Returned mail names its letter: the envelope sender is bounces+TOKEN@example.org.")},
    {SUBTREE("organisation.*"),
     ABOUT("What letters see as org.*: name, phone, hours; `ko: {name: ...}` for one language.")},
    {TEXT("dkim.domain", NULL, check_domain), TOP(dkim.domain),
     ABOUT("Domain that signs our mails; without `dkim` they leave unsigned.")},
    {TEXT("dkim.selector", NULL, check_selector), TOP(dkim.selector),
     ABOUT("Name of the public key in DNS: SELECTOR._domainkey.DOMAIN.")},
    {PEM("dkim.key"), TOP(dkim.key), ABOUT("Private key that signs, as PEM.")},
    {TEXT("unsubscribe.url", NULL, check_unsubscribe_url), TOP(unsubscribe_url),
     ABOUT("Where one click ends a subscription; {token} becomes the token of the delivery.")},
    {TEXT("unsubscribe.mail", NULL, address_check_email), TOP(unsubscribe_mail),
     ABOUT("Address that a mail to which ends a subscription.")},
    {LIST("unsubscribe.categories", check_category), TOP(unsubscribe_categories),
     COUNT(unsubscribe_category_count),
     ABOUT("Categories of notices whose mails offer to unsubscribe.")},
    {DURATION("suppression.after_bounce", "90d", 0, 3650 * DAY), TOP(bounce_suppress_ms),
     ABOUT("How long nothing goes to an address that does not exist; 0s: for good.")},
    {LIST("suppression.override", check_category), TOP(suppress_override),
     COUNT(suppress_override_count),
     ABOUT("Categories of notices that go to suppressed addresses all the same.")},
    {TEXT("api.listen", NULL, check_listen), TOP(api_listen),
     ABOUT("Address and port of the HTTP interface; without it there is none.")},
    {TEXT("api.public_url", NULL, check_public_url), TOP(api_public_url),
     ABOUT("How gateways reach the HTTP interface; http:// and api.listen unless set.")},
    {TEXT("control.operate", NULL, check_group), TOP(control.operate),
     ABOUT("Group whose members may change what becomes of notices; the daemon's unless set.")},
    {TEXT("control.approve", NULL, check_group), TOP(control.approve),
     ABOUT("Group whose members may agree to campaigns; the daemon's unless set.")},
    {TEXT("control.enqueue", NULL, check_group), TOP(control.enqueue),
     ABOUT("Group of the programs that hand notices in; the daemon's unless set.")},
    {LIST("campaigns.approvals", check_role), TOP(campaign_approvals),
     COUNT(campaign_approval_count),
     ABOUT("Roles that must agree to every campaign, beside those its own file names.")},
    {BOOLEAN("campaigns.sender_approves", "true"), TOP(sender_approves),
     ABOUT(
         "Who sends may be one of those who approved (never the only one); false: none of them.")},
    {SUBTREE("campaigns.roles.*"), ABOUT("Who may agree to a campaign as what, by role.")},
    {SUBTREE("transports.*"), ABOUT("The ways out, by name.")},
    {SUBTREE("endpoints.*"), ABOUT("The receivers of webhooks, by name.")},
};

static const struct param transport[] = {
    {CHOICE("channel", NULL, param_channel_names), REQUIRED, IN_T(channel),
     ABOUT("What this transport carries: email, sms or webhook.")},
    {CHOICE("type", "smtp", param_type_names), FOR(EMAIL), IN_T(type),
     ABOUT("How it carries mail: smtp, or outbox (a folder).")},
    {CHOICE("type", "gateway", param_type_names), FOR(SMS), IN_T(type),
     ABOUT("How it carries texts: gateway, or outbox (a folder).")},
    {CHOICE("type", "webhook", param_type_names), FOR(WEBHOOK), IN_T(type),
     ABOUT("How it carries webhooks: webhook, or outbox (a folder).")},
    {INTEGER("concurrency", "4", 1, 1000), IN_T(concurrency), ABOUT("Packets in flight at once.")},
    {INTEGER("packet", "20", 1, 1000), FOR(EMAIL), IN_T(packet_size),
     ABOUT("Letters per SMTP session.")},
    {INTEGER("packet", "10", 1, 1000), FOR(SMS), IN_T(packet_size),
     ABOUT("Texts handed to a worker at once.")},
    {INTEGER("packet", "200", 1, 1000), FOR(WEBHOOK), IN_T(packet_size),
     ABOUT("Webhooks handed to a worker at once.")},
    {DURATION("deadline", "120s", SECOND, HOUR), FOR(EMAIL), IN_T(deadline_ms),
     ABOUT("Time for one packet; the worker that passes it is killed.")},
    {DURATION("deadline", "60s", SECOND, HOUR), FOR(SMS | WEBHOOK), IN_T(deadline_ms),
     ABOUT("Time for one packet; the worker that passes it is killed.")},
    {CHOICE("on_uncertain", "resend", uncertain_names), FOR(EMAIL | WEBHOOK), IN_T(on_uncertain),
     ABOUT("When nobody knows whether it arrived: resend with the same id, or hold.")},
    {CHOICE("on_uncertain", "hold", uncertain_names), FOR(SMS), IN_T(on_uncertain),
     ABOUT("When nobody knows whether it arrived: hold (a repeat costs money), or resend.")},
    {SCHEDULE("retry", EMAIL_RETRY, 100, 7 * DAY), FOR(EMAIL | SMS), IN_T(retry),
     ABOUT("Waits after the first, second, ... failed attempt; behind the last it has failed.")},
    {SCHEDULE("retry", WEBHOOK_RETRY, 100, 7 * DAY), FOR(WEBHOOK), IN_T(retry),
     ABOUT("Waits after the first, second, ... failed attempt; behind the last it has failed.")},
    {FRACTION("jitter", "0.2", 0, 900), IN_T(retry.jitter),
     ABOUT("Share by which each wait is lengthened or shortened at random.")},
    {RATE("rate", "unlimited"), IN_T(rate),
     ABOUT("How many leave in how long; what is above it waits its turn.")},
    {SUBTREE("domains.*"), FOR(EMAIL),
     ABOUT("Pace towards each mail domain, by name; `default` for each of the others.")},
    {WINDOW("window", "always"), IN_T(window),
     ABOUT("Hours in the recipient's time zone in which anything is sent.")},
    {DATE("warmup.start"), FOR(EMAIL | SMS), IN_T(warmup.start_day),
     ABOUT("First day of the warm-up of a new sender.")},
    {LIMITS("warmup.limits", 1, 1000000000), FOR(EMAIL | SMS), IN_T(warmup),
     ABOUT(
         "Most deliveries on the first day of the warm-up, the second, ...; behind it no limit.")},
    {SUBTREE("windows.*"),
     ABOUT("Hours for the recipients of one country instead of `window`: KR: 08:00-21:00.")},
    {LIST("failover", check_name), IN_T(failover),
     .count_offset = offsetof(struct transport, failover_count),
     ABOUT("Transports of the same channel that step in, in this order.")},
    {INTEGER("failover_after", "1", 1, RETRY_STEPS_MAX), IN_T(failover_after),
     ABOUT("Failed attempts over this transport before a delivery goes over the next.")},
    {PATH("directory", NULL), ONLY(OUTBOX), IN_T(directory),
     ABOUT("Folder the letters land in; outbox/NAME in the spool unless set.")},

    {CHOICE("engine", "esmtp", engine_names), ONLY(SMTP), IN_T(smtp.engine),
     ABOUT("What speaks SMTP: esmtp, or curl (TLS from the first byte, OAuth, IPv6).")},
    {TEXT("host", NULL, check_host), ONLY(SMTP), IN_T(smtp.host),
     ABOUT("Mail server that takes our mail; the first of `hosts` where there are several.")},
    {INTEGER("port", "587", 1, 65535), ONLY(SMTP), IN_T(smtp.port),
     ABOUT("Its port; 465 with `tls: implicit`, else 587, unless set.")},
    {SUBTREE("hosts"), ONLY(SMTP),
     ABOUT("Several mail servers instead of `host` and `port`, with a weight each.")},
    {CHOICE("tls", "required", tls_names), ONLY(SMTP), IN_T(smtp.tls),
     ABOUT("required: STARTTLS, verified; implicit: TLS from the first byte; none: in the clear.")},
    {DURATION("connect_timeout", "10s", 100, 5 * MINUTE), ONLY(SMTP), IN_T(smtp.connect_timeout_ms),
     ABOUT("How long connecting may take with `engine: curl`.")},
    {PATH("ca_file", NULL), ONLY(SMTP), IN_T(smtp.ca_file),
     ABOUT("Certificates to trust instead of the system's.")},
    {TEXT("helo", NULL, check_domain), ONLY(SMTP), IN_T(smtp.helo_name),
     ABOUT("Name we greet with; organisation.domain unless set.")},
    {TEXT("user", NULL, NULL), ONLY(SMTP), IN_T(smtp.user),
     ABOUT("User name for AUTH; without it no authentication.")},
    {SECRET("password"), ONLY(SMTP), IN_T(smtp.password), ABOUT("Password for AUTH.")},
    {SECRET("oauth_token"), ONLY(SMTP), IN_T(smtp.oauth_token),
     ABOUT("Bearer token for XOAUTH2 instead of a password; `engine: curl`.")},
    {BOOLEAN("dsn", "false"), ONLY(SMTP), IN_T(smtp.dsn),
     ABOUT("The server is asked to report what it cannot deliver, where it can (RFC 3461).")},
    {BOOLEAN("pipelining", "true"), ONLY(SMTP), IN_T(smtp.pipelining),
     ABOUT("RCPT and DATA leave together; false for a relay that mishandles that.")},

    {SUBTREE("gateway"), ONLY(GATEWAY), ABOUT("Name of the description: gateways/NAME.yaml.")},
    {SUBTREE("vars.*"), ONLY(GATEWAY),
     ABOUT("Values for the variables of the description: base, user, password, ...")},
    {TEXT("sender", NULL, check_sender), REQUIRED, ONLY(GATEWAY), IN_T(sms.sender),
     ABOUT("Sender shown to people: a number, or up to 11 letters.")},
    {SUBTREE("senders.*"), ONLY(GATEWAY),
     ABOUT("Senders for the numbers that begin so instead of `sender`: \"+82\": \"0212345678\".")},
    {LIST("allow_prefixes", check_prefix), ONLY(GATEWAY), IN_T(sms.allow_prefixes),
     .count_offset = offsetof(struct transport, sms.allow_prefix_count),
     ABOUT("Beginnings of the numbers that get texts; without it all.")},
    {LIST("deny_prefixes", check_prefix), ONLY(GATEWAY), IN_T(sms.deny_prefixes),
     .count_offset = offsetof(struct transport, sms.deny_prefix_count),
     ABOUT("Beginnings of numbers that get none, whatever is allowed.")},
    {SUBTREE("prices.*"), ONLY(GATEWAY),
     ABOUT("What a part of a text costs, by how the number begins; `default` for any other.")},
    {TEXT("currency", NULL, check_currency), ONLY(GATEWAY), IN_T(sms.currency),
     ABOUT("Currency of the prices, like EUR.")},
    {PATH("ca_file", NULL), ONLY(GATEWAY), IN_T(sms.ca_file),
     ABOUT("Certificates to trust instead of the system's.")},
    {BOOLEAN("allow_private", "false"), ONLY(GATEWAY), IN_T(sms.allow_private),
     ABOUT("The gateway may stand at a private or loopback address.")},

    {PATH("ca_file", NULL), ONLY(ENDPOINT), IN_T(webhook.ca_file),
     ABOUT("Certificates to trust instead of the system's.")},
    {DURATION("connect_timeout", "5s", 100, MINUTE), ONLY(ENDPOINT),
     IN_T(webhook.connect_timeout_ms), ABOUT("How long connecting may take.")},
};

static const struct param endpoint[] = {
    {TEXT("url", NULL, check_url), REQUIRED, IN_E(url),
     ABOUT("Where webhooks for this endpoint are posted.")},
    {SECRET("secret"), REQUIRED, IN_E(secret),
     ABOUT("Signing secret: whsec_ and base64 of 24 to 64 bytes.")},
    {SECRET("old_secret"), IN_E(old_secret),
     ABOUT("Secret before `secret`: signs too until the receiver knows the new one.")},
    {DATE("old_secret_until"), IN_E(old_secret_until_day),
     ABOUT("Last day on which `old_secret` signs (UTC); without it as long as it stands there.")},
    {SECRET("signing_key"), IN_E(signing_key),
     ABOUT("Private ed25519 key that signs too (v1a): whsk_ and base64 of 64 bytes.")},
    {CHOICE("format", "standard", format_names), IN_E(format),
     ABOUT("standard (Standard Webhooks), or cloudevents: ce- headers as well.")},
    {BOOLEAN("http2", "false"), IN_E(http2),
     ABOUT("HTTP/2 is spoken if the receiver offers it: one connection for all requests.")},
    {INTEGER("concurrency", NULL, 1, 1000), IN_E(concurrency),
     ABOUT("Requests to this endpoint at once; without it, 8 from each packet in flight.")},
    {SCHEDULE("retry", NULL, 100, 7 * DAY), IN_E(retry),
     ABOUT("Waits after failed attempts for this endpoint; the transport's unless set.")},
    {DURATION("disable_after", "120h", 0, 3650 * DAY), IN_E(disable_after_ms),
     ABOUT("An endpoint that does nothing but fail for so long is switched off; 0s: never.")},
    {BOOLEAN("allow_http", "false"), IN_E(allow_http),
     ABOUT("The URL may be http: signed, but readable on the way.")},
    {BOOLEAN("allow_private", "false"), IN_E(allow_private),
     ABOUT("The endpoint may stand at a private, loopback or link-local address.")},
    {DURATION("timeout", "15s", 100, 5 * MINUTE), IN_E(timeout_ms),
     ABOUT("How long one request may take in all.")},
    {SUBTREE("headers.*"),
     ABOUT("More headers to send; values that are secrets as {file:}, {env:} or {credential:}.")},
};

static const struct param host[] = {
    {TEXT("host", NULL, check_host), REQUIRED, .offset = offsetof(struct smtp_host, host),
     ABOUT("Mail server that takes our mail.")},
    {INTEGER("port", "587", 1, 65535), .offset = offsetof(struct smtp_host, port),
     ABOUT("Its port; 465 with `tls: implicit`, else 587, unless set.")},
    {INTEGER("weight", "1", 1, 1000), .offset = offsetof(struct smtp_host, weight),
     ABOUT("Its share of the sessions: twice as many as a server of half the weight.")},
};

static const struct param domain[] = {
    {RATE("rate", "unlimited"), .offset = offsetof(struct domain_rate, rate),
     ABOUT("Pace towards the recipients of this mail domain.")},
    {INTEGER("concurrency", NULL, 1, 1000), .offset = offsetof(struct domain_rate, concurrency),
     ABOUT("Letters to this mail domain in flight at once; without it, any number.")},
};

static const struct param price[] = {
    {MONEY("sms"), REQUIRED, .offset = offsetof(struct sms_price, micros),
     ABOUT("What a part of a text costs, or in Korea a short one.")},
    {MONEY("lms"), REQUIRED, .offset = offsetof(struct sms_price, lms_micros),
     ABOUT("What a long text costs in Korea.")},
};

static const struct param role[] = {
    {LIST("users", check_group), .offset = offsetof(struct campaign_role, users),
     .count_offset = offsetof(struct campaign_role, user_count),
     ABOUT("Users of the system who may agree in this role.")},
    {LIST("groups", check_group), .offset = offsetof(struct campaign_role, groups),
     .count_offset = offsetof(struct campaign_role, group_count),
     ABOUT("Groups of the system whose members may agree in this role.")},
};

const struct param_table params_top = {top, COUNT_OF(top)};
const struct param_table params_transport = {transport, COUNT_OF(transport)};
const struct param_table params_endpoint = {endpoint, COUNT_OF(endpoint)};
const struct param_table params_host = {host, COUNT_OF(host)};
const struct param_table params_domain = {domain, COUNT_OF(domain)};
const struct param_table params_price = {price, COUNT_OF(price)};
const struct param_table params_role = {role, COUNT_OF(role)};

const struct param param_free_text = {
    .key = "*", .type = PARAM_TEXT, ABOUT("A value under a name of your own.")};
const struct param param_free_secret = {
    .key = "*", .type = PARAM_SECRET, ABOUT("A secret under a name of your own.")};
const struct param param_domain_rate = {
    .key = "*", .type = PARAM_RATE, ABOUT("Pace towards the recipients of this mail domain.")};
const struct param param_country_window = {
    .key = "*",
    .type = PARAM_WINDOW,
    ABOUT("Hours in which the recipients of this country get anything.")};
const struct param param_sms_sender = {.key = "*",
                                       .type = PARAM_TEXT,
                                       .check = check_sender,
                                       ABOUT("Sender for the numbers that begin so.")};
const struct param param_korean_sender = {.key = "*",
                                          .type = PARAM_TEXT,
                                          .check = check_korean_sender,
                                          ABOUT("Sender for the numbers that begin so.")};
const struct param param_sms_price = {
    .key = "*",
    .type = PARAM_MONEY,
    ABOUT("What a part of a text to numbers that begin so costs.")};
