/* Grammars of single values. Each returns 0 or ERR_INPUT with what is wrong, without position. */
#ifndef CONFIG_CHECKS_H
#define CONFIG_CHECKS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* `http` or `https`, a host, no user name or password, no fragment, nothing that needs encoding. */
int check_url(const char *url, struct error *err);
bool url_is_http(const char *url);
/* A private, loopback or link-local address stands in it, or `localhost`; names are not asked. */
bool url_is_private(const char *url);
/* ASCII host name or address, without scheme and port. */
int check_host(const char *host, struct error *err);
/* The same with {token} in it, and https: what people click. */
int check_unsubscribe_url(const char *url, struct error *err);
/* A URL that paths can be put behind. */
int check_public_url(const char *url, struct error *err);
/* ADDRESS:PORT to listen at: 127.0.0.1:8025, [::1]:8025. */
int check_listen(const char *text, struct error *err);
/* Host name with at least one dot or "localhost", as in a Message-ID. */
int check_domain(const char *domain, struct error *err);
/* localhost, 127.*, ::1: what cannot be overheard. */
bool host_is_loopback(const char *host);
/* IANA shape; whether the zone exists is known to render only. */
int check_timezone(const char *zone, struct error *err);
/* Digits (3 to 15, with or without +), or up to 11 characters with a letter among them. */
int check_sender(const char *sender, struct error *err);
/* The sender of texts to Korea, as its providers register it: dialled as there, 8 to 11 digits. */
int check_korean_sender(const char *sender, struct error *err);
/* How numbers begin: `+` and digits. */
int check_prefix(const char *prefix, struct error *err);
/* ISO 4217 shape: EUR. */
int check_currency(const char *currency, struct error *err);
/* ISO 3166-1 alpha-2 shape: KR. */
int check_country(const char *country, struct error *err);
/* The category of a notice, as model/job.h has it. */
int check_category(const char *category, struct error *err);
/* The name of a DKIM key: labels of a DNS name. */
int check_selector(const char *selector, struct error *err);
/* An entry of the allow list. A lone `*` would end trial mode by the back door. */
int check_allow(const char *entry, struct error *err);
int check_tester(const char *entry, struct error *err);
/* Header names an endpoint may add (Standard Webhooks owns webhook-*, HTTP owns the
 * framing). */
int check_header_name(const char *name, struct error *err);
/* Headers that always carry a credential. */
bool header_is_secret(const char *name);
/* [A-Za-z0-9_-]{1,64}: names of transports, gateways, variables. */
int check_name(const char *name, struct error *err);
/* Of a group or user of the system. */
int check_group(const char *name, struct error *err);
/* Under which people agree to campaigns: [a-z0-9_-]{1,32}, as in the file of a campaign. */
int check_role(const char *name, struct error *err);
/* "whsec_" and base64 of 24 to 64 bytes; the prefix may be missing and is put in front then. */
int check_signing_secret(char **secret, struct error *err);
/* "whsk_" and base64 of 64 bytes: seed and public key of ed25519. */
int check_signing_key(const char *key, struct error *err);
/* low, normal, high. */
int check_priority(const char *name, struct error *err);

#endif
