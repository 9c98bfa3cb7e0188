/* The scheduler's end of the reader (engine/reader.h): starting it, hearing it, ending it. */
#ifndef ENGINE_READER_PROCESS_H
#define ENGINE_READER_PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "engine/reader.h"
#include "engine/reader_frame.h"
#include "engine/setup.h"

/* A reader that waits for the disk dies only when that answers; so many may be on their way. */
#define READERS_DYING_MAX 4

struct reader_process {
    pid_t pid; /* 0: there is none */
    int socket;
    struct setup *setup; /* the one it judges by; one reference */
    struct buf in;
    size_t used;                    /* of `in` */
    bool ended;                     /* it has said all it will say */
    pid_t dying[READERS_DYING_MAX]; /* killed, and not gone yet; 0: none */
};

/* Forks it; ERR_AGAIN if that fails or too many before it are still dying. Closes task->notices in
 * any case; task->socket is set here. `setup` stays until reader_process_end(). */
MUST_CHECK int reader_process_start(struct reader_process *p, struct reader_task *task,
                                    struct setup *setup, struct error *err);
/* One read of what it has said, never waiting. */
void reader_process_receive(struct reader_process *p);
/* 1 and the next message, 0 if there is no whole one, ERR_INTERNAL if it is damaged. Valid until
 * the next reader_process_receive(). */
int reader_process_next(struct reader_process *p, struct reader_message *out, struct error *err);
/* Ends it if it still runs, waiting a moment at most: one that cannot die yet is gone later. *how
 * says how it ended, at most `size` bytes; returns the signal, 0 if it was none. */
int reader_process_end(struct reader_process *p, char *how, size_t size);
/* Buries those that died since; false while there are others. */
bool reader_process_reap(struct reader_process *p);

#endif
