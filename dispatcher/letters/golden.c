#include "letters/golden.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "letters/preview_json.h"

#define SHOWN_BEFORE 20 /* characters of a line in front of the difference ... */
#define SHOWN_MAX    60 /* ... and of all that is shown of it */

/* ---- what stands in a file ---- */

static void put_part(struct buf *out, const char *name, const struct buf *text)
{
    if (text->len == 0)
        return;
    buf_printf(out, "=== %s\n", name);
    buf_put(out, buf_text(text), text->len);
    if (text->data[text->len - 1] != '\n')
        buf_putc(out, '\n');
}

void golden_put(struct buf *out, const struct proof *proof)
{
    const struct message *m = &proof->message;
    struct buf webhook = {0};
    preview_put_json(&webhook, buf_text(&m->webhook), m->webhook.len);
    const struct {
        const char *name;
        const struct buf *text;
    } parts[] = {{"subject", &m->subject}, {"preheader", &m->preheader}, {"text", &m->text},
                 {"sms", &m->sms},         {"title", &m->title},         {"webhook", &webhook}};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        put_part(out, parts[i].name, parts[i].text);
    buf_free(&webhook);
}

/* ---- the first difference ---- */

static size_t first_difference(const struct buf *a, const struct buf *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len, at = 0;
    while (at < shorter && a->data[at] == b->data[at])
        at++;
    /* Not within a character. */
    while (at > 0 && at < a->len && ((unsigned char)a->data[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static size_t line_start(const struct buf *b, size_t at)
{
    while (at > 0 && b->data[at - 1] != '\n')
        at--;
    return at;
}

static int count_characters(const char *text, size_t len)
{
    int count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    return count;
}

/* The line at `at`, from a little before it; NULL: the text ends there. */
static char *shorten(const struct buf *b, size_t at)
{
    struct buf out = {0};
    if (at >= b->len)
        return NULL;
    size_t start = line_start(b, at);
    const char *newline = memchr(b->data + at, '\n', b->len - at);
    const char *from = b->data + start, *end = newline != NULL ? newline : b->data + b->len;
    const char *to = from;
    bool cut = false;
    for (int skip = count_characters(from, at - start) - SHOWN_BEFORE; skip > 0; skip--) {
        utf8_next(&from, end);
        cut = true;
    }
    to = from;
    for (int i = 0; i < SHOWN_MAX && to < end; i++)
        utf8_next(&to, end);
    buf_puts(&out, cut ? "..." : "");
    text_put_visible(&out, from, (size_t)(to - from));
    buf_puts(&out, to < end ? "..." : "");
    return buf_steal(&out);
}

bool golden_compare(const struct buf *file, const struct buf *now, struct golden_difference *out)
{
    if (file->len == now->len && memcmp(buf_text(file), buf_text(now), file->len) == 0)
        return false;
    size_t at = first_difference(file, now), start = line_start(file, at);
    *out = (struct golden_difference){.line = 1};
    for (size_t i = 0; i < start; i++)
        out->line += file->data[i] == '\n' ? 1 : 0;
    out->column = 1 + count_characters(buf_text(file) + start, at - start);
    out->file_says = shorten(file, at);
    out->says_now = shorten(now, at);
    return true;
}

void golden_difference_free(struct golden_difference *d)
{
    free(d->file_says);
    free(d->says_now);
    *d = (struct golden_difference){0};
}
