/*
 * Golden files: what a letter says, kept beside it so that nobody changes it without seeing it.
 * templates/NAME/golden/FIXTURE.LANG.txt holds every part of the letter for that fixture in that
 * language:
 *
 *     === subject
 *     Beispielbank: ...
 *     === preheader
 *     ...
 *
 * They depend on the configuration too (org.*), so they are those of the checkout's.
 */
#ifndef LETTERS_GOLDEN_H
#define LETTERS_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/problems.h"
#include "cli/command.h"
#include "model/proof.h"
#include "render/library.h"

/* For `check --golden`: each file that is not what the letter says, with the first difference; each
 * that is missing; each whose fixture is gone. Rule "golden". What does not render is left to
 * fixtures_check(). With arguments only of those that are folders of templates. */
void golden_check(const struct library *l, const struct invocation *inv, problem_fn *problem,
                  void *context);

/* ---- the pieces ---- */

/* The text of a golden file. */
void golden_put(struct buf *out, const struct proof *proof);

struct golden_difference {
    int line, column;           /* from 1, in the file; columns in characters */
    char *file_says, *says_now; /* those lines, shortened around the difference; NULL: none left */
};
/* False: they are the same, nothing to free. */
bool golden_compare(const struct buf *file, const struct buf *now, struct golden_difference *out);
void golden_difference_free(struct golden_difference *d);

/* Every fixture of a template in every language, in order: `path` is the golden file's, `text` what
 * should stand in it; NULL: the letter does not render. Ends at the first failure of `fn`. */
typedef int golden_fn(void *context, const char *path, const struct buf *text, struct error *err);
struct renderer;
MUST_CHECK int golden_each(const struct library *l, struct renderer *r, int template_index,
                           golden_fn *fn, void *context, struct error *err);
/* Every *.txt in the golden folder of a template; `text` is NULL. */
MUST_CHECK int golden_each_file(const struct library *l, int template_index, golden_fn *fn,
                                void *context, struct error *err);
/* Is there a fixture and a language for this file? */
bool golden_is_wanted(const struct library *l, int template_index, const char *path);

#endif
