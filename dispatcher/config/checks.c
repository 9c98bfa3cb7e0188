#include "config/checks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/digest.h"
#include "base/text.h"
#include "model/address.h"

#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static bool made_of(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

bool url_is_http(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0;
}

/* The part between `//` and the path, and where it ends; NULL if there is no http or https scheme.
 */
static const char *url_authority(const char *url, size_t *out_len)
{
    const char *at = NULL;
    if (url_is_http(url))
        at = url + 7;
    else if (strncasecmp(url, "https://", 8) == 0)
        at = url + 8;
    *out_len = at != NULL ? strcspn(at, "/?#") : 0;
    return at;
}

/* The host between `//` and the port, without the brackets of an IPv6 address. False: none, or
 * longer than `size` takes. */
static bool url_host(const char *url, char *host, size_t size)
{
    size_t len;
    const char *at = url_authority(url, &len);
    if (at == NULL)
        return false;
    bool bracketed = *at == '[';
    if (bracketed) {
        at++;
        len = strcspn(at, "]/?#");
    } else {
        len = strcspn(at, ":/?#");
    }
    if (len == 0 || len >= size)
        return false;
    memcpy(host, at, len);
    host[len] = '\0';
    return true;
}

static bool is_private4(const unsigned char *a)
{
    return a[0] == 0 || a[0] == 10 || a[0] == 127 || (a[0] == 100 && (a[1] & 0xc0) == 64) ||
           (a[0] == 169 && a[1] == 254) || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
           (a[0] == 192 && a[1] == 168);
}

/* ::1, ::, fc00::/7, fe80::/10, and IPv4 in IPv6 clothes */
static bool is_private6(const unsigned char *a)
{
    static const unsigned char nothing[15] = {0};
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(a, mapped, sizeof(mapped)) == 0)
        return is_private4(a + sizeof(mapped));
    return (memcmp(a, nothing, sizeof(nothing)) == 0 && a[15] <= 1) || (a[0] & 0xfe) == 0xfc ||
           (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

bool url_is_private(const char *url)
{
    char host[256];
    unsigned char address[sizeof(struct in6_addr)];
    if (!url_host(url, host, sizeof(host)))
        return false;
    if (inet_pton(AF_INET, host, address) == 1)
        return is_private4(address);
    if (inet_pton(AF_INET6, host, address) == 1)
        return is_private6(address);
    return strcasecmp(host, "localhost") == 0;
}

static bool has_forbidden_byte(const char *url)
{
    for (const char *c = url; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte <= ' ' || byte >= 0x7f || strchr("\"<>\\^`{|}", *c) != NULL)
            return true;
    }
    return false;
}

static int check_authority(const char *authority, size_t len, struct error *err)
{
    char host[256];
    if (memchr(authority, '@', len) != NULL)
        return error_set(err, ERR_INPUT,
                         "a URL must not hold a user name or password; send an `authorization` "
                         "header from {file: PATH} instead");
    if (len >= sizeof(host))
        return error_set(err, ERR_INPUT, "the host of the URL is too long");
    memcpy(host, authority, len);
    host[len] = '\0';
    char *port = strrchr(host, ':');
    if (port != NULL && strchr(port, ']') == NULL) {
        int64_t number = 0;
        *port++ = '\0';
        if (!text_parse_int(port, &number) || number < 1 || number > 65535)
            return error_set(err, ERR_INPUT, "`%s` is no port", port);
    }
    return host[0] != '\0' ? 0 : error_set(err, ERR_INPUT, "the URL names no host");
}

int check_url(const char *url, struct error *err)
{
    size_t len = 0;
    const char *authority = url_authority(url, &len);
    if (authority == NULL)
        return error_set(err, ERR_INPUT, "a URL starts with https:// (or http://)");
    int rc = check_authority(authority, len, err); /* first: nothing of a password is repeated */
    if (rc != 0)
        return rc;
    if (has_forbidden_byte(url))
        return error_set(err, ERR_INPUT,
                         "the URL holds a space, control or other character that must be "
                         "percent-encoded");
    if (strchr(url, '#') != NULL)
        return error_set(err, ERR_INPUT, "a URL to post to has no fragment (`#`)");
    return 0;
}

