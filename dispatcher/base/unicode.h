/*
 * What ICU knows about characters (not about languages: that is render/format.h): normalisation,
 * display width, charsets, internationalised domains. UTF-8 in and out.
 */
#ifndef BASE_UNICODE_H
#define BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Appends the NFC form of valid UTF-8. */
void unicode_put_nfc(struct buf *out, const char *text, size_t len);
bool unicode_is_nfc(const char *text, size_t len);
/* The first character of its full canonical decomposition: a for á; itself if it has none. */
uint32_t unicode_base_letter(uint32_t code_point);
/* Columns on a terminal or in a monospaced mail: Hangul and other wide characters 2, combining and
 * zero-width 0. */
size_t unicode_width(const char *text, size_t len);
/* UTF-16 code units (host order), for libraries that want them; *out_units is freed with free().
 * Returns the count. */
size_t unicode_to_utf16(const char *text, size_t len, uint16_t **out_units);
void unicode_put_utf16(struct buf *out, const uint16_t *units, size_t count);
/* Domain name to A-labels (UTS #46, non-transitional), lower case, appended to `out`. ERR_INPUT
 * with the reason. */
MUST_CHECK int unicode_domain_to_ascii(const char *domain, struct buf *out, struct error *err);

/*
 * Bytes a code point takes in a legacy charset ("EUC-KR" strict KS X 1001, "windows-949" =
 * CP949/UHC): 1, 2, or 0 if it cannot be written there. Never transliterates.
 */
struct unicode_charset;
/* NULL if ICU does not know the name. Freed with unicode_charset_close(). */
struct unicode_charset *unicode_charset_open(const char *name);
size_t unicode_charset_bytes(struct unicode_charset *charset, uint32_t code_point);
void unicode_charset_close(struct unicode_charset *charset);
/* Appends bytes of a charset as UTF-8; what they cannot mean becomes U+FFFD. Nothing is appended if
 * ICU does not know the name. */
void unicode_put_from_charset(struct buf *out, const char *name, const char *bytes, size_t len);

#endif
