#include "operator/suppress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/say.h"
#include "config/quantity.h"
#include "engine/requests.h"
#include "model/address.h"
#include "model/json.h"
#include "model/suppression.h"

#define PAGE       1000
#define ASK_ABOVE  100
#define BYTES_STEP ((size_t)(REQUEST_MAX / 2))

/* ---- addresses ---- */

static bool looks_like_number(const char *address)
{
    return address[strspn(address, "+0123456789 ()/.-")] == '\0';
}

int suppress_find_channel(const struct invocation *inv, const char *address, enum channel_kind *out,
                          struct error *err)
{
    const char *name = option_value(inv, "channel");
    if (name != NULL && !channel_kind_parse(name, out))
        return error_set(err, ERR_USAGE, "--channel must be email or sms, not \"%s\"", name);
    if (name == NULL && strchr(address, '@') == NULL && !looks_like_number(address))
        return error_set(err, ERR_INPUT,
                         "\"%.100s\" is neither a mail address, for it has no @, nor a number such "
                         "as +4915112345678",
                         address);
    if (name == NULL)
        *out = strchr(address, '@') != NULL ? CHANNEL_EMAIL : CHANNEL_SMS;
    return suppression_check_address(*out, address, err);
}

int suppress_read_end(const struct invocation *inv, int64_t now_ms, int64_t *out_ms,
                      struct error *err)
{
    const char *text = option_value(inv, "for");
    int64_t span_ms = 0;
    *out_ms = 0;
    if (text == NULL)
        return 0;
    if (!quantity_parse_duration(text, &span_ms) || span_ms <= 0)
        return error_set(err, ERR_USAGE,
                         "--for wants a number and a unit, such as 90d or 12h, not \"%s\"", text);
    *out_ms = now_ms + span_ms;
    return 0;
}

/* ---- changing ---- */

int suppress_confirm(const struct invocation *inv, size_t count, bool removes, struct error *err)
{
    struct buf question = {0};
    if (count <= ASK_ABOVE)
        return 0;
    if (removes)
        say_put(inv, &question, "%zu addresses will be written to again. Continue?", count);
    else
        say_put(inv, &question, "%zu addresses will not be written to any more. Continue?", count);
    int rc = confirm_yes(inv, buf_text(&question), err);
    buf_free(&question);
    return rc;
}

static int send_step(struct suppress_sender *s, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, "suppress");
    request_put_text(&request, "reason", s->reason);
    buf_printf(&request, ",\"entries\":[%s]}", buf_text(&s->entries));
    int rc = session_ask(s->session, buf_text(&request), NULL, &end, err);
    s->sent += json_get_int(end, "count", 0);
    s->added += json_get_int(end, "new", 0);
    s->waiting = 0;
    buf_reset(&s->entries);
    json_free(end);
    buf_free(&request);
    return rc;
}

int suppress_send(struct suppress_sender *s, const struct suppression *entry, struct error *err)
{
    buf_printf(&s->entries, "%s{\"channel\":\"%s\"", s->waiting++ > 0 ? "," : "",
               channel_kind_name(entry->channel));
    request_put_text(&s->entries, "address", entry->address);
    request_put_text(&s->entries, "cause", entry->cause);
    request_put_text(&s->entries, "reason", entry->reason);
    request_put_text(&s->entries, "source", entry->source);
    if (entry->since_ms > 0)
        buf_printf(&s->entries, ",\"since_ms\":%" PRId64, entry->since_ms);
    buf_printf(&s->entries, ",\"imported\":%s,\"expires_at_ms\":%" PRId64 "}",
               entry->imported ? "true" : "false", entry->expires_ms);
    return s->entries.len >= BYTES_STEP ? send_step(s, err) : 0;
}

int suppress_send_rest(struct suppress_sender *s, struct error *err)
{
    int rc = s->waiting > 0 ? send_step(s, err) : 0;
    buf_free(&s->entries);
    return rc;
}

/* ---- looking ---- */

struct walk {
    suppress_row_fn *fn;
    void *context;
};

static void tell_row(void *context, const struct json_t *row)
{
    const struct walk *w = context;
    w->fn(w->context, row);
}

static int ask_page(struct session *s, const struct json_t *before, struct buf *rows,
                    struct json_t **out, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "suppressions");
    buf_printf(&request, ",\"limit\":%d", PAGE);
    request_put_text(&request, "after_channel", json_get_text(before, "after_channel", NULL));
    request_put_text(&request, "after", json_get_text(before, "after", NULL));
    buf_puts(&request, "}");
    int rc = session_ask(s, buf_text(&request), rows, out, err);
    buf_free(&request);
    return rc;
}

int suppress_walk(struct session *s, suppress_row_fn *fn, void *context, struct error *err)
{
    struct walk w = {fn, context};
    struct json_t *before = NULL;
    bool more = true;
    int rc = 0;
    while (rc == 0 && more) {
        struct buf rows = {0};
        struct json_t *end = NULL;
        rc = ask_page(s, before, &rows, &end, err);
        if (rc == 0)
            output_each_line(&rows, tell_row, &w);
        more = json_get_bool(end, "more", false);
        json_free(before);
        before = end;
        buf_free(&rows);
    }
    json_free(before);
    return rc;
}
