#include "engine/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"

#define PIECE ((size_t)256 * 1024)

void lines_begin(struct lines *l, int fd, const char *shown, size_t longest, int64_t offset)
{
    *l = (struct lines){.fd = fd, .shown = shown, .longest = longest, .offset = offset};
    l->cap = longest + PIECE;
    l->data = xmalloc(l->cap);
}

void lines_end(struct lines *l)
{
    free(l->data);
    l->data = NULL;
}

/* Reads behind what is there, moving it to the front first. 0 or ERR_IO. */
static int fill(struct lines *l, struct error *err)
{
    size_t have = l->to - l->from;
    memmove(l->data, l->data + l->from, have);
    l->from = 0;
    l->to = have;
    ssize_t got;
    do {
        got = pread(l->fd, l->data + have, PIECE, (off_t)(l->offset + (int64_t)have));
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_errno(err, ERR_IO, "cannot read %s", l->shown);
    if (l->sum != NULL)
        digest_put(l->sum, l->data + have, (size_t)got);
    l->to += (size_t)got;
    l->at_end = got == 0;
    return 0;
}

/* The text of a line longer than allowed is dropped piece by piece; only its length is told. */
static int skip_long_line(struct lines *l, struct line *out, struct error *err)
{
    const char *end = NULL;
    *out = (struct line){.offset = l->offset};
    for (;;) {
        size_t have = l->to - l->from;
        end = memchr(l->data + l->from, '\n', have);
        size_t len = end != NULL ? (size_t)(end - (l->data + l->from)) : have;
        out->len += len;
        l->from += len + (end != NULL ? 1 : 0);
        l->offset += (int64_t)len + (end != NULL ? 1 : 0);
        if (end != NULL || l->at_end)
            return 1;
        int rc = fill(l, err);
        if (rc != 0)
            return rc;
    }
}

int lines_next(struct lines *l, struct line *out, struct error *err)
{
    size_t searched = 0;
    for (;;) {
        char *from = l->data + l->from;
        size_t have = l->to - l->from;
        char *end = memchr(from + searched, '\n', have - searched);
        size_t len = end != NULL ? (size_t)(end - from) : have;
        if (len > l->longest)
            return skip_long_line(l, out, err);
        if (end != NULL || (l->at_end && have > 0)) {
            *out = (struct line){.text = from, .len = len, .offset = l->offset};
            l->from += len + (end != NULL ? 1 : 0);
            l->offset += (int64_t)len + (end != NULL ? 1 : 0);
            return 1;
        }
        if (l->at_end)
            return 0;
        searched = have;
        int rc = fill(l, err);
        if (rc != 0)
            return rc;
    }
}
