/*
 * Opening, and transactions.
 *
 * A new ledger is built beside its place and moved there when it is whole. So a ledger.db that is
 * empty or half-made is never "new": it is damage, and is refused instead of being filled with a
 * fresh, forgetful ledger.
 *
 * Durability is SQLite's `synchronous`, switched between transactions (it cannot be changed inside
 * one): NORMAL writes the log and leaves it to the kernel, which survives the death of this
 * process; FULL also syncs it. The log is one file read from its start, so a FULL commit makes
 * every NORMAL commit before it durable as well. A FULL commit that changed nothing would write and
 * sync nothing: then a row of `meta` is changed to make it one.
 *
 * After a sync that failed, this no longer holds: the kernel then regards as written what it could
 * not write, the next sync may succeed without it, and where the log has a hole everything behind
 * is lost as well. So the next transaction begins by writing the whole log again, from the kernel's
 * memory, and nothing is committed until that is on the disk. A checkpoint would not do: it trusts
 * the log while it changes ledger.db.
 */
#include "ledger/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"
#include "ledger/schema.h"

#define LEDGER_NAME     "ledger.db"
#define UNFINISHED_NAME "ledger.db.new"
#define LOG_SUFFIX      "-wal"

static const char begin_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";
static const char rollback_sql[] = "ROLLBACK";
static const char begin_look_sql[] = "BEGIN";
static const char any_batch_sql[] = "SELECT EXISTS (SELECT 1 FROM batch)";
static const char data_version_sql[] = "PRAGMA data_version";
static const char pulse_sql[] = "UPDATE meta SET value = value + 1 WHERE name = 'syncs'";

/* For every connection. cell_size_check and trusted_schema: a damaged or planted file is noticed,
 * not obeyed. */
static const char settings_sql[] = "PRAGMA foreign_keys = ON;"
                                   "PRAGMA trusted_schema = OFF;"
                                   "PRAGMA cell_size_check = ON;"
                                   "PRAGMA cache_size = -16384;"
                                   "PRAGMA journal_size_limit = 67108864;"
                                   "PRAGMA synchronous = FULL;";

static int build(const char *path, struct error *err)
{
    struct db *db = NULL;
    int rc = db_open(path, DB_CREATE, &db, err);
    if (rc == 0)
        rc = db_run_script(db, settings_sql, err);
    if (rc == 0)
        rc = schema_upgrade(db, err);
    if (rc == 0)
        rc = db_run_script(db, "PRAGMA journal_mode = WAL", err);
    db_close(db);
    if (rc == 0 && chmod(path, 0640) != 0)
        rc = error_errno(err, ERR_IO, "cannot set the mode of %s", path);
    return rc;
}

/* Makes a whole ledger under another name and puts it in its place, unless another process was
 * faster. */
static int create(const char *spool, struct error *err)
{
    char *unfinished = file_join(spool, UNFINISHED_NAME);
    int directory = file_open_directory(spool, err);
    int rc = directory < 0 ? directory : 0;
    if (rc == 0) {
        unlinkat(directory, UNFINISHED_NAME, 0);
        unlinkat(directory, UNFINISHED_NAME "-journal", 0);
        rc = build(unfinished, err);
    }
    if (rc == 0)
        rc = file_move(directory, UNFINISHED_NAME, directory, LEDGER_NAME, err);
    if (rc == 0 || rc == ERR_CONFLICT)
        rc = file_sync_directory(directory, spool, err);
    if (directory >= 0)
        close(directory);
    free(unfinished);
    return rc;
}

static int check_version(struct ledger *l, enum ledger_mode mode, struct error *err)
{
    int missing = 0;
    int rc = schema_check(l->db, l->path, &missing, err);
    if (rc != 0 || missing == 0)
        return rc;
    if (mode == LEDGER_READ)
        return error_set(err, ERR_CONFIG,
                         "%s was written by an older dispatcher; start `dispatcher run` once, it "
                         "brings the tables up to date",
                         l->path);
    return schema_upgrade(l->db, err);
}

static int open_file(struct ledger *l, enum ledger_mode mode, struct error *err)
{
    int rc = db_open(l->path, mode == LEDGER_READ ? DB_READ : DB_WRITE, &l->db, err);
    if (rc == 0)
        rc = db_run_script(l->db, settings_sql, err);
    if (rc == 0)
        rc = check_version(l, mode, err);
    return rc;
}

