/*
 * A letter that is looked at before anybody receives it: which one, for which reader, with which
 * facts, in which languages. preview.c opens it, the other files preview_* show it.
 */
#ifndef LETTERS_PREVIEW_H
#define LETTERS_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/command.h"
#include "engine/setup.h"
#include "letters/preview_findings.h"
#include "model/job.h"
#include "model/proof.h"
#include "render/renderer.h"

struct preview {
    const struct invocation *inv;
    struct setup *setup; /* loaded although letters have mistakes: those are in `findings` */
    struct preview_findings findings; /* of this letter and of what it shares with others */
    struct renderer *renderer;
    struct job *job;  /* the reader, and the facts under `data` */
    char *origin;     /* of both, for people: "facts-3.yaml, cohort a; row 2 of people.csv" */
    const char *name; /* of the letter; borrowed, like the tags */
    int template_index;
    const char **tags; /* the languages asked for, each once */
    struct job **jobs; /* of each: the reader in the region that was asked for */
    size_t tag_count;
};

/* The reader of the letter in this language. */
const struct job *preview_job(const struct preview *p, const char *tag);
/* When the notice is taken to have been accepted. */
int64_t preview_accepted_ms(const struct preview *p);
/* A part other than the body. Borrowed. */
const struct buf *preview_part(const struct message *m, enum proof_part part);
/* One proof for each of p->tags: an array of tag_count, freed with preview_proofs_free(), also
 * after a failure. ERR_INPUT names the language. */
struct proof_options;
MUST_CHECK int preview_prove(const struct preview *p, const struct proof_options *options,
                             struct proof **out, struct error *err);
void preview_proofs_free(const struct preview *p, struct proof *proofs);

/*
 * The ids of all sections of these proofs in the order a reader meets them: those of the first, and
 * each that only another has behind the one it follows there. Borrowed from the proofs; the array
 * is freed with free().
 */
size_t preview_section_ids(const struct proof *proofs, size_t count, const char ***out);

#endif
