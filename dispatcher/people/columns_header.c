#include "people/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "people/column_words.h"
#include "people/columns_parts.h"
#include "people/known_columns.h"

/* ---- the header ---- */

struct mapping {
    const struct csv_record *header;
    const struct batch *batch; /* NULL: it is no batch */
    const struct known_columns *known;
    const struct columns_wanted *words;
    struct findings *findings;
    struct columns *columns;
    bool good, unknown; /* `unknown`: some column is */
};

static void blame(struct mapping *m, const char *column, const char *problem, const char *mend)
{
    m->good = false;
    findings_add(m->findings,
                 &(struct finding){
                     .row = m->header->row, .column = column, .problem = problem, .mend = mend});
}

/* Is there a column of this name, wherever it stands? */
static bool has_header(const struct mapping *m, const char *name)
{
    struct buf wanted = {0}, key = {0};
    bool found = false;
    known_columns_squash(&wanted, name);
    for (size_t i = 0; !found && i < m->columns->count; i++) {
        buf_reset(&key);
        known_columns_squash(&key, m->columns->items[i].name);
        found = strcmp(buf_text(&key), buf_text(&wanted)) == 0;
    }
    buf_free(&wanted);
    buf_free(&key);
    return found;
}

/* What the word of another language means here. Beside a first name, German exports call the family
 * name plainly "Name". */
static void put_meaning(const struct mapping *m, const struct column_word *word, struct buf *mend)
{
    if (has_header(m, word->member)) {
        buf_printf(mend, "it likely means %s, which is there already: keep one of the two",
                   word->member);
        return;
    }
    buf_printf(mend, "rename it to %s%s", word->member, word->also != NULL ? word->also : "");
    if (strcmp(word->member, "given_name") == 0 && has_header(m, "name") &&
        !has_header(m, "family_name"))
        buf_puts(mend, "; if Name holds the family name alone, rename that to family_name");
}

/* What somebody else calls it, if there is such a thing here. */
static const struct column_word *find_word(const struct mapping *m, const char *name)
{
    const struct column_word *word = words_find_column(name);
    struct buf key = {0};
    if (word != NULL)
        known_columns_squash(&key, word->member);
    bool known = word != NULL && known_columns_find(m->known, buf_text(&key)) >= 0;
    buf_free(&key);
    return known ? word : NULL;
}

static void blame_unknown(struct mapping *m, const char *name, const char *key)
{
    const struct column_word *word = find_word(m, name);
    const char *closest = word == NULL ? known_columns_closest(m->known, key) : NULL;
    struct buf mend = {0};
    if (word != NULL)
        put_meaning(m, word, &mend);
    else if (closest != NULL)
        buf_printf(&mend, "did you mean \"%s\"?", closest);
    else
        buf_puts(&mend, m->words->unknown_mend);
    m->unknown = true;
    blame(m, name, m->words->unknown, mend.data);
    buf_free(&mend);
}

static void note_known(const struct mapping *m)
{
    struct buf names = {0};
    known_columns_put_names(m->known, &names);
    findings_note(m->findings, buf_text(&names));
    buf_free(&names);
}

static bool fits(struct mapping *m, const char *name, const struct known_column *k)
{
    if (k->kind == CELL_LANGUAGES) {
        struct buf mend = {0};
        buf_printf(&mend, "make one column for each language, like %s.en", k->name);
        blame(m, name, "one cell cannot hold a text for every language", mend.data);
        buf_free(&mend);
    } else if (k->kind == CELL_UNFIT) {
        blame(m, name, "what this variable holds cannot stand in one cell",
              "put it into \"data\" of batch.json, or use --jsonl");
    }
    return k->kind != CELL_LANGUAGES && k->kind != CELL_UNFIT;
}

