#include "render/renderer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "model/json.h"
#include "render/context.h"
#include "render/code_memo.h"
#include "render/format.h"
#include "render/letter_wrap.h"
#include "render/payload.h"
#include "render/renderer_backend.h"

#define WEBHOOK_DEPTH_MAX 40

/* Between renders only memory and what was found out is kept; the bytes do not depend on it. */
struct renderer {
    const struct library *library;
    struct formatter **formatters; /* one per locale */
    struct buf scratch, marked, raw;
    struct code_memo *memo;
    struct briefings *briefings;
};

int renderer_open(const struct library *l, struct renderer **out, struct error *err)
{
    struct renderer *r = xcalloc(1, sizeof *r);
    r->library = l;
    r->memo = code_memo_new();
    r->briefings = briefings_new();
    r->formatters = xcalloc(l->locale_count + 1, sizeof(struct formatter *));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->locale_count; i++)
        rc = formatter_open(l->locales[i], l->default_zone, &r->formatters[i], err);
    if (rc < 0) {
        renderer_close(r);
        r = NULL;
    }
    *out = r;
    return rc;
}

void renderer_close(struct renderer *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->library->locale_count; i++)
        formatter_close(r->formatters[i]);
    free(r->formatters);
    buf_free(&r->scratch);
    buf_free(&r->marked);
    buf_free(&r->raw);
    code_memo_free(r->memo);
    briefings_free(r->briefings);
    free(r);
}

/* ---- one part ---- */

static int run_wrapped(struct rendering *m, const struct program *p, const struct code_input *input,
                       struct buf *out, struct error *err)
{
    struct buf *marked = &m->renderer->marked;
    buf_reset(marked);
    int rc = code_run(p, input, marked, err);
    if (rc == 0)
        wrap_text(buf_text(marked), marked->len, out);
    return rc;
}

static int run_and_cut(struct briefing_part *known, bool wrapped, const struct program *p,
                       const struct code_input *input, struct buf *out, struct error *err)
{
    const struct stencil_options options = {.varying = 1U << LAYER_PERSON | 1U << LAYER_PARTS,
                                            .wrapped = wrapped};
    struct stencil *stencil;
    int rc = stencil_cut(p, input, &options, out, &stencil, err);
    if (stencil != NULL)
        known->stencils[known->count++] = stencil;
    known->uncuttable = rc == 0 && stencil == NULL; /* a failure is this reader's */
    return rc;
}

/* By a stencil if there is one that fits. The first letter to somebody is made without: most
 * notices are alone, and a stencil that nobody uses is work. */
static int run_program(struct rendering *m, enum letter_part part, const struct program *p,
                       const struct code_input *input, struct buf *out, struct error *err)
{
    struct briefing_part *known = &m->briefing->parts[part];
    bool wrapped = part == LETTER_TEXT;
    size_t start = out->len;
    for (size_t i = 0; i < known->count; i++)
        if (stencil_fits(known->stencils[i], input))
            return stencil_run(known->stencils[i], input, out, err);
    if (m->briefing->letters > 1 && !known->uncuttable && known->count < BRIEFING_STENCILS)
        return run_and_cut(known, wrapped, p, input, out, err);
    int rc = wrapped ? run_wrapped(m, p, input, out, err) : code_run(p, input, out, err);
    known->uncuttable = known->uncuttable || out->len - start > STENCIL_LENGTH_MAX;
    return rc;
}

static int run_part(struct rendering *m, enum letter_part part, enum escape escape, struct buf *out,
                    struct error *err)
{
    const struct program *p = m->letter->parts[part];
    m->input.escape = escape;
    return p != NULL ? run_program(m, part, p, &m->input, out, err) : 0;
}

/* ---- kinds ---- */

static int put_part(json_t *parts, const char *key, const struct buf *text)
{
    return json_object_set_new_nocheck(parts, key, json_stringn(buf_text(text), text->len));
}

/* The layout is run with the letter as its content, and sees its subject and preheader. */
static int render_html(struct rendering *m, struct error *err)
{
    struct code_input input = m->input;
    const struct layout *frame = m->template->frame;
    if (frame == NULL || frame->program == NULL)
        return error_set(err, ERR_CONFIG, "the layout of %s could not be loaded",
                         m->template->name);
    json_t *parts = json_object();
    if (put_part(parts, "subject", &m->out->subject) != 0 ||
        put_part(parts, "preheader", &m->out->preheader) != 0) {
        json_decref(parts);
        return error_set(err, ERR_INTERNAL, "the subject is not valid UTF-8");
    }
    input.layers[LAYER_PARTS] = parts;
    input.layer_count = LAYER_PARTS + 1;
    input.escape = ESCAPE_HTML;
    input.content = m->letter->parts[LETTER_HTML];
    int rc = run_program(m, LETTER_HTML, frame->program, &input, &m->out->html, err);
    json_decref(parts);
    return rc;
}

static int render_email(struct rendering *m, struct error *err)
{
    int rc = run_part(m, LETTER_SUBJECT, ESCAPE_HEADER, &m->out->subject, err);
    if (rc == 0)
        rc = run_part(m, LETTER_PREHEADER, ESCAPE_LINE, &m->out->preheader, err);
    if (rc == 0)
        rc = run_part(m, LETTER_TEXT, ESCAPE_LINE, &m->out->text, err);
    if (rc == 0)
        rc = render_html(m, err);
    return rc;
}