/* What stands in the place of the token belongs to a URL, the braces do not. */
int check_unsubscribe_url(const char *url, struct error *err)
{
    static const char token[] = "{token}";
    struct buf filled = {0};
    const char *at = strstr(url, token);
    if (url_is_http(url))
        return error_set(err, ERR_INPUT,
                         "mail programs unsubscribe over https only (RFC 8058): https://...");
    if (at == NULL)
        return error_set(err, ERR_INPUT,
                         "the URL needs {token} where the token of the delivery goes: "
                         "https://www.example.org/u/{token}");
    buf_put(&filled, url, (size_t)(at - url));
    buf_puts(&filled, "0-token");
    buf_puts(&filled, at + strlen(token));
    int rc = check_url(filled.data, err);
    buf_free(&filled);
    return rc;
}

int check_public_url(const char *url, struct error *err)
{
    int rc = check_url(url, err);
    if (rc == 0 && strchr(url, '?') != NULL)
        rc = error_set(err, ERR_INPUT, "`/reports/...` is put behind this URL: leave out the `?`");
    return rc;
}

int check_listen(const char *text, struct error *err)
{
    unsigned char address[sizeof(struct in6_addr)];
    int64_t port = 0;
    const char *colon = strrchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    bool v6 = len > 2 && text[0] == '[' && text[len - 1] == ']';
    char *host = v6 ? xstrndup(text + 1, len - 2) : xstrndup(text, len);
    bool right = inet_pton(v6 ? AF_INET6 : AF_INET, host, address) == 1 &&
                 text_parse_int(colon + 1, &port) && port >= 1 && port <= 65535;
    free(host);
    if (!right)
        return error_set(err, ERR_INPUT,
                         "`%s` is no address and port to listen at, like 127.0.0.1:8025 or "
                         "[::1]:8025",
                         text);
    return 0;
}

int check_host(const char *host, struct error *err)
{
    if (strstr(host, "://") != NULL)
        return error_set(err, ERR_INPUT, "`%s` is a URL; only the name of the host goes here",
                         host);
    const char *colon = strchr(host, ':');
    if (colon != NULL && strchr(colon + 1, ':') == NULL)
        return error_set(err, ERR_INPUT, "`%s`: the port goes into `port: %s`", host, colon + 1);
    if (strlen(host) > 253 || !made_of(host, LETTERS DIGITS ".-:") || host[0] == '-')
        return error_set(err, ERR_INPUT, "`%s` is no host name (ASCII letters, digits, `.`, `-`)",
                         host);
    return 0;
}

int check_domain(const char *domain, struct error *err)
{
    size_t len = strlen(domain);
    bool shaped = len > 0 && len <= 253 && made_of(domain, LETTERS DIGITS ".-") &&
                  strstr(domain, "..") == NULL && strchr(".-", domain[0]) == NULL &&
                  strchr(".-", domain[len - 1]) == NULL;
    bool known = strchr(domain, '.') != NULL || strcmp(domain, "localhost") == 0;
    if (!shaped || !known)
        return error_set(err, ERR_INPUT, "`%s` is no domain like `mail.example.org`", domain);
    return 0;
}

bool host_is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (text_starts_with(host, "127.") && made_of(host, DIGITS "."));
}

int check_timezone(const char *zone, struct error *err)
{
    if (!made_of(zone, LETTERS DIGITS "_+-/") || strchr("/+-", zone[0]) != NULL)
        return error_set(err, ERR_INPUT, "`%s` is no time zone like `Europe/Berlin`", zone);
    return 0;
}