/* Does its name stand in the list "Name,Kunden-Nr."? */
static bool is_ignored(const struct mapping *m, const char *key)
{
    struct buf item = {0}, other = {0};
    bool found = false;
    for (const char *at = m->words->ignored; at != NULL && !found; at = strchr(at, ',')) {
        at += *at == ',' ? 1 : 0;
        buf_reset(&item);
        buf_reset(&other);
        cell_clean(at, strcspn(at, ","), &item);
        known_columns_squash(&other, buf_text(&item));
        found = strcmp(buf_text(&other), key) == 0;
    }
    buf_free(&item);
    buf_free(&other);
    return found;
}

static int find_twin(const struct mapping *m, int found)
{
    const struct known_column *k = found >= 0 ? &m->known->items[found] : NULL;
    return k == NULL || k->several ? NOBODY : columns_find(m->columns, k->pointer);
}

static void map_column(struct mapping *m, size_t index)
{
    struct column *c = &m->columns->items[index];
    struct buf key = {0};
    known_columns_squash(&key, c->name);
    int found = key.len > 0 ? known_columns_find(m->known, key.data) : NOBODY;
    int twin = find_twin(m, found);
    c->ignored = key.len > 0 && is_ignored(m, key.data);
    if (c->ignored) {
        buf_free(&key);
        return;
    }
    if (found < 0 && key.len > 0) {
        blame_unknown(m, c->name, key.data);
    } else if (twin >= 0) {
        struct buf problem = {0};
        buf_printf(&problem, "column %zu means the same as column %d (%s)", index + 1, twin + 1,
                   m->columns->items[twin].name);
        blame(m, c->name, problem.data, "keep one of them");
        buf_free(&problem);
    } else if (found >= 0 && fits(m, c->name, &m->known->items[found])) {
        c->pointer = xstrdup(m->known->items[found].pointer);
    }
    buf_free(&key);
}

/* Under whatever name. */
static bool has_address(const struct mapping *m)
{
    static const char *const members[] = {"email", "phone", "webhook", "address"};
    for (size_t i = 0; i < m->columns->count; i++) {
        const struct column *c = &m->columns->items[i];
        const struct column_word *word =
            c->pointer == NULL && !c->ignored ? find_word(m, c->name) : NULL;
        for (size_t k = 0; k < COUNT_OF(members); k++) {
            if ((word != NULL && strcmp(word->member, members[k]) == 0) ||
                (c->pointer != NULL && text_starts_with(c->pointer, "/to/") &&
                 strcmp(c->pointer + strlen("/to/"), members[k]) == 0))
                return true;
        }
    }
    return false;
}

/* With what stands there instead: perhaps the names are missing, or the delimiter is another. */
static void blame_nobody(struct mapping *m)
{
    struct buf problem = {0};
    buf_puts(&problem, "no column holds an address; the first row says");
    for (size_t i = 0; i < m->columns->count; i++)
        buf_printf(&problem, "%s \"%.40s\"", i > 0 ? "," : "", m->columns->items[i].name);
    blame(m, NULL, problem.data, m->words->nobody_mend);
    buf_free(&problem);
}

static void check_required(struct mapping *m)
{
    struct buf value = {0};
    for (size_t i = 0; i < m->known->count; i++) {
        const struct known_column *k = &m->known->items[i];
        if (k->required && !columns_is_mapped(m->columns, k->pointer) &&
            !known_columns_shared(m->batch, k->pointer, &value))
            blame(m, k->name, "the letter requires this, and there is no such column",
                  "add the column, or put the value into \"data\" of batch.json");
    }
    if (!has_address(m))
        blame_nobody(m);
    buf_free(&value);
}

/* ---- the tree ---- */

static struct node *member(struct node *n, const char *name, size_t len)
{
    for (size_t i = 0; i < n->count; i++) {
        if (strlen(n->below[i].name) == len && memcmp(n->below[i].name, name, len) == 0)
            return &n->below[i];
    }
    n->below = xreallocarray(n->below, n->count + 1, sizeof(*n->below));
    n->below[n->count] = (struct node){.name = xstrndup(name, len), .column = NOBODY};
    return &n->below[n->count++];
}

static struct node *grow(struct node *n, const char *pointer)
{
    while (*pointer == '/') {
        size_t len = strcspn(pointer + 1, "/");
        n = member(n, pointer + 1, len);
        pointer += 1 + len;
    }
    return n;
}

