#include "render/stencil.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "render/code_trace.h"
#include "render/letter_wrap.h"

/* Of the section of a name: was it entered? */
struct condition {
    const struct expression *expression;
    bool truthy;
};

/* Blocks of a text part, or all of another. */
struct piece {
    struct program *program; /* with holes; NULL: there are none */
    struct buf text;         /* then: this, laid out */
};

struct stencil {
    const struct program *program; /* it was cut from */
    struct condition *conditions;
    size_t condition_count;
    bool wrapped;
    struct piece *pieces;
    size_t piece_count;
    struct buf marked; /* what a piece puts before it is wrapped */
};

void stencil_free(struct stencil *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->piece_count; i++) {
        program_free(s->pieces[i].program);
        buf_free(&s->pieces[i].text);
    }
    free(s->pieces);
    free(s->conditions);
    buf_free(&s->marked);
    free(s);
}

/* ---- cutting ---- */

/* One part on its way to a stencil. */
struct cut {
    const struct stencil_options *options;
    struct code_trace trace;
    const char *output; /* of the run, its first byte */
    size_t base;        /* what the trace calls the place of that byte */
    size_t next;        /* note */
    struct stencil *stencil;
};

/* What has no value now may have one for the next reader. */
static bool differs(const struct cut *c, const struct code_note *note)
{
    return note->layer == CODE_NOWHERE || (c->options->varying >> note->layer & 1) != 0;
}

static bool is_value(const struct code_note *note)
{
    return note->instruction->op == OP_VALUE;
}

static bool is_condition(const struct code_note *note)
{
    return !is_value(note) && note->instruction->op != OP_HEADING;
}

/* A hole is filled outside of all sections, where a name found by way of one would not be. */
static bool can_be_cut(const struct cut *c, size_t len)
{
    if (len > STENCIL_LENGTH_MAX || code_trace_is_full(&c->trace))
        return false;
    for (size_t i = 0; i < c->trace.count; i++) {
        const struct code_note *note = &c->trace.notes[i];
        if (differs(c, note) && (note->nested || note->group))
            return false;
    }
    return true;
}

static bool is_known(const struct stencil *s, const struct expression *e)
{
    for (size_t i = 0; i < s->condition_count; i++)
        if (s->conditions[i].expression == e)
            return true;
    return false;
}

static void take_conditions(struct cut *c)
{
    struct stencil *s = c->stencil;
    for (size_t i = 0; i < c->trace.count; i++) {
        const struct code_note *note = &c->trace.notes[i];
        const struct expression *e = note->instruction->expression;
        if (!is_condition(note) || !differs(c, note) || is_known(s, e))
            continue;
        s->conditions =
            xreallocarray(s->conditions, s->condition_count + 1, sizeof(*s->conditions));
        s->conditions[s->condition_count++] =
            (struct condition){.expression = e, .truthy = note->truthy};
    }
}

/* The next hole that ends within the output up to `to`; NULL: there is none. */
static const struct code_note *next_hole(struct cut *c, size_t to)
{
    for (; c->next < c->trace.count && c->trace.notes[c->next].end <= c->base + to; c->next++) {
        const struct code_note *note = &c->trace.notes[c->next];
        if (is_value(note) && differs(c, note))
            return &c->trace.notes[c->next++];
    }
    return NULL;
}

/* A stretch of the output as a program: text and holes. NULL: there is no hole in it. */
static struct program *cut_program(struct cut *c, size_t from, size_t to)
{
    const struct code_note *hole = next_hole(c, to);
    if (hole == NULL)
        return NULL;
    struct program *p = program_new(c->stencil->program->letter, c->stencil->program->strict);
    struct builder b = {.program = p};
    size_t at = from;
    for (; hole != NULL; hole = next_hole(c, to)) {
        build_text(&b, c->output + at, hole->start - c->base - at);
        build_copy(&b, hole->instruction);
        at = hole->end - c->base;
    }
    build_text(&b, c->output + at, to - at);
    build_end(&b);
    return p;
}

static struct piece *add_piece(struct stencil *s)
{
    s->pieces = xreallocarray(s->pieces, s->piece_count + 1, sizeof(*s->pieces));
    s->pieces[s->piece_count] = (struct piece){0};
    return &s->pieces[s->piece_count++];
}

