/*
 * The reader: a process of its own that reads one batch for the scheduler. It does the expensive
 * part of batch intake, with low priority, and what a hostile line breaks is only it. It has no
 * ledger, no spool and nothing of the network, but the open notices and a socket; that the
 * scheduler does not empty the socket is what holds it back.
 */
#ifndef ENGINE_READER_H
#define ENGINE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "engine/setup.h"
#include "model/batch.h"

/* The lines at the head of a batch that must all be right. */
#define READER_SAMPLE 1000

struct reader_task {
    int socket, notices; /* become its own */
    const struct setup *setup;
    const struct batch *batch;
    bool verify;  /* count, sum and the first lines; else: rows from `line` at `offset` on */
    bool careful; /* the first READER_SAMPLE of these are announced and told one by one, so that the
                     line it dies of is known */
    int64_t line, offset;
    /* For tests: called before each line; NULL. */
    void (*watch)(int64_t line);
};

/* The whole life of the process. */
NORETURN void reader_main(const struct reader_task *task);

#endif
