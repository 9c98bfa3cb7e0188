#include "ledger/db.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/alloc.h"

/* More statements than the ledger has; an assertion tells when that changes. */
#define QUERIES_MAX 192
/* Pages in the log, from which a commit is followed by a checkpoint. */
#define CHECKPOINT_PAGES 8192

struct query {
    struct db *db;
    const char *sql;
    sqlite3_stmt *statement;
    int failure; /* of preparing or binding, told by the next step */
    int bound;   /* parameters so far */
    int column;  /* columns read of this row */
    bool busy;
    bool once;
};

struct db {
    sqlite3 *handle;
    char *path;
    struct query queries[QUERIES_MAX];
    size_t count;
    int64_t scanned, worked; /* by statements that have ended for good */
    bool doubtful;
};

struct meaning {
    int result; /* primary result code of SQLite */
    int code;
    const char *sentence;
};

static const struct meaning meanings[] = {
    {SQLITE_BUSY, ERR_AGAIN, "is busy with another program; try again"},
    {SQLITE_LOCKED, ERR_AGAIN, "is busy; try again"},
    {SQLITE_FULL, ERR_AGAIN, "cannot grow, the disk is full; free some space"},
    {SQLITE_NOMEM, ERR_AGAIN, "needs more memory than there is"},
    {SQLITE_CORRUPT, ERR_IO,
     "is damaged; stop the dispatcher, keep a copy of the file and restore it from a backup"},
    {SQLITE_NOTADB, ERR_IO,
     "is damaged or no ledger at all; keep a copy of the file and restore it from a backup"},
    {SQLITE_IOERR, ERR_IO, "cannot be read or written"},
    {SQLITE_CANTOPEN, ERR_IO, "cannot be opened"},
    {SQLITE_READONLY, ERR_IO, "is read-only; check its owner, its mode and the file system"},
    {SQLITE_PERM, ERR_DENIED, "may not be opened by this user"},
    {SQLITE_AUTH, ERR_DENIED, "may not be used by this user"},
};

static const struct meaning *find_meaning(int result)
{
    static const struct meaning mistake = {SQLITE_ERROR, ERR_INTERNAL, "refused a statement"};
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        if (meanings[i].result == (result & 0xff))
            return &meanings[i];
    }
    return &mistake;
}

/* What the system said, where SQLite's own code is too coarse. Its errno is stale with any other
 * result. */
static int refine(const struct db *db, int result, int code)
{
    int primary = result & 0xff;
    if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)
        return code;
    switch (sqlite3_system_errno(db->handle)) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
        return ERR_AGAIN;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    default:
        return code;
    }
}

static void notice_sync(struct db *db, int result)
{
    db->doubtful = db->doubtful || result == SQLITE_IOERR_FSYNC;
}

/* SQLite's errno is by then that of the last thing it tried. */
static bool lies_read_only(const struct db *db, int result)
{
    int primary = result & 0xff;
    return (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY) &&
           access(db->path, W_OK) != 0 && errno == EROFS;
}

static int fail(struct db *db, int result, struct error *err)
{
    notice_sync(db, result);
    if (lies_read_only(db, result))
        return error_set(err, ERR_IO,
                         "the ledger %s lies on a file system that is mounted read-only, and even "
                         "to look needs a file beside it; mount it writable, or copy the spool and "
                         "name the copy as `spool`",
                         db->path);
    const struct meaning *meaning = find_meaning(result);
    return error_set(err, refine(db, result, meaning->code), "the ledger %s %s (%s)", db->path,
                     meaning->sentence,
                     meaning->code == ERR_INTERNAL ? sqlite3_errmsg(db->handle)
                                                   : sqlite3_errstr(result));
}

/* In place of SQLite's own, which does the same but keeps to itself that a sync failed. The commit
 * before it stands, so what happens here is no failure of the statement. */
