#include "render/proof.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "render/code_trace.h"
#include "render/escape.h"
#include "render/letter_wrap.h"
#include "render/renderer_backend.h"

/* The parts are made as they are for a channel, then run once more with a trace. */
struct proving {
    struct rendering rendering;
    const struct proof_options *options;
    struct proof *out;
};

/* A part that was run with a trace. */
struct traced {
    struct buf output;
    struct code_trace trace;
};

static void free_traced(struct traced *t)
{
    buf_free(&t->output);
    code_trace_free(&t->trace);
}

/* A proof tells of headings and of values that have words. */
static bool is_told(const struct code_note *note)
{
    if (note->instruction->op == OP_HEADING)
        return true;
    return note->instruction->op == OP_VALUE && note->truthy && note->end > note->start;
}

static void drop_others(struct code_trace *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct code_note note = t->notes[i];
        t->notes[i].name = NULL;
        if (is_told(&note))
            t->notes[kept++] = note;
        else
            free(note.name);
    }
    t->count = kept;
}

/* `program` NULL: the letter does not have the part, nothing is noted. */
static int run_traced(const struct proving *p, const struct program *program, enum escape escape,
                      struct traced *out, struct error *err)
{
    struct code_input input = p->rendering.input;
    input.escape = escape;
    input.memo = NULL; /* it would not tell a default from a value */
    input.trace = &out->trace;
    int rc = program != NULL ? code_run(program, &input, &out->output, err) : 0;
    drop_others(&out->trace);
    return rc;
}

static struct proof_use *add_use(struct proof *p, const struct code_note *note,
                                 enum proof_part part)
{
    p->uses = xreallocarray(p->uses, p->use_count + 1, sizeof(*p->uses));
    p->uses[p->use_count] = (struct proof_use){.name = xstrdup(note->name), .part = part};
    return &p->uses[p->use_count++];
}

/* ---- parts of one line ---- */

/* `laid_out`: what a run puts is what the message has, byte for byte. */
static int prove_line(struct proving *p, const struct program *program, enum escape escape,
                      enum proof_part part, bool laid_out, struct error *err)
{
    struct traced t = {0};
    int rc = run_traced(p, program, escape, &t, err);
    for (size_t i = 0; rc == 0 && i < t.trace.count; i++) {
        const struct code_note *note = &t.trace.notes[i];
        struct proof_use *use = add_use(p->out, note, part);
        use->start = laid_out ? note->start : 0;
        use->len = laid_out ? note->end - note->start : 0;
    }
    free_traced(&t);
    return rc;
}

/* ---- sections ---- */

/* The notes from `first` on that belong to one section, and its bytes of the output. */
struct stretch {
    const struct traced *of;
    size_t first, last;       /* notes: up to, but not including `last` */
    size_t start, body, stop; /* bytes: heading, what stands below it, end */
};

typedef size_t heading_end_fn(const char *output, size_t start, size_t stop);

/* The section whose heading is the note; without one, what stands before the first heading. */
static struct stretch stretch_at(const struct traced *t, size_t note, bool headed,
                                 heading_end_fn *heading_end)
{
    const struct code_note *notes = t->trace.notes;
    struct stretch s = {.of = t, .first = headed ? note + 1 : note, .stop = t->output.len};
    s.start = headed ? notes[note].start : 0;
    s.last = s.first;
    while (s.last < t->trace.count && notes[s.last].instruction->op != OP_HEADING)
        s.last++;
    if (s.last < t->trace.count)
        s.stop = notes[s.last].start;
    s.body = headed ? heading_end(buf_text(&t->output), s.start, s.stop) : s.start;
    return s;
}

/* A mark of a block ends it (letter_wrap.h). */
static size_t text_heading_end(const char *output, size_t start, size_t stop)
{
    size_t at = start + 2; /* the mark and its level */
    while (at < stop && ((unsigned char)output[at] >= ' ' || output[at] == '\n' ||
                         output[at] == '\t' || output[at] == WRAP_LINE_BREAK))
        at++;
    return at;
}

static size_t html_heading_end(const char *output, size_t start, size_t stop)
{
    static const char tag[] = "</h";
    const char *end = memmem(output + start, stop - start, tag, strlen(tag));
    const char *line = memchr(end, '\n', (size_t)(output + stop - end));
    return (size_t)(line + 1 - output);
}

/* The words of a heading, one blank between them. */
static char *heading_words(const struct stretch *s)
{
    struct buf words = {0};
    const char *text = buf_text(&s->of->output);
    for (size_t i = s->start + 2; i < s->body; i++) {
        bool gap = (unsigned char)text[i] <= ' ';
        if (!gap)
            buf_putc(&words, text[i]);
        else if (words.len > 0 && words.data[words.len - 1] != ' ')
            buf_putc(&words, ' ');
    }
    return buf_steal(&words);
}

/* Facts in the heading have no place in the text below it. */
static void add_body_uses(struct proof *p, const struct stretch *s, const struct wrap_span *spans)
{
    for (size_t i = s->first; i < s->last; i++) {
        const struct wrap_span *span = &spans[i - s->first];
        bool in_heading = s->of->trace.notes[i].start < s->body;
        if (!in_heading && span->out_start == span->out_end)
            continue;
        struct proof_use *use = add_use(p, &s->of->trace.notes[i], PROOF_BODY);
        use->section = p->section_count - 1;
        use->start = span->out_start;
        use->len = span->out_end - span->out_start;
    }
}

