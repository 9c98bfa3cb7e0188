#include "render/code_run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "render/code.h"
#include "render/code_memo.h"
#include "render/code_trace.h"
#include "render/escape.h"
#include "render/filter.h"

#define OUTPUT_MAX (10 * 1024 * 1024)
#define STEPS_MAX  4000000 /* instructions of one run: bounds what loops within loops can cost */
#define STEP_BYTES 16      /* that a filter may walk through for the price of an instruction */
#define DEPTH_MAX  64      /* sections and partials together */

/* A value names are looked up in; a list stands here with the element the loop is at. */
struct scope {
    const json_t *value;
    const json_t *list; /* NULL: no loop */
    size_t index;
    const struct expression *opened_by; /* NULL: a layer */
};

struct call {
    size_t back;                     /* instruction to go on with */
    size_t indent_start, indent_len; /* to restore */
};

struct run {
    const struct program *program;
    const struct code_input *input;
    const struct instruction *last; /* that has a place, for messages */
    struct buf *out;
    size_t out_limit, steps;
    size_t scope_count, call_count, depth;
    struct buf indent; /* of all partials we are in; the innermost begins at indent_start */
    size_t indent_start;
    /* from here on only the first scope_count and call_count are ever set */
    struct scope scopes[CODE_LAYERS_MAX + DEPTH_MAX];
    struct call calls[DEPTH_MAX];
};

static bool is_noted(const struct run *r)
{
    return r->input->trace != NULL && !code_trace_is_full(r->input->trace);
}

static const json_t *descend(const json_t *value, const struct expression *e)
{
    for (size_t i = 1; i < e->part_count && value != NULL; i++)
        value =
            json_is_object(value) ? json_object_getn(value, e->parts[i], e->part_lens[i]) : NULL;
    return value;
}

/* The first part decides in which scope we are, as Mustache wants; the rest is looked up there
 * only. */
static const json_t *look_up(const struct run *r, const struct expression *e)
{
    if (e->part_count == 0)
        return r->scopes[r->scope_count - 1].value;
    for (size_t i = r->scope_count; i > 0; i--) {
        const json_t *scope = r->scopes[i - 1].value;
        if (!json_is_object(scope))
            continue;
        const json_t *found = json_object_getn(scope, e->parts[0], e->part_lens[0]);
        if (found != NULL)
            return descend(found, e);
    }
    return NULL;
}

/* How many of the first `count` scopes are left when the first part of the name is found in the
 * last of them; 0: in none. */
static size_t scope_of(const struct run *r, const struct expression *e, size_t count)
{
    if (e->part_count == 0)
        return count;
    while (count > 0 &&
           (!json_is_object(r->scopes[count - 1].value) ||
            json_object_getn(r->scopes[count - 1].value, e->parts[0], e->part_lens[0]) == NULL))
        count--;
    return count;
}

/* The whole name of what `e` says within `count` scopes: {{start}} within {{#incident}} is
 * incident.start, {{.}} within {{#advice}} is advice. */
static void put_name(const struct run *r, const struct expression *e, size_t count, struct buf *out)
{
    count = scope_of(r, e, count);
    const struct expression *outer = count > 0 ? r->scopes[count - 1].opened_by : NULL;
    if (outer != NULL)
        put_name(r, outer, count - 1, out);
    if (outer != NULL && e->part_count > 0)
        buf_putc(out, '.');
    if (outer == NULL || e->part_count > 0)
        buf_puts(out, e->name);
}

static bool is_truthy(const struct run *r, const json_t *value)
{
    if (value == NULL || json_is_null(value) || json_is_false(value))
        return false;
    if (json_is_array(value))
        return json_array_size(value) > 0;
    /* an empty text is nothing to say: letters ask {{#to.name}}; Mustache leaves this to the
     * language */
    return !(r->program->letter && json_is_string(value) && json_string_length(value) == 0);
}

static int fail(const struct instruction *i, struct error *err, const char *text)
{
    return place_fail(&i->place, ERR_INPUT, err, "%s", text);
}

static int fail_missing(const struct instruction *i, struct error *err)
{
    const char *name = i->expression->name;
    return place_fail(
        &i->place, ERR_INPUT, err,
        "\"%s\" has no value: give one, put the tag inside {{#%s}}...{{/%s}}, or write "
        "{{%s | default:\"...\"}}",
        name, name, name, name);
}