static int load(struct ledger *l, struct error *err)
{
    int64_t any = 0;
    int rc = query_run_int(db_query(l->db, any_batch_sql), &any, err);
    l->has_batches = any != 0;
    if (rc >= 0)
        rc = ledger_load_flight(l, err);
    if (rc >= 0)
        rc = ledger_load_suppressions(l, err);
    if (rc >= 0)
        rc = parked_load(l, err);
    if (rc >= 0)
        rc = patience_load(l, err);
    if (rc >= 0)
        rc = ledger_load_campaigns(l, err);
    return rc < 0 ? rc : ledger_load_lanes(l, err);
}

int ledger_open(const char *spool, enum ledger_mode mode, struct ledger **out, struct error *err)
{
    struct ledger *l = xcalloc(1, sizeof(*l));
    l->path = file_join(spool, LEDGER_NAME);
    l->mode = mode;
    l->today = -1;
    l->data_version = -1;
    l->synchronous = true;
    l->unsynced = true; /* what a process before us committed may not be on the disk yet */
    l->inherited = true;
    *out = NULL;
    int rc = 0;
    if (mode == LEDGER_WRITE && access(l->path, F_OK) != 0)
        rc = create(spool, err);
    if (rc == 0)
        rc = open_file(l, mode, err);
    if (rc == 0 && mode == LEDGER_WRITE)
        rc = load(l, err);
    if (rc != 0) {
        ledger_close(l);
        return rc;
    }
    *out = l;
    return 0;
}

static void free_memory(struct ledger *l)
{
    undo_forget(l);
    for (size_t i = 0; i < COUNT_OF(l->found); i++)
        free(l->found[i]);
    free(l->undo);
    free(l->tallies);
    free(l->days);
    flight_clear(&l->flight);
    free(l->lanes);
    free(l->cursors);
    while (l->batch_count > 0)
        ledger_drop_batch(l);
    free(l->batches);
    while (l->campaign_count > 0)
        campaign_drop(l);
    free(l->campaigns);
    while (l->transport_count > 0)
        ledger_drop_transport(l);
    free(l->transports);
    while (l->letter_count > 0)
        ledger_drop_letter(l);
    free(l->letters);
    free(l->patience);
}

void ledger_close(struct ledger *l)
{
    if (l == NULL)
        return;
    if (l->in_transaction)
        ledger_rollback(l);
    db_close(l->db);
    free_memory(l);
    free(l->path);
    free(l);
}