static int render_sms(struct rendering *m, struct error *err)
{
    int rc = run_part(m, LETTER_SMS, ESCAPE_LINE, &m->out->sms, err);
    return rc < 0 ? rc : run_part(m, LETTER_TITLE, ESCAPE_LINE, &m->out->title, err);
}

static int render_own_webhook(struct rendering *m, int64_t accepted_ms, struct error *err)
{
    struct buf *raw = &m->renderer->raw;
    struct error why = {0};
    json_t *body = NULL;
    buf_reset(raw);
    m->input.escape = ESCAPE_JSON;
    int rc = code_run(m->template->webhook, &m->input, raw, err);
    if (rc < 0)
        return rc;
    rc = json_parse(buf_text(raw), raw->len, m->template->webhook_file, 1, WEBHOOK_DEPTH_MAX, &body,
                    &why);
    if (rc < 0)
        return error_set(err, ERR_INPUT, "%s (after the values were put in)", why.text);
    if (m->job->event_type != NULL && json_is_object(body))
        json_object_set_new(body, "type", json_string(m->job->event_type));
    payload_date(m->job, accepted_ms, &body);
    payload_put_json(body, &m->out->webhook);
    json_decref(body);
    return 0;
}

static int render_webhook(struct rendering *m, int64_t accepted_ms, struct error *err)
{
    if (m->template->webhook != NULL)
        return render_own_webhook(m, accepted_ms, err);
    payload_put(m->job, m->template->name, m->letter->locale, accepted_ms, &m->out->webhook);
    return 0;
}

int rendering_run(struct rendering *m, enum channel_kind kind, int64_t accepted_ms,
                  struct error *err)
{
    switch (kind) {
    case CHANNEL_EMAIL:
        return render_email(m, err);
    case CHANNEL_SMS:
        return render_sms(m, err);
    case CHANNEL_WEBHOOK:
        return render_webhook(m, accepted_ms, err);
    }
    return 0;
}

/* ---- the whole ---- */

/* Finds out what is known of these facts already; else checks and resolves them. The templates may
 * be newer than the job: it is checked again, not believed. */
static int brief(struct rendering *m, int locale, const char *zone, struct error *err)
{
    struct briefings *known = m->renderer->briefings;
    const struct job *job = m->job;
    const struct library *l = m->library;
    const struct briefing_key key = {
        .letter = m->letter, .locale = locale, .data = job->data, .zone = zone};
    m->briefing = briefings_find(known, &key);
    if (m->briefing == NULL) {
        int rc = library_check_job(l, m->template_index, m->letter->locale, job, NULL, err);
        if (rc < 0)
            return rc;
        json_t *facts = json_object();
        if (job->data != NULL)
            variables_resolve(&m->template->variables, l->locales[locale], job->data, facts);
        m->briefing = briefings_add(known, &key, facts);
    }
    m->briefing->letters++;
    return 0;
}

int rendering_begin(struct renderer *r, int template_index, const char *locale,
                    const struct job *job, struct message *out, struct rendering *m,
                    struct error *err)
{
    const struct library *l = r->library;
    static const struct variable_set none = {0}; /* the facts are a layer of their own */
    const struct template *t = l->templates[template_index];
    *m = (struct rendering){.renderer = r,
                            .library = l,
                            .template = t,
                            .template_index = template_index,
                            .letter = template_letter(t, locale),
                            .job = job,
                            .out = out};
    message_reset(out);
    snprintf(out->locale, sizeof out->locale, "%s", locale);
    if (m->letter == NULL)
        return error_set(err, ERR_INPUT, "the template \"%s\" has no letter in \"%s\"", t->name,
                         locale);
    int index = library_reader_locale(l, locale, job);
    const char *zone = job->to.timezone != NULL ? job->to.timezone : l->default_zone;
    int rc = brief(m, index, zone, err);
    if (rc == 0)
        rc = formatter_set_zone(r->formatters[index], zone, err);
    if (rc < 0)
        return rc;
    m->person = context_of_job(&none, l->locales[index], job);
    m->input = (struct code_input){.layers = {l->contexts[index], m->person, m->briefing->facts},
                                   .layer_count = LAYER_FACTS + 1,
                                   .formatter = r->formatters[index],
                                   .scratch = &r->scratch,
                                   .memo = r->memo};
    code_memo_begin(r->memo, r->formatters[index], zone);
    return 0;
}

void rendering_end(struct rendering *m)
{
    json_free(m->person);
}

int renderer_render(struct renderer *r, int template_index, const char *locale,
                    const struct job *job, int64_t accepted_ms, enum channel_kind kind,
                    struct message *out, struct error *err)
{
    struct rendering m;
    if (!library_has_part(r->library, template_index, locale, kind)) {
        message_reset(out);
        return error_set(err, ERR_INPUT, "the template \"%s\" has no %s in \"%s\"",
                         r->library->templates[template_index]->name, channel_kind_name(kind),
                         locale);
    }
    int rc = rendering_begin(r, template_index, locale, job, out, &m, err);
    if (rc == 0)
        rc = rendering_run(&m, kind, accepted_ms, err);
    rendering_end(&m);
    return rc;
}
