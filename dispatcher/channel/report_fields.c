#include "channel/report_fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)((at - digits) & 15) : -1;
}

static char *decode(const char *text, size_t len)
{
    struct buf out = {0};
    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && len - i > 2 ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            buf_putc(&out, (char)(high << 4 | low));
            i += 2;
        } else {
            buf_putc(&out, (char)(text[i] == '+' ? ' ' : text[i]));
        }
    }
    bool whole = memchr(buf_text(&out), '\0', out.len) == NULL;
    char *decoded = buf_steal(&out);
    if (whole)
        return decoded;
    free(decoded);
    return NULL;
}

static void append(struct report_fields *f, char *name, char *value)
{
    f->items = xreallocarray(f->items, f->count + 1, sizeof(*f->items));
    f->items[f->count++] = (struct report_field){name, value};
}

static int read_pair(struct report_fields *f, const char *pair, size_t len, struct error *err)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - pair) : len;
    size_t rest = equals != NULL ? len - name_len - 1 : 0;
    if (f->count == REPORT_FIELDS_MAX)
        return error_set(err, ERR_INPUT, "it has more than %d fields", REPORT_FIELDS_MAX);
    append(f, decode(pair, name_len), decode(pair + len - rest, rest));
    const struct report_field *added = &f->items[f->count - 1];
    if (added->name == NULL || added->value == NULL)
        return error_set(err, ERR_INPUT, "a field holds a NUL");
    return 0;
}

int report_fields_read(struct report_fields *f, const char *text, size_t len, struct error *err)
{
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < len;) {
        const char *end = memchr(text + at, '&', len - at);
        size_t size = end != NULL ? (size_t)(end - text) - at : len - at;
        if (size > 0)
            rc = read_pair(f, text + at, size, err);
        at += size + 1;
    }
    return rc;
}

bool report_fields_add(struct report_fields *f, const char *name, const char *value)
{
    if (f->count == REPORT_FIELDS_MAX)
        return false;
    append(f, xstrdup(name), xstrdup(value));
    return true;
}

const char *report_fields_find(const struct report_fields *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->items[i].name, name) == 0)
            return f->items[i].value;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const struct report_field *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name != 0 ? by_name : strcmp(x->value, y->value);
}

void report_fields_sort(struct report_fields *f)
{
    if (f->count > 0)
        qsort(f->items, f->count, sizeof(*f->items), compare);
}

void report_fields_free(struct report_fields *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].name);
        free(f->items[i].value);
    }
    free(f->items);
    *f = (struct report_fields){0};
}
