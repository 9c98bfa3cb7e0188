/* Does libesmtp still work the way the guards of this folder need it to? */
#ifndef CHANNEL_SMTP_SELFTEST_H
#define CHANNEL_SMTP_SELFTEST_H

#include "base/attributes.h"
#include "base/error.h"

/*
 * Runs one session against a child process that plays a server offering PIPELINING and CHUNKING,
 * over a socket pair. ERR_INTERNAL if connect() is not ours, or if the library saw a word the
 * monitor hid: another version may show a copy of its buffer. After smtp_client_init().
 */
MUST_CHECK int smtp_selftest(struct error *err);

#endif
