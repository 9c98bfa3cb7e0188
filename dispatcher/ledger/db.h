/*
 * SQLite, as much of it as the ledger needs: a connection, statements that are prepared once,
 * values bound and read in order. The one place that sees <sqlite3.h>, and the one that turns its
 * result codes into our errors.
 *
 *     struct query *q = db_query(db, sql);      never NULL; a mistake shows at the run
 *     query_bind_int(q, 7);                     ?1, ?2, ... in order
 *     while ((rc = query_step(q, err)) > 0)     or: rc = query_run(q, err)
 *         n = query_int(q);                     columns in order
 */
#ifndef LEDGER_DB_H
#define LEDGER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct db;
struct query;

enum db_mode { DB_CREATE, DB_WRITE, DB_READ };

/* ERR_NOT_FOUND if the file is missing (but DB_CREATE), ERR_DENIED, ERR_IO. `path` is shown in
 * messages. */
MUST_CHECK int db_open(const char *path, enum db_mode mode, struct db **out, struct error *err);
/* Ends every statement. NULL is allowed. */
void db_close(struct db *db);

/* Statements without parameters, separated by `;`. Rows are ignored. */
MUST_CHECK int db_run_script(struct db *db, const char *sql, struct error *err);
bool db_in_transaction(const struct db *db);
/* A sync failed, in a commit or in the checkpoint that may follow one (which SQLite tells nobody).
 * Stays until db_trust(). */
bool db_is_doubtful(const struct db *db);
void db_trust(struct db *db);
/* Number of the last inserted row; rows changed by the last statement; rows changed since the
 * connection was opened. */
int64_t db_last_number(const struct db *db);
int64_t db_changed(const struct db *db);
int64_t db_changed_ever(const struct db *db);
/* Steps made through whole tables for want of an index, since the connection was opened. */
int64_t db_scanned_ever(const struct db *db);
/* Instructions of SQLite's machine, likewise: what a question costs, whoever else is busy. */
int64_t db_worked_ever(const struct db *db);

/* `sql` is the key of the cache: a static text, the same pointer each time. */
struct query *db_query(struct db *db, const char *sql);
/* For statements put together at run time: gone after its end. */
struct query *db_query_once(struct db *db, const char *sql);

/* Texts and bytes are borrowed until the end of the query. NULL binds SQL's NULL. */
void query_bind_int(struct query *q, int64_t value);
void query_bind_real(struct query *q, double value);
void query_bind_text(struct query *q, const char *text);
void query_bind_text_len(struct query *q, const char *text, size_t len);
void query_bind_bytes(struct query *q, const void *bytes, size_t len);

/* Runs to its end, ignoring rows. */
MUST_CHECK int query_run(struct query *q, struct error *err);
/* 1: a row stands; 0: no more, the query has ended; negative: an error, it has ended too. */
MUST_CHECK int query_step(struct query *q, struct error *err);
/* The first column of the first row into *out, which is left alone without a row. 1, 0 or negative
 * like query_step(); the query has ended in any case. */
MUST_CHECK int query_run_int(struct query *q, int64_t *out, struct error *err);
/* Needed only when leaving before query_step() said 0. */
void query_end(struct query *q);

/* The next column of the row. Texts and bytes are valid until the next step; NULL for SQL's NULL.
 */
int64_t query_int(struct query *q);
double query_real(struct query *q);
const char *query_text(struct query *q);
const char *query_text_len(struct query *q, size_t *out_len);

#endif
