#include "law/letter.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "law/words.h"

#define SOURCE_MAX ((size_t)1 << 20)

static const struct {
    const char *name, *title;
    enum proof_part part;
} parts[] = {
    {"subject", "the subject", PROOF_SUBJECT}, {"preheader", "the preheader", PROOF_PREHEADER},
    {"title", "the title", PROOF_TITLE},       {"sms", "the text message", PROOF_SMS},
    {"body", "the letter", PROOF_BODY},
};

static char *fold(const char *text, size_t len)
{
    struct buf folded = {0};
    words_fold(&folded, text, len);
    return buf_steal(&folded);
}

const struct buf *letter_part(const struct letter *l, enum proof_part part)
{
    const struct message *m = &l->text->proof->message;
    const struct buf *text = NULL;
    switch (part) {
    case PROOF_SUBJECT:
        text = &m->subject;
        break;
    case PROOF_PREHEADER:
        text = &m->preheader;
        break;
    case PROOF_TITLE:
        text = &m->title;
        break;
    case PROOF_SMS:
        text = &m->sms;
        break;
    case PROOF_BODY:
    case PROOF_WEBHOOK:
        break;
    }
    return text != NULL && text->len > 0 ? text : NULL;
}

static void add_parts(struct letter *l)
{
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const struct buf *text = letter_part(l, parts[i].part);
        if (text == NULL)
            continue;
        l->pieces[l->piece_count++] = (struct letter_piece){
            .part = parts[i].part,
            .name = parts[i].name,
            .heading = xstrdup(""),
            .text = fold(text->data, text->len),
            .place = {l->text->file, 0, 0},
        };
    }
}

static void add_sections(struct letter *l)
{
    const struct proof *p = l->text->proof;
    for (size_t i = 0; i < p->section_count; i++) {
        const struct proof_section *s = &p->sections[i];
        l->pieces[l->piece_count++] = (struct letter_piece){
            .part = PROOF_BODY,
            .name = s->id,
            .heading = fold(s->heading, strlen(s->heading)),
            .text = fold(buf_text(&s->text), s->text.len),
            .place = {s->file != NULL ? s->file : l->text->file, s->line, s->column},
        };
    }
}

void letter_open(const struct law_text *text, struct letter *out)
{
    struct buf whole = {0};
    size_t most = text->proof->section_count + COUNT_OF(parts);
    *out = (struct letter){.text = text, .pieces = xcalloc(most, sizeof(*out->pieces))};
    add_parts(out);
    add_sections(out);
    for (size_t i = 0; i < out->piece_count; i++)
        buf_printf(&whole, "%s\n%s\n", out->pieces[i].heading, out->pieces[i].text);
    out->whole = buf_steal(&whole);
}

void letter_close(struct letter *l)
{
    for (size_t i = 0; i < l->piece_count; i++) {
        free(l->pieces[i].heading);
        free(l->pieces[i].text);
    }
    free(l->pieces);
    free(l->whole);
}

static bool says_something(const char *folded)
{
    return strspn(folded, " ") < strlen(folded);
}

const struct letter_piece *letter_section(const struct letter *l, const char *id)
{
    for (size_t i = 0; i < l->piece_count; i++) {
        const struct letter_piece *piece = &l->pieces[i];
        if (piece->part == PROOF_BODY && strcmp(piece->name, id) == 0)
            return says_something(piece->text) ? piece : NULL;
    }
    return NULL;
}

struct place letter_place(const struct letter *l, const char *section)
{
    const struct proof_section *s = section != NULL ? proof_section(l->text->proof, section) : NULL;
    if (s == NULL)
        return (struct place){l->text->file, 0, 0};
    return (struct place){s->file != NULL ? s->file : l->text->file, s->line, s->column};
}

bool letter_find_source(const struct letter *l, const char *words, struct place *out)
{
    struct buf source = {0};
    bool readable = file_read_path(l->text->file, SOURCE_MAX, &source, NULL) == 0;
    const char *text = buf_text(&source), *found = readable ? strcasestr(text, words) : NULL;
    if (found != NULL)
        *out = (struct place){l->text->file, 1, 1};
    for (const char *p = text; found != NULL && p < found; p++) {
        out->line += *p == '\n' ? 1 : 0;
        if (*p == '\n')
            out->column = 1;
        else if (((unsigned char)*p & 0xc0) != 0x80)
            out->column++;
    }
    buf_free(&source);
    return found != NULL;
}

const char *letter_words(const struct letter *l, const char *section)
{
    if (section == NULL)
        return l->whole;
    const struct letter_piece *piece = letter_section(l, section);
    return piece != NULL ? piece->text : "";
}

bool letter_uses(const struct letter *l, const char *name, const char *section)
{
    return proof_uses(l->text->proof, name, section);
}

bool letter_part_uses(const struct letter *l, const char *name, enum proof_part part)
{
    const struct proof *p = l->text->proof;
    size_t len = strlen(name);
    if (part == PROOF_BODY)
        return letter_uses(l, name, NULL);
    for (size_t i = 0; i < p->use_count; i++) {
        const char *used = p->uses[i].name;
        if (p->uses[i].part == part && strncmp(used, name, len) == 0 &&
            (used[len] == '\0' || used[len] == '.'))
            return true;
    }
    return false;
}

enum proof_part letter_part_of_name(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strcmp(parts[i].name, name) == 0)
            return parts[i].part;
    return PROOF_BODY;
}

const char *letter_part_title(enum proof_part part)
{
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i].part == part)
            return parts[i].title;
    return "the webhook";
}