static int put_text(struct run *r, const struct instruction *i, const char *text, size_t len,
                    bool is_text, struct error *err)
{
    enum escape escape = r->input->escape;
    if (i->put == PUT_RAW || escape == ESCAPE_NONE) {
        buf_put(r->out, text, len);
    } else if (i->put == PUT_URL || escape == ESCAPE_URL) {
        escape_put_url(r->out, text, len, "");
    } else if (i->put == PUT_ADDRESS) {
        escape_put_url(r->out, text, len, "@");
    } else if (i->put == PUT_PHONE) {
        escape_put_phone(r->out, text, len);
    } else if (escape == ESCAPE_HTML && r->program->letter) {
        escape_put_letter_html(r->out, text, len);
    } else if (escape == ESCAPE_HTML) {
        escape_put_html(r->out, text, len);
    } else if (escape == ESCAPE_LINE) {
        escape_put_line(r->out, text, len);
    } else if (escape == ESCAPE_HEADER) {
        if (!escape_header_ok(text, len))
            return place_fail(
                &i->place, ERR_INPUT, err,
                "the value of \"%s\" has a line break or control character and cannot "
                "stand in a subject: remove it",
                i->expression->name);
        buf_put(r->out, text, len);
    } else {
        bool quote = is_text && !i->in_quotes;
        buf_puts(r->out, quote ? "\"" : "");
        escape_put_json(r->out, text, len);
        buf_puts(r->out, quote ? "\"" : "");
    }
    return 0;
}

/* The shortest text that reads back as the same number. */
static int print_real(double value, char *out, size_t size)
{
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(out, size, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return len;
}

static int put_json_text(struct run *r, const struct instruction *i, const json_t *value,
                         struct error *err)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL)
        return fail(i, err, "this value cannot be written as JSON");
    int rc = 0;
    if (r->input->escape == ESCAPE_JSON && !i->in_quotes)
        buf_puts(r->out, text);
    else
        rc = put_text(r, i, text, strlen(text), false, err);
    free(text);
    return rc;
}

static int put_json(struct run *r, const struct instruction *i, const json_t *value,
                    struct error *err)
{
    char number[64];
    switch (json_typeof(value)) {
    case JSON_STRING:
        return put_text(r, i, json_string_value(value), json_string_length(value), true, err);
    case JSON_INTEGER:
        return put_text(
            r, i, number,
            (size_t)snprintf(number, sizeof number, "%" PRId64, (int64_t)json_integer_value(value)),
            false, err);
    case JSON_REAL:
        return put_text(r, i, number,
                        (size_t)print_real(json_real_value(value), number, sizeof number), false,
                        err);
    case JSON_TRUE:
        return put_text(r, i, "true", 4, false, err);
    case JSON_FALSE:
        return put_text(r, i, "false", 5, false, err);
    case JSON_NULL:
        return r->input->escape == ESCAPE_JSON && !i->in_quotes
                   ? put_text(r, i, "null", 4, false, err)
                   : 0;
    case JSON_OBJECT:
    case JSON_ARRAY:
        if (r->program->letter && r->input->escape != ESCAPE_JSON)
            return place_fail(
                &i->place, ERR_INPUT, err, "\"%s\" is a %s and cannot be put as text: %s",
                i->expression->name, json_is_array(value) ? "list" : "group of values",
                json_is_array(value) ? "use | list or a section" : "name one of them");
        return put_json_text(r, i, value, err);
    }
    return 0;
}

/* What a filter has to walk through, in instructions. */
static size_t steps_of(const struct filter_value *v)
{
    size_t bytes = v->json != NULL ? json_string_length(v->json) : v->text.len;
    return bytes / STEP_BYTES + json_array_size(v->json);
}

static int apply_filters(struct run *r, const struct instruction *i, struct filter_value *v,
                         struct error *err)
{
    struct error inner = {0};
    for (size_t n = 0; n < i->expression->call_count; n++) {
        const struct filter_call *call = &i->expression->calls[n];
        if (!v->present && !call->is_default)
            continue;
        r->steps += steps_of(v);
        int rc = call->filter->apply(v, call->argument, r->input->formatter, &inner);
        if (rc < 0)
            return place_fail(&i->place, rc, err, "{{%s | %s}}: %s", i->expression->name,
                              call->filter->name, inner.text);
    }
    return 0;
}

static int put_result(struct run *r, const struct instruction *i, const json_t *value,
                      const struct filter_value *v, struct error *err)
{
    if (!v->present)
        return r->program->strict ? fail_missing(i, err) : 0;
    if (v->json != NULL)
        return put_json(r, i, v->json, err);
    if (r->input->memo != NULL)
        code_memo_keep(r->input->memo, i->expression, value, &v->text);
    return put_text(r, i, buf_text(&v->text), v->text.len, true, err);
}

