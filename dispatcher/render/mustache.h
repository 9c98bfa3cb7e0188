/* A Mustache template that is no letter, filled with JSON: `dispatcher render`. */
#ifndef RENDER_MUSTACHE_H
#define RENDER_MUSTACHE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

struct mustache_options {
    const char *template_path;
    const char *data_path;
    const char *partials; /* directory of NAME.mustache; NULL: none */
    bool missing_is_error;
    bool escape_html;
};

/* ERR_CONFIG: the template; ERR_INPUT: the data, or a missing name. Both say file:line:column. */
MUST_CHECK int mustache_render(const struct mustache_options *options, struct buf *out,
                               struct error *err);

#endif
