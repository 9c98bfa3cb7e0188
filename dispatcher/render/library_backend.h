/* The inside of the library, for the files of render/ that walk through it. */
#ifndef RENDER_LIBRARY_BACKEND_H
#define RENDER_LIBRARY_BACKEND_H

#include <stddef.h>

#include "render/layout.h"
#include "render/library.h"
#include "render/library_sources.h"
#include "render/locale.h"
#include "render/template.h"

struct json_t;

struct refused {
    char *name;
    char *reason; /* with file, line and column; NULL: told as a problem */
    /* The library whose version of the letter is used meanwhile, and stays as long; NULL: none. */
    struct library *owner;
};

struct library {
    int references;
    struct locale **locales;
    struct json_t **contexts; /* of each locale */
    const char **locale_tags; /* borrowed from the locales */
    size_t locale_count;
    struct template **templates; /* sorted by name */
    size_t template_count;
    struct refused *refused; /* templates and locales that are there, but could not be loaded */
    size_t refused_count;
    char **drafts; /* names of all that are, loaded or not */
    size_t draft_count;
    struct layout_list layouts;
    char *partials;
    char *default_zone;         /* NULL: the locale's */
    struct sources sources;     /* all files as they were read */
    unsigned char *letter_sums; /* DIGEST_SIZE of each template */
};

/* Index of a locale by its exact tag, -1 if there is none. */
int library_locale_index(const struct library *l, const char *tag);
/* Index of the locale in which the reader of a letter in the language `letter` sees dates, numbers
 * and words: the reader's own region if it has a file (de-AT), else the letter's; -1 if there is
 * none. */
int library_reader_locale(const struct library *l, const char *letter, const struct job *job);
/* A template without a mistake in it or in its layout: worth trying on samples. */
bool library_template_sound(const struct library *l, size_t index);

#endif
