/* Commands about letters and what they are made of; main.c puts them in their order. */
#ifndef LETTERS_COMMAND_LIST_H
#define LETTERS_COMMAND_LIST_H

#include "cli/command.h"

extern const struct command command_check;
extern const struct command command_facts_check;
extern const struct command command_facts_diff;
extern const struct command command_facts_show;
extern const struct command command_facts_terms;
extern const struct command command_preview;
extern const struct command command_golden_write;
extern const struct command command_new;
extern const struct command command_render;
extern const struct command command_sms_length;
extern const struct command command_test_send;
extern const struct command command_translate_export;
extern const struct command command_translate_import;
extern const struct command command_translate_status;

#endif