static int checkpoint(void *context, sqlite3 *handle, const char *name, int pages)
{
    if (pages >= CHECKPOINT_PAGES)
        notice_sync(context,
                    sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
    return SQLITE_OK;
}

int db_open(const char *path, enum db_mode mode, struct db **out, struct error *err)
{
    static const int flags[] = {
        [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [DB_WRITE] = SQLITE_OPEN_READWRITE,
        [DB_READ] = SQLITE_OPEN_READONLY,
    };
    struct db *db = xcalloc(1, sizeof(*db));
    db->path = xstrdup(path);
    *out = NULL;
    int result = sqlite3_open_v2(path, &db->handle, flags[mode] | SQLITE_OPEN_EXRESCODE, NULL);
    if (result != SQLITE_OK) {
        /* Where a file cannot be made SQLite also looks whether one is there to be read. */
        int rc = mode != DB_CREATE && sqlite3_system_errno(db->handle) == ENOENT
                     ? error_set(err, ERR_NOT_FOUND, "there is no ledger %s", path)
                     : fail(db, result, err);
        db_close(db);
        return rc;
    }
    sqlite3_busy_timeout(db->handle, 5000);
    sqlite3_wal_hook(db->handle, checkpoint, db);
    *out = db;
    return 0;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->count; i++)
        sqlite3_finalize(db->queries[i].statement);
    int result = sqlite3_close(db->handle);
    assert(result == SQLITE_OK); /* a query_once() is still open */
    free(db->path);
    free(db);
}

int db_run_script(struct db *db, const char *sql, struct error *err)
{
    int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? 0 : fail(db, result, err);
}

bool db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

bool db_is_doubtful(const struct db *db)
{
    return db->doubtful;
}

void db_trust(struct db *db)
{
    db->doubtful = false;
}

int64_t db_last_number(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_changed(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_changed_ever(const struct db *db)
{
    return sqlite3_total_changes64(db->handle);
}

static int64_t status_of(const struct query *q, int counter)
{
    return q->statement != NULL ? sqlite3_stmt_status(q->statement, counter, 0) : 0;
}

static int64_t sum_of(const struct db *db, int counter)
{
    int64_t sum = 0;
    for (size_t i = 0; i < db->count; i++)
        sum += status_of(&db->queries[i], counter);
    return sum;
}

int64_t db_scanned_ever(const struct db *db)
{
    return db->scanned + sum_of(db, SQLITE_STMTSTATUS_FULLSCAN_STEP);
}

int64_t db_worked_ever(const struct db *db)
{
    return db->worked + sum_of(db, SQLITE_STMTSTATUS_VM_STEP);
}

static void prepare(struct query *q, unsigned flags)
{
    if (q->statement == NULL)
        q->failure = sqlite3_prepare_v3(q->db->handle, q->sql, -1, flags, &q->statement, NULL);
    q->bound = 0;
    q->column = 0;
    q->busy = true;
}

struct query *db_query(struct db *db, const char *sql)
{
    size_t i = 0;
    while (i < db->count && db->queries[i].sql != sql)
        i++;
    if (i == db->count) {
        assert(db->count < QUERIES_MAX);
        db->queries[db->count++] = (struct query){.db = db, .sql = sql};
    }
    assert(!db->queries[i].busy);
    prepare(&db->queries[i], SQLITE_PREPARE_PERSISTENT);
    return &db->queries[i];
}

struct query *db_query_once(struct db *db, const char *sql)
{
    struct query *q = xcalloc(1, sizeof(*q));
    *q = (struct query){.db = db, .sql = sql, .once = true};
    prepare(q, 0);
    return q;
}

static void note(struct query *q, int result)
{
    if (q->failure == SQLITE_OK)
        q->failure = result;
}

/* A statement that could not be prepared takes no values: its failure is told at the run. */
static int next_parameter(struct query *q)
{
    return ++q->bound;
}

void query_bind_int(struct query *q, int64_t value)
{
    int at = next_parameter(q);
    if (q->statement != NULL)
        note(q, sqlite3_bind_int64(q->statement, at, value));
}

void query_bind_real(struct query *q, double value)
{
    int at = next_parameter(q);
    if (q->statement != NULL)
        note(q, sqlite3_bind_double(q->statement, at, value));
}

void query_bind_text(struct query *q, const char *text)
{
    int at = next_parameter(q);
    if (q->statement != NULL)
        note(q, sqlite3_bind_text(q->statement, at, text, -1, SQLITE_STATIC));
}

void query_bind_text_len(struct query *q, const char *text, size_t len)
{
    assert(len <= INT_MAX);
    int at = next_parameter(q);
    if (q->statement != NULL)
        note(q, sqlite3_bind_text(q->statement, at, text, (int)len, SQLITE_STATIC));
}

void query_bind_bytes(struct query *q, const void *bytes, size_t len)
{
    assert(len <= INT_MAX);
    int at = next_parameter(q);
    if (q->statement != NULL)
        note(q, sqlite3_bind_blob(q->statement, at, bytes, (int)len, SQLITE_STATIC));
}

void query_end(struct query *q)
{
    q->busy = false;
    q->failure = SQLITE_OK;
    if (q->once) {
        q->db->scanned += status_of(q, SQLITE_STMTSTATUS_FULLSCAN_STEP);
        q->db->worked += status_of(q, SQLITE_STMTSTATUS_VM_STEP);
        sqlite3_finalize(q->statement);
        free(q);
    } else if (q->statement != NULL) {
        sqlite3_reset(q->statement);
    }
}

int query_step(struct query *q, struct error *err)
{
    struct db *db = q->db;
    int result = q->failure != SQLITE_OK ? q->failure : sqlite3_step(q->statement);
    q->column = 0;
    if (result == SQLITE_ROW)
        return 1;
    int rc = result == SQLITE_DONE ? 0 : fail(db, result, err);
    assert(rc <= 0); /* whoever loops while it is positive stops here: the query is gone */
    query_end(q);
    return rc;
}

int query_run(struct query *q, struct error *err)
{
    int rc;
    while ((rc = query_step(q, err)) > 0)
        continue;
    return rc;
}

int query_run_int(struct query *q, int64_t *out, struct error *err)
{
    int rc = query_step(q, err);
    if (rc > 0) {
        *out = query_int(q);
        query_end(q);
    }
    return rc;
}

int64_t query_int(struct query *q)
{
    return sqlite3_column_int64(q->statement, q->column++);
}

double query_real(struct query *q)
{
    return sqlite3_column_double(q->statement, q->column++);
}

const char *query_text(struct query *q)
{
    return (const char *)sqlite3_column_text(q->statement, q->column++);
}

const char *query_text_len(struct query *q, size_t *out_len)
{
    const char *text = (const char *)sqlite3_column_blob(q->statement, q->column);
    *out_len = (size_t)sqlite3_column_bytes(q->statement, q->column++);
    return text;
}
