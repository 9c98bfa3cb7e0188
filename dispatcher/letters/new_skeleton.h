/*
 * The pattern of a letter, templates/_skeleton: passages of it are taken over by what is wanted.
 *
 *     {{! only: possibility #data }}      # only: possibility #data      one of these words
 *     {{! not: us us-ca }}                # not: us us-ca                none of them
 *     {{! end }}                          # end
 *
 * each on its own line, in letters and in YAML; passages may stand within passages. What stands
 * above a line `# cut` is about the pattern itself.
 */
#ifndef LETTERS_NEW_SKELETON_H
#define LETTERS_NEW_SKELETON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* "confirmed", "eu-gdpr-34", "#measures" */
struct skeleton_words {
    char **items;
    size_t count;
};
void skeleton_words_add(struct skeleton_words *w, const char *prefix, const char *word);
bool skeleton_words_have(const struct skeleton_words *w, const char *word, size_t len);
void skeleton_words_free(struct skeleton_words *w);

/* Appends the passages wanted. ERR_CONFIG with "file:line": a passage that does not end, or an end
 * too many. */
MUST_CHECK int skeleton_filter(const struct buf *pattern, const char *file,
                               const struct skeleton_words *wanted, struct buf *out,
                               struct error *err);
/* Called behind each heading with an id: appends what is to stand below it. */
typedef void skeleton_note_fn(void *context, const char *id, size_t len, struct buf *out);
void skeleton_note_headings(const struct buf *letter, skeleton_note_fn *fn, void *context,
                            struct buf *out);
/* `token` becomes `value` wherever it stands. */
void skeleton_replace(struct buf *text, const char *token, const char *value);

#endif
