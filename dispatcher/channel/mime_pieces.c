#include "channel/mime_pieces.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define KINDS_KEPT   12 /* text and HTML in four languages, half of them in base64 */
#define PATIENCE_MAX 1024
#define KEPT_MAX     (256 * 1024) /* a longer text is no letter, and its memory would stay */
#define BLOCK        256          /* bytes compared at once */
#define GLANCE       16           /* bytes by which a piece is recognised */

/* Where a piece begins in the text and in what it was encoded to. */
struct mark {
    size_t text, encoded;
};

/* A text that was encoded before. */
struct known {
    char type[24], language[36];
    size_t piece_len;
    mime_piece_fn *put_piece;
    struct buf text, encoded;
    struct mark *marks; /* of all pieces, and of the end */
    size_t pieces, cap;
    unsigned strangers, patience; /* texts in a row that did not resemble it, and how many may be */
    uint64_t used;
};

/* ---- pieces ---- */

/* Only lines that end with LF are remembered, all of them: that is what render makes. */
static bool is_usual(const struct mime_kind *kind, const struct buf *text)
{
    return kind->piece_len > 0 || (text->len > 0 && text->data[text->len - 1] == '\n' &&
                                   memchr(text->data, '\r', text->len) == NULL);
}

/* The end of the piece at `at`; *out_next is where the next one begins. */
static const char *piece_end(size_t piece_len, const char *at, const char *stop,
                             const char **out_next)
{
    size_t left = (size_t)(stop - at);
    if (piece_len > 0)
        return *out_next = at + (left < piece_len ? left : piece_len);
    const char *end = memchr(at, '\n', left);
    *out_next = end + 1;
    return end;
}

static bool is_text(const char *at, size_t len)
{
    return memchr(at, '\0', len) == NULL && utf8_valid(at, len);
}

/* ---- lines of any kind ---- */

/* Behind the line break at `at`. */
static const char *after_break(const char *at, const char *stop)
{
    return at + (*at == '\r' && at + 1 < stop && at[1] == '\n' ? 2 : 1);
}

static bool put_unusual(mime_piece_fn *put_piece, const struct buf *text, struct buf *out)
{
    const char *at = buf_text(text), *stop = at + text->len;
    if (!is_text(at, text->len))
        return false;
    while (at < stop) {
        const char *end = at + strcspn(at, "\r\n"); /* a NUL stands behind every buffer */
        put_piece(out, at, end);
        at = end < stop ? after_break(end, stop) : stop;
    }
    return true;
}

/* ---- remembering ---- */

static void add_mark(struct known *k, size_t text)
{
    if (k->pieces == k->cap) {
        k->cap = k->cap == 0 ? 128 : 2 * k->cap;
        k->marks = xreallocarray(k->marks, k->cap, sizeof(*k->marks));
    }
    k->marks[k->pieces++] = (struct mark){.text = text, .encoded = k->encoded.len};
}

/* A rest that is shorter than a piece could go on in another text: it is never known. */
static void remember(struct known *k, const struct buf *text)
{
    const char *at = text->data, *stop = at + text->len, *next;
    buf_reset(&k->text);
    buf_put(&k->text, text->data, text->len);
    buf_reset(&k->encoded);
    k->pieces = 0;
    for (; at < stop && (size_t)(stop - at) >= k->piece_len; at = next) {
        const char *end = piece_end(k->piece_len, at, stop, &next);
        add_mark(k, (size_t)(at - text->data));
        k->put_piece(&k->encoded, at, end);
    }
    add_mark(k, (size_t)(at - text->data));
    k->pieces--; /* the end is no piece */
    k->strangers = 0;
}

/* ---- recognising ---- */

/* The C library compares whole blocks faster than anything written here; where a block differs, it
 * does not tell. */