int check_sender(const char *sender, struct error *err)
{
    const char *digits = sender[0] == '+' ? sender + 1 : sender;
    size_t len = strlen(digits);
    if (made_of(digits, DIGITS))
        return len >= 3 && len <= 15
                   ? 0
                   : error_set(err, ERR_INPUT, "a sender number has 3 to 15 digits");
    if (strlen(sender) > 11 || !made_of(sender, LETTERS DIGITS " &._-"))
        return error_set(err, ERR_INPUT,
                         "a sender is a number, or at most 11 ASCII letters and digits");
    return 0;
}

/* Registered is the number as one dials it in Korea: with area code (02, 031, 070, 010), or one of
 * eight digits that belongs to a company (1588-0000). 050 numbers only forward. */
int check_korean_sender(const char *sender, struct error *err)
{
    size_t len = strlen(sender);
    bool company = sender[0] == '1' && strchr("568", sender[1]) != NULL && len == 8;
    bool dialled = sender[0] == '0' && len >= 8 && len <= 11 && !text_starts_with(sender, "050");
    if (made_of(sender, DIGITS) && (company || dialled))
        return 0;
    return error_set(err, ERR_INPUT,
                     "`%s` is no sender for Korea: a number registered there, as it is dialled "
                     "there, 8 to 11 digits and nothing else, like 0212345678 or 15880000 (not "
                     "050)",
                     sender);
}

int check_prefix(const char *prefix, struct error *err)
{
    size_t len = strlen(prefix);
    if (prefix[0] == '+' && prefix[1] >= '1' && prefix[1] <= '9' && made_of(prefix + 1, DIGITS) &&
        len <= 16)
        return 0;
    return error_set(err, ERR_INPUT,
                     "`%s` is no beginning of a number: `+`, the country and maybe more, like "
                     "\"+49\" or \"+49151\"",
                     prefix);
}

