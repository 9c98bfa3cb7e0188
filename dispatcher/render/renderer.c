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

/* Memory of the largest message so far is kept between renders, nothing else. */
struct renderer {
    const struct library *library;
    struct formatter **formatters; /* one per locale */
    struct buf scratch, marked, raw;
    struct code_memo *memo;
};

int renderer_open(const struct library *l, struct renderer **out, struct error *err)
{
    struct renderer *r = xcalloc(1, sizeof *r);
    r->library = l;
    r->memo = code_memo_new();
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
    free(r);
}

static int run_part(struct rendering *m, enum letter_part part, enum escape escape, struct buf *out,
                    struct error *err)
{
    const struct program *p = m->letter->parts[part];
    m->input.escape = escape;
    return p != NULL ? code_run(p, &m->input, out, err) : 0;
}

static int render_text(struct rendering *m, struct error *err)
{
    struct buf *marked = &m->renderer->marked;
    buf_reset(marked);
    int rc = run_part(m, LETTER_TEXT, ESCAPE_LINE, marked, err);
    if (rc == 0)
        wrap_text(buf_text(marked), marked->len, &m->out->text);
    return rc;
}

static int put_part(json_t *parts, const char *key, const struct buf *text)
{
    return json_object_set_new_nocheck(parts, key, json_stringn(buf_text(text), text->len));
}

/* The layout is run with the letter as its content, and sees its subject and preheader. */
static int render_html(struct rendering *m, struct error *err)
{
    struct code_input input = m->input;
    if (m->renderer->library->layout == NULL)
        return error_set(err, ERR_CONFIG, "%s could not be loaded",
                         m->renderer->library->layout_file);
    json_t *parts = json_object();
    if (put_part(parts, "subject", &m->out->subject) != 0 ||
        put_part(parts, "preheader", &m->out->preheader) != 0) {
        json_decref(parts);
        return error_set(err, ERR_INTERNAL, "the subject is not valid UTF-8");
    }
    input.layers[input.layer_count++] = parts;
    input.escape = ESCAPE_HTML;
    input.content = m->letter->parts[LETTER_HTML];
    int rc = code_run(m->renderer->library->layout, &input, &m->out->html, err);
    json_decref(parts);
    return rc;
}

static int render_email(struct rendering *m, struct error *err)
{
    int rc = run_part(m, LETTER_SUBJECT, ESCAPE_HEADER, &m->out->subject, err);
    if (rc == 0)
        rc = run_part(m, LETTER_PREHEADER, ESCAPE_LINE, &m->out->preheader, err);
    if (rc == 0)
        rc = render_text(m, err);
    if (rc == 0)
        rc = render_html(m, err);
    return rc;
}

static int render_sms(struct rendering *m, struct error *err)
{
    int rc = run_part(m, LETTER_SMS, ESCAPE_LINE, &m->out->sms, err);
    return rc < 0 ? rc : run_part(m, LETTER_TITLE, ESCAPE_LINE, &m->out->title, err);
}

static int render_own_webhook(struct rendering *m, struct error *err)
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
    payload_put_json(body, &m->out->webhook);
    json_decref(body);
    return 0;
}

static int render_webhook(struct rendering *m, int64_t accepted_ms, struct error *err)
{
    if (m->template->webhook != NULL)
        return render_own_webhook(m, err);
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

int rendering_begin(struct renderer *r, int template_index, const char *locale,
                    const struct job *job, struct message *out, struct rendering *m,
                    struct error *err)
{
    const struct library *l = r->library;
    const struct template *t = l->templates[template_index];
    *m = (struct rendering){.renderer = r,
                            .library = l,
                            .template = t,
                            .letter = template_letter(t, locale),
                            .job = job,
                            .out = out};
    message_reset(out);
    snprintf(out->locale, sizeof out->locale, "%s", locale);
    if (m->letter == NULL)
        return error_set(err, ERR_INPUT, "the template \"%s\" has no letter in \"%s\"", t->name,
                         locale);
    /* the templates may be newer than the job: it is checked again, not believed */
    int rc = library_check_job(l, template_index, locale, job, NULL, err);
    if (rc < 0)
        return rc;
    int index = library_reader_locale(l, locale, job);
    const char *zone = job->to.timezone != NULL ? job->to.timezone : l->default_zone;
    rc = formatter_set_zone(r->formatters[index], zone, err);
    if (rc < 0)
        return rc;
    m->context = context_of_job(&t->variables, l->locales[index], job);
    m->input = (struct code_input){.layers = {l->contexts[index], m->context},
                                   .layer_count = 2,
                                   .formatter = r->formatters[index],
                                   .scratch = &r->scratch,
                                   .memo = r->memo};
    code_memo_begin(r->memo, r->formatters[index], zone);
    return 0;
}

void rendering_end(struct rendering *m)
{
    json_free(m->context);
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