static size_t common_length(const char *a, const char *b, size_t max)
{
    size_t same = 0;
    uint64_t left, right;
    while (max - same >= BLOCK && memcmp(a + same, b + same, BLOCK) == 0)
        same += BLOCK;
    for (; max - same >= sizeof(left); same += sizeof(left)) {
        memcpy(&left, a + same, sizeof(left));
        memcpy(&right, b + same, sizeof(right));
        if (left != right)
            break;
    }
    while (same < max && a[same] == b[same])
        same++;
    return same;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The piece behind the known ones from `piece` on that stand at `at`, all of them whole. */
static size_t pass_known(const struct known *k, size_t piece, const char *at, size_t left)
{
    size_t from = k->marks[piece].text;
    size_t end = from + common_length(at, k->text.data + from, least(left, k->text.len - from));
    while (piece < k->pieces && k->marks[piece + 1].text <= end)
        piece++;
    return piece;
}

/* Behind a piece that is none of the known: one was changed (mostly), came or went. */
static size_t guess_piece(const struct known *k, size_t piece, const char *at, size_t left)
{
    static const size_t ahead[] = {1, 0, 2, 3};
    for (size_t i = 0; i < COUNT_OF(ahead); i++) {
        size_t guess = piece + ahead[i];
        if (guess >= k->pieces)
            continue;
        size_t glance = least(least(left, GLANCE), k->text.len - k->marks[guess].text);
        if (memcmp(at, k->text.data + k->marks[guess].text, glance) == 0)
            return guess;
    }
    return least(piece + 1, k->pieces);
}

/* Appends all pieces; *out_new is how many bytes of the text had to be encoded. */
static bool put_by(const struct known *k, const struct buf *text, struct buf *out, size_t *out_new)
{
    const char *at = text->data, *stop = at + text->len, *next;
    size_t piece = 0;
    *out_new = 0;
    while (at < stop) {
        size_t known = pass_known(k, piece, at, (size_t)(stop - at));
        if (known > piece) {
            const struct mark *from = &k->marks[piece], *to = &k->marks[known];
            buf_put(out, k->encoded.data + from->encoded, to->encoded - from->encoded);
            at += to->text - from->text;
            piece = known;
            continue;
        }
        const char *end = piece_end(k->piece_len, at, stop, &next);
        if (k->piece_len == 0 && !is_text(at, (size_t)(end - at)))
            return false;
        k->put_piece(out, at, end);
        *out_new += (size_t)(next - at);
        at = next;
        piece = guess_piece(k, piece, at, (size_t)(stop - at));
    }
    return true;
}

/* ---- kinds ---- */

static bool is_of(const struct known *k, const struct mime_kind *kind)
{
    return k->put_piece == kind->put_piece && k->piece_len == kind->piece_len &&
           strcmp(k->type, kind->type) == 0 && strcmp(k->language, kind->language) == 0;
}

static void begin(struct known *k, const struct mime_kind *kind)
{
    snprintf(k->type, sizeof(k->type), "%s", kind->type);
    snprintf(k->language, sizeof(k->language), "%s", kind->language);
    k->put_piece = kind->put_piece;
    k->piece_len = kind->piece_len;
    k->strangers = k->patience = 0;
    buf_reset(&k->text);
    buf_reset(&k->encoded);
    k->pieces = 0;
    add_mark(k, 0);
    k->pieces = 0;
}

/* The one of this kind, begun in the place of the one not asked for the longest. */
static struct known *find(const struct mime_kind *kind)
{
    static struct known kept[KINDS_KEPT];
    static uint64_t questions;
    struct known *oldest = &kept[0], *found = NULL;
    for (size_t i = 0; i < KINDS_KEPT && found == NULL; i++) {
        if (is_of(&kept[i], kind))
            found = &kept[i];
        else if (kept[i].used < oldest->used)
            oldest = &kept[i];
    }
    if (found == NULL) {
        found = oldest;
        begin(found, kind);
    }
    found->used = ++questions;
    return found;
}

/* Where every text is another one, remembering is lost work: it is tried less and less. */
static void judge(struct known *k, const struct buf *text, size_t new_bytes)
{
    if (new_bytes < text->len / 2) {
        k->strangers = 0;
        k->patience = 1;
    } else if (++k->strangers > k->patience && text->len <= KEPT_MAX) {
        remember(k, text);
        k->patience = k->patience < PATIENCE_MAX ? 2 * k->patience + 1 : PATIENCE_MAX;
    }
}

bool mime_put_pieces(const struct mime_kind *kind, const struct buf *text, struct buf *out)
{
    size_t new_bytes;
    if (!is_usual(kind, text))
        return put_unusual(kind->put_piece, text, out);
    struct known *k = find(kind);
    bool good = put_by(k, text, out, &new_bytes);
    if (good)
        judge(k, text, new_bytes);
    return good;
}
