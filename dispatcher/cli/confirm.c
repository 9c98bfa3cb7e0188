#include "cli/confirm.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/text.h"
#include "cli/say.h"

static bool can_ask(const struct invocation *inv)
{
    return isatty(STDIN_FILENO) && !option_given(inv, "no-input");
}

/* The line without its end. False: there is none. */
static bool read_answer(char *out, size_t size)
{
    if (fgets(out, (int)size, stdin) == NULL)
        return false;
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

/* "j" and "예" of those who were asked in German and Korean. */
static bool is_yes(const char *answer)
{
    static const char *const words[] = {"y", "Y", "j", "J", "예", "네"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (text_starts_with(answer, words[i]))
            return true;
    }
    return false;
}

int confirm_yes(const struct invocation *inv, const char *question, struct error *err)
{
    char answer[32] = "";
    if (option_given(inv, "yes"))
        return 0;
    if (!can_ask(inv)) {
        fprintf(stderr, "%s\n", question); /* how many it would have been */
        return error_set(err, ERR_USAGE,
                         "nothing was changed: this wants a yes, and nobody can be asked; add "
                         "--yes");
    }
    fprintf(stderr, "%s %s ", question, say_word(inv, "[y/N]"));
    if (read_answer(answer, sizeof(answer)) && is_yes(answer))
        return 0;
    return error_set(err, ERR_USAGE, "nothing was changed");
}

int confirm_name(const struct invocation *inv, const char *question, const char *name,
                 struct error *err)
{
    char answer[256] = "";
    const char *given = option_value(inv, "confirm");
    if (given == NULL && !can_ask(inv))
        return error_set(err, ERR_USAGE,
                         "nothing was changed: this wants its name, and nobody can be asked; add "
                         "--confirm %s",
                         name);
    if (given == NULL) {
        fprintf(stderr, "%s ", question);
        given = read_answer(answer, sizeof(answer)) ? answer : "";
    }
    if (text_equal(given, name))
        return 0;
    return error_set(err, ERR_USAGE, "nothing was changed: the name is \"%s\", not \"%s\"", name,
                     given);
}
