#include "operator/show_reference.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "cli/output.h"
#include "model/json.h"

#define FOUND_MOST 20 /* a number that many have is nobody's */

struct found {
    char *ids[FOUND_MOST];
    size_t count;
    struct buf guesses; /* "7K2M9-QX4TD (recall-2026_c17)" */
};

static void take_row(void *context, const struct json_t *row)
{
    struct found *found = context;
    const char *id = json_get_text(row, "id", "");
    if (json_get_bool(row, "guess", false))
        buf_printf(&found->guesses, "%s%s (%s)", found->guesses.len > 0 ? ", " : "",
                   json_get_text(row, "reference", ""), id);
    else if (found->count < FOUND_MOST)
        found->ids[found->count++] = xstrdup(id);
}

/* A piece of the search; *out_position is where the next one goes on, empty at the end. */
static int ask_piece(struct session *s, const char *reference, struct buf *inout_position,
                     struct found *found, struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    request_begin(&request, "reference");
    request_put_text(&request, "reference", reference);
    if (inout_position->len > 0)
        buf_printf(&request, ",\"position\":%s", inout_position->data);
    buf_putc(&request, '}');
    int rc = session_ask(s, request.data, &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, take_row, found);
    buf_reset(inout_position);
    if (json_get_bool(end, "more", false))
        json_put(inout_position, json_get(end, "position"));
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

static int find(struct session *s, const char *reference, struct found *found, struct error *err)
{
    struct buf position = {0};
    int rc;
    do {
        rc = ask_piece(s, reference, &position, found, err);
    } while (rc == 0 && position.len > 0 && found->count < FOUND_MOST);
    buf_free(&position);
    return rc;
}

static int refuse(const struct found *found, const char *reference, struct error *err)
{
    if (found->guesses.len > 0)
        return error_set(err, ERR_NOT_FOUND,
                         "nobody has the number %s; it may have been %s: ask for it once more",
                         reference, found->guesses.data);
    return error_set(err, ERR_NOT_FOUND,
                     "nobody has the number %s; ask for it once more, letter by letter", reference);
}

int show_reference(const struct invocation *inv, struct session *s, const char *reference,
                   show_fn *show, struct error *err)
{
    struct found found = {0};
    int status = 0;
    int rc = find(s, reference, &found, err);
    if (rc == 0 && found.count == 0)
        rc = refuse(&found, reference, err);
    for (size_t i = 0; rc >= 0 && i < found.count; i++) {
        rc = show(inv, s, found.ids[i], err);
        status = rc > status ? rc : status;
    }
    for (size_t i = 0; i < found.count; i++)
        free(found.ids[i]);
    buf_free(&found.guesses);
    return rc < 0 ? rc : status;
}
