/*
 * The progress page: memory one worker shares with the scheduler, in which it notes what it is
 * about to do. Nobody reads it while the worker lives; when it dies in the middle of a packet the
 * page tells whose fault it may be, and whose bytes may be on the wire. Frames over the socket
 * would say the same for two system calls per delivery.
 *
 * The worker runs libraries with memory faults, so the scheduler believes nothing in the page that
 * does not make sense.
 */
#ifndef ENGINE_PROGRESS_PAGE_H
#define ENGINE_PROGRESS_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct progress_page;

/* No packet is larger: one byte per item, on one page of memory. */
#define PROGRESS_ITEMS_MAX 4000

enum progress_stage {
    PROGRESS_READING,   /* the packet has not been understood yet */
    PROGRESS_RENDERING, /* one item is made into a message */
    PROGRESS_COMPOSING, /* one message is made into bytes */
    PROGRESS_SENDING,   /* the channel has them all; `started` tells which it began */
};
#define PROGRESS_STAGES 4
const char *progress_stage_name(enum progress_stage stage);

/* Shared with every process forked from now on; NULL with errno set if there is no memory. Unmap
 * with progress_page_close(). */
struct progress_page *progress_page_open(void);
void progress_page_close(struct progress_page *page);

/* The scheduler's, before it hands out a packet of `count` items: nothing was begun. */
void progress_page_reset(struct progress_page *page, size_t count);

/* The worker's, once: it has started and will read packets. */
void progress_page_be_ready(struct progress_page *page);
/* The worker's. `item` is the index in the packet, of the one being rendered or composed. */
void progress_page_enter(struct progress_page *page, enum progress_stage stage, size_t item);
/* From now on bytes of this item may be on the wire. */
void progress_page_start(struct progress_page *page, size_t item);

/* The scheduler's, when the worker is dead. False if the page makes no sense for a packet of
 * `count` items. */
struct progress {
    enum progress_stage stage;
    size_t item; /* RENDERING, COMPOSING */
};
bool progress_page_read(const struct progress_page *page, size_t count, struct progress *out);
bool progress_page_is_ready(const struct progress_page *page);
bool progress_page_has_started(const struct progress_page *page, size_t item);

#endif