/* Is the pointer below a group ("/data/incident/...") that some column fills? */
static bool in_filled_group(const struct columns *c, const char *pointer)
{
    const char *name = text_starts_with(pointer, "/data/") ? pointer + strlen("/data/") : "";
    const char *slash = strchr(name, '/');
    if (slash == NULL)
        return false;
    char *group = xstrndup(pointer, (size_t)(slash - pointer));
    bool filled = columns_is_mapped(c, group);
    free(group);
    return filled;
}

/* A line's member replaces the batch's as a whole. So a group that has a column here and other
 * members in batch.json must bring those along. */
static void plant(struct mapping *m)
{
    struct columns *c = m->columns;
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].pointer != NULL)
            grow(&c->root, c->items[i].pointer)->column = (int)i;
    }
    for (size_t i = 0; i < m->known->count; i++) {
        const struct known_column *k = &m->known->items[i];
        int column = columns_find(c, k->pointer);
        struct buf value = {0};
        if (column >= 0)
            grow(&c->root, k->pointer)->kind = k->kind;
        /* Of nature and nature.de, the one that has columns below it is the object. */
        bool object = k->kind == CELL_LANGUAGES && columns_is_mapped(c, k->pointer);
        if (in_filled_group(c, k->pointer) && !object &&
            known_columns_shared(m->batch, k->pointer, &value)) {
            struct node *n = grow(&c->root, k->pointer);
            if (n->constant == NULL)
                n->constant = buf_steal(&value);
        }
        buf_free(&value);
    }
}

static struct columns *begin(const struct csv_record *header, char delimiter)
{
    struct columns *c = xcalloc(1, sizeof(*c));
    c->items = xcalloc(header->count, sizeof(*c->items));
    c->starts = xcalloc(header->count, sizeof(*c->starts));
    c->count = header->count;
    c->comma_decimal = delimiter == ';';
    c->root.column = NOBODY;
    for (size_t i = 0; i < c->count; i++) {
        struct buf name = {0};
        cell_clean(header->fields[i].text, header->fields[i].len, &name);
        c->items[i].name = buf_steal(&name);
    }
    return c;
}

static struct columns *map(struct mapping *m, char delimiter)
{
    if (m->header->fault.problem != NULL) {
        blame(m, NULL, m->header->fault.problem, m->header->fault.mend);
        return NULL;
    }
    m->columns = begin(m->header, delimiter);
    for (size_t i = 0; i < m->columns->count; i++)
        map_column(m, i);
    check_required(m);
    if (m->unknown)
        note_known(m);
    if (m->good && m->batch != NULL)
        plant(m);
    if (m->good)
        return m->columns;
    columns_free(m->columns);
    return NULL;
}

struct columns *columns_map_wanted(const struct csv_record *header, char delimiter,
                                   const struct columns_wanted *wanted, struct findings *findings)
{
    struct mapping m = {.header = header,
                        .known = wanted->known,
                        .words = wanted,
                        .findings = findings,
                        .good = true};
    return map(&m, delimiter);
}

int columns_map(const struct csv_record *header, char delimiter, const struct batch *b,
                const struct setup *s, struct findings *findings, struct columns **out,
                struct error *err)
{
    static const struct columns_wanted words = {
        .unknown = "this column is neither part of a recipient nor a variable of the letter",
        .unknown_mend = "remove the column, or declare it among the variables of the letter",
        .nobody_mend = "add a column email, phone or webhook; the first row must hold the names of "
                       "the columns"};
    struct known_columns known = {0};
    struct mapping m = {.header = header,
                        .batch = b,
                        .known = &known,
                        .words = &words,
                        .findings = findings,
                        .good = true};
    *out = NULL;
    int rc = header->fault.problem == NULL ? known_columns_load(b, s, &known, err) : 0;
    if (rc == 0)
        *out = map(&m, delimiter);
    known_columns_free(&known);
    return rc;
}
