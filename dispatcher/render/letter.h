/*
 * One letter in one language: front matter (subject, preheader, sms, title) and a Markdown body,
 * compiled to the parts it is sent as. Reading it also finds what a writer should know before
 * anything is sent: forbidden Markdown, foreign links, unfinished words, particles behind values.
 */
#ifndef RENDER_LETTER_H
#define RENDER_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/problems.h"
#include "render/letter_body.h"
#include "render/program.h"

/* The id of a heading, `## Text {#id}`. */
struct letter_section {
    char *id;
    struct place place;
};

enum letter_part {
    LETTER_SUBJECT,   /* run with ESCAPE_HEADER */
    LETTER_PREHEADER, /* ESCAPE_LINE */
    LETTER_SMS,       /* ESCAPE_LINE */
    LETTER_TITLE,     /* ESCAPE_LINE */
    LETTER_TEXT,      /* ESCAPE_LINE, then wrap_text() */
    LETTER_HTML,      /* ESCAPE_HTML; fragments for the layout's {{{content}}} */
};
#define LETTER_PARTS 6

struct letter {
    char *locale;
    char *file;
    struct program *parts[LETTER_PARTS]; /* NULL: the letter does not have it */
    struct letter_section *sections;
    size_t section_count;
    struct body body; /* what the programs' places point to */
};

struct letter_options {
    const char *path;
    const char *locale;
    const char *partials; /* directory */
    const char *const *links_allowed;
    size_t links_allowed_count;
    bool any_host; /* nobody has said where links may lead */
    struct problems *problems;
};

/* ERR_CONFIG if it cannot be used; what is wrong went to the problems. *out is NULL then. */
MUST_CHECK int letter_load(const struct letter_options *options, struct letter **out);
void letter_free(struct letter *l);

/* Reads a file of templates/: UTF-8 without BOM, no control characters, no private-use
 * placeholders; LF line ends. NFD text is reported and read on. */
MUST_CHECK int letter_read_source(const char *path, struct problems *problems, struct buf *out);

#endif
