#include "campaign/audience.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/csv.h"

#define ABSENT SIZE_MAX

struct audience {
    struct csv *csv;
    size_t identity[IDENTITIES]; /* the column, ABSENT if there is none */
    size_t locale;
    struct buf who, language;
};

static const char *const identities[IDENTITIES] = {"recipient_id", "id", "email", "phone"};

const char *identity_name(enum identity by)
{
    return identities[by];
}

bool audience_has(const struct audience *a, enum identity by)
{
    return a->identity[by] != ABSENT;
}

/* Like the import of addresses: neither case nor blanks, - and _ count in a header. */
static void put_squashed(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" _-\t", text[i]) == NULL)
            buf_putc(out, (char)tolower((unsigned char)text[i]));
}

static bool same_header(const struct csv_field *field, const char *name)
{
    struct buf a = {0}, b = {0};
    put_squashed(&a, field->text, field->len);
    put_squashed(&b, name, strlen(name));
    bool same = strcmp(buf_text(&a), buf_text(&b)) == 0;
    buf_free(&a);
    buf_free(&b);
    return same;
}

static size_t find_column(const struct csv_record *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++)
        if (same_header(&header->fields[i], name))
            return i;
    return ABSENT;
}

int audience_open(const char *path, struct audience **out, struct error *err)
{
    struct audience *a = xcalloc(1, sizeof(*a));
    const struct csv_record *header = NULL;
    *out = NULL;
    int rc = csv_open(path, &a->csv, err);
    if (rc == 0)
        rc = csv_next(a->csv, &header, err);
    if (rc == 0 && header == NULL)
        rc = error_set(err, ERR_INPUT, "%s is empty: its first line must name the columns", path);
    if (rc != 0) {
        audience_close(a);
        return rc;
    }
    for (size_t i = 0; i < IDENTITIES; i++)
        a->identity[i] = find_column(header, identities[i]);
    a->locale = find_column(header, "locale");
    *out = a;
    return 0;
}

void audience_close(struct audience *a)
{
    if (a == NULL)
        return;
    if (a->csv != NULL)
        csv_close(a->csv);
    buf_free(&a->who);
    buf_free(&a->language);
    free(a);
}

/* ---- cells ---- */

static void put_trimmed(struct buf *out, const char *text, size_t len)
{
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    while (len > 0 && isspace((unsigned char)*text)) {
        text++;
        len--;
    }
    buf_put(out, text, len);
}

/* KIM@example.org and kim@example.org are one mailbox everywhere. */
static void put_lower(struct buf *out, const char *text, size_t len)
{
    size_t start = out->len;
    put_trimmed(out, text, len);
    for (size_t i = start; i < out->len; i++)
        out->data[i] = (char)tolower((unsigned char)out->data[i]);
}

static void put_digits(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (isdigit((unsigned char)text[i]))
            buf_putc(out, text[i]);
}

static void (*const spellings[IDENTITIES])(struct buf *out, const char *text, size_t len) = {
    [IDENTITY_RECIPIENT] = put_trimmed,
    [IDENTITY_ID] = put_trimmed,
    [IDENTITY_EMAIL] = put_lower,
    [IDENTITY_PHONE] = put_digits,
};

int audience_next(struct audience *a, enum identity by, struct audience_person *out, bool *out_more,
                  struct error *err)
{
    const struct csv_record *r;
    int rc = csv_next(a->csv, &r, err);
    *out_more = rc == 0 && r != NULL;
    if (!*out_more)
        return rc;
    buf_reset(&a->who);
    buf_reset(&a->language);
    if (a->identity[by] < r->count)
        spellings[by](&a->who, r->fields[a->identity[by]].text, r->fields[a->identity[by]].len);
    if (a->locale < r->count)
        put_trimmed(&a->language, r->fields[a->locale].text, r->fields[a->locale].len);
    *out = (struct audience_person){
        .line = r->line,
        .problem = r->fault.problem,
        .who = buf_text(&a->who),
        .locale = buf_text(&a->language),
    };
    return 0;
}