static int put_filtered(struct run *r, const struct instruction *i, const json_t *value,
                        struct error *err)
{
    const struct code_memo *memo = r->input->memo;
    const struct buf *known = memo != NULL ? code_memo_find(memo, i->expression, value) : NULL;
    if (known != NULL)
        return put_text(r, i, buf_text(known), known->len, true, err);
    bool present = value != NULL && !json_is_null(value);
    struct filter_value v = {.json = present ? value : NULL, .present = present};
    struct buf own = {0}, *scratch = r->input->scratch != NULL ? r->input->scratch : &own;
    buf_reset(scratch);
    v.text = *scratch;
    int rc = apply_filters(r, i, &v, err);
    if (rc == 0)
        rc = put_result(r, i, value, &v, err);
    *scratch = v.text; /* filters may have changed its memory */
    buf_free(&own);
    return rc;
}

static int put_value(struct run *r, const struct instruction *i, struct error *err)
{
    const json_t *value = look_up(r, i->expression);
    if (i->expression->call_count > 0)
        return put_filtered(r, i, value, err);
    if (value == NULL || (r->program->strict && json_is_null(value)))
        return r->program->strict ? fail_missing(i, err) : 0;
    return put_json(r, i, value, err);
}

/* What is empty says nothing, and what `| default` says instead is not the value's. */
static bool has_words(const json_t *value)
{
    return value != NULL && !json_is_null(value) &&
           !(json_is_string(value) && json_string_length(value) == 0) &&
           !(json_is_array(value) && json_array_size(value) == 0);
}

/* The layer a name belongs to in the end; `nested` is set if open sections lie between. */
static size_t layer_of(const struct run *r, const struct expression *e, size_t count, bool *nested)
{
    count = scope_of(r, e, count);
    if (count == 0)
        return CODE_NOWHERE;
    const struct expression *outer = r->scopes[count - 1].opened_by;
    if (outer == NULL)
        return count - 1;
    *nested = true;
    return layer_of(r, outer, count - 1, nested);
}

static struct code_note *add_note(const struct run *r, const struct instruction *i, size_t start)
{
    struct code_note *note = code_trace_add(r->input->trace, i, start);
    note->layer = layer_of(r, i->expression, r->scope_count, &note->nested);
    return note;
}

static int put_traced(struct run *r, const struct instruction *i, struct error *err)
{
    size_t start = r->out->len;
    struct buf name = {0};
    int rc = put_value(r, i, err);
    if (rc < 0)
        return rc;
    struct code_note *note = add_note(r, i, start);
    put_name(r, i->expression, r->scope_count, &name);
    note->name = buf_steal(&name);
    note->end = r->out->len;
    note->truthy = has_words(look_up(r, i->expression));
    return 0;
}

static void note_heading(const struct run *r, const struct instruction *i)
{
    struct code_note *note = code_trace_add(r->input->trace, i, r->out->len);
    note->layer = CODE_NOWHERE;
    note->name = xstrndup(i->text, i->len);
}

/* Is the condition of a section met? */
static bool holds(const struct run *r, const struct instruction *i, const json_t *value)
{
    bool truthy = is_truthy(r, value);
    if (is_noted(r)) {
        struct code_note *note = add_note(r, i, r->out->len);
        note->truthy = truthy;
        note->group =
            truthy && i->op == OP_SECTION && (json_is_object(value) || json_is_array(value));
    }
    return truthy;
}

static int enter(struct run *r, const struct instruction *i, struct error *err)
{
    if (r->depth == DEPTH_MAX)
        return fail(
            i, err,
            "sections and partials are nested more than 64 deep: does a partial call itself?");
    r->depth++;
    return 0;
}

static int begin_section(struct run *r, const struct instruction *i, size_t *pc, struct error *err)
{
    const json_t *value = look_up(r, i->expression);
    if (!holds(r, i, value)) {
        *pc = i->to;
        return 0;
    }
    int rc = enter(r, i, err);
    if (rc < 0)
        return rc;
    bool loop = json_is_array(value);
    r->scopes[r->scope_count++] = (struct scope){.value = loop ? json_array_get(value, 0) : value,
                                                 .list = loop ? value : NULL,
                                                 .opened_by = i->expression};
    ++*pc;
    return 0;
}