static void lay_out_text(const struct proving *p, const struct stretch *s, struct buf *out)
{
    size_t count = s->last - s->first;
    struct wrap_span *spans = xcalloc(count + 1, sizeof(*spans));
    for (size_t i = 0; i < count; i++) {
        const struct code_note *note = &s->of->trace.notes[s->first + i];
        if (note->start >= s->body)
            spans[i] =
                (struct wrap_span){.start = note->start - s->body, .end = note->end - s->body};
    }
    size_t width = p->options->width > 0 ? (size_t)p->options->width : WRAP_COLUMNS;
    struct wrap_options options = {.columns = width, .spans = spans, .span_count = count};
    wrap_text_with(buf_text(&s->of->output) + s->body, s->stop - s->body, &options, out);
    add_body_uses(p->out, s, spans);
    free(spans);
}

/* Values inside of the address of a link stay without a mark: a tag cannot stand there. */
static void lay_out_html(const struct proving *p, const struct stretch *s, struct buf *out)
{
    const char *html = buf_text(&s->of->output);
    size_t at = s->body;
    for (size_t i = s->first; p->options->mark_facts && i < s->last; i++) {
        const struct code_note *note = &s->of->trace.notes[i];
        if (note->start < s->body || note->instruction->put != PUT_AS_PART)
            continue;
        buf_put(out, html + at, note->start - at);
        buf_puts(out, "<mark data-fact=\"");
        escape_put_html(out, note->name, strlen(note->name));
        buf_puts(out, "\">");
        buf_put(out, html + note->start, note->end - note->start);
        buf_puts(out, "</mark>");
        at = note->end;
    }
    buf_put(out, html + at, s->stop - at);
}

/* `heading` NULL: what stands before the first. */
static struct proof_section *add_section(const struct proving *p, const struct code_note *heading)
{
    const struct place at = {p->rendering.letter->file, 1, 1};
    const struct place *place = heading != NULL ? &heading->instruction->place : &at;
    struct proof *out = p->out;
    out->sections = xreallocarray(out->sections, out->section_count + 1, sizeof(*out->sections));
    struct proof_section *s = &out->sections[out->section_count++];
    *s = (struct proof_section){.id = xstrdup(heading != NULL ? heading->name : ""),
                                .file = xstrdup(place->file),
                                .line = place->line,
                                .column = place->column};
    return s;
}

/* Text and HTML are made of one tree and have the same sections. */
static void lay_out_sections(const struct proving *p, const struct traced *text,
                             const struct traced *html)
{
    size_t at = 0, html_at = 0;
    do {
        bool headed = p->out->section_count > 0;
        struct stretch s = stretch_at(text, at, headed, text_heading_end);
        struct stretch h = stretch_at(html, html_at, headed, html_heading_end);
        const struct code_note *heading = headed ? &text->trace.notes[at] : NULL;
        struct proof_section *section = add_section(p, heading);
        section->heading = heading != NULL ? heading_words(&s) : xstrdup("");
        lay_out_text(p, &s, &section->text);
        lay_out_html(p, &h, &section->html);
        at = s.last;
        html_at = h.last;
    } while (at < text->trace.count);
}

static int prove_body(struct proving *p, struct error *err)
{
    const struct letter *letter = p->rendering.letter;
    struct traced text = {0}, html = {0};
    int rc = run_traced(p, letter->parts[LETTER_TEXT], ESCAPE_LINE, &text, err);
    if (rc == 0)
        rc = run_traced(p, letter->parts[LETTER_HTML], ESCAPE_HTML, &html, err);
    if (rc == 0 && letter->parts[LETTER_TEXT] != NULL)
        lay_out_sections(p, &text, &html);
    free_traced(&text);
    free_traced(&html);
    return rc;
}

/* ---- the whole ---- */

static int prove_email(struct proving *p, struct error *err)
{
    struct program *const *parts = p->rendering.letter->parts;
    int rc = prove_line(p, parts[LETTER_SUBJECT], ESCAPE_HEADER, PROOF_SUBJECT, true, err);
    if (rc == 0)
        rc = prove_line(p, parts[LETTER_PREHEADER], ESCAPE_LINE, PROOF_PREHEADER, true, err);
    return rc < 0 ? rc : prove_body(p, err);
}

static int prove_sms(struct proving *p, struct error *err)
{
    struct program *const *parts = p->rendering.letter->parts;
    int rc = prove_line(p, parts[LETTER_SMS], ESCAPE_LINE, PROOF_SMS, true, err);
    return rc < 0 ? rc : prove_line(p, parts[LETTER_TITLE], ESCAPE_LINE, PROOF_TITLE, true, err);
}

static int prove_kind(struct proving *p, enum channel_kind kind, int64_t accepted_ms,
                      struct error *err)
{
    int rc = rendering_run(&p->rendering, kind, accepted_ms, err);
    if (rc < 0)
        return rc;
    switch (kind) {
    case CHANNEL_EMAIL:
        return prove_email(p, err);
    case CHANNEL_SMS:
        return prove_sms(p, err);
    case CHANNEL_WEBHOOK:
        /* what the template makes is parsed and written anew, without its blanks */
        return prove_line(p, p->rendering.template->webhook, ESCAPE_JSON, PROOF_WEBHOOK, false,
                          err);
    }
    return 0;
}

int proof_make(struct renderer *r, int template_index, const char *locale, const struct job *job,
               int64_t accepted_ms, const struct proof_options *options, struct proof *out,
               struct error *err)
{
    struct proving p = {.options = options, .out = out};
    *out = (struct proof){0};
    int rc = rendering_begin(r, template_index, locale, job, &out->message, &p.rendering, err);
    for (int kind = 0; rc == 0 && kind < CHANNEL_KINDS; kind++) {
        if (library_has_part(p.rendering.library, template_index, locale, (enum channel_kind)kind))
            rc = prove_kind(&p, (enum channel_kind)kind, accepted_ms, err);
    }
    rendering_end(&p.rendering);
    return rc;
}
