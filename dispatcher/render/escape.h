/*
 * How bytes become harmless in each place a value may stand. Input is valid UTF-8.
 *
 * Marks that turn the direction of writing (U+061C, 200E, 200F, 202A to 202E, 2066 to 2069) are
 * left out of HTML, lines and names: none of the letters' languages needs one, and "1588-0000"
 * behind one may be read from its end.
 */
#ifndef RENDER_ESCAPE_H
#define RENDER_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* As Mustache wants it: & < > " and '. */
void escape_put_html(struct buf *out, const char *text, size_t len);
/* The same for a letter: control characters become spaces, marks of direction nothing. */
void escape_put_letter_html(struct buf *out, const char *text, size_t len);
/* RFC 3986: everything but unreserved characters; `kept` are further bytes that stay. */
void escape_put_url(struct buf *out, const char *text, size_t len, const char *kept);
/* Digits and a leading +: what a tel: URL dials. */
void escape_put_phone(struct buf *out, const char *text, size_t len);
/* The inside of a JSON string, without its quotes. */
void escape_put_json(struct buf *out, const char *text, size_t len);
/* Control characters and line or paragraph separators become spaces, marks of direction nothing. */
void escape_put_line(struct buf *out, const char *text, size_t len);
/* No control character, no line end, no mark of direction: may stand in a header. */
bool escape_header_ok(const char *text, size_t len);

/*
 * The name of a person, which strangers type into forms: without zero-width characters, with spaces
 * for controls and no-break spaces, without words that are links (https://..., www...,
 * a.example/x), and with a space behind a dot, so that no mail program makes a link of
 * "Anna.example". May leave nothing.
 */
void escape_put_name(struct buf *out, const char *text, size_t len);
/* It would stay as it is. May say no to one that would. */
bool escape_name_ok(const char *text, size_t len);

#endif
