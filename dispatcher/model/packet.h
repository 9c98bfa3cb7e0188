/*
 * What crosses the socketpair between scheduler and worker: packets down, reports up. A frame is a
 * 4-byte length in network order and that many bytes: numbers of fixed width in network order,
 * texts with their length before them. No JSON but that of the notices themselves, which is passed
 * on as it stands: a campaign sends millions of these. One side is ours and so is the other, but a
 * worker runs libraries with memory faults, so the scheduler reads its reports as strictly as a
 * stranger's.
 */
#ifndef MODEL_PACKET_H
#define MODEL_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "model/batch.h"
#include "model/disposition.h"
#include "model/job.h"

#define FRAME_MAX (64 * 1024 * 1024)

/* What the notices of one batch share: sent once per packet. */
struct packet_batch {
    int64_t batch;
    char *text;           /* for encoding: batch.json */
    struct batch *parsed; /* after decoding; NULL: it is none, and its items have a `problem` */
    char *problem;        /* then: why */
};

struct packet_item {
    int64_t delivery;    /* ledger number */
    int attempt;         /* this one's number, from 1 */
    int64_t accepted_ms; /* Date of the mail */
    char *address;       /* owned after decoding, borrowed for encoding; like all texts here */
    char *template_name;
    char *locale;    /* the locale the router chose */
    int64_t batch;   /* 0: job_text is a whole job; else a line of that batch */
    int64_t line;    /* its number */
    char *job_text;  /* for encoding: the job as accepted (JSON), or the line */
    struct job *job; /* after decoding; NULL: it is none (any more), and `problem` says why */
    char *problem;
};

struct packet {
    int64_t number;
    char *transport;
    struct packet_batch *batches;
    size_t batch_count;
    struct packet_item *items;
    size_t count;
};

/* Appends one frame. */
void packet_put_frame(const struct packet *p, struct buf *out);
/* Decodes the payload of a frame; caller frees with packet_free(). An item whose job cannot be read
 * costs only itself. ERR_INPUT if the payload is damaged. */
MUST_CHECK int packet_decode(const char *payload, size_t len, struct packet **out,
                             struct error *err);
void packet_free(struct packet *p);

#define REPORT_PLACE_SIZE 264

enum report_stage {
    REPORT_WORKING,  /* the worker now renders or composes this delivery: a crash is its fault */
    REPORT_STARTED,  /* bytes of this delivery may be on the wire: after this a silence is uncertain
                      */
    REPORT_DONE,     /* outcome known */
    REPORT_FINISHED, /* the packet is through; delivery is 0 */
    REPORT_RESTS,    /* one of several mail servers rests; delivery is 0 */
};

struct report {
    enum report_stage stage;
    int64_t packet;
    int64_t delivery;
    int attempt;
    struct disposition disposition; /* DONE */
    int64_t duration_ms;            /* DONE: of this attempt */
    char sha256[DIGEST_HEX_SIZE];   /* DONE: of the rendered message, "" if it was not rendered */
    char locale[36];                /* DONE: the language it was rendered in */
    char place[REPORT_PLACE_SIZE];  /* RESTS: "mx1.example.org:25"; the disposition has the reply */
    int64_t until_ms;               /* RESTS */
};

void report_put_frame(const struct report *r, struct buf *out);
MUST_CHECK int report_decode(const char *payload, size_t len, struct report *out,
                             struct error *err);

/* A frame of another kind: what is appended between these two is its payload. */
size_t frame_begin(struct buf *out);
void frame_end(struct buf *out, size_t start);
/*
 * Takes one complete frame from the front of `in` (bytes as they came from the socket). Returns 1
 * and sets payload and len (borrowed from `in`), 0 if more bytes are needed, ERR_INTERNAL if the
 * length is absurd.
 */
int frame_peek(const struct buf *in, size_t offset, const char **payload, size_t *len,
               struct error *err);

#endif
