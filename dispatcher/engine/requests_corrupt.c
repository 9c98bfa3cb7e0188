/*
 * What lies in corrupt/: `corrupt` (name: only that one) lists it, `release_corrupt` (name, reason)
 * puts it back to new/. An id the ledger knows is not released: it would be refused again, or, with
 * the same content, vanish without a word.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "engine/requests_backend.h"
#include "model/json.h"

static const char *const kinds[] = {
    [CORRUPT_NOTICE] = "notice", [CORRUPT_BATCH] = "batch", [CORRUPT_OTHER] = "other"};

static int require_spool(const struct request *r, struct error *err)
{
    if (r->world->spool != NULL)
        return 0;
    return error_set(err, ERR_DENIED, "you may not read %s/corrupt; ask the daemon's operator",
                     r->world->settings->spool);
}

/* Somebody may have put there what is no text. */
static void put_text(struct buf *out, const char *key, const char *text)
{
    struct buf visible = {0};
    if (text != NULL && !utf8_valid(text, strlen(text))) {
        text_put_visible(&visible, text, strlen(text));
        text = buf_text(&visible);
    }
    answer_put_text(out, key, text);
    buf_free(&visible);
}

static void put_row(void *context, const struct corrupt_row *row)
{
    struct buf *out = context;
    buf_puts(out, "{\"v\":1");
    put_text(out, "name", row->name);
    answer_put_text(out, "kind", kinds[row->kind]);
    answer_put_text(out, "id", row->id);
    buf_printf(out, ",\"bytes\":%lld", (long long)row->bytes);
    answer_put_time(out, "since", row->since_ms);
    put_text(out, "reason", row->reason);
    buf_puts(out, "}\n");
}

int request_corrupt(const struct request *r, struct error *err)
{
    int rc = require_spool(r, err);
    if (rc == 0)
        rc = spool_walk_corrupt(r->world->spool, json_get_text(r->root, "name", NULL), put_row,
                                r->out, err);
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}

/* ---- the way back ---- */

struct found {
    enum corrupt_kind kind;
    bool named;
    char id[ID_MAX + 1];
    char name[NAME_MAX + 1]; /* in corrupt/: whoever asks may have left the ending out */
};

static void take_found(void *context, const struct corrupt_row *row)
{
    struct found *out = context;
    out->kind = row->kind;
    out->named = row->id != NULL;
    snprintf(out->name, sizeof(out->name), "%s", row->name);
    snprintf(out->id, sizeof(out->id), "%s", row->id != NULL ? row->id : "");
}

static int require_free(const struct request *r, const struct found *found, struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    bool known = false;
    if (!found->named)
        return 0;
    int rc = ledger_find_digest(r->world->ledger, found->id, &known, digest, err);
    if (rc == 0 && known)
        rc = error_set(err, ERR_CONFLICT,
                       "the id \"%s\" is in use (dispatcher show %s): give this one an id of its "
                       "own, in its name and its text",
                       found->id, found->id);
    return rc;
}

/* Recorded before it moves: what moved without a record nobody would find again. A crash, or a disk
 * that refuses, between the two leaves a record of what did not move; the next try makes its own.
 */
static int release(const struct request *r, const struct found *found, struct error *err)
{
    struct buf selector = {0};
    const struct corrupt_row row = {
        .name = found->name, .kind = found->kind, .id = found->named ? found->id : NULL};
    buf_puts(&selector, "{\"corrupt\":");
    buf_put_json(&selector, found->name);
    buf_putc(&selector, '}');
    const struct action action = request_action(r, "release corrupt", buf_text(&selector));
    int rc = spool_check_release(r->world->spool, &row, err);
    if (rc == 0)
        rc = ledger_record_action(r->world->ledger, &action, 1, err);
    if (rc == 0)
        rc = spool_release_corrupt(r->world->spool, &row, err);
    buf_free(&selector);
    return rc;
}

int request_release_corrupt(const struct request *r, struct error *err)
{
    const char *name = json_get_text(r->root, "name", "");
    struct found found = {0};
    int rc = require_spool(r, err);
    if (rc == 0)
        rc = spool_walk_corrupt(r->world->spool, name, take_found, &found, err);
    if (rc == 0)
        rc = require_free(r, &found, err);
    if (rc == 0)
        rc = release(r, &found, err);
    if (rc == 0) {
        buf_puts(r->out, "{\"v\":1,\"end\":true");
        answer_put_text(r->out, "name", found.name);
        answer_put_text(r->out, "kind", kinds[found.kind]);
        answer_put_text(r->out, "id", found.id);
        buf_puts(r->out, "}\n");
    }
    return rc;
}