static int set_synchronous(struct ledger *l, bool synchronous, struct error *err)
{
    if (l->synchronous == synchronous)
        return 0;
    int rc = db_run_script(
        l->db, synchronous ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
    if (rc == 0)
        l->synchronous = synchronous;
    return rc;
}

/* Within a transaction: nobody else writes the log now, and readers read the same as before. */
static int mend_log(struct ledger *l, struct error *err)
{
    if (!l->inherited && !db_is_doubtful(l->db))
        return 0;
    struct buf path = {0};
    buf_puts(&path, l->path);
    buf_puts(&path, LOG_SUFFIX);
    int rc = file_write_again(buf_text(&path), err);
    buf_free(&path);
    if (rc != 0)
        return rc;
    db_trust(l->db);
    l->inherited = false;
    return 0;
}

int ledger_begin(struct ledger *l, enum ledger_durability durability, struct error *err)
{
    assert(!l->in_transaction);
    ledger_tidy_lanes(l);
    int rc = set_synchronous(l, durability == LEDGER_DURABLE, err);
    if (rc == 0)
        rc = query_run(db_query(l->db, begin_sql), err);
    if (rc != 0)
        return rc;
    rc = mend_log(l, err);
    if (rc != 0) {
        ledger_rollback(l);
        return rc;
    }
    l->in_transaction = true;
    l->transaction++;
    l->durability = durability;
    l->raised = false;
    l->memory_before = l->memory;
    l->changed_before = db_changed_ever(l->db);
    return 0;
}

int ledger_commit(struct ledger *l, struct error *err)
{
    assert(l->in_transaction);
    int rc = ledger_flush_counts(l, err);
    bool changed = db_changed_ever(l->db) != l->changed_before;
    bool durable = l->durability == LEDGER_DURABLE;
    if (rc == 0 && durable && l->unsynced && !changed)
        rc = query_run(db_query(l->db, pulse_sql), err);
    if (rc == 0)
        rc = query_run(db_query(l->db, commit_sql), err);
    if (rc != 0)
        return rc;
    l->in_transaction = false;
    undo_forget(l);
    l->unsynced = !durable && (l->unsynced || changed);
    return l->raised ? ledger_sync(l, err) : 0;
}

void ledger_rollback(struct ledger *l)
{
    /* After some errors (a full disk among them) SQLite has rolled back by itself. A failing
     * ROLLBACK leaves nothing else to do: the next BEGIN will say what is wrong. */
    if (db_in_transaction(l->db) && query_run(db_query(l->db, rollback_sql), NULL) != 0)
        l->unsynced = true;
    undo_all(l);
    if (l->in_transaction)
        l->memory = l->memory_before;
    l->in_transaction = false;
    ledger_forget_counts(l);
}

int ledger_sync(struct ledger *l, struct error *err)
{
    if (!l->unsynced)
        return 0;
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    assert(own || rc != 0); /* a sync within a transaction promises nothing */
    return rc != 0 ? rc : ledger_leave(l, own, 0, err);
}

int ledger_enter(struct ledger *l, enum ledger_durability durability, bool *out_own,
                 struct error *err)
{
    *out_own = !l->in_transaction;
    if (!l->in_transaction)
        return ledger_begin(l, durability, err);
    l->raised = l->raised || (durability == LEDGER_DURABLE && l->durability == LEDGER_FAST);
    return 0;
}

int ledger_leave(struct ledger *l, bool own, int rc, struct error *err)
{
    if (!own)
        return rc;
    if (rc >= 0)
        rc = ledger_commit(l, err);
    if (rc < 0)
        ledger_rollback(l);
    return rc;
}

/* ---- questions ---- */

/* Whoever writes knows what is in flight; a reader asks again when the file has changed. */
static int refresh_flight(struct ledger *l, struct error *err)
{
    int64_t version = 0;
    int rc = query_run_int(db_query(l->db, data_version_sql), &version, err);
    if (rc < 0 || version == l->data_version)
        return rc < 0 ? rc : 0;
    flight_clear(&l->flight);
    rc = ledger_load_flight(l, err);
    l->data_version = rc == 0 ? version : -1;
    return rc;
}

int ledger_look(struct ledger *l, bool *out_own, struct error *err)
{
    *out_own = l->mode == LEDGER_READ && !db_in_transaction(l->db);
    if (!*out_own)
        return 0;
    int rc = query_run(db_query(l->db, begin_look_sql), err);
    if (rc == 0)
        rc = refresh_flight(l, err);
    return rc < 0 ? ledger_looked(l, true, rc, err) : 0;
}

int ledger_looked(struct ledger *l, bool own, int rc, struct error *err)
{
    if (!own || !db_in_transaction(l->db))
        return rc;
    int end = query_run(db_query(l->db, commit_sql), rc < 0 ? NULL : err);
    return rc < 0 ? rc : end;
}

void ledger_note_time(struct ledger *l, int64_t now_ms)
{
    l->last_ms = now_ms;
}

/* ---- what stands in a file ---- */

int ledger_damaged(const struct ledger *l, const char *what, int64_t number, struct error *err)
{
    return error_set(err, ERR_IO,
                     "the ledger %s is damaged: %s %lld; stop the dispatcher, keep a copy of the "
                     "file and restore it from a backup",
                     l->path, what, (long long)number);
}

bool ledger_read_channel(int64_t number, enum channel_kind *out)
{
    if (number < 0 || number >= CHANNEL_KINDS)
        return false;
    *out = (enum channel_kind)number;
    return true;
}

bool ledger_read_state(int64_t number, enum delivery_state *out)
{
    if (number < 0 || number >= DELIVERY_STATES)
        return false;
    *out = (enum delivery_state)number;
    return true;
}

enum receipt_kind ledger_read_receipt_kind(int64_t number)
{
    return number >= 0 && number < RECEIPT_KINDS ? (enum receipt_kind)number : RECEIPT_NONE;
}

const char *ledger_read_text(struct query *q)
{
    const char *text = query_text(q);
    return text != NULL ? text : "";
}
