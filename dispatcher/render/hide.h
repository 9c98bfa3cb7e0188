/* Showing a person a value of their own without showing it to whoever looks over their shoulder:
 * 김*수, A*** W***, k***@example.com, ****-****-****-1234. */
#ifndef RENDER_HIDE_H
#define RENDER_HIDE_H

#include "base/buf.h"

enum hide_kind { HIDE_BY_LOOK, HIDE_NAME, HIDE_EMAIL, HIDE_NUMBER };

/* By its look, a value with @ is an address, one of digits and their separators a number, all
 * others a name. */
void hide_put(enum hide_kind kind, const char *text, struct buf *out);

#endif
