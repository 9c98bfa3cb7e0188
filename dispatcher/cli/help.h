/* `dispatcher help`: the overview by chapters, one command, a family of two words, a topic. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/command_backend.h"

void help_print_overview(const struct invocation *inv, FILE *to);
void help_print_command(const struct invocation *inv, const struct command *c);
/* "facts" alone: what goes with it. False: nothing does. */
bool help_print_family(const struct invocation *inv, const char *word, FILE *to);

/* What `dispatcher help TOPIC` explains; also chapters of dispatcher(1). */
struct topic {
    const char *name, *summary;
    const char *text; /* paragraphs; lines with two spaces in front are kept as they are */
};
extern const struct topic help_topics[];
extern const size_t help_topic_count;

/* One row of `exit-codes`; the table ends with a NULL meaning. */
struct exit_code {
    int code;
    const char *meaning;
};
extern const struct exit_code help_exit_codes[];

#endif
