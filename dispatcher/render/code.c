#include "render/code.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct program *program_new(bool letter, bool strict)
{
    struct program *p = xcalloc(1, sizeof *p);
    p->letter = letter;
    p->strict = strict;
    return p;
}

void program_free(struct program *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->expression_count; i++)
        expression_free(p->expressions[i]);
    for (size_t i = 0; i < p->string_count; i++)
        free(p->strings[i]);
    free(p->expressions);
    free(p->strings);
    free(p->code);
    free(p);
}

/* Room for one more element: capacities are the powers of two from 8 on, so the count tells when
 * one is full. */
static void *grown(void *array, size_t count, size_t size)
{
    bool full = count == 0 || (count >= 8 && (count & (count - 1)) == 0);
    return full ? xreallocarray(array, count < 8 ? 8 : count * 2, size) : array;
}

const char *program_keep(struct program *p, const char *bytes, size_t len)
{
    p->strings = grown(p->strings, p->string_count, sizeof *p->strings);
    return p->strings[p->string_count++] = xstrndup(bytes, len);
}

static const struct expression *keep_expression(struct program *p, struct expression *e)
{
    p->expressions = grown(p->expressions, p->expression_count, sizeof(struct expression *));
    return p->expressions[p->expression_count++] = e;
}

static struct instruction *append(struct program *p, enum opcode op)
{
    p->code = grown(p->code, p->count, sizeof *p->code);
    p->code[p->count] = (struct instruction){.op = op};
    return &p->code[p->count++];
}

static void flush_text(struct builder *b)
{
    if (b->text.len == 0)
        return;
    char *text = xmalloc(b->text.len + 1);
    memcpy(text, b->text.data, b->text.len + 1);
    struct program *p = b->program;
    p->strings = grown(p->strings, p->string_count, sizeof *p->strings);
    p->strings[p->string_count++] = text;
    struct instruction *i = append(p, OP_TEXT);
    i->text = text;
    i->len = b->text.len;
    buf_reset(&b->text);
}

void build_text(struct builder *b, const char *bytes, size_t len)
{
    buf_put(&b->text, bytes, len);
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '"' && !b->escaped)
            b->in_quotes = !b->in_quotes;
        b->escaped = bytes[i] == '\\' && !b->escaped;
    }
}

static bool is_guarded(const struct builder *b, const struct expression *e)
{
    for (size_t i = 0; i < b->depth; i++) {
        const struct instruction *open = &b->program->code[b->open[i]];
        if (open->op != OP_UNLESS && strcmp(open->expression->name, e->name) == 0)
            return true;
    }
    return e->has_default;
}

void build_value(struct builder *b, struct expression *e, enum put_mode put, const struct place *at)
{
    flush_text(b);
    const struct expression *kept = keep_expression(b->program, e);
    bool guarded = is_guarded(b, kept);
    struct instruction *i = append(b->program, OP_VALUE);
    i->expression = kept;
    i->put = put;
    i->guarded = guarded;
    i->in_quotes = b->in_quotes;
    i->place = *at;
    b->escaped = false;
}

void build_copy(struct builder *b, const struct instruction *value)
{
    flush_text(b);
    *append(b->program, OP_VALUE) = *value;
}

void build_open(struct builder *b, enum opcode op, struct expression *e, const struct place *at)
{
    flush_text(b);
    assert(b->depth < COUNT_OF(b->open));
    b->open[b->depth++] = b->program->count;
    const struct expression *kept = keep_expression(b->program, e);
    struct instruction *i = append(b->program, op);
    i->expression = kept;
    i->place = *at;
}

void build_close(struct builder *b)
{
    flush_text(b);
    assert(b->depth > 0);
    struct program *p = b->program;
    size_t open = b->open[--b->depth];
    if (p->code[open].op == OP_SECTION)
        append(p, OP_END)->to = open + 1;
    p->code[open].to = p->count;
}

size_t build_plain(struct builder *b, enum opcode op, const struct place *at)
{
    flush_text(b);
    append(b->program, op)->place = *at;
    return b->program->count - 1;
}

void build_heading(struct builder *b, const char *id, const struct place *at)
{
    size_t at_code = build_plain(b, OP_HEADING, at);
    struct instruction *i = &b->program->code[at_code];
    i->len = strlen(id);
    i->text = program_keep(b->program, id, i->len);
}

void build_end(struct builder *b)
{
    flush_text(b);
    append(b->program, OP_RETURN);
    buf_free(&b->text);
}
