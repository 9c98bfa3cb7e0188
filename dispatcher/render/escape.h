/* How bytes become harmless in each place a value may stand. Input is valid UTF-8. */
#ifndef RENDER_ESCAPE_H
#define RENDER_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

void escape_put_html(struct buf *out, const char *text, size_t len);
/* RFC 3986: everything but unreserved characters; `kept` are further bytes that stay. */
void escape_put_url(struct buf *out, const char *text, size_t len, const char *kept);
/* Digits and a leading +: what a tel: URL dials. */
void escape_put_phone(struct buf *out, const char *text, size_t len);
/* The inside of a JSON string, without its quotes. */
void escape_put_json(struct buf *out, const char *text, size_t len);
/* Control characters and line or paragraph separators become spaces. */
void escape_put_line(struct buf *out, const char *text, size_t len);
/* No control character, no line end: may stand in a header. */
bool escape_header_ok(const char *text, size_t len);

#endif
