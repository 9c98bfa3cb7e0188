#include "model/disposition.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static const char *const names[OUTCOMES] = {
    [OUTCOME_DELIVERED] = "delivered", [OUTCOME_NOT_TRIED] = "not_tried",
    [OUTCOME_THROTTLE] = "throttle",   [OUTCOME_TRANSIENT] = "transient",
    [OUTCOME_PERMANENT] = "permanent", [OUTCOME_CONFIG] = "config",
    [OUTCOME_SUPPRESS] = "suppress",   [OUTCOME_UNCERTAIN] = "uncertain",
};

const char *outcome_name(enum outcome outcome)
{
    return names[outcome];
}

/* Copies as much as fits without cutting a UTF-8 sequence in two. */
static void copy_whole_characters(char *out, size_t size, const char *text, size_t len)
{
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(out, text, len);
    out[len] = '\0';
}

void disposition_set(struct disposition *d, enum outcome outcome, int code, const char *cause,
                     const char *reply, unsigned long reply_len)
{
    *d = (struct disposition){.outcome = outcome, .code = code};
    copy_whole_characters(d->cause, sizeof(d->cause), cause, strlen(cause));
    disposition_set_reply(d, reply, reply_len);
}

void disposition_set_reply(struct disposition *d, const char *reply, unsigned long reply_len)
{
    struct buf visible = {0};
    text_put_visible(&visible, reply, reply_len < 4096 ? reply_len : 4096);
    copy_whole_characters(d->reply, sizeof(d->reply), buf_text(&visible), visible.len);
    buf_free(&visible);
}
