/*
 * A proof: a letter in one language, rendered for one reader in order to be looked at before
 * anybody receives it. Besides the message it tells what each section says and which facts became
 * words, and where. Render makes it; checks of law and length and previews read it.
 */
#ifndef MODEL_PROOF_H
#define MODEL_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/message.h"

enum proof_part {
    PROOF_SUBJECT,
    PROOF_PREHEADER,
    PROOF_BODY,
    PROOF_SMS,
    PROOF_TITLE,
    PROOF_WEBHOOK,
};

/* A value that became words. */
struct proof_use {
    char *name; /* "incident.start"; in a section over a list, the list's */
    enum proof_part part;
    size_t section;    /* BODY: index into sections */
    size_t start, len; /* BODY: in sections[section].text, len 0: in its heading; WEBHOOK: 0, 0;
                          else in the part of the message */
};

/* What stands under a heading with an id, up to the next one; a heading within a quote or a list
 * begins none. The first section is always what stands before the first heading, if only "". */
struct proof_section {
    char *id;        /* "nature"; "" for what stands before the first heading */
    char *heading;   /* its words, "" for the first */
    struct buf text; /* plain text without the heading, wrapped to the width asked for */
    struct buf html; /* the fragment without the heading; values stand in
                        <mark data-fact="name">...</mark> if asked for */
    char *file;      /* where the heading stands in the source (the letter's file for "") */
    int line, column;
};

struct proof {
    struct message message; /* all parts the letter has, of all channels */
    struct proof_section *sections;
    size_t section_count;
    struct proof_use *uses; /* in the order of the output */
    size_t use_count;
};

void proof_free(struct proof *p);
/* NULL if there is none. */
const struct proof_section *proof_section(const struct proof *p, const char *id);
/* Did this fact (or, for a group as "remedy", one below it) become words in the body? `section`
 * NULL: anywhere. */
bool proof_uses(const struct proof *p, const char *name, const char *section);

#endif
