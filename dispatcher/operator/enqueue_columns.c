#include "operator/enqueue_columns.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/json.h"
#include "operator/enqueue_known.h"
#include "operator/enqueue_words.h"

#define NOBODY (-1)

/* A member of the line: an object with members of its own, or a cell. */
struct node {
    char *name;
    struct node *below;
    size_t count;
    int column;     /* NOBODY: it has none */
    char *constant; /* JSON of batch.json that stands in for an empty cell; NULL: none */
    enum cell_kind kind;
};

struct column {
    char *name;     /* as the file writes it, cleaned */
    char *pointer;  /* NULL: without a header, nothing may stand in it */
    bool forgotten; /* in the record taken last */
};

struct columns {
    struct column *items;
    size_t count;
    size_t *starts; /* of each cell in `cells`; each ends with NUL */
    struct buf cells;
    struct node root;
    bool comma_decimal;
};

/* ---- the header ---- */

struct mapping {
    const struct csv_record *header;
    const struct batch *batch;
    struct known_columns known;
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

static void blame_unknown(struct mapping *m, const char *name, const char *key)
{
    const struct column_word *word = words_find_column(name);
    const char *closest = word == NULL ? known_columns_closest(&m->known, key) : NULL;
    struct buf mend = {0};
    if (word != NULL)
        put_meaning(m, word, &mend);
    else if (closest != NULL)
        buf_printf(&mend, "did you mean \"%s\"?", closest);
    else
        buf_puts(&mend, "remove the column, or declare it among the variables of the letter");
    m->unknown = true;
    blame(m, name, "this column is neither part of a recipient nor a variable of the letter",
          mend.data);
    buf_free(&mend);
}

static void note_known(const struct mapping *m)
{
    struct buf names = {0};
    known_columns_put_names(&m->known, &names);
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

static void map_column(struct mapping *m, size_t index)
{
    struct column *c = &m->columns->items[index];
    struct buf key = {0};
    known_columns_squash(&key, c->name);
    int found = key.len > 0 ? known_columns_find(&m->known, key.data) : NOBODY;
    int twin = found >= 0 ? columns_find(m->columns, m->known.items[found].pointer) : NOBODY;
    if (found < 0 && key.len > 0) {
        blame_unknown(m, c->name, key.data);
    } else if (twin >= 0) {
        struct buf problem = {0};
        buf_printf(&problem, "column %zu means the same as column %d (%s)", index + 1, twin + 1,
                   m->columns->items[twin].name);
        blame(m, c->name, problem.data, "keep one of them");
        buf_free(&problem);
    } else if (found >= 0 && fits(m, c->name, &m->known.items[found])) {
        c->pointer = xstrdup(m->known.items[found].pointer);
    }
    buf_free(&key);
}

/* "/data/incident" of "/data/incident/start": a group is there if something below it is. */
static bool is_mapped(const struct columns *c, const char *pointer)
{
    size_t len = strlen(pointer);
    for (size_t i = 0; i < c->count; i++) {
        const char *own = c->items[i].pointer;
        if (own != NULL && strncmp(own, pointer, len) == 0 && (own[len] == '\0' || own[len] == '/'))
            return true;
    }
    return false;
}

/* Under whatever name. */
static bool has_address(const struct mapping *m)
{
    static const char *const members[] = {"email", "phone", "webhook"};
    for (size_t i = 0; i < m->columns->count; i++) {
        const struct column *c = &m->columns->items[i];
        const struct column_word *word = c->pointer == NULL ? words_find_column(c->name) : NULL;
        for (size_t k = 0; k < COUNT_OF(members); k++) {
            if ((word != NULL && strcmp(word->member, members[k]) == 0) ||
                (c->pointer != NULL && text_starts_with(c->pointer, "/to/") &&
                 strcmp(c->pointer + strlen("/to/"), members[k]) == 0))
                return true;
        }
    }
    return false;
}

static void check_required(struct mapping *m)
{
    struct buf value = {0};
    for (size_t i = 0; i < m->known.count; i++) {
        const struct known_column *k = &m->known.items[i];
        if (k->required && !is_mapped(m->columns, k->pointer) &&
            !known_columns_shared(m->batch, k->pointer, &value))
            blame(m, k->name, "the letter requires this, and there is no such column",
                  "add the column, or put the value into \"data\" of batch.json");
    }
    if (!has_address(m))
        blame(m, NULL, "no column holds an address",
              "add a column email, phone or webhook; the first row must hold the names of the "
              "columns");
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
    bool filled = is_mapped(c, group);
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
    for (size_t i = 0; i < m->known.count; i++) {
        const struct known_column *k = &m->known.items[i];
        int column = columns_find(c, k->pointer);
        struct buf value = {0};
        if (column >= 0)
            grow(&c->root, k->pointer)->kind = k->kind;
        /* Of nature and nature.de, the one that has columns below it is the object. */
        bool object = k->kind == CELL_LANGUAGES && is_mapped(c, k->pointer);
        if (in_filled_group(c, k->pointer) && !object &&
            known_columns_shared(m->batch, k->pointer, &value)) {
            struct node *n = grow(&c->root, k->pointer);
            if (n->constant == NULL)
                n->constant = buf_steal(&value);
        }
        buf_free(&value);
    }
}

static void free_node(struct node *n)
{
    for (size_t i = 0; i < n->count; i++)
        free_node(&n->below[i]);
    free(n->below);
    free(n->name);
    free(n->constant);
}

void columns_free(struct columns *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++) {
        free(c->items[i].name);
        free(c->items[i].pointer);
    }
    free_node(&c->root);
    free(c->items);
    free(c->starts);
    buf_free(&c->cells);
    free(c);
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

int columns_map(const struct csv_record *header, char delimiter, const struct batch *b,
                const struct setup *s, struct findings *findings, struct columns **out,
                struct error *err)
{
    struct mapping m = {.header = header, .batch = b, .findings = findings, .good = true};
    *out = NULL;
    if (header->fault.problem != NULL) {
        blame(&m, NULL, header->fault.problem, header->fault.mend);
        return 0;
    }
    int rc = known_columns_load(b, s, &m.known, err);
    if (rc != 0)
        return rc;
    m.columns = begin(header, delimiter);
    for (size_t i = 0; i < m.columns->count; i++)
        map_column(&m, i);
    check_required(&m);
    if (m.unknown)
        note_known(&m);
    if (m.good)
        plant(&m);
    known_columns_free(&m.known);
    if (!m.good) {
        columns_free(m.columns);
        m.columns = NULL;
    }
    *out = m.columns;
    return 0;
}

/* ---- rows ---- */

static enum row_kind bad(struct findings *findings, const struct finding *finding)
{
    if (findings != NULL)
        findings_add(findings, finding);
    return ROW_BAD;
}

static bool is_empty_from(const struct csv_record *r, size_t from)
{
    struct buf cell = {0};
    for (size_t i = from; i < r->count && cell.len == 0; i++)
        cell_clean(r->fields[i].text, r->fields[i].len, &cell);
    bool empty = cell.len == 0;
    buf_free(&cell);
    return empty;
}

static enum row_kind bad_count(const struct columns *c, const struct csv_record *r,
                               struct findings *findings)
{
    struct buf problem = {0};
    buf_printf(&problem, "this row has %zu %s, the first one has %zu", r->count,
               r->count == 1 ? "cell" : "cells", c->count);
    enum row_kind kind =
        bad(findings, &(struct finding){.row = r->row,
                                        .problem = problem.data,
                                        .mend = "look for a delimiter or a quote that is missing, "
                                                "or one too many"});
    buf_free(&problem);
    return kind;
}

static enum row_kind bad_fault(const struct columns *c, const struct csv_record *r,
                               struct findings *findings)
{
    size_t at = r->fault.column;
    return bad(findings, &(struct finding){.row = r->row,
                                           .column = at < c->count ? c->items[at].name : NULL,
                                           .problem = r->fault.problem,
                                           .mend = r->fault.mend});
}

/* A value where the first row has no name would be lost without a word. */
static enum row_kind bad_unnamed(const struct csv_record *r, const char *value,
                                 struct findings *findings)
{
    return bad(findings, &(struct finding){.row = r->row,
                                           .value = value,
                                           .problem = "this cell stands in a column without a name",
                                           .mend = "name the column, or empty the cell"});
}

enum row_kind columns_take(struct columns *c, const struct csv_record *r, struct findings *findings)
{
    bool blank = true;
    if (r->fault.problem != NULL)
        return bad_fault(c, r, findings);
    if (r->count < c->count ? !is_empty_from(r, 0) : !is_empty_from(r, c->count))
        return bad_count(c, r, findings);
    if (r->count < c->count)
        return ROW_BLANK;
    buf_reset(&c->cells);
    for (size_t i = 0; i < c->count; i++) {
        c->items[i].forgotten = false;
        c->starts[i] = c->cells.len;
        cell_clean(r->fields[i].text, r->fields[i].len, &c->cells);
        bool empty = c->cells.len == c->starts[i];
        buf_putc(&c->cells, '\0');
        blank = blank && empty;
        if (!empty && c->items[i].pointer == NULL)
            return bad_unnamed(r, c->cells.data + c->starts[i], findings);
    }
    return blank ? ROW_BLANK : ROW_GOOD;
}

const char *columns_name(const struct columns *c, int column)
{
    return c->items[column].name;
}

const char *columns_value(const struct columns *c, int column)
{
    return c->cells.data + c->starts[column];
}

void columns_forget(struct columns *c, int column)
{
    c->items[column].forgotten = true;
}

bool columns_forgot(const struct columns *c, int column)
{
    return c->items[column].forgotten;
}

int columns_find(const struct columns *c, const char *pointer)
{
    for (size_t i = 0; i < c->count; i++) {
        if (text_equal(c->items[i].pointer, pointer))
            return (int)i;
    }
    return NOBODY;
}

/* ---- the line ---- */

struct writing {
    struct columns *columns;
    struct buf *out;
    struct findings *findings;
    int64_t row;
    bool good;
};

/* Some value of its type, for a cell whose own was told already; NULL: none is always right. */
static const char *stand_in(const struct columns *c, const struct node *n)
{
    static const char *const values[] = {
        [CELL_TEXT] = "\"-\"",
        [CELL_INTEGER] = "1",
        [CELL_NUMBER] = "1",
        [CELL_BOOLEAN] = "true",
        [CELL_DATE] = "\"2000-01-01\"",
        [CELL_DATETIME] = "\"2000-01-01T00:00:00Z\"",
        [CELL_LIST] = NULL, /* of terms? */
        [CELL_LANGUAGES] = NULL,
        [CELL_UNFIT] = NULL,
    };
    const char *pointer = c->items[n->column].pointer;
    if (strcmp(pointer, "/to/email") == 0) /* who has no address at all is refused for that */
        return "\"nobody@example.org\"";
    if (strcmp(pointer, "/to/phone") == 0)
        return "\"+4915100000000\"";
    return text_starts_with(pointer, "/data/") ? values[n->kind] : NULL;
}

static bool has_cell(const struct columns *c, const struct node *n)
{
    if (n->column >= 0 && c->items[n->column].forgotten)
        return stand_in(c, n) != NULL;
    if (n->column >= 0)
        return *columns_value(c, n->column) != '\0';
    for (size_t i = 0; i < n->count; i++) {
        if (has_cell(c, &n->below[i]))
            return true;
    }
    return false;
}

static void put_name(struct writing *w, const struct node *n, bool first)
{
    if (!first)
        buf_putc(w->out, ',');
    buf_putc(w->out, '"');
    buf_puts(w->out, n->name); /* names of members and variables need no escape */
    buf_puts(w->out, "\":");
}

/* False: nothing was put. */
static bool put_stand_in(struct writing *w, const struct node *n, bool first)
{
    const char *value = stand_in(w->columns, n);
    if (value == NULL)
        return false;
    put_name(w, n, first);
    buf_puts(w->out, value);
    return true;
}

static bool put_cell(struct writing *w, const struct node *n, bool first)
{
    struct cell_fault fault;
    size_t start = w->out->len;
    const char *text = columns_value(w->columns, n->column);
    if (columns_forgot(w->columns, n->column))
        return put_stand_in(w, n, first);
    put_name(w, n, first);
    if (cell_put_json(w->out, n->kind, text, w->columns->comma_decimal, &fault))
        return true;
    buf_truncate(w->out, start);
    w->good = false;
    columns_forget(w->columns, n->column);
    if (w->findings != NULL)
        findings_add(w->findings, &(struct finding){.row = w->row,
                                                    .column = columns_name(w->columns, n->column),
                                                    .value = text,
                                                    .problem = fault.problem,
                                                    .mend = fault.mend});
    return put_stand_in(w, n, first);
}

static void put_members(struct writing *w, const struct node *n);

static bool put_node(struct writing *w, const struct node *n, bool first)
{
    if (has_cell(w->columns, n)) {
        if (n->column >= 0)
            return put_cell(w, n, first);
        put_name(w, n, first);
        put_members(w, n);
        return true;
    }
    if (n->constant == NULL)
        return false;
    put_name(w, n, first);
    buf_puts(w->out, n->constant);
    return true;
}

static void put_members(struct writing *w, const struct node *n)
{
    bool first = true;
    buf_putc(w->out, '{');
    for (size_t i = 0; i < n->count; i++) {
        if (put_node(w, &n->below[i], first))
            first = false;
    }
    buf_putc(w->out, '}');
}

bool columns_put_line(struct columns *c, int64_t row, struct findings *findings, struct buf *out)
{
    struct writing w = {.columns = c, .out = out, .findings = findings, .row = row, .good = true};
    put_members(&w, &c->root);
    return w.good;
}

/* ---- blame ---- */

/* `"to/email" is ...` and `/data/issue must be ...`: the member's length with the quotes, 0 if the
 * sentence begins otherwise. */
static size_t member_length(const char *sentence, struct buf *pointer)
{
    size_t len = 0;
    if (*sentence == '"') {
        len = strcspn(sentence + 1, "\"");
        buf_putc(pointer, '/');
        buf_put(pointer, sentence + 1, len);
        return sentence[len + 1] == '"' ? len + 2 : 0;
    }
    if (*sentence == '/') {
        len = strcspn(sentence, " :");
        buf_put(pointer, sentence, len);
    }
    return len;
}

/* The column that stands at this place of the line; in characters from 1, as messages have it. */
static int column_at(const struct columns *c, const struct buf *line, int column)
{
    for (size_t i = 0; column > 1 && i < c->count; i++) {
        const char *pointer = c->items[i].pointer;
        if (pointer == NULL || *columns_value(c, (int)i) == '\0')
            continue;
        if (json_position(line->data, line->len, pointer, false).column == column ||
            json_position(line->data, line->len, pointer, true).column == column)
            return (int)i;
    }
    return NOBODY;
}

int columns_blame(const struct columns *c, const struct buf *line, int column, const char *sentence,
                  const char **out_sentence)
{
    struct buf pointer = {0};
    size_t len = member_length(sentence, &pointer);
    int found = NOBODY;
    *out_sentence = sentence;
    while (len > 0 && found < 0 && pointer.len > 0) {
        found = columns_find(c, pointer.data);
        while (pointer.len > 0 && pointer.data[pointer.len - 1] != '/') /* /data/items/0 */
            buf_truncate(&pointer, pointer.len - 1);
        if (pointer.len > 0)
            buf_truncate(&pointer, pointer.len - 1);
    }
    if (found < 0)
        found = column_at(c, line, column);
    if (found >= 0 && len > 0)
        *out_sentence = sentence + len + strspn(sentence + len, ": ");
    buf_free(&pointer);
    return found;
}

/* /data/note has no text in "ko": ... */
bool columns_miss_text(const struct columns *c, const char *sentence, int *out_column,
                       struct buf *name)
{
    static const char says[] = " has no text in \"";
    const char *at = strstr(sentence, says);
    struct buf pointer = {0};
    if (!text_starts_with(sentence, "/data/") || at == NULL ||
        strcspn(sentence, " ") < (size_t)(at - sentence))
        return false;
    buf_put(&pointer, sentence, (size_t)(at - sentence));
    bool own = is_mapped(c, pointer.data);
    const char *tag = at + strlen(says);
    buf_putc(&pointer, '/');
    buf_put(&pointer, tag, strcspn(tag, "\""));
    *out_column = columns_find(c, pointer.data);
    for (const char *from = pointer.data + strlen("/data/"); own && *from != '\0'; from++)
        buf_putc(name, *from == '/' ? '.' : *from);
    buf_free(&pointer);
    return own;
}
