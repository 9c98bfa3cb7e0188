/* What names in a letter mean: the layer of a language (org, words, closing, lang, dir), which
 * never changes, and the layer of a job (its variables, salutation, to, reference, id). */
#ifndef RENDER_CONTEXT_H
#define RENDER_CONTEXT_H

#include "model/job.h"
#include "render/locale.h"
#include "render/variable.h"

struct json_t;
struct organisation;

/* New references; drop with json_free(). `organisation` may be NULL. Later wins: its fields for
 * every language, `org` of the locale file, its fields of this language. */
struct json_t *context_of_locale(const struct locale *locale,
                                 const struct organisation *organisation);
/* The job has passed variables_check(). */
struct json_t *context_of_job(const struct variable_set *variables, const struct locale *locale,
                              const struct job *job);

#endif
