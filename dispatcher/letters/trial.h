/* One message over a transport as a worker would send it, past queue and ledger: what `endpoint
 * test`, `gateway test` and `transport test` share. */
#ifndef LETTERS_TRIAL_H
#define LETTERS_TRIAL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "channel/channel.h"
#include "channel/smtp_route.h"
#include "cli/command.h"

struct trial {
    const struct invocation *inv;
    struct settings *settings;
    const struct transport *transport;
    const struct endpoint *endpoint; /* of a webhook */
    struct message message;
    char identity[40];
    struct outgoing item;
    struct disposition disposition;
    struct smtp_sight sight; /* of a mail: the server that was asked last */
    int64_t now_ms; /* all of it happens then, so that a signature can be shown once more */
    int64_t begun_mono_ms, took_ms;
};

/* Sends and tells; the exit status, or an error. */
typedef int trial_fn(struct trial *t, struct error *err);

/* Is this an address as the channel wants it? model/address.h */
typedef int trial_check_fn(const char *to, struct error *err);

/* Begins with the settings alone, secrets included, and frees all afterwards. */
MUST_CHECK int trial_run(const struct invocation *inv, trial_fn *fn, struct error *err);
/* May `to` be sent to? ERR_USAGE with `missing` as the sentence if it is NULL, or if `check` of the
 * channel refuses it; ERR_DENIED by trial mode for who is not on the allow list. */
MUST_CHECK int trial_check_recipient(const struct trial *t, const char *to, const char *missing,
                                     trial_check_fn *check, struct error *err);
/* Draws its name, and addresses it. `address` is borrowed. */
void trial_address(struct trial *t, const char *address);
MUST_CHECK int trial_send(struct trial *t, struct error *err);
/* The exit status: 0 if the other side took it. */
int trial_status(const struct trial *t);

/* ,"key":"value" of an object; null if it is empty. */
void trial_put_member(struct buf *out, const char *key, const char *value);

#endif
