#include "cli/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"

void color_choose(const char *when)
{
    if (when == NULL)
        return;
    unsetenv("NO_COLOR");
    unsetenv("CLICOLOR_FORCE");
    if (strcmp(when, "never") == 0)
        setenv("NO_COLOR", "1", 1);
    else if (strcmp(when, "always") == 0)
        setenv("CLICOLOR_FORCE", "1", 1);
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

bool color_wanted(FILE *stream)
{
    const char *force = getenv("CLICOLOR_FORCE"), *term = getenv("TERM");
    if (is_set("NO_COLOR"))
        return false;
    if (force != NULL && force[0] != '\0' && strcmp(force, "0") != 0)
        return true;
    if (term != NULL && strcmp(term, "dumb") == 0)
        return false;
    return isatty(fileno(stream)) != 0;
}

const char *color_begin(FILE *stream, enum tint tint)
{
    static const char *const codes[] = {
        [TINT_NONE] = "",          [TINT_GOOD] = "\033[32m", [TINT_WAIT] = "\033[33m",
        [TINT_BAD] = "\033[1;31m", [TINT_HEAD] = "\033[1m",
    };
    return color_wanted(stream) ? codes[tint] : "";
}

const char *color_end(FILE *stream, enum tint tint)
{
    return tint != TINT_NONE && color_wanted(stream) ? "\033[0m" : "";
}

enum tint color_of_word(const char *word)
{
    static const struct {
        const char *word;
        enum tint tint;
    } words[] = {
        {"delivered", TINT_GOOD},
        {"finished", TINT_GOOD},
        {"goes", TINT_GOOD},
        {"enabled", TINT_GOOD},
        {"running", TINT_GOOD},
        {"sending", TINT_GOOD},
        {"waiting", TINT_WAIT},
        {"deferred", TINT_WAIT},
        {"in_flight", TINT_WAIT},
        {"held", TINT_WAIT},
        {"paused", TINT_WAIT},
        {"probing", TINT_WAIT},
        {"rests", TINT_WAIT},
        {"failing", TINT_WAIT},
        {"to confirm", TINT_WAIT},
        {"to release", TINT_WAIT},
        {"canary", TINT_WAIT},
        {"failed", TINT_BAD},
        {"uncertain", TINT_BAD},
        {"expired", TINT_BAD},
        {"halted", TINT_BAD},
        {"disabled", TINT_BAD},
        {"completed_with_failures", TINT_BAD},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].word, word) == 0)
            return words[i].tint;
    }
    return TINT_NONE;
}
