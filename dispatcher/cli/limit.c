#include "cli/limit.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/say.h"

#define SHOWN     100
#define LIMIT_MAX 1000000000

int limit_read(const struct invocation *inv, int64_t *out, struct error *err)
{
    return option_int(inv, "limit", 1, LIMIT_MAX, invocation_json(inv) ? LIMIT_MAX : SHOWN, out,
                      err);
}

int64_t limit_newest(struct buf *rows, int64_t limit)
{
    int64_t lines = 0, gone = 0;
    size_t start = 0;
    for (size_t i = 0; i < rows->len; i++)
        lines += rows->data[i] == '\n';
    for (; lines - gone > limit; gone++)
        start = (size_t)(strchr(rows->data + start, '\n') - rows->data) + 1;
    if (gone > 0) {
        memmove(rows->data, rows->data + start, rows->len - start);
        buf_truncate(rows, rows->len - start);
    }
    return gone;
}

void limit_tell_older(const struct invocation *inv, int64_t left_out)
{
    if (left_out == 1)
        say(inv, stderr, "1 older row is not shown; see --limit.\n");
    else if (left_out > 1)
        say(inv, stderr, "%lld older rows are not shown; see --limit.\n", (long long)left_out);
}

void limit_tell_more(const struct invocation *inv, int64_t left_out)
{
    if (left_out == 1)
        say(inv, stderr, "1 more row is not shown; see --limit.\n");
    else if (left_out > 1)
        say(inv, stderr, "%lld more rows are not shown; see --limit.\n", (long long)left_out);
}