static void end_section(struct run *r, const struct instruction *i, size_t *pc)
{
    struct scope *scope = &r->scopes[r->scope_count - 1];
    if (scope->list != NULL && ++scope->index < json_array_size(scope->list)) {
        scope->value = json_array_get(scope->list, scope->index);
        *pc = i->to;
        return;
    }
    r->scope_count--;
    r->depth--;
    ++*pc;
}

static int begin_call(struct run *r, const struct instruction *i, size_t *pc, struct error *err)
{
    int rc = enter(r, i, err);
    if (rc < 0)
        return rc;
    r->calls[r->call_count++] = (struct call){
        .back = *pc + 1, .indent_start = r->indent_start, .indent_len = r->indent.len};
    if (i->text != NULL)
        buf_put(&r->indent, i->text, i->len);
    else
        r->indent_start = r->indent.len;
    *pc = i->to;
    return 0;
}

static void end_call(struct run *r, size_t *pc)
{
    const struct call *call = &r->calls[--r->call_count];
    buf_truncate(&r->indent, call->indent_len);
    r->indent_start = call->indent_start;
    r->depth--;
    *pc = call->back;
}

static int execute(struct run *r, const struct program *p, struct error *err);

static int put_content(struct run *r, const struct instruction *i, struct error *err)
{
    const struct program *layout = r->program;
    if (r->input->content == NULL || layout == r->input->content)
        return fail(i, err, "there is no content to put here");
    int rc = execute(r, r->input->content, err);
    r->program = layout;
    return rc;
}

static int step(struct run *r, const struct instruction *i, size_t *pc, struct error *err)
{
    switch (i->op) {
    case OP_TEXT:
        buf_put(r->out, i->text, i->len);
        break;
    case OP_VALUE:
        ++*pc;
        return is_noted(r) ? put_traced(r, i, err) : put_value(r, i, err);
    case OP_SECTION:
        return begin_section(r, i, pc, err);
    case OP_END:
        end_section(r, i, pc);
        return 0;
    case OP_IF:
    case OP_UNLESS:
        *pc = holds(r, i, look_up(r, i->expression)) == (i->op == OP_IF) ? *pc + 1 : i->to;
        return 0;
    case OP_CALL:
        return begin_call(r, i, pc, err);
    case OP_RETURN:
        end_call(r, pc);
        return 0;
    case OP_INDENT:
        buf_put(r->out, buf_text(&r->indent) + r->indent_start, r->indent.len - r->indent_start);
        break;
    case OP_CONTENT:
        ++*pc;
        return put_content(r, i, err);
    case OP_HEADING:
        if (is_noted(r))
            note_heading(r, i);
        break;
    }
    ++*pc;
    return 0;
}

static int execute(struct run *r, const struct program *p, struct error *err)
{
    size_t pc = 0, calls = r->call_count;
    r->program = p;
    for (;;) {
        const struct instruction *i = &p->code[pc];
        if (i->op == OP_RETURN && r->call_count == calls)
            return 0;
        if (i->place.file != NULL)
            r->last = i;
        int rc = step(r, i, &pc, err);
        if (rc < 0)
            return rc;
        if (r->out->len > r->out_limit)
            return fail(r->last, err,
                        "the output is larger than 10 MiB: shorten the values or the template");
        if (++r->steps > STEPS_MAX)
            return fail(r->last, err,
                        "this template repeats itself too often for these values: use fewer loops "
                        "within loops");
    }
}

static void begin_run(struct run *r, const struct code_input *input)
{
    assert(input->layer_count > 0 && input->layer_count <= CODE_LAYERS_MAX);
    memset(r, 0, offsetof(struct run, scopes));
    r->input = input;
    r->scope_count = input->layer_count;
    for (size_t i = 0; i < input->layer_count; i++)
        r->scopes[i] = (struct scope){.value = input->layers[i]};
}

bool code_is_truthy(const struct program *p, const struct code_input *input,
                    const struct expression *e)
{
    struct run r;
    begin_run(&r, input);
    r.program = p;
    return is_truthy(&r, look_up(&r, e));
}

int code_run(const struct program *p, const struct code_input *input, struct buf *out,
             struct error *err)
{
    struct run r;
    begin_run(&r, input);
    r.out = out;
    r.out_limit = out->len + OUTPUT_MAX;
    int rc = execute(&r, p, err);
    buf_free(&r.indent);
    return rc;
}

int program_run(const struct program *p, const struct json_t *data, enum escape escape,
                struct formatter *formatter, struct buf *out, struct error *err)
{
    struct code_input input = {
        .layers = {data}, .layer_count = 1, .escape = escape, .formatter = formatter};
    return code_run(p, &input, out, err);
}
