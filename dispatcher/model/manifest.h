/*
 * A manifest: what an approval covers, file by file. Its digest is what somebody approved; which of
 * the files are not any more what they were says why an approval is void.
 *
 *     [{"name":"campaigns/outage.yaml","part":"campaign","sha256":"..."},
 *      {"name":"apology/de.md","part":"letter","sha256":"..."}, ...]
 *
 * sorted by part and name, members in this order, without spaces: the digest is the SHA-256 of
 * these bytes.
 */
#ifndef MODEL_MANIFEST_H
#define MODEL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"

struct json_t;

/* In the order in which the words are sorted. */
enum manifest_part {
    MANIFEST_AUDIENCE, /* the file of a cohort: its people */
    MANIFEST_CAMPAIGN, /* campaign.yaml */
    MANIFEST_FACTS,    /* the fact sheet, and those before it if the letter reads them */
    MANIFEST_LETTER,   /* what can change one byte of what is read */
    MANIFEST_PARTS
};

struct manifest_entry {
    enum manifest_part part;
    char *name;
    char sha256[DIGEST_HEX_SIZE];
    char *text; /* the bytes themselves; NULL: only their sum is known */
    size_t len;
};

/* Zero-initialise; manifest_free(). */
struct manifest {
    struct manifest_entry *entries; /* sorted */
    size_t count;
};

void manifest_free(struct manifest *m);
const char *manifest_part_name(enum manifest_part part);

/* Bytes, whose sum is taken here and which are kept beside it. */
void manifest_add_text(struct manifest *m, enum manifest_part part, const char *name,
                       const void *bytes, size_t len);
/* Only the sum: of people, who are never copied anywhere. A name that is there is replaced. */
void manifest_add_sum(struct manifest *m, enum manifest_part part, const char *name,
                      const unsigned char sha256[DIGEST_SIZE]);

/* Of a list as above, in any order. ERR_USAGE with a sentence. Free *out also after an error. */
MUST_CHECK int manifest_read(const struct json_t *list, struct manifest *out, struct error *err);
/* As above, appended. */
void manifest_put(const struct manifest *m, struct buf *out);
void manifest_digest(const struct manifest *m, unsigned char out[DIGEST_SIZE]);

/* `was` NULL: it is new; `is` NULL: it is gone. Sums in hex. */
struct manifest_change {
    enum manifest_part part;
    const char *name, *was, *is;
};
typedef void manifest_change_fn(void *context, const struct manifest_change *change);
/* Every difference, in order. */
void manifest_compare(const struct manifest *was, const struct manifest *is, manifest_change_fn *fn,
                      void *context);

#endif
