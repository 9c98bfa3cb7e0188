#include "letters/preview_terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cli/color.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "letters/preview_columns.h"
#include "letters/preview_json.h"
#include "letters/preview_sms.h"
#include "render/proof.h"

#define WIDTH_ELSE 120
#define WIDTH_MIN  20
#define WIDTH_MAX  1000

struct screen {
    const struct preview *p;
    const struct proof *proofs;
    struct column_layout layout;
    struct buf *texts; /* of the row being made, one for each language */
    struct column_text *columns;
    struct column_mark **marks; /* of the columns */
    struct buf out;
};

/* ---- one row: a text in each language ---- */

static void clear_row(struct screen *s)
{
    for (size_t i = 0; i < s->p->tag_count; i++) {
        buf_reset(&s->texts[i]);
        free(s->marks[i]);
        s->marks[i] = NULL;
        s->columns[i] = (struct column_text){0};
    }
}

static void put_texts(struct screen *s)
{
    for (size_t i = 0; i < s->p->tag_count; i++) {
        s->columns[i].text = buf_text(&s->texts[i]);
        s->columns[i].len = s->texts[i].len;
    }
    columns_put_texts(&s->out, &s->layout, s->p->tags, s->columns);
    clear_row(s);
}

static void put_row(struct screen *s, const char *word)
{
    columns_put_rule(&s->out, &s->layout, word);
    put_texts(s);
}

static void set_missing(struct screen *s, size_t language, const char *what)
{
    say_put(s->p->inv, &s->texts[language], "(no %s in %s)", what, s->p->tags[language]);
    s->columns[language].missing = true;
}

/* Facts within the part (of the body: the section); `shift` is what stands before it in the row. */
static void mark_facts(struct screen *s, size_t language, enum proof_part part, size_t section,
                       size_t shift)
{
    const struct proof *proof = &s->proofs[language];
    struct column_mark *marks = xcalloc(proof->use_count + 1, sizeof(*marks));
    size_t count = 0;
    for (size_t i = 0; i < proof->use_count; i++) {
        const struct proof_use *u = &proof->uses[i];
        if (u->part == part && (part != PROOF_BODY || u->section == section) && u->len > 0)
            marks[count++] = (struct column_mark){shift + u->start, u->len};
    }
    s->marks[language] = marks;
    s->columns[language].marks = marks;
    s->columns[language].mark_count = count;
}

/* ---- rows ---- */

/* One of subject, preheader and title; left out if no language has it. */
static void put_line_part(struct screen *s, const char *word, enum proof_part part)
{
    bool any = false;
    for (size_t i = 0; i < s->p->tag_count; i++) {
        const struct buf *line = preview_part(&s->proofs[i].message, part);
        any = any || line->len > 0;
        buf_put(&s->texts[i], buf_text(line), line->len);
        if (line->len > 0)
            mark_facts(s, i, part, 0, 0);
        else
            set_missing(s, i, word);
    }
    if (any)
        put_row(s, word);
    else
        clear_row(s);
}

static void put_section_text(struct screen *s, size_t language, const struct proof_section *section)
{
    struct buf *text = &s->texts[language];
    size_t index = (size_t)(section - s->proofs[language].sections);
    if (section->heading[0] != '\0')
        buf_printf(text, "%s\n\n", section->heading);
    mark_facts(s, language, PROOF_BODY, index, text->len);
    buf_put(text, buf_text(&section->text), section->text.len);
    while (text->len > 0 && text->data[text->len - 1] == '\n')
        buf_truncate(text, text->len - 1);
}

static void put_section(struct screen *s, const char *id)
{
    struct buf word = {0};
    if (*id != '\0')
        buf_printf(&word, "{#%s}", id);
    else
        buf_puts(&word, say_word(s->p->inv, "before the first heading"));
    for (size_t i = 0; i < s->p->tag_count; i++) {
        const struct proof_section *section = proof_section(&s->proofs[i], id);
        if (section != NULL)
            put_section_text(s, i, section);
        else
            set_missing(s, i, buf_text(&word));
    }
    put_row(s, buf_text(&word));
    buf_free(&word);
}

