#include "cli/command_backend.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "model/delivery.h"
#include "model/language.h"

#define WORDS_MAX 16

static const struct {
    const char *kind, *words;
} kinds[] = {
    {"STATE",
     "waiting|in_flight|deferred|held|delivered|failed|suppressed|expired|cancelled|uncertain"},
    {"CHANNEL", "email|sms|webhook"},
    {"LEVEL", "error|warn|info|debug"},
};

const char *command_value_words(const struct option_row *row)
{
    if (row->value == NULL)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].kind, row->value) == 0)
            return kinds[i].words;
    }
    return strchr(row->value, '|') != NULL ? row->value : NULL;
}

/* A word in its place between two |, copied into `room`; advances *at. False: there is none. */
static bool next_word(const char **at, char *room, size_t size)
{
    size_t len = strcspn(*at, "|");
    if (len == 0 || len >= size)
        return false;
    memcpy(room, *at, len);
    room[len] = '\0';
    *at += len + ((*at)[len] == '|');
    return true;
}

static int check_words(const struct option_row *row, const char *words, const char *value,
                       struct error *err)
{
    char rooms[WORDS_MAX][32];
    const char *names[WORDS_MAX], *at = words;
    size_t count = 0;
    while (count < WORDS_MAX && next_word(&at, rooms[count], sizeof(rooms[count]))) {
        names[count] = rooms[count];
        if (strcmp(names[count++], value) == 0)
            return 0;
    }
    const char *meant = text_closest(value, names, count);
    if (meant != NULL)
        return error_set(err, ERR_USAGE, "--%s does not know \"%s\"; did you mean \"%s\"?",
                         row->name, value, meant);
    return error_set(err, ERR_USAGE, "--%s does not know \"%s\"; it takes %s", row->name, value,
                     words);
}

/* Only what surely is no tag is refused: there are more languages than anybody lists. */
static int check_language(const struct option_row *row, const char *value, struct error *err)
{
    const char *tag = language_find_tag(value, strlen(value));
    if (tag == NULL)
        return 0;
    return error_set(err, ERR_USAGE,
                     "--%s wants the tag of a language, not \"%s\"; did you mean \"%s\"?",
                     row->name, value, tag);
}

int command_value_check(const struct option_row *row, const char *value, struct error *err)
{
    static const char *const languages[] = {"LANG", "LOCALE", "TAG"};
    const char *words = command_value_words(row);
    if (words != NULL)
        return check_words(row, words, value, err);
    for (size_t i = 0; row->value != NULL && i < COUNT_OF(languages); i++) {
        if (strcmp(languages[i], row->value) == 0)
            return check_language(row, value, err);
    }
    return 0;
}
