#include "cli/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "cli/command_backend.h"
#include "cli/say_catalogue.h"
#include "cli/say_format.h"
#include "config/config.h"

/* ---- which language ---- */

static bool names_language(const char *locale, const char *language)
{
    size_t len = strlen(language);
    return strncmp(locale, language, len) == 0 && strchr("_.@-", locale[len]) != NULL;
}

/* "de_AT.UTF-8" is de; C and POSIX are English where somebody chose them, LC_ALL=C in a script. */
static const char *language_of(const char *locale)
{
    static const char *const languages[] = {"de", "ko", "en"};
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        if (names_language(locale, languages[i]))
            return languages[i];
    }
    return "en";
}

static bool is_bare(const char *locale)
{
    return names_language(locale, "C") || names_language(locale, "POSIX");
}

const char *say_language(void)
{
    static const char *const chosen[] = {"LC_ALL", "LC_MESSAGES"};
    const char *machine = getenv("LANG");
    for (size_t i = 0; i < COUNT_OF(chosen); i++) {
        const char *locale = getenv(chosen[i]);
        if (locale != NULL && locale[0] != '\0')
            return language_of(locale);
    }
    if (machine == NULL || machine[0] == '\0' || is_bare(machine))
        return NULL;
    return language_of(machine);
}

void say_choose_language(const struct config_options *options)
{
    char language[8];
    if (say_language() == NULL && config_peek_language(options, language, sizeof(language)))
        setenv("LANG", language, 1);
}

/* Read when the first word is needed. */
static struct catalogue *catalogue_of(const struct invocation *inv)
{
    if (inv == NULL || inv->spoken == NULL)
        return NULL;
    if (!inv->spoken->looked) {
        inv->spoken->catalogue = catalogue_open(say_language());
        inv->spoken->looked = true;
    }
    return inv->spoken->catalogue;
}

/* ---- saying ---- */

/* False: it is to be said in English. */
static bool put_translated(const struct invocation *inv, struct buf *out, const char *english,
                           va_list *args)
{
    struct format original, translation;
    struct format_value values[FORMAT_VALUES_MAX] = {0};
    const struct catalogue *c = catalogue_of(inv);
    const char *translated = catalogue_find(c, english);
    if (c != NULL && translated == NULL)
        translated = english; /* "%-12s %s": columns are counted as for what is translated */
    if (translated == NULL || !format_read(english, &original) ||
        !format_read(translated, &translation) || !format_fits(&translation, &original))
        return false;
    format_fetch(&original, args, values);
    format_put(out, &translation, values);
    return true;
}

void say(const struct invocation *inv, FILE *to, const char *english, ...)
{
    struct buf text = {0};
    va_list args;
    if (to == stderr && inv != NULL && invocation_quiet(inv))
        return;
    va_start(args, english);
    if (put_translated(inv, &text, english, &args))
        fwrite(buf_text(&text), 1, text.len, to);
    else
        vfprintf(to, english, args);
    va_end(args);
    buf_free(&text);
}

void say_put(const struct invocation *inv, struct buf *out, const char *english, ...)
{
    va_list args;
    va_start(args, english);
    if (!put_translated(inv, out, english, &args))
        buf_vprintf(out, english, args);
    va_end(args);
}

const char *say_word(const struct invocation *inv, const char *english)
{
    const char *translated = catalogue_find(catalogue_of(inv), english);
    return translated != NULL ? translated : english;
}

void say_put_error(struct buf *out, const char *sentence)
{
    struct catalogue *c = catalogue_open(say_language());
    catalogue_put_sentence(c, out, sentence);
    catalogue_free(c);
}

void say_put_sentence(const struct invocation *inv, struct buf *out, const char *sentence)
{
    catalogue_put_sentence(catalogue_of(inv), out, sentence);
}

void say_learn(const struct invocation *inv, const char *english, const char *translation)
{
    struct catalogue *c = catalogue_of(inv);
    if (c != NULL)
        catalogue_learn(c, english, translation);
}
