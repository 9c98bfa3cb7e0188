#include "letters/check_case.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "letters/check_josa.h"
#include "render/library_look.h"
#include "render/proof.h"

static const char *find_term(void *context, const char *locale, const char *term)
{
    const struct check_scene *s = context;
    return library_term(s->library, locale, term);
}

struct check_case *check_case_begin(struct check_scene *s, size_t letters)
{
    struct check_case *c = xcalloc(1, sizeof(*c));
    c->capacity = letters;
    c->texts = xcalloc(letters, sizeof(*c->texts));
    c->proofs = xcalloc(letters, sizeof(*c->proofs));
    c->jobs = xcalloc(letters, sizeof(struct job *));
    c->law.texts = c->texts;
    c->law.now_ms = s->now_ms;
    c->law.term = find_term;
    c->law.term_context = s;
    s->cases = xreallocarray(s->cases, s->case_count + 1, sizeof(struct check_case *));
    s->cases[s->case_count++] = c;
    return c;
}

void check_case_free(struct check_case *c)
{
    for (size_t i = 0; i < c->capacity; i++) {
        proof_free(&c->proofs[i]);
        job_free(c->jobs[i]);
    }
    free(c->texts);
    free(c->proofs);
    free(c->jobs);
    free(c);
}

static void tell_not_made(struct check_scene *s, const struct law_text *text,
                          const struct place *at, const char *why)
{
    if (text->cohort != NULL)
        problems_add_error(&s->problems, at, "render", "cohort %s in %s: %s", text->cohort,
                           text->locale, why);
    else
        problems_add_error(&s->problems, at, "render", "the letter in %s: %s", text->locale, why);
}

bool check_case_add(struct check_scene *s, struct check_case *c, int template_index,
                    const struct law_text *text, struct job *job, const struct place *at)
{
    static const struct proof_options options = {0};
    size_t index = c->law.text_count;
    struct error err = {0};
    assert(index < c->capacity);
    c->jobs[index] = job;
    int rc = proof_make(s->renderer, template_index, text->locale, job, s->now_ms, &options,
                        &c->proofs[index], &err);
    if (rc != 0) {
        if (!c->told)
            tell_not_made(s, text, at, err.text);
        proof_free(&c->proofs[index]);
        job_free(job);
        c->jobs[index] = NULL;
        return false;
    }
    check_josa(s, text, &c->proofs[index], c->law.sheet, at);
    c->texts[index] = *text;
    c->texts[index].file = library_letter_file(s->library, template_index, text->locale);
    c->texts[index].facts = job->data;
    c->texts[index].proof = &c->proofs[index];
    c->law.text_count++;
    return true;
}

void check_case_judge(struct check_scene *s, struct check_case *c)
{
    if (s->law != NULL && c->law.text_count > 0)
        law_check(s->law, &c->law, &s->problems);
}

static const struct law_text *find_text(const struct check_case *c, const char *cohort,
                                        const char *locale)
{
    for (size_t i = 0; i < c->law.text_count; i++)
        if (text_equal(c->texts[i].cohort, cohort) && text_equal(c->texts[i].locale, locale))
            return &c->texts[i];
    return NULL;
}

const struct proof *check_case_proof(const struct check_case *c, const char *cohort,
                                     const char *locale)
{
    const struct law_text *text = find_text(c, cohort, locale);
    return text != NULL ? text->proof : NULL;
}

const struct job *check_case_job(const struct check_case *c, const char *cohort, const char *locale)
{
    const struct law_text *text = find_text(c, cohort, locale);
    return text != NULL ? c->jobs[text - c->texts] : NULL;
}
