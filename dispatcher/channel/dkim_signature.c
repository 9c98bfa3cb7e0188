#include "channel/dkim_signature.h"

#include <stdlib.h>
#include <string.h>

#include <opendkim/dkim.h>

#include "base/digest.h"

#define HEADER_NAME "DKIM-Signature: "

/* A key of Ed25519 as PEM: 48 bytes, at their front the id of the algorithm (RFC 8410 10.3). */
#define ED25519_BEGINS "MC4CAQAwBQYDK2Vw"
#define ED25519_SIZE   48

static int explain(DKIM_STAT status, DKIM *signing, struct error *err)
{
    const char *why = signing != NULL ? dkim_geterror(signing) : NULL;
    return error_set(err, ERR_CONFIG, "`dkim`: mails cannot be signed with this key: %s",
                     why != NULL ? why : dkim_getresultstr(status));
}

/* A list of names, NULL behind the last: the library takes the list itself, the size of a pointer
 * to it, and copies what it needs. */
static bool set_names(DKIM_LIB *lib, dkim_opts_t option, const char *const *names)
{
    return dkim_options(lib, DKIM_OP_SETOPT, option, (void *)(uintptr_t)names, sizeof(names)) ==
           DKIM_STAT_OK;
}

static bool set_options(DKIM_LIB *lib, int64_t date_ms)
{
    static const char *const names[] = {
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-Language",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        NULL,
    };
    static const char *const once[] = {"From", NULL};
    uint64_t date = (uint64_t)date_ms / 1000;
    return dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &date, sizeof(date)) ==
               DKIM_STAT_OK &&
           set_names(lib, DKIM_OPTS_SIGNHDRS, names) &&
           set_names(lib, DKIM_OPTS_OVERSIGNHDRS, once);
}

static unsigned char *bytes_of(char *text)
{
    return (unsigned char *)text;
}

/* Behind the header at `at`, which may be folded, and its line end. */
static char *header_end(char *at)
{
    char *end = strstr(at, "\r\n");
    while (end[2] == ' ' || end[2] == '\t')
        end = strstr(end + 2, "\r\n");
    return end + 2;
}

static DKIM_STAT feed(DKIM *signing, struct buf *mail)
{
    DKIM_STAT status = DKIM_STAT_OK;
    char *at = mail->data;
    while (status == DKIM_STAT_OK && memcmp(at, "\r\n", 2) != 0) {
        char *next = header_end(at);
        status = dkim_header(signing, bytes_of(at), (size_t)(next - at) - 2);
        at = next;
    }
    if (status == DKIM_STAT_OK)
        status = dkim_eoh(signing);
    at += 2;
    if (status == DKIM_STAT_OK)
        status = dkim_body(signing, bytes_of(at), mail->len - (size_t)(at - mail->data));
    return status == DKIM_STAT_OK ? dkim_eom(signing, NULL) : status;
}

/* The library folds by LF or CRLF and a tab; a mail has CRLF. */
static void put_in_front(const unsigned char *value, size_t len, struct buf *mail)
{
    struct buf whole = {0};
    buf_reserve(&whole, mail->len + len + 100);
    buf_puts(&whole, HEADER_NAME);
    for (size_t i = 0; i < len; i++) {
        if (value[i] == '\n')
            buf_puts(&whole, "\r\n");
        else if (value[i] != '\r')
            buf_putc(&whole, (char)value[i]);
    }
    buf_puts(&whole, "\r\n");
    buf_put(&whole, mail->data, mail->len);
    buf_free(mail);
    *mail = whole;
}

static int sign(DKIM *signing, struct buf *mail, struct error *err)
{
    unsigned char *value = NULL;
    size_t len = 0;
    DKIM_STAT status = feed(signing, mail);
    if (status == DKIM_STAT_OK)
        status = dkim_getsighdr_d(signing, strlen(HEADER_NAME), &value, &len);
    if (status != DKIM_STAT_OK)
        return explain(status, signing, err);
    put_in_front(value, len, mail);
    return 0;
}

int dkim_signature_put(const struct dkim_settings *d, int64_t date_ms, struct buf *mail,
                       struct error *err)
{
    DKIM_STAT status = DKIM_STAT_OK;
    bool ed25519 = strstr(d->key, ED25519_BEGINS) != NULL;
    DKIM_LIB *lib = dkim_init(NULL, NULL);
    if (lib == NULL || !set_options(lib, date_ms)) {
        if (lib != NULL)
            dkim_close(lib);
        return error_set(err, ERR_CONFIG, "`dkim`: the library that signs mails does not start");
    }
    DKIM *signing =
        dkim_sign(lib, (const unsigned char *)"mail", NULL, bytes_of(d->key), bytes_of(d->selector),
                  bytes_of(d->domain), DKIM_CANON_RELAXED, DKIM_CANON_RELAXED,
                  ed25519 ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256, -1, &status);
    int rc = signing != NULL ? sign(signing, mail, err) : explain(status, NULL, err);
    if (signing != NULL)
        dkim_free(signing);
    dkim_close(lib);
    return rc;
}

/* Any seed is a key. Nothing is signed to find that out: the library forgets to free what it reads
 * such a key into. */
static int check_ed25519(const char *begin, struct error *err)
{
    struct buf der = {0};
    bool good = base64_decode(begin, strcspn(begin, "\r\n"), &der) && der.len == ED25519_SIZE;
    buf_free(&der);
    return good ? 0
                : error_set(err, ERR_CONFIG,
                            "`dkim`: mails cannot be signed with this key: it is cut short");
}

int dkim_signature_check(const struct dkim_settings *d, struct error *err)
{
    const char *ed25519 = strstr(d->key, ED25519_BEGINS);
    if (ed25519 != NULL)
        return check_ed25519(ed25519, err);
    struct buf mail = {0};
    buf_printf(&mail, "From: check@%s\r\nSubject: check\r\n\r\ncheck\r\n", d->domain);
    int rc = dkim_signature_put(d, 0, &mail, err);
    buf_free(&mail);
    return rc;
}