static void put_text(struct screen *s)
{
    const char **ids;
    size_t count = preview_section_ids(s->proofs, s->p->tag_count, &ids);
    put_line_part(s, say_word(s->p->inv, "subject"), PROOF_SUBJECT);
    put_line_part(s, say_word(s->p->inv, "preheader"), PROOF_PREHEADER);
    for (size_t i = 0; i < count; i++)
        put_section(s, ids[i]);
    free(ids);
}

static void put_sms(struct screen *s)
{
    const struct sms_way way = sms_way_home(s->p->setup->settings);
    for (size_t i = 0; i < s->p->tag_count; i++) {
        const struct message *m = &s->proofs[i].message;
        struct preview_sms sms;
        if (m->sms.len == 0) {
            set_missing(s, i, "sms");
            continue;
        }
        preview_sms_make(m, &way, &sms);
        buf_printf(&s->texts[i], "%s\n[", buf_text(&sms.fitting.text));
        preview_sms_put_summary(s->p->inv, &sms, &s->texts[i]);
        buf_putc(&s->texts[i], ']');
        if (sms.fitting.replaced == 0)
            mark_facts(s, i, PROOF_SMS, 0, 0);
        preview_sms_free(&sms);
    }
    put_row(s, "sms");
    put_line_part(s, say_word(s->p->inv, "title"), PROOF_TITLE);
}

static void put_webhook(struct screen *s)
{
    for (size_t i = 0; i < s->p->tag_count; i++) {
        const struct buf *body = &s->proofs[i].message.webhook;
        if (body->len > 0)
            preview_put_json(&s->texts[i], buf_text(body), body->len);
        else
            set_missing(s, i, "webhook");
    }
    put_row(s, "webhook");
}

static void put_all(struct screen *s)
{
    put_text(s);
    put_sms(s);
}

static const struct {
    const char *name;
    void (*put)(struct screen *s);
} parts[] = {{"all", put_all}, {"text", put_text}, {"sms", put_sms}, {"webhook", put_webhook}};

/* ---- the screen ---- */

static int choose_layout(const struct preview *p, struct column_layout *out, struct error *err)
{
    int64_t width = 0, fallback = isatty(STDOUT_FILENO) ? (int64_t)bar_width(stdout) : WIDTH_ELSE;
    int rc = option_int(p->inv, "width", WIDTH_MIN, WIDTH_MAX, fallback, &width, err);
    *out = column_layout_for(p->tag_count, (size_t)width, color_wanted(stdout));
    return rc;
}

static void put_head(struct screen *s)
{
    buf_printf(&s->out, "%s: %s\n", s->p->name, s->p->origin);
    for (size_t i = 0; i < s->p->tag_count; i++)
        buf_puts(&s->texts[i], s->p->tags[i]);
    if (s->layout.stacked)
        clear_row(s);
    else
        put_texts(s);
}

static void show(struct screen *s, const char *part)
{
    s->texts = xcalloc(s->p->tag_count, sizeof(*s->texts));
    s->columns = xcalloc(s->p->tag_count, sizeof(*s->columns));
    s->marks = xcalloc(s->p->tag_count, sizeof(*s->marks));
    put_head(s);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strcmp(parts[i].name, part) == 0)
            parts[i].put(s);
    }
    fwrite(buf_text(&s->out), 1, s->out.len, stdout);
    for (size_t i = 0; i < s->p->tag_count; i++)
        buf_free(&s->texts[i]);
    free(s->texts);
    free(s->columns);
    free((void *)s->marks);
    buf_free(&s->out);
}

static bool is_part(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strcmp(parts[i].name, name) == 0)
            return true;
    }
    return false;
}

int preview_print_columns(const struct preview *p, const char *part, struct error *err)
{
    struct screen s = {.p = p};
    struct proof *proofs = NULL;
    const char *wanted = part != NULL ? part : "all";
    if (!is_part(wanted))
        return error_set(err, ERR_USAGE,
                         "--side-by-side shows --part text, sms or webhook, not \"%s\"", wanted);
    int rc = choose_layout(p, &s.layout, err);
    struct proof_options options = {.width = (int)s.layout.column};
    if (rc == 0)
        rc = preview_prove(p, &options, &proofs, err);
    s.proofs = proofs;
    if (rc == 0)
        show(&s, wanted);
    preview_proofs_free(p, proofs);
    return rc;
}
