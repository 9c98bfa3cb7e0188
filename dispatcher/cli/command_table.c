#include "cli/command_backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

void command_table_open(struct command_table *out, const struct chapter *chapters, size_t count)
{
    *out = (struct command_table){.chapters = chapters, .chapter_count = count};
    for (size_t i = 0; i < count; i++)
        out->count += chapters[i].count;
    out->commands = xreallocarray(NULL, out->count, sizeof(*out->commands));
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < chapters[i].count; k++)
            out->commands[at++] = chapters[i].commands[k];
    }
}

void command_table_close(struct command_table *table)
{
    free(table->commands);
    *table = (struct command_table){0};
}

/* "config show" is two words of argv. Returns how many words matched, 0: none. */
static size_t match_name(const char *name, size_t count, char *const *words)
{
    size_t first = strcspn(name, " ");
    if (count < 1 || strlen(words[0]) != first || memcmp(words[0], name, first) != 0)
        return 0;
    if (name[first] == '\0')
        return 1;
    return count >= 2 && strcmp(words[1], name + first + 1) == 0 ? 2 : 0;
}

/* "evidence verify" before "evidence", wherever they stand in the table. */
const struct command *command_find(const struct command_table *table, size_t count,
                                   char *const *words, size_t *out_words)
{
    const struct command *found = NULL;
    *out_words = 0;
    for (size_t i = 0; i < table->count; i++) {
        size_t matched = match_name(table->commands[i]->name, count, words);
        if (matched <= *out_words)
            continue;
        found = table->commands[i];
        *out_words = matched;
    }
    return found;
}

const struct command *command_family_next(const struct command_table *table, const char *word,
                                          size_t len, const struct command *last)
{
    bool reached = last == NULL;
    for (size_t i = 0; i < table->count; i++) {
        const struct command *c = table->commands[i];
        bool member = strncmp(c->name, word, len) == 0 && c->name[len] == ' ' && !c->hidden;
        if (reached && member)
            return c;
        reached = reached || c == last;
    }
    return NULL;
}

/* ---- what was meant ---- */

static const char *swapped_name(const struct command_table *table, size_t count, char *const *words)
{
    size_t matched;
    if (count < 2)
        return NULL;
    char *const turned[] = {words[1], words[0]};
    const struct command *c = command_find(table, 2, turned, &matched);
    return c != NULL && matched == 2 ? c->name : NULL;
}

/* "endpoint tset": among the endpoint commands, by their second word. */
static const char *closest_of_family(const struct command_table *table, const char *family,
                                     const char *word)
{
    const char **names = xreallocarray(NULL, table->count, sizeof(*names));
    size_t len = strlen(family), count = 0;
    const struct command *c = NULL;
    while ((c = command_family_next(table, family, len, c)) != NULL)
        names[count++] = c->name + len + 1;
    const char *meant = text_closest(word, names, count);
    free(names);
    return meant != NULL ? meant - len - 1 : NULL;
}

static const char *closest_name(const struct command_table *table, const char *word)
{
    const char **names = xreallocarray(NULL, table->count, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (!table->commands[i]->hidden)
            names[count++] = table->commands[i]->name;
    }
    const char *meant = text_closest(word, names, count);
    free(names);
    return meant;
}

/* "endpont": the family as a whole, copied into `room`. */
static const char *closest_family(const struct command_table *table, const char *word, char *room,
                                  size_t size)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *name = table->commands[i]->name, *const one = room;
        size_t len = strcspn(name, " ");
        if (name[len] == '\0' || len >= size)
            continue;
        memcpy(room, name, len);
        room[len] = '\0';
        if (text_closest(word, &one, 1) != NULL)
            return room;
    }
    return NULL;
}

static const char *meant_name(const struct command_table *table, size_t count, char *const *words,
                              char *room, size_t size)
{
    const char *meant = swapped_name(table, count, words);
    bool family = command_family_next(table, words[0], strlen(words[0]), NULL) != NULL;
    if (meant == NULL && count >= 2 && family)
        meant = closest_of_family(table, words[0], words[1]);
    if (meant != NULL || family)
        return meant;
    if (count >= 2) {
        struct buf both = {0};
        buf_printf(&both, "%s %s", words[0], words[1]);
        meant = closest_name(table, buf_text(&both));
        meant = meant != NULL && strchr(meant, ' ') != NULL ? meant : NULL;
        buf_free(&both);
    }
    if (meant == NULL)
        meant = closest_name(table, words[0]);
    return meant != NULL ? meant : closest_family(table, words[0], room, size);
}

const char *command_closest_of_family(const struct command_table *table, const char *family,
                                      const char *word)
{
    bool is_family = command_family_next(table, family, strlen(family), NULL) != NULL;
    return is_family ? closest_of_family(table, family, word) : NULL;
}

int command_unknown(const struct command_table *table, size_t count, char *const *words,
                    struct error *err)
{
    char room[64];
    const char *word = words[0];
    bool family = command_family_next(table, word, strlen(word), NULL) != NULL;
    const char *second = family && count >= 2 && words[1][0] != '-' ? words[1] : "";
    const char *space = second[0] != '\0' ? " " : "";
    if (word[0] == '-')
        return error_set(err, ERR_USAGE,
                         "there is no command \"%s\"; options stand behind the command: "
                         "dispatcher COMMAND %s",
                         word, word);
    const char *meant = meant_name(table, count, words, room, sizeof(room));
    if (meant != NULL)
        return error_set(err, ERR_USAGE, "there is no command \"%s%s%s\"; did you mean \"%s\"?",
                         word, space, second, meant);
    return error_set(err, ERR_USAGE,
                     "there is no command \"%s%s%s\"; `dispatcher help%s%s` lists them", word,
                     space, second, family ? " " : "", family ? word : "");
}

/* ---- examples ---- */

/* The lines that begin with two spaces, up to the first that does not. */
static size_t indented_length(const char *text)
{
    size_t len = 0;
    while (strncmp(text + len, "  ", 2) == 0) {
        len += strcspn(text + len, "\n");
        len += text[len] == '\n';
    }
    return len;
}

size_t command_example(const struct command *c, const char **out)
{
    *out = c->example != NULL ? c->example : c->details;
    return c->example != NULL ? strlen(c->example) : indented_length(c->details);
}

const char *command_prose(const struct command *c)
{
    const char *prose = c->details + (c->example != NULL ? 0 : indented_length(c->details));
    return prose + strspn(prose, "\n");
}
