/*
 * What a notice brings along besides its letter: files below the directory `attachments` of the
 * configuration, by name. In a notice, a batch or a line of one:
 *
 *     "attachments": ["terms-de.pdf", {"file": "logo.png", "inline": "logo"}]
 *
 * An inline one is an image the HTML shows by <img src="cid:logo">.
 */
#ifndef MODEL_ATTACHMENT_H
#define MODEL_ATTACHMENT_H

#include <stddef.h>

#define ATTACHMENTS_MAX 10

struct attachment {
    char *file;      /* "de/terms.pdf": below the directory, never out of it */
    char *inline_id; /* "logo"; NULL: it is attached */
};

struct attachments {
    struct attachment list[ATTACHMENTS_MAX];
    size_t count;
};

/* Makes `a`, a copy of the struct alone, own its texts. */
void attachments_own(struct attachments *a);
/* Frees the texts; none are left. */
void attachments_clear(struct attachments *a);

#endif
