#include "campaign/audience.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/csv.h"

struct audience {
    struct csv *csv;
    size_t identity[IDENTITIES]; /* the column, AUDIENCE_NO_COLUMN if there is none */
    size_t locale;
    char **headers; /* squashed */
    char **names;   /* as they stand there */
    size_t header_count;
    const struct csv_record *record; /* read last */
    struct buf who, language;
};

static const char *const identities[IDENTITIES] = {"recipient_id", "id", "email", "phone"};

const char *identity_name(enum identity by)
{
    return identities[by];
}

bool audience_has(const struct audience *a, enum identity by)
{
    return a->identity[by] != AUDIENCE_NO_COLUMN;
}

/* Like the import of addresses: neither case nor blanks, - and _ count in a header. */
static void put_squashed(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" _-\t", text[i]) == NULL)
            buf_putc(out, (char)tolower((unsigned char)text[i]));
}

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

static void keep_headers(struct audience *a, const struct csv_record *header)
{
    a->headers = xcalloc(header->count, sizeof(*a->headers));
    a->names = xcalloc(header->count, sizeof(*a->names));
    for (; a->header_count < header->count; a->header_count++) {
        const struct csv_field *f = &header->fields[a->header_count];
        struct buf key = {0}, name = {0};
        put_squashed(&key, f->text, f->len);
        put_trimmed(&name, f->text, f->len);
        a->headers[a->header_count] = buf_steal(&key);
        a->names[a->header_count] = buf_steal(&name);
    }
}

size_t audience_column(const struct audience *a, const char *name)
{
    struct buf wanted = {0};
    size_t i = 0;
    put_squashed(&wanted, name, strlen(name));
    while (i < a->header_count && strcmp(a->headers[i], buf_text(&wanted)) != 0)
        i++;
    buf_free(&wanted);
    return i < a->header_count ? i : AUDIENCE_NO_COLUMN;
}

size_t audience_column_count(const struct audience *a)
{
    return a->header_count;
}

const char *audience_column_name(const struct audience *a, size_t column)
{
    return a->names[column];
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
    if (rc == 0 && header != NULL && header->fault.of_file)
        rc = error_set(err, ERR_INPUT, "%s: %s; %s", path, header->fault.problem,
                       header->fault.mend);
    if (rc != 0 || header == NULL) {
        audience_close(a);
        return rc;
    }
    keep_headers(a, header);
    for (size_t i = 0; i < IDENTITIES; i++)
        a->identity[i] = audience_column(a, identities[i]);
    a->locale = audience_column(a, "locale");
    *out = a;
    return 0;
}

void audience_close(struct audience *a)
{
    if (a == NULL)
        return;
    if (a->csv != NULL)
        csv_close(a->csv);
    for (size_t i = 0; i < a->header_count; i++) {
        free(a->headers[i]);
        free(a->names[i]);
    }
    free(a->headers);
    free(a->names);
    buf_free(&a->who);
    buf_free(&a->language);
    free(a);
}

/* ---- cells ---- */

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
    a->record = r;
    buf_reset(&a->who);
    buf_reset(&a->language);
    if (a->identity[by] < r->count)
        spellings[by](&a->who, r->fields[a->identity[by]].text, r->fields[a->identity[by]].len);
    if (a->locale < r->count)
        put_trimmed(&a->language, r->fields[a->locale].text, r->fields[a->locale].len);
    *out = (struct audience_person){
        .line = r->line,
        .problem = r->fault.problem,
        .mend = r->fault.mend,
        .of_file = r->fault.of_file,
        .who = buf_text(&a->who),
        .locale = buf_text(&a->language),
    };
    return 0;
}

void audience_put_cell(const struct audience *a, size_t column, struct buf *out)
{
    if (column < a->record->count)
        put_trimmed(out, a->record->fields[column].text, a->record->fields[column].len);
}
