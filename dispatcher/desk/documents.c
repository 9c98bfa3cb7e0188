#include "desk/documents.h"

#include "model/json.h"

/* Of a text, as JSON at most six times as long: a request has room for it. */
#define PIECE_BYTES ((size_t)8 * 1024)

/* Never within a character. */
static size_t piece_end(const struct manifest_entry *e, size_t start)
{
    size_t end = start + PIECE_BYTES;
    if (end >= e->len)
        return e->len;
    while (end > start + 1 && ((unsigned char)e->text[end] & 0xC0) == 0x80)
        end--;
    return end;
}

static void put_piece(struct buf *out, const struct manifest_entry *e, size_t start, size_t end)
{
    struct buf piece = {0};
    buf_put(&piece, e->text + start, end - start);
    request_begin(out, "keep");
    buf_puts(out, ",\"documents\":[{\"name\":");
    buf_put_json(out, e->name);
    request_put_text(out, "part", manifest_part_name(e->part));
    request_put_text(out, "sha256", e->sha256);
    buf_printf(out, ",\"offset\":%zu,\"more\":%s,\"text\":", start,
               end < e->len ? "true" : "false");
    buf_put_json(out, buf_text(&piece));
    buf_puts(out, "}]}");
    buf_free(&piece);
}

static int keep_piece(struct session *s, const struct manifest_entry *e, size_t start, size_t end,
                      struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *answer = NULL;
    put_piece(&request, e, start, end);
    int rc = session_ask(s, buf_text(&request), &rows, &answer, err);
    json_free(answer);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

static int keep(struct session *s, const struct manifest_entry *e, struct error *err)
{
    size_t start = 0, end = piece_end(e, 0);
    int rc = keep_piece(s, e, start, end, err);
    while (rc == 0 && end < e->len) {
        start = end;
        end = piece_end(e, start);
        rc = keep_piece(s, e, start, end, err);
    }
    return rc;
}

int documents_keep(struct session *s, const struct manifest *m, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < m->count; i++) {
        if (m->entries[i].text != NULL && m->entries[i].part != MANIFEST_AUDIENCE)
            rc = keep(s, &m->entries[i], err);
    }
    return rc;
}
