/*
 * Where a domain may stand.
 *
 *     sketch      numbers             which domains and endpoints their deliveries go to
 *       0           1 ...  255        a Bloom filter, written with the first number behind them
 *       1         256 ...  511        likewise
 *       -         512 ... newest      none yet: everybody may stand here
 *
 * An address never changes, so a sketch is written once: a byte a row, where an index by domain
 * would cost thirty, at a place of its own for each. It says only where nobody is; who is meant is
 * told by the row. Numbers that have no sketch are looked at.
 */
#include <string.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/* In each of so many places of the filter a domain sets a bit: of 256 different ones that are not
 * there, two or three are looked for in vain. */
#define PLACES     4
#define PLACE_BITS 11
/* Blocks in a row that are looked at in one go. */
#define SPAN_BLOCKS 256
/* Rarer than one block in so many, it is quicker to pass those than all that is open. */
#define RARE 8

_Static_assert(1 << PLACE_BITS == SKETCH_BYTES * 8, "a place is any bit of a sketch");

static const char put_sql[] =
    "INSERT INTO sketch (block, bits) VALUES (?, ?) ON CONFLICT DO NOTHING";
static const char rows_sql[] =
    "SELECT seq, channel, address FROM delivery WHERE seq BETWEEN ? AND ? ORDER BY seq";
static const char walk_sql[] =
    "SELECT block, bits FROM sketch WHERE block >= ? AND block <= ? ORDER BY block";

/* ---- one sketch ---- */

/* What is behind the last '@', or all, whatever the case of its letters: the selector asks for an
 * end of an address, and for an endpoint's name. */
static uint64_t hash(const char *address)
{
    const char *at = strrchr(address, '@');
    uint64_t h = UINT64_C(14695981039346656037);
    for (const char *p = at != NULL ? at + 1 : address; *p != '\0'; p++) {
        bool upper = *p >= 'A' && *p <= 'Z';
        h = (h ^ (unsigned char)(upper ? *p + 'a' - 'A' : *p)) * UINT64_C(1099511628211);
    }
    return h ^ h >> 32;
}

static void add(unsigned char *bits, enum channel_kind channel, const char *address)
{
    uint64_t h = hash(address);
    if (channel == CHANNEL_SMS)
        return;
    for (int i = 0; i < PLACES; i++, h >>= PLACE_BITS)
        bits[h >> 3 & (SKETCH_BYTES - 1)] |= (unsigned char)(1u << (h & 7));
}

static bool holds(const unsigned char *bits, uint64_t h)
{
    for (int i = 0; i < PLACES; i++, h >>= PLACE_BITS) {
        if ((bits[h >> 3 & (SKETCH_BYTES - 1)] >> (h & 7) & 1) == 0)
            return false;
    }
    return true;
}

static int put(struct db *db, const struct sketch *s, struct error *err)
{
    struct query *q = db_query(db, put_sql);
    query_bind_int(q, s->block);
    query_bind_bytes(q, s->bits, SKETCH_BYTES);
    return query_run(q, err);
}

/* ---- writing ---- */

/* Makes the sketches of whole blocks from `first` on up to `last`. */
static int make(struct db *db, int64_t first, int64_t last, struct error *err)
{
    struct sketch s = {.block = first};
    struct query *q = db_query(db, rows_sql);
    int64_t seq = 0;
    query_bind_int(q, first * SKETCH_ROWS);
    query_bind_int(q, last * SKETCH_ROWS + SKETCH_ROWS - 1);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        enum channel_kind channel = CHANNEL_EMAIL;
        seq = query_int(q);
        rc = seq / SKETCH_ROWS != s.block ? put(db, &s, err) : 0;
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        if (seq / SKETCH_ROWS != s.block)
            s = (struct sketch){.block = seq / SKETCH_ROWS};
        if (ledger_read_channel(query_int(q), &channel))
            add(s.bits, channel, ledger_read_text(q));
    }
    return rc == 0 && seq % SKETCH_ROWS == SKETCH_ROWS - 1 ? put(db, &s, err) : rc;
}

