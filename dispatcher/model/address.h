/*
 * Grammar of addresses, checked before any library sees them: libesmtp and libcurl send CR LF in an
 * address to the wire as they are. Pure functions.
 */
#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * RFC 5321 Mailbox, the part of it that is sent in real life: dot-atom local part (1-64, ASCII),
 * `@`, domain of labels (at most 255; non-ASCII letters are allowed here and become A-labels when
 * sent), 254 in all. No quotes, no comments, no address literals, no control characters, no spaces.
 * ERR_INPUT with what is wrong, without file position.
 */
MUST_CHECK int address_check_email(const char *address, struct error *err);
/* Appends the address with its domain in A-labels, ready for SMTP. ERR_INPUT as above or from IDNA.
 */
MUST_CHECK int address_put_ascii_email(const char *address, struct buf *out, struct error *err);
/* E.164: `+`, first digit 1-9, 7 to 15 digits. The sentence helps with German and Korean national
 * forms. */
MUST_CHECK int address_check_phone(const char *number, struct error *err);
/* How many digits behind the + of an E.164 number are its country code (ITU-T E.164, Annex D). */
size_t address_country_code_length(const char *number);
/* Appends the number as it is dialled within its country: 01012345678 for +821012345678. Where no
 * trunk prefix is known (or none is used) it is the number without its country code. */
void address_put_national(const char *number, struct buf *out);
/* `[A-Za-z0-9_-]{1,64}`: an endpoint name of the configuration. */
MUST_CHECK int address_check_endpoint(const char *name, struct error *err);
/* BCP 47 shape `[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*`; ko_KR is refused with "use ko-KR", `german` and
 * `deu` with "write de". */
MUST_CHECK int address_check_locale(const char *tag, struct error *err);
/* What a notice may say all the same, because an alias of the rules may know it: up to eight
 * letters in front. */
MUST_CHECK int address_check_locale_word(const char *word, struct error *err);
/* The domain of an e-mail address (behind the last @), "" if none. Borrowed. */
const char *address_domain(const char *email);

#endif
