#include "letters/check_josa.h"

#include "render/josa.h"

/* The words of a value; NULL where they are not to be found (a heading, a webhook). */
static const char *words_of(const struct proof *p, const struct proof_use *use)
{
    const struct message *m = &p->message;
    switch (use->part) {
    case PROOF_SUBJECT:
        return buf_text(&m->subject) + use->start;
    case PROOF_PREHEADER:
        return buf_text(&m->preheader) + use->start;
    case PROOF_BODY:
        return buf_text(&p->sections[use->section].text) + use->start;
    case PROOF_SMS:
        return buf_text(&m->sms) + use->start;
    case PROOF_TITLE:
        return buf_text(&m->title) + use->start;
    case PROOF_WEBHOOK:
        break;
    }
    return NULL;
}

static void tell(struct check_scene *s, const struct law_text *text, const char *name,
                 const struct place *at, const char *value, const char *both, size_t len)
{
    if (text->cohort != NULL)
        problems_add_warning(&s->problems, at, "ko-josa-unknown",
                             "%.*s cannot be decided for \"%.*s\" ({{%s}} in %s, cohort %s): write "
                             "the value in Hangul, or the sentence without a particle there",
                             (int)len, both, (int)(both - value), value, name, text->locale,
                             text->cohort);
    else
        problems_add_warning(&s->problems, at, "ko-josa-unknown",
                             "%.*s cannot be decided for \"%.*s\" ({{%s}} in %s): write the value "
                             "in Hangul, or the sentence without a particle there",
                             (int)len, both, (int)(both - value), value, name, text->locale);
}

void check_josa(struct check_scene *s, const struct law_text *text, const struct proof *proof,
                const struct fact_sheet *sheet, const struct place *at)
{
    for (size_t i = 0; i < proof->use_count; i++) {
        const struct proof_use *use = &proof->uses[i];
        const char *words = use->len > 0 ? words_of(proof, use) : NULL;
        size_t len = 0;
        const char *both = words != NULL ? josa_find_both(words, use->len, &len) : NULL;
        struct place place = sheet != NULL ? fact_sheet_place(sheet, text->cohort, use->name) : *at;
        if (both != NULL)
            tell(s, text, use->name, &place, words, both, len);
    }
}

size_t check_josa_count(const char *text, size_t len)
{
    size_t count = 0, one = 0;
    const char *end = text + len;
    for (const char *at = text; (at = josa_find_both(at, (size_t)(end - at), &one)) != NULL;
         at += one)
        count++;
    return count;
}