/* A blank line goes between blocks, and none beside a block without words. */
static size_t begin_blocks(struct buf *out, size_t start)
{
    if (out->len > start)
        buf_putc(out, '\n');
    return out->len;
}

static void end_blocks(struct buf *out, size_t start, size_t begun)
{
    if (out->len == begun && begun > start)
        buf_truncate(out, begun - 1);
}

/* Blocks without a hole are laid out here, once for all. */
static void cut_block(struct cut *c, size_t from, size_t to)
{
    struct stencil *s = c->stencil;
    struct program *p = cut_program(c, from, to);
    if (p != NULL) {
        add_piece(s)->program = p;
        return;
    }
    struct piece *last = s->piece_count > 0 ? &s->pieces[s->piece_count - 1] : NULL;
    if (last == NULL || last->program != NULL)
        last = add_piece(s);
    size_t begun = begin_blocks(&last->text, 0);
    wrap_text(c->output + from, to - from, &last->text);
    end_blocks(&last->text, 0, begun);
}

static void cut_pieces(struct cut *c, size_t len)
{
    if (!c->stencil->wrapped) {
        struct program *p = cut_program(c, 0, len);
        struct piece *whole = add_piece(c->stencil);
        whole->program = p;
        if (p == NULL)
            buf_put(&whole->text, c->output, len);
        return;
    }
    for (size_t from = 0, to; from < len; from = to) {
        to = wrap_block_end(c->output, len, from);
        cut_block(c, from, to);
    }
}

static struct stencil *cut_stencil(struct cut *c, const struct program *p, size_t len)
{
    if (!can_be_cut(c, len))
        return NULL;
    c->stencil = xcalloc(1, sizeof(*c->stencil));
    c->stencil->program = p;
    c->stencil->wrapped = c->options->wrapped;
    take_conditions(c);
    cut_pieces(c, len);
    return c->stencil;
}

int stencil_cut(const struct program *p, const struct code_input *input,
                const struct stencil_options *options, struct buf *out,
                struct stencil **out_stencil, struct error *err)
{
    struct cut c = {.options = options, .trace = {.most = STENCIL_NOTES_MAX}};
    struct code_input traced = *input;
    struct buf marked = {0}, *run = options->wrapped ? &marked : out;
    size_t start = run->len;
    traced.trace = &c.trace;
    *out_stencil = NULL;
    int rc = code_run(p, &traced, run, err);
    if (rc == 0) {
        c.output = buf_text(run) + start;
        c.base = start;
        *out_stencil = cut_stencil(&c, p, run->len - start);
    }
    if (rc == 0 && options->wrapped)
        wrap_text(buf_text(&marked), marked.len, out);
    code_trace_free(&c.trace);
    buf_free(&marked);
    return rc;
}

/* ---- using ---- */

bool stencil_fits(const struct stencil *s, const struct code_input *input)
{
    for (size_t i = 0; i < s->condition_count; i++)
        if (code_is_truthy(s->program, input, s->conditions[i].expression) !=
            s->conditions[i].truthy)
            return false;
    return true;
}

static int run_wrapped(struct stencil *s, const struct program *p, const struct code_input *input,
                       struct buf *out, struct error *err)
{
    buf_reset(&s->marked);
    int rc = code_run(p, input, &s->marked, err);
    if (rc == 0)
        wrap_text(buf_text(&s->marked), s->marked.len, out);
    return rc;
}

static int run_piece(struct stencil *s, const struct piece *piece, const struct code_input *input,
                     struct buf *out, struct error *err)
{
    if (piece->program == NULL) {
        buf_put(out, buf_text(&piece->text), piece->text.len);
        return 0;
    }
    return s->wrapped ? run_wrapped(s, piece->program, input, out, err)
                      : code_run(piece->program, input, out, err);
}

int stencil_run(struct stencil *s, const struct code_input *input, struct buf *out,
                struct error *err)
{
    size_t start = out->len;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->piece_count; i++) {
        size_t begun = begin_blocks(out, start);
        rc = run_piece(s, &s->pieces[i], input, out, err);
        end_blocks(out, start, begun);
    }
    return rc;
}