int check_currency(const char *currency, struct error *err)
{
    if (strlen(currency) == 3 && made_of(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return 0;
    return error_set(err, ERR_INPUT, "`%s` is no currency like EUR, KRW or USD", currency);
}

int check_country(const char *country, struct error *err)
{
    if (strcmp(country, "UK") == 0)
        return error_set(err, ERR_INPUT, "the United Kingdom is written GB");
    if (strlen(country) == 2 && made_of(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return 0;
    return error_set(err, ERR_INPUT, "`%s` is no country of two capital letters like KR or DE",
                     country);
}

int check_category(const char *category, struct error *err)
{
    if (strlen(category) <= 64 && made_of(category, "abcdefghijklmnopqrstuvwxyz" DIGITS "_.-"))
        return 0;
    return error_set(err, ERR_INPUT,
                     "`%s` is no category: small letters, digits, `_`, `.` and `-`, at most 64",
                     category);
}

int check_selector(const char *selector, struct error *err)
{
    size_t len = strlen(selector);
    if (len <= 63 && made_of(selector, LETTERS DIGITS ".-") && strstr(selector, "..") == NULL &&
        strchr(".-", selector[0]) == NULL && strchr(".-", selector[len - 1]) == NULL)
        return 0;
    return error_set(err, ERR_INPUT,
                     "`%s` is no selector: what stands before `._domainkey.` in DNS", selector);
}

int check_allow(const char *entry, struct error *err)
{
    if (made_of(entry, "*"))
        return error_set(err, ERR_INPUT,
                         "`*` would allow everyone; to leave trial mode write `trial: false`");
    for (const char *c = entry; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ')
            return error_set(err, ERR_INPUT, "an entry is one address, without spaces");
    }
    if (strchr(entry, '@') != NULL && strchr(entry, '*') == NULL)
        return address_check_email(entry, err);
    if (entry[0] == '+' && strchr(entry, '*') == NULL)
        return address_check_phone(entry, err);
    return 0;
}

int check_tester(const char *entry, struct error *err)
{
    const char *address = strchr(entry, '=');
    if (address == NULL || address == entry || address[1] == '\0')
        return error_set(err, ERR_INPUT, "an entry is NAME=ADDRESS, like jana=jana@example.org");
    return check_allow(address + 1, err);
}

int check_header_name(const char *name, struct error *err)
{
    static const char *const exact[] = {"host",    "transfer-encoding", "connection", "te",
                                        "trailer", "upgrade",           "expect"};
    if (name[0] == '\0' || !made_of(name, LETTERS DIGITS "!#$%&'*+-.^_`|~"))
        return error_set(err, ERR_INPUT, "is no header name");
    bool owned = strncasecmp(name, "webhook-", 8) == 0 || strncasecmp(name, "content-", 8) == 0 ||
                 strncasecmp(name, "ce-", 3) == 0;
    for (size_t i = 0; i < COUNT_OF(exact); i++)
        owned = owned || strcasecmp(name, exact[i]) == 0;
    if (owned)
        return error_set(err, ERR_INPUT,
                         "is set by the program itself; webhook-*, ce-*, content-*, host, "
                         "transfer-encoding and connection cannot be changed");
    return 0;
}

bool header_is_secret(const char *name)
{
    static const char *const names[] = {
        "authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

int check_name(const char *name, struct error *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > 64 || !made_of(name, LETTERS DIGITS "_-"))
        return error_set(err, ERR_INPUT, "a name has 1 to 64 letters, digits, `_` or `-`");
    return 0;
}

int check_group(const char *name, struct error *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > 64 || !made_of(name, LETTERS DIGITS "_-.@") || name[0] == '-')
        return error_set(err, ERR_INPUT,
                         "the name of a user or group has 1 to 64 letters, digits, `_`, `-`, `.` "
                         "or `@`");
    return 0;
}

int check_role(const char *name, struct error *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > 32 || !made_of(name, LOWER DIGITS "_-"))
        return error_set(err, ERR_INPUT,
                         "`%s` is no role: 1 to 32 of a-z, 0-9, - and _, like legal", name);
    return 0;
}

int check_signing_secret(char **secret, struct error *err)
{
    static const char prefix[] = "whsec_";
    struct buf key = {0}, spelled = {0};
    const char *text = text_starts_with(*secret, prefix) ? *secret + strlen(prefix) : *secret;
    bool right = base64_decode(text, strlen(text), &key) && key.len >= 24 && key.len <= 64;
    if (key.data != NULL)
        explicit_bzero(key.data, key.len);
    buf_free(&key);
    if (!right)
        return error_set(err, ERR_INPUT,
                         "a signing secret is `whsec_` and base64 of 24 to 64 random bytes; make "
                         "one with: dispatcher endpoint secret new --out FILE");
    if (text != *secret)
        return 0;
    buf_printf(&spelled, "%s%s", prefix, *secret);
    free(*secret);
    *secret = buf_steal(&spelled);
    return 0;
}

int check_signing_key(const char *key, struct error *err)
{
    static const char prefix[] = "whsk_";
    struct buf bytes = {0};
    bool right = text_starts_with(key, prefix) &&
                 base64_decode(key + strlen(prefix), strlen(key) - strlen(prefix), &bytes) &&
                 bytes.len == 64;
    if (bytes.data != NULL)
        explicit_bzero(bytes.data, bytes.len);
    buf_free(&bytes);
    if (right)
        return 0;
    return error_set(err, ERR_INPUT,
                     "a signing key is `whsk_` and base64 of 64 bytes: the seed of an ed25519 key "
                     "and its public key behind it; make one with: dispatcher endpoint secret new "
                     "--ed25519 --out FILE");
}

int check_priority(const char *name, struct error *err)
{
    if (strcmp(name, "low") == 0 || strcmp(name, "normal") == 0 || strcmp(name, "high") == 0)
        return 0;
    return error_set(err, ERR_INPUT, "`%s` is no priority; there are low, normal and high", name);
}
