/* The inside of the library, for the files of render/ that walk through it. */
#ifndef RENDER_LIBRARY_BACKEND_H
#define RENDER_LIBRARY_BACKEND_H

#include <stddef.h>

#include "render/library.h"
#include "render/locale.h"
#include "render/template.h"

struct json_t;

struct library {
    struct locale **locales;
    struct json_t **contexts; /* of each locale */
    const char **locale_tags; /* borrowed from the locales */
    size_t locale_count;
    struct template **templates; /* sorted by name */
    size_t template_count;
    struct program *layout;
    char *layout_file;
    char *partials;
    char *default_zone; /* NULL: the locale's */
};

/* Index of a locale by its exact tag, -1 if there is none. */
int library_locale_index(const struct library *l, const char *tag);

#endif
