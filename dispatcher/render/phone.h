/*
 * Telephone numbers as people write them. A number in the form of machines (E.164, +821012345678)
 * becomes 010-1234-5678 for a reader in its own country and +82 10-1234-5678 for all others. The
 * groups of Germany follow DIN 5008: a space behind the area code and nothing else.
 */
#ifndef RENDER_PHONE_H
#define RENDER_PHONE_H

#include "base/buf.h"

/* "KR" for ko, "AT" for de-AT; "" if the tag does not tell. Static or borrowed from the tag. */
void phone_put_region(const char *tag, struct buf *out);
/* Any text that is no such number, and one of a country not known here, stays as it is. */
void phone_put(const char *number, const char *region, struct buf *out);

#endif
