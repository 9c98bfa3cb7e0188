/* Documents: the words of a campaign, each kept once under the hash of its bytes. */
#include "ledger/campaigns.h"

#include <string.h>

#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char read_sql[] = "SELECT bytes FROM document WHERE sha256 = ?";
static const char known_sql[] = "SELECT 1 FROM document WHERE sha256 = ?";
static const char put_sql[] =
    "INSERT INTO document (sha256, kind, name, bytes) VALUES (?, ?, ?, ?)";
static const char put_piece_sql[] =
    "INSERT INTO document_piece (sha256, start, bytes) VALUES (?, ?, ?)"
    " ON CONFLICT (sha256, start) DO UPDATE SET bytes = excluded.bytes";
static const char pieces_sql[] =
    "SELECT start, bytes FROM document_piece WHERE sha256 = ? ORDER BY start";
static const char drop_behind_sql[] = "DELETE FROM document_piece WHERE sha256 = ? AND start > ?";
static const char drop_pieces_sql[] = "DELETE FROM document_piece WHERE sha256 = ?";

static void bind_sum(struct query *q, const unsigned char *sha256)
{
    query_bind_bytes(q, sha256, DIGEST_SIZE);
}

static int run_by_sum(struct ledger *l, const char *sql, const unsigned char *sha256,
                      struct error *err)
{
    struct query *q = db_query(l->db, sql);
    bind_sum(q, sha256);
    return query_run(q, err);
}

int ledger_read_document(struct ledger *l, const unsigned char sha256[DIGEST_SIZE], struct buf *out,
                         bool *out_found, struct error *err)
{
    size_t len = 0;
    struct query *q = db_query(l->db, read_sql);
    bind_sum(q, sha256);
    int rc = query_step(q, err);
    *out_found = rc > 0;
    if (rc <= 0)
        return rc;
    const char *bytes = query_text_len(q, &len);
    if (bytes != NULL)
        buf_put(out, bytes, len);
    query_end(q);
    return 0;
}

static int insert(struct ledger *l, const struct document *d, const struct buf *whole,
                  struct error *err)
{
    struct query *q = db_query(l->db, put_sql);
    bind_sum(q, d->sha256);
    query_bind_text(q, d->kind);
    query_bind_text(q, d->name);
    query_bind_bytes(q, buf_text(whole), whole->len);
    return query_run(q, err);
}

static int put_piece(struct ledger *l, const struct document *d, int64_t start, struct error *err)
{
    struct query *q = db_query(l->db, put_piece_sql);
    bind_sum(q, d->sha256);
    query_bind_int(q, start);
    query_bind_bytes(q, d->bytes, d->len);
    return query_run(q, err);
}

/* All that follows without a gap from the beginning. */
static int join_pieces(struct ledger *l, const unsigned char *sha256, struct buf *out,
                       struct error *err)
{
    struct query *q = db_query(l->db, pieces_sql);
    bind_sum(q, sha256);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        size_t len = 0;
        int64_t start = query_int(q);
        const char *bytes = query_text_len(q, &len);
        if (bytes != NULL && start == (int64_t)out->len)
            buf_put(out, bytes, len);
    }
    return rc;
}

/* What an earlier try left behind the end would be taken for a part of it, now and ever after. */
static int drop_behind(struct ledger *l, const unsigned char *sha256, int64_t last,
                       struct error *err)
{
    struct query *q = db_query(l->db, drop_behind_sql);
    bind_sum(q, sha256);
    query_bind_int(q, last);
    return query_run(q, err);
}

static int put_whole(struct ledger *l, const struct document *d, int64_t last, struct error *err)
{
    struct buf whole = {0};
    unsigned char sum[DIGEST_SIZE];
    int rc = drop_behind(l, d->sha256, last, err);
    if (rc == 0)
        rc = join_pieces(l, d->sha256, &whole, err);
    if (rc == 0)
        rc = run_by_sum(l, drop_pieces_sql, d->sha256, err);
    digest_sha256(buf_text(&whole), whole.len, sum);
    if (rc == 0 && memcmp(sum, d->sha256, DIGEST_SIZE) == 0)
        rc = insert(l, d, &whole, err);
    else if (rc == 0)
        rc = error_set(err, ERR_INPUT,
                       "what came as \"%s\" is not the document of this SHA-256; nothing was kept",
                       d->name);
    buf_free(&whole);
    return rc;
}

static int put(struct ledger *l, const struct document *d, int64_t start, bool last,
               struct error *err)
{
    int64_t known = 0;
    struct query *q = db_query(l->db, known_sql);
    bind_sum(q, d->sha256);
    int rc = query_run_int(q, &known, err);
    if (rc < 0 || known != 0)
        return rc < 0 ? rc : 0;
    rc = put_piece(l, d, start, err);
    return rc == 0 && last ? put_whole(l, d, start, err) : rc;
}

int ledger_put_document(struct ledger *l, const struct document *piece, int64_t start, bool last,
                        struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, put(l, piece, start, last, err), err);
}
