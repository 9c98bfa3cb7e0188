#include "render/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "render/code.h"
#include "render/scan.h"

#define INSTRUCTIONS_MAX 200000

/* A partial that is called: compiled once, behind the code that calls it, however often and from
 * wherever. */
struct partial {
    char *name;
    size_t entry;
};

struct compiler {
    const struct program_options *options;
    struct program *program;
    struct builder builder;
    struct partial *partials;
    size_t partial_count;
};

/* Index of the partial in the list, where it is put if it is new. */
static size_t find_partial(struct compiler *c, const struct token *t)
{
    for (size_t i = 0; i < c->partial_count; i++)
        if (strlen(c->partials[i].name) == t->len &&
            memcmp(c->partials[i].name, t->text, t->len) == 0)
            return i;
    c->partials = xreallocarray(c->partials, c->partial_count + 1, sizeof *c->partials);
    c->partials[c->partial_count].name = xstrndup(t->text, t->len);
    return c->partial_count++;
}

static int compile_partial_tag(struct compiler *c, const struct token *t, struct error *err)
{
    const struct program_options *o = c->options;
    if (o->letter)
        return place_fail(&t->place, ERR_CONFIG, err,
                          "partials stand in the body of a letter, alone on their line, not here");
    size_t index = find_partial(c, t);
    const char *source =
        o->partial != NULL ? o->partial(o->partial_context, c->partials[index].name) : NULL;
    if (source == NULL && o->strict)
        return place_fail(&t->place, ERR_CONFIG, err, "there is no partial \"%s\"",
                          c->partials[index].name);
    size_t at = build_plain(&c->builder, OP_CALL, &t->place);
    struct instruction *call = &c->program->code[at];
    call->to = index;
    call->len = t->standalone ? t->indent_len : 0;
    call->text = t->standalone ? program_keep(c->program, t->indent, t->indent_len) : NULL;
    return 0;
}

static int compile_named(struct compiler *c, const struct token *t, struct error *err)
{
    struct expression *e;
    if (t->kind == TOKEN_RAW && c->options->layout) {
        build_plain(&c->builder, OP_CONTENT, &t->place);
        return 0;
    }
    bool value = t->kind == TOKEN_VALUE || t->kind == TOKEN_RAW;
    int rc =
        value ? expression_parse(t->text, t->len, &t->place, c->options->letter, &e, err)
              : expression_parse_section(t->text, t->len, &t->place, c->options->letter, &e, err);
    if (rc < 0)
        return rc;
    if (value)
        build_value(&c->builder, e, t->kind == TOKEN_RAW ? PUT_RAW : PUT_AS_PART, &t->place);
    else
        build_open(&c->builder, t->kind == TOKEN_SECTION ? OP_SECTION : OP_UNLESS, e, &t->place);
    return 0;
}

static int compile_token(struct compiler *c, const struct token *t, struct error *err)
{
    if (c->program->count > INSTRUCTIONS_MAX)
        return place_fail(&t->place, ERR_CONFIG, err, "this template has too many tags");
    switch (t->kind) {
    case TOKEN_TEXT:
        build_text(&c->builder, t->text, t->len);
        return 0;
    case TOKEN_VALUE:
    case TOKEN_RAW:
    case TOKEN_SECTION:
    case TOKEN_INVERTED:
        return compile_named(c, t, err);
    case TOKEN_END:
        build_close(&c->builder);
        return 0;
    case TOKEN_PARTIAL:
        return compile_partial_tag(c, t, err);
    case TOKEN_COMMENT:
    case TOKEN_DELIMITERS:
        return 0;
    }
    return 0;
}

/* Text of a partial: every line of the source begins with the indentation of the call. */
static void compile_indented_text(struct compiler *c, const struct token *t)
{
    const char *from = t->text, *end = t->text + t->len;
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        const char *next = newline != NULL ? newline + 1 : end;
        build_text(&c->builder, from, (size_t)(next - from));
        if (newline != NULL && next < end)
            build_plain(&c->builder, OP_INDENT, &t->place);
        from = next;
    }
}

static int compile_tokens(struct compiler *c, const struct token *tokens, size_t count,
                          bool partial, struct error *err)
{
    bool line_begins = true;
    for (size_t i = 0; i < count; i++) {
        const struct token *t = &tokens[i];
        if (partial && line_begins && !t->standalone)
            build_plain(&c->builder, OP_INDENT, &t->place);
        if (partial && t->kind == TOKEN_TEXT) {
            compile_indented_text(c, t);
        } else {
            int rc = compile_token(c, t, err);
            if (rc < 0)
                return rc;
        }
        line_begins = t->standalone || (t->kind == TOKEN_TEXT && t->text[t->len - 1] == '\n');
    }
    return 0;
}

static int compile_source(struct compiler *c, const char *source, size_t len,
                          const struct scan_options *scan, bool partial, struct error *err)
{
    struct token *tokens;
    size_t count;
    int rc = scan_source(source, len, scan, &tokens, &count, err);
    if (rc < 0)
        return rc;
    c->builder = (struct builder){.program = c->program};
    rc = compile_tokens(c, tokens, count, partial, err);
    build_end(&c->builder);
    free(tokens);
    return rc;
}

static int compile_partial(struct compiler *c, struct partial *p, struct error *err)
{
    const struct program_options *o = c->options;
    const char *source = o->partial != NULL ? o->partial(o->partial_context, p->name) : NULL;
    struct scan_options scan = {.file = program_keep(c->program, p->name, strlen(p->name))};
    p->entry = c->program->count;
    char *copy = xstrdup(source != NULL ? source : "");
    int rc = compile_source(c, copy, strlen(copy), &scan, true, err);
    free(copy);
    return rc;
}

static int compile_all(struct compiler *c, const char *source, size_t len, struct error *err)
{
    const struct program_options *o = c->options;
    struct scan_options scan = {
        .file = program_keep(c->program, o->file, strlen(o->file)),
        .first_line = o->first_line,
        .first_column = o->first_column,
        .letter = o->letter,
        .layout = o->layout,
        .prose = o->prose,
    };
    int rc = compile_source(c, source, len, &scan, false, err);
    /* the list may grow and move while one of its partials is compiled */
    for (size_t i = 0; rc == 0 && i < c->partial_count; i++) {
        struct partial p = c->partials[i];
        rc = compile_partial(c, &p, err);
        c->partials[i].entry = p.entry;
    }
    for (size_t i = 0; rc == 0 && i < c->program->count; i++)
        if (c->program->code[i].op == OP_CALL)
            c->program->code[i].to = c->partials[c->program->code[i].to].entry;
    return rc;
}

int program_compile(const char *source, size_t len, const struct program_options *options,
                    struct program **out, struct error *err)
{
    struct compiler c = {.options = options,
                         .program = program_new(options->letter, options->strict)};
    *out = NULL;
    int rc = compile_all(&c, source, len, err);
    for (size_t i = 0; i < c.partial_count; i++)
        free(c.partials[i].name);
    free(c.partials);
    if (rc < 0) {
        program_free(c.program);
        return rc;
    }
    *out = c.program;
    return 0;
}
