/* Commands about the program itself; main.c puts them in their order. */
#ifndef CLI_COMMAND_LIST_H
#define CLI_COMMAND_LIST_H

#include "cli/command.h"

extern const struct command command_version;
extern const struct command command_help;
extern const struct command command_completion;
extern const struct command command_complete;
extern const struct command command_manual;

#endif
