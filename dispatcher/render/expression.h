/* What a value tag says: a dotted name and the filters it goes through, `a.b | date:long |
 * josa:은/는`. */
#ifndef RENDER_EXPRESSION_H
#define RENDER_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "render/scan.h"

#define EXPRESSION_PARTS_MAX   16
#define EXPRESSION_FILTERS_MAX 16

struct filter;

struct filter_call {
    const struct filter *filter;
    char *argument; /* NULL if none */
    bool is_default;
};

struct expression {
    char *name;   /* as written: "incident.start", "." */
    char **parts; /* {"incident", "start"}; none for "." */
    size_t *part_lens;
    size_t part_count;
    struct filter_call *calls;
    size_t call_count;
    bool has_default;
    int references; /* programs and tags that hold it */
};

/* `at` is where the tag stands. With `letter` a name is made of letters, digits, _ and - only.
 * ERR_CONFIG with file:line:column and, for an unknown filter, the closest one. Each holder drops
 * it with expression_free(). */
MUST_CHECK int expression_parse(const char *text, size_t len, const struct place *at, bool letter,
                                struct expression **out, struct error *err);
/* The name of a section: as above, but filters are refused. */
MUST_CHECK int expression_parse_section(const char *text, size_t len, const struct place *at,
                                        bool letter, struct expression **out, struct error *err);
/* One more holder; returns `e`. */
struct expression *expression_hold(struct expression *e);
void expression_free(struct expression *e);
/* The last filter's name, NULL if there is no filter. */
const char *expression_last_filter(const struct expression *e);

#endif
