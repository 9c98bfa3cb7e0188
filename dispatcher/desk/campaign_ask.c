#include "desk/campaign_ask.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "model/json.h"

bool campaign_is_file(const char *what)
{
    struct stat st;
    return stat(what, &st) == 0 && !S_ISDIR(st.st_mode);
}

void campaign_begin_request(struct buf *out, const char *verb, const char *campaign,
                            const struct manifest *m)
{
    request_begin(out, verb);
    request_put_text(out, "campaign", campaign);
    buf_puts(out, ",\"manifest\":");
    manifest_put(m, out);
}

void campaign_put_file(struct buf *out, const char *path)
{
    char *full = realpath(path, NULL);
    request_put_text(out, "file", full != NULL ? full : path);
    free(full);
}

void campaign_put_roles(struct buf *out, const struct campaign *c)
{
    buf_puts(out, ",\"roles\":[");
    for (size_t i = 0; i < c->approval_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, c->approvals[i]);
    }
    buf_putc(out, ']');
}

int campaign_ask_approvals(struct session *s, const struct campaign *c, const struct manifest *m,
                           struct json_t **out, struct error *err)
{
    struct buf request = {0};
    campaign_begin_request(&request, "approvals", c->id, m);
    campaign_put_roles(&request, c);
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), NULL, out, err);
    buf_free(&request);
    return rc;
}

int campaign_ask_row(struct session *s, const char *campaign, struct json_t **out,
                     struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "campaign");
    request_put_text(&request, "campaign", campaign);
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), NULL, out, err);
    buf_free(&request);
    return rc;
}
