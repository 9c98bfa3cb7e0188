#include "cli/kept.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"

/* A server that names a time is quoted; these sentences are ours. */
static bool has_own_times(const char *text)
{
    static const char *const begins[] = {"paused since ", "the address is suppressed since "};
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        if (text_starts_with(text, begins[i]))
            return true;
    }
    return false;
}

void kept_put(const struct invocation *inv, const char *text, struct buf *out)
{
    struct buf local = {0}, said = {0};
    if (has_own_times(text))
        output_put_times(&local, text);
    else
        buf_puts(&local, text);
    say_put_sentence(inv, &said, buf_text(&local));
    text_put_visible(out, buf_text(&said), said.len);
    buf_free(&local);
    buf_free(&said);
}
