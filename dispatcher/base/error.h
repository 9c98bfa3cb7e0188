/*
 * Errors about us: our disk, our memory, our configuration, or input we cannot accept. What a mail
 * server or a gateway answered is never an error but a disposition (model/disposition.h).
 *
 * A fallible function returns 0 or one of the negative codes and has `struct error *err` last. Who
 * fails first writes the text once, as a sentence a person can act on; callers add nothing.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/attributes.h"

enum error_code {
    ERR_INPUT = -1,     /* what was handed to us is not valid (exit 65) */
    ERR_NOT_FOUND = -2, /* no such file, job, template (exit 66) */
    ERR_CONFLICT = -3,  /* the same id with other content (exit 65) */
    ERR_CONFIG = -4,    /* configuration, templates or locales are wrong (exit 78) */
    ERR_IO = -5,        /* reading or writing failed (exit 74) */
    ERR_AGAIN = -6,     /* full or busy: try again later (exit 75) */
    ERR_DENIED = -7,    /* not allowed (exit 77) */
    ERR_DOWN = -8,      /* a peer or the daemon is not reachable (exit 69) */
    ERR_USAGE = -9,     /* wrong command line (exit 64) */
    ERR_INTERNAL = -10, /* our own mistake (exit 70) */
};

struct error {
    int code;
    char text[2000];
};

/* Writes code and text; returns the code, so that `return error_set(err, ERR_IO, ...)` reads well.
 * `err` may be NULL. */
int error_set(struct error *err, int code, const char *format, ...) PRINTF(3, 4);
/* The same with ": <what errno means>" behind the text. errno ENOSPC and EDQUOT turn ERR_IO into
 * ERR_AGAIN. */
int error_errno(struct error *err, int code, const char *format, ...) PRINTF(3, 4);
/* The sysexits value of a code (64 usage, 65 data, 66 no input, 69, 70, 74, 75, 77, 78); 0
 * for 0. */
int error_exit_status(int code);

#endif
