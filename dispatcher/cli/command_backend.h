/* What a command line is made into: for the files that parse it and that print the table. */
#ifndef CLI_COMMAND_BACKEND_H
#define CLI_COMMAND_BACKEND_H

#include "cli/command.h"

#define OPTIONS_MAX   48
#define OVERRIDES_MAX 16
#define GIVEN_MAX     64

struct command_table {
    const struct chapter *chapters;
    size_t chapter_count;
    const struct command **commands; /* of all chapters */
    size_t count;
};

/* The language of the operator, read when the first sentence is said. */
struct spoken {
    bool looked;
    struct catalogue *catalogue; /* NULL: English */
};

/* One value as it stood on the command line. */
struct given {
    int row;
    const char *value;
};

struct invocation {
    const struct command *command;
    const struct command_table *table;
    const struct option_row *rows[OPTIONS_MAX]; /* its own ones first */
    const char *values[OPTIONS_MAX];            /* NULL: not given */
    size_t row_count;
    struct given given[GIVEN_MAX]; /* all of them, in their order */
    size_t given_count;
    struct config_override overrides[OVERRIDES_MAX];
    size_t override_count;
    struct config_options config;
    char **arguments;
    size_t argument_count;
    bool *mistake_told;
    struct spoken *spoken;
};

/* ---- command_table.c ---- */

void command_table_open(struct command_table *out, const struct chapter *chapters, size_t count);
void command_table_close(struct command_table *table);
/* The command that the first words are, NULL: none. *out_words: how many they are. */
const struct command *command_find(const struct command_table *table, size_t count,
                                   char *const *words, size_t *out_words);
/* The commands that begin with this word and another one, in the order of the table: the one after
 * `last` (NULL: the first); NULL: no more. */
const struct command *command_family_next(const struct command_table *table, const char *word,
                                          size_t len, const struct command *last);
/* "evidence verify" of evidence and "verfy"; NULL: the word is like none of them. */
const char *command_closest_of_family(const struct command_table *table, const char *family,
                                      const char *word);
/* ERR_USAGE with what was probably meant. */
MUST_CHECK int command_unknown(const struct command_table *table, size_t count, char *const *words,
                               struct error *err);
/* The lines to be typed, and what of `details` stands behind them. Borrowed from the command. */
size_t command_example(const struct command *c, const char **out);
const char *command_prose(const struct command *c);

/* ---- command_line.c ---- */

/* Understood by every command. */
extern const struct option_row command_global_options[];
extern const size_t command_global_option_count;

/* Options and arguments behind the name of the command; reorders `words`. ERR_USAGE. */
MUST_CHECK int command_line_parse(struct invocation *inv, size_t count, char **words,
                                  struct error *err);

/* ---- command_values.c ---- */

/* The words an option of this kind takes, separated by |; NULL: anything. */
const char *command_value_words(const struct option_row *row);
/* ERR_USAGE with what was probably meant. */
MUST_CHECK int command_value_check(const struct option_row *row, const char *value,
                                   struct error *err);

#endif
