/* The parameters of MIME headers, like the name of a file. */
#ifndef CHANNEL_MIME_PARAMETER_H
#define CHANNEL_MIME_PARAMETER_H

#include "base/buf.h"

/*
 * Appends `;` and the parameter on lines of its own, at most 76 characters each: quoted if the
 * value (valid UTF-8 without control characters) is short ASCII, else percent-encoded and in pieces
 * as RFC 2231 has it. No line end.
 */
void mime_put_parameter(struct buf *out, const char *name, const char *value);

#endif
