#include "operator/show_address.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/output.h"
#include "cli/say.h"
#include "model/json.h"

#define FOUND_MOST 20

struct found {
    char *ids[FOUND_MOST];
    size_t count;
    bool others;
};

/* The mail and the SMS of one notice are told together. */
static void take_row(void *context, const struct json_t *row)
{
    struct found *f = context;
    const char *id = json_get_text(row, "id", "");
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->ids[i], id) == 0)
            return;
    }
    f->others = f->count == FOUND_MOST;
    if (!f->others)
        f->ids[f->count++] = xstrdup(id);
}

/* *inout_position is where the next piece begins, -1 at the end. */
static int ask_piece(struct session *s, const char *address, int64_t *inout_position,
                     struct found *found, struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    request_begin(&request, "address");
    request_put_text(&request, "address", address);
    buf_printf(&request, ",\"position\":%lld}", (long long)*inout_position);
    int rc = session_ask(s, buf_text(&request), &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, take_row, found);
    *inout_position = json_get_bool(end, "more", false) ? json_get_int(end, "position", 0) : -1;
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

/* +49 151-1000 0001 as the ledger has it. */
static void put_plain(const char *address, struct buf *out)
{
    bool number = strchr(address, '@') == NULL;
    for (const char *at = address; *at != '\0'; at++) {
        if (!number || strchr(" -/()", *at) == NULL)
            buf_putc(out, *at);
    }
}

int show_address(const struct invocation *inv, struct session *s, const char *address,
                 show_fn *show, struct error *err)
{
    struct found found = {0};
    struct buf plain = {0};
    int64_t position = 0;
    int rc = 0, status = 0;
    put_plain(address, &plain);
    while (rc == 0 && position >= 0 && !found.others)
        rc = ask_piece(s, buf_text(&plain), &position, &found, err);
    if (rc == 0 && found.count == 0)
        rc = error_set(err, ERR_NOT_FOUND,
                       "no notice went to %s; a number is written as +4915112345678", address);
    for (size_t i = 0; rc >= 0 && i < found.count; i++) {
        rc = show(inv, s, found.ids[i], err);
        status = rc > status ? rc : status;
    }
    if (rc >= 0 && found.others)
        say(inv, stderr, "There are more; these are the first %d.\n", FOUND_MOST);
    for (size_t i = 0; i < found.count; i++)
        free(found.ids[i]);
    buf_free(&plain);
    return rc < 0 ? rc : status;
}
