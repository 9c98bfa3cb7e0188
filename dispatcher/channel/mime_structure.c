#include "channel/mime_structure.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "channel/attachment.h"
#include "channel/mime_body.h"

#define BOUNDARY_SIZE 40

struct boundary {
    char text[BOUNDARY_SIZE];
};

/*
 * 128 bits of the SHA-256 of the identity, so that every attempt writes the same; `kind` "" is the
 * innermost. No part can hold it: "=_" occurs neither in base64 nor in quoted-printable (RFC 2045
 * 6.7, rule 5 of its advice).
 */
static struct boundary boundary_of(const struct mime_mail *m, const char *kind)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    struct boundary b;
    struct buf seed = {0};
    buf_puts(&seed, m->identity);
    buf_puts(&seed, kind);
    digest_sha256(seed.data, seed.len, digest);
    snprintf(b.text, sizeof(b.text), "=_%.32s", digest_hex(digest, hex));
    buf_free(&seed);
    return b;
}

static void open_multipart(struct buf *out, const char *type, const struct boundary *b)
{
    buf_printf(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", type,
               b->text, b->text);
}

/* The line end in front of a boundary belongs to the boundary: the last line of a part needs its
 * own. */
static void next_part(struct buf *out, const struct boundary *b)
{
    buf_printf(out, "\r\n--%s\r\n", b->text);
}

static void close_multipart(struct buf *out, const struct boundary *b)
{
    buf_printf(out, "\r\n--%s--\r\n", b->text);
}

/* ---- the letter ---- */

static int put_text(struct buf *out, const struct mime_mail *m, const char *type,
                    const struct buf *text, struct error *err)
{
    const char *what = text == m->html ? "the HTML of the letter" : "the plain text of the letter";
    if (mime_put_part(out, type, m->locale != NULL ? m->locale : "", text))
        return 0;
    if (memchr(text->data, '\0', text->len) != NULL)
        return error_set(err, ERR_INPUT, "%s holds a NUL byte", what);
    return error_set(err, ERR_INPUT, "%s is not valid UTF-8", what);
}

static int put_letter(struct buf *out, const struct mime_mail *m, struct error *err)
{
    if (m->html->len == 0)
        return put_text(out, m, "text/plain", m->text, err);
    const struct boundary b = boundary_of(m, "");
    open_multipart(out, "alternative", &b);
    int rc = put_text(out, m, "text/plain", m->text, err);
    if (rc < 0)
        return rc;
    next_part(out, &b);
    rc = put_text(out, m, "text/html", m->html, err);
    close_multipart(out, &b);
    return rc;
}

/* ---- what it brings along ---- */

/* Without HTML nothing refers to it: it is attached like any other file. */
static bool is_shown(const struct mime_mail *m, const struct attachment *a)
{
    return a->inline_id != NULL && m->html->len > 0;
}

static size_t count_files(const struct mime_mail *m, bool shown)
{
    size_t count = 0;
    for (size_t i = 0; m->attachments != NULL && i < m->attachments->count; i++)
        count += is_shown(m, &m->attachments->list[i]) == shown;
    return count;
}

static int put_files(struct buf *out, const struct mime_mail *m, bool shown,
                     const struct boundary *b, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < m->attachments->count; i++) {
        const struct attachment *a = &m->attachments->list[i];
        if (is_shown(m, a) != shown)
            continue;
        next_part(out, b);
        rc = attachment_put_part(m->directory, a, shown, out, err);
    }
    close_multipart(out, b);
    return rc;
}

static int put_related(struct buf *out, const struct mime_mail *m, struct error *err)
{
    if (count_files(m, true) == 0)
        return put_letter(out, m, err);
    const struct boundary b = boundary_of(m, " related");
    open_multipart(out, "related; type=\"multipart/alternative\"", &b);
    int rc = put_letter(out, m, err);
    return rc == 0 ? put_files(out, m, true, &b, err) : rc;
}

static int put_mixed(struct buf *out, const struct mime_mail *m, struct error *err)
{
    if (count_files(m, false) == 0)
        return put_related(out, m, err);
    const struct boundary b = boundary_of(m, " mixed");
    open_multipart(out, "mixed", &b);
    int rc = put_related(out, m, err);
    return rc == 0 ? put_files(out, m, false, &b, err) : rc;
}

int mime_put_content(const struct mime_mail *mail, struct buf *out, struct error *err)
{
    size_t at = 0;
    if (mail->attachments != NULL) {
        int rc = attachments_check(mail->directory, mail->attachments, &at, err);
        if (rc != 0)
            return rc;
    }
    return put_mixed(out, mail, err);
}
