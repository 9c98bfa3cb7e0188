/*
 * Inside of a compiled template, private to render/: flat instructions and the builder that lays
 * them. Markdown letters (letter_parts.h) and plain templates (program.c) build the same code;
 * code_run.c is the only one that executes it.
 *
 *     TEXT bytes                 put the bytes
 *     VALUE expression           look it up, filter, escape, put
 *     SECTION expression, to     falsy: jump to `to`; else push it (a list: its first element)
 *     END to                     next element: back to `to`; none left: pop
 *     IF / UNLESS expression, to jump to `to` if falsy / truthy; nothing is pushed
 *     CALL partial, indent       run a partial; RETURN leaves it, or the program
 *     INDENT                     put the indentation of the partial we are in
 *     CONTENT                    put the content the caller brought (layout)
 *     HEADING id                 puts nothing: a section of the letter begins (for code_trace.h)
 */
#ifndef RENDER_CODE_H
#define RENDER_CODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "render/expression.h"
#include "render/program.h"
#include "render/scan.h"

enum opcode {
    OP_TEXT,
    OP_VALUE,
    OP_SECTION,
    OP_END,
    OP_IF,
    OP_UNLESS,
    OP_CALL,
    OP_RETURN,
    OP_INDENT,
    OP_CONTENT,
    OP_HEADING,
};

/* How one value is put; most leave it to the part. */
enum put_mode {
    PUT_AS_PART,
    PUT_RAW,
    PUT_URL,     /* inside the URL of a link */
    PUT_ADDRESS, /* inside mailto: an @ stays itself */
    PUT_PHONE,   /* inside tel: digits and + only */
};

struct instruction {
    enum opcode op;
    enum put_mode put;
    bool guarded;   /* VALUE: inside a section on the name, or with | default */
    bool in_quotes; /* VALUE: inside a JSON string of the template */
    size_t to;      /* SECTION, END, IF, UNLESS, CALL: instruction to go to */
    const char *text;
    size_t len; /* TEXT: bytes; CALL: indentation; HEADING: id */
    const struct expression *expression;
    struct place place;
};

struct program {
    struct instruction *code;
    size_t count, cap;
    struct expression **expressions;
    size_t expression_count;
    char **strings;
    size_t string_count;
    bool letter, strict;
};

struct builder {
    struct program *program;
    struct buf text;                 /* not yet an instruction */
    size_t open[SCAN_DEPTH_MAX * 2]; /* SECTION, IF, UNLESS instructions not yet closed */
    size_t depth;
    bool in_quotes, escaped;
};

struct program *program_new(bool letter, bool strict);
/* A copy that lives as long as the program. */
const char *program_keep(struct program *p, const char *bytes, size_t len);

void build_text(struct builder *b, const char *bytes, size_t len);
/* The expression belongs to the program from here on. */
void build_value(struct builder *b, struct expression *e, enum put_mode put,
                 const struct place *at);
/* OP_SECTION, OP_IF or OP_UNLESS; every open has its close, the caller has paired them. */
void build_open(struct builder *b, enum opcode op, struct expression *e, const struct place *at);
void build_close(struct builder *b);
/* Any instruction without an expression; flushes the text before. Returns its index. */
size_t build_plain(struct builder *b, enum opcode op, const struct place *at);
/* The same value tag once more; its expression stays the other program's. */
void build_copy(struct builder *b, const struct instruction *value);
/* A section of the letter begins here; the id is copied. */
void build_heading(struct builder *b, const char *id, const struct place *at);
/* Ends the code with RETURN and frees the builder's memory (not the program). */
void build_end(struct builder *b);

#endif