int sketch_fill(struct db *db, struct error *err)
{
    return make(db, 0, INT64_MAX / SKETCH_ROWS - 1, err);
}

/* A transaction that was undone may have left too much in memory, which only costs a look in vain;
 * what began elsewhere than at its first number is read from the rows. */
int sketch_note(struct ledger *l, int64_t delivery, enum channel_kind channel, const char *address,
                struct error *err)
{
    struct sketch *s = &l->sketch;
    int64_t block = delivery / SKETCH_ROWS;
    bool begins = delivery % SKETCH_ROWS == 0;
    int rc = 0;
    if (begins && s->whole && s->block == block - 1)
        rc = put(l->db, s, err);
    else if (begins)
        rc = make(l->db, block - 1, block - 1, err);
    if (begins || s->block != block)
        *s = (struct sketch){.block = block, .whole = begins};
    add(s->bits, channel, address);
    return rc;
}

/* ---- looking ---- */

/* The sketch that stands: may the domain be there? One of another size says nothing. */
static bool read_holds(struct query *q, uint64_t h)
{
    size_t len = 0;
    const char *bits = query_text_len(q, &len);
    return len != SKETCH_BYTES || holds((const unsigned char *)bits, h);
}

/* Blocks in a row; last < first: none. */
struct run {
    int64_t first, last;
};

static void extend(struct run *run, int64_t first, int64_t last)
{
    if (run->last < run->first)
        run->first = first;
    run->last = last;
}

/* One sketch more, *next being the block behind the one before. True: the run has ended. */
static bool meet(struct run *run, int64_t *next, int64_t block, bool found)
{
    if (block > *next)
        extend(run, *next, block - 1);
    if (found)
        extend(run, block, block);
    *next = block + 1;
    int64_t length = run->last - run->first + 1;
    return length >= SPAN_BLOCKS || (length > 0 && !found);
}

static int find_run(struct ledger *l, uint64_t h, int64_t until, struct run *run, struct error *err)
{
    int64_t next = run->first;
    bool ended = false;
    struct query *q = db_query(l->db, walk_sql);
    query_bind_int(q, next);
    query_bind_int(q, until);
    int rc;
    while ((rc = query_step(q, err)) > 0 && !ended) {
        int64_t block = query_int(q);
        ended = meet(run, &next, block, read_holds(q, h));
    }
    if (rc > 0)
        query_end(q);
    if (rc >= 0 && !ended && next <= until)
        extend(run, next, until);
    return rc < 0 ? rc : 0;
}

int sketch_find(struct ledger *l, const char *domain, int64_t after, int64_t last,
                struct extent *out, struct error *err)
{
    *out = (struct extent){.first = 1};
    if (after >= last)
        return 0;
    struct run run = {.first = (after + 1) / SKETCH_ROWS, .last = -1};
    int rc = find_run(l, hash(domain), last / SKETCH_ROWS, &run, err);
    if (rc != 0 || run.last < run.first)
        return rc;
    out->first = run.first * SKETCH_ROWS;
    out->last = run.last < last / SKETCH_ROWS ? run.last * SKETCH_ROWS + SKETCH_ROWS - 1 : last;
    if (out->first <= after)
        out->first = after + 1;
    return 0;
}

int sketch_is_rare(struct ledger *l, const char *domain, int64_t first, int64_t last, bool *out,
                   struct error *err)
{
    uint64_t h = hash(domain);
    int64_t all = 0, found = 0;
    struct query *q = db_query(l->db, walk_sql);
    query_bind_int(q, first / SKETCH_ROWS);
    query_bind_int(q, last / SKETCH_ROWS - 1);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        (void)query_int(q);
        all++;
        found += read_holds(q, h);
    }
    *out = found * RARE <= all;
    return rc;
}
