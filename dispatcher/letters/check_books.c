#include "letters/check_books.h"

#include "cli/session.h"
#include "model/json.h"

bool check_books_has_left(const struct invocation *inv, const char *campaign)
{
    struct session s = {0};
    struct buf request = {0};
    struct json_t *row = NULL;
    struct error ignored;
    request_begin(&request, "campaign");
    request_put_text(&request, "campaign", campaign);
    buf_putc(&request, '}');
    bool left = session_open_beside(inv, &s, &ignored) == 0 &&
                session_ask(&s, buf_text(&request), NULL, &row, &ignored) == 0 &&
                json_get_text(row, "started_at", NULL) != NULL;
    json_free(row);
    buf_free(&request);
    session_close(&s);
    return left;
}
