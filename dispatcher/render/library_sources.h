/*
 * What a letter is made of, byte by byte: every file that can change one byte of what somebody
 * reads, and what the configuration puts into it (org.*, the sender, the time zone). Its digest is
 * what people approve; the library remembers the files as it read them.
 */
#ifndef RENDER_LIBRARY_SOURCES_H
#define RENDER_LIBRARY_SOURCES_H

#include <stddef.h>

#include "base/digest.h"
#include "base/error.h"
#include "render/library.h"

/* Over the names and sums of all that library_letter_files() walks. */
void library_letter_digest(const struct library *l, int template_index,
                           unsigned char out[DIGEST_SIZE]);

/* "apology/de.md", "_partials/contact.de.md", "_layouts/letter.html", "locales/de.yaml"; what is no
 * file: "organisation", "timezone". */
struct library_source {
    const char *name;
    const char *path;   /* NULL: no file */
    const char *sha256; /* hex */
    const char *bytes;
    size_t len;
};
typedef void library_source_fn(void *context, const struct library_source *source);
/* In the order of names; texts are valid during the call. ERR_AGAIN if a file is not any more what
 * was loaded. */
MUST_CHECK int library_letter_files(const struct library *l, int template_index,
                                    library_source_fn *fn, void *context, struct error *err);

/* ---- for library.c ---- */

struct sources {
    struct source *items; /* sorted by name */
    size_t count;
};
/* Reads and sums all there is; what cannot be read is left to those who need it. */
void sources_read(const struct library_options *options, struct sources *out);
void sources_free(struct sources *s);
/* Sums every letter, once. */
void sources_sum_letters(struct library *l);
bool sources_equal(const struct sources *a, const struct sources *b);
/* The same locales, the same of the configuration: what every letter is made of. */
bool sources_share(const struct sources *a, const struct sources *b);

#endif
