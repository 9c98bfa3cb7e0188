/* The texts of a fact sheet by the rules of letters: they go out as they stand. */
#ifndef PEOPLE_FACTS_WORDS_H
#define PEOPLE_FACTS_WORDS_H

#include "base/buf.h"
#include "cli/command.h"
#include "render/library.h"
#include "render/lint_text.h"

/* The letters and languages of the configuration without a word about what is wrong with them;
 * NULL if there are none. Free with library_free(). */
struct library *facts_words_library(const struct invocation *inv);

/* Every text of the sheet in its language. Kind and category are the sheet's where `o` does not
 * say. A file that is no YAML was told by who reads it as a sheet. */
void facts_words_check(const char *path, const struct lint_text_options *o);
/* The same of `data` in a batch.json, of which `json` is the text. */
void facts_words_check_data(const char *path, const struct buf *json,
                            const struct lint_text_options *o);

#endif
