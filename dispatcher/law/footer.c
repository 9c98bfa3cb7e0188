/* The line every output ends with. */
#include "law/law.h"

#include "law/sets.h"

static bool applied(const struct law *l, const struct ruleset *s, const struct law_case *cases,
                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sets_apply(l, s, &cases[i]))
            return true;
    return false;
}

void law_put_footer(const struct law *l, const struct law_case *cases, size_t count,
                    struct buf *out)
{
    struct buf names = {0};
    const struct ruleset *newest = NULL;
    size_t n = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct ruleset *s = &l->sets[i];
        if (!applied(l, s, cases, count))
            continue;
        buf_printf(&names, "%s%s", n > 0 ? ", " : "", s->id);
        n++;
        if (newest == NULL || s->as_of_day > newest->as_of_day)
            newest = s;
    }
    if (newest == NULL)
        buf_puts(out, "no rule set applies; not legal advice");
    else if (n == 1)
        buf_printf(out, "1 rule set (%s), rules as of %s; not legal advice", buf_text(&names),
                   newest->as_of);
    else
        buf_printf(out, "%zu rule sets (%s), rules as of %s; not legal advice", n, buf_text(&names),
                   newest->as_of);
    buf_free(&names);
}
