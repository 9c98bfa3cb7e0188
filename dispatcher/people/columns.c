#include "people/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/json.h"
#include "people/columns_parts.h"

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

bool columns_is_mapped(const struct columns *c, const char *pointer)
{
    size_t len = strlen(pointer);
    for (size_t i = 0; i < c->count; i++) {
        const char *own = c->items[i].pointer;
        if (own != NULL && strncmp(own, pointer, len) == 0 && (own[len] == '\0' || own[len] == '/'))
            return true;
    }
    return false;
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

/* "TODO", "TODO ask legal": left by who made the table. */
static bool is_unwritten(const char *text)
{
    static const char mark[] = "TODO";
    size_t len = sizeof(mark) - 1;
    return text_starts_with(text, mark) && (text[len] == '\0' || text[len] == ' ');
}

static enum row_kind bad_unwritten(const struct columns *c, size_t column, int64_t row,
                                   struct findings *findings)
{
    return bad(findings, &(struct finding){.row = row,
                                           .column = c->items[column].name,
                                           .value = columns_value(c, (int)column),
                                           .problem = "this cell is still to be written",
                                           .mend = "fill it in, or remove the row"});
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
        if (!empty && c->items[i].pointer == NULL && !c->items[i].ignored)
            return bad_unnamed(r, c->cells.data + c->starts[i], findings);
        if (!c->items[i].ignored && is_unwritten(columns_value(c, (int)i)))
            return bad_unwritten(c, i, r->row, findings);
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

size_t columns_count(const struct columns *c)
{
    return c->count;
}

int columns_find_next(const struct columns *c, const char *pointer, int column)
{
    for (size_t i = (size_t)column + 1; i < c->count; i++) {
        if (text_equal(c->items[i].pointer, pointer))
            return (int)i;
    }
    return NOBODY;
}

int columns_find(const struct columns *c, const char *pointer)
{
    return columns_find_next(c, pointer, NOBODY);
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
        [CELL_MONEY] = "{\"amount\":1,\"currency\":\"EUR\"}",
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
    bool own = columns_is_mapped(c, pointer.data);
    const char *tag = at + strlen(says);
    buf_putc(&pointer, '/');
    buf_put(&pointer, tag, strcspn(tag, "\""));
    *out_column = columns_find(c, pointer.data);
    for (const char *from = pointer.data + strlen("/data/"); own && *from != '\0'; from++)
        buf_putc(name, *from == '/' ? '.' : *from);
    buf_free(&pointer);
    return own;
}
