/*
 * What the reader of a batch tells the scheduler, frame by frame (model/packet.h), and how the
 * scheduler reads it: strictly, because the reader has seen what strangers wrote.
 */
#ifndef ENGINE_READER_FRAME_H
#define ENGINE_READER_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "ledger/ledger.h"
#include "model/settings.h"

enum reader_word {
    READER_BEGUN,   /* it now reads this line: only said while it is careful */
    READER_ROW,     /* a line as it goes into the books */
    READER_BAD,     /* a line that cannot be sent, and why */
    READER_END,     /* that was the last line */
    READER_VERDICT, /* verifying: "" or what is wrong with the batch */
    READER_WAITS,   /* it cannot go on: a letter was left out, and why */
    READER_FAILED,  /* it cannot go on for a reason of ours */
};

/* Everything is borrowed from the frame and from the settings. */
struct reader_message {
    enum reader_word word;
    struct planned_line line; /* BEGUN: only its number; BAD: no deliveries */
    struct planned_delivery deliveries[JOB_CHANNELS_MAX]; /* line.deliveries points here */
    const char *text;                                     /* BAD, VERDICT, WAITS, FAILED */
};

void reader_put_message(const struct reader_message *m, struct buf *out);
/* ERR_INTERNAL if it is damaged: the reader's memory is, then. */
MUST_CHECK int reader_decode(const char *payload, size_t len, const struct settings *settings,
                             struct reader_message *out, struct error *err);

#endif
